"""Scale, extent, paper: all fit, the scale is the largest, the reason is true, errors name who is out."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from usual_table import usual

from geoservice.catalog import builtin_root
from geoservice.errors import CrsError, InvalidInputError
from geoservice.i18n import message
from geoservice.scheme.projection import choose, convergence, scale_error, transformer
from geoservice.scheme.scale import (
    BEYOND,
    POINT_MARGIN_MM,
    SERIES,
    FrameRequest,
    fit,
    frame_bounds,
    scale_text,
)
from geoservice.scheme.sheet_metrics import PAPERS, map_boxes, page_size, read_metrics
from geoservice.scheme.table_texts import TableRow, TableTexts

SHEET = builtin_root() / "styles" / "sheet"
METRICS = read_metrics(Path(SHEET / "scheme.toml"))
BAKU = shapely.box(49.2, 40.0, 50.4, 40.6)
points_of_the_country = st.lists(
    st.tuples(st.floats(45.0, 50.3), st.floats(38.6, 41.8)), min_size=1, max_size=30
)


def frame(points, outlines=(), **kwargs):
    request = FrameRequest(**kwargs)
    names = [f"T{i}" for i in range(len(points))]
    return fit(
        points, outlines, names=names, lang="az", metrics=METRICS, request=request, table=usual(len(points))
    )


@settings(deadline=None, max_examples=80)
@given(points_of_the_country)
def test_everybody_is_on_the_sheet_with_a_margin(points) -> None:
    found = frame(points)
    project = transformer(found.crs)
    margin = POINT_MARGIN_MM * found.denominator / 1000 * 0.999
    for lon, lat in points:
        x, y = project.transform(lon, lat)
        assert found.extent[0] + margin <= x <= found.extent[2] - margin
        assert found.extent[1] + margin <= y <= found.extent[3] - margin


@settings(deadline=None, max_examples=60)
@given(points_of_the_country)
def test_no_larger_scale_of_the_series_would_hold_them_in_the_same_frame(points) -> None:
    found = frame(points)
    assert found.denominator in SERIES + BEYOND
    place = (SERIES + BEYOND).index(found.denominator)
    if place == 0 or (SERIES + BEYOND)[place - 1] < 25_000:
        return
    finer = (SERIES + BEYOND)[place - 1]
    project = transformer(found.crs)
    xs, ys = zip(*(project.transform(*p) for p in points), strict=True)
    room_x = (found.width_mm - 2 * POINT_MARGIN_MM) * finer / 1000
    room_y = (found.height_mm - 2 * POINT_MARGIN_MM) * finer / 1000
    assert max(xs) - min(xs) > room_x - 1e-3 or max(ys) - min(ys) > room_y - 1e-3


@settings(deadline=None, max_examples=40)
@given(points_of_the_country)
def test_the_frame_is_true_to_its_scale(points) -> None:
    found = frame(points)
    assert (found.extent[2] - found.extent[0]) * 1000 / found.width_mm == pytest.approx(found.denominator)
    assert (found.extent[3] - found.extent[1]) * 1000 / found.height_mm == pytest.approx(found.denominator)
    assert scale_error(found.crs, frame_bounds(found, 0)) < 0.002


def test_the_outline_is_taken_in_when_it_costs_little() -> None:
    found = frame([(49.35, 40.1), (50.3, 40.5)], [BAKU])
    box = transformer(found.crs).transform_bounds(*BAKU.bounds)
    assert found.extent[0] <= box[0]
    assert found.extent[2] >= box[2]
    assert "rayonların" in found.reason


def test_a_town_in_a_wide_region_keeps_the_sheet_to_itself() -> None:
    town = [(47.0 + 0.004 * i, 40.5 + 0.003 * (i % 4)) for i in range(12)]
    found = frame(town, [shapely.box(46.0, 39.8, 48.2, 41.2)])
    assert found.denominator <= 50_000
    assert "xırda miqyas" in found.reason


def test_one_organisation_is_shown_with_its_region() -> None:
    found = frame([(49.66, 40.59)], [shapely.box(49.55, 40.52, 49.75, 40.65)])
    assert 25_000 <= found.denominator <= 150_000


def test_country_wide_and_joint_clusters() -> None:
    wide = frame([(45.4, 39.2), (48.9, 38.5), (50.3, 40.4), (46.6, 41.6)])
    assert 1_500_000 <= wide.denominator <= 2_500_000
    assert "Transverse Mercator" in wide.crs_name
    joint = frame([(27.5, 53.9), (49.9, 40.4)])
    assert joint.denominator in BEYOND
    assert joint.reason.startswith(scale_text(joint.denominator))


def test_an_empty_register_shows_the_territory() -> None:
    found = fit([], [], names=[], lang="en", metrics=METRICS, fallback_bounds=(44.7, 38.3, 50.7, 41.9))
    assert found.denominator in SERIES
    assert "no organisation has coordinates" in found.reason


def test_a_table_is_as_tall_as_its_texts_need() -> None:
    def rows(*texts: str, column_mm: float = 90.0) -> float:
        return TableTexts((TableRow(*texts),)).taken(column_mm)[0]

    low = rows("“Zavod” MMC", "Metal emalı", "Bakı")
    assert low == pytest.approx(0.58)
    assert rows("“Zavod” MMC", "Metal emalı", "Bakı", "sərhəddədir") == pytest.approx(1.0)
    assert rows("“Zavod” MMC", "Metal armatur və profillərin yayılması", "Bakı") == pytest.approx(1.0)
    assert rows("Ə" * 300) > 5
    assert rows("Uzun ad " * 30) > rows("Uzun ad " * 30, column_mm=130.0) > 2
    assert rows("Завод металлических изделий") > rows("zavod metalliceskix izdelij")
    assert rows("Uzun ad " * 30, column_mm=5.0) > rows("Uzun ad " * 30) > 0
    assert TableTexts().taken(90.0) == (0, 0, 0)
    assert TableTexts(headings=("Təşkilatlar", "Elmi " * 30)).taken(90.0)[2] > 2


def test_a_fixed_scale_names_who_falls_outside() -> None:
    with pytest.raises(InvalidInputError) as caught:
        frame([(49.2, 40.0), (50.3, 40.6), (49.7, 40.3)], denominator=10_000)
    text = message(caught.value, "az")
    assert "T0" in text
    assert "T1" in text
    assert "1:10\u00a0000" in text
    fits = frame([(49.2, 40.0), (50.3, 40.6)], denominator=500_000)
    assert fits.denominator == 500_000


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_a_territory_too_large_for_any_scale_names_who_stands_far_off(lang: str) -> None:
    near = [(49.0 + i / 10, 40.0 + i / 20) for i in range(5)]
    with pytest.raises(InvalidInputError) as found:
        frame([*near, (-40.0, -49.0), (-70.0, 10.0)])
    assert found.value.code == "sheet.too_far"
    assert found.value.params["names"] == "T5; T6"
    assert "T5; T6" in message(found.value, lang)


def test_a_fixed_extent_is_kept_whole() -> None:
    extent = (49.0, 39.9, 50.6, 40.8)
    found = frame([(49.7, 40.4)], extent=extent)
    west, south, east, north = frame_bounds(found, 0)
    assert west <= extent[0]
    assert south <= extent[1]
    assert east >= extent[2]
    assert north >= extent[3]
    with pytest.raises(InvalidInputError):
        frame([(47.0, 39.5)], extent=extent)
    with pytest.raises(InvalidInputError) as caught:
        frame([(47.0, 39.5), (49.7, 40.4)], extent=extent)
    said = message(caught.value, "en")
    assert "T0" in said
    assert "T1" not in said
    # What the error offers works.
    offered = tuple(map(float, said.rpartition(": ")[2].rstrip(".").split(",")))
    frame([(47.0, 39.5), (49.7, 40.4)], extent=offered)
    with pytest.raises(InvalidInputError):
        frame([(49.7, 40.4)], extent=(50.0, 40.0, 49.0, 41.0))


@pytest.mark.parametrize("paper", sorted(PAPERS))
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_every_paper_holds_the_same_points(paper: str, orientation: str) -> None:
    found = frame([(49.5, 40.2), (50.3, 40.6)], paper=paper, orientation=orientation)
    width, height = page_size(paper, orientation == "landscape")
    assert found.width_mm < width
    assert found.height_mm < height
    assert found.landscape == (orientation == "landscape")


def test_larger_paper_gives_a_larger_scale() -> None:
    steps = [frame([(49.5, 40.2), (50.3, 40.6)], paper=p).denominator for p in ("A4", "A3", "A1", "A0")]
    assert steps == sorted(steps, reverse=True)
    assert steps[0] > steps[-1]


def test_orientation_follows_the_territory() -> None:
    assert frame([(49.0, 40.3), (50.3, 40.35)]).landscape
    assert not frame([(49.0, 38.6), (49.05, 41.8)]).landscape


def test_wrong_requests_are_named() -> None:
    for kwargs in ({"paper": "B5"}, {"orientation": "diagonal"}, {"denominator": -5}):
        with pytest.raises(InvalidInputError):
            frame([(49.7, 40.4)], **kwargs)
    for crs in ("EPSG:4326", "EPSG:99999999", "nonsense"):
        with pytest.raises(CrsError):
            frame([(49.7, 40.4)], crs=crs)


def test_projections() -> None:
    assert choose((49.2, 40.0, 50.4, 40.6)).crs == "EPSG:32639"
    assert choose((45.0, 39.0, 46.0, 39.5)).crs == "EPSG:32638"
    own = choose((44.8, 38.4, 50.5, 41.9))
    assert "tmerc" in own.crs
    assert "λ₀" in own.name
    pulkovo = choose((49.2, 40.0, 50.4, 40.6), "pulkovo")
    assert pulkovo.crs == "EPSG:28409"
    assert pulkovo.name == "Pulkovo 1942 / Gauss-Krüger 9"
    assert choose((49.2, 40.0, 50.4, 40.6), "EPSG:3857").crs == "EPSG:3857"


def test_grid_convergence_has_the_right_sign() -> None:
    # East of the central meridian (51° for zone 39) grid north lies west of true north: positive clockwise.
    assert convergence("EPSG:32639", 49.8, 40.4) < 0 < convergence("EPSG:32639", 52.2, 40.4)
    assert abs(convergence("EPSG:32639", 51.0, 40.4)) < 1e-6


def test_a_table_of_short_texts_leaves_more_to_the_map() -> None:
    short = TableTexts((TableRow("“Zavod” MMC"),) * 30)
    low, usual_height = (map_boxes(METRICS, "A3", "landscape", table)[0] for table in (short, usual(30)))
    assert low.with_table and usual_height.with_table
    assert low.height_mm > usual_height.height_mm + 15


def test_a_long_table_leaves_the_sheet() -> None:
    short = map_boxes(METRICS, "A3", "landscape", usual(24, 10))
    long = map_boxes(METRICS, "A3", "landscape", usual(400, 13))
    assert [box.with_table for box in short] == [True, False]
    assert [box.with_table for box in long] == [False]
