"""Security headers on every answer, with a fresh nonce for the scripts of every page.

CSRF is refused by :class:`geoservice.api.guard.Guard` (fetch metadata and Origin), so forms carry no token.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geoservice.api.dependencies import KEY_COOKIE

#: Paths that hosts which the operator lists may frame; everything else only ourselves.
EMBED_PREFIX = "/embed/"
#: Swagger UI sets style attributes from strings; no value of a register is on its page.
DOCS_PATH = "/docs"
NOT_MODIFIED = 304


class SecurityHeaders:
    """ASGI middleware: puts ``nonce`` into the request's state and the headers onto the answer.

    Being the outermost that sees every answer, it also names each header in Vary once.

    The operator's further hosts: ``frame_hosts`` of the settings may frame the embedding page; pictures of
    maps may come from the origins of the base maps configured in the data folder.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["nonce"] = secrets.token_urlsafe(16)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in headers(scope):
                    sent.setdefault(name, value)
                if message["status"] == NOT_MODIFIED:  # the page that is held keeps the nonce it came with
                    del sent["Content-Security-Policy"]
                if "vary" in sent:
                    sent["Vary"] = _vary(sent["vary"])
                if sent.get("cache-control") == "no-cache" and _has_key(Headers(scope=scope)):
                    sent["Cache-Control"] = "private, no-cache"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _vary(value: str) -> str:
    """Each header once; whom a cookie tells, a key in Authorization tells as well."""
    names = dict.fromkeys(re.split(r"\s*,\s*", value))
    if "Cookie" in names:
        names["Authorization"] = None
    return ", ".join(names)


def _has_key(asked: Headers) -> bool:
    """Whether the answer may hold what is for the holder of a key alone, contacts of persons for one."""
    return "authorization" in asked or f"{KEY_COOKIE}=" in asked.get("cookie", "")


def policy(
    nonce: str, *, frame_hosts: Iterable[str] = (), tile_hosts: Iterable[str] = (), loose_styles: bool = False
) -> str:
    """Return the Content-Security-Policy of a page.

    Args:
        nonce: of this answer's scripts and styles.
        frame_hosts: origins that may frame the page, besides ourselves.
        tile_hosts: origins that pictures of base maps may come from.
        loose_styles: allow style attributes (Swagger UI needs them); never scripts.
    """
    styles = "'self' 'unsafe-inline'" if loose_styles else f"'self' 'nonce-{nonce}'"
    pictures = " ".join(["'self'", "data:", "blob:", *tile_hosts])
    frames = " ".join(["'self'", *frame_hosts])
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src {styles}; img-src {pictures}; "
        "connect-src 'self'; font-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors {frames}"
    )


def _is_map(path: str) -> bool:
    return path.endswith(("/scheme.html", "/map")) or path.startswith(EMBED_PREFIX)


def _tile_hosts(data: Path | None) -> tuple[str, ...]:
    """Origins of the base maps that the operator configured; a wrong file is told where it is used."""
    from geoservice.errors import CatalogError
    from geoservice.render.basemaps import base_maps

    try:
        return tuple(sorted({item.origin for item in base_maps(data)}))
    except CatalogError:
        return ()


def headers(scope: Scope) -> Iterable[tuple[str, str]]:
    """Name and value of each header that an answer to this request carries."""
    settings = getattr(getattr(scope.get("app"), "state", None), "settings", None)
    nonce = scope.get("state", {}).get("nonce", "")
    path = scope["path"]
    embed = path.startswith(EMBED_PREFIX)
    frame_hosts = tuple(getattr(settings, "frame_hosts", ())) if embed else ()
    yield (
        "Content-Security-Policy",
        policy(
            nonce,
            frame_hosts=frame_hosts,
            tile_hosts=_tile_hosts(getattr(settings, "data", None)) if _is_map(path) else (),
            loose_styles=path == DOCS_PATH,
        ),
    )
    yield "X-Content-Type-Options", "nosniff"
    yield "Referrer-Policy", "strict-origin-when-cross-origin"
    yield "Permissions-Policy", "geolocation=(self), camera=(), microphone=(), payment=()"
    yield "Cross-Origin-Opener-Policy", "same-origin"
    if not frame_hosts:
        yield "X-Frame-Options", "SAMEORIGIN"
    if scope.get("scheme") == "https":
        yield "Strict-Transport-Security", "max-age=31536000; includeSubDomains"
