"""Dense spots and their insets: paper around the outermost places, as large as fits, near what they show."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from geoservice.scheme.boxes import grown, overlap
from geoservice.scheme.insets import Nested, Spot, dense_spots, found_room, lettered, nested_spots
from geoservice.scheme.scale import SERIES

FRAME = (0.0, 0.0, 280.0, 180.0)
PITCH = (8.0, 6.0)
#: A park of 12 places, 16 x 10 mm on the main map.
PARK = np.asarray([(100 + 4.0 * (i % 5), 80 + 5.0 * (i // 5)) for i in range(12)])


def spot(indices: tuple[int, ...], x: float, y: float, size: tuple[float, float] = (60.0, 45.0)) -> Spot:
    return Spot(indices, (x, y, x + 10, y + 8), 50_000, *size)


def test_paper_for_signs_and_numbers_is_left_around_the_outermost_places() -> None:
    (found,) = dense_spots(PARK, PITCH, 300_000, (140.0, 120.0), SERIES)
    larger = 300_000 / found.denominator
    inside = (PARK - found.source[:2]) * larger
    assert inside[:, 0].min() == pytest.approx(15.0)
    assert inside[:, 0].max() == pytest.approx(found.width_mm - 15.0)
    assert inside[:, 1].min() == pytest.approx(found.height_mm - inside[:, 1].max())
    assert inside[:, 1].min() >= 11.0 - 1e-6
    assert found.width_mm == pytest.approx((found.source[2] - found.source[0]) * larger)


def test_an_inset_is_no_larger_than_it_may_be_and_is_left_out_where_none_fits() -> None:
    (found,) = dense_spots(PARK, PITCH, 300_000, (80.0, 60.0), SERIES)
    assert found.width_mm <= 80
    assert found.height_mm <= 60
    assert not dense_spots(PARK, PITCH, 300_000, (30.0, 20.0), SERIES)
    assert not dense_spots(PARK[:3], PITCH, 300_000, (140.0, 120.0), SERIES)


def test_those_on_the_very_edge_of_a_spot_are_shown_in_its_inset() -> None:
    (alone,) = dense_spots(PARK, PITCH, 300_000, (140.0, 120.0), SERIES)
    corner = np.asarray([alone.source[2:]])
    (found,) = dense_spots(np.vstack([PARK, corner]), PITCH, 300_000, (140.0, 120.0), SERIES)
    assert 12 in found.indices


def test_a_spot_tells_how_many_of_its_places_stand_apart_in_its_inset() -> None:
    (found,) = nested_spots(PARK, PITCH, 300_000, (140.0, 120.0), SERIES)
    assert found.apart == 12
    pair = np.vstack([PARK, PARK[:1] + 0.1])
    assert nested_spots(pair, PITCH, 300_000, (140.0, 120.0), SERIES)[0].apart == 11


def test_an_inner_inset_stands_near_the_one_it_lies_on() -> None:
    outer = spot(tuple(range(20)), 20, 20)
    inner = Nested(spot(tuple(range(5)), 30, 10), outer)
    (first, box), (second, inner_box) = found_room([inner, Nested(outer)], FRAME, [(0, 0, 80, 120)])
    assert (first.spot, second) == (outer, inner)
    assert not overlap(box, inner_box)
    gap = max(inner_box[0] - box[2], box[0] - inner_box[2], inner_box[1] - box[3], box[1] - inner_box[3])
    assert gap < 10
    assert [(i.letter, i.parent) for i in lettered([(first, box), (second, inner_box)])] == [
        ("A", ""), ("B", "A"),
    ]  # fmt: skip


def test_an_inner_inset_goes_with_the_one_it_lies_on() -> None:
    outer = spot(tuple(range(20)), 20, 20, (300.0, 45.0))
    assert not found_room([Nested(outer), Nested(spot((1, 2, 3, 4), 5, 5), outer)], FRAME, [])


def test_insets_that_have_their_room_keep_it() -> None:
    one, other = Nested(spot((1, 2, 3, 4), 40, 90)), Nested(spot((5, 6, 7, 8, 9), 200, 90))
    before = found_room([one], FRAME, [])
    both = found_room([other], FRAME, [], before=before)
    assert both[0] == before[0]
    assert [nested for nested, _ in both] == [one, other]
    assert not overlap(both[0][1], both[1][1])
    assert not any(overlap(box, nested.spot.source) for _, box in both for nested in (one, other))


def test_an_inset_stands_as_near_to_its_spot_as_it_can() -> None:
    """In a column as wide as the inset only heights are to be chosen from."""
    column = (0.0, 0.0, 60.0, 400.0)
    for y in (120.0, 300.0):
        ((_, box),) = found_room([Nested(spot((1, 2, 3, 4), 20, y))], column, [])
        assert 3.0 <= max(y - box[3], box[1] - y - 8) <= 8.0


def test_an_inset_wider_or_higher_than_the_frame_has_no_room() -> None:
    for size in ((281.0, 45.0), (60.0, 181.0)):
        assert not found_room([Nested(spot((1, 2, 3, 4), 20, 90, size))], FRAME, [])
    offset = (100.0, 0.0, 380.0, 60.0)
    assert not found_room([Nested(spot((1, 2, 3, 4), 200, 10, (60.0, 70.0)))], offset, [])


# -- the numbers ---------------------------------------------------------------------------------------------

LIMIT = (140.0, 120.0)


def block(
    count: int, step: tuple[float, float], at: tuple[float, float] = (100, 80), wide: int = 5
) -> np.ndarray:
    return np.asarray([(at[0] + step[0] * (i % wide), at[1] + step[1] * (i // wide)) for i in range(count)])


def test_four_that_collide_make_a_spot_and_three_do_not() -> None:
    for count, spots in ((3, 0), (4, 1)):
        assert len(dense_spots(block(count, (4, 5)), PITCH, 300_000, LIMIT, SERIES)) == spots
        assert not dense_spots(block(count, (8, 6)), PITCH, 300_000, LIMIT, SERIES), "they stand apart"


def test_an_inset_enlarges_nearly_twice_at_least() -> None:
    park = block(12, (4.5, 5))
    assert not dense_spots(park, PITCH, 300_000, LIMIT, [160_000])
    (found,) = dense_spots(park, PITCH, 300_000, LIMIT, [157_000])
    assert found.denominator == 157_000


def test_the_smallest_scale_that_opens_a_spot_is_taken_or_one_step_more_for_names() -> None:
    """A park with places of 4 x 5 mm opens at twice the scale; a step more would be wider than 72 mm."""
    (large,) = dense_spots(PARK, PITCH, 300_000, LIMIT, SERIES)
    assert large.denominator == 150_000
    (small,) = dense_spots(block(12, (2, 2.5)), (4.0, 3.0), 300_000, LIMIT, SERIES)
    assert small.denominator == 100_000
    assert (small.width_mm, small.height_mm) == pytest.approx((54.0, 38.0))


def test_no_inset_is_smaller_than_can_be_read() -> None:
    (found,) = dense_spots(block(4, (3, 3), wide=2), PITCH, 300_000, LIMIT, [100_000])
    assert (found.width_mm, found.height_mm) == (50.0, 38.0)


def test_an_inset_has_three_times_the_paper_of_its_signs() -> None:
    """Forty signs of 8 x 6 mm want 5,760 square millimetres."""
    crowd = block(40, (0.6, 0.6), wide=8)
    assert not dense_spots(crowd, PITCH, 300_000, (80.0, 70.0), SERIES)
    for found in dense_spots(crowd, PITCH, 300_000, (90.0, 75.0), SERIES):
        assert len(found.indices) * 8 * 6 * 3 <= found.width_mm * found.height_mm


def test_a_pair_of_a_handful_is_set_beside_each_other() -> None:
    """Of six places two lie a hair apart: no scale opens them, and none need."""
    pair = np.vstack([block(5, (4, 0)), [[99.99, 80.0]]])
    (found,) = dense_spots(pair, PITCH, 300_000, LIMIT, SERIES)
    assert found.denominator == 150_000


def test_a_pair_of_a_dozen_has_the_inset_go_on_to_larger_scales() -> None:
    """More than 8 in 100 that collide still are too many: the largest scale that fits is taken."""
    crowd = np.vstack([block(11, (4, 5)), [[99.99, 80.0]]])
    (found,) = dense_spots(crowd, PITCH, 300_000, LIMIT, SERIES)
    assert found.denominator == 50_000


def test_spots_that_touch_become_one() -> None:
    two = np.vstack([block(6, (4, 5), (100, 80), 3), block(6, (4, 5), (117, 80), 3)])
    (found,) = dense_spots(two, PITCH, 300_000, LIMIT, SERIES)
    assert len(found.indices) == 12
    far = np.vstack([block(6, (4, 5), (40, 80), 3), block(6, (4, 5), (220, 80), 3)])
    assert len(dense_spots(far, PITCH, 300_000, LIMIT, SERIES)) == 2


@pytest.mark.parametrize("seed", range(12))
def test_frames_of_spots_lie_apart_and_inner_ones_hold_fewer(seed: int) -> None:
    chance = np.random.default_rng(seed)
    middles = chance.uniform((20, 20), (260, 160), (6, 2))
    places = np.vstack([chance.normal(at, chance.uniform(0.2, 6), (25, 2)) for at in middles]).round(2)
    found = nested_spots(places, PITCH, 600_000, LIMIT, SERIES)
    outer = [each.spot for each in found if each.parent is None]
    for one, other in itertools.combinations(outer, 2):
        assert not overlap(one.source, other.source)
    for each in found:
        if each.parent is not None:
            assert len(each.spot.indices) < len(each.parent.indices)
            assert len(each.parent.indices) - next(o.apart for o in found if o.spot == each.parent) > 2


def test_there_are_no_more_than_eight_insets() -> None:
    small = [Nested(spot((4 * n, 4 * n + 1, 4 * n + 2), 12 + 30 * n, 90, (50, 38))) for n in range(9)]
    found = found_room(small, FRAME, [])
    assert len(found) == 8
    more = [Nested(spot((90, 91, 92), 12, 20, (50, 38)))]
    assert len(found_room(more, FRAME, [], before=found)) == 8


def test_the_largest_spot_is_the_first_to_get_room() -> None:
    column = (0.0, 0.0, 60.0, 70.0)
    few, many = (Nested(spot(tuple(range(n)), 20, 60)) for n in (5, 9))
    for order in ([few, many], [many, few]):
        ((found, _),) = found_room(order, column, [])
        assert found == many


def test_insets_keep_off_spots_and_off_each_other() -> None:
    spots = [Nested(spot((n,) * 4, 60 + 80 * (n % 2), 60 + 60 * (n // 2))) for n in range(4)]
    found = found_room(spots, FRAME, [])
    assert len(found) > 2
    for _, box in found:
        for nested in spots:
            assert not overlap(grown(box, 3.0 - 1e-6), nested.spot.source)
    for (_, one), (_, other) in itertools.combinations(found, 2):
        assert not overlap(grown(one, 1.5 - 1e-6), other)


def test_a_strip_is_left_between_insets() -> None:
    """In a column as wide as an inset they are stacked, 4 mm by 4 mm, and would meet."""
    column, size = (0.0, 0.0, 60.0, 240.0), (60.0, 36.0)
    spots = [Nested(spot((n,) * 4, 2 + 12 * n, 90, size)) for n in range(4)]
    whole = found_room(spots, column, [])
    later = found_room(spots[2:], column, [], before=found_room(spots[:2], column, []))
    for found in (whole, later):
        assert len(found) == 4
        for (_, one), (_, other) in itertools.combinations(found, 2):
            assert not overlap(grown(one, 1.5 - 1e-6), other)


def test_no_inset_lies_on_the_spot_of_one_that_has_its_room() -> None:
    column = (0.0, 0.0, 60.0, 400.0)
    before = [(Nested(spot((1, 2, 3, 4), 20, 60)), (0.0, 300.0, 60.0, 345.0))]
    _, (_, box) = found_room(
        [Nested(spot((5, 6, 7, 8), 20, 105))], column, [(0, 113, 60, 400)], before=before
    )
    assert not overlap(grown(box, 3.0 - 1e-6), (20, 60, 30, 68))


def test_insets_of_the_map_itself_go_before_those_on_insets() -> None:
    column = (0.0, 0.0, 60.0, 112.0)
    large, small = Nested(spot(tuple(range(20)), 20, 50)), Nested(spot((30, 31, 32, 33), 40, 50))
    inner = Nested(spot(tuple(range(9)), 20, 10), large.spot)
    found = found_room([inner, small, large], column, [])
    assert [nested for nested, _ in found] == [large, small]


def test_an_inset_lies_at_the_edge_and_off_the_land() -> None:
    """Far from its spot, if need be: an inset in the midst of a map tears it apart."""
    middle = [Nested(spot((1, 2, 3, 4), 135, 86))]
    ((_, box),) = found_room(middle, FRAME, [])
    assert sum(abs(a - b) < 0.01 for a, b in zip(box, FRAME, strict=True)) >= 1
    for land in ((0.0, 0.0, 140.0, 180.0), (140.0, 0.0, 280.0, 180.0)):
        ((_, box),) = found_room(middle, FRAME, [], [land])
        assert not overlap(box, land)


def test_letters_run_from_west_to_east() -> None:
    east, west = Nested(spot((1, 2), 200, 10)), Nested(spot((3, 4), 20, 100))
    made = lettered([(east, (0, 0, 60, 45)), (west, (100, 0, 160, 45))])
    assert [(inset.letter, inset.spot) for inset in made] == [("A", west.spot), ("B", east.spot)]
