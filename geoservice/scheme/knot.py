"""What is set on a map, where else each of it could stand, and what that costs, for :mod:`untangle`.

Deterministic; millimetres in a map frame, y downwards. A unit costs how far it stands from its place, and
more for each conflict: :data:`LINE_MM` where its line crosses another, :data:`BOX_MM` where it runs through
what stands there, or where the unit lies on a line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.scheme.beside import (
    DOT_MM,
    GAP,
    GAP_MM,
    core,
    core_at,
    dot,
    number_parts,
    seen_from,
    sign_stands,
    stands_over,
    tick_of,
)
from geoservice.scheme.boxes import (
    Box,
    Obstacles,
    Segment,
    box_at,
    columns,
    grown,
    overlapping,
    runs_through,
    within,
)
from geoservice.scheme.placed import PlacedUnit, Unit
from geoservice.scheme.plates import covers_place, reach_mm, stack_stands

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Indices = NDArray[np.intp]

#: Where nothing is.
_NOWHERE = (1e6, 1e6, 1e6, 1e6)
_AWAY = columns([_NOWHERE])
#: What a conflict of two lines costs, and one of a line with what stands there; a place under a plate.
LINE_MM, BOX_MM, COVERED_MM = 24.0, 30.0, 60.0


class Stands(Struct, frozen=True):
    """Where a unit could stand: boxes, ticks or pointers (4, k), shapes (k,)."""

    boxes: Array
    lines: Array
    shapes: Indices

    @property
    def led(self) -> Indices:
        """Those that a line leads to."""
        return np.flatnonzero((self.lines[:2] != self.lines[2:]).any(axis=0))

    def take(self, some: Indices) -> Stands:
        """Some of them."""
        return Stands(self.boxes[:, some], self.lines[:, some], self.shapes[some])

    def at(self, unit: Unit, index: int) -> PlacedUnit:
        """One of them."""
        shape, box, line = int(self.shapes[index]), box_at(self.boxes, index), box_at(self.lines, index)
        if not covers_place(unit):
            return PlacedUnit(unit.id, shape, line[2] - line[0], line[3] - line[1], box, moved=True)
        if line[:2] == line[2:]:
            return PlacedUnit(unit.id, shape, 0.0, 0.0, box, moved=False)
        x0, y0, *_ = unit.shapes[shape]
        return PlacedUnit(unit.id, shape, box[0] - unit.x - x0, box[1] - unit.y - y0, box, moved=True)


class Choice(Struct, frozen=True):
    """Stands with what each costs, (k,), all other units counted, and which of these are in the way.

    ``blocked``: (n, k), over which units it would lie; ``soft``: (n, k), what conflicts with each cost.
    """

    stands: Stands
    costs: Array
    blocked: Mask
    soft: Array


class Knot:
    """The units of a map, where they stand now, and what stands around them.

    Args:
        units: signs and stacks.
        placed: where each of them stands.
        bounds: the frame that nothing may leave.
        fixed: what stands before anything is set: insets and other furniture.
        landmarks: what plates had better leave to be seen.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        placed: dict[str, PlacedUnit],
        bounds: Box,
        fixed: Obstacles,
        landmarks: Sequence[Box] = (),
    ) -> None:
        self.units, self.bounds, self.fixed = units, bounds, fixed
        self.landmarks = Obstacles(landmarks)
        self.stack = [not covers_place(unit) for unit in units]
        self._plates = np.asarray(self.stack, dtype=bool)
        self.at = [placed[unit.id] for unit in units]
        self._dots = columns([dot(unit) for unit in units])
        self._places = self._dots[:2] + DOT_MM
        self._wide = columns([grown(at.box, GAP_MM / 2) for at in self.at])
        self._lines = columns([self.line(index, at) for index, at in enumerate(self.at)])
        self._led = np.asarray([at.moved for at in self.at], dtype=bool)
        self._there = np.ones(len(units), dtype=bool)
        #: boxes of the units, then their places; their lines: those that are not there lie out of the map.
        self._held = Obstacles.of_columns(
            np.concatenate([self._wide, np.where(self._led, self._dots, _AWAY)], axis=1),
            np.where(self._led, self._lines, _AWAY),
        )

    def line(self, index: int, at: PlacedUnit) -> Segment:
        """The tick of a sign, the pointer of a stack."""
        unit = self.units[index]
        return (unit.x, unit.y, unit.x + at.dx, unit.y + at.dy) if self.stack[index] else tick_of(unit, at)

    def lift(self, index: int) -> None:
        """Take a unit away until it is set again."""
        self._there[index] = False
        count = len(self.units)
        self._held.put((index, index + count), (_NOWHERE, _NOWHERE))
        self._held.put_line(index, _NOWHERE)

    def set(self, index: int, at: PlacedUnit) -> None:
        """Let a unit stand somewhere."""
        self.at[index], self._led[index], self._there[index] = at, at.moved, True
        self._wide[:, index] = grown(at.box, GAP_MM / 2)
        self._lines[:, index] = line = self.line(index, at)
        wide, place = self._wide[:, index], self._dots[:, index] if at.moved else _AWAY[:, 0]
        self._held.put((index, index + len(self.units)), (wide, place))
        self._held.put_line(index, line if at.moved else _NOWHERE)

    def troubled(self) -> list[int]:
        """The units with conflicts, the worst first."""
        led, count = np.flatnonzero(self._led), len(self.units)
        boxes, lines = self._wide - GAP, self._lines[:, led]
        trouble = self._fixed_conflicts(boxes, self._lines, led)
        of_box, of_line = self._held.boxes_on(lines)
        one, other = of_box % count, led[of_line]
        runs = (one != other) & ~((of_box < count) & self._standing_over(one, other))
        of_held, of_line = self._held.lines_on(lines)
        for units in (one[runs], other[runs]):
            trouble += BOX_MM * np.bincount(units, minlength=count)
        # A pair of lines is found from both of its ends.
        trouble += LINE_MM * np.bincount(of_held[of_held != led[of_line]], minlength=count)
        return [index for index in np.argsort(-trouble, kind="stable").tolist() if trouble[index] > 0]

    def cost(self, index: int) -> float:
        """What it costs that a unit stands where it does."""
        return self.reach(index) + self.conflict(index)

    def conflict(self, index: int) -> float:
        """The part of it that is no distance."""
        at = self.at[index]
        stand = Stands(columns([at.box]), self._lines[:, index : index + 1], np.asarray([at.shape]))
        fixed, soft = self._conflicts(index, stand)
        cost = float(fixed[0] + soft.sum())
        if self.stack[index]:
            dots = self._dots[:, self._led & self._there & (np.arange(len(self.units)) != index)]
            cost += COVERED_MM * float(np.count_nonzero(overlapping(dots, stand.boxes)))
        return cost

    def reach(self, index: int) -> float:
        """The part of it that is distance, and what a plate hides."""
        at = self.at[index]
        length = math.hypot(at.dx, at.dy)
        if not self.stack[index]:
            return length
        return float(reach_mm(np.asarray([length]), columns([at.box]), self.landmarks)[0])

    def _conflicts(self, index: int, stands: Stands) -> tuple[Array, Array]:
        """What stands of a unit cost for what is fixed, (k,), and for each of the other units, (n, k)."""
        boxes, lines, led = stands.boxes, stands.lines, stands.led
        count, width = len(self.units), boxes.shape[1]
        of_line, of_stand = self._held.lines_in(boxes)
        lies = of_line != index
        if not self.stack[index] and len(of_line):
            lies[lies] = self._lying(index, stands, of_line[lies], of_stand[lies])
        unseen, parts = self._unseen(index)
        of_box, of_mine = self._held.boxes_on(lines[:, led])
        runs = ~unseen[of_box]
        of_other, of_too = self._held.lines_on(lines[:, led])
        crosses = of_other != index
        cells = [
            of_line[lies] * width + of_stand[lies],
            of_box[runs] % count * width + led[of_mine[runs]],
            of_other[crosses] * width + led[of_too[crosses]],
        ]
        weights = np.repeat([BOX_MM, BOX_MM, LINE_MM], [len(some) for some in cells])
        found = np.bincount(np.concatenate(cells), weights, minlength=count * width)
        soft = found.astype(float).reshape(count, width)  # of nothing, numpy counts in whole numbers
        for owner, part in parts:
            soft[owner, led] += BOX_MM * Obstacles([part]).boxes_under(lines[:, led])
        return self._fixed_conflicts(boxes, lines, led), soft

    def _fixed_conflicts(self, boxes: Array, lines: Array, led: Indices) -> Array:
        fixed: Array = BOX_MM * self.fixed.lines_over(boxes).astype(float)
        fixed[led] += BOX_MM * self.fixed.boxes_under(lines[:, led])
        fixed[led] += LINE_MM * self.fixed.lines_crossed(lines[:, led])
        return fixed

    def _lying(self, index: int, stands: Stands, owners: Indices, which: Indices) -> list[bool]:
        """Which pairs of a line and a stand on it count: a line may begin under a sign itself."""
        unit, lies = self.units[index], []
        for owner, at in zip(owners.tolist(), which.tolist(), strict=True):
            stand = stands.at(unit, at)
            if stands_over(self.units[owner], core_at(unit, stand)):
                line = box_at(self._lines, owner)
                lies.append(any(runs_through(line, part) for part in number_parts(unit, stand)))
            else:
                lies.append(True)
        return lies

    def _standing_over(self, boxes: Indices, units: Indices) -> Mask:
        """Whether the sign of one unit stands over the place of another."""
        over: Mask = _holding(self._wide[:, boxes], self._places[:, units]) & ~self._plates[boxes]
        return over

    def _unseen(self, index: int) -> tuple[Mask, list[tuple[int, Box]]]:
        """What a unit's line may run through, and the parts that it may not of signs over its place."""
        count = len(self.units)
        place = self._places[:, index]
        over = _holding(self._wide, place) & self._there & ~self._plates
        unseen = np.concatenate([over, _holding(self._dots, place)])
        unseen[index] = unseen[index + count] = True
        parts = list[tuple[int, Box]]()
        for other in np.flatnonzero(over).tolist():
            if other != index:
                parts += [
                    (other, part) for part in seen_from(self.units[index], self.units[other], self.at[other])
                ]
        return unseen, parts

    def choice(self, index: int, most_mm: float, gone: Sequence[int], *, ejects: bool) -> Choice | None:
        """Where a unit that was lifted could stand.

        Args:
            index: of the unit.
            most_mm: distances above this are too far.
            gone: units that may not be in the way any more.
            ejects: whether one other unit may be.
        """
        unit, count = self.units[index], len(self.units)
        if self.stack[index]:
            boxes, lines, shapes, lengths = stack_stands(unit, self.bounds, most_mm)
            costs = reach_mm(lengths, boxes, self.landmarks)
        else:
            boxes, lines, shapes, costs = sign_stands(unit, most_mm)
        good = np.flatnonzero((costs < most_mm) & within(boxes, self.bounds))
        wider = boxes[:, good] + GAP
        meeting = self._held.meeting(wider)
        blocked, hidden = meeting[:count], meeting[count:]
        if not self.stack[index]:
            # At its place a sign may lie over the end of another's tick.
            home = int(np.searchsorted(good, len(unit.shapes)))
            hidden[:, :home] &= ~overlapping(self._dots, columns([core(unit)]))
        free = (np.add.reduce(blocked, axis=0) <= int(ejects)) & ~hidden.any(axis=0)
        free &= ~blocked[[*gone]].any(axis=0)
        free[free] = self.fixed.clear_of_boxes(wider[:, free])
        if not free.any():
            return None
        stands = Stands(boxes, lines, shapes).take(good[free])
        fixed, soft = self._conflicts(index, stands)
        return Choice(stands, costs[good[free]] + fixed + soft.sum(axis=0), blocked[:, free], soft)

    def turned(self, index: int) -> list[PlacedUnit]:
        """A sign where it stands, with its number on all sides where that is free."""
        at, unit = self.at[index], self.units[index]
        x, y = unit.x + at.dx, unit.y + at.dy
        stands = [
            PlacedUnit(unit.id, shape, at.dx, at.dy, (x0 + x, y0 + y, x1 + x, y1 + y), at.moved)
            for shape, (x0, y0, x1, y1) in enumerate(unit.shapes)
        ]
        boxes = columns([stand.box for stand in stands])
        others = np.arange(len(self.units)) != index
        free = within(boxes, self.bounds) & self.fixed.clear_of_boxes(boxes + GAP)
        free &= ~overlapping(self._wide[:, others], boxes + GAP).any(axis=0)
        free &= ~overlapping(self._dots[:, self._led], boxes + GAP).any(axis=0)
        return [stand for stand, is_free in zip(stands, free.tolist(), strict=True) if is_free]


def _holding(boxes: Array, places: Array) -> Mask:
    """Which of (4, k) boxes hold a place inside: one for all, (2,), or one for each, (2, k)."""
    x, y = places
    x0, y0, x1, y1 = boxes
    holding: Mask = (x0 < x) & (x < x1) & (y0 < y) & (y < y1)
    return holding
