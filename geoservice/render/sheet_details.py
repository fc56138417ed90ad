"""Detail maps: what stays too crowded on a sheet's first page is drawn once more on pages of its own.

Whether a map is too crowded its finished layout tells, by the stacks on it. A detail page is laid out as any
map of the sheet is, and looked at in the same way: what is too crowded there gets a page in its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.render.sheet_base import MapFrame
from geoservice.render.sheet_frame import SCALE_BAR_MM, angle_text, graticule, north, scale_bar, squares
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_signs import grouped, pregathered
from geoservice.scheme.boxes import Box
from geoservice.scheme.details import (
    COMFORTABLE,
    MOST_PAGES,
    PAGE_WORTH,
    READABLE,
    STUBBORN,
    STUBBORN_WORTH,
    Ground,
    windows,
)
from geoservice.scheme.insets import LETTERS, Inset
from geoservice.scheme.scale import SERIES, scale_text
from geoservice.scheme.sheet_metrics import SheetMetrics, page_size

if TYPE_CHECKING:
    from geoservice.render.sheet_layout import MapLayout, SheetLayout
    from geoservice.scheme.scene import Frame, Member, Scene

#: What a detail page keeps free around the lines of its frame, above and below them: mm on A3.
MARGIN_MM, HEAD_MM, FOOT_MM = 9.0, 12.5, 25.0
#: The first page's map in small, at most.
KEY_MM = (42.0, 23.5)
UPRIGHT_BAR_MM = 40.0
#: Pages before the first detail map, and rounds of looking for what is too crowded still.
BEFORE, ROUNDS = 1, 6
#: So many organisations in groups too large to be read, and a sheet needs detail maps at first sight.
CROWD = 300


class DetailRoom(Struct, frozen=True):
    """The frame of a detail map on its page, mm; ``strip``: what is between its two lines."""

    x: float
    y: float
    width_mm: float
    height_mm: float
    strip: float
    most: int = MOST_PAGES

    @property
    def box(self) -> Box:
        """The frame on the page."""
        return (self.x, self.y, self.x + self.width_mm, self.y + self.height_mm)


def detail_room(metrics: SheetMetrics, frame: Frame) -> DetailRoom | None:
    """Return what a page of the sheet's paper leaves to a detail map; a template may have no such pages."""
    if not metrics.details:
        return None
    unit = metrics.unit(frame.paper)
    width, height = page_size(frame.paper, frame.landscape)
    margin, strip = MARGIN_MM * unit, (metrics.strip or 4.2) * unit
    x, y = margin + strip, margin + HEAD_MM * unit + strip
    return DetailRoom(
        round(x, 2),
        round(y, 2),
        round(width - 2 * x, 2),
        round(height - y - strip - FOOT_MM * unit - margin, 2),
        strip,
    )


def with_details(
    scene: Scene, room: DetailRoom, unit: float, lay: Callable[[Sequence[Inset]], SheetLayout]
) -> SheetLayout:
    """Lay a sheet out, and give pages to what is too crowded as long as there are some left.

    Args:
        scene: what the sheet shows.
        room: what a page leaves to a map.
        unit: how signs grow with the paper.
        lay: lays the sheet out with some detail maps.
    """
    pages = _at_first_sight(scene, room, unit)
    layout = lay(pages)
    for _ in range(ROUNDS):
        more = _further(layout, scene, room, unit, pages)
        if not more and pages and max(_crowds(layout, scene), default=0) >= STUBBORN:
            more = _further(layout, scene, room, unit, pages, STUBBORN_WORTH)
        if not more:
            break
        pages += more
        found = lay(pages)
        if found.full and not layout.full:
            break
        layout = found
    return layout


def _further(
    layout: SheetLayout,
    scene: Scene,
    room: DetailRoom,
    unit: float,
    pages: Sequence[Inset],
    worth: int = PAGE_WORTH,
) -> list[Inset]:
    """Detail maps for those whom no reader finds on a sheet as it is laid out."""
    more: list[Inset] = []
    for letter, members in _unread(layout, scene).items():
        frame = next(item.frame for item in layout.maps if _letter(item) == letter)
        more += _windows(scene, room, unit, frame, letter, members, [*pages, *more], worth)
    return more


