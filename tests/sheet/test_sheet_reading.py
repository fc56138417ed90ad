"""The sheet as others read it: Poppler's text, a screen reader's tags, a scanner's code, boxes."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import sheet_scenes as scenes
import zxingcpp
from msgspec.structs import replace
from PIL import Image

from geoservice import i18n
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.render.sheet_verify import register_code
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.sheet_metrics import PAPERS

URL = "https://klaster.example.az/clusters/abseron-kimya"
LETTERS = {
    "az": "Əə Ğğ Iı İi Öö Şş Üü Çç Qq Xx",
    "ru": "ЁёЙйЩщЪъЫыЭэЮюЯя Ҝҝ Ҹҹ Һһ Ғғ",
    "en": "ffi fl ff ffl fi fj Th tt",
}


def sheet(scene: Any, **options: Any) -> bytes:
    return render_sheet(scene, options=SheetOptions(url=URL, **options), catalog=scenes.catalog())


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


def poppler(pdf: bytes, *arguments: str) -> str:
    command = ["pdftotext", "-enc", "UTF-8", *arguments, "-", "-"]
    return subprocess.run(command, input=pdf, check=True, capture_output=True).stdout.decode()


def elements(pdf: bytes) -> Iterator[tuple[str, Any]]:
    """The structure elements in reading order: kind and dictionary."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        waiting = [document.Root.StructTreeRoot]
        while waiting:
            item = waiting.pop()
            if "/S" in item:
                yield str(item.S)[1:], item
            below = item.get("/K", pikepdf.Array())
            below = list(below) if isinstance(below, pikepdf.Array) else [below]
            waiting += [k for k in reversed(below) if isinstance(k, pikepdf.Dictionary) and "/MCID" not in k]


@pytest.fixture(scope="module")
def demo() -> bytes:
    return sheet(scenes.demo(), appendix6=True, verdict_page=True)


# -- text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", list(LETTERS))
def test_poppler_reads_every_letter_of_every_text(lang: str) -> None:
    odd = replace(
        scenes.demo_participants()[0], name=f"“{LETTERS['az']}” {LETTERS['ru']}", specialisation=LETTERS["en"]
    )
    scene = scenes.scene((odd, *scenes.demo_participants()[1:]), lang=lang)
    text = squeeze(poppler(sheet(scene, appendix6=True)))
    for member in scene.members:
        assert squeeze(member.name) in text, member.name
        assert squeeze(member.specialisation) in text, member.specialisation
    for letters in LETTERS.values():
        assert squeeze(letters) in text
    # No ligature and no letter without a meaning.
    assert not [c for c in text if "\ufb00" <= c <= "\ufb06" or "\ue000" <= c <= "\uf8ff" or c == "\ufffd"]
    for entry in (entry for group in scene.legend for entry in group.entries):
        if entry.kind in ("sign", "mark"):
            assert squeeze(entry.title) in text, entry.title


def test_labels_on_the_map_are_text_where_they_stand(demo: bytes) -> None:
    """A town's name is found in the frame of the map, as words with boxes."""
    boxes = ET.fromstring(poppler(demo, "-bbox", "-f", "1", "-l", "1"))
    words = [w for w in boxes.iter() if w.tag.endswith("word") and (w.text or "").startswith("Maştağa")]
    with pikepdf.open(io.BytesIO(demo)) as document:
        left, bottom, right, top = (float(v) for v in document.pages[0].VP[0].BBox)
        height = float(document.pages[0].MediaBox[3])
    assert words
    for word in words:
        assert left < float(word.attrib["xMin"]) < float(word.attrib["xMax"]) < right
        assert height - top < float(word.attrib["yMin"]) < float(word.attrib["yMax"]) < height - bottom


# -- tags ---------------------------------------------------------------------------------------------------


def test_the_map_and_its_insets_have_texts_of_their_own(demo: bytes) -> None:
    texts = [str(item.Alt) for kind, item in elements(demo) if kind == "Figure"]
    scene = scenes.demo()
    assert scene.cluster_title in texts[0]
    assert "1:400\u00a0000" in texts[0]
    assert texts[1:3] == [
        i18n.text("az", "sheet.word.inset_alt", letter="A", scale="1:15\u00a0000"),
        i18n.text("az", "sheet.word.inset_alt", letter="B", scale="1:50\u00a0000"),
    ]
    assert all(texts)
    assert f"{i18n.text('az', 'sheet.word.code')} {register_code(scene)}" in texts


