"""Which regions border: an immutable graph whose edges say how they meet, in metres.

Border means a shared line; or a gap or an overlap no wider than the tolerance; point contacts only if asked
for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from geoservice.errors import LimitExceededError
from geoservice.territory.graphs import connected_sets

if TYPE_CHECKING:
    from geoservice.model import Boundaries
    from geoservice.territory.nearness import NearPairs, RunPairs, Runs
    from geoservice.territory.regions import Regions
    from geoservice.territory.segments import Borders, Ints

DEFAULT_REACH_M = 1000.0
DEFAULT_GAP_M = 50.0
WATER_SHARE = 0.9  # of the way across: shores of two maps do not lie on each other
STRIP_RATIO = 3.0  # a strip's area is at least this many times the square of its width


class Kind(StrEnum):
    """How two regions meet."""

    LINE = "line"
    POINT = "point"
    GAP = "gap"
    OVERLAP = "overlap"


class Basis(StrEnum):
    """Why two regions border: what the law calls a border, an error of the map, water, or a point."""

    LINE = "line"
    TOLERANCE = "tolerance"
    WATER = "water"
    POINT = "point"


class Edge(Struct, frozen=True):
    """How regions ``a`` < ``b`` meet.

    ``shared_m``: length of the common line; ``gap_m``: width of the gap between them (0 where they touch),
    for point contacts how far the two points are apart; ``overlap_m2``, ``overlap_width_m``: area and
    greatest width of what both cover; ``water_share``: how much of the way across is water, where polygons
    of water were given and a rule asked for it.
    """

    a: str
    b: str
    kind: Kind
    shared_m: float = 0.0
    gap_m: float = 0.0
    overlap_m2: float = 0.0
    overlap_width_m: float = 0.0
    water_share: float | None = None

    def counts(self, rule: BorderRule) -> bool:
        """Whether the two regions border under a rule."""
        return self.basis(rule) is not None

    def basis(self, rule: BorderRule) -> Basis | None:
        """Why the two regions border under a rule; ``None`` if they do not."""
        if self.kind is Kind.LINE:
            return Basis.LINE
        if self.kind is Kind.OVERLAP:
            narrow = self.overlap_width_m <= rule.gap_m and (self.is_strip or rule.point_contact)
            return Basis.TOLERANCE if narrow or self.gap_m <= rule.gap_m else None
        if self.gap_m <= rule.gap_m and self.kind is Kind.GAP:
            return Basis.TOLERANCE
        if self.gap_m <= rule.gap_m and rule.point_contact:
            return Basis.POINT
        return Basis.WATER if self.over_water(rule) else None

    def kind_under(self, rule: BorderRule) -> Kind:
        """The kind under a rule: corners farther apart than the tolerance meet in no point but have a gap."""
        return Kind.GAP if self.kind is Kind.POINT and self.gap_m > rule.gap_m else self.kind

    def may_be_water(self, rule: BorderRule) -> bool:
        """Whether the regions are apart by no more than water may be wide."""
        return self.kind in (Kind.GAP, Kind.POINT) and 0 < self.gap_m <= rule.water_m

    def over_water(self, rule: BorderRule) -> bool:
        """Whether what lies between is taken for water: it is on the map, or belongs to no region."""
        mapped = self.water_share is not None and self.water_share >= WATER_SHARE
        return self.may_be_water(rule) and (mapped or not rule.water_mapped)

    @property
    def is_strip(self) -> bool:
        """Whether what both cover is a strip along a border, not a corner of one in the other."""
        return self.overlap_m2 >= STRIP_RATIO * self.overlap_width_m**2


class BorderRule(Struct, frozen=True):
    """What counts as bordering.

    Args:
        gap_m: gaps up to this width, and overlaps up to it, are errors of the map: the regions border.
        point_contact: whether regions that meet in a point only border.
        water_m: regions apart by no more than this with water between them border; 0 for never.
        water_mapped: whether water is what polygons of water cover; else whatever belongs to no region.
    """

    gap_m: float = DEFAULT_GAP_M
    point_contact: bool = False
    water_m: float = 0.0
    water_mapped: bool = False

    @property
    def reach_m(self) -> float:
        """How far a graph must see to answer by this rule."""
        return max(self.gap_m, self.water_m)


class RegionGraph(Struct, frozen=True, eq=False, dict=True):
    """All contacts of a boundary set nearer than ``reach_m``: symmetric, in code order, never changed.

    Every edge is kept with what was measured; what *counts* is asked with a :class:`BorderRule`.
    """

    codes: tuple[str, ...]
    edges: tuple[Edge, ...]
    reach_m: float
    digest: str = ""

    def __post_init__(self) -> None:
        known = set(self.codes)
        pairs = [(edge.a, edge.b) for edge in self.edges]
        if len(set(pairs)) != len(pairs) or any(not (a < b and {a, b} <= known) for a, b in pairs):
            raise ValueError("edges must join two known regions, a < b, once each")

    @cached_property
    def by_pair(self) -> Mapping[tuple[str, str], Edge]:
        """Edges by (a, b), a < b."""
        return {(edge.a, edge.b): edge for edge in self.edges}

    @cached_property
    def by_region(self) -> Mapping[str, tuple[Edge, ...]]:
        """Edges of each region."""
        held: dict[str, list[Edge]] = {code: [] for code in self.codes}
        for edge in self.edges:
            held[edge.a].append(edge)
            held[edge.b].append(edge)
        return {code: tuple(edges) for code, edges in held.items()}

    def edge(self, one: str, other: str) -> Edge | None:
        """The contact of two regions, in either order; ``None`` if they do not meet."""
        return self.by_pair.get((min(one, other), max(one, other)))

    def neighbours(self, rule: BorderRule, among: Iterable[str] | None = None) -> dict[str, set[str]]:
        """Bordering regions of each region, among some regions or all.

        Raises:
            ValueError: the rule asks for contacts farther than the graph reaches.
        """
        if rule.reach_m > self.reach_m:
            raise ValueError(f"the graph reaches {self.reach_m} m, the rule asks for {rule.reach_m} m")
        chosen = set(self.codes if among is None else among)
        result: dict[str, set[str]] = {code: set() for code in sorted(chosen)}
        for code, others in result.items():
            for edge in self.by_region[code]:
                if edge.a == code and edge.b in chosen and edge.counts(rule):
                    others.add(edge.b)
                    result[edge.b].add(code)
        return result

    def components(self, rule: BorderRule, among: Iterable[str] | None = None) -> tuple[tuple[str, ...], ...]:
        """Connected sets of bordering regions, each sorted, the sets in code order."""
        return connected_sets(self.neighbours(rule, among))

    def isolates(self, rule: BorderRule) -> tuple[str, ...]:
        """Regions that border no other."""
        return tuple(code for code, others in self.neighbours(rule).items() if not others)


def region_graph(boundaries: Boundaries | Regions, *, reach_m: float = 0.0) -> RegionGraph:
    """Return the region graph of a boundary set, kept by the digest of its content.

    Args:
        boundaries: polygons in EPSG:4326.
        reach_m: how far apart regions may be and still be looked at; at least DEFAULT_REACH_M is.
    """
    from geoservice.territory.regions import prepare

    return prepare(boundaries).graph(reach_m)


def build_graph(regions: Regions, *, reach_m: float, at_least_m: float | None = None) -> RegionGraph:
    """Measure every contact nearer than ``reach_m``: nothing counts but the pair and what lies between.

    Of borders so dense that it would take long, the graph reaches less far, but ``at_least_m``.

    Raises:
        LimitExceededError: they are too dense for that ("territory.too_dense", feature).
    """
    from geoservice.territory import contacts
    from geoservice.territory.nearness import Runs, TooManyError, find_near, near_blocks
    from geoservice.territory.segments import find_borders

    count = len(regions)
    borders = find_borders(regions.geometries)
    runs = Runs(borders)
    try:
        near = find_near(runs, contacts.TOUCH_REACH_M)
        lines = _lines(borders, near, count)
        lined = np.fromiter(lines, dtype=np.int64, count=len(lines))
        pairs, reach_m = _far_pairs(runs, lined, reach_m, reach_m if at_least_m is None else at_least_m)
    except TooManyError as error:
        raise LimitExceededError("territory.too_dense", feature=regions.codes[error.region]) from error
    profile = contacts.gap_profile(borders, near_blocks(runs, pairs, reach_m), reach_m, lined, count)
    candidates = contacts.overlap_candidates(borders, near, regions.geometries, regions.tree)
    area_m2, width_m = contacts.measure_overlaps(candidates, regions.geometries)
    overlaps = {
        int(key): (float(area), float(width))
        for key, area, width in zip(candidates, area_m2, width_m, strict=True)
        if area > 0
    }
    keys = contacts.pair_keys(borders.region[near.free], borders.region[near.other], count)
    apart = {**profile.apart, **contacts.least(keys, near.distance_m)}
    touching = contacts.pair_keys(borders.touching[:, 0], borders.touching[:, 1], count)
    apart.update(dict.fromkeys(touching.tolist(), 0.0))
    widths = dict(zip(profile.keys.tolist(), profile.width_m.tolist(), strict=True))
    met = {key for key, metres in apart.items() if metres <= contacts.LINE_M}
    edges = [
        _edge(regions.codes, key, lines.get(key), overlaps.get(key), widths.get(key), apart.get(key, 0.0))
        for key in sorted(lines.keys() | overlaps.keys() | widths.keys() | met)
    ]
    return RegionGraph(regions.codes, tuple(edges), reach_m, regions.digest)


def _lines(borders: Borders, near: NearPairs, count: int) -> dict[int, float]:
    """Lengths of common lines, by key."""
    from geoservice.territory import contacts

    shared = contacts.sums(*contacts.exact_lines(borders, count))
    for key, metres in contacts.sums(*contacts.near_lines(borders, near, count)).items():
        shared[key] = shared.get(key, 0.0) + metres
    return {key: metres for key, metres in shared.items() if metres >= contacts.MIN_LINE_M}


def _far_pairs(runs: Runs, lined: Ints, reach_m: float, at_least_m: float) -> tuple[RunPairs, float]:
    """What may come within ``reach_m``, or within less where that is very much; and the reach."""
    from geoservice.territory.nearness import FEW_RUN_PAIRS, MOST_RUN_PAIRS, TooManyError

    while reach_m > at_least_m:
        try:
            return runs.pairs(reach_m, most=FEW_RUN_PAIRS, lined=lined), reach_m
        except TooManyError:
            reach_m = max(reach_m / 4.0, at_least_m)
    return runs.pairs(reach_m, most=MOST_RUN_PAIRS, lined=lined), reach_m


def _edge(
    codes: tuple[str, ...],
    key: int,
    line_m: float | None,
    overlap: tuple[float, float] | None,
    facing_m: float | None,
    apart_m: float,
) -> Edge:
    one, two = divmod(key, len(codes))
    area_m2, width_m = overlap or (0.0, 0.0)
    faces = facing_m is not None and np.isfinite(facing_m)
    if line_m is not None:
        kind, gap_m = Kind.LINE, 0.0
    elif overlap:
        kind, gap_m = Kind.OVERLAP, float(facing_m) if faces and facing_m is not None else float("inf")
    elif faces and facing_m is not None:
        kind, gap_m = Kind.GAP, facing_m
    else:
        kind, gap_m = Kind.POINT, (0.0 if apart_m <= 0.1 else apart_m)
    return Edge(codes[one], codes[two], kind, round(line_m or 0.0, 6), gap_m, area_m2, width_m)
