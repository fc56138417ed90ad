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
    overlapping,
    ring_shifts,
    within,
)
from geoservice.scheme.placed import PlacedUnit, Unit
from geoservice.scheme.plates import place_plates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

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
    fixed = _Fixed(
        (*obstacles, *(grown(at.box, GAP_MM / 2) for at in plates.values()), *map(_dot, stacks)),
        tuple((s.x, s.y, s.x + plates[s.id].dx, s.y + plates[s.id].dy) for s in stacks),
    )
    placed = plates | _placed(signs, bounds, fixed, rough, _standing(signs, bounds, fixed, rough))
    if rough or not any(at.forced for at in placed.values()):
        return placed
    # Where there is no room otherwise, signs may stand over places to which ticks lead.
    plain = _at_their_places(signs, bounds, Obstacles(fixed.boxes))
    other = plates | _placed(signs, bounds, fixed, rough, plain)
    return placed if any(at.forced for at in other.values()) else other


class _Fixed(Struct, frozen=True):
    """What stands before signs are set: boxes (insets, plates, places of stacks) and the plates' pointers."""

    boxes: tuple[Box, ...]
    lines: tuple[Segment, ...]

    def held(self, boxes: Sequence[Box], *, pointers: bool = True) -> Obstacles:
        """These and more boxes, as obstacles."""
        held = Obstacles([*self.boxes, *boxes])
        for line in self.lines if pointers else ():
            held.add_line(line)
        return held


def _placed(
    signs: Sequence[Unit], bounds: Box, fixed: _Fixed, rough: bool, standing: dict[str, PlacedUnit]
) -> dict[str, PlacedUnit]:
    """Place whoever does not stand on his place as near to it as he can."""
    placed = dict(standing)
    waiting = [unit for unit in signs if unit.id not in placed]
    held = fixed.held([*map(_dot, waiting), *(grown(at.box, GAP_MM / 2) for at in placed.values())])
    by_id = {unit.id: unit for unit in signs}
    for unit in waiting:
        over = [at for at in placed.values() if _inside((unit.x, unit.y), at.box)] if not rough else []
        numbers = [part for at in over for part in _number(by_id[at.id], at)]
        found = _beside_place(unit, bounds, held, rough, numbers)
        placed[unit.id] = found
        held.add(grown(found.box, GAP_MM / 2))
        held.add_line(tick_of(unit, found))
    return placed


def _standing(signs: Sequence[Unit], bounds: Box, fixed: _Fixed, rough: bool) -> dict[str, PlacedUnit]:
    """Those that stand at their places, on no pointer.

    A sign turns its number away from the end of another's tick; under the sign itself the end may lie, for it
    is drawn over it: else one would drive out the next.
    """
    away: set[str] = set()
    while True:
        ends = [_dot(unit) for unit in signs if unit.id in away]
        here = [unit for unit in signs if unit.id not in away]
        placed = _at_their_places(here, bounds, fixed.held(ends))
        taken = [grown(at.box, GAP_MM / 2) for at in placed.values()]
        left = [unit for unit in signs if unit.id not in placed]
        placed |= _at_their_places(left, bounds, fixed.held(taken), ends)
        now = {unit.id for unit in signs if unit.id not in placed}
        if rough or now <= away:
            return placed
        away |= now


def _dot(unit: Unit) -> Box:
    return grown((unit.x, unit.y, unit.x, unit.y), DOT_MM)


def _inside(place: tuple[float, float], box: Box) -> bool:
    return box[0] < place[0] < box[2] and box[1] < place[1] < box[3]


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


def _at_their_places(
    units: Sequence[Unit], bounds: Box, held: Obstacles, ends: Sequence[Box] = ()
) -> dict[str, PlacedUnit]:
    """Those that can stand at their places; each takes the first of its shapes that is free still.

    The shapes of all are compared with each other at once; ``held`` takes in those that stand. ``ends`` may
    lie below a sign, but not below its number.
    """
    counts = [len(unit.shapes) for unit in units]
    shapes = [(unit.x, unit.y, *shape) for unit in units for shape in unit.shapes]
    if not shapes:
        return {}
    places, boxes = np.split(np.asarray(shapes, dtype=float).reshape(-1, 6).T, [2])
    boxes = boxes + np.tile(places, (2, 1))
    apart = boxes + _GAP
    free = within(boxes, bounds) & held.clear_of_boxes(apart) & held.clear_of_lines(boxes)
    if ends:
        held_ends = columns(ends)
        near = np.flatnonzero(free & overlapping(held_ends, boxes).any(axis=0))
        cores = np.repeat(columns([_core(unit) for unit in units]), counts, axis=1)[:, near]
        hidden = overlapping(held_ends, boxes[:, near]) & ~overlapping(held_ends, cores)
        free[near[hidden.any(axis=0)]] = False
    clear = ~overlapping(apart, apart)
    placed: dict[str, PlacedUnit] = {}
    first = 0
    for unit, count in zip(units, counts, strict=True):
        at = first + int(np.argmax(free[first : first + count]))
        if free[at]:
            placed[unit.id] = PlacedUnit(unit.id, at - first, 0.0, 0.0, box_at(boxes, at), moved=False)
            held.add(box_at(apart, at))
            free &= clear[at]
        first += count
    return placed


