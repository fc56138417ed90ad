"""What every back end promises about registers, their history and their order."""

import datetime as dt

import pytest
from store_samples import FULL, ids, person, put, remove

from geoservice.errors import (
    GeoserviceError,
    InvalidInputError,
    NotFoundError,
    RevisionConflictError,
    StoreError,
)
from geoservice.model import Change, Cluster


def test_a_new_register_is_empty(store, steel):
    register = store.register("polad")
    assert (register.cluster, register.revision, register.changed_at, register.participants) == (
        "polad",
        0,
        None,
        (),
    )
    assert store.revision("polad") == 0
    assert store.history("polad") == ()
    assert store.register("polad", revision=0) == register


def test_a_participant_comes_back_exactly(store, steel):
    store.apply("polad", put(FULL, person("2")), by="x", reason="")
    kept, bare = store.register("polad").participants
    assert (kept, bare) == (FULL, person("2"))
    assert list(kept.extra) == ["Zəng", "Əlavə", "A"]
    assert (repr(kept.longitude), repr(kept.latitude)) == (repr(FULL.longitude), repr(FULL.latitude))
    assert isinstance(kept.marks, tuple)


def test_participants_are_counted_without_being_read(store, steel):
    assert store.count("polad") == 0
    store.apply("polad", put(FULL, person("2"), person("3")), by="x", reason="")
    store.apply("polad", [*remove("2"), *put(person("3"))], by="x", reason="")
    assert store.count("polad") == 2
    with pytest.raises(NotFoundError):
        store.count("yox")


def test_what_was_put_in_is_not_changed_from_outside(store, steel):
    extra = {"a": "1"}
    store.apply("polad", put(person("1", extra=extra)), by="x", reason="")
    extra["a"] = "2"
    store.register("polad").participants[0].extra["a"] = "3"  # type: ignore[index]
    assert store.register("polad").participants[0].extra == {"a": "1"}


def test_the_order_of_addition_is_kept(store, steel):
    store.apply("polad", put(*map(person, "cab")), by="x", reason="")
    store.apply("polad", put(person("d"), person("a", name="yeni"), person("0")), by="x", reason="")
    assert ids(store) == ["c", "a", "b", "d", "0"]
    store.apply("polad", remove("c"), by="x", reason="")
    store.apply("polad", put(person("c")), by="x", reason="")
    assert ids(store) == ["a", "b", "d", "0", "c"]
    store.apply("polad", [*remove("a"), *put(person("a"))], by="x", reason="")
    assert ids(store) == ["b", "d", "0", "c", "a"]
    assert ids(store, revision=1) == ["c", "a", "b"]


def test_apply_tells_what_it_did(store, steel, clock):
    store.apply("polad", put(*map(person, "abc")), by="aygün", reason="idxal")
    at = clock.forward(hours=1)
    done = store.apply(
        "polad",
        [*put(person("a"), person("b", name="B"), person("d"), person("e")), *remove("c", "e")],
        by="orxan",
        reason="düzəliş",
    )
    assert (done.cluster, done.number, done.at, done.by, done.reason) == ("polad", 2, at, "orxan", "düzəliş")
    assert done.summary == {"added": 1, "changed": 1, "removed": 1}
    assert store.history("polad")[0] == done
    assert ids(store) == ["a", "b", "d"]


def test_history_is_newest_first(store, steel, clock):
    done = [store.apply("polad", put(person(key)), by=key, reason=key * 2) for key in "abc"]
    assert store.history("polad") == tuple(reversed(done))


def test_a_change_that_changes_nothing_is_a_revision_too(store, steel):
    store.apply("polad", put(FULL), by="x", reason="")
    done = store.apply("polad", put(FULL), by="x", reason="")
    assert (done.number, done.summary) == (2, {"added": 0, "changed": 0, "removed": 0})
    assert store.apply("polad", [], by="x", reason="").number == 3
    assert store.register("polad").participants == (FULL,)


def test_the_order_of_extra_is_content(store, steel):
    store.apply("polad", put(person("1", extra={"a": "1", "b": "2"})), by="x", reason="")
    done = store.apply("polad", put(person("1", extra={"b": "2", "a": "1"})), by="x", reason="")
    assert done.summary["changed"] == 1
    assert list(store.register("polad").participants[0].extra) == ["b", "a"]


