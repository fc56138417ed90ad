"""The search for room beside a place: for a sign with its number, and for the tick that leads there.

Pure and deterministic; millimetres in a map frame, y downwards. What a tick costs is its length, and
:data:`CROSSING_MM` for each line and sign that it runs through, and for each line that the sign lies on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.scheme.boxes import (
    TINY_MM,
    Box,
    Obstacles,
    Segment,
    columns,
    grown,
    nearest_point,
    overlapping,
    ring_shifts,
    within,
)
from geoservice.scheme.placed import PlacedUnit, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Indices = NDArray[np.intp]

#: Clear paper between two units, and between a unit and its text.
GAP_MM = 0.5
#: How far a sign may be moved from its place before the search takes to the whole frame.
RINGS_MM = (2.0, 3.5, 5.0, 6.5, 8.5, 11.0, 14.0, 18.0, 23.0, 29.0, 36.0, 45.0, 56.0, 70.0, 90.0, 120.0)
#: A tick longer than this is not followed; half the side of what is kept free at the end of one.
LONG_MM, DOT_MM = 40.0, 0.4
#: How much longer a tick may be so that it crosses one line or sign less.
CROSSING_MM = 12.0
#: Candidates whose boxes are looked at together, and those of them whose ticks are.
BLOCK, CLOSELY = 144, 12
#: What a box and the clear paper around it are more than the box.
GAP = np.asarray([[-GAP_MM / 2], [-GAP_MM / 2], [GAP_MM / 2], [GAP_MM / 2]])
#: Rows of the upper left corner, for both corners.
_LOW_TWICE = [0, 1, 0, 1]


def dot(unit: Unit) -> Box:
    """What is kept free at a unit's place."""
    return grown((unit.x, unit.y, unit.x, unit.y), DOT_MM)


def stands_over(unit: Unit, box: Box) -> bool:
    """Whether a box lies over a unit's place."""
    return box[0] < unit.x < box[2] and box[1] < unit.y < box[3]


def core(unit: Unit) -> Box:
    """The sign of a unit without its number: what all of its shapes cover."""
    x0, y0, x1, y1 = _common(unit.shapes)
    return (x0 + unit.x, y0 + unit.y, x1 + unit.x, y1 + unit.y)


@lru_cache(maxsize=1024)
def _common(shapes: tuple[Box, ...]) -> Box:
    x0, y0, x1, y1 = zip(*shapes, strict=True)
    return (max(x0), max(y0), min(x1), min(y1))


def number_parts(unit: Unit, at: PlacedUnit) -> list[Box]:
    """What a sign takes beside itself for its number: the parts of its box around the sign."""
    (x0, y0, x1, y1), (left, top, right, low) = at.box, core(unit)
    left, top, right, low = left + at.dx, top + at.dy, right + at.dx, low + at.dy
    parts = ((x0, y0, left, y1), (right, y0, x1, y1), (x0, y0, x1, top), (x0, low, x1, y1))
    return [part for part in parts if part[2] - part[0] > GAP_MM and part[3] - part[1] > GAP_MM]


def core_at(unit: Unit, at: PlacedUnit) -> Box:
    """The sign of a unit where it stands."""
    x0, y0, x1, y1 = core(unit)
    return (x0 + at.dx, y0 + at.dy, x1 + at.dx, y1 + at.dy)


def seen_from(unit: Unit, other: Unit, at: PlacedUnit) -> list[Box]:
    """What a line from a unit's place may not run through of a sign that stands over it or close beside it.

    Over a sign that hides the place a line may run, for it is drawn over it, but not over the number.
    """
    if not stands_over(unit, at.box):
        return [at.box]
    sign = core_at(other, at)
    return number_parts(other, at) if stands_over(unit, sign) else [sign, *number_parts(other, at)]


class _Way(Struct, frozen=True):
    """Shifts to be tried together: (2, k) twice below each other, how far each is, how far the farthest."""

    shifts: Array
    lengths: Array
    reach: float


