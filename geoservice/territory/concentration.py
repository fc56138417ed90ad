"""Geographic concentration: do the members stand in one region, or in several that border? With evidence."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from geoservice.model import Boundaries, How, Participant, Placement
from geoservice.territory import graphs
from geoservice.territory.adjacency import Kind, RegionGraph
from geoservice.territory.placement import place
from geoservice.territory.regions import Regions, prepare
from geoservice.territory.rules import DEFAULT_RULESET, Ruleset
from geoservice.territory.rules import ruleset as find_ruleset
from geoservice.territory.verdict import (
    Concentration,
    CountryPart,
    Options,
    Reason,
    RegionCount,
    RequirementState,
    Terms,
    VerdictCode,
)

MetricsLevel = Literal["none", "basic", "full"]


class Member(Struct, frozen=True):
    """A member of a cluster as far as its place matters. Coordinates: EPSG:4326 degrees, or ``None``.

    ``role`` is "participant", "infrastructure" or "" for unknown; ``size`` (staff, say) weighs the
    Ellison-Glaeser index.
    """

    id: str
    name: str = ""
    longitude: float | None = None
    latitude: float | None = None
    organisation_type: str = ""
    role: str = ""
    size: float | None = None


def members_of(
    participants: Iterable[Participant], roles: Mapping[str, str] | None = None
) -> tuple[Member, ...]:
    """Turn the organisations of a register into members.

    Args:
        participants: of the register.
        roles: role by code of organisation type, from the classification; without it all roles are unknown.
    """
    roles = roles or {}
    return tuple(
        Member(
            p.id,
            p.full_name,
            p.longitude,
            p.latitude,
            p.organisation_type,
            str(roles.get(p.organisation_type, "")),
            None if p.employees is None else float(p.employees),
        )
        for p in participants
    )


def check(
    members: Sequence[Member],
    boundaries: Boundaries | Regions,
    *,
    options: Options | None = None,
    ruleset: Ruleset | str | None = None,
    as_of: dt.date | None = None,
    metrics: MetricsLevel = "basic",
    sensitivity: bool = True,
    region_totals: Mapping[str, float] | None = None,
    water: Callable[[], Any] | None = None,
) -> Concentration:
    """Judge the geographic concentration of members by a ruleset.

    Args:
        members: all members on the day of ``as_of``, those without coordinates too.
        boundaries: the regions against which they are judged; kept prepared by the digest of their content.
        options: what is to differ from the ruleset.
        ruleset: a ruleset or its code; else that of the options, else the default.
        as_of: the day for which the answer holds; else that of the options.
        metrics: "none", "basic" (closed formulas) or "full" (simulations and region statistics too).
        sensitivity: whether to tell how firmly the verdict stands.
        region_totals: by region code, totals (establishments, staff) for location quotients.
        water: gives polygons of water (EPSG:4326), asked for only where the ruleset lets regions border over
            water; without them it is not known what lies between.

    Raises:
        NotFoundError: no such ruleset.
        CrsError, GeometryError: the boundaries cannot be used.
    """
    options = options or Options()
    as_of = as_of or options.as_of
    rules = (
        ruleset
        if isinstance(ruleset, Ruleset)
        else find_ruleset(ruleset or options.ruleset or DEFAULT_RULESET, as_of)
    )
    regions = prepare(boundaries)
    terms = Terms.of(options, rules, as_of, regions.accuracy_m)
    placements = place(members, regions, snap_m=terms.snap_m)
    graph = regions.graph(terms.rule.reach_m)
    if water is not None and terms.rule.water_m > 0:
        from geoservice.territory.water import over_water

        graph = over_water(graph, regions, water(), terms.rule)
    result = judge(members, placements, regions, graph, terms)
    extra: dict[str, Any] = {}
    if sensitivity:
        from geoservice.territory.sensitivity import examine
        from geoservice.territory.uncertainty import near_border_reasons

        held = examine(result, members, regions, graph)
        extra["sensitivity"] = held
        extra["reasons"] = (*result.reasons, *near_border_reasons(result, members, held["near_border"]))
    if metrics != "none":
        from geoservice.territory.metrics import measure

        extra["metrics"] = measure(
            members, placements, regions, graph, terms.rule, level=metrics, region_totals=region_totals
        )
    if extra:
        result = replace(result, **extra)
    return result


def judge(
    members: Sequence[Member],
    placements: Sequence[Placement],
    regions: Regions,
    graph: RegionGraph,
    terms: Terms,
) -> Concentration:
    """Judge placed members: the pure heart of :func:`check`, without sensitivity and metrics."""
    counts = Counter(p.region for p in placements if p.region is not None)
    parts = judge_parts(counts, regions, graph, terms)
    verdict = worst(part.verdict for part in parts)
    counted = [m for m in members if not m.role or m.role in terms.ruleset.roles]
    hows = {placement.how for placement in placements}
    shown = located(verdict, How.OUTSIDE in hows, How.NO_COORDINATES in hows, terms)
    components = tuple(component for part in parts for component in part.components)
    held = region_counts(counts, components, regions, graph, terms)
    edges = (
        tuple(
            (edge, edge.counts(terms.rule))
            for edge in graph.edges
            if edge.a in counts
            and edge.b in counts
            and (edge.kind is not Kind.POINT or edge.gap_m <= terms.rule.reach_m)
        )
        if len(counts) > 1
        else ()
    )
    result = Concentration(
        verdict=verdict,
        satisfied=shown is True and len(counted) >= terms.min_members,
        members=len(members),
        counted=len(counted),
        reasons=(),
        regions=held,
        components=components,
        edges=edges,
        placements=tuple(placements),
        parts=parts,
        requirements=requirement_states(terms.ruleset, shown, len(counted) >= terms.min_members),
        terms=terms,
        names=_names(
            regions,
            [
                *counts,
                *(
                    code
                    for part in parts
                    for bridge in (*part.bridges, *part.partial_bridges)
                    for code in bridge
                ),
                *(p.nearest for p in placements if p.nearest),
            ],
        ),
        boundaries=regions.set_code,
        level=regions.level,
        digest=regions.digest,
    )
    from geoservice.territory.reasons import find_reasons

    return replace(result, reasons=find_reasons(result, members, regions))


def _names(regions: Regions, codes: Iterable[str]) -> dict[str, Mapping[str, str]]:
    return {code: regions.names[regions.index[code]] for code in sorted(set(codes))}


_SEVERITY = (
    VerdictCode.SINGLE_REGION,
    VerdictCode.BORDERING_REGIONS,
    VerdictCode.SEPARATED_REGIONS,
    VerdictCode.UNDETERMINED,
)


def worst(verdicts: Iterable[VerdictCode]) -> VerdictCode:
    """The verdict on a joint cluster: that of its worst part; undetermined if there is no part."""
    return max(verdicts, key=_SEVERITY.index, default=VerdictCode.UNDETERMINED)


def located(verdict: VerdictCode, outside: bool, unplaced: bool, terms: Terms) -> bool | None:
    """Whether the members are within a limited territory: ``None`` if that cannot be shown.

    ``outside``, ``unplaced``: whether any member is outside every region, and any without coordinates.
    """
    if verdict is VerdictCode.UNDETERMINED:
        return None
    if verdict is VerdictCode.SEPARATED_REGIONS:
        return False
    if terms.ruleset.outside == "fails" and outside:
        return False
    if terms.ruleset.unplaced == "not_shown" and unplaced:
        return None
    return True


def judge_parts(
    counts: Mapping[str, int], regions: Regions, graph: RegionGraph, terms: Terms, *, bridges: bool = True
) -> tuple[CountryPart, ...]:
    """Judge each country's occupied regions; only regions of the same country border in the law's sense.

    ``bridges`` says whether to look for further regions that would connect separated ones.
    """
    by_country: dict[str, list[str]] = {}
    for code in sorted(counts):
        by_country.setdefault(regions.countries[regions.index[code]], []).append(code)
    return tuple(
        _judge_part(country, held, sum(counts[code] for code in held), regions, graph, terms, bridges)
        for country, held in sorted(by_country.items())
    )


def _judge_part(
    country: str,
    held: list[str],
    members: int,
    regions: Regions,
    graph: RegionGraph,
    terms: Terms,
    bridge: bool,
) -> CountryPart:
    among = graph.neighbours(terms.rule, held)
    components = graphs.connected_sets(among)
    missing = graphs.missing_pairs(among)
    if terms.ruleset.exclaves == "waived" and len(components) > 1:
        home = country_components(country, regions, graph, terms)
        waived = [pair for pair in missing if home[pair[0]] != home[pair[1]]]
        missing = tuple(pair for pair in missing if pair not in set(waived))
        chain = len(components) == len({home[component[0]] for component in components})
    else:
        chain = len(components) == 1
    pairwise = not missing
    if len(held) == 1:
        verdict = VerdictCode.SINGLE_REGION
    elif chain if terms.reading == "chain" else pairwise:
        verdict = VerdictCode.BORDERING_REGIONS
    else:
        verdict = VerdictCode.SEPARATED_REGIONS
    bridges: tuple[tuple[str, ...], ...] = ()
    partial: tuple[tuple[str, ...], ...] = ()
    if bridge and not chain:
        own = [code for code, of in zip(regions.codes, regions.countries, strict=True) if of == country]
        land = graph.neighbours(terms.rule, own)
        bridges = graphs.connecting_sets(land, components)
        partial = () if bridges else _partial_bridges(land, components)
    return CountryPart(
        country, verdict, members, tuple(held), components, chain, pairwise, missing, bridges, partial
    )


def _partial_bridges(
    land: dict[str, set[str]], components: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """Where nothing can join all components: what joins those on one connected part of the country."""
    found: list[tuple[str, ...]] = []
    for part in graphs.connected_sets(land):
        here = [component for component in components if component[0] in set(part)]
        found += graphs.connecting_sets(land, here)[:1]
    return tuple(found)


def country_components(country: str, regions: Regions, graph: RegionGraph, terms: Terms) -> dict[str, int]:
    """For each region of a country, which connected part of its territory it belongs to; 0 is the largest."""
    own = tuple(code for code, of in zip(regions.codes, regions.countries, strict=True) if of == country)
    parts = sorted(graph.components(terms.rule, own), key=lambda part: (-len(part), part))
    return {code: place for place, part in enumerate(parts) for code in part}


def region_counts(
    counts: Mapping[str, int],
    components: Sequence[Sequence[str]],
    regions: Regions,
    graph: RegionGraph,
    terms: Terms,
) -> tuple[RegionCount, ...]:
    """The occupied regions, those with most members first."""
    component = {code: place for place, part in enumerate(components) for code in part}
    total = sum(counts.values())
    home: dict[str, dict[str, int]] = {}
    held = []
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        at = regions.index[code]
        country = regions.countries[at]
        if country not in home:
            home[country] = country_components(country, regions, graph, terms)
        held.append(
            RegionCount(
                code,
                regions.names[at],
                country,
                count,
                count / total,
                component[code],
                home[country][code] > 0,
                code in regions.multipart,
            )
        )
    return tuple(held)


def requirement_states(rules: Ruleset, shown: bool | None, enough: bool) -> tuple[RequirementState, ...]:
    """What is said of each requirement; those without data are not shown, never met."""
    said = {True: "met", False: "not_met", None: "not_shown"}
    judged = {"concentration": said[shown], "members": said[enough], "not_held": "not_shown"}
    return tuple(
        RequirementState(r.number, r.code, judged[r.judged_by], r.clause, r.title) for r in rules.requirements
    )


__all__ = [
    "Concentration",
    "Member",
    "MetricsLevel",
    "Options",
    "Reason",
    "VerdictCode",
    "check",
    "judge",
    "members_of",
]
