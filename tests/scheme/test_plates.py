"""Plates of stacks: on no place, over no pointer, near their own place, the same every time."""

from __future__ import annotations

import itertools
import math

import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.scheme.boxes import overlap
from geoservice.scheme.placed import PlacedUnit, Unit
from geoservice.scheme.plates import LEAST_MM, POINTERS_MM, covers_place, place_plates
from geoservice.scheme.units import place_units

FRAME = (0.0, 0.0, 280.0, 180.0)
SIGN = ((-3.0, -3.0, 6.5, 3.0), (-6.5, -3.0, 3.0, 3.0), (-3.0, -3.0, 3.0, 5.5))
#: A plate of ten rows, and the same in two columns.
PLATE = ((-6.0, -38.0, 6.0, -2.0), (-11.0, -21.0, 11.0, -2.0))
crowds = st.lists(
    st.tuples(st.floats(90, 190), st.floats(60, 120)).map(lambda p: (round(p[0], 1), round(p[1], 1))),
    min_size=2, max_size=24, unique=True,
)  # fmt: skip


def units(points: list[tuple[float, float]], stacks: int) -> list[Unit]:
    """The first are stacks, the others signs."""
    return [
        Unit(f"u{i:02d}", x, y, PLATE if i < stacks else SIGN, 1000 if i < stacks else 10)
        for i, (x, y) in enumerate(points)
    ]


def pointer(unit: Unit, at: PlacedUnit) -> shapely.LineString:
    return shapely.LineString([(unit.x, unit.y), (unit.x + at.dx, unit.y + at.dy)])


@settings(deadline=None, max_examples=40)
@given(crowds, st.integers(1, 5))
def test_plates_cover_no_place_and_no_pointer_and_never_overlap(points, stacks) -> None:
    these = units(points, stacks)
    placed = place_units(these, FRAME)
    plates = [unit for unit in these if not covers_place(unit)]
    assert len(placed) == len(these)
    for one, other in itertools.combinations(these, 2):
        assert not overlap(placed[one.id].box, placed[other.id].box)
    for plate in plates:
        at = placed[plate.id]
        assert not at.forced
        if at.hides:
            continue
        box = shapely.box(*at.box)
        for other in these:
            assert not box.intersects(shapely.Point(other.x, other.y))
            if other.id != plate.id and not covers_place(other) and not placed[other.id].hides:
                assert not box.buffer(-0.01).intersects(pointer(other, placed[other.id]))


@settings(deadline=None, max_examples=40)
@given(crowds)
def test_few_stacks_in_a_wide_frame_always_find_clear_paper(points) -> None:
    placed = place_units(units(points[:8], 3), FRAME)
    assert not any(at.hides or at.forced for at in placed.values())


@settings(deadline=None, max_examples=30)
@given(crowds, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(points, random) -> None:
    first = units(points, 4)
    second = list(first)
    random.shuffle(second)
    assert place_units(first, FRAME) == place_units(second, FRAME)


def test_a_lonely_plate_stands_beside_its_place_with_the_shortest_pointer() -> None:
    unit = Unit("a", 140.0, 90.0, PLATE)
    at = place_plates([unit], FRAME, [])["a"]
    assert LEAST_MM <= math.hypot(at.dx, at.dy) <= POINTERS_MM[0]
    assert not overlap(at.box, (139.5, 89.5, 140.5, 90.5))


def test_a_pointer_ends_on_its_plate_and_the_shape_has_the_size_of_the_box() -> None:
    these = units([(100.0, 90.0), (104.0, 92.0), (97.0, 95.0), (101.0, 86.0)], 4)
    for unit in these:
        at = place_plates(these, FRAME, [])[unit.id]
        x0, y0, x1, y1 = unit.shapes[at.shape]
        assert math.isclose(at.box[2] - at.box[0], x1 - x0)
        assert math.isclose(at.box[3] - at.box[1], y1 - y0)
        assert shapely.box(*at.box).boundary.distance(shapely.Point(unit.x + at.dx, unit.y + at.dy)) < 1e-6


def test_a_plate_goes_where_no_sign_could_stand() -> None:
    """Signs to the right of the stack: the plate stands to the left, above or below."""
    signs = [Unit(f"s{i}", 150.0 + 10.5 * (i % 3), 82.0 + 8 * (i // 3), SIGN) for i in range(9)]
    stack = Unit("stack", 142.0, 90.0, PLATE, 1000)
    placed = place_units([stack, *signs], FRAME)
    assert placed["stack"].box[2] < 147.0
    assert not any(placed[sign.id].moved for sign in signs)


def test_a_flat_plate_is_taken_where_a_high_one_has_no_room() -> None:
    band = (0.0, 0.0, 280.0, 30.0)
    at = place_plates([Unit("a", 140.0, 26.0, PLATE)], band, [])["a"]
    assert at.shape == 1
    assert not at.forced


def test_the_number_of_a_sign_turns_away_from_the_end_of_its_neighbours_tick() -> None:
    """Two places 4 mm apart: one is moved aside, the other's number leaves its place free."""
    near = [Unit("a", 100.0, 90.0, SIGN, 20), Unit("b", 104.0, 90.0, SIGN, 10)]
    placed = place_units(near, FRAME)
    assert not placed["a"].moved
    assert placed["b"].moved
    x0, y0, x1, y1 = placed["a"].box
    assert not (x0 < 104.0 < x1 and y0 < 90.0 < y1)


def test_a_tick_from_under_a_sign_runs_clear_of_its_number() -> None:
    """Two places 2 mm apart: the tick leaves the sign where its number does not stand."""
    near = [Unit("a", 100.0, 90.0, SIGN, 20), Unit("b", 101.5, 90.0, SIGN, 10)]
    placed = place_units(near, FRAME)
    x0, y0, x1, y1 = placed["a"].box
    ends = (min(max(101.5, placed["b"].box[0]), placed["b"].box[2]),
            min(max(90.0, placed["b"].box[1]), placed["b"].box[3]))  # fmt: skip
    tick = shapely.LineString([(101.5, 90.0), ends])
    numbers = [shapely.box(x0, y0, 97.0, y1), shapely.box(103.0, y0, x1, y1), shapely.box(x0, 93.0, x1, y1)]
    assert not any(tick.intersection(part.buffer(-0.05)).length > 0 for part in numbers if part.area > 0.1)
    assert tick.length < 8


def test_a_plate_leaves_a_town_to_be_seen_where_there_is_room_beside_it() -> None:
    stack = Unit("a", 140.0, 90.0, PLATE)
    first = place_plates([stack], FRAME, [])["a"].box
    beside = place_plates([stack], FRAME, [], landmarks=[first])["a"].box
    assert not overlap(first, beside)
