"""What is PostGIS's own: the server that goes away, the schema, and several services on one database."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from store_samples import FULL, STEEL, ids, person, put

from geoservice.errors import StoreError
from geoservice.model import Principal, PrincipalRole
from geoservice.service import GeoService
from geoservice.store import postgis_connections, schema
from geoservice.store.postgis import PostgisStore


@pytest.fixture
def pair(postgis_dsn: str) -> Iterator[tuple[PostgisStore, PostgisStore]]:
    """Two services on one database, made anew."""
    with psycopg.connect(postgis_dsn, autocommit=True) as admin:
        admin.execute("DROP SCHEMA IF EXISTS geoservice CASCADE")
    with (
        contextlib.closing(PostgisStore(postgis_dsn)) as one,
        contextlib.closing(PostgisStore(postgis_dsn)) as two,
    ):
        one.create_cluster(STEEL, by="x")
        yield one, two


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(StoreError) as caught:
        call()
    assert str(caught.value)
    return caught.value.code


def test_services_see_each_others_commits(pair):
    one, two = pair
    one.apply("polad", put(FULL), by="x", reason="")
    assert two.revision("polad") == 1
    assert two.register("polad").participants == (FULL,)
    two.apply("polad", put(person("2")), by="y", reason="")
    assert ids(one) == ["1", "2"]


def test_the_schema_is_made_once_by_all_who_come_at_once(pair, postgis_dsn):
    with psycopg.connect(postgis_dsn, autocommit=True) as admin:
        admin.execute("DROP SCHEMA geoservice CASCADE")
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(PostgisStore, [postgis_dsn] * 4))
    stores[0].create_cluster(STEEL, by="x")
    for store in stores:
        assert [cluster.code for cluster in store.clusters()] == ["polad"]
        store.close()


def test_the_next_migration_keeps_what_there_is(pair, postgis_dsn, monkeypatch):
    pair[0].apply("polad", put(FULL), by="x", reason="")
    scripts = schema.migrations("postgis")
    later = (*scripts, "ALTER TABLE cluster ADD COLUMN note text; UPDATE cluster SET note = 'a';")
    with monkeypatch.context() as newer:
        newer.setattr(schema, "migrations", lambda dialect: later)
        with contextlib.closing(PostgisStore(postgis_dsn)) as store:
            assert store.register("polad").participants == (FULL,)
    assert code_of(pair[0].check) == "store.newer"
    assert code_of(lambda: PostgisStore(postgis_dsn)) == "store.newer"


def test_a_migration_that_fails_changes_nothing(pair, postgis_dsn, monkeypatch):
    later = (*schema.migrations("postgis"), "DROP TABLE participant; INSERT INTO nowhere VALUES (1);")
    with monkeypatch.context() as newer:
        newer.setattr(schema, "migrations", lambda dialect: later)
        assert code_of(lambda: PostgisStore(postgis_dsn)) == "store.failed"
    pair[0].check()
    assert ids(pair[0]) == []


def test_a_server_that_is_not_there_is_named_without_its_password():
    with pytest.raises(StoreError) as caught:
        PostgisStore("postgresql://aygun:gizli@127.0.0.1:1/geo")
    assert caught.value.code == "store.unreachable"
    assert caught.value.params["store"] == "127.0.0.1/geo"
    assert "gizli" not in str(caught.value)
    assert code_of(lambda: PostgisStore("no dsn at all")) == "store.failed"


def test_a_connection_that_breaks_changes_nothing_and_is_replaced(pair, postgis_dsn):
    one, _ = pair
    one.revision("polad")
    with psycopg.connect(postgis_dsn, autocommit=True) as admin:

        def cut() -> None:
            with one._database.writing() as connection:
                connection.execute("DELETE FROM cluster")
                admin.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
                connection.execute("SELECT 1")

        assert code_of(cut) == "store.unreachable"
    assert one.revision("polad") == 0
    assert one.apply("polad", put(FULL), by="x", reason="").number == 1


def test_somebody_elses_long_transaction_is_named(postgis_dsn, pair, monkeypatch):
    monkeypatch.setattr(postgis_connections, "LOCK_TIMEOUT_S", 0.02)
    with (
        contextlib.closing(PostgisStore(postgis_dsn)) as store,
        psycopg.connect(postgis_dsn) as other,
    ):
        other.execute("SELECT 1 FROM geoservice.cluster FOR UPDATE")
        assert code_of(lambda: store.apply("polad", put(FULL), by="x", reason="")) == "store.busy"
        assert ids(store) == []
        other.rollback()
        assert store.apply("polad", put(FULL), by="x", reason="").number == 1


def test_a_user_who_may_not_write_is_told(pair, postgis_dsn):
    with psycopg.connect(postgis_dsn, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS geoservice_reader")
        admin.execute("CREATE ROLE geoservice_reader LOGIN")
        reader = psycopg.conninfo.make_conninfo(postgis_dsn, user="geoservice_reader")
        assert code_of(lambda: PostgisStore(reader)) == "store.unsuitable"
        admin.execute("DROP ROLE geoservice_reader")


@pytest.fixture
def reader(pair: tuple[PostgisStore, PostgisStore], postgis_dsn: str) -> Iterator[str]:
    """The DSN of a role that may read the tables and do nothing else."""
    with psycopg.connect(postgis_dsn, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS geoservice_looker")
        admin.execute("CREATE ROLE geoservice_looker LOGIN")
        admin.execute("GRANT USAGE ON SCHEMA geoservice TO geoservice_looker")
        admin.execute("GRANT SELECT ON ALL TABLES IN SCHEMA geoservice TO geoservice_looker")
        yield psycopg.conninfo.make_conninfo(postgis_dsn, user="geoservice_looker")
        admin.execute("DROP OWNED BY geoservice_looker")
        admin.execute("DROP ROLE geoservice_looker")


def test_a_role_that_may_only_read_serves_reading(pair, reader):
    writer, _ = pair
    writer.apply("polad", put(FULL, person("2")), by="x", reason="")
    with contextlib.closing(PostgisStore(reader)) as store:
        assert store.read_only
        store.check()
        assert ids(store) == ids(writer)
        assert store.register("polad", revision=0).participants == ()
        assert (store.count("polad"), store.revision("polad"), len(store.history("polad"))) == (2, 1, 1)
        assert store.within("polad", (40, 30, 60, 50)) == writer.within("polad", (40, 30, 60, 50))
        assert store.shelf.all() == () and not store.untouched()
        for change in (
            lambda: store.apply("polad", put(person("3")), by="x", reason=""),
            lambda: store.delete_cluster("polad", by="x"),
            lambda: store.record_import("polad", {}, by="x"),
            lambda: store.shelf.touch("a", 1.0),
        ):
            assert code_of(change) == "store.read_only"
        writer.apply("polad", put(person("3")), by="x", reason="")
        assert store.count("polad") == 3  # what others write is seen
    assert not writer.read_only


def test_transactions_that_only_read_are_a_store_to_be_read(pair, postgis_dsn):
    dsn = psycopg.conninfo.make_conninfo(postgis_dsn, options="-c default_transaction_read_only=on")
    with contextlib.closing(PostgisStore(dsn)) as store:
        assert store.read_only and store.cluster("polad").code == "polad"


def test_a_role_that_may_write_but_make_nothing_writes(pair, reader, postgis_dsn):
    with psycopg.connect(postgis_dsn, autocommit=True) as admin:
        admin.execute("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA geoservice TO geoservice_looker")
    with contextlib.closing(PostgisStore(reader)) as store:
        assert not store.read_only
        assert store.apply("polad", put(FULL), by="x", reason="").number == 1


def test_a_service_over_a_store_that_is_only_read(pair, reader):
    editor = Principal("anna", PrincipalRole.EDITOR)
    with contextlib.closing(GeoService(PostgisStore(reader))) as service:
        assert service.drafts.of(editor, "polad") == []
        assert code_of(lambda: service.drafts.stage(editor, "polad", "a.csv", b"x")) == "store.read_only"
