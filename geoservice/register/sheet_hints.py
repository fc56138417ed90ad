"""What the XML of a sheet says that the reader of workbooks does not pass on."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from geoservice.register.tables import Merge


class SheetHints(Struct, frozen=True):
    """Rows are counted from 1, columns from 0; ``errors``: row -> column -> the error that stands there."""

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    formulas_without_value: tuple[tuple[int, int], ...] = ()
    errors: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    merged: tuple[Merge, ...] = ()


NO_HINTS = SheetHints()
