"""The embedded store: one SQLite file, with an R-tree and the whole history.

Any thread may call it, and several processes may share the file (an import from the command line while the
service runs): a commit is seen by everybody's next read. A commit is on the disk before ``apply`` returns.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from geoservice.errors import ConflictError, NotFoundError
from geoservice.model import Change, Cluster, Register, Revision
from geoservice.store import documents
from geoservice.store.changes import Outcome, check_expected, check_question, settle
from geoservice.store.connections import Database
from geoservice.store.shared import LARGEST, OverDatabase, inside, keepable, next_revisions
from geoservice.store.sqlite_shelf import SqliteShelf

_INSERT_PARTICIPANT = (
    "INSERT INTO participant (id, cluster_id, participant, place, valid_from, document, geometry)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)

#: The R-tree rounds edges outwards to 32 bits, but not those next to zero (below 1e-38): so we look a little
#: further, and then go by the exact coordinates.
_MARGIN_DEG = 1e-9


class _Cluster(NamedTuple):
    """A row of the table ``cluster``."""

    id: int
    revision: int
    document: bytes
    register_start: int
    register_revision: int
    places: int


class _Version(NamedTuple):
    """Where a current participant stands: the row of its version and its place in the order."""

    row: int
    place: int


class SqliteStore(OverDatabase):
    """The :class:`~geoservice.store.base.Store` protocol over one SQLite file.

    Args:
        path: the file; made, with its folder, if it does not exist. Where it cannot be written it is only
            read.
        now: clock, timezone-aware; for tests.

    Raises:
        StoreError: not ours, of a newer version, damaged, locked: the text says what to do.
    """

    in_process = True

    def __init__(self, path: Path, *, now: Callable[[], dt.datetime] = documents.utc_now) -> None:
        self._database = Database(path)
        self.read_only = self._database.read_only
        self.shelf = SqliteShelf(path.with_name(f"{path.stem}-drafts{path.suffix}"))
        self._now = now

    def clusters(self) -> tuple[Cluster, ...]:
        """See :meth:`Store.clusters`."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT document, revision FROM cluster ORDER BY code").fetchall()
        return tuple(documents.decode_cluster(*row) for row in rows)

    def cluster(self, code: str) -> Cluster:
        """See :meth:`Store.cluster`."""
        with self._database.reading() as connection:
            row = _find(connection, code)
        return documents.decode_cluster(row.document, row.revision)

    def create_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """See :meth:`Store.create_cluster`."""
        document = documents.encode_cluster(cluster)
        with self._database.writing() as connection:
            if connection.execute("SELECT 1 FROM cluster WHERE code = ?", (cluster.code,)).fetchone():
                raise ConflictError("store.cluster_exists", cluster=cluster.code)
            last = connection.execute(
                "SELECT revision, register_revision FROM cluster_log WHERE cluster = ?"
                " ORDER BY id DESC LIMIT 1",
                (cluster.code,),
            ).fetchone()
            revision, start = next_revisions(last)
            connection.execute(
                "INSERT INTO cluster (code, revision, document, register_start, register_revision, places)"
                " VALUES (?, ?, ?, ?, ?, 0)",
                (cluster.code, revision, document, start, start),
            )
            self._log(connection, cluster.code, "create", revision, start, by, document)
        return documents.decode_cluster(document, revision)

    def update_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """See :meth:`Store.update_cluster`."""
        document = documents.encode_cluster(cluster)
        with self._database.writing() as connection:
            row = _find(connection, cluster.code)
            check_expected(cluster.revision, row.revision)
            revision = row.revision + 1
            connection.execute(
                "UPDATE cluster SET revision = ?, document = ? WHERE id = ?", (revision, document, row.id)
            )
            self._log(connection, cluster.code, "update", revision, row.register_revision, by, document)
        return documents.decode_cluster(document, revision)

    def delete_cluster(self, code: str, *, by: str, expected: int | None = None) -> None:
        """See :meth:`Store.delete_cluster`."""
        with self._database.writing() as connection:
            row = _find(connection, code)
            check_expected(expected, row.revision)
            connection.execute(
                "DELETE FROM participant_box WHERE id IN"
                " (SELECT id FROM participant WHERE cluster_id = ? AND valid_to IS NULL)",
                (row.id,),
            )
            connection.execute("DELETE FROM cluster WHERE id = ?", (row.id,))
            connection.execute("UPDATE cluster_log SET document = NULL WHERE cluster = ?", (code,))
            self._log(connection, code, "delete", row.revision, row.register_revision, by, None)

    def _log(
        self,
        connection: sqlite3.Connection,
        code: str,
        action: str,
        revision: int,
        register_revision: int,
        by: str,
        document: bytes | None,
    ) -> None:
        at = documents.encode_moment(self._now())
        connection.execute(
            "INSERT INTO cluster_log (cluster, action, revision, register_revision, at, by, document)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (code, action, revision, register_revision, at, documents.checked_text(by, "by"), document),
        )

    def revision(self, code: str) -> int:
        """See :meth:`Store.revision`."""
        with self._database.reading() as connection:
            return _find(connection, code).register_revision

    def count(self, code: str) -> int:
        """See :meth:`Store.count`."""
        with self._database.reading() as connection:
            row = _find(connection, code)
            source, values = _those_at(row, row.register_revision)
            return int(connection.execute(f"SELECT count(*){source}", values).fetchone()[0])

    def part(
        self, code: str, offset: int, limit: int | None = None, *, as_of: dt.datetime | None = None
    ) -> tuple[Register, int]:
        """See :meth:`Store.part`."""
        with self._database.reading() as connection:
            row = _find(connection, code)
            number = _number_at(connection, row, as_of) if as_of else row.register_revision
            at = _changed_at(connection, code, row, number)
            source, values = _those_at(row, number)
            total = int(connection.execute(f"SELECT count(*){source}", values).fetchone()[0])
            rows = _participants(connection, row, number, offset, limit)
        return Register(code, number, at, tuple(documents.decode(*values) for values in rows)), total

    def members(self, code: str, ids: Iterable[str]) -> Register:
        """See :meth:`Store.members`."""
        with self._database.reading() as connection:
            row = _find(connection, code)
            at = _changed_at(connection, code, row, row.register_revision)
            versions, found = _current(connection, row.id, set(keepable(ids)))
        order = sorted(found, key=lambda name: versions[name].place)
        people = tuple(documents.decode(*found[name]) for name in order)
        return Register(code, row.register_revision, at, people)

    def register(
        self, code: str, *, revision: int | None = None, as_of: dt.datetime | None = None
    ) -> Register:
        """See :meth:`Store.register`."""
        check_question(revision, as_of)
        with self._database.reading() as connection:
            row = _find(connection, code)
            number = _number_at(connection, row, as_of) if as_of else revision
            if number is None:
                number = row.register_revision
            at = _changed_at(connection, code, row, number)
            rows = _participants(connection, row, number)
        return Register(code, number, at, tuple(documents.decode(*values) for values in rows))

    def apply(
        self, code: str, changes: Sequence[Change], *, by: str, reason: str, expected: int | None = None
    ) -> Revision:
        """See :meth:`Store.apply`."""
        by, reason = documents.checked_text(by, "by"), documents.checked_text(reason, "reason")
        with self._database.writing() as connection:
            row = _find(connection, code)
            check_expected(expected, row.register_revision)
            versions, before = _current(connection, row.id, {change.id for change in changes})
            outcome = settle(code, changes, before)
            number = row.register_revision + 1
            _write(connection, row, number, outcome, versions)
            at = self._moment_of_change(connection, row)
            summary = outcome.summary
            connection.execute(
                "INSERT INTO revision (cluster_id, number, at, by, reason, summary)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (row.id, number, at, by, reason, orjson.dumps(summary)),
            )
            connection.execute(
                "UPDATE cluster SET register_revision = ?, places = ? WHERE id = ?",
                (number, row.places + len(outcome.added), row.id),
            )
        return Revision(code, number, dt.datetime.fromisoformat(at), by, reason, summary)

    def _moment_of_change(self, connection: sqlite3.Connection, row: _Cluster) -> str:
        """Now, but never before the last change: a clock set back must not reorder history."""
        last = connection.execute(
            "SELECT at FROM revision WHERE cluster_id = ? AND number = ?", (row.id, row.register_revision)
        ).fetchone()
        now = documents.encode_moment(self._now())
        return max(now, str(last[0])) if last else now

    def history(self, code: str) -> tuple[Revision, ...]:
        """See :meth:`Store.history`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, at, by, reason, summary FROM revision WHERE cluster_id = ?"
                " ORDER BY number DESC",
                (_find(connection, code).id,),
            ).fetchall()
        return tuple(
            Revision(code, number, dt.datetime.fromisoformat(at), by, reason, orjson.loads(summary))
            for number, at, by, reason, summary in rows
        )

    def within(self, code: str, box: tuple[float, float, float, float]) -> tuple[str, ...]:
        """See :meth:`Store.within`."""
        min_lon, min_lat, max_lon, max_lat = box
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT participant, geometry FROM participant_box AS box CROSS JOIN participant USING (id)"
                " WHERE box.max_lon >= ? AND box.min_lon <= ? AND box.max_lat >= ? AND box.min_lat <= ?"
                " AND cluster_id = ? ORDER BY place",
                (
                    min_lon - _MARGIN_DEG,
                    max_lon + _MARGIN_DEG,
                    min_lat - _MARGIN_DEG,
                    max_lat + _MARGIN_DEG,
                    _find(connection, code).id,
                ),
            ).fetchall()
        return inside(rows, box)

    def record_import(self, code: str, report: dict[str, Any], *, by: str) -> None:
        """See :meth:`Store.record_import`."""
        document = documents.dump(report, "report")
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO import_report (cluster_id, at, by, report) VALUES (?, ?, ?, ?)",
                (
                    _find(connection, code).id,
                    documents.encode_moment(self._now()),
                    documents.checked_text(by, "by"),
                    document,
                ),
            )

    def imports(self, code: str) -> tuple[dict[str, Any], ...]:
        """See :meth:`Store.imports`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT report, at, by FROM import_report WHERE cluster_id = ? ORDER BY id DESC",
                (_find(connection, code).id,),
            ).fetchall()
        return tuple({**orjson.loads(report), "at": at, "by": by} for report, at, by in rows)


