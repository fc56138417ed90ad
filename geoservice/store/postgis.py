"""The store for those who outgrow one file: PostgreSQL with PostGIS. Needs the extra ``geoservice[postgis]``.

Any thread and any number of services may use the same database. Writers of one cluster take turns (its row is
locked), readers see one snapshot and wait for nobody. The tables live in the schema ``geoservice``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import orjson
import psycopg

from geoservice.errors import ConflictError, InvalidInputError, NotFoundError
from geoservice.model import Change, Cluster, Register, Revision
from geoservice.store import documents
from geoservice.store.changes import Outcome, check_expected, check_question, settle
from geoservice.store.postgis_connections import Database
from geoservice.store.postgis_shelf import PostgisShelf
from geoservice.store.shared import LARGEST, OverDatabase, inside, keepable, next_revisions

Connection = psycopg.Connection[tuple[Any, ...]]


class _Cluster(NamedTuple):
    """A row of the table ``cluster``."""

    id: int
    revision: int
    document: str
    register_start: int
    register_revision: int
    places: int


class PostgisStore(OverDatabase):
    """The :class:`~geoservice.store.base.Store` protocol over PostgreSQL with PostGIS.

    Args:
        dsn: connection string or URL of PostgreSQL.
        now: clock, timezone-aware; for tests.

    Raises:
        StoreError: not reachable, without PostGIS, of a newer version: the text says what to do.
    """

    in_process = False

    def __init__(self, dsn: str, *, now: Callable[[], dt.datetime] = documents.utc_now) -> None:
        self._database = Database(dsn)
        self.read_only = self._database.read_only
        self.shelf = PostgisShelf(self._database)
        self._now = now

    def clusters(self) -> tuple[Cluster, ...]:
        """See :meth:`Store.clusters`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                'SELECT document::text, revision FROM cluster ORDER BY code COLLATE "C"'
            ).fetchall()
        return tuple(documents.decode_cluster(document.encode(), revision) for document, revision in rows)

    def cluster(self, code: str) -> Cluster:
        """See :meth:`Store.cluster`."""
        with self._database.reading() as connection:
            row = _find(connection, code)
        return documents.decode_cluster(row.document.encode(), row.revision)

    def create_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """See :meth:`Store.create_cluster`."""
        document = documents.encode_cluster(cluster)
        with self._database.writing() as connection:
            _take_turns(connection, cluster.code)
            if connection.execute("SELECT 1 FROM cluster WHERE code = %s", (cluster.code,)).fetchone():
                raise ConflictError("store.cluster_exists", cluster=cluster.code)
            last = connection.execute(
                "SELECT revision, register_revision FROM cluster_log WHERE cluster = %s"
                " ORDER BY id DESC LIMIT 1",
                (cluster.code,),
            ).fetchone()
            revision, start = next_revisions(last)
            connection.execute(
                "INSERT INTO cluster (code, revision, document, register_start, register_revision, places)"
                " VALUES (%s, %s, %s, %s, %s, 0)",
                (cluster.code, revision, document.decode(), start, start),
            )
            self._log(connection, cluster.code, "create", revision, start, by, document)
        return documents.decode_cluster(document, revision)

    def update_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """See :meth:`Store.update_cluster`."""
        document = documents.encode_cluster(cluster)
        with self._database.writing() as connection:
            row = _find(connection, cluster.code, lock=True)
            check_expected(cluster.revision, row.revision)
            revision = row.revision + 1
            connection.execute(
                "UPDATE cluster SET revision = %s, document = %s WHERE id = %s",
                (revision, document.decode(), row.id),
            )
            self._log(connection, cluster.code, "update", revision, row.register_revision, by, document)
        return documents.decode_cluster(document, revision)

    def delete_cluster(self, code: str, *, by: str, expected: int | None = None) -> None:
        """See :meth:`Store.delete_cluster`."""
        with self._database.writing() as connection:
            row = _find(connection, code, lock=True)
            check_expected(expected, row.revision)
            _take_turns(connection, code)
            connection.execute("DELETE FROM cluster WHERE id = %s", (row.id,))
            connection.execute("UPDATE cluster_log SET document = NULL WHERE cluster = %s", (code,))
            self._log(connection, code, "delete", row.revision, row.register_revision, by, None)

    def _log(
        self,
        connection: Connection,
        code: str,
        action: str,
        revision: int,
        register_revision: int,
        by: str,
        document: bytes | None,
    ) -> None:
        text = document.decode() if document is not None else None
        connection.execute(
            "INSERT INTO cluster_log (cluster, action, revision, register_revision, at, by, document)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (code, action, revision, register_revision, self._now(), documents.checked_text(by, "by"), text),
        )

    def revision(self, code: str) -> int:
        """See :meth:`Store.revision`."""
        with self._database.reading() as connection:
            return _find(connection, code).register_revision

    def count(self, code: str) -> int:
        """See :meth:`Store.count`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT count(*) FROM participant WHERE cluster_id = %s AND valid_to IS NULL",
                (_find(connection, code).id,),
            ).fetchone()
        return int(row[0]) if row else 0

    def part(
        self, code: str, offset: int, limit: int | None = None, *, as_of: dt.datetime | None = None
    ) -> tuple[Register, int]:
        """See :meth:`Store.part`."""
        if as_of:
            documents.encode_moment(as_of)
        with self._database.reading() as connection:
            row = _find(connection, code)
            number = _number_at(connection, row, as_of) if as_of else row.register_revision
            at = _changed_at(connection, code, row, number)
            rows = _participants(connection, row, number, offset, limit)
            counted = connection.execute(
                "SELECT count(*) FROM participant WHERE cluster_id = %s AND valid_from <= %s"
                " AND (valid_to IS NULL OR valid_to > %s)",
                (row.id, number, number),
            ).fetchone()
        people = tuple(documents.decode(document.encode(), geometry) for document, geometry in rows)
        return Register(code, number, at, people), int(counted[0]) if counted else 0

    def members(self, code: str, ids: Iterable[str]) -> Register:
        """See :meth:`Store.members`."""
        with self._database.reading() as connection:
            row = _find(connection, code)
            at = _changed_at(connection, code, row, row.register_revision)
            places, found = _current(connection, row.id, keepable(ids))
        people = tuple(documents.decode(*found[name]) for name in sorted(found, key=places.__getitem__))
        return Register(code, row.register_revision, at, people)

    def register(
        self, code: str, *, revision: int | None = None, as_of: dt.datetime | None = None
    ) -> Register:
        """See :meth:`Store.register`."""
        check_question(revision, as_of)
        if as_of:
            documents.encode_moment(as_of)
        with self._database.reading() as connection:
            row = _find(connection, code)
            number = _number_at(connection, row, as_of) if as_of else revision
            if number is None:
                number = row.register_revision
            at = _changed_at(connection, code, row, number)
            rows = _participants(connection, row, number)
        people = tuple(documents.decode(document.encode(), geometry) for document, geometry in rows)
        return Register(code, number, at, people)

    def apply(
        self, code: str, changes: Sequence[Change], *, by: str, reason: str, expected: int | None = None
    ) -> Revision:
        """See :meth:`Store.apply`."""
        by, reason = documents.checked_text(by, "by"), documents.checked_text(reason, "reason")
        ids = sorted({documents.checked_text(change.id, "id") for change in changes})
        with self._database.writing() as connection:
            row = _find(connection, code, lock=True)
            check_expected(expected, row.register_revision)
            places, before = _current(connection, row.id, ids)
            outcome = settle(code, changes, before)
            number = row.register_revision + 1
            _write(connection, row, number, outcome, places)
            at, summary = self._moment_of_change(connection, row), outcome.summary
            connection.execute(
                "INSERT INTO revision (cluster_id, number, at, by, reason, summary)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (row.id, number, at, by, reason, orjson.dumps(summary).decode()),
            )
            connection.execute(
                "UPDATE cluster SET register_revision = %s, places = %s WHERE id = %s",
                (number, row.places + len(outcome.added), row.id),
            )
        return Revision(code, number, at, by, reason, summary)

    def _moment_of_change(self, connection: Connection, row: _Cluster) -> dt.datetime:
        """Now, but never before the last change: a clock set back must not reorder history."""
        last = _at(connection, row, row.register_revision)
        now = self._now().astimezone(dt.UTC)
        return max(now, last) if last else now

    def history(self, code: str) -> tuple[Revision, ...]:
        """See :meth:`Store.history`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT number, at, by, reason, summary FROM revision WHERE cluster_id = %s"
                " ORDER BY number DESC",
                (_find(connection, code).id,),
            ).fetchall()
        return tuple(Revision(code, number, at.astimezone(dt.UTC), *rest) for number, at, *rest in rows)

    def within(self, code: str, box: tuple[float, float, float, float]) -> tuple[str, ...]:
        """See :meth:`Store.within`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT participant, ST_AsBinary(geometry, 'NDR') FROM participant"
                " WHERE cluster_id = %s AND valid_to IS NULL"
                " AND geometry && ST_MakeEnvelope(%s, %s, %s, %s, 4326) ORDER BY place",
                (_find(connection, code).id, *box),
            ).fetchall()
        return inside(rows, box)

    def record_import(self, code: str, report: dict[str, Any], *, by: str) -> None:
        """See :meth:`Store.record_import`."""
        document, by = documents.dump(report, "report").decode(), documents.checked_text(by, "by")
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO import_report (cluster_id, at, by, report) VALUES (%s, %s, %s, %s)",
                (_find(connection, code, lock=True).id, self._now(), by, document),
            )

    def imports(self, code: str) -> tuple[dict[str, Any], ...]:
        """See :meth:`Store.imports`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT report::text, at, by FROM import_report WHERE cluster_id = %s ORDER BY id DESC",
                (_find(connection, code).id,),
            ).fetchall()
        return tuple(
            {**orjson.loads(report), "at": documents.encode_moment(at), "by": by} for report, at, by in rows
        )


