"""Which back end keeps the data: the embedded SQLite file, or PostGIS by its address."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoservice.errors import StoreError

if TYPE_CHECKING:
    from geoservice.store.base import Store

FILE = "geoservice.sqlite"


def sqlite_file(data: Path) -> Path:
    """The store's file in a data folder."""
    return data / FILE


def open_store(data: Path, address: str = "") -> Store:
    """Open the store, and make it if it is not there.

    A new data folder is for its owner alone: it holds data about persons.

    Args:
        data: the folder of the embedded store.
        address: ``postgresql://…`` for PostGIS; empty for the embedded store.

    Raises:
        StoreError: it cannot be opened.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError("store.cannot_open", store=str(data), why=error.strerror or str(error)) from error
    if address:
        from geoservice.store.postgis import PostgisStore

        return PostgisStore(address)
    from geoservice.store.sqlite import SqliteStore

    return SqliteStore(sqlite_file(data))
