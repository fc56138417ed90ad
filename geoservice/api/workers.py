"""Several processes that serve one store from one address: ``geoservice serve --workers 4``.

Whatever they have to agree on lies in the store and the data folder; what each remembers is kept by revision
and made anew. The operator's folders are looked at by each of them, see ``Core.catalog_key``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from geoservice.settings import PREFIX

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from geoservice.settings import Settings

#: A worker that has not answered for so long hangs and is replaced. It answers from a thread of its own, but
#: starts slowly where many start at once.
HANGS_S = 60


class _Workers(Multiprocess):
    """Says once that all of them are ready."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, say: Callable[[int], None]) -> None:
        super().__init__(config, [listening])
        self._port: int = listening.getsockname()[1]
        self._say: Callable[[int], None] | None = say

    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        if self._say and not self.should_exit.is_set() and all(p.is_ready() for p in self.processes):
            self._say(self._port)
            self._say = None


def run(settings: Settings, given: Mapping[str, Any], say: Callable[[int], None]) -> None:
    """Serve until stopped.

    Args:
        settings: as they hold; the store is made and has its demo clusters already.
        given: those of the command line, which the workers read from the environment.
        say: called with the port when all workers are ready.
    """
    os.environ |= {PREFIX + name.upper(): str(value) for name, value in given.items()}
    config = uvicorn.Config(
        "geoservice.api.workers:worker",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level="warning",
        server_header=False,
        timeout_worker_healthcheck=HANGS_S,
    )
    with config.bind_socket() as listening:
        _Workers(config, listening, say).run()


def worker() -> FastAPI:
    """The application of one worker."""
    from geoservice.api import server

    app = server.app()
    server.warm(app)
    return app
