"""What the choice of the scale promises, for any territory: checked with a projection computed here.

The sizes stand here as numbers of their own, so that a change is seen; places are projected without PROJ.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import pytest
import shapely
from denominators import ALL, JOINT, STANDARD
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from krueger import Place, projected, span, territories
from pyproj import Proj
from usual_table import usual

from geoservice.catalog import builtin_root
from geoservice.errors import InvalidInputError
from geoservice.i18n import message
from geoservice.scheme.scale import FrameRequest, fit, scale_text
from geoservice.scheme.scene import Frame
from geoservice.scheme.sheet_metrics import read_metrics

METRICS = read_metrics(builtin_root() / "styles" / "sheet" / "scheme.toml")
FINEST = 25_000
MARGIN_MM, OUTLINE_MM = 11.0, 4.0
PREFERRED = 1.4  # a lying sheet is taken although the standing one's scale is up to so many times larger
SMALL_TO_LARGE = ("A4", "A3", "A2", "A1", "A0")


# -- what fits -----------------------------------------------------------------------------------------------


def needed(size: Place, frame: Frame, margin_mm: float) -> float:
    """The denominator at which so many metres just fit a frame with a margin."""
    room = (frame.width_mm - 2 * margin_mm, frame.height_mm - 2 * margin_mm)
    return 1000 * max(size[0] / room[0], size[1] / room[1])


def step(denominator: float) -> int:
    """The first denominator of the series that is large enough."""
    return next(value for value in ALL if value >= max(denominator, FINEST))


def clear_of_steps(denominator: float) -> bool:
    """Whether a rounding of the last digits cannot tip the choice."""
    return all(abs(denominator / value - 1) > 1e-6 for value in ALL)


def inside(frame_extent: Sequence[float], place: Place, margin_m: float = 0.0) -> bool:
    west, south, east, north = frame_extent
    x, y = place
    margin = margin_m - 0.01
    return west + margin <= x <= east - margin and south + margin <= y <= north - margin


# -- territories ---------------------------------------------------------------------------------------------


def sheet(
    places: Sequence[Place],
    outlines: Sequence[Any] = (),
    *,
    members: int = 0,
    fallback: tuple[float, float, float, float] | None = None,
    **request: Any,
) -> Frame:
    return fit(
        places, outlines, names=[f"T{i};" for i in range(len(places))], lang="en", metrics=METRICS,
        request=FrameRequest(**request), table=usual(members), fallback_bounds=fallback,
    )  # fmt: skip


def lying_preferred(places: Sequence[Place]) -> bool:
    """Unless the territory is clearly taller than wide (by e^0.25), the sheet lies."""
    if len(places) == 1:
        return True
    wide, tall = span(projected(places, sheet(places).crs))
    return math.log((wide + 1) / (tall + 1)) > -0.25


# -- the scale -----------------------------------------------------------------------------------------------


def test_the_series_holds_every_scale_of_topographic_maps_and_never_halves_the_sheet() -> None:
    lengths = (10 ** (x / 60) for x in range(-180, 70))
    found = {sheet([(49.0, 40.0), (49.0 + length, 40.0)]).denominator for length in lengths}
    assert {value for value in STANDARD if value >= FINEST} <= found <= set(ALL)
    assert all(b / a <= 2 for a, b in itertools.pairwise(STANDARD))


@settings(deadline=None, max_examples=150)
@given(territories(), st.sampled_from(SMALL_TO_LARGE), st.sampled_from(["auto", "landscape", "portrait"]))
def test_the_scale_is_the_largest_of_the_series_at_which_all_fit(places, paper, orientation) -> None:
    found = sheet(places, paper=paper, orientation=orientation)
    metres = projected(places, found.crs)
    exact = needed(span(metres), found, MARGIN_MM)
    assume(clear_of_steps(exact))
    assert found.denominator == step(exact)
    margin = MARGIN_MM * found.denominator / 1000
    assert all(inside(found.extent, place, margin) for place in metres)


@settings(deadline=None, max_examples=80)
@given(territories(), st.sampled_from([5_000, 10_000, 15_000, 40_000, 100_000, 250_000]))
def test_no_scale_larger_than_the_one_asked_for_is_taken(places, finest) -> None:
    found = sheet(places, finest=finest)
    exact = needed(span(projected(places, found.crs)), found, MARGIN_MM)
    assume(clear_of_steps(exact))
    assert found.denominator == next(value for value in ALL if value >= max(exact, finest))


@settings(deadline=None, max_examples=100)
@given(territories(), st.sampled_from(SMALL_TO_LARGE), st.integers(0, 60))
def test_the_frame_is_the_paper_at_its_scale_about_the_middle_of_all(places, paper, members) -> None:
    found = sheet(places, paper=paper, members=members)
    (west, south, east, north), metres = found.extent, found.denominator / 1000
    assert east - west == pytest.approx(found.width_mm * metres)
    assert north - south == pytest.approx(found.height_mm * metres)
    xs, ys = zip(*projected(places, found.crs), strict=True)
    assert (west + east) / 2 == pytest.approx((min(xs) + max(xs)) / 2, abs=0.02)
    assert (south + north) / 2 == pytest.approx((min(ys) + max(ys)) / 2, abs=0.02)


# -- paper ---------------------------------------------------------------------------------------------------


def check_orientation(places: Sequence[Place], paper: str) -> None:
    found = sheet(places, paper=paper)
    turned = {name: sheet(places, paper=paper, orientation=name) for name in ("landscape", "portrait")}
    same, other = (
        turned[name] for name in (("landscape", "portrait") if found.landscape else ("portrait", "landscape"))
    )
    assert found.extent == same.extent
    assert found.denominator == same.denominator
    assert not other.denominator <= STANDARD[-1] < found.denominator
    if found.landscape == lying_preferred(places):
        assert found.denominator <= PREFERRED * other.denominator + 1e-6 or other.denominator in JOINT
    elif other.denominator <= STANDARD[-1]:
        assert found.denominator * PREFERRED <= other.denominator
    # Whoever pays for the orientation is told what the other one would have given.
    if other.denominator < found.denominator:
        assert scale_text(other.denominator) in found.reason


@settings(deadline=None, max_examples=100)
@given(territories(), st.sampled_from(SMALL_TO_LARGE))
def test_the_automatic_orientation_is_the_better_one_by_the_rule(places, paper) -> None:
    check_orientation(places, paper)


@pytest.mark.parametrize("size", [0.3, 0.36, 0.43, 0.5, 0.6, 0.7])
def test_the_automatic_orientation_of_every_shape(size: float) -> None:
    for tall in range(10, 40):
        check_orientation([(48.0, 40.0), (48.0 + size, 40.0 + size * tall / 20)], "A3")


@settings(deadline=None, max_examples=80)
@given(territories(), st.sampled_from(["landscape", "portrait"]), st.sampled_from([0, 20]))
def test_larger_paper_never_takes_a_smaller_scale(places, orientation, members) -> None:
    frames = [sheet(places, paper=p, orientation=orientation, members=members) for p in SMALL_TO_LARGE]
    steps = [frame.denominator for frame in frames]
    assert steps == sorted(steps, reverse=True)
    assert [frame.paper for frame in frames] == list(SMALL_TO_LARGE)


@settings(deadline=None, max_examples=80)
@given(territories(), st.integers(1, 40), st.sampled_from(["landscape", "portrait"]))
def test_a_table_on_the_sheet_costs_at_most_half_of_the_scale(places, members, orientation) -> None:
    alone = sheet(places, orientation=orientation)
    found = sheet(places, orientation=orientation, members=members)
    assert alone.denominator <= found.denominator <= 2 * alone.denominator
    if alone.denominator <= STANDARD[-1]:
        assert found.denominator <= STANDARD[-1]


# -- the regions' outline ------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=120)
@given(territories(2.0), st.floats(0.001, 1.5), st.integers(0, 1))
def test_the_outline_is_shown_if_it_costs_at_most_half_of_the_scale(places, wider, crowded) -> None:
    places = [*places] * (70 if crowded else 1)
    west, south, east, north = shapely.multipoints(places).bounds
    box = shapely.box(west - wider, south - wider, east + wider, north + wider)
    found = sheet(places, [box], orientation="landscape")
    metres = projected(places, found.crs)
    edge = projected(list(box.segmentize((wider + 1) / 50).exterior.coords), found.crs)
    hard, soft = needed(span(metres), found, MARGIN_MM), needed(span(edge), found, OUTLINE_MM)
    assume(clear_of_steps(hard) and all(abs(soft / value - 1) > 1e-3 for value in ALL))
    small, large = step(hard), max(step(hard), step(soft))
    most = 8.0 if hard < FINEST / 2 else 2.0 if len(places) <= 60 else 1.34
    if found.panels:
        (panel,) = found.panels
        assert found.denominator == step(soft)
        assert panel.denominator in STANDARD
        assert all(inside(panel.extent, place) for place in metres)
        assert all(inside(found.extent, corner) for corner in edge)
        return
    assert "table" not in found.reason
    taken = large <= most * small and (large <= STANDARD[-1] or small > STANDARD[-1])
    assert found.denominator == (large if taken else small)
    assert all(inside(found.extent, place) for place in metres)
    margin = OUTLINE_MM * found.denominator / 1000 * (1 - 1e-3)
    assert not taken or all(inside(found.extent, corner, margin) for corner in edge)


# -- asked for -----------------------------------------------------------------------------------------------


def outside_of(error: InvalidInputError, places: Sequence[Place]) -> set[int]:
    """Whom an error names (ten at the most) of :func:`sheet`'s places."""
    named = {int(number) for number in re.findall(r"T(\d+);", str(error.params["names"]))}
    assert error.params["n"] == len(named) or len(named) == 10 < error.params["n"]
    assert all(index < len(places) for index in named)
    return named


