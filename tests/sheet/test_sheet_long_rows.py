"""Rows taller than a column: set in several rows, each numbered and said to go on; nothing is lost."""

from __future__ import annotations

import io
import re

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace
from pypdf import PdfReader

from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.scheme.scale import FrameRequest

CONTINUED = {"az": "(davamı)", "en": "(continued)", "ru": "(продолжение)"}
#: 1,990 letters: as long as a value of a register may be.
LONG = " ".join(f"söz{i:03}" for i in range(285))


def pages(lang: str, paper: str, *, spaced: bool = True) -> list[str]:
    first, *others = scenes.demo_participants()
    text = LONG if spaced else LONG.replace(" ", "")
    tall = replace(first, specialisation=text, legal_address=text)
    scene = scenes.scene((tall, *others), lang=lang, request=FrameRequest(paper=paper))
    pdf = render_sheet(scene, options=SheetOptions(appendix6=True), catalog=scenes.catalog())
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(("lang", "paper"), [("az", "A3"), ("en", "A4"), ("ru", "A3")])
def test_a_row_taller_than_a_column_goes_on_under_its_number(lang: str, paper: str) -> None:
    whole = pages(lang, paper)
    assert all(len(page) > 100 for page in whole)
    together = "\n".join(whole)
    assert together.count(CONTINUED[lang]) == 8  # four rows more in the table and in the form
    assert len(re.findall(rf"\b1\s*{re.escape(CONTINUED[lang])}", together)) == 8
    for i in range(285):
        assert together.count(f"söz{i:03}") >= 3  # the table, and two columns of the form


def test_a_word_that_is_as_long_is_broken_between_rows_too() -> None:
    together = "".join("".join(pages("az", "A3", spaced=False)).split()).replace("\u200b", "")
    assert together.count("(davamı)") >= 8
    assert together.count("söz") >= 3 * 280


def test_usual_rows_are_not_said_to_go_on() -> None:
    pdf = render_sheet(scenes.demo(), options=SheetOptions(appendix6=True), catalog=scenes.catalog())
    assert "(davamı)" not in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_the_form_has_every_column_of_the_register_and_explains_its_marks(lang: str) -> None:
    first, *others = scenes.demo_participants()
    whole = replace(
        first, agreement="Müqavilə 77/A", founding_documents="Nizamnamə 88/B", state_registration="Qeyd 99/C"
    )
    scene = scenes.scene((whole, *others), lang=lang)
    pdf = render_sheet(scene, options=SheetOptions(appendix6=True), catalog=scenes.catalog())
    form = " ".join(PdfReader(io.BytesIO(pdf)).pages[-1].extract_text().split())
    for text in ("Müqavilə 77/A", "Nizamnamə 88/B", "Qeyd 99/C"):
        assert text in form
    for mark in scene.signs.values():
        if mark.kind == "mark":
            assert mark.title in form
