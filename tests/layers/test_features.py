"""Layers are read without pandas: the same features as GDAL gives, and a GeoDataFrame for who asks."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoservice.catalog import Catalog, _read_with_gdal, read_features
from geoservice.errors import CatalogError
from geoservice.features import Features
from geoservice.packed import source_hash
from geoservice.specs import LayerSpec

CATALOG = Catalog()
VECTOR = [name for name, spec in CATALOG.layers.items() if spec.kind != "raster"]
SQUARE = {"type": "Polygon", "coordinates": [[[49, 40], [50, 40], [50, 41], [49, 41], [49, 40]]]}


def features() -> Features:
    points = shapely.points([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)])
    return Features(np.asarray(points), {"code": ["a", "b", "c"], "people": [5, None, 7]})


def spec_of(tmp_path, content: dict, name: str = "own.geojson", **more) -> tuple[LayerSpec, bytes, str]:
    file = tmp_path / name
    file.write_text(json.dumps(content), "utf-8")
    values = {"id": "own", "kind": "area", "title": "Own", "data": name, "style": "user-area", "source": "",
              "licence": "", "folder": tmp_path, **more}  # fmt: skip
    content = file.read_bytes()
    return LayerSpec.read(values), content, source_hash(content)


@pytest.mark.parametrize("name", VECTOR)
def test_a_shipped_layer_is_read_as_gdal_reads_it(name):
    found, peer = CATALOG.features(name), Features.of(_read_with_gdal(CATALOG.layers[name]))
    assert shapely.equals_exact(found.geometry, peer.geometry).all()
    assert {column: found[column] for column in peer.columns} == dict(peer.columns)


def test_what_is_out_of_the_ordinary_is_left_to_gdal(tmp_path):
    moved = shapely.transform(shapely.from_geojson(json.dumps(SQUARE)), lambda xy: xy * 111_319.49)
    mercator = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    feature = {
        "type": "Feature",
        "properties": {"code": 7},
        "geometry": json.loads(shapely.to_geojson(moved)),
    }
    given = spec_of(tmp_path, {"type": "FeatureCollection", "crs": mercator, "features": [feature]})
    found = read_features(*given)
    assert found["code"] == ["7"]
    assert found.bounds[0] == pytest.approx(49, abs=0.01)
    assert found.bounds[2] == pytest.approx(50, abs=0.01)


def test_a_feature_may_lack_a_property(tmp_path):
    rows = [{"code": "1", "country": "AZ", "level": 3}, {"code": "2"}]
    content = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": row, "geometry": SQUARE} for row in rows],
    }
    found = read_features(*spec_of(tmp_path, content, country="GE"))
    assert found["country"] == ["AZ", ""]
    assert found["level"] == [3, None]
    assert found["name_ru"] == ["1", "2"]  # a layer without names is named by its key


def test_a_layer_without_its_key_is_refused(tmp_path):
    content = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"kod": "1"}, "geometry": SQUARE}],
    }
    with pytest.raises(CatalogError) as found:
        read_features(*spec_of(tmp_path, content))
    assert found.value.params["where"] == "key"


def test_features_and_frame_say_the_same():
    frame = features().frame
    assert isinstance(frame, gpd.GeoDataFrame)
    assert frame.crs.to_epsg() == 4326
    back = Features.of(frame)
    assert back.columns == features().columns
    assert Features.of(back) is back


def test_rows_and_touching():
    found = features()
    at = found.touching(shapely.box(0.5, 0.5, 2.5, 2.5))
    assert at == [1, 2]
    part = found.rows(at, cls=["x", "y", "z"])
    assert part["code"] == ["b", "c"]
    assert part["cls"] == ["y", "z"]
    assert part.texts("people") == ["", "7"]
    assert part.texts("absent") == ["", ""]


def test_features_travel_to_another_process():
    found = features()
    assert found.frame is not None
    back = pickle.loads(pickle.dumps(found))
    assert back.columns == found.columns
    assert "frame" not in vars(back)


def test_a_sheet_needs_no_data_frames(tmp_path):
    script = (
        "import sys\n"
        "from geoservice.model import LOCAL_OPERATOR as who\n"
        "from geoservice.service import GeoService, demo\n"
        "from geoservice.store.memory import MemoryStore\n"
        "service = GeoService(MemoryStore())\n"
        "demo.load(service)\n"
        "for cluster in service.clusters(who):\n"
        "    service.sheet(who, cluster.code, 'az')\n"
        "heavy = {'pandas', 'geopandas', 'pyogrio', 'scipy', 'matplotlib', 'folium'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
