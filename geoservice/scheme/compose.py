"""Register + findings + catalogue -> Scene: what is shown, where, and with which sign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.model import (
    PERSONAL_FIELDS,
    Boundaries,
    Cluster,
    How,
    Participant,
    Placement,
    Register,
)
from geoservice.scheme import legend
from geoservice.scheme.choice import Choice, Chosen, choose
from geoservice.scheme.projection import transformer
from geoservice.scheme.scene import (
    Evidence,
    Frame,
    Member,
    Scene,
    SceneLayer,
    SceneRegion,
    Sign,
    VerdictText,
)
from geoservice.scheme.selection import View, hidden_states, select_layers
from geoservice.scheme.table_texts import TableRow, TableTexts

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.territory.verdict import Concentration

#: Fields of a member that a popup or a table may show besides those that have their own place.
PUBLIC_FIELDS = ("products", "actual_address", "legal_address", "website", "tax_number")
#: Further columns of the register's form (Appendix 6), which only a sheet prints.
FORM_FIELDS = ("agreement", "founding_documents", "state_registration")


class Findings(Struct, frozen=True):
    """What the territory analysis found, as far as a scheme shows it.

    ``counts`` and ``components`` are by code of the occupied regions; ``bordering`` holds the codes of
    further regions that border on an occupied one. ``concentration`` is the verdict itself, for its evidence.
    """

    boundaries: Boundaries
    placements: Mapping[str, Placement]
    counts: Mapping[str, int]
    components: Mapping[str, int]
    bordering: frozenset[str]
    verdict: VerdictText
    concentration: Concentration | None = None


class Request(Struct, frozen=True):
    """How a scheme is asked for: language, date, which optional layers, whether persons' data may be shown.

    ``layers`` names layers to show besides (or, with a leading ``-``, to leave out of) the default ones.
    ``evidence``: whether what the verdict rests on is wanted too. ``chosen``: who is to be shown, if not all.
    """

    lang: str
    as_of: dt.date
    layers: tuple[str, ...] = ()
    personal: bool = False
    evidence: bool = False
    chosen: Chosen | None = None


def ordered(participants: Iterable[Participant], catalog: Catalog) -> tuple[Participant, ...]:
    """Participants by type group as in Appendix 6, and within a group in the order of the register."""
    place = {code: index for index, code in enumerate(catalog.types)}
    return tuple(sorted(participants, key=lambda p: place.get(p.organisation_type, len(place))))


def compose(
    register: Register,
    cluster: Cluster,
    findings: Findings,
    catalog: Catalog,
    request: Request,
    frame: Frame | None = None,
) -> Scene:
    """Build the Scene; with a ``frame`` for paper, without one for screens.

    Raises:
        NotFoundError: a layer asked for is not in the catalogue.
        CatalogError: a layer's data cannot be read.
    """
    lang = request.lang
    names = region_names(findings.boundaries, lang)
    further = FORM_FIELDS if frame else ()
    everyone = _members(register, findings, names, catalog, request, further)
    members, left_out = _parted(everyone, request.chosen)
    if frame is not None and frame.lists_beyond:
        members = _beyond(members, frame)
    signs = _signs(members, catalog, lang)
    regions = _regions(findings, names)
    view = View.of_frame(frame) if frame else View.of_territory(findings.boundaries, members)
    layers = select_layers(catalog, cluster, view, request.layers, lang)
    hidden = hidden_states(request.layers)
    shown = tuple(r for r in regions if r.state not in hidden and view.touches(r.geometry))
    return Scene(
        cluster=cluster,
        title=i18n.text(lang, "scheme.title_part" if request.chosen else "scheme.title"),
        cluster_title=i18n.pick(cluster.title, lang),
        lang=lang,
        as_of=request.as_of,
        register_revision=register.revision,
        members=members,
        signs=signs,
        regions=shown,
        layers=layers,
        legend=legend.build(members, signs, shown, layers, catalog, lang),
        verdict=findings.verdict,
        bounds=scene_bounds(members, regions),
        sources=_credits(layers),
        notice=i18n.text(lang, "scheme.synthetic") if cluster.synthetic else "",
        frame=frame,
        evidence=_evidence(findings, everyone, names, cluster, catalog, lang) if request.evidence else None,
        filter=request.chosen.words if request.chosen else "",
        left_out=left_out,
        dated_sources=dated_credits(layers, lang),
    )


def chosen_of(
    choice: Choice, register: Register, findings: Findings, catalog: Catalog, request: Request
) -> Chosen:
    """Choose the members that a scheme is to show, by what it says of each of them.

    Raises:
        ChoiceError: a value of a filter is none that there is.
        InvalidInputError: nobody is left.
    """
    names = region_names(findings.boundaries, request.lang)
    members = _members(register, findings, names, catalog, request)
    return choose(choice, members, catalog, names, request.lang)


def _members(
    register: Register,
    findings: Findings,
    names: Mapping[str, str],
    catalog: Catalog,
    request: Request,
    further: tuple[str, ...] = (),
) -> tuple[Member, ...]:
    """All members, numbered; ``further``: fields besides those that every medium shows."""
    fields = PUBLIC_FIELDS + further + (PERSONAL_FIELDS if request.personal else ())
    return tuple(
        _member(number, participant, findings, names, catalog, request.lang, fields)
        for number, participant in enumerate(ordered(register.participants, catalog), start=1)
    )


def _parted(
    members: tuple[Member, ...], chosen: Chosen | None
) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Those to be shown, and those left out."""
    if chosen is None:
        return members, ()
    shown = tuple(member for member in members if member.id in chosen.ids)
    return shown, tuple(member for member in members if member.id not in chosen.ids)


