"""The body of ``POST /api/v1/concentration``: read, checked, refused by the name of what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice.errors import CrsError, GeometryError, InvalidInputError, LimitExceededError
from geoservice.model import Boundaries
from geoservice.territory.body import Coordinates
from geoservice.territory.concentration import Member, Options
from geoservice.territory.options import parse_options
from geoservice.territory.regions import Regions, kept, prepare, regions_from_arrays

MAX_VERTICES = 2_000_000
MAX_PARTICIPANTS = 100_000
MAX_REGIONS = 20_000
#: What a body may hold.
MEMBERS = ("participants", "regions", "boundaries", "water", "options")
_POSITION_BYTES = 1000
_FAR_DEGREES = 1.0  # a point farther than this from all regions may have its axes swapped


class ConcentrationRequest(Struct, frozen=True):
    """A request as :func:`geoservice.territory.concentration.check` takes it."""

    members: tuple[Member, ...]
    regions: Regions
    options: Options
    water: NDArray[Any] | None = None


def parse_request(
    body: Any, find_boundaries: Callable[[str], Boundaries] | None = None
) -> ConcentrationRequest:
    """Read the body of a request.

    Args:
        body: the parsed JSON, coordinates as lists or as :func:`geoservice.territory.body.read_body` leaves
            them; they are RFC 7946 (EPSG:4326) unless a collection has a ``crs`` member.
        find_boundaries: gives a boundary set by its code, for ``"boundaries"``.

    Raises:
        InvalidInputError: a member is missing or cannot be used; ``params`` name the feature.
        CrsError: coordinates are no degrees, or latitude and longitude are swapped.
        GeometryError: a geometry is of the wrong kind or cannot be read.
        LimitExceededError: too many features or vertices.
        NotFoundError: no such boundary set or ruleset.
    """
    if not isinstance(body, Mapping):
        raise InvalidInputError("territory.not_object")
    if unknown := [name for name in body if name not in MEMBERS]:
        raise InvalidInputError("territory.member_unknown", name=unknown[0], known=", ".join(MEMBERS))
    options = parse_options(body.get("options") or {})
    if body.get("participants") is None:
        raise InvalidInputError("territory.no_participants")
    members = parse_members(body["participants"])
    given, code = body.get("regions"), body.get("boundaries")
    if given is not None and code is not None:
        raise InvalidInputError("territory.both_boundaries")
    if given is not None:
        regions = parse_regions(given)
    elif isinstance(code, str) and code and find_boundaries is not None:
        regions = prepare(find_boundaries(code))
    else:
        raise InvalidInputError("territory.no_boundaries")
    refuse_swapped(members, regions)
    water = body.get("water")
    return ConcentrationRequest(members, regions, options, None if water is None else parse_water(water))


# -- features ------------------------------------------------------------------------------------------


def _features(collection: Any, where: str, limit: int) -> list[Mapping[str, Any]]:
    features = collection.get("features") if isinstance(collection, Mapping) else None
    if not isinstance(features, list) or collection.get("type") != "FeatureCollection":
        raise InvalidInputError("territory.not_collection", where=where)
    if len(features) > limit:
        raise LimitExceededError("territory.too_many_features", where=where, count=len(features), limit=limit)
    if any(not isinstance(feature, Mapping) for feature in features):
        raise InvalidInputError("territory.not_collection", where=where)
    return features


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _transformer(collection: Mapping[str, Any]) -> Any:
    """A transformer to EPSG:4326 if the collection names another CRS (GeoJSON of 2008), else ``None``."""
    if "crs" not in collection:
        return None
    crs = collection["crs"]
    if crs is None:  # GeoJSON of 2008: no CRS can be assumed
        raise CrsError("territory.crs_missing")
    properties = crs.get("properties") if isinstance(crs, Mapping) else crs
    name = properties.get("name") if isinstance(properties, Mapping) else properties
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    try:
        known = CRS.from_user_input(name)
        if "CRS84" in str(name) or known.to_epsg() == 4326:
            return None
        return Transformer.from_crs(known, "EPSG:4326", always_xy=True)
    except (ProjError, TypeError) as error:
        raise CrsError("territory.crs_unknown", crs=str(name)) from error


def parse_members(collection: Any) -> tuple[Member, ...]:
    """Read a FeatureCollection of points; a null geometry is a member without coordinates.

    Properties: ``name``, ``organisation_type``, ``employees`` (staff, the plant size of some measures).

    Raises:
        InvalidInputError, GeometryError, CrsError, LimitExceededError: naming the feature.
    """
    members = []
    seen: set[str] = set()
    features = _features(collection, "participants", MAX_PARTICIPANTS)
    transformer = _transformer(collection)
    for row, feature in enumerate(features, 1):
        properties = _properties(feature)
        given = feature.get("id", properties.get("id"))
        name = str(properties.get("name") or "")
        ident = str(row) if given is None else str(given)
        if ident in seen:
            raise InvalidInputError("territory.duplicate_id", feature=ident)
        seen.add(ident)
        lon, lat = _point(feature.get("geometry"), name or ident, transformer)
        size = _size(properties.get("employees"), name or ident)
        members.append(
            Member(ident, name, lon, lat, str(properties.get("organisation_type") or ""), size=size)
        )
    return tuple(members)


def _size(value: Any, feature: str) -> float | None:
    if value is None:
        return None
    if not _is_number(value) or value < 0:
        raise InvalidInputError("territory.bad_employees", feature=feature, value=str(value)[:40])
    return float(value)


def _point(geometry: Any, feature: str, transformer: Any) -> tuple[float | None, float | None]:
    if geometry is None:
        return None, None
    kind = geometry.get("type") if isinstance(geometry, Mapping) else type(geometry).__name__
    if kind != "Point":
        raise GeometryError("territory.not_point", feature=feature, kind=str(kind))
    xy = geometry.get("coordinates")
    if isinstance(xy, Coordinates):
        xy = _read_position(xy)
    if not isinstance(xy, list) or len(xy) < 2 or not all(_is_number(v) for v in xy[:2]):
        raise GeometryError("territory.bad_geometry", feature=feature, why=str(xy)[:80])
    lon, lat = float(xy[0]), float(xy[1])
    if transformer is not None:
        lon, lat = transformer.transform(lon, lat)
    _check_degrees(lon, lat, feature)
    return lon, lat


def _read_position(text: Coordinates) -> Any:
    """The list of a point's coordinates; the beginning of the text where it is none."""
    import orjson

    try:
        if len(text) <= _POSITION_BYTES:
            return orjson.loads(bytes(text))
    except orjson.JSONDecodeError:
        pass
    return str(bytes(text.text[:40]), "utf-8", "replace")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _check_degrees(lon: float, lat: float, feature: str) -> None:
    if not (abs(lon) <= 360.0 and abs(lat) <= 90.0):
        swapped = abs(lat) <= 180.0 and abs(lon) <= 90.0
        code = "territory.axes_swapped" if swapped else "territory.crs_not_degrees"
        raise CrsError(code, feature=feature, x=_short(lon), y=_short(lat))


