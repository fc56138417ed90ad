"""Running the service: settings, store, use cases, application and uvicorn, put together in one place."""

from __future__ import annotations

import gc
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import click
import uvicorn
from pydantic import ValidationError

from geoservice import i18n
from geoservice.api.app import create_app
from geoservice.api.dependencies import VIEWER
from geoservice.errors import GeoserviceError, InvalidInputError
from geoservice.model import DEFAULT_LANGUAGE, LANGUAGES
from geoservice.service import GeoService, demo
from geoservice.service.core import Options
from geoservice.settings import Settings
from geoservice.store.opening import open_store

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI


def settings_from(values: dict[str, Any]) -> Settings:
    """Settings from the environment, overlaid with values of the command line.

    Raises:
        InvalidInputError: a setting is not usable, or the service would be open to others without keys.
    """
    try:
        settings = Settings.from_environment(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "GEOSERVICE_" + "_".join(str(step) for step in first["loc"][:1]).upper()
        raise InvalidInputError("setting", name=name, why=first["msg"]) from error
    if not settings.loopback and not settings.access_keys:
        raise InvalidInputError("keys_needed", host=settings.host)
    return settings


def build(settings: Settings) -> FastAPI:
    """The application over the store of the data folder; a new store gets the demo clusters."""
    return create_app(_service(settings), settings)


def _service(settings: Settings) -> GeoService:
    store = open_store(settings.data, settings.store)
    options = Options(
        data=settings.data.resolve(),
        max_upload_bytes=settings.max_upload_mb * 1024 * 1024,
        public_personal_data=settings.public_personal_data,
        public_url=settings.public_url.rstrip("/"),
        sheet_seconds=settings.sheet_seconds,
        sheet_megabytes=settings.sheet_memory_mb,
        time_zone=settings.time_zone,
    )
    service = GeoService(store, options)
    if store.read_only:
        click.echo(i18n.text(_language(), "cli.read_only", store=str(settings.data)), err=True)
    elif settings.demo and store.untouched():
        demo.load(service)
    return service


def app() -> FastAPI:
    """ASGI factory for other servers: ``uvicorn --factory geoservice.api.server:app``."""
    return build(settings_from({}))


def _language() -> str:
    lang = os.environ.get("GEOSERVICE_LANG", DEFAULT_LANGUAGE)
    return lang if lang in LANGUAGES else DEFAULT_LANGUAGE


class _Server(uvicorn.Server):
    """Says its address when it is ready, then loads the heavy libraries before the first map needs them."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        host, port = self.config.host, self.config.port
        if self.servers and self.servers[0].sockets:
            port = self.servers[0].sockets[0].getsockname()[1]
        _say_ready(host, port)
        gc.freeze()
        gc.enable()
        warm(cast("FastAPI", self.config.app))


def _say_ready(host: str, port: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    click.echo(i18n.text(_language(), "cli.ready", address=f"http://{shown}:{port}/"))


def warm(application: FastAPI) -> None:
    """Load the heavy libraries and make the national view before the first reader needs them, in a thread."""
    service: GeoService = application.state.service
    threading.Thread(target=_warm, args=(service,), name="warm", daemon=True).start()


def _warm(service: GeoService) -> None:
    import folium  # noqa: F401
    import geopandas  # noqa: F401
    import typst  # noqa: F401

    from geoservice.api.pages_atlas import prepare

    with suppress(GeoserviceError):  # whoever asks for the view is told what is wrong
        prepare(service, VIEWER)


def run(values: dict[str, Any]) -> None:
    """Serve until stopped.

    Raises:
        InvalidInputError: a setting is not usable.
        StoreError: the store cannot be opened.
    """
    settings = settings_from(values)
    if settings.workers > 1:
        _run_workers(settings, values)
        return
    config = uvicorn.Config(
        build(settings), host=settings.host, port=settings.port, log_level="warning", server_header=False
    )
    _refuse_taken(settings)
    _Server(config).run()


def _run_workers(settings: Settings, values: dict[str, Any]) -> None:
    from geoservice.api import workers

    gc.enable()
    _refuse_taken(settings)
    _service(settings).close()  # the store is made, and what is wrong with it told, once
    workers.run(settings, values, lambda port: _say_ready(settings.host, port))


def _refuse_taken(settings: Settings) -> None:
    """Say that the port is taken before uvicorn ends with a number."""
    import socket

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            why = error.strerror or str(error)
            raise InvalidInputError("address", host=settings.host, port=settings.port, why=why) from error
