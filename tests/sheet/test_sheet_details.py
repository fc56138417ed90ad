"""Detail maps: crowds get pages of their own, everybody stands on one map, and what is said is true."""

from __future__ import annotations

import io
import itertools
import random
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import sheet_scenes as scenes
from detail_scenes import CASES, crowds, joint, layout_of, pdf_of, scene_of
from msgspec.structs import replace
from pypdf import PdfReader

from geoservice.render import sheet_layout
from geoservice.render.sheet_details import detail_room, with_details
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_layout import SheetLayout, lay_out
from geoservice.render.sheet_tags import source_frame, ways
from geoservice.render.sheet_text import font_set
from geoservice.scheme.boxes import grown, overlap
from geoservice.scheme.details import COMFORTABLE, MOST_PAGES, READABLE, STUBBORN
from geoservice.scheme.projection import transformer
from geoservice.scheme.scene import Scene
from geoservice.scheme.sheet_metrics import read_metrics


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


def laid_out(
    scene: Scene, full: Callable[[int], bool], monkeypatch: pytest.MonkeyPatch, **room: int
) -> tuple[SheetLayout, list[SheetLayout]]:
    """A sheet, and all layouts that were tried for it; ``full`` says which of them are too full."""
    catalog, laid = scenes.catalog(), list[SheetLayout]()

    def watched(scene: Scene, given: Any, unit: float, lay: Any) -> SheetLayout:
        def lay_as_said(pages: Any) -> SheetLayout:
            layout = lay(pages)
            signs = replace(layout.main.signs, forced=full(len(laid)))
            laid.append(replace(layout, main=replace(layout.main, signs=signs)))
            return laid[-1]

        return with_details(scene, replace(given, **room), unit, lay_as_said)

    monkeypatch.setattr(sheet_layout, "with_details", watched)
    given = detail_room(read_metrics(catalog.resource("styles/sheet/scheme.toml")), scene.frame)
    return lay_out(scene, catalog, font_set(catalog), room=given), laid


def test_pages_that_leave_signs_over_each_other_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet is the last one without that."""
    found, laid = laid_out(scene_of("a park"), lambda number: number > 0, monkeypatch, most=1)
    assert len(laid) == 2
    assert found is laid[0]
    assert not found.full
    assert laid[1].full
    assert laid[1].details


def test_a_sheet_that_is_too_full_gets_pages_as_long_as_they_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found, laid = laid_out(scene_of("200 on A4"), lambda number: number < 2, monkeypatch)
    assert len(laid) > 2
    assert found is laid[-1]
    assert not found.full


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
