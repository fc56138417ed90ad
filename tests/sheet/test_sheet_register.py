"""The register in the form of Appendix 6: its signatures never stand without organisations above them."""

from __future__ import annotations

import io
import re

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace
from pypdf import PdfReader

from geoservice import i18n
from geoservice.model import Participant
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.scheme.scale import FrameRequest


def registered(count: int) -> tuple[Participant, ...]:
    """The demo's organisations, then invented ones with addresses as long as theirs."""
    known = scenes.demo_participants()
    more = scenes.stress(200)[: max(0, count - len(known))]
    further = (
        replace(
            one, legal_address=like.legal_address, actual_address=like.actual_address, website=like.website
        )
        for one, like in zip(more, known * 10, strict=False)
    )
    return (*known, *further)[:count]


def form_pages(count: int, paper: str, orientation: str, lang: str = "az") -> list[str]:
    scene = scenes.scene(
        registered(count), lang=lang, request=FrameRequest(paper=paper, orientation=orientation)
    )
    options = SheetOptions(appendix6=True, details="no")
    pages = PdfReader(io.BytesIO(render_sheet(scene, options=options, catalog=scenes.catalog()))).pages
    texts = [page.extract_text() for page in pages]
    title = i18n.text(lang, "sheet.word.register")
    return texts[max(n for n, text in enumerate(texts) if title in text) :]


def numbers(text: str) -> list[int]:
    return [int(found) for found in re.findall(r"^(\d+) [“\w]", text, re.MULTILINE)]


@pytest.mark.parametrize(
    ("count", "paper", "orientation", "lang"),
    [
        (1, "A3", "portrait", "az"),
        (28, "A4", "landscape", "az"),
        (28, "A4", "portrait", "ru"),
        (31, "A3", "landscape", "en"),
        (87, "A3", "landscape", "az"),
        (92, "A3", "landscape", "az"),
        (100, "A4", "landscape", "ru"),
    ],
)
def test_the_signatures_stand_below_organisations(
    count: int, paper: str, orientation: str, lang: str
) -> None:
    pages = form_pages(count, paper, orientation, lang)
    signed = [i18n.text(lang, "sheet.signature.sign") in page for page in pages]
    assert signed == [False] * (len(pages) - 1) + [True]
    assert len(numbers(pages[-1])) >= min(count, 2)
    assert [n for page in pages for n in numbers(page)] == list(range(1, count + 1))
    # Each page has the heads of its columns, and no more of the form than one table.
    head = i18n.text(lang, "sheet.form.tax_number")
    assert [" ".join(page.split()).count(head) for page in pages] == [1] * len(pages)


def test_a_short_register_that_needs_two_pages_fills_them() -> None:
    first, second = form_pages(28, "A4", "landscape")
    assert len(numbers(second)) >= 7
    assert len(numbers(first)) > len(numbers(second))
