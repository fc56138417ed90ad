"""Detail maps: crowds get pages of their own, everybody stands on one map, and what is said is true."""

from __future__ import annotations

import io
import itertools
import random
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import sheet_scenes as scenes
from click.testing import CliRunner
from msgspec.structs import replace
from pypdf import PdfReader
from pyproj import Geod
from test_sheet_geo import LINE_MM, place_by

from geoservice import i18n
from geoservice.cli import main
from geoservice.errors import InvalidInputError
from geoservice.model import LOCAL_OPERATOR
from geoservice.render import sheet_layout
from geoservice.render.sheet import SheetOptions, draw_sheet, render_sheet
from geoservice.render.sheet_details import detail_room, with_details
from geoservice.render.sheet_frame import graticule
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_layout import SheetLayout, lay_out
from geoservice.render.sheet_tags import source_frame, ways
from geoservice.render.sheet_text import font_set
from geoservice.scheme.boxes import grown, overlap
from geoservice.scheme.details import COMFORTABLE, MOST_PAGES, READABLE, STUBBORN
from geoservice.scheme.projection import transformer
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene
from geoservice.scheme.sheet_metrics import read_metrics
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore


def joint(places: list[tuple[float, float]]) -> Scene:
    """A cluster of two countries."""
    service = GeoService(MemoryStore())
    values = {"title": "Birgə klaster", "boundaries": ["az-districts", "by-regions"]}
    service.create_cluster(LOCAL_OPERATOR, "birge", values)
    rows = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
    rows += "".join(f"Zavod {i};Digər təşkilat;{lat};{lon}\n" for i, (lon, lat) in enumerate(places))
    assert service.import_register(LOCAL_OPERATOR, "birge", "a.csv", rows.encode()).taken == len(places)
    return service.scene(LOCAL_OPERATOR, "birge", "az", frame_request=FrameRequest(), template="scheme")


def crowds_in_both() -> Scene:
    return joint(scenes.around(49.85, 40.40, 0.4, 280) + scenes.around(27.56, 53.90, 0.4, 280, seed=4))


def park_in_a_window() -> Scene:
    """As the crowd of 1,000, with its park where windows on the first page have their millimetres."""
    park, wide = scenes.around(49.56, 40.60, 0.45, 250), scenes.around(49.85, 40.42, 12, 750, seed=5)
    return scenes.scene(scenes.made(park + wide))


CASES: dict[str, Any] = {
    "300": lambda: scenes.scene(scenes.stress(300), lang="en"),
    "1000": lambda: scenes.scene(scenes.stress(1000)),
    "1000 on A4": lambda: scenes.scene(scenes.stress(1000), request=FrameRequest(paper="A4")),
    "200 on A4": lambda: scenes.scene(scenes.stress(200), request=FrameRequest(paper="A4")),
    "upright": lambda: scenes.scene(scenes.stress(300), request=FrameRequest(orientation="portrait")),
    "a park": lambda: scenes.scene(scenes.made(scenes.around(49.62, 40.605, 0.4, 400)), lang="ru"),
    "joint": crowds_in_both,
    "a park in a window": park_in_a_window,
}


@cache
def scene_of(name: str) -> Scene:
    made: Scene = CASES[name]()
    return made


@cache
def layout_of(name: str) -> SheetLayout:
    scene, catalog = scene_of(name), scenes.catalog()
    assert scene.frame is not None
    metrics = read_metrics(catalog.resource("styles/sheet/scheme.toml"))
    room = detail_room(metrics, scene.frame)
    return lay_out(scene, catalog, font_set(catalog), metrics.unit(scene.frame.paper), (), room)


@cache
def pdf_of(name: str) -> bytes:
    return render_sheet(scene_of(name), catalog=scenes.catalog())


def crowds(scene: Scene, layout: SheetLayout) -> list[int]:
    by_id = {member.id: (member.longitude, member.latitude) for member in scene.placed}
    return [len({by_id[key] for key in ids}) for item in layout.maps for ids, _ in item.signs.stacks]


