"""The Store protocol: what every storage back end promises. The contract tests run over all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from geoservice.model import Change, Cluster, Register, Revision
from geoservice.store.shelf import Shelf


class Store(Protocol):
    """Keeps clusters and their registers, with their whole history.

    A register's revision starts at 0 (empty) and grows by one with each :meth:`apply`, even one that changes
    nothing; every earlier revision can still be read. A code that is used again after its cluster was deleted
    goes on counting (both the description's revision and the register's), so that the same code and revision
    never mean two contents. All methods may be called from any thread.

    Every method that takes a code raises NotFoundError "store.cluster_not_found" (params cluster) if there is
    no such cluster, and every method StoreError if the store fails. Writing raises InvalidInputError
    "store.not_storable" or "store.coordinates" for values that cannot be kept as they are (NUL in a key, half
    a surrogate pair, NaN, one coordinate without the other), and then changes nothing.
    """

    #: Whether questions are answered from this machine's own disk or memory, without a server in between.
    in_process: bool
    #: Whether the store can only be read: writing raises StoreError "store.read_only".
    read_only: bool

    @property
    def shelf(self) -> Shelf:
        """Files that wait to be imported, seen by every process that serves this store."""
        ...

    def clusters(self) -> tuple[Cluster, ...]:
        """All clusters, by code."""
        ...

    def cluster(self, code: str) -> Cluster:
        """One cluster.

        Raises:
            NotFoundError: code "store.cluster_not_found", params cluster.
        """
        ...

    def create_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """Create a cluster, with revision 1 (for a code used before: the next one).

        Raises:
            ConflictError: code "store.cluster_exists", params cluster.
        """
        ...

    def update_cluster(self, cluster: Cluster, *, by: str) -> Cluster:
        """Replace a cluster's description if ``cluster.revision`` is still the stored one.

        Raises:
            NotFoundError: no such cluster.
            RevisionConflictError: code "store.revision_conflict", params expected, actual.
        """
        ...

    def delete_cluster(self, code: str, *, by: str, expected: int | None = None) -> None:
        """Remove a cluster with its register and history.

        Raises:
            NotFoundError: no such cluster.
            RevisionConflictError: ``expected`` is not the description's current revision.
        """
        ...

    def revision(self, code: str) -> int:
        """The register's current revision: cheap, the key of every cache."""
        ...

    def count(self, code: str) -> int:
        """How many participants the register has now, without reading them."""
        ...

    def register(
        self, code: str, *, revision: int | None = None, as_of: dt.datetime | None = None
    ) -> Register:
        """The register now, at a revision, or as it stood at a moment (timezone-aware).

        Participants are in the order in which they were added; a replaced one keeps its place, one that was
        removed and added again stands at the end. Before the first change it is empty and ``changed_at`` is
        ``None``.

        Raises:
            NotFoundError: no such cluster, or "store.revision_not_found" (params cluster, revision).
            InvalidInputError: both are given ("store.revision_and_moment"), or the moment has no time zone
                ("store.moment_without_zone").
        """
        ...

    def part(
        self, code: str, offset: int, limit: int | None = None, *, as_of: dt.datetime | None = None
    ) -> tuple[Register, int]:
        """A part of the register in its order, now or as it stood at a moment, and how many there are in all.

        ``offset`` participants come before the part, it holds ``limit`` at most. Raises as :meth:`register`.
        """
        ...

    def members(self, code: str, ids: Iterable[str]) -> Register:
        """The register now with none but the participants of these ids; unknown ids are passed over."""
        ...

    def apply(
        self, code: str, changes: Sequence[Change], *, by: str, reason: str, expected: int | None = None
    ) -> Revision:
        """Apply changes in one transaction: all or, whatever happens, none.

        They are done one after another, so the same participant may stand in several; the summary counts the
        net effect (``added``, ``changed``, ``removed``); a put of what is there already counts as nothing.

        Raises:
            NotFoundError: no such cluster, or a change removes what is not there
                ("store.participant_not_found", params cluster, participant).
            RevisionConflictError: ``expected`` is not the current revision.
            InvalidInputError: a put has no participant, or one with another id ("store.change_mismatch").
        """
        ...

    def history(self, code: str) -> tuple[Revision, ...]:
        """All revisions of a register, newest first."""
        ...

    def within(self, code: str, box: tuple[float, float, float, float]) -> tuple[str, ...]:
        """Ids of the current participants inside a box (min_lon, min_lat, max_lon, max_lat; EPSG:4326).

        Its edges belong to it; ids are in the order of addition.
        """
        ...

    def record_import(self, code: str, report: dict[str, Any], *, by: str) -> None:
        """Keep the report of an import (as :meth:`ImportReport.as_dict` in the default language)."""
        ...

    def imports(self, code: str) -> tuple[dict[str, Any], ...]:
        """Reports of earlier imports, newest first, each with ``at`` (ISO 8601) and ``by``."""
        ...

    def untouched(self) -> bool:
        """Whether no cluster was ever made in it, not even one that was deleted since."""
        ...

    def check(self) -> None:
        """Raise StoreError unless the store can be read and, if it is not ``read_only``, written."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...
