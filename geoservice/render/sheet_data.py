"""What a sheet template is given: texts, tables and millimetre positions as plain data, never as markup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice import i18n
from geoservice.render import sheet_frame
from geoservice.render.sheet_details import detail_bar, detail_data, details_said
from geoservice.render.sheet_legend import check_members, legend, listed, table
from geoservice.render.sheet_locator import locator
from geoservice.render.sheet_over import PANEL_BAR_MM
from geoservice.render.sheet_text import breakable, normal
from geoservice.scheme.scale import scale_text
from geoservice.scheme.sheet_metrics import SheetMetrics, page_size, table_room_mm

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.render.sheet_layout import MapLayout, SheetLayout
    from geoservice.render.sheet_names import Run
    from geoservice.render.sheet_text import FontSet
    from geoservice.scheme.insets import Inset
    from geoservice.scheme.scene import Frame, Scene

WORDS = (
    "legend", "table", "unplaced", "unplaced_note", "verdict", "reasons", "register", "basis", "approved",
    "scale", "projection", "sources", "locator", "north", "code", "empty", "beyond", "beyond_note",
    "goes_on", "continued",
)  # fmt: skip
COLUMNS = ("number", "name", "mark", "specialisation", "region", "square")
FORM = (
    "number", "name", "mark", "specialisation", "legal_address", "actual_address", "website", "contacts",
    "representative", "agreement", "founding_documents", "state_registration", "tax_number",
)  # fmt: skip
#: Margin at the sides of a further page, and the share of its width that the map of the evidence takes.
PAGE_MARGIN_MM, EVIDENCE_MAP_SHARE = 14.0, 0.4
#: Licences that are usually abbreviated.
LICENCES = {"CC BY": "Creative Commons Attribution"}
SIGNATURE = ("head", "sign", "name", "date", "seal")


class Stamp(Struct, frozen=True):
    """What ties a sheet to the register: the hash of its state and the scheme's address."""

    code: str = ""
    url: str = ""
    qr: str = ""  # SVG


def sheet_data(
    scene: Scene,
    layout: SheetLayout,
    metrics: SheetMetrics,
    catalog: Catalog,
    stamp: Stamp,
    *,
    fonts: FontSet,
    appendix6: bool = False,
    verdict_page: bool = False,
) -> dict[str, Any]:
    """Build the template's data.

    Raises:
        RenderError: legend, table and maps disagree.
    """
    rows, unplaced, beyond = table(scene, layout), listed(scene.unplaced), listed(scene.beyond)
    every = [*(row for group in rows for row in group["rows"]), *unplaced, *beyond]
    check_members(scene, layout, [row["number"] for row in every])
    signed = appendix6 or not scene.filter  # an extract is not, the register's form is
    return {
        **_page(scene, metrics),
        **breakable(_heading(scene, layout)),
        **_surroundings(scene, layout),
        **_words(scene.lang),
        "alt": _alt(scene),
        "main": {**_map(layout.main), "head": _head(layout)},
        "insets": [_inset(item, scene, layout) for item in layout.insets],
        "details": [_detail(item, scene, layout) for item in layout.details],
        "locator": locator(scene, catalog, fonts, metrics.unit(_framed(scene).paper)),
        "legend": breakable(legend(scene, layout, _own(scene, layout, signed), catalog)),
        "table": breakable(rows),
        "unplaced": breakable(unplaced),
        "beyond": breakable(beyond),
        "verdict": breakable(_verdict(scene)),
        "stamp": {"code": stamp.code, "url": stamp.url, "qr": stamp.qr},
        "pages": {
            "register": breakable(_form(scene)) if appendix6 else None,
            "verdict": verdict_page,
            "evidence": _evidence(scene, metrics, fonts) if verdict_page and scene.evidence else None,
        },
    }


def _evidence(scene: Scene, metrics: SheetMetrics, fonts: FontSet) -> dict[str, Any]:
    """The page of evidence; its maps take the room beside the requirements."""
    from geoservice.render.sheet_evidence import evidence_data

    frame = _framed(scene)
    unit = metrics.unit(frame.paper)
    page_w, page_h = page_size(frame.paper, frame.landscape)
    width = round((page_w - PAGE_MARGIN_MM * 2 * unit) * EVIDENCE_MAP_SHARE, 2)
    height = min(width * 0.72, page_h * 0.4)
    return {"width": width, **evidence_data(scene, fonts, (width, height), unit)}