def _evidence(
    findings: Findings,
    members: Sequence[Member],
    names: Mapping[str, str],
    cluster: Cluster,
    catalog: Catalog,
    lang: str,
) -> Evidence | None:
    """What the verdict rests on, if it came with the findings; regions one level up are named too."""
    from geoservice.scheme.evidence import evidence_of

    if findings.concentration is None:
        return None
    named = dict(names)
    for code in cluster.boundaries:
        if code in catalog.layers and (parent := catalog.layers[code].parent):
            named.update(region_names(catalog.boundaries(parent), lang))
    return evidence_of(findings.concentration, findings.boundaries, members, named, lang)


def _credits(layers: Sequence[SceneLayer]) -> tuple[str, ...]:
    """Each source once, with its licence; one that is generalised says so there too."""
    notes: dict[str, str] = {}
    for layer in layers:
        if layer.source:
            credit = ", ".join(filter(None, (layer.source, layer.licence)))
            notes[credit] = notes.get(credit) or layer.note
    return tuple(f"{credit} ({note})" if note else credit for credit, note in notes.items())


def dated_credits(layers: Sequence[SceneLayer], lang: str) -> tuple[str, ...]:
    """The credits with what is known of the data's state: the edition, and the layers whose date is known."""
    issued: dict[str, tuple[dict[str, None], dict[str, list[str]]]] = {}
    for layer in layers:
        if layer.source:
            credit = ", ".join(filter(None, (layer.source, layer.licence)))
            editions, states = issued.setdefault(credit, ({}, {}))
            if layer.edition:
                editions[i18n.issue("", layer.edition, lang)] = None
            if layer.as_of:
                states.setdefault(i18n.issue(layer.as_of, "", lang), []).append(layer.title)
    said = []
    for plain, (editions, states) in zip(_credits(layers), issued.values(), strict=True):
        dated = [f"{', '.join(titles)}: {state}" for state, titles in states.items()]
        said.append("; ".join([plain, *editions, *dated]))
    return tuple(said)


def region_names(boundaries: Boundaries, lang: str) -> dict[str, str]:
    """Code -> name of every region in a language, else its Azerbaijani name, else the code."""
    features = boundaries.features
    wanted, default = features.texts(f"name_{lang}"), features.texts("name_az")
    return {c: n or d or c for c, n, d in zip(features["code"], wanted, default, strict=True)}


def table_texts(
    members: Sequence[Participant], findings: Findings, catalog: Catalog, lang: str
) -> TableTexts:
    """What the table of a sheet will say of these organisations."""
    names = region_names(findings.boundaries, lang)
    shown = [_member(0, member, findings, names, catalog, lang, ()) for member in members]

    def row(member: Member) -> TableRow:
        name = " ".join((member.name, *member.mark_texts))
        if not member.located:  # a list of its own, with the type in the place of the region
            return TableRow(name, max(member.specialisation, member.type_title, key=len))
        return TableRow(name, member.specialisation, member.region_name, member.how_text)

    headings = list(dict.fromkeys(member.type_title for member in shown if member.located))
    if not all(member.located for member in shown):
        headings += [i18n.text(lang, f"sheet.word.{word}") for word in ("unplaced", "unplaced_note")]
    return TableTexts(tuple(map(row, shown)), tuple(headings))


