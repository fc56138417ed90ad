"""What the wizard's pages show of a draft, and what their forms say: plain values in, choices out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice import i18n
from geoservice.model import REGISTER_FIELDS
from geoservice.register import mending as mend
from geoservice.register.mending import Mending
from geoservice.register.report import Problem, ProblemGroup, grouped, ranges
from geoservice.service.draft import Checked, Draft
from geoservice.service.draft_notes import Choices

if TYPE_CHECKING:
    from geoservice.service import GeoService

#: Fields that a column of a file can be matched with.
MAPPABLE = (
    "full_name",
    *(name for name in REGISTER_FIELDS if name != "coordinates_as_written"),
    *("coordinates", "x", "y", "crs", "founder", "final_producer"),
)
#: Rows of a group shown at first, and when all of it is asked for.
ROWS, MORE_ROWS = 20, 400
#: Values that stand in several rows and are mended together: so many are offered.
COMMON_VALUES = 12
MOST_FIELDS = 4000
MOST_NAMES = 200


class ColumnLine(Struct, frozen=True):
    """A column: its heading, some of its texts, the field it is taken for."""

    heading: str
    samples: Sequence[str]
    field: str


class RowLine(Struct, frozen=True):
    """A row with a problem: its organisation, the text that may be mended, its own message if it differs."""

    row: int
    name: str
    text: str
    message: str
    left_out: bool


class GroupView(Struct, frozen=True):
    """A group of problems; ``target`` is the column to mend or ``None``, ``hidden`` rows are not shown."""

    group: ProblemGroup
    message: str
    rows: str
    target: str | None
    lines: Sequence[RowLine]
    hidden: int
    common: Sequence[tuple[str, int]]

    @property
    def key(self) -> str:
        """What names the group in an address and a form."""
        return f"{self.group.first.code}|{self.group.first.column}"[:80]

    @property
    def typed(self) -> bool:
        """Whether what is asked for is an organisation type."""
        return self.group.first.code.startswith("type_")


def fields(lang: str) -> list[tuple[str, str]]:
    """[field, its title] for each field that a column can be matched with."""
    titles = [
        (name, key)
        for name in MAPPABLE
        for key in [f"fields.{name}" if i18n.has(lang, f"fields.{name}") else f"portal.field_{name}"]
    ]
    return [(name, i18n.text(lang, key)) for name, key in titles]


def types(service: GeoService, lang: str) -> list[str]:
    """Titles of the organisation types."""
    return [i18n.pick(kind.title, lang) for kind in service.catalog.types.values()]


def columns(checked: Checked, choices: Choices) -> list[ColumnLine]:
    """Columns of the file with the fields they are taken for."""
    found = {**checked.report.columns, **choices.mapping}
    return [
        ColumnLine(head, checked.result.cells.samples(head), found[head]) for head in checked.report.columns
    ]


def file_notes(checked: Checked) -> list[Problem]:
    """What there is to say of the file as a whole."""
    headings = ("heading_guessed", "heading_duplicate", "heading_parts", "no_name_column")
    return [p for p in checked.report.problems if p.row is None or p.code in headings]


def read_columns(draft: Draft, form: Any) -> Choices:
    """The choices of the columns' form: only fields that differ from what was understood are kept."""
    understood = draft.checked.report.columns if draft.checked else {}
    mapping = dict(draft.choices.mapping)
    for name, value in form.multi_items():
        kind, _, heading = name.partition(":")
        if kind == "field" and heading in understood and value != {**understood, **mapping}[heading]:
            mapping[heading] = str(value)
    return Choices(
        mapping, str(form.get("crs", "")).strip()[:60], form.get("replace") == "on", draft.choices.mending
    )


def groups(checked: Checked, choices: Choices, more: str, lang: str) -> list[GroupView]:
    """Groups of problems of rows, those of the file as a whole left out."""
    about_file = {id(problem) for problem in file_notes(checked)}
    shown = [p for p in checked.report.problems if id(p) not in about_file]
    return [_view(group, checked, choices, more, lang) for group in grouped(shown)]


