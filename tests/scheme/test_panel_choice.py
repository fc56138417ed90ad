"""When a plan is drawn, how a sheet is shared out, and which projection is taken: number by number."""

from __future__ import annotations

import math

import pytest
from pyproj import Proj

from geoservice.errors import CrsError
from geoservice.scheme.panels import slots, visible_extent, with_plan
from geoservice.scheme.projection import choose, convergence
from geoservice.scheme.scene import Frame, Panel
from geoservice.scheme.sheet_metrics import MapBox

WIDTH, HEIGHT, DENOMINATOR = 296.0, 226.0, 500_000
METRES = DENOMINATOR / 1000
SERIES = [10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 300_000, 400_000, 500_000]
HAIR = 1e-4


def frame() -> Frame:
    extent = (0.0, 0.0, WIDTH * METRES, HEIGHT * METRES)
    return Frame("EPSG:32639", "", DENOMINATOR, WIDTH, HEIGHT, extent, "")


def planned(
    count: int,
    span_mm: tuple[float, float],
    outline_mm: tuple[float, float] = (40.0, 200.0),
    finest: int = 10_000,
) -> tuple[Frame, Panel | None]:
    """The frame of so many places that take so much of the main map, in a region that takes so much of it."""
    places = [
        (1000 + span_mm[0] * METRES * n / (count - 1), 1000 + span_mm[1] * METRES * n / (count - 1))
        for n in range(count)
    ]
    outline = (0.0, 0.0, outline_mm[0] * METRES, outline_mm[1] * METRES)
    series = [step for step in (5_000, *SERIES) if step >= finest]
    found = with_plan(frame(), places, outline, series, "en")
    return found, found.panels[0] if found.panels else None


@pytest.mark.parametrize(("count", "drawn"), [(2, False), (3, True)])
def test_two_organisations_need_no_plan(count: int, drawn: bool) -> None:
    assert (planned(count, (3.0, 3.0))[1] is not None) == drawn


@pytest.mark.parametrize(("share", "drawn"), [(0.3 - HAIR, True), (0.3 + HAIR, False)])
def test_a_plan_is_for_what_takes_less_than_three_tenths_of_the_map(share: float, drawn: bool) -> None:
    assert (planned(3, (0.0, share * HEIGHT))[1] is not None) == drawn


@pytest.mark.parametrize(("room", "drawn"), [(200 - HAIR, True), (200 + HAIR, False)])
def test_a_plan_is_for_places_with_less_than_two_square_centimetres_each(room: float, drawn: bool) -> None:
    """A sign with number and name takes about that; the places' own box is grown by half a sign."""
    assert (planned(10, (20.0, 10 * room / 28 - 6))[1] is not None) == drawn


@pytest.mark.parametrize(("share", "drawn"), [(0.36 + HAIR, True), (0.36 - HAIR, False)])
@pytest.mark.parametrize("beside", [True, False])
def test_a_plan_has_at_least_36_hundredths_of_the_map_beside_its_region(
    share: float, drawn: bool, beside: bool
) -> None:
    gaps = 12.0  # clear paper: about the region, and about the plan's content
    size = (
        (WIDTH - gaps - share * WIDTH, HEIGHT - 10)
        if beside
        else (WIDTH - 10, HEIGHT - gaps - share * HEIGHT)
    )
    found, plan = planned(5, (4.0, 4.0), size)
    assert (plan is not None) == drawn
    if plan is None:
        return
    taken = plan.box[2] - plan.box[0] if beside else plan.box[3] - plan.box[1]
    assert taken == pytest.approx(share * (WIDTH if beside else HEIGHT))
    west, south, east, north = visible_extent(found)
    shown = (WIDTH - taken, HEIGHT) if beside else (WIDTH, HEIGHT - taken)
    assert ((east - west) / METRES, (north - south) / METRES) == pytest.approx(shown)
    whole = found.extent
    assert (west, north) == pytest.approx((whole[0], whole[3])), (
        "the plan stands to the right of it, or below"
    )
    region = (size[0] * METRES / 2, size[1] * METRES / 2)
    assert ((west + east) / 2, (south + north) / 2) == pytest.approx(region, abs=0.01)


def test_a_plan_takes_six_tenths_at_the_most() -> None:
    _, plan = planned(5, (4.0, 4.0), (10.0, 10.0))
    assert plan is not None and plan.box == pytest.approx((0.4 * WIDTH, 0, WIDTH, HEIGHT))


@pytest.mark.parametrize("share", [1 - HAIR, 1 + HAIR])
@pytest.mark.parametrize("across", [True, False])
def test_a_plans_scale_leaves_its_margins(share: float, across: bool) -> None:
    """17 mm at the sides for names, 12 mm above and below, and the strip of the title."""
    fifth = (0.6 * WIDTH - 34.0) / 5 if across else (HEIGHT - 4.4 - 24.0) / 5
    _, plan = planned(10, (fifth * share, 0.0) if across else (0.0, fifth * share))
    assert plan is not None
    assert plan.denominator == (100_000 if share < 1 else 150_000)


