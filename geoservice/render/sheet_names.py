"""Names on a map of the sheet: of members beside their signs, of settlements, regions, seas, countries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice.render.sheet_rooms import Slant, best_box, best_slant
from geoservice.render.sheet_text import SLACK, Face, normal, wrapped
from geoservice.scheme.boxes import Box, Ink, Obstacles, Segment, grown
from geoservice.scheme.labels import LEADERS_MM, place_labels
from geoservice.scheme.placed import Label, PlacedLabel

if TYPE_CHECKING:
    from geoservice.render.sheet_base import AreaName, BaseMap, Dot
    from geoservice.render.sheet_signs import MapSigns
    from geoservice.render.sheet_text import FontSet
    from geoservice.scheme.scene import Member, Scene

NAME_MM, SPECIALISATION_MM = 2.3, 2.12
#: The least size of letters: 6 points, and 5 on paper smaller than A3.
LEAST_MM, LEAST_ON_A4_MM = 2.12, 1.775
NAME_COLOUR, SPECIALISATION_COLOUR = "#1c1c1c", "#4a4a4a"
LINE = 1.14
#: Widths at which a member's name is broken into lines, the fullest text first; for a name that is long even
#: at the widest of them there is a wider one.
WIDTHS_MM = (34.0, 27.0, 22.0)
LONG_NAMES_MM = 46.0
NAME_LINES, SPECIALISATION_LINES, LIST_LINES = 3, 4, 2
CUT = "…"
#: Stacks up to this long have their names listed beside them: width, and whether with what each one does.
LONGEST_LIST = 16
LISTS_MM = ((62.0, True), (46.0, True), (46.0, False), (34.0, False))
CAPS_TRACKING = 0.14  # em
#: Areas smaller than this are not named; one larger than that is named though its town is named alike.
LEAST_AREA_MM2, LARGE_MM2 = 30.0, 900.0
OCCUPIED_RANK = 10
ASCENT, DESCENT = 0.74, 0.24  # em: what the letters of a line take above and below the baseline


class Run(Struct, frozen=True):
    """A line of text on a map: left end of its baseline, size, face, colours, letter spacing; mm.

    ``angle``: degrees by which it is turned clockwise around that end.
    """

    text: str
    x: float
    y: float
    size_mm: float
    face: Face
    colour: str
    halo: str = ""
    tracking_mm: float = 0.0
    angle: float = 0.0


def run(
    text: str,
    x: float,
    y: float,
    size_mm: float,
    face: Face,
    colour: str,
    *,
    halo: bool | str = True,
    tracking_mm: float = 0.0,
) -> Run:
    """Make a run; ``halo`` is a colour, or whether there is a white one."""
    ring = halo if isinstance(halo, str) else "#ffffff" if halo else ""
    return Run(text, round(x, 3), round(y, 3), size_mm, face, colour, ring, round(tracking_mm, 3))


def readable(size_mm: float, unit: float) -> float:
    """The size of a text that grows with the paper (``unit``), as large as it has to be to be read."""
    return max(size_mm * unit, LEAST_MM if unit >= 1 else LEAST_ON_A4_MM)


# -- members -------------------------------------------------------------------------------------------------


class _Block(Struct, frozen=True):
    """A text of several lines: (text, size, face, colour) each, and the size of the whole."""

    lines: tuple[tuple[str, float, Face, str], ...]
    width: float
    height: float


def name_members(
    signs: MapSigns,
    scene: Scene,
    fonts: FontSet,
    bounds: Box,
    obstacles: Obstacles,
    unit: float,
    inset: bool,
    ink: Ink | None = None,
) -> tuple[list[Run], list[Segment]]:
    """Set names and specialisations beside signs where there is room: large enterprises first."""
    members = {member.id: member for member in scene.placed}
    labels, blocks = [], {}
    for member_id, around in signs.around.items():
        member = members[member_id]
        variants = _variants(*_texts(member), fonts, unit)
        blocks[member_id] = variants
        sizes = tuple((block.width, block.height) for block in variants)
        priority = round(scene.signs[member.type_code].size_mm * 10) * 1000 - member.number
        labels.append(Label(member_id, around, sizes, priority))
    for ids, plate in signs.stacks:
        if len(ids) <= LONGEST_LIST:
            told = tuple((str(members[i].number), *_texts(members[i])) for i in ids)
            blocks[ids[0]] = _lists(told, fonts, unit)
            sizes = tuple((block.width, block.height) for block in blocks[ids[0]])
            labels.append(Label(ids[0], plate, sizes, -len(ids)))
    crowd = len(labels)
    leaders = LEADERS_MM if crowd <= 60 else LEADERS_MM[:5] if crowd <= 150 else LEADERS_MM[:3]
    placed = place_labels(labels, bounds, obstacles, leaders=leaders[: 5 if inset else None], ink=ink)
    runs = [r for key, at in placed.items() for r in _block_runs(blocks[key][at.variant], at, fonts)]
    return runs, [at.leader for at in placed.values() if at.leader is not None]


def _texts(member: Member) -> tuple[str, str]:
    return normal(member.name), normal(member.specialisation)


@lru_cache(maxsize=1024)
def _lists(members: tuple[tuple[str, str, str], ...], fonts: FontSet, unit: float) -> tuple[_Block, ...]:
    """Names of a stack under each other: with what they do, then the names alone, ever narrower.

    None is cut as long as all fit on two lines each.
    """
    found = [_list(members, fonts, unit, widest, whole) for widest, whole in LISTS_MM]
    return tuple(block for block in found if not _cut(block)) or (found[2],)


def _list(
    members: tuple[tuple[str, str, str], ...], fonts: FontSet, unit: float, widest: float, whole: bool
) -> _Block:
    size, small = readable(NAME_MM, unit), readable(SPECIALISATION_MM, unit)
    lines: list[tuple[str, float, Face, str]] = []
    for number, name, text in members:
        said = wrapped(f"{number} {name}", fonts, size, "semibold", widest * unit, LIST_LINES)
        lines += [(line, size, "semibold", NAME_COLOUR) for line in said]
        if whole and text:
            said = wrapped(text, fonts, small, "italic", widest * unit, LIST_LINES)
            lines += [(line, small, "italic", SPECIALISATION_COLOUR) for line in said]
    return _measured(lines, fonts)


@lru_cache(maxsize=8192)
def _variants(name: str, text: str, fonts: FontSet, unit: float) -> tuple[_Block, ...]:
    """Name and specialisation at several widths, then the name alone; the table says what has no room.

    A specialisation is there in full or not at all; a name is cut, between words, where no width holds it.
    """
    widths: tuple[float, ...] = WIDTHS_MM
    if _cut(_block(name, "", fonts, unit, widths[0])):
        widths = (LONG_NAMES_MM, *widths)
    widths = tuple(w for w in widths if not _cut(_block(name, "", fonts, unit, w))) or widths[:1]
    told = [_block(name, text, fonts, unit, widest) for widest in widths] if text else []
    told = [block for block in told if not block.lines[-1][0].endswith(CUT)]
    return tuple(dict.fromkeys((*told, *(_block(name, "", fonts, unit, widest) for widest in widths))))


def _cut(block: _Block) -> bool:
    """Whether a line of a block was cut short; a text of a user's may end so by itself."""
    return any(line.endswith(CUT) for line, *_ in block.lines)