def _find(connection: sqlite3.Connection, code: str) -> _Cluster:
    try:
        row = connection.execute(
            "SELECT id, revision, document, register_start, register_revision, places"
            " FROM cluster WHERE code = ?",
            (code,),
        ).fetchone()
    except UnicodeEncodeError:  # half a surrogate pair: no cluster can have it
        row = None
    if row is None:
        raise NotFoundError("store.cluster_not_found", cluster=code)
    return _Cluster(*row)


def _number_at(connection: sqlite3.Connection, row: _Cluster, moment: dt.datetime) -> int:
    found = connection.execute(
        "SELECT number FROM revision WHERE cluster_id = ? AND at <= ? ORDER BY number DESC LIMIT 1",
        (row.id, documents.encode_moment(moment)),
    ).fetchone()
    return int(found[0]) if found else row.register_start


def _changed_at(connection: sqlite3.Connection, code: str, row: _Cluster, number: int) -> dt.datetime | None:
    if not row.register_start <= number <= row.register_revision:
        raise NotFoundError("store.revision_not_found", cluster=code, revision=number)
    found = connection.execute(
        "SELECT at FROM revision WHERE cluster_id = ? AND number = ?", (row.id, number)
    ).fetchone()
    return dt.datetime.fromisoformat(found[0]) if found else None


