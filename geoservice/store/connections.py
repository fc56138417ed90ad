"""Connections to one SQLite file: a writer behind a lock, a pool of readers, errors in our own words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoservice.errors import StoreError
from geoservice.store import schema

#: How long a connection waits for another process's transaction before it gives up.
BUSY_TIMEOUT_S = 15.0
#: Readers kept open between uses; more are opened when more threads read at once.
IDLE_READERS = 8

#: Primary SQLite result code -> error code. https://www.sqlite.org/rescode.html
_CODES = {
    sqlite3.SQLITE_BUSY: "store.busy",
    sqlite3.SQLITE_LOCKED: "store.busy",
    sqlite3.SQLITE_READONLY: "store.read_only",
    sqlite3.SQLITE_PERM: "store.read_only",
    sqlite3.SQLITE_CANTOPEN: "store.cannot_open",
    sqlite3.SQLITE_CORRUPT: "store.damaged",
    sqlite3.SQLITE_NOTADB: "store.damaged",
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_IOERR: "store.io",
}
_PRIMARY_CODE = 0xFF  # extended result codes keep the primary one in their low byte


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into StoreError with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        found = getattr(error, "sqlite_errorcode", None)
        code = _CODES.get(found & _PRIMARY_CODE, "store.failed") if found is not None else "store.failed"
        raise StoreError(code, store=str(path), why=str(error)) from error
    except OSError as error:
        raise StoreError("store.cannot_open", store=str(path), why=str(error)) from error


class Database:
    """One SQLite file, opened for any number of threads.

    Opening makes the file and its folder if need be and brings the schema up to date.

    Raises:
        StoreError: see ``_CODES`` and :func:`schema.migrate`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = threading.Lock()
        self._idle_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        with translated(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect("rwc")
            try:
                self._prepare()
            except BaseException:
                self._writer.close()
                raise

    def _prepare(self) -> None:
        schema.check(self._writer, self.path)
        if schema.journal_mode(self._writer) != "wal":
            raise StoreError("store.no_wal", store=str(self.path))
        # FULL syncs the log at each commit: what was confirmed outlives a power cut too, not only kill -9.
        self._writer.execute("PRAGMA synchronous = FULL")
        self._writer.execute("PRAGMA journal_size_limit = 67108864")
        schema.migrate(self._writer, self.path)
        self._file = self._identity()

    def _identity(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_dev, status.st_ino

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection within a transaction: one snapshot, whatever is written meanwhile."""
        with translated(self.path):
            connection = self._take()
            try:
                connection.execute("BEGIN")
                yield connection
            finally:
                if connection.in_transaction:
                    connection.rollback()
                self._give_back(connection)

    def _take(self) -> sqlite3.Connection:
        with self._idle_lock:
            self._refuse_if_closed()
            if self._idle:
                return self._idle.pop()
        connection = self._connect("rw")
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._idle_lock:
            if not self._closed and len(self._idle) < IDLE_READERS:
                self._idle.append(connection)
                return
        connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Lend the writer within a transaction: committed at the end, rolled back by any exception.

        One thread at a time; other processes are waited for.
        """
        with self._lock, translated(self.path):
            self._refuse_if_closed()
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.rollback()

    def check(self) -> None:
        """Raise StoreError unless the file is the one opened, of the known version, and can be written."""
        with translated(self.path):
            if self._identity() != self._file:
                raise StoreError("store.replaced", store=str(self.path))
        with self._lock, translated(self.path):
            self._refuse_if_closed()
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                schema.check(self._writer, self.path)
                self._writer.execute("DELETE FROM cluster_log WHERE id < 0")
            finally:
                if self._writer.in_transaction:
                    self._writer.rollback()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreError("store.closed", store=str(self.path))

    def close(self) -> None:
        """Close all connections, those in use when they come back. Closing twice is no error."""
        with self._lock, self._idle_lock:
            if self._closed:
                return
            self._closed = True
            for connection in (*self._idle, self._writer):
                connection.close()
            self._idle.clear()
