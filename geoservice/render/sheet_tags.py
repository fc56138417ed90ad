"""What marks one map on another: frames of spots with their plates, and the way to the page beside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from geoservice.render.sheet_base import MapFrame
from geoservice.render.sheet_insets import inset_frames
from geoservice.render.sheet_names import Run, readable, run
from geoservice.scheme.boxes import TINY_MM, Box, Segment, grown, overlap
from geoservice.scheme.insets import LEAST_SOURCE_MM, Inset
from geoservice.scheme.plates import DOT_MM
from geoservice.scheme.scale import scale_text

if TYPE_CHECKING:
    from geoservice.render.sheet_text import FontSet
    from geoservice.scheme.scene import Frame

ACCENT = "#9b1c31"
#: Size of what the plate of a detail map says, and of what leads to the page beside it.
PLATE_TEXT_MM, WAY_TEXT_MM = 2.47, 2.3
#: That of the main map's own title.
HEAD_TEXT_MM = 2.5


class Way(Struct, frozen=True):
    """What an edge of a detail map says of the page that goes on there: a text in its box, mm."""

    text: Run
    box: Box


def source_frame(source: Box) -> Box:
    """The frame that stands for a spot on the main map: never smaller than can be seen."""
    grow_x = max(0.0, LEAST_SOURCE_MM - (source[2] - source[0])) / 2
    grow_y = max(0.0, LEAST_SOURCE_MM - (source[3] - source[1])) / 2
    return (source[0] - grow_x, source[1] - grow_y, source[2] + grow_x, source[3] + grow_y)


def sides(box: Box) -> list[Segment]:
    """The four sides of a box."""
    x0, y0, x1, y1 = box
    return [(x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0)]


def source_tags(
    sources: Sequence[Box],
    unit: float,
    places: Sequence[tuple[float, float]] = (),
    widths: Sequence[float] = (),
    bounds: Box = (-math.inf, -math.inf, math.inf, math.inf),
) -> list[Box]:
    """The plates of the letters, each at a corner of its frame where it hides no other frame or plate.

    Of the corners that are left it is the first one that hides fewest places (mm). A plate with a width of
    its own runs from its corner along its frame, or away from it where it hides less there and stays in
    ``bounds``.
    """
    half = 1.8 * unit
    frames = [source_frame(source) for source in sources]
    tags: list[Box] = []
    for index, (x0, y0, x1, y1) in enumerate(frames):
        more = max(widths[index] - 2 * half, 0.0) if widths else 0.0
        corners = [(x0, x0 + more, y0), (x1 - more, x1, y0), (x1 - more, x1, y1), (x0, x0 + more, y1)]
        if more:
            corners += [(x, x + more, y) for x in (x0 - more, x1) for y in (y0, y1)]
        plates = [(left - half, y - half, right + half, y + half) for left, right, y in corners]
        plates = [*plates[:4], *(plate for plate in plates[4:] if _inside(plate, bounds))]
        others = [*tags, *(frame for i, frame in enumerate(frames) if i != index)]
        free = [plate for plate in plates if not any(overlap(plate, other) for other in others)]
        tags.append(min(free or plates[:1], key=lambda plate: _hidden(plate, places)))
    return tags


def _inside(plate: Box, bounds: Box) -> bool:
    low = plate[0] >= bounds[0] and plate[1] >= bounds[1]
    return low and plate[2] <= bounds[2] and plate[3] <= bounds[3]


def _hidden(plate: Box, places: Sequence[tuple[float, float]]) -> int:
    """How many places a plate hides, or touches the dot of."""
    x0, y0, x1, y1 = grown(plate, DOT_MM)
    return sum(x0 < x < x1 and y0 < y < y1 for x, y in places)


def plate_widths(insets: Sequence[Inset], fonts: FontSet, unit: float) -> list[float]:
    """How wide the plates of insets are, mm; 0 for those with a letter alone."""
    size = readable(PLATE_TEXT_MM, unit)
    return [fonts.width(o.said, size, "bold") + 1.6 * unit if o.page else 0.0 for o in insets]


def inner_windows(framed: Frame | None, main: MapFrame, insets: Sequence[Inset]) -> list[Inset]:
    """The windows of the detail maps that lie on others, where they are on the main map."""
    homes = {inset.letter: inset for inset in insets}
    frames = inset_frames(framed, main, insets)
    found = []
    for inset in insets:
        home = inset
        while home.page and home.parent:
            home = homes[home.parent]
        if inset.page and inset.parent and home.page:
            extent, metres = frames[inset.letter].extent, main.metres_per_mm
            x0, x1 = ((x - main.extent[0]) / metres for x in extent[0::2])
            y1, y0 = ((main.extent[3] - y) / metres for y in extent[1::2])
            found.append(replace(inset, spot=replace(inset.spot, source=(x0, y0, x1, y1))))
    return found


def ways(inset: Inset, insets: Sequence[Inset], frame: MapFrame, fonts: FontSet, unit: float) -> list[Way]:
    """Where other detail maps go on beside one: their letters and pages at the middle of each shared edge."""
    size, gap = readable(WAY_TEXT_MM, unit), 1.4 * unit
    here, found = inset.spot.source, []
    share_x = frame.width_mm / (here[2] - here[0])
    share_y = frame.height_mm / (here[3] - here[1])
    for other in insets:
        there = other.spot.source
        if not other.page or other.parent != inset.parent or other is inset:
            continue
        x = (max(here[0], there[0]) + min(here[2], there[2])) / 2 - here[0]
        y = (max(here[1], there[1]) + min(here[3], there[3])) / 2 - here[1]
        x, y = x * share_x, y * share_y
        shares_x = min(here[2], there[2]) - max(here[0], there[0]) > TINY_MM
        shares_y = min(here[3], there[3]) - max(here[1], there[1]) > TINY_MM
        if shares_y and abs(there[0] - here[2]) < TINY_MM:
            text, at, edge = f"{other.said} →", y, "right"
        elif shares_y and abs(there[2] - here[0]) < TINY_MM:
            text, at, edge = f"← {other.said}", y, "left"
        elif shares_x and abs(there[1] - here[3]) < TINY_MM:
            text, at, edge = f"↓ {other.said}", x, "bottom"
        elif shares_x and abs(there[3] - here[1]) < TINY_MM:
            text, at, edge = f"↑ {other.said}", x, "top"
        else:
            continue
        wide = fonts.width(text, size, "semibold")
        left, low = {
            "right": (frame.width_mm - gap - wide, at + size * 0.35),
            "left": (gap, at + size * 0.35),
            "bottom": (at - wide / 2, frame.height_mm - gap),
            "top": (at - wide / 2, gap + size * 0.75),
        }[edge]
        box = (left - 0.6, low - size * 0.85, left + wide + 0.6, low + size * 0.3)
        found.append(Way(run(text, left, low, size, "semibold", ACCENT), box))
    return found


def main_head(framed: Frame | None, fonts: FontSet, unit: float, tall_mm: float) -> tuple[str, Box] | None:
    """The main map's own title in its corner, where maps of other countries stand beside it."""
    if framed is None or not framed.title:
        return None
    text = f"{framed.title}  {scale_text(framed.denominator)}"
    width = fonts.width(text, HEAD_TEXT_MM * unit, "semibold") + 3.0 * unit
    left = max(
        (p.box[2] for p in framed.panels if p.box[0] <= 0.01 and p.box[2] < framed.width_mm - 1), default=0
    )
    top = max(
        (p.box[3] for p in framed.panels if p.box[1] <= 0.01 and p.box[3] < framed.height_mm - 1), default=0
    )
    return text, (left, top, left + width, top + tall_mm * unit)
