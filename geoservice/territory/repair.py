"""Boundary sets mended: valid polygons, one for each code, without overlaps and without narrow gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice.territory.adjacency import DEFAULT_GAP_M, Kind
from geoservice.territory.evidence import edge_geometry
from geoservice.territory.geodesy import metres_per_degree
from geoservice.territory.mending import polygons_only
from geoservice.territory.quality import Flaw, check_boundaries, has_area
from geoservice.territory.regions import Regions, regions_from_arrays

_MOSTLY = 0.5  # a part of a region that another covers to this share was drawn over it


class Repair(Struct, frozen=True):
    """A mended boundary set: ``frame`` in EPSG:4326, and the flaws found before and after."""

    frame: Any
    before: tuple[Flaw, ...]
    after: tuple[Flaw, ...]


def repair_boundaries(frame: Any, *, gap_m: float = DEFAULT_GAP_M) -> Repair:
    """Mend a boundary set: valid polygons, one row for each code, no copies, overlaps or narrow gaps.

    Invalid polygons are mended by shapely.make_valid, rows of one code united, copies of a shape dropped but
    for the first, rows without an area left out. What is drawn over a larger region is cut out of that. Gaps
    up to ``gap_m`` that are open to the outside are given to the region whose code comes first, enclosed ones
    to the regions around, to each what is nearest to it. Overlaps and what is left are closed by
    shapely.coverage_clean (in a local equal-distance plane, so that the width is in metres), which also
    matches vertices along common borders. It alone would give an enclosed gap to one region, which then runs
    along others past a corner and borders regions that it never met. Attributes of the first row of each
    code are kept.

    Raises:
        CrsError: the frame has no CRS.
        GeometryError: no polygon is left.
    """
    import geopandas as gpd
    import shapely

    before = check_boundaries(frame, gap_m=gap_m)
    degrees = frame.to_crs("EPSG:4326")
    copies = {code for flaw in before if flaw.kind == "duplicate_shape" for code in flaw.codes[1:]}
    keep = ~degrees["code"].astype(str).isin(copies) & has_area(degrees.geometry.to_numpy())
    degrees = degrees[keep].assign(code=lambda held: held["code"].astype(str))
    regions = regions_from_arrays(list(degrees["code"]), degrees.geometry.to_numpy())
    plane = _Plane(regions)
    metric = plane.of(regions.geometries)
    _cut_out(metric, regions, gap_m)
    _fill_open_gaps(metric, regions, plane, gap_m)
    _fill_enclosed_gaps(metric, gap_m)
    clean = shapely.coverage_clean(metric, gap_width=gap_m)  # type: ignore[attr-defined]  # stubs are of 2.1
    rows = degrees.drop_duplicates("code").set_index("code").loc[list(regions.codes)].reset_index()
    result = gpd.GeoDataFrame(
        rows.drop(columns=rows.geometry.name), geometry=plane.degrees(clean), crs="EPSG:4326"
    )
    return Repair(result, before, check_boundaries(result, gap_m=gap_m))


class _Plane:
    """Metres east and north of the middle of a boundary set, true at its middle latitude."""

    def __init__(self, regions: Regions) -> None:
        import shapely

        west, south, east, north = shapely.total_bounds(regions.geometries)
        self.origin = np.array([(west + east) / 2.0, (south + north) / 2.0])
        self.scale = np.array([float(value) for value in metres_per_degree(self.origin[1])])

    def of(self, shapes: Any) -> Any:
        import shapely

        return shapely.transform(shapes, lambda xy: (xy - self.origin) * self.scale)

    def degrees(self, shapes: Any) -> Any:
        import shapely

        return shapely.transform(shapes, lambda xy: xy / self.scale + self.origin)

    def stretch(self, lat: float) -> float:
        """How much longer than true a way is at most at a latitude."""
        return max(1.0, float(self.scale[0]) / float(metres_per_degree(lat)[0]))


def _cut_out(metric: NDArray[Any], regions: Regions, gap_m: float) -> None:
    """Cut parts of regions that lie mostly in another region out of that, the smallest first."""
    import shapely

    drawn_over = []
    for edge in regions.graph(gap_m).edges:
        if edge.overlap_m2 > 0:
            one, two = regions.index[edge.a], regions.index[edge.b]
            for own, other in ((one, two), (two, one)):
                drawn_over += [(shapely.area(p), own, other, p) for p in shapely.get_parts(metric[own])]
    for size, own, other, part in sorted(drawn_over, key=lambda found: found[:3]):
        left = shapely.intersection(part, metric[own])  # of a part from which others were cut already
        if shapely.area(shapely.intersection(left, metric[other])) >= _MOSTLY * size:
            metric[other] = polygons_only(shapely.difference(metric[other], left))


def _fill_open_gaps(metric: NDArray[Any], regions: Regions, plane: _Plane, gap_m: float) -> None:
    """Give the strip between two regions that face each other across a gap to the first of them."""
    import shapely

    tree = shapely.STRtree(metric)
    pieces = _Pieces(metric)
    for edge in regions.graph(gap_m).edges:
        if edge.kind is not Kind.GAP or edge.gap_m > gap_m:
            continue
        one, two = regions.index[edge.a], regions.index[edge.b]
        facing = edge_geometry(edge, regions)
        width = plane.stretch(float(shapely.bounds(facing)[3])) * 1.02 * edge.gap_m + 0.05
        around = shapely.bounds(plane.of(facing)) + np.array([-1, -1, 1, 1]) * 5 * width
        clipped = {
            int(k): shapely.intersection(metric[k], shapely.box(*around))
            for k in tree.query(shapely.box(*around))
        }
        strip = shapely.intersection(*(shapely.buffer(clipped[k], width, quad_segs=2) for k in (one, two)))
        pieces.add(one, shapely.difference(strip, shapely.union_all(list(clipped.values()))))
    pieces.join()


class _Pieces:
    """Land that regions are to get, joined to each of them at once."""

    def __init__(self, metric: NDArray[Any]) -> None:
        self.metric = metric
        self.held: dict[int, list[Any]] = {}

    def add(self, region: int, piece: Any) -> None:
        self.held.setdefault(region, []).append(piece)

    def join(self) -> None:
        import shapely

        for region, pieces in self.held.items():
            self.metric[region] = polygons_only(shapely.union_all([self.metric[region], *pieces]))


def _fill_enclosed_gaps(metric: NDArray[Any], gap_m: float) -> None:
    """Share enclosed gaps among the regions around: each gets what is within half the width of it."""
    import shapely

    whole = shapely.union_all(metric)
    tree = shapely.STRtree(metric)
    pieces = _Pieces(metric)
    for part in shapely.get_parts(whole):
        for ring in part.interiors:
            gap: Any = shapely.Polygon(ring)
            inscribed = shapely.maximum_inscribed_circle(gap, tolerance=0.5)
            width = 2.0 * float(shapely.length(inscribed))
            if not 0 < width <= gap_m:
                continue
            box = shapely.bounds(gap) + np.array([-1, -1, 1, 1]) * 2 * width
            for k in np.sort(tree.query(gap, predicate="intersects")).tolist():
                beside = shapely.buffer(
                    shapely.intersection(metric[k], shapely.box(*box)), 0.55 * width, quad_segs=2
                )
                pieces.add(k, shapely.intersection(gap, beside))
                gap = shapely.difference(gap, beside)
    pieces.join()
