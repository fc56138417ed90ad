"""How firmly a verdict stands: at other tolerances, at the other level, and if someone leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from geoservice.model import How
from geoservice.territory import graphs
from geoservice.territory.adjacency import Kind, RegionGraph
from geoservice.territory.uncertainty import examine_borders
from geoservice.territory.verdict import Concentration, Terms, VerdictCode

if TYPE_CHECKING:
    from geoservice.territory.concentration import Member
    from geoservice.territory.regions import Regions


def examine(
    result: Concentration, members: Sequence[Member], regions: Regions, graph: RegionGraph
) -> dict[str, Any]:
    """Tell how firmly a verdict stands, as the API gives it.

    ``gap_m``: the interval of tolerances in which the verdict holds (``to_m`` is null where it holds as far
    as was looked, ``checked_to_m``) and the verdict from each tolerance on; ``point_contact``: the verdict if
    point contacts count the other way; ``water``: the verdict if no border ran over water (null where the
    ruleset knows none); ``other_level``: the verdict on the regions' parents;
    ``splitting_regions``: occupied regions without which the rest would fall apart; ``flipping_members``:
    members whose leaving alone would change the answer, and to what; ``near_border``: members so near another
    region that the map cannot tell, see :func:`geoservice.territory.uncertainty.examine_borders`.
    """
    counts = Counter({region.code: region.count for region in result.regions})
    other = replace(result.terms.rule, point_contact=not result.terms.rule.point_contact)
    rule = result.terms.rule
    dry = replace(result.terms, rule=replace(rule, water_m=0.0)) if rule.water_m > 0 else None
    return {
        "gap_m": _tolerances(result, counts, regions, graph),
        "point_contact": {
            "counted": other.point_contact,
            "verdict": verdict_of(counts, regions, graph, replace(result.terms, rule=other)).value,
        },
        "water": {"verdict": verdict_of(counts, regions, graph, dry).value} if dry else None,
        "other_level": _parents(result, counts, regions, graph),
        "splitting_regions": [
            code
            for component in result.components
            for code in graphs.cut_vertices(graph.neighbours(result.terms.rule, component))
        ],
        "flipping_members": _leavers(result, members, counts, regions, graph),
        "near_border": examine_borders(result, members, regions, graph),
    }


def verdict_of(counts: Mapping[str, int], regions: Regions, graph: RegionGraph, terms: Terms) -> VerdictCode:
    """The verdict on members counted by region, without what would connect them."""
    from geoservice.territory.concentration import judge_parts, worst

    return worst(part.verdict for part in judge_parts(counts, regions, graph, terms, bridges=False))


def _tolerances(
    result: Concentration, counts: Mapping[str, int], regions: Regions, graph: RegionGraph
) -> dict[str, Any]:
    """The verdict as a function of ``gap_m``: it changes only at the width of some contact."""
    widths = {0.0}
    for edge in graph.edges:
        if edge.a in counts and edge.b in counts and edge.kind is not Kind.LINE:
            widths |= {width for width in (edge.gap_m, edge.overlap_width_m) if width <= graph.reach_m}
    steps: list[tuple[float, VerdictCode]] = []
    for width in sorted(widths):
        rule = replace(result.terms.rule, gap_m=width)
        found = verdict_of(counts, regions, graph, replace(result.terms, rule=rule))
        if not steps or steps[-1][1] is not found:
            steps.append((width, found))
    here = max(place for place, (width, _) in enumerate(steps) if width <= result.terms.rule.gap_m)
    return {
        "value": result.terms.rule.gap_m,
        "from_m": round(steps[here][0], 2),
        "to_m": round(steps[here + 1][0], 2) if here + 1 < len(steps) else None,
        "checked_to_m": graph.reach_m,
        "steps": [{"from_m": round(width, 2), "verdict": found.value} for width, found in steps],
    }


def _parents(
    result: Concentration, counts: Mapping[str, int], regions: Regions, graph: RegionGraph
) -> dict[str, Any] | None:
    """The verdict on the level above: two parents border if regions of theirs do; ``None`` without."""
    parent = dict(zip(regions.codes, regions.parents, strict=True))
    occupied: Counter[str] = Counter()
    for code, count in counts.items():
        if not parent[code]:
            return None
        occupied[parent[code]] += count
    if not occupied:
        return None
    country = {
        parent[code]: of for code, of in zip(regions.codes, regions.countries, strict=True) if parent[code]
    }
    verdicts = []
    for own in sorted({country[code] for code in occupied}):
        held = {code for code in occupied if country[code] == own}
        joined: dict[str, set[str]] = {code: set() for code in held}
        for edge in graph.edges:
            a, b = parent[edge.a], parent[edge.b]
            if a != b and a in held and b in held and edge.counts(result.terms.rule):
                joined[a].add(b)
                joined[b].add(a)
        verdicts.append(_of_graph(joined, result.terms))
    from geoservice.territory.concentration import worst

    return {
        "verdict": worst(verdicts).value,
        "regions": [{"code": code, "count": count} for code, count in sorted(occupied.items())],
    }


def _of_graph(joined: dict[str, set[str]], terms: Terms) -> VerdictCode:
    if len(joined) == 1:
        return VerdictCode.SINGLE_REGION
    holds = (
        len(graphs.connected_sets(joined)) == 1 if terms.reading == "chain" else graphs.is_complete(joined)
    )
    return VerdictCode.BORDERING_REGIONS if holds else VerdictCode.SEPARATED_REGIONS


def _leavers(
    result: Concentration,
    members: Sequence[Member],
    counts: Mapping[str, int],
    regions: Regions,
    graph: RegionGraph,
) -> list[dict[str, Any]]:
    """Members whose leaving alone would change verdict or answer, in the order of the register."""
    from geoservice.territory.concentration import located

    terms = result.terms
    found = []
    known: dict[str, VerdictCode] = {}
    cases = Counter(p.how for p in result.placements)
    for member, place in zip(members, result.placements, strict=True):
        verdict = result.verdict
        if place.region is not None and counts[place.region] == 1:
            if place.region not in known:
                rest = {code: count for code, count in counts.items() if code != place.region}
                known[place.region] = verdict_of(rest, regions, graph, terms)
            verdict = known[place.region]
        counted = result.counted - (not member.role or member.role in terms.ruleset.roles)
        matters = verdict is not result.verdict or (
            place.how in (How.OUTSIDE, How.NO_COORDINATES) and cases[place.how] == 1
        )
        near_limit = counted < terms.min_members <= result.counted
        if not (matters or near_limit):
            continue
        others = cases - Counter([place.how])
        shown = located(verdict, How.OUTSIDE in others, How.NO_COORDINATES in others, terms)
        satisfied = shown is True and counted >= terms.min_members
        if satisfied is not result.satisfied or verdict is not result.verdict:
            found.append({"id": member.id, "verdict": verdict.value, "satisfied": satisfied})
    return found
