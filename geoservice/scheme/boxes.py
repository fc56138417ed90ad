"""Rectangles and segments on paper: the geometry under the label placer. Pure; millimetres, y downwards.

Many boxes or lines are one (4, k) array, a row for each of x1, y1, x2, y2: what is compared then lies side by
side in memory. A function that takes several of them answers with one value for each column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

Box = tuple[float, float, float, float]
Segment = tuple[float, float, float, float]

#: How many ways lead from a place on every ring around it.
DIRECTIONS = 24
#: Rounding of binary fractions must not make touching boxes overlap.
TINY_MM = 1e-6


class Obstacles:
    """Boxes and lines that a candidate must keep clear of; grows as things are placed.

    Args:
        boxes: rectangles (min_x, min_y, max_x, max_y).
    """

    def __init__(self, boxes: Sequence[Box] = ()) -> None:
        self._boxes = _Columns(_shrunk(columns(boxes)) if boxes else _NONE)
        self._lines = _Columns(_NONE)

    def add(self, box: Box) -> None:
        """Take in a rectangle."""
        x0, y0, x1, y1 = box
        self._boxes.add((x0 + TINY_MM, y0 + TINY_MM, x1 - TINY_MM, y1 - TINY_MM))

    def add_line(self, line: Segment) -> None:
        """Take in a line segment (x1, y1, x2, y2)."""
        self._lines.add(line)

    def near(self, window: Box) -> Obstacles:
        """Return only those that reach into a window: the rest cannot matter for candidates inside it."""
        part = Obstacles()
        x0, y0, x1, y1 = window
        boxes = self._boxes.held
        touching = (boxes[0] <= x1) & (boxes[2] >= x0) & (boxes[1] <= y1) & (boxes[3] >= y0)
        part._boxes = _Columns(boxes[:, touching])
        lines = self._lines.held
        if lines.shape[1]:
            ends = lines.reshape(2, 2, -1)
            low, high = ends.min(axis=0), ends.max(axis=0)
            touching = (low[0] <= x1) & (high[0] >= x0) & (low[1] <= y1) & (high[1] >= y0)
            part._lines = _Columns(lines[:, touching])
        return part

    def beside(self, x: float, y: float, boxes: Sequence[Box]) -> Obstacles:
        """Return these without the boxes over a place, and with others instead."""
        part = Obstacles()
        held = self._boxes.held
        over = (held[0] < x) & (x < held[2]) & (held[1] < y) & (y < held[3])
        part._boxes = _Columns(held[:, ~over])
        part._lines = _Columns(self._lines.held)
        for box in boxes:
            part.add(box)
        return part

    def clear_of_boxes(self, boxes: Array) -> Mask:
        """For each of (4, k) boxes: does it overlap none of the boxes held?"""
        hit: Mask = np.logical_or.reduce(_overlaps(self._boxes.held, boxes), axis=0)
        return ~hit

    def clear_of_lines(self, boxes: Array) -> Mask:
        """For each of (4, k) boxes: does no line held run through it?"""
        lines = self._lines.held
        if not lines.shape[1]:
            return np.ones(boxes.shape[1], dtype=bool)
        hit: Mask = np.logical_or.reduce(_crossings(lines, _shrunk(boxes)), axis=0)
        return ~hit

    def lets_through(self, lines: Array) -> Mask:
        """For each of (4, k) lines: does it run through no box held and cross no line held?"""
        hit: Mask = np.logical_or.reduce(_crossings(lines, self._boxes.held), axis=1)
        others = self._lines.held
        if others.shape[1]:
            hit |= np.logical_or.reduce(_intersections(others, lines), axis=0)
        return ~hit

    def overlaps(self, boxes: Array) -> Array:
        """For each of (4, k) boxes: how many of the boxes held it overlaps."""
        count: Array = np.add.reduce(_overlaps(self._boxes.held, boxes), axis=0, dtype=float)
        return count

    def lines_over(self, boxes: Array) -> Array:
        """For each of (4, k) boxes: how many of the lines held run through it."""
        count: Array = np.add.reduce(_crossings(self._lines.held, _shrunk(boxes)), axis=0, dtype=float)
        return count

    def boxes_under(self, lines: Array) -> Array:
        """For each of (4, k) lines: through how many of the boxes held it runs."""
        count: Array = np.add.reduce(_crossings(lines, self._boxes.held), axis=1, dtype=float)
        return count

    def lines_crossed(self, lines: Array) -> Array:
        """For each of (4, k) lines: how many of the lines held it crosses."""
        count: Array = np.add.reduce(_intersections(self._lines.held, lines), axis=0, dtype=float)
        return count

    def overlap_area(self, boxes: Array) -> Array:
        """For each of (4, k) boxes: the area in mm² that it shares with the boxes held."""
        x0, y0, x1, y1 = self._boxes.held[:, :, None]
        area = np.minimum(boxes[2], x1) - np.maximum(boxes[0], x0)
        height = np.minimum(boxes[3], y1) - np.maximum(boxes[1], y0)
        np.maximum(area, 0, out=area)
        area *= np.maximum(height, 0, out=height)
        shared: Array = area.sum(axis=0)
        return shared


_NONE = np.empty((4, 0))


class _Columns:
    """A (4, n) array that grows a column at a time without being copied for each."""

    def __init__(self, held: Array) -> None:
        self.held = self._room = held

    def add(self, column: Box) -> None:
        count = self.held.shape[1]
        if count == self._room.shape[1]:
            room = np.empty((4, 2 * count + 8))
            room[:, :count] = self._room
            self._room = room
        self._room[:, count] = column
        self.held = self._room[:, : count + 1]


class Ink:
    """Where the lines of a base map run, as a raster: how much of a box they take, in one look-up.

    Args:
        width_mm: width of the map.
        height_mm: height of the map.
    """

    CELL_MM = 0.5

    def __init__(self, width_mm: float, height_mm: float) -> None:
        self._cells = np.zeros((int(height_mm / self.CELL_MM) + 1, int(width_mm / self.CELL_MM) + 1))
        self._ends = np.asarray([self._cells.shape[::-1]] * 2).reshape(4, 1)
        self._sums: Array | None = None

    def draw(self, places: Array, weight: float) -> None:
        """Mark (n, 2) places in mm, no further than a cell apart, with a weight from 0 to 1."""
        at = np.floor(places / self.CELL_MM).astype(np.intp)
        rows, columns = self._cells.shape
        at = at[(at >= 0).all(axis=1) & (at[:, 0] < columns) & (at[:, 1] < rows)]
        self._cells[at[:, 1], at[:, 0]] = np.maximum(self._cells[at[:, 1], at[:, 0]], weight)
        self._sums = None

    def share(self, boxes: Array) -> Array:
        """For each of (4, k) boxes: the weighted share of its cells that lines run through."""
        if self._sums is None:
            self._sums = np.pad(self._cells.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
        at = np.floor(boxes * (1 / self.CELL_MM)).astype(np.intp)
        at[2:] += 1
        x0, y0, x1, y1 = np.minimum(np.maximum(at, 0), self._ends)
        sums = self._sums.ravel()
        low, high = y0 * self._sums.shape[1], y1 * self._sums.shape[1]
        inked = sums[high + x1] - sums[low + x1] - sums[high + x0] + sums[low + x0]
        share: Array = inked / np.maximum((x1 - x0) * (y1 - y0), 1)
        return share


def columns(boxes: Sequence[Box]) -> Array:
    """Boxes or lines as one (4, k) array."""
    return np.ascontiguousarray(np.asarray(boxes, dtype=float).reshape(-1, 4).T)


def box_at(boxes: Array, index: int) -> Box:
    """One of (4, k) boxes."""
    x0, y0, x1, y1 = boxes[:, index].tolist()
    return (x0, y0, x1, y1)


def within(boxes: Array, bounds: Box) -> Mask:
    """For each of (4, k) boxes: does it lie inside ``bounds``?"""
    x0, y0, x1, y1 = boxes
    inside: Mask = (x0 >= bounds[0] - TINY_MM) & (y0 >= bounds[1] - TINY_MM)
    inside &= (x1 <= bounds[2] + TINY_MM) & (y1 <= bounds[3] + TINY_MM)
    return inside


def overlapping(boxes: Array, others: Array) -> Mask:
    """(n, k): which of (4, n) and (4, k) boxes share more than an edge."""
    return _overlaps(_shrunk(boxes), others)


def grown(box: Box, by_mm: float) -> Box:
    """Return a box with ``by_mm`` more on every side."""
    return (box[0] - by_mm, box[1] - by_mm, box[2] + by_mm, box[3] + by_mm)


def overlap(a: Box, b: Box) -> bool:
    """Tell whether two boxes share more than an edge."""
    return a[0] < b[2] - TINY_MM and b[0] < a[2] - TINY_MM and a[1] < b[3] - TINY_MM and b[1] < a[3] - TINY_MM


def nearest_point(box: Box, x: float, y: float) -> tuple[float, float]:
    """Return the point of a box that is nearest to a place."""
    return (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))


def _shrunk(boxes: Array) -> Array:
    """Boxes a little smaller, so that those that only touch do not overlap."""
    return np.concatenate([boxes[:2] + TINY_MM, boxes[2:] - TINY_MM])


def _overlaps(held: Array, boxes: Array) -> Mask:
    """(n held, k boxes): do they overlap? ``held`` are shrunk."""
    x0, y0, x1, y1 = held[:, :, None]
    result: Mask = boxes[0] < x1
    result &= x0 < boxes[2]
    result &= boxes[1] < y1
    result &= y0 < boxes[3]
    return result


def _crossings(lines: Array, boxes: Array) -> Mask:
    """(n lines, k shrunk boxes): does the line run through the inside of the box?

    By separating axes: they are apart where their shadows are, on the sides of the box or across the line.
    """
    half = (boxes[2:] - boxes[:2]) / 2
    way = ((lines[2:] - lines[:2]) / 2)[:, :, None]
    off = ((lines[2:] + lines[:2]) / 2)[:, :, None] - (boxes[:2] + half)[:, None, :]
    half, far = half[:, None, :], np.abs(way)
    meet = np.abs(off) < half + far
    across = np.abs(way[0] * off[1] - way[1] * off[0]) <= half[0] * far[1] + half[1] * far[0]
    crossing: Mask = meet[0] & meet[1] & across
    return crossing


def _intersections(lines: Array, others: Array) -> Mask:
    """(n, m): do two segments cross at an inner point?"""
    r_x, r_y = (lines[2:] - lines[:2])[:, :, None]
    s_x, s_y = others[2:] - others[:2]
    o_x, o_y = others[:2, None, :] - lines[:2, :, None]
    cross = r_x * s_y - r_y * s_x
    parallel = np.abs(cross) < 1e-12
    if parallel.any():
        cross[parallel] = np.inf  # puts where they meet at the very start
    t, u = (o_x * s_y - o_y * s_x) / cross, (o_x * r_y - o_y * r_x) / cross
    crossing: Mask = (t > 1e-9) & (t < 1 - 1e-9) & (u > 1e-9) & (u < 1 - 1e-9)
    return crossing


@lru_cache(maxsize=256)
def ring_shifts(rings: tuple[float, ...]) -> Array:
    """(2, k) shifts ring by ring, radii in mm; on a ring to the right first, then up and down in turn."""
    turns = [((step + 1) // 2) * (1 if step % 2 else -1) for step in range(DIRECTIONS)]
    angles = np.asarray(turns) * 2 * math.pi / DIRECTIONS
    circle = np.stack([np.cos(angles), np.sin(angles)])
    shifts = np.hstack([circle * ring for ring in rings])
    shifts.flags.writeable = False
    return shifts
