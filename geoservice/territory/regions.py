"""A boundary set made ready for questions: regions in code order, valid, one for each code."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from geoservice.errors import CrsError, GeometryError
from geoservice.features import Features
from geoservice.model import LANGUAGES, Boundaries

if TYPE_CHECKING:
    from geoservice.territory.adjacency import RegionGraph
    from geoservice.territory.grid import CellGrid

_KEPT_SETS = 16
_KEPT_VERTICES = 4_000_000
#: Coordinates beyond are no degrees; longitudes up to 360 are a way to cross the 180th meridian.
MOST_LON, MOST_LAT = 360.0, 90.0 + 1e-6
_WORTH_A_GRID = 5_000  # points; a grid is made in the time that some 40,000 take one by one


class Regions(Struct, eq=False, dict=True):
    """Regions sorted by code: their order, and so every tie-break, is the same whatever the input's order.

    Treat as immutable. ``geometries`` is an (n,) array of valid (Multi)Polygons in EPSG:4326, exterior rings
    anticlockwise. ``repaired`` and ``multipart`` hold codes: of polygons that had to be made valid, and of
    regions of several parts or rows. ``accuracy_m``: how far borders may run beside the true ones, if known.
    """

    codes: tuple[str, ...]
    names: tuple[Mapping[str, str], ...]
    countries: tuple[str, ...]
    parents: tuple[str, ...]
    geometries: NDArray[Any]
    digest: str
    repaired: tuple[str, ...] = ()
    multipart: tuple[str, ...] = ()
    set_code: str = ""
    level: str = ""
    accuracy_m: float | None = None
    _graphs: dict[float, RegionGraph] = field(default_factory=dict)
    _lock: Any = field(default_factory=RLock)

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of each code."""
        return {code: place for place, code in enumerate(self.codes)}

    def name(self, code: str, lang: str) -> str:
        """Name of a region in a language, else in any other, else its code."""
        names = self.names[self.index[code]]
        return names.get(lang) or next((value for value in names.values() if value), code)

    @cached_property
    def tree(self) -> Any:
        """A shapely.STRtree of the geometries, in degrees."""
        import shapely

        shapely.prepare(self.geometries)
        return shapely.STRtree(self.geometries)

    @cached_property
    def grid(self) -> CellGrid:
        """The cell index by which points are placed."""
        from geoservice.territory.grid import CellGrid

        return CellGrid.build(self.geometries, self.tree)

    def lookup(self, lon: Any, lat: Any) -> tuple[NDArray[np.int32], Any, Any, Any]:
        """Find the regions of points, as :meth:`CellGrid.lookup` does; few points are not worth a grid."""
        from geoservice.territory.grid import tested

        if "grid" in self.__dict__ or len(lon) > _WORTH_A_GRID:
            return self.grid.lookup(lon, lat)
        found, which, region = tested(self.tree, lon, lat)
        return found, np.arange(len(lon)), which, region

    def graph(self, reach_m: float = 0.0) -> RegionGraph:
        """The region graph that knows every contact nearer than ``reach_m``; built once for each reach.

        Raises:
            LimitExceededError: the borders are too dense for that ("territory.too_dense").
        """
        from geoservice.territory.adjacency import DEFAULT_GAP_M, DEFAULT_REACH_M, build_graph

        wanted_m, at_least_m = max(reach_m, DEFAULT_REACH_M), max(reach_m, DEFAULT_GAP_M)
        with self._lock:
            made = self._graphs.get(wanted_m)
            if made is None or made.reach_m < at_least_m:
                made = build_graph(self, reach_m=wanted_m, at_least_m=at_least_m)
                self._graphs[wanted_m] = made
            return made

    def scaled(self, band: float) -> tuple[NDArray[Any], Any]:
        """Geometries with longitudes shrunk as at latitude ``band``, and their tree."""
        return _scaled(self, band)


def _vertices(item: Any) -> int:
    import shapely

    geometries = item.geometries if isinstance(item, Regions) else item[0]
    return int(shapely.get_num_coordinates(geometries).sum())


