"""Where the plates of stacks stand: beside their places, in emptier paper, at the end of a short pointer.

Pure and deterministic; millimetres in a map frame, y downwards. A plate covers no place, its pointer runs
under no other plate, as long as there is room for that within reach; what a plate costs says :data:`COSTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.scheme.boxes import Box, Obstacles, Segment, box_at, grown, ring_shifts, within
from geoservice.scheme.placed import PlacedUnit, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

#: Lengths of pointers that are tried first, and the grid of plates all over the frame.
POINTERS_MM = (1.8, 3.6, 6.0, 9.0, 12.5, 17.0, 23.0, 31.0, 42.0)
GRID_MM = 7.0
#: Pointers shorter than this are not seen.
LEAST_MM = 1.4
#: A pointer longer than this costs more for each mm.
SHORT_MM, PER_MM = 12.0, 2.5
#: Half of what is kept free at a place, and clear paper between plates.
DOT_MM, GAP_MM = 0.6, 0.5
#: Where the best plate near its place costs more than this, it is tried on the grid up to so far off; where
#: none has room, anywhere.
DEAR_MM, FAR_MM = 150.0, 70.0
#: Candidates whose pointers are looked at together, and rounds in which plates make room for each other.
BLOCK, ROUNDS = 24, 2
#: A plate that is set once more is tried on the grid where it may cost more than this.
FAR_FROM_MM = 40.0


class Costs(Struct, frozen=True):
    """What it costs, in millimetres of a pointer, that a plate or its pointer lies over something."""

    place: float = 400.0  # a plate on the place of another
    landmark: float = 20.0  # a plate on a town that the reader finds the way by
    sign: float = 6.0  # a plate where a sign could stand: it steps aside
    under: float = 200.0  # a pointer below a plate or an inset
    crossing: float = 40.0  # a pointer over another
    over_place: float = 20.0  # a pointer over the place of another stack
    over_sign: float = 4.0  # a pointer where a sign could stand


COSTS = Costs()


def covers_place(unit: Unit) -> bool:
    """Whether a unit covers its own place, as signs do; plates of stacks stand beside theirs."""
    return _cover(unit.shapes)


@lru_cache(maxsize=2048)
def _cover(shapes: tuple[Box, ...]) -> bool:
    return any(x0 < 0 < x1 and y0 < 0 < y1 for x0, y0, x1, y1 in shapes)


def place_plates(
    units: Sequence[Unit],
    bounds: Box,
    obstacles: Sequence[Box],
    *,
    landmarks: Sequence[Box] = (),
    rough: bool = False,
) -> dict[str, PlacedUnit]:
    """Place the plates among the units; the others are what plates had better not stand on.

    Args:
        units: plates and signs, those of higher priority first.
        bounds: the frame that no plate may leave.
        obstacles: boxes to keep clear of, such as insets.
        landmarks: boxes that had better be seen, such as signs of large towns.
        rough: let pointers run anywhere, and look once.

    Returns:
        A placed unit for each plate: ``shape`` is the first with its size, (dx, dy) its pointer. Those marked
        ``forced`` overlap.
    """
    plates = [unit for unit in units if not covers_place(unit)]
    if not plates:
        return {}
    board = _Board(units, bounds, obstacles, landmarks)
    near = {unit.id: _offers(unit, board, _roughly_around if rough else _around) for unit in plates}
    chosen: dict[str, _Stand] = {}
    for turn in range(1 if rough else ROUNDS):
        before = dict(chosen)
        content = bool(turn) and all(at.cost <= DEAR_MM for at in chosen.values())
        for unit in plates:
            if content and chosen[unit.id].cost < SHORT_MM:
                continue  # near its place, over nothing
            others = [stand for key, stand in chosen.items() if key != unit.id]
            found = near[unit.id].best(others, board, rough)
            if turn and found is not None and found.cost > DEAR_MM:
                found = min(
                    found, _offers(unit, board, _farther).best(others, board, rough) or found, key=_cost
                )
            if found is None or found.forced:
                found = _offers(unit, board, _anywhere).best(others, board, rough) or found
            chosen[unit.id] = found or _Stand(_at(unit, 0), (unit.x, unit.y, unit.x, unit.y), 0, np.inf, True)
        if turn and chosen == before:
            break
    return {key: at.placed(key) for key, at in chosen.items()}


class _Stand(Struct, frozen=True):
    """Where a plate stands, its pointer, its shape; ``forced``: it overlaps another one."""

    box: Box
    line: Segment
    shape: int
    cost: float
    forced: bool = False

    def placed(self, key: str) -> PlacedUnit:
        """The plate as a placed unit: its pointer is how far it was moved."""
        dx, dy = self.line[2] - self.line[0], self.line[3] - self.line[1]
        hides = self.cost >= COSTS.under
        return PlacedUnit(key, self.shape, dx, dy, self.box, True, self.forced, hides)


def _cost(at: _Stand) -> tuple[bool, float]:
    return at.forced, at.cost


class _Board:
    """The frame, what may not be covered, and where signs could stand.

    What plates had better not lie over, and pointers not run over, are boxes with a cost each.
    """

    def __init__(
        self, units: Sequence[Unit], bounds: Box, obstacles: Sequence[Box], landmarks: Sequence[Box]
    ) -> None:
        self.bounds = bounds
        fixed = [grown(box, GAP_MM / 2) for box in obstacles]
        places = [(unit.x, unit.y, unit.x, unit.y) for unit in units]
        signs = [_at(unit, 0) for unit in units if covers_place(unit)]
        dots = [grown(at, DOT_MM) for unit, at in zip(units, places, strict=True) if not covers_place(unit)]
        self.fixed = Obstacles(fixed)
        self._below = Obstacles([*(grown(at, DOT_MM) for at in places), *signs, *landmarks])
        self._uneasy = np.repeat(
            (COSTS.place, COSTS.sign, COSTS.landmark), (len(places), len(signs), len(landmarks))
        )
        self._crossed = Obstacles([*fixed, *dots, *signs])
        self._trouble = np.repeat(
            (COSTS.under, COSTS.over_place, COSTS.over_sign), (len(fixed), len(dots), len(signs))
        )

    def unease(self, boxes: Array) -> Array:
        """What each of (4, k) boxes covers of places and of where signs could stand."""
        return self._below.weight_overlapped(boxes, self._uneasy)

    def trouble(self, lines: Array) -> Array:
        """What each of (4, k) pointers runs over, besides the place of its own where it begins."""
        return self._crossed.weight_under(lines, self._trouble) - COSTS.over_place


class _Offers(Struct, frozen=True):
    """Where a plate can stand, the cheapest first as far as is known without the others.

    ``boxes`` and ``lines`` (pointers): (4, k); ``costs``: (k,).
    """

    boxes: Array
    lines: Array
    costs: Array
    shapes: NDArray[np.intp]

    def best(self, others: Sequence[_Stand], board: _Board, rough: bool) -> _Stand | None:
        """The cheapest of them beside the plates that stand; the least bad where all overlap."""
        if not len(self.costs):
            return None
        held = Obstacles([grown(other.box, GAP_MM) for other in others], [other.line for other in others])
        index = np.flatnonzero(held.clear_of_boxes(self.boxes))
        if not len(index):
            return self._stand(int(np.argmin(held.overlap_area(self.boxes))), np.inf, forced=True)
        best, least = int(index[0]), float(self.costs[index[0]]) if rough else np.inf
        for start in range(0, 0 if rough else len(index), BLOCK):
            some = index[start : start + BLOCK]
            if self.costs[some[0]] >= least:
                break
            costs = (self.costs[some] + self._trouble(some, held, board)).round(6)  # the first of equals
            if (found := float(costs.min())) < least - 1e-6:
                best, least = int(some[int(np.argmin(costs))]), found
        return self._stand(best, least)

    def _stand(self, index: int, cost: float, *, forced: bool = False) -> _Stand:
        box, line = box_at(self.boxes, index), box_at(self.lines, index)
        return _Stand(box, line, int(self.shapes[index]), cost, forced)

    def _trouble(self, index: NDArray[np.intp], held: Obstacles, board: _Board) -> Array:
        boxes, lines = self.boxes[:, index], self.lines[:, index]
        under = held.lines_over(boxes) + held.boxes_under(lines)
        crossing = held.lines_crossed(lines) * COSTS.crossing
        trouble: Array = under * COSTS.under + crossing + board.trouble(lines)
        return trouble


def _offers(unit: Unit, board: _Board, places: Callable[[Unit, tuple[float, float], Box], Array]) -> _Offers:
    """Where a plate can stand clear of what is fixed, in each of its sizes."""
    boxes, shapes = _sized(unit, board.bounds, places)
    place = np.asarray([[unit.x], [unit.y]])
    length = np.hypot(*(_ends(place, boxes) - place))
    free = within(boxes, board.bounds) & board.fixed.clear_of_boxes(boxes) & (length >= LEAST_MM)
    boxes, shapes, length = boxes[:, free], shapes[free], length[free]
    ends = _ends(place, boxes)
    lines = np.concatenate([np.broadcast_to(place, ends.shape), ends])
    costs = length + PER_MM * np.maximum(length - SHORT_MM, 0) + board.unease(boxes)
    order = np.argsort(costs.round(6), kind="stable")
    return _Offers(boxes[:, order], lines[:, order], costs[order], shapes[order])


def reach_mm(lengths: Array, boxes: Array, landmarks: Obstacles) -> Array:
    """What plates cost for the lengths of their pointers, and for the towns that they hide.

    Where all else is set, long pointers are no longer as dear: what they are in the way of is known.
    """
    hidden = landmarks.weight_overlapped(boxes, np.full(landmarks.count, COSTS.landmark))
    reach: Array = lengths + np.maximum(lengths - SHORT_MM, 0) + hidden
    return reach


def stack_stands(unit: Unit, bounds: Box, most_mm: float) -> tuple[Array, Array, NDArray[np.intp], Array]:
    """Where a plate can stand in a frame with a pointer shorter than so much.

    Returns:
        Boxes and pointers (4, k), shapes and lengths (k,).
    """
    parts = [_sized(unit, bounds, places) for places in (_around, _farther)[: 1 + (most_mm > FAR_FROM_MM)]]
    boxes, shapes = np.concatenate([p[0] for p in parts], axis=1), np.concatenate([p[1] for p in parts])
    place = np.asarray([[unit.x], [unit.y]])
    ends = _ends(place, boxes)
    lengths = np.hypot(*(ends - place))
    good = np.flatnonzero((lengths >= LEAST_MM) & (lengths < most_mm))
    good = good[np.argsort(lengths[good].round(6), kind="stable")]
    lines = np.concatenate([np.broadcast_to(place, ends.shape), ends])
    return boxes[:, good], lines[:, good], shapes[good], lengths[good]


def _ends(place: Array, boxes: Array) -> Array:
    """Where pointers from a place, (2, 1), meet (4, k) plates."""
    ends: Array = np.minimum(np.maximum(place, boxes[:2]), boxes[2:])
    return ends


def _sized(
    unit: Unit, bounds: Box, places: Callable[[Unit, tuple[float, float], Box], Array]
) -> tuple[Array, NDArray[np.intp]]:
    """Where a plate can stand in each of its sizes."""
    sizes = dict[tuple[float, float], int]()
    for index, (x0, y0, x1, y1) in enumerate(unit.shapes):
        sizes.setdefault((round(x1 - x0, 6), round(y1 - y0, 6)), index)
    parts = [(places(unit, size, bounds), index) for size, index in sizes.items()]
    shapes = np.concatenate([np.full(boxes.shape[1], index) for boxes, index in parts])
    return np.concatenate([boxes for boxes, _ in parts], axis=1), shapes


def _around(
    unit: Unit, size: tuple[float, float], _: Box, pointers: tuple[float, ...] = POINTERS_MM
) -> Array:
    """The (4, k) boxes at the ends of pointers of all lengths and directions."""
    around: Array = _rings(size, pointers) + np.array([[unit.x], [unit.y], [unit.x], [unit.y]])
    return around


@lru_cache(maxsize=512)
def _rings(size: tuple[float, float], pointers: tuple[float, ...]) -> Array:
    """The same around the place (0, 0)."""
    shifts = ring_shifts(pointers)
    half = np.asarray(size)[:, None] / 2
    # A ray from a box's middle leaves it through the side that it meets first: beyond it the pointer begins.
    way = shifts / np.hypot(*shifts)
    middle = shifts + way * np.min(half / np.maximum(np.abs(way), 1e-9), axis=0)
    return np.concatenate([middle - half, middle + half])


def _roughly_around(unit: Unit, size: tuple[float, float], bounds: Box) -> Array:
    return _around(unit, size, bounds, POINTERS_MM[::2])


def _farther(unit: Unit, size: tuple[float, float], bounds: Box) -> Array:
    x0, y0, x1, y1 = grown((unit.x, unit.y, unit.x, unit.y), FAR_MM)
    window = (max(x0, bounds[0]), max(y0, bounds[1]), min(x1, bounds[2]), min(y1, bounds[3]))
    return _anywhere(unit, size, window)


def _anywhere(_: Unit, size: tuple[float, float], bounds: Box) -> Array:
    xs = np.arange(bounds[0], max(bounds[2] - size[0], bounds[0]) + 1e-6, GRID_MM)
    ys = np.arange(bounds[1], max(bounds[3] - size[1], bounds[1]) + 1e-6, GRID_MM)
    low = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
    return np.concatenate([low, low + np.asarray(size)[:, None]])


def _at(unit: Unit, shape: int) -> Box:
    x0, y0, x1, y1 = unit.shapes[shape]
    return (unit.x + x0, unit.y + y0, unit.x + x1, unit.y + y1)
