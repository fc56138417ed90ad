"""Where in an area of the base map its name has room."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from geoservice.scheme.boxes import Box, Ink, Obstacles, box_at, grown, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Millimetres that an area's name goes out of its way to get off lines that fill it wholly.
AREA_INK = 60.0
#: Degrees by which a slanted name rises or falls; how much longer than wide its area is at the least.
SLANTS, LEAST_LONG = (8.0, 50.0), 1.3
#: The share of lines that a slanted name may lie on: roads and rivers often run along a long area as well.
SLANT_INK = 0.1
EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)


class Slant(Struct, frozen=True):
    """A name's place: its middle (mm), angle (degrees, clockwise on paper), and boxes that cover it."""

    x: float
    y: float
    angle: float
    boxes: tuple[Box, ...]

    def at(self, along: float, down: float) -> tuple[float, float]:
        """The place so many mm along the name and below its middle."""
        cos, sin = _turn(self.angle)
        return (self.x + along * cos - down * sin, self.y + along * sin + down * cos)


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


def best_slant(
    polygon: Any, block: tuple[float, float], bounds: Box, obstacles: Obstacles, ink: Ink
) -> Slant | None:
    """Return the best free place of a name along a long area's axis, straight and never steep or upside down.

    The name is covered by boxes side by side, each about as wide as the name is high: a level box around the
    whole would be mostly empty paper.

    Args:
        polygon: the area's part in the frame, mm.
        block: width and height of the name.
        bounds: the frame.
        obstacles: what the name may not lie on.
        ink: lines of the base map, which it had better not lie on.
    """
    axis = _axis(polygon)
    if axis is None:
        return None
    angle, turned = axis
    levels, unease = _rooms(turned, block, EVERYWHERE, 1.0)
    if not len(unease):
        return None
    width, height = block
    cos, sin = _turn(angle)
    pieces = max(1, math.ceil(width / height))
    along = (np.arange(pieces) + 0.5) / pieces * width - width / 2
    x, y = (levels[0] + levels[2]) / 2, (levels[1] + levels[3]) / 2
    x, y = x * cos - y * sin, x * sin + y * cos
    each = width / pieces
    half_w, half_h = (each * cos + height * abs(sin)) / 2, (each * abs(sin) + height * cos) / 2
    middle_x, middle_y = x[:, None] + along * cos, y[:, None] + along * sin
    boxes = np.stack([middle_x - half_w, middle_y - half_h, middle_x + half_w, middle_y + half_h])
    flat = np.ascontiguousarray(boxes.reshape(4, -1))
    free = within(flat, grown(bounds, -1.0))
    near = obstacles.near(polygon.buffer(width / 2).bounds)
    free[free] = near.clear_of_boxes(flat[:, free])
    free[free] = near.clear_of_lines(flat[:, free])
    share = ink.share(flat).reshape(-1, pieces).mean(axis=1)
    whole = free.reshape(-1, pieces).all(axis=1) & (share <= SLANT_INK)
    if not whole.any():
        return None
    best = int(np.argmin(np.where(whole, unease + AREA_INK * share, np.inf)))
    covered = tuple(box_at(boxes[:, best], i) for i in range(pieces))
    return Slant(float(x[best]), float(y[best]), angle, covered)


def _turn(angle: float) -> tuple[float, float]:
    return math.cos(math.radians(angle)), math.sin(math.radians(angle))


@lru_cache(maxsize=256)
def _axis(polygon: Any) -> tuple[float, Any] | None:
    """The angle of an area's long axis, and the area turned level around the paper's corner."""
    import shapely
    from shapely import affinity

    around = shapely.get_coordinates(shapely.oriented_envelope(polygon))
    if len(around) < 4:
        return None
    sides = np.diff(around[:3], axis=0)
    lengths = np.hypot(*sides.T)
    if lengths.max() < LEAST_LONG * lengths.min():
        return None
    dx, dy = sides[int(lengths.argmax())].tolist()
    angle = math.degrees(math.atan2(dy, dx))
    angle = (angle + 90) % 180 - 90  # from left to right
    if not SLANTS[0] <= abs(angle) <= SLANTS[1]:
        return None
    angle = round(angle, 1)
    return angle, affinity.rotate(polygon, -angle, origin=(0, 0))


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
