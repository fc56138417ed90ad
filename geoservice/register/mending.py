"""Cells of a file mended before it is read, and rows left out knowingly: the file itself stays as it is.

A cell is named by its row (as problems count it) and its column: the heading in the file, "" for the text
of a group row, or one of ``OWN_COLUMNS`` for what the file has no column for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from geoservice.errors import InvalidInputError, LimitExceededError
from geoservice.register.columns import Column
from geoservice.register.report import Problem
from geoservice.register.rows import Record, clean
from geoservice.register.tables import Grid, Row
from geoservice.register.text import MAX_VALUE

if TYPE_CHECKING:
    from geoservice.register.columns import Heading

COORDINATES, TYPE = "@coordinates", "@organisation_type"
#: Column of our own -> field that it fills, whatever the file says.
OWN_COLUMNS: Mapping[str, str] = {COORDINATES: "coordinates", TYPE: "organisation_type"}
MOST_CELLS = 20_000
#: What another place of the organisation mends: both coordinates at once, in any notation.
_OF_PLACE = frozenset({
    "no_coordinates", "zero_point", "coordinates_swapped", "coordinates_swapped_unclear",
    "far_from_territory", "coordinate_one_only", "coordinate_outside_world", "crs_missing",
    "crs_mismatch", "crs_assumed", "axes_exchanged", "geometry_not_point", "geometry_unreadable",
})  # fmt: skip
#: What tells only how a row was taken: there is nothing to mend.
_TOLD = frozenset({
    "updated", "unchanged", "coordinates_kept", "left_out", "row_ignored", "row_number_only",
    "heading_repeated", "heading_duplicate", "heading_guessed", "heading_parts", "no_name_column",
    "id_changed", "hidden_characters", "website_several", "coordinate_letter",
})  # fmt: skip
_PLACE_FIELDS = ("latitude", "longitude", "x", "y", "crs", "coordinates", "coordinates_as_written")


class Mending(Struct, frozen=True):
    """What is read in place of the file's own cells, and the rows that are passed over."""

    cells: Mapping[tuple[int, str], str] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()

    def row(self, number: int) -> dict[str, str]:
        """Column -> text of one row's mended cells."""
        return {column: text for (row, column), text in self.cells.items() if row == number}

    def by_row(self) -> dict[int, dict[str, str]]:
        """The same of all rows."""
        found: dict[int, dict[str, str]] = {}
        for (row, column), text in self.cells.items():
            found.setdefault(row, {})[column] = text
        return found


NOTHING = Mending()


def parse_mending(value: Any) -> Mending:
    """Read ``{"cells": [{"row": 7, "column": "VÖEN", "value": "…"}], "leave_out": [9]}``.

    Raises:
        InvalidInputError: it is of another shape.
        LimitExceededError: more cells than can be meant.
    """
    if not isinstance(value, Mapping) or set(value) - {"cells", "leave_out"}:
        raise InvalidInputError("register.error.mending")
    cells, rows = value.get("cells", []), value.get("leave_out", [])
    if not isinstance(cells, list) or not isinstance(rows, list):
        raise InvalidInputError("register.error.mending")
    found = dict(_cell(item) for item in cells)
    if not all(_is_row(row) for row in rows):
        raise InvalidInputError("register.error.mending")
    return check_extent(Mending(found, frozenset(rows)))


def check_extent(mending: Mending) -> Mending:
    """Return the mending.

    Raises:
        LimitExceededError: more cells than can be meant.
    """
    if len(mending.cells) > MOST_CELLS:
        raise LimitExceededError("register.error.mending_cells", limit=MOST_CELLS)
    return mending


def _cell(item: Any) -> tuple[tuple[int, str], str]:
    shape = isinstance(item, Mapping) and set(item) == {"row", "column", "value"}
    if not shape or not _is_row(item["row"]):
        raise InvalidInputError("register.error.mending")
    if not isinstance(item["column"], str) or not isinstance(item["value"], str):
        raise InvalidInputError("register.error.mending")
    return (item["row"], item["column"]), item["value"][: MAX_VALUE + 1]


