"""HEAD and OPTIONS wherever a route is, and what a wrong method is told (RFC 9110, 9.3 and 15.5.6)."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WRONG_METHOD = 405


class Head:
    """ASGI middleware: HEAD is GET with the body kept back; OPTIONS and refusals name all methods there are.

    The router knows one route at a time, and would tell the methods of the first of those with one address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a HEAD or OPTIONS request, hand on all others."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and (allowed := methods_of(scope)):
            await Response(status_code=204, headers={"Allow": allowed})(scope, receive, send)
            return
        head = scope["method"] == "HEAD"

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == WRONG_METHOD:
                MutableHeaders(scope=message)["Allow"] = methods_of(scope)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"} if head else scope, receive, completed)


def methods_of(scope: Scope) -> str:
    """The methods that an address takes, for an Allow header; "" if there is no such address."""
    routes = scope["app"].router.routes
    found = [method for method in METHODS if _matches(routes, {**scope, "method": method})]
    if "GET" in found:
        found.insert(1, "HEAD")
    return ", ".join([*found, "OPTIONS"]) if found else ""


def _matches(routes: Any, scope: Scope) -> bool:
    return any(route.matches(scope)[0] == Match.FULL for route in routes)
