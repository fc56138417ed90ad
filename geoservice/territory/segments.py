"""Borders as arrays of segments, and the segments that two regions share to the bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Hashes = NDArray[np.uint64]


def ring_segments(geometries: NDArray[Any]) -> tuple[Floats, Floats, Ints, Ints]:
    """Return the segments of the rings of (n,) polygons: starts (m, 2), ends (m, 2), region (m,), ring (m,).

    Segments keep the order of their ring; those without length are left out.
    """
    import shapely

    parts, owner = shapely.get_parts(geometries, return_index=True)  # get_rings passes over MultiPolygons
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = xy[:, 0], xy[:, 1]
    keep = np.flatnonzero((ring[1:] == ring[:-1]) & ((x[1:] != x[:-1]) | (y[1:] != y[:-1])))
    ring = ring[keep]
    return xy[keep], xy[keep + 1], owner[part][ring], ring


def _mixed(value: Hashes) -> Hashes:
    """Scatter 64-bit values (the finaliser of splitmix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def point_hashes(xy: Floats) -> Hashes:
    """Hash points so that equal coordinates, and the two names of the 180th meridian, are equal."""
    lon = xy[:, 0] + 0.0  # -0.0 becomes 0.0
    lon[lon == -180.0] = 180.0
    lat = xy[:, 1] + 0.0
    return _mixed(_mixed(lon.view(np.uint64)) + lat.view(np.uint64) * np.uint64(0x9E3779B97F4A7C15))


class Borders(Struct, frozen=True):
    """All border segments of a boundary set, and what equals what.

    Attributes:
        start, end: (m, 2) degrees; ``region``, ``ring``: (m,) whose they are.
        free: (m,) whether no other region, and not the region itself, has the same segment.
        pairs: (k, 2) regions a < b that share a segment; ``pair_segment`` (k,) that segment;
            ``same_side`` (k,) whether both lie on the same side of it, which means that they overlap there.
            In the order of the rings, so that equal pairs mostly follow each other.
        touching: (t, 2) regions a < b that have a vertex in common.
    """

    start: Floats
    end: Floats
    region: Ints
    ring: Ints
    free: Bools
    pairs: Ints
    pair_segment: Ints
    same_side: Bools
    touching: Ints


def find_borders(geometries: NDArray[Any]) -> Borders:
    """Split the borders of (n,) polygons (exterior rings anticlockwise) into shared and free segments.

    Shared are segments whose two ends are equal to the bit. One sort of the vertices' hashes finds the
    vertices that coincide; of two that do, the vertices before and after tell whether a segment does.
    """
    start, end, region, ring = ring_segments(geometries)
    here = point_hashes(start)
    before, after = _beside(ring)
    one, two = _equal_pairs(here)
    first, second = region[one], region[two]
    touching = _distinct_pairs(first, second, len(geometries))
    to_one, to_two = here[after[one]], here[after[two]]
    from_one, from_two = before[one], before[two]
    # A segment against another is met at both its ends: once as the former, once as the latter. Count one.
    forward = (to_one == here[from_two]) & (one < from_two)
    backward = (to_two == here[from_one]) & (two < from_one)
    along = to_one == to_two
    left = np.concatenate([one[forward], two[backward], one[along]])
    right = np.concatenate([from_two[forward], from_one[backward], two[along]])
    free = np.ones(len(region), dtype=bool)
    free[left] = False
    free[right] = False
    same_side = np.arange(len(left)) >= len(left) - np.count_nonzero(along)
    other = region[left] != region[right]
    packed = np.sort((left[other] << 32) | (right[other] << 1) | same_side[other])
    left, right, same_side = packed >> 32, (packed & 0xFFFFFFFF) >> 1, (packed & 1).astype(bool)
    first, second = region[left], region[right]
    return Borders(
        start,
        end,
        region,
        ring,
        free,
        pairs=np.column_stack([np.minimum(first, second), np.maximum(first, second)]),
        pair_segment=left,
        same_side=same_side,
        touching=touching,
    )


def _beside(ring: Ints) -> tuple[Ints, Ints]:
    """For each segment the one before and the one after it in its ring."""
    count = len(ring)
    first = np.flatnonzero(np.concatenate([[True], ring[1:] != ring[:-1]]))
    last = np.append(first[1:], count) - 1
    before, after = np.arange(-1, count - 1), np.arange(1, count + 1)
    before[first] = last
    after[last] = first
    return before, after


def _equal_pairs(values: Hashes) -> tuple[Ints, Ints]:
    """All pairs of positions i < j of equal values, by i."""
    order = np.argsort(values)
    ordered = values[order]
    step, left = 1, np.flatnonzero(ordered[1:] == ordered[:-1])
    found: list[tuple[Ints, Ints]] = []
    while len(left):
        found.append((order[left], order[left + step]))
        step += 1
        left = left[left + step < len(ordered)]
        left = left[ordered[left] == ordered[left + step]]
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    one, two = (np.concatenate(part) for part in zip(*found, strict=True))
    both = np.sort((np.minimum(one, two) << 32) | np.maximum(one, two))
    return both >> 32, both & 0xFFFFFFFF


def distinct(values: Ints) -> Ints:
    """The distinct ones of (n,) values in their order; ``np.unique`` alone would load the masked arrays."""
    ordered = np.sort(values)
    return ordered[np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))]


def among(values: Ints, others: Ints) -> NDArray[np.bool_]:
    """Which of (n,) values are among some others; ``np.isin`` would load the masked arrays."""
    if not len(others):
        return np.zeros(len(values), dtype=bool)
    ordered = np.sort(others)
    found: NDArray[np.bool_] = ordered[np.searchsorted(ordered[:-1], values)] == values
    return found


def _distinct_pairs(first: Ints, second: Ints, count: int) -> Ints:
    """The distinct pairs a < b, (t, 2)."""
    codes = np.minimum(first, second) * count + np.maximum(first, second)
    codes = codes[first != second]
    codes = distinct(codes[np.flatnonzero(np.diff(codes, prepend=-1))])
    return np.column_stack(np.divmod(codes, count)) if len(codes) else np.empty((0, 2), dtype=np.int64)
