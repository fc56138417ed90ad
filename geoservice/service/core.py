"""What every use case shares: the store, the catalogue, permissions, and what was worked out before."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from geoservice.errors import InvalidInputError, PermissionDeniedError
from geoservice.languages import DEFAULT_TIME_ZONE
from geoservice.model import Principal, PrincipalRole
from geoservice.service.clock import Clock

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.render.sheet_worker import SheetWorker
    from geoservice.store.base import Store

T = TypeVar("T")

CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


#: How soon a file that was laid into the operator's folders is noticed.
RESTAT_AFTER_S = 1.0


class Options(Struct, frozen=True):
    """What the operator decides for the whole service.

    ``data`` is the folder that holds the operator's own ``layers/`` and ``styles/``.
    """

    data: Path | None = None
    max_upload_bytes: int = 50 * 1024 * 1024
    public_personal_data: bool = False
    public_url: str = ""
    sheet_seconds: float = 0.0  # limits of a sheet, rendered in a process of its own; 0 for no such process
    sheet_megabytes: int = 0
    time_zone: str = DEFAULT_TIME_ZONE


class Memo:
    """Remembers the latest results by key; a key is worked out once even when many ask at the same time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: dict[Any, Any] = {}
        self._guards: dict[Any, RLock] = {}
        self._lock = RLock()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()

    def peek(self, key: Any) -> Any:
        """Return what is held for the key, or ``None``."""
        with self._lock:
            return self._held.get(key)

    def get(self, key: Any, make: Callable[[], T]) -> T:
        """Return what is held for the key, else make and hold it. What ``make`` raises is not remembered."""
        with self._lock:
            if key in self._held:
                self._held[key] = self._held.pop(key)
                return self._held[key]  # type: ignore[no-any-return]
            guard = self._guards.setdefault(key, RLock())
        with guard:
            with self._lock:
                if key in self._held:
                    return self._held[key]  # type: ignore[no-any-return]
            try:
                value = make()
            finally:
                with self._lock:
                    self._guards.pop(key, None)
            with self._lock:
                self._held[key] = value
                while len(self._held) > self._size:
                    self._held.pop(next(iter(self._held)))
            return value


class Core:
    """Base of the use cases.

    Args:
        store: where clusters and registers are kept.
        options: the operator's decisions.
    """

    def __init__(self, store: Store, options: Options | None = None) -> None:
        self.store = store
        self.options = options or Options()
        self.clock = Clock(self.options.time_zone)
        self._catalog: tuple[Any, Catalog] | None = None
        self._catalog_lock = RLock()
        self._stamp: tuple[tuple[str, int], ...] = ()
        self._stamped_at = float("-inf")
        self._stamped_folders: tuple[int, ...] = ()
        self.memo = Memo(400)
        self.sheet_worker = self._sheet_worker()

    def _sheet_worker(self) -> SheetWorker | None:
        if not self.options.sheet_seconds:
            return None
        from geoservice.render.sheet_worker import SheetWorker

        extra = (self.options.data,) if self.options.data else ()
        return SheetWorker(extra, seconds=self.options.sheet_seconds, megabytes=self.options.sheet_megabytes)

    def close(self) -> None:
        """Release the store and the process that draws."""
        if self.sheet_worker is not None:
            self.sheet_worker.close()
        self.store.close()

    @property
    def catalog(self) -> Catalog:
        """The catalogue; read anew when a file was added to or changed in the operator's folders.

        Raises:
            CatalogError: a file is wrong.
        """
        stamp = self.catalog_key
        with self._catalog_lock:
            if self._catalog is None or self._catalog[0] != stamp:
                from geoservice.catalog import Catalog

                self._catalog = (stamp, Catalog([self.options.data] if self.options.data else []))
            return self._catalog[1]

    @property
    def catalog_key(self) -> object:
        """Part of the key of whatever was made from the catalogue: another one when a file has changed."""
        now, folders = time.monotonic(), self._folders_stamp()
        if now - self._stamped_at > RESTAT_AFTER_S or folders != self._stamped_folders:
            self._stamp, self._stamped_at, self._stamped_folders = self._catalog_stamp(), now, folders
        return self._stamp

    def forget_catalog(self) -> None:
        """Look at the operator's folders at the next question, not only after a second."""
        self._stamped_at = float("-inf")

    def _folders_stamp(self) -> tuple[int, ...]:
        """Changes when a file is added or removed, so that a layer is at every worker as soon as at one."""
        if self.options.data is None:
            return ()
        found = []
        for name in ("layers", "styles"):
            try:
                found.append((self.options.data / name).stat().st_mtime_ns)
            except FileNotFoundError:
                found.append(0)
        return tuple(found)

    def _catalog_stamp(self) -> tuple[tuple[str, int], ...]:
        if self.options.data is None:
            return ()
        files = (f for name in ("layers", "styles") for f in (self.options.data / name).glob("**/*"))
        return tuple(sorted((str(file), file.stat().st_mtime_ns) for file in files if file.is_file()))

    @staticmethod
    def authorise(principal: Principal, role: PrincipalRole) -> None:
        """Raise unless the principal's role includes ``role``.

        Raises:
            PermissionDeniedError: it does not.
        """
        if not principal.may(role):
            raise PermissionDeniedError("permission_denied", needed=role.value, has=principal.role.value)


def check_code(code: str) -> str:
    """Return a cluster code if it is one.

    Raises:
        InvalidInputError: it is not: lower-case Latin letters, digits and hyphens, at most 63.
    """
    if not CODE.fullmatch(code):
        raise InvalidInputError("cluster_code", value=code)
    return code
