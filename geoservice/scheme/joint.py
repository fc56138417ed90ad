"""The sheet of a joint cluster: one map for each country, each at its own scale and in its own projection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.scheme import scale
from geoservice.scheme.boxes import Box
from geoservice.scheme.content import Content, content_of, territory_of
from geoservice.scheme.panels import HEAD_MM, Slots, country_panel, extent_around, room, slots
from geoservice.scheme.projection import Projection, choose
from geoservice.scheme.scene import Frame

if TYPE_CHECKING:
    from geoservice.scheme.scale import FrameRequest
    from geoservice.scheme.sheet_metrics import MapBox


class Part(Struct, frozen=True):
    """A country's part of a cluster, in metres of its own projection; ``degrees``: the box of its places."""

    title: str
    content: Content
    projection: Projection
    degrees: Box


def parts_of(
    points: Sequence[tuple[float, float]],
    outlines: Sequence[Any],
    names: Sequence[str],
    countries: tuple[Sequence[str], Sequence[str]],
) -> list[Part]:
    """Sort places and outlines by country, the country with the most places first."""
    of_points, of_outlines = countries
    order = sorted(set(of_points), key=lambda name: (-list(of_points).count(name), name))
    parts = []
    for country in order:
        own = [i for i, name in enumerate(of_points) if name == country]
        places = [points[i] for i in own]
        shapes = [shape for shape, name in zip(outlines, of_outlines, strict=True) if name == country]
        box = territory_of(places, shapes)
        projection = choose(box)
        content = content_of(places, shapes, [names[i] for i in own], projection, box)
        parts.append(Part(country, content, projection, box))
    return parts


def side_by_side(
    parts: Sequence[Part],
    boxes: Sequence[MapBox],
    unit: float,
    request: FrameRequest,
    lang: str,
    whole: Frame,
) -> Frame:
    """Give each country a map; of the papers' boxes take the one with the largest scales.

    Args:
        parts: from :func:`parts_of`, at least two.
        boxes: what the template offers.
        unit: how the template's furniture grows with the paper.
        request: the largest scale that may be taken.
        lang: of the reason.
        whole: the one map that all would have shared, for the reason.
    """
    made = [_made(parts, box, unit, request.finest) for box in boxes]

    def cost(index: int) -> float:
        frame, worth = made[index], scale.TABLE_WORTH if boxes[index].with_table else 1.0
        return math.prod(
            value / worth for value in (frame.denominator, *(p.denominator for p in frame.panels))
        )

    frame = made[min(range(len(made)), key=cost)]
    shown = [(frame.title, frame.denominator), *((p.title, p.denominator) for p in frame.panels)]
    scales = ", ".join(f"{title} {scale.scale_text(denominator)}" for title, denominator in shown)
    reason = i18n.text(lang, "sheet.reason.joint", scales=scales, whole=scale.scale_text(whole.denominator))
    return replace(frame, reason=reason)


def _made(parts: Sequence[Part], paper: MapBox, unit: float, finest: int) -> Frame:
    main, others = parts[0], parts[1:]
    shared = slots(paper, len(others), _others_first(main, others, paper))
    head = HEAD_MM * unit
    panels = []
    for part, box in zip(others, shared.panels, strict=True):
        step, with_outline = scale.choose_step(part.content, room(box, paper, head), finest)
        centre = scale.centre_of(part.content.box(with_outline))
        denominator = scale.STEPS[step]
        panels.append(country_panel(part.title, box, centre, denominator, part.projection, head))
    return replace(_main(main, paper, shared, head, finest), panels=tuple(panels))


def _main(part: Part, paper: MapBox, shared: Slots, head: float, finest: int) -> Frame:
    box = shared.main
    step, with_outline = scale.choose_step(part.content, room(box, paper, head), finest)
    centre = scale.centre_of(part.content.box(with_outline))
    at = ((box[0] + box[2]) / 2, (box[1] + box[3] + head) / 2)
    whole = (0.0, 0.0, paper.width_mm, paper.height_mm)
    denominator = scale.STEPS[step]
    return Frame(
        crs=part.projection.crs,
        crs_name=part.projection.name,
        denominator=denominator,
        width_mm=paper.width_mm,
        height_mm=paper.height_mm,
        extent=extent_around(centre, at, whole, denominator),
        reason="",
        paper=paper.paper,
        landscape=paper.landscape,
        title=part.title,
    )


def _others_first(main: Part, others: Sequence[Part], paper: MapBox) -> bool:
    """Whether the other countries lie to the west of the main one (on a standing box: to its north)."""
    middles = [scale.centre_of(part.degrees) for part in others]
    own = scale.centre_of(main.degrees)
    if paper.width_mm >= paper.height_mm:
        return sum(x for x, _ in middles) / len(middles) < own[0]
    return sum(y for _, y in middles) / len(middles) > own[1]
