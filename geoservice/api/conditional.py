"""Answers that are not sent again to whoever holds them: every document of the API has a validator.

Representations that are kept prepared have their own (:mod:`geoservice.api.prepared`); what is made for each
request (single documents, lists) gets a weak ETag of its content here (RFC 9110, 8.8 and 13).
"""

from __future__ import annotations

import hashlib
from email.utils import parsedate_to_datetime

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/api/"
OK, NOT_MODIFIED = 200, 304
#: What a 304 repeats of the answer it stands for (RFC 9110, 15.4.5), and our own header of the revision.
_KEPT = ("etag", "cache-control", "vary", "last-modified", "content-location", "x-register-revision")


def holds(held: str, etag: str) -> bool:
    """Whether a value of If-None-Match names an ETag, compared weakly."""
    tags = {tag.strip().removeprefix("W/") for tag in held.split(",")}
    return etag.removeprefix("W/") in tags or "*" in tags


class Conditional:
    """ASGI middleware in front of the routes for programs; it sees no compressed bytes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a validator, or 304."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            await self.app(scope, receive, _Answer(Headers(scope=scope), send))
        else:
            await self.app(scope, receive, send)


class _Answer:
    """A send channel that waits for the whole answer where it has to be known."""

    def __init__(self, asked: Headers, send: Send) -> None:
        self._asked = asked
        self._send = send
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if message["status"] == OK and "etag" not in Headers(raw=message["headers"]):
                self._start = message
                return
        elif self._start is not None:
            self._body.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._finish(self._start)
            return
        await self._send(message)

    async def _finish(self, start: Message) -> None:
        body = b"".join(self._body)
        sent = MutableHeaders(raw=list(start["headers"]))
        sent["ETag"] = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
        sent.setdefault("Cache-Control", "no-cache")
        sent.add_vary_header("Accept-Encoding, Cookie")
        if self._unchanged(sent):
            kept = [(name, value) for name, value in sent.raw if name.decode() in _KEPT]
            await self._send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": kept})
            body = b""
        else:
            await self._send({**start, "headers": sent.raw})
        await self._send({"type": "http.response.body", "body": body})

    def _unchanged(self, sent: Headers) -> bool:
        held = self._asked.get("if-none-match")
        if held is not None:
            return holds(held, sent["etag"])
        since, changed = self._asked.get("if-modified-since"), sent.get("last-modified")
        return bool(since and changed and _not_later(changed, since))


def _not_later(changed: str, since: str) -> bool:
    """Whether an HTTP date is not after another; one that is no date is passed over (RFC 9110, 13.1.3)."""
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