@lru_cache(maxsize=8192)
def _block(name: str, text: str, fonts: FontSet, unit: float, widest: float) -> _Block:
    size, small = readable(NAME_MM, unit), readable(SPECIALISATION_MM, unit)
    named = wrapped(name, fonts, size, "semibold", widest * unit, NAME_LINES)
    does = wrapped(text, fonts, small, "italic", widest * unit, SPECIALISATION_LINES)
    lines: list[tuple[str, float, Face, str]] = [(line, size, "semibold", NAME_COLOUR) for line in named]
    lines += [(line, small, "italic", SPECIALISATION_COLOUR) for line in does]
    return _measured(lines, fonts)


def _measured(lines: list[tuple[str, float, Face, str]], fonts: FontSet) -> _Block:
    width = max((fonts.width(line, mm, face) for line, mm, face, _ in lines), default=0.0)
    height = sum(mm * LINE for _, mm, _, _ in lines)
    return _Block(tuple(lines), round(width, 3), round(height, 3))


def _block_runs(block: _Block, at: PlacedLabel, fonts: FontSet) -> list[Run]:
    runs, top = [], at.box[1]
    for text, size, face, colour in block.lines:
        width = fonts.width(text, size, face) / SLACK
        spare = at.box[2] - at.box[0] - width
        x = at.box[0] + {"left": 0.0, "center": spare / 2, "right": spare}[at.align]
        runs.append(run(text, x, top + size * 0.86, size, face, colour))
        top += size * LINE
    return runs


