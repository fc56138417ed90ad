"""What a list of changes comes to: pure, the same in every back end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from msgspec import Struct

from geoservice.errors import InvalidInputError, NotFoundError, RevisionConflictError
from geoservice.model import Change
from geoservice.store.documents import Encoded, encode


class Outcome(Struct, frozen=True):
    """The net effect of changes on a register.

    ``removed`` leave their place; ``replaced`` keep it; ``added`` stand at the end, in order. Who is taken
    out and put in again stands in both ``removed`` and ``added``. A put that changes nothing stands nowhere.
    """

    removed: tuple[str, ...]
    replaced: Mapping[str, Encoded]
    added: Mapping[str, Encoded]

    @property
    def summary(self) -> dict[str, int]:
        """How many were added, changed and removed, seen from before and after."""
        again = len(self.added.keys() & set(self.removed))
        return {
            "added": len(self.added) - again,
            "changed": len(self.replaced) + again,
            "removed": len(self.removed) - again,
        }


def settle(cluster: str, changes: Sequence[Change], before: Mapping[str, Encoded]) -> Outcome:
    """Work out what changes, done one after another, come to.

    Args:
        cluster: code, for the error.
        changes: in order; several may concern the same participant.
        before: the current participants among those that ``changes`` name (more do no harm).

    Raises:
        NotFoundError: one removes who is not there; code "store.participant_not_found".
        InvalidInputError: a participant cannot be kept, or a put is not of the participant it names.
    """
    removed: dict[str, None] = {}
    replaced: dict[str, Encoded] = {}
    added: dict[str, Encoded] = {}
    for change in changes:
        kept = change.id in before and change.id not in removed
        if change.kind == "remove":
            if not kept and change.id not in added:
                raise NotFoundError("store.participant_not_found", cluster=cluster, participant=change.id)
            added.pop(change.id, None)
            replaced.pop(change.id, None)
            if kept:
                removed[change.id] = None
        else:
            (replaced if kept else added)[change.id] = _encode_put(change)
    replaced = {key: value for key, value in replaced.items() if value != before[key]}
    return Outcome(tuple(removed), replaced, added)


def _encode_put(change: Change) -> Encoded:
    if change.participant is None or change.participant.id != change.id:
        found = change.participant.id if change.participant else "—"
        raise InvalidInputError("store.change_mismatch", participant=change.id, found=found)
    return encode(change.participant)


def check_expected(expected: int | None, actual: int) -> None:
    """Raise RevisionConflictError unless nothing or the actual revision is expected."""
    if expected is not None and expected != actual:
        raise RevisionConflictError("store.revision_conflict", expected=expected, actual=actual)


def check_question(revision: int | None, as_of: dt.datetime | None) -> None:
    """Raise InvalidInputError if a register is asked for both at a revision and at a moment."""
    if revision is not None and as_of is not None:
        raise InvalidInputError("store.revision_and_moment")