@settings(deadline=None, max_examples=120)
@given(
    territories(most=10),
    st.sampled_from([1_000, 7_777, *STANDARD]),
    st.sampled_from(["landscape", "portrait"]),
)
def test_a_fixed_scale_names_exactly_those_outside(places, denominator, orientation) -> None:
    whole = sheet(places, orientation=orientation)
    metres = projected(places, whole.crs)
    xs, ys = zip(*metres, strict=True)
    middle = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    half = (whole.width_mm * denominator / 2000, whole.height_mm * denominator / 2000)
    beyond = {
        i for i, (x, y) in enumerate(metres) if abs(x - middle[0]) > half[0] or abs(y - middle[1]) > half[1]
    }
    assume(all(abs(abs(v - m) - h) > 0.01 for p in metres for v, m, h in zip(p, middle, half, strict=True)))
    asked = {"orientation": orientation, "denominator": denominator}
    listed = sheet(places, beyond="list", **asked)
    assert (listed.denominator, listed.lists_beyond) == (denominator, True)
    if not beyond:
        assert sheet(places, **asked).extent == listed.extent
        return
    with pytest.raises(InvalidInputError) as caught:
        sheet(places, **asked)
    assert outside_of(caught.value, places) == beyond
    # The scale that the error offers holds all, and with room for their signs.
    offered = int(str(caught.value.params["fits"]).removeprefix("1:").replace("\u00a0", ""))
    better = sheet(places, orientation=orientation, denominator=offered)
    assert all(inside(better.extent, p, MARGIN_MM * offered / 1000) for p in metres)
    assert offered == next(value for value in ALL if value >= needed(span(metres), whole, MARGIN_MM))


