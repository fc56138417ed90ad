"""A scale or an extent that is asked for, and what sheets at the edges of the series say."""

from __future__ import annotations

import pytest
import shapely
from usual_table import usual

from geoservice import i18n
from geoservice.catalog import builtin_root
from geoservice.errors import InvalidInputError
from geoservice.i18n import message
from geoservice.scheme.projection import transformer
from geoservice.scheme.scale import SERIES, FrameRequest, fit, scale_text
from geoservice.scheme.scene import Frame
from geoservice.scheme.sheet_metrics import read_metrics, table_room_mm

METRICS = read_metrics(builtin_root() / "styles" / "sheet" / "scheme.toml")
BAKU, MINSK = (49.85, 40.40), (27.56, 53.90)
Places = list[tuple[float, float]]


def sheet(
    points: Places,
    outline: object = None,
    countries: tuple[list[str], list[str]] = ([], []),
    members: int = 0,
    **asked: object,
) -> Frame:
    return fit(
        points, [outline] if outline else [], names=[f"T{n}" for n in range(len(points))], lang="en",
        metrics=METRICS, request=FrameRequest(**asked), countries=countries, table=usual(members),
    )  # fmt: skip


def middle(frame: Frame) -> tuple[float, float]:
    west, south, east, north = frame.extent
    return transformer(frame.crs, inverse=True).transform((west + east) / 2, (south + north) / 2)


# -- the end of the series -----------------------------------------------------------------------------------


def test_two_countries_that_the_smallest_scale_of_the_series_holds_share_a_map() -> None:
    found = [
        sheet([(49.85, 40.4), (49.85 - away / 4, 40.4)], countries=(["A", "B"], [])) for away in range(20, 50)
    ]
    last = [frame for frame in found if frame.denominator == SERIES[-1]]
    assert last
    for frame in last:
        assert not frame.panels
        assert i18n.text("en", "sheet.reason.beyond", scale=scale_text(SERIES[-1])) not in frame.reason
        assert i18n.text("en", "sheet.reason.points", scale=scale_text(SERIES[-1])) in frame.reason


def test_a_projection_that_is_asked_for_makes_one_map_of_two_countries() -> None:
    countries = (["Azerbaijan", "Belarus"], [])
    assert sheet([BAKU, MINSK], countries=countries).panels
    assert not sheet([BAKU, MINSK], countries=countries, crs="EPSG:3857").panels


def test_two_that_no_scale_holds_are_both_named() -> None:
    with pytest.raises(InvalidInputError) as caught:
        sheet([(49.0, 40.0), (-70.0, 10.0)])
    assert caught.value.code == "sheet.too_far"
    assert "T0" in str(caught.value.params["names"]) and "T1" in str(caught.value.params["names"])


# -- a fixed scale -------------------------------------------------------------------------------------------


def test_there_is_no_scale_of_one_to_nothing() -> None:
    for denominator in (0, -1):
        with pytest.raises(InvalidInputError) as caught:
            sheet([BAKU], denominator=denominator)
        assert caught.value.code == "sheet.scale_positive"


def test_a_fixed_scale_shows_the_region_about_its_middle_if_it_fits_and_else_the_organisations() -> None:
    region = shapely.box(49.0, 40.0, 51.0, 41.5)
    lon, lat = middle(sheet([(49.2, 40.1)], region, denominator=1_000_000))
    assert (lon, lat) == pytest.approx((50.0, 40.75), abs=0.02)
    lon, lat = middle(sheet([(49.2, 40.1)], region, denominator=100_000))
    assert (lon, lat) == pytest.approx((49.2, 40.1), abs=0.001)


@pytest.mark.parametrize(
    ("tall_km", "region_km", "table"),
    [(10, 0, True), (10, 17, True), (10, 21, False), (10, 30, True), (20, 0, False)],
)
def test_at_a_fixed_scale_the_table_stands_on_the_sheet_if_nothing_is_lost(
    tall_km: float, region_km: float, table: bool
) -> None:
    """At 1:100 000 a map of A3 is 22.6 cm high, with a table of twelve below it 19.2."""
    half, edge = tall_km / 222, region_km / 222
    points = [(49.85, 40.4 - half), (49.85, 40.4 + half)]
    region = shapely.box(49.8, 40.4 - edge, 49.9, 40.4 + edge) if region_km else None
    found = sheet(points, region, members=12, denominator=100_000, orientation="landscape")
    assert (table_room_mm(METRICS, "A3", True, found.height_mm) > 0) == table