def _member(
    number: int,
    participant: Participant,
    findings: Findings,
    names: Mapping[str, str],
    catalog: Catalog,
    lang: str,
    fields: Sequence[str],
) -> Member:
    organisation_type = catalog.types.get(participant.organisation_type) or catalog.types["other"]
    placement = findings.placements.get(participant.id) or Placement(participant.id, None, How.NO_COORDINATES)
    return Member(
        id=participant.id,
        number=number,
        name=participant.full_name,
        specialisation=participant.specialisation or participant.products,
        type_code=organisation_type.code,
        type_title=i18n.pick(organisation_type.title, lang),
        role=organisation_type.role.value,
        marks=participant.marks,
        mark_texts=tuple(i18n.text(lang, f"scheme.mark.{mark}") for mark in participant.marks),
        longitude=participant.longitude,
        latitude=participant.latitude,
        region=placement.region or "",
        region_name=names.get(placement.region or "", ""),
        how=placement.how.value,
        how_text=_how_text(placement, names, lang),
        fields={code: value for code in fields if (value := getattr(participant, code))},
    )


def _beyond(members: Sequence[Member], frame: Frame) -> tuple[Member, ...]:
    """The members, each told whether it stands outside the frame."""
    project = transformer(frame.crs)
    min_x, min_y, max_x, max_y = frame.extent

    def outside(member: Member) -> bool:
        if not member.located:
            return False
        x, y = project.transform(member.longitude, member.latitude)
        return not (min_x <= x <= max_x and min_y <= y <= max_y)

    return tuple(replace(member, beyond=outside(member)) for member in members)


def _how_text(placement: Placement, names: Mapping[str, str], lang: str) -> str:
    if placement.how is How.INSIDE:
        return ""
    others = ", ".join(names.get(code, code) for code in placement.also)
    nearest = names.get(placement.nearest or "", placement.nearest or "")
    kilometres = i18n.number((placement.distance_m or 0.0) / 1000, 1, lang)
    return i18n.text(
        lang,
        f"scheme.how.{placement.how}",
        others=others,
        nearest=nearest,
        km=kilometres,
    )


def _signs(members: Sequence[Member], catalog: Catalog, lang: str) -> dict[str, Sign]:
    placed = [member for member in members if member.placed]
    types = {member.type_code for member in placed}
    marks = {mark for member in placed for mark in member.marks}
    style = {spec.cls: spec for spec in catalog.organisations.sign}
    signs = {}
    for code, kind in catalog.types.items():
        if code in types:
            spec = style[code]
            title, short = i18n.pick(kind.title, lang), i18n.pick(kind.short, lang)
            signs[code] = Sign(
                code, "type", catalog.symbol(spec.symbol), title, short, kind.role.value,
                spec.colour, spec.size_mm, spec.size_px,
            )  # fmt: skip
    for mark in catalog.organisations.mark:
        if mark.code in marks:
            title = i18n.text(lang, f"scheme.mark_title.{mark.code}")
            short = i18n.text(lang, f"scheme.mark.{mark.code}")
            svg = catalog.symbol(mark.symbol)
            signs[mark.code] = Sign(
                mark.code, "mark", svg, title, short, "", "#000000", mark.size_mm, mark.size_px
            )
    return signs


def _regions(findings: Findings, names: Mapping[str, str]) -> tuple[SceneRegion, ...]:
    features = findings.boundaries.features
    regions = []
    for code, geometry in zip(features["code"], features.geometry, strict=True):
        if code in findings.counts:
            count, component = findings.counts[code], findings.components.get(code)
            regions.append(SceneRegion(code, names[code], "occupied", count, component, geometry))
        elif code in findings.bordering:
            regions.append(SceneRegion(code, names[code], "bordering", 0, None, geometry))
    return tuple(regions)


def scene_bounds(
    members: Collection[Member], regions: Collection[SceneRegion]
) -> tuple[float, float, float, float] | None:
    """The EPSG:4326 box of the located members and the regions they occupy; ``None`` when there are none."""
    boxes: list[Any] = [(m.longitude, m.latitude, m.longitude, m.latitude) for m in members if m.located]
    boxes += [region.geometry.bounds for region in regions if region.state == "occupied"]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return (min(west), min(south), max(east), max(north))
