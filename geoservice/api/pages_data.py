"""What the pages show of a cluster, read from its Scene: the same members, signs and verdict as the map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geoservice import i18n
from geoservice.service.findings import today

if TYPE_CHECKING:
    from geoservice.model import Cluster, Principal
    from geoservice.scheme.scene import Member, Scene
    from geoservice.service import GeoService


@dataclass(frozen=True, slots=True)
class Row:
    """One organisation of a table; ``website`` is [text, http(s) address or ""]."""

    member: Member
    website: tuple[str, str]
    icon: str


@dataclass(frozen=True, slots=True)
class Overview:
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
    key = ("page-overview", code, lang, cluster.revision, revision, service.catalog_key, today())
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
        as_of=scene.as_of.isoformat(),
        revision=scene.register_revision,
        bounds=scene.bounds,
        rows=rows,
        groups=tuple((title, icons.get(code, ""), n) for (title, code), n in counts.items()),
    )


def member_fields(member: Member, lang: str) -> Sequence[Sequence[str]]:
    """[label, value, address or ""] of a member's further public fields."""
    from geoservice.render.web_data import public_fields

    return public_fields(member.fields, lang)


@dataclass(frozen=True, slots=True)
class Part:
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


def history_rows(service: GeoService, principal: Principal, code: str) -> Sequence[Mapping[str, Any]]:
    """The register's revisions, newest first, as plain values for a table."""
    return [
        {
            "number": revision.number,
            "at": revision.at.strftime("%Y-%m-%d %H:%M"),
            "by": revision.by,
            "reason": revision.reason,
            "summary": dict(revision.summary),
        }
        for revision in service.history(principal, code)
    ]
