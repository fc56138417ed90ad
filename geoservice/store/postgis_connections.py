"""Connections to PostgreSQL: two small pools, the schema, and errors in our own words."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from geoservice.errors import StoreError
from geoservice.store import schema

Connection = psycopg.Connection[tuple[Any, ...]]

#: Connections of each kind kept open between uses.
IDLE_CONNECTIONS = 8
#: How long a writer waits for another one's transaction, and a connection for the server.
LOCK_TIMEOUT_S = 15
CONNECT_TIMEOUT_S = 10
#: "GeoS": the key of the advisory lock under which the schema is changed.
_SCHEMA_LOCK = schema.APPLICATION_ID

#: SQLSTATE or its class -> error code. https://www.postgresql.org/docs/current/errcodes-appendix.html
_CODES = {
    "25006": "store.unsuitable",
    "42501": "store.unsuitable",
    "53100": "store.full",
    "55P03": "store.busy",
    "08": "store.unreachable",
    "28": "store.unreachable",
    "3D": "store.unreachable",
    "57": "store.unreachable",
    "58": "store.io",
}

#: Tables that a change writes, and whether this user may: not on a standby, nor where transactions only read.
_WRITTEN = ("cluster", "cluster_log", "revision", "participant", "import_report", "draft")
_MAY_WRITE = """
SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'
  AND bool_and(has_table_privilege('geoservice.' || name, needed))
FROM unnest(%s::text[]) AS name CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS needed
"""


class Database:
    """One PostgreSQL database, for any number of threads; makes the schema if need be.

    Where the schema is there and the user may only read it, or the server is a standby, it is opened for
    reading only (``read_only``): writing then raises StoreError.

    Raises:
        StoreError: "store.unreachable", "store.unsuitable" (no PostGIS, not UTF-8), "store.newer" and others.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = threading.Lock()
        self._idle: dict[bool, list[Connection]] = {True: [], False: []}
        self._closed = False
        self.name = _name(dsn)
        self.read_only = False
        if self._is_current():
            self.read_only = not self._may_write()
        else:
            with self.writing() as connection:
                self._migrate(connection)

    def _is_current(self) -> bool:
        """Whether the schema is there as it has to be, so that nothing need be made."""
        try:
            with self.reading() as connection:
                made = connection.execute("SELECT to_regclass('geoservice.schema_version')").fetchone()
                return bool(made and made[0]) and self._version(connection) == len(_scripts())
        except StoreError as error:
            if error.code != "store.unsuitable":  # no right to look: making it will say what is missing
                raise
            return False

    def _may_write(self) -> bool:
        with self.reading() as connection:
            row = connection.execute(_MAY_WRITE, (list(_WRITTEN),)).fetchone()
        return bool(row and row[0])

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Lend a connection within a read-only transaction: one snapshot."""
        with self._lent(read_only=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Lend a connection within a transaction: committed at the end, rolled back by any exception."""
        if self.read_only:
            raise StoreError("store.read_only", store=self.name, why=os.strerror(errno.EACCES))
        with self._lent(read_only=False) as connection:
            yield connection

    @contextmanager
    def _lent(self, *, read_only: bool) -> Iterator[Connection]:
        with self._translated():
            connection = self._take(read_only)
            try:
                with connection.transaction():
                    yield connection
            except psycopg.OperationalError:
                self._drop_idle()  # the server may have gone: what is idle is stale too
                raise
            finally:
                self._give_back(connection, read_only)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            state = error.sqlstate
            code = "store.unreachable" if isinstance(error, psycopg.OperationalError) else "store.failed"
            if state is not None:
                code = _CODES.get(state) or _CODES.get(state[:2], "store.failed")
            raise StoreError(code, store=self.name, why=str(error).strip()) from error

    def _take(self, read_only: bool) -> Connection:
        with self._lock:
            if self._closed:
                raise StoreError("store.closed", store=self.name)
            if self._idle[read_only]:
                return self._idle[read_only].pop()
        connection = psycopg.connect(self._dsn, connect_timeout=CONNECT_TIMEOUT_S, autocommit=True)
        connection.execute("SET search_path TO geoservice, public")
        connection.execute(f"SET lock_timeout TO '{LOCK_TIMEOUT_S}s'")
        connection.read_only = read_only
        if read_only:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    def _give_back(self, connection: Connection, read_only: bool) -> None:
        with self._lock:
            idle = self._idle[read_only]
            if not self._closed and not connection.closed and len(idle) < IDLE_CONNECTIONS:
                idle.append(connection)
                return
        connection.close()

    def _drop_idle(self) -> None:
        with self._lock:
            for idle in self._idle.values():
                while idle:
                    idle.pop().close()

    def _migrate(self, connection: Connection) -> None:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA_LOCK,))
        encoding = connection.execute("SHOW server_encoding").fetchone()
        if encoding != ("UTF8",):
            raise StoreError("store.unsuitable", store=self.name, why=f"server_encoding = {encoding}")
        try:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
            raise StoreError("store.unsuitable", store=self.name, why=str(error).strip()) from error
        connection.execute("CREATE SCHEMA IF NOT EXISTS geoservice")
        connection.execute("CREATE TABLE IF NOT EXISTS schema_version (number integer NOT NULL)")
        scripts = _scripts()
        found = self._version(connection)
        for script in scripts[found:]:
            connection.execute(script.encode())
        connection.execute("DELETE FROM schema_version")
        connection.execute("INSERT INTO schema_version (number) VALUES (%s)", (len(scripts),))

    def _version(self, connection: Connection) -> int:
        row = connection.execute("SELECT max(number) FROM schema_version").fetchone()
        found, known = (row and row[0]) or 0, len(_scripts())
        if found > known:
            raise StoreError("store.newer", store=self.name, found=found, known=known)
        return int(found)

    def check(self) -> None:
        """Raise StoreError unless the database answers, is of the known version, and serves as opened."""
        if self.read_only:
            with self.reading() as connection:
                self._version(connection)
            return
        with self.writing() as connection:
            self._version(connection)
            connection.execute("DELETE FROM cluster_log WHERE id < 0")

    def close(self) -> None:
        """Close all connections, those in use when they come back. Closing twice is no error."""
        with self._lock:
            self._closed = True
        self._drop_idle()


def _scripts() -> tuple[str, ...]:
    return schema.migrations("postgis")


def _name(dsn: str) -> str:
    """The database as it may be shown: without user and password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "PostgreSQL"
    return f"{parts.get('host') or 'localhost'}/{parts.get('dbname') or ''}"
