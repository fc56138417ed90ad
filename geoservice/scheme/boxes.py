"""Rectangles and segments on paper: the geometry under the label placer. Pure; millimetres, y downwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

Box = tuple[float, float, float, float]
Segment = tuple[float, float, float, float]

#: Rounding of binary fractions must not make touching boxes overlap.
TINY_MM = 1e-6


class Obstacles:
    """Boxes and lines that a candidate must keep clear of; grows as things are placed.

    Args:
        boxes: rectangles (min_x, min_y, max_x, max_y).
    """

    def __init__(self, boxes: list[Box] | None = None) -> None:
        self._held_boxes = _Rows(np.asarray(boxes or [], dtype=float).reshape(-1, 4))
        self._held_lines = _Rows(np.empty((0, 4)))

    @property
    def _boxes(self) -> Array:
        return self._held_boxes.rows

    @property
    def _lines(self) -> Array:
        return self._held_lines.rows

    def add(self, box: Box) -> None:
        """Take in a rectangle."""
        self._held_boxes.add(box)

    def add_line(self, line: Segment) -> None:
        """Take in a line segment (x1, y1, x2, y2)."""
        self._held_lines.add(line)

    def near(self, window: Box) -> Obstacles:
        """Return only those that reach into a window: the rest cannot matter for candidates inside it."""
        part = Obstacles()
        part._held_boxes = _Rows(self._boxes[_touching(self._boxes, window)])
        if len(lines := self._lines):
            low, high = np.minimum(lines[:, :2], lines[:, 2:]), np.maximum(lines[:, :2], lines[:, 2:])
            part._held_lines = _Rows(lines[_touching(np.hstack([low, high]), window)])
        return part

    def clear_of_boxes(self, boxes: Array) -> Mask:
        """For each of (k, 4) boxes: does it overlap none of the boxes held?"""
        if not len(self._boxes):
            return np.ones(len(boxes), dtype=bool)
        free: Mask = ~np.any(_overlaps(boxes, self._boxes), axis=1)
        return free

    def clear_of_lines(self, boxes: Array) -> Mask:
        """For each of (k, 4) boxes: does no line held run through it?"""
        if not len(self._lines):
            return np.ones(len(boxes), dtype=bool)
        free: Mask = ~np.any(_crossings(self._lines, boxes), axis=0)
        return free

    def lets_through(self, lines: Array) -> Mask:
        """For each of (k, 4) lines: does it run through no box held and cross no line held?"""
        free = np.ones(len(lines), dtype=bool)
        if len(self._boxes):
            free &= ~_crossings(lines, self._boxes).any(axis=1)
        if len(self._lines):
            free &= ~_intersections(lines, self._lines).any(axis=1)
        return free

    def overlap_area(self, boxes: Array) -> Array:
        """For each of (k, 4) boxes: the area in mm² that it shares with the boxes held."""
        if not len(self._boxes):
            return np.zeros(len(boxes))
        x0, y0, x1, y1 = self._boxes.T.copy()
        area = np.minimum(boxes[:, 2:3], x1) - np.maximum(boxes[:, 0:1], x0)
        height = np.minimum(boxes[:, 3:], y1) - np.maximum(boxes[:, 1:2], y0)
        np.maximum(area, 0, out=area)
        area *= np.maximum(height, 0, out=height)
        shared: Array = area.sum(axis=1)
        return shared


class _Rows:
    """An (n, 4) array that grows a row at a time without being copied for each."""

    def __init__(self, rows: Array) -> None:
        self.rows = self._room = rows

    def add(self, row: Box) -> None:
        count = len(self.rows)
        if count == len(self._room):
            self._room = np.empty((2 * count + 8, 4))
            self._room[:count] = self.rows
        self._room[count] = row
        self.rows = self._room[: count + 1]


class Ink:
    """Where the lines of a base map run, as a raster: how much of a box they take, in one look-up.

    Args:
        width_mm: width of the map.
        height_mm: height of the map.
    """

    CELL_MM = 0.5

    def __init__(self, width_mm: float, height_mm: float) -> None:
        self._cells = np.zeros((int(height_mm / self.CELL_MM) + 1, int(width_mm / self.CELL_MM) + 1))
        self._sums: Array | None = None

    def draw(self, places: Array, weight: float) -> None:
        """Mark (n, 2) places in mm, no further than a cell apart, with a weight from 0 to 1."""
        at = np.floor(places / self.CELL_MM).astype(np.intp)
        rows, columns = self._cells.shape
        at = at[(at >= 0).all(axis=1) & (at[:, 0] < columns) & (at[:, 1] < rows)]
        self._cells[at[:, 1], at[:, 0]] = np.maximum(self._cells[at[:, 1], at[:, 0]], weight)
        self._sums = None

    def share(self, boxes: Array) -> Array:
        """For each of (k, 4) boxes: the weighted share of its cells that lines run through."""
        if self._sums is None:
            self._sums = np.pad(self._cells.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        rows, columns = self._cells.shape
        at = np.floor(boxes / self.CELL_MM).astype(np.intp)
        x0, x1 = np.clip(at[:, 0], 0, columns), np.clip(at[:, 2] + 1, 0, columns)
        y0, y1 = np.clip(at[:, 1], 0, rows), np.clip(at[:, 3] + 1, 0, rows)
        sums = self._sums
        inked = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
        share: Array = inked / np.maximum((x1 - x0) * (y1 - y0), 1)
        return share


def within(boxes: Array, bounds: Box) -> Mask:
    """For each of (k, 4) boxes: does it lie inside ``bounds``?"""
    inside: Mask = (
        (boxes[:, 0] >= bounds[0] - TINY_MM)
        & (boxes[:, 1] >= bounds[1] - TINY_MM)
        & (boxes[:, 2] <= bounds[2] + TINY_MM)
        & (boxes[:, 3] <= bounds[3] + TINY_MM)
    )
    return inside


def grown(box: Box, by_mm: float) -> Box:
    """Return a box with ``by_mm`` more on every side."""
    return (box[0] - by_mm, box[1] - by_mm, box[2] + by_mm, box[3] + by_mm)


def overlap(a: Box, b: Box) -> bool:
    """Tell whether two boxes share more than an edge."""
    return a[0] < b[2] - TINY_MM and b[0] < a[2] - TINY_MM and a[1] < b[3] - TINY_MM and b[1] < a[3] - TINY_MM


def nearest_point(box: Box, x: float, y: float) -> tuple[float, float]:
    """Return the point of a box that is nearest to a place."""
    return (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))


def _touching(boxes: Array, window: Box) -> Mask:
    touching: Mask = (
        (boxes[:, 0] <= window[2])
        & (boxes[:, 2] >= window[0])
        & (boxes[:, 1] <= window[3])
        & (boxes[:, 3] >= window[1])
    )
    return touching


def _overlaps(boxes: Array, others: Array) -> Mask:
    x0, y0, x1, y1 = others.T.copy()  # side by side they are compared several times as fast
    ends = boxes[:, 2:] - TINY_MM
    result: Mask = boxes[:, 0:1] < x1 - TINY_MM
    result &= x0 < ends[:, 0:1]
    result &= boxes[:, 1:2] < y1 - TINY_MM
    result &= y0 < ends[:, 1:]
    return result


def _crossings(lines: Array, boxes: Array) -> Mask:
    """(n lines, k boxes): does the line run through the inside of the box (Liang and Barsky's clipping)?"""
    x, y = lines[:, None, 0], lines[:, None, 1]
    dx, dy = lines[:, None, 2] - x, lines[:, None, 3] - y
    enter = np.zeros((len(lines), len(boxes)))
    leave = np.ones((len(lines), len(boxes)))
    outside = np.zeros((len(lines), len(boxes)), dtype=bool)
    axes = ((x, dx, boxes[:, 0], boxes[:, 2]), (y, dy, boxes[:, 1], boxes[:, 3]))
    for start, step, least, most in axes:
        low, high = least[None, :] + TINY_MM, most[None, :] - TINY_MM
        still = np.abs(step) < 1e-12
        if not still.any():
            first, second = (low - start) / step, (high - start) / step
            np.maximum(enter, np.minimum(first, second), out=enter)
            np.minimum(leave, np.maximum(first, second), out=leave)
            continue
        safe = np.where(still, 1.0, step)
        first, second = (low - start) / safe, (high - start) / safe
        outside |= still & ((start <= low) | (start >= high))
        enter = np.where(still, enter, np.maximum(enter, np.minimum(first, second)))
        leave = np.where(still, leave, np.minimum(leave, np.maximum(first, second)))
    crossing: Mask = ~outside & (enter < leave)
    return crossing


def _intersections(lines: Array, others: Array) -> Mask:
    """(n, m): do two segments cross at an inner point?"""
    p, q = lines[:, None, :], others[None, :, :]
    r_x, r_y = p[..., 2] - p[..., 0], p[..., 3] - p[..., 1]
    s_x, s_y = q[..., 2] - q[..., 0], q[..., 3] - q[..., 1]
    cross = r_x * s_y - r_y * s_x
    parallel = np.abs(cross) < 1e-12
    safe = np.where(parallel, 1.0, cross)
    o_x, o_y = q[..., 0] - p[..., 0], q[..., 1] - p[..., 1]
    t = (o_x * s_y - o_y * s_x) / safe
    u = (o_x * r_y - o_y * r_x) / safe
    crossing: Mask = ~parallel & (t > 1e-9) & (t < 1 - 1e-9) & (u > 1e-9) & (u < 1 - 1e-9)
    return crossing
