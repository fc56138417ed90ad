"""GIS files opened without trusting them: GeoJSON, GeoPackage, zipped Shapefile, MapInfo TAB and MIF.

Files come as bytes. They are written under names of our own into a temporary folder that is removed at once;
no name, path or address from the user reaches GDAL, and only the drivers listed here may answer.
"""

from __future__ import annotations

import json
import math
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice.errors import CrsError, LimitExceededError, UnreadableFileError
from geoservice.register import encoding
from geoservice.register.kml import to_geojson
from geoservice.register.limits import DEFAULT_LIMITS, Limits, check_size, unpack
from geoservice.register.sniff import Kind, sniff

if TYPE_CHECKING:
    import geopandas as gpd

SUPPORTED = "GeoJSON, GeoPackage, KML/KMZ, Shapefile (ZIP), MapInfo TAB/MIF (ZIP)"
_MAPINFO = "MapInfo File"
_DRIVERS = {Kind.GEOJSON: "GeoJSON", Kind.KML: "GeoJSON", Kind.GEOPACKAGE: "GPKG"}
#: Leading file -> driver and the parts that belong to it.
_DATASETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    ".shp": ("ESRI Shapefile", (".shp", ".shx", ".dbf", ".prj", ".cpg")),
    ".tab": (_MAPINFO, (".tab", ".dat", ".map", ".id", ".ind")),
    ".mif": (_MAPINFO, (".mif", ".mid")),
}
_NEEDED = {".shp": (".dbf",), ".tab": (".dat", ".map", ".id"), ".mif": ()}
#: A TAB file may point to other files by path (views, seamless and linked tables): only plain ones are read.
_PLAIN_TAB = re.compile(rb"^\s*Type\s+NATIVE\b", re.IGNORECASE | re.MULTILINE)
_GEOJSON_TYPES = frozenset({"FeatureCollection", "Feature",
                            "Point", "MultiPoint", "LineString", "MultiLineString",
                            "Polygon", "MultiPolygon", "GeometryCollection"})  # fmt: skip
_GEOMETRIES = frozenset(name.lower() for name in _GEOJSON_TYPES) - {"feature", "featurecollection"}
_SINGLE = (".geojson", ".json", ".gpkg", ".kml")
#: What a KMZ shows is in this file; others beside it are linked from there.
_KMZ_MAIN = "doc.kml"
#: Enough of a MIF for its column names, which stand before the geometries.
_SAMPLE_BYTES = 64 * 1024


class Opened(Struct, frozen=True):
    """A layer read whole: a GeoDataFrame in its own CRS, and the names of layers that were not read."""

    frame: gpd.GeoDataFrame
    driver: str
    layer: str
    others: tuple[str, ...] = ()


def open_layer(
    name: str,
    data: bytes,
    limits: Limits = DEFAULT_LIMITS,
    *,
    layer: str | None = None,
    forgiving: bool = False,
) -> Opened:
    """Read a layer of a GIS file.

    Args:
        name: the file's name as the user knows it; tells kinds of text apart, never opened.
        data: its content.
        limits: what is accepted at most.
        layer: of a GeoPackage with several; without it the first one with geometries.
        forgiving: keep features beyond all degrees, unless most are: the caller names them one by one.

    Returns:
        A GeoDataFrame with the CRS that the file states.

    Raises:
        UnreadableFileError: it is none of the formats, damaged, or holds no layer.
        LimitExceededError: it is too large.
        CrsError: no CRS is stated (code ``register.error.crs_missing``), or GeoJSON that is not in degrees.
    """
    check_size(data, limits)
    kind = sniff(name, data)
    with tempfile.TemporaryDirectory(prefix="geoservice-") as folder:
        if kind == Kind.ZIP:
            path, driver, codepage = _lay_out(unpack(data, limits), Path(folder))
        elif kind in _DRIVERS:
            path, driver, codepage = _write_single(kind, data, Path(folder)), _DRIVERS[kind], None
        else:
            raise UnreadableFileError("register.error.unsupported", supported=SUPPORTED)
        opened = _read_decoded(path, driver, codepage, layer, limits)
        if forgiving and driver == _DRIVERS[Kind.GEOPACKAGE]:
            _name_damaged(path, opened)
    _check_crs(opened, forgiving)
    return opened