def test_what_is_read_out_comes_in_a_sensible_order(demo: bytes) -> None:
    kinds = [kind for kind, _ in elements(demo)]
    assert kinds[:2] == ["Document", "H1"]
    headings = [kind for kind in kinds if kind.startswith("H") and kind[1:].isdigit()]
    assert set(headings) == {"H1", "H2"}
    # The title, then the map, then its legend, then the table; degrees at the frame are not read out.
    assert kinds.index("H1") < kinds.index("Figure") < kinds.index("H2") < kinds.index("Table")
    tables = [item for kind, item in elements(demo) if kind == "Table"]
    assert tables
    rows = kinds.count("TR")
    assert kinds.count("TH") > 0
    assert rows > len(scenes.demo_participants())


def test_bookmarks_lead_to_every_part_and_page(demo: bytes) -> None:
    with pikepdf.open(io.BytesIO(demo)) as document, document.open_outline() as outline:
        pages = {page.objgen: number for number, page in enumerate(document.pages)}
        top = [(item.title, pages[_target(item).objgen]) for item in outline.root]
        parts = {child.title for item in outline.root for child in item.children}
    words = {word: i18n.text("az", f"sheet.word.{word}") for word in ("register", "verdict", "legend")}
    assert [number for _, number in top] == [0, 1, 2]
    assert [title for title, _ in top][1:] == [words["register"], words["verdict"]]
    assert words["legend"] in parts
    assert len(parts) >= 5


def _target(item: pikepdf.OutlineItem) -> Any:
    place = item.destination if item.destination is not None else item.action.D
    assert isinstance(place, pikepdf.Array)
    return place[0]


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_the_file_says_its_language_and_title(lang: str) -> None:
    scene = scenes.scene(scenes.demo_participants()[:3], lang=lang)
    with pikepdf.open(io.BytesIO(sheet(scene))) as document, document.open_metadata() as meta:
        assert str(document.Root.Lang) == lang
        assert meta["dc:title"] == str(document.docinfo["/Title"])
        assert scene.cluster_title in meta["dc:title"]
        assert lang in list(meta["dc:language"])


# -- paper --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", list(PAPERS))
def test_every_box_of_every_page_is_the_paper(paper: str) -> None:
    scene = scenes.demo(request=FrameRequest(paper=paper))
    made = sheet(scene, verdict_page=True)
    sides = {round(side, 1) for side in PAPERS[paper]}
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.pages) >= 2
        for page in document.pages:
            boxes = [page.mediabox, page.cropbox, page.trimbox, page.bleedbox, page.artbox]
            for box in boxes:
                size = [float(v) * 25.4 / 72 for v in box]
                assert size[:2] == [0, 0]
                assert {round(side, 1) for side in size[2:]} == sides
            assert "/Rotate" not in page.obj


# -- the code -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "options", "address"),
    [
        (FrameRequest(), {}, URL),
        (FrameRequest(paper="A4"), {}, URL),
        (FrameRequest(paper="A0"), {}, URL),
        (FrameRequest(), {"url": ""}, ""),
    ],
    ids=["A3", "A4", "A0", "without an address"],
)
def test_the_printed_code_is_read_by_a_scanner(
    request_: FrameRequest, options: dict[str, str], address: str
) -> None:
    scene = scenes.demo(request=request_)
    made = SheetOptions(**{"url": URL, **options}, format="png", dpi=150)  # type: ignore[arg-type]
    picture = Image.open(io.BytesIO(render_sheet(scene, options=made, catalog=scenes.catalog()))).convert("L")
    found = [code for code in zxingcpp.read_barcodes(picture) if code.format == zxingcpp.BarcodeFormat.QRCode]
    assert [code.text for code in found] == [address or register_code(scene)]


# -- the same bytes -----------------------------------------------------------------------------------------

AGAIN = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import sheet_scenes as scenes
from geoservice.render.sheet import SheetOptions, render_sheet
scene = scenes.demo()
for standard in ("a-2a", "a-4"):
    made = render_sheet(scene, options=SheetOptions(standard=standard), catalog=scenes.catalog())
    print(hashlib.sha256(made).hexdigest())
"""


def test_the_same_bytes_in_every_process_and_time_zone() -> None:
    made = set()
    for seed, zone, language in (("1", "Pacific/Kiritimati", "C"), ("77", "Pacific/Pago_Pago", "C.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language}
        folder = str(Path(__file__).parent)
        done = subprocess.run(
            [sys.executable, "-c", AGAIN, folder], env=environment, check=True, capture_output=True
        )
        made.add(done.stdout)
    assert len(made) == 1


def test_another_day_changes_only_what_says_the_day() -> None:
    scene = scenes.demo()
    later = replace(scene, as_of=scene.as_of.replace(day=23))
    first, second = sheet(scene), sheet(later)
    assert first != second
    one, other = squeeze(poppler(first)), squeeze(poppler(second))
    assert one.replace("22.11.2026", "23.11.2026") == other
