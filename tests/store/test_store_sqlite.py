"""What is SQLite's own: the file, its versions, and everything that can be wrong with it."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from geoservice.errors import StoreError
from geoservice.model import Change, Cluster, Participant
from geoservice.store import connections, schema
from geoservice.store.sqlite import SqliteStore


def crowd(count: int, name: str = "A") -> list[Change]:
    people = (
        Participant(str(n), name, "other", longitude=49 + n / 1000, latitude=40, extra={"Qeyd": "x" * 200})
        for n in range(count)
    )
    return [Change("put", person.id, person) for person in people]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with a cluster of 200."""
    path = tmp_path / "store.db"
    with contextlib.closing(SqliteStore(path)) as store:
        store.create_cluster(Cluster("polad", {"az": "Polad"}), by="x")
        store.apply("polad", crowd(200), by="x", reason="")
    return path


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call()
    assert str(caught.value)
    return caught.value.code


@contextlib.contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def test_a_store_outlives_its_closing(file):
    with contextlib.closing(SqliteStore(file)) as store:
        assert store.revision("polad") == 1
        assert len(store.register("polad").participants) == 200
    assert [path.name for path in file.parent.iterdir()] == ["store.db"]


def test_folders_are_made_and_names_may_be_odd(tmp_path):
    path = tmp_path / "yeni" / "a b#c?d%20ə.db"
    with contextlib.closing(SqliteStore(path)) as store:
        store.create_cluster(Cluster("polad", {}), by="x")
    assert path.is_file()


def test_the_file_is_what_it_says(file):
    with raw(file) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(schema.migrations())
        assert connection.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("SELECT count(*) FROM participant_box").fetchone()[0] == 200


def test_the_box_index_holds_the_current_ones_only(file):
    with contextlib.closing(SqliteStore(file)) as store:
        store.apply("polad", crowd(150, "B"), by="x", reason="")
        store.apply("polad", [Change("remove", str(n)) for n in range(120)], by="x", reason="")
    with raw(file) as connection:
        left = "SELECT id FROM participant WHERE valid_to IS NULL AND geometry IS NOT NULL ORDER BY id"
        boxes = connection.execute("SELECT id FROM participant_box ORDER BY id").fetchall()
        assert boxes == connection.execute(left).fetchall()
        assert len(boxes) == 80
        assert connection.execute("SELECT rtreecheck('participant_box')").fetchone()[0] == "ok"


