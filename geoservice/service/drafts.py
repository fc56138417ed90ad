"""Registers on their way in: an uploaded file waits until its owner has looked at it and said yes.

A draft lives in this process only. Its bytes are in a file without a name, which the system takes back when
the draft ends or the process does, however it ends. It belongs to who uploaded it, ends when it is saved,
dropped, or has not been touched for ``LIFETIME_S``, and each owner has at most ``MOST_OF_ONE``.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import IO, TYPE_CHECKING, Any

from geoservice.errors import (
    GeoserviceError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    RevisionConflictError,
    TooLargeError,
)
from geoservice.model import Change, Principal, PrincipalRole, Register
from geoservice.register.mending import NOTHING, Mending, check_extent
from geoservice.service.registers import import_changes

if TYPE_CHECKING:
    from geoservice.register.reader import ReadResult
    from geoservice.register.report import ImportReport
    from geoservice.service.facade import GeoService

LIFETIME_S = 2 * 3600.0
MOST_OF_ONE = 5
#: Room for all drafts together, in files of the largest size.
MOST_FILES = 8
#: Results that are held; older ones are worked out anew from their file.
MOST_RESULTS = 4
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Choices:
    """What the owner decided about a file: how its columns are meant, and what is mended or left out."""

    mapping: dict[str, str] = field(default_factory=dict)
    default_crs: str = ""
    replace: bool = False
    mending: Mending = NOTHING


@dataclass(frozen=True, slots=True)
class Checked:
    """What an import would do: the file as read, the register it was held against, the changes."""

    result: ReadResult
    before: Register
    changes: tuple[Change, ...]
    choices: Choices

    @property
    def report(self) -> ImportReport:
        """The report of the check."""
        return self.result.report

    @property
    def after(self) -> Register:
        """The register as it would be."""
        members = {p.id: p for p in self.before.participants}
        for change in self.changes:
            if change.participant is None:
                members.pop(change.id, None)
            else:
                members[change.id] = change.participant
        return replace(self.before, participants=tuple(members.values()))

    def names(self) -> dict[str, list[str]]:
        """Names of the organisations that would be added, changed and removed."""
        known = {p.id: p for p in self.before.participants}
        found: dict[str, list[str]] = {"added": [], "changed": [], "removed": []}
        for change in self.changes:
            if change.participant is None:
                found["removed"].append(known[change.id].full_name)
            else:
                found["changed" if change.id in known else "added"].append(change.participant.full_name)
        return found


@dataclass(slots=True)
class Draft:
    """An uploaded file. ``version`` counts its checks: what is saved is what was seen."""

    id: str
    cluster: str
    owner: str
    filename: str
    size: int
    file: IO[bytes]
    touched: float
    choices: Choices = field(default_factory=Choices)
    version: int = 0
    progress: float = 0.0
    job: Future[Any] | None = None
    checked: Checked | None = None
    error: GeoserviceError | None = None
    outdated: bool = False
    saved: ImportReport | None = None

    @property
    def state(self) -> str:
        """One of "working", "failed", "checked", "saved"."""
        if self.job is not None and not self.job.done():
            return "working"
        if self.saved is not None:
            return "saved"
        broken = self.job is not None and self.job.exception() is not None
        return "failed" if broken or self.error is not None else "checked"


class Drafts:
    """All drafts of this process."""

    def __init__(self, service: GeoService, now: Callable[[], float] = time.monotonic) -> None:
        self.service = service
        self.now = now
        self._held: dict[str, Draft] = {}
        self._lock = RLock()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="draft")

    def close(self) -> None:
        """Forget all drafts."""
        self._workers.shutdown(cancel_futures=True)
        with self._lock:
            for draft in list(self._held.values()):
                self._end(draft)

    def stage(self, principal: Principal, cluster: str, filename: str, data: bytes) -> Draft:
        """Take a file in and begin to check it; nothing of it is kept in the register.

        Raises:
            NotFoundError: there is no such cluster.
            TooLargeError: more bytes than may be sent.
            LimitExceededError: all room for drafts is taken.
        """
        self.service.authorise(principal, PrincipalRole.EDITOR)
        self.service.store.cluster(cluster)
        limit = self.service.options.max_upload_bytes
        if len(data) > limit:
            raise TooLargeError("body_too_large", limit=limit // (1024 * 1024))
        with self._lock:
            self._make_room(principal.name, len(data))
            file = tempfile.TemporaryFile(prefix="geoservice-draft-")  # noqa: SIM115 - closed when the draft ends
            file.write(data)
            name, made = filename[:200], secrets.token_urlsafe(12)
            draft = Draft(made, cluster, principal.name, name, len(data), file, self.now())
            self._held[draft.id] = draft
        self._check(draft, Choices())
        return draft

    def of(self, principal: Principal, cluster: str) -> list[Draft]:
        """One's own unfinished drafts of a cluster, newest first."""
        with self._lock:
            self._sweep()
            mine = [d for d in self._held.values() if (d.owner, d.cluster) == (principal.name, cluster)]
        return sorted((d for d in mine if d.state != "saved"), key=lambda d: -d.touched)

    def get(self, principal: Principal, cluster: str, draft_id: str) -> Draft:
        """One's own draft.

        Raises:
            NotFoundError: it has ended, or is somebody else's.
        """
        self.service.authorise(principal, PrincipalRole.EDITOR)
        with self._lock:
            self._sweep()
            draft = self._held.get(draft_id)
            if draft is None or (draft.owner, draft.cluster) != (principal.name, cluster):
                raise NotFoundError("register.error.draft_gone")
            draft.touched = self.now()
        return draft

    def change(self, draft: Draft, choices: Choices) -> None:
        """Check the file again with other choices.

        Raises:
            LimitExceededError: more mended cells than can be meant.
            InvalidInputError: it is saved already.
        """
        check_extent(choices.mending)
        self._check(draft, choices)

    def look(self, draft: Draft) -> Checked:
        """What the import would do; worked out again if it is no longer held.

        Raises:
            GeoserviceError: the file cannot be read with the choices made.
        """
        if draft.checked is None and draft.error is None and draft.saved is None:
            self._check(draft, draft.choices)
            self.wait(draft)
        checked = draft.checked
        if checked is not None:
            return checked
        if draft.job is not None:
            draft.job.result()  # raises what nobody expected
        raise draft.error or NotFoundError("register.error.draft_gone")

    def save(self, principal: Principal, draft: Draft, version: int) -> None:
        """Begin to bring the file into the register; a register changed meanwhile is checked against first.

        Raises:
            RevisionConflictError: another version of the draft was looked at.
        """
        if draft.state in ("saved", "working"):
            return
        checked = self.look(draft)
        with self._lock:
            if draft.state in ("saved", "working"):
                return
            if version != draft.version:
                raise RevisionConflictError("register.error.draft_changed")
            draft.progress = 0.5
            draft.job = self._workers.submit(self._save, principal, draft, checked)

    def drop(self, draft: Draft) -> None:
        """End a draft: its file is gone."""
        with self._lock:
            self._end(draft)

    @staticmethod
    def wait(draft: Draft, seconds: float | None = None) -> None:
        """Wait for what is under way."""
        if draft.job is not None:
            wait([draft.job], timeout=seconds)

    # -- parts -----------------------------------------------------------------------------------------

    def _check(self, draft: Draft, choices: Choices) -> None:
        with self._lock:
            if draft.saved is not None:
                raise InvalidInputError("register.error.draft_saved")
            draft.version += 1
            draft.choices, draft.progress, draft.error = choices, 0.0, None
            draft.job = self._workers.submit(self._read, draft, choices, draft.version)

    def _read(self, draft: Draft, choices: Choices, version: int) -> None:
        def progress(share: float) -> None:
            draft.progress = share

        try:
            checked = self._held_against(draft, choices, progress)
        except GeoserviceError as error:
            with self._lock:
                if draft.version == version:
                    draft.error = error
            return
        with self._lock:
            if draft.version == version:
                draft.checked, draft.progress = checked, 1.0
                self._forget_results(draft)

    def _held_against(self, draft: Draft, choices: Choices, progress: Callable[[float], None]) -> Checked:
        store = self.service.store
        cluster, current = store.cluster(draft.cluster), store.register(draft.cluster)
        with self._lock:
            if draft.file.closed:
                raise NotFoundError("register.error.draft_gone")
            draft.file.seek(0)
            data = draft.file.read()
        result = self.service.read_file(
            cluster, current, draft.filename, data, choices.mapping, choices.default_crs or None,
            choices.mending, progress,
        )  # fmt: skip
        changes = tuple(import_changes(result, current, choices.replace))
        report = replace(result.report, dry_run=True, revision=current.revision)
        return Checked(replace(result, report=report), current, changes, choices)

    def _save(self, principal: Principal, draft: Draft, checked: Checked) -> None:
        store, revision = self.service.store, checked.before.revision
        report = replace(checked.report, dry_run=False)
        try:
            if checked.changes:
                who, why = principal.name, draft.filename
                made = store.apply(draft.cluster, checked.changes, by=who, reason=why, expected=revision)
                report = replace(report, revision=made.number)
            store.record_import(draft.cluster, report.as_dict("az"), by=principal.name)
        except RevisionConflictError:
            draft.outdated = True
            draft.version += 1
            self._read(draft, draft.choices, draft.version)
            return
        except GeoserviceError as error:
            draft.error = error
            return
        draft.saved, draft.checked = replace(report, problems=()), None
        draft.file.close()

    def _forget_results(self, latest: Draft) -> None:
        holding = sorted((d for d in self._held.values() if d.checked), key=lambda d: d.touched)
        for draft in holding[: max(0, len(holding) - MOST_RESULTS)]:
            if draft is not latest:
                draft.checked = None

    def _sweep(self) -> None:
        for draft in list(self._held.values()):
            if self.now() - draft.touched > LIFETIME_S:
                self._end(draft)

    def _make_room(self, owner: str, size: int) -> None:
        self._sweep()
        mine = sorted((d for d in self._held.values() if d.owner == owner), key=lambda d: d.touched)
        for draft in mine[: max(0, len(mine) - MOST_OF_ONE + 1)]:
            self._end(draft)
        room = MOST_FILES * self.service.options.max_upload_bytes
        if sum(d.size for d in self._held.values() if not d.file.closed) + size > room:
            raise LimitExceededError("register.error.drafts_full")

    def _end(self, draft: Draft) -> None:
        self._held.pop(draft.id, None)
        draft.checked = None
        draft.file.close()