def test_removing_who_is_not_there_undoes_all(store, steel):
    store.apply("polad", put(person("a")), by="x", reason="")
    for changes in (
        [*put(person("b")), *remove("c")],
        remove("a", "a"),
        [*put(person("b")), *remove("b", "b")],
        [*remove("a"), *put(person("a")), *remove("a", "a")],
    ):
        with pytest.raises(NotFoundError) as caught:
            store.apply("polad", changes, by="x", reason="")
        assert caught.value.code == "store.participant_not_found"
        assert caught.value.params == {"cluster": "polad", "participant": changes[-1].id}
        assert (store.revision("polad"), ids(store)) == (1, ["a"])


def test_a_put_brings_the_participant_it_names(store, steel):
    for change in (Change("put", "a"), Change("put", "a", person("b"))):
        with pytest.raises(InvalidInputError) as caught:
            store.apply("polad", [change], by="x", reason="")
        assert caught.value.code == "store.change_mismatch"
    assert store.revision("polad") == 0


def test_optimistic_locking(store, steel):
    store.apply("polad", put(person("a")), by="x", reason="", expected=0)
    with pytest.raises(RevisionConflictError) as caught:
        store.apply("polad", put(person("b")), by="y", reason="", expected=0)
    assert caught.value.params == {"expected": 0, "actual": 1}
    assert ids(store) == ["a"]
    store.apply("polad", put(person("b")), by="y", reason="", expected=1)
    assert ids(store) == ["a", "b"]


def test_every_revision_can_be_read(store, steel):
    store.apply("polad", put(*map(person, "abc")), by="x", reason="")
    store.apply("polad", [*remove("a"), *put(person("b", name="B"))], by="x", reason="")
    store.apply("polad", put(person("a", name="A")), by="x", reason="")
    names = [[p.name for p in store.register("polad", revision=n).participants] for n in range(4)]
    assert names == [[], ["a", "b", "c"], ["B", "c"], ["B", "c", "A"]]
    assert store.register("polad", revision=3) == store.register("polad")
    assert [store.register("polad", revision=n).revision for n in range(4)] == [0, 1, 2, 3]


@pytest.mark.parametrize("revision", [-1, 2, 10**6])
def test_a_revision_that_never_was(store, steel, revision):
    store.apply("polad", put(FULL), by="x", reason="")
    with pytest.raises(NotFoundError) as caught:
        store.register("polad", revision=revision)
    assert (caught.value.code, caught.value.params) == (
        "store.revision_not_found",
        {"cluster": "polad", "revision": revision},
    )


def test_a_register_as_it_stood_at_a_moment(store, steel, clock):
    first = clock.forward(days=1)
    store.apply("polad", put(person("a")), by="x", reason="")
    second = clock.forward(days=1)
    store.apply("polad", put(person("b")), by="x", reason="")
    clock.forward(days=1)
    instant = dt.timedelta(microseconds=1)
    assert ids(store, as_of=first - instant) == []
    assert store.register("polad", as_of=first - instant).revision == 0
    assert ids(store, as_of=first) == ids(store, as_of=second - instant) == ["a"]
    assert ids(store, as_of=second) == ids(store, as_of=clock.now) == ["a", "b"]
    baku = dt.timezone(dt.timedelta(hours=4))
    assert ids(store, as_of=second.astimezone(baku)) == ["a", "b"]
    assert store.register("polad", as_of=second - instant).changed_at == first


def test_a_clock_set_back_does_not_reorder_history(store, steel, clock):
    first = store.apply("polad", put(person("a")), by="x", reason="")
    clock.forward(hours=-3)
    second = store.apply("polad", put(person("b")), by="x", reason="")
    assert second.at == first.at
    assert ids(store, as_of=first.at) == ["a", "b"]


def test_questions_that_make_no_sense(store, steel, clock):
    with pytest.raises(InvalidInputError) as caught:
        store.register("polad", as_of=dt.datetime(2026, 1, 1))
    assert caught.value.code == "store.moment_without_zone"
    with pytest.raises(InvalidInputError) as caught:
        store.register("polad", revision=0, as_of=clock.now)
    assert caught.value.code == "store.revision_and_moment"


def test_within_a_box(store, steel):
    places = {"a": (49.0, 40.0), "b": (50.0, 40.5), "c": (49.1, 40.1), "d": (-179.9, -89.9)}
    moved = [person(key, longitude=lon, latitude=lat) for key, (lon, lat) in places.items()]
    store.apply("polad", put(*moved, person("e")), by="x", reason="")
    assert store.within("polad", (49.0, 40.0, 50.0, 40.5)) == ("a", "b", "c")
    assert store.within("polad", (49.1, 40.1, 49.1, 40.1)) == ("c",)
    assert store.within("polad", (49.1 + 1e-13, 40.1, 50, 41)) == ("b",)
    assert store.within("polad", (-180, -90, 180, 90)) == ("a", "b", "c", "d")
    assert store.within("polad", (50, 40, 49, 41)) == ()
    store.apply(
        "polad", [*put(person("a"), person("e", longitude=49, latitude=40)), *remove("c")], by="x", reason=""
    )
    assert store.within("polad", (49.0, 40.0, 50.0, 40.5)) == ("b", "e")


