"""The scheme of a draft: the organisations read from a file on the map, before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from geoservice import i18n
from geoservice.scheme.scene import Sign

if TYPE_CHECKING:
    from geoservice.scheme.scene import Member, Scene, VerdictText
    from geoservice.service.draft import Checked, Draft
    from geoservice.service.facade import GeoService

FLAG = "flagged"
#: A triangle with an exclamation mark, at a sign's corner as the register's own marks are.
FLAG_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M8 1L15.500 14.500H.500z" '
    'fill="#c62d20" stroke="#fff" stroke-width="1"/><path d="M8 6v4M8 11.800v1" stroke="#fff" '
    'stroke-width="1.600"/></svg>'
)


def preview(service: GeoService, draft: Draft, checked: Checked, lang: str) -> Scene:
    """The Scene of the organisations read, those of rows with problems marked."""
    from geoservice.scheme.compose import Request, compose

    cluster = service.store.cluster(draft.cluster)
    read = replace(
        checked.before, cluster=f"{draft.cluster} {draft.id} {draft.version}",
        participants=checked.result.participants,
    )  # fmt: skip
    day = service.clock.today()
    findings = service.findings(cluster, read, lang, day)
    scene = compose(read, cluster, findings, service.catalog, Request(lang, day))
    return _flagged(scene, _said(checked, lang), service, lang)


def verdict_after(service: GeoService, draft: Draft, checked: Checked, lang: str) -> VerdictText:
    """What the check of concentration would say of the register with the file in it."""
    cluster = service.store.cluster(draft.cluster)
    after = replace(checked.after, cluster=f"{draft.cluster} {draft.id} {draft.version} after")
    return service.findings(cluster, after, lang, service.clock.today()).verdict


def _said(checked: Checked, lang: str) -> Mapping[str, str]:
    """Participant -> what is wrong with its row; notes are not."""
    by_row: dict[int, list[str]] = {}
    for problem in checked.report.problems:
        if problem.row is not None and problem.severity != "note":
            by_row.setdefault(problem.row, []).append(problem.message(lang))
    return {
        participant: f"{i18n.text(lang, 'portal.rows', rows=row, n=1)}: {' '.join(by_row[row])}"
        for participant, row in checked.result.rows.items()
        if row in by_row
    }


def _flagged(scene: Scene, said: Mapping[str, str], service: GeoService, lang: str) -> Scene:
    from geoservice.scheme import legend

    if not said:
        return scene
    title = i18n.text(lang, "portal.row_with_problem")
    sign = Sign(FLAG, "mark", FLAG_SVG, title, title, "", "#c62d20", 2.6, 15)

    def mark(member: Member) -> Member:
        if member.id not in said:
            return member
        how = " ".join(filter(None, (said[member.id], member.how_text)))
        return replace(
            member, marks=(FLAG, *member.marks), mark_texts=(title, *member.mark_texts), how_text=how
        )

    members = tuple(mark(member) for member in scene.members)
    signs = {**scene.signs, FLAG: sign}
    groups = legend.build(members, signs, scene.regions, scene.layers, service.catalog, lang)
    return replace(scene, members=members, signs=signs, legend=groups)