def _short(value: float) -> str:
    return f"{value:.6g}"


def refuse_swapped(members: tuple[Member, ...], regions: Regions) -> None:
    """Refuse points that are far from all regions, but inside one once latitude and longitude are exchanged.

    Raises:
        CrsError: "territory.swapped", naming the first such member.
    """
    import shapely

    placed = [m for m in members if m.longitude is not None and m.latitude is not None]
    if not placed:
        return
    lon = np.array([m.longitude for m in placed], dtype=np.float64)
    lat = np.array([m.latitude for m in placed], dtype=np.float64)
    west, south, east, north = shapely.total_bounds(regions.geometries)
    far = (
        (lon < west - _FAR_DEGREES)
        | (lon > east + _FAR_DEGREES)
        | (lat < south - _FAR_DEGREES)
        | (lat > north + _FAR_DEGREES)
    )
    for row in np.flatnonzero(far):
        if len(regions.tree.query(shapely.Point(lat[row], lon[row]), predicate="intersects")):
            raise CrsError(
                "territory.swapped",
                feature=placed[row].name or placed[row].id,
                x=_short(lon[row]),
                y=_short(lat[row]),
            )


# -- regions -------------------------------------------------------------------------------------------


def parse_regions(collection: Any) -> Regions:
    """Read a FeatureCollection of polygons with ``properties.code``; prepared once for the same content.

    Raises:
        InvalidInputError, GeometryError, CrsError, LimitExceededError: naming the feature.
    """
    import orjson

    features = _features(collection, "regions", MAX_REGIONS)
    transformer = _transformer(collection)
    codes = [_region_code(feature, row) for row, feature in enumerate(features, 1)]
    _count_vertices(features, codes)
    digest = hashlib.sha256(orjson.dumps(collection, default=_digest)).hexdigest()[:16]
    result: Regions = kept(f"request:{digest}", lambda: _make_regions(features, codes, transformer, digest))
    return result


