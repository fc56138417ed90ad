"""Which borders come near each other without being equal: the dirty part of neighbourhood.

Only *free* segments (those that no region shares to the bit) are asked about, against all segments, through a
tree over boxes of short runs of segments. Nearness is measured in metres of the place itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice.territory.geodesy import metres_per_degree, wrap_degrees
from geoservice.territory.segments import Borders, Floats, Ints, among

_RUN = 16  # segments in a run
_BLOCK = 4_000  # pairs of runs compared at once: bounds the memory (block x run x run)
_ASKED_AT_ONCE = 8_192  # runs asked for at once: of dense borders most that is met is of the same region
#: Pairs of runs beyond which borders are refused as too dense, and beyond which a graph reaches less far.
MOST_RUN_PAIRS, FEW_RUN_PAIRS = 1_000_000, 100_000


class NearPairs(Struct, frozen=True):
    """Pairs of a free segment and a segment of another region, with their distance.

    ``free``, ``other``: positions in :class:`Borders`; ``distance_m`` between them; ``crosses``: they cross
    properly, each having ends on both sides of the other.
    """

    free: Ints
    other: Ints
    distance_m: Floats
    crosses: NDArray[np.bool_]


def near_blocks(runs: Runs, pairs: RunPairs, reach_m: float) -> Iterator[NearPairs]:
    """Find the pairs of a free segment and a segment of another region within ``reach_m``, block by block.

    All pairs of one free segment are in one block, so that each block can be worked on alone. Where ``pairs``
    are the nearest ones, only the segments of a region are given that may be the nearest of it to some point
    of the free segment.
    """
    borders, margins = runs.borders, runs.margins(reach_m)
    for start, end in pairs.blocks():
        free, other = _segment_pairs(runs, pairs, start, end, margins)
        a, b, c, d = local_ends(borders, free, other)
        distance, crosses, farthest = segment_distances(a, b, c, d)
        keep = distance <= reach_m
        if pairs.nearest:
            keep &= distance <= _least_of(free, borders.region[other], farthest)
        yield NearPairs(free[keep], other[keep], distance[keep], crosses[keep])


def _least_of(one: Ints, region: Ints, values: Floats) -> Floats:
    """For each of parallel entries the least value among those of the same ``one`` and ``region``."""
    if not len(one):
        return values
    order = np.lexsort((region, one))
    ordered_one, ordered_region = one[order], region[order]
    new = np.concatenate([[True], (np.diff(ordered_one) != 0) | (np.diff(ordered_region) != 0)])
    first = np.flatnonzero(new)
    least: Floats = np.empty(len(one))
    least[order] = np.minimum.reduceat(values[order], first)[np.cumsum(new) - 1]
    return least


def find_near(runs: Runs, reach_m: float) -> NearPairs:
    """The same at once, for a small reach.

    Raises:
        LimitExceededError: there is no end of them ("territory.too_dense").
    """
    pairs = runs.pairs(reach_m, most=MOST_RUN_PAIRS)
    blocks = [*near_blocks(runs, pairs, reach_m)]
    if not blocks:
        none = np.empty(0, dtype=np.int64)
        return NearPairs(none, none, np.empty(0), np.empty(0, dtype=bool))
    return NearPairs(
        np.concatenate([block.free for block in blocks]),
        np.concatenate([block.other for block in blocks]),
        np.concatenate([block.distance_m for block in blocks]),
        np.concatenate([block.crosses for block in blocks]),
    )


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


class TooManyError(Exception):
    """There are more pairs of runs than were asked for; ``region`` has most of them."""

    def __init__(self, region: int) -> None:
        super().__init__(region)
        self.region = region


class RunPairs(Struct, frozen=True):
    """Runs that may come near each other, by the first: ``query`` asks, ``hit`` is of another region.

    ``turn``: degrees by which the first is moved to be seen on the other side of the 180th meridian;
    ``within``: farther than this share of the reach no segment of the second can be its region's nearest.
    ``nearest``: whether runs were left out that cannot hold the nearest segment of their region.
    """

    query: Ints
    hit: Ints
    turn: Floats
    within: Floats
    nearest: bool

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Beginnings and ends of blocks of some _BLOCK pairs, each run in one of them only."""
        first = np.flatnonzero(np.diff(self.query, prepend=-1))
        at = 0
        while at < len(self.query):
            later = int(np.searchsorted(first, at + _BLOCK))
            end = int(first[later]) if later < len(first) else len(self.query)
            yield at, end
            at = end


