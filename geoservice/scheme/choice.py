"""Which organisations a sheet is asked for: the filters of the web map as parameters of a sheet.

A sheet of some organisations is an extract, not the scheme that is handed in (5.3.1, item 1 asks for all
participants): it says so itself, with how many are shown and what they were chosen by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from geoservice import i18n
from geoservice.errors import InvalidInputError

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.scheme.scene import Member

ROLES = ("participant", "infrastructure")
#: Facets whose values are codes: a leading ``-`` leaves a value out.
CODED = ("role", "type", "region", "mark")
#: How many values a message names, how many the words of a filter, and how many letters of one.
NAMED, SAID, NAMED_LETTERS = 20, 4, 60


class Choice(Struct, frozen=True):
    """What an organisation has to have, as the web map's filters do.

    Of the values of a facet one suffices, every facet has to be met. ``role``, ``type``, ``region`` and
    ``mark`` are codes; one with a leading ``-`` leaves out those who have it. ``spec`` is a specialisation
    as the register words it; ``q`` is searched for, word by word, in number, name, specialisation and region.
    """

    role: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    mark: tuple[str, ...] = ()
    spec: tuple[str, ...] = ()
    q: str = ""

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.q.strip()) or any(getattr(self, facet) for facet in (*CODED, "spec"))

    def passes(self, member: Member) -> bool:
        """Whether an organisation is chosen."""
        return all(self._meets(facet, member) for facet in (*CODED, "spec")) and self._found(member)

    def _meets(self, facet: str, member: Member) -> bool:
        wanted, unwanted = self.values(facet)
        own = values_of(member, facet)
        return (not wanted or bool(own & set(wanted))) and not own & set(unwanted)

    def _found(self, member: Member) -> bool:
        text = f"{member.number} {member.name} {member.specialisation} {member.region_name}"
        place = i18n.fold(text)
        return all(word in place for word in i18n.fold(self.q).split())

    def values(self, facet: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The values of a facet that are wanted, and those that are not."""
        given: tuple[str, ...] = getattr(self, facet)
        if facet not in CODED:
            return given, ()
        dropped = tuple(value[1:] for value in given if value.startswith("-"))
        return tuple(value for value in given if not value.startswith("-")), dropped


class Chosen(Struct, frozen=True):
    """Who was chosen, by id, and by what, in words of the scheme's language."""

    ids: frozenset[str]
    words: str


class ChoiceError(InvalidInputError):
    """A filter has values that there are not; ``problems`` name each with what there is."""

    def __init__(self, problems: Sequence[UnknownValue]) -> None:
        super().__init__("scheme.filter_unknown", **problems[0].params)
        self.problems = tuple(problems)


class UnknownValue(Struct, frozen=True):
    """A value of a filter that there is not, and those that there are."""

    facet: str
    value: str
    known: tuple[str, ...]

    @property
    def column(self) -> str:
        """Where in a request it stands."""
        return f"query.{self.facet}"

    @property
    def params(self) -> dict[str, str]:
        """What the text names."""
        shown = [_short(value) for value in self.known[:NAMED]]
        more = ", …" if len(self.known) > NAMED else ""
        return {"facet": self.facet, "value": _short(self.value), "known": ", ".join(shown) + more}

    def message(self, lang: str) -> str:
        """What to do about it."""
        return i18n.text(lang, "scheme.filter_unknown", **self.params)


def choose(
    choice: Choice, members: Sequence[Member], catalog: Catalog, regions: Mapping[str, str], lang: str
) -> Chosen:
    """Choose members.

    Args:
        choice: what they must have.
        members: all of the register, numbered.
        catalog: the classification and the marks.
        regions: code -> name of every region of the cluster's boundaries.
        lang: language of the words.

    Raises:
        ChoiceError: a value is none that there is.
        InvalidInputError: nobody is left.
    """
    titles = _titles(members, catalog, regions, lang)
    _check(choice, members, titles)
    words = described(choice, titles, lang)
    ids = frozenset(member.id for member in members if choice.passes(member))
    if not ids:
        raise InvalidInputError("scheme.filter_nobody", filter=words, n=len(members))
    return Chosen(ids, words)


def described(choice: Choice, titles: Mapping[str, Mapping[str, str]], lang: str) -> str:
    """Say what is asked for: facet by facet, values by their titles."""
    parts = []
    for name in choice.__struct_fields__:
        if name == "q":
            continue
        for key, values in zip(("with", "without"), choice.values(name), strict=True):
            if values:
                said = _listed([titles[name].get(value, value) for value in values], lang)
                facet = i18n.text(lang, f"web.map.facet_{name}")
                parts.append(i18n.text(lang, f"scheme.filter.{key}", facet=facet, values=said))
    if query := " ".join(choice.q.split()):
        parts.append(i18n.text(lang, "scheme.filter.search", words=query))
    return "; ".join(parts)


def _listed(values: Sequence[str], lang: str) -> str:
    """Values by their titles; of many the first ones, and how many more."""
    shown = values if len(values) <= SAID else values[: SAID - 1]
    said = ", ".join(map(_short, shown))
    rest = len(values) - len(shown)
    return i18n.text(lang, "scheme.filter.more", values=said, n=rest) if rest else said


def values_of(member: Member, facet: str) -> set[str]:
    """The values that an organisation has for a facet."""
    if facet == "mark":
        return set(member.marks)
    of = {
        "role": member.role,
        "type": member.type_code,
        "region": member.region,
        "spec": member.specialisation,
    }
    return {of[facet]} - {""}


def _titles(
    members: Sequence[Member], catalog: Catalog, regions: Mapping[str, str], lang: str
) -> dict[str, dict[str, str]]:
    """Facet -> value -> how it is called."""
    return {
        "role": {code: i18n.text(lang, f"web.map.role_{code}") for code in ROLES},
        "type": {code: i18n.pick(kind.short, lang) for code, kind in catalog.types.items()},
        "region": dict(regions),
        "mark": {
            mark.code: i18n.text(lang, f"scheme.mark_title.{mark.code}")
            for mark in catalog.organisations.mark
        },
        "spec": {
            text: i18n.text(lang, "scheme.filter.quoted", text=text)
            for text in dict.fromkeys(m.specialisation for m in members if m.specialisation)
        },
    }


def _check(choice: Choice, members: Sequence[Member], titles: Mapping[str, Mapping[str, str]]) -> None:
    """Every value asked for is one that there is; of regions those with organisations are offered."""
    unknown = []
    for facet, known in titles.items():
        for value in (value for values in choice.values(facet) for value in values):
            if value not in known:
                held = {m.region: m.region_name for m in members if m.region}
                offered = held if facet == "region" else known
                names = (f"{code} ({name})" if facet == "region" else code for code, name in offered.items())
                unknown.append(UnknownValue(facet, value, tuple(names)))
    if unknown:
        raise ChoiceError(unknown)


def _short(value: str) -> str:
    return value if len(value) <= NAMED_LETTERS else f"{value[: NAMED_LETTERS - 1]}…"