def _framed(scene: Scene) -> Frame:
    frame = scene.frame
    assert frame is not None  # noqa: S101  # lay_out has refused a scene without one
    return frame


def _page(scene: Scene, metrics: SheetMetrics) -> dict[str, Any]:
    """The paper and the boxes on it."""
    frame = _framed(scene)
    width, height = page_size(frame.paper, frame.landscape)
    return {
        "lang": scene.lang,
        "unit": metrics.unit(frame.paper),
        "page": {"w": width, "h": height, "landscape": frame.landscape, "paper": frame.paper},
        "boxes": _boxes(scene, metrics),
    }


def _heading(scene: Scene, layout: SheetLayout) -> dict[str, Any]:
    """What the title block, the notes and the signatures say."""
    lang, frame = scene.lang, _framed(scene)
    date = i18n.day(scene.as_of, lang)
    return {
        "title": normal(scene.title),
        "cluster": normal(scene.cluster_title),
        "organisation": normal(scene.cluster.specialised_organisation),
        "head": normal(scene.cluster.head),
        "as_of": i18n.text(lang, "sheet.word.as_of", date=date),
        "revision": i18n.text(lang, "sheet.word.revision", n=scene.register_revision),
        "notice": normal(scene.notice),
        "part": _part(scene),
        "scale": _scales(frame),
        "reason": normal(f"{frame.reason} {details_said(layout, lang)}".rstrip()),
        "sources": [_spelt(normal(source)) for source in scene.sources],
    }


def _part(scene: Scene) -> dict[str, str] | None:
    """What a sheet of some organisations says of itself: it is not the scheme that is handed in."""
    if not scene.filter:
        return None
    lang, shown, left = scene.lang, len(scene.members), len(scene.left_out)
    return {
        "head": normal(i18n.text(lang, "scheme.part", n=shown, all=shown + left, filter=scene.filter)),
        "title": i18n.text(lang, "scheme.part_title"),
        "note": i18n.text(lang, "scheme.part_note", n=left),
    }


def _surroundings(scene: Scene, layout: SheetLayout) -> dict[str, Any]:
    """Frame, scale bar, north, projection."""
    angle = -sheet_frame.north(layout.main.frame)
    return {
        "crs": _crs(scene, layout),
        "frame": _frame(layout),
        "bar": {
            **_bar(scene, layout),
            "title": normal(_framed(scene).title),
        },
        "short_bar": _bar(scene, layout, sheet_frame.SHORT_BAR_MM),
        "north": {"angle": angle, "text": i18n.text(scene.lang, "sheet.word.north")},
    }


def _bar(scene: Scene, layout: SheetLayout, widest_mm: float = sheet_frame.SCALE_BAR_MM) -> dict[str, Any]:
    """The main map's scale bar: it grows with the paper, and on A4 the panel has less room for it."""
    return sheet_frame.scale_bar(_framed(scene).denominator, scene.lang, widest_mm * layout.unit, finer=True)


def _words(lang: str) -> dict[str, Any]:
    """The template's fixed texts."""
    return {
        "words": {word: i18n.text(lang, f"sheet.word.{word}") for word in WORDS},
        "columns": {column: i18n.text(lang, f"sheet.column.{column}") for column in COLUMNS},
        "signature": {part: i18n.text(lang, f"sheet.signature.{part}") for part in SIGNATURE},
    }


