"""Who is who: stable ids, doubles within a file, and organisations that the register has already.

An organisation of the file is one of the register if, in this order: its id is the same; its tax number is
the same; its name is the same and it stands within 50 m; its name is the same and neither file nor register
has a second one of that name (it has moved, or got its coordinates). Different tax numbers are never the same
organisation. The id of a new one is made of its tax number (``voen-…``) or of its name (``org-…``), so that
the next import of the same file finds it again.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geoservice.model import Participant
from geoservice.register.fields import Draft
from geoservice.register.rows import Names
from geoservice.register.text import name_key

_Data = Mapping[str, Any]
#: Same name within this distance: the same place.
SAME_PLACE_M = 50.0
_EARTH_RADIUS_M = 6_371_008.8
_ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
_SLUG_LENGTH = 48
_CELL_DEG = 0.002  # wider than 50 m up to 75° of latitude
_MOST_IN_CELL = 50  # of one name at one place: more are not compared


def distance_m(a: _Data, b: _Data) -> float:
    """Distance of two near points in metres (spherical Earth; degrees in "longitude", "latitude")."""
    lat_1, lat_2 = math.radians(a["latitude"]), math.radians(b["latitude"])
    half_lat, half_lon = (lat_2 - lat_1) / 2, math.radians(b["longitude"] - a["longitude"]) / 2
    h = math.sin(half_lat) ** 2 + math.cos(lat_1) * math.cos(lat_2) * math.sin(half_lon) ** 2
    return 2 * _EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def make_id(tax_number: str, name: str, legal_form: str = "") -> str:
    """The id of a new organisation: from its tax number, else from its name."""
    if tax_number and (slug := _slug(tax_number)):
        return f"voen-{slug}"
    full = name_key(f"{name} {legal_form}")
    slug = _slug(full)
    if len(slug) >= len(full.replace(" ", "")) * 0.8 and 3 <= len(slug) <= _SLUG_LENGTH:
        return f"org-{slug}"
    return "org-" + hashlib.sha256(full.encode()).hexdigest()[:12]


def _slug(text: str) -> str:
    """Latin letters and digits of a key, words joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name_key(text)).strip("-")


