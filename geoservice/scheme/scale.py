"""The scale and the extent of a sheet, chosen from the territory (5.3.1: the scale follows from its size).

Two things are to be seen: every organisation (a hard condition) and the outline of the regions they stand in
(wanted, but not at any price: a park in one town would become a dot in its district). So the outline is taken
in when it costs at most half of the scale (:data:`OUTLINE_COST`); the sheet says which of the two it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from geoservice import i18n
from geoservice.errors import InvalidInputError
from geoservice.scheme.projection import Box, Projection, choose, transformer
from geoservice.scheme.scene import Frame
from geoservice.scheme.sheet_metrics import MapBox, SheetMetrics, map_boxes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Points = NDArray[np.float64]

#: The denominators a sheet may have. State topographic maps use 1:5 000, 10 000, 25 000, 50 000, 100 000,
#: 200 000, 500 000, 1 000 000 and 2 500 000; between them stand the steps of atlas maps, so that a step never
#: costs more than half of the sheet.
SERIES = (
    5_000, 10_000, 15_000, 25_000, 40_000, 50_000, 75_000, 100_000, 150_000, 200_000, 250_000, 300_000,
    400_000, 500_000, 600_000, 750_000, 1_000_000, 1_500_000, 2_000_000, 2_500_000,
)  # fmt: skip
#: For joint clusters of countries that do not touch (Azerbaijan and Belarus): beyond the series, and said so.
BEYOND = (4_000_000, 5_000_000, 7_500_000, 10_000_000, 15_000_000, 20_000_000, 30_000_000)

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
#: The largest scale taken unasked: the base map that comes with the service is generalised, and a sheet of
#: 1:5 000 would be empty paper. A user who lays a plan under the scheme asks for more (``finest``).
FINEST = 25_000


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """What the user asks of a sheet; all can be left to the territory.

    ``extent`` is (west, south, east, north) in degrees; ``crs`` as in :func:`projection.choose`; ``finest``
    the smallest denominator that may be chosen unasked.
    """

    paper: str = "A3"
    orientation: Literal["auto", "landscape", "portrait"] = "auto"
    denominator: int | None = None
    extent: Box | None = None
    crs: str = ""
    finest: int = FINEST


@dataclass(frozen=True, slots=True)
class _Content:
    """What has to fit, in metres of the projection."""

    points: Points
    outline: Box | None
    names: tuple[str, ...]

    def box(self, with_outline: bool) -> Box:
        """Bounding box of the points, with the outlines or without."""
        boxes = []
        if len(self.points):
            low, high = self.points.min(axis=0), self.points.max(axis=0)
            boxes.append((float(low[0]), float(low[1]), float(high[0]), float(high[1])))
        if self.outline is not None and (with_outline or not boxes):
            boxes.append(self.outline)
        return _union(boxes)


def fit(
    points: Sequence[tuple[float, float]],
    outlines: Sequence[Any],
    *,
    names: Sequence[str],
    lang: str,
    metrics: SheetMetrics,
    request: FrameRequest | None = None,
    members: int = 0,
    groups: int = 0,
    fallback_bounds: Box | None = None,
) -> Frame:
    """Choose projection, scale and extent of a sheet.

    Args:
        points: (longitude, latitude) of the organisations that have coordinates, EPSG:4326.
        outlines: (Multi)Polygons of the regions they occupy, EPSG:4326.
        names: what to call each point in an error, in their order.
        lang: language of the frame's ``reason``.
        metrics: sizes of the template: what its furniture leaves to the map.
        request: paper, orientation, fixed scale or extent, CRS.
        members: number of rows of the table, for the room it takes on the sheet.
        groups: number of group headings of the table.
        fallback_bounds: box in degrees to show when there is neither point nor outline.

    Raises:
        InvalidInputError: a fixed scale or extent leaves organisations outside (they are named), the scale is
            not positive, the paper unknown, or the territory too large for any scale.
        CrsError: the CRS asked for cannot be used.
    """
    request = request or FrameRequest()
    territory = _territory(points, outlines, request.extent, fallback_bounds)
    projection = choose(territory, request.crs)
    content = _content(points, outlines, names, projection, territory)
    boxes = map_boxes(metrics, request.paper, request.orientation, members, groups)
    if request.extent is not None:
        return _fixed_extent(content, boxes, projection, request, lang)
    if request.denominator is not None:
        return _fixed_scale(content, boxes, projection, request, lang)
    return _best(content, boxes, projection, request, lang)


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


# -- what has to fit -----------------------------------------------------------------------------------------


def _territory(
    points: Sequence[tuple[float, float]], outlines: Sequence[Any], extent: Box | None, fallback: Box | None
) -> Box:
    if extent is not None:
        if not (extent[0] < extent[2] and extent[1] < extent[3]):
            raise InvalidInputError("sheet.extent_empty", extent=", ".join(f"{value:g}" for value in extent))
        return extent
    if points:
        # The zone follows the organisations: a region's far end must not push them into another zone.
        longitudes, latitudes = zip(*points, strict=True)
        return (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    if boxes := [tuple(outline.bounds) for outline in outlines if not outline.is_empty]:
        return _union(boxes)
    return fallback or (44.5, 38.3, 51.0, 42.0)


def _content(
    points: Sequence[tuple[float, float]],
    outlines: Sequence[Any],
    names: Sequence[str],
    projection: Projection,
    territory: Box,
) -> _Content:
    import numpy as np

    project = transformer(projection.crs)
    flat = np.asarray(points, dtype=float).reshape(-1, 2)
    projected = np.column_stack(project.transform(flat[:, 0], flat[:, 1]))
    boxes = [tuple(project.transform_bounds(*o.bounds)) for o in outlines if not o.is_empty]
    if not boxes and not len(flat):
        boxes = [tuple(project.transform_bounds(*territory))]
    return _Content(projected, _union(boxes) if boxes else None, tuple(names))


def _union(boxes: Sequence[tuple[float, ...]]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return (min(west), min(south), max(east), max(north))


# -- choosing ------------------------------------------------------------------------------------------------


def _needed(box: Box, paper: MapBox, margin_mm: float) -> float:
    """Smallest denominator at which a box of metres fits a map box with a margin."""
    width = max(paper.width_mm - 2 * margin_mm, 1.0)
    height = max(paper.height_mm - 2 * margin_mm, 1.0)
    return max((box[2] - box[0]) / width, (box[3] - box[1]) / height) * 1000


def _step(denominator: float, finest: int) -> int:
    """Index in the series of the largest scale that is at most 1 : denominator."""
    series = SERIES + BEYOND
    for index, step in enumerate(series):
        if step >= denominator - 1e-6 and step >= finest:
            return index
    raise InvalidInputError("sheet.too_large", widest=scale_text(series[-1]))


def _choose_step(content: _Content, paper: MapBox, finest: int) -> tuple[int, bool]:
    """Return the step of the series for a map box and whether the outline is in."""
    needed = _needed(content.box(False), paper, POINT_MARGIN_MM)
    hard = _step(needed, finest)
    if content.outline is None:
        return hard, False
    soft = _step(_needed(content.box(True), paper, OUTLINE_MARGIN_MM), finest)
    soft = max(soft, hard)
    cost = (SERIES + BEYOND)[soft] / (SERIES + BEYOND)[hard]
    most = OUTLINE_COST if len(content.points) <= CROWD else CROWDED_COST
    if needed < finest / 2:
        most = SPARSE_COST
    standard = soft < len(SERIES) or hard >= len(SERIES)
    return (soft, True) if (cost <= most and standard) or not len(content.points) else (hard, False)


def _best(
    content: _Content, boxes: Sequence[MapBox], projection: Projection, request: FrameRequest, lang: str
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
        return (step >= len(SERIES), (SERIES + BEYOND)[step] / worth, misfit)

    paper = min(boxes, key=cost)
    step, with_outline = _choose_step(content, paper, request.finest)
    denominator = (SERIES + BEYOND)[step]
    frame = _frame(_centre(content.box(with_outline)), denominator, paper, projection)
    reason = _reason(content, with_outline, denominator)
    return replace(frame, reason=i18n.text(lang, f"sheet.reason.{reason}", scale=scale_text(denominator)))


def _reason(content: _Content, with_outline: bool, denominator: int) -> str:
    if denominator > SERIES[-1]:
        return "beyond"
    if not len(content.points):
        return "empty"
    return "outline" if with_outline else "points"


def _fixed_scale(
    content: _Content, boxes: Sequence[MapBox], projection: Projection, request: FrameRequest, lang: str
) -> Frame:
    denominator = request.denominator or 0
    if denominator <= 0:
        raise InvalidInputError("sheet.scale_positive", denominator=denominator)
    box = content.box(False)

    def slack(paper: MapBox) -> tuple[bool, float]:
        return (_needed(box, paper, 0.0) > denominator, _needed(box, paper, POINT_MARGIN_MM))

    paper = min(boxes, key=slack)
    whole = content.box(True)
    centre = _centre(whole if _needed(whole, paper, OUTLINE_MARGIN_MM) <= denominator else box)
    frame = _frame(centre, denominator, paper, projection)
    _refuse_outside(content, frame, _needed(box, paper, POINT_MARGIN_MM))
    return replace(frame, reason=i18n.text(lang, "sheet.reason.fixed", scale=scale_text(denominator)))


def _fixed_extent(
    content: _Content, boxes: Sequence[MapBox], projection: Projection, request: FrameRequest, lang: str
) -> Frame:
    extent = request.extent
    assert extent is not None  # noqa: S101  # the caller's branch; for the type checker
    box = tuple(transformer(projection.crs).transform_bounds(*extent, densify_pts=21))
    wanted = (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    paper = min(boxes, key=lambda candidate: _needed(wanted, candidate, 0.0))
    denominator = request.denominator or (SERIES + BEYOND)[_step(_needed(wanted, paper, 0.0), SERIES[0])]
    frame = _frame(_centre(wanted), denominator, paper, projection)
    _refuse_outside(content, frame, _needed(content.box(False), paper, POINT_MARGIN_MM))
    return replace(frame, reason=i18n.text(lang, "sheet.reason.extent", scale=scale_text(denominator)))


def _refuse_outside(content: _Content, frame: Frame, needed: float) -> None:
    """Nobody falls off the sheet unsaid: name who would, and the scale at which all fit."""
    min_x, min_y, max_x, max_y = frame.extent
    outside = [
        name
        for (x, y), name in zip(content.points.tolist(), content.names, strict=True)
        if not (min_x <= x <= max_x and min_y <= y <= max_y)
    ]
    if outside:
        fits = (SERIES + BEYOND)[_step(needed, SERIES[0])]
        shown = "; ".join(outside[:10]) + (" …" if len(outside) > 10 else "")
        raise InvalidInputError(
            "sheet.outside",
            n=len(outside),
            names=shown,
            scale=scale_text(frame.denominator),
            fits=scale_text(fits),
        )


def _centre(box: Box) -> tuple[float, float]:
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
