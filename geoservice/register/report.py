"""The report of an import: how many rows were read, taken and rejected, and every problem with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from geoservice import i18n

ELLIPSIS = "…"
#: Problems whose value is a coordinate: spreadsheets and GIS files hold them as numbers, not as written.
_OF_PLACES = ("coordinate", "crs_", "axes_", "far_", "zero_")
_DECIMALS = re.compile(r"[-+−]?\d+\.\d+(?:(?:\s*;\s*|,\s+|\s+)[-+−]?\d+\.\d+)?")
_BETWEEN = re.compile(r"\s*;\s*|,\s+|\s+")


class Problem(Struct, frozen=True):
    """One thing that is wrong or noteworthy.

    ``row`` counts as the office sees it: the row of the sheet or the line of the CSV, from 1; for GIS files
    the feature's ordinal from 1; ``None`` for the file as a whole. ``column`` is the heading in the file.
    ``severity`` "error" rejects the row, "warning" does not, "note" tells what was done.
    """

    code: str  # key under ``register.problem.``
    row: int | None = None
    column: str = ""
    value: str = ""
    severity: Literal["error", "warning", "note"] = "error"
    params: Mapping[str, Any] = field(default_factory=dict)

    def message(self, lang: str) -> str:
        """What is wrong, what was expected and how to mend it, in a language."""
        params = {name: _in_language(value, lang) for name, value in self.params.items()}
        value = self.value.strip('“”„«»"')  # the text puts its own quotation marks around it
        if self.code.startswith(_OF_PLACES):
            value = in_figures(value, lang)
        return i18n.text(lang, f"register.problem.{self.code}", **{"value": value, **params})

    def as_dict(self, lang: str) -> dict[str, Any]:
        """The problem as the API answers it."""
        return {
            "row": self.row,
            "column": self.column,
            "value": self.value,
            "code": self.code,
            "severity": self.severity,
            "message": self.message(lang),
        }


class ProblemGroup(Struct, frozen=True):
    """Problems of one kind in one column, so that hundreds of rows are said once; never empty."""

    problems: tuple[Problem, ...]

    @property
    def first(self) -> Problem:
        """What stands for the group."""
        return self.problems[0]

    @property
    def rows(self) -> tuple[int, ...]:
        """Rows, ascending, each once; empty for the file as a whole."""
        return tuple(sorted({p.row for p in self.problems if p.row is not None}))

    def message(self, lang: str) -> str:
        """The problems' text; what differs from row to row is an ellipsis in it."""
        first = self.first
        names = {"value": first.value, **first.params}
        differing = {
            name for name in names
            if any((p.value if name == "value" else p.params.get(name)) != names[name] for p in self.problems)
        }  # fmt: skip
        params = {name: ELLIPSIS if name in differing else value for name, value in first.params.items()}
        value = ELLIPSIS if "value" in differing else first.value
        return replace(first, value=value, params=params).message(lang)

    def as_dict(self, lang: str) -> dict[str, Any]:
        """The group as the API answers it."""
        return {
            "code": self.first.code,
            "severity": self.first.severity,
            "column": self.first.column,
            "rows": ranges(self.rows),
            "count": len(self.problems),
            "message": self.message(lang),
        }


def grouped(problems: Iterable[Problem]) -> tuple[ProblemGroup, ...]:
    """Gather problems of one kind and column: errors first, then warnings and notes, in the file's order."""
    found: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.severity, problem.code, problem.column), []).append(problem)
    order = ("error", "warning", "note")
    gathered = (ProblemGroup(tuple(group)) for group in found.values())
    return tuple(sorted(gathered, key=lambda group: order.index(group.first.severity)))


def ranges(rows: Sequence[int]) -> str:
    """Write ascending row numbers shortly: ``5–204, 206``."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    written = [str(a) if a == b else f"{a}–{b}" if b > a + 1 else f"{a}, {b}" for a, b in runs]
    return ", ".join(written)


def _in_language(value: Any, lang: str) -> Any:
    """A parameter for a text: a localised text is picked, a sequence of them listed."""
    if isinstance(value, Mapping):
        return i18n.pick(value, lang)
    if isinstance(value, tuple | list):
        return "; ".join(str(_in_language(item, lang)) for item in value)
    if isinstance(value, float):
        return i18n.decimal(value, lang)
    return value


def in_figures(value: str, lang: str) -> str:
    """Write a coordinate, or a pair of them, with a language's decimal sign; anything else stays as it is.

    What comes out is read again as the same place: a pair with decimal commas has a semicolon between.
    """
    if lang == "en" or not _DECIMALS.fullmatch(value):
        return value
    return "; ".join(part.replace(".", ",") for part in _BETWEEN.split(value))


class ImportReport(Struct, frozen=True):
    """What an import did, or with ``dry_run`` would do: ``read == taken + rejected + left_out``."""

    file: str
    read: int
    taken: int
    rejected: int
    problems: tuple[Problem, ...]
    columns: Mapping[str, str] = field(
        default_factory=dict
    )  # heading in the file -> field, "" = kept as extra
    dry_run: bool = False
    revision: int | None = None  # the register's revision after it
    left_out: int = 0  # rows that the user left out knowingly

    def as_dict(self, lang: str) -> dict[str, Any]:
        """The report as the API answers it, messages in a language."""
        return {
            "file": self.file,
            "read": self.read,
            "taken": self.taken,
            "rejected": self.rejected,
            "left_out": self.left_out,
            "dry_run": self.dry_run,
            "revision": self.revision,
            "columns": dict(self.columns),
            "problems": [problem.as_dict(lang) for problem in self.problems],
            "groups": [group.as_dict(lang) for group in grouped(self.problems)],
        }