def _boxes(scene: Scene, metrics: SheetMetrics) -> dict[str, Any]:
    """Rectangles of the sheet in mm: the map, and what its furniture gets."""
    frame = _framed(scene)
    width, height = page_size(frame.paper, frame.landscape)
    unit = metrics.unit(frame.paper)
    around = metrics.landscape if frame.landscape else metrics.portrait
    margin, strip = metrics.margin * unit, metrics.strip * unit
    map_x, map_y = margin + strip, margin + around.top * unit + strip
    room = table_room_mm(metrics, frame.paper, frame.landscape, frame.height_mm)
    under = map_y + frame.height_mm + strip
    outer_w = frame.width_mm + 2 * strip
    whole_w = width - 2 * margin
    return {
        "margin": margin,
        "strip": strip,
        "top": {"x": margin, "y": margin, "w": width - 2 * margin, "h": around.top * unit},
        "map": {"x": map_x, "y": map_y, "w": frame.width_mm, "h": frame.height_mm},
        "right": {
            "x": margin + outer_w,
            "y": map_y - strip,
            "w": around.right * unit,
            "h": under - map_y + strip if room or not frame.landscape else height - margin - map_y + strip,
        },
        "table": {"x": margin, "y": under, "w": whole_w, "h": room},
        "bottom": {
            "x": margin,
            "y": under + room,
            "w": whole_w if room or not frame.landscape else outer_w,
            "h": height - margin - under - room,
        },
    }


def _crs(scene: Scene, layout: SheetLayout) -> str:
    frame = _framed(scene)
    angle = sheet_frame.angle_text(sheet_frame.north(layout.main.frame))
    word = i18n.text(scene.lang, "sheet.word.convergence")
    said = f"{_crs_name(frame.crs, frame.crs_name, scene.lang)}; {word} {angle}"
    others = [
        f"{panel.title}: {_crs_name(panel.crs, panel.crs_name, scene.lang)}"
        for panel in frame.panels
        if panel.kind == "country"
    ]
    return ". ".join([f"{frame.title}: {said}" if others else said, *others])


def _crs_name(crs: str, name: str, lang: str) -> str:
    """A projection's name with its code; what it is a code of is spelt out (5.3.1, item 6)."""
    register, _, code = crs.partition(":")
    coded = register.upper() == "EPSG"
    return i18n.text(lang, "sheet.word.crs_code", name=name, code=code) if coded else name


def _spelt(credit: str) -> str:
    """A credit with its licence under its whole name."""
    for short, whole in LICENCES.items():
        credit = credit.replace(short, whole)
    return credit


def _scales(frame: Frame) -> str:
    """The sheet's scale, or those of its countries' maps with their names."""
    if not frame.title:
        return scale_text(frame.denominator)
    shown = [(frame.title, frame.denominator), *((p.title, p.denominator) for p in frame.panels)]
    return " · ".join(f"{title} {scale_text(denominator)}" for title, denominator in shown)


def _head(layout: SheetLayout) -> dict[str, Any] | None:
    if layout.head is None:
        return None
    text, (x0, y0, x1, y1) = layout.head
    return {"text": normal(text), "x": x0, "y": y0, "w": x1 - x0, "h": y1 - y0}


def _alt(scene: Scene) -> str:
    frame = _framed(scene)
    return i18n.text(
        scene.lang,
        "sheet.word.alt",
        title=normal(scene.title),
        cluster=normal(scene.cluster_title),
        scale=scale_text(frame.denominator),
        placed=len(scene.placed),
        sentence=normal(scene.verdict.sentence),
    )


def _frame(layout: SheetLayout) -> dict[str, Any]:
    ticks = [{"edge": tick.edge, "at": tick.at, "text": tick.text} for tick in layout.graticule.ticks]
    fields = layout.squares
    return {"ticks": ticks, **fields.marks(), "column_mm": fields.width_mm, "row_mm": fields.height_mm}


def _map(item: MapLayout) -> dict[str, Any]:
    """Size, texts and the middles of the letters of the insets whose spots lie on this map."""
    tags = []
    for inset, (x0, y0, x1, y1) in item.tags:
        said, wide = (inset.said, x1 - x0) if inset.page else (inset.letter, 10)
        tags.append({"letter": said, "x": (x0 + x1) / 2, "y": (y0 + y1) / 2, "w": wide})
    runs = [_run(r) for r in item.runs]
    return {"w": item.frame.width_mm, "h": item.frame.height_mm, "runs": runs, "tags": tags}


def _run(item: Run) -> list[Any]:
    return [item.text, item.x, item.y, item.size_mm, item.face, item.colour, item.tracking_mm, item.angle]


def _regions(scene: Scene, layout: SheetLayout, letter: str) -> str:
    """The region, or the two, whose organisations an inset shows; "" for more: they would not be read."""
    here = (m.region_name for m in scene.members if layout.inset_of.get(m.id) == letter and m.region_name)
    names = list(dict.fromkeys(normal(name) for name in here))
    return ", ".join(names) if len(names) < 3 else ""


