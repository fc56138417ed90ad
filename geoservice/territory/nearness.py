"""Which borders come near each other without being equal: the dirty part of neighbourhood.

Only *free* segments (those that no region shares to the bit) are asked about, against all segments, through a
tree over boxes of short runs of segments. Nearness is measured in metres of the place itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoservice.territory.geodesy import metres_per_degree, wrap_degrees
from geoservice.territory.segments import Borders, Floats, Ints

_RUN = 16  # segments in a run
_BLOCK = 10_000  # pairs of runs compared at once: bounds the memory (block x run x run)


@dataclass(frozen=True, slots=True)
class NearPairs:
    """Pairs of a free segment and a segment of another region, with their distance.

    ``free``, ``other``: positions in :class:`Borders`; ``distance_m`` between them; ``crosses``: they cross
    properly, each having ends on both sides of the other.
    """

    free: Ints
    other: Ints
    distance_m: Floats
    crosses: NDArray[np.bool_]


def find_near(borders: Borders, reach_m: float) -> NearPairs:
    """Find every pair of a free segment and a segment of another region within ``reach_m`` of each other."""
    free, other = _candidates(borders, reach_m)
    a, b, c, d = local_ends(borders, free, other)
    distance, crosses = segment_distances(a, b, c, d)
    keep = distance <= reach_m
    return NearPairs(free[keep], other[keep], distance[keep], crosses[keep])


def local_ends(borders: Borders, one: Ints, two: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Ends of pairs of segments in metres about the middle of the first, the shorter way round."""
    start, end = borders.start[one], borders.end[one]
    middle = (start + end) / 2.0
    per_lon, per_lat = metres_per_degree(middle[:, 1])

    def metres(xy: Floats) -> Floats:
        return np.column_stack(
            [wrap_degrees(xy[:, 0] - middle[:, 0]) * per_lon, (xy[:, 1] - middle[:, 1]) * per_lat]
        )

    return metres(start), metres(end), metres(borders.start[two]), metres(borders.end[two])


def _margins(lat_low: Floats, lat_high: Floats, reach_m: float) -> tuple[Floats, Floats]:
    """How many degrees ``reach_m`` is at most, between two latitudes."""
    farthest = np.maximum(np.abs(lat_low), np.abs(lat_high))
    per_lon, _ = metres_per_degree(farthest)
    _, per_lat = metres_per_degree(np.zeros_like(farthest))
    return 1.001 * reach_m / per_lon, 1.001 * reach_m / per_lat


def _runs(borders: Borders) -> Ints:
    """First segment of each run: at most _RUN neighbouring segments of one ring."""
    count = len(borders.ring)
    new_ring = np.empty(count, dtype=bool)
    new_ring[0] = True
    new_ring[1:] = borders.ring[1:] != borders.ring[:-1]
    ring_start = np.flatnonzero(new_ring)
    place = np.arange(count) - np.repeat(ring_start, np.diff(np.append(ring_start, count)))
    return np.flatnonzero(place % _RUN == 0)


def _candidates(borders: Borders, reach_m: float) -> tuple[Ints, Ints]:
    """Pairs (free segment, segment of another region) whose boxes come within ``reach_m``."""
    import shapely

    starts = _runs(borders)
    boxes = _boxes(borders)
    run_low = [np.minimum.reduceat(low, starts) for low in boxes[:2]]
    run_high = [np.maximum.reduceat(high, starts) for high in boxes[2:]]
    margins = _margins(run_low[1], run_high[1], reach_m)
    # The box of a run's free segments, grown by the reach; those without any ask nothing.
    asking = np.flatnonzero(np.logical_or.reduceat(borders.free, starts))
    hidden = np.where(borders.free, 0.0, np.inf)
    low = [
        (np.minimum.reduceat(of + hidden, starts) - by)[asking]
        for of, by in zip(boxes[:2], margins, strict=True)
    ]
    high = [
        (np.maximum.reduceat(of - hidden, starts) + by)[asking]
        for of, by in zip(boxes[2:], margins, strict=True)
    ]
    tree = shapely.STRtree(shapely.box(run_low[0], run_low[1], run_high[0], run_high[1]))
    run_region = borders.region[starts]
    found: list[tuple[Ints, Ints]] = []
    for turn, over in ((0.0, slice(None)), (360.0, low[0] < -180.0), (-360.0, high[0] > 180.0)):
        who = asking[over]
        query, hit = tree.query(
            shapely.box(low[0][over] + turn, low[1][over], high[0][over] + turn, high[1][over])
        )
        query = who[query]
        differ = run_region[query] != run_region[hit]
        found += _segment_pairs(borders, starts, (query[differ], hit[differ]), boxes, margins, turn)
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    free = np.concatenate([one for one, _ in found])
    other = np.concatenate([two for _, two in found])
    return free, other


def _boxes(borders: Borders) -> tuple[Floats, ...]:
    """West, south, east and north of each segment."""
    ends = [(borders.start[:, axis], borders.end[:, axis]) for axis in (0, 1)]
    return (*(np.minimum(*pair) for pair in ends), *(np.maximum(*pair) for pair in ends))