def parse_water(collection: Any) -> NDArray[Any]:
    """Read a FeatureCollection of polygons of water: (n,) valid polygons in EPSG:4326.

    Raises:
        InvalidInputError, GeometryError, CrsError, LimitExceededError: naming the feature by its number.
    """
    features = _features(collection, "water", MAX_REGIONS)
    if not features:
        return np.empty(0, dtype=object)
    named = [{**feature, "properties": {"code": f"water {row}"}} for row, feature in enumerate(features, 1)]
    return parse_regions({**collection, "features": named}).geometries


def _digest(text: Any) -> str:
    return hashlib.sha256(text.text).hexdigest()


def _make_regions(
    features: list[Mapping[str, Any]], codes: list[str], transformer: Any, digest: str
) -> Regions:
    import shapely

    geometries = np.array([None] * len(features), dtype=object)
    for row, feature in enumerate(features):
        geometries[row] = _polygon(feature.get("geometry"), codes[row])
    if transformer is not None:
        geometries = shapely.transform(
            geometries, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
        )
    for row, (west, south, east, north) in enumerate(shapely.bounds(geometries)):
        _check_degrees(west, south, codes[row])
        _check_degrees(east, north, codes[row])
    columns = {
        name: [str(_properties(feature).get(name) or "") for feature in features]
        for name in ("name", "name_az", "name_en", "name_ru", "country", "parent")
    }
    return regions_from_arrays(codes, geometries, columns, digest=f"request:{digest}")


def _region_code(feature: Mapping[str, Any], row: int) -> str:
    code = _properties(feature).get("code", feature.get("id"))
    if code is None or isinstance(code, bool | dict | list) or str(code).strip() == "":
        raise InvalidInputError("territory.no_code", row=row)
    return str(code)


def _polygon(geometry: Any, code: str) -> Any:
    import orjson
    import shapely

    kind = geometry.get("type") if isinstance(geometry, Mapping) else str(geometry)
    if kind not in ("Polygon", "MultiPolygon"):
        raise GeometryError("territory.not_polygon", feature=code, kind=str(kind))
    try:
        given = geometry.get("coordinates")
        if isinstance(given, Coordinates):
            text = b'{"type":"%s","coordinates":%s}' % (kind.encode(), bytes(given))
        else:
            text = orjson.dumps(geometry)
        made = shapely.force_2d(shapely.from_geojson(text))
    except (shapely.GEOSException, ValueError, TypeError) as error:
        raise GeometryError("territory.bad_geometry", feature=code, why=str(error)[:120]) from error
    if shapely.is_empty(made) or not np.isfinite(shapely.get_coordinates(made)).all():
        raise GeometryError("territory.not_polygon", feature=code, kind=f"{kind} EMPTY")
    return made


def _count_vertices(features: list[Mapping[str, Any]], codes: list[str]) -> None:
    count = 0
    for feature, code in zip(features, codes, strict=True):
        geometry = feature.get("geometry")
        coordinates = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
        if isinstance(coordinates, Coordinates):
            count += coordinates.positions
        else:
            count += sum(len(ring) for ring in _rings(coordinates, 0))
        if count > MAX_VERTICES:
            raise LimitExceededError(
                "territory.too_many_vertices", feature=code, count=count, limit=MAX_VERTICES
            )


def _rings(coordinates: Any, depth: int) -> Iterator[list[Any]]:
    """Lists of positions, however deep they are nested."""
    if not isinstance(coordinates, list) or not coordinates or depth > 4:
        return
    first = coordinates[0]
    if isinstance(first, list) and first and not isinstance(first[0], list):
        yield coordinates
        return
    for part in coordinates:
        yield from _rings(part, depth + 1)
