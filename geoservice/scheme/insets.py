"""Dense spots of a map and the insets that open them up. Pure and deterministic; millimetres, y downwards.

Where signs would lie over each other (thirty organisations in one park), the spot is drawn once more at a
larger scale of its own, framed and lettered; the main map shows the frame with its letter in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.scheme.boxes import TINY_MM, Box, columns, grown, overlap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: So many places closer than a sign's pitch make a spot; fewer are set beside each other on the map itself.
FEWEST = 4
#: Share of pairs that may still collide in an inset; they are set beside each other there.
STILL_COLLIDING = 0.08
#: An inset that leaves more than this share colliding is given up for insets of the spot's cores.
GOOD_ENOUGH = 0.55
CORE = 0.3
#: An inset at less than this times the scale of its map is not worth its room.
LEAST_ENLARGED = 1.9
#: Paper that a sign needs in an inset, as a multiple of its pitch: fuller ones are not made.
LOAD = 3.0
#: Up to this size an inset may be one step larger than it need be, for names.
ROOMY_MM = (72.0, 56.0)
#: Room around the outermost places of an inset: signs, numbers and a part of the names.
PAD_X_MM, PAD_Y_MM = 15.0, 11.0
SMALLEST_MM = (50.0, 38.0)
#: The least size of a spot's frame on the main map, so that frame and letter are seen.
LEAST_SOURCE_MM = 5.0
MOST_INSETS = 8
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Spot(Struct, frozen=True):
    """A dense spot: which places (indices), where on the main map, and the inset that it asks for.

    ``source`` is the rectangle on the main map that the inset shows.
    """

    indices: tuple[int, ...]
    source: Box
    denominator: int
    width_mm: float
    height_mm: float


class Nested(Struct, frozen=True):
    """A spot and, where it lies on another spot's inset rather than on the main map, that spot.

    ``spot.source`` and ``spot.indices`` belong to the map that holds it; ``apart`` of its places stand clear
    of each other in its inset.
    """

    spot: Spot
    parent: Spot | None = None
    apart: int = 0


#: A spot and the box of its inset in the main map's frame.
Roomed = tuple[Nested, Box]


class Inset(Struct, frozen=True):
    """A placed inset: ``box`` in the main map's frame, ``letter`` on both frames.

    ``parent`` is the letter of the inset on which its spot lies, "" for the main map. ``title`` is that of a
    panel of the frame; what ``far`` ones show lies beyond the main map. A detail map has a ``page`` of the
    sheet to itself; its ``box`` is its frame, and ``said`` what its plate on the other map says.
    """

    letter: str
    spot: Spot
    box: Box
    parent: str = ""
    title: str = ""
    far: bool = False
    page: int = 0
    said: str = ""


def dense_spots(
    places: Array,
    pitch: tuple[float, float],
    denominator: int,
    limit: tuple[float, float],
    series: Sequence[int],
) -> list[Spot]:
    """Find the spots where signs collide and choose each one's scale.

    Args:
        places: (n, 2) distinct places on the main map.
        pitch: (width, height) that a sign with its number takes.
        denominator: the main map's.
        limit: the largest inset, (width, height).
        series: denominators to choose from.
    """
    finer = sorted((step for step in series if step * LEAST_ENLARGED <= denominator), reverse=True)
    if len(places) < FEWEST or not finer:
        return []
    spots: list[Spot] = []
    pending = [(np.arange(len(places)), 1.0)]
    while pending:
        indices, share = pending.pop()
        for part in _components(places, indices, (pitch[0] * share, pitch[1] * share)):
            if len(part) < FEWEST:
                continue
            spot = _spot(places, part, pitch, denominator, limit, finer)
            if spot is not None and (
                share < CORE or _residue(places, spot, pitch, denominator) <= GOOD_ENOUGH
            ):
                spots.append(spot)
            elif share >= CORE:
                pending.append((part, share * 0.6))
    return _apart(_merged(places, spots, pitch, denominator, limit, finer))


def nested_spots(
    places: Array,
    pitch: tuple[float, float],
    denominator: int,
    limit: tuple[float, float],
    series: Sequence[int],
) -> list[Nested]:
    """Find dense spots, and within their insets those that are dense still (a park within a town).

    Arguments as for :func:`dense_spots`; each spot is followed by those on its inset.
    """
    found: list[Nested] = []
    for spot in dense_spots(places, pitch, denominator, limit, series):
        inside, apart = _opened(places, spot, pitch, denominator)
        found.append(Nested(spot, None, apart))
        if len(spot.indices) - apart > STILL_COLLIDING * len(spot.indices):
            found += [
                Nested(inner, spot, _opened(inside, inner, pitch, spot.denominator)[1])
                for inner in dense_spots(inside, pitch, spot.denominator, limit, series)
                if len(inner.indices) < len(spot.indices)
            ]
    return found


def _opened(places: Array, spot: Spot, pitch: tuple[float, float], denominator: int) -> tuple[Array, int]:
    """The places of a spot in its inset, and how many of them stand clear of each other there."""
    inside = (places[list(spot.indices)] - np.asarray(spot.source[:2])) * (denominator / spot.denominator)
    return inside, round(len(inside) * (1 - _colliding(_nearest(inside, pitch), 1.0)))


def found_room(
    spots: Sequence[Nested],
    bounds: Box,
    keep_clear: Sequence[Box],
    prefer_clear: Sequence[Box] = (),
    before: Sequence[Roomed] = (),
) -> list[Roomed]:
    """Find room for the insets of spots, the largest first; those without room are left out.

    Args:
        spots: from :func:`nested_spots`.
        bounds: the frame; insets sit flush to its edges where they can.
        keep_clear: boxes that no inset may cover (signs outside the spots, furniture).
        prefer_clear: boxes that an inset should rather not cover.
        before: insets that have their room already; they are part of the answer.
    """
    order = sorted(spots, key=lambda n: (n.parent is not None, -len(n.spot.indices), n.spot.source))
    outer = [nested.spot for nested in order if nested.parent is None]
    outer += [nested.spot for nested, _ in before if nested.parent is None]
    hard = [
        *keep_clear,
        *(grown(spot.source, 3.0) for spot in outer),
        *(grown(box, 1.5) for _, box in before),
    ]
    soft = columns(prefer_clear)
    chosen = list(before)
    for nested in order[: MOST_INSETS - len(before)]:
        if nested.parent is not None and all(other.spot != nested.parent for other, _ in chosen):
            continue
        near = next((box for other, box in chosen if other.spot == nested.parent), nested.spot.source)
        box = _best_place(nested.spot, bounds, columns(hard), soft, near)
        if box is not None:
            chosen.append((nested, box))
            hard.append(grown(box, 1.5))
    return chosen


def lettered(chosen: Sequence[Roomed]) -> list[Inset]:
    """Letter insets from the west (of their spots) to the east, inner ones after the one they lie on."""
    outer = sorted((pair for pair in chosen if pair[0].parent is None), key=lambda pair: pair[0].spot.source)
    letters = iter(LETTERS)
    insets: list[Inset] = []
    for nested, box in outer:
        letter = next(letters)
        insets.append(Inset(letter, nested.spot, box))
        inner = sorted(
            (p for p in chosen if p[0].parent == nested.spot), key=lambda pair: pair[0].spot.source
        )
        insets += [Inset(next(letters), child.spot, child_box, letter) for child, child_box in inner]
    return insets


# -- spots ---------------------------------------------------------------------------------------------------


def _components(
    places: Array, indices: NDArray[np.intp], pitch: tuple[float, float]
) -> list[NDArray[np.intp]]:
    """Connected sets of places that lie within a pitch of each other, in the order of their first member."""
    points = places[indices]
    close = _close(points, pitch)
    waiting = np.ones(len(points), dtype=bool)
    parts = []
    for first in range(len(points)):
        if not waiting[first]:
            continue
        part = edge = np.arange(len(points)) == first
        while edge.any():
            edge = close[edge].any(axis=0) & ~part
            part = part | edge
        waiting &= ~part
        parts.append(indices[part])
    return parts


def _close(points: Array, pitch: tuple[float, float]) -> NDArray[np.bool_]:
    x, y = points.T
    close: NDArray[np.bool_] = np.abs(x[:, None] - x) < pitch[0]
    close &= np.abs(y[:, None] - y) < pitch[1]
    return close


def _spot(
    places: Array,
    part: NDArray[np.intp],
    pitch: tuple[float, float],
    denominator: int,
    limit: tuple[float, float],
    finer: Sequence[int],
) -> Spot | None:
    """The inset for one set of places: the smallest scale that opens it up, else the largest that fits."""
    points = places[part]
    best: tuple[int, float, float] | None = None
    opened = False
    nearest = _nearest(points, pitch)
    for step in finer:
        size = _size(points, denominator / step)
        if size[0] > limit[0] or size[1] > limit[1]:
            break
        if len(part) * pitch[0] * pitch[1] * LOAD > size[0] * size[1]:
            continue
        if opened and (size[0] > ROOMY_MM[0] or size[1] > ROOMY_MM[1]):
            break
        best = (step, *size)
        if opened:
            break  # one step more than is needed: room for names
        opened = _colliding(nearest, denominator / step) <= _allowed(len(part))
    if best is None:
        return None
    step, width, height = best
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    half_w, half_h = (side * step / denominator / 2 for side in (width, height))
    x, y = float(middle[0]), float(middle[1])
    return Spot(
        tuple(int(i) for i in part), (x - half_w, y - half_h, x + half_w, y + half_h), step, width, height
    )


def _allowed(places: int) -> float:
    """Share of places that may collide still: one pair of a handful is set beside each other."""
    return 2.01 / places if places <= 6 else STILL_COLLIDING


def _size(points: Array, magnification: float) -> tuple[float, float]:
    span = (points.max(axis=0) - points.min(axis=0)) * magnification
    width, height = float(span[0]) + 2 * PAD_X_MM, float(span[1]) + 2 * PAD_Y_MM
    return (max(width, SMALLEST_MM[0]), max(height, SMALLEST_MM[1]))


def _nearest(points: Array, pitch: tuple[float, float]) -> Array:
    """How far each place is from the one nearest to it, in pitches along the axis on which it is further."""
    x, y = points.T / np.reshape(pitch, (2, 1))
    far = np.maximum(np.abs(x[:, None] - x), np.abs(y[:, None] - y))
    np.fill_diagonal(far, np.inf)
    nearest: Array = far.min(axis=1)
    return nearest


def _colliding(nearest: Array, magnification: float) -> float:
    """Share of the places that stand too close to another one when the map is magnified."""
    return float((nearest * magnification < 1.0).mean())


def _residue(places: Array, spot: Spot, pitch: tuple[float, float], denominator: int) -> float:
    """Share of a spot's places that collide in its inset still."""
    return _colliding(_nearest(places[list(spot.indices)], pitch), denominator / spot.denominator)