class Namesakes:
    """Organisations by name and place, so that thousands of one name are still found quickly."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, int, int], list[tuple[_Data, Any]]] = {}
        self._addresses: dict[tuple[str, str], list[tuple[_Data, Any]]] = {}
        self.all: dict[str, list[tuple[_Data, Any]]] = {}

    def add(self, data: _Data, item: Any) -> None:
        """Remember an organisation: its fields, and what stands for it."""
        name = name_key(data["name"])
        self.all.setdefault(name, []).append((data, item))
        if "longitude" in data:
            self._cells.setdefault((name, *_cell(data)), []).append((data, item))
        else:
            self._addresses.setdefault((name, _address(data)), []).append((data, item))

    def at_same_place(self, data: _Data) -> Any | None:
        """The first one of the same name that stands at the same place and can be the same organisation."""
        name = name_key(data["name"])
        if name not in self.all:
            return None
        if "longitude" in data:
            x, y = _cell(data)
            near = ((name, i, j) for i in (x - 1, x, x + 1) for j in (y - 1, y, y + 1))
            found = [entry for cell in near for entry in self._cells.get(cell, ())[:_MOST_IN_CELL]]
        else:
            found = self._addresses.get((name, _address(data)), [])[:_MOST_IN_CELL]
        return next(
            (item for other, item in found if _compatible(data, other) and _same_place(data, other)), None
        )

    def only(self, data: _Data) -> Any | None:
        """The one organisation of the same name that can be the same, if there is exactly one."""
        found = [
            item
            for other, item in self.all.get(name_key(data["name"]), ())[:_MOST_IN_CELL]
            if _compatible(data, other)
        ]
        return found[0] if len(found) == 1 else None


def _cell(data: _Data) -> tuple[int, int]:
    return math.floor(data["longitude"] / _CELL_DEG), math.floor(data["latitude"] / _CELL_DEG)


class Identities:
    """Gives every draft its id, finds doubles, and names the participant that it replaces.

    Args:
        existing: the register as it is.
        names: headings of the file.
    """

    def __init__(self, existing: Sequence[Participant], names: Names) -> None:
        self.names = names
        self.by_id = {p.id: p for p in existing}
        self.by_tax: dict[str, Participant] = {}
        self.namesakes = Namesakes()
        for participant in existing:
            if participant.tax_number:
                self.by_tax.setdefault(participant.tax_number, participant)
            self.namesakes.add(_data_of(participant), participant)
        self.replaces: dict[int, Participant] = {}  # row -> the participant of the register
        self.used: dict[str, int] = {}  # id -> row

    def settle(self, drafts: Sequence[Draft]) -> None:
        """Reject doubles within the file, then match the rest with the register and give ids."""
        self._doubles(drafts)
        good = [draft for draft in drafts if not draft.record.rejected]
        counts: dict[str, int] = {}
        for draft in good:
            counts[name_key(draft.data["name"])] = counts.get(name_key(draft.data["name"]), 0) + 1
        for find in (self._by_id, self._by_tax, self._by_place):
            for draft in good:
                self._match(draft, find(draft))
        for draft in good:
            if counts[name_key(draft.data["name"])] == 1:
                self._match(draft, self._by_name_alone(draft))
        for draft in good:
            self._give_id(draft)

    # -- doubles within the file -------------------------------------------------------------------------

    def _doubles(self, drafts: Iterable[Draft]) -> None:
        ids: dict[str, int] = {}
        taxes: dict[str, Draft] = {}
        seen = Namesakes()
        for draft in drafts:
            if draft.record.rejected:
                continue
            own, tax = draft.data.get("id", ""), draft.data.get("tax_number", "")
            if own in ids:
                draft.problem("duplicate_id", self.names("id"), own, first=ids[own])
            elif not (self._same_tax(draft, taxes.get(tax)) or self._same_name(draft, seen)):
                if own:
                    ids[own] = draft.record.row
                if tax:
                    taxes.setdefault(tax, draft)
                seen.add(draft.data, draft)

    def _same_tax(self, draft: Draft, first: Draft | None) -> bool:
        """A second row of one tax number is a double, unless the file gives both rows ids of their own."""
        if first is None:
            return False
        own, other = draft.data.get("id", ""), first.data.get("id", "")
        apart = bool(own and other and own != other)
        draft.problem("duplicate_tax_number", self.names("tax_number"), draft.data["tax_number"],
                      "warning" if apart else "error", first=first.record.row)  # fmt: skip
        return not apart

    def _same_name(self, draft: Draft, seen: Namesakes) -> bool:
        column, name = self.names("name", "full_name"), draft.data["name"]
        first = seen.at_same_place(draft.data)
        if first is not None:
            apart = bool(draft.data.get("id") and first.data.get("id"))  # told apart by the file itself
            draft.problem(
                "duplicate_name", column, name, "warning" if apart else "error", first=first.record.row
            )
            return not apart
        other = seen.only(draft.data)
        if other is not None and ("longitude" in draft.data) != ("longitude" in other.data):
            draft.problem("possible_duplicate", column, name, "warning", first=other.record.row)
        return False

    # -- organisations of the register -------------------------------------------------------------------

    def _match(self, draft: Draft, participant: Participant | None) -> None:
        row = draft.record.row
        if participant is None or row in self.replaces or participant.id in self.used:
            return
        self.replaces[row] = participant
        self.used[participant.id] = row

    def _by_id(self, draft: Draft) -> Participant | None:
        return self.by_id.get(draft.data.get("id", ""))

    def _by_tax(self, draft: Draft) -> Participant | None:
        return self.by_tax.get(draft.data.get("tax_number", "")) if not draft.data.get("id") else None

    def _by_place(self, draft: Draft) -> Participant | None:
        found: Participant | None = None if draft.data.get("id") else self.namesakes.at_same_place(draft.data)
        return found

    def _by_name_alone(self, draft: Draft) -> Participant | None:
        found: Participant | None = None if draft.data.get("id") else self.namesakes.only(draft.data)
        return found

    # -- ids ---------------------------------------------------------------------------------------------

    def _give_id(self, draft: Draft) -> None:
        row, data = draft.record.row, draft.data
        if row in self.replaces:
            data["id"] = self.replaces[row].id
            return
        wanted = data.get("id", "")
        if wanted and not _ID.match(wanted):
            made = _slug(wanted)[:_SLUG_LENGTH] or make_id("", wanted)
            draft.problem("id_changed", self.names("id"), wanted, "note", made=made)
            wanted = made
        wanted = wanted or make_id(data.get("tax_number", ""), data["name"], data.get("legal_form", ""))
        unique, count = wanted, 1
        while unique in self.used or unique in self.by_id:
            count += 1
            unique = f"{wanted}-{count}"
        data["id"] = unique
        self.used[unique] = row


def _data_of(participant: Participant) -> _Data:
    data: dict[str, Any] = {
        "name": participant.name,
        "tax_number": participant.tax_number,
        "legal_form": participant.legal_form,
        "actual_address": participant.actual_address,
        "legal_address": participant.legal_address,
    }
    if participant.placed:
        data |= {"longitude": participant.longitude, "latitude": participant.latitude}
    return data


def _compatible(a: _Data, b: _Data) -> bool:
    """Whether tax numbers and legal forms leave room for the two being one organisation."""
    for name in ("tax_number", "legal_form"):
        if a.get(name) and b.get(name) and a[name] != b[name]:
            return False
    return True


def _same_place(a: _Data, b: _Data) -> bool:
    """Within 50 m; without coordinates, the same address."""
    if "longitude" in a and "longitude" in b:
        return distance_m(a, b) <= SAME_PLACE_M
    if "longitude" in a or "longitude" in b:
        return False
    return _address(a) == _address(b)


def _address(data: _Data) -> str:
    return name_key(str(data.get("actual_address") or data.get("legal_address") or ""))
