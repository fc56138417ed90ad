"""Sheets in a process of their own, with a limit of time and of memory: a refusal says which.

A hostile or huge register must not stop the service: the child is given up, not the server.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import time
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from geoservice.errors import BusyError, GeoserviceError, LimitExceededError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from geoservice.render.sheet import DrawnSheet, SheetOptions
    from geoservice.scheme.scene import Scene

SECONDS = 60.0
MEGABYTES = 1024  # resident; a sheet with its libraries takes some 250 MB
WATCH_S = 0.05
#: How a child ends that took too much memory. Another end was not its own: somebody killed it, or it crashed.
TOO_MUCH_MEMORY = 77


class SheetWorker:
    """One child process that renders sheets one after the other; started at the first sheet.

    Threads may call it at the same time: they wait for their turn.

    Args:
        extra: the catalogue's further folders, read in the child.
        seconds: limit of time for a sheet, and for the wait before it.
        megabytes: limit of the child's resident memory; the child watches it itself and ends when over.
    """

    def __init__(
        self, extra: tuple[Path, ...] = (), *, seconds: float = SECONDS, megabytes: int = MEGABYTES
    ) -> None:
        self.extra, self.seconds, self.megabytes = extra, seconds, megabytes
        self._turn = Lock()
        self._lock = Lock()
        self._child: _Child | None = None

    def draw(self, scene: Scene, options: SheetOptions, catalog_key: object = None) -> DrawnSheet:
        """Draw a sheet in the child.

        Args:
            scene: what to draw.
            options: how.
            catalog_key: the state of the catalogue; the child reads it anew when this is another than before.

        Raises:
            BusyError: the sheets before it took longer than allowed, or the child was ended from outside; the
                next sheet gets a new one.
            LimitExceededError: it took longer, or more memory, than allowed.
            GeoserviceError: whatever :func:`geoservice.render.sheet.draw_sheet` raises.
            RuntimeError: the child failed; the text is its traceback.
        """
        if not self._turn.acquire(timeout=max(self.seconds, 0.0)):
            raise BusyError("sheet.busy", seconds=f"{self.seconds:g}")
        try:
            code, result = self._asked((scene, options, catalog_key))
        finally:
            self._turn.release()
        if code == "refused":
            kind, key, params = result
            raise kind(key, **params)
        if code == "failed":
            raise RuntimeError(result)
        drawn: DrawnSheet = result
        return drawn

    def close(self) -> None:
        """End the child, at once and without waiting for its work."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def _asked(self, question: Any) -> tuple[str, Any]:
        until = time.monotonic() + self.seconds
        child = self._started()
        try:
            answer = child.ask(question, until)
        except (EOFError, OSError) as error:
            ended = child.exit_code()
            self.close()
            if ended == TOO_MUCH_MEMORY:
                raise LimitExceededError("sheet.too_much_memory", megabytes=self.megabytes) from error
            raise BusyError("sheet.worker_ended", ended=ended) from error
        if answer is None:
            self.close()
            raise LimitExceededError("sheet.too_slow", seconds=f"{self.seconds:g}")
        return answer

    def _started(self) -> _Child:
        with self._lock:
            if self._child is None or not self._child.alive():
                self._child = _Child(self.extra, self.megabytes)
            return self._child


class _Child:
    """A process that answers one question after the other, and the pipe to it."""

    def __init__(self, extra: tuple[Path, ...], megabytes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_work, args=(other, extra, megabytes), daemon=True)
        self._process.start()
        other.close()

    def ask(self, question: Any, until: float) -> tuple[str, Any] | None:
        """The answer, or none by ``until`` (of the monotonic clock); EOFError if the child ends."""
        self._pipe.send(question)
        if not self._pipe.poll(max(until - time.monotonic(), 0.0)):
            return None
        answer: tuple[str, Any] = self._pipe.recv()
        return answer

    def alive(self) -> bool:
        return self._process.is_alive()

    def exit_code(self) -> int | None:
        """How it ended; its pipe is closed a moment before."""
        self._process.join(5.0)
        return self._process.exitcode

    def end(self) -> None:
        self._process.kill()
        self._process.join()


# -- in the child --------------------------------------------------------------------------------------------


def _work(pipe: Connection, extra: tuple[Path, ...], megabytes: int) -> None:
    """Answer until the other end is closed: the service ended, however it did."""
    # Ctrl-C in a terminal goes to all of its processes; the service ends this one itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_watch, args=(megabytes,), daemon=True).start()
    catalog, known, first = None, object(), True
    while True:
        try:
            scene, options, key = pipe.recv()
        except EOFError:
            return
        if catalog is None or key != known:
            from geoservice.catalog import Catalog

            catalog, known = Catalog(extra), key
        pipe.send(_rendered(scene, options, catalog))
        if first:
            # Libraries, styles and layers are there to stay: to look through them for garbage takes 60 ms.
            first = False
            gc.collect()
            gc.freeze()


def _watch(megabytes: int) -> None:
    """End this process when it takes too much: a limit of address space would count mapped libraries too."""
    pause = Event()
    while _resident_mb() <= megabytes:
        pause.wait(WATCH_S)
    os._exit(TOO_MUCH_MEMORY)


def _resident_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _rendered(scene: Scene, options: SheetOptions, catalog: Any) -> tuple[str, Any]:
    from geoservice.render.sheet import draw_sheet

    try:
        return "done", draw_sheet(scene, options=options, catalog=catalog)
    except MemoryError:
        os._exit(TOO_MUCH_MEMORY)
    except GeoserviceError as error:
        # The exception itself takes other arguments than pickle would give it.
        return "refused", (type(error), error.code, error.params)
    except Exception:
        import traceback

        return "failed", traceback.format_exc()