def _view(group: ProblemGroup, checked: Checked, choices: Choices, more: str, lang: str) -> GroupView:
    key = f"{group.first.code}|{group.first.column}"[:80]
    most = MORE_ROWS if key == more else ROWS
    target = mend.target(group.first)
    message = group.message(lang)
    lines: list[RowLine] = []
    counts: dict[str, int] = {}
    for place, problem in enumerate(group.problems):
        row = problem.row or 0
        text = _text(problem, target, checked, choices)
        counts[text] = counts.get(text, 0) + 1
        if place < most:
            own = problem.message(lang)
            name = _name(row, checked)
            lines.append(
                RowLine(row, name, text, own if own != message else "", row in choices.mending.left_out)
            )
    common = sorted(((t, n) for t, n in counts.items() if n > 1 and t), key=lambda item: -item[1])
    return GroupView(group, message, ranges(group.rows), target, lines, len(group.problems) - len(lines),
                     common[:COMMON_VALUES] if target not in (None, mend.COORDINATES) else ())  # fmt: skip


def _text(problem: Problem, target: str | None, checked: Checked, choices: Choices) -> str:
    """What stands in the cell that mends a problem."""
    row = problem.row or 0
    if target is None:
        return problem.value
    if target in mend.OWN_COLUMNS:  # of a broken geometry the value is the organisation's name
        written = "" if problem.code.startswith("geometry_") else problem.value
        return choices.mending.cells.get((row, target), written)
    return checked.result.cells.text(row, target)


def _name(row: int, checked: Checked) -> str:
    heading = next((h for h, f in checked.report.columns.items() if f in ("full_name", "name")), None)
    return checked.result.cells.text(row, heading) if heading else ""


def read_mending(draft: Draft, checked: Checked, form: Any) -> Mending:
    """Cells and rows of the problems' form, laid over what was mended before.

    Names of its parts: ``cell:ROW:COLUMN`` and ``was:ROW:COLUMN`` (what it showed); ``column:N``, ``old:N``
    and ``new:N`` for a value that stands in many rows; ``seen`` and ``out`` for rows.
    """
    cells = dict(draft.choices.mending.cells)
    given = {str(name): str(value) for name, value in form.multi_items() if isinstance(value, str)}
    for name, value in form.multi_items():  # a cell with two problems is asked for twice
        kind, _, place = name.partition(":")
        row, _, column = place.partition(":")
        if kind == "cell" and row.isdigit() and str(value).strip() != given.get(f"was:{place}", "").strip():
            cells[(int(row), column)] = str(value)
    cells.update(_all_of_a_value(checked, given))
    seen = {int(row) for row in form.getlist("seen") if str(row).isdigit()}
    out = {int(row) for row in form.getlist("out") if str(row).isdigit()}
    return Mending(cells, frozenset((draft.choices.mending.left_out - seen) | out))


def _all_of_a_value(checked: Checked, given: dict[str, str]) -> dict[tuple[int, str], str]:
    """Cells of a column that all hold one value and get another."""
    found = {}
    for name, new in given.items():
        kind, _, number = name.partition(":")
        if kind == "new" and new.strip():
            column, old = given.get(f"column:{number}", ""), given.get(f"old:{number}", "")
            for problem in checked.report.problems:
                row = problem.row
                if row and mend.target(problem) == column and checked.result.cells.text(row, column) == old:
                    found[(row, column)] = new
    return found


def unplaced(checked: Checked) -> Sequence[tuple[int, str]]:
    """[row, name] of organisations read without coordinates."""
    rows = checked.result.rows
    return [(rows[p.id], p.full_name) for p in checked.result.participants if not p.placed]


def rejected(checked: Checked) -> Sequence[tuple[int, str]]:
    """[row, name] of rows that are not taken."""
    rows: Iterable[int] = {p.row for p in checked.report.problems if p.severity == "error" and p.row}
    return [(row, _name(row, checked)) for row in sorted(rows)]
