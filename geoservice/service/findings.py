"""From a register to what the territory says of it: placements, verdict, and what a scheme needs of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geoservice import i18n
from geoservice.errors import InvalidInputError
from geoservice.features import Features
from geoservice.model import Boundaries, Cluster, Placement, Principal, PrincipalRole, Register
from geoservice.service.core import Core
from geoservice.service.prepared import Prepared

if TYPE_CHECKING:
    from geoservice.export import Dataset
    from geoservice.register.territory_hint import Territory
    from geoservice.scheme.compose import Findings
    from geoservice.territory.verdict import Concentration


class FindingsMixin(Core):
    """What is found out about a register; each finding is worked out once for each revision."""

    def boundaries(self, cluster: Cluster) -> Boundaries:
        """The cluster's boundary sets as one: a joint cluster has one for each country.

        Raises:
            NotFoundError: a set is no longer in the catalogue.
        """
        sets = [self.catalog.boundaries(code) for code in cluster.boundaries]
        if len(sets) == 1:
            return sets[0]
        key = ("boundaries-of", *(item.digest for item in sets))
        return self.memo.get(key, lambda: _joined(sets))

    def territory(self, cluster: Cluster) -> Territory:
        """The territory in which the members of a cluster are expected."""
        from geoservice.register.territory_hint import Territory

        boundaries = self.boundaries(cluster)
        key = ("territory", boundaries.digest)
        return self.memo.get(key, lambda: Territory(boundaries.features.geometry))

    def placements(self, cluster: Cluster, register: Register) -> dict[str, Placement]:
        """Where each member stands, by its id."""
        from geoservice.territory import rules
        from geoservice.territory.placement import place

        snap_m = rules.ruleset(cluster.ruleset).snap_m
        placed = place(register.participants, self.boundaries(cluster), snap_m=snap_m)
        return {placement.id: placement for placement in placed}

    def verdict(
        self, cluster: Cluster, register: Register, as_of: dt.date, options: Mapping[str, Any] | None = None
    ) -> Concentration:
        """The check of a register's concentration, by the cluster's ruleset unless options differ.

        Raises:
            NotFoundError: an unknown ruleset.
            InvalidInputError: an option is not usable.
        """
        from geoservice.territory.concentration import check, members_of
        from geoservice.territory.options import parse_options

        given = dict(options or {})
        level = metrics_level(given.pop("metrics", "basic"))
        totals = region_totals(given.pop("region_totals", None))
        boundaries = self.boundaries(cluster)
        chosen = parse_options({"ruleset": cluster.ruleset, **given})
        key = ("verdict", register.cluster, register.revision, cluster.revision, as_of, chosen, level)
        key = (*key, *sorted((totals or {}).items()))

        def make() -> Concentration:
            roles = {code: kind.role.value for code, kind in self.catalog.types.items()}
            members = members_of(register.participants, roles)
            return check(
                members,
                boundaries,
                options=chosen,
                as_of=as_of,
                metrics=level,
                region_totals=totals,
                water=self._water,
            )

        return self.memo.get((*key, self.catalog_key), make)

    def _water(self) -> Any:
        """Polygons of every layer that is drawn as water, for rulesets by which regions border over it."""
        import numpy as np

        layers = self.catalog.layers.values()
        held = [spec.id for spec in layers if (spec.kind, spec.style) == ("area", "sea")]
        return np.concatenate([np.empty(0, object), *(self.catalog.features(id_).geometry for id_ in held)])

    def _judged(
        self, principal: Principal, code: str, as_of: str, options: Mapping[str, Any] | None
    ) -> tuple[Cluster, Register, Concentration]:
        """A cluster, its register as of a day, and the verdict on it."""
        self.authorise(principal, PrincipalRole.VIEWER)
        day = self.clock.end_of_day(as_of)
        cluster, register = self.store.cluster(code), self.store.register(code, as_of=day)
        return (
            cluster,
            register,
            self.verdict(cluster, register, day.date() if day else self.clock.today(), options),
        )

    def concentration(
        self,
        principal: Principal,
        code: str,
        lang: str,
        *,
        as_of: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The verdict on a cluster as the API answers it.

        Raises:
            NotFoundError: no such cluster or ruleset.
            InvalidInputError: ``as_of`` is no date, or an option is not usable.
        """
        return self._judged(principal, code, as_of, options)[2].as_dict(lang)

    def evidence(
        self,
        principal: Principal,
        code: str,
        lang: str,
        as_of: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> Prepared:
        """The verdict's evidence as GeoJSON: regions, how they meet, and the members' places.

        Raises:
            NotFoundError: no such cluster.
        """
        import orjson

        from geoservice.territory.concentration import members_of
        from geoservice.territory.evidence import evidence_geojson

        cluster, register, found = self._judged(principal, code, as_of, options)
        members = members_of(register.participants)
        body = orjson.dumps(evidence_geojson(found, self.boundaries(cluster), lang=lang, members=members))
        return Prepared(body, "application/geo+json")

    def check_concentration(self, principal: Principal, body: Mapping[str, Any], lang: str) -> dict[str, Any]:
        """The verdict on members and regions that come with the request; nothing is kept.

        Raises:
            InvalidInputError: naming the feature that is wrong.
            NotFoundError: an unknown boundary set or ruleset.
        """
        from geoservice.territory.concentration import check
        from geoservice.territory.contract import parse_request

        self.authorise(principal, PrincipalRole.VIEWER)
        given = body.get("options") or {}
        options = dict(given) if isinstance(given, Mapping) else {}
        level = metrics_level(options.pop("metrics", "basic"))
        totals = region_totals(options.pop("region_totals", None))
        rest = options if isinstance(given, Mapping) else given  # what is no object is refused there, by name
        asked = parse_request({**body, "options": rest}, self.catalog.boundaries)
        day = asked.options.as_of or self.clock.today()
        found = check(
            asked.members,
            asked.regions,
            options=asked.options,
            as_of=day,
            metrics=level,
            region_totals=totals,
            water=self._water if asked.water is None else lambda: asked.water,
        )
        return found.as_dict(lang)

    def findings(self, cluster: Cluster, register: Register, lang: str, as_of: dt.date) -> Findings:
        """What a scheme shows of the territory."""
        from geoservice.scheme.compose import Findings
        from geoservice.scheme.scene import VerdictText
        from geoservice.territory.adjacency import region_graph

        boundaries = self.boundaries(cluster)
        found = self.verdict(cluster, register, as_of, {"metrics": "none"})  # a scheme shows no figures
        counts = {region.code: region.count for region in found.regions}
        rule = found.terms.rule
        neighbours = region_graph(boundaries, reach_m=rule.reach_m).neighbours(rule)
        bordering = {other for code in counts for other in neighbours.get(code, ())} - set(counts)
        text = VerdictText(
            verdict=found.verdict.value,
            satisfied=found.satisfied,
            sentence=found.sentence(lang),
            reasons=found.reason_texts(lang),
            ruleset=i18n.pick(found.terms.ruleset.title, lang),
            state=_state(found),
        )
        return Findings(
            boundaries=boundaries,
            placements={placement.id: placement for placement in found.placements},
            counts=counts,
            components={region.code: region.component for region in found.regions},
            bordering=frozenset(bordering),
            verdict=text,
            concentration=found,
        )

    def rulesets(self, lang: str) -> list[dict[str, Any]]:
        """The newest version of every ruleset."""
        from geoservice.territory import rules

        return [
            {
                "code": item.code,
                "version": item.version,
                "country": item.country,
                "title": i18n.pick(item.title, lang),
                "source": i18n.pick(item.source, lang),
                "example": item.example,
            }
            for item in rules.rulesets()
        ]

    def _dataset(self, cluster: Cluster, register: Register, lang: str, personal: bool) -> Dataset:
        from geoservice.export import Dataset
        from geoservice.scheme.compose import region_names

        names = region_names(self.boundaries(cluster), lang)
        placements = self.placements(cluster, register)
        types = {kind.code: kind.title.get(lang, kind.code) for kind in self.catalog.types.values()}
        return Dataset(cluster.code, lang, register.participants, placements, names, personal, types)


def _state(found: Concentration) -> Any:
    """How the two requirements that a register can show stand together."""
    judged = {
        rule.judged_by: said.state
        for rule, said in zip(found.terms.ruleset.requirements, found.requirements, strict=True)
    }
    located, enough = judged.get("concentration", "not_shown"), judged.get("members", "met")
    if located == "met" and enough == "not_met":
        return "too_few"
    return located


def metrics_level(value: Any) -> Any:
    """Which figures a check works out: none, basic or full.

    Raises:
        InvalidInputError: none of these.
    """
    if value not in ("none", "basic", "full"):
        raise InvalidInputError("metrics_level", value=str(value))
    return value


def region_totals(value: Any) -> dict[str, float] | None:
    """Totals by region code (establishments or staff), for location quotients.

    Raises:
        InvalidInputError: not a mapping to positive numbers.
    """
    if value is None:
        return None
    numbers = value.values() if isinstance(value, Mapping) else [None]
    if not all(isinstance(n, int | float) and not isinstance(n, bool) and 0 < n < 1e15 for n in numbers):
        raise InvalidInputError("region_totals")
    return {str(code): float(n) for code, n in value.items()}


def _joined(sets: list[Boundaries]) -> Boundaries:
    import numpy as np

    parts = [item.features for item in sets]
    columns = ("code", "name_az", "name_en", "name_ru", "country", "parent")
    joined = {name: [value for part in parts for value in part.texts(name)] for name in columns}
    return Boundaries(
        code="+".join(item.code for item in sets),
        level=sets[0].level,
        title={lang: " + ".join(i18n.pick(s.title, lang) for s in sets) for lang in ("az", "en", "ru")},
        data=Features(np.concatenate([part.geometry for part in parts]), joined),
        digest="+".join(item.digest for item in sets),
        source="; ".join(dict.fromkeys(item.source for item in sets)),
        licence="; ".join(dict.fromkeys(item.licence for item in sets)),
        accuracy_m=max((item.accuracy_m for item in sets if item.accuracy_m), default=None),
        issues=tuple(issue for item in sets for issue in item.issues),
    )
