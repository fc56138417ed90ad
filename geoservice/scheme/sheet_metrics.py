"""Sizes of a sheet template (``styles/sheet/<id>.toml``) and the room that it leaves to the map."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from geoservice.catalog import read_toml, validated
from geoservice.errors import InvalidInputError
from geoservice.scheme.boxes import Box
from geoservice.scheme.table_texts import FIRST_LINE, TableTexts
from geoservice.specs import Identifier, Spec, Titles

#: Sizes of paper, portrait (ISO 216), mm.
PAPERS: dict[str, tuple[float, float]] = {
    "A0": (841, 1189),
    "A1": (594, 841),
    "A2": (420, 594),
    "A3": (297, 420),
    "A4": (210, 297),
}
#: Between two columns of the table, mm on A3.
GUTTER_MM = 4.0


class Furniture(Spec, frozen=True):
    """What surrounds the map in one orientation, mm on A3: title above, panel beside, strips below."""

    top: float = 0
    right: float = 0
    bottom: float = 0


class TableMetrics(Spec, frozen=True):
    """The table on the sheet: how tall a ``row`` of two lines is, and how much of the sheet it may take (mm).

    One that takes no more than ``aside`` in one column stands beside the map and takes no height from it; so
    does a longer one where the panel is taller than ``legend`` says that the legend and what stands below it
    take: as a rule, and for each group of organisations.
    """

    columns: Annotated[int, Meta(ge=1)]
    head: float
    row: float
    group: float
    most: float
    aside: float = 0.0
    legend: tuple[float, float] | None = None


class SheetMetrics(Spec, frozen=True):
    """A sheet template, ``styles/sheet/<id>.toml``. Lengths are mm on A3; ``factor`` scales them."""

    id: Identifier
    template: str
    title: Titles
    margin: Annotated[float, Meta(ge=0)]
    strip: Annotated[float, Meta(ge=0)]  # between the two lines of the frame, where the degrees stand
    landscape: Furniture
    portrait: Furniture
    table: dict[Literal["landscape", "portrait"], TableMetrics] = field(default_factory=dict)
    factor: dict[str, float] = field(default_factory=dict)
    panel: float = 0.0  # height that the legend's panel beside the map takes at the least
    plate: tuple[float, float, float, float] | None = None  # on the map: left, from below, width, height
    details: bool = False  # whether the template has pages for detail maps

    def unit(self, paper: str) -> float:
        """How the furniture grows with the paper: 1 on A3."""
        return self.factor.get(paper, 1.0)

    def covered(self, paper: str, map_height_mm: float) -> tuple[Box, ...]:
        """Boxes of the map frame (mm, y down) that the template's own plates cover."""
        if self.plate is None:
            return ()
        left, below, width, height = (value * self.unit(paper) for value in self.plate)
        return ((left, map_height_mm - below - height, left + width, map_height_mm - below),)


class MapBox(Struct, frozen=True):
    """The rectangle that a sheet leaves to the map, mm; ``with_table``: the table is on the same sheet."""

    width_mm: float
    height_mm: float
    paper: str
    landscape: bool
    with_table: bool


def read_metrics(path: Path) -> SheetMetrics:
    """Read ``styles/sheet/<id>.toml``.

    Raises:
        CatalogError: the file is wrong; file, key and reason are named.
    """
    state = path.stat()
    return _read(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _read(path: Path, *_state: int) -> SheetMetrics:
    return validated(SheetMetrics, read_toml(path), path)


def page_size(paper: str, landscape: bool) -> tuple[float, float]:
    """Return width and height of a sheet in mm.

    Raises:
        InvalidInputError: the paper is not one of A4 to A0.
    """
    try:
        short, long = PAPERS[paper]
    except KeyError:
        raise InvalidInputError("sheet.paper", paper=paper, known=", ".join(sorted(PAPERS))) from None
    return (long, short) if landscape else (short, long)


def map_boxes(metrics: SheetMetrics, paper: str, orientation: str, table: TableTexts) -> tuple[MapBox, ...]:
    """Return every map box that a template offers: with the table on the sheet first, where it can stand.

    Args:
        metrics: the template.
        paper: A4 to A0.
        orientation: "landscape", "portrait", or "auto" for both.
        table: what the sheet's table will hold.

    Raises:
        InvalidInputError: paper or orientation is unknown.
    """
    if orientation not in ("auto", "landscape", "portrait"):
        raise InvalidInputError("sheet.orientation", orientation=orientation)
    boxes = []
    for name in ("landscape", "portrait"):
        if orientation not in ("auto", name):
            continue
        table_mm = _table_mm(metrics, paper, name, table)
        if table_mm is not None:
            box = _box(metrics, paper, name, table_mm, with_table=True)
            if box.height_mm >= metrics.panel * metrics.unit(paper):
                boxes.append(box)
        boxes.append(_box(metrics, paper, name, 0.0))
    return tuple(boxes)


def table_room_mm(metrics: SheetMetrics, paper: str, landscape: bool, map_height_mm: float) -> float:
    """Height in mm that a frame leaves to the table on the sheet; 0 where it goes to pages of its own."""
    name = "landscape" if landscape else "portrait"
    room = _box(metrics, paper, name, 0.0).height_mm - map_height_mm
    return room if room > 1.0 else 0.0


def _table_mm(metrics: SheetMetrics, paper: str, name: str, texts: TableTexts) -> float | None:
    """Height of the table on the sheet, mm; ``None`` when it would take more than the template allows."""
    table = metrics.table.get("landscape" if name == "landscape" else "portrait")
    if table is None or not texts.rows:
        return None
    if len(texts.rows) * FIRST_LINE * table.row > table.most * table.columns:
        return None  # of thousands of organisations nobody's lines need be counted
    unit = metrics.unit(paper)
    width = page_size(paper, name == "landscape")[0] / unit - 2 * metrics.margin
    rows, tallest, groups = texts.taken((width - (table.columns - 1) * GUTTER_MM) / table.columns)
    height = rows * table.row + groups * table.group
    if table.head + height <= _aside(metrics, table, paper, name, len(texts.headings)):
        return 0.0
    uneven = max(1.0, tallest - 0.2) * table.row  # rows are not broken: columns differ by as much
    height = table.head + math.ceil(height / table.columns) + uneven
    return None if height > table.most else height * unit


def _aside(metrics: SheetMetrics, table: TableMetrics, paper: str, name: str, groups: int) -> float:
    """Height that a panel as tall as the sheet leaves to a table, mm on A3."""
    if table.legend is None:
        return table.aside
    around = metrics.landscape if name == "landscape" else metrics.portrait
    below = 0.0 if name == "landscape" else around.bottom
    tall = page_size(paper, name == "landscape")[1] / metrics.unit(paper)
    panel = tall - 2 * metrics.margin - around.top - below
    return max(table.aside, panel - table.legend[0] - table.legend[1] * groups)


def _box(
    metrics: SheetMetrics, paper: str, name: str, table_mm: float, *, with_table: bool = False
) -> MapBox:
    landscape = name == "landscape"
    width, height = page_size(paper, landscape)
    around = metrics.landscape if landscape else metrics.portrait
    unit = metrics.unit(paper)
    frame = 2 * (metrics.margin + metrics.strip)
    return MapBox(
        width_mm=round(width - (frame + around.right) * unit, 2),
        height_mm=round(height - (frame + around.top + around.bottom) * unit - table_mm, 2),
        paper=paper,
        landscape=landscape,
        with_table=with_table,
    )