def _write_single(kind: Kind, data: bytes, folder: Path) -> Path:
    if kind == Kind.GEOPACKAGE:
        path = folder / "data.gpkg"
        path.write_bytes(data)
        return path
    text = encoding.decode(to_geojson(data) if kind == Kind.KML else data).text
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableFileError("register.error.json", row=line, why=str(error)[:200]) from error
    if not isinstance(document, dict) or document.get("type") not in _GEOJSON_TYPES:
        raise UnreadableFileError("register.error.not_geojson")
    if mend_features(document):
        text = json.dumps(document, ensure_ascii=False)
    path = folder / "data.geojson"
    path.write_text(text, "utf-8")
    return path


#: A point that GDAL neither drops as empty nor takes for one on Earth.
_NOWHERE = [math.nan, 0.0]
#: No coordinate of any projection is larger (metres).
_MOST = 1e12


def mend_features(document: dict[str, Any]) -> bool:
    """Mend what makes GDAL pass over a feature, or refuse the whole file for one; tell whether anything was.

    Points whose coordinates are texts, ``["49.66", "40.58"]``, become numbers: the organisation would lose
    its place without a word. What is nothing of the kind becomes a point that is nowhere, and what is no
    feature an empty one: both are then named as such, by their row.
    """
    given = document.get("features")
    features: list[Any] = given if isinstance(given, list) else []
    mended = False
    for row, feature in enumerate(features):
        if not isinstance(feature, dict):
            features[row], mended = {"type": "Feature", "properties": {}, "geometry": None}, True
            continue
        if feature.get("type") != "Feature":
            feature["type"], mended = "Feature", True
        geometry: Any = feature.get("geometry")
        if geometry is not None and (_kind(geometry) not in _GEOMETRIES or _is_broken(geometry)):
            feature["geometry"], mended = {"type": "Point", "coordinates": _NOWHERE}, True
        elif _kind(geometry) == "point" and not _is_place(geometry.get("coordinates")):
            geometry["coordinates"], mended = _numbers(geometry.get("coordinates")), True
    return mended


def _kind(geometry: Any) -> str:
    return str(geometry.get("type")).lower() if isinstance(geometry, dict) else ""


def _is_place(given: Any) -> bool:
    """Whether it begins with two numbers that fit a coordinate."""
    pair = given[:2] if isinstance(given, list) else []
    return len(pair) == 2 and all(type(n) in (int, float) and abs(n) <= _MOST for n in pair)


#: How deep the positions of a geometry lie in its lists (RFC 7946, 3.1).
_DEPTHS = {"multipoint": 1, "linestring": 1, "multilinestring": 2, "polygon": 2, "multipolygon": 3}


def _is_broken(geometry: dict[str, Any]) -> bool:
    """Whether a geometry of a known type but a point has coordinates that GDAL would drop in silence."""
    kind = _kind(geometry)
    if kind == "geometrycollection":
        parts = geometry.get("geometries")
        return not isinstance(parts, list) or any(
            _kind(part) not in _GEOMETRIES or _is_broken(part) for part in parts
        )
    if kind == "point":
        return False
    return not _are_places(geometry.get("coordinates"), _DEPTHS[kind])


def _are_places(given: Any, depth: int) -> bool:
    """Whether lists of this depth hold places and nothing else; empty ones hold none, which is no error."""
    if not isinstance(given, list):
        return False
    if depth == 1:
        return all(map(_is_place, given))
    return all(_are_places(part, depth - 1) for part in given)


def _numbers(given: Any) -> list[float]:
    if not isinstance(given, list):
        return _NOWHERE
    try:
        pair = [float(str(number).replace(",", ".")) for number in given[:2]]
    except ValueError:
        return _NOWHERE
    return pair if _is_place(pair) else _NOWHERE


