"""The page of evidence on paper: every table, every figure and name of it, in three languages."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
import sheet_scenes as scenes
from pypdf import PdfReader

from geoservice.i18n import fold
from geoservice.model import LANGUAGES, LOCAL_OPERATOR
from geoservice.render.sheet_evidence import evidence_data
from geoservice.render.sheet_text import font_set
from geoservice.scheme.boxes import overlap
from geoservice.service import GeoService


def squeeze(text: str) -> str:
    """Without white space and case, which line breaks and headings change."""
    return re.sub(r"\s+", "", fold(unicodedata.normalize("NFC", text)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_of_the_evidence_is_on_its_page(demo_service: GeoService, lang: str) -> None:
    scene = demo_service.scene(LOCAL_OPERATOR, "simal-cenub", lang, evidence=True)
    made = demo_service.sheet(LOCAL_OPERATOR, "simal-cenub", lang, verdict_page=True)
    pages = PdfReader(io.BytesIO(made.prepared.body)).pages
    text = squeeze(" ".join(page.extract_text() for page in pages[1:]))
    for table in scene.evidence.tables:
        assert squeeze(table.title) in text
        for row in table.rows:
            for cell in row.cells:
                assert squeeze(cell) in text, (table.code, cell)


def test_the_map_draws_the_regions_of_the_table(demo_service: GeoService) -> None:
    scene = demo_service.scene(LOCAL_OPERATOR, "simal-cenub", "az", evidence=True)
    data = evidence_data(scene, font_set(scenes.catalog()), (150.0, 100.0), 1.0)
    (drawn,) = data["maps"]
    assert drawn["w"] <= 150.0 and drawn["h"] <= 100.0
    occupied = [r for r in scene.evidence.regions if r.state == "occupied"]
    texts = [run[0] for run in drawn["runs"]]
    assert {str(r.number) for r in occupied} <= set(texts)
    numbers = [run for run in drawn["runs"] if run[0].isdigit()]
    boxes = [(x, y - size * 0.7, x + 1.0, y) for _, x, y, size, *_ in numbers]
    assert not any(overlap(a, b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_key_of_the_map_explains_what_is_on_it(demo_service: GeoService) -> None:
    scene = demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", "en", evidence=True)
    data = evidence_data(scene, font_set(scenes.catalog()), (150.0, 100.0), 1.0)
    titles = [entry["title"] for entry in data["key"]]
    assert "common border that counts" in titles
    assert "region that would connect the parts" not in titles