def test_who_asks_for_too_large_a_scale_is_told_the_largest_that_fits() -> None:
    """Larger than one taken unasked: who asks for a scale has a plan to lay under it."""
    with pytest.raises(InvalidInputError) as caught:
        sheet([(49.85, 40.4), (49.855, 40.4)], denominator=500)
    assert caught.value.params["fits"] == scale_text(5_000)
    assert sheet([(49.85, 40.4), (49.855, 40.4)], denominator=5_000).denominator == 5_000
    # With room for the signs at the edge: the scale at which the bare places fit is not enough.
    for step in range(20, 80):
        with pytest.raises(InvalidInputError) as caught:
            sheet([(49.85, 40.4), (49.85 + step / 1000, 40.4)], denominator=500)
        fits = int("".join(filter(str.isdigit, str(caught.value.params["fits"])))[1:])
        found = sheet([(49.85, 40.4), (49.85 + step / 1000, 40.4)], denominator=fits)
        x, _ = transformer(found.crs).transform(49.85, 40.4)
        assert x - found.extent[0] >= 10.9 * fits / 1000


@pytest.mark.parametrize(("count", "more"), [(10, False), (11, True)])
def test_ten_of_those_outside_are_named(count: int, more: bool) -> None:
    far = [(49.85 + n / 50, 40.4) for n in range(count)]
    with pytest.raises(InvalidInputError) as caught:
        sheet(far, extent=(52.0, 39.0, 52.1, 39.1))
    named = str(caught.value.params["names"])
    assert named.count("T") == 10
    assert named.endswith(" …") == more
    assert "T9" in message(caught.value, "en")


# -- a fixed extent ------------------------------------------------------------------------------------------


def test_the_sheet_lies_or_stands_as_its_extent_does() -> None:
    wide, tall = (49.0, 40.2, 51.0, 40.5), (49.7, 39.0, 49.9, 41.5)
    assert sheet([(49.8, 40.4)], extent=wide).landscape
    assert not sheet([(49.8, 40.4)], extent=tall).landscape


def test_an_extent_may_come_with_a_scale() -> None:
    extent = (49.7, 40.3, 49.9, 40.5)
    assert sheet([BAKU], extent=extent).denominator < 200_000
    found = sheet([BAKU], extent=extent, denominator=1_000_000)
    assert found.denominator == 1_000_000
    assert middle(found) == pytest.approx((49.8, 40.4), abs=0.005)


# -- what is said --------------------------------------------------------------------------------------------


def test_what_the_table_costs_is_told_of_the_sheet_as_it_lies() -> None:
    """A turned one may hold more yet: that is no matter of the table."""
    said = i18n.text("en", "sheet.reason.table", scale="|").split("|")[0]
    told = 0
    for width in range(100, 176, 5):
        for height in range(20, 60, 2):
            places = [(49.0, 40.0), (49.0 + width * height / 8000, 40.0 + height / 60)]
            found = sheet(places, members=28)
            if said in found.reason:
                told += 1
                alone = sheet(places, orientation="landscape" if found.landscape else "portrait")
                assert said + scale_text(alone.denominator) in found.reason
    assert told > 10


def test_a_sheet_with_a_plan_says_that_it_shows_the_region() -> None:
    """A plan at twice the scale that the places alone would have is worth the region around it."""
    town = [(46.36 + n % 5 * 0.004, 40.68 + n // 5 * 0.004) for n in range(20)]
    seen = 0
    for size in range(5, 80, 3):
        region = shapely.box(46.35 - size / 100, 40.68 - size / 40, 46.39 + size / 100, 40.70 + size / 40)
        found = sheet(town, region)
        if found.panels:
            seen += 1
            scale = scale_text(found.denominator)
            assert i18n.text("en", "sheet.reason.outline", scale=scale) in found.reason
    assert seen > 3


def test_a_plan_of_half_the_scale_that_the_places_alone_would_have_is_worth_their_region() -> None:
    town = [(46.36 + n % 5 * 0.03, 40.68 + n // 5 * 0.012) for n in range(25)]
    shares = []
    for size in range(30, 120, 10):
        region = shapely.box(46.42 - size / 200, 40.70 - size / 100, 46.42 + size / 200, 40.70 + size / 100)
        alone, found = sheet(town, orientation="landscape"), sheet(town, region, orientation="landscape")
        if found.panels:
            shares.append(found.panels[0].denominator / alone.denominator)
            assert found.denominator > 2 * alone.denominator
    assert 1 < max(shares) <= 2