def _lay_out(members: Mapping[str, bytes], folder: Path) -> tuple[Path, str, str | None]:
    """Write the parts of the one dataset of an archive under our own names."""
    groups: dict[str, dict[str, bytes]] = {}
    for name, content in members.items():
        path = PurePosixPath(name.replace("\\", "/"))
        if "__MACOSX" in path.parts or path.name.startswith("."):
            continue
        groups.setdefault(str(path.with_suffix("")).lower(), {})[path.suffix.lower()] = content
    found = [(stem, lead) for stem, parts in groups.items() for lead in _DATASETS if lead in parts]
    singles = [
        n
        for n in members
        if n.lower().endswith((".geojson", ".json", ".gpkg", ".kml")) and "__MACOSX" not in n
    ]
    if _KMZ_MAIN in members:
        singles = [_KMZ_MAIN]
    if not found and len(singles) == 1:
        kind = sniff(singles[0], members[singles[0]])
        if kind in _DRIVERS:
            return _write_single(kind, members[singles[0]], folder), _DRIVERS[kind], None
    if not found:
        raise UnreadableFileError("register.error.archive_no_dataset", members=", ".join(list(members)[:10]))
    if len(found) > 1:
        names = ", ".join(stem + lead for stem, lead in found[:10])
        raise UnreadableFileError("register.error.archive_datasets", members=names)
    stem, lead = found[0]
    return _write_parts(groups[stem], stem, lead, folder)


def _write_parts(
    parts: Mapping[str, bytes], stem: str, lead: str, folder: Path
) -> tuple[Path, str, str | None]:
    driver, wanted = _DATASETS[lead]
    if absent := [suffix for suffix in _NEEDED[lead] if suffix not in parts]:
        raise UnreadableFileError(
            "register.error.archive_parts", dataset=stem + lead, missing=", ".join(absent)
        )
    if lead == ".tab" and not _PLAIN_TAB.search(parts[lead][:8192]):
        raise UnreadableFileError("register.error.tab_kind", dataset=stem + lead)
    if lead == ".shp" and ".prj" not in parts:
        raise CrsError("register.error.crs_missing_prj", dataset=stem + lead)
    for suffix in wanted:
        if suffix in parts:
            (folder / f"data{suffix}").write_bytes(parts[suffix])
    codepage = None
    if lead == ".shp" and ".cpg" not in parts and not parts[".dbf"][29:30].strip(b"\x00"):
        codepage = _text_encoding(_dbf_records(parts[".dbf"]))
    elif lead == ".tab":
        codepage = _text_encoding(parts[lead] + _dbf_records(parts[".dat"]))
    elif lead == ".mif":
        codepage = _text_encoding(parts[lead][:_SAMPLE_BYTES] + parts.get(".mid", b""))
    return folder / f"data{lead}", driver, codepage


def _dbf_records(dbf: bytes) -> bytes:
    """The records of a DBF (or a MapInfo .dat, which is one) without the header."""
    return dbf[int.from_bytes(dbf[8:10], "little") :]


def _text_encoding(text: bytes) -> str | None:
    """The encoding of texts whose file names none, by their letters; ``None`` for GDAL's own choice."""
    text = text.replace(b"\x00", b" ")
    if text.isascii():
        return None
    try:
        return encoding.find_encoding(text)
    except UnreadableFileError:
        return None


def _name_damaged(path: Path, opened: Opened) -> None:
    """Put a point that is nowhere in place of each geometry of a GeoPackage that GDAL could not read."""
    import shapely

    from geoservice.register.geopackage import damaged

    missing = opened.frame.geometry.isna().to_numpy()
    if missing.any():
        with _gdal_errors():
            broken = damaged(path, opened.layer, opened.frame.index[missing].tolist())
        places = [i for i, fid in enumerate(opened.frame.index) if missing[i] and fid in broken]
        opened.frame.geometry.values[places] = shapely.Point(_NOWHERE)


