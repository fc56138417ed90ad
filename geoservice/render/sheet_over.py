"""What lies over a map, what its signs and names keep clear of, and what is still seen of its base."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoservice.render.sheet_tags import source_frame
from geoservice.scheme.boxes import Box, Obstacles, columns, grown

if TYPE_CHECKING:
    from geoservice.render.sheet_base import BaseMap, Dot, MapFrame
    from geoservice.scheme.insets import Inset

#: The strip at the top of an inset with its letter and scale.
INSET_HEAD_MM = 4.4
#: The scale bar in the corner of a panel, and the box that is kept free for it.
PANEL_BAR_MM = 36.0
PANEL_BAR_BOX_MM = (50.0, 9.5)
#: Settlements whose signs are as large as this are towns that a reader finds the way by.
TOWN_MM = 1.6


def lying_over(
    frame: MapFrame, insets: Sequence[Inset], inset: Inset | None, covered: Sequence[Box], unit: float
) -> list[Box]:
    """What lies over a map: the head of an inset and the scale bar of a panel; insets over the main map.

    Args:
        frame: of the map.
        insets: all of the sheet's.
        inset: the map's own, ``None`` for the main map.
        covered: boxes of the main map under plates of the template.
        unit: how furniture grows with the paper.
    """
    if inset is None:
        return [*covered, *(grown(other.box, 1.0) for other in insets if not other.page)]
    if inset.page:
        return []
    over = [(0.0, 0.0, frame.width_mm, INSET_HEAD_MM * unit)]
    if inset.title:
        wide, tall = PANEL_BAR_BOX_MM[0] + 4 * (unit - 1), PANEL_BAR_BOX_MM[1] * unit
        over.append((frame.width_mm - wide, frame.height_mm - tall, frame.width_mm, frame.height_mm))
    return over


def framed(tags: Sequence[tuple[Inset, Box]]) -> list[Box]:
    """The frames of what insets show, and their letters: no sign or text may cover them.

    Names of the base map stand in the window of a detail map; nobody's sign does.
    """
    return [
        box
        for other, tag in tags
        for box in ([tag] if other.page else [source_frame(other.spot.source), tag])
    ]


def towns(base: BaseMap) -> tuple[Box, ...]:
    """The signs of the towns that a reader finds the way by."""
    found = [(dot.x, dot.y, dot.size_mm / 2) for dot in base.dots if dot.paint.size_mm >= TOWN_MM]
    return tuple((x - half, y - half, x + half, y + half) for x, y, half in found)


def seen_dots(base: BaseMap, over: Sequence[Box], plates: Sequence[Box]) -> list[Dot]:
    """The settlements whose middle is under no plate and nothing else: their names would point to no place.

    Under a sign that stands at its place is the settlement of the organisation, which may well be named.
    """
    if not base.dots:
        return []
    dots = columns([(dot.x, dot.y, dot.x, dot.y) for dot in base.dots])
    seen = Obstacles([*over, *plates]).clear_of_boxes(dots).tolist()
    return [dot for dot, clear in zip(base.dots, seen, strict=True) if clear]
