"""Geometry to paper: projected, cut to a frame, and written as SVG path data in millimetres (y downwards)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoservice.scheme.boxes import Box
from geoservice.scheme.projection import transformer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Geometry is cut this far outside the frame, so that a cut edge's line is never seen.
BEYOND_MM = 3.0
#: Layers with more vertices than this are simplified, as a coverage: borders stay shared.
DETAILED = 40_000
SIMPLIFY_MM = 0.04


class Cut:
    """Projects geometries to a frame's millimetres and cuts them to it.

    Args:
        crs: of the frame.
        extent: (min_x, min_y, max_x, max_y) in metres of it.
        width_mm: width of the frame.
        height_mm: height of the frame.
    """

    def __init__(self, crs: str, extent: Box, width_mm: float, height_mm: float) -> None:
        self.crs, self.extent = crs, extent
        self.width_mm, self.height_mm = width_mm, height_mm
        self.mm_per_metre = width_mm / (extent[2] - extent[0])
        self._to_paper = transformer(crs)

    def places(self, lonlat: Array) -> Array:
        """Project (n, 2) degrees to (n, 2) millimetres."""
        return self.on_paper(*self._to_paper.transform(lonlat[:, 0], lonlat[:, 1]))

    def on_paper(self, x: Array, y: Array) -> Array:
        """Metres of the CRS, (n,) each, as (n, 2) millimetres."""
        import numpy as np

        left, top = self.extent[0], self.extent[3]
        return np.column_stack([(x - left) * self.mm_per_metre, (top - y) * self.mm_per_metre])

    def project(self, geometries: Any) -> Any:
        """Project (n,) geometries (EPSG:4326) to millimetres, cut to the frame and a little around it.

        They are cut in degrees first, generously: what lies far off may not be projectable.
        """
        import numpy as np
        import shapely

        shapes = np.asarray(geometries, dtype=object)
        shapes = shapely.clip_by_rect(shapes, *self._degrees())
        shapes = shapely.transform(shapes, self.places)
        shapes = self._lightened(shapes)
        low = -BEYOND_MM
        cut = shapely.clip_by_rect(shapes, low, low, self.width_mm + BEYOND_MM, self.height_mm + BEYOND_MM)
        return np.atleast_1d(cut)

    def _degrees(self) -> Box:
        inverse = transformer(self.crs, inverse=True)
        west, south, east, north = inverse.transform_bounds(*self.extent, densify_pts=21)
        margin_x, margin_y = (east - west) * 0.1, (north - south) * 0.1
        return (west - margin_x, south - margin_y, east + margin_x, north + margin_y)

    def _lightened(self, shapes: Any) -> Any:
        import shapely

        polygonal = bool((shapely.get_dimensions(shapes) == 2).all())
        if not polygonal or int(shapely.get_num_coordinates(shapes).sum()) < DETAILED:
            return shapes
        return shapely.coverage_simplify(shapes, SIMPLIFY_MM)


def polygon_path(geometry: Any) -> str:
    """Path data of a (Multi)Polygon or of the polygons of a collection."""
    return "".join(
        _ring(ring) + "Z" for part in _parts(geometry, "Polygon") for ring in (part.exterior, *part.interiors)
    )


def line_path(geometry: Any) -> str:
    """Path data of a (Multi)LineString; polygons give their outline."""
    lines = [_ring(line) for line in _parts(geometry, "LineString")]
    return "".join(lines) + polygon_path(geometry)


def _parts(geometry: Any, kind: str) -> list[Any]:
    if geometry.geom_type == kind:
        return [geometry] if not geometry.is_empty else []
    return [part for child in getattr(geometry, "geoms", ()) for part in _parts(child, kind)]


def _ring(ring: Any) -> str:
    """Path data to a hundredth of a millimetre; repeated places are left out."""
    import numpy as np
    import shapely

    places = np.rint(shapely.get_coordinates(ring) * 100).astype(np.int64)
    keep = np.ones(len(places), dtype=bool)
    keep[1:] = (np.diff(places, axis=0) != 0).any(axis=1)
    places = places[keep]
    steps = np.diff(places, axis=0).tolist()
    start_x, start_y = places[0].tolist()
    return f"M{_number(start_x)} {_number(start_y)}" + "".join(
        f"l{_number(dx)} {_number(dy)}" for dx, dy in steps
    )


def _number(hundredths: int) -> str:
    return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".") or "0"
