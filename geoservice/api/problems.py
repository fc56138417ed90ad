"""Exceptions -> RFC 9457 problem documents for programs, pages in their language for readers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from geoservice import errors, i18n
from geoservice.api import security
from geoservice.api.dependencies import CHALLENGE, VIEWER, ConditionError, language, principal_of
from geoservice.api.negotiation import NotAcceptableError, UnsupportedMediaTypeError, weights

log = logging.getLogger("geoservice")

MEDIA_TYPE = "application/problem+json"

#: Most specific first: the first class that matches gives the status.
STATUS: tuple[tuple[type[errors.GeoserviceError], HTTPStatus], ...] = (
    (errors.NotFoundError, HTTPStatus.NOT_FOUND),
    (errors.RevisionConflictError, HTTPStatus.PRECONDITION_FAILED),
    (errors.ConflictError, HTTPStatus.CONFLICT),
    (errors.PermissionDeniedError, HTTPStatus.FORBIDDEN),
    (NotAcceptableError, HTTPStatus.NOT_ACCEPTABLE),
    (UnsupportedMediaTypeError, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (errors.UnreadableFileError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ConditionError, HTTPStatus.BAD_REQUEST),
    (errors.InvalidInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.TooLargeError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (errors.BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.LimitExceededError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.CatalogError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (errors.RenderError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.GeoserviceError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


#: Kinds of values as pydantic calls them in the way to a value.
_KINDS = frozenset({"str", "int", "float", "bool"})


class InvalidParam(BaseModel):
    """One value of the request that cannot be used."""

    name: str = Field(examples=["query.lang"])
    reason: str = Field(examples=["Input should be 'az', 'en' or 'ru'"])


class Problem(BaseModel):
    """RFC 9457 problem details. ``code`` is stable, ``detail`` is in the language asked for."""

    type: str = Field(examples=["urn:geoservice:problem:cluster_not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no cluster “abseron”."])
    instance: str = Field(examples=["/api/v1/clusters/abseron"])
    code: str = Field(examples=["cluster_not_found"])
    invalid_params: list[InvalidParam] = []


def status_of(error: errors.GeoserviceError) -> HTTPStatus:
    """The HTTP status of an exception of ours."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def response(
    request: Request,
    status: int,
    code: str,
    detail: str,
    invalid: list[InvalidParam] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Build the answer: a page for readers, a problem document for programs."""
    phrase = HTTPStatus(status).phrase
    problem = Problem(
        type=f"urn:geoservice:problem:{code}",
        title=phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        code=code,
        invalid_params=invalid or [],
    )
    sent = {"Vary": "Accept, Cookie", **(headers or {})}
    if wants_page(request):
        from geoservice.api.pages_html import error_page

        return error_page(request, problem, sent)
    return Response(orjson.dumps(problem.model_dump()), status, media_type=MEDIA_TYPE, headers=sent)


def wants_page(request: Request) -> bool:
    """Whether the answer goes to a reader: HTML is preferred to JSON, or it is a page without a wish."""
    asked = weights(request.headers.get("accept", ""))
    html = asked.get("text/html", 0.0)
    json = max(asked.get(name, 0.0) for name in ("application/json", MEDIA_TYPE))
    if html == json:
        return bool(request.scope.get("state", {}).get("page"))
    return html > json


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.GeoserviceError)  # noqa: S101 - the handler is registered for this type
    status, lang = status_of(error), language(request)
    if error.code == "permission_denied" and principal_of(request) is VIEWER:
        detail = i18n.text(lang, "errors.key_needed")
        return response(request, HTTPStatus.UNAUTHORIZED, error.code, detail, headers=CHALLENGE)
    detail = i18n.message(error, lang)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, request.url.path, i18n.message(error, "en"))
        if request.app.state.settings.access_keys:  # others reach the service: paths are not for them
            public = f"{error.code}_public"
            detail = i18n.text(lang, public if i18n.has(lang, public) else "errors.internal")
    return response(request, status, error.code, detail, _by_field(error, lang))


def _by_field(error: errors.GeoserviceError, lang: str) -> list[InvalidParam]:
    """What is wrong with each field of an organisation that could not be taken."""
    problems = getattr(error, "problems", ())
    return [InvalidParam(name=problem.column, reason=problem.message(lang)) for problem in problems]


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the handler is registered for this type
    lang = language(request)
    invalid = _deepest([_invalid_param(item, lang) for item in error.errors()])
    names = ", ".join(item.name for item in invalid)
    detail = i18n.text(lang, "errors.invalid_request", names=names)
    return response(request, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_request", detail, invalid)


def _deepest(invalid: list[InvalidParam]) -> list[InvalidParam]:
    """One reason for a value that may be of several kinds: the one that is told of its innermost part."""
    by_name = {item.name: item for item in reversed(invalid)}
    names = dict.fromkeys(item.name for item in invalid)
    return [by_name[name] for name in names if not any(other.startswith(f"{name}.") for other in names)]


def _of_request(step: str | int) -> bool:
    """Whether a step to a value is one of the request; pydantic puts the kinds it has tried between them."""
    return isinstance(step, int) or not (step in _KINDS or "[" in step)


def _invalid_param(item: Mapping[str, Any], lang: str) -> InvalidParam:
    """What pydantic says of a value, in the reader's language where it is one of the usual things."""
    kind = str(item["type"])
    name = "body" if kind == "json_invalid" else ".".join(map(str, filter(_of_request, item["loc"])))
    key = f"errors.param.{kind}"
    if not i18n.has(lang, key):
        return InvalidParam(name=name, reason=item["msg"])
    expected = {k: v for k, v in item.get("ctx", {}).items() if isinstance(v, str | int | float)}
    return InvalidParam(name=name, reason=i18n.text(lang, key, **expected))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the handler is registered for this type
    lang = language(request)
    code = f"http_{error.status_code}"
    known = i18n.has(lang, f"errors.{code}")
    detail = i18n.text(lang, f"errors.{code}", path=request.url.path) if known else str(error.detail)
    headers = dict(error.headers) if error.headers else None
    return response(request, error.status_code, code, detail, headers=headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.exception("%s %s", request.method, request.url.path, exc_info=error)
    detail = i18n.text(language(request), "errors.internal")
    answer = response(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)
    for name, value in security.headers(request.scope):  # what failed has left the middleware behind
        answer.headers[name] = value
    return answer


def install(app: FastAPI) -> None:
    """Let the application answer every error as a problem document."""
    app.add_exception_handler(errors.GeoserviceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def content(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI response for an answer in one of these media types."""
    return {200: {"content": {media_type: {} for media_type in media_types}}}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses for the problems that a route can answer with."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
