"""Where signs, numbers and names stand on paper, so that nothing lies over anything else.

Pure and deterministic: millimetres in a map frame (x to the right, y down); the same input, the same output.
Two steps. :func:`place_units` sets every sign with its number: at its place, or, where another sign stands
there, beside it with a tick to the place; nobody is dropped. :func:`place_labels` adds texts where there is
room, first beside the sign, then further off at the end of a leader line; a text that finds no room is left
out, for the number already says who stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from geoservice.scheme.boxes import (
    Box,
    Ink,
    Obstacles,
    box_at,
    grown,
    nearest_point,
    overlapping,
    ring_shifts,
    within,
)
from geoservice.scheme.placed import Align, Label, PlacedLabel, PlacedUnit, Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Align", "Label", "PlacedLabel", "PlacedUnit", "Unit", "place_labels", "place_units"]

#: Clear paper between two units, and between a unit and its text.
GAP_MM = 0.5
#: How far a sign may be moved from its place before the search takes to the whole frame.
RINGS_MM = (2.0, 3.5, 5.0, 6.5, 8.5, 11.0, 14.0, 18.0, 23.0, 29.0, 36.0, 45.0, 56.0, 70.0, 90.0, 120.0)
#: A tick longer than this is not followed; half the side of what is kept free at the end of one.
LONG_MM, DOT_MM = 40.0, 0.4
#: Distances at which a text is tried with a leader line.
LEADERS_MM = (3.0, 5.5, 8.5, 12.0, 16.5, 22.0, 29.0)
#: Ranks that a text gives up to get off lines that fill it wholly: a road across it takes some 0.15 of it.
INK_COST = 24.0
#: Candidates whose boxes are looked at together, and those of them whose ticks are.
BLOCK, CLOSELY = 144, 20


# -- signs ---------------------------------------------------------------------------------------------------


def place_units(
    units: Sequence[Unit], bounds: Box, obstacles: Sequence[Box] = (), *, rough: bool = False
) -> dict[str, PlacedUnit]:
    """Place every unit: at its place where it can stand there, else as near as it can.

    Args:
        units: what to place; ids are unique.
        bounds: the frame that nothing may leave.
        obstacles: boxes to keep clear of, such as insets.
        rough: let ticks cross: a look at whether there is room at all, in half the time.

    Returns:
        One placed unit for each id. Those marked ``forced`` overlap: the frame is too full, and the caller
        groups them or takes a larger scale.
    """
    order = sorted(units, key=lambda unit: (-unit.priority, unit.id))
    placed = _placed(order, bounds, obstacles, rough, _standing(order, bounds, obstacles))
    if not any(at.forced for at in placed.values()):
        return placed
    # Where there is no room otherwise, plates may stand over places to which ticks lead.
    plain = _at_their_places(order, bounds, Obstacles(list(obstacles)))
    other = _placed(order, bounds, obstacles, rough, plain)
    return placed if any(at.forced for at in other.values()) else other


def _placed(
    order: Sequence[Unit],
    bounds: Box,
    obstacles: Sequence[Box],
    rough: bool,
    standing: dict[str, PlacedUnit],
) -> dict[str, PlacedUnit]:
    """Place whoever does not stand on his place as near to it as he can."""
    placed = dict(standing)
    waiting = [unit for unit in order if unit.id not in placed]
    dots = [_dot(unit) for unit in order if unit.id not in placed or not _on_place(unit)]
    held = Obstacles([*obstacles, *dots, *(grown(at.box, GAP_MM / 2) for at in placed.values())])
    for unit in waiting:
        found = _beside_place(unit, bounds, held, rough)
        placed[unit.id] = found
        held.add(grown(found.box, GAP_MM / 2))
        held.add_line((unit.x, unit.y, *nearest_point(found.box, unit.x, unit.y)))
    return placed


def _standing(order: Sequence[Unit], bounds: Box, obstacles: Sequence[Box]) -> dict[str, PlacedUnit]:
    """Those that stand at their places. No plate hides a place that a tick leads to, no sign that of a plate.

    A sign turns its number away from the end of another's tick, but stays: else one would drive out the next.
    """
    signs = [unit for unit in order if _on_place(unit)]
    points = [_dot(unit) for unit in order if not _on_place(unit)]
    away: set[str] = set()
    while True:
        ends = [_dot(unit) for unit in signs if unit.id in away]
        here = [unit for unit in order if unit.id not in away]
        placed = _at_their_places(here, bounds, Obstacles([*obstacles, *points, *ends]))
        taken = [grown(at.box, GAP_MM / 2) for at in placed.values()]
        left = [unit for unit in signs if unit.id not in placed]
        placed |= _at_their_places(left, bounds, Obstacles([*obstacles, *points, *taken]))
        now = {unit.id for unit in order if unit.id not in placed}
        if now <= away:
            return placed
        away |= now


def _dot(unit: Unit) -> Box:
    return grown((unit.x, unit.y, unit.x, unit.y), DOT_MM)


def _on_place(unit: Unit) -> bool:
    """Whether a unit covers its own place, as signs do; plates of stacks stand beside theirs."""
    return any(x0 < 0 < x1 and y0 < 0 < y1 for x0, y0, x1, y1 in unit.shapes)


def _at_their_places(units: Sequence[Unit], bounds: Box, held: Obstacles) -> dict[str, PlacedUnit]:
    """Those that can stand at their places; each takes the first of its shapes that is free still.

    The shapes of all are compared with each other at once; ``held`` takes in those that stand.
    """
    counts = [len(unit.shapes) for unit in units]
    shapes = [(unit.x, unit.y, *shape) for unit in units for shape in unit.shapes]
    if not shapes:
        return {}
    places, boxes = np.split(np.asarray(shapes, dtype=float).reshape(-1, 6).T, [2])
    boxes = boxes + np.tile(places, (2, 1))
    apart = boxes + _GAP
    free = within(boxes, bounds) & held.clear_of_boxes(apart)
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


def _beside_place(unit: Unit, bounds: Box, held: Obstacles, rough: bool) -> PlacedUnit:
    first = unit.shapes[0]
    reach = max(first[2] - first[0], first[3] - first[1]) / 2
    shifts = ring_shifts(tuple(reach * 0.6 + ring for ring in RINGS_MM))
    choice = _first_free(unit, shifts, bounds, held, strict=not rough)
    if choice is None:
        xs = np.arange(bounds[0], bounds[2], 3.0) - unit.x
        ys = np.arange(bounds[1], bounds[3], 3.0) - unit.y
        grid = np.stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
        shifts = grid[:, np.argsort(np.hypot(*grid), kind="stable")]
        choice = _first_free(unit, shifts, bounds, held, strict=False)
    forced = choice is None
    dx, dy = (_least_bad(unit, shifts, bounds, held) if choice is None else choice).tolist()
    x, y = unit.x + dx, unit.y + dy
    box = (first[0] + x, first[1] + y, first[2] + x, first[3] + y)
    return PlacedUnit(unit.id, 0, dx, dy, box, moved=True, forced=forced)


def _first_free(unit: Unit, shifts: Array, bounds: Box, held: Obstacles, strict: bool = True) -> Array | None:
    """The first shift at which the unit is clear; if ``strict``, of ticks as well where that can be."""
    spare: Array | None = None
    x0, y0, x1, y1 = unit.shapes[0]
    around = (unit.x + min(x0, 0), unit.y + min(y0, 0), unit.x + max(x1, 0), unit.y + max(y1, 0))
    for start in range(0, shifts.shape[1], BLOCK):
        part = shifts[:, start : start + BLOCK]
        if spare is not None and np.hypot(*part[:, 0]) > LONG_MM:
            break  # a short tick over another is read more easily than one across the map
        boxes = _shifted(unit, part)
        near = held.near(grown(around, float(np.abs(part).max()) + 1.0))
        index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(boxes + _GAP))
        if not len(index):
            continue
        if not strict:
            return part[:, index[0]]
        for begin in range(0, len(index), CLOSELY):
            some = index[begin : begin + CLOSELY]
            ticks = _ticks(unit, boxes[:, some])
            # The tick starts at the unit's own place, which is an obstacle to others only.
            ticks[:2] += (ticks[2:] - ticks[:2]) * 0.2
            clear = near.clear_of_lines(boxes[:, some]) & near.lets_through(ticks)
            if clear.any():
                return part[:, some[np.argmax(clear)]]
        spare = part[:, index[0]] if spare is None else spare
    return spare


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


def _ticks(unit: Unit, boxes: Array) -> Array:
    place = np.broadcast_to(_pair(unit.x, unit.y), (2, boxes.shape[1]))
    return np.concatenate([place, np.minimum(np.maximum(place, boxes[:2]), boxes[2:])])


# -- texts ---------------------------------------------------------------------------------------------------


def place_labels(
    labels: Sequence[Label],
    bounds: Box,
    obstacles: Obstacles,
    *,
    leaders: Sequence[float] = LEADERS_MM,
    ink: Ink | None = None,
) -> dict[str, PlacedLabel]:
    """Place texts where there is room; those without room are left out.

    Args:
        labels: ids are unique; higher priority first, then by id.
        bounds: the frame that nothing may leave.
        obstacles: signs, insets, texts placed before; each placed text and leader line is added to them.
        leaders: distances in mm at which leader lines are tried.
        ink: lines of the base map, which a text had better not lie on.
    """
    order = sorted(labels, key=lambda item: (-item.priority, item.id))
    placed: dict[str, PlacedLabel] = {}
    if not order:
        return placed
    places, unease = _places_beside(order, bounds, ink)
    for index, label in enumerate(order):
        stands = _beside_or_apart(label, places[:, index], unease[index], bounds, obstacles, tuple(leaders))
        if stands is not None:
            placed[label.id] = stands
            obstacles.add(grown(stands.box, GAP_MM / 2))
            if stands.leader is not None:
                obstacles.add_line(stands.leader)
    return placed


def _places_beside(labels: Sequence[Label], bounds: Box, ink: Ink | None) -> tuple[Array, Array]:
    """The (4, labels, variants, 12) places beside the signs, and how bad each is.

    Labels with fewer variants have their last one repeated.
    """
    most = max(len(label.sizes) for label in labels)
    sizes = np.asarray([(*label.sizes, *[label.sizes[-1]] * (most - len(label.sizes))) for label in labels])
    around = np.asarray([label.around for label in labels]).T[:, :, None]
    boxes = _beside(around, sizes[..., 0], sizes[..., 1])
    flat = boxes.reshape(4, -1)
    unease = np.tile(np.arange(float(len(ALIGNS))), flat.shape[1] // len(ALIGNS))
    if ink is not None:
        unease += INK_COST * ink.share(flat)
    unease[~within(flat, bounds)] = np.inf
    return boxes, unease.reshape(boxes.shape[1:])


def _beside_or_apart(
    label: Label, places: Array, unease: Array, bounds: Box, obstacles: Obstacles, leaders: tuple[float, ...]
) -> PlacedLabel | None:
    """Beside the sign, else at the end of a leader line; the fullest variant that finds room either way.

    Args:
        label: whose text it is.
        places: (4, variants, 12) boxes beside its sign.
        unease: (variants, 12), how bad each is.
        bounds: the frame.
        obstacles: what to keep clear of.
        leaders: lengths of leader lines.
    """
    flat = places.reshape(4, -1)
    near = obstacles.near(grown(label.around, max(map(max, label.sizes)) + 2.0))
    free = near.clear_of_boxes(flat) & near.clear_of_lines(flat)
    costs = np.where(free.reshape(unease.shape), unease, np.inf)
    wider: Obstacles | None = None
    for variant in range(len(label.sizes)):
        best = int(np.argmin(costs[variant]))
        if costs[variant, best] < np.inf:
            return PlacedLabel(label.id, variant, box_at(places[:, variant], best), ALIGNS[best])
        if label.leader and leaders:
            reach = leaders[-1] + max(map(max, label.sizes)) + 2.0
            wider = wider or obstacles.near(grown(label.around, reach))
            if found := _with_leader(label, variant, wider, bounds, leaders):
                return found
    return None


def _with_leader(
    label: Label, variant: int, near: Obstacles, bounds: Box, leaders: tuple[float, ...]
) -> PlacedLabel | None:
    """The first place at the end of a leader line that is free, and to which the line is."""
    boxes, way = _apart(label.around, label.sizes[variant], leaders)
    index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(boxes))
    index = index[near.clear_of_lines(boxes[:, index])]
    for begin in range(0, len(index), CLOSELY):
        some = index[begin : begin + CLOSELY]
        lines = _leaders(label.around, boxes[:, some])
        # They start at their own sign's edge: shortened, so that the sign itself does not stop them.
        if (clear := near.lets_through(_shortened(lines))).any():
            at = int(some[best := int(np.argmax(clear))])
            align: Align = "center" if abs(way[0, at]) < 0.5 else "left" if way[0, at] > 0 else "right"
            return PlacedLabel(label.id, variant, box_at(boxes, at), align, box_at(lines, best))
    return None


def _apart(around: Box, size: tuple[float, float], leaders: tuple[float, ...]) -> tuple[Array, Array]:
    """The (4, k) boxes of a text at the ends of leader lines, and the (2, k) directions of these."""
    x0, y0, x1, y1 = around
    width, height = size
    shifts = ring_shifts(leaders)
    way = shifts / np.hypot(*shifts)
    low = shifts + way * _pair(x1 - x0 + width, y1 - y0 + height) / 2
    low += _pair(x0 + x1 - width, y0 + y1 - height) / 2
    return np.concatenate([low, low + _pair(width, height)]), way


#: How a text is aligned at each of the places that :func:`_beside` gives.
ALIGNS: tuple[Align, ...] = (
    "left", "right", "center", "center", "left", "left", "right", "right", "left", "left", "right", "right",
)  # fmt: skip


def _beside(around: Array | Box, width: Array | float, height: Array | float) -> Array:
    """The places beside a box, best first: right, left, above, below, the corners; (4, ..., 12).

    Args:
        around: x1, y1, x2, y2, each of the shape of ``width`` or one that goes with it.
        width: of the text, an array for many.
        height: of the text.
    """
    x0, y0, x1, y1, width, height = np.broadcast_arrays(*around, width, height)
    right, left, middle, far = x1 + GAP_MM, x0 - GAP_MM - width, (x0 + x1 - width) / 2, x1 - width
    over, under, level = y0 - GAP_MM - height, y1 + GAP_MM, (y0 + y1 - height) / 2
    high, low = y0 - height * 0.4, y1 - height * 0.6
    x = np.stack([right, left, middle, middle, right, right, left, left, x0, x0, far, far], axis=-1)
    y = np.stack([level, level, over, under, high, low, high, low, over, under, over, under], axis=-1)
    return np.stack([x, y, x + width[..., None], y + height[..., None]])


def _leaders(around: Box, boxes: Array) -> Array:
    """Lines from the edge of a box to each of (4, k) boxes."""
    low, high = np.asarray(around).reshape(2, 2, 1)
    ends = np.minimum(np.maximum((low + high) / 2, boxes[:2]), boxes[2:])
    return np.concatenate([np.minimum(np.maximum(ends, low), high), ends])


def _shortened(lines: Array) -> Array:
    way = lines[2:] - lines[:2]
    length = np.hypot(*way)
    cut = way * np.minimum(GAP_MM / np.where(length > 0, length, 1.0), 0.4)
    return np.concatenate([lines[:2] + cut, lines[2:] - cut])


# -- shared --------------------------------------------------------------------------------------------------


#: What a box and the clear paper around it are more than the box.
_GAP = np.asarray([[-GAP_MM / 2], [-GAP_MM / 2], [GAP_MM / 2], [GAP_MM / 2]])


def _pair(x: float, y: float) -> Array:
    """A place or a size, to be reckoned with (2, k) others."""
    return np.asarray([[x], [y]])