# -- settlements ---------------------------------------------------------------------------------------------


def name_dots(
    dots: Sequence[Dot],
    fonts: FontSet,
    bounds: Box,
    obstacles: Obstacles,
    unit: float,
    ink: Ink | None = None,
) -> list[Run]:
    """Set names of settlements and other point features, larger ones first; those without room go without."""
    labels, dot_of = [], {}
    for index, dot in enumerate(dots):
        name = normal(dot.name)
        if not (name and dot.paint.label and _inside(dot.x, dot.y, bounds)):
            continue
        half = dot.size_mm / 2
        key = f"{index:05d}"
        size = readable(dot.paint.label_mm, unit)
        width = fonts.width(name, size, _face(dot.paint.label_style))
        dot_of[key] = (dot, name, size)
        around = (dot.x - half, dot.y - half, dot.x + half, dot.y + half)
        labels.append(
            Label(key, around, ((width, size * (ASCENT + DESCENT)),), round(dot.paint.label_mm * 100), False)
        )
    placed = place_labels(labels, bounds, obstacles, ink=ink)
    runs = []
    for key, at in placed.items():
        dot, name, size = dot_of[key]
        paint = dot.paint
        x, y = at.box[0], at.box[1] + size * ASCENT
        runs.append(
            run(name, x, y, size, _face(paint.label_style), paint.label_colour, halo=paint.label_halo)
        )
    return runs


def _inside(x: float, y: float, bounds: Box) -> bool:
    return bounds[0] < x < bounds[2] and bounds[1] < y < bounds[3]


def _face(style: str) -> Face:
    faces: dict[str, Face] = {"italic": "italic", "bold": "semibold", "caps": "semibold"}
    return faces.get(style, "regular")


# -- areas ---------------------------------------------------------------------------------------------------


def name_areas(
    base: BaseMap,
    settled: Sequence[Run],
    fonts: FontSet,
    bounds: Box,
    obstacles: Obstacles,
    unit: float,
    lang: str,
) -> list[Run]:
    """Set names of regions, countries and seas inside their areas; those without room go without.

    A region named like what is named in it already (a city's region beside the city) is not named again.
    ``settled`` are the names of settlements that were set. A small region that holds members may have its
    name reach over its borders.
    """
    import shapely

    frame = shapely.box(*bounds)
    runs: list[Run] = []
    written = {run.text for run in settled}
    told = [(normal(dot.name), (dot.x, dot.y)) for dot in base.dots if normal(dot.name) in written]
    lone = sum(area.rank == OCCUPIED_RANK for area in base.areas) == 1
    places = []
    for area in sorted(base.areas, key=lambda each: (each.rank, -each.polygon.area)):
        polygon = area.polygon.intersection(frame)
        if not polygon.is_empty and polygon.area >= LEAST_AREA_MM2:
            places.append(_AreaPlacer(area, polygon, fonts, bounds, obstacles, unit, base.ink))
    for _, alike in groupby(places, key=lambda each: each.area.rank):
        rest = list(alike)
        # Those that find no level place are slanted where the others of their rank left room.
        for find in (_AreaPlacer.level, _AreaPlacer.along):
            waiting, rest = rest, []
            for place in waiting:
                if _told(place.area, place.polygon, told, lone):
                    continue
                if found := find(place, lang):
                    at, named = found
                    for box in at.boxes:
                        obstacles.add(grown(box, 0.4))
                    runs += named
                    told.append((normal(place.area.name), (at.x, at.y)))
                else:
                    rest.append(place)
    return runs


