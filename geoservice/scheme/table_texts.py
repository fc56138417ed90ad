"""What the table of a sheet will hold, and how tall that makes it: the map gets the room that is left."""

from __future__ import annotations

import math
from typing import NamedTuple

from msgspec import Struct

#: What number, region and square take of a column of the table, how name and specialisation share the rest,
#: and the blank at the sides of a cell: as in ``styles/sheet/table.typ``, mm on A3.
NUMBER_MM, REGION_MM, SQUARE_MM = 5.6, 18.4, 9.2
NAME_SHARE = 1.22 / 2.22
BLANK_MM = 1.4
#: Of a template with more columns than have room for texts this is reckoned with, for both of them.
LEAST_MM = 20.0
#: Width of a small Latin letter of the table's text, of bold names, of slanted notes and of headings.
LETTER_MM, BOLD_MM, NOTE_MM, HEADING_MM = 1.02, 1.08, 0.96, 1.12
#: What capitals and Cyrillic letters are wider by.
CAPITAL, CYRILLIC = 0.3, 0.12
#: Heights of a row's first line and of each further one, as shares of a row of two.
FIRST_LINE, FURTHER_LINE = 0.58, 0.42


class TableRow(NamedTuple):
    """The texts of an organisation in the table; ``note`` stands below the name."""

    name: str
    specialisation: str = ""
    region: str = ""
    note: str = ""


class TableTexts(Struct, frozen=True):
    """The rows of a sheet's table, and the titles of the groups that they stand in."""

    rows: tuple[TableRow, ...] = ()
    headings: tuple[str, ...] = ()

    def taken(self, column_mm: float) -> tuple[float, float, float]:
        """How many rows of two lines all rows and the tallest are as tall as; how many headings of one line.

        Args:
            column_mm: width of a column of the table, mm on A3.
        """
        free = max(LEAST_MM, column_mm - NUMBER_MM - REGION_MM - SQUARE_MM)
        name, note = ((free * NAME_SHARE - BLANK_MM) / letter for letter in (BOLD_MM, NOTE_MM))
        does = (free * (1 - NAME_SHARE) - BLANK_MM) / LETTER_MM
        region = (REGION_MM - BLANK_MM) / LETTER_MM
        head = max(LEAST_MM, column_mm - NUMBER_MM) / HEADING_MM

        def share(row: TableRow) -> float:
            named = _lines(row.name, name) + _lines(row.note, note)
            lines = max(1, named, _lines(row.specialisation, does), _lines(row.region, region))
            return FIRST_LINE + FURTHER_LINE * (lines - 1)

        shares = [share(row) for row in self.rows]
        headings = sum((1 + _lines(heading, head)) / 2 for heading in self.headings)
        return sum(shares), max(shares, default=0.0), headings


def _lines(text: str, most: float) -> int:
    """How many lines a text takes where one holds ``most`` small Latin letters."""
    lines, taken = 0, most
    for word in text.replace("-", "- ").split():
        wide = CAPITAL * sum(map(str.isupper, word)) + CYRILLIC * sum(letter >= "\u0400" for letter in word)
        long = len(word) + wide
        if taken + 1 + long <= most:
            taken += 1 + long
        else:
            lines, taken = lines + math.ceil(long / most), long % most
    return lines
