"""The shelf: files that wait to be imported, where every process that serves one store sees them.

Nothing on it is part of a register. It stands beside the embedded store in a file of its own, so that large
uploads do not hold up those who write registers, and copies of the register hold no unfinished imports.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from geoservice.store.connections import BUSY_TIMEOUT_S, translated

COLUMNS = ("id", "cluster", "owner", "size", "touched", "version", "against", "state", "since", "document")
_SCHEMA = (
    "PRAGMA auto_vacuum = FULL",
    "CREATE TABLE IF NOT EXISTS draft (id TEXT PRIMARY KEY, cluster TEXT NOT NULL, owner TEXT NOT NULL,"
    " size INTEGER NOT NULL, touched REAL NOT NULL, version INTEGER NOT NULL, against INTEGER NOT NULL,"
    " state TEXT NOT NULL, since REAL NOT NULL, document BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS draft_file (id TEXT PRIMARY KEY, data BLOB NOT NULL)",
)


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


class SqliteShelf:
    """A shelf in an SQLite file, made when the first file is put on it.

    What is removed is overwritten and its room given back: the files hold data about persons.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()

    @contextmanager
    def _open(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Lend a connection within a transaction; one is opened for each use, which takes 0.2 ms."""
        with translated(self.path):
            connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            try:
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.rollback()
                connection.close()

    def _make(self) -> None:
        """Make the file, for its owner alone, and its tables."""
        with translated(self.path):
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            try:
                for statement in _SCHEMA:
                    connection.execute(statement)
            finally:
                connection.close()

    def put(self, waiting: Waiting, data: bytes) -> None:
        """See :meth:`Shelf.put`."""
        self._make()
        places = ", ".join("?" * len(COLUMNS))
        with self._open(write=True) as connection:
            connection.execute(f"INSERT INTO draft VALUES ({places})", _values(waiting))  # noqa: S608
            connection.execute("INSERT INTO draft_file VALUES (?, ?)", (waiting.id, data))

    def all(self) -> tuple[Waiting, ...]:
        """See :meth:`Shelf.all`."""
        if not self._made():
            return ()
        with self._open() as connection:
            return tuple(Waiting(*row) for row in connection.execute("SELECT * FROM draft"))

    def get(self, draft: str) -> Waiting | None:
        """See :meth:`Shelf.get`."""
        if not self._made():
            return None
        with self._open() as connection:
            row = connection.execute("SELECT * FROM draft WHERE id = ?", (draft,)).fetchone()
        return Waiting(*row) if row else None

    def data(self, draft: str) -> bytes | None:
        """See :meth:`Shelf.data`."""
        if not self._made():
            return None
        with self._open() as connection:
            row = connection.execute("SELECT data FROM draft_file WHERE id = ?", (draft,)).fetchone()
        return bytes(row[0]) if row else None

    def swap(self, seen: Waiting, new: Waiting) -> bool:
        """See :meth:`Shelf.swap`."""
        if not self._made():
            return False
        sets = ", ".join(f"{name} = ?" for name in COLUMNS)
        with self._open(write=True) as connection:
            changed = connection.execute(
                f"UPDATE draft SET {sets} WHERE id = ? AND version = ? AND state = ? AND since = ?",  # noqa: S608
                (*_values(new), seen.id, seen.version, seen.state, seen.since),
            ).rowcount
            if changed and not new.size:
                connection.execute("DELETE FROM draft_file WHERE id = ?", (seen.id,))
        return bool(changed)

    def touch(self, draft: str, at: float) -> None:
        """See :meth:`Shelf.touch`."""
        if self._made():
            with self._open(write=True) as connection:
                connection.execute("UPDATE draft SET touched = ? WHERE id = ?", (at, draft))

    def remove(self, drafts: Iterable[str]) -> None:
        """See :meth:`Shelf.remove`."""
        gone = [(draft,) for draft in drafts]
        if gone and self._made():
            with self._open(write=True) as connection:
                connection.executemany("DELETE FROM draft WHERE id = ?", gone)
                connection.executemany("DELETE FROM draft_file WHERE id = ?", gone)

    def _made(self) -> bool:
        """Whether there is anything to ask; a file without tables is one that is being made."""
        if not self.path.exists():
            return False
        with self._open() as connection:
            return bool(
                connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'draft_file'").fetchone()
            )


def _values(waiting: Waiting) -> tuple[object, ...]:
    return tuple(getattr(waiting, name) for name in COLUMNS)
