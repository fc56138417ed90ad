"""The maps of a sheet: nobody lost or twice, nothing over anything, legend and maps agree."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter

import numpy as np
import pytest
import sheet_scenes as scenes
from msgspec.structs import replace

from geoservice.errors import RenderError
from geoservice.i18n import message
from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.render.sheet_frame import angle_text, scale_bar
from geoservice.render.sheet_insets import member_places
from geoservice.render.sheet_layout import lay_out
from geoservice.render.sheet_over import INSET_HEAD_MM
from geoservice.render.sheet_overlay import overlay
from geoservice.render.sheet_tags import source_tags
from geoservice.render.sheet_text import font_set, normal, wrapped
from geoservice.scheme.boxes import Ink, Obstacles, overlap
from geoservice.scheme.labels import place_labels
from geoservice.scheme.placed import Label
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import LegendEntry, LegendGroup

CASES = {
    "demo": scenes.demo_participants,
    "stress": scenes.stress,
    "country": scenes.country_wide,
    "town": scenes.one_town,
    "exclave": scenes.exclave,
    "one place": lambda: scenes.made([(49.6, 40.6)] * 24),
    "line": lambda: scenes.made([(49.4 + i * 0.02, 40.3 + i * 0.005) for i in range(40)]),
}


def laid(scene):
    return lay_out(scene, scenes.catalog(), font_set(scenes.catalog()))


@pytest.fixture(scope="module", params=list(CASES))
def layout(request):
    scene = scenes.scene(CASES[request.param]())
    return scene, laid(scene)


def test_every_placed_member_stands_on_exactly_one_map(layout) -> None:
    scene, found = layout
    counts = Counter(member for item in (found.main, *found.insets) for member in item.signs.members)
    assert counts == Counter(member.id for member in scene.placed)


def test_the_outer_map_shows_where_the_organisations_of_its_insets_are(layout) -> None:
    scene, found = layout
    for item in found.maps:
        spots = [inset.spot.source for inset, _ in item.tags]
        others = {
            key: at for key, at in member_places(scene, item.frame).items() if key not in item.signs.members
        }
        expected = {
            f"M{x:.2f} {y:.2f}"
            for x, y in others.values()
            if any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in spots)
        }
        drawn = overlay(item, scene, font_set(scenes.catalog()))
        dots = re.findall(r'<path d="((?:M[-\d.]+ [-\d.]+h0)+)"[^>]*stroke="#9b1c31"', drawn)
        assert set("".join(dots).split("h0")) - {""} == expected
        inside = [i.letter for i, _ in item.tags]
        for inner in found.maps:
            if inner.inset is not None and inner.inset.letter in inside:
                assert {"M{:.2f} {:.2f}".format(*others[key]) for key in inner.signs.members} <= expected


def test_no_sign_lies_over_another(layout) -> None:
    _, found = layout
    for item in (found.main, *found.insets):
        for one, other in itertools.combinations(item.signs.boxes, 2):
            assert not overlap(one, other)


def test_no_name_lies_over_a_name_or_a_sign(layout) -> None:
    _scene, found = layout
    fonts = font_set(scenes.catalog())
    for item in (found.main, *found.insets):
        numbers = set(item.signs.runs)
        boxes = []
        for run in item.runs:
            if run in numbers:
                continue
            width = fonts.width(run.text, run.size_mm, run.face) / 1.02 + run.tracking_mm * (
                len(run.text) - 1
            )
            boxes.append((run.x, run.y - run.size_mm * 0.62, run.x + width, run.y + run.size_mm * 0.1))
        for one, other in itertools.combinations(boxes, 2):
            assert not overlap(one, other)
        for box in boxes:
            assert not any(overlap(box, sign) for sign in item.signs.boxes)
            assert box[0] >= 0
            assert box[1] >= -0.5
            assert box[2] <= item.frame.width_mm
            assert box[3] <= item.frame.height_mm


def test_insets_cover_neither_signs_nor_each_other(layout) -> None:
    _, found = layout
    boxes = [item.inset.box for item in found.insets]
    for one, other in itertools.combinations(boxes, 2):
        assert not overlap(one, other)
    for box in boxes:
        assert not any(overlap(box, sign) for sign in found.main.signs.boxes)


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_no_place_of_an_inset_lies_under_its_head(orientation: str) -> None:
    """Of the 200, two lie in the park's frame but so far north that the head of its inset would hide them."""
    scene = scenes.scene(scenes.stress(200), request=FrameRequest(orientation=orientation))
    found = laid(scene)
    assert found.insets
    for item in found.insets:
        places = member_places(scene, item.frame)
        assert all(places[key][1] > INSET_HEAD_MM for key in item.signs.members)


def test_the_layout_is_the_same_every_time() -> None:
    first, second = laid(scenes.demo()), laid(scenes.demo())
    assert first.main.runs == second.main.runs
    assert first.main.signs == second.main.signs


def test_dense_spots_get_insets_at_scales_of_their_own() -> None:
    found = laid(scenes.demo())
    assert found.insets
    letters = [item.inset.letter for item in found.insets]
    assert letters == sorted(letters)
    assert all(item.frame.denominator < found.main.frame.denominator / 1.8 for item in found.insets)


