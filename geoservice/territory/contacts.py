"""How two regions meet: the length of a shared line, the width of a gap, the area of an overlap.

A gap is a border only where two regions *face* each other: their borders run side by side, not merely come
near at a corner. For each pair the profile L(d) is the length of border that faces the other region within d
metres (mean of both sides). The width of the gap is the least d at which L(d) >= 2 d and L(d) >= 1 m: a strip
gives its width, two corners give none, however near they are. The width belongs to the pair alone, so that a
larger tolerance can only add borders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice.territory.geodesy import lengths_m, metres_per_degree
from geoservice.territory.nearness import NearPairs, local_ends, near_intervals
from geoservice.territory.segments import Borders, Floats, Ints, among, distinct

LINE_M = 0.1  # borders this near are the same line: what coordinates of six decimals can tell apart
TOUCH_REACH_M = 3 * LINE_M  # so far lines are followed, to tell them from crossings
MIN_LINE_M = 1.0  # a shorter common line is a point contact
FACING_RATIO = 2.0  # a strip is at least this many times as long as wide
_SQUARE_ON = 0.35  # |cos| of the angle between a border and the way across: at least 69.5 degrees
_PARALLEL = 0.94  # |cos| of the angle between two borders that touch: at most 20 degrees
_MIN_SAMPLES, _MAX_SAMPLES, _SAMPLES_PER_REACH = 8, 32, 16


def sums(keys: Ints, values: Floats) -> dict[int, float]:
    """Sum values by key; quick where equal keys follow each other."""
    keys, first = run_starts(keys)
    unique, place = np.unique(keys, return_inverse=True)
    runs = np.add.reduceat(values, first) if len(first) else values
    return dict(zip(unique.tolist(), np.bincount(place, weights=runs).tolist(), strict=True))


def least(keys: Ints, values: Floats) -> dict[int, float]:
    """Least value by key; quick where equal keys follow each other."""
    keys, first = run_starts(keys)
    unique, place = np.unique(keys, return_inverse=True)
    found: Floats = np.full(len(unique), np.inf)
    np.minimum.at(found, place, np.minimum.reduceat(values, first) if len(first) else values)
    return dict(zip(unique.tolist(), found.tolist(), strict=True))


def run_starts(keys: Ints) -> tuple[Ints, Ints]:
    """Of each run of equal keys: the key, and where it begins."""
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], first


def exact_lines(borders: Borders, count: int) -> tuple[Ints, Floats]:
    """Keys (a * count + b) and lengths in metres of segments shared to the bit, a region on either side."""
    apart = ~borders.same_side
    pairs, segment = borders.pairs[apart], borders.pair_segment[apart]
    return pairs[:, 0] * count + pairs[:, 1], lengths_m(borders.start[segment], borders.end[segment])


def pair_keys(one: Ints, two: Ints, count: int) -> Ints:
    """One number for an unordered pair of regions."""
    return np.minimum(one, two) * count + np.maximum(one, two)


def near_lines(borders: Borders, near: NearPairs, count: int) -> tuple[Ints, Floats]:
    """Keys and lengths of lines shared within LINE_M by borders whose vertices do not match.

    Borders that run the same way are left out: there both regions lie on one side, and overlap.
    """
    at = near.distance_m <= LINE_M
    free, other = near.free[at], near.other[at]
    a, b, c, d = local_ends(borders, free, other)
    length = np.hypot(*(b - a).T)
    low, high = near_intervals(a, b, c, d, LINE_M, caps=False)
    # Where borders only cross, three times the distance means three times the length.
    wide_low, wide_high = near_intervals(a, b, c, d, 3 * LINE_M, caps=False)
    lasting = wide_high - wide_low < 2 * (high - low)
    against = np.einsum("ij,ij->i", b - a, d - c) < 0
    keep = (low < high) & against & lasting
    if not keep.any():
        return np.empty(0, dtype=np.int64), np.empty(0)
    free, region = free[keep], borders.region[other[keep]]
    low, high, length = low[keep], high[keep], length[keep]
    order = np.lexsort((low, region, free))
    free, region, low, high, length = free[order], region[order], low[order], high[order], length[order]
    covered = _union_shares(free * count + region, low, high) * length
    whole = np.unique(free * count + region, return_index=True)[1]
    metres = np.add.reduceat(covered, whole)
    mine, theirs = borders.region[free[whole]], region[whole]
    long_enough = metres >= 4 * LINE_M  # a mere crossing is about twice the tolerance long
    return _larger_side(mine[long_enough], theirs[long_enough], metres[long_enough], count)


def _larger_side(mine: Ints, theirs: Ints, metres: Floats, count: int) -> tuple[Ints, Floats]:
    """Of the lengths measured along each of two regions, the larger: sides matched to the bit are absent."""
    sided = sums(mine * count + theirs, metres)
    best: dict[int, float] = {}
    for key, value in sided.items():
        a, b = divmod(key, count)
        pair = min(a, b) * count + max(a, b)
        best[pair] = max(best.get(pair, 0.0), value)
    return np.array(list(best), dtype=np.int64), np.array(list(best.values()))


def _union_shares(group: Ints, low: Floats, high: Floats) -> Floats:
    """What each interval adds to the union of those before it in its group (sorted by group, then low)."""
    shift = group.astype(np.float64) - group[0]
    rank = np.unique(shift, return_inverse=True)[1] * 2.0  # groups apart on one axis
    reached = np.maximum.accumulate(high + rank)
    before = np.concatenate([[-1.0], reached[:-1]])
    return np.asarray(np.maximum(high + rank - np.maximum(low + rank, before), 0.0))


class GapProfile(Struct, frozen=True):
    """For pairs that come near: ``width`` of the gap where they face each other (inf where they do not).

    ``apart``: the least distance of every pair that was looked at, in metres.
    """

    keys: Ints
    width_m: Floats
    apart: Mapping[int, float]


def gap_profile(
    borders: Borders, blocks: Iterable[NearPairs], reach_m: float, lined: Ints, count: int
) -> GapProfile:
    """Measure gaps between regions that share no line (``lined``: keys of those that do).

    Free borders are sampled; a sample counts only for the region nearest to it, so that a gap is never seen
    through a third region. Each block holds all that is near to its free segments.
    """
    apart: dict[int, float] = {}
    found: list[tuple[Ints, Floats, Floats]] = []
    for near in blocks:
        keys = pair_keys(borders.region[near.free], borders.region[near.other], count)
        for key, metres in least(keys, near.distance_m).items():
            apart[key] = min(metres, apart.get(key, np.inf))
        rows = np.flatnonzero(among(near.free, near.free[~among(keys, lined)]))
        if len(rows) == 0:
            continue
        rows = rows[np.lexsort((borders.region[near.other[rows]], near.free[rows]))]
        sample = _sample(borders, near.free[rows], near.other[rows], reach_m, count)
        keep = (sample.distance <= reach_m) & (sample.distance <= sample.nearest + LINE_M)
        weight = np.where(sample.facing[keep], sample.weight[keep] / 2.0, 0.0)
        found.append(
            (pair_keys(sample.mine[keep], sample.theirs[keep], count), sample.distance[keep], weight)
        )
    if not found:
        return GapProfile(np.empty(0, dtype=np.int64), np.empty(0), apart)
    keys, width_m = _widths(*(np.concatenate(part) for part in zip(*found, strict=True)))
    return GapProfile(keys, width_m, apart)


def _widths(key: Ints, distance: Floats, weight: Floats) -> tuple[Ints, Floats]:
    order = np.lexsort((distance, key))
    key, distance, weight = key[order], distance[order], weight[order]
    total = np.cumsum(weight)
    first = (
        np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1]) if len(key) else np.empty(0, dtype=np.int64)
    )
    before = np.repeat(total[first] - weight[first], np.diff(np.append(first, len(key))))
    faces = (total - before) >= np.maximum(FACING_RATIO * distance, MIN_LINE_M)
    width = np.minimum.reduceat(np.where(faces, distance, np.inf), first) if len(key) else np.empty(0)
    return key[first], width


class _Samples(Struct, frozen=True):
    mine: Ints
    theirs: Ints
    distance: Floats
    nearest: Floats  # distance of the sample from the region nearest to it
    weight: Floats
    facing: NDArray[np.bool_]


def _sample(borders: Borders, free: Ints, other: Ints, reach_m: float, count: int) -> _Samples:
    """Sample free segments where they are near, and find for each sample and region the nearest segment.

    ``free`` and ``other`` are sorted by free segment, then region.
    """
    a, b, c, d = local_ends(borders, free, other)
    low, high = near_intervals(a, b, c, d, reach_m)
    segment_first = np.concatenate([[0], np.flatnonzero(np.diff(free)) + 1])
    rows = np.diff(np.append(segment_first, len(free)))
    low = np.minimum.reduceat(low, segment_first)
    high = np.maximum.reduceat(high, segment_first)
    part = np.maximum(high - low, 0.0) * np.hypot(*(b - a)[segment_first].T)
    samples = np.clip(np.ceil(part * _SAMPLES_PER_REACH / reach_m), _MIN_SAMPLES, _MAX_SAMPLES).astype(
        np.int64
    )
    base = np.cumsum(samples) - samples
    # One line for each (row, sample of its segment).
    per_row = np.repeat(samples, rows)
    row = np.repeat(np.arange(len(free)), per_row)
    k = np.arange(len(row)) - np.repeat(np.cumsum(per_row) - per_row, per_row)
    segment = np.repeat(np.arange(len(rows)), rows)[row]
    share = low[segment] + (high - low)[segment] * (k + 0.5) / samples[segment]
    point = a[row] + (b - a)[row] * share[:, None]
    way = _way_to_segment(point, c[row], d[row])
    distance = np.hypot(way[:, 0], way[:, 1])
    sample_id = base[segment] + k
    theirs = borders.region[other[row]]
    nearest = np.full(int(samples.sum()), np.inf)
    np.minimum.at(nearest, sample_id, distance)
    order = np.lexsort((distance, theirs, sample_id))
    group = sample_id[order] * count + theirs[order]
    best = order[np.concatenate([[True], group[1:] != group[:-1]])]
    return _Samples(
        borders.region[free[row[best]]],
        theirs[best],
        distance[best],
        nearest[sample_id[best]],
        (part / samples)[segment[best]],
        _faces((b - a)[row[best]], (d - c)[row[best]], way[best], distance[best]),
    )


def _way_to_segment(p: Floats, c: Floats, d: Floats) -> Floats:
    direction = d - c
    length2 = np.einsum("ij,ij->i", direction, direction)
    share = np.einsum("ij,ij->i", p - c, direction) / np.where(length2 > 0, length2, 1.0)
    return np.asarray(c + direction * np.clip(share, 0.0, 1.0)[:, None] - p)


def _faces(mine: Floats, theirs: Floats, way: Floats, distance: Floats) -> NDArray[np.bool_]:
    """Whether the way across is square to the border; for borders that touch, whether they run side by side.

    The borders of neighbours run against each other; where they run the same way one region lies in the
    other.
    """

    def cosine(u: Floats, v: Floats) -> Floats:
        size = np.hypot(*u.T) * np.hypot(*v.T)
        return np.asarray(np.einsum("ij,ij->i", u, v) / np.where(size > 0, size, 1.0))

    against = cosine(mine, theirs)
    square_on = (np.abs(cosine(mine, way)) <= _SQUARE_ON) & (against < 0)
    return np.where(distance > LINE_M, square_on, against <= -_PARALLEL)


def overlap_candidates(borders: Borders, near: NearPairs, geometries: NDArray[Any], tree: Any) -> Ints:
    """Keys of pairs that may overlap: all that do, few that do not.

    Regions overlap if their borders cross, if a border enters the other region where they touch, if they run
    the same way along one line, or if a whole ring lies inside the other region.
    """
    import shapely

    count = len(geometries)
    same = borders.pairs[borders.same_side]
    keys = [same[:, 0] * count + same[:, 1]]
    crossing = near.crosses
    keys.append(pair_keys(borders.region[near.free[crossing]], borders.region[near.other[crossing]], count))
    at = (near.distance_m <= LINE_M) & ~crossing
    middle = (borders.start[near.free[at]] + borders.end[near.free[at]]) / 2.0
    region = borders.region[near.other[at]]
    inside = shapely.contains_xy(geometries[region], middle[:, 0], middle[:, 1])
    keys.append(pair_keys(borders.region[near.free[at]][inside], region[inside], count))
    first = np.concatenate([[0], np.flatnonzero(np.diff(borders.ring)) + 1])
    alone = first[np.minimum.reduceat(borders.free, first)]
    which, region = tree.query(shapely.points(borders.start[alone]))
    mine = borders.region[alone[which]]
    which, region, mine = which[mine != region], region[mine != region], mine[mine != region]
    spot = borders.start[alone[which]]
    inside = shapely.contains_xy(geometries[region], spot[:, 0], spot[:, 1])
    keys.append(pair_keys(mine[inside], region[inside], count))
    return distinct(np.concatenate(keys))


def _scaler(centre: Any, scale: Floats) -> Callable[[Floats], Floats]:
    return lambda xy: (xy - [centre.x, centre.y]) * scale


def measure_overlaps(keys: Ints, geometries: NDArray[Any]) -> tuple[Floats, Floats]:
    """Area in square metres and greatest width in metres of the overlap of each pair; 0, 0 for none.

    The width is the diameter of the largest circle inside the overlap. What is thinner than LINE_M is none.
    """
    import shapely
    from pyproj import Proj

    count = len(geometries)
    area_m2, width_m = np.zeros(len(keys)), np.zeros(len(keys))
    if len(keys) == 0:
        return area_m2, width_m
    one, two = np.divmod(keys, count)
    common = shapely.intersection(geometries[one], geometries[two])
    equal_area = Proj(proj="cea", ellps="WGS84")
    for row in np.flatnonzero(shapely.area(common) > 0):
        parts = [part for part in shapely.get_parts(common[row]) if part.geom_type == "Polygon"]
        shape = shapely.multipolygons(parts)
        centre = shapely.centroid(shape)
        scale = np.array([float(value) for value in metres_per_degree(centre.y)])
        metric = shapely.transform(shape, _scaler(centre, scale))
        if shapely.area(metric) < np.pi * LINE_M**2 / 4.0:  # too small for a circle of that width
            continue
        width_m[row] = 2.0 * shapely.length(shapely.maximum_inscribed_circle(metric, tolerance=LINE_M / 4.0))
        area_m2[row] = shapely.area(
            shapely.transform(shape, lambda xy: np.column_stack(equal_area(xy[:, 0], xy[:, 1])))
        )
    none = width_m < LINE_M
    area_m2[none] = width_m[none] = 0.0
    return area_m2, width_m