def _segment_pairs(
    borders: Borders,
    starts: Ints,
    runs: tuple[Ints, Ints],
    boxes: tuple[Floats, ...],
    margins: tuple[Floats, Floats],
    turn: float,
) -> list[tuple[Ints, Ints]]:
    """Compare the segments of pairs of runs, box against box, the first run's moved by ``turn`` degrees."""
    stops = np.append(starts[1:], len(borders.ring))
    step = np.arange(_RUN)
    found = []
    for at in range(0, len(runs[0]), _BLOCK):
        query, hit = (run[at : at + _BLOCK, None] for run in runs)
        one, two = starts[query] + step, starts[hit] + step
        one_held, two_held = one < stops[query], two < stops[hit]
        one, two = np.where(one_held, one, 0), np.where(two_held, two, 0)
        one_held &= borders.free[one]
        meets = one_held[:, :, None] & two_held[:, None, :]
        for axis, shift in ((0, turn), (1, 0.0)):
            low, high, margin = boxes[axis], boxes[axis + 2], margins[axis][query]
            meets &= (low[one] - margin + shift)[:, :, None] <= high[two][:, None, :]
            meets &= (high[one] + margin + shift)[:, :, None] >= low[two][:, None, :]
        pair, i, j = np.nonzero(meets)
        found.append((one[pair, i], two[pair, j]))
    return found


def _cross(u: Floats, v: Floats) -> Floats:
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def point_segment_distance(p: Floats, c: Floats, d: Floats) -> Floats:
    """Distances of points (n, 2) from segments c-d (n, 2), element by element, in the plane."""
    direction = d - c
    length2 = np.einsum("ij,ij->i", direction, direction)
    share = np.einsum("ij,ij->i", p - c, direction) / np.where(length2 > 0, length2, 1.0)
    foot = c + direction * np.clip(share, 0.0, 1.0)[:, None]
    return np.asarray(np.hypot(p[:, 0] - foot[:, 0], p[:, 1] - foot[:, 1]))


def segment_distances(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Distances between segments a-b and c-d (n, 2), in the plane, and whether they cross properly."""
    side_c, side_d = _cross(b - a, c - a), _cross(b - a, d - a)
    side_a, side_b = _cross(d - c, a - c), _cross(d - c, b - c)
    crosses = (side_c * side_d < 0) & (side_a * side_b < 0)
    distance = np.minimum.reduce(
        [
            point_segment_distance(a, c, d),
            point_segment_distance(b, c, d),
            point_segment_distance(c, a, b),
            point_segment_distance(d, a, b),
        ]
    )
    return np.asarray(np.where(crosses, 0.0, distance)), crosses


def near_intervals(
    a: Floats, b: Floats, c: Floats, d: Floats, radius_m: float, *, caps: bool = True
) -> tuple[Floats, Floats]:
    """The part of each segment a-b within ``radius_m`` of segment c-d, as shares low, high; low > high: none.

    Distance from a convex set is convex along a line, so that the part is one interval: that of the line with
    the capsule about c-d, which is a rectangle and, with ``caps``, a disc at either end.
    """
    ab = b - a
    length2 = np.maximum(np.einsum("ij,ij->i", ab, ab), 1e-300)
    low = np.full(len(a), np.inf)
    high = np.full(len(a), -np.inf)
    for centre in (c, d) if caps else ():
        to = a - centre
        half = np.einsum("ij,ij->i", to, ab) / length2
        rest = (np.einsum("ij,ij->i", to, to) - radius_m**2) / length2
        root = half * half - rest
        hit = root >= 0
        spread = np.sqrt(np.where(hit, root, 0.0))
        low = np.where(hit, np.minimum(low, -half - spread), low)
        high = np.where(hit, np.maximum(high, -half + spread), high)
    cd = d - c
    span = np.maximum(np.hypot(cd[:, 0], cd[:, 1]), 1e-150)
    along, across = cd / span[:, None], np.column_stack([-cd[:, 1], cd[:, 0]]) / span[:, None]
    lo_1, hi_1 = _band(
        np.einsum("ij,ij->i", a - c, across), np.einsum("ij,ij->i", ab, across), -radius_m, radius_m
    )
    lo_2, hi_2 = _band(np.einsum("ij,ij->i", a - c, along), np.einsum("ij,ij->i", ab, along), 0.0, span)
    lo, hi = np.maximum(lo_1, lo_2), np.minimum(hi_1, hi_2)
    hit = lo <= hi
    low = np.where(hit, np.minimum(low, lo), low)
    high = np.where(hit, np.maximum(high, hi), high)
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def _band(at: Floats, speed: Floats, low: Floats | float, high: Floats | float) -> tuple[Floats, Floats]:
    """Shares t for which low <= at + speed t <= high."""
    still = np.abs(speed) < 1e-12
    slope = np.where(still, 1.0, speed)
    one, two = (low - at) / slope, (high - at) / slope
    inside = (at >= low) & (at <= high)
    first = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, two))
    last = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, two))
    return first, last
