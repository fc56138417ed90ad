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
    Indices = NDArray[np.intp]

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
        lines: segments (x1, y1, x2, y2).
    """

    def __init__(self, boxes: Sequence[Box] = (), lines: Sequence[Segment] = ()) -> None:
        self._boxes = _Columns(_with_far(_shrunk(columns(boxes))) if boxes else _NONE)
        self._lines = _Columns(_lines_with_far(columns(lines)) if lines else _NONE)

    @property
    def count(self) -> int:
        """How many boxes there are."""
        return int(self._boxes.held.shape[1])

    def add(self, box: Box) -> None:
        """Take in a rectangle."""
        x0, y0, x1, y1 = box[0] + TINY_MM, box[1] + TINY_MM, box[2] - TINY_MM, box[3] - TINY_MM
        self._boxes.add((x0, y0, x1, y1, x1, y1, -x0, -y0))

    def add_line(self, line: Segment) -> None:
        """Take in a line segment (x1, y1, x2, y2)."""
        x1, y1, x2, y2 = line
        self._lines.add((*line, max(x1, x2), max(y1, y2), -min(x1, x2), -min(y1, y2)))

    def joined(self, boxes: Sequence[Box], lines: Sequence[Segment] = ()) -> Obstacles:
        """Return these and more rectangles and lines, to which others can be added for themselves."""
        more = Obstacles(boxes, lines)
        held = np.concatenate([self._boxes.held, more._boxes.held], axis=1)
        return self._part(held, np.concatenate([self._lines.held, more._lines.held], axis=1))

    @classmethod
    def of_columns(cls, boxes: Array, lines: Array) -> Obstacles:
        """Return (4, n) rectangles and (4, m) lines as obstacles."""
        return cls._part(_with_far(_shrunk(boxes)), _lines_with_far(lines))

    def put(self, at: Sequence[int], boxes: Sequence[Sequence[float] | Array]) -> None:
        """Let some of the boxes held be others."""
        self._boxes.held[:, [*at]] = _with_far(_shrunk(np.asarray(boxes).T))

    def put_line(self, at: int, line: Segment) -> None:
        """Let one of the lines held be another."""
        self._lines.held[:, at : at + 1] = _lines_with_far(np.asarray([line]).T)

    def near(self, window: Box) -> Obstacles:
        """Return only those that reach into a window: the rest cannot matter for candidates inside it."""
        x0, y0, x1, y1 = window
        sides = np.array([[x0], [y0], [-x1], [-y1]])
        boxes, lines = self._boxes.held, self._lines.held
        boxes = boxes.compress(np.logical_and.reduce(boxes[4:] >= sides), axis=1)
        if lines.shape[1]:
            lines = lines.compress(np.logical_and.reduce(lines[4:] >= sides), axis=1)
        return self._part(boxes, lines)

    def beside(self, x: float, y: float, boxes: Sequence[Box]) -> Obstacles:
        """Return these without the boxes over a place, and with others instead."""
        held = self._boxes.held
        over = np.logical_and.reduce(held[4:] > np.array([[x], [y], [-x], [-y]]))
        part = self._part(held.compress(~over, axis=1), self._lines.held)
        for box in boxes:
            part.add(box)
        return part

    @staticmethod
    def _part(boxes: Array, lines: Array) -> Obstacles:
        part = Obstacles()
        part._boxes, part._lines = _Columns(boxes), _Columns(lines)
        return part

    def meeting(self, boxes: Array) -> Mask:
        """(n, k): which of the boxes held overlap which of (4, k) boxes."""
        return _meeting(_near(boxes), self._boxes.held[4:])

    def clear_of_boxes(self, boxes: Array) -> Mask:
        """For each of (4, k) boxes: does it overlap none of the boxes held?"""
        hit: Mask = np.logical_or.reduce(_meeting(_near(boxes), self._boxes.held[4:]), axis=0)
        return ~hit

    def clear_of_lines(self, boxes: Array) -> Mask:
        """For each of (4, k) boxes: does no line held run through it?"""
        clear = np.ones(boxes.shape[1], dtype=bool)
        clear[self._lines_through(boxes)] = False
        return clear

    def lets_through(self, lines: Array) -> Mask:
        """For each of (4, k) lines: does it run through no box held and cross no line held?"""
        clear = np.ones(lines.shape[1], dtype=bool)
        near = _near_of_lines(lines)
        clear[self._boxes_on(lines, near)[1]] = False
        clear[self._lines_on(lines, near)[1]] = False
        return clear

    def weight_overlapped(self, boxes: Array, weights: Array) -> Array:
        """For each of (4, k) boxes: the sum of the (n,) weights of the boxes held that it overlaps."""
        weight: Array = weights @ _meeting(_near(boxes), self._boxes.held[4:])
        return weight

    def weight_under(self, lines: Array, weights: Array) -> Array:
        """For each of (4, k) lines: the sum of the (n,) weights of the boxes held that it runs through."""
        of_box, of_line = self.boxes_on(lines)
        weight: Array = np.asarray(np.bincount(of_line, weights[of_box], lines.shape[1]), dtype=float)
        return weight

    def lines_over(self, boxes: Array) -> Indices:
        """For each of (4, k) boxes: how many of the lines held run through it."""
        return np.bincount(self._lines_through(boxes), minlength=boxes.shape[1])

    def in_the_way(self, lines: Array) -> Indices:
        """For each of (4, k) lines: how many boxes held it runs through, and lines held it crosses."""
        near = _near_of_lines(lines)
        found = np.concatenate([self._boxes_on(lines, near)[1], self._lines_on(lines, near)[1]])
        return np.bincount(found, minlength=lines.shape[1])

    def boxes_under(self, lines: Array) -> Indices:
        """For each of (4, k) lines: through how many of the boxes held it runs."""
        found = self.boxes_on(lines)[1]
        return np.bincount(found, minlength=lines.shape[1])

    def lines_crossed(self, lines: Array) -> Indices:
        """For each of (4, k) lines: how many of the lines held it crosses."""
        found = self.lines_on(lines)[1]
        return np.bincount(found, minlength=lines.shape[1])

    def boxes_on(self, lines: Array) -> tuple[Indices, Indices]:
        """Which boxes held which of (4, k) lines run through: pairs of their indices."""
        return self._boxes_on(lines, _near_of_lines(lines))

    def lines_on(self, lines: Array) -> tuple[Indices, Indices]:
        """Which lines held which of (4, k) lines cross: pairs of their indices."""
        return self._lines_on(lines, _near_of_lines(lines))

    def _lines_through(self, boxes: Array) -> Indices:
        """Boxes through which lines held run, once for each."""
        return self.lines_in(boxes)[1]

    def lines_in(self, boxes: Array) -> tuple[Indices, Indices]:
        """Which lines held run through which of (4, k) boxes: pairs of their indices."""
        lines = self._lines.held
        if not lines.shape[1]:
            return _NOWHERE, _NOWHERE
        of_line, of_box = _meeting(_near(boxes) + TINY_MM, lines[4:]).nonzero()
        if not len(of_line):
            return of_line, of_box
        across = _across(lines[:4, of_line], _shrunk(boxes[:, of_box]))
        return of_line[across], of_box[across]

    def _boxes_on(self, lines: Array, near: Array) -> tuple[Indices, Indices]:
        boxes = self._boxes.held
        of_box, of_line = _meeting(near, boxes[4:]).nonzero()
        if not len(of_box):
            return of_box, of_line
        across = _across(lines[:, of_line], boxes[:4, of_box])
        return of_box[across], of_line[across]

    def _lines_on(self, lines: Array, near: Array) -> tuple[Indices, Indices]:
        held = self._lines.held
        if not held.shape[1]:
            return _NOWHERE, _NOWHERE
        of_held, of_line = _meeting(near, held[4:]).nonzero()
        if not len(of_held):
            return of_held, of_line
        crossing = _crossing(held[:4, of_held], lines[:, of_line])
        return of_held[crossing], of_line[crossing]

    def overlap_area(self, boxes: Array) -> Array:
        """For each of (4, k) boxes: the area in mm² that it shares with the boxes held."""
        x0, y0, x1, y1 = self._boxes.held[:4, :, None]
        area = np.minimum(boxes[2], x1) - np.maximum(boxes[0], x0)
        height = np.minimum(boxes[3], y1) - np.maximum(boxes[1], y0)
        np.maximum(area, 0, out=area)
        area *= np.maximum(height, 0, out=height)
        shared: Array = area.sum(axis=0)
        return shared


_NONE = np.empty((8, 0))
_NOWHERE = np.empty(0, dtype=np.intp)


class _Columns:
    """A (8, n) array that grows a column at a time without being copied for each.

    Boxes or lines, and below them the far sides (:func:`_far`) of the boxes, or of those around the lines.
    """

    def __init__(self, held: Array) -> None:
        self.held = self._room = held

    def add(self, column: tuple[float, ...]) -> None:
        count = self.held.shape[1]
        if count == self._room.shape[1]:
            room = np.empty((8, 2 * count + 8))
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
    #: Weights are kept in hundredths: a byte for a cell, and sums over A0 that fit four.
    PARTS = 100

    def __init__(self, width_mm: float, height_mm: float) -> None:
        size = (int(height_mm / self.CELL_MM) + 1, int(width_mm / self.CELL_MM) + 1)
        self._cells = np.zeros(size, dtype=np.int8)
        self._ends = np.asarray([self._cells.shape[::-1]] * 2).reshape(4, 1)
        self._sums: NDArray[np.int32] | None = None

    def draw(self, places: Array, weight: float) -> None:
        """Mark (n, 2) places in mm, no further than a cell apart, with a weight from 0 to 1."""
        at = np.floor(places / self.CELL_MM).astype(np.intp)
        rows, columns = self._cells.shape
        at = at[(at >= 0).all(axis=1) & (at[:, 0] < columns) & (at[:, 1] < rows)]
        parts = np.int8(round(weight * self.PARTS))
        self._cells[at[:, 1], at[:, 0]] = np.maximum(self._cells[at[:, 1], at[:, 0]], parts)
        self._sums = None

    def share(self, boxes: Array) -> Array:
        """For each of (4, k) boxes: the weighted share of its cells that lines run through."""
        if self._sums is None:
            rows, wide = self._cells.shape
            self._sums = np.zeros((rows + 1, wide + 1), dtype=np.int32)
            np.cumsum(self._cells, axis=0, dtype=np.int32, out=self._sums[1:, 1:])
            np.cumsum(self._sums[1:, 1:], axis=1, out=self._sums[1:, 1:])
        at = np.floor(boxes * (1 / self.CELL_MM)).astype(np.intp)
        at[2:] += 1
        x0, y0, x1, y1 = np.minimum(np.maximum(at, 0), self._ends)
        sums = self._sums.ravel()
        low, high = y0 * self._sums.shape[1], y1 * self._sums.shape[1]
        inked = sums[high + x1] - sums[low + x1] - sums[high + x0] + sums[low + x0]
        share: Array = inked / (np.maximum((x1 - x0) * (y1 - y0), 1) * self.PARTS)
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
    x0, y0, x1, y1 = bounds
    least = np.array([[x0 - TINY_MM], [y0 - TINY_MM], [-x1 - TINY_MM], [-y1 - TINY_MM]])
    inside: Mask = np.logical_and.reduce(_near(boxes) >= least)
    return inside


def overlapping(boxes: Array, others: Array) -> Mask:
    """(n, k): which of (4, n) and (4, k) boxes share more than an edge."""
    return _meeting(_near(others), _far(_shrunk(boxes)))


def grown(box: Box, by_mm: float) -> Box:
    """Return a box with ``by_mm`` more on every side."""
    return (box[0] - by_mm, box[1] - by_mm, box[2] + by_mm, box[3] + by_mm)


def overlap(a: Box, b: Box) -> bool:
    """Tell whether two boxes share more than an edge."""
    return a[0] < b[2] - TINY_MM and b[0] < a[2] - TINY_MM and a[1] < b[3] - TINY_MM and b[1] < a[3] - TINY_MM


def runs_through(line: Segment, box: Box) -> bool:
    """Tell whether a line runs through the inside of a box."""
    x1, y1, x2, y2 = line
    if not (min(x1, x2) < box[2] and max(x1, x2) > box[0] and min(y1, y2) < box[3] and max(y1, y2) > box[1]):
        return False
    way_x, way_y = x2 - x1, y2 - y1
    off_x, off_y = x1 + x2 - box[0] - box[2], y1 + y2 - box[1] - box[3]
    reach = (box[2] - box[0]) * abs(way_y) + (box[3] - box[1]) * abs(way_x)
    return abs(way_x * off_y - way_y * off_x) < reach


def nearest_point(box: Box, x: float, y: float) -> tuple[float, float]:
    """Return the point of a box that is nearest to a place."""
    return (min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3]))


def _shrunk(boxes: Array) -> Array:
    """Boxes a little smaller, so that those that only touch do not overlap."""
    return np.concatenate([boxes[:2] + TINY_MM, boxes[2:] - TINY_MM])


# Two boxes overlap where each begins before the other ends, in x and in y. With the signs of two of the sides
# turned, these are four comparisons of one kind, which numpy makes at once.

_TURNED = np.array([[1.0], [1.0], [-1.0], [-1.0]])


def _near(boxes: Array) -> Array:
    """Where (4, k) boxes begin: x1, y1, -x2, -y2."""
    near: Array = boxes * _TURNED
    return near


def _far(boxes: Array) -> Array:
    """Where (4, n) boxes end, seen from where others begin: x2, y2, -x1, -y1."""
    return np.concatenate([boxes[2:], -boxes[:2]])


def _meeting(near: Array, far: Array) -> Mask:
    """(n, k): which boxes overlap, by the near sides of k of them and the far sides of the n others."""
    meeting: Mask = np.logical_and.reduce(near[:, None, :] < far[:, :, None])
    return meeting


def _with_far(boxes: Array) -> Array:
    return np.concatenate([boxes, _far(boxes)])


def _lines_with_far(lines: Array) -> Array:
    low, high = np.minimum(lines[:2], lines[2:]), np.maximum(lines[:2], lines[2:])
    return np.concatenate([lines, high, -low])


def _near_of_lines(lines: Array) -> Array:
    return np.concatenate([np.minimum(lines[:2], lines[2:]), -np.maximum(lines[:2], lines[2:])])


def _across(lines: Array, boxes: Array) -> Mask:
    """For each of (4, m) lines, does it run through its box, if the box around it meets that one?

    By the last of the separating axes: they are apart where their shadows are across the line.
    """
    way_x, way_y = lines[2:] - lines[:2]
    wide, tall = boxes[2:] - boxes[:2]
    off_x, off_y = (lines[2:] + lines[:2]) - (boxes[2:] + boxes[:2])
    across: Mask = np.abs(way_x * off_y - way_y * off_x) <= wide * np.abs(way_y) + tall * np.abs(way_x)
    return across


def _crossing(lines: Array, others: Array) -> Mask:
    """For each of (4, m) segments, does it cross its other one at an inner point of both?"""
    (r_x, r_y), (s_x, s_y) = lines[2:] - lines[:2], others[2:] - others[:2]
    o_x, o_y = others[:2] - lines[:2]
    cross = r_x * s_y - r_y * s_x
    cross[np.abs(cross) < 1e-12] = np.inf  # parallel: puts where they meet at the very start
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
