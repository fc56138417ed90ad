"""The territory of a cluster, as far as an import needs it: is a point inside, and if not, how far off."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from shapely.geometry.base import BaseGeometry

#: No degree on the ellipsoid is longer: one of latitude at a pole.
LONGEST_DEGREE_M = 111_700.0


class Territory:
    """The land of a cluster's boundary sets. Immutable; make it once and keep it with the sets' digest.

    Args:
        polygons: (n,) array of (Multi)Polygons in EPSG:4326, one for each region.
    """

    def __init__(self, polygons: np.ndarray[Any, Any]) -> None:
        import shapely

        self._tree = shapely.STRtree(shapely.make_valid(polygons))

    @cached_property
    def _union(self) -> BaseGeometry:
        """All of it as one: asked for by points outside alone, and slower to make than all else here."""
        import shapely

        return shapely.union_all(self._tree.geometries)

    @cached_property
    def _plane(self) -> tuple[Any, Any]:
        """A projection about the centre, and the territory in its plane: asked for by points outside."""
        import shapely
        from pyproj import Proj

        centre = self._union.centroid
        # A projection alone: to find the way between two systems PROJ would search its database for 60 ms.
        local = Proj(proj="aeqd", lat_0=centre.y, lon_0=centre.x, ellps="WGS84", units="m")
        plane = shapely.transform(self._union, lambda xy: self._project(local, xy))
        shapely.prepare(plane)
        return local, plane

    @classmethod
    def from_frames(cls, frames: Iterable[Any]) -> Territory:
        """Of the polygons of boundary sets.

        Args:
            frames: GeoDataFrames of (Multi)Polygons with a CRS; reprojected to EPSG:4326 where needed.
        """
        import numpy as np

        parts = [np.asarray(frame.geometry.to_crs(4326).values) for frame in frames]
        return cls(np.concatenate(parts) if parts else np.array([], dtype=object))

    @staticmethod
    def _project(local: Any, xy: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        import numpy as np

        return np.column_stack(local(xy[:, 0], xy[:, 1]))

    @property
    def empty(self) -> bool:
        """Whether there is no polygon at all: then nothing can be said of any point."""
        import shapely

        return bool(shapely.is_empty(self._tree.geometries).all())

    def contains(self, lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Tell for each point (degrees, EPSG:4326) whether it is inside or on the border."""
        return self._found(lon, lat, predicate="intersects")

    def _found(
        self, lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any], **asked: Any
    ) -> np.ndarray[Any, Any]:
        """Tell for each point whether a query of the tree of polygons finds one."""
        import numpy as np
        import shapely

        found = np.zeros(len(lon), dtype=bool)
        found[self._tree.query(shapely.points(lon, lat), **asked)[0]] = True
        return found

    def surely_within(
        self, lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any], metres: float
    ) -> np.ndarray[Any, Any]:
        """Tell of which points (degrees, EPSG:4326) a look at degrees shows that they are no further off.

        A path through the plane of degrees is on the ellipsoid no longer than so many of the longest degrees.
        """
        return self._found(lon, lat, predicate="dwithin", distance=metres / LONGEST_DEGREE_M)

    def distance_m(self, lon: np.ndarray[Any, Any], lat: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Geodesic distance in metres from each point (degrees, EPSG:4326) to the territory, 0 inside.

        The nearest point of the border is found in an azimuthal projection about the territory's centre, the
        distance to it is then measured on the ellipsoid.
        """
        import numpy as np
        import shapely
        from pyproj import Geod

        distance = np.zeros(len(lon))
        outside = ~self.contains(lon, lat)
        if self.empty or not outside.any():
            return distance
        local, plane = self._plane
        xy = self._project(local, np.column_stack([lon[outside], lat[outside]]))
        lines = shapely.shortest_line(plane, shapely.points(np.nan_to_num(xy, posinf=2e7, neginf=-2e7)))
        nearest = shapely.get_coordinates(shapely.get_point(lines, 0))
        near_lon, near_lat = local(nearest[:, 0], nearest[:, 1], inverse=True)
        distance[outside] = Geod(ellps="WGS84").inv(lon[outside], lat[outside], near_lon, near_lat)[2]
        return distance
