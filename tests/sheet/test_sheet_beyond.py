"""A sheet of a part of the territory: those outside are named in a refusal, or listed with their numbers."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from typing import Any

import pytest
import sheet_scenes as scenes
from pypdf import PdfReader

from geoservice import i18n
from geoservice.errors import InvalidInputError
from geoservice.i18n import message
from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.render.sheet_verify import register_code
from geoservice.scheme.scale import FrameRequest

TOWN = (49.5, 40.4, 49.75, 40.7)
EMPTY_SEA = (50.6, 40.6, 50.9, 40.8)


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text)).replace("\u200b", "")


def data(scene: Any, **options: Any) -> dict[str, Any]:
    inputs, _ = prepare(scene, SheetOptions(**options), scenes.catalog())
    return json.loads(inputs["data"])


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
@pytest.mark.parametrize("template", ["scheme", "map-only"])
def test_those_outside_the_extent_are_listed_with_their_numbers(lang: str, template: str) -> None:
    whole = scenes.demo(lang)
    part = scenes.demo(lang, request=FrameRequest(extent=TOWN, beyond="list"), template=template)
    assert 0 < len(part.beyond) < len(part.members)
    assert [(m.id, m.number) for m in part.members] == [(m.id, m.number) for m in whole.members]
    assert register_code(part) == register_code(whole), "the sheet still shows the same register"
    made = data(part, template=template)
    assert [row["number"] for row in made["beyond"]] == [m.number for m in part.beyond]
    rows = [row["number"] for group in made["table"] for row in group["rows"]]
    rows += [row["number"] for row in (*made["beyond"], *made["unplaced"])]
    assert sorted(rows) == [m.number for m in part.members]
    pdf = render_sheet(part, options=SheetOptions(template=template), catalog=scenes.catalog())
    text = squeeze("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)).upper()
    for member in part.beyond:
        assert squeeze(member.name).upper() in text
    title = i18n.text(lang, "sheet.word.beyond")
    title = title.replace("i", "İ") if lang == "az" else title
    assert squeeze(title).upper() in text


def test_the_legend_explains_only_what_the_part_shows() -> None:
    part = scenes.demo(request=FrameRequest(extent=TOWN, beyond="list"))
    shown = {m.type_code for m in part.placed}
    away = {m.type_code for m in part.beyond} - shown
    assert away, "a type that stands outside only"
    signs = {e.ref for group in part.legend for e in group.entries if e.kind == "sign"}
    assert signs == shown


def test_a_fixed_scale_may_list_them_too_and_says_how_many() -> None:
    part = scenes.demo("en", request=FrameRequest(denominator=25_000, beyond="list"))
    assert part.beyond
    assert i18n.text("en", "sheet.reason.listed", n=len(part.beyond)) in part.frame.reason
    render_sheet(part, catalog=scenes.catalog())


def test_an_extent_without_anybody_lists_everybody() -> None:
    part = scenes.demo(request=FrameRequest(extent=EMPTY_SEA, beyond="list"))
    assert len(part.beyond) + len(part.unplaced) == len(part.members)
    made = data(part)
    assert made["table"] == []
    assert len(made["beyond"]) + len(made["unplaced"]) == len(part.members)
    render_sheet(part, catalog=scenes.catalog())


def test_where_all_stand_inside_nothing_is_listed() -> None:
    part = scenes.demo(request=FrameRequest(extent=(49.0, 39.9, 50.7, 40.9), beyond="list"))
    assert not part.beyond
    assert data(part)["beyond"] == []


def test_by_default_they_are_named_and_the_way_out_is_told() -> None:
    with pytest.raises(InvalidInputError) as caught:
        scenes.demo(request=FrameRequest(extent=TOWN))
    for lang in ("az", "en", "ru"):
        said = message(caught.value, lang)
        assert "Sarıqum Sement" in said
        assert "beyond=list" in said
