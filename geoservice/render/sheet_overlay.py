"""What lies over the base of a map, as SVG: halos of texts, leader lines, plates, signs, frames of insets.

Texts themselves are Typst's; only their halos are drawn here, a line around the letters of the same faces, so
that a name is in the file once. (Outlines of letters would be most of the file and most of the time.)
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from geoservice.render.sheet_glyphs import extent
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_layout import MapLayout
from geoservice.render.sheet_tags import source_frame
from geoservice.render.sheet_text import Face, FontSet
from geoservice.scheme.boxes import Box, Segment

if TYPE_CHECKING:
    from geoservice.render.sheet_names import Run
    from geoservice.scheme.insets import Inset
    from geoservice.scheme.scene import Scene

#: Left, top, right and foot of a letter's ground, in steps of the grid.
Ground = tuple[int, int, int, int]

INK = "#1c1c1c"
ACCENT = "#9b1c31"
HALO_MM, HALO_SHARE = 0.85, 0.36  # width of the stroke: at least, and as a share of the letters' size
HALO_OPACITY = 0.9
GRID = 20  # halos are drawn in steps of a twentieth of a millimetre
LEVEL = 4  # letters of about the same height share a level, and the line around them runs on
CUT = 6  # what is cut off the corners of a halo
SPOT_MM = 0.8  # an organisation that an inset shows
OUTLINE_MM, WEDGE_MM, LONGEST_WEDGE_MM = 0.18, 2.2, 7.0  # line around a plate; foot and length of its pointer


def overlay(layout: MapLayout, scene: Scene, fonts: FontSet) -> str:
    """Draw the overlay of one map as an SVG document of the map's size."""
    width, height = layout.frame.width_mm, layout.frame.height_mm
    parts = [
        _symbols(layout, scene),
        _spots(layout, scene),
        halos(layout.runs, fonts),
        _sources(layout.tags),
        _lines(layout.leaders, "#5a5a5a", 0.13),
        _lines([*layout.signs.stems, *(line for line in layout.signs.pointers if _long(line))], INK, 0.22),
        plate_svg(layout.signs.plates, layout.signs.pointers),
        *(
            f'<use xlink:href="#s-{image.sign}" x="{image.x - image.size_mm / 2:.3f}" '
            f'y="{image.y - image.size_mm / 2:.3f}" width="{image.size_mm:.3f}" '
            f'height="{image.size_mm:.3f}"/>'
            for image in layout.signs.images
        ),
        # A place may lie under its neighbour's sign: what leads from it to its own is drawn over both.
        _lines(layout.signs.ticks, INK, 0.22),
        "".join(place_svg(x, y) for x, y in layout.signs.dots),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'
    )


def _elsewhere(layout: MapLayout, scene: Scene) -> list[tuple[float, float]]:
    """Places in the spots of this map's insets and detail maps, where their organisations are shown."""
    spots = [inset.spot.source for inset, _ in layout.tags]
    if not spots:
        return []
    here = set(layout.signs.members)
    places = {at for key, at in member_places(scene, layout.frame).items() if key not in here}
    return sorted(
        (x, y) for x, y in places if any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in spots)
    )


def _spots(layout: MapLayout, scene: Scene) -> str:
    """The spots of insets, paler than the map around, with dots for the organisations there."""
    frames = (source_frame(inset.spot.source) for inset, _ in layout.tags)
    pale = "".join(
        f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}"/>'
        for x0, y0, x1, y1 in frames
    )
    grounds = f'<g fill="#ffffff" fill-opacity="0.35">{pale}</g>' if pale else ""
    return grounds + spots_svg(_elsewhere(layout, scene))


def spots_svg(places: Iterable[tuple[float, float]]) -> str:
    """Dots for organisations that another map of the sheet shows: where they are is seen here, too."""
    path = "".join(f"M{x:.2f} {y:.2f}h0" for x, y in places)
    if not path:
        return ""
    dots = f'd="{path}" stroke-linecap="round"'
    return (
        f'<path {dots} stroke="#ffffff" stroke-width="{SPOT_MM + 0.2:g}"/>'
        f'<path {dots} stroke="{ACCENT}" stroke-width="{SPOT_MM:g}"/>'
    )


def _lines(lines: Iterable[Sequence[float]], colour: str, width_mm: float) -> str:
    path = "".join(f"M{a:.2f} {b:.2f}L{c:.2f} {d:.2f}" for a, b, c, d in lines)
    if not path:
        return ""
    return (
        f'<path d="{path}" fill="none" stroke="#ffffff" stroke-opacity="0.8" '
        f'stroke-width="{width_mm + 0.35:g}"/>'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width_mm:g}"/>'
    )