def _title(inset: Inset, regions: str) -> str:
    """What the head of an inset says: a panel's own title, a plan's with its region, else the regions."""
    title = normal(inset.title)
    return f"{regions} – {title}" if title and regions and not inset.far else title or regions


def _inset(item: MapLayout, scene: Scene, layout: SheetLayout) -> dict[str, Any]:
    inset, lang = item.inset, scene.lang
    assert inset is not None  # noqa: S101
    scale = scale_text(inset.spot.denominator)
    return {
        **_map(item),
        "letter": inset.letter,
        "title": _title(inset, _regions(scene, layout, inset.letter)),
        "far": inset.far,
        "bar": sheet_frame.scale_bar(inset.spot.denominator, lang, PANEL_BAR_MM, 3) if inset.title else None,
        "x": inset.box[0],
        "y": inset.box[1],
        "crs": item.frame.crs,
        "extent": item.frame.extent,
        "scale": scale,
        "alt": i18n.text(lang, "sheet.word.inset_alt", letter=inset.letter, scale=scale),
    }


def _detail(item: MapLayout, scene: Scene, layout: SheetLayout) -> dict[str, Any]:
    """A detail map and what stands around it on its page."""
    framed, crs = _framed(scene), item.frame.crs
    names = {framed.crs: framed.crs_name, **{panel.crs: panel.crs_name for panel in framed.panels}}
    regions = _regions(scene, layout, item.inset.letter if item.inset else "")
    return {
        **_map(item),
        **detail_data(item, scene, layout, regions, _crs_name(crs, names[crs], scene.lang)),
    }


def _own(scene: Scene, layout: SheetLayout, signed: bool) -> list[str]:
    """Which of its own abbreviations this sheet prints; ``signed``: there is a place for signatures."""
    own = ["true_north", *(("name", "seal") if signed else ())]
    bars = [_bar(scene, layout), *(detail_bar(item, scene.lang, layout.unit) for item in layout.details)]
    kilometres = i18n.text(scene.lang, "sheet.unit.km")
    own += sorted({"km" if bar["unit"] == kilometres else "m" for bar in bars})
    own += ["page"] if layout.details else []
    printed = " ".join((_crs(scene, layout), *scene.sources))
    for name in ("wgs", "utm"):
        if i18n.text(scene.lang, f"sheet.own.{name}").partition("|")[0] in printed:
            own.append(name)
    texts = " ".join(tick.text for tick in layout.graticule.ticks)
    for half in ("east", "west", "north", "south"):
        form = i18n.text(scene.lang, f"sheet.own.{half}").partition("|")[0]
        if f" {form}" in texts:
            own.append(half)
    return own


VERDICT_MARKS = {"met": "✓", "not_met": "✗", "too_few": "✗", "not_shown": "–"}


def _verdict(scene: Scene) -> dict[str, Any]:
    verdict = scene.verdict
    return {
        "sentence": normal(verdict.sentence),
        "ok": verdict.satisfied,
        "mark": VERDICT_MARKS[verdict.state],
        "reasons": [normal(reason) for reason in verdict.reasons],
        "ruleset": normal(verdict.ruleset),
    }


def _form(scene: Scene) -> dict[str, Any]:
    """The register in the form of Appendix 6: all members by type group, with the public fields."""
    heads = {column: i18n.text(scene.lang, f"sheet.form.{column}") for column in FORM}
    groups: dict[str, dict[str, Any]] = {}
    for member in scene.everyone:
        group = groups.setdefault(member.type_code, {"title": normal(member.type_title), "rows": []})
        known = {
            "number": str(member.number),
            "name": member.name,
            "mark": ", ".join(member.mark_texts),
            "specialisation": member.specialisation,
        }
        group["rows"].append([normal(known.get(c) or str(member.fields.get(c, ""))) for c in FORM])
    return {"title": i18n.text(scene.lang, "sheet.form.title"), "heads": list(heads.values()),
            "groups": list(groups.values())}  # fmt: skip


def texts_of(data: Any) -> Iterator[str]:
    """Every text in the template's data, for the check of letters; SVG is not text."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if not value.startswith("<svg"):
                yield value
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)