def _apart(spots: Sequence[Spot]) -> list[Spot]:
    """Spots whose frames do not overlap, those with more places first."""
    kept: list[Spot] = []
    for spot in sorted(spots, key=lambda s: (-len(s.indices), s.source)):
        if not any(overlap(_framed(other), _framed(spot)) for other in kept):
            kept.append(spot)
    return kept


def _merged(
    places: Array,
    spots: list[Spot],
    pitch: tuple[float, float],
    denominator: int,
    limit: tuple[float, float],
    finer: Sequence[int],
) -> list[Spot]:
    """Spots whose frames overlap become one, if one inset can hold both; else the smaller gives way."""
    spots = sorted(spots, key=lambda s: (-len(s.indices), s.source))
    result: list[Spot] = []
    for spot in spots:
        rival = next((other for other in result if overlap(_framed(other), _framed(spot))), None)
        if rival is None:
            result.append(spot)
            continue
        both = np.asarray(sorted(rival.indices + spot.indices), dtype=np.intp)
        if (joint := _spot(places, both, pitch, denominator, limit, finer)) is not None:
            result[result.index(rival)] = joint
    crowded = pitch[0] * pitch[1] * LOAD
    full = [_with_bystanders(places, spot) for spot in result]
    return [s for s in full if len(s.indices) * crowded <= s.width_mm * s.height_mm]


