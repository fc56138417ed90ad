"""Districts, economic regions, regions of Belarus, countries and seas: part of derive.py.

All of them are cut from one coverage, Natural Earth's admin-1 units, so that borders of
different layers coincide vertex by vertex: an economic region is the union of its districts,
a country the union of its units, and the sea is what the countries leave of the window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pycountry
import shapely
from derive_io import Admin1, DeriveError, Feature, polygons, table
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

WINDOW = (18.0, 34.0, 60.0, 60.0)
"""West, south, east, north in degrees: both countries of a joint cluster and a sheet round each."""

COUNTRY_OF_UNIT = {"AX": "FI", "XK": "RS"}
"""Prefixes of the source that are no country of ISO 3166-1, and where ISO 3166-2 lists them."""

MIN_OVERLAP = 0.5
"""Least share (intersection over union) at which two sources are said to show the same unit."""

STRAITS = (
    ((29.115, 41.235), (29.128, 41.215)),
    ((26.160, 40.050), (26.190, 40.005)),
    ((36.635, 45.345), (36.668, 45.330)),
)
"""Where the open water between seas is cut: Bosporus, Dardanelles, strait of Kerch."""

SEA_POINTS = {
    "CASPIAN": (51.0, 41.0),
    "BLACK": (34.0, 43.5),
    "AZOV": (36.5, 46.0),
    "MARMARA": (28.2, 40.7),
    "MEDITERRANEAN": (30.0, 35.0),
    "BALTIC": (19.5, 57.0),
}
"""A point of the open water of each sea, to know the parts by."""

GULF_OF_FINLAND = (29.9, 59.95)
"""The window cuts the head of the gulf off the rest of the Baltic."""

MIN_SEA_AREA_DEG2 = 0.01
"""Scraps of water that the window's edge leaves are smaller than this."""


def check_names(units: Sequence[Admin1], named: Sequence[tuple[str, BaseGeometry]]) -> None:
    """Match units with the named, generalised polygons by overlap; raise where names disagree."""
    for unit in units:
        overlap, name = max((_overlap(unit.geometry, geometry), name) for name, geometry in named)
        if overlap < MIN_OVERLAP or name != unit.name:
            raise DeriveError(f"{unit.id} {unit.name}: best match {name!r}, overlap {overlap:.2f}")


def _overlap(one: BaseGeometry, other: BaseGeometry) -> float:
    common: float = one.intersection(other).area
    return common / (one.area + other.area - common)


def districts(units: Sequence[Admin1]) -> list[Feature]:
    """Make the 74 districts and cities of Azerbaijan from the source's 78 polygons."""
    by_id = {unit.id: unit for unit in units if unit.country == "AZ"}
    features = []
    for row in table("az-districts"):
        _check_iso(row["code"])
        parts = [by_id.pop(unit_id).geometry for unit_id in row["source"].split(",")]
        geometry = parts[0] if len(parts) == 1 else shapely.coverage_union_all(parts)
        features.append(Feature(_boundary(row, "district", "AZ", row["parent"]), polygons(geometry)))
    if by_id:
        raise DeriveError(f"polygons of Azerbaijan without a unit: {sorted(by_id)}")
    _check_coverage("az-districts", features)
    return features


def economic_regions(members: Sequence[Feature]) -> list[Feature]:
    """Dissolve the districts into the 14 economic regions."""
    groups: dict[str, list[BaseGeometry]] = defaultdict(list)
    for member in members:
        groups[str(member.properties["parent"])].append(member.geometry)
    features = [
        Feature(
            _boundary(row | {"type": "economic_region"}, "economic_region", "AZ", "AZ"),
            polygons(shapely.coverage_union_all(groups.pop(row["code"]))),
        )
        for row in table("az-economic-regions")
    ]
    if groups:
        raise DeriveError(f"economic regions without a name: {sorted(groups)}")
    _check_coverage("az-economic-regions", features)
    return features


def belarus_regions(units: Sequence[Admin1]) -> list[Feature]:
    """Make the six regions of Belarus and the city of Minsk."""
    by_iso = {unit.iso: unit for unit in units if unit.country == "BY"}
    features = []
    for row in table("by-regions"):
        _check_iso(row["code"])
        geometry = polygons(by_iso.pop(row["code"]).geometry)
        features.append(Feature(_boundary(row, "region", "BY", "BY"), geometry))
    if by_iso:
        raise DeriveError(f"polygons of Belarus without a region: {sorted(by_iso)}")
    _check_coverage("by-regions", features)
    return features


