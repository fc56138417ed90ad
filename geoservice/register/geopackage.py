"""What GDAL does not say of a GeoPackage: which features have a geometry that it could not read."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from geoservice.errors import UnreadableFileError

#: Header of a geometry (OGC 12-128, 2.1.3): magic, version, flags; the fifth bit says that it is empty.
_HEADER_BYTES, _MAGIC, _FLAGS, _EMPTY = 8, b"GP", 3, 0b0001_0000
_COLUMN = (
    "SELECT column_name FROM gpkg_geometry_columns AS g JOIN sqlite_master AS m ON m.name = g.table_name "
    "WHERE m.type = 'table' AND g.table_name = ?"
)


def damaged(path: Path, layer: str, fids: Collection[int]) -> frozenset[int]:
    """Features that hold something in place of their geometry, although GDAL gave none for them.

    GDAL passes a damaged geometry on as a missing one: the organisation would lose its place without a word.

    Args:
        path: the file, of ours.
        layer: the table.
        fids: features without a geometry.

    Raises:
        UnreadableFileError: the file cannot be read as a database.
    """
    wanted = frozenset(fids)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            found = database.execute(_COLUMN, (layer,)).fetchone()
            if found is None:
                return frozenset()
            table, column = (_quoted(str(name)) for name in (layer, found[0]))
            heads = database.execute(
                f"SELECT rowid, substr({column}, 1, {_HEADER_BYTES}) FROM {table} "  # noqa: S608 - quoted
                f"WHERE {column} IS NOT NULL"
            )
            return frozenset(fid for fid, head in heads if fid in wanted and not _is_empty(head))
    except sqlite3.Error as error:
        raise UnreadableFileError("register.error.gis_damaged", why=str(error)[:200]) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_empty(head: object) -> bool:
    """Whether a geometry says of itself that it is empty."""
    if not isinstance(head, bytes):
        return False
    return len(head) == _HEADER_BYTES and head.startswith(_MAGIC) and bool(head[_FLAGS] & _EMPTY)
