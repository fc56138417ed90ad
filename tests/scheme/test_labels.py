"""The label placer: nothing over anything, nobody lost, the same every time."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.scheme.boxes import Obstacles, overlap
from geoservice.scheme.insets import dense_spots, found_room, lettered, nested_spots
from geoservice.scheme.labels import place_labels
from geoservice.scheme.placed import Label, Unit
from geoservice.scheme.scale import SERIES
from geoservice.scheme.units import place_units

FRAME = (0.0, 0.0, 280.0, 180.0)
SIGN = ((-3.0, -3.0, 6.5, 3.0), (-6.5, -3.0, 3.0, 3.0), (-3.0, -3.0, 3.0, 5.5))
places = st.lists(
    st.tuples(st.floats(8, 272), st.floats(8, 172)).map(lambda p: (round(p[0], 1), round(p[1], 1))),
    min_size=1, max_size=40,
)  # fmt: skip


def units(points: list[tuple[float, float]]) -> list[Unit]:
    return [Unit(f"u{i:03d}", x, y, SIGN) for i, (x, y) in enumerate(points)]


def inside(box: tuple[float, ...]) -> bool:
    return box[0] >= -1e-6 and box[1] >= -1e-6 and box[2] <= 280 + 1e-6 and box[3] <= 180 + 1e-6


@settings(deadline=None, max_examples=60)
@given(places)
def test_units_never_overlap_and_nobody_is_lost(points: list[tuple[float, float]]) -> None:
    placed = place_units(units(points), FRAME)
    assert set(placed) == {f"u{i:03d}" for i in range(len(points))}
    assert not any(unit.forced for unit in placed.values())
    for one, other in itertools.combinations(placed.values(), 2):
        assert not overlap(one.box, other.box)
    assert all(inside(unit.box) for unit in placed.values())


@settings(deadline=None, max_examples=60)
@given(places)
def test_no_plate_hides_the_place_of_another_and_nothing_hides_that_of_a_plate(
    points: list[tuple[float, float]],
) -> None:
    """Every third is a stack: it points to its place, and a sign moved aside has a tick to its own."""
    plate = ((2.0, -9.0, 18.0, 9.0), (-18.0, -9.0, -2.0, 9.0), (-8.0, -20.0, 8.0, -2.0))
    these = [
        Unit(f"u{i:03d}", x, y, plate if i % 3 == 0 else SIGN, i % 3 == 0)
        for i, (x, y) in enumerate(dict.fromkeys(points))
    ]
    placed = place_units(these, FRAME)
    for unit in (unit for unit in these if placed[unit.id].moved or unit.shapes is plate):
        for other in these:
            (x0, y0, x1, y1), forced = placed[other.id].box, placed[other.id].forced
            if plate in (unit.shapes, other.shapes):
                assert forced or not (x0 < unit.x < x1 and y0 < unit.y < y1)


@settings(deadline=None, max_examples=40)
@given(places, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(points, random) -> None:
    first = units(points)
    second = list(first)
    random.shuffle(second)
    assert place_units(first, FRAME) == place_units(second, FRAME)


@settings(deadline=None, max_examples=40)
@given(places)
def test_units_stay_clear_of_obstacles(points) -> None:
    inset = (0.0, 0.0, 90.0, 70.0)
    for unit in place_units(units(points), FRAME, [inset]).values():
        assert not overlap(unit.box, inset)


@settings(deadline=None, max_examples=40)
@given(places)
def test_labels_lie_over_no_label_sign_or_leader(points) -> None:
    placed = place_units(units(points), FRAME)
    obstacles = Obstacles([unit.box for unit in placed.values()])
    labels = [Label(key, unit.box, ((34.0, 8.0), (22.0, 5.0))) for key, unit in placed.items()]
    texts = place_labels(labels, FRAME, obstacles)
    boxes = [text.box for text in texts.values()]
    for one, other in itertools.combinations(boxes, 2):
        assert not overlap(one, other)
    for box in boxes:
        assert inside(box)
        assert not any(overlap(box, unit.box) for unit in placed.values())
    leaders = [(key, text.leader) for key, text in texts.items() if text.leader is not None]
    for key, line in leaders:
        others = [text.box for other, text in texts.items() if other != key]
        for share in (0.1, 0.3, 0.5, 0.7, 0.9):
            x = line[0] + (line[2] - line[0]) * share
            y = line[1] + (line[3] - line[1]) * share
            assert not any(b[0] < x < b[2] and b[1] < y < b[3] for b in others)


def test_a_lonely_label_stands_to_the_right_without_a_leader() -> None:
    found = place_labels([Label("a", (50, 50, 56, 56), ((30.0, 6.0),))], FRAME, Obstacles())["a"]
    assert found.leader is None
    assert found.align == "left"
    assert found.box[0] > 56


def test_a_crowded_label_gets_a_leader_line() -> None:
    ring = [(45 + dx, 45 + dy, 61 + dx, 61 + dy) for dx in (-16, 0, 16) for dy in (-16, 0, 16) if dx or dy]
    walls = [b for b in ring if b != (45, 29, 61, 45)]
    found = place_labels([Label("a", (50, 50, 56, 56), ((20.0, 4.0),))], FRAME, Obstacles(walls))["a"]
    assert found.leader is not None


def test_units_at_one_place_are_all_placed() -> None:
    placed = place_units(units([(140.0, 90.0)] * 40), FRAME)
    assert len(placed) == 40
    assert sum(not unit.moved for unit in placed.values()) >= 1
    for one, other in itertools.combinations(placed.values(), 2):
        assert not overlap(one.box, other.box)


def test_an_overfull_frame_is_said_and_not_hidden() -> None:
    placed = place_units(units([(10.0, 10.0)] * 30), (0.0, 0.0, 30.0, 20.0))
    assert len(placed) == 30
    assert any(unit.forced for unit in placed.values())


def test_a_dense_spot_becomes_an_inset_and_a_loose_pair_does_not() -> None:
    import numpy as np

    park = [(100 + 1.5 * i, 80 + (i * 7 % 5)) for i in range(12)]
    points = np.asarray([*park, (200.0, 30.0), (203.0, 31.0), (40.0, 150.0)])
    spots = dense_spots(points, (8.0, 6.0), 300_000, (100.0, 90.0), SERIES)
    assert [len(spot.indices) for spot in spots] == [12]
    assert spots[0].denominator < 300_000 / 1.9
    assert spots[0].width_mm <= 100
    assert spots[0].height_mm <= 90


@settings(deadline=None, max_examples=30)
@given(places)
def test_insets_cover_no_sign_and_no_other_inset(points) -> None:
    import numpy as np

    distinct = np.asarray(sorted(set(points)))
    spots = nested_spots(distinct, (8.0, 6.0), 500_000, (90.0, 80.0), SERIES)
    within = {i for n in spots if n.parent is None for i in n.spot.indices}
    clear = [(x - 5, y - 4, x + 5, y + 4) for i, (x, y) in enumerate(distinct.tolist()) if i not in within]
    insets = lettered(found_room(spots, FRAME, clear))
    for one, other in itertools.combinations(insets, 2):
        assert not overlap(one.box, other.box)
    for inset in insets:
        assert inside(inset.box)
        assert not any(overlap(inset.box, box) for box in clear)
    assert [i.letter for i in insets] == sorted(i.letter for i in insets)
