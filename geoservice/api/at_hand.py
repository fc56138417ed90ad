"""The most asked question, answered before routing: the register as GeoJSON, from bytes made before.

Matching a route and solving its dependencies takes longer than looking the bytes up. Whatever is not
at hand, or not plainly asked for, goes on to the route, which answers the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from geoservice.api.dependencies import language, principal_of
from geoservice.api.negotiation import accepted
from geoservice.api.prepared import respond
from geoservice.errors import GeoserviceError

if TYPE_CHECKING:
    from geoservice.service import GeoService
    from geoservice.service.register_parts import RegisterBytes

PATH = re.compile(r"/api/v1/clusters/([a-z0-9-]{1,63})/participants")
GEOJSON = "application/geo+json"
QUERIES = frozenset({b"", b"lang=az", b"lang=en", b"lang=ru"})


class AtHand:
    """ASGI middleware in front of the router."""

    def __init__(self, app: ASGIApp, service: GeoService) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer if the bytes are at hand."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["query_string"] in QUERIES:
            match = PATH.fullmatch(scope["path"])
            asked = Headers(scope=scope).get("accept", "")
            if match and accepted(asked, (GEOJSON,)) and (found := self._found(Request(scope), match[1])):
                response = respond(Request(scope), found.prepared, headers=found.headers)
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _found(self, request: Request, cluster: str) -> RegisterBytes | None:
        """The bytes, or ``None`` for every doubt: the route then says what is wrong."""
        try:
            acting = principal_of(request)
            return self.service.participants_at_hand(acting, cluster, language(request))
        except (GeoserviceError, HTTPException):
            return None
