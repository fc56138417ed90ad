"""Sheets with a second map of equal rank: a country's part of a joint cluster, or the plan of one town.

A joint cluster of countries that do not touch would shrink to dots on one map: as in an atlas each country
gets a map at its own scale and in its own projection. A cluster within one town would be a dot in its region:
the map shows the whole region (5.3.1), and a plan beside it the organisations.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.scheme.boxes import Box
from geoservice.scheme.projection import Projection, transformer
from geoservice.scheme.scene import Frame, Panel
from geoservice.scheme.sheet_metrics import MapBox

#: Share of the map box that the panel of another country takes, and the most and least that a plan does.
COUNTRY_SHARE = 0.46
PLAN_SHARES = (0.6, 0.36)
#: Clear paper between a panel's content and its edge, and the strip with its letter, title and scale.
GAP_MM, HEAD_MM = 3.0, 4.4
#: A plan is drawn where the places take less than this of the map's sides, and signs with names lack room.
TOWN_SHARE = 0.3
NAMED_MM2 = 200.0
#: The largest scale of a plan: beyond it the base map holds nothing.
PLAN_FINEST = 10_000
PLAN_MARGINS_MM = (17.0, 12.0)
LEAST_ENLARGED = 1.9


class Slots(Struct, frozen=True):
    """How a map box is shared out: where the main map's content goes, and the panels (mm, y down)."""

    main: Box
    panels: tuple[Box, ...]


def slots(paper: MapBox, panels: int, first: bool) -> Slots:
    """Share a map box: panels beside the main map on a lying box, above or below it on a standing one.

    ``first``: panels to the left (or above), where what they show lies to the west (or north).
    """
    width, height = paper.width_mm, paper.height_mm
    if width >= height:
        taken = width * COUNTRY_SHARE
        low, high = (0.0, taken) if first else (width - taken, width)
        step = height / panels
        boxes = tuple((low, i * step, high, (i + 1) * step) for i in range(panels))
        main = (taken, 0.0, width, height) if first else (0.0, 0.0, width - taken, height)
    else:
        taken = height * COUNTRY_SHARE
        low, high = (0.0, taken) if first else (height - taken, height)
        step = width / panels
        boxes = tuple((i * step, low, (i + 1) * step, high) for i in range(panels))
        main = (0.0, taken, width, height) if first else (0.0, 0.0, width, height - taken)
    return Slots(main, boxes)


def room(box: Box, paper: MapBox, head_mm: float) -> MapBox:
    """The part of a map box that a panel's content can use, as a map box."""
    width, height = box[2] - box[0] - 2 * GAP_MM, box[3] - box[1] - head_mm - GAP_MM
    return replace(paper, width_mm=width, height_mm=height)


def extent_around(centre: tuple[float, float], at: tuple[float, float], size: Box, denominator: int) -> Box:
    """The extent of a map of ``size`` (mm) on which ``centre`` (metres) falls on ``at`` (mm, y down)."""
    metres = denominator / 1000
    left, top = centre[0] - at[0] * metres, centre[1] + at[1] * metres
    return (left, top - (size[3] - size[1]) * metres, left + (size[2] - size[0]) * metres, top)


def country_panel(
    title: str,
    box: Box,
    centre: tuple[float, float],
    denominator: int,
    projection: Projection,
    head_mm: float,
) -> Panel:
    """The map of a country in ``box``, its content's ``centre`` in the middle below the head."""
    middle = ((box[2] - box[0]) / 2, (box[3] - box[1] + head_mm) / 2)
    return Panel(
        kind="country",
        title=title,
        crs=projection.crs,
        crs_name=projection.name,
        denominator=denominator,
        extent=extent_around(centre, middle, box, denominator),
        box=box,
    )


