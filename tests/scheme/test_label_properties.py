"""What the label placer promises beyond the absence of overlaps: nobody is dropped or moved without need."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.ops import substring

from geoservice.scheme.beside import GAP_MM
from geoservice.scheme.boxes import Obstacles, overlap
from geoservice.scheme.labels import LEADERS_MM, _beside, place_labels
from geoservice.scheme.placed import Label, PlacedUnit, Unit
from geoservice.scheme.units import place_units

FRAME = (0.0, 0.0, 280.0, 180.0)
SIGN = ((-3.0, -3.0, 6.5, 3.0), (-6.5, -3.0, 3.0, 3.0), (-3.0, -3.0, 3.0, 5.5))
SIZES = ((34.0, 8.0), (22.0, 5.0))
#: Anywhere, in a narrow town, and on one road: where labels have to make room for each other.
spots = st.one_of(
    st.tuples(st.floats(8, 272), st.floats(8, 172)),
    st.tuples(st.floats(120, 150), st.floats(80, 100)),
    st.tuples(st.floats(8, 272), st.just(90.0)),
).map(lambda p: (round(p[0], 1), round(p[1], 1)))
places = st.lists(spots, min_size=1, max_size=35)


def units(points: list[tuple[float, float]]) -> list[Unit]:
    return [Unit(f"u{i:03d}", x, y, SIGN) for i, (x, y) in enumerate(points)]


def labels(placed: dict[str, PlacedUnit], priority: int = 0, start: str = "") -> list[Label]:
    return [Label(start + key, unit.box, SIZES, priority) for key, unit in placed.items()]


def laid(points: list[tuple[float, float]]) -> tuple[dict[str, PlacedUnit], Any]:
    placed = place_units(units(points), FRAME)
    return placed, place_labels(labels(placed), FRAME, Obstacles([unit.box for unit in placed.values()]))


def inside(box: tuple[float, ...]) -> bool:
    return box[0] >= -1e-6 and box[1] >= -1e-6 and box[2] <= 280 + 1e-6 and box[3] <= 180 + 1e-6


def shifted(unit: Unit, index: int) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = unit.shapes[index]
    return (unit.x + x0, unit.y + y0, unit.x + x1, unit.y + y1)


@settings(deadline=None, max_examples=30)
@given(places)
def test_a_sign_leaves_its_place_only_where_it_could_not_stand(points) -> None:
    given_units = {unit.id: unit for unit in units(points)}
    placed = place_units(list(given_units.values()), FRAME)
    for key, found in placed.items():
        unit = given_units[key]
        if not found.moved:
            assert found.box == shifted(unit, found.shape)
            assert (found.dx, found.dy) == (0.0, 0.0)
            continue
        others = [other.box for name, other in placed.items() if name != key]
        for index in range(len(unit.shapes)):
            x0, y0, x1, y1 = shifted(unit, index)
            wider = (x0 - GAP_MM, y0 - GAP_MM, x1 + GAP_MM, y1 + GAP_MM)
            assert not inside(shifted(unit, index)) or any(overlap(wider, other) for other in others)


@settings(deadline=None, max_examples=30)
@given(places)
def test_clear_paper_stays_between_signs(points) -> None:
    placed = list(place_units(units(points), FRAME).values())
    for one, other in itertools.combinations(placed, 2):
        a, b = shapely.box(*one.box), shapely.box(*other.box)
        assert a.distance(b) >= GAP_MM / 2 - 1e-6


@settings(deadline=None, max_examples=30)
@given(places)
def test_a_name_is_left_out_only_where_no_place_beside_its_sign_is_free(points) -> None:
    placed, texts = laid(points)
    taken = [unit.box for unit in placed.values()] + [text.box for text in texts.values()]
    lines = [shapely.LineString([t.leader[:2], t.leader[2:]]) for t in texts.values() if t.leader]
    for key in placed.keys() - texts.keys():
        for size in SIZES:
            for box in _beside(placed[key].box, *size).T.tolist():
                wider = (box[0] - GAP_MM, box[1] - GAP_MM, box[2] + GAP_MM, box[3] + GAP_MM)
                blocked = any(overlap(wider, other) for other in taken) or not inside(box)
                assert blocked or any(shapely.box(*wider).intersects(line) for line in lines)


@settings(deadline=None, max_examples=30)
@given(places)
def test_a_text_has_the_size_of_its_variant_and_stands_at_its_own_sign(points) -> None:
    placed, texts = laid(points)
    for key, text in texts.items():
        width, height = text.box[2] - text.box[0], text.box[3] - text.box[1]
        assert (round(width, 6), round(height, 6)) == SIZES[text.variant]
        apart = shapely.box(*text.box).distance(shapely.box(*placed[key].box))
        assert apart <= (GAP_MM + 1e-6 if text.leader is None else LEADERS_MM[-1] + 3.0)


def test_leader_lines_of_a_town_join_sign_and_text_and_cross_nothing_else() -> None:
    """Sixty signs in 70 x 50 mm: a third of the names stand off, at the end of a line."""
    rnd = np.random.default_rng(5)
    for count, reach in ((30, (20, 15)), (60, (35, 25))):
        spread = rnd.uniform(-1, 1, (count, 2)) * reach + (140, 90)
        placed = place_units(units([(float(x), float(y)) for x, y in spread.round(1)]), FRAME)
        names = [Label(key, unit.box, ((22.0, 5.0),)) for key, unit in placed.items()]
        texts = place_labels(names, FRAME, Obstacles([unit.box for unit in placed.values()]))
        lines = {
            key: shapely.LineString([t.leader[:2], t.leader[2:]]) for key, t in texts.items() if t.leader
        }
        assert len(lines) >= 5
        for key, line in lines.items():
            assert shapely.Point(line.coords[0]).distance(shapely.box(*placed[key].box)) < 1e-6
            assert shapely.Point(line.coords[-1]).distance(shapely.box(*texts[key].box)) < 1e-6
            for other, unit in placed.items():
                assert other == key or not line.intersects(shapely.box(*unit.box).buffer(-1e-6))
            for other, text in texts.items():
                assert other == key or not line.intersects(shapely.box(*text.box).buffer(-1e-6))
        for one, other in itertools.combinations(lines.values(), 2):
            # They may meet where they start at neighbouring signs, within the gap between those.
            assert not substring(one, GAP_MM, -GAP_MM).crosses(substring(other, GAP_MM, -GAP_MM))


@settings(deadline=None, max_examples=25)
@given(places, places)
def test_lesser_names_give_way_and_never_move_a_greater_one(points, towns) -> None:
    placed = place_units(units(points), FRAME)
    boxes = [unit.box for unit in placed.values()]
    alone = place_labels(labels(placed, 10), FRAME, Obstacles(boxes))
    lesser = [Label(f"t{i}", (x, y, x, y), ((18.0, 3.0),), 1, leader=False) for i, (x, y) in enumerate(towns)]
    together = place_labels([*lesser, *labels(placed, 10)], FRAME, Obstacles(boxes))
    assert {key: text for key, text in together.items() if not key.startswith("t")} == alone
    shown = [text.box for text in together.values()]
    for one, other in itertools.combinations(shown, 2):
        assert not overlap(one, other)


@settings(deadline=None, max_examples=25)
@given(places, st.randoms(use_true_random=False))
def test_names_do_not_depend_on_the_order_of_the_input(points, random) -> None:
    placed = place_units(units(points), FRAME)
    first = labels(placed)
    second = list(first)
    random.shuffle(second)
    boxes = [unit.box for unit in placed.values()]
    assert place_labels(first, FRAME, Obstacles(boxes)) == place_labels(second, FRAME, Obstacles(boxes))


def test_names_find_room_on_an_even_map() -> None:
    """All of thirty names, five in six of two hundred, with the name's size of benchmarks/labels.py."""
    rnd = np.random.default_rng(11)
    for count, least in ((30, 30), (200, 165)):
        points = [(float(x), float(y)) for x, y in rnd.uniform((15, 10), (265, 170), (count, 2))]
        placed = place_units(units(points), FRAME)
        names = [Label(key, unit.box, ((19.0, 2.4),)) for key, unit in placed.items()]
        texts = place_labels(names, FRAME, Obstacles([unit.box for unit in placed.values()]))
        assert len(placed) == count
        assert len(texts) >= least
        near = [math.hypot(unit.dx, unit.dy) for unit in placed.values()]
        assert sorted(near)[count // 2] == 0


def test_a_name_keeps_off_the_lines_of_others() -> None:
    obstacles = Obstacles()
    for line in ((56.0, 53.0, 120.0, 53.0), (0.0, 53.0, 50.0, 53.0)):
        obstacles.add_line(line)
    found = place_labels([Label("a", (50, 50, 56, 56), ((30.0, 6.0),))], FRAME, obstacles)["a"]
    assert found.align == "center"
    assert found.box[3] < 50 or found.box[1] > 56
