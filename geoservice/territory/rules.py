"""Rulesets: what the law asks for, as versioned data. Thresholds and readings are never in code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

import tomli
from msgspec import Struct, field

from geoservice.errors import CatalogError, NotFoundError
from geoservice.model import LocalisedText

Reading = Literal["chain", "pairwise"]
READINGS: tuple[Reading, ...] = ("chain", "pairwise")
DEFAULT_RULESET = "az-appendix-13"


class Requirement(Struct, frozen=True):
    """One requirement: ``judged_by`` "concentration" or "members" (checked here), "not_held" (no data)."""

    number: int
    code: str
    judged_by: Literal["concentration", "members", "not_held"]
    clause: LocalisedText
    title: LocalisedText
    threshold: float | None = None
    unit: str = ""


class Ruleset(Struct, frozen=True):
    """A version of a law's requirements and the readings and policies by which it is applied.

    ``exclaves``: "separate", a part of the country that borders nothing else stays apart; "waived", each
    connected part of the country's territory is judged by itself. ``outside``: "fails" or "ignored".
    ``unplaced``: "not_shown", members without coordinates leave the requirement unshown; or "ignored".
    ``water_m``: how wide water between regions may be for them to border, 0 for never; ``water``: what is
    water, "mapped" what polygons of water cover, "unclaimed" whatever belongs to no region of the set.
    ``accuracy_m``: how far borders may run beside the true ones where the boundary set does not say.
    ``roles``: the roles of the members that are counted; a member of unknown role always is.
    """

    code: str
    version: str
    country: str
    title: LocalisedText
    source: LocalisedText
    reading: Reading
    gap_m: float
    snap_m: float
    point_contact: bool
    water_m: float
    exclaves: Literal["separate", "waived"]
    outside: Literal["fails", "ignored"]
    unplaced: Literal["not_shown", "ignored"]
    min_members: int
    roles: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    borders_note: LocalisedText = field(default_factory=dict)
    members_note: LocalisedText = field(default_factory=dict)
    example: bool = False
    valid_from: dt.date | None = None
    accuracy_m: float | None = None
    water: Literal["unclaimed", "mapped"] = "mapped"

    def clause(self, judged_by: str) -> LocalisedText:
        """The clause that a part of the check answers to."""
        return next((r.clause for r in self.requirements if r.judged_by == judged_by), {})


def ruleset(code: str = DEFAULT_RULESET, as_of: dt.date | None = None) -> Ruleset:
    """Return a ruleset in the version in force on a day (today's newest by default).

    Raises:
        NotFoundError: no such ruleset ("territory.ruleset_not_found").
    """
    versions = _all().get(code)
    if not versions:
        raise NotFoundError("territory.ruleset_not_found", ruleset=code, known=", ".join(_all()))
    in_force = [r for r in versions if as_of is None or r.valid_from is None or r.valid_from <= as_of]
    return in_force[-1] if in_force else versions[0]


def rulesets() -> tuple[Ruleset, ...]:
    """The newest version of every ruleset, by code."""
    return tuple(versions[-1] for versions in _all().values())


@cache
def _all() -> Mapping[str, tuple[Ruleset, ...]]:
    folder = resources.files("geoservice") / "data" / "rulesets"
    held: dict[str, list[Ruleset]] = {}
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            read = parse_ruleset(file.name, file.read_text("utf-8"))
            held.setdefault(read.code, []).append(read)
    oldest = dt.date.min
    return {
        code: tuple(sorted(found, key=lambda r: (r.valid_from or oldest, r.version)))
        for code, found in sorted(held.items())
    }


_CHOICES = {
    "reading": READINGS,
    "exclaves": ("separate", "waived"),
    "outside": ("fails", "ignored"),
    "water": ("mapped", "unclaimed"),
    "unplaced": ("not_shown", "ignored"),
}


def parse_ruleset(name: str, text: str) -> Ruleset:
    """Read a ruleset from the text of its TOML file.

    Raises:
        CatalogError: naming the file and what is wrong with it.
    """
    try:
        data = tomli.loads(text)
        borders: dict[str, Any] = data["borders"]
        members: dict[str, Any] = data["members"]
        for key, allowed in _CHOICES.items():
            if borders.get(key, allowed[0]) not in allowed:
                raise ValueError(f"borders.{key}: {borders[key]} ∉ {', '.join(allowed)}")
        return Ruleset(
            code=data["code"],
            version=data["version"],
            country=data.get("country", ""),
            title=data["title"],
            source=data["source"],
            reading=borders["reading"],
            gap_m=float(borders["gap_m"]),
            snap_m=float(borders["snap_m"]),
            point_contact=bool(borders["point_contact"]),
            water_m=float(borders["water_m"]),
            exclaves=borders["exclaves"],
            outside=borders["outside"],
            unplaced=borders["unplaced"],
            min_members=int(members["min"]),
            roles=tuple(members["roles"]),
            requirements=tuple(_requirement(table) for table in data["requirement"]),
            borders_note=borders.get("note", {}),
            members_note=members.get("note", {}),
            example=bool(data.get("example", False)),
            valid_from=data.get("valid_from"),
            accuracy_m=float(borders["accuracy_m"]) if "accuracy_m" in borders else None,
            water=borders.get("water", "mapped"),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise CatalogError("catalog_file", file=name, where="-", why=str(error)) from error


def _requirement(table: Mapping[str, Any]) -> Requirement:
    if table["judged_by"] not in ("concentration", "members", "not_held"):
        raise ValueError(f"requirement.judged_by: {table['judged_by']}")
    return Requirement(
        number=int(table["number"]),
        code=table["code"],
        judged_by=table["judged_by"],
        clause=table["clause"],
        title=table["title"],
        threshold=table.get("threshold"),
        unit=table.get("unit", ""),
    )