def plate_svg(plates: Sequence[Box], pointers: Sequence[Segment]) -> str:
    """Plates of stacks, each drawn in one outline with the wedge that points to its place.

    Args:
        plates: boxes in mm.
        pointers: for each plate the line from its place to its edge.
    """
    shapes = "".join(
        f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}" rx="0.8"/>'
        for x0, y0, x1, y1 in plates
    )
    shapes += "".join(_wedge(plate, line) for plate, line in zip(plates, pointers, strict=True))
    if not shapes:
        return ""
    outline = f'stroke="{INK}" stroke-width="{2 * OUTLINE_MM:g}" stroke-linejoin="round"'
    return f'<g {outline}>{shapes}</g><g fill="#ffffff">{shapes}</g>'


def _long(pointer: Segment) -> bool:
    """Whether a stack stands so far from its place that a wedge would hide the map: a line leads there."""
    return math.hypot(pointer[2] - pointer[0], pointer[3] - pointer[1]) > LONGEST_WEDGE_MM


def _wedge(plate: Box, line: Segment) -> str:
    """A narrow triangle from a place into the plate, its foot as wide as :data:`WEDGE_MM`."""
    x, y, edge_x, edge_y = line
    if _long(line):
        return ""
    middle_x, middle_y = (plate[0] + plate[2]) / 2, (plate[1] + plate[3]) / 2
    # The foot lies inside the plate, so that no corner of it shows.
    foot_x, foot_y = edge_x + (middle_x - edge_x) * 0.25, edge_y + (middle_y - edge_y) * 0.25
    length = math.hypot(foot_x - x, foot_y - y) or 1.0
    dx, dy = -(foot_y - y) / length * WEDGE_MM / 2, (foot_x - x) / length * WEDGE_MM / 2
    corners = ((x, y), (foot_x + dx, foot_y + dy), (foot_x - dx, foot_y - dy))
    return '<path d="M' + "L".join(f"{a:.2f} {b:.2f}" for a, b in corners) + 'Z"/>'


def place_svg(x: float, y: float) -> str:
    """The dot on a place whose sign stands beside it."""
    return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="0.5" fill="{INK}" stroke="#ffffff" stroke-width="0.2"/>'


def _sources(tags: Sequence[tuple[Inset, Box]]) -> str:
    """Frames of the insets on the main map with the plates of their letters."""
    parts = []
    for inset, tag in tags:
        x0, y0, x1, y1 = source_frame(inset.spot.source)
        parts.append(
            f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}" '
            f'fill="none" stroke="{ACCENT}" stroke-width="0.35"/>'
        )
        x0, y0, x1, y1 = tag
        parts.append(
            f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}" fill="{ACCENT}"/>'
        )
    return "".join(parts)


# -- signs ---------------------------------------------------------------------------------------------------


def _symbols(layout: MapLayout, scene: Scene) -> str:
    used = sorted({image.sign for image in layout.signs.images})
    return "<defs>" + "".join(symbol_definition(name, scene.signs[name].svg) for name in used) + "</defs>"


