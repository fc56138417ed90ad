"""The legend: every sign and abbreviation on the scheme, and nothing that is not on it (5.3.1, item 6)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from geoservice import i18n
from geoservice.scheme.scene import (
    REGION_STATES,
    LegendEntry,
    LegendGroup,
    LegendKind,
    Member,
    SceneLayer,
    SceneRegion,
    Sign,
)

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.specs import AbbreviationSpec, LayerStyle, Rule


def build(
    members: Sequence[Member],
    signs: Mapping[str, Sign],
    regions: Sequence[SceneRegion],
    layers: Sequence[SceneLayer],
    catalog: Catalog,
    lang: str,
) -> tuple[LegendGroup, ...]:
    """Return the legend's groups, empty ones left out.

    Organisation signs count the members that have a place on the map; those without coordinates have no sign.
    """
    groups = [
        _sign_group("participants", "participant", members, signs, lang),
        _sign_group("infrastructure", "infrastructure", members, signs, lang),
        _mark_group(members, signs, lang),
        _region_group(regions, catalog, lang),
        _base_group(layers, lang),
        abbreviation_group(_texts(members), catalog, lang, explained=_mark_texts(signs)),
    ]
    return tuple(group for group in groups if group.entries)


def _group(code: str, entries: Iterable[LegendEntry], lang: str) -> LegendGroup:
    return LegendGroup(code, i18n.text(lang, f"scheme.legend.{code}"), tuple(entries))


def _sign_group(
    code: str, role: str, members: Sequence[Member], signs: Mapping[str, Sign], lang: str
) -> LegendGroup:
    counts = Counter(member.type_code for member in members if member.placed)
    shown = [s for s in signs.values() if s.kind == "type" and s.role == role and counts[s.id]]
    return _group(code, (LegendEntry("sign", s.id, s.title, counts[s.id]) for s in shown), lang)


def _mark_group(members: Sequence[Member], signs: Mapping[str, Sign], lang: str) -> LegendGroup:
    counts = Counter(mark for member in members if member.placed for mark in member.marks)
    shown = [s for s in signs.values() if s.kind == "mark" and counts[s.id]]
    return _group("marks", (LegendEntry("mark", s.id, s.title, counts[s.id]) for s in shown), lang)


def _region_group(regions: Sequence[SceneRegion], catalog: Catalog, lang: str) -> LegendGroup:
    entries = []
    for state in REGION_STATES:
        count = sum(region.state == state for region in regions)
        if count:
            rule = state_rule(catalog.layer_styles[state])
            title = i18n.pick(rule.title, lang)
            entries.append(LegendEntry("region", state, title, count, rule.paint))
    return _group("regions", entries, lang)


def state_rule(style: LayerStyle) -> Rule:
    """The one rule of the style of a region state."""
    return style.rule[0]


def _base_group(layers: Sequence[SceneLayer], lang: str) -> LegendGroup:
    entries = []
    for layer in sorted(layers, key=lambda item: -item.order):
        if layer.kind == "raster":
            entries.append(LegendEntry("raster", f"{layer.id}/raster", layer.title))
            continue
        counts = Counter(layer.features["cls"] if layer.features else ())
        kind: LegendKind = layer.kind
        for rule in layer.rules:
            if rule.legend and counts[rule.cls]:
                title = f"{rule.title} ({layer.note})" if layer.note else rule.title
                entries.append(
                    LegendEntry(kind, f"{layer.id}/{rule.cls}", title, counts[rule.cls], rule.paint)
                )
    return _group("base", entries, lang)


def _texts(members: Sequence[Member]) -> Iterable[str]:
    for member in members:
        yield member.name
        yield member.specialisation
        yield from member.mark_texts


def _mark_texts(signs: Mapping[str, Sign]) -> frozenset[str]:
    return frozenset(sign.short for sign in signs.values() if sign.kind == "mark")


def abbreviation_group(
    texts: Iterable[str], catalog: Catalog, lang: str, explained: Collection[str] = ()
) -> LegendGroup:
    """Explain every known abbreviation that stands as a word of its own in the texts, in alphabetical order.

    A medium that prints texts of its own (a signature block, column headings) passes those as well.
    ``explained`` holds what another group of the legend explains already, such as a mark beside its badge.
    """
    entries = [
        LegendEntry("abbreviation", spec.form, i18n.pick(spec.title, lang))
        for spec in abbreviations_in(texts, catalog)
        if spec.form not in explained
    ]
    entries.sort(key=lambda entry: i18n.sort_key(entry.ref, lang))
    return _group("abbreviations", entries, lang)


def abbreviations_in(texts: Iterable[str], catalog: Catalog) -> tuple[AbbreviationSpec, ...]:
    """Return the catalogue's abbreviations that occur in the texts, exactly as they are written there."""
    together = "\n".join(texts)
    return tuple(
        spec for spec in catalog.abbreviations if spec.form in together and _word(spec.form).search(together)
    )


@cache
def _word(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(form)}(?!\w)")
