"""What the pages show of a cluster, read from its Scene: the same members, signs and verdict as the map."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice import i18n

if TYPE_CHECKING:
    from geoservice.model import Cluster, Principal
    from geoservice.scheme.scene import Member, Scene
    from geoservice.service import GeoService


class Row(Struct, frozen=True):
    """One organisation of a table; ``website`` is [text, http(s) address or ""]."""

    member: Member
    website: tuple[str, str]
    icon: str


class Overview(Struct, frozen=True):
    """A cluster in figures and words, in one language."""

    cluster: Cluster
    title: str
    description: str
    participants: int
    infrastructure: int
    unplaced: int
    regions: tuple[str, ...]
    state: str
    sentence: str
    reasons: tuple[str, ...]
    notice: str
    as_of: str
    revision: int
    bounds: tuple[float, float, float, float] | None
    rows: tuple[Row, ...]
    groups: tuple[tuple[str, str, int], ...]  # type, its sign, how many
    folded: tuple[str, ...]  # what each row is found by
    products: tuple[tuple[str, tuple[Row, ...]], ...]  # product, who makes it
    services: tuple[tuple[str, tuple[Row, ...]], ...]  # kind of infrastructure, its organisations

    @property
    def total(self) -> int:
        """All organisations."""
        return self.participants + self.infrastructure


def overview(service: GeoService, principal: Principal, code: str, lang: str) -> Overview:
    """Return a cluster's overview, made once for each revision and language.

    Raises:
        NotFoundError: no such cluster.
    """
    cluster = service.cluster(principal, code)
    revision = service.store.revision(code)
    key = (
        "page-overview",
        code,
        lang,
        cluster.revision,
        revision,
        service.catalog_key,
        service.clock.today(),
    )
    return service.memo.get(key, lambda: _overview(cluster, service.scene(principal, code, lang)))


def _overview(cluster: Cluster, scene: Scene) -> Overview:
    from geoservice.render.web_data import safe_link, sign_uri

    icons = {key: sign_uri(sign) for key, sign in scene.signs.items()}
    rows = tuple(
        Row(member, (site, safe_link(site)), icons.get(member.type_code, ""))
        for member in scene.members
        for site in [member.fields.get("website", "")]
    )
    counts = Counter((member.type_title, member.type_code) for member in scene.members)
    roles = [member.role for member in scene.members]
    return Overview(
        cluster=cluster,
        title=scene.cluster_title,
        description=i18n.pick(cluster.description, scene.lang),
        participants=roles.count("participant"),
        infrastructure=roles.count("infrastructure"),
        unplaced=len(scene.unplaced),
        regions=tuple(sorted((r.name for r in scene.regions if r.state == "occupied"), key=i18n.sort_key)),
        state=scene.verdict.state,
        sentence=scene.verdict.sentence,
        reasons=scene.verdict.reasons,
        notice=scene.notice,
        as_of=i18n.day(scene.as_of, scene.lang),
        revision=scene.register_revision,
        bounds=scene.bounds,
        rows=rows,
        folded=tuple(_folded(row.member) for row in rows),
        products=_gathered(
            (product, row)
            for row in rows
            if row.member.role == "participant"
            for product in _products(row.member)
        ),
        services=_gathered((row.member.type_title, row) for row in rows if row.member.role != "participant"),
        groups=tuple((title, icons.get(code, ""), n) for (title, code), n in counts.items()),
    )


def _folded(member: Member) -> str:
    texts = (member.name, member.type_title, member.specialisation, member.region_name,
             *member.fields.values(), *member.mark_texts, member.how_text)  # fmt: skip
    return i18n.fold(" ".join(texts))


def _products(member: Member) -> Sequence[str]:
    """What a participant makes, by its own list if it gave one, else by its specialisation."""
    if member.role != "participant":
        return []
    text = member.fields.get("products") or member.specialisation
    found = (part.strip(" .") for part in re.split(r"[;\n]", text))
    return list(dict.fromkeys(part for part in found if part))


def _gathered(pairs: Iterable[tuple[str, Row]]) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """Rows by a text, spellings that differ in case taken together, in the alphabet's order."""
    found: dict[str, tuple[str, list[Row]]] = {}
    for text, row in pairs:
        found.setdefault(i18n.fold(text), (text, []))[1].append(row)
    by_name = sorted(found.values(), key=lambda item: i18n.sort_key(item[0]))
    return tuple((text, tuple(rows)) for text, rows in by_name)


def member_fields(member: Member, lang: str) -> Sequence[Sequence[str]]:
    """[label, value, address or ""] of a member's further public fields."""
    from geoservice.render.web_data import public_fields

    return public_fields(member.fields, lang)


class Part(Struct, frozen=True):
    """One page of a long list: its items, its number from 1, and how many pages there are."""

    items: Sequence[Any]
    number: int
    pages: int
    first: int
    total: int


def part(items: Sequence[Any], number: int, size: int) -> Part:
    """Return a page of a list; a number beyond the ends gives the first or the last page."""
    pages = max(1, -(-len(items) // size))
    number = min(max(number, 1), pages)
    start = (number - 1) * size
    return Part(items[start : start + size], number, pages, start + 1, len(items))


def import_rows(
    service: GeoService, principal: Principal, code: str, lang: str
) -> Sequence[Mapping[str, Any]]:
    """Earlier imports, newest first, each with its moment in words."""
    return [
        {**entry, "at": i18n.moment(service.clock.local(dt.datetime.fromisoformat(str(entry["at"]))), lang)}
        for entry in service.imports(principal, code)
    ]


def history_rows(
    service: GeoService, principal: Principal, code: str, lang: str
) -> Sequence[Mapping[str, Any]]:
    """The register's revisions, newest first, as plain values for a table."""
    return [
        {
            "number": revision.number,
            "at": i18n.moment(service.clock.local(revision.at), lang),
            "by": revision.by,
            "reason": revision.reason,
            "summary": dict(revision.summary),
        }
        for revision in service.history(principal, code)
    ]
