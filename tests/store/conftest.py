"""The back ends that the contract suite runs over, and a clock that the tests set."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import postgis_server
import pytest
from store_samples import STEEL

from geoservice.model import Cluster
from geoservice.store.base import Store
from geoservice.store.memory import MemoryStore
from geoservice.store.sqlite import SqliteStore

collect_ignore = [] if postgis_server.available() else ["test_store_postgis.py"]
START = dt.datetime(2026, 1, 1, 8, 0, tzinfo=dt.UTC)
BACK_ENDS = ["sqlite", "memory", *(["postgis"] if postgis_server.available() else [])]


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        return self.now

    def forward(self, **delta: float) -> dt.datetime:
        self.now += dt.timedelta(**delta)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgis_dsn() -> Iterator[str]:
    with postgis_server.server() as dsn:
        yield dsn


@pytest.fixture(params=BACK_ENDS)
def store(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(now=clock)
    elif request.param == "sqlite":
        with contextlib.closing(SqliteStore(tmp_path / "store.db", now=clock)) as opened:
            yield opened
    else:
        from geoservice.store.postgis import PostgisStore

        with contextlib.closing(PostgisStore(request.getfixturevalue("postgis_dsn"), now=clock)) as opened:
            with opened._database.writing() as connection:
                connection.execute("TRUNCATE cluster, cluster_log RESTART IDENTITY CASCADE")
            yield opened


@pytest.fixture
def steel(store: Store) -> Cluster:
    return store.create_cluster(STEEL, by="aygün")