@pytest.mark.parametrize(("share", "drawn"), [(1 - HAIR, True), (1 + HAIR, False)])
def test_a_plan_enlarges_nearly_twice_at_least(share: float, drawn: bool) -> None:
    """1:250 000 of 1:500 000 is worth a plan, 1:300 000 is not."""
    half = (0.6 * WIDTH - 34.0) / 2
    _, plan = planned(10, (half * share, 0.0))
    assert (plan.denominator if plan else None) == (250_000 if drawn else None)


def test_a_plan_is_no_larger_than_its_base_map_bears() -> None:
    _, plan = planned(10, (0.5, 0.5), finest=5_000)
    assert plan is not None and plan.denominator == 10_000


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("width", "height"), [(300.0, 200.0), (200.0, 200.0), (200.0, 300.0)])
def test_panels_of_countries_share_46_hundredths_of_the_map(width: float, height: float, first: bool) -> None:
    shared = slots(MapBox(width, height, "A3", True, False), 2, first)
    lying = width >= height
    taken = 0.46 * (width if lying else height)
    for number, box in enumerate(shared.panels):
        along, across = (
            ((box[0], box[2]), (box[1], box[3])) if lying else ((box[1], box[3]), (box[0], box[2]))
        )
        end = width if lying else height
        side = height if lying else width
        assert along == pytest.approx((0, taken) if first else (end - taken, end))
        assert across == pytest.approx((number * side / 2, (number + 1) * side / 2))
    areas = [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (shared.main, *shared.panels)]
    assert sum(areas) == pytest.approx(width * height), "nothing is left over and nothing taken twice"


# -- projections ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("west", "south", "east", "north", "utm"),
    [
        # A frame reaches three quarters of its territory further: 2.5 times half its width, to 4.6 degrees.
        (51 - 1.83, 40.0, 51 + 1.83, 40.0, True),
        (51 - 1.85, 40.0, 51 + 1.85, 40.0, False),
        # 1.6 degrees of longitude are as long there as a degree of latitude on a lying sheet.
        (51.0, 40 - 1.91, 51.0, 40 + 1.91, True),
        (51.0, 40 - 1.93, 51.0, 40 + 1.93, False),
        # At a zone's edge little is left: three degrees of the 4.6.
        (53.0, 40.0, 53.9, 40.0, True),
        (52.9, 40.0, 53.99, 40.0, True),
        (51.7, 40.0, 53.9, 40.0, True),
        (51.5, 40.0, 53.9, 40.0, False),
    ],
)
def test_a_zone_is_used_as_far_as_it_is_true(
    west: float, south: float, east: float, north: float, utm: bool
) -> None:
    assert choose((west, south, east, north)).crs.startswith("EPSG:32639" if utm else "+proj=tmerc")


def test_wide_territories_get_a_cone_and_those_about_the_equator_a_cylinder() -> None:
    assert "tmerc" in choose((44.0, 38.0, 53.0, 42.0)).crs
    cone = choose((44.0, 30.0, 53.1, 60.0))
    assert "+proj=lcc" in cone.crs
    assert "+lat_1=35 +lat_2=55" in cone.crs, "a sixth of the way from either end"
    assert "+proj=merc" in choose((10.0, -3.0, 25.0, 3.0)).crs


def test_an_own_meridian_is_a_half_degree_and_a_little_short_there() -> None:
    for middle, meridian in ((47.6, 47.5), (47.8, 48.0)):
        found = choose((middle - 3, 38.5, middle + 3, 41.5))
        assert f"+lon_0={meridian:g} " in found.crs and f"{meridian:g}°" in found.name
        factor = Proj(found.crs).get_factors(meridian, 40.0).meridional_scale
        assert factor == pytest.approx(0.9997, abs=1e-7)


def test_south_of_the_equator_zones_are_southern() -> None:
    assert choose((51.0, -1.0, 51.5, 1.0)).crs == "EPSG:32639"
    assert choose((51.0, -1.1, 51.5, 1.0)).crs == "EPSG:32739"


def test_zones_and_units_that_cannot_be_had_are_refused() -> None:
    assert choose((6.1, 50.0, 6.2, 50.1), "pulkovo").crs == "EPSG:28402"
    with pytest.raises(CrsError):
        choose((5.8, 50.0, 5.9, 50.1), "pulkovo")
    with pytest.raises(CrsError):
        choose((-74.1, 40.6, -73.9, 40.8), "EPSG:2263")  # feet


@pytest.mark.parametrize("off", [-2.4, -1.2, 1.2, 2.4])
def test_grid_convergence_is_that_of_the_meridians(off: float) -> None:
    """To the first order the longitude off the central meridian times the sine of the latitude."""
    expected = math.degrees(math.atan(math.tan(math.radians(off)) * math.sin(math.radians(40.4))))
    assert convergence("EPSG:32639", 51 + off, 40.4) == pytest.approx(expected, abs=1e-3)
