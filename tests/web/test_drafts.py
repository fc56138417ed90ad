"""Uploaded files that wait: whose they are, how many, how long; nothing outlives its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

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
from geoservice.service.draft import Draft
from geoservice.service.draft_notes import Choices
from geoservice.service.drafts import Drafts
from geoservice.store.memory import MemoryStore
from geoservice.store.opening import open_store

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
    assert desk.get(ANNA, "k", draft.id) is draft and [d.id for d in desk.of(ANNA, "k")] == [draft.id]
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
    assert desk.shelf.all() == ()
    for draft in (dropped, old):
        assert desk.shelf.data(draft.id) is None
        with pytest.raises(NotFoundError):
            desk.get(ANNA, "k", draft.id)


def test_size_and_number_are_limited(desk: Drafts) -> None:
    with pytest.raises(TooLargeError):
        desk.stage(ANNA, "k", "a.csv", b"x" * 2001)
    made = [desk.stage(ANNA, "k", f"{n}.csv", FILE) for n in range(drafts.MOST_OF_ONE + 2)]
    assert {draft.id for draft in desk.of(ANNA, "k")} == {draft.id for draft in made[2:]}
    assert desk.shelf.data(made[0].id) is None
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
    assert draft.state == "saved" and desk.shelf.data(draft.id) is None
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
    for draft in made:  # the one worked out last may be the one touched first
        assert desk.look(draft).report.read == 2
        assert sum(other.checked is not None for other in made) <= drafts.MOST_RESULTS


def test_a_file_that_cannot_be_read_says_why(desk: Drafts) -> None:
    draft = desk.stage(ANNA, "k", "a.csv", b"salam\n")
    desk.wait(draft)
    assert draft.state == "failed" and draft.error is not None
    with pytest.raises(InvalidInputError):
        desk.look(draft)


# -- several processes over one store ----------------------------------------------------------------------


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Drafts, Drafts]]:
    """The drafts as two workers see them; each has its own service over the same folder."""
    services = [GeoService(open_store(tmp_path), Options(data=tmp_path)) for _ in range(2)]
    services[0].create_cluster(ANNA, "k", {"title": "K"})
    made = [Drafts(service, Clock()) for service in services]
    yield made[0], made[1]
    for desk, service in zip(made, services, strict=True):
        desk.close()
        service.close()


def mended(value: str = "Digər təşkilat") -> Choices:
    return Choices(mending=Mending({(3, "Təşkilatın növü"): value}))


def seen_by(desk: Drafts, draft_id: str) -> Draft:
    draft = desk.get(ANNA, "k", draft_id)
    desk.wait(draft)
    return draft


def test_another_worker_goes_on_with_a_draft(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    taken_up = seen_by(two, staged.id)
    assert two.look(taken_up).names() == one.look(staged).names()
    two.change(taken_up, mended())
    two.wait(taken_up)
    again = seen_by(one, staged.id)
    assert again.version == taken_up.version == 2
    assert one.look(again).report.taken == 2
    one.save(ANNA, again, 2)
    one.wait(again)
    done = seen_by(two, staged.id)
    assert done.state == "saved" and done.saved is not None and done.saved.taken == 2
    assert two.service.store.revision("k") == 1 and two.shelf.data(staged.id) is None
    with pytest.raises(NotFoundError):
        two.get(BABEK, "k", staged.id)


def test_what_is_saved_is_what_was_seen_at_another_worker(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    assert one.look(staged).names()["added"] == ["Polimer"]
    one.service.import_register(BABEK, "k", "b.csv", FILE)  # meanwhile somebody saves the same
    other = seen_by(two, staged.id)
    assert two.look(other).before.revision == 0  # what Anna saw, not what there is now
    two.save(ANNA, other, other.version)
    two.wait(other)
    assert other.outdated and other.state == "checked" and other.version == 2
    back = seen_by(one, staged.id)
    assert back.outdated and one.look(back).changes == ()
    assert one.service.store.revision("k") == 1


def test_only_one_of_two_windows_changes_a_version(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    other = seen_by(two, staged.id)
    one.change(staged, mended())
    with pytest.raises(RevisionConflictError):
        two.change(other, mended("Zavod"))
    assert seen_by(two, staged.id).choices == mended()


def test_two_clicks_at_two_workers_save_once(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    one.wait(staged)
    other = seen_by(two, staged.id)
    one.save(ANNA, staged, 1)
    two.save(ANNA, other, 1)
    for desk, draft in ((one, staged), (two, other)):
        desk.wait(draft)
    assert one.service.store.revision("k") == 1
    assert len(one.service.imports(ANNA, "k")) == 1


def test_choices_that_cannot_be_read_leave_the_form_everywhere(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    one.wait(staged)
    one.change(staged, Choices(mapping={"VÖEN": "no such field"}))
    other = seen_by(two, staged.id)
    assert other.state == "failed" and other.error is not None
    assert other.checked is not None and other.checked.choices == Choices()


def test_a_save_whose_process_ended_can_be_begun_again(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    one.wait(staged)
    assert one.shelf.swap(staged.kept, replace(staged.kept, state="saving", since=0.0))
    assert two.get(ANNA, "k", staged.id).state == "working"
    two.now.seconds = drafts.SAVING_S + 1  # type: ignore[attr-defined]
    other = seen_by(two, staged.id)
    two.save(ANNA, other, other.version)
    two.wait(other)
    assert other.state == "saved" and two.service.store.revision("k") == 1


def test_what_the_store_refuses_is_told_by_every_worker(pair: tuple[Drafts, Drafts]) -> None:
    one, two = pair
    staged = one.stage(ANNA, "k", "a.csv", FILE)
    one.wait(staged)
    one.service.delete_cluster(Principal("op", PrincipalRole.OPERATOR), "k")
    one.save(ANNA, staged, 1)
    one.wait(staged)
    refused = seen_by(two, staged.id).refused
    assert refused is not None and refused.code == "store.cluster_not_found"


def test_drafts_outlive_a_restart_and_leave_nothing_behind(tmp_path: Path) -> None:
    def opened() -> GeoService:
        return GeoService(open_store(tmp_path), Options(data=tmp_path))

    first = opened()
    first.create_cluster(ANNA, "k", {"title": "K"})
    staged = first.drafts.stage(ANNA, "k", "a.csv", FILE.replace(b"Boru", b"Gizli telefon"))
    first.close()
    shelf = next(tmp_path.glob("*-drafts*"))
    assert shelf.stat().st_mode & 0o077 == 0 and b"Gizli telefon" in shelf.read_bytes()
    second = opened()
    draft = second.drafts.get(ANNA, "k", staged.id)
    assert second.drafts.look(draft).report.read == 2
    second.drafts.drop(draft)
    second.close()
    assert b"Gizli telefon" not in b"".join(file.read_bytes() for file in tmp_path.glob("*draft*"))
