"""Members so near a border that the map cannot tell on which side of it they stand.

A generalised boundary runs up to its accuracy beside the true one. A member nearer than that to another
region may stand in it; what the answer would be then is part of the answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import Struct

from geoservice.model import How
from geoservice.territory.adjacency import RegionGraph
from geoservice.territory.geodesy import distances_m, metres_per_degree
from geoservice.territory.verdict import Concentration, Reason, VerdictCode

if TYPE_CHECKING:
    from geoservice.territory.concentration import Member
    from geoservice.territory.regions import Regions

_BAND_DEGREES = 1.0  # compared in a plane true to 1 % there, then measured geodesically
_SLACK = 1.02
_MOST_STATES = 256  # sets of occupied regions that are judged


class NearBorder(Struct, frozen=True):
    """A member, by its place in the list, and another region that begins ``distance_m`` from it."""

    row: int
    other: str
    distance_m: float


def find_near_border(
    members: Sequence[Member], result: Concentration, regions: Regions, accuracy_m: float
) -> tuple[NearBorder, ...]:
    """Members within ``accuracy_m`` of a region that they do not count for, nearest first.

    Geodesic distances to the region's polygon in EPSG:4326, over the 180th meridian too.
    """
    import shapely

    rows = [row for row, m in enumerate(members) if m.longitude is not None and m.latitude is not None]
    if not rows:
        return ()
    lon = np.array([members[row].longitude for row in rows], dtype=np.float64)
    lat = np.array([members[row].latitude for row in rows], dtype=np.float64)
    own = np.array([regions.index.get(result.placements[row].region or "", -1) for row in rows])
    bands = np.round(np.clip(lat, -89.0, 89.0) / _BAND_DEGREES) * _BAND_DEGREES
    found: list[NearBorder] = []
    for band in sorted(set(bands.tolist())):
        per_lon, per_lat = (float(length) for length in metres_per_degree(band))
        reach = _SLACK * accuracy_m / per_lat
        geometries, tree = regions.scaled(band)
        for turn in (0.0, 360.0, -360.0):
            x = (lon + turn) * per_lon / per_lat
            at = np.flatnonzero((bands == band) & (np.abs(x) <= 180.0 * per_lon / per_lat + reach))
            if not len(at):
                continue
            x, y = x[at], lat[at]
            which, other = tree.query(shapely.box(x - reach, y - reach, x + reach, y + reach))
            foreign = other != own[at][which]
            which, other = which[foreign], other[foreign]
            points = np.asarray(shapely.points(x, y))[which]
            near = shapely.dwithin(geometries[other], points, reach)
            which, other, points = which[near], other[near], points[near]
            there = shapely.get_coordinates(shapely.shortest_line(points, geometries[other]))[1::2]
            metres = distances_m(lon[at][which], y[which], there[:, 0] * per_lat / per_lon, there[:, 1])
            found += [
                NearBorder(rows[at[w]], regions.codes[o], m)
                for w, o, m in zip(which.tolist(), other.tolist(), metres.tolist(), strict=True)
                if m <= accuracy_m
            ]
    nearest: dict[tuple[int, str], NearBorder] = {}
    for one in sorted(found, key=lambda one: (one.distance_m, one.row, one.other)):
        nearest.setdefault((one.row, one.other), one)
    return tuple(nearest.values())


def examine_borders(
    result: Concentration, members: Sequence[Member], regions: Regions, graph: RegionGraph
) -> dict[str, Any]:
    """Tell which members stand near a border, and what if they stood on its other side.

    ``members``: each such member and region, with the verdict if that member alone stood there; ``borders``:
    the verdict if all members near one border (of two regions, or of a region and the outside) stood on its
    other side; ``combinations``: what the answer would be with any of the members on any side that is
    possible for them, all combinations of them: ``verdicts`` and ``satisfied`` list all that occur; ``tried``
    counts the different sets of occupied regions, ``complete`` tells whether all of them were judged (else
    those that differ least from the map); ``changes_answer``: whether any of these would change the answer to
    the requirement. All empty where no accuracy is known.
    """
    accuracy_m = result.terms.accuracy_m
    if accuracy_m is None:
        return {
            "accuracy_m": None,
            "members": [],
            "borders": [],
            "combinations": None,
            "changes_answer": False,
        }
    near = find_near_border(members, result, regions, accuracy_m)
    trial = _Trial(result, regions, graph)
    alone = [
        {
            "id": members[one.row].id,
            "region": result.placements[one.row].region,
            "other": one.other,
            "distance_m": round(one.distance_m, 1),
            **trial.moved([one.row], one.other),
        }
        for one in near
    ]
    groups: dict[tuple[str, str], list[int]] = {}
    for one in near:
        groups.setdefault((result.placements[one.row].region or "", one.other), []).append(one.row)
    borders = [
        {"region": region or None, "other": other, "count": len(rows), **trial.moved(rows, other)}
        for (region, other), rows in sorted(groups.items())
    ]
    every = trial.combined(near)
    changes = any(one["satisfied"] is not result.satisfied for one in (*alone, *borders))
    return {
        "accuracy_m": accuracy_m,
        "members": alone,
        "borders": borders,
        "combinations": every,
        "changes_answer": changes or every["satisfied"] != [result.satisfied],
    }


class _Trial:
    """Verdicts on members set elsewhere; each set of occupied regions is judged once."""

    def __init__(self, result: Concentration, regions: Regions, graph: RegionGraph) -> None:
        self.result, self.regions, self.graph = result, regions, graph
        self.counts = Counter({region.code: region.count for region in result.regions})
        self.cases = Counter(placement.how for placement in result.placements)
        self.known: dict[frozenset[str], VerdictCode] = {frozenset(self.counts): result.verdict}

    def moved(self, rows: Iterable[int], other: str) -> dict[str, Any]:
        """The verdict, and whether the requirements are met, with these members in another region."""
        from geoservice.territory.concentration import located

        counts, outside = Counter(self.counts), self.cases[How.OUTSIDE]
        for row in rows:
            placement = self.result.placements[row]
            if placement.region is not None:
                counts[placement.region] -= 1
            outside -= placement.how is How.OUTSIDE
            counts[other] += 1
        verdict = self._verdict({code: count for code, count in counts.items() if count > 0})
        terms = self.result.terms
        shown = located(verdict, outside > 0, self.cases[How.NO_COORDINATES] > 0, terms)
        return {
            "verdict": verdict.value,
            "satisfied": shown is True and self.result.counted >= terms.min_members,
        }

    def combined(self, near: Sequence[NearBorder]) -> dict[str, Any]:
        """All answers that occur with each of the members on any of its sides."""
        from geoservice.territory.concentration import located

        states, complete = self._states(near)
        terms = self.result.terms
        unplaced = self.cases[How.NO_COORDINATES] > 0
        enough = self.result.counted >= terms.min_members
        verdicts, satisfied = set(), set()
        for occupied, outside in states:
            verdict = self._verdict(dict.fromkeys(sorted(occupied), 1))
            verdicts.add(verdict.value)
            satisfied.add(located(verdict, outside, unplaced, terms) is True and enough)
        return {
            "tried": len(states),
            "complete": complete,
            "verdicts": sorted(verdicts),
            "satisfied": sorted(satisfied),
        }

    def _states(self, near: Sequence[NearBorder]) -> tuple[list[tuple[frozenset[str], bool]], bool]:
        """Every set of occupied regions that is possible, with whether a member is outside; and if all are.

        Members with the same choice are alike: so many of them can occupy any so many of its regions.
        """
        sides: dict[int, list[str]] = {}
        for one in near:
            sides.setdefault(one.row, []).append(one.other)
        alike = Counter(
            (self.result.placements[row].region or "", *sorted(others)) for row, others in sides.items()
        )
        fixed = Counter(
            place.region or ""
            for row, place in enumerate(self.result.placements)
            if row not in sides and place.how is not How.NO_COORDINATES
        )
        states = {frozenset(fixed): None}
        complete = True
        for choice, count in sorted(alike.items()):
            ways = [
                frozenset(way)
                for size in range(1, min(count, len(choice)) + 1)
                for way in combinations(choice, size)
            ]
            states = dict.fromkeys(state | way for state in states for way in ways)
            if len(states) > _MOST_STATES:
                complete = False
                held = frozenset(
                    place.region or ""
                    for place in self.result.placements
                    if place.how is not How.NO_COORDINATES
                )
                kept = sorted(states, key=lambda state: (len(state ^ held), sorted(state)))[:_MOST_STATES]
                states = dict.fromkeys(kept)
        return [(state - {""}, "" in state) for state in states], complete

    def _verdict(self, counts: Mapping[str, int]) -> VerdictCode:
        from geoservice.territory.sensitivity import verdict_of

        key = frozenset(counts)
        if key not in self.known:
            self.known[key] = verdict_of(counts, self.regions, self.graph, self.result.terms)
        return self.known[key]


def near_border_reasons(
    result: Concentration, members: Sequence[Member], said: Mapping[str, Any]
) -> tuple[Reason, ...]:
    """The warning that the answer hangs on the map's accuracy, where it does."""
    if not said["changes_answer"]:
        return ()
    names = {member.id: member.name or member.id for member in members}
    ids = dict.fromkeys(one["id"] for one in said["members"])
    clause = result.terms.ruleset.clause("concentration")
    params = {
        "n": len(ids),
        "names": [names[ident] for ident in ids],
        "accuracy_m": float(said["accuracy_m"]),
    }
    return (Reason("near_border", clause, params),)
