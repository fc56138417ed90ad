"""A grid of cells over a boundary set: points are looked up, and tested exactly only where a border runs.

The answers are those of an exact test of every point (STRtree with the predicate *intersects*), several times
as fast: away from borders a cell knows its region.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUTSIDE = -1
MIXED = -2
_MIN_SIDE, _MAX_SIDE = 1024, 2048
_CELLS_PER_VERTEX = 48.0


class CellGrid(Struct, frozen=True):
    """``cells`` is a flat (rows x columns) array: a region's position, OUTSIDE, or MIXED where a border runs.

    Cells are squares in degrees of ``origin`` + (column, row) / ``per_degree``; one margin cell on every side
    is OUTSIDE.
    """

    origin: tuple[float, float]
    per_degree: tuple[float, float]
    shape: tuple[int, int]
    cells: NDArray[np.int32]
    tree: Any

    @classmethod
    def build(cls, geometries: NDArray[Any], tree: Any) -> CellGrid:
        """Make the grid of (n,) polygons in EPSG:4326 and their STRtree."""
        import shapely
        from scipy import ndimage

        xy = shapely.get_coordinates(geometries)
        low, high = xy.min(axis=0), xy.max(axis=0)
        side = int(np.clip(np.sqrt(len(xy) * _CELLS_PER_VERTEX), _MIN_SIDE, _MAX_SIDE))
        span = np.maximum(high - low, 1e-9)
        per_degree = side / span
        origin = low - 1.0 / per_degree
        columns = rows = side + 3
        mixed = np.zeros((rows, columns), dtype=bool)
        _mark_borders(geometries, origin, per_degree, mixed)
        labels, count = ndimage.label(~mixed)
        cells = np.where(mixed, MIXED, OUTSIDE).astype(np.int32)
        if count:
            flat = labels.ravel()
            where = np.flatnonzero(flat)
            sample = np.empty(count + 1, dtype=np.int64)
            sample[flat[where]] = where
            row, column = np.divmod(sample[1:], columns)
            centres = shapely.points(
                (column + 0.5) / per_degree[0] + origin[0], (row + 0.5) / per_degree[1] + origin[1]
            )
            hit, region = tree.query(centres, predicate="intersects")
            value = np.full(count + 1, OUTSIDE, dtype=np.int32)
            value[hit + 1] = region
            value[1:][np.bincount(hit, minlength=count) > 1] = MIXED  # regions overlap: always test
            value[0] = MIXED
            cells = value[labels]
        return cls(
            (float(origin[0]), float(origin[1])),
            (float(per_degree[0]), float(per_degree[1])),
            (rows, columns),
            np.ascontiguousarray(cells.ravel()),
            tree,
        )

    def lookup(self, lon: Floats, lat: Floats) -> tuple[NDArray[np.int32], Ints, Ints, Ints]:
        """Find the regions of points.

        Returns:
            The region of each point (the first in code order where several touch it, OUTSIDE where none); the
            positions of the points that lie in cells with a border; and as pairs (which of those, region)
            every region that touches or covers them.
        """
        column = (lon - self.origin[0]) * self.per_degree[0]
        row = (lat - self.origin[1]) * self.per_degree[1]
        np.clip(column, 0, self.shape[1] - 1, out=column)
        np.clip(row, 0, self.shape[0] - 1, out=row)
        cell = row.astype(np.int32)
        cell *= self.shape[1]
        cell += column.astype(np.int32)
        found = self.cells[cell]
        near = np.flatnonzero(found == MIXED)
        if len(near) == 0:
            empty = np.empty(0, dtype=np.int64)
            return found, near, empty, empty
        found[near], which, region = tested(self.tree, lon[near], lat[near])
        return found, near, which, region


def tested(tree: Any, lon: Floats, lat: Floats) -> tuple[NDArray[np.int32], Ints, Ints]:
    """Test every point against the regions of an STRtree.

    Returns:
        The region of each point (the first in code order where several touch it, OUTSIDE where none), and as
        pairs (which point, region) every region that touches or covers it.
    """
    import shapely

    which, region = tree.query(shapely.points(lon, lat))
    order = np.argsort(region, kind="stable")  # one polygon after the other: its index stays in the cache
    which, region = which[order], region[order]
    touches = shapely.intersects_xy(tree.geometries[region], lon[which], lat[which])
    which, region = which[touches], region[touches]
    first = np.full(len(lon), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(first, which, region.astype(np.int32))
    first[first == np.iinfo(np.int32).max] = OUTSIDE
    return first, which, region


def _mark_borders(
    geometries: NDArray[Any], origin: Floats, per_degree: Floats, mixed: NDArray[np.bool_]
) -> None:
    """Mark every cell that a border passes, and its neighbours within a hair."""
    from geoservice.territory.segments import ring_segments

    start, end, *_ = ring_segments(geometries)
    a = (start - origin) * per_degree
    b = (end - origin) * per_degree
    steps = np.maximum(np.ceil(np.abs(b - a).max(axis=1)).astype(np.int64), 1)
    # Between two samples at most one cell apart a line passes only cells of the box that the two span.
    total = int(steps.sum())
    owner = np.repeat(np.arange(len(steps)), steps)
    k = np.arange(total) - np.repeat(np.cumsum(steps) - steps, steps)
    share = (k / steps[owner])[:, None]
    p = a[owner] + (b - a)[owner] * share
    q = a[owner] + (b - a)[owner] * (share + 1.0 / steps[owner][:, None])
    hair = 1e-7
    low = np.floor(np.minimum(p, q) - hair).astype(np.int64)
    high = np.floor(np.maximum(p, q) + hair).astype(np.int64)
    for dx in range(3):
        for dy in range(3):
            x, y = low[:, 0] + dx, low[:, 1] + dy
            inside = (x <= high[:, 0]) & (y <= high[:, 1])
            mixed[y[inside], x[inside]] = True
