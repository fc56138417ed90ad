"""PNG and SVG by the same road: exact sizes at any resolution, text that is text, errors that are said."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import sheet_scenes as scenes
from fastapi.testclient import TestClient
from PIL import Image

import geoservice.render.sheet as render
from geoservice.errors import InvalidInputError
from geoservice.i18n import message
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.sheet_metrics import PAPERS

SVG = "{http://www.w3.org/2000/svg}"
DEMO = "/api/v1/clusters/simal-cenub"


def sheet(scene: Any, **options: Any) -> bytes:
    return render_sheet(scene, options=SheetOptions(**options), catalog=scenes.catalog())


@pytest.fixture(scope="module")
def few() -> Any:
    return scenes.scene(scenes.demo_participants()[:6])


@pytest.mark.parametrize("dpi", [36, 72, 96, 100, 150, 299, 300, 600])
def test_a_png_has_the_pixels_of_its_paper_at_any_resolution(few: Any, dpi: int) -> None:
    made = sheet(few, format="png", dpi=dpi)
    Image.MAX_IMAGE_PIXELS, limit = None, Image.MAX_IMAGE_PIXELS
    try:
        size = Image.open(io.BytesIO(made)).size
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    wide, high = (side / 25.4 * dpi for side in PAPERS["A3"])
    wanted = (wide, high) if few.frame.landscape == (wide > high) else (high, wide)
    assert size == pytest.approx(wanted, abs=1)


@pytest.mark.parametrize("paper", list(PAPERS))
def test_a_png_of_every_paper(paper: str) -> None:
    scene = scenes.demo(request=FrameRequest(paper=paper, orientation="landscape"))
    size = Image.open(io.BytesIO(sheet(scene, format="png", dpi=50))).size
    sides = sorted((side / 25.4 * 50 for side in PAPERS[paper]), reverse=True)
    assert size == pytest.approx(tuple(sides), abs=1)


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_png_and_pdf_show_the_same(lang: str) -> None:
    scene = scenes.demo(lang)
    drawn = Image.open(io.BytesIO(sheet(scene, format="png", dpi=60))).convert("L")
    command = ["pdftoppm", "-r", "60", "-f", "1", "-singlefile", "-gray"]
    poppler = subprocess.run(command, input=sheet(scene), check=True, capture_output=True).stdout
    other = Image.open(io.BytesIO(poppler)).convert("L").resize(drawn.size)
    small = [picture.resize((100, 70), Image.Resampling.BOX) for picture in (drawn, other)]
    apart = [abs(a - b) for a, b in zip(*(picture.tobytes() for picture in small), strict=True)]
    assert sum(apart) / len(apart) < 4
    assert max(apart) < 60


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_an_svg_is_well_formed_and_has_the_size_of_its_paper(lang: str) -> None:
    root = ET.fromstring(sheet(scenes.demo(lang), format="svg"))
    assert root.tag == f"{SVG}svg"
    _, _, wide, high = (float(value) for value in root.attrib["viewBox"].split())
    assert [wide * 25.4 / 72, high * 25.4 / 72] == pytest.approx([420, 297], abs=0.1)
    assert not [item for item in root.iter() if item.tag in (f"{SVG}script", f"{SVG}foreignObject")]
    links = [value for item in root.iter() for key, value in item.attrib.items() if key.endswith("href")]
    assert all(link.startswith(("#", "data:")) for link in links)


def test_every_page_can_be_had_as_a_picture() -> None:
    scene = scenes.demo()
    pages = [sheet(scene, format="png", dpi=40, page=page, verdict_page=True) for page in (1, 2)]
    assert pages[0] != pages[1]
    with pytest.raises(InvalidInputError) as caught:
        sheet(scene, format="png", dpi=40, page=3, verdict_page=True)
    for lang in ("az", "en", "ru"):
        assert "2" in message(caught.value, lang)
        assert "3" in message(caught.value, lang)


@pytest.mark.parametrize("dpi", [0, 35, 601, -150])
def test_a_resolution_out_of_range_is_refused_with_the_range(few: Any, dpi: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        sheet(few, format="png", dpi=dpi)
    for lang in ("az", "en", "ru"):
        assert all(number in message(caught.value, lang) for number in ("36", "600", str(dpi)))


@pytest.mark.parametrize(
    "query", ["dpi=35", "dpi=601", "dpi=x", "page=0", "paper=B5", "standard=x-1", "page=99"]
)
def test_wrong_wishes_are_named_over_http(demo_client: TestClient, query: str) -> None:
    answer = demo_client.get(f"{DEMO}/scheme.png?{query}")
    assert answer.status_code == 422
    problem = answer.json()
    named = [item["name"] for item in problem.get("invalid_params", [])]
    assert any(query.partition("=")[0] in name for name in named) or problem["code"] == "sheet.page"


THREADS = """
import hashlib, sys
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, sys.argv[1])
import sheet_scenes as scenes
from geoservice.render.sheet import render_sheet
made = [scenes.demo(), scenes.scene(scenes.demo_participants()[:6]), scenes.scene(scenes.one_town())]
def digest(scene):
    return hashlib.sha256(render_sheet(scene, catalog=scenes.catalog())).hexdigest()
with ThreadPoolExecutor(6) as threads:
    together = list(threads.map(digest, made * 3))
assert together == [digest(scene) for scene in made] * 3
print("same")
"""


def test_the_first_sheets_of_a_process_may_be_made_at_once() -> None:
    """Faces, caches and the compiler are made at first use, and by several threads at the same time."""
    command = [sys.executable, "-c", THREADS, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "same\n", done.stderr


def refused(_name: str) -> int:
    raise PermissionError


@pytest.mark.parametrize("why", ["no names", "refused"])
def test_a_sheet_is_the_same_where_the_template_is_no_open_file(
    few: Any, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    named = sheet(few)
    if why == "refused":
        monkeypatch.setattr(os, "memfd_create", refused, raising=False)
    else:
        monkeypatch.setattr(render, "_NAMED", False)
    render._held.cache_clear()
    assert render._main(b"// a") == b"// a"
    assert sheet(few) == named


@pytest.mark.skipif(not render._NAMED, reason="open files have names on Linux alone")
def test_templates_no_longer_asked_for_leave_no_open_file() -> None:
    held = 0
    for number in range(20):
        render._main(f"// {number}".encode())
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # that of the listing itself
            held += "memfd:template" in str(handle.readlink())
    assert 0 < held <= 8