@pytest.mark.parametrize("name", list(CASES))
def test_everybody_stands_on_one_map_and_every_stack_can_be_read(name: str) -> None:
    scene, layout = scene_of(name), layout_of(name)
    assert 1 <= len(layout.details) <= MOST_PAGES
    counts = Counter(member for item in layout.maps for member in item.signs.members)
    assert counts == Counter(member.id for member in scene.placed)
    assert max(crowds(scene, layout), default=0) <= READABLE
    assert not layout.full
    for item in layout.details:
        on_it = {key for key, letter in layout.inset_of.items() if letter == item.inset.letter}
        assert on_it == set(item.signs.members)


@pytest.mark.parametrize("name", list(CASES))
def test_nothing_on_a_detail_map_lies_over_anything_else(name: str) -> None:
    layout, fonts = layout_of(name), font_set(scenes.catalog())
    for item in (layout.main, *layout.details):
        for one, other in itertools.combinations(item.signs.boxes, 2):
            assert not overlap(one, other)
        numbers, boxes = set(item.signs.runs), []
        for run in item.runs:
            if run not in numbers:
                wide = fonts.width(run.text, run.size_mm, run.face) / 1.02 + run.tracking_mm * (
                    len(run.text) - 1
                )
                boxes.append((run.x, run.y - run.size_mm * 0.62, run.x + wide, run.y + run.size_mm * 0.1))
        for one, other in itertools.combinations(boxes, 2):
            assert not overlap(one, other)
        for box in boxes:
            assert not any(overlap(box, sign) for sign in item.signs.boxes)
            assert box[0] >= 0
            assert box[2] <= item.frame.width_mm
            assert box[3] <= item.frame.height_mm
        for _, tag in item.tags:
            assert not any(overlap(grown(tag, -0.01), sign) for sign in item.signs.boxes)
            assert not any(overlap(grown(tag, -0.01), box) for box in boxes)


@pytest.mark.parametrize("name", list(CASES))
def test_windows_are_marked_on_their_map_and_hold_no_sign_of_others(name: str) -> None:
    layout = layout_of(name)
    maps = {item.inset.letter if item.inset else "": item for item in layout.maps}
    for item in layout.details:
        home = maps[item.inset.parent]
        assert item.inset in [inset for inset, _ in home.tags]
        frame = source_frame(item.inset.spot.source)
        assert not any(overlap(frame, sign) for sign in home.signs.boxes)
        # Its ground is that of its window, at its own scale.
        x0, y0, x1, y1 = item.inset.spot.source
        metres, (west, south, east, north) = home.frame.metres_per_mm, item.frame.extent
        left, top = home.frame.extent[0], home.frame.extent[3]
        assert (west, north) == pytest.approx((left + x0 * metres, top - y0 * metres))
        assert (east, south) == pytest.approx((left + x1 * metres, top - y1 * metres))
        assert (east - west) / item.frame.width_mm * 1000 == pytest.approx(item.frame.denominator, rel=1e-6)
        assert (north - south) / item.frame.height_mm * 1000 == pytest.approx(
            item.frame.denominator, rel=1e-6
        )
    pages = [item.inset.page for item in layout.details]
    assert pages == list(range(2, 2 + len(pages)))
    letters = [item.inset.letter for item in layout.maps if item.inset]
    assert len(letters) == len(set(letters))


def test_a_crowd_on_a_page_gets_a_page_in_its_turn_and_the_first_page_shows_both() -> None:
    layout = layout_of("1000")
    inner = [item.inset for item in layout.details if item.inset.parent]
    assert inner
    shown = {inset.letter for inset, _ in layout.main.tags}
    assert shown >= {inset.letter for inset in inner}