def _crowds(layout: SheetLayout, scene: Scene) -> list[int]:
    """At how many places the members of each stack stand."""
    by_id = {member.id: member for member in scene.placed}
    return [_crowd([by_id[key] for key in ids]) for item in layout.maps for ids, _ in item.signs.stacks]


def _at_first_sight(scene: Scene, room: DetailRoom, unit: float) -> list[Inset]:
    """Detail maps of a sheet that so many organisations crowd that it need not be laid out to be seen."""
    framed = scene.frame
    if framed is None or framed.panels or len(scene.placed) <= CROWD:
        return []
    frame = MapFrame(framed.crs, framed.extent, framed.width_mm, framed.height_mm, framed.denominator)
    groups = pregathered(grouped(scene.placed, member_places(scene, frame)))
    if sum(len(group.members) for group in groups if _crowd(group.members) > READABLE) <= CROWD:
        return []
    first = replace(room, most=room.most * 2 // 3)  # the others are for what is too crowded on these
    return _windows(scene, first, unit, frame, "", scene.placed, [])


def _windows(
    scene: Scene,
    room: DetailRoom,
    unit: float,
    frame: MapFrame,
    letter: str,
    members: Sequence[Member],
    pages: Sequence[Inset],
    worth: int = PAGE_WORTH,
) -> list[Inset]:
    """Further detail maps for members of a map, by its letter, that cannot be read there."""
    import numpy as np

    panels = scene.frame.panels if scene.frame else ()
    places = member_places(scene, frame)
    distinct = sorted({(round(x, 2), round(y, 2)) for x, y in (places[m.id] for m in members)})
    taken = [page.spot.source for page in pages if page.parent == letter]
    if not letter:
        taken += [panel.box for panel in panels]
    inner = letter in [page.letter for page in pages]
    ground = Ground(frame.bounds, frame.denominator, tuple(taken), inner)
    size = (room.width_mm, room.height_mm)
    spots = windows(np.asarray(distinct), ground, size, SERIES, room.most - len(pages), unit, worth)
    spots.sort(key=lambda spot: (round(spot.source[1], 1), spot.source[0]))
    found = []
    for number, spot in enumerate(spots, start=len(pages)):
        sign, page = LETTERS[len(panels) + number], BEFORE + 1 + number
        said = i18n.text(scene.lang, "sheet.word.detail_plate", letter=sign, page=page)
        found.append(Inset(sign, spot, room.box, letter, page=page, said=said))
    return found


def _letter(item: MapLayout) -> str:
    return item.inset.letter if item.inset is not None else ""


def _unread(layout: SheetLayout, scene: Scene) -> dict[str, list[Member]]:
    """Letter of a map that windows can be chosen on -> the members of it that no reader finds."""
    by_id = {member.id: member for member in scene.placed}
    homes = {inset.letter: inset for inset in _insets(layout)}
    panels = set(LETTERS[: len(scene.frame.panels)]) if scene.frame else set()

    def root(letter: str) -> str:
        while letter and letter not in panels and not homes[letter].page:
            letter = homes[letter].parent
        return letter

    found: dict[str, list[Member]] = {}
    crowded = max(_crowds(layout, scene), default=0)
    if crowded <= (COMFORTABLE if layout.details else READABLE) and not layout.full:
        return {}
    for item in layout.maps:
        lost = [ids for ids, _ in item.signs.stacks if _crowd([by_id[key] for key in ids]) > COMFORTABLE]
        ids = item.signs.members if item.signs.forced else [key for stack in lost for key in stack]
        if ids:
            found.setdefault(root(_letter(item)), []).extend(by_id[key] for key in ids)
    return found


def detail_data(item: MapLayout, scene: Scene, layout: SheetLayout, regions: str, crs: str) -> dict[str, Any]:
    """What the template is told of a detail map besides its signs and names.

    Args:
        item: the map.
        scene: what the sheet shows.
        layout: the sheet.
        regions: what the heading names, "" for more than can be named.
        crs: the projection as printed.
    """
    inset, lang, unit = item.inset, scene.lang, layout.unit
    assert inset is not None  # noqa: S101
    scale = scale_text(inset.spot.denominator)
    shown = {"letter": inset.letter, "scale": scale, "n": len(item.signs.members)}
    title = i18n.text(lang, "sheet.word.detail_title", letter=inset.letter)
    parent = next((each.page for each in _insets(layout) if each.letter == inset.parent and each.page), 1)
    lines, fields = graticule(item.frame, lang), squares(item.frame)
    types = {member.type_code for member in scene.placed if layout.inset_of[member.id] == inset.letter}
    return {
        "letter": inset.letter,
        "page": inset.page,
        "title": f"{title}: {regions}" if regions else title,
        "scale": scale,
        "alt": i18n.text(lang, "sheet.word.detail_alt", **shown),
        "of": i18n.text(lang, "sheet.word.detail_of", letter=inset.letter, page=parent),
        "legend": i18n.text(lang, "sheet.word.detail_legend", page="{page}"),
        "x": inset.box[0],
        "y": inset.box[1],
        "head": HEAD_MM * unit,
        "strip": inset.box[0] - MARGIN_MM * unit,
        "crs": item.frame.crs,
        "extent": item.frame.extent,
        "north": -north(item.frame),
        "frame": {
            "ticks": [{"edge": tick.edge, "at": tick.at, "text": tick.text} for tick in lines.ticks],
            **fields.marks(),
            "column_mm": fields.width_mm,
            "row_mm": fields.height_mm,
        },
        "signs": [
            {
                "svg": sign.svg,
                "w": sign.size_mm * layout.sign_share,
                "h": sign.size_mm * layout.sign_share,
                "title": sign.short or sign.title,
            }
            for code, sign in scene.signs.items()
            if code in types
        ],
        "bar": detail_bar(item, lang, unit),
        "projection": f"{crs}; {i18n.text(lang, 'sheet.word.convergence')} {angle_text(north(item.frame))}",
        "key": _key(item, layout),
    }


def details_said(layout: SheetLayout, lang: str) -> str:
    """What the sheet's notes say of its detail maps, "" where it has none."""
    pages = [inset.page for inset in _insets(layout) if inset.page]
    return pages_said(len(pages), lang)


def pages_said(count: int, lang: str) -> str:
    """Say on which pages so many detail maps are."""
    if not count:
        return ""
    first, last = BEFORE + 1, BEFORE + count
    pages = str(first) if count == 1 else f"{first}–{last}"
    return i18n.text(lang, "sheet.reason.details", n=count, pages=pages)


def detail_bar(item: MapLayout, lang: str, unit: float) -> dict[str, Any]:
    """The scale bar of a detail map; it grows with the paper (``unit``), shorter on an upright page."""
    widest = SCALE_BAR_MM if item.frame.width_mm > item.frame.height_mm else UPRIGHT_BAR_MM
    return scale_bar(item.frame.denominator, lang, widest * unit, finer=True)


def _key(item: MapLayout, layout: SheetLayout) -> dict[str, Any]:
    """The first page's map in small, with the windows of the detail maps that lie on it."""
    inset, main = item.inset, layout.main.frame
    assert inset is not None  # noqa: S101
    share = min(KEY_MM[0] / main.width_mm, KEY_MM[1] / main.height_mm) * layout.unit
    homes = {each.letter: each for each in _insets(layout)}
    here = inset
    while here.parent and homes[here.parent].page:
        here = homes[here.parent]

    def small(letter: str, box: Box) -> dict[str, Any]:
        x0, y0, x1, y1 = (value * share for value in box)
        return {"letter": letter, "x": x0, "y": y0, "w": x1 - x0, "h": y1 - y0}

    found = []
    for other in homes.values():
        if other.page and (not other.parent or not homes[other.parent].page):
            dx, dy = homes[other.parent].box[:2] if other.parent else (0.0, 0.0)
            x0, y0, x1, y1 = other.spot.source
            box = (x0 + dx, y0 + dy, x1 + dx, y1 + dy)
            found.append({**small(other.letter, box), "here": other == here})
    panels = [small(each.letter, each.box) for each in homes.values() if each.title and not each.page]
    return {"w": main.width_mm * share, "h": main.height_mm * share, "windows": found, "panels": panels}


def _insets(layout: SheetLayout) -> list[Inset]:
    return [each.inset for each in layout.maps if each.inset is not None]


def _crowd(members: Sequence[Member]) -> int:
    """At how many places some members stand."""
    return len({(member.longitude, member.latitude) for member in members})
