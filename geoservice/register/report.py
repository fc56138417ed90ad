"""The report of an import: how many rows were read, taken and rejected, and every problem with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from geoservice import i18n


@dataclass(frozen=True, slots=True)
class Problem:
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


def _in_language(value: Any, lang: str) -> Any:
    """A parameter for a text: a localised text is picked, a sequence of them listed."""
    if isinstance(value, Mapping):
        return i18n.pick(value, lang)
    if isinstance(value, tuple | list):
        return "; ".join(str(_in_language(item, lang)) for item in value)
    return value


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or with ``dry_run`` would do: ``read == taken + rejected``."""

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

    def as_dict(self, lang: str) -> dict[str, Any]:
        """The report as the API answers it, messages in a language."""
        return {
            "file": self.file,
            "read": self.read,
            "taken": self.taken,
            "rejected": self.rejected,
            "dry_run": self.dry_run,
            "revision": self.revision,
            "columns": dict(self.columns),
            "problems": [problem.as_dict(lang) for problem in self.problems],
        }