@settings(deadline=None, max_examples=100)
@given(territories(3.0, most=10), st.floats(-1, 1), st.floats(-1, 1), st.floats(0.05, 3.0))
def test_an_extent_is_kept_whole_and_names_exactly_those_beyond(places, east, north, size) -> None:
    lon, lat = places[0][0] + east, places[0][1] + north
    extent = (lon - size / 2, lat - size / 3, lon + size / 2, lat + size / 3)
    kept = sheet(places, extent=extent, beyond="list", orientation="landscape")
    border = shapely.box(*extent).segmentize(size / 60).exterior.coords
    edge = projected(list(border), kept.crs)
    assert all(inside(kept.extent, place, -0.001 * kept.denominator) for place in edge)
    assert kept.denominator in ALL
    if smaller := [value for value in ALL if value < kept.denominator]:
        assert needed(span(edge), kept, 0.0) > smaller[-1] * (1 - 1e-3)
    metres = projected(places, kept.crs)
    beyond = {i for i, place in enumerate(metres) if not inside(kept.extent, place, 0.01)}
    assume(beyond == {i for i, place in enumerate(metres) if not inside(kept.extent, place, 0.02)})
    if not beyond:
        assert sheet(places, extent=extent, orientation="landscape").extent == kept.extent
        return
    with pytest.raises(InvalidInputError) as caught:
        sheet(places, extent=extent, orientation="landscape")
    assert outside_of(caught.value, places) == beyond
    offered = tuple(map(float, str(caught.value.params["extent"]).split(",")))
    assert all(offered[0] <= x <= offered[2] and offered[1] <= y <= offered[3] for x, y in places)


# -- where and how -------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(st.floats(-40_000, 40_000), st.floats(-40_000, 40_000)), min_size=1, max_size=10),
    st.tuples(st.floats(-80_000, 80_000), st.floats(-900_000, 900_000)),
    st.sampled_from([33, 39, 60]),
)
def test_a_territory_moved_within_its_zone_gets_the_same_sheet(offsets, by, zone) -> None:
    utm = Proj(f"EPSG:326{zone:02}")

    def at(x: float, y: float) -> Frame:
        return sheet([utm(x + dx, y + dy, inverse=True) for dx, dy in offsets])

    here, there = at(500_000.0, 4_500_000.0), at(500_000.0 + by[0], 4_500_000.0 + by[1])
    assume(clear_of_steps(needed(span(offsets), here, MARGIN_MM)))
    assert here.crs == there.crs == f"EPSG:326{zone:02}"
    assert (here.denominator, here.landscape, here.width_mm) == (
        there.denominator, there.landscape, there.width_mm
    )  # fmt: skip
    moved = [edge + by[i % 2] for i, edge in enumerate(here.extent)]
    assert there.extent == pytest.approx(moved, abs=0.01)


