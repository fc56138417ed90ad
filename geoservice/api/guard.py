"""What is refused before any route sees it: too large bodies, and changes asked for by other sites."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geoservice import i18n
from geoservice.api import problems
from geoservice.api.dependencies import language

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: Room for the other parts of a form beside the file.
FORM_OVERHEAD_BYTES = 1024 * 1024


class Guard:
    """ASGI middleware: limits the size of bodies and refuses cross-site changes.

    A change is refused when the browser says that another site asked for it (Sec-Fetch-Site, or an Origin
    that is not the Host); programs send neither header and are not affected. The service asks for no token:
    this check covers every form and every fetch at once.

    On loopback only loopback names are accepted as Host, so that no foreign name can be pointed at the local
    service (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int, loopback: bool) -> None:
        self.app = app
        self.limit = max_body_bytes + FORM_OVERHEAD_BYTES
        self.loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request, then hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self.loopback and not _is_loopback_name(headers.get("host", "")):
            await self._refuse(scope, receive, send, 421, "host_not_allowed")
        elif scope["method"] not in SAFE_METHODS and _cross_site(headers):
            await self._refuse(scope, receive, send, 403, "cross_site")
        elif _declared_length(headers) > self.limit:
            await self._refuse(scope, receive, send, 413, "body_too_large")
        else:
            await self.app(scope, _Limited(receive, self.limit), send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, code: str) -> None:
        request = Request(scope, receive)
        limit = (self.limit - FORM_OVERHEAD_BYTES) // (1024 * 1024)
        detail = i18n.text(language(request), f"errors.{code}", limit=limit)
        await problems.response(request, status, code, detail)(scope, receive, send)


class _Limited:
    """A receive channel that ends when more than the limit has come, whatever the length declared."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise HTTPException(413)
        return message


def _declared_length(headers: Headers) -> int:
    value = headers.get("content-length", "")
    return int(value) if value.isdigit() else 0


def _cross_site(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


def _is_loopback_name(host: str) -> bool:
    from ipaddress import ip_address

    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
