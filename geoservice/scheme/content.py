"""What a map has to show, in metres of its projection: places and the outlines of their regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice.errors import InvalidInputError
from geoservice.scheme.projection import Box, Projection, transformer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.float64]


#: Places farther apart than half of the Earth are nearer to each other across the 180th meridian.
WIDEST_DEG = 180.0


class Content(Struct, frozen=True):
    """What has to fit, in metres of the projection."""

    points: Points
    outline: Box | None
    names: tuple[str, ...]

    def box(self, with_outline: bool) -> Box:
        """Bounding box of the points, with the outlines or without."""
        boxes = []
        if len(self.points):
            low, high = self.points.min(axis=0), self.points.max(axis=0)
            boxes.append((float(low[0]), float(low[1]), float(high[0]), float(high[1])))
        if self.outline is not None and (with_outline or not boxes):
            boxes.append(self.outline)
        return union(boxes)


def territory_of(
    points: Sequence[tuple[float, float]],
    outlines: Sequence[Any],
    extent: Box | None = None,
    fallback: Box | None = None,
) -> Box:
    """The box in degrees for which a projection is chosen: the extent asked for, else that of the places.

    Raises:
        InvalidInputError: the extent is empty, or the places lie on both sides of the antimeridian or round a
            pole, where one map would tear them apart.
    """
    if extent is not None:
        if not (extent[0] < extent[2] and extent[1] < extent[3]):
            raise InvalidInputError("sheet.extent_empty", extent=", ".join(f"{value:g}" for value in extent))
        return extent
    if points:
        # The zone follows the organisations: a region's far end must not push them into another zone.
        longitudes, latitudes = zip(*points, strict=True)
        if max(longitudes) - min(longitudes) > WIDEST_DEG:
            west, east = (round(float(edge(longitudes)), 1) for edge in (min, max))
            raise InvalidInputError("sheet.too_wide", west=west, east=east)
        return (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    if boxes := [tuple(outline.bounds) for outline in outlines if not outline.is_empty]:
        return union(boxes)
    return fallback or (44.5, 38.3, 51.0, 42.0)


def content_of(
    points: Sequence[tuple[float, float]],
    outlines: Sequence[Any],
    names: Sequence[str],
    projection: Projection,
    territory: Box,
) -> Content:
    """Project places and outlines (EPSG:4326) to metres; ``territory`` (degrees) stands in for both."""
    import numpy as np

    project = transformer(projection.crs)
    flat = np.asarray(points, dtype=float).reshape(-1, 2)
    projected = np.column_stack(project.transform(flat[:, 0], flat[:, 1]))
    boxes = [tuple(project.transform_bounds(*o.bounds)) for o in outlines if not o.is_empty]
    if not boxes and not len(flat):
        boxes = [tuple(project.transform_bounds(*territory))]
    return Content(projected, union(boxes) if boxes else None, tuple(names))


def farthest(points: Sequence[tuple[float, float]], names: Sequence[str]) -> list[str]:
    """Name those who stand far from most: at least half as far from the middle of all as the furthest.

    Args:
        points: (longitude, latitude) in EPSG:4326; their middle is the median of each.
        names: what to call each point, in their order.
    """
    import numpy as np
    from pyproj import Geod

    lon, lat = np.asarray(points, dtype=float).T
    middle = np.full_like(lon, np.median(lon)), np.full_like(lat, np.median(lat))
    away = Geod(ellps="WGS84").inv(*middle, lon, lat)[2]
    order = np.argsort(-away, kind="stable")
    return [names[place] for place in order if away[place] >= away.max() / 2]


def union(boxes: Sequence[tuple[float, ...]]) -> Box:
    """The box around several boxes."""
    west, south, east, north = zip(*boxes, strict=True)
    return (min(west), min(south), max(east), max(north))
