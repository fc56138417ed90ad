"""Values of a record -> fields of a participant, each checked; what does not fit becomes a problem."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

from msgspec import Struct, field

from geoservice.model import Mark
from geoservice.register.kinds import LegalForms, TypeIndex, parse_marks, parse_yes
from geoservice.register.mischief import is_rounded
from geoservice.register.report import Problem
from geoservice.register.rows import Names, Record, clean
from geoservice.register.text import unprintable

#: Fields taken over as they are written.
PLAIN = (
    "number", "specialisation", "products", "legal_address", "actual_address", "contacts", "representative",
    "agreement", "founding_documents", "state_registration",
)  # fmt: skip
_STAFF = re.compile(
    r"^[~≈>]?\s*(\d{1,3}(?:[\s.,'\u00a0]\d{3})+|\d+)(?:[.,]0+)?"
    r"\s*(?:nəfər|nəf\.?|işçi|чел\w*\.?|people|staff|persons?)?$",
    re.IGNORECASE,
)
_MAX_STAFF = 10_000_000
_HOST = re.compile(r"^[^\s/@:]+\.[^\s/@:.]{2,}(?::\d+)?(?:[/?#]\S*)?$")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_NOTHING = frozenset({"yoxdur", "yox", "нет", "none", "no", "отсутствует", "mövcud deyil", "n/a"})


class Draft(Struct):
    """An organisation in the making: ``data`` holds what :class:`geoservice.model.Participant` takes."""

    record: Record
    data: dict[str, Any] = field(default_factory=dict)

    def problem(
        self, code: str, column: str, value: str = "",
        severity: Literal["error", "warning", "note"] = "error", **params: Any,
    ) -> None:  # fmt: skip
        """Add a problem of this row."""
        self.record.problems.append(Problem(code, self.record.row, column, value[:200], severity, params))


class Context(Struct, frozen=True):
    """What the interpretation of a row needs to know."""

    types: TypeIndex
    forms: LegalForms
    names: Names

    def has(self, *fields: str) -> bool:
        """Whether the file has a column for one of the fields."""
        return any(name in self.names.columns for name in fields)


def interpret(record: Record, context: Context) -> Draft:
    """Read all fields of a record but its coordinates."""
    draft = Draft(record)
    values = record.values
    for name in PLAIN:
        if name in values:
            draft.data[name] = values[name]
    for step in _STEPS:
        step(draft, context)
    _extra(draft)
    return draft


def _name(draft: Draft, context: Context) -> None:
    values, data = draft.record.values, draft.data
    name, form = values.get("name", ""), values.get("legal_form", "")
    if not name:
        name = values.get("full_name", "")
    if not name:
        draft.problem("name_missing", context.names("name", "full_name"))
    if not any(c.isalnum() for c in name) and name:
        draft.problem("name_unreadable", context.names("name", "full_name"), name)
    if form:
        form = context.forms.canonical(form)
    elif not context.has("legal_form"):
        name, form = context.forms.split(name)
    data["name"], data["legal_form"] = name, form
    for column, text in (("name", name), ("specialisation", values.get("specialisation", ""))):
        if missing := unprintable(text):
            heading = context.names(column, "full_name")
            draft.problem("not_printable", heading, text, "warning", characters=missing)


def _type(draft: Draft, context: Context) -> None:
    written = draft.record.values.get("organisation_type", "")
    heading = context.names("organisation_type")
    if not written:
        if draft.record.group:
            draft.data["organisation_type"] = draft.record.group
        else:
            draft.problem("type_missing", heading, near=context.types.titles[0])
        return
    if code := context.types.find(written):
        draft.data["organisation_type"] = code
    elif near := context.types.suggest(written):
        draft.problem("type_unknown_near", heading, written, near=near)
    else:
        draft.problem("type_unknown", heading, written, known=context.types.titles)


def _marks(draft: Draft, context: Context) -> None:
    values = draft.record.values
    marks, unknown = parse_marks(values.get("marks", ""))
    found = set(marks)
    for column, mark in (("founder", Mark.FOUNDER), ("final_producer", Mark.FINAL_PRODUCER)):
        answer = parse_yes(values.get(column, ""))
        if answer is None:
            draft.problem("tick_unclear", context.names(column), values[column], "warning")
        elif answer:
            found.add(mark.value)
    if unknown:  # the column «Qeyd» is also used for remarks: they are kept
        heading = context.names("marks")
        draft.record.extra.setdefault(heading or "marks", values["marks"])
        draft.problem("mark_unknown", heading, ", ".join(unknown) if marks else values["marks"], "warning")
    draft.data["marks"] = tuple(mark.value for mark in Mark if mark.value in found)


def _tax_number(draft: Draft, context: Context) -> None:
    written = draft.record.values.get("tax_number", "")
    if not written or written.casefold() in _NOTHING:
        return
    number = re.sub(r"^(?:vöen|voen|tin|инн|унп)\W*", "", written, flags=re.IGNORECASE)
    number = re.sub(r"[\s.\-]+", "", number) if re.fullmatch(r"[\d\s.\-]+", number) else number
    heading = context.names("tax_number")
    if is_rounded(number):  # kept aside: two numbers that were rounded alike are not one organisation
        draft.record.extra.setdefault(heading, written)
        draft.problem("tax_number_rounded", heading, written, "warning")
        return
    draft.data["tax_number"] = number
    if re.fullmatch(r"\d{7,9}", number):
        draft.problem("tax_number_short", heading, written, "warning", digits=len(number))
    elif not re.fullmatch(r"\d{10}", number):
        draft.problem("tax_number_shape", heading, written, "warning")


def _employees(draft: Draft, context: Context) -> None:
    written = draft.record.values.get("employees", "")
    if not written:
        return
    found = _STAFF.match(written)
    number = int(re.sub(r"\D", "", found[1])) if found else -1
    if 0 <= number <= _MAX_STAFF:
        draft.data["employees"] = number
    else:
        draft.problem("employees_unclear", context.names("employees"), written, "warning")


def _website(draft: Draft, context: Context) -> None:
    written = draft.record.values.get("website", "")
    if not written or written.casefold() in _NOTHING:
        return
    parts = [part for part in re.split(r"[;,\s]+", written) if part]
    addresses = [address for part in parts if (address := web_address(part))]
    heading = context.names("website")
    if not addresses:
        scheme = _SCHEME.match(written)
        code = "website_scheme" if scheme and not _HOST.match(written) else "website_unclear"
        draft.problem(code, heading, written, "warning")
        return
    draft.data["website"] = addresses[0]
    if len(parts) > 1:
        draft.problem("website_several", heading, written, "warning", taken=addresses[0])


@lru_cache(maxsize=4096)
def web_address(text: str) -> str:
    """A web address with http or https, "" if the text is none; ``www.ad.az`` becomes ``https://www.ad.az``."""
    if not text.lower().startswith(("http://", "https://")):
        if not _HOST.match(text):
            return ""
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if "@" in parts.netloc or "." not in host or any(c in text for c in "<>\"'`\\{}|^"):
        return ""
    return text


def _identity(draft: Draft, _context: Context) -> None:
    if written := draft.record.values.get("id", ""):
        draft.data["id"] = written


def _extra(draft: Draft) -> None:
    """Columns nobody asked for; an ``extra`` column of our own exports is taken apart again."""
    extra = dict(draft.record.extra)
    if packed := draft.record.values.get("extra", ""):
        try:
            unpacked = json.loads(packed)
        except (ValueError, RecursionError):
            unpacked = None
        if isinstance(unpacked, dict):
            for name, value in unpacked.items():
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                extra[clean(str(name), draft.record.row, "extra", draft.record.problems)] = clean(
                    text, draft.record.row, "extra", draft.record.problems
                )
        else:
            extra["extra"] = packed
    draft.data["extra"] = extra


_STEPS: tuple[Callable[[Draft, Context], None], ...] = (
    _identity, _name, _type, _marks, _tax_number, _employees, _website,
)  # fmt: skip
