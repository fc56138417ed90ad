"""Where signs with their numbers stand on paper: at their places, or beside them with a tick.

Pure and deterministic: millimetres in a map frame (x to the right, y down); the same input, the same output.
:func:`place_units` sets the plates of stacks first (:mod:`geoservice.scheme.plates`), then every sign at its
place, or, where another sign stands there, beside it with a tick to the place; nobody is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from geoservice.scheme.beside import GAP, GAP_MM, beside_place, core, dot, seen_from, stands_over, tick_of
from geoservice.scheme.boxes import Box, Obstacles, box_at, columns, grown, overlapping, within
from geoservice.scheme.placed import PlacedUnit, Unit
from geoservice.scheme.plates import place_plates
from geoservice.scheme.untangle import untangled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]
    Indices = NDArray[np.intp]


#: Says of what is set whether it will be set otherwise anyway.
Useless = Callable[[dict[str, PlacedUnit]], bool]


def place_units(
    units: Sequence[Unit],
    bounds: Box,
    obstacles: Sequence[Box] = (),
    *,
    landmarks: Sequence[Box] = (),
    rough: bool = False,
    useless: Useless | None = None,
) -> dict[str, PlacedUnit]:
    """Place every unit: at its place where it can stand there, else as near as it can.

    Args:
        units: what to place; ids are unique.
        bounds: the frame that nothing may leave.
        obstacles: boxes to keep clear of, such as insets.
        landmarks: boxes that plates of stacks had better leave to be seen.
        rough: let ticks cross: a look at whether there is room at all, in half the time.
        useless: says of what is set whether it will be set otherwise anyway: then lines stay tangled.

    Returns:
        One placed unit for each id. Those marked ``forced`` overlap: the frame is too full, and the caller
        groups them or takes a larger scale.
    """
    order = sorted(units, key=lambda unit: (-unit.priority, unit.id))
    plates = place_plates(order, bounds, obstacles, landmarks=landmarks, rough=rough)
    signs = [unit for unit in order if unit.id not in plates]
    stacks = [unit for unit in order if unit.id in plates]
    boxes = (*obstacles, *(grown(at.box, GAP_MM / 2) for at in plates.values()), *map(dot, stacks))
    pointers = [(s.x, s.y, s.x + plates[s.id].dx, s.y + plates[s.id].dy) for s in stacks]
    fixed = Obstacles(boxes, pointers)
    stands = _Stands(signs, bounds, fixed)
    placed = _placed(signs, bounds, fixed, rough, stands.off_pointers(rough))
    if not rough and any(at.forced for at in placed.values()):
        # Where there is no room otherwise, signs may stand over ends of ticks, and over pointers.
        plain = _Stands(signs, bounds, Obstacles(boxes)).taken(stands.everyone, ())
        other = _placed(signs, bounds, fixed, rough, plain)
        placed = placed if any(at.forced for at in other.values()) else other
    placed = plates | placed
    if rough or (useless is not None and useless(placed)):
        return placed
    return untangled([*stacks, *signs], placed, bounds, Obstacles(obstacles), landmarks)


def _placed(
    signs: Sequence[Unit], bounds: Box, fixed: Obstacles, rough: bool, standing: dict[str, PlacedUnit]
) -> dict[str, PlacedUnit]:
    """Place whoever does not stand on his place as near to it as he can; ``fixed`` stands before them."""
    placed = dict(standing)
    waiting = [unit for unit in signs if unit.id not in placed]
    held = fixed.joined([*map(dot, waiting), *(grown(at.box, GAP_MM / 2) for at in placed.values())])
    by_id = {unit.id: unit for unit in signs}
    for unit in waiting:
        near = () if rough else placed.values()
        over = [at for at in near if stands_over(unit, grown(at.box, GAP_MM / 2))]
        numbers = [part for at in over for part in seen_from(unit, by_id[at.id], at)]
        found = beside_place(unit, bounds, held, rough, numbers)
        placed[unit.id] = found
        held.add(grown(found.box, GAP_MM / 2))
        held.add_line(tick_of(unit, found))
    return placed


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
        self._apart = apart = boxes + GAP
        self._free = within(boxes, bounds) & fixed.clear_of_boxes(apart) & fixed.clear_of_lines(boxes)
        self._clash = overlapping(apart, apart)

    def off_pointers(self, rough: bool) -> dict[str, PlacedUnit]:
        """Those that stand at their places, on no pointer.

        A sign turns its number away from the end of another's tick; under the sign itself the end may lie,
        for it is drawn over it: else one would drive out the next.
        """
        away: set[int] = set()
        while True:
            ends = [dot(self.units[index]) for index in sorted(away)]
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
        for index, unit in enumerate(self.units):
            if beside and unit.id in beside:
                free &= ~self._clash[self._spans[index][0] + beside[unit.id].shape]
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
        cores = columns([core(self.units[index]) for index in self._unit_of[near]])
        hidden = overlapping(ends, self._boxes[:, near]) & ~overlapping(ends, cores)
        found: Indices = near[hidden.any(axis=0)]
        return found
