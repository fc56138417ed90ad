"""Work that nobody waits for: one thing after another, each once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any


class Background:
    """One thread for work whose result is held elsewhere (see :class:`~geoservice.service.core.Memo`)."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="background")
        self._lock = Lock()
        self._waiting: dict[Hashable, Future[Any]] = {}

    def run(self, key: Hashable, work: Callable[[], Any]) -> Future[Any]:
        """Begin the work, or return what is under way for the same key."""
        with self._lock:
            if key not in self._waiting:
                future = self._waiting[key] = self._pool.submit(work)
                future.add_done_callback(lambda _: self._waiting.pop(key, None))
            else:
                future = self._waiting[key]
        return future

    def close(self) -> None:
        """End what is under way and forget what waits."""
        self._pool.shutdown(cancel_futures=True)
