"""What is set is set once more where lines run over others, and who is in the way makes room in his turn.

Each was set beside those before it; what came later is known only now. Pure and deterministic; millimetres in
a map frame, y downwards. The sum of what all units cost (:mod:`geoservice.scheme.knot`) never grows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoservice.scheme.beside import meets_sign, number_parts, tick_of
from geoservice.scheme.boxes import Box, Obstacles, grown, runs_through
from geoservice.scheme.knot import Choice, Knot
from geoservice.scheme.placed import PlacedUnit, Unit

#: Rounds over units in trouble, of which the worst are set once more in each; what has to cost less then.
ROUNDS, MOST, LESS_MM = 3, 8, 0.5
#: How many units are asked to make room for one, and how many for one of those.
TRIES = (4, 2)
#: A tick so close to the number of its own sign touches its halo.
CLOSE_MM = 0.3


def untangled(
    units: Sequence[Unit],
    placed: dict[str, PlacedUnit],
    bounds: Box,
    fixed: Obstacles,
    landmarks: Sequence[Box] = (),
) -> dict[str, PlacedUnit]:
    """Set units anew whose lines run over others, or that lie on lines, where they cost less."""
    knot = Knot(units, placed, bounds, fixed, landmarks)
    failed: set[int] = set()
    for _ in range(ROUNDS):
        these = [index for index in knot.troubled()[:MOST] if index not in failed]
        moved = [_eased(knot, index) for index in these]
        failed.update(index for index, better in zip(these, moved, strict=True) if not better)
        if not any(moved):
            break
    for index, at in enumerate(knot.at):
        if at.moved and not knot.stack[index]:
            _turn(knot, index)
    return {unit.id: at for unit, at in zip(units, knot.at, strict=True)}


def _eased(knot: Knot, index: int) -> bool:
    """Set a unit where it costs less, others making room for it."""
    conflict = knot.conflict(index)
    if conflict <= 0:
        return False
    old, now = knot.at[index], knot.reach(index) + conflict
    knot.lift(index)
    if _settled(knot, index, now - LESS_MM, (index,)):
        return True
    knot.set(index, old)
    return False


def _settled(knot: Knot, index: int, most_mm: float, gone: tuple[int, ...]) -> bool:
    """Set a lifted unit where it costs less than so much, together with those that make room for it."""
    ejects = len(gone) <= len(TRIES)
    choice = knot.choice(index, most_mm, gone, ejects=ejects)
    if choice is None:
        return False
    unit = knot.units[index]
    free = np.where(choice.blocked.any(axis=0), np.inf, choice.costs)
    best = int(free.argmin())
    if free[best] < most_mm:
        knot.set(index, choice.stands.at(unit, best))
        return True
    if not ejects:
        return False
    for at, other, cost in _ways_out(choice, gone, most_mm)[: TRIES[len(gone) - 1]]:
        before, was = knot.at[other], knot.cost(other)
        knot.set(index, choice.stands.at(unit, at))
        knot.lift(other)
        if _settled(knot, other, most_mm - cost + was, (*gone, other)):
            return True
        knot.set(other, before)
        knot.lift(index)
    return False


def _ways_out(choice: Choice, gone: Sequence[int], most_mm: float) -> list[tuple[int, int, float]]:
    """The stands that would be cheap enough if one unit made room, which one, what they would cost then.

    The cheapest for each unit that could make room, the cheapest of all first.
    """
    count, soft = choice.blocked.sum(axis=0), choice.soft
    other = np.where(count == 1, choice.blocked.argmax(axis=0), soft.argmax(axis=0))
    saved = soft[other, np.arange(len(count))]
    costs = choice.costs - saved
    some = np.flatnonzero(((count == 1) | (saved > 0)) & (costs < most_mm) & ~np.isin(other, gone))
    found: dict[int, tuple[int, int, float]] = {}
    for at in some[np.argsort(costs[some].round(6), kind="stable")].tolist():
        found.setdefault(int(other[at]), (at, int(other[at]), float(costs[at])))
    return list(found.values())


def _turn(knot: Knot, index: int) -> None:
    """Turn the number of a moved sign away from its own tick, where there is paper for it."""
    unit, at = knot.units[index], knot.at[index]
    if not _over_number(unit, at):
        return
    most = knot.cost(index)
    for other in knot.turned(index):
        if not _over_number(unit, other):
            knot.set(index, other)
            if knot.cost(index) <= most:
                return
            knot.set(index, at)


def _over_number(unit: Unit, at: PlacedUnit) -> bool:
    """Whether the tick of a moved sign runs over its own number, or close to it."""
    tick = tick_of(unit, at)
    return meets_sign(unit, at) and any(
        runs_through(tick, grown(part, CLOSE_MM)) for part in number_parts(unit, at)
    )
