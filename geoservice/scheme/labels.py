"""Where signs, numbers and names stand on paper, so that nothing lies over anything else.

Pure and deterministic: millimetres in a map frame (x to the right, y down); the same input, the same output.
Two steps. :func:`place_units` sets every sign with its number: at its place, or, where another sign stands
there, beside it with a tick to the place; nobody is dropped. :func:`place_labels` adds texts where there is
room, first beside the sign, then further off at the end of a leader line; a text that finds no room is left
out, for the number already says who stands there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from geoservice.scheme.boxes import Box, Ink, Obstacles, Segment, grown, nearest_point, within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

Align = Literal["left", "center", "right"]

#: Clear paper between two units, and between a unit and its text.
GAP_MM = 0.5
#: How far a sign may be moved from its place before the search takes to the whole frame.
RINGS_MM = (2.0, 3.5, 5.0, 6.5, 8.5, 11.0, 14.0, 18.0, 23.0, 29.0, 36.0, 45.0, 56.0, 70.0, 90.0, 120.0)
#: Distances at which a text is tried with a leader line.
LEADERS_MM = (3.0, 5.5, 8.5, 12.0, 16.5, 22.0, 29.0)
DIRECTIONS = 24
#: Ranks that a text gives up to get off lines that fill it wholly: a road across it takes some 0.15 of it.
INK_COST = 24.0
#: Candidates whose boxes are looked at together, and those of them whose ticks are.
BLOCK, CLOSELY = 6 * DIRECTIONS, 20


@dataclass(frozen=True, slots=True)
class Unit:
    """A sign with its number, or a stack of signs: ``shapes`` are the ways to draw it.

    A shape is the box it takes relative to the place (x, y); the first that fits is used.
    """

    id: str
    x: float
    y: float
    shapes: tuple[Box, ...]
    priority: int = 0


@dataclass(frozen=True, slots=True)
class PlacedUnit:
    """Where a unit stands: moved by (dx, dy) from its place if ``moved``, then with a tick to the place.

    ``forced``: no free room was left in the whole frame, and it overlaps something.
    """

    id: str
    shape: int
    dx: float
    dy: float
    box: Box
    moved: bool
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A text to be placed beside ``around`` (a unit's box, or a place as an empty box).

    ``sizes``: (width, height) of its variants, the fullest first. ``leader``: it may stand further off.
    """

    id: str
    around: Box
    sizes: tuple[tuple[float, float], ...]
    priority: int = 0
    leader: bool = True


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A text that found room: which variant, where, how aligned, and its leader line if it needs one."""

    id: str
    variant: int
    box: Box
    align: Align
    leader: Segment | None = None


# -- signs ---------------------------------------------------------------------------------------------------


def place_units(
    units: Sequence[Unit], bounds: Box, obstacles: Iterable[Box] = (), *, rough: bool = False
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
    held = Obstacles(list(obstacles))
    placed: dict[str, PlacedUnit] = {}
    order = sorted(units, key=lambda unit: (-unit.priority, unit.id))
    waiting = []
    for unit in order:
        if (found := _at_place(unit, bounds, held)) is None:
            waiting.append(unit)
            continue
        placed[unit.id] = found
        held.add(grown(found.box, GAP_MM / 2))
    for unit in waiting:
        # The place itself stays visible: the tick ends on it.
        held.add((unit.x - 0.4, unit.y - 0.4, unit.x + 0.4, unit.y + 0.4))
    for unit in waiting:
        found = _beside_place(unit, bounds, held, rough)
        placed[unit.id] = found
        held.add(grown(found.box, GAP_MM / 2))
        held.add_line((unit.x, unit.y, *nearest_point(found.box, unit.x, unit.y)))
    return placed


def _at_place(unit: Unit, bounds: Box, held: Obstacles) -> PlacedUnit | None:
    boxes = np.asarray(unit.shapes, dtype=float) + np.array([unit.x, unit.y, unit.x, unit.y])
    free = within(boxes, bounds) & held.clear_of_boxes(_grow(boxes))
    if not free.any():
        return None
    shape = int(np.argmax(free))
    return PlacedUnit(unit.id, shape, 0.0, 0.0, _box(boxes[shape]), moved=False)


def _beside_place(unit: Unit, bounds: Box, held: Obstacles, rough: bool) -> PlacedUnit:
    first = unit.shapes[0]
    reach = max(first[2] - first[0], first[3] - first[1]) / 2
    shifts = _ring_shifts(tuple(reach * 0.6 + ring for ring in RINGS_MM))
    choice = _first_free(unit, shifts, bounds, held, strict=not rough)
    if choice is None:
        xs = np.arange(bounds[0], bounds[2], 3.0) - unit.x
        ys = np.arange(bounds[1], bounds[3], 3.0) - unit.y
        grid = np.column_stack([axis.ravel() for axis in np.meshgrid(xs, ys)])
        shifts = grid[np.argsort(np.hypot(grid[:, 0], grid[:, 1]), kind="stable")]
        choice = _first_free(unit, shifts, bounds, held, strict=False)
    if choice is not None:
        shift, box = choice
        return PlacedUnit(unit.id, 0, float(shift[0]), float(shift[1]), box, moved=True)
    return _forced(unit, shifts, bounds, held)


def _first_free(
    unit: Unit, shifts: Array, bounds: Box, held: Obstacles, strict: bool = True
) -> tuple[Array, Box] | None:
    """The first shift at which the unit is clear; if ``strict``, of ticks as well where that can be."""
    spare: tuple[Array, Box] | None = None
    for start in range(0, len(shifts), BLOCK):
        part = shifts[start : start + BLOCK]
        boxes = _shifted(unit, part)[: len(part)]
        near = held.near(_reach(unit, boxes))
        index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(_grow(boxes)))
        if not len(index):
            continue
        first = int(index[0])
        if not strict:
            return part[first], _box(boxes[first])
        for begin in range(0, len(index), CLOSELY):
            some = index[begin : begin + CLOSELY]
            ticks = _ticks(unit, boxes[some])
            # The tick starts at the unit's own place, which is an obstacle to others only.
            ticks[:, :2] += (ticks[:, 2:] - ticks[:, :2]) * 0.2
            clear = near.clear_of_lines(boxes[some])
            clear[clear] = near.lets_through(ticks[clear])
            if clear.any():
                best = int(some[int(np.argmax(clear))])
                return part[best], _box(boxes[best])
        spare = spare or (part[first], _box(boxes[first]))
    return spare


def _reach(unit: Unit, boxes: Array) -> Box:
    """The window that holds some candidate boxes and the unit's place."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return (
        min(float(low[0]), unit.x) - 1,
        min(float(low[1]), unit.y) - 1,
        max(float(high[0]), unit.x) + 1,
        max(float(high[1]), unit.y) + 1,
    )