def _beside_place(
    unit: Unit, bounds: Box, held: Obstacles, rough: bool, numbers: Sequence[Box]
) -> PlacedUnit:
    """As near to its place as there is room, ``numbers`` of the signs over it and other ticks not crossed."""
    first = unit.shapes[0]
    reach = max(first[2] - first[0], first[3] - first[1]) / 2
    shifts = ring_shifts(tuple(reach * 0.6 + ring for ring in RINGS_MM))
    choice = _first_free(unit, shifts, bounds, held, None if rough else numbers)
    if choice is None:
        xs = np.arange(bounds[0], bounds[2], 3.0) - unit.x
        ys = np.arange(bounds[1], bounds[3], 3.0) - unit.y
        grid = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
        shifts = grid[:, np.argsort(np.hypot(*grid), kind="stable")]
        choice = _first_free(unit, shifts, bounds, held)
    forced = choice is None
    dx, dy = (_least_bad(unit, shifts, bounds, held) if choice is None else choice).tolist()
    x, y = unit.x + dx, unit.y + dy
    box = (first[0] + x, first[1] + y, first[2] + x, first[3] + y)
    return PlacedUnit(unit.id, 0, dx, dy, box, moved=True, forced=forced)


def _first_free(
    unit: Unit, shifts: Array, bounds: Box, held: Obstacles, numbers: Sequence[Box] | None = None
) -> Array | None:
    """The first shift at which the unit is clear; with ``numbers`` of ticks as well where that can be."""
    spare, least = None, np.inf
    x0, y0, x1, y1 = unit.shapes[0]
    around = (unit.x + min(x0, 0), unit.y + min(y0, 0), unit.x + max(x1, 0), unit.y + max(y1, 0))
    for start in range(0, shifts.shape[1], BLOCK):
        part = shifts[:, start : start + BLOCK]
        if spare is not None and np.hypot(*part[:, 0]) > min(LONG_MM, least):
            break  # a short tick over another is read more easily than one across the map
        boxes = _shifted(unit, part)
        near = held.near(grown(around, float(np.abs(part).max()) + 1.0))
        index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(boxes + _GAP))
        if not len(index):
            continue
        if numbers is None:
            return part[:, index[0]]
        # The tick starts at the unit's own place, on which another sign may stand.
        way = near.beside(unit.x, unit.y, numbers)
        for begin in range(0, len(index), CLOSELY):
            some = index[begin : begin + CLOSELY]
            if np.hypot(*part[:, some[0]]) >= least:
                break
            costs = np.hypot(*part[:, some]) + CROSSING_MM * _crossed(unit, boxes[:, some], near, way)
            if (cost := float(costs.min())) < least:
                spare, least = part[:, some[np.argmin(costs)]], cost
    return spare


def _crossed(unit: Unit, boxes: Array, near: Obstacles, way: Obstacles) -> Array:
    """For each of (4, k) boxes of a unit: how many lines it lies on, and what its tick runs through."""
    ticks = _ticks(unit, boxes)
    return near.lines_over(boxes) + way.boxes_under(ticks) + way.lines_crossed(ticks)


def _least_bad(unit: Unit, shifts: Array, bounds: Box, held: Obstacles) -> Array:
    """Where no room is left: the shift at which least is covered."""
    boxes = _shifted(unit, shifts)
    area = held.overlap_area(boxes) + np.where(within(boxes, bounds), 0.0, 1e6)
    return shifts[:, np.argmin(area)]


def _shifted(unit: Unit, shifts: Array) -> Array:
    """Boxes of the unit's first shape at (2, k) shifts."""
    x0, y0, x1, y1 = unit.shapes[0]
    low = shifts + _pair(x0 + unit.x, y0 + unit.y)
    return np.concatenate([low, low + _pair(x1 - x0, y1 - y0)])


def tick_of(unit: Unit, at: PlacedUnit) -> Segment:
    """The line from a unit's place to where it stands: to the sign, unless its number lies between."""
    return box_at(_ticks(unit, columns([at.box])), 0)


def _ticks(unit: Unit, boxes: Array) -> Array:
    """The lines from a unit's place to its sign in each of (4, k) boxes of its first shape."""
    place = np.broadcast_to(_pair(unit.x, unit.y), (2, boxes.shape[1]))
    (x0, y0, *_), (left, top, right, low) = unit.shapes[0], _common(unit.shapes)
    sign = np.concatenate([boxes[:2] + _pair(left - x0, top - y0), boxes[:2] + _pair(right - x0, low - y0)])
    beside = (place[0] > sign[2]) & (place[1] > boxes[1]) & (place[1] < boxes[3])
    sign[:, beside] = boxes[:, beside]
    return np.concatenate([place, np.minimum(np.maximum(place, sign[:2]), sign[2:])])


#: What a box and the clear paper around it are more than the box.
_GAP = np.asarray([[-GAP_MM / 2], [-GAP_MM / 2], [GAP_MM / 2], [GAP_MM / 2]])


def _pair(x: float, y: float) -> Array:
    """A place or a size, to be reckoned with (2, k) others."""
    return np.asarray([[x], [y]])
