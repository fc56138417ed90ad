"""The quick reader of GeoJSON: the geometries that shapely reads, or nothing at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely

from geoservice.catalog import builtin_root
from geoservice.geojson import read_plain

FILES = sorted((builtin_root() / "layers" / "data").glob("*.geojson"))
SQUARE = [[0, 0], [1, 0], [1, 1], [0, 0]]


def collection(*geometries: Any, **more: Any) -> bytes:
    features = [{"type": "Feature", "properties": {"code": "A"}, "geometry": each} for each in geometries]
    return orjson.dumps({"type": "FeatureCollection", "features": features, **more})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_built_in_layers_are_read_to_the_last_bit(path: Path) -> None:
    content = path.read_bytes()
    found = read_plain(content)
    assert found is not None
    expected = [
        shapely.from_geojson(orjson.dumps(each["geometry"])) for each in orjson.loads(content)["features"]
    ]
    assert shapely.to_wkb(found.geometry).tolist() == shapely.to_wkb(expected).tolist()


def test_kinds_may_be_mixed() -> None:
    geometries = [
        {"type": "Point", "coordinates": [49.8, 40.4]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE, SQUARE]]},
        {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]},
        {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Point", "coordinates": [1, 2]},
    ]
    found = read_plain(collection(*geometries))
    assert found is not None
    assert [orjson.loads(shapely.to_geojson(each)) for each in found.geometry] == geometries


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "Point", "coordinates": [1, None]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "Polygon", "coordinates": [SQUARE[:3]]},
        {"type": "Polygon", "coordinates": [[*SQUARE[:3], [0, 5]]]},
        {"type": "Polygon", "coordinates": [[0, 1]]},
        {"type": "LineString", "coordinates": [[0, 0]]},
        {"type": "GeometryCollection", "geometries": []},
        {"coordinates": [1, 2]},
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_gdal(geometry: Any) -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    assert read_plain(collection(point, geometry)) is None


def test_another_reference_system_and_nested_properties_are_left_to_gdal() -> None:
    point = {"type": "Point", "coordinates": [1, 2]}
    assert read_plain(collection(point, crs={"type": "name"})) is None
    nested = {"type": "Feature", "properties": {"a": [1]}, "geometry": point}
    assert read_plain(orjson.dumps({"type": "FeatureCollection", "features": [nested]})) is None
    assert read_plain(b"no JSON") is None
    assert read_plain(collection()) is None
