"""The legend in its panel: as large as it fits, never too small to read, and nothing of it lost."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
import sheet_scenes as scenes
from msgspec.structs import replace
from PIL import Image
from pypdf import PdfReader

from geoservice.render import sheet
from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import LegendEntry, LegendGroup, Scene

LYING = FrameRequest(orientation="landscape")
GOES_ON = {
    "az": "Davamı ayrıca səhifədədir",
    "en": "Continued on a further page",
    "ru": "Продолжение на отдельной странице",
}


def pages(scene: Scene) -> list[str]:
    pdf = render_sheet(scene, options=SheetOptions(), catalog=scenes.catalog())
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def longer(scene: Scene, count: int) -> Scene:
    """The scene with so many abbreviations more, which no panel holds in letters that can be read."""
    more = tuple(
        LegendEntry("abbreviation", f"Q{i}", f"Uydurma ixtisarın uzun izahı {i}") for i in range(count)
    )
    groups = [
        LegendGroup(g.code, g.title, (*g.entries, *more)) if g.code == "abbreviations" else g
        for g in scene.legend
    ]
    return replace(scene, legend=tuple(groups))


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_the_legend_of_the_demo_stands_beside_its_map(lang: str) -> None:
    (page,) = pages(scenes.demo(lang, request=LYING))
    assert GOES_ON[lang] not in page


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_what_the_panel_cannot_hold_goes_to_a_further_page(lang: str) -> None:
    first, second = pages(longer(scenes.demo(lang, request=LYING), 60))
    assert GOES_ON[lang] in first
    for i in range(60):
        assert f"Uydurma ixtisarın uzun izahı {i}" in second


def test_a_short_legend_leaves_room_to_a_large_locator() -> None:
    """Drawn as wide as the panel beside the map of one organisation."""
    scene = scenes.scene(scenes.made([(46.36, 40.68)]), request=LYING)
    svg = render_sheet(scene, options=SheetOptions(format="svg"), catalog=scenes.catalog()).decode()
    short = render_sheet(
        scenes.demo(request=LYING), options=SheetOptions(format="svg"), catalog=scenes.catalog()
    ).decode()
    wide = 92 / 25.4 * 72
    assert f'width="{wide:.3f}'[:-2] in svg
    assert f'width="{wide:.3f}'[:-2] not in short


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_a_short_table_stands_beside_the_map_and_takes_no_height_from_it(orientation: str) -> None:
    request = FrameRequest(orientation=orientation)
    few = scenes.scene(scenes.made(scenes.around(49.67, 40.58, 2, 3)), request=request)
    many = scenes.scene(scenes.stress(), request=request)
    assert few.frame.height_mm == many.frame.height_mm
    (page,) = pages(few)
    for member in few.members:
        assert page.count(member.name) == 2  # on the map and in the table


@pytest.mark.parametrize(("paper", "count"), [("A3", 8), ("A2", 16), ("A2", 28)])
def test_a_tall_panel_holds_the_table_of_more_organisations(paper: str, count: int) -> None:
    request = FrameRequest(paper=paper, orientation="portrait")
    scene = scenes.scene(scenes.demo_participants()[:count], request=request)
    whole = scenes.scene(scenes.stress(), request=request)
    assert scene.frame.height_mm == whole.frame.height_mm
    (page,) = pages(scene)
    for member in scene.members:
        assert "".join(member.name.split()) in "".join(page.split())


def test_a_short_table_of_long_names_stands_beside_the_map_or_on_a_page_of_its_own() -> None:
    def named(count: int) -> list[str]:
        people = [replace(p, name="Uzun ad " * 37) for p in scenes.demo_participants()[:count]]
        return pages(scenes.scene(tuple(people), request=LYING))

    (page,) = named(4)
    assert page.count("Uzun ad") > 4 * 36
    first, second = named(9)
    assert second.count("Uzun ad") > 9 * 36
    assert first.count("Uzun ad") < 9 * 36


def blanks_mm(scene: Scene) -> list[float]:
    """Heights of the blank strips right across the panel beside a sheet's map."""
    inputs, fonts = prepare(scene, SheetOptions(format="png", dpi=40), scenes.catalog())
    source = sheet.template_source(scenes.catalog(), "scheme")
    (page,) = sheet._compile(source, inputs, fonts.folder, SheetOptions(format="png", dpi=40), scene)
    pixels = np.asarray(Image.open(io.BytesIO(page)).convert("L"))
    data = json.loads(inputs["data"])
    box, dots = data["boxes"]["right"], pixels.shape[1] / data["page"]["w"]
    x0, x1 = int((box["x"] + 4) * dots), int((box["x"] + box["w"]) * dots)
    y0, y1 = int(box["y"] * dots), int((box["y"] + box["h"]) * dots)
    written = np.flatnonzero(pixels[y0:y1, x0:x1].min(axis=1) <= 250)
    return sorted((np.diff([0, *written.tolist(), y1 - y0]) / dots).tolist())


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_panel_of_a_few_organisations_has_no_hole(count: int, orientation: str, lang: str) -> None:
    request = FrameRequest(orientation=orientation)
    few = scenes.scene(scenes.demo_participants()[:count], lang=lang, request=request)
    assert blanks_mm(few)[-1] < 40


def test_the_locator_has_more_in_the_north_and_the_south_for_a_panel_with_room() -> None:
    inputs, _ = prepare(scenes.demo(request=LYING), SheetOptions(), scenes.catalog())
    locator = json.loads(inputs["data"])["locator"]
    assert locator["tall"] > locator["h"]
    for name in locator["names"]:
        assert 0 < name["x"] < locator["w"]
        assert 0 < name["y"] < locator["tall"]
    # Of those whose name has room in what is always shown, no one's name is left to the rest.
    over = (locator["tall"] - locator["h"]) / 2
    shown = [name["text"] for name in locator["names"] if over < name["y"] < over + locator["h"]]
    assert shown == [name["text"] for name in locator["names"][: len(shown)]]
    assert {"Azərbaycan", "Gürcüstan", "İran"} <= set(shown)


@pytest.mark.parametrize(
    ("lang", "names"), [("az", "Azərbaycan İran"), ("en", "Azerbaijan Iran"), ("ru", "Иран")]
)
def test_a_large_locator_names_the_countries(lang: str, names: str) -> None:
    inputs, _ = prepare(scenes.demo(lang, request=LYING), SheetOptions(), scenes.catalog())
    placed = {name["text"] for name in json.loads(inputs["data"])["locator"]["names"]}
    assert placed >= set(names.split())
    scene = scenes.scene(scenes.made([(46.36, 40.68)]), lang=lang, request=LYING)
    for name in names.split():
        assert name in pages(scene)[0]
        assert name not in pages(scenes.demo(lang, request=LYING))[0]