def test_deleting_leaves_nothing_but_the_log(file):
    with contextlib.closing(SqliteStore(file)) as store:
        store.record_import("polad", {}, by="x")
        store.delete_cluster("polad", by="orxan")
    with raw(file) as connection:
        for table in ("cluster", "revision", "participant", "participant_box", "import_report"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
        log = connection.execute(
            "SELECT action, revision, by, document FROM cluster_log ORDER BY id"
        ).fetchall()
    assert log == [("create", 1, "x", None), ("delete", 1, "orxan", None)]


def test_who_changed_a_description_is_kept(file):
    with contextlib.closing(SqliteStore(file)) as store:
        store.update_cluster(Cluster("polad", {"az": "Yeni"}, revision=1), by="orxan")
    with raw(file) as connection:
        log = connection.execute(
            "SELECT action, revision, by, document FROM cluster_log ORDER BY id"
        ).fetchall()
    assert [row[:3] for row in log] == [("create", 1, "x"), ("update", 2, "orxan")]
    assert b"Yeni" in log[1][3]


def test_reading_goes_by_the_indexes(file):
    """The planner takes a worse index where it may choose: reading must not slow down as history grows."""
    with contextlib.closing(SqliteStore(file)) as store:
        store.revision("polad")
        (reader,) = store._database._idle
        asked: list[str] = []
        reader.set_trace_callback(asked.append)
        store.register("polad")
        store.within("polad", (49, 40, 49.01, 41))
        reader.set_trace_callback(None)
        questions = [statement for statement in asked if statement.startswith("SELECT")]
        plans = [row[3] for asked in questions for row in reader.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert any("participant_current_order" in plan for plan in plans)
    assert any("VIRTUAL TABLE INDEX" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN participant ")]


# --- versions of the schema ---


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Add a migration to those there are, as a later version of the program would."""
    known = schema.migrations()

    def add(script: str) -> None:
        monkeypatch.setattr(schema, "migrations", lambda: (*known, script))

    return add


def test_a_file_of_version_1_is_brought_up_to_date(tmp_path, later, monkeypatch):
    path = tmp_path / "store.db"
    with monkeypatch.context() as first:
        scripts = schema.migrations()
        first.setattr(schema, "migrations", lambda: scripts[:1])
        with contextlib.closing(SqliteStore(path)) as store:
            store.create_cluster(Cluster("polad", {}), by="x")
            store.apply("polad", crowd(20), by="x", reason="")
            before = store.register("polad")
    with raw(path) as connection:
        assert schema.version(connection) == 1
    later(
        "ALTER TABLE cluster ADD COLUMN note TEXT DEFAULT ';';\n-- why; not\nUPDATE cluster SET note = 'a';\n"
    )
    with contextlib.closing(SqliteStore(path)) as store:
        assert store.register("polad") == before
    with raw(path) as connection:
        assert schema.version(connection) == len(schema.migrations())
        assert connection.execute("SELECT note FROM cluster").fetchall() == [("a",)]


def test_a_migration_that_fails_leaves_the_old_version(file, later, monkeypatch):
    with monkeypatch.context():
        later("ALTER TABLE cluster ADD COLUMN note TEXT;\nINSERT INTO nowhere VALUES (1);\n")
        assert code_of(lambda: SqliteStore(file)) == "store.failed"
    with raw(file) as connection:
        known = len(schema.migrations()) - 1
        assert schema.version(connection) == known
        columns = [row[1] for row in connection.execute("PRAGMA table_info(cluster)")]
    assert "note" not in columns


def test_a_newer_file_is_refused_and_left_alone(file):
    with raw(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file.read_bytes()
    with pytest.raises(StoreError) as caught:
        SqliteStore(file)
    assert caught.value.code == "store.newer"
    assert (caught.value.params["found"], caught.value.params["known"]) == (99, len(schema.migrations()))
    assert file.read_bytes() == before


def test_a_running_service_notices_a_newer_version(file):
    with contextlib.closing(SqliteStore(file)) as store:
        store.check()
        with raw(file) as connection:
            connection.execute("PRAGMA user_version = 99")
        assert code_of(store.check) == "store.newer"


# --- what can be wrong with a file ---


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with raw(path) as connection:
        connection.execute("CREATE TABLE a (b)")
    before = path.read_bytes()
    assert code_of(lambda: SqliteStore(path)) == "store.foreign"
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "store.db"
    path.write_text("Reyestr; sadə mətn\n" * 100)
    before = path.read_bytes()
    assert code_of(lambda: SqliteStore(path)) == "store.damaged"
    assert path.read_bytes() == before


def test_a_cut_file_is_named_damaged(file):
    data = file.read_bytes()
    file.write_bytes(data[:4096] + bytes(len(data) - 4096))

    def read() -> None:
        with contextlib.closing(SqliteStore(file)) as store:
            store.register("polad")

    assert code_of(read) == "store.damaged"


def test_a_damaged_record_is_named(file):
    with raw(file) as connection:
        connection.execute("UPDATE participant SET document = '{' WHERE participant = '7'")
    with contextlib.closing(SqliteStore(file)) as store:
        assert code_of(lambda: store.register("polad")) == "store.damaged_record"


def test_a_folder_is_no_file(tmp_path):
    assert code_of(lambda: SqliteStore(tmp_path)) == "store.cannot_open"
    (tmp_path / "file").touch()
    assert code_of(lambda: SqliteStore(tmp_path / "file" / "store.db")) == "store.cannot_open"


def test_somebody_elses_long_transaction_is_named(file, monkeypatch):
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_S", 0.0)
    with contextlib.closing(SqliteStore(file)) as store, raw(file) as other:
        other.execute("BEGIN IMMEDIATE")
        assert code_of(lambda: store.apply("polad", crowd(1), by="x", reason="")) == "store.busy"
        assert len(store.register("polad").participants) == 200
        other.execute("ROLLBACK")
        assert store.apply("polad", crowd(1), by="x", reason="").number == 2


def test_a_full_disk_undoes_all(file):
    with contextlib.closing(SqliteStore(file)) as store:
        before = store.register("polad")
        pages = store._database._writer.execute("PRAGMA page_count").fetchone()[0]
        store._database._writer.execute(f"PRAGMA max_page_count = {pages + 10}")
        assert code_of(lambda: store.apply("polad", crowd(2000, "B"), by="x", reason="")) == "store.full"
        assert store.register("polad") == before
        assert store.apply("polad", crowd(1, "B"), by="x", reason="").number == 2


def test_a_replaced_or_removed_file_is_noticed(file, tmp_path):
    with contextlib.closing(SqliteStore(file)) as store:
        other = tmp_path / "other.db"
        SqliteStore(other).close()
        other.replace(file)
        assert code_of(store.check) == "store.replaced"
        file.unlink()
        assert code_of(store.check) == "store.cannot_open"


def test_an_interrupted_apply_is_undone(file):
    with contextlib.closing(SqliteStore(file)) as store:
        before = store.register("polad")
        with pytest.raises(KeyboardInterrupt), store._database.writing() as connection:
            connection.execute("DELETE FROM participant")
            raise KeyboardInterrupt
        assert store.register("polad") == before
        assert store.apply("polad", crowd(1, "B"), by="x", reason="").number == 2


def test_readers_are_reused_and_not_hoarded(file):
    with contextlib.closing(SqliteStore(file)) as store, contextlib.ExitStack() as stack:
        for _ in range(connections.IDLE_READERS + 5):
            stack.enter_context(store._database.reading())
        stack.close()
        assert len(store._database._idle) == connections.IDLE_READERS
        store.revision("polad")
        assert len(store._database._idle) == connections.IDLE_READERS


def test_a_reader_in_use_survives_the_closing(file):
    store = SqliteStore(file)
    with store._database.reading() as connection:
        store.close()
        assert connection.execute("SELECT count(*) FROM participant").fetchone()[0] == 200
    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
