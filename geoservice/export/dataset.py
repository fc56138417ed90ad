"""What is exported: a register with its placement, as rows of plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from geoservice import i18n
from geoservice.model import PERSONAL_FIELDS, REGISTER_FIELDS, Participant, Placement

#: Columns that the placement adds to those of the register.
PLACEMENT_FIELDS = ("region", "region_name", "how", "distance_m")


class Dataset(Struct, frozen=True):
    """A register with its placement, ready to be written.

    ``region_names`` and ``type_names`` (of organisation types, by code) are in the language of the export;
    ``personal`` tells whether contacts and representatives may leave the house.
    """

    cluster: str
    lang: str
    participants: Sequence[Participant]
    placements: Mapping[str, Placement]
    region_names: Mapping[str, str]
    personal: bool = False
    type_names: Mapping[str, str] = {}

    @property
    def fields(self) -> tuple[str, ...]:
        """Codes of the columns, in order."""
        shown = (f for f in REGISTER_FIELDS if self.personal or f not in PERSONAL_FIELDS)
        return ("id", *shown, *PLACEMENT_FIELDS)

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary for each participant: field code -> value, ``None`` where there is none."""
        return [self._row(participant) for participant in self.participants]

    def _row(self, participant: Participant) -> dict[str, Any]:
        row: dict[str, Any] = {"id": participant.id}
        for name in self.fields[1 : -len(PLACEMENT_FIELDS)]:
            row[name] = getattr(participant, name)
        row["marks"] = "; ".join(i18n.text(self.lang, f"scheme.mark.{mark}") for mark in participant.marks)
        placement = self.placements.get(participant.id)
        region = placement.region if placement else None
        row["region"] = region or ""
        row["region_name"] = self.region_names.get(region or "", "")
        row["how"] = placement.how.value if placement else ""
        row["distance_m"] = placement.distance_m if placement else None
        return row

    def extra_columns(self) -> tuple[str, ...]:
        """Headings of columns that the register's file had besides, in order of appearance."""
        return tuple(dict.fromkeys(key for p in self.participants for key in p.extra))

    def headings(self) -> list[str]:
        """Column titles in the language of the export."""
        return [i18n.text(self.lang, f"fields.{name}") for name in self.fields]

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Headings and rows for a spreadsheet, the file's further columns at the end."""
        extra = self.extra_columns()
        body = [
            [*row.values(), *(participant.extra.get(key, "") for key in extra)]
            for row, participant in zip(self.rows(), self.participants, strict=True)
        ]
        return [*self.headings(), *extra], body


def distinct(headings: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """A name for each column that no other has; SQLite does not tell case apart."""
    used = {name.casefold() for name in taken}
    names = []
    for heading in headings:
        name, count = heading, 1
        while name.casefold() in used:
            count += 1
            name = f"{heading} ({count})"
        used.add(name.casefold())
        names.append(name)
    return names