def _forced(unit: Unit, shifts: Array, bounds: Box, held: Obstacles) -> PlacedUnit:
    boxes = _shifted(unit, shifts)[: len(shifts)]
    area = held.overlap_area(boxes) + np.where(within(boxes, bounds), 0.0, 1e6)
    best = int(np.argmin(area))
    dx, dy = (float(value) for value in shifts[best])
    return PlacedUnit(unit.id, 0, dx, dy, _box(boxes[best]), moved=True, forced=True)


def _shifted(unit: Unit, shifts: Array) -> Array:
    """Boxes of each shape at each shift: (shapes * shifts, 4), the first shape's first."""
    shapes = np.asarray(unit.shapes, dtype=float)
    place = np.array([unit.x, unit.y, unit.x, unit.y])
    moved = shapes[:, None, :] + place + np.hstack([shifts, shifts])[None, :, :]
    boxes: Array = moved.reshape(-1, 4)
    return boxes


def _ticks(unit: Unit, boxes: Array) -> Array:
    ends_x = np.clip(unit.x, boxes[:, 0], boxes[:, 2])
    ends_y = np.clip(unit.y, boxes[:, 1], boxes[:, 3])
    starts = np.broadcast_to([unit.x, unit.y], (len(boxes), 2))
    return np.column_stack([starts, ends_x, ends_y])


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
    placed: dict[str, PlacedLabel] = {}
    for label in sorted(labels, key=lambda item: (-item.priority, item.id)):
        widest = max(width for width, _ in label.sizes)
        tallest = max(height for _, height in label.sizes)
        reach = (leaders[-1] if leaders and label.leader else 0.0) + max(widest, tallest) + 2.0
        near = obstacles.near(grown(label.around, reach))
        found = _place_label(label, bounds, near, leaders, ink)
        if found is not None:
            placed[label.id] = found
            obstacles.add(grown(found.box, GAP_MM / 2))
            if found.leader is not None:
                obstacles.add_line(found.leader)
    return placed


def _place_label(
    label: Label, bounds: Box, near: Obstacles, leaders: Sequence[float], ink: Ink | None
) -> PlacedLabel | None:
    """Beside the sign, else at the end of a leader line; the fullest variant that finds room either way."""
    beside = [_beside(label.around, width, height) for width, height in label.sizes]
    boxes = np.vstack([found for found, _ in beside])
    free = (within(boxes, bounds) & near.clear_of_boxes(boxes) & near.clear_of_lines(boxes)).reshape(
        len(beside), -1
    )
    apart: tuple[Array, Array, Mask] | None = None
    for variant, (places, aligns) in enumerate(beside):
        if free[variant].any():
            best = int(np.argmin(np.where(free[variant], _unease(places, ink), np.inf)))
            return PlacedLabel(label.id, variant, _box(places[best]), aligns[best])
        if label.leader and len(leaders):
            apart = apart or _apart_boxes(label, bounds, near, tuple(leaders))
            if found := _with_leader(label, variant, near, *(part[variant] for part in apart)):
                return found
    return None


