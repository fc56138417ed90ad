"""The answer of a concentration check, as frozen types, and as the dictionary that the API promises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from geoservice import i18n
from geoservice.model import LocalisedText, Placement
from geoservice.territory.adjacency import Basis, BorderRule, Edge, Kind
from geoservice.territory.rules import Reading, Ruleset


class VerdictCode(StrEnum):
    """Where the members stand."""

    SINGLE_REGION = "single_region"
    BORDERING_REGIONS = "bordering_regions"
    SEPARATED_REGIONS = "separated_regions"
    UNDETERMINED = "undetermined"


class Options(Struct, frozen=True):
    """What a caller may set; ``None`` leaves it to the ruleset.

    ``gap_m``, ``snap_m``, ``accuracy_m`` (how far the map's borders may run beside the true ones) in metres;
    ``as_of``: the day for which the answer holds (the members given are
    those of that day; the ruleset is the version in force then).
    """

    gap_m: float | None = None
    snap_m: float | None = None
    point_contact: bool | None = None
    reading: Reading | None = None
    min_participants: int | None = None
    ruleset: str | None = None
    as_of: dt.date | None = None
    accuracy_m: float | None = None


class Terms(Struct, frozen=True):
    """The options as they were applied: the caller's where given, else the ruleset's.

    ``accuracy_m``: the caller's, else the boundary set's, else the ruleset's; ``None`` where nobody says.
    """

    ruleset: Ruleset
    rule: BorderRule
    snap_m: float
    reading: Reading
    min_members: int
    as_of: dt.date | None
    accuracy_m: float | None = None

    @classmethod
    def of(
        cls, options: Options, rules: Ruleset, as_of: dt.date | None, accuracy_m: float | None = None
    ) -> Terms:
        """Lay options over a ruleset, and over what the boundary set says of its accuracy."""

        def chosen(given: Any, else_: Any) -> Any:
            return else_ if given is None else given

        rule = BorderRule(
            chosen(options.gap_m, rules.gap_m),
            chosen(options.point_contact, rules.point_contact),
            rules.water_m,
            rules.water == "mapped",
        )
        return cls(
            rules,
            rule,
            chosen(options.snap_m, rules.snap_m),
            chosen(options.reading, rules.reading),
            chosen(options.min_participants, rules.min_members),
            as_of,
            chosen(options.accuracy_m, chosen(accuracy_m, rules.accuracy_m)),
        )


class Reason(Struct, frozen=True):
    """Why: a code under ``territory.reason.``, the clause it answers to, and what fills the sentence.

    Of ``params``, ``regions``, ``components`` and ``pairs`` hold region codes, said by their names.
    """

    code: str
    clause: LocalisedText
    params: Mapping[str, Any] = field(default_factory=dict)


class RegionCount(Struct, frozen=True):
    """A region that holds members. ``exclave``: it borders nothing of the main part of its country."""

    code: str
    names: LocalisedText
    country: str
    count: int
    share: float
    component: int
    exclave: bool = False
    multipart: bool = False


class CountryPart(Struct, frozen=True):
    """The verdict on one country's part of a cluster (the whole of it, unless it is a joint one).

    ``bridges``: the smallest sets of further regions, each of which would connect all components;
    ``partial_bridges``: where none can, what would connect those on each connected part of the country.
    """

    country: str
    verdict: VerdictCode
    members: int
    regions: tuple[str, ...]
    components: tuple[tuple[str, ...], ...]
    chain: bool
    pairwise: bool
    missing_pairs: tuple[tuple[str, str], ...]
    bridges: tuple[tuple[str, ...], ...]
    partial_bridges: tuple[tuple[str, ...], ...] = ()


class RequirementState(Struct, frozen=True):
    """What the check says of a requirement: "met", "not_met" or "not_shown" (never passed without data)."""

    number: int
    code: str
    state: str
    clause: LocalisedText
    title: LocalisedText


class Concentration(Struct, frozen=True):
    """The verdict on geographic concentration with its evidence."""

    verdict: VerdictCode
    satisfied: bool
    members: int
    counted: int
    reasons: tuple[Reason, ...]
    regions: tuple[RegionCount, ...]
    components: tuple[tuple[str, ...], ...]
    edges: tuple[tuple[Edge, bool], ...]
    placements: tuple[Placement, ...]
    parts: tuple[CountryPart, ...]
    requirements: tuple[RequirementState, ...]
    terms: Terms
    names: Mapping[str, LocalisedText]
    boundaries: str = ""
    level: str = ""
    digest: str = ""
    sensitivity: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bridges(self) -> tuple[tuple[str, ...], ...]:
        """Smallest sets of further regions, each of which would connect the separated ones of some part."""
        return tuple(bridge for part in self.parts for bridge in part.bridges)

    def sentence(self, lang: str) -> str:
        """The answer in a sentence or two."""
        from geoservice.territory.wording import sentence

        return sentence(self, lang)

    def reason_texts(self, lang: str) -> tuple[str, ...]:
        """The reasons in sentences, in their order."""
        from geoservice.territory.wording import reason_text

        return tuple(reason_text(reason, self, lang) for reason in self.reasons)

    def as_dict(self, lang: str = "az") -> dict[str, Any]:
        """The answer of ``POST /api/v1/concentration``: numbers rounded to what they mean."""
        texts = self.reason_texts(lang)
        return {
            "verdict": self.verdict.value,
            "satisfied": self.satisfied,
            "sentence": self.sentence(lang),
            "reasons": [
                {"code": reason.code, "clause": i18n.pick(reason.clause, lang), "text": text}
                for reason, text in zip(self.reasons, texts, strict=True)
            ],
            "members": self.members,
            "regions": [self._region(region, lang) for region in self.regions],
            "components": [list(component) for component in self.components],
            "edges": [edge_dict(edge, self.terms.rule) for edge, _ in self.edges],
            "participants": [placement_dict(placement) for placement in self.placements],
            "bridges": [list(bridge) for bridge in self.bridges],
            "readings": self._readings(),
            "parts": [part_dict(part) for part in self.parts],
            "requirements": [self._requirement(state, lang) for state in self.requirements],
            "sensitivity": dict(self.sensitivity),
            "metrics": dict(self.metrics),
            "ruleset": self._ruleset(lang),
            "options": self._options(),
            "boundaries": {"code": self.boundaries, "level": self.level, "digest": self.digest},
            "as_of": self.terms.as_of.isoformat() if self.terms.as_of else None,
        }

    def _region(self, region: RegionCount, lang: str) -> dict[str, Any]:
        return {
            "code": region.code,
            "name": i18n.pick(region.names, lang) or region.code,
            "country": region.country,
            "count": region.count,
            "share": round(region.share, 4),
            "component": region.component,
            "exclave": region.exclave,
            "multipart": region.multipart,
        }

    def _readings(self) -> dict[str, Any]:
        judged = bool(self.parts)
        return {
            "applied": self.terms.reading,
            "chain": all(part.chain for part in self.parts) if judged else None,
            "pairwise": all(part.pairwise for part in self.parts) if judged else None,
        }

    def _requirement(self, state: RequirementState, lang: str) -> dict[str, Any]:
        return {
            "number": state.number,
            "code": state.code,
            "state": state.state,
            "state_text": self._state_text(state, lang),
            "clause": i18n.pick(state.clause, lang),
            "title": i18n.pick(state.title, lang),
        }

    def _state_text(self, state: RequirementState, lang: str) -> str:
        """The state, and of what is not shown what it wants for: a member's place, or data altogether."""
        said = i18n.text(lang, f"territory.state.{state.state}")
        if state.state != "not_shown":
            return said
        unplaced = next((r.params["n"] for r in self.reasons if r.code == "members_unplaced"), 0)
        if state.code != "geographic_concentration":
            why = "no_data"
        elif not self.members:
            why = "nobody"
        else:
            why = "unplaced" if unplaced else "unlocated"
        return f"{said}: {i18n.text(lang, f'territory.state_why.{why}', n=unplaced)}"

    def _ruleset(self, lang: str) -> dict[str, Any]:
        rules = self.terms.ruleset
        return {
            "code": rules.code,
            "version": rules.version,
            "title": i18n.pick(rules.title, lang),
            "source": i18n.pick(rules.source, lang),
            "example": rules.example,
            "note": " ".join(
                i18n.pick(note, lang) for note in (rules.borders_note, rules.members_note) if note
            ),
        }

    def _options(self) -> dict[str, Any]:
        return {
            "gap_m": self.terms.rule.gap_m,
            "snap_m": self.terms.snap_m,
            "point_contact": self.terms.rule.point_contact,
            "water_m": self.terms.rule.water_m,
            "water": self.terms.ruleset.water,
            "reading": self.terms.reading,
            "min_participants": self.terms.min_members,
            "accuracy_m": self.terms.accuracy_m,
        }


def edge_dict(edge: Edge, rule: BorderRule) -> dict[str, Any]:
    """An edge as the API gives it. ``overlap_m2`` in square metres, ``shared_km`` in kilometres.

    Water is not a kind of its own: ``kind`` says what was measured and has the four values that other systems
    know; a gap over water is a "gap" with ``water`` true, and ``basis`` says why an edge counts.
    """
    basis = edge.basis(rule)
    gap_m = None if edge.gap_m == float("inf") else round(edge.gap_m, 2)
    return {
        "a": edge.a,
        "b": edge.b,
        "kind": edge.kind_under(rule).value,
        "shared_km": round(edge.shared_m / 1000.0, 3),
        "gap_m": 0.0 if edge.kind is Kind.OVERLAP and gap_m is None else gap_m,
        "overlap_m2": round(edge.overlap_m2, 1),
        "overlap_width_m": round(edge.overlap_width_m, 2),
        "counts": basis is not None,
        "basis": None if basis is None else basis.value,
        "water": basis is Basis.WATER,
        "water_share": edge.water_share,
    }


def placement_dict(placement: Placement) -> dict[str, Any]:
    """A placement as the API gives it: distances in metres, 0 for those inside or on a border."""
    standing = placement.how.value in ("inside", "border")
    distance = placement.distance_m
    return {
        "id": placement.id,
        "region": placement.region,
        "how": placement.how.value,
        "distance_m": 0.0 if standing else None if distance is None else round(distance, 1),
        "nearest": placement.nearest,
        "also": list(placement.also),
    }


def part_dict(part: CountryPart) -> dict[str, Any]:
    """A country's part as the API gives it."""
    return {
        "country": part.country,
        "verdict": part.verdict.value,
        "members": part.members,
        "regions": list(part.regions),
        "components": [list(component) for component in part.components],
        "chain": part.chain,
        "pairwise": part.pairwise,
        "missing_pairs": [list(pair) for pair in part.missing_pairs],
        "bridges": [list(bridge) for bridge in part.bridges],
        "partial_bridges": [list(bridge) for bridge in part.partial_bridges],
    }
