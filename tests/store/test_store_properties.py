"""Invariants of every back end, against a model made of dictionaries."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoservice.errors import NotFoundError
from geoservice.model import Change, Cluster, Participant
from geoservice.store.base import Store

# The store is shared by the examples: each one makes a cluster of its own in it.
shared_store = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)


@st.composite
def participants(draw: Callable[..., object], key: st.SearchStrategy[str] = keys) -> Participant:
    placed = draw(st.booleans())
    return Participant(
        id=draw(key),
        name=draw(texts),
        organisation_type=draw(texts),
        legal_form=draw(texts),
        marks=tuple(draw(st.lists(st.sampled_from(["founder", "final_producer"]), unique=True))),
        legal_address=draw(texts),
        employees=draw(st.none() | st.integers(0, 2**53)),
        longitude=draw(longitudes) if placed else None,
        latitude=draw(latitudes) if placed else None,
        extra=draw(st.dictionaries(texts, texts, max_size=4)),
    )


few_keys = st.sampled_from("abcde")
changes = st.lists(
    st.one_of(
        participants(few_keys).map(lambda p: Change("put", p.id, p)),
        few_keys.map(lambda key: Change("remove", key)),
    ),
    max_size=8,
)
_numbers = itertools.count()


@pytest.fixture
def fresh(store: Store) -> Callable[[], str]:
    def make() -> str:
        code = f"c{next(_numbers)}"
        store.create_cluster(Cluster(code, {}), by="x")
        return code

    return make


def exact(participant: Participant) -> str:
    """All of it: repr tells -0.0 from 0.0 and one order of ``extra`` from another."""
    return repr(participant)


def perform(model: dict[str, Participant], batch: list[Change]) -> dict[str, Participant]:
    """What a batch makes of a register, in the plainest words."""
    after = dict(model)
    for change in batch:
        if change.kind == "remove":
            del after[change.id]
        elif change.participant is not None:
            after[change.id] = change.participant
    return after


@shared_store
@given(register=st.lists(participants(), unique_by=lambda p: p.id, max_size=12))
def test_what_goes_in_comes_out(store, fresh, register):
    code = fresh()
    done = store.apply(code, [Change("put", p.id, p) for p in register], by="x", reason="")
    assert [*map(exact, store.register(code).participants)] == [*map(exact, register)]
    assert done.summary == {"added": len(register), "changed": 0, "removed": 0}


@shared_store
@given(batches=st.lists(changes, max_size=6))
def test_a_register_is_what_its_changes_make_of_it(store, fresh, batches):
    code = fresh()
    states: list[dict[str, Participant]] = [{}]
    for batch in batches:
        before = states[-1]
        try:
            after = perform(before, batch)
        except KeyError:
            with pytest.raises(NotFoundError):
                store.apply(code, batch, by="x", reason="")
            after = None
        else:
            summary = store.apply(code, batch, by="x", reason="").summary
            states.append(after)
            assert summary["added"] == len(after.keys() - before.keys())
            assert summary["removed"] == len(before.keys() - after.keys())
            assert summary["changed"] >= sum(
                exact(before[k]) != exact(after[k]) for k in before.keys() & after
            )
        assert store.revision(code) == len(states) - 1
    for number, state in enumerate(states):
        found = store.register(code, revision=number).participants
        assert [*map(exact, found)] == [*map(exact, state.values())]
    assert [done.number for done in store.history(code)] == [*range(len(states) - 1, 0, -1)]


@shared_store
@given(
    register=st.lists(participants(), unique_by=lambda p: p.id, max_size=12),
    lons=st.tuples(longitudes, longitudes).map(sorted),
    lats=st.tuples(latitudes, latitudes).map(sorted),
    data=st.data(),
)
def test_within_is_the_box_and_nothing_else(store, fresh, register, lons, lats, data):
    code = fresh()
    placed = [p for p in register if p.placed]
    if placed:  # an edge through a point: where rounding would show
        lons[0], lats[1] = (p := data.draw(st.sampled_from(placed))).longitude, p.latitude
        lons, lats = sorted(lons), sorted(lats)
    store.apply(code, [Change("put", p.id, p) for p in register], by="x", reason="")
    inside = [p.id for p in placed if lons[0] <= p.longitude <= lons[1] and lats[0] <= p.latitude <= lats[1]]
    assert [*store.within(code, (lons[0], lats[0], lons[1], lats[1]))] == inside
