"""What every back end promises about clusters and about what it refuses to keep."""

from collections.abc import Callable

import pytest
from store_samples import FULL, STEEL, ids, person, put, remove

from geoservice.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    RevisionConflictError,
)
from geoservice.model import Cluster
from geoservice.store.base import Store


def test_a_cluster_is_kept_as_it_is(store, steel):
    assert steel.revision == 1
    assert store.cluster("polad") == steel
    assert store.clusters() == (steel,)
    assert (steel.title, steel.boundaries, steel.head) == (STEEL.title, STEEL.boundaries, STEEL.head)


def test_clusters_come_by_code(store):
    for code in ("c", "a-1", "a", "b"):
        store.create_cluster(Cluster(code, {"az": code}), by="x")
    assert [cluster.code for cluster in store.clusters()] == ["a", "a-1", "b", "c"]


def test_a_code_is_taken_once(store, steel):
    with pytest.raises(ConflictError) as caught:
        store.create_cluster(STEEL, by="x")
    assert (caught.value.code, caught.value.params) == ("store.cluster_exists", {"cluster": "polad"})
    assert store.clusters() == (steel,)


def test_update_needs_the_stored_revision(store, steel):
    changed = store.update_cluster(Cluster("polad", {"az": "Yeni"}, revision=1), by="x")
    assert (changed.revision, changed.title) == (2, {"az": "Yeni"})
    assert store.cluster("polad") == changed
    with pytest.raises(RevisionConflictError) as caught:
        store.update_cluster(steel, by="y")
    assert (caught.value.code, caught.value.params) == (
        "store.revision_conflict",
        {"expected": 1, "actual": 2},
    )
    assert store.cluster("polad") == changed


def test_updating_a_description_leaves_the_register_alone(store, steel):
    store.apply("polad", put(FULL), by="x", reason="")
    store.update_cluster(steel, by="x")
    assert store.revision("polad") == 1
    assert store.register("polad").participants == (FULL,)


def test_delete_takes_everything(store, steel):
    store.apply("polad", put(FULL), by="x", reason="")
    store.record_import("polad", {"read": 1}, by="x")
    store.delete_cluster("polad", by="x")
    assert store.clusters() == ()
    with pytest.raises(NotFoundError):
        store.register("polad")


def test_a_code_used_again_starts_empty_and_repeats_no_revision(store, steel):
    store.apply("polad", put(FULL), by="x", reason="")
    store.apply("polad", put(person("2")), by="x", reason="")
    store.record_import("polad", {"read": 1}, by="x")
    store.delete_cluster("polad", by="x")
    again = store.create_cluster(STEEL, by="x")
    assert again.revision == 2
    register = store.register("polad")
    assert (register.revision, register.changed_at, register.participants) == (3, None, ())
    assert (store.history("polad"), store.imports("polad")) == ((), ())
    assert store.within("polad", (-180, -90, 180, 90)) == ()
    with pytest.raises(NotFoundError):
        store.register("polad", revision=2)
    assert store.apply("polad", put(FULL), by="x", reason="").number == 4
    assert (ids(store, revision=3), ids(store)) == ([], ["1"])


ON_A_CLUSTER: dict[str, Callable[[Store, str], object]] = {
    "cluster": lambda store, code: store.cluster(code),
    "update_cluster": lambda store, code: store.update_cluster(Cluster(code, {}), by="x"),
    "delete_cluster": lambda store, code: store.delete_cluster(code, by="x"),
    "revision": lambda store, code: store.revision(code),
    "register": lambda store, code: store.register(code),
    "apply": lambda store, code: store.apply(code, [], by="x", reason=""),
    "history": lambda store, code: store.history(code),
    "within": lambda store, code: store.within(code, (0, 0, 1, 1)),
    "record_import": lambda store, code: store.record_import(code, {}, by="x"),
    "imports": lambda store, code: store.imports(code),
}


@pytest.mark.parametrize("method", ON_A_CLUSTER)
@pytest.mark.parametrize("code", ["yox", "", "x' OR '1'='1", "polad--", "%", "Polad"])
def test_an_unknown_cluster_is_not_found(store, steel, method, code):
    with pytest.raises(NotFoundError) as caught:
        ON_A_CLUSTER[method](store, code)
    assert (caught.value.code, caught.value.params) == ("store.cluster_not_found", {"cluster": code})
    assert store.clusters() == (steel,)


@pytest.mark.parametrize("code", ["x' OR '1'='1", '"; DROP TABLE cluster; --', "Ə Ü İ", "a\nb", "?"])
def test_any_text_is_a_code(store, steel, code):
    store.create_cluster(Cluster(code, {"az": code}), by=code)
    store.apply(code, put(person(code, name=code)), by=code, reason=code)
    assert ids(store, code) == [code]
    assert store.history(code)[0].reason == code
    store.apply(code, remove(code), by=code, reason=code)
    assert (ids(store, code), store.revision("polad")) == ([], 0)
    store.delete_cluster(code, by=code)
    assert store.clusters() == (steel,)


@pytest.mark.parametrize("bad", ["\ud800", "a\0b"])
@pytest.mark.parametrize("where", ["id", "by", "reason", "code", "creator"])
def test_text_that_cannot_be_kept_is_refused(store, steel, bad, where):
    with pytest.raises(InvalidInputError) as caught:
        if where in ("code", "creator"):
            store.create_cluster(Cluster(bad if where == "code" else "b", {}), by=bad)
        else:
            texts = {"by": "x", "reason": "", where: bad}
            key = texts.pop("id", "1")
            store.apply("polad", put(person(key)), **texts)
    assert caught.value.code == "store.not_storable"
    assert (store.revision("polad"), store.clusters()) == (0, (steel,))


def test_what_json_cannot_hold_is_refused(store, steel):
    for values in ({"name": "\udc00"}, {"extra": {"a": object()}}, {"employees": 2**70}):
        with pytest.raises(InvalidInputError) as caught:
            store.apply("polad", put(person("1"), person("2", **values)), by="x", reason="")
        assert caught.value.code == "store.not_storable"
    with pytest.raises(InvalidInputError):
        store.record_import("polad", {"a": object()}, by="x")
    assert (store.revision("polad"), store.imports("polad")) == (0, ())


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [(49.0, None), (None, 40.0), (float("nan"), 40.0), (49.0, float("inf"))],
)
def test_half_a_place_is_refused(store, steel, longitude, latitude):
    with pytest.raises(InvalidInputError) as caught:
        store.apply("polad", put(person("1", longitude=longitude, latitude=latitude)), by="x", reason="")
    assert caught.value.code == "store.coordinates"
    assert store.revision("polad") == 0


def test_a_store_is_untouched_until_its_first_cluster(store: Store) -> None:
    assert store.untouched()
    store.create_cluster(STEEL, by="x")
    assert not store.untouched()
    store.delete_cluster(STEEL.code, by="x")
    assert not store.untouched()


def test_a_cluster_is_removed_only_as_it_was_seen(store: Store) -> None:
    store.create_cluster(STEEL, by="x")
    with pytest.raises(RevisionConflictError):
        store.delete_cluster(STEEL.code, by="x", expected=2)
    assert store.cluster(STEEL.code).revision == 1
    store.delete_cluster(STEEL.code, by="x", expected=1)
    assert store.clusters() == ()