def _framed(spot: Spot) -> Box:
    return grown(spot.source, 0.5)


def _with_bystanders(places: Array, spot: Spot) -> Spot:
    """Whoever stands inside the frame of a spot is shown in its inset: the frame would cover the sign."""
    box = np.asarray(spot.source)
    inside = (places >= box[:2]).all(axis=1) & (places <= box[2:]).all(axis=1)
    indices = tuple(sorted(set(spot.indices) | {int(i) for i in np.flatnonzero(inside)}))
    return Spot(indices, spot.source, spot.denominator, spot.width_mm, spot.height_mm)


# -- places for insets ---------------------------------------------------------------------------------------


def _best_place(spot: Spot, bounds: Box, hard: Array, soft: Array, near: Box) -> Box | None:
    """The free place of least cost: near its spot, over little land, in a corner or on an edge.

    The places tried are a grid: what one of them shares with a box is a length along its column times a
    length along its row.
    """
    width, height = spot.width_mm, spot.height_mm
    last_x, last_y = bounds[2] - width, bounds[3] - height
    xs, ys = _starts(bounds[0], last_x), _starts(bounds[1], last_y)
    if xs[-1] < bounds[0] - TINY_MM or ys[-1] < bounds[1] - TINY_MM:
        return None
    wide, tall = _along(xs, width, hard[0::2]) > TINY_MM, _along(ys, height, hard[1::2]) > TINY_MM
    taken = (tall[:, None, :] & wide).any(axis=-1)
    if taken.all():
        return None
    shared = np.einsum("yk,xk->yx", _along(ys, height, soft[1::2]), _along(xs, width, soft[0::2]))
    source = ((near[0] + near[2] - width) / 2, (near[1] + near[3] - height) / 2)
    distance = np.hypot(xs - source[0], (ys - source[1])[:, None])
    edges = _at_edges(xs, bounds[0], last_x) + _at_edges(ys, bounds[1], last_y)[:, None]
    cost = distance / 100 + shared / (width * height) * 2 - np.minimum(edges, 2) * 0.5
    # Rounded: places that cost the same are told apart by their order, not by the last digits.
    row, column = divmod(int(np.argmin(np.where(taken, np.inf, cost.round(6)))), len(xs))
    x, y = float(xs[column]), float(ys[row])
    return (x, y, x + width, y + height)


def _starts(first: float, last: float) -> Array:
    return np.append(np.arange(first, last, 4.0), last)


def _along(starts: Array, length: float, ends: Array) -> Array:
    """How long each of (n,) stretches of one length runs along each of (2, m) others: (n, m)."""
    low, high = starts[:, None], (starts + length)[:, None]
    shared: Array = np.maximum(np.minimum(high, ends[1]) - np.maximum(low, ends[0]), 0.0)
    return shared


def _at_edges(starts: Array, first: float, last: float) -> NDArray[np.intp]:
    """At how many ends of the frame each stretch lies."""
    return (np.abs(starts - first) < 0.01).astype(int) + (np.abs(starts - last) < 0.01)
