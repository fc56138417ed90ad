"""What is wrong with a boundary set, and where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice import i18n
from geoservice.errors import CrsError
from geoservice.territory.adjacency import DEFAULT_GAP_M, Kind
from geoservice.territory.evidence import side_by_side
from geoservice.territory.geodesy import area_m2, metres_per_degree
from geoservice.territory.mending import polygons_only
from geoservice.territory.regions import Regions, regions_from_arrays


class Flaw(Struct, frozen=True):
    """One flaw: ``kind`` is a key under ``territory.flaw.``; ``lon``, ``lat`` (EPSG:4326) lie in or on it.

    Kinds: invalid (``detail`` says what), empty, not_polygon, duplicate_code, duplicate_shape, overlap, gap.
    ``width_m`` and ``area_m2`` where they are known.
    """

    kind: str
    codes: tuple[str, ...]
    lon: float | None = None
    lat: float | None = None
    width_m: float | None = None
    area_m2: float | None = None
    detail: str = ""

    def message(self, lang: str) -> str:
        """The flaw in a sentence."""
        known = [] if self.lon is None or self.lat is None else [self.lon, self.lat]
        place = ("; " if lang != "en" else ", ").join(i18n.number(degrees, 5, lang) for degrees in known)
        return i18n.text(
            lang,
            f"territory.flaw.{self.kind}",
            codes=" – ".join(self.codes),
            place=place,
            width=i18n.number(self.width_m or 0.0, 1, lang),
            area=i18n.number((self.area_m2 or 0.0) / 1e6, 4, lang),
            detail=self.detail,
        )

    def as_dict(self, lang: str) -> dict[str, Any]:
        """The flaw as the API and the CLI give it."""
        return {
            "kind": self.kind,
            "codes": list(self.codes),
            "lon": self.lon,
            "lat": self.lat,
            "width_m": self.width_m,
            "area_m2": self.area_m2,
            "text": self.message(lang),
        }


def check_boundaries(frame: Any, *, gap_m: float = DEFAULT_GAP_M) -> tuple[Flaw, ...]:
    """List the flaws of a boundary set, each with coordinates.

    Args:
        frame: GeoDataFrame of polygons with ``code``, in any CRS.
        gap_m: enclosed spaces up to this width are gaps; wider ones may be lakes or foreign land and are not.

    Raises:
        CrsError: the frame has no CRS.
    """
    if frame.crs is None:
        raise CrsError("territory.crs_missing")
    frame = frame.to_crs("EPSG:4326")
    codes = [str(code) for code in frame["code"]]
    geometries = frame.geometry.to_numpy()
    flaws = list(_shape_flaws(codes, geometries))
    usable = has_area(geometries)
    if usable.any():
        flaws += _duplicates(codes, geometries, usable)
        regions = regions_from_arrays(
            [code for code, fits in zip(codes, usable, strict=True) if fits], geometries[usable]
        )
        flaws += _contact_flaws(regions, gap_m)
        flaws += _enclosed_gaps(regions, gap_m)
    return tuple(flaws)


def has_area(geometries: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether each of (n,) geometries is a polygon of numbers that has an area once it is mended."""
    import shapely

    held = np.isin(shapely.get_type_id(geometries), (3, 6)) & ~shapely.is_empty(geometries)
    for row in np.flatnonzero(held):
        if not np.isfinite(shapely.get_coordinates(geometries[row])).all():
            held[row] = False
        elif not shapely.is_valid(geometries[row]):
            held[row] = not polygons_only(geometries[row]).is_empty
    return held


