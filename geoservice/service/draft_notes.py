"""What is written down about a draft beside its file, so that another process can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson
from msgspec import Struct, field

from geoservice.register.mending import NOTHING, Mending

if TYPE_CHECKING:
    from geoservice.register.report import ImportReport


class Choices(Struct, frozen=True):
    """What the owner decided about a file: how its columns are meant, and what is mended or left out."""

    mapping: dict[str, str] = field(default_factory=dict)
    default_crs: str = ""
    replace: bool = False
    mending: Mending = NOTHING


class Notes(Struct, frozen=True):
    """What is known of a draft: the file's name, the choices, how saving it went.

    ``good`` are the last choices with which the file could be read, if the present ones are others.
    ``refused`` is code and params of the error with which the store declined it.
    """

    filename: str
    choices: Choices = field(default_factory=Choices)
    good: Choices | None = None
    outdated: bool = False
    refused: tuple[str, Mapping[str, Any]] | None = None
    saved: ImportReport | None = None

    def written(self) -> bytes:
        """As JSON."""
        return orjson.dumps(
            {
                "filename": self.filename,
                "choices": _choices(self.choices),
                "good": self.good and _choices(self.good),
                "outdated": self.outdated,
                "refused": self.refused,
                "saved": self.saved and _report(self.saved),
            },
            default=str,
        )

    @classmethod
    def read(cls, document: bytes) -> Notes:
        """What :meth:`written` wrote."""
        from geoservice.register.report import ImportReport

        held = orjson.loads(document)
        return cls(
            held["filename"],
            _read_choices(held["choices"]),
            held["good"] and _read_choices(held["good"]),
            held["outdated"],
            held["refused"] and (held["refused"][0], held["refused"][1]),
            held["saved"] and ImportReport(problems=(), **held["saved"]),
        )


def _choices(choices: Choices) -> dict[str, Any]:
    mending = choices.mending
    return {
        "mapping": choices.mapping,
        "crs": choices.default_crs,
        "replace": choices.replace,
        "cells": [[row, column, text] for (row, column), text in mending.cells.items()],
        "left_out": sorted(mending.left_out),
    }


def _read_choices(held: Mapping[str, Any]) -> Choices:
    cells = {(row, column): text for row, column, text in held["cells"]}
    mending = Mending(cells, frozenset(held["left_out"]))
    return Choices(held["mapping"], held["crs"], held["replace"], mending)


def _report(report: ImportReport) -> dict[str, Any]:
    """All of a report but its problems, which the history of imports keeps."""
    names = ("file", "read", "taken", "rejected", "dry_run", "revision", "left_out")
    return {**{name: getattr(report, name) for name in names}, "columns": dict(report.columns)}