def countries(units: Sequence[Admin1]) -> list[Feature]:
    """Dissolve the units into countries, by ISO 3166-2 where it has them, and clip them to WINDOW."""
    window = shapely.box(*WINDOW)
    groups: dict[str, list[BaseGeometry]] = defaultdict(list)
    for unit in units:
        if unit.geometry.intersects(window):
            listed = unit.iso.partition("-")[0] or unit.country
            groups[COUNTRY_OF_UNIT.get(listed, listed)].append(unit.geometry)
    features = []
    for row in table("countries"):
        whole = shapely.coverage_union_all(groups.pop(row["code"]))
        inside = whole if window.contains(whole) else whole.intersection(window)
        properties = _boundary(row | {"type": "country"}, "country", row["code"], None)
        features.append(Feature(properties, polygons(inside)))
    if groups:
        raise DeriveError(f"countries without a name: {sorted(groups)}")
    _check_coverage("countries", features)
    return features


def country_borders(land: Sequence[Feature]) -> list[Feature]:
    """Take the lines along which two countries meet on land; a coast is no border line on a map."""
    features = []
    shapes = [(f.properties, f.geometry) for f in sorted(land, key=lambda f: str(f.properties["code"]))]
    for place, (one, geometry) in enumerate(shapes):
        for other, its in shapes[place + 1 :]:
            line = shapely.line_merge(_lines(geometry.intersection(its)))
            if line.is_empty:
                continue
            properties: dict[str, object] = {"code": f"{one['code']}-{other['code']}"}
            for name in ("name_az", "name_en", "name_ru"):
                properties[name] = f"{one[name]} – {other[name]}"
            features.append(Feature(properties, line))
    return features


def _lines(geometry: BaseGeometry) -> BaseGeometry:
    kept = [part for part in shapely.get_parts(geometry) if part.geom_type == "LineString"]
    return shapely.MultiLineString(kept)


def seas(land: Sequence[Feature]) -> list[Feature]:
    """Take the seas as what the countries leave of WINDOW, cut at STRAITS."""
    water = shapely.box(*WINDOW).difference(shapely.union_all([f.geometry for f in land]))
    parts = [p for p in shapely.get_parts(water) if p.area > MIN_SEA_AREA_DEG2]
    for strait in STRAITS:
        parts = [piece for part in parts for piece in _cut(part, strait)]
    features = []
    for row in table("seas"):
        points = [SEA_POINTS[row["code"]]]
        if row["code"] == "BALTIC":
            points.append(GULF_OF_FINLAND)
        own = [p for p in parts if any(p.contains(shapely.Point(xy)) for xy in points)]
        if len(own) != len(points):
            raise DeriveError(f"{row['code']}: {len(own)} parts of water instead of {len(points)}")
        parts = [p for p in parts if p not in own]
        geometry = polygons(own[0] if len(own) == 1 else shapely.MultiPolygon(own))
        features.append(Feature(dict(row), geometry))
    if parts:
        raise DeriveError(f"water without a name at {[p.bounds for p in parts]}")
    return features


def _cut(part: BaseGeometry, strait: Sequence[tuple[float, float]]) -> list[BaseGeometry]:
    """Cut water between the shore vertices nearest to a strait's two ends (degrees)."""
    if not part.intersects(shapely.LineString(strait)):
        return [part]
    shore = shapely.get_coordinates(part)
    ends = [shore[((shore - end) ** 2).sum(axis=1).argmin()] for end in strait]
    return list(split(part, shapely.LineString(ends)).geoms)


def _boundary(row: dict[str, str], level: str, country: str, parent: str | None) -> dict[str, object]:
    properties: dict[str, object] = {key: row[key] for key in ("code", "name_az", "name_en", "name_ru")}
    properties |= {"level": level, "type": row["type"], "country": country}
    return properties if parent is None else properties | {"parent": parent}


def _check_iso(code: str) -> None:
    if pycountry.subdivisions.get(code=code) is None:
        raise DeriveError(f"{code} is no code of ISO 3166-2")


def _check_coverage(name: str, features: Sequence[Feature]) -> None:
    if not shapely.coverage_is_valid([f.geometry for f in features]):
        raise DeriveError(f"{name}: the polygons overlap or leave gaps along their edges")
