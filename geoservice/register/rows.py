"""Rows of a table -> records: one for each organisation, group rows and lines below the table told apart.

What is an organisation and what is not:

* a row with one text that names an organisation type is a group row (Appendix 6): the type of those beneath;
* the heading repeated on a further page, the numbering 1 2 3 … and rows that hold a running number alone are
  passed over, each with a note except the numbering;
* a row without tax number and coordinates that looks like a total, a signature or a note (``headings.toml``,
  ``footers``), or that stands below the last name with at most two cells filled, is a line below the table;
  it is noted;
* everything else is an organisation: taken, or rejected with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from geoservice import i18n
from geoservice.register.angle_columns import joined
from geoservice.register.columns import JOINED, Column, Heading, footer_pattern, group_words
from geoservice.register.kinds import TypeIndex
from geoservice.register.mischief import day_of
from geoservice.register.report import Problem
from geoservice.register.tables import Grid, Row, column_letters
from geoservice.register.text import HIDDEN, MAX_VALUE, is_formula_error, key, strip_hidden, tidy

#: Headings of dates alone; one that names a number besides may hold either.
_OF_DATES = re.compile(r"^(?!.*(?:nomre|\bno\b|number|номер)).*\b(?:tarix|date|дата)")
_NUMBERING = re.compile(r"^[\dIVX]{0,6}[.)]?$")
_TELLING = frozenset({"tax_number", "latitude", "longitude", "coordinates", "x", "y", "organisation_type"})
_FEW_CELLS = 2


class Record(Struct):
    """One organisation of a file, still as texts by field; ``lon``/``lat`` if the file has geometries."""

    row: int
    values: dict[str, str]
    extra: dict[str, str] = field(default_factory=dict)
    group: str = ""
    lon: float | None = None
    lat: float | None = None
    problems: list[Problem] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """Whether a problem keeps the row out."""
        return any(problem.severity == "error" for problem in self.problems)


class Names(Struct, frozen=True):
    """Headings of the file by field, for problems."""

    columns: Mapping[str, str]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Names:
        """From the columns; the first of several for a field."""
        found: dict[str, str] = {}
        for column in columns:
            found.setdefault(column.field, column.heading)
        return cls(found)

    def __call__(self, *fields: str) -> str:
        """The heading of the first of these fields that the file has, else ""."""
        return next((self.columns[name] for name in fields if name in self.columns), "")


def clean(value: str, row: int, heading: str, problems: list[Problem]) -> str:
    """Tidy a value: hidden characters out, at most 2,000 characters; what was done is noted."""
    if HIDDEN.search(value):
        value = strip_hidden(value)
        problems.append(Problem("hidden_characters", row, heading, tidy(value)[:80], "note"))
    value = tidy(value)
    if len(value) > MAX_VALUE:
        problems.append(Problem("value_too_long", row, heading, value[:80] + "…", "error",
                                {"length": len(value), "limit": MAX_VALUE}))  # fmt: skip
        value = value[:MAX_VALUE]
    return value


def records_of_grid(grid: Grid, heading: Heading, types: TypeIndex) -> tuple[list[Record], list[Problem]]:
    """Read the rows below a heading.

    Returns:
        Records of all organisations, good or bad, and the notes on all other rows.
    """
    reader = _GridReader(grid, heading, types)
    for row in grid.rows[heading.first_row :]:
        reader.read(row)
    return reader.finish()


class _GridReader:
    """Walks down a table and keeps the type of the group that it is in."""

    def __init__(self, grid: Grid, heading: Heading, types: TypeIndex) -> None:
        self.heading, self.types = heading, types
        self.width = max((column.index + 1 for column in heading.columns), default=0) if grid.commas else 0
        self.headed = frozenset(column.index for column in heading.columns)
        self.written = frozenset(column.heading for column in heading.columns)
        self.titles = [key(column.heading) for column in heading.columns]
        self.named = frozenset(c.index for c in heading.columns if c.field in ("name", "full_name"))
        self.typed = _type_column(heading, self.named)
        self.fills = _vertical_fills(grid, heading)
        self.wide = {m.top for m in grid.merged if m.right - m.left >= max(2, len(heading.columns) // 2)}
        self.group = ""
        self.records: list[Record] = []
        self.nameless: list[tuple[Record, Row]] = []
        self.problems: list[Problem] = []
        self.hidden = [row.number for row in grid.rows[heading.first_row :] if row.number in grid.hidden_rows]
        self.formulas: dict[int, list[int]] = {}
        for number, column in grid.formulas_without_value:
            self.formulas.setdefault(number, []).append(column)

    def read(self, row: Row) -> None:
        """Take in one row."""
        if row.number in self.fills:
            row = Row(row.number, _filled(row.cells, self.fills[row.number]))
        filled = [cell for cell in row.cells if cell]
        texts: list[str] = []
        if self._may_be_no_organisation(row.number, filled):
            texts = [text for cell in filled if (text := tidy(cell))]
            group = not self._has_organisation(row) and self._is_group(row, texts)
            if not texts or group or self._is_aside(row, texts):
                return
        record = self._record(row)
        for column in self.formulas.get(row.number, ()):
            record.problems.append(Problem("formula_without_value", row.number, self._title(column),
                                           f"{column_letters(column)}{row.number}", "warning"))  # fmt: skip
        if self.width and any(tidy(cell) for cell in row.cells[self.width :]):
            counts = {"cells": len(row.cells), "columns": self.width}
            record.problems.append(
                Problem("row_wider", row.number, "", ",".join(row.cells)[:160], params=counts)
            )
        if not (record.values.get("name") or record.values.get("full_name")):
            self._without_name(record, row, texts or filled)
            return
        if self._is_footer(record, filled):
            self._note("row_ignored", row, texts or filled)
            return
        self.records.append(record)

    def _has_organisation(self, row: Row) -> bool:
        """Whether a lone text opens no group: a name without a stored value is beside it, or it is a type.

        A row whose other cells could not be read would otherwise be lost, and its type go to those below.
        """
        if self.named.intersection(self.formulas.get(row.number, ())):
            return True
        if row.number in self.wide or self.typed is None or self.typed >= len(row.cells):
            return False
        filled = [cell for cell in row.cells if tidy(cell) and not _NUMBERING.match(tidy(cell))]
        return bool(filled == [row.cells[self.typed]])

    def _may_be_no_organisation(self, number: int, filled: Sequence[str]) -> bool:
        """Whether a row deserves a closer look; most rows are organisations and are spared it."""
        few = len(filled) <= len(self.titles) // 2 + 1 or number in self.wide
        return few or filled[0].strip() == "1" or not self.written.isdisjoint(filled)

    def _without_name(self, record: Record, row: Row, texts: Sequence[str]) -> None:
        text = self._in_number_column(record)
        if text and _NUMBERING.match(text):
            self._note("row_number_only", row, texts)
            return
        if text:  # a group that is not merged over the table
            self.group = ""
        self.nameless.append((record, row))

    def finish(self) -> tuple[list[Record], list[Problem]]:
        """Judge the rows without a name, now that the last named row is known."""
        last = self.records[-1].row if self.records else 0
        for record, row in self.nameless:
            texts = [text for cell in row.cells if (text := tidy(cell))]
            below = row.number > last and len(texts) <= _FEW_CELLS and not (_TELLING & set(_present(record)))
            if below or self._is_footer(record, texts):
                self._note("row_ignored", row, texts)
            elif text := self._in_number_column(record):
                self._unknown_group(row, text)
            else:
                self.records.append(record)
        if self.hidden:
            rows = ", ".join(str(number) for number in self.hidden[:10]) + (
                " …" if len(self.hidden) > 10 else ""
            )
            self.problems.append(
                Problem("rows_hidden", severity="note", value=rows, params={"n": len(self.hidden)})
            )
        self.records.sort(key=lambda record: record.row)
        return self.records, self.problems

    def _title(self, index: int) -> str:
        return next((column.heading for column in self.heading.columns if column.index == index), "")

    def _note(self, code: str, row: Row, texts: Sequence[str]) -> None:
        self.problems.append(Problem(code, row.number, "", " · ".join(texts)[:120], "note"))

    def _is_group(self, row: Row, texts: Sequence[str]) -> bool:
        """Group row: one text, apart from a number before it, that names a type or a part of the register."""
        if len(texts) > len(self.titles) // 2 + 1 and row.number not in self.wide:
            return False
        words = list(dict.fromkeys(text for text in texts if not _NUMBERING.match(text)))
        if len(words) != 1:
            return False
        if code := self.types.find(words[0]):
            self.group = code
            return True
        if key(re.sub(r"^\s*[\dIVX]+[.)]\s*", "", words[0])) in group_words():
            self.group = ""
            return True
        if row.number in self.wide and not footer_pattern().search(i18n.fold(words[0])):
            self.group = ""
            self._unknown_group(row, words[0])
            return True
        return False

    def _unknown_group(self, row: Row, text: str) -> None:
        known = {"known": self.types.titles}
        self.problems.append(Problem("group_unknown", row.number, "", text[:120], "warning", known))

    def _is_aside(self, row: Row, texts: Sequence[str]) -> bool:
        """The heading again (a further page), or the numbering of its columns."""
        if self.written.isdisjoint(texts):
            return len(texts) > 3 and texts == [str(i) for i in range(1, len(texts) + 1)]
        keys = [key(text) for text in texts]
        same = sum(name in self.titles for name in keys)
        if len(keys) > 2 and same >= len(keys) * 0.8:
            self._note("heading_repeated", row, texts)
            self._take_order(row)
            return True
        return False

    def _take_order(self, row: Row) -> None:
        """A further table of the same columns may have them in another order."""
        by_key = {key(column.heading): column for column in self.heading.columns}
        found = [(by_key.get(key(tidy(cell))), index) for index, cell in enumerate(row.cells)]
        columns = tuple(replace(column, index=index) for column, index in found if column)
        if len({column.heading for column in columns}) == len(columns):
            self.heading = replace(self.heading, columns=columns)
            self.headed = frozenset(column.index for column in columns)

    def _record(self, row: Row) -> Record:
        record = Record(row.number, {}, group=self.group)
        cells, values = row.cells, record.values
        for column in self.heading.columns:
            raw = cells[column.index] if column.index < len(cells) else ""
            if parts := self.heading.parts.get(column.index):
                raw = joined(cells, column.index, parts)
            if not raw:
                continue
            if raw[0] in "# E" and is_formula_error(raw):
                record.problems.append(
                    Problem("formula_error", row.number, column.heading, raw.strip(), "warning")
                )
                continue
            value = clean(raw, row.number, column.heading, record.problems)
            if not value:
                continue
            name = column.field
            if name in JOINED and _OF_DATES.search(key(column.heading)) and (day := day_of(value)):
                record.problems.append(
                    Problem("date_number", row.number, column.heading, value, "warning", {"date": day})
                )
            if not name:
                record.extra[column.heading] = value
            elif name in values and name in JOINED:
                values[name] = f"{values[name]}; {value}"
            else:
                values[name] = value
        for index in range(len(cells)):  # cells under no heading are kept under their column's letter
            if cells[index] and index not in self.headed and (value := tidy(strip_hidden(cells[index]))):
                record.extra[column_letters(index)] = value[:MAX_VALUE]
        return record

    @staticmethod
    def _in_number_column(record: Record) -> str:
        """The text of a row that holds nothing but its first column, the running number."""
        return record.values["number"] if _present(record) == ["number"] and not record.extra else ""

    @staticmethod
    def _is_footer(record: Record, texts: Sequence[str]) -> bool:
        if _TELLING & set(_present(record)):
            return False
        return any(footer_pattern().search(i18n.fold(tidy(text))) for text in texts[:3])


def _type_column(heading: Heading, named: frozenset[int]) -> int | None:
    """Index of the column of types if it stands behind the name: groups are written before it."""
    index = next((c.index for c in heading.columns if c.field == "organisation_type"), None)
    return index if index is not None and named and index > min(named) else None


def _present(record: Record) -> list[str]:
    return [name for name, value in record.values.items() if value]


def _vertical_fills(grid: Grid, heading: Heading) -> Mapping[int, list[tuple[int, str]]]:
    """Values of cells merged over several rows, for the rows below the first: they apply to each of them."""
    first = grid.rows[heading.first_row].number if heading.first_row < len(grid.rows) else 0
    by_number = {row.number: row for row in grid.rows}
    fills: dict[int, list[tuple[int, str]]] = {}
    for merge in grid.merged:
        source = by_number.get(merge.top)
        if (
            merge.bottom == merge.top
            or merge.top < first
            or source is None
            or merge.left >= len(source.cells)
        ):
            continue
        for number in range(merge.top + 1, merge.bottom + 1):
            if number in by_number:
                fills.setdefault(number, []).append((merge.left, source.cells[merge.left]))
    return fills


def _filled(cells: list[str], fills: Sequence[tuple[int, str]]) -> list[str]:
    cells = list(cells)
    for index, value in fills:
        if index < len(cells) and not cells[index]:
            cells[index] = value
    return cells
