"""What was worked out for a sheet and can serve the next one: kept by content, the latest first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")

#: Whether there will be a next sheet; without one, what was kept only takes memory.
lasting = True
_ALL: WeakSet[Kept[Any]] = WeakSet()


def forget() -> None:
    """Forget everything that is kept for sheets."""
    for kept in _ALL:
        kept.clear()


class Kept(Generic[T]):
    """The results used last, by key; whatever decides a result has to be in its key.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()
        _ALL.add(self)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under a key, made if it is not there; the same key gives the same object."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            made = self._held.setdefault(key, made)
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process goes what was made, not what is kept for the next time.
        return Kept, (self._most,)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
