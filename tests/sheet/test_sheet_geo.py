"""The georeference as GDAL reads it: marks laid on the map are measured where they are."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pikepdf
import pytest
import rasterio
import shapely
import sheet_scenes as scenes
from msgspec.structs import replace
from pyproj import CRS, Geod, Transformer
from test_sheet_panels import joint, town

from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_layout import lay_out
from geoservice.render.sheet_text import font_set
from geoservice.scheme.projection import transformer
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import LegendEntry, LegendGroup, SceneLayer, SceneRule
from geoservice.specs import Paint

DPI = 200
SIDE_MM = 3.0
LINE_MM = 0.1  # half of the width of a border on the sheet
MAGENTA = np.array([255.0, 0.0, 255.0])[:, None, None]
#: Scene and options; papers, orientations, templates, standards, and a projection of each kind.
CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "UTM on A3": (scenes.demo, {}),
    "Gauss-Krüger on A2": (lambda: scenes.demo(request=FrameRequest(paper="A2", crs="pulkovo")), {}),
    "own TM, portrait A4": (
        lambda: scenes.scene(
            scenes.country_wide(), request=FrameRequest(paper="A4", orientation="portrait")
        ),
        {"standard": "a-4"},
    ),
    "fixed scale, EPSG code": (
        lambda: scenes.demo(request=FrameRequest(denominator=600_000, crs="EPSG:32638")), {}
    ),
    "map alone": (lambda: scenes.demo("ru", template="map-only"), {"template": "map-only"}),
}  # fmt: skip


def with_marks(scene: Any) -> tuple[Any, dict[tuple[int, int], tuple[float, float]]]:
    """Squares of 3 mm over the frame, in degrees, in a layer of their own; and their centres in metres."""
    frame = scene.frame
    left, bottom, right, top = frame.extent
    half = SIDE_MM / 2 * frame.denominator / 1000
    wide, high = right - left, top - bottom
    centres = {
        (i, j): (left + wide * (0.03 + 0.94 * i / 9), bottom + high * (0.03 + 0.94 * j / 7))
        for i in range(10)
        for j in range(8)
    }  # fmt: skip
    back = transformer(frame.crs, inverse=True)
    squares = [
        shapely.transform(
            shapely.box(x - half, y - half, x + half, y + half),
            lambda c: np.column_stack(back.transform(c[:, 0], c[:, 1])),
        )
        for x, y in centres.values()
    ]
    paint = Paint(fill="#ff00ff", fill_opacity=1.0)
    marks = gpd.GeoDataFrame(
        {"name": [""] * len(squares), "cls": ["mark"] * len(squares)}, geometry=squares, crs="EPSG:4326"
    )
    layer = SceneLayer("marks", "Marks", "area", 99, marks, (SceneRule("mark", "Mark", paint),), opacity=1.0)
    entry = LegendGroup("marks", "Marks", (LegendEntry("area", "marks/mark", "Mark", paint=paint),))
    return replace(scene, layers=(*scene.layers, layer), legend=(*scene.legend, entry)), centres


@pytest.fixture(scope="module", params=list(CASES))
def read_back(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A scene, where its marks are, and the sheet as GDAL sees it."""
    make, options = CASES[request.param]
    scene, centres = with_marks(make())
    folder = tmp_path_factory.mktemp("geo")
    pdf, picture = folder / "a.pdf", folder / "a.tif"
    pdf.write_bytes(render_sheet(scene, options=SheetOptions(**options), catalog=scenes.catalog()))
    environment = {**os.environ, "GDAL_PDF_DPI": str(DPI)}
    subprocess.run(
        ["gdal_translate", "-q", "-b", "1", "-b", "2", "-b", "3", str(pdf), str(picture)],
        check=True, env=environment,
    )  # fmt: skip
    told = subprocess.run(["gdalinfo", "-json", str(pdf)], check=True, capture_output=True, env=environment)
    return scene, centres, picture, json.loads(told.stdout)


