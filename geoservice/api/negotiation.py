"""What a request may ask for and send: media types that cannot be had or read are refused (406, 415)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import Request, params

from geoservice.errors import InvalidInputError

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

JSON, FORM = "application/json", "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"


class NotAcceptableError(InvalidInputError):
    """None of the formats that the caller takes can be had (406)."""


class UnsupportedMediaTypeError(InvalidInputError):
    """The body is of a media type that the address does not read (415)."""


def weights(accept: str) -> dict[str, float]:
    """Media type -> q of an Accept header (RFC 9110, 12.5.1)."""
    found = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        q = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        found[name] = float(q) if q.replace(".", "", 1).isdigit() else 0.0
    return found


def accepted(accept: str, offered: Sequence[str]) -> bool:
    """Whether a caller takes one of some media types; who takes JSON takes GeoJSON, which is JSON."""
    if not accept or accept == "*/*" or "*/*" in offered:
        return True
    asked = weights(accept)
    return any(_weight(asked, media_type.split(";")[0].strip()) > 0 for media_type in offered)


def _weight(asked: dict[str, float], media_type: str) -> float:
    names = [media_type, *([JSON] if media_type.endswith("+json") else [])]
    names += [f"{media_type.split('/', maxsplit=1)[0]}/*", "*/*"]
    return next((asked[name] for name in names if name in asked), 0.0)


async def negotiate(request: Request) -> None:
    """Dependency of the routes for programs.

    Raises:
        NotAcceptableError: the answer cannot be had in what Accept names.
        UnsupportedMediaTypeError: the body's Content-Type is none that the route reads.
    """
    route: APIRoute = request.scope["route"]
    if request.method == "GET":
        offered = offered_by(route, str(request.path_params.get("format", "")))
        if not accepted(request.headers.get("accept", ""), offered):
            raise NotAcceptableError("not_acceptable", known=", ".join(offered))
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if sent and (read := read_by(route)) and not _is_one_of(sent, read):
        raise UnsupportedMediaTypeError("unsupported_media_type", given=sent[:80], known=", ".join(read))


def offered_by(route: APIRoute, chosen: str) -> Sequence[str]:
    """Media types that a route answers with; of an address that names its format, that one."""
    documented = route.responses.get(200, {}).get("content", {})
    if chosen:
        from geoservice.export import FORMATS
        from geoservice.service.schemes import MEDIA

        exports = {code: item.media_type for code, item in FORMATS.items()}
        named = MEDIA if "/scheme." in route.path else exports
        return (named.get(chosen, "*/*"),)  # an unknown format is told by the route
    return tuple(documented) or (JSON,)


def read_by(route: APIRoute) -> Sequence[str]:
    """Media types of bodies that a route reads; none where it reads no body."""
    described = (route.openapi_extra or {}).get("requestBody", {}).get("content")
    if described:
        return tuple(described)
    fields = route.dependant.body_params
    if not fields:
        return ()
    return (FORM, URLENCODED) if isinstance(fields[0].field_info, params.Form) else (JSON,)


def _is_one_of(sent: str, read: Sequence[str]) -> bool:
    return sent in read or (read == (JSON,) and sent.startswith("application/") and sent.endswith("+json"))
