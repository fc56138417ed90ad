"""The shelf of the PostGIS store: a table beside those of the registers, the same for all services."""

from __future__ import annotations

from collections.abc import Iterable

from geoservice.store.postgis_connections import Database
from geoservice.store.shelf import COLUMNS, Waiting

_NAMES = ", ".join(COLUMNS)


class PostgisShelf:
    """The :class:`~geoservice.store.shelf.Shelf` protocol over PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, waiting: Waiting, data: bytes) -> None:
        """See :meth:`Shelf.put`."""
        places = ", ".join(["%s"] * (len(COLUMNS) + 1))
        insert = f"INSERT INTO draft ({_NAMES}, data) VALUES ({places})"  # noqa: S608
        with self._database.writing() as connection:
            connection.execute(insert.encode(), (*_values(waiting), data))

    def all(self) -> tuple[Waiting, ...]:
        """See :meth:`Shelf.all`."""
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT {_NAMES} FROM draft".encode()).fetchall()  # noqa: S608
        return tuple(Waiting(*row) for row in rows)

    def get(self, draft: str) -> Waiting | None:
        """See :meth:`Shelf.get`."""
        select = f"SELECT {_NAMES} FROM draft WHERE id = %s"  # noqa: S608
        with self._database.reading() as connection:
            row = connection.execute(select.encode(), (_text(draft),)).fetchone()
        return Waiting(*row) if row else None

    def data(self, draft: str) -> bytes | None:
        """See :meth:`Shelf.data`."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT data FROM draft WHERE id = %s", (_text(draft),)).fetchone()
        return bytes(row[0]) if row and row[0] is not None else None

    def swap(self, seen: Waiting, new: Waiting) -> bool:
        """See :meth:`Shelf.swap`."""
        sets = ", ".join(f"{name} = %s" for name in COLUMNS)
        emptied = "" if new.size else ", data = NULL"
        update = (
            f"UPDATE draft SET {sets}{emptied} WHERE id = %s AND version = %s AND state = %s AND since = %s"  # noqa: S608
        )
        with self._database.writing() as connection:
            found = (seen.id, seen.version, seen.state, seen.since)
            return bool(connection.execute(update.encode(), (*_values(new), *found)).rowcount)

    def touch(self, draft: str, at: float) -> None:
        """See :meth:`Shelf.touch`."""
        with self._database.writing() as connection:
            connection.execute("UPDATE draft SET touched = %s WHERE id = %s", (at, _text(draft)))

    def remove(self, drafts: Iterable[str]) -> None:
        """See :meth:`Shelf.remove`."""
        if gone := list(drafts):
            with self._database.writing() as connection:
                connection.execute("DELETE FROM draft WHERE id = ANY(%s)", (gone,))


def _values(waiting: Waiting) -> tuple[object, ...]:
    return tuple(getattr(waiting, name) for name in COLUMNS)


def _text(draft: str) -> str:
    """An identifier as PostgreSQL takes it; what it does not take is nobody's."""
    return draft.replace("\0", "\ufffd")
