"""Names on a map of the sheet: of members beside their signs, of settlements, regions, seas, countries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geoservice.render.sheet_text import SLACK, Face, normal, wrapped
from geoservice.scheme.boxes import Box, Obstacles, Segment, grown, within
from geoservice.scheme.labels import LEADERS_MM, Label, PlacedLabel, place_labels

if TYPE_CHECKING:
    from geoservice.render.sheet_base import AreaName, Dot
    from geoservice.render.sheet_signs import MapSigns
    from geoservice.render.sheet_text import FontSet
    from geoservice.scheme.scene import Member, Scene

NAME_MM, SPECIALISATION_MM = 2.3, 2.05
NAME_COLOUR, SPECIALISATION_COLOUR = "#1c1c1c", "#4a4a4a"
LINE = 1.14
#: Widths at which a member's name is broken into lines, the fullest text first.
WIDTHS_MM = (34.0, 27.0, 22.0)
CAPS_TRACKING = 0.14  # em
ASCENT, DESCENT = 0.74, 0.24  # em: what the letters of a line take above and below the baseline


@dataclass(frozen=True, slots=True)
class Run:
    """A line of text on a map: left end of its baseline, size, face, colours, letter spacing; mm."""

    text: str
    x: float
    y: float
    size_mm: float
    face: Face
    colour: str
    halo: str = ""
    tracking_mm: float = 0.0


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


# -- members -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
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
) -> tuple[list[Run], list[Segment]]:
    """Set names and specialisations of single signs where there is room: large enterprises first."""
    members = {member.id: member for member in scene.placed}
    labels, blocks = [], {}
    for member_id, around in signs.around.items():
        member = members[member_id]
        variants = _variants(member, fonts, unit)
        blocks[member_id] = variants
        sizes = tuple((block.width, block.height) for block in variants)
        priority = round(scene.signs[member.type_code].size_mm * 10) * 1000 - member.number
        labels.append(Label(member_id, around, sizes, priority))
    crowd = len(labels)
    leaders = LEADERS_MM if crowd <= 60 else LEADERS_MM[:5] if crowd <= 150 else LEADERS_MM[:3]
    placed = place_labels(labels, bounds, obstacles, leaders=leaders[: 5 if inset else None])
    runs = [r for key, at in placed.items() for r in _block_runs(blocks[key][at.variant], at, fonts)]
    return runs, [at.leader for at in placed.values() if at.leader is not None]


def _variants(member: Member, fonts: FontSet, unit: float) -> tuple[_Block, ...]:
    """Name and specialisation at several widths, then the name alone."""
    name, text = normal(member.name), normal(member.specialisation)
    whole = [_block(name, text, fonts, unit, widest, 3, 3) for widest in WIDTHS_MM] if text else []
    cut = [_block(name, text, fonts, unit, widest, 3, 1) for widest in WIDTHS_MM] if text else []
    plain = [_block(name, "", fonts, unit, widest, 3, 0) for widest in WIDTHS_MM]
    return tuple(dict.fromkeys((*whole, *cut, *plain)))


def _block(
    name: str, text: str, fonts: FontSet, unit: float, widest: float, name_lines: int, spec_lines: int
) -> _Block:
    size, small = NAME_MM * unit, SPECIALISATION_MM * unit
    lines: list[tuple[str, float, Face, str]] = [
        (line, size, "semibold", NAME_COLOUR)
        for line in wrapped(name, fonts, size, "semibold", widest * unit, name_lines)
    ]
    lines += [
        (line, small, "italic", SPECIALISATION_COLOUR)
        for line in wrapped(text, fonts, small, "italic", widest * unit, spec_lines)
        if spec_lines
    ]
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
    dots: Sequence[Dot], fonts: FontSet, bounds: Box, obstacles: Obstacles, unit: float
) -> list[Run]:
    """Set names of settlements and other point features, larger ones first; those without room go without."""
    labels, dot_of = [], {}
    for index, dot in enumerate(dots):
        name = normal(dot.name)
        if not (name and dot.paint.label and _inside(dot.x, dot.y, bounds)):
            continue
        half = dot.size_mm / 2
        key = f"{index:05d}"
        size = dot.paint.label_mm * unit
        width = fonts.width(name, size, _face(dot.paint.label_style))
        dot_of[key] = (dot, name, size)
        around = (dot.x - half, dot.y - half, dot.x + half, dot.y + half)
        labels.append(
            Label(key, around, ((width, size * (ASCENT + DESCENT)),), round(dot.paint.label_mm * 100), False)
        )
    placed = place_labels(labels, bounds, obstacles)
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
    areas: Sequence[AreaName], fonts: FontSet, bounds: Box, obstacles: Obstacles, unit: float, lang: str
) -> list[Run]:
    """Set names of regions, countries and seas inside their areas; those without room go without."""
    import shapely

    frame = shapely.box(*bounds)
    runs: list[Run] = []
    order = sorted(enumerate(areas), key=lambda pair: (pair[1].rank, -pair[1].polygon.area, pair[0]))
    for _, area in order:
        found = _place_area(area, frame, fonts, bounds, obstacles, unit, lang)
        if found:
            runs += found
    return runs


def _place_area(
    area: AreaName, frame: Any, fonts: FontSet, bounds: Box, obstacles: Obstacles, unit: float, lang: str
) -> list[Run]:
    polygon = area.polygon.intersection(frame)
    if polygon.is_empty or polygon.area < 30:
        return []
    caps = area.paint.label_style == "caps"
    face = _face(area.paint.label_style)
    for text in _spellings(normal(area.name), caps, lang):
        for factor in (1.0, 0.85):
            size = area.paint.label_mm * unit * factor
            tracking = size * CAPS_TRACKING if caps else 0.0
            widths = [fonts.width(line, size, face) + tracking * (len(line) - 1) for line in text]
            block = (max(widths), size * 1.1 * len(text))
            box = _best_box(polygon, block, bounds, obstacles)
            if box is not None:
                obstacles.add(grown(box, 0.4))
                return _area_runs(text, widths, box, size, face, tracking, area)
    return []


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


def _best_box(polygon: Any, block: tuple[float, float], bounds: Box, obstacles: Obstacles) -> Box | None:
    """The free box inside a polygon that is nearest to its middle."""
    import numpy as np
    import shapely

    width, height = block
    low_x, low_y, high_x, high_y = polygon.bounds
    if high_x - low_x < width * 0.8 or high_y - low_y < height:
        return None
    xs = np.linspace(low_x + width * 0.4, high_x - width * 0.4, 22)
    ys = np.linspace(low_y + height / 2, high_y - height / 2, 18)
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    boxes = np.column_stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
    free = within(boxes, grown(bounds, -1.0)) & obstacles.clear_of_boxes(boxes)
    free &= obstacles.clear_of_lines(boxes)
    if not free.any():
        return None
    boxes, x, y = boxes[free], x[free], y[free]
    shapely.prepare(polygon)
    inside = np.ones(len(boxes), dtype=bool)
    for share in (-0.5, -0.25, 0.0, 0.25, 0.5):
        inside &= shapely.contains_xy(polygon, x + share * width, y)
    if not inside.any():
        return None
    boxes, x, y = boxes[inside], x[inside], y[inside]
    edge = shapely.distance(polygon.boundary, shapely.points(x, y))
    middle = polygon.centroid
    away = np.hypot(x - middle.x, y - middle.y)
    best = boxes[int(np.argmin(away - 1.5 * edge))]
    return (float(best[0]), float(best[1]), float(best[2]), float(best[3]))


def _area_runs(
    text: tuple[str, ...],
    widths: list[float],
    box: Box,
    size: float,
    face: Face,
    tracking: float,
    area: AreaName,
) -> list[Run]:
    runs = []
    for index, (line, width) in enumerate(zip(text, widths, strict=True)):
        x = (box[0] + box[2] - width) / 2
        y = box[1] + size * (0.9 + 1.1 * index)
        paint = area.paint
        runs.append(
            run(line, x, y, size, face, paint.label_colour, halo=paint.label_halo, tracking_mm=tracking)
        )
    return runs
