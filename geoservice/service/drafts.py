"""Registers on their way in: an uploaded file waits until its owner has looked at it and said yes.

A draft lies on the store's shelf (:mod:`geoservice.store.shelf`), so any process that serves the store can
go on with it, after a restart too. It belongs to who uploaded it, ends when it is saved, dropped, or has not
been touched for ``LIFETIME_S``, and each owner has at most ``MOST_OF_ONE``; then its file is overwritten.

What an import would do follows from the file, the choices and the revision of the register that they are held
against. So each process that is asked works it out for itself, and all come to the same.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import RLock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from geoservice.errors import (
    GeoserviceError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    RevisionConflictError,
    StoreError,
    TooLargeError,
)
from geoservice.model import Principal, PrincipalRole
from geoservice.register.mending import check_extent
from geoservice.service.draft import Checked, Draft
from geoservice.service.draft_notes import Choices, Notes
from geoservice.service.registers import import_changes
from geoservice.store.shelf import Waiting

if TYPE_CHECKING:
    from geoservice.register.report import ImportReport
    from geoservice.service.facade import GeoService

LIFETIME_S = 2 * 3600.0
#: How often a draft that is looked at is noted as touched.
TOUCH_EVERY_S = 60.0
#: A save that was begun so long ago has ended with its process.
SAVING_S = 300.0
MOST_OF_ONE = 5
#: Room for all drafts together, in files of the largest size.
MOST_FILES = 8
#: Results that a process holds; older ones are worked out anew from their file.
MOST_RESULTS = 4
WORKERS = 2


class Drafts:
    """The drafts of a store, as one of the processes that serve it sees them."""

    def __init__(self, service: GeoService, now: Callable[[], float] = time.time) -> None:
        self.service = service
        self.shelf = service.store.shelf
        self.now = now
        self._held: dict[str, Draft] = {}
        self._lock = RLock()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="draft")

    def close(self) -> None:
        """End the work; the drafts stay on the shelf."""
        self._workers.shutdown(cancel_futures=True)

    def stage(self, principal: Principal, cluster: str, filename: str, data: bytes) -> Draft:
        """Take a file in and begin to check it; nothing of it is kept in the register.

        Raises:
            NotFoundError: there is no such cluster.
            TooLargeError: more bytes than may be sent.
            LimitExceededError: all room for drafts is taken.
            StoreError: nothing can be kept, so nothing could be saved either.
        """
        self.service.authorise(principal, PrincipalRole.EDITOR)
        store, limit = self.service.store, self.service.options.max_upload_bytes
        against = store.revision(cluster)
        if store.read_only:
            raise StoreError("store.read_only", store=cluster, why=os.strerror(errno.EROFS))
        if len(data) > limit:
            raise TooLargeError("body_too_large", limit=limit // (1024 * 1024))
        name = filename[:200].encode(errors="replace").decode()
        document, made, now = Notes(name).written(), secrets.token_urlsafe(12), self.now()
        with self._lock:
            self._make_room(principal.name, len(data))
            kept = Waiting(made, cluster, principal.name, len(data), now, 1, against, "open", now, document)
            self.shelf.put(kept, data)
            draft = self._held[made] = Draft.of(kept)
            self._start(draft)
        return draft

    def of(self, principal: Principal, cluster: str) -> list[Draft]:
        """One's own unfinished drafts of a cluster, newest first."""
        mine = [w for w in self.sweep() if (w.owner, w.cluster) == (principal.name, cluster)]
        return [Draft.of(w) for w in sorted(mine, key=lambda w: -w.touched) if w.state != "saved"]

    def get(self, principal: Principal, cluster: str, draft_id: str) -> Draft:
        """One's own draft; its check begins here if this process has not done it.

        Raises:
            NotFoundError: it has ended, or is somebody else's.
        """
        self.service.authorise(principal, PrincipalRole.EDITOR)
        self.sweep()
        kept = self.shelf.get(draft_id)
        if kept is None or (kept.owner, kept.cluster) != (principal.name, cluster):
            raise NotFoundError("register.error.draft_gone")
        now = self.now()
        if now - kept.touched > TOUCH_EVERY_S:
            self.shelf.touch(draft_id, now)
        if kept.state == "saving" and now - kept.since > SAVING_S:
            self.shelf.swap(kept, replace(kept, state="open"))
            kept = self.shelf.get(draft_id) or kept
        return self._known(kept)

    def _known(self, kept: Waiting) -> Draft:
        """The draft as this process holds it, brought up to what lies on the shelf."""
        with self._lock:
            draft = self._held.setdefault(kept.id, Draft.of(kept))
            newer = draft.job is None or draft.version != kept.version
            draft.take(kept)
            if kept.state == "saved":
                draft.checked = None
            elif kept.state == "open" and newer:
                self._start(draft)
        return draft

    def change(self, draft: Draft, choices: Choices) -> None:
        """Check the file again with other choices.

        Raises:
            LimitExceededError: more mended cells than can be meant.
            InvalidInputError: it is saved already.
            RevisionConflictError: it was changed in another window meanwhile.
        """
        check_extent(choices.mending)
        if draft.kept.state != "open":
            raise InvalidInputError("register.error.draft_saved")
        good = draft.checked.choices if draft.checked and not draft.error else draft.notes.good
        notes = replace(draft.notes, choices=choices, good=good, outdated=False, refused=None)
        with self._lock:
            if not self._renew(draft, notes, self.service.store.revision(draft.cluster)):
                raise RevisionConflictError("register.error.draft_changed")
            self._start(draft)

    def look(self, draft: Draft) -> Checked:
        """What the import would do; worked out again if it is no longer held.

        Raises:
            GeoserviceError: the file cannot be read with the choices made.
        """
        self.wait(draft)
        if draft.checked is None and draft.error is None and draft.saved is None:
            with self._lock:
                if draft.job is None or draft.job.done():
                    self._start(draft)
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
            GeoserviceError: the file cannot be read with the choices made.
        """
        if draft.kept.state != "open":  # a second click
            return
        if version != draft.version:
            raise RevisionConflictError("register.error.draft_changed")
        checked = self.look(draft)
        if draft.error is not None:
            raise draft.error
        document = replace(draft.notes, refused=None).written()
        begun = replace(draft.kept, state="saving", since=self.now(), document=document)
        with self._lock:
            if not self.shelf.swap(draft.kept, begun):
                now = self.shelf.get(draft.id)
                if now is not None and now.state == "open":
                    raise RevisionConflictError("register.error.draft_changed")
                return  # another worker was first
            draft.take(begun)
            draft.progress = 0.5
            draft.job = self._workers.submit(self._save, principal, draft, checked)

    def drop(self, draft: Draft) -> None:
        """End a draft: its file is gone."""
        self.shelf.remove([draft.id])
        with self._lock:
            self._held.pop(draft.id, None)

    def sweep(self) -> list[Waiting]:
        """End the drafts whose time is over, whichever process took them in; return the others."""
        waiting, now = self.shelf.all(), self.now()
        over = [w.id for w in waiting if now - w.touched > LIFETIME_S]
        if not self.service.store.read_only:  # else whoever writes it does
            self.shelf.remove(over)
        left = [w for w in waiting if w.id not in over]
        with self._lock:
            for gone in self._held.keys() - {w.id for w in left}:
                self._held.pop(gone).checked = None
        return left

    @staticmethod
    def wait(draft: Draft, seconds: float | None = None) -> None:
        """Wait for what is under way here."""
        if draft.job is not None:
            wait([draft.job], timeout=seconds)

    # -- parts -----------------------------------------------------------------------------------------

    def _start(self, draft: Draft) -> None:
        draft.progress, draft.error = 0.0, None
        draft.job = self._workers.submit(self._read, draft, draft.kept, draft.notes)

    def _renew(self, draft: Draft, notes: Notes, against: int) -> bool:
        """Put another version of a draft on the shelf, unless somebody else did."""
        kept, version = draft.kept, draft.version + 1
        new = replace(kept, version=version, against=against, state="open", document=notes.written())
        if self.shelf.swap(kept, new):
            draft.take(new)
            return True
        return False

    def _read(self, draft: Draft, kept: Waiting, notes: Notes) -> None:
        def progress(share: float) -> None:
            draft.progress = share

        checked, error = draft.checked, None
        try:
            checked = self._held_against(kept, notes, notes.choices, progress)
        except GeoserviceError as caught:
            error = caught
            if checked is None and notes.good is not None:  # for the form to go back to
                checked = self._held_against(kept, notes, notes.good, progress)
        with self._lock:
            if draft.version == kept.version and draft.saved is None:
                draft.error, draft.checked, draft.progress = error, checked, 1.0
                self._forget_results(draft)

    def _held_against(
        self, kept: Waiting, notes: Notes, choices: Choices, progress: Callable[[float], None]
    ) -> Checked:
        store = self.service.store
        cluster = store.cluster(kept.cluster)
        before = store.register(kept.cluster, revision=kept.against)
        data = self.shelf.data(kept.id)
        if data is None:
            raise NotFoundError("register.error.draft_gone")
        result = self.service.read_file(
            cluster, before, notes.filename, data, choices.mapping, choices.default_crs or None,
            choices.mending, progress,
        )  # fmt: skip
        changes = tuple(import_changes(result, before, choices.replace))
        report = replace(result.report, dry_run=True, revision=before.revision)
        return Checked(replace(result, report=report), before, changes, choices)

    def _save(self, principal: Principal, draft: Draft, checked: Checked) -> None:
        store, revision, begun = self.service.store, checked.before.revision, draft.kept
        report = replace(checked.report, dry_run=False)
        try:
            if checked.changes:
                who, why = principal.name, draft.filename
                made = store.apply(draft.cluster, checked.changes, by=who, reason=why, expected=revision)
                report = replace(report, revision=made.number)
            store.record_import(draft.cluster, report.as_dict("az"), by=principal.name)
        except RevisionConflictError:
            if self._renew(draft, replace(draft.notes, outdated=True), store.revision(draft.cluster)):
                self._read(draft, draft.kept, draft.notes)
            return
        except GeoserviceError as error:
            notes = replace(draft.notes, refused=(error.code, dict(error.params)))
            again = replace(begun, state="open", document=notes.written())
            if self.shelf.swap(begun, again):
                draft.take(again)
            return
        self._note_saved(draft, replace(report, problems=()))

    def _note_saved(self, draft: Draft, report: ImportReport) -> None:
        """Note the end, whatever another process made of a draft that it took for given up."""
        document = replace(draft.notes, choices=Choices(), good=None, saved=report).written()
        kept: Waiting | None = draft.kept
        while kept is not None:
            done = replace(kept, state="saved", size=0, document=document)
            if self.shelf.swap(kept, done):
                draft.take(done)
                break
            kept = self.shelf.get(draft.id)
        draft.checked = None

    def _forget_results(self, latest: Draft) -> None:
        others = [d for d in self._held.values() if d.checked and d is not latest]
        others.sort(key=lambda d: d.kept.touched, reverse=True)
        for draft in others[MOST_RESULTS - 1 :]:
            draft.checked = None

    def _make_room(self, owner: str, size: int) -> None:
        waiting = self.sweep()
        mine = sorted((w for w in waiting if w.owner == owner), key=lambda w: w.touched)
        ended = [w.id for w in mine[: max(0, len(mine) - MOST_OF_ONE + 1)]]
        room = MOST_FILES * self.service.options.max_upload_bytes
        if sum(w.size for w in waiting if w.id not in ended) + size > room:
            raise LimitExceededError("register.error.drafts_full")
        self.shelf.remove(ended)
