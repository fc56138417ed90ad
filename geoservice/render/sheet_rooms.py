"""Where in an area of the base map its name has room."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geoservice.scheme.boxes import Box, Ink, Obstacles, box_at, grown, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Millimetres that an area's name goes out of its way to get off lines that fill it wholly.
AREA_INK = 60.0


def best_box(
    polygon: Any, block: tuple[float, float], bounds: Box, obstacles: Obstacles, ink: Ink, core: float
) -> Box | None:
    """Return the free box inside a polygon that is nearest to its middle and furthest from lines.

    Args:
        polygon: the area's part in the frame, mm.
        block: width and height of the name.
        bounds: the frame.
        obstacles: what the name may not lie on.
        ink: lines of the base map, which it had better not lie on.
        core: the share of the name's width that has to lie inside.
    """
    boxes, unease = _rooms(polygon, block, bounds, core)
    if not len(unease):
        return None
    width, height = block
    low_x, low_y, high_x, high_y = polygon.bounds
    near = obstacles.near((low_x - width, low_y - height, high_x + width, high_y + height))
    free = near.clear_of_boxes(boxes)
    free[free] = near.clear_of_lines(boxes[:, free])
    if not free.any():
        return None
    boxes = boxes[:, free]
    return box_at(boxes, int(np.argmin(unease[free] + AREA_INK * ink.share(boxes))))


@lru_cache(maxsize=256)  # a few kB each
def _rooms(polygon: Any, block: tuple[float, float], bounds: Box, core: float) -> tuple[Array, Array]:
    """The (4, k) boxes that a name could take inside a polygon, and how far each is from where it is best.

    They depend on the base alone: for the next sheet on the same base they stand.
    """
    import shapely

    width, height = block
    low_x, low_y, high_x, high_y = polygon.bounds
    if high_x - low_x < width * 0.8 * core or high_y - low_y < height * core:
        return np.empty((4, 0)), np.empty(0)
    half_w, half_h = width * 0.4 * core, height / 2 * core
    xs = np.linspace(low_x + half_w, high_x - half_w, 22)
    ys = np.linspace(low_y + half_h, high_y - half_h, 18)
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    boxes = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    free = within(boxes, grown(bounds, -1.0))
    shapely.prepare(polygon)
    for share in (0.0, -0.5, -0.25, 0.25, 0.5):
        free[free] = shapely.contains_xy(polygon, x[free] + share * width * core, y[free])
    x, y = x[free], y[free]
    edge = shapely.distance(polygon.boundary, shapely.points(x, y))
    middle = polygon.centroid
    away = np.hypot(x - middle.x, y - middle.y)
    return boxes[:, free], away - 1.5 * edge
