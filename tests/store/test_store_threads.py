"""Every back end under several threads: writers do not lose one another's work, readers see no half of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

from geoservice.errors import RevisionConflictError
from geoservice.model import Change, Cluster, Participant

CROWD, ROUNDS = 30, 15


def crowd(name: str) -> list[Change]:
    """Put the same participants again, all with one name: a mixture of names is half an apply."""
    return [
        Change("put", str(n), Participant(str(n), name, "other", longitude=n, latitude=len(name)))
        for n in range(CROWD)
    ]


def test_two_writers_and_their_readers(store):
    store.create_cluster(Cluster("polad", {}), by="x")
    store.apply("polad", crowd("0"), by="x", reason="")
    start, over = threading.Barrier(5), threading.Event()

    def write(who: str) -> None:
        start.wait()
        for n in range(ROUNDS):
            store.apply("polad", crowd(f"{who}{n}"), by=who, reason=f"{who}{n}")

    def read() -> list[int]:
        start.wait()
        seen = []
        while not (over.is_set() and seen):
            register = store.register("polad")
            assert len({p.name for p in register.participants}) == 1
            assert len(register.participants) == len(store.within("polad", (0, 0, 180, 90))) == CROWD
            again = store.register("polad", revision=register.revision)
            assert again == register
            seen.append(register.revision)
        return seen

    with ThreadPoolExecutor(5) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        writers = [pool.submit(write, who) for who in "ab"]
        try:
            for writer in writers:
                writer.result()
        finally:
            over.set()
        for reader in readers:
            seen = reader.result()
            assert seen == sorted(seen)
    assert store.revision("polad") == 1 + 2 * ROUNDS
    reasons = [done.reason for done in reversed(store.history("polad"))][1:]
    for who in "ab":
        assert [r for r in reasons if r.startswith(who)] == [f"{who}{n}" for n in range(ROUNDS)]


def test_of_all_who_expect_the_same_revision_one_is_let_through(store):
    store.create_cluster(Cluster("polad", {}), by="x")
    start = threading.Barrier(4)

    def write(who: int) -> bool:
        start.wait()
        try:
            store.apply("polad", crowd(str(who)), by=str(who), reason="", expected=0)
        except RevisionConflictError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(write, range(4))) == [False, False, False, True]
    assert store.revision("polad") == 1