def measured(picture: Path, scene: Any, centres: Any) -> dict[tuple[int, int], tuple[float, float]]:
    """Where the marks that nothing covers are by GDAL's georeference: the middle of their pixels, metres."""
    with rasterio.open(picture) as source:
        bands, transform = source.read().astype(float), source.transform
    side = SIDE_MM * DPI / 25.4
    found = {}
    for key, place in centres.items():
        column, row = (round(value - side) for value in ~transform @ place)
        part = bands[:, max(row, 0) : row + round(2 * side), max(column, 0) : column + round(2 * side)]
        # How much of each pixel is the mark's: those at its edges count in part.
        share = 1 - np.abs(part - MAGENTA).max(axis=0) / 255
        rows, columns = (np.flatnonzero((share > 0.9).any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            continue
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        whole = all(side - 2.5 < long < side + 0.5 for long in (bottom - top, right - left))
        if whole and share[top:bottom, left:right].min() > 0.9:
            own = np.zeros_like(share)
            edge = (slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1))
            own[edge] = share[edge]
            ys, xs = np.indices(own.shape) + 0.5
            middle = [(own * at).sum() / own.sum() for at in (xs, ys)]
            found[key] = transform @ (middle[0] + max(column, 0), middle[1] + max(row, 0))
    return found


def test_a_coordinate_measured_on_the_sheet_is_right_to_the_width_of_a_line(read_back: Any) -> None:
    scene, centres, picture, _ = read_back
    found = measured(picture, scene, centres)
    # Signs, names and insets cover some of the marks; the rest lies in every part of the frame.
    assert len(found) >= 25
    assert {(i < 5, j < 4) for i, j in found} == {(a, b) for a in (True, False) for b in (True, False)}
    for key, (x, y) in found.items():
        off_mm = np.hypot(x - centres[key][0], y - centres[key][1]) * 1000 / scene.frame.denominator
        assert off_mm < LINE_MM, key


def test_the_distance_of_marks_is_true_to_the_scale(read_back: Any) -> None:
    """In pixels of the page, without any georeference: 0.2 % of the printed denominator."""
    scene, centres, picture, _ = read_back
    with rasterio.open(picture) as source:
        back = ~source.transform
    found = {key: back @ place for key, place in measured(picture, scene, centres).items()}
    pairs = [(a, b) for a in found for b in found if b[0] - a[0] >= 6 or b[1] - a[1] >= 5]
    assert len(pairs) > 20
    for a, b in pairs:
        paper_mm = np.hypot(found[b][0] - found[a][0], found[b][1] - found[a][1]) * 25.4 / DPI
        ground_m = np.hypot(centres[b][0] - centres[a][0], centres[b][1] - centres[a][1])
        assert ground_m * 1000 / paper_mm == pytest.approx(scene.frame.denominator, rel=0.002)


def test_gdal_reads_the_projection_that_the_sheet_names(read_back: Any) -> None:
    scene, _, _, told = read_back
    read, own = CRS.from_wkt(told["coordinateSystem"]["wkt"]), CRS.from_user_input(scene.frame.crs)
    # The same place has the same coordinates in both: names and authorities may differ.
    middle = [(a + b) / 2 for a, b in zip(scene.frame.extent[:2], scene.frame.extent[2:], strict=True)]
    degrees = Transformer.from_crs(own, own.geodetic_crs, always_xy=True).transform(*middle)
    again = Transformer.from_crs(read.geodetic_crs, read, always_xy=True).transform(*degrees)
    assert again == pytest.approx(middle, abs=0.01)
    assert read.ellipsoid.semi_major_metre == own.ellipsoid.semi_major_metre


def test_the_neatline_is_the_frame(read_back: Any) -> None:
    scene, _, _, told = read_back
    line = shapely.from_wkt(told["metadata"][""]["NEATLINE"])
    tolerance = LINE_MM * scene.frame.denominator / 1000
    assert line.bounds == pytest.approx(scene.frame.extent, abs=tolerance)


def place_by(viewports: Any, at: tuple[float, float]) -> tuple[float, float]:
    """Longitude and latitude (WGS 84) of a place on the page in points, by ISO 32000-2, 12.10."""
    for view in reversed(list(viewports)):  # the last one that holds the place
        left, bottom, right, top = (float(v) for v in view.BBox)
        if left <= at[0] <= right and bottom <= at[1] <= top:
            gpts = [float(v) for v in view.Measure.GPTS]
            crs = CRS.from_wkt(str(view.Measure.GCS.WKT))
            project = Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
            (x0, y0), _, (x1, y1), _ = (project.transform(gpts[i + 1], gpts[i]) for i in range(0, 8, 2))
            x = x0 + (at[0] - left) / (right - left) * (x1 - x0)
            y = y0 + (at[1] - bottom) / (top - bottom) * (y1 - y0)
            return Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    raise AssertionError("no viewport holds the place")


@pytest.mark.parametrize(
    "make",
    [scenes.demo, lambda: scenes.scene(scenes.stress()), joint, town],
    ids=["insets", "insets on insets", "a map for each country", "a plan"],
)
def test_a_coordinate_read_on_any_map_of_the_sheet_is_right(make: Any) -> None:
    scene = make()
    pdf = render_sheet(scene, catalog=scenes.catalog())
    layout = lay_out(scene, scenes.catalog(), font_set(scenes.catalog()))
    assert layout.insets
    with pikepdf.open(io.BytesIO(pdf)) as document:
        page = document.pages[0]
        assert [str(view.Name) for view in page.VP] == [
            "Map", *(f"Map {item.inset.letter}" for item in layout.insets)
        ]  # fmt: skip
        areas = [(b[2] - b[0]) * (b[3] - b[1]) for b in ([float(v) for v in view.BBox] for view in page.VP)]
        assert max(areas) == areas[0], "GDAL takes the largest"
        left, _, _, top = (float(v) for v in page.VP[0].BBox)
        geodesic = Geod(ellps="WGS84")
        for item in (layout.main, *layout.insets):
            letter = item.inset.letter if item.inset else ""
            dx, dy = item.inset.box[:2] if item.inset else (0.0, 0.0)
            for member in scene.placed:
                if layout.inset_of[member.id] != letter:
                    continue
                x, y = member_places(scene, item.frame)[member.id]
                read = place_by(page.VP, (left + (dx + x) * 72 / 25.4, top - (dy + y) * 72 / 25.4))
                _, _, off_m = geodesic.inv(*read, member.longitude, member.latitude)
                assert off_m * 1000 / item.frame.denominator < LINE_MM, (member.name, letter)