def with_plan(
    frame: Frame, points: Sequence[tuple[float, float]], outline: Box, series: Sequence[int], lang: str
) -> Frame:
    """Add a plan of the places where they crowd in a small part of their region.

    Args:
        frame: the map of the whole region; its extent is shifted to make room.
        points: distinct places in metres of the frame's CRS.
        outline: box of the region, metres.
        series: denominators to choose from.
        lang: of the reason.
    """
    metres = frame.denominator / 1000
    xs, ys = zip(*points, strict=True)
    span = ((max(xs) - min(xs)) / metres, (max(ys) - min(ys)) / metres)
    crowded = len(points) * NAMED_MM2 > (span[0] + 8) * (span[1] + 6)
    small = span[0] < TOWN_SHARE * frame.width_mm and span[1] < TOWN_SHARE * frame.height_mm
    if len(points) < 3 or not (crowded and small):
        return frame
    width, height = (outline[2] - outline[0]) / metres, (outline[3] - outline[1]) / metres
    if (box := _plan_box(frame, width, height)) is None:
        return frame
    wanted = max(
        span[0] / (box[2] - box[0] - 2 * PLAN_MARGINS_MM[0]),
        span[1] / (box[3] - box[1] - HEAD_MM - 2 * PLAN_MARGINS_MM[1]),
    ) * frame.denominator  # fmt: skip
    finer = [step for step in series if step >= max(wanted, PLAN_FINEST)]
    if not finer or finer[0] * LEAST_ENLARGED > frame.denominator:
        return frame
    return _planned(frame, box, finer[0], (xs, ys), outline, lang)


def _plan_box(frame: Frame, width: float, height: float) -> Box | None:
    """The strip beside the region's outline (``width`` and ``height`` in mm), if it is wide enough."""
    most, least = PLAN_SHARES
    free = frame.width_mm - width - 4 * GAP_MM
    if free >= least * frame.width_mm:
        taken = min(free, most * frame.width_mm)
        return (frame.width_mm - taken, 0.0, frame.width_mm, frame.height_mm)
    free = frame.height_mm - height - 4 * GAP_MM
    if free >= least * frame.height_mm:
        taken = min(free, most * frame.height_mm)
        return (0.0, frame.height_mm - taken, frame.width_mm, frame.height_mm)
    return None


def _planned(
    frame: Frame,
    box: Box,
    denominator: int,
    places: tuple[Sequence[float], Sequence[float]],
    outline: Box,
    lang: str,
) -> Frame:
    lying = box[0] > 0
    at = (box[0] / 2, frame.height_mm / 2) if lying else (frame.width_mm / 2, box[1] / 2)
    middle = ((outline[0] + outline[2]) / 2, (outline[1] + outline[3]) / 2)
    whole = (0.0, 0.0, frame.width_mm, frame.height_mm)
    xs, ys = places
    centre = ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    inside = ((box[2] - box[0]) / 2, (box[3] - box[1] + HEAD_MM) / 2)
    panel = Panel(
        kind="plan",
        title=i18n.text(lang, "sheet.word.plan"),
        crs=frame.crs,
        crs_name=frame.crs_name,
        denominator=denominator,
        extent=extent_around(centre, inside, box, denominator),
        box=box,
    )
    return replace(frame, extent=extent_around(middle, at, whole, frame.denominator), panels=(panel,))


def visible_extent(frame: Frame) -> Box:
    """The extent of the main map without the strip that its panels cover, metres."""
    if not frame.panels:
        return frame.extent
    low_x, low_y = min(p.box[0] for p in frame.panels), min(p.box[1] for p in frame.panels)
    high_x, high_y = max(p.box[2] for p in frame.panels), max(p.box[3] for p in frame.panels)
    metres = frame.denominator / 1000
    west, south, east, north = frame.extent
    if high_y - low_y > 0.99 * frame.height_mm:
        if low_x > 0:
            return (west, south, west + low_x * metres, north)
        return (west + high_x * metres, south, east, north)
    if low_y > 0:
        return (west, north - low_y * metres, east, north)
    return (west, south, east, north - high_y * metres)


def panel_degrees(panel: Panel) -> Box:
    """The box in degrees that covers a panel."""
    box = transformer(panel.crs, inverse=True).transform_bounds(*panel.extent, densify_pts=21)
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
