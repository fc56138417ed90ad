"""Layers packed at set-up: the same features, and the source wherever it is not the one that was packed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import shapely

from geoservice import catalog as catalogs
from geoservice.catalog import Catalog, builtin_root
from geoservice.features import Features
from geoservice.geojson import read_plain
from geoservice.packed import pack, read_packed, source_hash

FILES = sorted((builtin_root() / "layers" / "data").glob("*.geojson"))
TWO = """{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"code": "A", "people": 5, "name": "Şəki\\n<b>"},
  "geometry": {"type": "Polygon", "coordinates": [[[49, 40], [50, 40], [50, 41], [49, 40]]]}},
 {"type": "Feature", "properties": {"code": "B", "people": null},
  "geometry": {"type": "Point", "coordinates": [49.123456789012345, 40.1]}}]}"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "own.geojson"
    file.write_text(TWO, "utf-8")
    return file


def packed(source: Path) -> Features | None:
    return read_packed(source, source_hash(source.read_bytes()))


def same(found: Features, expected: Features) -> bool:
    alike = shapely.equals_identical(found.geometry, expected.geometry)
    return bool(alike.all()) and dict(found.columns) == dict(expected.columns)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_built_in_layer_comes_back_to_the_last_bit(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    assert pack(copy)
    found, expected = packed(copy), read_plain(path.read_bytes())
    assert found is not None
    assert expected is not None
    assert same(found, expected)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_set_up_has_packed_the_built_in_layers(path: Path) -> None:
    assert packed(path) is not None


def test_what_was_changed_since_is_read_from_the_source(source: Path) -> None:
    assert packed(source) is None
    assert pack(source)
    assert packed(source) is not None
    source.write_text(TWO.replace('"B"', '"C"'), "utf-8")
    assert packed(source) is None
    assert pack(source)
    found = packed(source)
    assert found is not None
    assert found["code"] == ["A", "C"]


@pytest.mark.parametrize("cut", [0, 10, 150, -1])
def test_what_is_damaged_is_read_from_the_source(source: Path, cut: int) -> None:
    pack(source)
    file = source.with_suffix(".packed")
    file.write_bytes(file.read_bytes()[:cut])
    assert packed(source) is None


def test_what_is_no_plain_file_is_not_packed(source: Path) -> None:
    source.write_text(TWO.replace("[49.123456789012345, 40.1]", "[49.1, 40.1, 12]"), "utf-8")
    assert not pack(source)
    assert not source.with_suffix(".packed").exists()
    done = subprocess.run(
        [sys.executable, "-m", "geoservice.packed", str(source)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert source.name in done.stderr


def test_the_catalogue_takes_what_was_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(content: bytes) -> None:
        raise AssertionError("read from the source")

    monkeypatch.setattr(catalogs, "read_plain", refuse)
    assert len(Catalog().features("countries")) == len(Catalog().boundaries("countries").features)
