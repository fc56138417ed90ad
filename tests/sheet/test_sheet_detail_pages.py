"""The pages of detail maps: when a sheet has them, and what the file has of them."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import sheet_scenes as scenes
from click.testing import CliRunner
from detail_scenes import layout_of, pdf_of, scene_of
from msgspec.structs import replace
from pypdf import PdfReader
from pyproj import Geod
from test_sheet_geo import LINE_MM, place_by

from geoservice import i18n
from geoservice.cli import main
from geoservice.errors import InvalidInputError
from geoservice.model import LOCAL_OPERATOR
from geoservice.render.sheet import SheetOptions, draw_sheet, render_sheet
from geoservice.render.sheet_details import detail_room, with_details
from geoservice.render.sheet_frame import graticule
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_layout import SheetLayout
from geoservice.scheme.sheet_metrics import read_metrics
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore


class Seen(Exception):
    """How many detail maps a sheet is first laid out with."""


def first_laid_out_with(name: str, **room: int) -> int:
    def lay(pages: Any) -> SheetLayout:
        raise Seen(len(pages))

    metrics = read_metrics(scenes.catalog().resource("styles/sheet/scheme.toml"))
    given = detail_room(metrics, scene_of(name).frame)
    assert given is not None
    with pytest.raises(Seen) as caught:
        with_details(scene_of(name), replace(given, **room), 1.0, lay)
    return int(caught.value.args[0])


def test_a_sheet_crowded_at_first_sight_is_not_laid_out_without_them() -> None:
    assert first_laid_out_with("300") == 0
    assert first_laid_out_with("1000") > 3


def test_pages_are_left_for_the_crowds_on_pages() -> None:
    assert first_laid_out_with("1000", most=3) == 2


@pytest.mark.parametrize(
    "make",
    [
        scenes.demo,
        lambda: scenes.scene(scenes.stress(200)),
        lambda: scenes.scene(scenes.made([(49.6, 40.6)] * 60)),
        lambda: scenes.scene(()),
    ],
    ids=["demo", "200", "one place", "empty"],
)
def test_a_sheet_that_needs_none_stays_what_it_was(make: Any) -> None:
    scene, catalog = make(), scenes.catalog()
    drawn = draw_sheet(scene, catalog=catalog)
    assert drawn.details == 0
    assert drawn.reason == scene.frame.reason
    assert drawn.body == render_sheet(scene, options=SheetOptions(details="no"), catalog=catalog)


def test_detail_maps_can_be_left_out() -> None:
    drawn = draw_sheet(scene_of("300"), options=SheetOptions(details="no"), catalog=scenes.catalog())
    assert drawn.details == 0
    assert "Detail map" not in "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(drawn.body)).pages
    )
    with pytest.raises(InvalidInputError) as caught:
        render_sheet(scene_of("300"), options=SheetOptions(details="yes"), catalog=scenes.catalog())  # type: ignore[arg-type]
    assert caught.value.code == "sheet.details"


@pytest.mark.parametrize("name", ["300", "a park", "joint"])
def test_the_file_has_a_page_for_each_with_its_organisations(name: str) -> None:
    scene, layout = scene_of(name), layout_of(name)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf_of(name))).pages]
    by_id = {member.id: member for member in scene.members}
    lang = scene.lang
    for item in layout.details:
        text = pages[item.inset.page - 1]
        assert i18n.text(lang, "sheet.word.detail_title", letter=item.inset.letter) in text
        assert {run.text for run in item.runs if run.text not in text and not run.tracking_mm} == set()
        assert str(by_id[item.signs.members[0]].number) in text
        assert i18n.text(lang, "sheet.word.detail_legend", page=1) in text
    first = " ".join(pages[0].split())
    assert " ".join(i18n.text(lang, "sheet.word.detail").split()) in first
    form, _, meaning = i18n.text(lang, "sheet.own.page").partition("|")
    assert f"{form} {meaning}" in first or (form in first and meaning in first)
    rows = " ".join(" ".join(pages).split())
    letter = layout.details[0].inset.letter
    assert re.search(rf"[A-H]\d · {letter}\b", rows)


@pytest.mark.parametrize(("lang", "mark"), [("az", ","), ("en", "."), ("ru", ",")])
def test_parts_of_a_minute_are_written_as_the_language_does(lang: str, mark: str) -> None:
    frame = max(layout_of("1000").details, key=lambda item: -item.frame.denominator).frame
    said = [tick.text for tick in graticule(frame, lang).ticks]
    assert any(re.search(rf"\d{re.escape(mark)}5′", text) for text in said)
    assert not any(re.search(r"\d[.,]\d", text.replace(mark, "", 1)) for text in said)


def test_bookmarks_lead_to_the_detail_maps() -> None:
    layout = layout_of("300")
    with pikepdf.open(io.BytesIO(pdf_of("300"))) as document, document.open_outline() as outline:
        pages = {page.objgen: number for number, page in enumerate(document.pages, start=1)}
        found = {item.title: pages[item.destination[0].objgen] for item in outline.root}
    for item in layout.details:
        (title,) = [t for t in found if t.startswith(f"Detail map {item.inset.letter}")]
        assert found[title] == item.inset.page


@pytest.mark.parametrize("name", ["1000", "joint", "upright"])
def test_a_coordinate_read_on_a_detail_map_is_right(name: str) -> None:
    scene, layout = scene_of(name), layout_of(name)
    room, geodesic = layout.details[0].inset.box, Geod(ellps="WGS84")
    with pikepdf.open(io.BytesIO(pdf_of(name))) as document:
        for item in layout.details:
            page = document.pages[item.inset.page - 1]
            assert [str(view.Name) for view in page.VP] == [f"Map {item.inset.letter}"]
            tall = float(page.MediaBox[3])
            places = member_places(scene, item.frame)
            for member in scene.placed:
                if layout.inset_of[member.id] == item.inset.letter:
                    x, y = places[member.id]
                    at = ((room[0] + x) * 72 / 25.4, tall - (room[1] + y) * 72 / 25.4)
                    _, _, off_m = geodesic.inv(*place_by(page.VP, at), member.longitude, member.latitude)
                    assert off_m * 1000 / item.frame.denominator < LINE_MM
        assert "/VP" not in document.pages[-1]


def test_gdal_reads_the_georeference_of_a_detail_page(tmp_path: Path) -> None:
    file, layout = tmp_path / "a.pdf", layout_of("300")
    file.write_bytes(pdf_of("300"))
    item = layout.details[0]
    out = subprocess.run(
        ["gdalinfo", "-json", f"PDF:{item.inset.page}:{file}"], check=True, capture_output=True, text=True
    ).stdout
    line = re.search(r"POLYGON \(\(([^)]*)\)\)", out)
    assert line
    points = [tuple(map(float, pair.split()[:2])) for pair in line[1].split(",")]
    xs, ys = zip(*points, strict=True)
    bounds = (min(xs), min(ys), max(xs), max(ys))
    assert bounds == pytest.approx(item.frame.extent, abs=LINE_MM * item.frame.denominator / 1000)


def test_the_same_scene_gives_the_same_bytes_and_its_pages_as_pictures() -> None:
    scene, catalog = scene_of("a park"), scenes.catalog()
    assert render_sheet(scene, catalog=catalog) == pdf_of("a park")
    picture = render_sheet(scene, options=SheetOptions("png", page=2, dpi=40), catalog=catalog)
    assert picture.startswith(b"\x89PNG")
    assert b"<svg" in render_sheet(scene, options=SheetOptions("svg", page=3), catalog=catalog)[:200]


def test_a_sheet_with_the_map_alone_has_them_as_well() -> None:
    scene = scenes.scene(scenes.made(scenes.around(49.62, 40.605, 0.4, 300)), lang="en", template="map-only")
    drawn = draw_sheet(scene, options=SheetOptions(template="map-only"), catalog=scenes.catalog())
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(drawn.body)).pages]
    assert drawn.details >= 1
    for text in pages[1 : 1 + drawn.details]:
        assert "Detail map" in text
        assert f"explained on page {drawn.details + 2}" in text
    assert "Legend" in pages[1 + drawn.details]


def test_a_template_without_pages_for_them_gets_none() -> None:
    scene, catalog = scene_of("300"), scenes.catalog()
    metrics = read_metrics(catalog.resource("styles/sheet/scheme.toml"))
    assert detail_room(replace(metrics, details=False), scene.frame) is None


def test_service_and_command_line_tell_of_them(tmp_path: Path) -> None:
    table, out = tmp_path / "a.csv", tmp_path / "a.pdf"
    rows = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
    places = scenes.around(49.62, 40.605, 0.4, 150)
    rows += "".join(f"Zavod {i};Digər təşkilat;{lat};{lon}\n" for i, (lon, lat) in enumerate(places))
    table.write_text(rows, "utf-8")

    def run(*more: str) -> str:
        result = CliRunner().invoke(main, ["sheet", str(table), "-o", str(out), "--lang", "en", *more])
        assert result.exit_code == 0, result.output
        return result.output

    said = "Organisations that stand close together are on the detail map"
    assert said in run()
    assert said in " ".join(PdfReader(out).pages[0].extract_text().split())
    assert said not in run("--details", "no")

    service = GeoService(MemoryStore())
    service.create_cluster(LOCAL_OPERATOR, "park", {"title": "Park"})
    service.import_register(LOCAL_OPERATOR, "park", "a.csv", rows.encode())
    made = service.sheet(LOCAL_OPERATOR, "park", "en")
    assert made.details >= 1
    assert said in made.reason
    found = service.verify_sheet(LOCAL_OPERATOR, made.prepared.body)
    assert found.matches
    assert found.intact
    assert service.sheet(LOCAL_OPERATOR, "park", "en", details="no").details == 0
