"""Where texts stand beside signs on paper, so that nothing lies over anything else.

Pure and deterministic: millimetres in a map frame (x to the right, y down); the same input, the same output.
:func:`place_labels` adds texts where there is room, first beside the sign, then further off at the end of a
leader line; a text that finds no room is left out, for the number already says who stands there. Signs are
set before: :func:`geoservice.scheme.units.place_units`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from geoservice.scheme.beside import GAP_MM
from geoservice.scheme.boxes import Box, Ink, Obstacles, box_at, grown, ring_shifts, within
from geoservice.scheme.placed import Align, Label, PlacedLabel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Distances at which a text is tried with a leader line.
LEADERS_MM = (3.0, 5.5, 8.5, 12.0, 16.5, 22.0, 29.0)
#: Ranks that a text gives up to get off lines that fill it wholly: a road across it takes some 0.15 of it.
INK_COST = 24.0
#: Candidates at whose leader lines are looked together.
CLOSELY = 20


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
    most = max(map(max, label.sizes)) + 2.0
    near = obstacles.near(grown(label.around, most))
    free = near.clear_of_boxes(flat) & near.clear_of_lines(flat)
    costs = np.where(free.reshape(unease.shape), unease, np.inf)[: len(label.sizes)]
    wider: Obstacles | None = None
    for variant, (best, bad) in enumerate(zip(costs.argmin(axis=1), costs.min(axis=1), strict=True)):
        if bad < np.inf:
            return PlacedLabel(label.id, variant, box_at(places[:, variant], best), ALIGNS[best])
        if label.leader and leaders:
            wider = wider or obstacles.near(grown(label.around, leaders[-1] + most))
            if found := _with_leader(label, variant, wider, bounds, leaders):
                return found
    return None


def _with_leader(
    label: Label, variant: int, near: Obstacles, bounds: Box, leaders: tuple[float, ...]
) -> PlacedLabel | None:
    """The first place at the end of a leader line that is free, and to which the line is."""
    boxes, way = _apart(label.around, label.sizes[variant], leaders)
    index = np.flatnonzero(within(boxes, bounds) & near.clear_of_boxes(boxes))
    if not len(index):
        return None
    index = index[near.clear_of_lines(boxes[:, index])]
    for begin in range(0, len(index), CLOSELY):
        some = index[begin : begin + CLOSELY]
        lines = _leaders(label.around, boxes[:, some])
        # They start at their own sign's edge: shortened, so that the sign itself does not stop them.
        if (clear := near.lets_through(_shortened(lines))).any():
            at = int(some[best := int(clear.argmax())])
            align: Align = "center" if abs(way[0, at]) < 0.5 else "left" if way[0, at] > 0 else "right"
            return PlacedLabel(label.id, variant, box_at(boxes, at), align, box_at(lines, best))
    return None


def _apart(around: Box, size: tuple[float, float], leaders: tuple[float, ...]) -> tuple[Array, Array]:
    """The (4, k) boxes of a text at the ends of leader lines, and the (2, k) directions of these."""
    x0, y0, x1, y1 = around
    width, height = size
    shifts, way = _directions(leaders)
    boxes = np.empty((4, shifts.shape[1]))
    np.multiply(way, _pair((x1 - x0 + width) / 2, (y1 - y0 + height) / 2), out=boxes[:2])
    boxes[:2] += shifts
    boxes[:2] += _pair((x0 + x1 - width) / 2, (y0 + y1 - height) / 2)
    np.add(boxes[:2], _pair(width, height), out=boxes[2:])
    return boxes, way


@lru_cache(maxsize=64)
def _directions(leaders: tuple[float, ...]) -> tuple[Array, Array]:
    """The (2, k) shifts to the ends of leader lines, and their directions."""
    shifts = ring_shifts(leaders)
    return shifts, shifts / np.hypot(*shifts)


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
    x0, y0, x1, y1 = around
    lines = np.empty_like(boxes)
    np.minimum(np.maximum(_pair((x0 + x1) / 2, (y0 + y1) / 2), boxes[:2]), boxes[2:], out=lines[2:])
    np.minimum(np.maximum(lines[2:], _pair(x0, y0)), _pair(x1, y1), out=lines[:2])
    return lines


def _shortened(lines: Array) -> Array:
    way = lines[2:] - lines[:2]
    length = np.hypot(*way)
    way *= np.minimum(GAP_MM / np.where(length > 0, length, 1.0), 0.4)
    return np.concatenate([lines[:2] + way, lines[2:] - way])


def _pair(x: float, y: float) -> Array:
    """A place or a size, to be reckoned with (2, k) others."""
    return np.array([[x], [y]])
