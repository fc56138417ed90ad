"""Pages of other sites that may read the API from a reader's browser: those that the operator lists (CORS).

Reading only, and only what is public: no cookie is taken from them, and without access keys they are not the
local operator either (see ``dependencies.principal_of``). https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

#: What programs are for; pages stay closed to scripts of other sites.
PATHS = ("/api/", "/openapi.json")
EXPOSED = ("ETag", "Link", "Content-Disposition", "X-Register-Revision", "X-Total-Count")


class CrossOrigin:
    """ASGI middleware: the CORS protocol for the API's addresses."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        self.open = CORSMiddleware(
            app, allow_origins=origins, allow_methods=("GET", "HEAD"), expose_headers=EXPOSED,
            allow_headers=("If-None-Match", "If-Modified-Since"),
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer preflights, and name the origins that may read an answer."""
        open_ = scope["type"] == "http" and scope["path"].startswith(PATHS)
        await (self.open if open_ else self.app)(scope, receive, send)
