"""Underlays: a raster plan under the scheme, placed right, credited, and named when it cannot be drawn."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import sheet_scenes as scenes
from msgspec.structs import replace
from PIL import Image
from rasterio.transform import from_bounds

from geoservice.errors import RenderError
from geoservice.i18n import message
from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.render.sheet_raster import warped_png
from geoservice.scheme.scene import LegendEntry, LegendGroup, SceneLayer, SceneRule
from geoservice.specs import Paint


def plan(path: Path, crs: str | None = "EPSG:4326", box=(49.4, 40.2, 50.0, 40.7)) -> Path:
    """A plan whose western half is red and eastern half blue."""
    pixels = np.zeros((3, 50, 60), dtype=np.uint8)
    pixels[0, :, :30], pixels[2, :, 30:] = 255, 255
    with rasterio.open(
        path, "w", driver="GTiff", width=60, height=50, count=3, dtype="uint8", crs=crs,
        transform=from_bounds(*box, 60, 50),
    ) as target:  # fmt: skip
        target.write(pixels)
    return path


def with_plan(path: Path):
    scene = scenes.demo()
    layer = SceneLayer("plan", "Baş plan", "raster", 15, None, (), opacity=0.6, path=path)
    entry = LegendEntry("raster", "plan/raster", "Baş plan")
    group = LegendGroup("plans", "Planlar", (entry,))
    return replace(scene, layers=(*scene.layers, layer), legend=(*scene.legend, group))


def pixels_of(href: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(href.partition(",")[2]))))


def test_a_plan_is_warped_to_its_place(tmp_path: Path) -> None:
    frame = scenes.demo().frame
    image = pixels_of(warped_png(plan(tmp_path / "plan.tif"), frame.crs, frame.extent, 100.0))
    from geoservice.scheme.projection import transformer

    def pixel(lon: float, lat: float) -> list[int]:
        x, y = transformer(frame.crs).transform(lon, lat)
        column = (x - frame.extent[0]) / (frame.extent[2] - frame.extent[0]) * image.shape[1]
        row = (frame.extent[3] - y) / (frame.extent[3] - frame.extent[1]) * image.shape[0]
        return [int(v) for v in image[int(row), int(column)]]

    assert pixel(49.65, 40.45) == [255, 0, 0, 255]
    assert pixel(49.75, 40.45) == [0, 0, 255, 255]
    assert pixel(50.2, 40.45)[3] == 0


def test_a_plan_lies_under_the_scheme_and_in_the_legend(tmp_path: Path) -> None:
    scene = with_plan(plan(tmp_path / "plan.tif"))
    inputs, _ = prepare(scene, SheetOptions(), scenes.catalog())
    assert "data:image/png" in inputs["base-main"]
    assert 'opacity="0.6"' in inputs["base-main"]
    assert "Baş plan" in inputs["data"]
    assert render_sheet(scene, catalog=scenes.catalog()).startswith(b"%PDF")


@pytest.mark.parametrize("fault", ["no crs", "not a raster", "missing"])
def test_a_plan_that_cannot_be_drawn_is_named(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "plan.tif"
    if fault == "no crs":
        plan(path, crs=None)
    elif fault == "not a raster":
        path.write_text("nothing")
    with pytest.raises(RenderError) as caught:
        prepare(with_plan(path), SheetOptions(), scenes.catalog())
    assert "plan" in message(caught.value, "az").casefold()


def with_vector_plan(geometry):
    """A cadastral layer of one parcel under the scheme."""
    scene = scenes.demo()
    paint = Paint(fill="#00ff00", fill_opacity=0.5, stroke="#006600", stroke_mm=0.2)
    rule = SceneRule("parcel", "Torpaq sahəsi", paint)
    frame = gpd.GeoDataFrame({"name": ["1"], "cls": ["parcel"]}, geometry=[geometry], crs="EPSG:4326")
    layer = SceneLayer("cadastre", "Kadastr planı", "area", 60, frame, (rule,), opacity=0.4)
    entry = LegendEntry("area", "cadastre/parcel", "Torpaq sahəsi", paint=paint)
    group = LegendGroup("plans", "Planlar", (entry,))
    return replace(scene, layers=(*scene.layers, layer), legend=(*scene.legend, group))


def test_a_vector_plan_lies_under_the_scheme_and_in_the_legend() -> None:
    scene = with_vector_plan(shapely.box(49.5, 40.3, 49.9, 40.6))
    inputs, _ = prepare(scene, SheetOptions(), scenes.catalog())
    assert '<g opacity="0.4"><path' in inputs["base-main"]
    assert "#00ff00" in inputs["base-main"]
    assert "Torpaq sahəsi" in inputs["data"]
    assert render_sheet(scene, catalog=scenes.catalog()).startswith(b"%PDF")


def test_a_vector_plan_without_its_legend_entry_is_refused() -> None:
    scene = with_vector_plan(shapely.box(49.5, 40.3, 49.9, 40.6))
    with pytest.raises(RenderError) as caught:
        prepare(replace(scene, legend=scene.legend[:-1]), SheetOptions(), scenes.catalog())
    assert "cadastre/parcel" in message(caught.value, "az")
