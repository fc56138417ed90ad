"""The schema of the SQLite store and how it is brought from one version to the next.

``sql/sqlite/001.sql``, ``002.sql`` … lead from version n-1 to n; the version is ``PRAGMA user_version``.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from geoservice.errors import StoreError

#: "GeoS" in the file's header: tells our files from other people's SQLite databases.
APPLICATION_ID = 0x47656F53
_WAL_ATTEMPTS = 200
_WAL_PAUSE_S = 0.02


def migrations(dialect: str = "sqlite") -> tuple[str, ...]:
    """The SQL scripts of a dialect (``sqlite`` or ``postgis``) in order; script n-1 leads to version n."""
    folder = resources.files("geoservice.store") / "sql" / dialect
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda f: f.name)
    return tuple(file.read_text("utf-8") for file in files)


def version(connection: sqlite3.Connection) -> int:
    """The schema version of an open file; 0 if it is empty."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not ours or too new.

    Raises:
        StoreError: "store.foreign" or "store.newer" (params found, known).
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and not (application == 0 and empty):
        raise StoreError("store.foreign", store=str(path))
    found, known = version(connection), len(migrations())
    if found > known:
        raise StoreError("store.newer", store=str(path), found=found, known=known)


def journal_mode(connection: sqlite3.Connection) -> str:
    """Switch the file to write-ahead logging, in which readers and the writer do not wait for each other.

    SQLite answers "busy" at once, without its own waiting, when two processes switch a new file together.
    """
    for _ in range(_WAL_ATTEMPTS):
        try:
            return _switch_to_wal(connection)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(_WAL_PAUSE_S)
    return _switch_to_wal(connection)


def _switch_to_wal(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file up to date in one transaction: it is of the old version or of the new, never between.

    Raises:
        StoreError: see :func:`check`.
    """
    scripts = migrations()
    if version(connection) == len(scripts):
        return
    try:
        connection.execute("BEGIN IMMEDIATE")
        check(connection, path)  # another process may have been first
        for script in scripts[version(connection) :]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(scripts)}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()


def _statements(script: str) -> Iterator[str]:
    """Split a script; ``executescript`` would commit before it starts."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
