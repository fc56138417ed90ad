"""Vector files in: the register's points, boundary sets, and layers that a user adds to the catalogue."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geoservice.errors import GeometryError, InvalidInputError
from geoservice.register.columns import Column, column_fields, resolve
from geoservice.register.gisfile import Opened, in_degrees, open_layer
from geoservice.register.limits import DEFAULT_LIMITS, Limits
from geoservice.register.report import Problem
from geoservice.register.rows import Record, clean
from geoservice.register.text import cell_text, key, tidy

if TYPE_CHECKING:
    import geopandas as gpd

_CODE_NAMES = (
    "code", "kod", "код", "id", "iso", "iso code", "iso 3166 2", "shapeiso", "adm2 pcode", "adm1 pcode",
    "pcode", "gid", "fid", "objectid", "uid", "oktmo", "soato",
)  # fmt: skip
_NAME_NAMES = {
    "az": (
        "name az",
        "ad az",
        "ad",
        "adi",
        "name aze",
        "rayon",
        "rayon adi",
        "adm2 az",
        "nameaz",
        "name local",
    ),
    "en": ("name en", "name eng", "english", "adm2 en", "nameen", "ad en"),
    "ru": ("name ru", "name rus", "название", "наименование", "adm2 ru", "nameru", "ad ru", "район"),
}
_ANY_NAME = ("name", "title", "shapename", "adm2", "adm1", "nam", "label")
_COUNTRY_NAMES = ("country", "country code", "iso a2", "olke", "страна", "adm0")
_PARENT_NAMES = ("parent", "parent code", "economic region", "iqtisadi rayon", "parentid")
#: Drivers whose columns hold so many bytes of a text and no more: what fills one was probably cut.
LONGEST_TEXTS = {"ESRI Shapefile": 254, "MapInfo File": 254}
_MIN_PART = 1e-12  # square degrees: what a repair leaves as slivers


def read_points(
    name: str,
    data: bytes,
    *,
    mapping: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[tuple[Column, ...], list[Record], tuple[Problem, ...]]:
    """Read organisations from a layer of points; properties are matched as headings of a table are.

    Returns:
        Columns, one record for each feature (``row`` is its ordinal from 1) with longitude and latitude in
        EPSG:4326, and problems of the file as a whole. A feature without a geometry has no coordinates; one
        that is no point, or not on Earth, has an error.

    Raises:
        UnreadableFileError, LimitExceededError, CrsError: see :func:`geoservice.register.gisfile.open_layer`.
    """
    opened = open_layer(name, data, limits, forgiving=True)
    frame = in_degrees(opened.frame)
    headings = [str(c) for c in frame.columns if c != frame.geometry.name]
    columns, problems = resolve(column_fields(headings, mapping), None)
    problems += _other_layers(opened)
    texts = [_column_texts(frame[str(heading)]) for heading in headings]
    longest = LONGEST_TEXTS.get(opened.driver)
    records = []
    for place, geometry in enumerate(frame.geometry.values):
        record = Record(place + 1, {})
        for column in columns:
            value = clean(texts[column.index][place], record.row, column.heading, record.problems)
            if value and column.field:
                record.values.setdefault(column.field, value)
            elif value:
                record.extra[column.heading] = value
            if longest is not None and _fills(value, longest):
                record.problems.append(Problem("text_cut", record.row, column.heading, value[:200], "warning",
                                               {"most": longest}))  # fmt: skip
        _locate(record, geometry)
        records.append(record)
    return columns, records, tuple(problems)


def _other_layers(opened: Opened) -> list[Problem]:
    return [
        Problem("layer_ignored", value=other, severity="note", params={"layer": opened.layer})
        for other in opened.others
    ]


def _column_texts(series: Any) -> list[str]:
    """Values of a property as texts; lists (marks) joined by commas, missing ones empty."""
    import pandas as pd

    texts = []
    for value in series.tolist():
        if isinstance(value, dict):
            texts.append(json.dumps(value, ensure_ascii=False))
        elif isinstance(value, (list, tuple)) or hasattr(value, "tolist"):
            items = value if isinstance(value, (list, tuple)) else value.tolist()
            texts.append(", ".join(map(str, items)) if isinstance(items, (list, tuple)) else cell_text(items))
        elif value is None or (not isinstance(value, str) and pd.isna(value)):
            texts.append("")
        else:
            texts.append(cell_text(value))
    return texts


def _fills(text: str, longest: int) -> bool:
    """Whether a text takes all the bytes of its column, in UTF-8 or with a byte for each letter."""
    return longest - 3 <= len(text.encode()) <= longest or len(text) == longest


def _locate(record: Record, geometry: Any) -> None:
    """Take the point of a feature; a multipoint with one point is a point."""
    if geometry is None or geometry.is_empty:
        return
    if geometry.geom_type == "MultiPoint" and len(geometry.geoms) == 1:
        geometry = geometry.geoms[0]
    if geometry.geom_type != "Point":
        value = record.values.get("name") or record.values.get("full_name", "")
        record.problems.append(Problem("geometry_not_point", record.row, "geometry", value[:200],
                                       params={"kind": geometry.geom_type}))  # fmt: skip
        return
    lon, lat = float(geometry.x), float(geometry.y)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        value = record.values.get("name") or record.values.get("full_name", "")
        record.problems.append(Problem("geometry_unreadable", record.row, "geometry", value[:200]))
        return
    if not (abs(lon) <= 180 and abs(lat) <= 90):
        record.problems.append(
            Problem("coordinate_outside_world", record.row, "geometry", f"{lat:.6g}; {lon:.6g}")
        )
        return
    for name in ("latitude", "longitude", "x", "y", "coordinates", "crs"):
        record.values.pop(name, None)  # the geometry is what the map shows
    record.lon, record.lat = round(lon, 9), round(lat, 9)


def read_layer(
    name: str, data: bytes, *, limits: Limits = DEFAULT_LIMITS, mend: bool = True
) -> gpd.GeoDataFrame:
    """Read any vector layer (points, lines, polygons) that a user adds to the catalogue.

    Returns:
        Its features with a geometry, in EPSG:4326, polygons repaired (unless ``mend`` is false).

    Raises:
        UnreadableFileError, LimitExceededError, CrsError: see :func:`geoservice.register.gisfile.open_layer`.
        GeometryError: not one feature has a geometry.
    """
    import shapely

    frame = open_layer(name, data, limits).frame
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    if frame.empty:
        raise GeometryError("register.error.no_geometry")
    frame = in_degrees(frame).reset_index(drop=True)
    if not mend:
        return frame
    return frame.set_geometry(shapely.make_valid(frame.geometry.values), crs="EPSG:4326")


def read_boundaries(
    name: str,
    data: bytes,
    *,
    code_field: str | None = None,
    name_fields: Mapping[str, str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> tuple[gpd.GeoDataFrame, tuple[Problem, ...]]:
    """Read a boundary set.

    Args:
        name: the file's name as the user knows it.
        data: its content: GeoJSON, GeoPackage, zipped Shapefile, TAB or MIF, with a CRS.
        code_field: property with the regions' codes; found by its name if not given; without one, regions
            are numbered.
        name_fields: language -> property with the names.
        limits: what is accepted at most.

    Returns:
        A GeoDataFrame with the columns of :class:`geoservice.model.Boundaries` (code, name_az, name_en,
        name_ru, country, parent, geometry) of valid (Multi)Polygons in EPSG:4326, and problems by feature
        (``row`` is the ordinal from 1). Invalid polygons are repaired and named with the place of the fault;
        features that are no polygon, empty, or repeat a code are left out with an error.

    Raises:
        UnreadableFileError, LimitExceededError, CrsError: see :func:`geoservice.register.gisfile.open_layer`.
        InvalidInputError: a property that was named does not exist.
        GeometryError: not one usable polygon.
    """
    import geopandas as gpd

    opened = open_layer(name, data, limits)
    frame = in_degrees(opened.frame)
    properties = _properties(frame, code_field, name_fields or {})
    problems = _other_layers(opened)
    if not properties["code"]:
        problems.append(Problem("boundary_no_code", severity="warning"))
    texts = {
        role: _column_texts(frame[source]) if source else [""] * len(frame)
        for role, source in properties.items()
    }
    rows: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for place, geometry in enumerate(frame.geometry.values):
        row = {
            role: clean(values[place], place + 1, properties[role] or "", problems)
            for role, values in texts.items()
        }
        row["code"] = row["code"] or (str(place + 1) if not properties["code"] else "")
        polygon = _polygon(geometry, place + 1, row, problems)
        if polygon is None or not _new_code(row, place + 1, properties["code"] or "", seen, problems):
            continue
        rows.append({**_named(row), "geometry": polygon})
    if not rows:
        raise GeometryError("register.error.no_polygons")
    columns = ["code", "name_az", "name_en", "name_ru", "country", "parent", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs="EPSG:4326"), tuple(problems)


def _properties(frame: Any, code_field: str | None, name_fields: Mapping[str, str]) -> dict[str, str | None]:
    """Role -> property of the file."""
    by_key = {key(str(c)): str(c) for c in frame.columns if c != frame.geometry.name}
    for wanted in filter(None, (code_field, *name_fields.values())):
        if wanted not in frame.columns:
            raise InvalidInputError(
                "register.error.no_property", property=wanted, known=", ".join(by_key.values())
            )

    def first(names: Sequence[str]) -> str | None:
        return next((by_key[n] for n in names if n in by_key), None)

    any_name = first(_ANY_NAME)
    found: dict[str, str | None] = {"code": code_field or first(_CODE_NAMES)}
    for lang, names in _NAME_NAMES.items():
        found[f"name_{lang}"] = name_fields.get(lang) or first(names)
    if not any(found[f"name_{lang}"] for lang in _NAME_NAMES):
        found["name_az"] = any_name
    found["country"], found["parent"] = first(_COUNTRY_NAMES), first(_PARENT_NAMES)
    return found


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """Fill missing names: from another language, else from the code."""
    spare = row["name_az"] or row["name_en"] or row["name_ru"] or row["code"]
    return {**row, **{f"name_{lang}": row[f"name_{lang}"] or spare for lang in _NAME_NAMES}}


def _new_code(
    row: Mapping[str, Any], number: int, column: str, seen: dict[str, int], problems: list[Problem]
) -> bool:
    code = row["code"]
    if not code:
        problems.append(Problem("boundary_code_missing", number, column, row["name_az"]))
    elif code in seen:
        problems.append(Problem("boundary_code_repeated", number, column, code, params={"first": seen[code]}))
    else:
        seen[code] = number
        return True
    return False


def _polygon(geometry: Any, number: int, row: Mapping[str, Any], problems: list[Problem]) -> Any | None:
    """The valid (Multi)Polygon of a feature; faults are repaired and named, other geometries refused."""
    import shapely

    label = tidy(str(row["name_az"] or row["code"]))
    if geometry is None or geometry.is_empty:
        problems.append(Problem("boundary_empty", number, "geometry", label))
        return None
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        problems.append(
            Problem("boundary_not_polygon", number, "geometry", label, params={"kind": geometry.geom_type})
        )
        return None
    if geometry.is_valid:
        return geometry
    reason = shapely.is_valid_reason(geometry)
    mended = _polygon_part(shapely.make_valid(geometry))
    lon, lat = _fault_place(reason, geometry)
    params = {"fault": reason.split("[")[0].strip(), "latitude": lat, "longitude": lon}
    if mended is None:
        problems.append(Problem("boundary_beyond_repair", number, "geometry", label, params=params))
        return None
    problems.append(Problem("boundary_repaired", number, "geometry", label, "warning", params))
    return mended


def _fault_place(reason: str, geometry: Any) -> tuple[float, float]:
    """Longitude and latitude of a fault as GEOS names it, else a point of the geometry."""
    if found := re.search(r"\[(-?[\d.e+-]+) (-?[\d.e+-]+)\]", reason):
        return round(float(found[1]), 6), round(float(found[2]), 6)
    west, south, _, _ = geometry.bounds
    return round(west, 6), round(south, 6)


def _polygon_part(geometry: Any) -> Any | None:
    """The polygons of what make_valid returned; lines and points that it split off are dropped."""
    import shapely

    parts = [
        p
        for p in shapely.get_parts(shapely.get_parts(geometry))
        if p.geom_type == "Polygon" and p.area > _MIN_PART
    ]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)