def test_organisations_at_one_place_share_a_stack_with_all_their_numbers() -> None:
    scene = scenes.scene(scenes.made([(49.6, 40.6)] * 24))
    found = laid(scene)
    assert len(found.main.signs.plates) == 1
    text = " ".join(run.text for run in found.main.signs.runs)
    numbers: set[int] = set()
    for part in text.replace(",", " ").split():
        first, _, last = part.partition("–")
        numbers |= set(range(int(first), int(last or first) + 1))
    assert numbers == set(range(1, 25))


def test_a_legend_that_disagrees_with_the_map_is_refused_by_name() -> None:
    scene = scenes.demo()
    signs = next(group for group in scene.legend if group.code == "participants")
    fewer = replace(signs, entries=signs.entries[1:])
    without = tuple(fewer if group is signs else group for group in scene.legend)
    with pytest.raises(RenderError) as caught:
        prepare(replace(scene, legend=without), SheetOptions(), scenes.catalog())
    assert signs.entries[0].title in message(caught.value, "az")
    extra = LegendGroup("x", "X", (LegendEntry("sign", "imaginary", "Imaginary"),))
    with pytest.raises(RenderError) as caught:
        prepare(replace(scene, legend=(*scene.legend, extra)), SheetOptions(), scenes.catalog())
    assert "imaginary" in message(caught.value, "en")
    short = tuple(group for group in scene.legend if group.code != "abbreviations")
    with pytest.raises(RenderError) as caught:
        prepare(replace(scene, legend=short), SheetOptions(), scenes.catalog())
    assert "ASC" in message(caught.value, "ru")


def test_a_thousand_organisations_are_all_there() -> None:
    scene = scenes.scene(scenes.stress(1000))
    found = laid(scene)
    counts = Counter(member for item in (found.main, *found.insets) for member in item.signs.members)
    assert counts == Counter(member.id for member in scene.placed)
    assert not found.main.signs.forced
    for item in (found.main, *found.insets):
        for one, other in itertools.combinations(item.signs.boxes, 2):
            assert not overlap(one, other)
    again = laid(scene)  # from what was kept: insets that gave way must give way again
    assert [item.inset for item in again.insets] == [item.inset for item in found.insets]


def test_a_region_named_like_its_town_is_named_once() -> None:
    texts = Counter(run.text for run in laid(scenes.demo()).main.runs)
    assert texts["Bakı"] == 1
    assert texts["BAKI"] == texts["Bakı şəhəri"] == 0


def test_a_large_region_of_members_is_named_beside_its_town() -> None:
    """The legend's colour alone would not say which region it is."""
    found = laid(scenes.scene(scenes.one_town())).main
    said = {run.text for run in found.runs}
    assert {"Gəncə", "Gəncə şəhəri"} <= said


def test_names_keep_off_the_lines_of_the_base() -> None:
    ink = Ink(100.0, 60.0)
    road = [(x / 4, 30.0) for x in range(200, 400)]
    ink.draw(np.asarray(road), 1.0)
    label = Label("a", (48.0, 28.0, 52.0, 32.0), ((20.0, 3.0),))
    bounds = (0.0, 0.0, 100.0, 60.0)
    plain = place_labels([label], bounds, Obstacles())["a"]
    better = place_labels([label], bounds, Obstacles(), ink=ink)["a"]
    assert plain.align == "left"
    assert better.align == "right"
    assert ink.share(np.asarray([better.box]).T)[0] == 0


def test_a_layer_that_cannot_be_drawn_is_named() -> None:
    scene = scenes.demo()
    broken = replace(scene.layers[0], data=scene.layers[0].frame.drop(columns=["cls"]))
    with pytest.raises((RenderError, KeyError)):
        render_sheet(replace(scene, layers=(broken, *scene.layers[1:])), catalog=scenes.catalog())


def test_scale_bar_is_round_and_true() -> None:
    for denominator in (5_000, 25_000, 75_000, 400_000, 2_500_000):
        bar = scale_bar(denominator, "az")
        last = bar["marks"][-1]
        assert last["at"] <= 62.01
        assert last["at"] * denominator / 1000 == pytest.approx(bar["length_m"], rel=1e-3)


@pytest.mark.parametrize("widest", [49.6, 62.0])
def test_left_of_zero_the_scale_bar_has_a_part_in_finer_divisions(widest: float) -> None:
    for denominator in (5_000, 20_000, 75_000, 400_000, 1_000_000, 2_500_000):
        bar = scale_bar(denominator, "az", widest, finer=True)
        left, first, last = bar["left"], bar["marks"][0], bar["marks"][-1]
        assert (first["at"], first["text"]) == (0, "0")
        assert left["at"] == bar["marks"][1]["at"]
        assert left["text"] == bar["marks"][1]["text"]
        assert left["at"] + last["at"] <= widest + 0.01
        metres = left["at"] / left["parts"] * denominator / 1000
        assert f"{metres:.0e}"[0] in "125", metres  # a division is a round length as well
        assert left["at"] / left["parts"] > 1.2, "divisions that are counted on paper"


