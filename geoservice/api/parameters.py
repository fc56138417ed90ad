"""Parameters of an address that a route does not know: named, not ignored.

``?oriantation=portrait`` would otherwise give a sheet in another orientation, and nobody would know why.
Pages are left alone: whoever shares their addresses hangs tracking parameters on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import Request
from msgspec import Struct
from pydantic import BaseModel

from geoservice import i18n
from geoservice.api.dependencies import asked_language
from geoservice.errors import InvalidInputError

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

#: How alike a name has to be to be offered (difflib's ratio).
NEAR = 0.6
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
#: What of an unknown name is repeated in an answer.
SHOWN_LETTERS = 60


class UnknownParameter(Struct, frozen=True):
    """A parameter that a route does not know, and the known name most like it, if one is."""

    name: str
    near: str
    known: Sequence[str]
    part: str = "query"

    @property
    def column(self) -> str:
        """Where in the request it stands."""
        return f"{self.part}.{self.name}"

    def message(self, lang: str) -> str:
        """What to do about it."""
        return i18n.text(lang, f"errors.{self.code}", **self.params)

    @property
    def code(self) -> str:
        """Which of the two things there is to say."""
        return "parameter_near" if self.near else "parameter_unknown"

    @property
    def params(self) -> dict[str, str]:
        """What the texts name."""
        return {"name": self.name, "near": self.near, "known": ", ".join(self.known)}


class UnknownParameterError(InvalidInputError):
    """An address has parameters that its route does not know."""

    def __init__(self, unknown: Sequence[UnknownParameter]) -> None:
        super().__init__(unknown[0].code, **unknown[0].params)
        self.problems = tuple(unknown)


async def refuse_unknown(request: Request) -> None:
    """Dependency of the routes for programs.

    Raises:
        UnknownParameterError: the address has a parameter that is not documented for it.
        RequestValidationError: the language is none of ours; not every route asks for it.
    """
    query = request.scope["query_string"]
    if not query:
        return
    await asked_language(request)
    known = known_to(request.scope["route"])
    given = dict.fromkeys(name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if unknown := [UnknownParameter(*_shown(name, known), known) for name in given if name not in known]:
        raise UnknownParameterError(unknown)


async def refuse_unknown_fields(request: Request) -> None:
    """Dependency of the routes for programs: fields of a form, which FastAPI has read before.

    Raises:
        UnknownParameterError: the form has a field that is not documented for it.
        InvalidInputError: a field that is read once is there several times: the others would be lost.
    """
    if not request.headers.get("content-type", "").startswith(FORMS):
        return
    fields = request.scope["route"].dependant.body_params
    known = tuple(field.alias for field in fields)
    form = await request.form()
    if unknown := [
        UnknownParameter(*_shown(name, known), known, "body") for name in form if name not in known
    ]:
        raise UnknownParameterError(unknown)
    for name in known:
        if (count := len(form.getlist(name))) > 1 and not takes_several(name, fields):
            raise InvalidInputError("field_repeated", name=name, count=count)


def takes_several(name: str, fields: Iterable[Any]) -> bool:
    """Whether a field of a form is a list."""
    kinds = (field.field_info.annotation for field in fields if field.alias == name)
    return any(get_origin(part) is list for kind in kinds for part in (kind, *get_args(kind)))


def known_to(route: APIRoute) -> tuple[str, ...]:
    """Names of the parameters that a route takes; ``lang`` is for all of them."""
    names: list[str] = []
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        waiting.extend(dependant.dependencies)
        for field in dependant.query_params:
            kind = field.field_info.annotation
            model = isinstance(kind, type) and issubclass(kind, BaseModel)
            names.extend(kind.model_fields if model else [field.alias])  # type: ignore[union-attr]
    return (*names, "lang")


def _shown(name: str, known: Sequence[str]) -> tuple[str, str]:
    from difflib import get_close_matches

    near = get_close_matches(name.casefold(), known, n=1, cutoff=NEAR)
    return name[:SHOWN_LETTERS], near[0] if near else ""
