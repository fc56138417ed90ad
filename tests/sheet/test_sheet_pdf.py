"""The sheet read back: text, fonts, tags, pages, scale, georeference, the same bytes."""

from __future__ import annotations

import io
import re
import unicodedata

import pikepdf
import pypdf
import pytest
import sheet_scenes as scenes
from msgspec.structs import replace
from pypdf import PdfReader
from pyproj import CRS, Transformer

from geoservice.errors import InvalidInputError, RenderError
from geoservice.i18n import message
from geoservice.model import Participant
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.render.sheet_verify import read_stamp, register_code
from geoservice.scheme.scale import FrameRequest, scale_text

MM = 72 / 25.4
HOSTILE = "$x$ #let *b* _i_ <l> & \\ {{ 7*7 }} @ref `raw` [c] // c ~ ' \" %"


def sheet(scene, **options) -> bytes:
    return render_sheet(scene, options=SheetOptions(**options), catalog=scenes.catalog())


def text_of(pdf: bytes) -> str:
    reader = PdfReader(io.BytesIO(pdf))
    return squeeze(" ".join(page.extract_text() for page in reader.pages))


def squeeze(text: str) -> str:
    """Without white space, which line breaks change."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text))


@pytest.fixture(scope="module")
def demo() -> bytes:
    return sheet(scenes.demo(), code="AB12-CD34-EF56-0789", url="https://klaster.example.az/c/1")


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_every_member_and_every_letter_is_in_the_text(lang: str) -> None:
    scene = scenes.demo(lang)
    text = text_of(sheet(scene))
    for member in scene.members:
        assert squeeze(member.name) in text, member.name
    for needed in (scene.cluster_title, scale_text(scene.frame.denominator), "WGS 84 / UTM 39N"):
        assert squeeze(needed) in text
    for group in scene.legend:
        for entry in group.entries:
            if entry.kind in ("sign", "mark"):
                assert squeeze(entry.title) in text, entry.title
    assert not {"ﬁ", "ﬂ"} & set(text)


def test_the_signature_block_is_that_of_the_methodology(demo: bytes) -> None:
    text = text_of(demo)
    for part in (
        "Sənaye klasterinin ixtisaslaşdırılmış təşkilatının rəhbəri",
        "(imza)",
        "(SAA)",
        "Tarix",
        "MY",
    ):
        assert squeeze(part) in text


def test_the_file_is_tagged_titled_and_embeds_its_fonts(demo: bytes) -> None:
    with pikepdf.open(io.BytesIO(demo)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "az"
        assert "/Outlines" in pdf.Root
        with pdf.open_metadata() as meta:
            assert meta["pdfaid:part"] == "2"
            assert meta["pdfaid:conformance"] == "A"
            assert "Ərazi yerləşdirilməsi sxemi" in meta["dc:title"]
        page = pdf.pages[0]
        assert [round(float(v)) for v in page.mediabox] == [0, 0, 1191, 842]
        for font in page.Resources.Font.values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
    assert b"alt" in demo.lower() or "Alt" in str(PdfReader(io.BytesIO(demo)).trailer["/Root"])


def test_the_same_data_gives_the_same_bytes() -> None:
    assert sheet(scenes.demo()) == sheet(scenes.demo())
    later = replace(scenes.demo(), register_revision=13)
    assert sheet(later) != sheet(scenes.demo())


def _viewport(pdf: bytes) -> tuple[list[float], list[float], pikepdf.Object]:
    document = pikepdf.open(io.BytesIO(pdf))
    viewport = document.pages[0].VP[0]
    measure = viewport.Measure
    return [float(v) for v in viewport.BBox], [float(v) for v in measure.GPTS], measure


@pytest.mark.parametrize("request_", [FrameRequest(), FrameRequest(paper="A1"), FrameRequest(crs="pulkovo")])
def test_the_sheet_is_true_to_its_scale_and_georeferenced(request_: FrameRequest) -> None:
    scene = scenes.demo(request=request_)
    box, gpts, measure = _viewport(sheet(scene))
    frame = scene.frame
    # GPTS are degrees of the projection's own datum (ISO 32000-2, 12.10.2).
    project = Transformer.from_crs(CRS(frame.crs).geodetic_crs, frame.crs, always_xy=True)
    corners = [project.transform(gpts[i + 1], gpts[i]) for i in range(0, 8, 2)]
    width_m, height_m = corners[2][0] - corners[0][0], corners[2][1] - corners[0][1]
    assert width_m * 1000 / ((box[2] - box[0]) / MM) == pytest.approx(frame.denominator, rel=0.0002)
    assert height_m * 1000 / ((box[3] - box[1]) / MM) == pytest.approx(frame.denominator, rel=0.0002)
    assert corners[0] == pytest.approx(frame.extent[:2], abs=0.5)
    assert str(measure.Subtype) == "/GEO"
    assert "PROJCS" in str(measure.GCS.WKT)


def test_pages_and_papers() -> None:
    long = sheet(scenes.scene(scenes.stress(120)))
    assert len(PdfReader(io.BytesIO(long)).pages) > 1
    extra = sheet(scenes.demo(), appendix6=True, verdict_page=True)
    text = text_of(extra)
    assert squeeze("Reyestrin forması") not in text
    assert squeeze("Sənaye klasterinin reyestri (Əlavə 6)") in text
    assert squeeze("Yoxlamanın əsasları") in text.replace(
        "YOXLAMANINƏSASLARI", squeeze("Yoxlamanın əsasları")
    )
    for paper, orientation, size in (("A4", "portrait", (595, 842)), ("A0", "landscape", (3370, 2384))):
        page = PdfReader(
            io.BytesIO(sheet(scenes.demo(request=FrameRequest(paper=paper, orientation=orientation))))
        ).pages[0]
        assert (round(float(page.mediabox.width)), round(float(page.mediabox.height))) == size


def test_other_formats_and_templates() -> None:
    png = sheet(scenes.demo(), format="png", dpi=40)
    assert png.startswith(b"\x89PNG")
    svg = sheet(scenes.demo(), format="svg")
    assert svg.lstrip().startswith(b"<svg")
    alone = scenes.demo(template="map-only")
    assert alone.frame.width_mm == 420
    assert squeeze("Zirvə Etilen") in text_of(sheet(alone, template="map-only"))
    with pytest.raises(InvalidInputError):
        sheet(scenes.demo(), format="png", dpi=9000)
    with pytest.raises(InvalidInputError):
        sheet(scenes.demo(), format="svg", page=9)


@pytest.mark.parametrize(
    "people",
    [(), "one", [(49.6, 40.6)] * 24, [(49.4 + i * 0.02, 40.3 + i * 0.005) for i in range(40)], "exclave"],
    ids=["empty", "one", "one place", "line", "exclave"],
)
def test_limits(people) -> None:
    named = {"one": scenes.demo_participants()[:1], "exclave": scenes.exclave()}
    found = named[people] if isinstance(people, str) else scenes.made(list(people))
    scene = scenes.scene(found)
    text = text_of(sheet(scene))
    assert all(squeeze(member.name) in text for member in scene.members)


def test_texts_are_never_markup() -> None:
    nasty = Participant(
        id="n", name=f"“{HOSTILE}” MMC", organisation_type="research", specialisation=HOSTILE,
        longitude=49.8, latitude=40.4,
    )  # fmt: skip
    long = replace(nasty, id="l", name="Çox uzun ad " * 25, longitude=49.7)
    broken = replace(nasty, id="b", name="Ə" * 300, longitude=49.9)
    scene = scenes.scene((nasty, long, broken, *scenes.demo_participants()[:10]))
    text = text_of(sheet(scene))
    assert squeeze(HOSTILE) in text
    assert "49" in text
    assert text.count("Ə" * 40) >= 1


@pytest.mark.parametrize("field", ["name", "specialisation", "actual_address"])
def test_a_letter_that_no_font_has_is_named_before_rendering(
    field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scenes.demo_participants()[0]
    odd = replace(whole, **{field: "ქიმია 𓀀 zavodu"})
    scene = scenes.scene((odd,))

    def laid_out(*_: object) -> None:
        raise AssertionError("nothing is laid out before")

    monkeypatch.setattr("geoservice.render.sheet_layout.lay_out", laid_out)
    with pytest.raises(RenderError) as caught:
        sheet(scene, appendix6=True)
    for lang, way_out in (("az", "kiril"), ("en", "Cyrillic"), ("ru", "кириллицей")):
        said = message(caught.value, lang)
        assert odd.full_name in said, "the organisation"
        assert "U+13000" in said and "U+10E5" in said, "the letters"
        assert way_out in said, "how to mend it"


def test_a_letter_in_a_title_is_named_too() -> None:
    cluster = replace(scenes.CLUSTER, title={"az": "Klaster 𓀀"})
    with pytest.raises(RenderError) as caught:
        sheet(scenes.demo(cluster=cluster))
    assert "U+13000" in message(caught.value, "az")
    assert "Klaster" in message(caught.value, "az")


def test_a_sheet_knows_the_state_of_its_register(demo: bytes) -> None:
    assert read_stamp(demo).code == "AB12-CD34-EF56-0789"
    scene = scenes.demo()
    assert register_code(scene) == register_code(scenes.demo("en"))
    changed = replace(scene, members=(replace(scene.members[0], longitude=49.9), *scene.members[1:]))
    assert register_code(changed) != register_code(scene)


def test_the_document_opens_in_another_reader_without_complaint(demo: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(demo), strict=True)
    assert len(reader.pages) >= 1


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_the_licence_and_the_code_of_the_projection_are_spelt_out(lang: str) -> None:
    text = text_of(sheet(scenes.demo(lang)))
    assert "32639" in text
    assert squeeze("Creative Commons Attribution 4.0") in squeeze(text)
    assert "EPSG" not in text and "CC BY" not in text, "abbreviations that the legend does not explain"
