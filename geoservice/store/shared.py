"""What the stores over a database share: the parts of them that know no dialect of SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from geoservice.errors import InvalidInputError
from geoservice.store import documents


class OverDatabase:
    """Base of the stores over a database: ``reading()`` lends connections within one snapshot."""

    _database: Any

    def untouched(self) -> bool:
        """See :meth:`Store.untouched`."""
        with self._database.reading() as connection:
            return connection.execute("SELECT 1 FROM cluster_log LIMIT 1").fetchone() is None

    def check(self) -> None:
        """See :meth:`Store.check`."""
        self._database.check()

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._database.close()


#: The largest number that the databases take.
LARGEST = 2**63 - 1


def keepable(ids: Iterable[str]) -> list[str]:
    """The ids that a store can hold at all, each once."""
    found = []
    for name in dict.fromkeys(ids):
        try:
            found.append(documents.checked_text(name, "id"))
        except InvalidInputError:  # no participant can have it
            continue
    return found


def inside(rows: Iterable[tuple[str, bytes]], box: tuple[float, float, float, float]) -> tuple[str, ...]:
    """Ids of those (id, WKB) whose exact point is in a box; indexes keep 32-bit boxes, rounded outwards."""
    min_lon, min_lat, max_lon, max_lat = box
    found = ((name, documents.decode_point(geometry)) for name, geometry in rows)
    return tuple(
        name for name, (lon, lat) in found if min_lon <= lon <= max_lon and min_lat <= lat <= max_lat
    )


def next_revisions(last: tuple[int, int] | None) -> tuple[int, int]:
    """Revision of a new cluster's description and of its register, after those the code had before."""
    return (last[0] + 1, last[1] + 1) if last else (1, 0)
