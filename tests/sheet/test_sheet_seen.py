"""The legend lists a class of the base only if something of it can be seen in a frame (5.3.1, item 6)."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sheet_scenes as scenes
from shapely import LineString, Polygon, box

from geoservice.render.sheet import SheetOptions, prepare
from geoservice.render.sheet_seen import Painted
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene


def shapes(*found: object) -> np.ndarray:
    return np.asarray(found, dtype=object)


def painted() -> Painted:
    return Painted(100.0, 100.0)


def entries(scene: Scene) -> set[str]:
    inputs, _ = prepare(scene, SheetOptions(), scenes.catalog())
    return {entry["title"] for group in json.loads(inputs["data"])["legend"] for entry in group["entries"]}


def test_a_border_outside_the_frame_is_not_seen() -> None:
    map_ = painted()
    region = box(-3, -3, 103, 103)
    map_.line("border", shapes(region.boundary), 0.4)
    map_.fill("region", shapes(region))
    assert map_.seen() == {"region"}


def test_a_border_between_two_regions_filled_over_it_is_not_seen() -> None:
    map_ = painted()
    halves = shapes(box(-3, -3, 50, 103), box(50, -3, 103, 103))
    map_.line("border", shapes(*(half.boundary for half in halves)), 0.2, solid=False)
    map_.fill("state", halves)
    assert map_.seen() == {"state"}


@pytest.mark.parametrize(
    ("solid", "wide", "seen"), [(True, 0.4, False), (False, 0.4, True), (True, 0.1, True)]
)
def test_a_line_is_hidden_by_a_solid_line_as_wide(solid: bool, wide: float, seen: bool) -> None:
    map_ = painted()
    map_.line("below", shapes(LineString([(10, 10), (90, 80)])), 0.2)
    map_.line("above", shapes(LineString([(10, 10), (50, 45), (90, 80)])), wide, solid=solid)
    assert ("below" in map_.seen()) is seen


def test_an_area_is_seen_as_far_as_no_opaque_one_lies_over_it() -> None:
    map_ = painted()
    map_.fill("land", shapes(box(0, 0, 100, 100)))
    map_.fill("plan", shapes(box(0, 0, 100, 100)), opaque=False)
    assert map_.seen() == {"land", "plan"}
    other = painted()
    other.fill("land", shapes(box(0, 0, 100, 100)))
    other.fill("sea", shapes(box(-1, -1, 50, 101), box(50, -1, 101, 101)))
    assert other.seen() == {"sea"}


def test_what_lies_under_an_inset_is_not_seen() -> None:
    map_ = painted()
    map_.point("town", 20, 20, 2)
    map_.line("road", shapes(LineString([(10, 10), (30, 30)])), 0.5)
    map_.fill("lake", shapes(box(15, 20, 18, 23)))
    assert map_.seen() == {"town", "road", "lake"}
    assert map_.seen([(5.0, 5.0, 35.0, 35.0)]) == frozenset()
    assert map_.seen([(5.0, 5.0, 20.0, 35.0)]) == {"town", "road"}


def test_a_speck_is_not_seen_and_crooked_polygons_are_no_obstacle() -> None:
    map_ = painted()
    map_.line("stump", shapes(LineString([(-5, 5), (0.3, 5)])), 0.4)
    map_.fill("islet", shapes(box(10, 10, 10.4, 10.4)))
    map_.fill("land", shapes(box(40, 40, 60, 60)))
    map_.fill("bow", shapes(Polygon([(40, 40), (60, 60), (60, 40), (40, 60)])))
    assert map_.seen() == {"land", "bow"}


def test_borders_outside_the_frame_are_not_in_the_legend_of_a_town() -> None:
    """In portrait all of the frame is Gəncə and the districts next to it, their borders in other signs."""
    towns = scenes.scene(scenes.one_town(), request=FrameRequest(orientation="portrait"))
    told = " ".join(entries(towns))
    for absent in ("İqtisadi rayonun sərhədi", "Rayonun (şəhərin) sərhədi", "Başqa dövlətlərin ərazisi"):
        assert absent not in told
    for present in ("Klaster üzvlərinin yerləşdiyi rayon", "Həmin rayonlara qonşu rayon", "Dəmir yolu"):
        assert present in told


def test_borders_inside_the_frame_are_in_the_legend_of_the_country() -> None:
    told = " ".join(entries(scenes.scene(scenes.country_wide())))
    for present in (
        "İqtisadi rayonun sərhədi",
        "Rayonun (şəhərin) sərhədi",
        "Başqa dövlətlərin ərazisi",
        "Dəniz",
    ):
        assert present in told
