"""Why a verdict is as it is, as codes with what fills their sentences, in the order in which they matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from geoservice.model import How
from geoservice.territory.adjacency import Basis, Kind
from geoservice.territory.verdict import Concentration, CountryPart, Reason, VerdictCode

if TYPE_CHECKING:
    from geoservice.territory.concentration import Member
    from geoservice.territory.regions import Regions


def find_reasons(result: Concentration, members: Sequence[Member], regions: Regions) -> tuple[Reason, ...]:
    """The reasons of a judged cluster."""
    rules = result.terms.ruleset
    where, number = rules.clause("concentration"), rules.clause("members")
    found = [Reason(code, where, params) for code, params in _place_reasons(result)]
    enough = result.counted >= result.terms.min_members
    found.append(
        Reason(
            "members_enough" if enough else "members_few",
            number,
            {"n": result.counted, "min": result.terms.min_members},
        )
    )
    found += [Reason(code, where, params) for code, params in _member_reasons(result, members)]
    found += [Reason(code, where, params) for code, params in _border_reasons(result, regions)]
    return tuple(found)


def _place_reasons(result: Concentration) -> Iterator[tuple[str, dict[str, Any]]]:
    if not result.placements:
        yield "no_members", {}
        return
    if not result.parts:
        yield "none_placed", {"n": len(result.placements)}
        return
    joint = len(result.parts) > 1
    if joint:
        yield "joint_cluster", {"countries": tuple(part.country or "?" for part in result.parts)}
    for part in result.parts:
        yield from _part_reasons(part, joint)


def _part_reasons(part: CountryPart, joint: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    base = {"n": part.members, "regions": part.regions, "country": part.country if joint else ""}
    if part.verdict is VerdictCode.SINGLE_REGION:
        yield "single_region", base
    elif part.verdict is VerdictCode.BORDERING_REGIONS:
        waived = len(part.components) > 1
        yield "exclave_waived" if waived else "bordering_regions", {**base, "count": len(part.regions)}
        if part.pairwise:
            yield "every_pair_borders", {"country": base["country"]}
        elif not waived:
            yield "chain_only", {"pairs": part.missing_pairs, "country": base["country"]}
    elif part.chain:
        yield "pairs_not_bordering", {**base, "pairs": part.missing_pairs}
    else:
        yield "separated_regions", {**base, "components": part.components, "count": len(part.components)}
        if part.bridges:
            yield "bridges", {"bridges": part.bridges, "country": base["country"]}
        else:
            yield "no_bridge", {"country": base["country"]}
            if part.partial_bridges:
                yield "bridges_partly", {"bridges": part.partial_bridges, "country": base["country"]}


def _member_reasons(result: Concentration, members: Sequence[Member]) -> Iterator[tuple[str, dict[str, Any]]]:
    names = {member.id: member.name or member.id for member in members}

    def among(how: How) -> list[str]:
        return [names.get(p.id, p.id) for p in result.placements if p.how is how]

    outside, without = among(How.OUTSIDE), among(How.NO_COORDINATES)
    if outside:
        fails = result.terms.ruleset.outside == "fails"
        yield "members_outside" if fails else "members_outside_ignored", {"n": len(outside), "names": outside}
    if without:
        shown = result.terms.ruleset.unplaced == "ignored"
        yield (
            "members_unplaced_ignored" if shown else "members_unplaced",
            {"n": len(without), "names": without},
        )
    if snapped := among(How.SNAPPED):
        yield "members_snapped", {"n": len(snapped), "names": snapped, "snap_m": result.terms.snap_m}
    if border := among(How.BORDER):
        yield "members_on_border", {"n": len(border), "names": border}
    several = [names.get(p.id, p.id) for p in result.placements if p.also and p.how is How.INSIDE]
    if several:
        yield "members_in_overlap", {"n": len(several), "names": several}


def _border_reasons(result: Concentration, regions: Regions) -> Iterator[tuple[str, dict[str, Any]]]:
    rule = result.terms.rule

    def pairs(kind: Kind, basis: Basis | None) -> tuple[tuple[str, str], ...]:
        return tuple(
            (e.a, e.b) for e, _ in result.edges if e.kind_under(rule) is kind and e.basis(rule) is basis
        )

    short = tuple((e.a, e.b) for e, _ in result.edges if e.kind is Kind.LINE and e.shared_m < 2 * rule.gap_m)
    if short:
        yield "short_line", {"pairs": short, "length_m": 2 * rule.gap_m}
    if found := pairs(Kind.GAP, Basis.TOLERANCE):
        yield "gap_counted", {"pairs": found, "gap_m": rule.gap_m}
    if found := pairs(Kind.OVERLAP, Basis.TOLERANCE):
        yield "overlap_counted", {"pairs": found, "gap_m": rule.gap_m}
    if found := tuple((e.a, e.b) for e, _ in result.edges if e.basis(rule) is Basis.WATER):
        known = "water_counted" if rule.water_mapped else "unclaimed_counted"
        yield known, {"pairs": found, "water_m": rule.water_m}
    if found := pairs(Kind.POINT, Basis.POINT):
        yield "point_counted", {"pairs": found}
    if found := pairs(Kind.POINT, None):
        yield "point_not_counted", {"pairs": found}
    if found := pairs(Kind.GAP, None):
        yield "gap_not_counted", {"pairs": found, "gap_m": rule.gap_m}
        dry = tuple((e.a, e.b) for e, _ in result.edges if e.may_be_water(rule) and e.basis(rule) is None)
        if dry:
            yield "water_not_shown", {"pairs": dry, "water_m": rule.water_m}
    if found := pairs(Kind.OVERLAP, None):
        yield "overlap_not_counted", {"pairs": found, "gap_m": rule.gap_m}
    if exclaves := tuple(region.code for region in result.regions if region.exclave):
        yield "exclave", {"regions": exclaves}
    occupied = {region.code for region in result.regions}
    if repaired := tuple(code for code in regions.repaired if code in occupied):
        yield "repaired", {"regions": repaired}