@contextmanager
def _gdal_errors() -> Iterator[None]:
    """Turn the errors of pyogrio and of damaged geometries into one of ours."""
    import pyogrio.errors
    import pyproj.exceptions
    import shapely.errors

    try:
        yield
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        shapely.errors.ShapelyError,
        UnicodeDecodeError,
        ValueError,
        pyproj.exceptions.ProjError,
        UnboundLocalError,  # so pyogrio stumbles over a CRS that GDAL cannot write down
    ) as error:
        why = re.sub(r"\S*geoservice-\S*", "…", str(error))[:200]
        raise UnreadableFileError("register.error.gis_damaged", why=why) from error


def _read_decoded(path: Path, driver: str, codepage: str | None, layer: str | None, limits: Limits) -> Opened:
    """Read in the encoding that GDAL makes out; a MapInfo file that names none, in the one of its letters."""
    try:
        return _read(path, driver, None if driver == _MAPINFO else codepage, layer, limits)
    except UnreadableFileError as error:
        if driver != _MAPINFO or codepage is None or not isinstance(error.__cause__, UnicodeDecodeError):
            raise
    return _read(path, driver, codepage, layer, limits)


def _read(path: Path, driver: str, codepage: str | None, layer: str | None, limits: Limits) -> Opened:
    import geopandas as gpd
    import pyogrio

    with _gdal_errors():
        layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
        # GDAL tells no kind of a MapInfo table on whose map nothing stands: its rows have no coordinates.
        with_geometry = [name for name, kind in layers if kind or driver == _MAPINFO]
        if not with_geometry:
            raise UnreadableFileError("register.error.gis_no_layer")
        if layer is not None and layer not in with_geometry:
            raise UnreadableFileError("register.error.gis_layer", layer=layer, known=", ".join(with_geometry))
        chosen = layer or with_geometry[0]
        info = pyogrio.read_info(path, layer=chosen, encoding=codepage)
        if info["driver"] != driver:
            raise UnreadableFileError("register.error.unsupported", supported=SUPPORTED)
        if info["features"] > limits.features:
            raise LimitExceededError(
                "register.error.too_many_features", count=int(info["features"]), limit=limits.features
            )
        if len(info["fields"]) > limits.columns:
            raise LimitExceededError(
                "register.error.too_many_columns", count=len(info["fields"]), limit=limits.columns
            )
        _check_fields([str(name) for name in info["fields"]])
        frame = pyogrio.read_dataframe(
            path, layer=chosen, encoding=codepage, on_invalid="warn", force_2d=True, fid_as_index=True
        )
    if "geometry" not in frame.columns:
        frame = gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs="EPSG:4326")
    return Opened(frame, driver, chosen, tuple(name for name in with_geometry if name != chosen))


def _check_fields(names: list[str]) -> None:
    """Refuse fields of one name: only the last of them would be read."""
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UnreadableFileError("register.error.fields_repeated", names=", ".join(twice)[:200])


def in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The features in EPSG:4326; none are left as they are.

    Raises:
        CrsError: PROJ knows no way from their CRS, as it is written down, to degrees.
    """
    from pyproj.exceptions import ProjError

    if not len(frame):
        return frame
    try:
        return frame.to_crs("EPSG:4326")
    except ProjError as error:
        raise CrsError("register.error.crs_unusable", crs=_crs_name(frame.crs)[:80]) from error


def _check_crs(opened: Opened, forgiving: bool) -> None:
    """No CRS, or degrees that cannot be degrees: of most features, or of any if not ``forgiving``."""
    crs = opened.frame.crs
    if crs is None or crs.is_engineering:
        raise CrsError("register.error.crs_missing", driver=opened.driver)
    if not crs.is_geographic or opened.frame.empty:
        return
    west, south, east, north = opened.frame.geometry.bounds.to_numpy().T
    beyond = (west < -360.001) | (east > 360.001) | (south < -90.001) | (north > 90.001)
    if beyond.sum() > (len(beyond) // 2 if forgiving else 0):
        x, y = (float(f"{far[beyond].max():.6g}") for far in (east, north))
        raise CrsError("register.error.crs_looks_projected", x=x, y=y, crs=_crs_name(crs))


def _crs_name(crs: Any) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.name)