@pytest.mark.parametrize("name", list(CASES))
def test_insets_of_the_first_page_keep_off_the_windows(name: str) -> None:
    layout = layout_of(name)
    pages = {item.inset.letter for item in layout.details}
    windows = [grown(item.inset.spot.source, -0.01) for item in layout.details if not item.inset.parent]
    for item in layout.insets:
        assert item.inset.parent not in pages
        if not item.inset.parent and not item.inset.far:
            assert not any(overlap(source_frame(item.inset.spot.source), window) for window in windows)
        assert not any(overlap(item.inset.box, window) for window in windows)


@pytest.mark.parametrize("name", ["1000", "200 on A4"])
def test_the_plate_of_a_window_holds_what_it_says(name: str) -> None:
    layout, fonts = layout_of(name), font_set(scenes.catalog())
    said = [(inset, tag) for inset, tag in layout.main.tags if inset.page]
    assert said
    for inset, (left, _, right, _) in said:
        assert inset.said == f"{inset.letter} · səh. {inset.page}"
        assert right - left > fonts.width(inset.said, 2.47 * layout.unit, "bold")


def test_windows_keep_off_the_panels_of_other_countries() -> None:
    """A long crowd beside the map of Belarus, and pages for one window, which is a wide one."""
    chance = random.Random(5)
    crowd = [
        (round(chance.uniform(46.88, 46.92), 5), round(chance.uniform(39.9, 41.1), 5)) for _ in range(110)
    ]
    others = scenes.around(49.85, 40.4, 2, 3) + scenes.around(27.56, 53.90, 0.4, 4, seed=4)
    scene, catalog = joint(crowd + others), scenes.catalog()
    room = detail_room(read_metrics(catalog.resource("styles/sheet/scheme.toml")), scene.frame)
    layout = lay_out(scene, catalog, font_set(catalog), room=replace(room, most=1))
    (panel,) = scene.frame.panels
    (window,) = (item.inset for item in layout.details)
    assert not window.parent
    assert not overlap(window.spot.source, grown(panel.box, -0.01))


@pytest.mark.parametrize("name", list(CASES))
def test_the_ways_of_a_page_lead_to_the_pages_of_the_ground_beside_it(name: str) -> None:
    layout = layout_of(name)
    pages = [item for item in layout.details if item.frame.crs == layout.details[0].frame.crs]
    for item in pages:
        beside = set()
        for other in pages:
            one, two = item.frame.extent, other.frame.extent
            across = [min(one[i + 2], two[i + 2]) - max(one[i], two[i]) for i in (0, 1)]
            if other.inset.parent == item.inset.parent and min(map(abs, across)) < 0.01 < max(across):
                beside.add(other.inset.said)
        said = [run.text for run in item.runs]
        assert {
            each.inset.said for each in layout.details if any(each.inset.said in s for s in said)
        } == beside


def test_windows_that_abut_on_other_maps_only_in_their_millimetres_are_no_way() -> None:
    """What an inner window's millimetres are on its page is elsewhere on the first page."""
    layout, fonts = layout_of("1000"), font_set(scenes.catalog())
    outer = next(item for item in layout.details if not item.inset.parent)
    inner = next(item for item in layout.details if item.inset.parent)
    _, top, right, low = outer.inset.spot.source
    moved = replace(inner.inset.spot, source=(right, top, right + 30.0, low))
    insets = [item.inset for item in layout.details if item is not inner]
    insets.append(replace(inner.inset, spot=moved))
    same = [inset for inset in insets if inset.parent == outer.inset.parent]
    found = [way.text.text for way in ways(outer.inset, insets, outer.frame, fonts, 1.0)]
    assert found == [way.text.text for way in ways(outer.inset, same, outer.frame, fonts, 1.0)]
    child = replace(inner.inset, parent="", spot=moved)
    assert len(ways(outer.inset, [*same, child], outer.frame, fonts, 1.0)) == len(found) + 1


#: Classes of settlements: population from which and below which, denominator up to which they are drawn.
SETTLEMENTS = {"town_5k": (5_000, 20_000, 300_000), "village": (0, 5_000, 100_000)}


