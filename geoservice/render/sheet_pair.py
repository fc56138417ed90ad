"""Two parts of a layout at a time, where a command draws one sheet on a machine with a core to spare."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from typing import NoReturn, TypeVar

from geoservice.render import sheet_kept

Aside = TypeVar("Aside")
Here = TypeVar("Here")


def both(
    aside: Callable[[], Aside], here: Callable[[], Here], *, worth: bool
) -> tuple[Aside, Callable[[], Here]]:
    """Do two pieces of work that do not need each other: what the first made, and how to get the second.

    Args:
        aside: may be done by a process of its own, which shares all that is known so far; what it returns is
            pickled, what it keeps for later is lost.
        here: done by this process: at the same time, or else only when it is asked for.
        worth: whether ``aside`` takes longer than another process costs, some 15 ms.

    Whatever goes wrong in the other process is done once more in this one, which says what it is.
    """
    if not worth or not _can_fork():
        return aside(), here
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)  # else an answer that nobody waits for any more would wait for its reader
        _answer(aside, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            made = here()
            answer = pipe.read()
    finally:
        _, status = os.waitpid(child, 0)
    found = aside() if status else pickle.loads(answer)  # noqa: S301  # our own process wrote it
    return found, lambda: made


def _can_fork() -> bool:
    """Only where nothing goes on beside: a service has threads, and keeps layouts for its next sheet."""
    return not sheet_kept.lasting and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


def _answer(work: Callable[[], object], writing: int) -> NoReturn:
    try:
        answer = pickle.dumps(work(), protocol=pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
    except BaseException:  # the end of this process is all that the other one has to know
        os._exit(1)
    os._exit(0)