@settings(deadline=None, max_examples=40)
@given(territories(most=8), st.randoms(use_true_random=False))
def test_neither_order_nor_company_at_one_address_changes_the_sheet(places, chance) -> None:
    found = sheet(places)
    mixed = [*places, places[0]]
    chance.shuffle(mixed)
    if len(places) > 1:
        assert sheet(mixed) == found


@settings(deadline=None, max_examples=60)
@given(st.floats(-179, 179), st.floats(-79, 83), st.integers(1, 30))
def test_one_place_stands_in_the_middle_of_the_largest_sheet(lon, lat, times) -> None:
    found = sheet([(lon, lat)] * times)
    assert found.denominator == FINEST
    assert found.landscape
    (x, y), *_ = projected([(lon, lat)], found.crs)
    assert (
        (found.extent[0] + found.extent[2]) / 2,
        (found.extent[1] + found.extent[3]) / 2,
    ) == pytest.approx((x, y), abs=0.02)


@pytest.mark.parametrize("length", [0.001, 0.1, 2.0])
def test_a_line_is_shown_along_the_paper(length: float) -> None:
    road = [(49.0, 40.0 + length * i / 9) for i in range(10)]
    standing = sheet(road)
    assert not standing.landscape
    assert sheet([(49.0 + length * i / 9, 40.0) for i in range(10)]).landscape
    (_, tall) = span(projected(road, standing.crs))
    assert standing.denominator == step(1000 * tall / (standing.height_mm - 2 * MARGIN_MM))


def test_nobody_is_a_sheet_of_the_regions_or_of_the_country() -> None:
    for size in (0.5 * 1.004**n for n in range(120)):
        bounds = (49.2, 40.0, 49.2 + size, 40.0 + size / 2)
        found = sheet([], [shapely.box(*bounds)])
        assert sheet([], fallback=bounds).extent == found.extent
        edge = projected(list(shapely.box(*bounds).segmentize(size / 40).exterior.coords), found.crs)
        exact = needed(span(edge), found, OUTLINE_MM)
        assert found.denominator in (step(exact * 0.999), step(exact * 1.001))
        assert found.reason.count("1:") == 1
    assert sheet([]).denominator in STANDARD


@pytest.mark.parametrize(
    "places",
    [
        [(179.6, 65.0), (-179.7, 65.3)],
        [(-120.0, 89.0), (0.0, 89.2), (120.0, 89.4)],
        [(-170.0, -70.0), (170.0, 75.0)],
    ],
)
def test_places_across_the_antimeridian_or_round_a_pole_are_refused_as_such(places: list[Place]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        sheet(places)
    assert caught.value.code == "sheet.too_wide"
    for lang in ("az", "en", "ru"):
        assert "180" in message(caught.value, lang)
    # An extent on one side makes a sheet, with the others listed.
    west, south, east, north = places[0][0] - 0.3, places[0][1] - 0.1, places[0][0] + 0.3, places[0][1] + 0.1
    listed = sheet(places, extent=(west, south, east, north), beyond="list")
    assert inside(listed.extent, projected(places[:1], listed.crs)[0])


def test_what_no_scale_holds_is_refused_with_the_smallest_one() -> None:
    with pytest.raises(InvalidInputError) as caught:
        sheet([(-60.0, -40.0), (60.0, 60.0)])
    assert caught.value.params["widest"] == scale_text(JOINT[-1])


@pytest.mark.parametrize(
    "places",
    [
        [(179.2, 65.0), (179.9, 65.3)],
        [(-179.9, -16.5), (-178.9, -16.1)],
        [(15.0, 82.5), (17.0, 83.0)],
        [(10.0, -82.0), (11.0, -82.2)],
        [(10.0, -3.0), (25.0, 3.0)],
        [(10.0, 0.0), (22.0, 0.0)],
    ],
)
def test_by_the_antimeridian_in_the_arctic_and_about_the_equator_all_is_as_elsewhere(
    places: list[Place],
) -> None:
    found = sheet(places)
    metres = projected(places, found.crs)
    assert found.denominator == step(needed(span(metres), found, MARGIN_MM))
    assert all(inside(found.extent, place, MARGIN_MM * found.denominator / 1000) for place in metres)
