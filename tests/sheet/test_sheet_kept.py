"""What is kept of one sheet for the next never shows: the bytes are those of a fresh process."""

from __future__ import annotations

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace

from geoservice.render import sheet_base, sheet_insets, sheet_layout
from geoservice.render.sheet import render_sheet
from geoservice.render.sheet_kept import Kept

KEPT = (
    sheet_base._BASES, sheet_insets._LAND, sheet_layout._INSETS, sheet_layout._SIGNS, sheet_layout._MAPS
)  # fmt: skip
CHANGES = {
    "name": {"name": "“Yeni Ad” MMC"},
    "specialisation": {"specialisation": "Yeni ixtisaslaşma"},
    "type": {"organisation_type": "design_bureau"},
    "marks": {"marks": ("founder",)},
    "place": {"longitude": 49.7123, "latitude": 40.4321},
    "no place": {"longitude": None, "latitude": None},
}


def forget() -> None:
    for kept in KEPT:
        kept.clear()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_member_gives_the_sheet_of_a_fresh_process(change):
    people = scenes.demo_participants()
    kinds = {person.organisation_type for person in people}
    if "organisation_type" in change:
        change = {"organisation_type": next(iter(sorted(kinds - {people[3].organisation_type})))}
    changed = scenes.scene((*people[:3], replace(people[3], **change), *people[4:]))
    before = scenes.demo()
    forget()
    render_sheet(before, catalog=scenes.catalog())
    after = render_sheet(changed, catalog=scenes.catalog())
    forget()
    assert render_sheet(changed, catalog=scenes.catalog()) == after
    assert render_sheet(before, catalog=scenes.catalog()) != after


def test_signs_are_not_set_again_for_another_name(monkeypatch):
    people = scenes.demo_participants()
    render_sheet(scenes.scene(people), catalog=scenes.catalog())
    monkeypatch.setattr(sheet_layout._Pen, "_signs", None)
    renamed = replace(people[5], name="“Başqa Ad” ASC")
    assert render_sheet(scenes.scene((*people[:5], renamed, *people[6:])), catalog=scenes.catalog())


def test_the_oldest_is_forgotten_first():
    kept: Kept[list[str]] = Kept(2)
    first = kept.get("a", lambda: ["a"])
    kept.get("b", lambda: ["b"])
    assert kept.get("a", lambda: ["new"]) is first
    kept.get("c", lambda: ["c"])
    assert kept.get("b", lambda: ["again"]) == ["again"]
    kept.clear()
    assert kept.get("a", lambda: ["new"]) == ["new"]
