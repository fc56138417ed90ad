"""A store that lives in memory: for tests and trials. It keeps the same contract as those on disk."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from msgspec import Struct, field
from msgspec.structs import replace

from geoservice.errors import ConflictError, NotFoundError, StoreError
from geoservice.model import Change, Cluster, Register, Revision
from geoservice.store import documents
from geoservice.store.changes import check_expected, check_question, settle
from geoservice.store.shelf import MemoryShelf


class _Kept(Struct):
    """A cluster: ``states[n]`` is its register at revision ``start + n``, made by ``revisions[n - 1]``."""

    document: bytes
    revision: int
    start: int
    states: list[dict[str, documents.Encoded]] = field(default_factory=lambda: [{}])
    revisions: list[Revision] = field(default_factory=list)
    imports: list[bytes] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.start + len(self.revisions)


class MemoryStore:
    """The :class:`~geoservice.store.base.Store` protocol over dictionaries; nothing outlives the process.

    Args:
        now: clock, timezone-aware.
    """

    in_process = True
    read_only = False

    def __init__(self, *, now: Callable[[], dt.datetime] = documents.utc_now) -> None:
        self.shelf = MemoryShelf()
        self._now = now
        self._lock = threading.RLock()
        self._kept: dict[str, _Kept] = {}
        self._retired: dict[str, tuple[int, int]] = {}
        self._closed = False

    def clusters(self) -> tuple[Cluster, ...]:
        """See :meth:`Store.clusters`."""
        self.check()
        with self._lock:
            return tuple(self.cluster(code) for code in sorted(self._kept))

    def cluster(self, code: str) -> Cluster:
        """See :meth:`Store.cluster`."""
        with self._lock:
            kept = self._find(code)
            return documents.decode_cluster(kept.document, kept.revision)

    def create_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """See :meth:`Store.create_cluster`."""
        self.check()
        document, _ = documents.encode_cluster(cluster), documents.checked_text(by, "by")
        with self._lock:
            if cluster.code in self._kept:
                raise ConflictError("store.cluster_exists", cluster=cluster.code)
            revision, number = self._retired.get(cluster.code, (0, -1))
            self._kept[cluster.code] = _Kept(document, revision + 1, number + 1)
            return self.cluster(cluster.code)

    def update_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """See :meth:`Store.update_cluster`."""
        document, _ = documents.encode_cluster(cluster), documents.checked_text(by, "by")
        with self._lock:
            kept = self._find(cluster.code)
            check_expected(cluster.revision, kept.revision)
            kept.document, kept.revision = document, kept.revision + 1
            return self.cluster(cluster.code)

    def delete_cluster(self, code: str, *, by: str, expected: int | None = None) -> None:
        """See :meth:`Store.delete_cluster`."""
        documents.checked_text(by, "by")
        with self._lock:
            kept = self._find(code)
            check_expected(expected, kept.revision)
            self._retired[code] = (kept.revision, kept.number)
            del self._kept[code]

    def revision(self, code: str) -> int:
        """See :meth:`Store.revision`."""
        with self._lock:
            return self._find(code).number

    def register(
        self, code: str, *, revision: int | None = None, as_of: dt.datetime | None = None
    ) -> Register:
        """See :meth:`Store.register`."""
        check_question(revision, as_of)
        moment = documents.encode_moment(as_of) if as_of else None
        with self._lock:
            kept = self._find(code)
            index = len(kept.revisions) if revision is None else revision - kept.start
            if moment is not None:
                index = sum(documents.encode_moment(done.at) <= moment for done in kept.revisions)
            if not 0 <= index <= len(kept.revisions):
                raise NotFoundError("store.revision_not_found", cluster=code, revision=revision)
            state = kept.states[index]
            at = kept.revisions[index - 1].at if index else None
            number = kept.start + index
        return Register(code, number, at, tuple(documents.decode(*value) for value in state.values()))

    def part(
        self, code: str, offset: int, limit: int | None = None, *, as_of: dt.datetime | None = None
    ) -> tuple[Register, int]:
        """See :meth:`Store.part`."""
        whole = self.register(code, as_of=as_of)
        end = None if limit is None else offset + limit
        people = whole.participants
        return replace(whole, participants=people[offset:end]), len(people)

    def members(self, code: str, ids: Iterable[str]) -> Register:
        """See :meth:`Store.members`."""
        whole, wanted = self.register(code), frozenset(ids)
        chosen = tuple(p for p in whole.participants if p.id in wanted)
        return replace(whole, participants=chosen)

    def apply(
        self, code: str, changes: Sequence[Change], *, by: str, reason: str, expected: int | None = None
    ) -> Revision:
        """See :meth:`Store.apply`."""
        by, reason = documents.checked_text(by, "by"), documents.checked_text(reason, "reason")
        with self._lock:
            kept = self._find(code)
            check_expected(expected, kept.number)
            outcome = settle(code, changes, kept.states[-1])
            gone = set(outcome.removed)
            state = {key: value for key, value in kept.states[-1].items() if key not in gone}
            at = max([self._now().astimezone(dt.UTC), *(done.at for done in kept.revisions[-1:])])
            revision = Revision(code, kept.number + 1, at, by, reason, outcome.summary)
            kept.states.append({**state, **outcome.replaced, **outcome.added})
            kept.revisions.append(revision)
            return revision

    def history(self, code: str) -> tuple[Revision, ...]:
        """See :meth:`Store.history`."""
        with self._lock:
            return tuple(reversed(self._find(code).revisions))

    def count(self, code: str) -> int:
        """See :meth:`Store.count`."""
        with self._lock:
            return len(self._find(code).states[-1])

    def within(self, code: str, box: tuple[float, float, float, float]) -> tuple[str, ...]:
        """See :meth:`Store.within`."""
        min_lon, min_lat, max_lon, max_lat = box
        with self._lock:
            state = self._find(code).states[-1]
        points = ((name, documents.decode_point(point)) for name, (_, point) in state.items() if point)
        return tuple(
            name for name, (lon, lat) in points if min_lon <= lon <= max_lon and min_lat <= lat <= max_lat
        )

    def record_import(self, code: str, report: dict[str, Any], *, by: str) -> None:
        """See :meth:`Store.record_import`."""
        documents.dump(report, "report")
        at, by = documents.encode_moment(self._now()), documents.checked_text(by, "by")
        with self._lock:
            self._find(code).imports.append(documents.dump({**report, "at": at, "by": by}, "report"))

    def imports(self, code: str) -> tuple[dict[str, Any], ...]:
        """See :meth:`Store.imports`."""
        with self._lock:
            return tuple(orjson.loads(report) for report in reversed(self._find(code).imports))

    def untouched(self) -> bool:
        """See :meth:`Store.untouched`."""
        with self._lock:
            return not self._kept and not self._retired

    def check(self) -> None:
        """See :meth:`Store.check`."""
        if self._closed:
            raise StoreError("store.closed", store="memory")

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._closed = True

    def _find(self, code: str) -> _Kept:
        self.check()
        try:
            return self._kept[code]
        except KeyError:
            raise NotFoundError("store.cluster_not_found", cluster=code) from None