@lru_cache(maxsize=128)
def symbol_definition(name: str, svg: str) -> str:
    """Turn a symbol's document into an SVG ``<symbol id="s-name">``."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # a file of styles/, not of a user's upload
    box = root.get("viewBox") or f"0 0 {root.get('width', '24')} {root.get('height', '24')}"
    inner = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    inner = re.sub(r'\s?xmlns:ns\d+="http://www\.w3\.org/2000/svg"', "", inner)
    inner = re.sub(r"(</?)ns\d+:", r"\1", inner)
    return f'<symbol id="s-{name}" viewBox="{box}">{inner}</symbol>'


# -- halos ---------------------------------------------------------------------------------------------------


def halos(runs: Sequence[Run], fonts: FontSet) -> str:
    """The ground of all letters that have a halo, one path for each colour: whole steps of a grid."""
    drawn: dict[tuple[str, str], list[str]] = {}
    for item in runs:
        if item.halo:
            turned = f"rotate({item.angle:g} {item.x:g} {item.y:g}) " if item.angle else ""
            drawn.setdefault((item.halo, turned), []).append(_letters(item, fonts))
    return "".join(
        f'<path fill="{colour}" fill-opacity="{HALO_OPACITY}" transform="{turned}scale({1 / GRID:g})" '
        f'd="{"".join(paths)}"/>'
        for (colour, turned), paths in drawn.items()
    )


def _letters(item: Run, fonts: FontSet) -> str:
    first = _grounds(item.text, fonts, item.face, item.size_mm, item.tracking_mm)
    if first is None:
        return ""
    start_x, start_y, steps = first
    return f"M{round(item.x * GRID) + start_x} {round(item.y * GRID) + start_y}{steps}"


@lru_cache(maxsize=4096)
def _grounds(
    text: str, fonts: FontSet, face: Face, size_mm: float, tracking_mm: float
) -> tuple[int, int, str] | None:
    """Where the ground of a text begins, and the steps around it: one outline for letters that touch."""
    x, right, bands = 0.0, 0, list[list[Ground]]()
    known = _face_grounds(fonts, face, size_mm)
    for char in text:
        ground, advance_mm = known[char]
        if ground is not None:
            at = round(x * GRID)
            left, top, beyond, foot = ground
            if not bands or left + at > right:
                bands.append([])
            right = beyond + at
            bands[-1].append((left + at, top, right, foot))
        x += advance_mm + tracking_mm
    if not bands:
        return None
    outlines = [_outline(band) for band in bands]
    parts, last = [_steps(outlines[0])], outlines[0][0]
    for outline in outlines[1:]:
        # A closed path ends where it began: the next one begins a step from there.
        parts.append(f"m{outline[0][0] - last[0]} {outline[0][1] - last[1]}{_steps(outline)}")
        last = outline[0]
    return (*outlines[0][0], "".join(parts))


def _outline(band: Sequence[Ground]) -> list[tuple[int, int]]:
    """The corners around letters that touch, clockwise: along their tops, back along their feet."""
    return [*_edge(band, 1, -1), *reversed(_edge(band, 3, 1))]


def _edge(band: Sequence[Ground], side: int, out: int) -> list[tuple[int, int]]:
    """From left to right along the tops or the feet, with the outer corners cut off."""
    left, right, last = band[0][0], band[-1][2], band[-1][side]
    places = [(left, band[0][side] - out * CUT), (left + CUT, band[0][side])]
    for one, other in itertools.pairwise(band):
        here, there = one[side], other[side]
        cut = min(CUT, abs(there - here))
        if (there - here) * out > 0:
            at = other[0]
            places += [(at, here), (at, there - out * cut), (at + cut, there)]
        elif there != here:
            at = one[2]
            places += [(at - cut, here), (at, here - out * cut), (at, there)]
    return [*places, (right - CUT, last), (right, last - out * CUT)]


def _steps(places: Sequence[tuple[int, int]]) -> str:
    parts = []
    for (a_x, a_y), (b_x, b_y) in itertools.pairwise(places):
        if a_y != b_y:
            parts.append(f"v{b_y - a_y}" if a_x == b_x else f"l{b_x - a_x} {b_y - a_y}")
        elif a_x != b_x:
            parts.append(f"h{b_x - a_x}")
    return f"{''.join(parts)}z"


class _FaceGrounds(dict[str, tuple[Ground | None, float]]):
    """Character -> its ground in a size of a face and its advance in mm, reckoned when it is asked for."""

    def __init__(self, fonts: FontSet, face: Face, size_mm: float) -> None:
        super().__init__()
        self._fonts, self._face, self._size_mm = fonts, face, size_mm
        self._beyond = max(HALO_MM / size_mm, HALO_SHARE) / 2

    def __missing__(self, char: str) -> tuple[Ground | None, float]:
        box = extent(self._fonts.folder, self._face, char)
        ground = None if box is None else _ground(box, self._size_mm, self._beyond)
        self[char] = found = (ground, self._fonts.em(char, self._face) * self._size_mm)
        return found


@lru_cache(maxsize=64)
def _face_grounds(fonts: FontSet, face: Face, size_mm: float) -> _FaceGrounds:
    return _FaceGrounds(fonts, face, size_mm)


def _ground(box: Box, size_mm: float, beyond: float) -> Ground:
    """The ground of a letter: its box and what is beyond, upwards and downwards to whole levels."""
    scale, level = size_mm * GRID, LEVEL
    left, top, right, foot = box
    return (
        round((left - beyond) * scale),
        math.floor((top - beyond) * scale / level + 0.25) * level,
        round((right + beyond) * scale),
        math.ceil((foot + beyond) * scale / level - 0.25) * level,
    )
