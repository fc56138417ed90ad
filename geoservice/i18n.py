"""Texts in Azerbaijani (default), English and Russian.

Catalogues are TOML files ``locales/<language>/<area>.toml``; a text's key is ``area.name`` (tables nest with
dots). Placeholders are those of ``str.format``. A text that depends on a number is a table of CLDR plural
categories (``one``, ``few``, ``many``, ``other``) and is chosen by the parameter ``n``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import tomli

import geoservice
from geoservice.errors import GeoserviceError
from geoservice.languages import DEFAULT_LANGUAGE, LANGUAGES, LocalisedText

if TYPE_CHECKING:
    import datetime as dt

LOCALES = f"{geoservice.__path__[0]}/locales"
PLURAL_CATEGORIES = frozenset({"zero", "one", "two", "few", "many", "other"})

Texts = Mapping[str, str | Mapping[str, str]]


@cache
def area(lang: str, name: str) -> Texts:
    """Return the texts of one area: key -> text, or key -> plural category -> text; empty if there is none.

    Raises:
        KeyError: the language has no catalogue.
    """
    if lang not in LANGUAGES:
        raise KeyError(lang)
    flat: dict[str, str | Mapping[str, str]] = {}
    try:
        with open(f"{LOCALES}/{lang}/{name}.toml", "rb") as file:  # noqa: PTH123 - pathlib costs start-up
            _flatten(name, tomli.load(file), flat)
    except FileNotFoundError:
        return flat
    return flat


def catalogue(lang: str) -> Texts:
    """Return all texts of a language.

    Raises:
        KeyError: the language has no catalogue.
    """
    from pathlib import Path

    names = sorted(file.stem for file in Path(LOCALES, lang).glob("*.toml"))
    return {key: value for name in names for key, value in area(lang, name).items()}


def _flatten(prefix: str, node: Mapping[str, Any], flat: dict[str, str | Mapping[str, str]]) -> None:
    if "other" in node and set(node) <= PLURAL_CATEGORIES:
        flat[prefix] = dict(node)
        return
    for name, value in node.items():
        key = f"{prefix}.{name}"
        if isinstance(value, Mapping):
            _flatten(key, value, flat)
        else:
            flat[key] = str(value)


@cache
def _plural_rule(lang: str) -> Any:
    from babel import Locale

    return Locale(lang).plural_form


def text(lang: str, key: str, **params: Any) -> str:
    """Return the text of ``key`` in ``lang`` with its placeholders filled.

    Raises:
        KeyError: no such key, no such language, or a placeholder without a parameter.
    """
    entry = area(lang, key.partition(".")[0])[key]
    if isinstance(entry, Mapping):
        category = _plural_rule(lang)(params["n"])
        entry = entry.get(category, entry["other"])
    return entry.format(**params)


def has(lang: str, key: str) -> bool:
    """Tell whether a language's catalogue holds a key."""
    return key in area(lang, key.partition(".")[0])


def message(error: GeoserviceError, lang: str) -> str:
    """Say an error in a language. A code without a dot is looked up under ``errors.``.

    Numbers follow the language, but a ``value`` is quoted as it was sent: in JSON it has a decimal point.
    """
    key = error.code if "." in error.code else f"errors.{error.code}"
    given = error.params.items()
    params = {k: decimal(v, lang) if isinstance(v, float) and k != "value" else v for k, v in given}
    return text(lang, key, **params)


def pick(value: LocalisedText, lang: str) -> str:
    """Choose a localised text: the language asked for, else the default language, else any there is."""
    return value.get(lang) or value.get(DEFAULT_LANGUAGE) or next((v for v in value.values() if v), "")


def number(value: float, digits: int, lang: str) -> str:
    """Write a number with the decimal sign of a language: a comma in Azerbaijani and Russian."""
    text = f"{value:.{digits}f}"
    return text if lang == "en" else text.replace(".", ",")


def day(value: dt.date | str, lang: str) -> str:
    """Write a day as a language does: 22.11.2026, in English 22 November 2026.

    Of a moment the day is written. An ISO date may stop at the month or the year: 2021-07, 2021.
    """
    year, month, number, *_ = (*(int(p) for p in str(value)[:10].split("-")), 0, 0)
    if not month:
        return str(year)
    name = text(lang, "dates.months").split("|")[month - 1]
    return text(lang, f"dates.{'day' if number else 'month'}", day=number, year=year, name=name)


def moment(value: dt.datetime, lang: str) -> str:
    """Write a moment, to the minute."""
    return text(lang, "dates.moment", date=day(value, lang), hour=value.hour, minute=value.minute)


def issue(as_of: str, edition: str, lang: str) -> str:
    """Say of what state data are and which edition; empty where neither is known."""
    said = [text(lang, "dates.state", date=day(as_of, lang))] if as_of else []
    return ", ".join([*said, text(lang, "dates.edition", edition=edition)] if edition else said)


def decimal(value: float, lang: str) -> str:
    """Write a number with all the digits it has, never as a power, with the decimal sign of a language."""
    from decimal import Decimal

    said = f"{Decimal(repr(value)):f}"
    said = said.rstrip("0").rstrip(".") if "." in said else said
    return said if lang == "en" else said.replace(".", ",")


#: The alphabet's letters in order: Python's own sort puts ə after z and splits ç, ğ, ı, ö, ş, ü off.
_AZ_ORDER = {letter: place for place, letter in enumerate("abcçdeəfgğhxıijkqlmnoöprsştuüvyzw")}


def sort_key(value: str, lang: str = DEFAULT_LANGUAGE) -> tuple[tuple[int, int], ...]:
    """Return a key that sorts names by the Azerbaijani alphabet, other letters after it by code point."""
    folded = lower(value, lang)
    return tuple((0, _AZ_ORDER[c]) if c in _AZ_ORDER else (1, ord(c)) if c.isalpha() else (-1, ord(c))
                 for c in folded)  # fmt: skip


def lower(value: str, lang: str = DEFAULT_LANGUAGE) -> str:
    """Lower-case a text; in Azerbaijani I becomes ı and İ becomes i."""
    if lang == "az":
        value = value.replace("I", "ı").replace("İ", "i")
    return value.replace("İ", "i").lower()


_FOLD = str.maketrans({"ə": "e", "ı": "i", "ş": "s", "ç": "c", "ğ": "g", "ö": "o", "ü": "u", "ё": "е"})


def fold(value: str) -> str:
    """Reduce a text for tolerant comparison: no case, no accents of the Azerbaijani letters, single spaces.

    ``İstehsal``, ``ISTEHSAL``, ``istehsal`` and ``ıstehsal`` all become ``istehsal``.
    """
    return " ".join(lower(value, "en").translate(_FOLD).split())