def _shape_flaws(codes: list[str], geometries: NDArray[Any]) -> Iterator[Flaw]:
    import shapely

    for code, geometry in zip(codes, geometries, strict=True):
        if geometry is not None and not np.isfinite(shapely.get_coordinates(geometry)).all():
            yield Flaw("invalid", (code,), detail="NaN")
        elif geometry is None or geometry.is_empty:
            yield Flaw("empty", (code,))
        elif geometry.geom_type not in ("Polygon", "MultiPolygon"):
            lon, lat = shapely.get_coordinates(geometry)[0]
            yield Flaw("not_polygon", (code,), float(lon), float(lat), detail=geometry.geom_type)
        elif not geometry.is_valid:
            why = shapely.is_valid_reason(geometry)
            detail, _, place = why.partition("[")
            try:
                lon, lat = (float(v) for v in place.rstrip("]").split()[:2])
            except ValueError:
                lon, lat = shapely.get_coordinates(geometry)[0]
            yield Flaw("invalid", (code,), float(lon), float(lat), detail=detail.strip())


def _duplicates(codes: list[str], geometries: NDArray[Any], usable: NDArray[np.bool_]) -> list[Flaw]:
    import shapely

    by_code: dict[str, list[int]] = defaultdict(list)
    by_shape: dict[bytes, list[int]] = defaultdict(list)
    rows = np.flatnonzero(usable)
    for row, shape in zip(rows.tolist(), shapely.to_wkb(shapely.normalize(geometries[rows])), strict=True):
        by_code[codes[row]].append(row)
        by_shape[shape].append(row)
    found = []
    for kind, groups in (("duplicate_code", by_code.values()), ("duplicate_shape", by_shape.values())):
        for same in groups:
            if len(same) > 1:
                lon, lat = _inner_point(geometries[same[-1]])
                named = (codes[same[0]],) if kind == "duplicate_code" else tuple(codes[row] for row in same)
                found.append(Flaw(kind, named, lon, lat, detail=str(len(same))))
    return found


def _inner_point(geometry: Any) -> tuple[float, float]:
    import shapely

    point = shapely.point_on_surface(geometry)
    return float(point.x), float(point.y)


def _contact_flaws(regions: Regions, gap_m: float) -> Iterator[Flaw]:
    """Overlaps, and gaps that run between two regions."""
    import shapely

    for edge in regions.graph(gap_m).edges:
        one, two = side_by_side(*(regions.geometries[regions.index[code]] for code in (edge.a, edge.b)))
        if edge.overlap_m2 > 0:
            lon, lat = _inner_point(_areas_of(shapely.intersection(one, two)))
            yield Flaw(
                "overlap",
                (edge.a, edge.b),
                lon,
                lat,
                round(edge.overlap_width_m, 2),
                round(edge.overlap_m2, 1),
            )
        elif edge.kind is Kind.GAP and edge.gap_m <= gap_m:
            middle = shapely.line_interpolate_point(shapely.shortest_line(one, two), 0.5, normalized=True)
            yield Flaw("gap", (edge.a, edge.b), float(middle.x), float(middle.y), round(edge.gap_m, 2))


def _areas_of(geometry: Any) -> Any:
    import shapely

    return shapely.multipolygons(
        [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    )


def width_of(polygon: Any) -> float:
    """Diameter in metres, to some 0.1, of the largest circle inside a polygon in EPSG:4326."""
    import shapely

    centre = shapely.centroid(polygon)
    scale = np.array([float(value) for value in metres_per_degree(centre.y)])
    metric = shapely.transform(polygon, lambda xy: (xy - [centre.x, centre.y]) * scale)
    return 2.0 * float(shapely.length(shapely.maximum_inscribed_circle(metric, tolerance=0.1)))


def enclosed_spaces(regions: Regions) -> list[tuple[Any, tuple[str, ...]]]:
    """Polygons enclosed by the regions together and covered by none, each with the codes around it."""
    import shapely

    whole = shapely.union_all(regions.geometries)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in part.interiors]
    around = []
    for hole in holes:
        touching = regions.tree.query(hole, predicate="intersects")
        around.append((hole, tuple(sorted(regions.codes[k] for k in touching))))
    return around


def _enclosed_gaps(regions: Regions, gap_m: float) -> Iterator[Flaw]:
    for hole, codes in enclosed_spaces(regions):
        width = width_of(hole)
        if len(codes) > 1 and 0 < width <= gap_m:
            lon, lat = _inner_point(hole)
            yield Flaw("gap", codes, lon, lat, round(width, 2), round(area_m2(hole), 1))
