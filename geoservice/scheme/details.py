"""Which parts of a map go to pages of their own. Pure and deterministic; millimetres, y downwards.

Where so many organisations stand together that no inset beside them has the room, a printed atlas opens the
spot on a further page. Windows of the map's ground are chosen, single ones and blocks that abut like the
sheets of an atlas, each at the scale at which its page sets most organisations apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.scheme.boxes import TINY_MM, Box
from geoservice.scheme.insets import LEAST_ENLARGED, Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: A stack of more places than this cannot be read: the sheet gets detail maps. Pages that there are open
#: smaller stacks as well.
READABLE, COMFORTABLE = 12, 4
#: Pages with detail maps that a sheet may have.
MOST_PAGES = 12
#: So many organisations have to be told apart on a page for it to be worth it.
PAGE_WORTH = 24
#: A stack of so many places that pages leave is opened for fewer: for more than so many.
STUBBORN, STUBBORN_WORTH = 8, 4
#: Paper that an organisation takes on a detail map, width and height: its sign, its number, most of its name.
PLACE_MM = (15.0, 9.0)
#: Windows abut in blocks of so many columns and rows.
BLOCKS = ((1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (1, 3), (3, 2), (2, 3), (3, 3))
#: Windows either abut or leave this much of the map between them: what stands in a strip finds no room.
BETWEEN_MM = 9.0
#: What it costs to leave an organisation in such a strip: a page that takes all in, at a smaller scale, is
#: better than two that open the middle of a crowd.
STRANDED_COST = 0.25
#: Places that windows are tried around, and steps by which they move to where most others stand.
SEEDS, STEPS = 40, 3


class Ground(Struct, frozen=True):
    """A map that windows are chosen on: ``bounds`` in mm, its denominator, windows that it has already.

    ``inner``: it is a detail map itself. What is crowded there is a spot, and who is left beside its windows
    finds no others.
    """

    bounds: Box
    denominator: int
    taken: tuple[Box, ...] = ()
    inner: bool = False


class _Block(Struct, frozen=True):
    """Windows that abut, all at one scale, and what they are worth."""

    worth: float
    denominator: int
    windows: tuple[Box, ...]


def windows(
    places: Array,
    ground: Ground,
    room: tuple[float, float],
    series: Sequence[int],
    most: int,
    unit: float,
    worth: int = PAGE_WORTH,
) -> list[Spot]:
    """Choose the windows of a map that get pages; ``indices`` are those of ``places``.

    Args:
        places: (n, 2) distinct places on the map that cannot be read there.
        ground: the map.
        room: width and height of the map on a detail page.
        series: denominators to choose from.
        most: windows at the most.
        unit: how signs grow with the paper.
        worth: a page has to tell more organisations apart than so many.
    """
    finer = sorted((step for step in series if step * LEAST_ENLARGED <= ground.denominator), reverse=True)
    cell = (PLACE_MM[0] * unit, PLACE_MM[1] * unit)
    left = np.arange(len(places))
    taken = list(ground.taken)
    found: list[Spot] = []
    while len(found) < most and len(left) > worth:
        best = _best(places[left], ground, taken, room, finer, cell, most - len(found), worth)
        if best is None:
            break
        for window in best.windows:
            inside = left[_within(places[left], window)]
            spot = Spot(tuple(int(i) for i in inside), window, best.denominator, *room)
            found.append(spot)
            taken.append(window)
            left = np.setdiff1d(left, inside)
    return found


def _best(
    places: Array,
    ground: Ground,
    taken: Sequence[Box],
    room: tuple[float, float],
    finer: Sequence[int],
    cell: tuple[float, float],
    most: int,
    least: int,
) -> _Block | None:
    """The block that tells most organisations apart for its pages; of equal ones the smallest scale."""
    best: _Block | None = None
    for step in finer:
        apart = _thinned(places, cell, ground.denominator / step)
        wide, tall = (side * step / ground.denominator for side in room)
        for columns, rows in BLOCKS:
            if columns * rows > most:
                continue
            corners = _corners(places, (columns * wide, rows * tall), ground.bounds, taken)
            if not len(corners):
                continue
            side = np.asarray((wide, tall))
            cells = [corners + side * (c, r) for r in range(rows) for c in range(columns)]
            worth, kept = _valued(cells, side, places, apart, ground, taken, least)
            if worth.max() > (best.worth if best else 0.0):
                at = int(np.argmax(worth))
                chosen = [low[at] for low, free in zip(cells, kept, strict=True) if free[at]]
                best = _Block(
                    float(worth[at]),
                    step,
                    tuple((float(x), float(y), float(x + wide), float(y + tall)) for x, y in chosen),
                )
    return best


def _valued(
    cells: Sequence[Array],
    side: Array,
    places: Array,
    apart: Array,
    ground: Ground,
    taken: Sequence[Box],
    least: int,
) -> tuple[Array, list[NDArray[np.bool_]]]:
    """What (n,) blocks are worth, and which of their windows are made.

    Args:
        cells: for each window of the blocks its n upper left corners.
        side: width and height of a window.
        places: who is to be shown.
        apart: those of them who can be told apart.
        ground: the map.
        taken: windows there are.
        least: of how many a window has to show more.
    """
    gains = [_count(apart, low, low + side) - least for low in cells]
    kept = [_free(low, low + side, taken) & (gain > 0) for low, gain in zip(cells, gains, strict=True)]
    worth: Array = np.sum([free * gain for free, gain in zip(kept, gains, strict=True)], axis=0, dtype=float)
    if ground.inner:
        held = [free * _count(places, low, low + side) for low, free in zip(cells, kept, strict=True)]
        around = _count(places, cells[0] - BETWEEN_MM, cells[-1] + side + BETWEEN_MM)
        stranded = around - np.sum(held, axis=0)
        worth = np.where(worth > 0, np.maximum(worth - STRANDED_COST * stranded, TINY_MM), worth)
    return worth, kept


def _free(low: Array, high: Array, taken: Sequence[Box]) -> NDArray[np.bool_]:
    """Which rectangles abut on those that are taken or lie well clear of them."""
    free = np.ones(len(low), dtype=bool)
    for box in taken:
        apart = np.maximum(low - np.asarray(box[2:]), np.asarray(box[:2]) - high).max(axis=1)
        free &= (np.abs(apart) < TINY_MM) | (apart > BETWEEN_MM)
    return free


def _corners(places: Array, size: tuple[float, float], bounds: Box, taken: Sequence[Box]) -> Array:
    """Upper left corners of rectangles in the bounds, moved to where most places stand; each once.

    Those that would not lie clear of what is taken are moved up to its edges as well.
    """
    first, last = np.asarray(bounds[:2]), np.asarray(bounds[2:]) - np.asarray(size)
    if (last < first - TINY_MM).any():
        return np.empty((0, 2))
    order = np.lexsort((places[:, 1], places[:, 0]))
    seeds = places[order][:: max(1, len(places) // SEEDS)]
    low, high = places.min(axis=0), places.max(axis=0)
    middles = np.vstack([seeds, (low + high) / 2, np.median(places, axis=0)])
    half = np.asarray(size) / 2
    for _ in range(STEPS):
        near = (np.abs(places[None, :, :] - middles[:, None, :]) <= half).all(axis=2)
        held = near.sum(axis=1)[:, None]
        middles = np.where(held > 0, near @ places / np.maximum(held, 1), middles)
        middles = np.clip(middles, first + half, last + half)
    corners: Array = np.clip(np.unique((middles - half).round(1), axis=0), first, last)
    moved = [corners]
    for box in taken:
        apart = np.maximum(corners - np.asarray(box[2:]), np.asarray(box[:2]) - corners - np.asarray(size))
        close = corners[apart.max(axis=1) <= BETWEEN_MM]
        for axis in (0, 1):
            for edge in (box[axis] - size[axis], box[axis + 2]):
                there = close.copy()
                there[:, axis] = edge
                moved.append(there[(there >= first).all(axis=1) & (there <= last).all(axis=1)])
    return np.vstack(moved)


def _thinned(places: Array, cell: tuple[float, float], magnification: float) -> Array:
    """One place for each cell of the magnified map in which some stand: who can be told apart there."""
    rows = np.floor(places * magnification / np.asarray(cell)).astype(np.int64)
    _, first = np.unique(rows, axis=0, return_index=True)
    thinned: Array = places[np.sort(first)]
    return thinned


def _within(places: Array, box: Box) -> NDArray[np.bool_]:
    x, y = places.T
    inside: NDArray[np.bool_] = (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])
    return inside


def _count(places: Array, low: Array, high: Array) -> NDArray[np.intp]:
    """How many places lie in each of some rectangles."""
    x, y = places.T
    inside = (x >= low[:, :1]) & (x <= high[:, :1]) & (y >= low[:, 1:]) & (y <= high[:, 1:])
    count: NDArray[np.intp] = inside.sum(axis=1)
    return count
