"""Borders as arrays of segments, and the segments that two regions share to the bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
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
    region = owner[part]
    keep = (ring[1:] == ring[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    return xy[:-1][keep], xy[1:][keep], region[ring[:-1][keep]], ring[:-1][keep]


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


@dataclass(frozen=True, slots=True)
class Borders:
    """All border segments of a boundary set, and what equals what.

    Attributes:
        start, end: (m, 2) degrees; ``region``, ``ring``: (m,) whose they are.
        free: (m,) whether no other region, and not the region itself, has the same segment.
        pairs: (k, 2) regions a < b that share a segment; ``pair_segment`` (k,) that segment;
            ``same_side`` (k,) whether both lie on the same side of it, which means that they overlap there.
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

    Shared are segments whose two ends are equal to the bit: sorting their hashes finds them in one pass.
    """
    start, end, region, ring = ring_segments(geometries)
    from_hash, to_hash = point_hashes(start), point_hashes(end)
    key = _mixed(from_hash) + _mixed(to_hash)
    order = np.argsort(key)
    left, right = _runs_as_pairs(key[order])
    free = np.ones(len(region), dtype=bool)
    one, two = order[left], order[right]
    free[one] = False
    free[two] = False
    other = region[one] != region[two]
    one, two = one[other], two[other]
    first, second = region[one], region[two]
    return Borders(
        start,
        end,
        region,
        ring,
        free,
        pairs=np.column_stack([np.minimum(first, second), np.maximum(first, second)]),
        pair_segment=one,
        same_side=from_hash[one] == from_hash[two],
        touching=_common_vertices(from_hash, region, len(geometries)),
    )


def _runs_as_pairs(ordered: Hashes) -> tuple[Ints, Ints]:
    """All pairs of positions within runs of equal values."""
    left: list[Ints] = []
    right: list[Ints] = []
    step = 1
    here = np.arange(len(ordered) - 1)
    while len(here):
        here = here[here + step < len(ordered)]
        here = here[ordered[here] == ordered[here + step]]
        left.append(here)
        right.append(here + step)
        step += 1
    if not left:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(left), np.concatenate(right)


def _common_vertices(vertex: Hashes, region: Ints, count: int) -> Ints:
    order = np.argsort(vertex)
    left, right = _runs_as_pairs(vertex[order])
    first, second = region[order[left]], region[order[right]]
    codes = np.minimum(first, second) * count + np.maximum(first, second)
    codes = np.unique(codes[first != second])
    return np.column_stack(np.divmod(codes, count)) if len(codes) else np.empty((0, 2), dtype=np.int64)
