"""Panels on paper: a joint cluster's countries and a town's plan, everybody there once."""

from __future__ import annotations

import io
import itertools
import json
from collections import Counter

import pytest
import sheet_scenes as scenes
from pypdf import PdfReader

from geoservice.model import LOCAL_OPERATOR
from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.render.sheet_layout import lay_out
from geoservice.render.sheet_text import font_set
from geoservice.scheme.boxes import overlap
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore


def joint(lang: str = "az") -> Scene:
    service = GeoService(MemoryStore())
    values = {"title": "Birgə klaster", "boundaries": ["az-districts", "by-regions"]}
    service.create_cluster(LOCAL_OPERATOR, "birge", values)
    places = [(40.40, 49.85), (40.58, 49.67), (40.37, 49.95), (39.93, 48.92), (53.90, 27.56), (55.19, 30.20)]
    places += [(53.90 + 0.004 * i, 27.60 + 0.006 * i) for i in range(6)]
    rows = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
    rows += "".join(f"Zavod {i};Digər təşkilat;{lat};{lon}\n" for i, (lat, lon) in enumerate(places))
    report = service.import_register(LOCAL_OPERATOR, "birge", "a.csv", rows.encode())
    assert report.taken == len(places), report.problems
    return service.scene(LOCAL_OPERATOR, "birge", lang, frame_request=FrameRequest(), template="scheme")


def town() -> Scene:
    return scenes.scene(scenes.made(scenes.around(46.36, 40.68, 0.5, 12)))


@pytest.mark.parametrize("make", [joint, town])
def test_everybody_stands_on_one_of_the_maps(make) -> None:
    scene = make()
    assert scene.frame.panels
    found = lay_out(scene, scenes.catalog(), font_set(scenes.catalog()))
    counts = Counter(member for item in (found.main, *found.insets) for member in item.signs.members)
    assert counts == Counter(member.id for member in scene.placed)
    boxes = [item.inset.box for item in found.insets]
    for one, other in itertools.combinations(boxes, 2):
        assert not overlap(one, other)
    letters = [item.inset.letter for item in found.insets]
    assert letters == sorted(letters)
    for member_id, letter in found.inset_of.items():
        if letter:
            assert found.squares_of[member_id]


def test_degrees_of_the_main_map_do_not_stand_at_a_panel() -> None:
    found = lay_out(joint(), scenes.catalog(), font_set(scenes.catalog()))
    (box,) = [item.inset.box for item in found.insets if item.inset.far]
    frame = found.main.frame
    for tick in found.graticule.ticks:
        x, y = {
            "top": (tick.at, 0.0), "bottom": (tick.at, frame.height_mm),
            "left": (0.0, tick.at), "right": (frame.width_mm, tick.at),
        }[tick.edge]  # fmt: skip
        assert not (box[0] <= x <= box[2] and box[1] <= y <= box[3])


@pytest.mark.parametrize(("lang", "words"), [("az", "Belarus"), ("en", "Belarus"), ("ru", "Беларусь")])
def test_a_joint_sheet_names_its_countries_scales_and_projections(lang: str, words: str) -> None:
    scene = joint(lang)
    pdf = render_sheet(scene, catalog=scenes.catalog())
    text = " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert words in text
    for shown in (scene.frame, *scene.frame.panels):
        assert shown.crs_name.split(",")[0] in text


def test_a_place_abroad_is_not_called_after_the_nearest_region() -> None:
    service = GeoService(MemoryStore())
    values = {"title": "Birgə klaster", "boundaries": ["az-districts"]}
    service.create_cluster(LOCAL_OPERATOR, "uzaq", values)
    places = [(40.40, 49.85), (40.58, 49.67), (40.37, 49.95), (53.90, 27.56)]
    rows = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
    rows += "".join(f"Zavod {i};Digər təşkilat;{lat};{lon}\n" for i, (lat, lon) in enumerate(places))
    service.import_register(LOCAL_OPERATOR, "uzaq", "a.csv", rows.encode())
    request = FrameRequest()
    frame = service.scene(LOCAL_OPERATOR, "uzaq", "az", frame_request=request, template="scheme").frame
    assert (frame.title, [panel.title for panel in frame.panels]) == ("Azərbaycan", ["Belarus"])


def test_the_head_of_a_plan_names_its_region() -> None:
    inputs, _ = prepare(town(), SheetOptions(), scenes.catalog())
    (head,) = [inset["title"] for inset in json.loads(inputs["data"])["insets"] if inset["bar"]]
    region, _, word = head.partition(" – ")
    assert word == "plan"
    assert region == town().placed[0].region_name