def test_within_knows_its_cluster(store, steel):
    store.create_cluster(Cluster("o", {}), by="x")
    store.apply("polad", put(person("a", longitude=1, latitude=1)), by="x", reason="")
    store.apply("o", put(person("a"), person("b", longitude=1, latitude=1)), by="x", reason="")
    assert store.within("polad", (0, 0, 2, 2)) == ("a",)
    assert store.within("o", (0, 0, 2, 2)) == ("b",)
    assert (ids(store), ids(store, "o")) == (["a"], ["a", "b"])
    store.delete_cluster("polad", by="x")
    assert (ids(store, "o"), store.within("o", (0, 0, 2, 2))) == (["a", "b"], ("b",))


def test_reports_of_imports(store, steel, clock):
    first = {"file": "reyestr.xlsx", "read": 2, "problems": [{"row": 3, "value": "Ə", "revision": None}]}
    store.record_import("polad", first, by="aygün")
    at = clock.forward(hours=1)
    store.record_import("polad", {"file": "b.csv"}, by="orxan")
    newest, oldest = store.imports("polad")
    assert newest == {"file": "b.csv", "at": at.isoformat(timespec="microseconds"), "by": "orxan"}
    assert oldest == {**first, "at": "2026-01-01T08:00:00.000000+00:00", "by": "aygün"}
    assert store.revision("polad") == 0


def test_check_and_close(store, steel):
    store.check()
    store.close()
    store.close()
    for call in (
        store.check,
        store.clusters,
        lambda: store.create_cluster(Cluster("b", {}), by="x"),
        lambda: store.revision("polad"),
        lambda: store.apply("polad", [], by="x", reason=""),
    ):
        with pytest.raises(StoreError) as caught:
            call()
        assert caught.value.code == "store.closed"


def test_errors_can_be_said(store, steel):
    for question in ({"revision": 9}, {"as_of": dt.datetime(2026, 1, 1)}):
        with pytest.raises(GeoserviceError) as caught:
            store.register("polad", **question)
        assert str(caught.value)


@pytest.mark.parametrize(
    ("offset", "limit", "names"),
    [(0, 2, "ab"), (1, 1, "b"), (2, None, "cd"), (3, 5, "d"), (9, 2, ""), (10**30, 10**30, "")],
)
def test_a_part_of_a_register(store, steel, offset, limit, names):
    for name in "abcd":
        store.apply(steel.code, put(person(name)), by="x", reason="")
    found, total = store.part(steel.code, offset, limit)
    whole = store.register(steel.code)
    assert ("".join(p.id for p in found.participants), total) == (names, 4)
    assert (found.revision, found.changed_at) == (whole.revision, whole.changed_at)
    assert all(p in whole.participants for p in found.participants)


def test_a_part_of_a_register_as_it_stood(store, steel, clock):
    store.apply(steel.code, put(person("a"), person("b"), person("c")), by="x", reason="")
    then = clock.now
    clock.forward(days=1)
    store.apply(steel.code, [*remove("a"), *put(person("d"))], by="x", reason="")
    found, total = store.part(steel.code, 1, 2, as_of=then)
    assert ([p.id for p in found.participants], total, found.revision) == (["b", "c"], 3, 1)
    found, total = store.part(steel.code, 0, 2)
    assert ([p.id for p in found.participants], total, found.revision) == (["b", "c"], 3, 2)


def test_members_by_their_ids(store, steel):
    store.apply(steel.code, put(person("a"), person("b"), person("c")), by="x", reason="")
    store.apply(steel.code, remove("b"), by="x", reason="")
    found = store.members(steel.code, ["c", "nobody", "a", "b", "\ud800", "\0", "c"])
    assert ([p.id for p in found.participants], found.revision) == (["a", "c"], 2)
    assert store.members(steel.code, []).participants == ()
    with pytest.raises(NotFoundError):
        store.members("nowhere", ["a"])
    with pytest.raises(NotFoundError):
        store.part("nowhere", 0, 1)
