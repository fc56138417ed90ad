"""The shelf of the embedded store: an SQLite file beside the registers'."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geoservice.store.connections import BUSY_TIMEOUT_S, translated
from geoservice.store.shelf import COLUMNS, Waiting

_SCHEMA = (
    "PRAGMA auto_vacuum = FULL",
    "CREATE TABLE IF NOT EXISTS draft (id TEXT PRIMARY KEY, cluster TEXT NOT NULL, owner TEXT NOT NULL,"
    " size INTEGER NOT NULL, touched REAL NOT NULL, version INTEGER NOT NULL, against INTEGER NOT NULL,"
    " state TEXT NOT NULL, since REAL NOT NULL, document BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS draft_file (id TEXT PRIMARY KEY, data BLOB NOT NULL)",
)


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
