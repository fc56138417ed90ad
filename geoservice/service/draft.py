"""One uploaded file that waits: what lies on the shelf, and what an import of it would do."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice.errors import GeoserviceError, StoreError
from geoservice.model import Change, Register
from geoservice.service.draft_notes import Choices, Notes
from geoservice.store.shelf import Waiting

if TYPE_CHECKING:
    from geoservice.register.reader import ReadResult
    from geoservice.register.report import ImportReport


class Checked(Struct, frozen=True):
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


class Draft(Struct):
    """An uploaded file as this process knows it: what lies on the shelf, and what was worked out here."""

    kept: Waiting
    notes: Notes
    progress: float = 0.0
    job: Future[Any] | None = None
    checked: Checked | None = None
    error: GeoserviceError | None = None

    @classmethod
    def of(cls, kept: Waiting) -> Draft:
        """A draft of which only what lies on the shelf is known."""
        return cls(kept, Notes.read(kept.document))

    def take(self, kept: Waiting) -> None:
        """Take over what lies on the shelf now."""
        self.kept, self.notes = kept, Notes.read(kept.document)

    @property
    def id(self) -> str:
        """What names it in addresses."""
        return self.kept.id

    @property
    def cluster(self) -> str:
        """Code of the cluster it is for."""
        return self.kept.cluster

    @property
    def filename(self) -> str:
        """The file's name, as its owner calls it."""
        return self.notes.filename

    @property
    def version(self) -> int:
        """Counts its checks: what is saved is what was seen."""
        return self.kept.version

    @property
    def choices(self) -> Choices:
        """What its owner decided about the file."""
        return self.notes.choices

    @property
    def outdated(self) -> bool:
        """Whether the register was changed by others since it was looked at."""
        return self.notes.outdated

    @property
    def saved(self) -> ImportReport | None:
        """What was saved of it."""
        return self.notes.saved

    @property
    def refused(self) -> GeoserviceError | None:
        """Why the store did not take it when it was to be saved."""
        return StoreError(self.notes.refused[0], **self.notes.refused[1]) if self.notes.refused else None

    @property
    def state(self) -> str:
        """One of "working", "failed", "checked", "saved"."""
        if self.kept.state == "saved":
            return "saved"
        if self.kept.state == "saving" or (self.job is not None and not self.job.done()):
            return "working"
        broken = self.job is not None and self.job.exception() is not None
        return "failed" if broken or self.error is not None else "checked"
