"""Connections to one SQLite file: a writer behind a lock, a pool of readers, errors in our own words."""

from __future__ import annotations

import errno
import os
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


class _Connection(sqlite3.Connection):
    """A connection that knows the state of the file that it was opened on."""

    opened_on: object = None


class Database:
    """One SQLite file, opened for any number of threads.

    Opening makes the file and its folder if need be and brings the schema up to date. Where the file or its
    folder cannot be written it is opened for reading only (``read_only``): writing then raises StoreError.

    Raises:
        StoreError: see ``_CODES`` and :func:`schema.migrate`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = threading.Lock()
        self._idle_lock = threading.Lock()
        self._idle: list[_Connection] = []
        self._closed = False
        self.read_only = _cannot_be_written(self.path)
        self._writer: sqlite3.Connection | None = None
        with translated(self.path):
            if self.read_only:
                self._check_readable()
            else:
                self._open_writer()
            self._file = self._identity()

    def _open_writer(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = self._connect("mode=rwc")
        try:
            self._prepare(self._writer)
        except BaseException:
            self._writer.close()
            raise

    def _prepare(self, writer: sqlite3.Connection) -> None:
        schema.check(writer, self.path)
        if schema.journal_mode(writer) != "wal":
            raise StoreError("store.no_wal", store=str(self.path))
        # FULL syncs the log at each commit: what was confirmed outlives a power cut too, not only kill -9.
        writer.execute("PRAGMA synchronous = FULL")
        writer.execute("PRAGMA journal_size_limit = 67108864")
        schema.migrate(writer, self.path)

    def _check_readable(self) -> None:
        with self.reading() as connection:
            schema.check(connection, self.path)
            if schema.version(connection) < len(schema.migrations()):
                raise StoreError("store.read_only_old", store=str(self.path))

    def _identity(self) -> tuple[int, int]:
        status = self.path.stat()
        return status.st_dev, status.st_ino

    def _connect(self, how: str) -> _Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?{how}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
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

    def _take(self) -> _Connection:
        state = self._state()
        with self._idle_lock:
            self._refuse_if_closed()
            while self._idle:
                connection = self._idle.pop()
                if connection.opened_on == state:
                    return connection
                connection.close()
        connection = self._connect(self._way_of_reading())
        connection.opened_on = state
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _way_of_reading(self) -> str:
        """How a reader opens the file.

        SQLite can read a file with a write-ahead log from a folder that it cannot write only if the log and
        its index are there, which is so while somebody writes it; or else if it is told that nobody does.
        https://www.sqlite.org/wal.html#read_only_databases
        """
        if not self.read_only:
            return "mode=rw"
        return "mode=ro" if self._log_exists() else "mode=ro&immutable=1"

    def _log_exists(self) -> bool:
        index, log = (self.path.with_name(f"{self.path.name}{end}") for end in ("-shm", "-wal"))
        return index.exists() or (log.exists() and log.stat().st_size > 0)

    def _state(self) -> object:
        """What tells a reader of a read-only file that somebody else has begun or ended to write it."""
        if not self.read_only:
            return None
        status = self.path.stat()
        return status.st_ino, status.st_mtime_ns, status.st_size, self._log_exists()

    def _give_back(self, connection: _Connection) -> None:
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
            writer = self._open_for_writing()
            try:
                writer.execute("BEGIN IMMEDIATE")
                yield writer
                writer.execute("COMMIT")
            finally:
                if writer.in_transaction:
                    writer.rollback()

    def _open_for_writing(self) -> sqlite3.Connection:
        self._refuse_if_closed()
        if self._writer is None:
            raise StoreError("store.read_only", store=str(self.path), why=os.strerror(errno.EACCES))
        return self._writer

    def check(self) -> None:
        """Raise StoreError unless the file is the one opened, of the known version, and can be used so.

        A file that was opened for writing has to be writable still.
        """
        with translated(self.path):
            if self._identity() != self._file:
                raise StoreError("store.replaced", store=str(self.path))
        if self.read_only:
            with translated(self.path):
                self._check_readable()
            return
        with self._lock, translated(self.path):
            writer = self._open_for_writing()
            try:
                writer.execute("BEGIN IMMEDIATE")
                schema.check(writer, self.path)
                writer.execute("DELETE FROM cluster_log WHERE id < 0")
            finally:
                if writer.in_transaction:
                    writer.rollback()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreError("store.closed", store=str(self.path))

    def close(self) -> None:
        """Close all connections, those in use when they come back. Closing twice is no error."""
        with self._lock, self._idle_lock:
            if self._closed:
                return
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
            if self._writer is not None:
                self._writer.close()


def _cannot_be_written(path: Path) -> bool:
    """Whether a file is there but it, or its folder, where the log has to be, is not to be written by us."""
    own = os.access in os.supports_effective_ids
    writable = (os.access(place, os.W_OK, effective_ids=own) for place in (path, path.parent))
    return path.is_file() and not all(writable)