def _told(area: AreaName, polygon: Any, told: Sequence[tuple[str, tuple[float, float]]], lone: bool) -> bool:
    """Whether a name in the area says the same, or the same with a word such as "city" more or less.

    A large region that holds members is named all the same where its name is the town's, and where it is the
    only one (``lone``).
    """
    import shapely

    words = set(normal(area.name).casefold().split())
    for name, (x, y) in told:
        other = set(name.casefold().split())
        if words <= other or other <= words:
            if area.rank == OCCUPIED_RANK and (lone or words == other) and polygon.area > LARGE_MM2:
                continue
            if shapely.contains_xy(polygon, x, y):
                return True
    return False


Named = tuple[Slant, list[Run]]  # where a name stands, and its lines


class _AreaPlacer(Struct, frozen=True):
    """Looks for the place of one area's name."""

    area: AreaName
    polygon: Any
    fonts: FontSet
    bounds: Box
    obstacles: Obstacles
    unit: float
    ink: Ink

    def level(self, lang: str) -> Named | None:
        """The name within its area, on one line or two, a little smaller if need be.

        That of a small region with members may have only its middle there, its ends over the borders.
        """
        found = self._tried(lang, (1.0, 0.85), lambda block: self._level(block, 1.0))
        if found is None and self.area.rank == OCCUPIED_RANK:
            found = self._tried(lang, (0.9,), lambda block: self._level(block, 0.2))
        return found

    def along(self, lang: str) -> Named | None:
        """The name within its area, slanted along the area's long axis."""
        room = (self.bounds, self.obstacles, self.ink)
        return self._tried(lang, (1.0, 0.85), lambda block: best_slant(self.polygon, block, *room))

    def _level(self, block: tuple[float, float], core: float) -> Slant | None:
        box = best_box(self.polygon, block, self.bounds, self.obstacles, self.ink, core)
        return box and Slant((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 0.0, (box,))

    def _tried(
        self, lang: str, factors: tuple[float, ...], place: Callable[[tuple[float, float]], Slant | None]
    ) -> Named | None:
        paint = self.area.paint
        caps, face = paint.label_style == "caps", _face(paint.label_style)
        for text in _spellings(normal(self.area.name), caps, lang):
            for factor in factors:
                size = readable(paint.label_mm * factor, self.unit)
                tracking = size * CAPS_TRACKING if caps else 0.0
                widths = [self.fonts.width(line, size, face) + tracking * (len(line) - 1) for line in text]
                block = (max(widths), size * 1.1 * len(text))
                at = place(block)
                if at is not None:
                    return at, _area_runs(text, widths, at, size, face, tracking, self.area)
        return None


def _spellings(name: str, caps: bool, lang: str) -> list[tuple[str, ...]]:
    """The name on one line, then on two."""
    text = _upper(name, lang) if caps else name
    words = text.split()
    forms: list[tuple[str, ...]] = [(text,)]
    if len(words) > 1:
        cuts = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
        forms.append(min(cuts, key=lambda pair: max(map(len, pair))))
    return forms


def _upper(name: str, lang: str) -> str:
    """Upper case; in Azerbaijani an i becomes İ."""
    return (name.replace("i", "İ") if lang == "az" else name).upper()


def _area_runs(
    text: tuple[str, ...],
    widths: list[float],
    at: Slant,
    size: float,
    face: Face,
    tracking: float,
    area: AreaName,
) -> list[Run]:
    paint, runs = area.paint, []
    for index, (line, width) in enumerate(zip(text, widths, strict=True)):
        x, y = at.at(-width / 2, size * (0.9 + 1.1 * index - 0.55 * len(text)))
        level = run(line, x, y, size, face, paint.label_colour, halo=paint.label_halo, tracking_mm=tracking)
        runs.append(replace(level, angle=at.angle))
    return runs
