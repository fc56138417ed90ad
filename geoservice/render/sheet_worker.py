"""Sheets in a process of their own, with a limit of time and of memory: a refusal says which.

A hostile or huge register must not stop the service: the child is given up, not the server.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FuturesTimeout
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from geoservice.errors import GeoserviceError, LimitExceededError

if TYPE_CHECKING:
    from geoservice.render.sheet import SheetOptions
    from geoservice.scheme.scene import Scene

SECONDS = 60.0
MEGABYTES = 1024  # resident; a sheet with its libraries takes some 250 MB
WATCH_S = 0.05


class SheetWorker:
    """One child process that renders sheets one after the other; started at the first sheet.

    Args:
        extra: the catalogue's further folders, read anew in the child.
        seconds: limit of time for a sheet, its waiting included.
        megabytes: limit of the child's resident memory; the child watches it itself and ends when over.
    """

    def __init__(
        self, extra: tuple[Path, ...] = (), *, seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        self.extra, self.seconds, self.megabytes = extra, seconds, megabytes
        self._pool: ProcessPoolExecutor | None = None
        self._lock = Lock()

    def render(self, scene: Scene, options: SheetOptions) -> bytes:
        """Render a sheet in the child.

        Raises:
            LimitExceededError: it took longer, or more memory, than allowed.
            GeoserviceError: whatever :func:`geoservice.render.sheet.render_sheet` raises.
        """
        future = self._started().submit(_render, scene, options)
        try:
            code, result = future.result(timeout=self.seconds)
        except FuturesTimeout as error:
            self.close()
            raise LimitExceededError("sheet.too_slow", seconds=f"{self.seconds:g}") from error
        except BrokenProcessPool as error:
            self.close()
            raise LimitExceededError("sheet.too_much_memory", megabytes=self.megabytes) from error
        if code == "memory":
            self.close()
            raise LimitExceededError("sheet.too_much_memory", megabytes=self.megabytes)
        if code == "refused":
            kind, key, params = result
            raise kind(key, **params)
        return bytes(result)

    def close(self) -> None:
        """End the child, at once and without waiting for its work."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            processes = list(getattr(pool, "_processes", None) or {})
            children = [p for p in multiprocessing.active_children() if p.pid in processes]
            pool.shutdown(wait=False, cancel_futures=True)
            for child in children:
                child.kill()

    def _started(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_prepare,
                    initargs=(self.extra, self.megabytes),
                )
            return self._pool


_CATALOG: list[Any] = []


def _prepare(extra: tuple[Path, ...], megabytes: int) -> None:
    from geoservice.catalog import Catalog

    Thread(target=_watch, args=(megabytes,), daemon=True).start()
    _CATALOG[:] = [Catalog(extra)]


def _watch(megabytes: int) -> None:
    """End this process when it takes too much: a limit of address space would count mapped libraries too."""
    pause = Event()
    while _resident_mb() <= megabytes:
        pause.wait(WATCH_S)
    os._exit(1)


def _resident_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _render(scene: Scene, options: SheetOptions) -> tuple[str, Any]:
    from geoservice.render.sheet import render_sheet

    try:
        return "done", render_sheet(scene, options=options, catalog=_CATALOG[0])
    except MemoryError:
        return "memory", None
    except GeoserviceError as error:
        # The exception itself takes other arguments than pickle would give it.
        return "refused", (type(error), error.code, error.params)
