"""The legend in its panel: as large as it fits, never too small to read, and nothing of it lost."""

from __future__ import annotations

import io
import json

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace
from pypdf import PdfReader

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


def test_a_short_table_of_long_names_goes_to_a_page_of_its_own() -> None:
    people = [replace(p, name="Uzun ad " * 37) for p in scenes.demo_participants()[:4]]
    _, second = pages(scenes.scene(tuple(people), request=LYING))
    assert second.count("Uzun ad") > 4 * 36


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
