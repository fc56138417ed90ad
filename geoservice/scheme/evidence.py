"""What a verdict rests on, as tables and a schematic map: the page that a sheet adds for its reviewer.

Texts are in the scene's language and numbers are written out, so that a medium sets them as they are;
geometry is EPSG:4326.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice import i18n
from geoservice.scheme.evidence_map import map_borders, map_regions
from geoservice.scheme.scene import (
    Evidence,
    EvidenceRow,
    EvidenceTable,
    Member,
    Tone,
)

if TYPE_CHECKING:
    from geoservice.model import Boundaries, Placement
    from geoservice.territory.adjacency import Edge
    from geoservice.territory.verdict import Concentration, CountryPart

NOTHING = "–"
_TONES: dict[str, Tone] = {"met": "good", "not_met": "bad"}


def evidence_of(
    found: Concentration,
    boundaries: Boundaries,
    members: Sequence[Member],
    names: Mapping[str, str],
    lang: str,
) -> Evidence:
    """Gather the evidence of a verdict.

    Args:
        found: the verdict, with its sensitivity.
        boundaries: against which it was found.
        members: of the scene: their numbers and names are those of the sheet.
        names: of the regions, by code.
        lang: language of the texts.
    """
    told = _Teller(found, {m.id: m for m in members}, names, lang)
    tables = (
        told.requirements(),
        told.parts(),
        told.readings(),
        told.bridges(),
        told.regions(),
        told.borders(),
        told.odd_places(),
        told.near_borders(),
        told.firmness(),
        told.basis(boundaries),
    )
    return Evidence(
        tables=tuple(table for table in tables if table is not None),
        regions=map_regions(found, boundaries, names, lang),
        borders=map_borders(found, boundaries),
    )


def component_mark(index: int) -> str:
    """The sign of a connected set of regions: I, II, III, IV and so on."""
    number, mark = index + 1, ""
    for value, digits in ((50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        mark += digits * (number // value)
        number %= value
    return mark


class _Teller(Struct, frozen=True):
    """Says a verdict's parts in tables of one language."""

    found: Concentration
    members: Mapping[str, Member]
    names: Mapping[str, str]
    lang: str

    def requirements(self) -> EvidenceTable:
        """Clause by clause: met, not met or not shown, and why."""
        reasons: dict[str, list[str]] = {}
        for reason, text in zip(self.found.reasons, self.found.reason_texts(self.lang), strict=True):
            reasons.setdefault(i18n.pick(reason.clause, self.lang), []).append(text)
        rows = []
        for state in self.found.requirements:
            clause = i18n.pick(state.clause, self.lang)
            why = " ".join(reasons.get(clause, [])) or self._t("not_held")
            said = i18n.text(self.lang, f"territory.state.{state.state}")
            cells = (clause, i18n.pick(state.title, self.lang), said, why)
            rows.append(EvidenceRow(cells, _TONES.get(state.state, "open")))
        return self._table("requirements", ("clause", "requirement", "state", "why"), rows)

    def parts(self) -> EvidenceTable | None:
        """A joint cluster's verdict country by country."""
        from geoservice.territory.wording import country_name

        if len(self.found.parts) < 2:
            return None
        rows = [
            EvidenceRow(
                (
                    country_name(part.country, self.lang),
                    str(part.members),
                    str(len(part.regions)),
                    str(len(part.components)),
                    self._verdict(part.verdict.value),
                )
            )
            for part in self.found.parts
        ]
        return self._table("parts", ("country", "members", "regions", "components", "verdict"), rows)

    def regions(self) -> EvidenceTable:
        """Which regions hold members, how many, and which of them hang together."""
        rows = []
        for number, region in enumerate(self.found.regions, start=1):
            name = i18n.pick(region.names, self.lang) or region.code
            if region.exclave:
                name = f"{name} ({self._t('exclave')})"
            share = f"{i18n.number(100 * region.share, 1, self.lang)} %"
            mark = component_mark(region.component)
            rows.append(EvidenceRow((str(number), region.code, name, str(region.count), share, mark)))
        return self._table("regions", ("number", "code", "region", "members", "share", "component"), rows)

    def borders(self) -> EvidenceTable | None:
        """How occupied regions meet, pair by pair, and whether that counts."""
        if len(self.found.regions) < 2:
            return None
        rule, edges = self.found.terms.rule, self.found.edges
        # Where each border is a common line, and nothing is left to say of water, "yes" says it all.
        explained = any(
            edge.water_share is not None or edge.basis(rule) not in (None, "line") for edge, _ in edges
        )
        rows = [self._border(edge, counts, explained) for edge, counts in edges]
        heads = (
            "pair",
            "kind",
            "shared_km",
            "gap_m",
            "overlap_m2",
            "counts",
            *(("why",) if explained else ()),
        )
        return self._table("borders", heads, rows, note=self._t("no_other_borders"))

    def _border(self, edge: Edge, counts: bool, explained: bool) -> EvidenceRow:
        gap = edge.gap_m if edge.gap_m != float("inf") else 0.0
        cells = (
            f"{self._name(edge.a)} – {self._name(edge.b)}",
            self._t(f"kind_{edge.kind_under(self.found.terms.rule).value}"),
            i18n.number(edge.shared_m / 1000, 1, self.lang) if edge.shared_m else NOTHING,
            i18n.number(gap, 1, self.lang) if gap else NOTHING,
            i18n.number(edge.overlap_m2, 0, self.lang) if edge.overlap_m2 else NOTHING,
            self._t("yes" if counts else "no"),
            *((self._ground(edge),) if explained else ()),
        )
        return EvidenceRow(cells, "good" if counts else "bad")

    def _ground(self, edge: Edge) -> str:
        """Why two regions border or do not, and what of the way across is water."""
        rule, share = self.found.terms.rule, edge.water_share
        basis = edge.basis(rule)
        if basis == "line":
            return NOTHING  # "border line" stands in the row already
        if basis == "water" and share is None:
            return self._t("basis_of_unclaimed")
        said = self._t(f"basis_of_{basis.value if basis else 'none'}", gap=self._metres(rule.gap_m))
        if share is None:
            return said
        return f"{said}; {self._t('water_share', percent=i18n.number(100 * share, 0, self.lang))}"

    def readings(self) -> EvidenceTable | None:
        """Both readings of "bordering regions", and which of them the ruleset applies."""
        if not self.found.parts:
            return None
        rows = []
        for reading in ("chain", "pairwise"):
            holds = all(getattr(part, reading) for part in self.found.parts)
            applied = self._t("applied") if self.found.terms.reading == reading else ""
            cells = (self._t(f"reading_{reading}"), self._t("holds" if holds else "fails"), applied)
            rows.append(EvidenceRow(cells, "good" if holds else "bad"))
        missing = [pair for part in self.found.parts for pair in part.missing_pairs]
        note = self._t("missing_pairs", pairs=self._pairs(missing)) if missing else ""
        return self._table("readings", ("reading", "answer", "use"), rows, note=note)

    def bridges(self) -> EvidenceTable | None:
        """The smallest sets of further regions with which the parts would hang together."""
        apart = [part for part in self.found.parts if len(part.components) > 1]
        if not apart:
            return None
        rows = [EvidenceRow((self._set(bridge), what)) for part in apart for bridge, what in self._sets(part)]
        note = "" if rows else self._t("no_bridge")
        return self._table("bridges", ("bridge", "connects"), rows, note=note)

    def _sets(self, part: CountryPart) -> list[tuple[tuple[str, ...], str]]:
        whole, some = self._t("connects_all"), self._t("connects_some")
        return [(b, whole) for b in part.bridges] + [(b, some) for b in part.partial_bridges]

    def odd_places(self) -> EvidenceTable | None:
        """Members that do not plainly stand inside one region."""
        odd = [p for p in self.found.placements if p.how.value != "inside" or p.also]
        if not odd:
            return None
        rows = [self._odd(place) for place in odd if place.id in self.members]
        rows.sort(key=lambda row: int(row.cells[0]))
        return self._table("members", ("number", "organisation", "how", "region", "distance"), rows)

    def _odd(self, place: Placement) -> EvidenceRow:
        member, how = self.members[place.id], place.how.value
        beside = [code for code in (place.region or place.nearest, *place.also) if code]
        metres = place.distance_m if how in ("snapped", "outside") else None
        cells = (
            str(member.number),
            member.name,
            self._t(f"how_{'border' if how == 'inside' else how}"),
            ", ".join(map(self._name, beside)) or NOTHING,
            NOTHING if metres is None else self._distance(metres),
        )
        return EvidenceRow(cells, "bad" if how == "outside" else "open" if how == "no_coordinates" else "")

    def near_borders(self) -> EvidenceTable | None:
        """Members so near another region that the map cannot tell, border by border."""
        said = self.found.sensitivity.get("near_border", {})
        if not said.get("borders"):
            return None
        rows = []
        for border in said["borders"]:
            pair = (border["region"], border["other"])
            near = [
                (self.members[one["id"]].number, one["distance_m"])
                for one in said["members"]
                if (one["region"], one["other"]) == pair and one["id"] in self.members
            ]
            who = "; ".join(f"{number} ({self._distance(metres)})" for number, metres in sorted(near))
            own = self._name(pair[0]) if pair[0] else self._t("outside_all")
            where = f"{own} → {self._name(pair[1])}"
            same = border["satisfied"] == self.found.satisfied
            rows.append(EvidenceRow((where, who, self._verdict(border["verdict"])), "" if same else "bad"))
        note = self._t("near_note", accuracy=self._distance(float(said["accuracy_m"])))
        answer = self._t("near_changes" if said["changes_answer"] else "near_keeps")
        notes = (note, self._together(said["combinations"]), answer)
        return self._table(
            "near", ("border", "numbers", "verdict_there"), rows, note=" ".join(filter(None, notes))
        )

    def _together(self, said: Mapping[str, Any] | None) -> str:
        """What comes out with members near borders on every side that is possible for them, all at once."""
        if not said:
            return ""
        open_, same = len(said["satisfied"]) > 1, said["satisfied"] == [self.found.satisfied]
        told = self._t(f"all_{'open' if open_ else 'same' if same else 'differs'}", n=said["tried"])
        return told if said["complete"] else f"{told} {self._t('all_partly')}"

    def firmness(self) -> EvidenceTable | None:
        """How firmly the verdict stands."""
        said, rule = self.found.sensitivity, self.found.terms.rule
        if not said or not self.found.regions:
            return None
        pairs = [("tolerance", self._tolerance(said["gap_m"])), self._points(said["point_contact"])]
        if said["water"] and any(edge.basis(rule) == "water" for edge, _ in self.found.edges):
            pairs.append(("water", self._verdict(said["water"]["verdict"])))
        if other := said["other_level"]:
            held = ", ".join(f"{self._name(r['code'])} ({r['count']})" for r in other["regions"])
            pairs.append(("other_level", f"{self._verdict(other['verdict'])}: {held}"))
        pairs.append(("splitting", self._set(said["splitting_regions"]) or self._t("none")))
        pairs.append(("leaving", self._leaving(said["flipping_members"])))
        rows = [EvidenceRow((self._t(f"firm_{code}"), text)) for code, text in pairs]
        return self._table("firmness", ("question", "answer"), rows)

    def _tolerance(self, said: Mapping[str, Any]) -> str:
        low, applied = (self._metres(said[key]) for key in ("from_m", "value"))
        if said["to_m"] is None:
            high = self._metres(said["checked_to_m"])
            return self._t("tolerance_open", low=low, high=high, applied=applied)
        return self._t("tolerance_closed", low=low, high=self._metres(said["to_m"]), applied=applied)

    def _points(self, said: Mapping[str, Any]) -> tuple[str, str]:
        code = "points_counted" if said["counted"] else "points_not_counted"
        return code, self._verdict(said["verdict"])

    def _leaving(self, said: Sequence[Mapping[str, Any]]) -> str:
        known = [one for one in said if one["id"] in self.members]
        if not known:
            return self._t("none")
        return "; ".join(
            f"{self.members[one['id']].number} {self.members[one['id']].name}: "
            f"{self._verdict(one['verdict'])}"
            for one in known
        )

    def basis(self, boundaries: Boundaries) -> EvidenceTable:
        """Ruleset, boundaries and tolerances: what anybody needs to find the same."""
        terms, rules = self.found.terms, self.found.terms.ruleset
        valid = (
            f", {self._t('valid_from', date=i18n.day(rules.valid_from, self.lang))}"
            if rules.valid_from
            else ""
        )
        pairs = [
            ("ruleset", f"{i18n.pick(rules.title, self.lang)} ({rules.code}, {rules.version}{valid})"),
            ("law", i18n.pick(rules.source, self.lang)),
            ("boundaries", f"{i18n.pick(boundaries.title, self.lang)} ({boundaries.code})"),
            ("boundary_source", "; ".join(t for t in (boundaries.source, boundaries.licence) if t)),
            ("accuracy", self._distance(terms.accuracy_m) if terms.accuracy_m else self._t("unknown")),
            ("state", self._states(boundaries)),
            ("digest", boundaries.digest[:16]),
            ("gap", self._metres(terms.rule.gap_m)),
            ("snap", self._metres(terms.snap_m)),
            ("points", self._t("yes" if terms.rule.point_contact else "no")),
            ("water", self._metres(terms.rule.water_m)),
            ("least", str(terms.min_members)),
            ("as_of", i18n.day(terms.as_of, self.lang) if terms.as_of else NOTHING),
        ]
        rows = [EvidenceRow((self._t(f"basis_{code}"), text or NOTHING)) for code, text in pairs]
        notes = (rules.borders_note, rules.members_note)
        return self._table("basis", ("what", "value"), rows, note=" ".join(self._pick(n) for n in notes if n))

    def _states(self, boundaries: Boundaries) -> str:
        """The state and edition of the boundaries, set by set where there are several."""
        known = [(it.title, i18n.issue(it.as_of, it.edition, self.lang)) for it in boundaries.issues]
        if len(known) < 2:
            return known[0][1] if known and known[0][1] else self._t("unknown")
        return "; ".join(f"{self._pick(title)}: {words or self._t('unknown')}" for title, words in known)

    # -- words ---------------------------------------------------------------------------------------------

    def _t(self, key: str, **params: Any) -> str:
        return i18n.text(self.lang, f"evidence.{key}", **params)

    def _pick(self, text: Mapping[str, str]) -> str:
        return i18n.pick(text, self.lang)

    def _table(
        self, code: str, heads: tuple[str, ...], rows: Sequence[EvidenceRow], note: str = ""
    ) -> EvidenceTable:
        titles = tuple(self._t(f"head_{head}") for head in heads)
        return EvidenceTable(code, self._t(f"title_{code}"), titles, tuple(rows), note)

    def _name(self, code: str) -> str:
        return self.names.get(code) or i18n.pick(self.found.names.get(code, {}), self.lang) or code

    def _set(self, codes: Iterable[str]) -> str:
        return ", ".join(map(self._name, codes))

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> str:
        from geoservice.territory.wording import joined

        return joined((f"{self._name(a)} – {self._name(b)}" for a, b in pairs), self.lang)

    def _verdict(self, code: str) -> str:
        return self._t(f"verdict_{code}")

    def _metres(self, metres: float) -> str:
        text = i18n.number(metres, 0 if metres == round(metres) else 1, self.lang)
        return f"{text}\u00a0{i18n.text(self.lang, 'sheet.unit.m')}"

    def _distance(self, metres: float) -> str:
        if metres < 1000:
            return self._metres(round(metres))
        return f"{i18n.number(metres / 1000, 1, self.lang)}\u00a0{i18n.text(self.lang, 'sheet.unit.km')}"
