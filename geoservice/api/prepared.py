"""Answers from prepared bytes: with an ETag, and compressed beforehand."""

from __future__ import annotations

from fastapi import Request, Response

from geoservice.service.prepared import Prepared

#: Below this, headers weigh more than what compression saves.
COMPRESS_FROM_BYTES = 500


def respond(
    request: Request,
    prepared: Prepared,
    *,
    filename: str = "",
    inline: bool = True,
    headers: dict[str, str] | None = None,
) -> Response:
    """Answer with a prepared representation: 304 when the caller holds it, compressed when it may be.

    Each content coding has an ETag of its own, as RFC 9110 8.8.3.3 asks for.
    """
    coding, body = _negotiated(request.headers.get("accept-encoding", ""), prepared)
    etag = prepared.etag if not coding else f'{prepared.etag[:-1]}-{coding}"'
    sent = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding, Cookie", **(headers or {})}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
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
    compressible = not prepared.media_type.startswith(("application/pdf", "image/png", "application/vnd."))
    if len(prepared.body) < COMPRESS_FROM_BYTES or not compressible:
        return "", prepared.body
    codings = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.strip().partition(";q=")
        codings[name] = weight.strip() not in ("0", "0.0", "0.00", "0.000")
    if codings.get("br"):
        return "br", prepared.brotli
    if codings.get("gzip"):
        return "gzip", prepared.gzipped
    return "", prepared.body