def _ways(shifts: Array) -> tuple[_Way, ...]:
    parts = [shifts[:, start : start + BLOCK] for start in range(0, shifts.shape[1], BLOCK)]
    return tuple(
        _Way(np.tile(part, (2, 1)), np.hypot(*part), float(np.abs(part).max()) + 1.0) for part in parts
    )


@lru_cache(maxsize=256)
def _rings(reach: float) -> tuple[_Way, ...]:
    return _ways(ring_shifts(tuple(reach * 0.6 + ring for ring in RINGS_MM)))


def beside_place(unit: Unit, bounds: Box, held: Obstacles, rough: bool, numbers: Sequence[Box]) -> PlacedUnit:
    """As near to its place as there is room, ``numbers`` of the signs over it and other ticks not crossed."""
    first = unit.shapes[0]
    ways = _rings(max(first[2] - first[0], first[3] - first[1]) / 2)
    choice = _first_free(unit, ways, bounds, held, None if rough else numbers)
    if choice is None:
        xs = np.arange(bounds[0], bounds[2], 3.0) - unit.x
        ys = np.arange(bounds[1], bounds[3], 3.0) - unit.y
        grid = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
        ways = _ways(grid[:, np.argsort(np.hypot(*grid), kind="stable")])
        choice = _first_free(unit, ways, bounds, held)
    forced = choice is None
    dx, dy = _least_bad(unit, ways, bounds, held) if choice is None else choice
    x, y = unit.x + dx, unit.y + dy
    box = (first[0] + x, first[1] + y, first[2] + x, first[3] + y)
    return PlacedUnit(unit.id, 0, dx, dy, box, moved=True, forced=forced)


def _first_free(
    unit: Unit, ways: Sequence[_Way], bounds: Box, held: Obstacles, numbers: Sequence[Box] | None = None
) -> tuple[float, float] | None:
    """The first shift at which the unit is clear; with ``numbers`` of ticks as well where that can be."""
    spare, least = None, np.inf
    x0, y0, x1, y1 = unit.shapes[0]
    around = (unit.x + min(x0, 0), unit.y + min(y0, 0), unit.x + max(x1, 0), unit.y + max(y1, 0))
    for part in ways:
        if spare is not None and part.lengths[0] > min(LONG_MM, least):
            break  # a short tick over another is read more easily than one across the map
        boxes = _shifted(unit, part)
        near = held.near(grown(around, part.reach))
        index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(boxes + GAP))
        if not len(index):
            continue
        if numbers is None:
            return _shift(part, index[0])
        # The tick starts at the unit's own place, on which another sign may stand.
        way = near.beside(unit.x, unit.y, numbers)
        for begin in range(0, len(index), CLOSELY):
            some = index[begin : begin + CLOSELY]
            if part.lengths[some[0]] >= least:
                break
            costs = part.lengths[some] + CROSSING_MM * _crossed(unit, boxes[:, some], near, way)
            best = int(costs.argmin())
            if costs[best] < least:
                spare, least = _shift(part, some[best]), float(costs[best])
    return spare


def _shift(part: _Way, index: int | np.intp) -> tuple[float, float]:
    dx, dy = part.shifts[:2, index].tolist()
    return dx, dy


def _crossed(unit: Unit, boxes: Array, near: Obstacles, way: Obstacles) -> Indices:
    """For each of (4, k) boxes of a unit: how many lines it lies on, and what its tick runs through."""
    lines = _ticks(unit, boxes)
    return near.lines_over(boxes) + way.in_the_way(lines)


def _least_bad(unit: Unit, ways: Sequence[_Way], bounds: Box, held: Obstacles) -> tuple[float, float]:
    """Where no room is left: the shift at which least is covered."""
    best, least = (0.0, 0.0), np.inf
    for part in ways:
        boxes = _shifted(unit, part)
        area = held.overlap_area(boxes) + np.where(within(boxes, bounds), 0.0, 1e6)
        at = int(area.argmin())
        if area[at] < least:
            best, least = _shift(part, at), float(area[at])
    return best


def _shifted(unit: Unit, part: _Way) -> Array:
    """Boxes of the unit's first shape at shifts."""
    x0, y0, x1, y1 = unit.shapes[0]
    return part.shifts + _column(x0 + unit.x, y0 + unit.y, x1 + unit.x, y1 + unit.y)