class Runs:
    """Borders cut into runs of at most _RUN neighbouring segments of a ring, and a tree over their boxes."""

    def __init__(self, borders: Borders) -> None:
        import shapely

        self.borders = borders
        count = len(borders.ring)
        new_ring = np.empty(count, dtype=bool)
        new_ring[0] = True
        new_ring[1:] = borders.ring[1:] != borders.ring[:-1]
        ring_start = np.flatnonzero(new_ring)
        place = np.arange(count) - np.repeat(ring_start, np.diff(np.append(ring_start, count)))
        self.starts = np.flatnonzero(place % _RUN == 0)
        self.stops = np.append(self.starts[1:], count)
        self.region = borders.region[self.starts]
        self.boxes = _boxes(borders)
        self.low = [np.minimum.reduceat(low, self.starts) for low in self.boxes[:2]]
        self.high = [np.maximum.reduceat(high, self.starts) for high in self.boxes[2:]]
        self.asking = np.flatnonzero(np.logical_or.reduceat(borders.free, self.starts))
        hidden = np.where(borders.free, 0.0, np.inf)  # of a run only its free segments ask
        self.free_low = [np.minimum.reduceat(of + hidden, self.starts)[self.asking] for of in self.boxes[:2]]
        self.free_high = [np.maximum.reduceat(of - hidden, self.starts)[self.asking] for of in self.boxes[2:]]
        self.tree = shapely.STRtree(shapely.box(self.low[0], self.low[1], self.high[0], self.high[1]))

    def margins(self, reach_m: float) -> tuple[Floats, Floats]:
        """For each run how many degrees ``reach_m`` is at most."""
        return _margins(self.low[1], self.high[1], reach_m)

    def pairs(self, reach_m: float, *, most: int, lined: Ints | None = None) -> RunPairs:
        """Runs with a free segment and runs of other regions whose boxes come within ``reach_m``.

        Runs near to such regions only with which theirs shares a line (``lined``: keys) are left out.

        Raises:
            TooManyError: there are more than ``most``.
        """
        asking = self.asking
        margins = [margin[asking] for margin in self.margins(reach_m)]
        low = [side - by for side, by in zip(self.free_low, margins, strict=True)]
        high = [side + by for side, by in zip(self.free_high, margins, strict=True)]
        found: list[tuple[NDArray[Any], ...]] = []
        total = 0
        for at in range(0, len(asking), _ASKED_AT_ONCE):
            part = slice(at, at + _ASKED_AT_ONCE)
            query, hit, turn = self._asked([side[part] for side in (*low, *high)])
            query = asking[part][query]
            keep = self._unlined(query, hit, lined)
            query, hit, turn = query[keep], hit[keep], turn[keep]
            within = np.ones(len(query))
            if lined is not None:
                nearest_m, farthest_m = self._bounds_m(query, hit, turn)
                most_m = _least_of(query, self.region[hit], farthest_m)
                keep = nearest_m <= most_m
                query, hit, turn = query[keep], hit[keep], turn[keep]
                within = np.minimum(most_m[keep] / reach_m, 1.0)
            found.append((query, hit, turn, within))
            total += len(query)
            if total > most:
                regions = self.region[np.concatenate([one for one, *_ in found])]
                raise TooManyError(int(np.bincount(regions).argmax()))
        held: list[Any] = [np.concatenate(part) for part in zip(*found, strict=True)] if found else _NOTHING
        return RunPairs(held[0], held[1], held[2], held[3], lined is not None)

    def _bounds_m(self, query: Ints, hit: Ints, turn: Floats) -> tuple[Floats, Floats]:
        """How far pairs of runs are apart at least, and at most, in metres: as far as their boxes."""
        (west, south), (east, north) = self.low, self.high
        low_lat = np.minimum(south[query], south[hit])
        high_lat = np.maximum(north[query], north[hit])
        farther = np.maximum(np.abs(low_lat), np.abs(high_lat))
        nearer = np.where(low_lat * high_lat < 0, 0.0, np.minimum(np.abs(low_lat), np.abs(high_lat)))
        (lon_most, lat_least), (lon_least, lat_most) = metres_per_degree(nearer), metres_per_degree(farther)
        one_west, one_east = west[query] + turn, east[query] + turn
        apart_x = np.maximum(np.maximum(west[hit] - one_east, one_west - east[hit]), 0.0)
        apart_y = np.maximum(np.maximum(south[hit] - north[query], south[query] - north[hit]), 0.0)
        wide_x = np.maximum(east[hit] - one_west, one_east - west[hit])
        wide_y = np.maximum(north[hit] - south[query], north[query] - south[hit])
        least = np.hypot(apart_x * lon_least, apart_y * lat_least)
        return 0.999 * least, 1.001 * np.hypot(wide_x * lon_most, wide_y * lat_most)

    def _asked(self, sides: list[Floats]) -> tuple[Ints, Ints, Floats]:
        """Pairs of a box of degrees (west, south, east, north) and a run that it meets, by the box."""
        import shapely

        west, south, east, north = sides
        found = []
        for turn, who in ((0.0, west == west), (360.0, west < -180.0), (-360.0, east > 180.0)):
            over = np.flatnonzero(who)
            boxes = shapely.box(west[over] + turn, south[over], east[over] + turn, north[over])
            query, hit = self.tree.query(boxes)
            found.append((over[query], hit, np.full(len(query), turn)))
        query, hit, turns = (np.concatenate(part) for part in zip(*found, strict=True))
        order = np.argsort(query, kind="stable")
        return query[order], hit[order], turns[order]

    def _unlined(self, query: Ints, hit: Ints, lined: Ints | None) -> NDArray[np.bool_]:
        """Pairs of different regions; where lines are known, of runs not near to such regions alone."""
        one, two = self.region[query], self.region[hit]
        keep: NDArray[np.bool_] = np.asarray(one != two)
        if lined is None or not len(query):
            return keep
        count = int(self.region.max()) + 1
        news = keep & ~among(np.minimum(one, two) * count + np.maximum(one, two), lined)
        first = np.flatnonzero(np.diff(query, prepend=-1))
        any_news = np.repeat(np.logical_or.reduceat(news, first), np.diff(np.append(first, len(query))))
        return np.asarray(keep & any_news, dtype=bool)


