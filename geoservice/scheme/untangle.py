"""Signs that are set are set once more where their ticks run over others: one for one, and two exchanged.

Each was set beside those before it; what came later is known only now. Pure and deterministic; millimetres in
a map frame, y downwards. The sum of what all ticks cost (:mod:`geoservice.scheme.beside`) never grows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from geoservice.scheme.beside import (
    CROSSING_MM,
    GAP,
    GAP_MM,
    beside_place,
    dot,
    meets_sign,
    number_parts,
    seen_from,
    stands_over,
    tick_of,
)
from geoservice.scheme.boxes import (
    Box,
    Obstacles,
    columns,
    grown,
    overlap,
    runs_through,
    within,
)
from geoservice.scheme.placed import PlacedUnit, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.intp]

#: Rounds over signs in trouble, of which the worst are set once more in each; what has to cost less then.
ROUNDS, MOST, LESS_MM = 2, 40, 0.5
#: A tick so close to the number of its own sign touches its halo.
CLOSE_MM = 0.3


def untangled(
    signs: Sequence[Unit], placed: dict[str, PlacedUnit], bounds: Box, fixed: Obstacles
) -> dict[str, PlacedUnit]:
    """Set signs anew whose ticks run over others, or that lie on lines, where they cost less.

    Args:
        signs: in the order in which they were set.
        placed: where each stands.
        bounds: the frame that nothing may leave.
        fixed: what stands before signs are set: insets, plates, their places and pointers.
    """
    knot = _Knot(signs, placed, bounds, fixed)
    for _ in range(ROUNDS):
        moved = [knot.eased(index, partners) for index, partners in knot.troubled()[:MOST]]
        if not any(moved):
            break
    for index, at in enumerate(knot.at):
        if at.moved:
            knot.turn(index)
    return {unit.id: at for unit, at in zip(signs, knot.at, strict=True)}


class _Knot:
    """The signs of a map, where they stand now, and what stands around them."""

    def __init__(
        self, signs: Sequence[Unit], placed: dict[str, PlacedUnit], bounds: Box, fixed: Obstacles
    ) -> None:
        self.signs, self.bounds, self.fixed = signs, bounds, fixed
        self.at = [placed[unit.id] for unit in signs]
        self._dots = [dot(unit) for unit in signs]
        self._wide = [grown(at.box, GAP_MM / 2) for at in self.at]
        self._ticks = [tick_of(unit, at) for unit, at in zip(signs, self.at, strict=True)]

    def _set(self, index: int, at: PlacedUnit) -> None:
        self.at[index], self._wide[index] = at, grown(at.box, GAP_MM / 2)
        self._ticks[index] = tick_of(self.signs[index], at)

    def troubled(self) -> list[tuple[int, tuple[int, ...]]]:
        """The signs whose ticks run over others or that lie on lines, with those others; the worst first."""
        moved = [index for index, at in enumerate(self.at) if at.moved]
        if not moved:
            return []
        ticks = columns([self._ticks[index] for index in moved])
        boxes = columns([at.box for at in self.at])
        trouble = self.fixed.lines_over(boxes)
        trouble[moved] += self.fixed.in_the_way(ticks)
        partners: dict[int, set[int]] = {}
        for one, other in self._pairs(moved, ticks):
            trouble[one] += 1
            trouble[other] += 1
            partners.setdefault(one, set()).add(other)
            partners.setdefault(other, set()).add(one)
        order = np.argsort(-trouble, kind="stable").tolist()
        return [(index, tuple(sorted(partners.get(index, ())))) for index in order if trouble[index]]

    def _pairs(self, moved: Sequence[int], ticks: NDArray[np.float64]) -> Iterator[tuple[int, int]]:
        """Pairs of signs of which the tick of one runs over the other, or over its tick."""
        everyone = [*range(len(self.signs)), *moved]
        boxes = [*(at.box for at in self.at), *(self._dots[index] for index in moved)]
        held = Obstacles(boxes, [self._ticks[index] for index in moved])
        for of_box, of_tick in zip(*(found.tolist() for found in held.boxes_on(ticks)), strict=True):
            one, other = moved[of_tick], everyone[of_box]
            if one != other and not stands_over(self.signs[one], boxes[of_box]):
                yield one, other
        for of_held, of_tick in zip(*(found.tolist() for found in held.lines_on(ticks)), strict=True):
            if of_held < of_tick:
                yield moved[of_held], moved[of_tick]

    def _around(self, *but: int) -> Obstacles:
        """What stands around some of the signs, with all places that a tick leads to."""
        others = [index for index in range(len(self.signs)) if index not in but]
        lead = [index for index in others if self.at[index].moved]
        boxes = [self._wide[index] for index in others]
        boxes += [self._dots[index] for index in (*lead, *but)]
        return self.fixed.joined(boxes, [self._ticks[index] for index in lead])

    def _cost(self, index: int, at: PlacedUnit, around: Obstacles) -> float:
        """What it costs that a sign stands somewhere: how far off, and what its tick and itself run over."""
        unit = self.signs[index]
        boxes = columns([at.box])
        if not at.moved:
            return CROSSING_MM * float(around.lines_over(boxes)[0])
        way = around.beside(unit.x, unit.y, self._numbers(index))
        crossed = around.lines_over(boxes) + way.in_the_way(columns([tick_of(unit, at)]))
        return math.hypot(at.dx, at.dy) + CROSSING_MM * float(crossed[0])

    def _numbers(self, index: int) -> list[Box]:
        """What is seen from a place of the signs that stand over it or close beside it."""
        x, y = self.signs[index].x, self.signs[index].y
        over = [
            i for i, (x0, y0, x1, y1) in enumerate(self._wide) if x0 < x < x1 and y0 < y < y1 and i != index
        ]
        unit = self.signs[index]
        return [part for i in over for part in seen_from(unit, self.signs[i], self.at[i])]

    def eased(self, index: int, partners: Sequence[int]) -> bool:
        """Set a sign where it costs less, or exchange it with one of those it is in trouble with."""
        around = self._around(index)
        now = self._cost(index, self.at[index], around)
        if now < CROSSING_MM:
            return False
        found = self._otherwise(index, around)
        if not found.forced and self._cost(index, found, around) < now - LESS_MM:
            self._set(index, found)
            return True
        return any(self._exchanged(index, other) for other in partners)

    def _otherwise(self, index: int, around: Obstacles) -> PlacedUnit:
        """Another stand for a sign: at its place with the number on another side, else beside it."""
        unit, at = self.signs[index], self.at[index]
        others = [] if at.moved else [self._turned(index, shape) for shape in range(len(unit.shapes))]
        free = self._free(others, around.beside(unit.x, unit.y, ())) if others else []
        costs = [(self._cost(index, other, around), other.shape, other) for other in free]
        if costs and min(costs)[0] < self._cost(index, at, around) - LESS_MM:
            return min(costs)[2]
        return beside_place(unit, self.bounds, around, False, self._numbers(index))

    def _turned(self, index: int, shape: int) -> PlacedUnit:
        """A sign where it stands, with its number elsewhere."""
        unit, at = self.signs[index], self.at[index]
        x, y = unit.x + at.dx, unit.y + at.dy
        x0, y0, x1, y1 = unit.shapes[shape]
        return replace(at, shape=shape, box=(x0 + x, y0 + y, x1 + x, y1 + y))

    def _free(self, stands: Sequence[PlacedUnit], around: Obstacles) -> list[PlacedUnit]:
        boxes = columns([at.box for at in stands])
        free = within(boxes, self.bounds) & around.clear_of_boxes(boxes + GAP)
        return [at for at, is_free in zip(stands, free.tolist(), strict=True) if is_free]

    def turn(self, index: int) -> None:
        """Turn the number of a moved sign away from its own tick, where there is paper for it."""
        if not self._over_number(index, self.at[index]):
            return
        around = self._around(index)
        most = self._cost(index, self.at[index], around)
        shapes = range(len(self.signs[index].shapes))
        for other in self._free([self._turned(index, shape) for shape in shapes], around):
            if not self._over_number(index, other) and self._cost(index, other, around) <= most:
                self._set(index, other)
                return

    def _over_number(self, index: int, at: PlacedUnit) -> bool:
        """Whether the tick of a moved sign runs over its own number, or close to it."""
        unit = self.signs[index]
        tick = tick_of(unit, at)
        return meets_sign(unit, at) and any(
            runs_through(tick, grown(part, CLOSE_MM)) for part in number_parts(unit, at)
        )

    def _exchanged(self, one: int, other: int) -> bool:
        """Let two moved signs stand where the other did, if that costs less."""
        old = self.at[one], self.at[other]
        if not (old[0].moved and old[1].moved):
            return False
        new = self._instead(one, old[1]), self._instead(other, old[0])
        if _length(new) > _length(old):  # two that cross are shorter when exchanged
            return False
        around = self._around(one, other)
        boxes = columns([at.box for at in new])
        if overlap(grown(new[0].box, GAP_MM / 2), grown(new[1].box, GAP_MM / 2)):
            return False
        if not (within(boxes, self.bounds) & around.clear_of_boxes(boxes + GAP)).all():
            return False
        before = self._both(one, other)
        for index, at in zip((one, other), new, strict=True):
            self._set(index, at)
        if self._both(one, other) < before - LESS_MM:
            return True
        for index, at in zip((one, other), old, strict=True):
            self._set(index, at)
        return False

    def _both(self, one: int, other: int) -> float:
        return sum(self._cost(index, self.at[index], self._around(index)) for index in (one, other))

    def _instead(self, index: int, at: PlacedUnit) -> PlacedUnit:
        """A sign with its own box where another one's stands, the signs themselves over each other."""
        unit, other = self.signs[index], self.signs[[a is at for a in self.at].index(True)]
        dx, dy = other.x + at.dx - unit.x, other.y + at.dy - unit.y
        x, y = unit.x + dx, unit.y + dy
        x0, y0, x1, y1 = unit.shapes[0]
        box = (x0 + x, y0 + y, x1 + x, y1 + y)
        return replace(self.at[index], shape=0, dx=dx, dy=dy, box=box)


def _length(stands: Sequence[PlacedUnit]) -> float:
    return sum(math.hypot(at.dx, at.dy) for at in stands)
