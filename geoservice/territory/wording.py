"""Verdicts and reasons in sentences. The texts are in ``locales/*/territory.toml``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from geoservice import i18n
from geoservice.territory.verdict import Concentration, Reason, VerdictCode

_MOST_NAMES = 12


def joined(names: Iterable[str], lang: str) -> str:
    """Names with commas; of a long list the beginning, and how many more."""
    held = list(names)
    if len(held) <= _MOST_NAMES:
        return ", ".join(held)
    rest = i18n.text(lang, "territory.and_more", n=len(held) - _MOST_NAMES)
    return f"{', '.join(held[:_MOST_NAMES])} {rest}"


def number_text(value: float, lang: str) -> str:
    """A number without a needless fraction, with the language's decimal sign."""
    said = f"{value:.10g}"
    return said if lang == "en" else said.replace(".", ",")


def reason_text(reason: Reason, result: Concentration, lang: str) -> str:
    """A reason as a sentence."""

    def name(code: str) -> str:
        return i18n.pick(result.names.get(code, {}), lang) or code

    said: dict[str, Any] = {}
    for key, value in reason.params.items():
        if key == "regions":
            said[key] = joined(map(name, value), lang)
        elif key == "names":
            said[key] = joined(value, lang)
        elif key == "pairs":
            said[key] = joined((f"{name(a)} – {name(b)}" for a, b in value), lang)
        elif key in ("components", "bridges"):
            said[key] = "; ".join(joined(map(name, part), lang) for part in value)
        elif key == "countries":
            said[key] = ", ".join(country_name(code, lang) for code in value)
        elif isinstance(value, float):
            said[key] = number_text(value, lang)
        else:
            said[key] = value
    text = i18n.text(lang, f"territory.reason.{reason.code}", **said)
    country = reason.params.get("country")
    return f"{country_name(country, lang)}: {text}" if country else text


@cache
def country_name(code: str, lang: str) -> str:
    """A country's name in a language (CLDR), the code itself where there is none."""
    from babel import Locale

    return str(Locale(lang).territories.get(code, code))


#: Reasons without which the sentence would hide what decides.
_DECISIVE = ("members_outside", "members_unplaced")


def sentence(result: Concentration, lang: str) -> str:
    """The answer in sentences: where the members stand, what decides, whether it is enough."""
    if not result.members:
        said = [i18n.text(lang, "territory.sentence.empty")]
    else:
        said = [_where(result, lang)]
        said += [reason_text(r, result, lang) for r in result.reasons if _belongs(r, result)]
        said.append(i18n.text(lang, f"territory.sentence.concentration_{_state(result)}"))
        if result.counted < result.terms.min_members:
            least = result.terms.min_members
            said.append(i18n.text(lang, "territory.sentence.few", n=result.counted, min=least))
    if result.terms.as_of is not None:
        said.append(i18n.text(lang, "territory.sentence.as_of", date=i18n.day(result.terms.as_of, lang)))
    return " ".join(said)


def _where(result: Concentration, lang: str) -> str:
    joint = len(result.parts) > 1  # names of countries are read from CLDR, which takes its time
    return i18n.text(
        lang,
        f"territory.sentence.{_kind(result)}",
        n=len([p for p in result.placements if p.region is not None]),
        total=result.members,
        regions=joined((i18n.pick(r.names, lang) or r.code for r in result.regions), lang),
        count=len(result.regions),
        components=len(result.components),
        countries=", ".join(country_name(part.country, lang) for part in result.parts) if joint else "",
    )


def _belongs(reason: Reason, result: Concentration) -> bool:
    """Whether a reason is said in the sentence: a country's part, or members that keep it from being met."""
    part = len(result.parts) > 1 and "country" in reason.params and reason.code in set(VerdictCode)
    return part or reason.code in _DECISIVE


def _state(result: Concentration) -> str:
    states = (r.state for r in result.requirements if r.code == "geographic_concentration")
    return next(states, "not_shown")


def _kind(result: Concentration) -> str:
    if result.verdict is VerdictCode.UNDETERMINED:
        return "undetermined"
    if len(result.parts) > 1:
        return "joint"
    if result.verdict is VerdictCode.SEPARATED_REGIONS and result.parts[0].chain:
        return "pairs"
    return result.verdict.value
