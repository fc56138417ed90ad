"""A process of its own that works on a store; it talks over its standard streams.

It writes one byte when it has come to where its parent wants it, and waits there until a byte comes.
"""

import os
import sys
from pathlib import Path

from geoservice.model import Change, Cluster, Participant
from geoservice.store.sqlite import SqliteStore


def batch(count: int, before: int) -> list[Change]:
    """``count`` changes to a register of ``before``: half of those removed, half replaced, the rest new."""
    changes = [Change("remove", f"p{n}") for n in range(before // 2)]
    for n in range(before // 2, count):
        person = Participant(
            f"p{n}",
            "Yeni müəssisə",
            "other",
            legal_address="Sumqayıt şəhəri, " + "x" * 200,
            longitude=49 + n / 10_000,
            latitude=40 + n / 10_000,
        )
        changes.append(Change("put", person.id, person))
    return changes


def tell(byte: bytes = b".") -> None:
    os.write(sys.stdout.fileno(), byte)


def wait() -> None:
    os.read(sys.stdin.fileno(), 1)


def apply_and_stop(path: Path, count: int, before: int, stop: int) -> None:
    """Stop before the ``stop``-th statement; with 0 go through and count them."""
    store = SqliteStore(path)
    seen = 0

    def trace(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == stop:
            tell()
            wait()

    store._database._writer.set_trace_callback(trace)
    store.apply("polad", batch(count, before), by="child", reason="import")
    if stop == 0:
        print(seen, flush=True)
    wait()


def apply_and_chatter(path: Path, count: int, before: int) -> None:
    """Write a byte with every tenth statement and never wait, until the end."""
    store = SqliteStore(path)
    seen = 0

    def trace(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen % 10 == 0:
            tell()

    store._database._writer.set_trace_callback(trace)
    store.apply("polad", batch(count, before), by="child", reason="import")
    tell(b"!")
    wait()


def apply_many(path: Path, who: str, rounds: int) -> None:
    """Wait for the start, then apply ``rounds`` times."""
    store = SqliteStore(path)
    tell()
    wait()
    for n in range(rounds):
        person = Participant(f"{who}{n}", who, "other")
        store.apply("polad", [Change("put", person.id, person)], by=who, reason=str(n))


def open_new(path: Path, who: str) -> None:
    """Wait for the start, then open a file that may not be there yet and make a cluster."""
    tell()
    wait()
    store = SqliteStore(path)
    store.create_cluster(Cluster(who, {}), by=who)
    store.close()


if __name__ == "__main__":
    mode, file, *rest = sys.argv[1:]
    if mode == "stop":
        apply_and_stop(Path(file), *map(int, rest))
    elif mode == "chatter":
        apply_and_chatter(Path(file), *map(int, rest))
    elif mode == "many":
        apply_many(Path(file), rest[0], int(rest[1]))
    else:
        open_new(Path(file), rest[0])
