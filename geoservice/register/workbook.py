"""Workbooks (XLSX, XLSM, XLS, ODS) as grids, read by calamine once their archive is checked."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from xml.etree.ElementTree import Element

from geoservice.errors import LimitExceededError, UnreadableFileError
from geoservice.register.limits import DEFAULT_LIMITS, ROWS_ABOVE, Limits, check_size, unpack
from geoservice.register.opendocument import CONTENT, look_through
from geoservice.register.sheet_hints import NO_HINTS, SheetHints
from geoservice.register.tables import Grid, Merge, Row, check_shape
from geoservice.register.text import cell_text, without_guard

#: A cell's reference, wherever it stands, and what follows in its tag: ``/`` at the end means an empty cell.
_CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']([^<>]*)""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b([^>]*)>""")
_ROW_NUMBER = re.compile(rb"""\br\s*=\s*["'](\d{1,7})["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_EMPTY_FORMULA = re.compile(
    rb"""<c\b[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"""
)
#: A formula that gave an error (#REF!, #N/A …), which calamine passes on as an empty cell.
_ERROR = re.compile(
    rb"""<(?:\w+:)?c\b([^<>]*\bt\s*=\s*["']e["'][^<>]*)>\s*"""
    rb"""(?:<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?v>([^<]{1,20})<"""
)
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,3})(\d{1,7})["']""")
_COLUMNS = re.compile(rb"""<(?:\w+:)?col\b([^<>]*)>""")
_COLUMN_RANGE = re.compile(rb"""\b(min|max)\s*=\s*["'](\d{1,5})["']""")
_DURATION = re.compile(r"PT(\d+)H(\d\d)M(\d\d(?:[.,]\d+)?)S")
_MAX_SHEETS = 60


def read_workbook(data: bytes, limits: Limits = DEFAULT_LIMITS) -> tuple[Grid, ...]:
    """Read all sheets of a workbook; formulas give the values that were stored with them.

    Raises:
        UnreadableFileError: it is damaged, protected by a password, or holds no sheet.
        LimitExceededError: too large, unpacked too, or too many sheets, rows or columns.
    """
    check_size(data, limits)
    hints: Mapping[str, SheetHints] = {}
    if data[:2] == b"PK":
        members = unpack(data, limits)
        open_document = CONTENT in members and "xl/workbook.xml" not in members
        hints = look_through(members, limits) if open_document else _look_through(members, limits)
    return _read(data, hints, limits)


def _read(data: bytes, hints: Mapping[str, SheetHints], limits: Limits) -> tuple[Grid, ...]:
    import python_calamine as calamine

    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            wanted = [meta for meta in book.sheets_metadata if meta.typ == calamine.SheetTypeEnum.WorkSheet]
            if len(wanted) > _MAX_SHEETS:
                raise LimitExceededError("register.error.too_many_sheets", n=len(wanted), limit=_MAX_SHEETS)
            grids = tuple(
                _grid(
                    book.get_sheet_by_name(meta.name),
                    meta.visible != calamine.SheetVisibleEnum.Visible,
                    hints.get(meta.name, NO_HINTS),
                    limits,
                )
                for meta in wanted
            )
    except calamine.PasswordError as error:
        raise UnreadableFileError("register.error.encrypted") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError("register.error.workbook_damaged", why=str(error)) from error
    if not grids:
        raise UnreadableFileError("register.error.no_sheet")
    return grids


def _grid(sheet: Any, hidden: bool, hints: SheetHints, limits: Limits) -> Grid:
    end = sheet.end or (0, 0)
    check_shape(end[0] - ROWS_ABOVE, end[1] + 1, limits)
    rows = []
    for number, values in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        cells = [_text(value) if isinstance(value, str) else cell_text(value) for value in values]
        for column, text in hints.errors.get(number, {}).items():
            cells[column : column + 1] = [cells[column] or text] if column < len(cells) else []
        if any(cell and not cell.isspace() for cell in cells):
            rows.append(Row(number, cells))
    merged = tuple(Merge(a + 1, b, c + 1, d) for (a, b), (c, d) in sheet.merged_cell_ranges or ())
    return Grid(
        sheet.name,
        rows,
        (*merged, *hints.merged),
        hints.hidden_rows,
        hidden,
        hints.formulas_without_value,
        hidden_columns=hints.hidden_columns,
    )


def _text(value: str) -> str:
    """A cell's text; a duration of an ODS, PT49H40M07S, as it was typed: 49:40:07."""
    if value.startswith("PT") and (found := _DURATION.fullmatch(value)):
        return f"{int(found[1])}:{found[2]}:{found[3].replace(',', '.')}"
    return without_guard(value)


def _look_through(members: Mapping[str, bytes], limits: Limits) -> Mapping[str, SheetHints]:
    """Check every XML part, and collect hints by the sheet's name.

    A cell at XFD1048576 makes a reader fill a table of 17 thousand million cells: extents are checked here,
    before anything is laid out. Document types and entities have no place in a workbook.
    """
    if "[Content_Types].xml" not in members:
        raise UnreadableFileError("register.error.workbook_damaged", why="[Content_Types].xml")
    by_path: dict[str, SheetHints] = {}
    for name, content in members.items():
        lower = name.lower()
        if lower.endswith((".xml", ".rels")):
            head = content[:4096].lstrip()
            if (
                content[:2] in (b"\xff\xfe", b"\xfe\xff")
                or b"<!DOCTYPE" in head
                or b"<!ENTITY" in content[:65536]
            ):
                raise UnreadableFileError("register.error.workbook_xml", member=name)
        if lower.startswith("xl/worksheets/") and lower.endswith(".xml"):
            by_path[name.lstrip("/")] = _sheet_hints(content, limits)
    return {sheet: by_path[path] for sheet, path in _sheet_paths(members).items() if path in by_path}


def _sheet_hints(content: bytes, limits: Limits) -> SheetHints:
    last_row, columns = 0, set()
    for letters, digits, rest in _CELL.findall(content):
        if not (rest.endswith(b"/") and rest.count(b'"') % 2 == 0):
            columns.add(letters)
            last_row = max(last_row, int(digits))
    hidden, counted = set(), 0
    for match in _ROW.finditer(content):
        number = _ROW_NUMBER.search(match[1])
        counted = int(number[1]) if number else counted + 1
        if _HIDDEN.search(match[1]):
            hidden.add(counted)
        if counted > limits.rows and _filled(content, match):
            last_row = max(last_row, counted)
    width = max((column_index(letters.decode()) + 1 for letters in columns), default=0)
    check_shape(last_row - ROWS_ABOVE, width, limits)
    empty: tuple[tuple[int, int], ...] = ()
    if b"<f" in content:
        empty = tuple((int(m[2]), column_index(m[1].decode())) for m in _EMPTY_FORMULA.finditer(content))
    return SheetHints(frozenset(hidden), _hidden_columns(content, limits), empty, _errors(content))


def _hidden_columns(content: bytes, limits: Limits) -> frozenset[int]:
    """Indexes of hidden columns, as far as columns are read at all."""
    hidden: set[int] = set()
    for match in _COLUMNS.finditer(content, 0, max(content.find(b"sheetData"), 0)):
        ends = {name: int(number) for name, number in _COLUMN_RANGE.findall(match[1])}
        if _HIDDEN.search(match[1]) and len(ends) == 2:
            hidden.update(range(ends[b"min"] - 1, min(ends[b"max"], limits.columns)))
    return frozenset(hidden)


def _errors(content: bytes) -> Mapping[int, Mapping[int, str]]:
    """Row -> index of a column -> the error that stands there."""
    found: dict[int, dict[int, str]] = {}
    if b'"e"' not in content and b"'e'" not in content:  # the usual case, and the quick one
        return found
    for match in _ERROR.finditer(content):
        if place := _PLACE.search(match[1]):
            column = column_index(place[1].decode())
            found.setdefault(int(place[2]), {})[column] = match[2].decode("utf-8", "replace")
    return found


def _filled(content: bytes, row: re.Match[bytes]) -> bool:
    """Whether a row holds a value; formatted but empty rows at the end of a sheet do not count."""
    if row[1].endswith(b"/"):
        return False
    end = content.find(b"row>", row.end())
    inside = content[row.end() : end if end >= 0 else len(content)]
    return b"<v" in inside or b"<is" in inside or b":v" in inside


def column_index(letters: str) -> int:
    """Index of a column from 0: A is 0, AA is 26."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _sheet_paths(members: Mapping[str, bytes]) -> Mapping[str, str]:
    """Sheet name -> member that holds it."""
    book, links = members.get("xl/workbook.xml"), members.get("xl/_rels/workbook.xml.rels")
    if book is None or links is None:
        return {}
    targets = {}
    for link in _parse(links).iter():
        target = link.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
        targets[link.get("Id", "")] = path
    sheets = {}
    for element in _parse(book).iter():
        if element.tag.endswith("}sheet"):
            link_id = next((value for name, value in element.attrib.items() if name.endswith("}id")), "")
            sheets[element.get("name", "")] = targets.get(link_id, "")
    return sheets


def _parse(content: bytes) -> Element:
    """Parse a small XML part that is known to declare no entities."""
    from xml.etree import ElementTree

    try:
        return ElementTree.fromstring(content)  # noqa: S314 - document types and entities were refused above
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # LookupError: an unknown encoding
        raise UnreadableFileError("register.error.workbook_damaged", why=str(error)) from error
