"""The SQLite store among processes: two on one file, and one that is killed in the middle of an import."""

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import geoservice
from geoservice.model import Change, Cluster, Participant
from geoservice.store.sqlite import SqliteStore

CHANGES, BEFORE = 5_000, 200
AFTER = CHANGES - BEFORE // 2
SEED = 20260101
CHILD = Path(__file__).with_name("store_child.py")
ROOT = Path(geoservice.__file__).parents[1]
Spawn = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start children that do not outlive the test."""
    with contextlib.ExitStack() as stack:

        def start(*args: object) -> "subprocess.Popen[bytes]":
            child = subprocess.Popen(
                [sys.executable, str(CHILD), *map(str, args)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                bufsize=0,
            )
            stack.enter_context(child)
            stack.callback(child.kill)
            return child

        yield start


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store: a cluster of 200 at revision 1."""
    path = tmp_path_factory.mktemp("prepared") / "store.db"
    with contextlib.closing(SqliteStore(path)) as store:
        store.create_cluster(Cluster("polad", {}), by="x")
        people = [Participant(f"p{n}", "Köhnə", "other", longitude=49, latitude=40) for n in range(BEFORE)]
        store.apply("polad", [Change("put", p.id, p) for p in people], by="x", reason="")
    return path


@pytest.fixture
def file(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(prepared, tmp_path / "store.db"))


def kill(child: "subprocess.Popen[bytes]") -> bytes:
    """Kill -9; return what the child had written by then and nobody had read."""
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    assert child.wait() == -signal.SIGKILL
    return rest


def revision_of_a_whole_store(path: Path) -> int:
    """Check that a store left behind is whole, at one revision or the next, and can be worked with."""
    with contextlib.closing(SqliteStore(path)) as store:
        store.check()
        register = store.register("polad")
        names = {p.name for p in register.participants}
        if register.revision == 1:
            assert (len(register.participants), names) == (BEFORE, {"Köhnə"})
        else:
            assert (register.revision, len(register.participants), names) == (2, AFTER, {"Yeni müəssisə"})
        assert [r.number for r in store.history("polad")] == [*range(register.revision, 0, -1)]
        assert len(store.within("polad", (-180, -90, 180, 90))) == len(register.participants)
        assert store.register("polad", revision=1).participants[0].name == "Köhnə"
        person = Participant("sonra", "Sonra", "other", longitude=49, latitude=40)
        done = store.apply(
            "polad", [Change("put", "sonra", person)], by="x", reason="", expected=register.revision
        )
        assert done.number == register.revision + 1
        assert store.register("polad").participants[-1] == person
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT rtreecheck('participant_box')").fetchone()[0] == "ok"
    return register.revision


def test_kill_9_inside_the_transaction_changes_nothing(file, prepared, spawn):
    counter = spawn("stop", file, CHANGES, BEFORE, 0)
    total = int(counter.stdout.readline())
    kill(counter)
    assert revision_of_a_whole_store(file) == 2
    assert total > 2 * CHANGES
    # Statement 1 begins the transaction, the last commits it; the child stands still before the one named.
    for stop in (2, *random.Random(SEED).sample(range(3, total), 4), total):
        shutil.copy(prepared, file)
        child = spawn("stop", file, CHANGES, BEFORE, stop)
        assert child.stdout.read(1) == b"."
        with contextlib.closing(SqliteStore(file)) as reader:
            assert reader.revision("polad") == 1
        kill(child)
        if stop == total:  # part of the transaction is in the file's log already, without its commit
            assert file.with_name("store.db-wal").stat().st_size > 0
        assert revision_of_a_whole_store(file) == 1


def test_kill_9_at_any_moment_leaves_all_or_nothing(file, prepared, spawn):
    moments = random.Random(SEED).sample(range(1, CHANGES // 10), 4)
    for moment in moments:
        shutil.copy(prepared, file)
        child = spawn("chatter", file, CHANGES, BEFORE)
        for _ in range(moment):
            assert child.stdout.read(1) == b"."
        confirmed = b"!" in kill(child)
        assert revision_of_a_whole_store(file) in ((2,) if confirmed else (1, 2))


def test_what_was_confirmed_survives_kill_9(file, spawn):
    child = spawn("chatter", file, CHANGES, BEFORE)
    while child.stdout.read(1) != b"!":
        pass
    kill(child)
    assert revision_of_a_whole_store(file) == 2


def test_a_writer_that_is_killed_does_not_lock_the_others_out(file, spawn):
    with contextlib.closing(SqliteStore(file)) as store:
        child = spawn("stop", file, CHANGES, BEFORE, CHANGES)
        assert child.stdout.read(1) == b"."
        assert len(store.register("polad").participants) == BEFORE
        kill(child)
        assert store.apply("polad", [Change("remove", "p0")], by="x", reason="").number == 2
        assert len(store.register("polad").participants) == BEFORE - 1


def test_another_processs_commits_are_seen(file, spawn):
    with contextlib.closing(SqliteStore(file)) as store:
        assert store.revision("polad") == 1
        child = spawn("many", file, "a", 1)
        assert child.stdout.read(1) == b"."
        child.communicate(b".")
        assert child.returncode == 0
        assert store.revision("polad") == 2
        assert store.register("polad").participants[-1].id == "a0"


def test_two_processes_write_at_once(file, spawn):
    rounds = 40
    with contextlib.closing(SqliteStore(file)) as store:
        child = spawn("many", file, "b", rounds)
        assert child.stdout.read(1) == b"."
        child.stdin.write(b".")
        for n in range(rounds):
            person = Participant(f"a{n}", "a", "other")
            store.apply("polad", [Change("put", person.id, person)], by="a", reason="")
        assert child.wait() == 0
        assert store.revision("polad") == 1 + 2 * rounds
        assert {p.id for p in store.register("polad").participants[BEFORE:]} == {
            f"{who}{n}" for who in "ab" for n in range(rounds)
        }


def test_several_processes_open_a_new_file_at_once(tmp_path, spawn):
    path = tmp_path / "new.db"
    children = [spawn("open", path, who) for who in "abc"]
    for child in children:
        assert child.stdout.read(1) == b"."
    for child in children:
        child.stdin.write(b".")
    assert [child.wait() for child in children] == [0, 0, 0]
    with contextlib.closing(SqliteStore(path)) as store:
        assert [cluster.code for cluster in store.clusters()] == ["a", "b", "c"]
