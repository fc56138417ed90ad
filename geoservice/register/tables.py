"""Tables out of files: grids of texts with the row numbers that the office sees, from CSV and workbooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from msgspec import Struct, field

from geoservice.errors import LimitExceededError, UnreadableFileError
from geoservice.register import encoding
from geoservice.register.limits import DEFAULT_LIMITS, ROWS_ABOVE, Limits, check_size
from geoservice.register.report import Problem
from geoservice.register.text import without_guard

_DELIMITERS = ";,\t|"
_SAMPLE_LINES = 40
#: Written behind the text: if the last record is not this, a quotation mark was left open.
_END = "\x1eend of table\x1e"


class Row(Struct, frozen=True):
    """A row: its number in the file, from 1, and its cells as texts."""

    number: int
    cells: list[str]


class Merge(Struct, frozen=True):
    """A merged range; numbers of rows from 1, indexes of columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


class Grid(Struct, frozen=True):
    """A sheet or a CSV file: rows that are not wholly empty, merged ranges, what there is to say of it."""

    name: str
    rows: Sequence[Row]
    merged: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden: bool = False
    formulas_without_value: tuple[tuple[int, int], ...] = ()
    hidden_columns: frozenset[int] = frozenset()
    commas: bool = False  # cells are parted by commas, which values may hold as well
    problems: tuple[Problem, ...] = field(default=())

    @property
    def width(self) -> int:
        """Number of columns."""
        return max((len(row.cells) for row in self.rows), default=0)


def column_letters(index: int) -> str:
    """Letters of a column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def check_shape(rows: int, columns: int, limits: Limits) -> None:
    """Refuse too many rows or columns.

    Raises:
        LimitExceededError: naming the limit.
    """
    if rows > limits.rows:
        raise LimitExceededError("register.error.too_many_rows", count=rows, limit=limits.rows)
    if columns > limits.columns:
        raise LimitExceededError("register.error.too_many_columns", count=columns, limit=limits.columns)


def read_csv(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Grid:
    """Read delimited text; the encoding and the delimiter are found out, and assumptions reported.

    Args:
        data: the file: UTF-8, UTF-16, Windows-1251 or Windows-1254; ``;``, ``,``, tab or ``|``.
        limits: what is accepted at most.

    Raises:
        UnreadableFileError: it is no text, or a quotation mark is left open (with its line).
        LimitExceededError: too large, too many rows or columns.
    """
    check_size(data, limits)
    decoded = encoding.decode(data)
    text, delimiter = _declared_delimiter(decoded.text)
    delimiter = delimiter or _find_delimiter(text)
    skipped = decoded.text.count("\n", 0, len(decoded.text) - len(text))
    rows = _records(text, delimiter, limits, skipped)
    return Grid("", rows, problems=decoded.problems, commas=delimiter == ",")


def _declared_delimiter(text: str) -> tuple[str, str]:
    """The ``sep=;`` line that Excel writes and understands."""
    head, line_end, rest = text.partition("\n")
    head = head.strip().strip('"')
    if line_end and len(head) == 5 and head[:4].lower() == "sep=" and head[4] in _DELIMITERS:
        return rest, head[4]
    return text, ""


def _find_delimiter(text: str) -> str:
    """The delimiter that makes the most regular table of the first lines."""
    sample = "".join(text.splitlines(keepends=True)[:_SAMPLE_LINES])
    best, best_score = ";", (0.0, 0.0)
    for delimiter in _DELIMITERS:
        widths = _widths(sample, delimiter)
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        common = max(set(wide), key=lambda width: (wide.count(width), width))
        score = (wide.count(common) / len(widths), float(common))
        if (score[0] > 0.5, score[1], score[0]) > (best_score[0] > 0.5, best_score[1], best_score[0]):
            best, best_score = delimiter, score
    return best


def _widths(sample: str, delimiter: str) -> list[int]:
    """Numbers of cells of the sample's records; none if this delimiter makes no table of it."""
    try:
        return [len(r) for r in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if r]
    except csv.Error:
        return []


def _records(text: str, delimiter: str, limits: Limits, skipped: int) -> list[Row]:
    """Parse the text; each row carries the line on which it begins."""
    if not text.endswith(("\n", "\r")):
        text += "\n"
    reader = csv.reader(io.StringIO(text + _END, newline=""), delimiter=delimiter)
    rows: list[Row] = []
    line = skipped + 1
    try:
        for record in reader:
            if any(cell and not cell.isspace() for cell in record):
                rows.append(Row(line, [without_guard(cell) for cell in record]))
                if len(rows) > limits.rows + ROWS_ABOVE:
                    check_shape(len(rows) - 1, 0, limits)
                check_shape(0, len(record), limits)
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError("register.error.csv_quote", row=line) from error
    if not rows or rows[-1].cells != [_END]:
        raise UnreadableFileError("register.error.csv_quote", row=rows[-1].number if rows else 1)
    return rows[:-1]
