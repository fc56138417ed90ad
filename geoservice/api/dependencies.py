"""What routes share: the service, who acts, which language, and conditions of a request.

The dependencies are coroutines although nothing in them waits: a plain function would be sent to a thread.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Header, Path, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from geoservice.errors import InvalidInputError
from geoservice.model import DEFAULT_LANGUAGE, LANGUAGES, LOCAL_OPERATOR, Principal, PrincipalRole

if TYPE_CHECKING:
    from geoservice.service import GeoService
    from geoservice.settings import Settings

#: ASCII digits that fit the store's integers (``str.isdigit`` takes ² for one too), as our ETags hold them.
_REVISION = re.compile(r"([0-9]{1,18})(?:-[0-9]{1,18})?(?:-(?:br|gzip))?")
CHALLENGE = {"WWW-Authenticate": "Bearer"}
VIEWER = Principal("public", PrincipalRole.VIEWER)
LANGUAGE_COOKIE = "geoservice_lang"
KEY_COOKIE = "geoservice_key"


def language(request: Request) -> str:
    """The language of an answer: ``?lang=``, else the reader's last choice, else Azerbaijani."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return asked if asked in LANGUAGES else DEFAULT_LANGUAGE


async def service(request: Request) -> GeoService:
    """The use cases."""
    return request.app.state.service  # type: ignore[no-any-return]


def principal_of(request: Request) -> Principal:
    """Who acts: the local operator when no keys are configured, else whoever holds the key that came along.

    Without a key everybody may read what is public.
    """
    settings: Settings = request.app.state.settings
    if _of_another_site(request):
        return VIEWER  # a page that the operator lets read (CORS): no more than what is public
    if not settings.access_keys:
        return LOCAL_OPERATOR
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        given = request.cookies.get(KEY_COOKIE, "")
    if not given:
        return VIEWER
    for key, role in settings.access_keys.items():
        if hmac.compare_digest(key.encode(), given.encode()):
            return Principal(f"{role.value}:{_fingerprint(key)}", role)
    raise HTTPException(401, headers=CHALLENGE)


def _of_another_site(request: Request) -> bool:
    """Whether a script of another site's page asks; links from there, and programs, send no Origin."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is None or site is not None:
        return origin is not None and site not in ("same-origin", "none")
    return urlsplit(origin).netloc != request.headers.get("host", "")


def _fingerprint(key: str) -> str:
    """What tells keys apart in the history without giving any of them away."""
    return hashlib.sha256(key.encode()).hexdigest()[:6]


async def principal(request: Request) -> Principal:
    """The same as a dependency."""
    return principal_of(request)


class ConditionError(InvalidInputError):
    """A condition of the request (If-Match) is not written as one."""


SEEN = "The revision that was seen: the change is refused if there is a newer one."


async def revision(
    if_match: Annotated[str | None, Header(description=SEEN, examples=['"3"'])] = None,
) -> int | None:
    """The revision that the caller saw, from ``If-Match``; a change is refused when there is a newer one."""
    if if_match is None or if_match == "*":
        return None
    found = _REVISION.fullmatch(if_match.removeprefix("W/").strip('"'))
    if not found:
        raise ConditionError("if_match", value=if_match[:60])
    return int(found[1])


async def asked_language(request: Request) -> str:
    """The same for routes: any other language is refused. ``api.openapi`` documents the parameter for all.

    As a parameter of FastAPI's it would be built anew for each route and delay the start.
    """
    asked = request.query_params.get("lang")
    if asked is not None and asked not in LANGUAGES:
        expected = ", ".join(LANGUAGES)
        wrong = {"type": "literal_error", "loc": ("query", "lang"), "msg": expected}
        raise RequestValidationError([{**wrong, "ctx": {"expected": expected}}])
    return language(request)


Service = Annotated["GeoService", Depends(service)]
Acting = Annotated[Principal, Depends(principal)]
Language = Annotated[str, Depends(asked_language)]
IfMatch = Annotated[int | None, Depends(revision)]
ClusterCode = Annotated[str, Path(description="The cluster's code.", examples=["abseron-kimya"])]
