"""The ASGI application: ``create_app(service, settings)``, and ``app`` for servers that want a factory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

import geoservice
from geoservice.api import (
    boundaries,
    clusters,
    concentration,
    health,
    imports,
    layers,
    pages,
    participants,
    problems,
    reference,
    schemes,
)
from geoservice.api.at_hand import AtHand
from geoservice.api.guard import Guard
from geoservice.api.security import SecurityHeaders
from geoservice.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from geoservice.service import GeoService

ASSETS = Path(geoservice.__file__).parent / "assets"
DESCRIPTION = (
    "Registers of industrial clusters in; territorial placement schemes (web map, A3 sheet), the check of "
    "geographic concentration, and open data out. Errors are RFC 9457 problem documents. "
    "Texts are in Azerbaijani unless `?lang=en` or `?lang=ru` is given."
)


def create_app(service: GeoService, settings: Settings) -> FastAPI:
    """Build the application around the use cases; it closes the store at shutdown."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()

    app = FastAPI(
        title="geoservice",
        version=geoservice.__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.settings = settings
    problems.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(AtHand, service=service)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Guard, max_body_bytes=service.options.max_upload_bytes, loopback=settings.loopback)
    for module in (
        health, clusters, participants, imports, schemes, concentration, boundaries, layers, reference, pages,
    ):  # fmt: skip
        app.include_router(module.router)
    app.include_router(schemes.verification)
    app.mount("/assets", Assets(directory=ASSETS), name="assets")
    return app


class Assets(StaticFiles):
    """Own and built web assets; an address that carries a version may be kept for ever."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=True)

    async def get_response(self, path: str, scope: dict[str, object]) -> Response:  # type: ignore[override]
        """Serve only the two public folders, never the build's own files."""
        if path.split("/", 1)[0] not in ("own", "vendor"):
            return Response(status_code=404)
        response = await super().get_response(path, scope)
        versioned = "v" in Request(scope).query_params
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
        return response
