"""What signs, plates and insets hide of a base map is not named beside them."""

from __future__ import annotations

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace

from geoservice.render.sheet_layout import MapLayout, SheetLayout, lay_out
from geoservice.render.sheet_numbers import number_tokens
from geoservice.render.sheet_text import font_set, normal

CROWDED = {
    "demo": lambda: scenes.demo(),
    "sixty upright": lambda: scenes.scene(
        scenes.stress(60), request=scenes.FrameRequest(orientation="portrait")
    ),
    "a thousand": lambda: scenes.scene(scenes.stress(1000)),
}


def laid(name: str) -> SheetLayout:
    catalog = scenes.catalog()
    return lay_out(CROWDED[name](), catalog, font_set(catalog))


def hidden(layout: SheetLayout, item: MapLayout) -> set[str]:
    """Names of the settlements whose middle is under a plate or an inset."""
    over = [*item.signs.plates]
    if item.inset is None:
        over += [other.inset.box for other in layout.insets if other.inset is not None]
    return {
        normal(dot.name)
        for dot in item.base.dots
        if any(x0 < dot.x < x1 and y0 < dot.y < y1 for x0, y0, x1, y1 in over)
    }


@pytest.mark.parametrize("name", CROWDED)
def test_a_settlement_that_cannot_be_seen_is_not_named(name: str) -> None:
    layout = laid(name)
    for item in layout.maps:
        of_areas = {normal(area.name) for area in item.base.areas}
        named = {run.text for run in item.runs}
        assert not (hidden(layout, item) - of_areas) & named


def test_on_crowded_sheets_some_settlements_cannot_be_seen_and_others_are_named() -> None:
    layout = laid("sixty upright")
    assert any(hidden(layout, item) for item in layout.maps)
    shown = {normal(dot.name) for dot in layout.main.base.dots} & {run.text for run in layout.main.runs}
    assert shown


def test_the_settlement_under_its_organisations_sign_is_named() -> None:
    catalog = scenes.catalog()
    (place,) = [
        geometry.coords[0]
        for geometry, name in zip(
            catalog.features("settlements").geometry, catalog.features("settlements")["name_az"], strict=True
        )
        if name == "Gədəbəy"
    ]
    layout = lay_out(scenes.scene(scenes.made([place])), catalog, font_set(catalog))
    assert "Gədəbəy" in {run.text for run in layout.main.runs}


@pytest.mark.parametrize(
    ("numbers", "said"),
    [([7, 8], "7, 8"), ([1, 2, 3], "1–3"), ([1, 3, 4, 6, 7, 8], "1, 3, 4, 6–8")],
)
def test_two_neighbours_are_not_written_like_a_decimal(numbers: list[int], said: str) -> None:
    scene = scenes.scene(scenes.stress(8))
    members = [m for m in scene.members if m.number in numbers]
    plain = [replace(member, marks=()) for member in members]
    tokens = number_tokens(plain, scene, font_set(scenes.catalog()), 1.0, 2.5)
    assert " ".join(token.text for token in tokens) == said