def _is_row(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def target(problem: Problem) -> str | None:
    """The column whose cell mends a problem; ``None`` if no cell does."""
    if problem.row is None or problem.code in _TOLD:
        return None
    if problem.code in _OF_PLACE:
        return COORDINATES
    if problem.code == "type_missing" and not problem.column:
        return TYPE
    if problem.code == "group_unknown":
        return ""
    return problem.column or None


class Cells(Struct, frozen=True):
    """The texts of a file as they stand there, mended ones included: row -> text of each column."""

    columns: Sequence[Column] = ()
    rows: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def text(self, row: int, heading: str) -> str:
        """The text of a cell; the first text of the row for the heading ""."""
        cells = self.rows.get(row, ())
        if not heading:
            return next((cell for cell in cells if len(cell.strip()) > 1), "")
        index = next((column.index for column in self.columns if column.heading == heading), -1)
        return cells[index] if 0 <= index < len(cells) else ""

    def samples(self, heading: str, most: int = 3) -> list[str]:
        """The first different texts of a column."""
        found: dict[str, None] = {}
        for row in self.rows:
            if text := self.text(row, heading).strip():
                found.setdefault(text)
                if len(found) == most:
                    break
        return list(found)


def mended_grid(grid: Grid, heading: Heading, mending: Mending) -> Grid:
    """The table with its mended cells.

    Raises:
        InvalidInputError: a cell that the table does not have.
    """
    wanted = mending.by_row()
    if not wanted:
        return grid
    indexes = {column.heading: column.index for column in heading.columns}
    numbers = {row.number for row in grid.rows[heading.first_row :]}
    _check_cells(wanted, numbers, indexes)
    rows = [
        _mended_row(row, wanted[row.number], indexes, heading.parts) if row.number in wanted else row
        for row in grid.rows
    ]
    done = {(row, indexes[name]) for row, cells in wanted.items() for name in cells if name in indexes}
    formulas = tuple(place for place in grid.formulas_without_value if place not in done)
    return replace(grid, rows=rows, formulas_without_value=formulas)


def _mended_row(
    row: Row, cells: Mapping[str, str], indexes: Mapping[str, int], parts: Mapping[int, tuple[int, ...]]
) -> Row:
    texts = list(row.cells)
    for column, text in cells.items():
        if column in OWN_COLUMNS:
            continue
        index = indexes.get(column, -1)
        if not column:
            index = next((place for place, cell in enumerate(texts) if len(cell.strip()) > 1), 0)
        texts.extend([""] * (index + 1 - len(texts)))
        texts[index] = text
        for part in parts.get(index, ()):  # a mended coordinate is whole
            texts[part : part + 1] = [""] * len(texts[part : part + 1])
    return Row(row.number, texts)


def _check_cells(
    wanted: Mapping[int, Mapping[str, str]], rows: Iterable[int], columns: Iterable[str]
) -> None:
    known = {*columns, *OWN_COLUMNS, ""}
    numbers = set(rows)
    for row, cells in wanted.items():
        for column in cells:
            if row not in numbers or column not in known:
                raise InvalidInputError("register.error.mending_cell", row=row, column=column)


def mend_features(records: Sequence[Record], columns: Sequence[Column], mending: Mending) -> None:
    """Put mended texts into the records of a GIS file.

    Raises:
        InvalidInputError: a cell that the file does not have.
    """
    wanted = mending.by_row()
    by_heading = {column.heading: column for column in columns}
    _check_cells(wanted, (record.row for record in records), by_heading)
    for record in records:
        for heading, text in wanted.get(record.row, {}).items():
            if column := by_heading.get(heading):
                record.problems[:] = [p for p in record.problems if p.column != heading]
                value = clean(text, record.row, heading, record.problems)
                values = record.values if column.field else record.extra
                values[column.field or heading] = value


def mended_records(records: Sequence[Record], mending: Mending) -> tuple[list[Record], list[Problem]]:
    """Fill what the file has no column for, and pass over what is left out.

    Returns:
        The records that are read on, and a note on each that is not.
    """
    wanted = mending.by_row()
    kept, notes = [], []
    for record in records:
        if record.row in mending.left_out:
            name = record.values.get("name") or record.values.get("full_name", "")
            notes.append(Problem("left_out", record.row, "", name[:120], "note"))
            continue
        for column, text in wanted.get(record.row, {}).items():
            if column in OWN_COLUMNS:
                _fill(record, column, text)
        kept.append(record)
    return kept, notes


def _fill(record: Record, column: str, text: str) -> None:
    if column == COORDINATES:
        for name in _PLACE_FIELDS:
            record.values.pop(name, None)
        record.lon = record.lat = None
        record.problems[:] = [p for p in record.problems if p.column != "geometry"]
    record.values[OWN_COLUMNS[column]] = clean(text, record.row, column, record.problems)
