"""The legend as the sheet prints it, the index table, and the check that both agree with what is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from geoservice import i18n
from geoservice.errors import RenderError
from geoservice.render.sheet_base import stroke, symbol
from geoservice.render.sheet_layout import MapLayout, SheetLayout
from geoservice.render.sheet_overlay import place_svg, plate_svg, spots_svg
from geoservice.render.sheet_text import normal
from geoservice.scheme.legend import abbreviations_in
from geoservice.scheme.scene import LegendEntry, Member, Scene
from geoservice.specs import Paint

if TYPE_CHECKING:
    from geoservice.catalog import Catalog

SWATCH_MM = (8.0, 4.6)
BASE_KINDS = ("area", "line", "point", "region", "raster")


# -- legend --------------------------------------------------------------------------------------------------


def legend(scene: Scene, layout: SheetLayout, own: Sequence[str], catalog: Catalog) -> list[dict[str, Any]]:
    """Return the legend's groups for the template: exactly what is drawn, at the size at which it is drawn.

    Args:
        scene: with its legend.
        layout: what is on the sheet.
        own: names of the abbreviations that the sheet itself prints (keys of ``sheet.own``).
        catalog: every abbreviation known.

    Raises:
        RenderError: a sign, a class of the base map or an abbreviation on the sheet is not in the legend.
    """
    maps = layout.maps
    drawn: frozenset[str] = frozenset()
    for item in maps:
        drawn |= item.base.painted.seen(layout.over(item), drawn)
    _check(scene, maps, drawn, catalog)
    groups = []
    for group in scene.legend:
        entries = [_entry(e, scene, layout) for e in group.entries if e.kind != "abbreviation"]
        entries = [
            made
            for e, made in zip([e for e in group.entries if e.kind != "abbreviation"], entries, strict=True)
            if e.kind not in BASE_KINDS or e.ref in drawn
        ]
        if entries:
            groups.append({"code": group.code, "title": group.title, "entries": entries})
    if extra := _layout_signs(scene, layout):
        groups.append(
            {"code": "layout", "title": i18n.text(scene.lang, "sheet.group.layout"), "entries": extra}
        )
    if short := _abbreviations(scene, own):
        title = i18n.text(scene.lang, "scheme.legend.abbreviations")
        groups.append({"code": "abbreviations", "title": title, "entries": short})
    return groups


def _entry(entry: LegendEntry, scene: Scene, layout: SheetLayout) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": entry.kind, "title": normal(entry.title), "count": entry.count}
    if entry.kind in ("sign", "mark"):
        sign = scene.signs[entry.ref]
        size = sign.size_mm * layout.sign_share
        return {**made, "svg": sign.svg, "w": size, "h": size}
    return {**made, **_sample(entry, max(1.0, layout.unit))}


def _sample(entry: LegendEntry, grow: float) -> dict[str, Any]:
    """A sample of what the base map draws, as large as it is drawn: both grow with the paper."""
    svg, width, height = _drawn(entry)
    return {"svg": svg, "w": round(width * grow, 3), "h": round(height * grow, 3)}


def _drawn(entry: LegendEntry) -> tuple[str, float, float]:
    if entry.paint is None:
        return _swatch(Paint(fill="#d0d0d0", stroke="#808080")), *SWATCH_MM
    if entry.kind == "point":
        side = entry.paint.size_mm + 0.6
        return _document(symbol(side / 2, side / 2, entry.paint), side, side), side, side
    if entry.kind == "line":
        return _line(entry.paint), 9.0, 2.4
    return _swatch(entry.paint), *SWATCH_MM


def _document(inner: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}">{inner}</svg>'
    )


def _swatch(paint: Paint) -> str:
    width, height = SWATCH_MM
    inset = max(paint.stroke_mm, 0.2) / 2
    fill = f'fill="{paint.fill}" fill-opacity="{paint.fill_opacity:g}"' if paint.fill else 'fill="none"'
    box = f'x="{inset:g}" y="{inset:g}" width="{width - 2 * inset:g}" height="{height - 2 * inset:g}"'
    return _document(f"<rect {box} {fill} {stroke(paint)}/>", width, height)


def _line(paint: Paint) -> str:
    path = 'd="M0 1.2H9" fill="none"'
    casing = ""
    if paint.casing and paint.casing_mm:
        casing = f'<path {path} stroke="{paint.casing}" stroke-width="{paint.casing_mm:g}"/>'
    return _document(f"{casing}<path {path} {stroke(paint)}/>", 9.0, 2.4)


def _layout_signs(scene: Scene, layout: SheetLayout) -> list[dict[str, Any]]:
    """Signs that only a sheet has: stacks, insets, signs moved aside."""
    maps = layout.maps
    found: list[tuple[str, str, float, float]] = []
    if layout.insets:
        inner = (
            '<rect x="1.6" y="1.2" width="5.6" height="3.4" fill="none" stroke="#9b1c31" '
            'stroke-width="0.35"/>'
            '<rect x="0.4" y="0.2" width="2.4" height="2.2" fill="#9b1c31"/>'
        ) + spots_svg([(4.0, 3.4), (5.2, 2.5), (6.0, 3.6)])
        found.append(("inset", inner, 8.0, 4.8))
    if layout.details:
        inner = (
            '<rect x="1.6" y="1.4" width="6" height="3.2" fill="#ffffff" fill-opacity="0.35" '
            'stroke="#9b1c31" stroke-width="0.35"/>'
            '<rect x="0.4" y="0.2" width="5.2" height="2.2" fill="#9b1c31"/>'
        ) + spots_svg([(3.4, 3.6), (5.2, 3.2), (6.6, 3.7)])
        found.append(("detail", inner, 8.0, 4.8))
    if any(item.signs.plates for item in maps):
        inner = plate_svg([(1.0, 0.3, 7.0, 3.2)], [(4.0, 4.7, 4.0, 3.2)]) + place_svg(4.0, 4.7)
        found.append(("stack", inner, 8.0, 5.4))
    if any(item.signs.ticks for item in maps):
        inner = (
            '<rect x="4.4" y="0.4" width="3" height="3" fill="#8a8a8a"/>'
            '<path d="M1 3.6L4.4 2.4" stroke="#1c1c1c" stroke-width="0.22"/>' + place_svg(1.0, 3.6)
        )
        found.append(("leader", inner, 8.0, 4.4))
    grow = max(1.0, layout.unit)
    return [
        {"kind": "layout", "title": i18n.text(scene.lang, f"sheet.word.{code}"), "count": 0,
         "svg": _document(inner, w, h), "w": round(w * grow, 3), "h": round(h * grow, 3)}
        for code, inner, w, h in found
    ]  # fmt: skip


def _abbreviations(scene: Scene, own: Sequence[str]) -> list[dict[str, Any]]:
    pairs = {
        entry.ref: entry.title
        for group in scene.legend
        for entry in group.entries
        if entry.kind == "abbreviation"
    }
    for name in own:
        form, _, meaning = i18n.text(scene.lang, f"sheet.own.{name}").partition("|")
        if form:
            pairs.setdefault(form, meaning)
    marks = {sign.short: sign.title for sign in scene.signs.values() if sign.kind == "mark"}
    order = sorted(pairs, key=lambda form: i18n.sort_key(form, scene.lang))
    return [
        {"kind": "abbreviation", "form": form, "title": normal(pairs[form])}
        for form in order
        if form not in marks
    ]


# -- checks --------------------------------------------------------------------------------------------------


def _check(scene: Scene, maps: Sequence[MapLayout], drawn: frozenset[str], catalog: Catalog) -> None:
    """The sheet is not issued when legend and map disagree (5.3.1, item 6)."""
    entries = [entry for group in scene.legend for entry in group.entries]
    on_map = {image.sign for item in maps for image in item.signs.images}
    explained = {entry.ref for entry in entries if entry.kind in ("sign", "mark")}
    if missing := sorted(on_map - explained):
        raise RenderError("sheet.legend_missing", names=_sign_names(missing, scene))
    if extra := sorted(explained - on_map):
        raise RenderError("sheet.legend_extra", names=_sign_names(extra, scene))
    silent = {f"{la.id}/{rule.cls}" for la in scene.layers for rule in la.rules if not rule.legend}
    base = {entry.ref for entry in entries if entry.kind in BASE_KINDS}
    if missing := sorted(drawn - base - silent):
        raise RenderError("sheet.legend_missing", names=", ".join(missing))
    texts = [text for m in scene.members for text in (m.name, m.specialisation, *m.mark_texts)]
    known = {entry.ref for entry in entries if entry.kind == "abbreviation"}
    known |= {sign.short for sign in scene.signs.values() if sign.kind == "mark"}
    shown_marks = {text for m in scene.members if m.placed for text in m.mark_texts}
    unexplained = [s.form for s in abbreviations_in(texts, catalog) if s.form not in known | shown_marks]
    if unexplained:
        raise RenderError("sheet.abbreviation_missing", names=", ".join(unexplained))


def _sign_names(names: Iterable[str], scene: Scene) -> str:
    return ", ".join(scene.signs[name].title if name in scene.signs else name for name in names)


def check_members(scene: Scene, layout: SheetLayout, numbers: Iterable[int]) -> None:
    """Every member has one sign if it stands on the sheet, and one row in the table or in one of the lists.

    Args:
        scene: whose members.
        layout: the maps.
        numbers: the numbers of all rows printed.

    Raises:
        RenderError: somebody is missing or there twice; they are named.
    """
    by_id = {member.id: member for member in scene.members}
    maps = layout.maps
    signs = Counter(member_id for item in maps for member_id in item.signs.members)
    rows = Counter(numbers)
    twice = [m for m in scene.members if signs[m.id] > 1 or rows[m.number] > 1]
    if twice:
        raise RenderError("sheet.member_twice", names=_names(twice))
    lost = [m for m in scene.members if (m.placed and not signs[m.id]) or not rows[m.number]]
    if lost or set(signs) - set(by_id):
        raise RenderError("sheet.member_lost", names=_names(lost))


def _names(members: Sequence[Member]) -> str:
    return "; ".join(member.name for member in members[:10]) + (" …" if len(members) > 10 else "")


# -- table ---------------------------------------------------------------------------------------------------


def table(scene: Scene, layout: SheetLayout) -> list[dict[str, Any]]:
    """Return the index: the members that have a sign, by type group."""
    groups: dict[str, dict[str, Any]] = {}
    for member in scene.placed:
        group = groups.setdefault(
            member.type_code,
            {"title": normal(member.type_title), "svg": scene.signs[member.type_code].svg, "rows": []},
        )
        square = layout.squares_of.get(member.id, "")
        letter = layout.inset_of.get(member.id, "")
        group["rows"].append(_row(member, f"{square} · {letter}" if letter else square))
    return list(groups.values())


def listed(members: Iterable[Member]) -> list[dict[str, Any]]:
    """Return the rows of members that have no sign, with their type, which no heading says."""
    return [{**_row(member, ""), "type": normal(member.type_title)} for member in members]


def _row(member: Member, square: str) -> dict[str, Any]:
    return {
        "number": member.number,
        "name": normal(member.name),
        "mark": ", ".join(member.mark_texts),
        "specialisation": normal(member.specialisation),
        "region": normal(member.region_name),
        "note": normal(member.how_text) if member.located else "",
        "square": square,
    }
