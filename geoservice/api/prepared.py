"""Answers from prepared bytes: with an ETag, and compressed beforehand."""

from __future__ import annotations

import hashlib
import re

from fastapi import Request, Response

from geoservice.api.conditional import holds
from geoservice.service.prepared import Prepared

#: Below this, headers weigh more than what compression saves.
COMPRESS_FROM_BYTES = 500
#: Compressed in themselves: sheets, workbooks; PNG is among what Starlette leaves alone anyway.
COMPRESSED_TYPES = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)

#: Of Brotli, for what is compressed while somebody waits.
PAGE_QUALITY = 3
#: The ids of folium's elements, new ones at every rendering.
_MADE_UP = re.compile(rb"_[0-9a-f]{32}\b")


def respond_page(request: Request, html: str, headers: dict[str, str] | None = None) -> Response:
    """Answer with a page, or 304 to whoever holds it.

    The same page differs by its nonce and by the names that folium makes up, which say nothing new.
    """
    nonce = request.scope.get("state", {}).get("nonce", "")
    body = html.encode()
    plain = _MADE_UP.sub(b"", body.replace(nonce.encode(), b"") if nonce else body)
    etag = f'W/"{hashlib.sha256(plain).hexdigest()[:24]}"'
    sent = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding, Cookie", **(headers or {})}
    if _known(request, etag):
        return Response(status_code=304, headers=sent)
    return send_page(request, body, sent)


def send_page(request: Request, body: bytes, headers: dict[str, str]) -> Response:
    """Send a page whose nonce is its own, so that it cannot be compressed beforehand.

    Brotli at this level is five times as quick as the middleware's gzip, and smaller; others are left to it.
    """
    if _codings(request.headers.get("accept-encoding", "")).get("br"):
        import brotli

        body = brotli.compress(body, quality=PAGE_QUALITY)
        headers = {"Vary": "Accept-Encoding, Cookie", **headers, "Content-Encoding": "br"}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


def _known(request: Request, etag: str) -> bool:
    """Whether the caller holds this representation."""
    return holds(request.headers.get("if-none-match", ""), etag)


def respond(
    request: Request,
    prepared: Prepared,
    *,
    filename: str = "",
    inline: bool = True,
    headers: dict[str, str] | None = None,
    etag: str = "",
) -> Response:
    """Answer with a prepared representation: 304 when the caller holds it, compressed when it may be.

    Each content coding has an ETag of its own, as RFC 9110 8.8.3.3 asks for: that of the bytes if no other is
    given.
    """
    coding, body = _negotiated(request.headers.get("accept-encoding", ""), prepared)
    etag = etag or prepared.etag
    etag = f'{etag[:-1]}-{coding}"' if coding else etag
    sent = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding, Cookie", **(headers or {})}
    if _known(request, etag):
        return Response(status_code=304, headers=sent)
    if coding:
        sent["Content-Encoding"] = coding
    if filename:
        sent["Content-Disposition"] = disposition(filename, inline)
    return Response(body, media_type=prepared.media_type, headers=sent)


def disposition(filename: str, inline: bool) -> str:
    """A Content-Disposition whose file name cannot break out of the header (RFC 6266, RFC 8187)."""
    from urllib.parse import quote

    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_. ") else "_" for c in filename)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _negotiated(accepted: str, prepared: Prepared) -> tuple[str, bytes]:
    compressible = prepared.media_type not in ("image/png", *COMPRESSED_TYPES)
    if len(prepared.body) < COMPRESS_FROM_BYTES or not compressible:
        return "", prepared.body
    codings = _codings(accepted)
    if codings.get("br"):
        return "br", prepared.brotli
    if codings.get("gzip"):
        return "gzip", prepared.gzipped
    return "", prepared.body


def _codings(accepted: str) -> dict[str, bool]:
    """Content codings that are named, and whether they may be used."""
    codings = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.strip().partition(";q=")
        codings[name] = weight.strip() not in ("0", "0.0", "0.00", "0.000")
    return codings
