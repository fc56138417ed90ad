"""The ASGI application: ``create_app(service, settings)``, and ``app`` for servers that want a factory."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import Depends, FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

import geoservice
from geoservice.api import (
    boundaries,
    clusters,
    concentration,
    health,
    imports,
    layers,
    openapi,
    pages,
    participants,
    problems,
    reference,
    schemes,
)
from geoservice.api.at_hand import AtHand
from geoservice.api.conditional import Conditional
from geoservice.api.cross_origin import CrossOrigin
from geoservice.api.guard import Guard
from geoservice.api.head import Head
from geoservice.api.negotiation import negotiate
from geoservice.api.parameters import refuse_unknown, refuse_unknown_fields
from geoservice.api.prepared import COMPRESSED_TYPES
from geoservice.api.security import SecurityHeaders
from geoservice.errors import GeoserviceError
from geoservice.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from geoservice.service import GeoService

DESCRIPTION = (
    "Registers of industrial clusters in; territorial placement schemes (web map, A3 sheet), the check of "
    "geographic concentration, and open data out. Errors are RFC 9457 problem documents. "
    "Texts are in Azerbaijani unless `?lang=en` or `?lang=ru` is given."
)


#: How often drafts whose time is over are looked for, though nobody asks for one.
SWEEP_EVERY_S = 60.0
_log = logging.getLogger(__name__)


async def _sweep_drafts(service: GeoService) -> None:
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        try:
            await asyncio.to_thread(_sweep, service)
        except GeoserviceError:
            _log.exception("drafts could not be swept")  # the store may be back the next time


def _sweep(service: GeoService) -> None:
    service.drafts.sweep()  # its modules are imported here, in a thread


def create_app(service: GeoService, settings: Settings) -> FastAPI:
    """Build the application around the use cases; it closes the store at shutdown."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(_sweep_drafts(service))
        yield
        sweeping.cancel()
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
    openapi.install(app)
    app.add_middleware(Conditional)
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1000,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, *COMPRESSED_TYPES),
    )
    app.add_middleware(AtHand, service=service)
    app.add_middleware(Head)
    app.add_middleware(Guard, max_body_bytes=service.options.max_upload_bytes, loopback=settings.loopback)
    if settings.cors_origins:
        app.add_middleware(CrossOrigin, origins=settings.cors_origins)
    app.add_middleware(SecurityHeaders)  # the Guard's refusals are pages, too
    strict = [Depends(refuse_unknown), Depends(negotiate), Depends(refuse_unknown_fields)]
    for module in (
        clusters, participants, imports, schemes, concentration, boundaries, layers, reference,
    ):  # fmt: skip
        app.include_router(module.router, dependencies=strict)
    app.include_router(schemes.verification, dependencies=strict)
    app.include_router(health.router)
    app.include_router(pages.router)
    return app