def _take_turns(connection: Connection, code: str) -> None:
    """Wait for whoever creates or deletes the same code, until the transaction's end."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (code,))


def _find(connection: Connection, code: str, *, lock: bool = False) -> _Cluster:
    question = (
        "SELECT id, revision, document::text, register_start, register_revision, places"
        " FROM cluster WHERE code = %s"
    )
    try:
        key = documents.checked_text(code, "code")
    except InvalidInputError:  # no cluster can have it
        raise NotFoundError("store.cluster_not_found", cluster=code) from None
    row = connection.execute(question + " FOR UPDATE" if lock else question, (key,)).fetchone()
    if row is None:
        raise NotFoundError("store.cluster_not_found", cluster=code)
    return _Cluster(*row)


def _at(connection: Connection, row: _Cluster, number: int) -> dt.datetime | None:
    found = connection.execute(
        "SELECT at FROM revision WHERE cluster_id = %s AND number = %s", (row.id, number)
    ).fetchone()
    moment: dt.datetime | None = found[0].astimezone(dt.UTC) if found else None
    return moment


def _number_at(connection: Connection, row: _Cluster, moment: dt.datetime) -> int:
    found = connection.execute(
        "SELECT number FROM revision WHERE cluster_id = %s AND at <= %s ORDER BY number DESC LIMIT 1",
        (row.id, moment),
    ).fetchone()
    return int(found[0]) if found else row.register_start


def _changed_at(connection: Connection, code: str, row: _Cluster, number: int) -> dt.datetime | None:
    if not row.register_start <= number <= row.register_revision:
        raise NotFoundError("store.revision_not_found", cluster=code, revision=number)
    return _at(connection, row, number)


def _participants(
    connection: Connection, row: _Cluster, number: int, offset: int = 0, limit: int | None = None
) -> list[tuple[Any, ...]]:
    most = None if limit is None else min(limit, LARGEST)
    return connection.execute(
        "SELECT document::text, ST_AsBinary(geometry, 'NDR') FROM participant WHERE cluster_id = %s"
        " AND valid_from <= %s AND (valid_to IS NULL OR valid_to > %s) ORDER BY place"
        " LIMIT %s::bigint OFFSET %s::bigint",
        (row.id, number, number, most, min(offset, LARGEST)),
    ).fetchall()


def _current(
    connection: Connection, cluster_id: int, ids: list[str]
) -> tuple[dict[str, int], dict[str, documents.Encoded]]:
    """The current participants among ``ids``: their places and what they are."""
    places: dict[str, int] = {}
    before: dict[str, documents.Encoded] = {}
    for name, place, document, geometry in connection.execute(
        "SELECT participant, place, document::text, ST_AsBinary(geometry, 'NDR') FROM participant"
        " WHERE cluster_id = %s AND valid_to IS NULL AND participant = ANY(%s)",
        (cluster_id, ids),
    ):
        places[name], before[name] = place, (document.encode(), geometry)
    return places, before


def _write(
    connection: Connection, cluster: _Cluster, number: int, outcome: Outcome, places: dict[str, int]
) -> None:
    """End the versions that are over and add the new ones, valid from revision ``number``."""
    connection.execute(
        "UPDATE participant SET valid_to = %s"
        " WHERE cluster_id = %s AND valid_to IS NULL AND participant = ANY(%s)",
        (number, cluster.id, [*outcome.removed, *outcome.replaced]),
    )
    new = [(name, places[name], *value) for name, value in outcome.replaced.items()]
    new += [(name, cluster.places + n, *value) for n, (name, value) in enumerate(outcome.added.items())]
    connection.execute(
        "INSERT INTO participant (cluster_id, valid_from, participant, place, document, geometry)"
        " SELECT %s, %s, name, place, document, ST_GeomFromWKB(point, 4326) FROM"
        " unnest(%s::text[], %s::integer[], %s::json[], %s::bytea[]) AS new (name, place, document, point)",
        (
            cluster.id,
            number,
            [name for name, _, _, _ in new],
            [place for _, place, _, _ in new],
            [document.decode() for _, _, document, _ in new],
            [point for _, _, _, point in new],
        ),
    )
