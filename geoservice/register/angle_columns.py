"""Degrees, minutes and seconds in columns of their own: told from the headings, and written together.

Left apart, the degrees alone would be a place of their own, up to a hundred kilometres off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geoservice.register.report import Problem
from geoservice.register.tables import Grid, Row
from geoservice.register.text import key

_DEGREES = frozenset(["der", "derece", "dereceler", "deg", "degree", "degrees", "град", "градусы", "gradus"])
_MINUTES = frozenset(["deq", "deqiqe", "deqiqeler", "min", "minute", "minutes", "мин", "минуты"])
_SECONDS = frozenset(["san", "saniye", "saniyeler", "sec", "second", "seconds", "сек", "секунды"])
UNITS = _DEGREES | _MINUTES | _SECONDS
_SIGNS = ("°", "'", '"')
_SIGN_CELLS = frozenset(["°", "º", "'", "′", "’", '"', "″", "”", "''"])
_MARKS = "°º'′’\"″” "


def is_units(row: Row) -> bool:
    """Whether a row holds nothing but names or signs of degrees, minutes and seconds."""
    filled = [cell.strip() for cell in row.cells if cell.strip()]
    return len(filled) > 1 and all(cell in _SIGN_CELLS or key(cell) in UNITS for cell in filled)


def without_unit(heading_key: str) -> str:
    """The key of a heading without the unit at its end: ``enlik deq`` is ``enlik``."""
    words = heading_key.split()
    return " ".join(words[:-1]) if len(words) > 1 and words[-1] in UNITS else heading_key


def find_parts(
    grid: Grid, rows: Sequence[Row], fields: Mapping[int, str], headings: Mapping[int, str]
) -> Mapping[int, tuple[int, ...]]:
    """Columns that go on with a latitude or longitude: index of its column -> indexes of minutes and seconds.

    They stand right behind it and either lie under one merged heading with it, or their headings say what
    they are.

    Args:
        grid: the sheet.
        rows: those of the heading.
        fields: index of a column -> what its heading means, were it alone.
        headings: index of a column -> its heading.
    """
    found: dict[int, tuple[int, ...]] = {}
    for index, name in fields.items():
        if name not in ("latitude", "longitude") or any(index in parts for parts in found.values()):
            continue
        parts: list[int] = []
        for place, words in ((index + 1, _MINUTES), (index + 2, _SECONDS)):
            named = bool(words & set(key(headings.get(place, "")).split()))
            if fields.get(place) != name or not (named or _under_one(grid, rows, index, place)):
                break
            parts.append(place)
        if parts:
            found[index] = tuple(parts)
    return found


def _under_one(grid: Grid, rows: Sequence[Row], left: int, right: int) -> bool:
    numbers = {row.number for row in rows}
    return any(
        merge.left <= left and right <= merge.right and numbers & {*range(merge.top, merge.bottom + 1)}
        for merge in grid.merged
    )


def joined(cells: Sequence[str], index: int, parts: Sequence[int]) -> str:
    """One text of the cells of degrees, minutes and seconds; the first alone where the others are empty."""
    texts = [cells[i].strip().strip(_MARKS) if i < len(cells) else "" for i in (index, *parts)]
    if not any(texts[1:]):
        return cells[index] if index < len(cells) else ""
    return " ".join(f"{text}{sign}" for text, sign in zip(texts, _SIGNS, strict=False) if text)


def told(problems: Sequence[Problem], row: int, names: Mapping[str, Sequence[str]]) -> list[Problem]:
    """The problems of headings, those of columns that were read together said as that.

    Args:
        problems: of the headings.
        row: of the heading.
        names: heading of the degrees -> headings of what was read with them.
    """
    together = {name for parts in names.values() for name in parts}
    kept = [p for p in problems if not (p.code == "heading_duplicate" and p.column in together)]
    notes = (
        Problem("heading_parts", row, first, ", ".join((first, *parts)), "note")
        for first, parts in names.items()
    )
    return [*kept, *notes]