@pytest.mark.parametrize("name", ["1000", "300", "upright"])
@pytest.mark.parametrize("cls", list(SETTLEMENTS))
def test_each_map_has_the_settlements_of_its_own_scale(name: str, cls: str) -> None:
    low, high, widest = SETTLEMENTS[cls]
    features = scenes.catalog().features("settlements")
    held = [i for i, size in enumerate(features["population"]) if low <= float(size or 0) < high]
    there = [(features.geometry[i].x, features.geometry[i].y) for i in held]
    for item in layout_of(name).maps:
        x0, y0, x1, y1 = item.frame.extent
        xs, ys = transformer(item.frame.crs).transform(*zip(*there, strict=True))
        inside = sum(x0 < x < x1 and y0 < y < y1 for x, y in zip(xs, ys, strict=True))
        drawn = [
            dot
            for dot in item.base.dots
            if dot.cls == cls and 0 < dot.x < item.frame.width_mm and 0 < dot.y < item.frame.height_mm
        ]
        assert len(drawn) == (inside if item.frame.denominator <= widest else 0)


def test_the_legend_has_what_a_detail_map_alone_shows() -> None:
    scene = scene_of("1000")
    assert scene.frame.denominator > 100_000
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf_of("1000"))).pages]
    assert "Corat" in " ".join(pages[1:])
    assert "Əhalisi 5 000 nəfərdən az olan yaşayış məntəqəsi" in " ".join(pages[0].split())


def test_once_there_are_pages_smaller_stacks_are_opened_as_well() -> None:
    name = "200 on A4"
    assert max(crowds(scene_of(name), layout_of(name)), default=0) <= COMFORTABLE


@pytest.mark.parametrize("name", list(CASES))
def test_large_stacks_that_pages_leave_get_pages_as_well_as_long_as_there_are_some(name: str) -> None:
    layout = layout_of(name)
    assert len(layout.details) < MOST_PAGES
    assert max(crowds(scene_of(name), layout), default=0) < STUBBORN


def test_pages_that_leave_signs_over_each_other_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet is the last one without that."""
    scene, catalog = scene_of("a park"), scenes.catalog()
    laid: list[SheetLayout] = []

    def watched(scene: Scene, room: Any, unit: float, lay: Any) -> SheetLayout:
        def lay_too_full(pages: Any) -> SheetLayout:
            layout = lay(pages)
            if laid:
                signs = replace(layout.main.signs, forced=True)
                layout = replace(layout, main=replace(layout.main, signs=signs))
            laid.append(layout)
            return layout

        return with_details(scene, replace(room, most=1), unit, lay_too_full)

    monkeypatch.setattr(sheet_layout, "with_details", watched)
    room = detail_room(read_metrics(catalog.resource("styles/sheet/scheme.toml")), scene.frame)
    found = lay_out(scene, catalog, font_set(catalog), room=room)
    assert len(laid) == 2
    assert found is laid[0]
    assert not found.full
    assert laid[1].full
    assert laid[1].details


def test_a_map_says_where_the_ground_beside_it_is() -> None:
    said = [run.text for item in layout_of("a park").details for run in item.runs]
    assert "↓ B · с. 3" in said
    assert "↑ A · с. 2" in said


def test_the_square_of_an_organisation_is_that_of_its_own_page() -> None:
    layout = layout_of("300")
    item = max(layout.details, key=lambda each: len(each.signs.members))
    places = member_places(scene_of("300"), item.frame)
    for member_id in item.signs.members:
        square = re.fullmatch(r"([A-Z])(\d)", layout.squares_of[member_id])
        assert square
        column, row = ord(square[1]) - ord("A"), int(square[2]) - 1
        wide = item.frame.width_mm / round(item.frame.width_mm / 52)
        tall = item.frame.height_mm / round(item.frame.height_mm / 52)
        x, y = places[member_id]
        assert (column, row) == (int(x / wide), int(y / tall))


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