def _unease(boxes: Array, ink: Ink | None) -> Array:
    """How bad each place is: its rank among the habitual ones, and the lines that run under it."""
    ranks = np.arange(len(boxes), dtype=float)
    return ranks if ink is None else ranks + INK_COST * ink.share(boxes)


def _apart_boxes(
    label: Label, bounds: Box, near: Obstacles, leaders: tuple[float, ...]
) -> tuple[Array, Array, Mask]:
    """For each variant the boxes at the ends of leader lines, their directions, and which are free."""
    around = label.around
    sizes = np.asarray(label.sizes)
    shifts = _ring_shifts(leaders)
    way = shifts / np.hypot(shifts[:, 0], shifts[:, 1])[:, None]
    unit = np.asarray([around[2] - around[0], around[3] - around[1]])
    middle = np.asarray([around[0] + around[2], around[1] + around[3]]) / 2
    centres = middle + shifts + way * (unit + sizes[:, None, :]) / 2
    boxes = np.concatenate([centres - sizes[:, None, :] / 2, centres + sizes[:, None, :] / 2], axis=2)
    flat = boxes.reshape(-1, 4)
    free = within(flat, bounds)
    free[free] = near.clear_of_boxes(flat[free])
    free[free] = near.clear_of_lines(flat[free])
    return boxes, np.broadcast_to(way, (len(sizes), *way.shape)), free.reshape(len(sizes), -1)


def _with_leader(
    label: Label, variant: int, near: Obstacles, boxes: Array, way: Array, free: Mask
) -> PlacedLabel | None:
    for index in np.flatnonzero(free):
        box = _box(boxes[index])
        line = _leader(label.around, box)
        # It starts at its own sign's edge: shortened, so that the sign itself does not stop it.
        if near.lets_through(np.asarray([_shortened(line)])).all():
            align: Align = "center" if abs(way[index, 0]) < 0.5 else "left" if way[index, 0] > 0 else "right"
            return PlacedLabel(label.id, variant, box, align, line)
    return None


def _beside(around: Box, width: float, height: float) -> tuple[Array, tuple[Align, ...]]:
    """The eight places beside a box, best first: right, left, above, below, then the corners."""
    x0, y0, x1, y1 = around
    right, left = x1 + GAP_MM, x0 - GAP_MM - width
    over, under = y0 - GAP_MM - height, y1 + GAP_MM
    mid_x, mid_y = (x0 + x1 - width) / 2, (y0 + y1 - height) / 2
    corners: list[tuple[float, float, Align]] = [
        (right, mid_y, "left"), (left, mid_y, "right"), (mid_x, over, "center"), (mid_x, under, "center"),
        (right, y0 - height * 0.4, "left"), (right, y1 - height * 0.6, "left"),
        (left, y0 - height * 0.4, "right"), (left, y1 - height * 0.6, "right"),
        (x0, over, "left"), (x0, under, "left"), (x1 - width, over, "right"), (x1 - width, under, "right"),
    ]  # fmt: skip
    boxes = np.asarray([(x, y, x + width, y + height) for x, y, _ in corners])
    return boxes, tuple(align for _, _, align in corners)


def _leader(around: Box, box: Box) -> Segment:
    centre_x, centre_y = (around[0] + around[2]) / 2, (around[1] + around[3]) / 2
    end_x, end_y = nearest_point(box, centre_x, centre_y)
    start_x, start_y = nearest_point(around, end_x, end_y)
    return (start_x, start_y, end_x, end_y)


def _shortened(line: Segment) -> Segment:
    x0, y0, x1, y1 = line
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    cut = min(GAP_MM / length, 0.4)
    return (x0 + (x1 - x0) * cut, y0 + (y1 - y0) * cut, x1 - (x1 - x0) * cut, y1 - (y1 - y0) * cut)


# -- shared --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _ring_shifts(rings: tuple[float, ...]) -> Array:
    """Shifts ring by ring; on a ring to the right first, then up and down in turn."""
    turns = [((step + 1) // 2) * (1 if step % 2 else -1) for step in range(DIRECTIONS)]
    angles = np.asarray(turns) * 2 * math.pi / DIRECTIONS
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    shifts = np.vstack([circle * ring for ring in rings])
    shifts.flags.writeable = False
    return shifts


def _grow(boxes: Array) -> Array:
    wider: Array = boxes + np.array([-GAP_MM / 2, -GAP_MM / 2, GAP_MM / 2, GAP_MM / 2])
    return wider


def _box(row: Array) -> Box:
    return (float(row[0]), float(row[1]), float(row[2]), float(row[3]))
