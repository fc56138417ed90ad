"""Uploaded files that wait: whose they are, how many, how long; nothing outlives its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from geoservice.errors import (
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    PermissionDeniedError,
    RevisionConflictError,
    TooLargeError,
)
from geoservice.model import Principal, PrincipalRole
from geoservice.register.mending import Mending
from geoservice.service import GeoService, drafts
from geoservice.service.core import Options
from geoservice.service.drafts import Choices, Drafts
from geoservice.store.memory import MemoryStore

FILE = "Adı;Təşkilatın növü;VÖEN\nPolimer;Digər təşkilat;9999100011\nBoru;Zavod;9999100021\n".encode()
ANNA, BABEK = (Principal(name, PrincipalRole.EDITOR) for name in ("anna", "babek"))


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def desk() -> Iterator[Drafts]:
    service = GeoService(MemoryStore(), Options(max_upload_bytes=2000))
    service.create_cluster(ANNA, "k", {"title": "K"})
    made = Drafts(service, Clock())
    yield made
    made.close()


def test_a_draft_is_its_owners_alone(desk: Drafts) -> None:
    draft = desk.stage(ANNA, "k", "a.csv", FILE)
    assert desk.get(ANNA, "k", draft.id) is draft and desk.of(ANNA, "k") == [draft]
    assert desk.of(BABEK, "k") == []
    with pytest.raises(NotFoundError):
        desk.get(BABEK, "k", draft.id)
    with pytest.raises(PermissionDeniedError):
        desk.stage(Principal("x", PrincipalRole.VIEWER), "k", "a.csv", FILE)


def test_nothing_outlives_its_end(desk: Drafts) -> None:
    dropped, old = desk.stage(ANNA, "k", "a.csv", FILE), desk.stage(ANNA, "k", "b.csv", FILE)
    for draft in (dropped, old):
        desk.wait(draft)
    desk.drop(dropped)
    desk.now.seconds = drafts.LIFETIME_S + 1  # type: ignore[attr-defined]
    assert desk.of(ANNA, "k") == []
    for draft in (dropped, old):
        assert draft.file.closed and draft.checked is None
        with pytest.raises(NotFoundError):
            desk.get(ANNA, "k", draft.id)


def test_size_and_number_are_limited(desk: Drafts) -> None:
    with pytest.raises(TooLargeError):
        desk.stage(ANNA, "k", "a.csv", b"x" * 2001)
    made = [desk.stage(ANNA, "k", f"{n}.csv", FILE) for n in range(drafts.MOST_OF_ONE + 2)]
    assert desk.of(ANNA, "k") == made[:1:-1] or len(desk.of(ANNA, "k")) == drafts.MOST_OF_ONE
    assert made[0].file.closed
    with pytest.raises(LimitExceededError):
        for n in range(40):
            desk.stage(Principal(f"p{n}", PrincipalRole.EDITOR), "k", "a.csv", FILE.ljust(1990))


def test_what_was_seen_is_what_is_saved(desk: Drafts) -> None:
    draft = desk.stage(ANNA, "k", "a.csv", FILE)
    seen = desk.look(draft)
    assert seen.report.taken == 1 and seen.names()["added"] == ["Polimer"]
    desk.change(draft, Choices(mending=Mending({(3, "Təşkilatın növü"): "Digər təşkilat"})))
    desk.wait(draft)
    with pytest.raises(RevisionConflictError):
        desk.save(ANNA, draft, draft.version - 1)
    assert desk.service.store.revision("k") == 0
    desk.save(ANNA, draft, draft.version)
    desk.wait(draft)
    assert draft.state == "saved" and draft.file.closed
    desk.save(ANNA, draft, draft.version)  # a second click does nothing
    assert desk.service.store.revision("k") == 1
    assert len(desk.service.store.register("k").participants) == 2
    with pytest.raises(InvalidInputError):
        desk.change(draft, Choices())


def test_a_result_that_is_no_longer_held_is_worked_out_again(desk: Drafts) -> None:
    people = [Principal(f"p{n}", PrincipalRole.EDITOR) for n in range(drafts.MOST_RESULTS + 2)]
    made = [desk.stage(person, "k", "a.csv", FILE) for person in people]
    for draft in made:
        desk.wait(draft)
    assert sum(draft.checked is not None for draft in made) <= drafts.MOST_RESULTS
    assert all(desk.look(draft).report.read == 2 for draft in made)


def test_a_file_that_cannot_be_read_says_why(desk: Drafts) -> None:
    draft = desk.stage(ANNA, "k", "a.csv", b"salam\n")
    desk.wait(draft)
    assert draft.state == "failed" and draft.error is not None
    with pytest.raises(InvalidInputError):
        desk.look(draft)


def test_the_file_has_no_name_in_the_file_system(desk: Drafts, tmp_path: Path) -> None:
    draft = desk.stage(ANNA, "k", "../../etc/passwd", FILE)
    assert isinstance(draft.file.name, int)  # a number of an open file, not a path