class _Kept:
    """What was used last, by content: at most ``size`` items and _KEPT_VERTICES vertices, but always one."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.items: OrderedDict[str, Any] = OrderedDict()
        self.weights: dict[str, int] = {}
        self.lock = RLock()

    def get(self, key: str, make: Any) -> Any:
        with self.lock:
            if key in self.items:
                self.items.move_to_end(key)
                return self.items[key]
        made = make()
        with self.lock:
            self.items[key] = made
            self.weights[key] = _vertices(made)
            while len(self.items) > 1 and (
                len(self.items) > self.size or sum(self.weights.values()) > _KEPT_VERTICES
            ):
                dropped, _ = self.items.popitem(last=False)
                del self.weights[dropped]
        return made


_kept = _Kept(_KEPT_SETS)
_kept_scaled = _Kept(_KEPT_SETS * 4)


def kept(key: str, make: Any) -> Any:
    """Return regions kept under a key (a digest of their content), made if they are not there."""
    return _kept.get(key, make)


def _scaled(regions: Regions, band: float) -> tuple[NDArray[Any], Any]:
    def make() -> tuple[NDArray[Any], Any]:
        import shapely

        from geoservice.territory.geodesy import metres_per_degree

        per_lon, per_lat = metres_per_degree(band)
        factor = np.array([float(per_lon) / float(per_lat), 1.0])
        geometries = shapely.transform(regions.geometries, lambda xy: xy * factor)
        shapely.prepare(geometries)
        return geometries, shapely.STRtree(geometries)

    result: tuple[NDArray[Any], Any] = _kept_scaled.get(f"{regions.digest}:{band:.3f}", make)
    return result


def prepare(boundaries: Boundaries | Regions) -> Regions:
    """Return a boundary set ready for questions, kept by the digest of its content.

    Raises:
        CrsError: the frame has no CRS ("territory.crs_missing").
        GeometryError: it holds no polygon, or something that is not one.
    """
    if isinstance(boundaries, Regions):
        return boundaries
    if not boundaries.digest:
        return _of_set(boundaries)
    key = f"{boundaries.code}:{boundaries.digest}:{boundaries.accuracy_m}"
    result: Regions = _kept.get(key, lambda: _of_set(boundaries))
    return result


def _of_set(boundaries: Boundaries) -> Regions:
    data = boundaries.data
    made = (regions_from_features if isinstance(data, Features) else regions_from_frame)(
        data, set_code=boundaries.code, level=boundaries.level, digest=boundaries.digest
    )
    made.accuracy_m = boundaries.accuracy_m
    return made


def regions_from_frame(frame: Any, *, set_code: str = "", level: str = "", digest: str = "") -> Regions:
    """Make regions from a GeoDataFrame of (Multi)Polygons with a ``code`` column, in any CRS.

    Rows of the same code become one region. Optional columns: name_az, name_en, name_ru (or name), country,
    parent. Invalid polygons are mended (shapely.make_valid, structure method) and named in ``repaired``.

    Raises:
        CrsError: the frame has no CRS;
            also where coordinates of EPSG:4326 are no degrees ("territory.crs_not_degrees", feature).
        GeometryError: a geometry is no polygon ("territory.not_polygon", feature), has no area
            ("territory.no_area") or coordinates that are no numbers ("territory.not_finite"); or none is.
    """
    if frame.crs is None:
        raise CrsError("territory.crs_missing")
    if frame.crs.to_epsg() != 4326:
        frame = frame.to_crs("EPSG:4326")
    return regions_from_features(Features.of(frame), set_code=set_code, level=level, digest=digest)


def regions_from_features(
    features: Features, *, set_code: str = "", level: str = "", digest: str = ""
) -> Regions:
    """Make regions from features with the columns of :func:`regions_from_frame`, in EPSG:4326.

    Raises:
        GeometryError: as :func:`regions_from_frame`.
    """
    named = ("name", "name_az", "name_en", "name_ru", "country", "parent")
    columns = {name: features.texts(name) for name in named if name in features}
    codes = [str(code) for code in features["code"]]
    return regions_from_arrays(
        codes, features.geometry, columns, set_code=set_code, level=level, digest=digest
    )


def regions_from_arrays(
    codes: list[str],
    geometries: Any,
    columns: Mapping[str, list[str]] | None = None,
    *,
    set_code: str = "",
    level: str = "",
    digest: str = "",
) -> Regions:
    """Make regions from parallel lists: codes, polygons in EPSG:4326, and columns of texts (see above)."""
    import shapely

    from geoservice.territory.mending import polygons_only, unwrap_antimeridian

    geometries = np.asarray(geometries, dtype=object)
    columns = columns or {}
    _check_polygons(codes, geometries)
    geometries = unwrap_antimeridian(geometries)
    valid = shapely.is_valid(geometries)
    repaired = {codes[row] for row in np.flatnonzero(~valid)}
    if repaired:
        geometries = geometries.copy()
        geometries[~valid] = [polygons_only(g) for g in geometries[~valid]]
    rows: dict[str, list[int]] = {}
    for row, code in enumerate(codes):
        rows.setdefault(code, []).append(row)
    order = sorted(rows)
    merged = np.empty(len(order), dtype=object)
    for place, code in enumerate(order):
        held = rows[code]
        merged[place] = geometries[held[0]] if len(held) == 1 else shapely.union_all(geometries[held])
        if merged[place].is_empty:
            raise GeometryError("territory.no_area", feature=code)
    merged = shapely.orient_polygons(merged)
    parts = shapely.get_num_geometries(merged)
    first = [rows[code][0] for code in order]

    def column(name: str) -> tuple[str, ...]:
        values = columns.get(name)
        return tuple(values[row] if values else "" for row in first)

    plain = column("name")
    by_lang = [column(f"name_{lang}") for lang in LANGUAGES]
    names = tuple(
        {lang: by_lang[k][i] or plain[i] for k, lang in enumerate(LANGUAGES)} for i in range(len(order))
    )
    return Regions(
        codes=tuple(order),
        names=names,
        countries=column("country"),
        parents=column("parent"),
        geometries=merged,
        digest=digest or content_digest(order, merged),
        repaired=tuple(sorted(repaired)),
        multipart=tuple(code for code, count in zip(order, parts, strict=True) if count > 1),
        set_code=set_code,
        level=level,
    )


def content_digest(codes: list[str], geometries: NDArray[Any]) -> str:
    """Hash codes and geometries: the same digest is the same content."""
    import shapely

    digest = hashlib.sha256("\x1f".join(codes).encode())
    for blob in shapely.to_wkb(geometries):
        digest.update(blob or b"-")
    return digest.hexdigest()[:16]


def _check_polygons(codes: list[str], geometries: NDArray[Any]) -> None:
    import shapely

    if len(geometries) == 0:
        raise GeometryError("territory.no_regions")
    xy, owner = shapely.get_coordinates(geometries, return_index=True)
    odd = np.flatnonzero(~np.isfinite(xy).all(axis=1))
    if len(odd):
        raise GeometryError("territory.not_finite", feature=codes[owner[odd[0]]])
    kinds = shapely.get_type_id(geometries)
    wrong = np.flatnonzero(~np.isin(kinds, (3, 6)) | shapely.is_empty(geometries))
    if len(wrong):
        row = int(wrong[0])
        kind = "null" if geometries[row] is None else geometries[row].geom_type
        raise GeometryError("territory.not_polygon", feature=codes[row], kind=kind)
    beyond = np.flatnonzero((np.abs(xy) > (MOST_LON, MOST_LAT)).any(axis=1))
    if len(beyond):
        x, y = xy[beyond[0]]
        code = codes[owner[beyond[0]]]
        raise CrsError("territory.crs_not_degrees", feature=code, x=float(f"{x:.6g}"), y=float(f"{y:.6g}"))


def combine(sets: Sequence[Boundaries]) -> Regions:
    """Lay several boundary sets (those of a joint cluster's countries) together into one.

    Raises:
        GeometryError: there is no set.
    """
    if len(sets) == 1:
        return prepare(sets[0])
    whole = [prepare(one) for one in sets]

    def make() -> Regions:
        columns = {
            f"name_{lang}": [names.get(lang, "") for part in whole for names in part.names]
            for lang in LANGUAGES
        }
        columns["country"] = [country for part in whole for country in part.countries]
        columns["parent"] = [parent for part in whole for parent in part.parents]
        made = regions_from_arrays(
            [code for part in whole for code in part.codes],
            np.concatenate([part.geometries for part in whole]) if whole else [],
            columns,
            set_code="+".join(part.set_code for part in whole),
            level="+".join(sorted({part.level for part in whole})),
        )
        made.accuracy_m = max((part.accuracy_m for part in whole if part.accuracy_m), default=None)
        return made

    key = "+".join(f"{part.set_code}:{part.digest}:{part.accuracy_m}" for part in whole)
    result: Regions = _kept.get(key, make)
    return result