def test_an_inset_says_whose_organisations_it_shows() -> None:
    scene = scenes.demo()
    inputs, _ = prepare(scene, SheetOptions(), scenes.catalog())
    inset_of, titles = (
        laid(scene).inset_of,
        {i["letter"]: i["title"] for i in json.loads(inputs["data"])["insets"]},
    )
    assert titles
    for letter, title in titles.items():
        held = {m.region_name for m in scene.placed if inset_of[m.id] == letter}
        assert set(title.split(", ")) == held


def test_small_angles_are_written_with_their_sign() -> None:
    assert angle_text(-0.69) == "−0°41′"
    assert angle_text(0.0) == "0°00′"
    assert angle_text(1.5) == "+1°30′"


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_no_text_on_a_map_is_cut_that_could_be_whole_or_left_to_the_table(orientation: str) -> None:
    """A specialisation stands beside its sign in full or not at all."""
    for participants in (scenes.demo_participants(), scenes.stress()):
        layout = laid(scenes.scene(participants, request=FrameRequest(orientation=orientation)))
        maps = (layout.main, *layout.insets)
        assert not [run.text for item in maps for run in item.runs if run.text.endswith("…")]


def test_a_name_that_no_label_holds_is_cut_between_words() -> None:
    name = "Sənaye avadanlığının istehsalı və təchizatı üzrə " * 6
    one = replace(scenes.one_town()[0], name=name, specialisation="Kabel və naqil istehsalı")
    layout = laid(scenes.scene((one,)))
    texts = [run.text for run in layout.main.runs]
    (cut,) = [text for text in texts if text.endswith("…")]
    assert set(cut.rstrip("…").split()) <= set(name.split())
    assert any(text.startswith("Kabel və naqil") for text in texts)


def test_texts_are_wrapped_and_cut_within_their_width() -> None:
    fonts = font_set(scenes.catalog())
    for text in ("Ə" * 300, "Sənaye parkı " * 30, "a"):
        lines = wrapped(text, fonts, 2.3, "semibold", 30.0, 3)
        assert 1 <= len(lines) <= 3
        assert all(fonts.width(line, 2.3, "semibold") <= 30.0 for line in lines)


def test_a_text_is_cut_between_words() -> None:
    fonts = font_set(scenes.catalog())
    text = "Aparatçı, qaynaqçı və laborant hazırlığı"
    for widest in (16.0, 20.0, 24.0, 28.0, 30.0):
        (line,) = wrapped(text, fonts, 2.0, "italic", widest, 1)
        assert line.endswith("…")
        assert text.startswith(line[:-1])
        assert text[len(line) - 1] in " ,"


def test_a_stack_with_room_beside_it_names_its_organisations() -> None:
    scene = scenes.scene(scenes.made([(49.6, 40.6)] * 6))
    texts = [run.text for run in laid(scene).main.runs]
    for member in scene.members:
        assert f"{member.number} {member.name}" in texts
        assert member.specialisation in texts


def test_the_abbreviations_of_the_projection_are_explained() -> None:
    inputs, _ = prepare(scenes.demo(), SheetOptions(), scenes.catalog())
    groups = {group["code"]: group for group in json.loads(inputs["data"])["legend"]}
    forms = {entry["form"] for entry in groups["abbreviations"]["entries"]}
    assert {"UTM", "WGS 84"} <= forms
    own = scenes.demo(request=FrameRequest(crs="pulkovo"))
    inputs, _ = prepare(own, SheetOptions(), scenes.catalog())
    groups = {group["code"]: group for group in json.loads(inputs["data"])["legend"]}
    assert "UTM" not in {entry["form"] for entry in groups["abbreviations"]["entries"]}


def test_invisible_characters_are_dropped() -> None:
    assert normal("a\u202eb\u2028c\td\u0000") == "ab c d"


def test_a_letter_of_an_inset_stands_at_a_corner_that_hides_no_place() -> None:
    source = (40.0, 40.0, 80.0, 70.0)
    assert source_tags([source], 1.0)[0] == (38.2, 38.2, 41.8, 41.8)
    corners = [(40.0, 40.0), (80.0, 40.0), (80.0, 70.0)]
    for taken in range(1, 4):
        (tag,) = source_tags([source], 1.0, corners[:taken])
        assert not any(tag[0] <= x <= tag[2] and tag[1] <= y <= tag[3] for x, y in corners[:taken])
    # A plate that names a page is nearly as long as its frame: it runs away from it where that hides less.
    inner = [(60.0, 40.0), (60.0, 70.0)]
    for bounds, left in (((0, 0, 200, 200), 5.8), ((10, 0, 200, 200), 78.2), ((10, 0, 90, 200), 38.2)):
        (tag,) = source_tags([source], 1.0, inner, [36.0], bounds)
        assert tag == pytest.approx((left, 38.2, left + 36.0, 41.8))
    beside = (81.0, 34.0, 100.0, 41.0)  # its own frame lies under the second corner
    first, _ = source_tags([source, beside], 1.0, [(40.0, 40.0)])
    assert first == (78.2, 68.2, 81.8, 71.8)