def _those_at(row: _Cluster, number: int) -> tuple[str, tuple[int, ...]]:
    """The participants of a revision: what follows SELECT, and its values."""
    if number == row.register_revision:
        source = " FROM participant INDEXED BY participant_current_order"
        return f"{source} WHERE cluster_id = ? AND valid_to IS NULL", (row.id,)
    known = " FROM participant WHERE cluster_id = ? AND valid_from <= ?"
    return f"{known} AND (valid_to IS NULL OR valid_to > ?)", (row.id, number, number)


def _participants(
    connection: sqlite3.Connection, row: _Cluster, number: int, offset: int = 0, limit: int | None = None
) -> list[tuple[bytes, bytes | None]]:
    source, values = _those_at(row, number)
    most = -1 if limit is None else min(limit, LARGEST)
    return connection.execute(
        f"SELECT document, geometry{source} ORDER BY place LIMIT ? OFFSET ?",
        (*values, most, min(offset, LARGEST)),
    ).fetchall()


def _current(
    connection: sqlite3.Connection, cluster_id: int, ids: Iterable[str]
) -> tuple[dict[str, _Version], dict[str, documents.Encoded]]:
    """The current participants among ``ids``: where they stand and what they are."""
    wanted = documents.dump(sorted(ids), "id").decode()
    versions: dict[str, _Version] = {}
    before: dict[str, documents.Encoded] = {}
    for name, row, place, document, geometry in connection.execute(
        "SELECT participant, id, place, document, geometry FROM participant INDEXED BY participant_current"
        " WHERE cluster_id = ? AND valid_to IS NULL AND participant IN (SELECT value FROM json_each(?))",
        (cluster_id, wanted),
    ):
        versions[name], before[name] = _Version(row, place), (document, geometry)
    return versions, before


def _write(
    connection: sqlite3.Connection,
    cluster: _Cluster,
    number: int,
    outcome: Outcome,
    versions: dict[str, _Version],
) -> None:
    """End the versions that are over and add the new ones, valid from revision ``number``."""
    ended = [versions[name].row for name in (*outcome.removed, *outcome.replaced)]
    connection.executemany(
        "UPDATE participant SET valid_to = ? WHERE id = ?", [(number, row) for row in ended]
    )
    connection.executemany("DELETE FROM participant_box WHERE id = ?", [(row,) for row in ended])
    new = [(name, versions[name].place, value) for name, value in outcome.replaced.items()]
    new += [(name, cluster.places + n, value) for n, (name, value) in enumerate(outcome.added.items())]
    free = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM participant").fetchone()[0]
    connection.executemany(
        _INSERT_PARTICIPANT,
        [
            (row, cluster.id, name, place, number, document, geometry)
            for row, (name, place, (document, geometry)) in enumerate(new, free)
        ],
    )
    points = [(row, geometry) for row, (_, _, (_, geometry)) in enumerate(new, free) if geometry is not None]
    connection.executemany(
        "INSERT INTO participant_box (id, min_lon, max_lon, min_lat, max_lat) VALUES (?1, ?2, ?2, ?3, ?3)",
        [(row, *documents.decode_point(geometry)) for row, geometry in points],
    )
