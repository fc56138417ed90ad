"""Dense spots and their insets: paper around the outermost places, as large as fits, near what they show."""

from __future__ import annotations

import numpy as np
import pytest

from geoservice.scheme.boxes import overlap
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
