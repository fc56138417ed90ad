"""The shelf: files that wait to be imported, where every process that serves one store sees them.

Nothing on it is part of a register. It stands beside the embedded store in a file of its own, so that large
uploads do not hold up those who write registers, and copies of the register hold no unfinished imports.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

COLUMNS = ("id", "cluster", "owner", "size", "touched", "version", "against", "state", "since", "document")


class Waiting(Struct, frozen=True):
    """What is known of a file that waits.

    ``size`` is that of the file in bytes, 0 once it is gone. ``touched`` and ``since`` (the state) are in
    seconds since 1970. ``version`` counts what was decided about it, ``against`` is the register's revision
    that this version is held against; both together say what an import would do. ``document`` (JSON) holds
    the rest.
    """

    id: str
    cluster: str
    owner: str
    size: int
    touched: float
    version: int
    against: int
    state: Literal["open", "saving", "saved"]
    since: float
    document: bytes


class Shelf(Protocol):
    """Keeps files that wait; any thread and any process may use it. All methods raise StoreError."""

    def put(self, waiting: Waiting, data: bytes) -> None:
        """Keep a new file."""
        ...

    def all(self) -> tuple[Waiting, ...]:
        """All that wait."""
        ...

    def get(self, draft: str) -> Waiting | None:
        """One that waits."""
        ...

    def data(self, draft: str) -> bytes | None:
        """The bytes of a file; ``None`` if it is gone."""
        ...

    def swap(self, seen: Waiting, new: Waiting) -> bool:
        """Replace what is known of a file if version and state are still as seen; tell whether they were.

        A file whose new size is 0 is removed, what is known of it stays.
        """
        ...

    def touch(self, draft: str, at: float) -> None:
        """Note that somebody asked for it."""
        ...

    def remove(self, drafts: Iterable[str]) -> None:
        """Forget some, with their files; those that are gone already do no harm."""
        ...


class MemoryShelf:
    """A shelf in memory: for tests and trials."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, Waiting] = {}
        self._files: dict[str, bytes] = {}

    def put(self, waiting: Waiting, data: bytes) -> None:
        """See :meth:`Shelf.put`."""
        with self._lock:
            self._known[waiting.id], self._files[waiting.id] = waiting, data

    def all(self) -> tuple[Waiting, ...]:
        """See :meth:`Shelf.all`."""
        with self._lock:
            return tuple(self._known.values())

    def get(self, draft: str) -> Waiting | None:
        """See :meth:`Shelf.get`."""
        with self._lock:
            return self._known.get(draft)

    def data(self, draft: str) -> bytes | None:
        """See :meth:`Shelf.data`."""
        with self._lock:
            return self._files.get(draft)

    def swap(self, seen: Waiting, new: Waiting) -> bool:
        """See :meth:`Shelf.swap`."""
        with self._lock:
            now = self._known.get(seen.id)
            if now is None or (now.version, now.state, now.since) != (seen.version, seen.state, seen.since):
                return False
            self._known[seen.id] = new
            if not new.size:
                self._files.pop(seen.id, None)
            return True

    def touch(self, draft: str, at: float) -> None:
        """See :meth:`Shelf.touch`."""
        with self._lock:
            if draft in self._known:
                self._known[draft] = replace(self._known[draft], touched=at)

    def remove(self, drafts: Iterable[str]) -> None:
        """See :meth:`Shelf.remove`."""
        with self._lock:
            for draft in drafts:
                self._known.pop(draft, None)
                self._files.pop(draft, None)
