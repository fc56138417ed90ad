"""A store that may only be read: a file or a folder that cannot be written, and somebody else who writes."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_store_sqlite import code_of, crowd

from geoservice.model import Cluster
from geoservice.store.sqlite import SqliteStore

NOBODY = 65534


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions mean nothing to root: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def path() -> Iterator[Path]:
    """A store with a cluster of 20, in a folder that another user may enter, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        file = folder / "store.db"
        with contextlib.closing(SqliteStore(file)) as store:
            store.create_cluster(Cluster("polad", {"az": "Polad"}), by="x")
            store.apply("polad", crowd(20), by="x", reason="")
        yield file
        folder.chmod(0o755)


def modes(path: Path, file: int, folder: int) -> None:
    path.chmod(file)
    path.parent.chmod(folder)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[SqliteStore]:
    with unprivileged(), contextlib.closing(SqliteStore(path)) as store:
        yield store


@pytest.mark.parametrize(
    ("file", "folder"), [(0o444, 0o555), (0o444, 0o755), (0o444, 0o777), (0o666, 0o555)], ids=oct
)
def test_what_cannot_be_written_can_be_read(path: Path, file: int, folder: int) -> None:
    modes(path, file, folder)
    before = path.read_bytes()
    with opened(path) as store:
        assert store.read_only
        store.check()
        assert [cluster.code for cluster in store.clusters()] == ["polad"]
        assert len(store.register("polad").participants) == 20
        assert len(store.within("polad", (49, 39, 49.0055, 41))) == 6
        assert not store.untouched()
        assert len(store.history("polad")) == 1
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == [path.name]


WRITING: list[Callable[[SqliteStore], object]] = [
    lambda store: store.apply("polad", crowd(1, "B"), by="x", reason=""),
    lambda store: store.create_cluster(Cluster("yeni", {"az": "Yeni"}), by="x"),
    lambda store: store.update_cluster(Cluster("polad", {"az": "B"}, revision=1), by="x"),
    lambda store: store.delete_cluster("polad", by="x"),
    lambda store: store.record_import("polad", {}, by="x"),
]


@pytest.mark.parametrize("write", WRITING)
def test_writing_says_that_it_is_read_only(path: Path, write: Callable[[SqliteStore], object]) -> None:
    modes(path, 0o444, 0o555)
    with opened(path) as store:
        assert code_of(lambda: write(store)) == "store.read_only"
        assert len(store.register("polad").participants) == 20


def test_a_reader_sees_what_the_owner_commits_meanwhile(path: Path) -> None:
    """Before, while and after the file has a log: the file alone tells only the state of the last closing."""
    modes(path, 0o644, 0o755)
    with opened(path) if os.geteuid() else contextlib.closing(_opened_as_nobody(path)) as reader:
        assert reader.revision("polad") == 1
        with contextlib.closing(SqliteStore(path)) as owner:
            owner.apply("polad", crowd(3, "B"), by="x", reason="")
            assert reader.revision("polad") == 2
            assert reader.register("polad").participants[0].name == "B"
            owner.apply("polad", crowd(4, "C"), by="x", reason="")
            assert reader.register("polad").participants[3].name == "C"
        assert reader.revision("polad") == 3
        assert reader.register("polad").participants[3].name == "C"


def _opened_as_nobody(path: Path) -> SqliteStore:
    with unprivileged():
        store = SqliteStore(path)
    assert store.read_only
    return store


def test_changes_left_in_a_log_are_read_too(path: Path, tmp_path: Path) -> None:
    """After a crash, or in a copy of a running store, part of the data is in the log alone."""
    with contextlib.closing(SqliteStore(path)) as store:
        store.apply("polad", crowd(3, "B"), by="x", reason="")
        kept = {item.name: item.read_bytes() for item in path.parent.iterdir()}
    assert sorted(kept) == ["store.db", "store.db-shm", "store.db-wal"]
    for name, content in kept.items():
        path.with_name(name).write_bytes(content)
    modes(path, 0o444, 0o555)
    with opened(path) as store:
        assert store.revision("polad") == 2


def test_an_old_store_needs_the_right_to_write_once(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
    modes(path, 0o444, 0o555)
    with unprivileged():
        assert code_of(lambda: SqliteStore(path)) == "store.read_only_old"


def test_a_store_cannot_be_made_where_nothing_can_be_written(path: Path) -> None:
    path.parent.chmod(0o555)
    with unprivileged():
        assert code_of(lambda: SqliteStore(path.with_name("new.db"))) == "store.cannot_open"
