"""The scale and the extent of a sheet, chosen from the territory (5.3.1: the scale follows from its size).

Two things are to be seen: every organisation (a hard condition) and the outline of the regions they stand in
(wanted, but not at any price: a park in one town would become a dot in its district). So the outline is taken
in when it costs at most half of the scale (:data:`OUTLINE_COST`); the sheet says which of the two it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from geoservice import i18n
from geoservice.errors import InvalidInputError
from geoservice.scheme.content import Content, content_of, farthest, territory_of
from geoservice.scheme.panels import with_plan
from geoservice.scheme.projection import Box, Projection, choose, scale_error, transformer
from geoservice.scheme.scene import Frame
from geoservice.scheme.sheet_metrics import MapBox, SheetMetrics, map_boxes
from geoservice.scheme.table_texts import TableTexts

#: The denominators a sheet may have. State topographic maps use 1:5 000, 10 000, 25 000, 50 000, 100 000,
#: 200 000, 500 000, 1 000 000 and 2 500 000; between them stand the steps of atlas maps, so that a step never
#: costs more than half of the sheet.
SERIES = (
    5_000, 10_000, 15_000, 25_000, 40_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 300_000,
    400_000, 500_000, 600_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000,
)  # fmt: skip
#: For joint clusters of countries that do not touch (Azerbaijan and Belarus): beyond the series, and said so.
BEYOND = (4_000_000, 5_000_000, 7_500_000, 10_000_000, 15_000_000, 20_000_000, 30_000_000)

STEPS = SERIES + BEYOND

#: The outline of the occupied regions may cost at most half of the scale (one to three steps of the series).
OUTLINE_COST = 2.0
#: More organisations than this need the paper for themselves: their outline may cost a step at most.
CROWD, CROWDED_COST = 60, 1.34
#: Members that take less than half of the sheet at the largest scale leave room for their region anyway.
SPARSE_COST = 8.0
#: Room between an outermost sign's place and the frame: half a sign, its number, a breath. A label needs
#: more, but finds it inwards.
POINT_MARGIN_MM = 11.0
OUTLINE_MARGIN_MM = 4.0
#: What a table on the same sheet may cost of the scale.
TABLE_WORTH = 2.0
#: Sheets are bound and hung in landscape: only a territory that is clearly taller than wide gets portrait.
LYING_WORTH = 1.4
TALL = -0.25  # logarithm of width to height
#: A sheet is true to its printed scale within this share; where its projection is not, it says so.
TRUE_WITHIN = 0.002
#: The largest scale taken unasked: the base map that comes with the service is generalised, and a sheet of
#: 1:5 000 would be empty paper. A user who lays a plan under the scheme asks for more (``finest``).
FINEST = 25_000


class FrameRequest(Struct, frozen=True):
    """What the user asks of a sheet; all can be left to the territory.

    ``extent`` is (west, south, east, north) in degrees; ``crs`` as in :func:`projection.choose`; ``finest``
    the smallest denominator that may be chosen unasked; ``beyond`` what becomes of those whom a fixed scale
    or extent leaves outside: the sheet is refused, or it lists them.
    """

    paper: str = "A3"
    orientation: Literal["auto", "landscape", "portrait"] = "auto"
    denominator: int | None = None
    extent: Box | None = None
    crs: str = ""
    finest: int = FINEST
    beyond: Literal["refuse", "list"] = "refuse"


def fit(
    points: Sequence[tuple[float, float]],
    outlines: Sequence[Any],
    *,
    names: Sequence[str],
    lang: str,
    metrics: SheetMetrics,
    request: FrameRequest | None = None,
    table: TableTexts | None = None,
    fallback_bounds: Box | None = None,
    countries: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> Frame:
    """Choose projection, scale and extent of a sheet.

    Args:
        points: (longitude, latitude) of the organisations that have coordinates, EPSG:4326.
        outlines: (Multi)Polygons of the regions they occupy, EPSG:4326.
        names: what to call each point in an error, in their order.
        lang: language of the frame's ``reason``.
        metrics: sizes of the template: what its furniture leaves to the map.
        request: paper, orientation, fixed scale or extent, CRS.
        table: what the sheet's table will hold, for the room it takes.
        fallback_bounds: box in degrees to show when there is neither point nor outline.
        countries: names of the countries of the points and of the outlines, in their order: where one map
            would leave the standard series, each country gets its own.

    Raises:
        InvalidInputError: a fixed scale or extent leaves organisations outside (they are named) and the
            request does not have them listed, the scale is not positive, the paper unknown, or the territory
            too large for any scale (who stands furthest off is named).
        CrsError: the CRS asked for cannot be used.
    """
    request = request or FrameRequest()
    territory = territory_of(points, outlines, request.extent, fallback_bounds)
    projection = choose(territory, request.crs)
    content = content_of(points, outlines, names, projection, territory)
    boxes = map_boxes(metrics, request.paper, request.orientation, table or TableTexts())
    if request.extent is not None:
        return _fixed_extent(content, boxes, projection, request, lang)
    if request.denominator is not None:
        return _fixed_scale(content, boxes, projection, request, lang)
    try:
        frame = _best(content, boxes, projection, request, lang)
    except InvalidInputError as error:
        if error.code != "sheet.too_large" or len(points) < 2:
            raise
        raise InvalidInputError(
            "sheet.too_far", names=_some(farthest(points, names)), **error.params
        ) from error
    if frame.denominator > SERIES[-1] and len(set(countries[0])) > 1 and not request.crs:
        from geoservice.scheme.joint import parts_of, side_by_side

        parts = parts_of(points, outlines, names, countries)
        return side_by_side(parts, boxes, metrics.unit(request.paper), request, lang, frame)
    return frame


def frame_bounds(frame: Frame, margin: float = 0.02) -> Box:
    """Return the box in degrees that covers a frame and ``margin`` (a share) around it: to clip layers by."""
    min_x, min_y, max_x, max_y = frame.extent
    dx, dy = (max_x - min_x) * margin, (max_y - min_y) * margin
    return to_degrees((min_x - dx, min_y - dy, max_x + dx, max_y + dy), frame.crs)


def to_degrees(extent: Box, crs: str) -> Box:
    """Return the box in degrees that covers a rectangle of a projected CRS."""
    box = transformer(crs, inverse=True).transform_bounds(*extent, densify_pts=21)
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def scale_text(denominator: int) -> str:
    """Write a scale as maps do: 1:500 000, with no-break spaces."""
    return f"1:{denominator:,}".replace(",", "\u00a0")


# -- choosing ------------------------------------------------------------------------------------------------


def _needed(box: Box, paper: MapBox, margin_mm: float) -> float:
    """Smallest denominator at which a box of metres fits a map box with a margin."""
    width = max(paper.width_mm - 2 * margin_mm, 1.0)
    height = max(paper.height_mm - 2 * margin_mm, 1.0)
    return max((box[2] - box[0]) / width, (box[3] - box[1]) / height) * 1000


def _needed_for(content: Content, with_outline: bool, paper: MapBox) -> float:
    """The same for what is to be seen: signs need more room to the frame than an outline."""
    needs = []
    if with_outline:
        needs.append(_needed(content.box(True), paper, OUTLINE_MARGIN_MM))
    if len(content.points) or not with_outline:
        needs.append(_needed(content.box(False), paper, POINT_MARGIN_MM))
    return max(needs)


def _step(denominator: float, finest: int) -> int:
    """Index in the series of the largest scale that is at most 1 : denominator."""
    series = STEPS
    for index, step in enumerate(series):
        if step >= denominator - 1e-6 and step >= finest:
            return index
    raise InvalidInputError("sheet.too_large", widest=scale_text(series[-1]))


def choose_step(content: Content, paper: MapBox, finest: int) -> tuple[int, bool]:
    """Return the step of :data:`STEPS` for a map box and whether the outline is in."""
    needed = _needed(content.box(False), paper, POINT_MARGIN_MM)
    hard = _step(needed, finest)
    if content.outline is None:
        return hard, False
    soft = _step(_needed_for(content, True, paper), finest)
    cost = STEPS[soft] / STEPS[hard]
    most = OUTLINE_COST if len(content.points) <= CROWD else CROWDED_COST
    if needed < finest / 2:
        most = SPARSE_COST
    standard = soft < len(SERIES) or hard >= len(SERIES)
    return (soft, True) if (cost <= most and standard) or not len(content.points) else (hard, False)


def _best(
    content: Content, boxes: Sequence[MapBox], projection: Projection, request: FrameRequest, lang: str
) -> Frame:
    """Take the map box with the largest scale, then the one that its content fills best.

    A table on the same sheet is worth up to half of the scale: one sheet to sign, one to hang up. It is not
    worth leaving the standard series.
    """
    shape = content.box(False)
    wide = _log((shape[2] - shape[0] + 1.0) / (shape[3] - shape[1] + 1.0)) if len(content.points) > 1 else 0.0

    def cost(box: MapBox) -> tuple[bool, float, float]:
        step = _step(_needed(shape, box, POINT_MARGIN_MM), request.finest)
        worth = (TABLE_WORTH if box.with_table else 1.0) * (
            LYING_WORTH if box.landscape == (wide > TALL) else 1.0
        )
        misfit = abs(wide - _log(box.width_mm / box.height_mm))
        return (step >= len(SERIES), STEPS[step] / worth, misfit)

    paper = min(boxes, key=cost)
    step, with_outline = choose_step(content, paper, request.finest)
    denominator = STEPS[step]
    frame = _frame(centre_of(content.box(with_outline)), denominator, paper, projection)
    planned = _planned(content, paper, projection, request, lang)
    if planned is not None and (with_outline or planned.panels[0].denominator <= OUTLINE_COST * denominator):
        frame, with_outline = planned, True
    return replace(frame, reason=_reason(content, with_outline, frame, (boxes, paper), request, lang))


def _planned(
    content: Content, paper: MapBox, projection: Projection, request: FrameRequest, lang: str
) -> Frame | None:
    """The map of the whole regions with a plan of the places, if these crowd in a small part of it."""
    if content.outline is None or not len(content.points):
        return None
    step = _step(_needed(content.box(True), paper, OUTLINE_MARGIN_MM), request.finest)
    if step >= len(SERIES):
        return None
    frame = _frame(centre_of(content.box(True)), STEPS[step], paper, projection)
    places = sorted({(round(x), round(y)) for x, y in content.points.tolist()})
    frame = with_plan(frame, places, content.outline, SERIES, lang)
    return frame if frame.panels else None


def _reason(
    content: Content,
    with_outline: bool,
    frame: Frame,
    papers: tuple[Sequence[MapBox], MapBox],
    request: FrameRequest,
    lang: str,
) -> str:
    """Why this scale: what fits at it, and what a larger one would have cost."""
    said = [_why(content, with_outline, frame, lang)]
    boxes, paper = papers
    for turned in (False, True):
        if turned and request.orientation != "auto":
            continue
        others = [box for box in boxes if (box.landscape != paper.landscape) == turned]
        needs = [_needed_for(content, with_outline, box) for box in others]
        larger = STEPS[_step(min(needs), request.finest)] if needs else frame.denominator
        if larger < frame.denominator:
            key = "turned" if turned else "table"
            said.append(i18n.text(lang, f"sheet.reason.{key}", scale=scale_text(larger)))
            break
    if frame.panels:
        plan = scale_text(frame.panels[0].denominator)
        said.append(i18n.text(lang, "sheet.reason.plan", scale=plan))
    error = scale_error(frame.crs, to_degrees(frame.extent, frame.crs))
    if round(error, 4) > TRUE_WITHIN:
        percent = i18n.number(100 * error, 1 if error > 0.01 else 2, lang)
        said.append(i18n.text(lang, "sheet.reason.distorted", percent=percent))
    return " ".join(said)


def _why(content: Content, with_outline: bool, frame: Frame, lang: str) -> str:
    if frame.denominator > SERIES[-1]:
        code = "beyond"
    elif not len(content.points):
        code = "empty"
    else:
        code = "outline" if with_outline else "points"
    return i18n.text(lang, f"sheet.reason.{code}", scale=scale_text(frame.denominator))


def _fixed_scale(
    content: Content, boxes: Sequence[MapBox], projection: Projection, request: FrameRequest, lang: str
) -> Frame:
    denominator = request.denominator or 0
    if denominator <= 0:
        raise InvalidInputError("sheet.scale_positive", denominator=denominator)
    box, whole = content.box(False), content.box(True)

    def cost(paper: MapBox) -> tuple[bool, bool, bool, bool, float]:
        """All organisations, with some room, then the outline, then the table on the same sheet."""
        needed = _needed(box, paper, POINT_MARGIN_MM)
        roomy, tight = needed > denominator, _needed(box, paper, 0.0) > denominator
        outline = _needed(whole, paper, OUTLINE_MARGIN_MM) > denominator
        return (tight, roomy, outline, roomy or not paper.with_table, needed)

    paper = min(boxes, key=cost)
    centre = centre_of(whole if _needed(whole, paper, OUTLINE_MARGIN_MM) <= denominator else box)
    frame = _frame(centre, denominator, paper, projection)
    if request.beyond == "list":
        return _listing(content, frame, "fixed", lang)
    _refuse_outside(content, frame, _needed(box, paper, POINT_MARGIN_MM))
    return replace(frame, reason=i18n.text(lang, "sheet.reason.fixed", scale=scale_text(denominator)))


def _fixed_extent(
    content: Content, boxes: Sequence[MapBox], projection: Projection, request: FrameRequest, lang: str
) -> Frame:
    extent = request.extent
    assert extent is not None  # noqa: S101  # the caller's branch; for the type checker
    box = tuple(transformer(projection.crs).transform_bounds(*extent, densify_pts=21))
    wanted = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    paper = min(boxes, key=lambda candidate: _needed(wanted, candidate, 0.0))
    denominator = request.denominator or STEPS[_step(_needed(wanted, paper, 0.0), SERIES[0])]
    frame = _frame(centre_of(wanted), denominator, paper, projection)
    if request.beyond == "list":
        return _listing(content, frame, "extent", lang)
    _refuse_beyond(content, frame)
    return replace(frame, reason=i18n.text(lang, "sheet.reason.extent", scale=scale_text(denominator)))


def _listing(content: Content, frame: Frame, why: str, lang: str) -> Frame:
    """The frame of a sheet that lists whom it leaves outside; its reason says how many."""
    said = [i18n.text(lang, f"sheet.reason.{why}", scale=scale_text(frame.denominator))]
    if outside := _outside(content, frame):
        said.append(i18n.text(lang, "sheet.reason.listed", n=len(outside)))
    return replace(frame, reason=" ".join(said), lists_beyond=True)


def _outside(content: Content, frame: Frame) -> list[str]:
    """Names of those who would stand outside a frame."""
    min_x, min_y, max_x, max_y = frame.extent
    return [
        name
        for (x, y), name in zip(content.points.tolist(), content.names, strict=True)
        if not (min_x <= x <= max_x and min_y <= y <= max_y)
    ]


def _some(names: Sequence[str]) -> str:
    return "; ".join(names[:10]) + (" …" if len(names) > 10 else "")


def _refuse_outside(content: Content, frame: Frame, needed: float) -> None:
    """Nobody falls off the sheet unsaid: name who would, and the scale at which all fit."""
    if outside := _outside(content, frame):
        raise InvalidInputError(
            "sheet.outside",
            n=len(outside),
            names=_some(outside),
            scale=scale_text(frame.denominator),
            fits=scale_text(STEPS[_step(needed, SERIES[0])]),
        )


def _refuse_beyond(content: Content, frame: Frame) -> None:
    """The same for an extent: name who stands beyond it, and an extent that holds all."""
    if outside := _outside(content, frame):
        low, high = content.points.min(axis=0), content.points.max(axis=0)
        all_of = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        west, south, east, north = to_degrees(all_of, frame.crs)
        extent = f"{west - 0.01:.2f},{south - 0.01:.2f},{east + 0.01:.2f},{north + 0.01:.2f}"
        raise InvalidInputError("sheet.beyond_extent", n=len(outside), names=_some(outside), extent=extent)


def centre_of(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)


def _frame(centre: tuple[float, float], denominator: int, paper: MapBox, projection: Projection) -> Frame:
    half_x = paper.width_mm * denominator / 2000
    half_y = paper.height_mm * denominator / 2000
    x, y = centre
    extent = (x - half_x, y - half_y, x + half_x, y + half_y)
    return Frame(
        crs=projection.crs,
        crs_name=projection.name,
        denominator=denominator,
        width_mm=paper.width_mm,
        height_mm=paper.height_mm,
        extent=extent,
        reason="",
        paper=paper.paper,
        landscape=paper.landscape,
    )


def _log(value: float) -> float:
    import math

    return math.log(max(value, 1e-6))