def tick_of(unit: Unit, at: PlacedUnit) -> Segment:
    """The line from a unit's place to its sign, or to its number where that lies straight between."""
    x, y, box = unit.x, unit.y, at.box
    (x0, y0, *_), (left, top, right, low) = unit.shapes[at.shape], _common(unit.shapes)
    sign = (box[0] + (left - x0), box[1] + (top - y0), box[0] + (right - x0), box[1] + (low - y0))
    side = _number_side(unit.shapes, at.shape)
    beyond = (x < sign[0], y < sign[1], x > sign[2], y > sign[3])[side]
    along = box[1] < y < box[3] if side % 2 == 0 else box[0] < x < box[2]
    return (x, y, *nearest_point(box if beyond and along else sign, x, y))


@lru_cache(maxsize=1024)
def _number_side(shapes: tuple[Box, ...], shape: int) -> int:
    """Where the number of a shape is: 0 left of the sign, 1 above, 2 to the right, 3 below."""
    x0, y0, x1, y1 = shapes[shape]
    left, top, right, low = _common(shapes)
    more = (left - x0, top - y0, x1 - right, y1 - low)
    return max(range(4), key=lambda side: (more[side], side == 2))


def meets_sign(unit: Unit, at: PlacedUnit) -> bool:
    """Whether the tick of a unit ends at its sign, and not at the far end of its number."""
    x, y = tick_of(unit, at)[2:]
    left, top, right, low = core(unit)
    return left - TINY_MM <= x - at.dx <= right + TINY_MM and top - TINY_MM <= y - at.dy <= low + TINY_MM


def sign_stands(unit: Unit, most_mm: float) -> tuple[Array, Array, Indices, Array]:
    """Where a sign can stand no further from its place than so much: there in each shape, else beside it.

    Returns:
        Boxes and ticks (4, k), shapes and distances (k,).
    """
    first, home = unit.shapes[0], len(unit.shapes)
    shifts, lengths = _near_rings(max(first[2] - first[0], first[3] - first[1]) / 2)
    count = int(np.searchsorted(lengths, most_mm))
    place = _column(unit.x, unit.y, unit.x, unit.y)
    boxes = shifts[:, :count] + (columns([first]) + place)
    off = np.flatnonzero(~overlapping(columns([dot(unit)]), boxes)[0])
    boxes = boxes[:, off]
    stands = np.concatenate([columns(unit.shapes) + place, boxes], axis=1)
    lines = np.concatenate([np.repeat(place, home, axis=1), _ticks(unit, boxes)], axis=1)
    shapes = np.concatenate([np.arange(home), np.zeros(len(off), dtype=np.intp)])
    return stands, lines, shapes, np.concatenate([np.zeros(home), lengths[off]])


@lru_cache(maxsize=256)
def _near_rings(reach: float) -> tuple[Array, Array]:
    """The (4, k) shifts of the rings that are near enough to be followed, ring by ring, and their lengths."""
    shifts = ring_shifts(tuple(reach * 0.6 + ring for ring in RINGS_MM if ring <= LONG_MM))
    return np.tile(shifts, (2, 1)), np.hypot(*shifts).round(6)


def _ticks(unit: Unit, boxes: Array) -> Array:
    """:func:`tick_of` for each of (4, k) boxes of a unit's first shape."""
    x, y = unit.x, unit.y
    (x0, y0, *_), (left, top, right, low) = unit.shapes[0], _common(unit.shapes)
    sign = boxes[_LOW_TWICE] + _column(left - x0, top - y0, right - x0, low - y0)
    beside = (x > sign[2]) & (y > boxes[1]) & (y < boxes[3])
    np.copyto(sign, boxes, where=beside)
    lines = np.empty_like(boxes)
    lines[0], lines[1] = x, y
    np.minimum(np.maximum(lines[:2], sign[:2]), sign[2:], out=lines[2:])
    return lines


def _column(x0: float, y0: float, x1: float, y1: float) -> Array:
    """A box, to be reckoned with (4, k) others."""
    return np.array([[x0], [y0], [x1], [y1]])
