"""Windows of a map that get pages of their own: apart or abutting, true to their scales, nobody in two."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.scheme.boxes import Box
from geoservice.scheme.details import BETWEEN_MM, PAGE_WORTH, READABLE, STUBBORN_WORTH, Ground, windows
from geoservice.scheme.insets import LEAST_ENLARGED, Spot
from geoservice.scheme.scale import SERIES

ROOM = (390.0, 230.0)
GROUND = Ground((0.0, 0.0, 297.0, 227.0), 400_000)


def cloud(middle: tuple[float, float], spread: float, count: int, seed: int = 1) -> np.ndarray:
    made = np.random.default_rng(seed).normal(middle, spread, (count, 2))
    return np.unique(np.clip(made, 1.0, (296.0, 226.0)).round(2), axis=0)


def chosen(places: np.ndarray, ground: Ground = GROUND, most: int = 12, unit: float = 1.0) -> list[Spot]:
    return windows(places, ground, ROOM, SERIES, most, unit)


def apart(one: Box, other: Box) -> float:
    return max(one[0] - other[2], other[0] - one[2], one[1] - other[3], other[1] - one[3])


CLOUDS = {
    "a town": cloud((150, 110), 8, 300),
    "two towns": np.vstack([cloud((60, 60), 3, 150), cloud((230, 170), 12, 250, 2)]),
    "a park": cloud((150, 110), 0.8, 200),
    "everywhere": cloud((148, 113), 60, 900),
    "in a corner": cloud((5, 5), 4, 200),
}


@pytest.mark.parametrize("name", list(CLOUDS))
def test_windows_lie_apart_in_the_map_and_are_true_to_scale(name: str) -> None:
    places = CLOUDS[name]
    found = chosen(places)
    assert found
    for spot in found:
        assert spot.denominator in SERIES
        assert spot.denominator * LEAST_ENLARGED <= GROUND.denominator
        x0, y0, x1, y1 = spot.source
        assert x0 >= -1e-6 and y0 >= -1e-6 and x1 <= 297.000001 and y1 <= 227.000001
        share = GROUND.denominator / spot.denominator
        assert ((x1 - x0) * share, (y1 - y0) * share) == pytest.approx(ROOM)
        assert (spot.width_mm, spot.height_mm) == ROOM
    for one, other in itertools.combinations(found, 2):
        gap = apart(one.source, other.source)
        assert abs(gap) < 1e-3 or gap > BETWEEN_MM
    inside = [index for spot in found for index in spot.indices]
    assert len(inside) == len(set(inside))
    for spot in found:
        x0, y0, x1, y1 = spot.source
        held = places[list(spot.indices)]
        assert ((held >= (x0, y0)) & (held <= (x1, y1))).all()
        assert len(held) > PAGE_WORTH


@pytest.mark.parametrize("name", list(CLOUDS))
def test_most_of_a_crowd_is_taken_in(name: str) -> None:
    inside = sum(len(spot.indices) for spot in chosen(CLOUDS[name]))
    assert inside > 0.8 * len(CLOUDS[name])


def test_a_park_is_opened_at_a_larger_scale_than_a_town() -> None:
    park, town = (max(spot.denominator for spot in chosen(CLOUDS[name])) for name in ("a park", "a town"))
    assert park < town


@pytest.mark.parametrize("name", ["a town", "two towns", "everywhere", "in a corner"])
def test_larger_signs_ask_for_larger_scales(name: str) -> None:
    small, large = ([spot.denominator for spot in chosen(CLOUDS[name], unit=unit)] for unit in (0.5, 2.5))
    assert min(large) < min(small)


def test_few_get_no_page_and_nobody_none() -> None:
    assert chosen(cloud((150, 110), 1, READABLE)) == []
    assert chosen(cloud((150, 110), 1, PAGE_WORTH)) == []
    assert chosen(np.empty((0, 2))) == []
    assert chosen(CLOUDS["a town"], Ground(GROUND.bounds, 5_000)) == [], "there is no larger scale"


def test_a_page_may_be_for_fewer() -> None:
    few = cloud((150, 110), 2, PAGE_WORTH)
    assert chosen(few) == []
    (spot,) = windows(few, GROUND, ROOM, SERIES, 12, 1.0, STUBBORN_WORTH)
    assert len(spot.indices) > STUBBORN_WORTH
    assert windows(few[:STUBBORN_WORTH], GROUND, ROOM, SERIES, 12, 1.0, STUBBORN_WORTH) == []


def left_beside(places: np.ndarray, inner: bool) -> tuple[int, int]:
    """How many find no window on a map of A4, and how many windows there are."""
    room = (273.0, 161.0)
    found = windows(places, Ground((0.0, 0.0, *room), 100_000, (), inner), room, SERIES, 5, 0.8)
    return len(places) - sum(len(spot.indices) for spot in found), len(found)


def test_a_crowd_on_a_detail_map_is_taken_in_whole() -> None:
    """Those beside its windows find no others: one that holds them all is better than two for its middle."""
    for seed, spread in itertools.product(range(6), (3, 4.5, 8)):
        places = cloud((150, 110), spread, 250, seed)
        assert left_beside(places, True)[0] <= left_beside(places, False)[0]
    places = cloud((150, 110), 4.5, 250, 2)
    (whole, one), (middle, two) = left_beside(places, True), left_beside(places, False)
    assert (one, two) == (1, 2)
    assert whole < middle / 2


def test_pages_are_no_more_than_allowed() -> None:
    assert len(chosen(CLOUDS["everywhere"])) > 3
    for most in (0, 1, 3):
        assert len(chosen(CLOUDS["everywhere"], most=most)) <= most


def test_windows_keep_off_those_there_are() -> None:
    (first, *_) = chosen(CLOUDS["a town"], most=1)
    rest = np.delete(CLOUDS["a town"], list(first.indices), axis=0)
    more = chosen(
        np.vstack([rest, cloud((40, 190), 6, 100)]), Ground(GROUND.bounds, 400_000, (first.source,))
    )
    assert more
    for spot in more:
        gap = apart(spot.source, first.source)
        assert abs(gap) < 1e-3 or gap > BETWEEN_MM


def test_no_strip_is_left_between_windows() -> None:
    taken = (100.0, 80.0, 150.0, 110.0)
    gaps = []
    for away in range(0, 44, 4):
        for middle in ((152.0 + away, 95.0), (125.0, 112.0 + away)):
            places = cloud(middle, 2.5, 120)
            clear = places[~((places >= taken[:2]) & (places <= taken[2:])).all(axis=1)]
            for spot in chosen(clear, Ground(GROUND.bounds, 400_000, (taken,))):
                gaps.append(apart(spot.source, taken))
    assert all(abs(gap) < 1e-3 or gap > BETWEEN_MM for gap in gaps)
    assert min(map(abs, gaps)) < 1e-3, "some abut"


def test_the_order_of_the_places_does_not_matter() -> None:
    places = CLOUDS["two towns"]
    order = np.random.default_rng(5).permutation(len(places))
    first, again = chosen(places), chosen(places[order])
    assert [(s.source, s.denominator) for s in first] == [(s.source, s.denominator) for s in again]
    assert [sorted(order[list(s.indices)]) for s in again] == [sorted(s.indices) for s in first]


@settings(max_examples=30, deadline=None)
@given(
    middle=st.tuples(st.floats(0, 297), st.floats(0, 227)),
    spread=st.floats(0.01, 120),
    count=st.integers(1, 400),
    unit=st.sampled_from([0.8, 1.0, 1.8]),
    seed=st.integers(0, 99),
)
def test_whatever_the_crowd_nobody_is_in_two_windows(
    middle: tuple[float, float], spread: float, count: int, unit: float, seed: int
) -> None:
    found = chosen(cloud(middle, spread, count, seed), unit=unit)
    inside = [index for spot in found for index in spot.indices]
    assert len(inside) == len(set(inside))
    for one, other in itertools.combinations(found, 2):
        assert apart(one.source, other.source) > -1e-3
    for x0, y0, x1, y1 in (spot.source for spot in found):
        assert x0 >= -1e-6 and y0 >= -1e-6 and x1 <= 297.000001 and y1 <= 227.000001
