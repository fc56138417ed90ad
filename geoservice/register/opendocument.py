"""OpenDocument spreadsheets (ODS): checked before calamine lays them out, with what it does not pass on.

A cell may be repeated a million times by one attribute. Only filled cells count: LibreOffice repeats empty
ones to the end of the sheet.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from msgspec import Struct, field

from geoservice.errors import UnreadableFileError
from geoservice.register.limits import ROWS_ABOVE, Limits
from geoservice.register.sheet_hints import SheetHints
from geoservice.register.tables import Merge, check_shape
from geoservice.register.text import is_formula_error

CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
_NAMES = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _OFFICE, _TEXT = (_NAMES % part for part in ("table", "office", "text"))
_ERROR_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_ROW, _SHEET, _COLUMN = f"{_TABLE}table-row", f"{_TABLE}table", f"{_TABLE}table-column"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_UNSEEN = ("collapse", "filter")
#: The rows that are noted one by one of a row that is repeated.
_MOST_NOTED = 1000


class _Sheet(Struct):
    """What is known of a sheet so far."""

    name: str
    row: int = 0
    column: int = 0
    merged: list[Merge] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    formulas: list[tuple[int, int]] = field(default_factory=list)
    errors: dict[int, dict[int, str]] = field(default_factory=dict)

    def hints(self) -> SheetHints:
        return SheetHints(
            frozenset(self.hidden_rows), frozenset(self.hidden_columns), tuple(self.formulas), self.errors,
            tuple(self.merged),
        )  # fmt: skip


def look_through(members: Mapping[str, bytes], limits: Limits) -> Mapping[str, SheetHints]:
    """Check the sheets' extents, and collect hints by the sheet's name.

    Raises:
        UnreadableFileError: it is protected by a password, is not well-formed, or declares entities.
        LimitExceededError: too many rows or columns.
    """
    from xml.etree import ElementTree

    if b"encryption-data" in members.get(MANIFEST, b""):
        raise UnreadableFileError("register.error.encrypted")
    content = members[CONTENT]
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableFileError("register.error.workbook_xml", member=CONTENT)
    try:
        return {sheet.name: sheet.hints() for sheet in _sheets(content, limits)}
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # LookupError: an unknown encoding
        raise UnreadableFileError("register.error.workbook_damaged", why=str(error)) from error


def _sheets(content: bytes, limits: Limits) -> Iterator[_Sheet]:
    from xml.etree import ElementTree

    sheet: _Sheet | None = None
    # document types and entities were refused above
    for event, element in ElementTree.iterparse(io.BytesIO(content), ("start", "end")):  # noqa: S314
        if event == "start":
            if element.tag == _SHEET:
                sheet = _Sheet(element.get(f"{_TABLE}name", ""))
            continue
        if sheet is None:
            continue
        if element.tag == _COLUMN:
            _take_column(sheet, element, limits)
        elif element.tag == _ROW:
            _take_row(sheet, element, limits)
            element.clear()
        elif element.tag == _SHEET:
            element.clear()
            yield sheet
            sheet = None


def _repeated(element: Element, what: str) -> int:
    """How many times a row or column stands there.

    Raises:
        UnreadableFileError: the number is none.
    """
    written = element.get(f"{_TABLE}number-{what}", "1")
    if not (written.isascii() and written.isdigit() and len(written) <= 9):
        raise UnreadableFileError("register.error.workbook_damaged", why=f"{what}: {written[:20]}")
    return int(written)


def _take_column(sheet: _Sheet, column: Element, limits: Limits) -> None:
    last = sheet.column + _repeated(column, "columns-repeated")
    if column.get(f"{_TABLE}visibility") in _UNSEEN:
        sheet.hidden_columns.update(range(sheet.column, min(last, limits.columns)))
    sheet.column = last


def _take_row(sheet: _Sheet, row: Element, limits: Limits) -> None:
    times, column, width = _repeated(row, "rows-repeated"), 0, 0
    for cell in row:
        if cell.tag not in _CELLS:
            continue
        count = _repeated(cell, "columns-repeated")
        if _filled(cell):
            width = column + count
            check_shape(0, width, limits)
            _take_cell(sheet, cell, sheet.row + 1, column)
        column += count
    if width:
        check_shape(sheet.row + times - ROWS_ABOVE, width, limits)
        if row.get(f"{_TABLE}visibility") in _UNSEEN:
            sheet.hidden_rows.update(range(sheet.row + 1, sheet.row + 1 + min(times, _MOST_NOTED)))
    sheet.row += times


def _filled(cell: Element) -> bool:
    return f"{_OFFICE}value-type" in cell.keys() or f"{_TABLE}formula" in cell.keys() or bool(_text(cell))  # noqa: SIM118


def _take_cell(sheet: _Sheet, cell: Element, row: int, column: int) -> None:
    if cell.get(_ERROR_TYPE) == "error":
        text = _text(cell)
        sheet.errors.setdefault(row, {})[column] = text if is_formula_error(text) else "#VALUE!"
    elif cell.get(f"{_TABLE}formula") and not cell.get(f"{_OFFICE}value-type"):
        sheet.formulas.append((row, column))
    down, right = _repeated(cell, "rows-spanned"), _repeated(cell, "columns-spanned")
    if down > 1 or right > 1:
        sheet.merged.append(Merge(row, column, row + down - 1, column + right - 1))


def _text(cell: Element) -> str:
    """The words of a cell; its comment is not one of them."""
    paragraphs: list[Any] = [part for part in cell if part.tag == f"{_TEXT}p"]
    return " ".join("".join(paragraph.itertext()) for paragraph in paragraphs).strip()
