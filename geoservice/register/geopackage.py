"""What GDAL does not say of a GeoPackage: which features have a geometry that it could not read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

#: Header of a geometry (OGC 12-128, 2.1.3): magic, version, flags; the fifth bit says that it is empty.
_HEADER_BYTES, _MAGIC, _FLAGS, _EMPTY = 8, b"GP", 3, 0b0001_0000
_COLUMN = (
    "SELECT g.column_name AS name FROM gpkg_geometry_columns AS g JOIN sqlite_master AS m "
    "ON m.name = g.table_name WHERE m.type = 'table' AND g.table_name = {layer}"
)
#: GDAL keeps a plain row number to itself, as the feature's.
_HEADS = (
    "SELECT rowid + 0 AS number, hex(substr({column}, 1, {n})) AS head FROM {table} "
    "WHERE {column} IS NOT NULL"
)


def damaged(path: Path, layer: str, fids: Collection[int]) -> frozenset[int]:
    """Features that hold something in place of their geometry, although GDAL gave none for them.

    GDAL passes a damaged geometry on as a missing one: the organisation would lose its place without a word.
    Their blobs are asked for as texts, in the words of the file's own SQL.

    Args:
        path: the file, of ours.
        layer: the table.
        fids: features without a geometry.

    Raises:
        pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError: the file cannot be read.
    """
    wanted = frozenset(fids)
    names = _read(path, _COLUMN.format(layer=_quoted(layer, "'")))["name"]
    if not len(names):  # a view has no row numbers
        return frozenset()
    table, column = (_quoted(str(name), '"') for name in (layer, names.iloc[0]))
    heads = _read(path, _HEADS.format(table=table, column=column, n=_HEADER_BYTES))
    found = zip(heads["number"].tolist(), heads["head"].tolist(), strict=True)
    return frozenset(
        int(fid) for fid, head in found if int(fid) in wanted and not _is_empty(bytes.fromhex(head))
    )


def _read(path: Path, sql: str) -> Any:
    import pyogrio

    return pyogrio.read_dataframe(path, sql=sql, read_geometry=False)


def _quoted(name: str, mark: str) -> str:
    return mark + name.replace(mark, 2 * mark) + mark


def _is_empty(head: bytes) -> bool:
    """Whether a geometry says of itself that it is empty."""
    return len(head) == _HEADER_BYTES and head.startswith(_MAGIC) and bool(head[_FLAGS] & _EMPTY)
