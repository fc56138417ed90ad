"""Where signs with their numbers stand on paper: at their places, or beside them with a tick.

Pure and deterministic: millimetres in a map frame (x to the right, y down); the same input, the same output.
:func:`place_units` sets the plates of stacks first (:mod:`geoservice.scheme.plates`), then every sign at its
place, or, where another sign stands there, beside it with a tick to the place; nobody is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.scheme.boxes import (
    Box,
    Obstacles,
    Segment,
    box_at,
    columns,
    grown,
    nearest_point,
    overlapping,
    ring_shifts,
    within,
)
from geoservice.scheme.placed import PlacedUnit, Unit
from geoservice.scheme.plates import place_plates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]
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


def place_units(
    units: Sequence[Unit],
    bounds: Box,
    obstacles: Sequence[Box] = (),
    *,
    landmarks: Sequence[Box] = (),
    rough: bool = False,
) -> dict[str, PlacedUnit]:
    """Place every unit: at its place where it can stand there, else as near as it can.

    Args:
        units: what to place; ids are unique.
        bounds: the frame that nothing may leave.
        obstacles: boxes to keep clear of, such as insets.
        landmarks: boxes that plates of stacks had better leave to be seen.
        rough: let ticks cross: a look at whether there is room at all, in half the time.

    Returns:
        One placed unit for each id. Those marked ``forced`` overlap: the frame is too full, and the caller
        groups them or takes a larger scale.
    """
    order = sorted(units, key=lambda unit: (-unit.priority, unit.id))
    plates = place_plates(order, bounds, obstacles, landmarks=landmarks, rough=rough)
    signs = [unit for unit in order if unit.id not in plates]
    stacks = [unit for unit in order if unit.id in plates]
    boxes = (*obstacles, *(grown(at.box, GAP_MM / 2) for at in plates.values()), *map(_dot, stacks))
    pointers = [(s.x, s.y, s.x + plates[s.id].dx, s.y + plates[s.id].dy) for s in stacks]
    fixed = Obstacles(boxes, pointers)
    stands = _Stands(signs, bounds, fixed)
    placed = plates | _placed(signs, bounds, fixed, rough, stands.off_pointers(rough))
    if rough or not any(at.forced for at in placed.values()):
        return placed
    # Where there is no room otherwise, signs may stand over places to which ticks lead, and over pointers.
    plain = _Stands(signs, bounds, Obstacles(boxes)).taken(stands.everyone, ())
    other = plates | _placed(signs, bounds, fixed, rough, plain)
    return placed if any(at.forced for at in other.values()) else other


def _placed(
    signs: Sequence[Unit], bounds: Box, fixed: Obstacles, rough: bool, standing: dict[str, PlacedUnit]
) -> dict[str, PlacedUnit]:
    """Place whoever does not stand on his place as near to it as he can; ``fixed`` stands before them."""
    placed = dict(standing)
    waiting = [unit for unit in signs if unit.id not in placed]
    held = fixed.with_boxes([*map(_dot, waiting), *(grown(at.box, GAP_MM / 2) for at in placed.values())])
    by_id = {unit.id: unit for unit in signs}
    for unit in waiting:
        over = [at for at in placed.values() if _inside(unit, at.box)] if not rough else []
        numbers = [part for at in over for part in _number(by_id[at.id], at)]
        found = _beside_place(unit, bounds, held, rough, numbers)
        placed[unit.id] = found
        held.add(grown(found.box, GAP_MM / 2))
        held.add_line(tick_of(unit, found))
    return placed


def _dot(unit: Unit) -> Box:
    return grown((unit.x, unit.y, unit.x, unit.y), DOT_MM)


def _inside(unit: Unit, box: Box) -> bool:
    return box[0] < unit.x < box[2] and box[1] < unit.y < box[3]


def _core(unit: Unit) -> Box:
    """The sign of a unit without its number: what all of its shapes cover."""
    x0, y0, x1, y1 = _common(unit.shapes)
    return (x0 + unit.x, y0 + unit.y, x1 + unit.x, y1 + unit.y)


@lru_cache(maxsize=1024)
def _common(shapes: tuple[Box, ...]) -> Box:
    x0, y0, x1, y1 = zip(*shapes, strict=True)
    return (max(x0), max(y0), min(x1), min(y1))


def _number(unit: Unit, at: PlacedUnit) -> list[Box]:
    """What a sign takes beside itself for its number: the parts of its box around the sign."""
    (x0, y0, x1, y1), (left, top, right, low) = at.box, _core(unit)
    left, top, right, low = left + at.dx, top + at.dy, right + at.dx, low + at.dy
    parts = ((x0, y0, left, y1), (right, y0, x1, y1), (x0, y0, x1, top), (x0, low, x1, y1))
    return [part for part in parts if part[2] - part[0] > GAP_MM and part[3] - part[1] > GAP_MM]


class _Stands:
    """Which signs can stand at their places: all shapes of all signs, compared with each other at once."""

    def __init__(self, units: Sequence[Unit], bounds: Box, fixed: Obstacles) -> None:
        self.units = units
        self.everyone = range(len(units))
        counts = [len(unit.shapes) for unit in units]
        ends = np.cumsum(counts, dtype=np.intp).tolist()
        self._spans = list(zip([0, *ends], ends, strict=False))
        self._unit_of = np.repeat(np.arange(len(units)), counts)
        shapes = [(unit.x, unit.y, *shape) for unit in units for shape in unit.shapes]
        places, boxes = np.split(np.asarray(shapes, dtype=float).reshape(-1, 6).T, [2])
        self._boxes = boxes = boxes + np.tile(places, (2, 1))
        self._apart = apart = boxes + _GAP
        self._free = within(boxes, bounds) & fixed.clear_of_boxes(apart) & fixed.clear_of_lines(boxes)
        self._clash = overlapping(apart, apart)

    def off_pointers(self, rough: bool) -> dict[str, PlacedUnit]:
        """Those that stand at their places, on no pointer.

        A sign turns its number away from the end of another's tick; under the sign itself the end may lie,
        for it is drawn over it: else one would drive out the next.
        """
        away: set[int] = set()
        while True:
            ends = [_dot(self.units[index]) for index in sorted(away)]
            placed = self.taken([index for index in self.everyone if index not in away], ends)
            if ends:
                left = [index for index in self.everyone if self.units[index].id not in placed]
                placed |= self.taken(left, ends, placed)
            now = {index for index in self.everyone if self.units[index].id not in placed}
            if rough or now <= away:
                return placed
            away |= now

    def taken(
        self, who: Sequence[int], ends: Sequence[Box], beside: dict[str, PlacedUnit] | None = None
    ) -> dict[str, PlacedUnit]:
        """Those of some that can stand at their places, each with the first of its shapes that is free.

        Args:
            who: which of the signs.
            ends: of ticks, kept clear; with ``beside`` they may lie below a sign, but not below its number.
            beside: who stands already.
        """
        free = self._free.copy()
        if ends:
            free[self._hiding(columns(ends), free, whole=beside is None)] = False
        for index, unit in enumerate(self.units if beside else ()):
            if (at := beside.get(unit.id) if beside else None) is not None:
                free &= ~self._clash[self._spans[index][0] + at.shape]
        placed: dict[str, PlacedUnit] = {}
        for index in who:
            first, beyond = self._spans[index]
            at = first + int(free[first:beyond].argmax())
            if free[at]:
                unit = self.units[index]
                placed[unit.id] = PlacedUnit(
                    unit.id, at - first, 0.0, 0.0, box_at(self._boxes, at), moved=False
                )
                free &= ~self._clash[at]
        return placed

    def _hiding(self, ends: Array, free: Mask, *, whole: bool) -> Indices:
        """Shapes that lie over ends of ticks: all of a shape counts, or what is not its sign."""
        if whole:
            hit: Indices = np.flatnonzero(overlapping(ends, self._apart).any(axis=0))
            return hit
        near = np.flatnonzero(free & overlapping(ends, self._boxes).any(axis=0))
        cores = columns([_core(self.units[index]) for index in self._unit_of[near]])
        hidden = overlapping(ends, self._boxes[:, near]) & ~overlapping(ends, cores)
        found: Indices = near[hidden.any(axis=0)]
        return found


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


def _beside_place(
    unit: Unit, bounds: Box, held: Obstacles, rough: bool, numbers: Sequence[Box]
) -> PlacedUnit:
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
        index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(boxes + _GAP))
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
    ticks = _ticks(unit, boxes)
    return near.lines_over(boxes) + way.in_the_way(ticks)


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
    """The line from a unit's place to where it stands: to the sign, unless its number lies between."""
    x, y, box = unit.x, unit.y, at.box
    (x0, y0, *_), (left, top, right, low) = unit.shapes[0], _common(unit.shapes)
    sign = (box[0] + (left - x0), box[1] + (top - y0), box[0] + (right - x0), box[1] + (low - y0))
    if x > sign[2] and box[1] < y < box[3]:
        sign = box
    return (x, y, *nearest_point(sign, x, y))


def _ticks(unit: Unit, boxes: Array) -> Array:
    """:func:`tick_of` for each of (4, k) boxes of a unit's first shape."""
    x, y = unit.x, unit.y
    (x0, y0, *_), (left, top, right, low) = unit.shapes[0], _common(unit.shapes)
    sign = boxes[_LOW_TWICE] + _column(left - x0, top - y0, right - x0, low - y0)
    beside = (x > sign[2]) & (y > boxes[1]) & (y < boxes[3])
    np.copyto(sign, boxes, where=beside)
    ticks = np.empty_like(boxes)
    ticks[0], ticks[1] = x, y
    np.minimum(np.maximum(ticks[:2], sign[:2]), sign[2:], out=ticks[2:])
    return ticks


#: What a box and the clear paper around it are more than the box.
_GAP = np.asarray([[-GAP_MM / 2], [-GAP_MM / 2], [GAP_MM / 2], [GAP_MM / 2]])


#: Rows of the upper left corner, for both corners.
_LOW_TWICE = [0, 1, 0, 1]


def _column(x0: float, y0: float, x1: float, y1: float) -> Array:
    """A box, to be reckoned with (4, k) others."""
    return np.array([[x0], [y0], [x1], [y1]])