_NOTHING: list[Any] = [np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)]


def _boxes(borders: Borders) -> tuple[Floats, ...]:
    """West, south, east and north of each segment."""
    ends = [(borders.start[:, axis], borders.end[:, axis]) for axis in (0, 1)]
    return (*(np.minimum(*pair) for pair in ends), *(np.maximum(*pair) for pair in ends))


def _segment_pairs(
    runs: Runs, pairs: RunPairs, start: int, end: int, margins: tuple[Floats, Floats]
) -> tuple[Ints, Ints]:
    """Compare the segments of pairs of runs, box against box."""
    borders = runs.borders
    step = np.arange(_RUN)
    found = []
    for at in range(start, end, _BLOCK):
        part = slice(at, min(at + _BLOCK, end))
        query, hit, turn = pairs.query[part, None], pairs.hit[part, None], pairs.turn[part, None]
        one, two = runs.starts[query] + step, runs.starts[hit] + step
        one_held, two_held = one < runs.stops[query], two < runs.stops[hit]
        one, two = np.where(one_held, one, 0), np.where(two_held, two, 0)
        one_held &= borders.free[one]
        meets = one_held[:, :, None] & two_held[:, None, :]
        for axis, shift in ((0, turn), (1, 0.0)):
            low, high = runs.boxes[axis], runs.boxes[axis + 2]
            margin = margins[axis][query] * pairs.within[part, None]
            meets &= (low[one] - margin + shift)[:, :, None] <= high[two][:, None, :]
            meets &= (high[one] + margin + shift)[:, :, None] >= low[two][:, None, :]
        pair, i, j = np.nonzero(meets)
        found.append((one[pair, i], two[pair, j]))
    return np.concatenate([one for one, _ in found]), np.concatenate([two for _, two in found])


def _cross(u: Floats, v: Floats) -> Floats:
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def point_segment_distance(p: Floats, c: Floats, d: Floats) -> Floats:
    """Distances of points (n, 2) from segments c-d (n, 2), element by element, in the plane."""
    direction = d - c
    length2 = np.einsum("ij,ij->i", direction, direction)
    share = np.einsum("ij,ij->i", p - c, direction) / np.where(length2 > 0, length2, 1.0)
    foot = c + direction * np.clip(share, 0.0, 1.0)[:, None]
    return np.asarray(np.hypot(p[:, 0] - foot[:, 0], p[:, 1] - foot[:, 1]))


def segment_distances(a: Floats, b: Floats, c: Floats, d: Floats) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Distances between segments a-b and c-d (n, 2), in the plane, and whether they cross properly.

    The third: how far the farthest point of a-b is from c-d. It is one of its ends.
    """
    side_c, side_d = _cross(b - a, c - a), _cross(b - a, d - a)
    side_a, side_b = _cross(d - c, a - c), _cross(d - c, b - c)
    crosses = (side_c * side_d < 0) & (side_a * side_b < 0)
    of_a, of_b = point_segment_distance(a, c, d), point_segment_distance(b, c, d)
    distance = np.minimum.reduce(
        [of_a, of_b, point_segment_distance(c, a, b), point_segment_distance(d, a, b)]
    )
    return np.asarray(np.where(crosses, 0.0, distance)), crosses, np.maximum(of_a, of_b)


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
