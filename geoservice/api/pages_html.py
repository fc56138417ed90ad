"""Rendering of pages: Jinja with autoescape, texts of the reader's language, errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.routing import APIRoute

from geoservice import errors, i18n
from geoservice.api.dependencies import LANGUAGE_COOKIE, VIEWER, language
from geoservice.model import LANGUAGES, Principal, PrincipalRole

if TYPE_CHECKING:
    from jinja2 import Environment

    from geoservice.api.problems import Problem

LANGUAGE_NAMES = {"az": "Azərbaycanca", "en": "English", "ru": "Русский"}
YEAR_S = 365 * 24 * 3600


class PageRoute(APIRoute):
    """A route whose errors are pages whoever asks, not problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler; what fails in it knows that a page was asked for."""
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            request.scope.setdefault("state", {})["page"] = True
            return await handle(request)

        return handle_page


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates' environment; everything is escaped unless a template says otherwise, and none does."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("geoservice.api", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = _number
    return made


def _number(value: float, lang: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=lang))


def page(
    request: Request,
    template: str,
    lang: str,
    principal: Principal,
    status: int = HTTPStatus.OK,
    **values: Any,
) -> Response:
    """Render a page, and keep a language that was asked for in the reader's cookie.

    Args:
        request: the request.
        template: file name under templates/.
        lang: language of the page.
        principal: who reads it: editors see what they may change.
        status: HTTP status.
        values: what the template shows.
    """
    from geoservice.render import web_assets

    html = (
        environment()
        .get_template(template)
        .render(
            t=partial(_text, lang),
            has=partial(_has, lang),
            says=partial(i18n.message, lang=lang),
            raw=partial(_raw, lang),
            lang=lang,
            languages=[(code, LANGUAGE_NAMES[code], _with_language(request, code)) for code in LANGUAGES],
            canonical=_canonical(request),
            asset=partial(web_assets.address, base="/assets"),
            nonce=request.scope.get("state", {}).get("nonce", ""),
            editor=principal.may(PrincipalRole.EDITOR),
            keys=bool(getattr(request.app.state.settings, "access_keys", None)),
            principal=principal,
            path=request.url.path,
            **values,
        )
    )
    answer = Response(html, status, media_type="text/html; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Language"] = lang
    answer.headers["Vary"] = "Cookie"
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, lang, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer


def error_page(request: Request, problem: Problem, headers: Mapping[str, str]) -> Response:
    """Say a problem as a page in the reader's language."""
    lang = language(request)
    try:
        answer = page(request, "error.html", lang, VIEWER, status=problem.status, problem=problem)
    except errors.RenderError:  # without assets there is no page to show it on
        answer = Response(problem.detail, problem.status, media_type="text/plain; charset=utf-8")
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def _text(lang: str, key: str, **params: Any) -> str:
    return i18n.text(lang, key if "." in key else f"portal.{key}", **params)


def _has(lang: str, key: str) -> bool:
    return i18n.has(lang, key if "." in key else f"portal.{key}")


def _raw(lang: str, key: str) -> Any:
    """A text with its placeholders, for the page's script to fill."""
    return i18n.catalogue(lang)[f"portal.{key}"]


def _with_language(request: Request, lang: str) -> str:
    query = {k: v for k, v in request.query_params.items() if k != "lang"} | {"lang": lang}
    return f"{request.url.path}?{urlencode(query)}"


def _canonical(request: Request) -> str:
    base = getattr(request.app.state.settings, "public_url", "") or str(request.base_url)
    return f"{base.rstrip('/')}{request.url.path}"
