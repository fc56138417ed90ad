"""Minimum sizes and rules of lettering of printed maps, read back from a sheet: see atlas_points.md."""

from __future__ import annotations

import io
import itertools
import json
import math
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pikepdf
import pytest
import sheet_scenes as scenes

from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.render.sheet_layout import MapLayout, SheetLayout, lay_out
from geoservice.render.sheet_text import font_set
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene
from geoservice.scheme.sheet_metrics import read_metrics

MM = 25.4 / 72
#: Points of type, mm of lines, signs and gaps; see atlas_points.md.
NAME_PT, SMALL_PRINT_PT = 6.0, {"A3": 6.0, "A4": 5.0}
THINNEST_MM, SMALLEST_SIGN_MM, SMALLEST_DOT_MM, LEAST_GAP_MM = 0.08, 1.8, 0.4, 0.25
SCENES = {"demo": scenes.demo_participants, "country": scenes.country_wide, "stress": scenes.stress}


@cache
def scene(name: str, paper: str = "A3", lang: str = "az") -> Scene:
    """Of a register on a paper; in Russian, whose texts are longest, lying: its legend has the least room."""
    orientation = "landscape" if lang == "ru" else "auto"
    return scenes.scene(SCENES[name](), lang=lang, request=FrameRequest(paper=paper, orientation=orientation))


@cache
def pdf(name: str, paper: str = "A3", lang: str = "az") -> bytes:
    return render_sheet(scene(name, paper, lang), options=SheetOptions(), catalog=scenes.catalog())


@cache
def laid(name: str) -> SheetLayout:
    return lay_out(scene(name), scenes.catalog(), font_set(scenes.catalog()))


def maps(name: str) -> tuple[MapLayout, ...]:
    found = laid(name)
    return (found.main, *found.insets)


def drawn(name: str, paper: str = "A3", lang: str = "az") -> Iterator[tuple[str, float]]:
    """("text", size in pt) and ("line", width in mm) of all that the PDF sets and strokes, as printed."""
    with pikepdf.open(io.BytesIO(pdf(name, paper, lang))) as document:
        for page in document.pages:
            yield from _walk(page.obj, page.obj.Resources, np.eye(3))


def _matrix(numbers: Any) -> np.ndarray:
    a, b, c, d, e, f = (float(n) for n in numbers)
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]])


def _grows(matrix: np.ndarray) -> float:
    return math.sqrt(abs(np.linalg.det(matrix[:2, :2])))


def _walk(content: Any, resources: Any, start: np.ndarray) -> Iterator[tuple[str, float]]:
    now, width, size, text = start, 1.0, 0.0, np.eye(3)
    kept: list[tuple[np.ndarray, float, float]] = []
    for operands, operator in pikepdf.parse_content_stream(content):
        match str(operator):
            case "q":
                kept.append((now, width, size))
            case "Q":
                now, width, size = kept.pop()
            case "cm":
                now = _matrix(operands) @ now
            case "w":
                width = float(operands[0])
            case "Tf":
                size = float(operands[1])
            case "Tm":
                text = _matrix(operands)
            case "Tj" | "TJ":
                yield "text", size * _grows(text @ now)
            case "S" | "s" | "B" | "B*" | "b" | "b*":
                yield "line", width * _grows(now) * MM
            case "Do":
                form = resources.XObject[operands[0]]
                if form.Subtype == "/Form":
                    inner = _matrix(form.get("/Matrix", (1, 0, 0, 1, 0, 0))) @ now
                    yield from _walk(form, form.get("/Resources", resources), inner)


@cache
def paints() -> dict[str, dict[str, Any]]:
    """Paints of the base map by class."""
    styles = tomllib.loads(scenes.catalog().resource("styles/layers.toml").read_text("utf-8"))["style"]
    return {rule["class"]: rule["paint"] for style in styles for rule in style["rule"]}


@cache
def signs() -> list[dict[str, Any]]:
    return tomllib.loads(scenes.catalog().resource("styles/organisations.toml").read_text("utf-8"))["sign"]


def light(colour: str) -> float:
    """Relative luminance of a colour, 0 black to 1 white (WCAG 2)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("name", "paper", "lang"),
    [
        *((name, "A3", lang) for name in SCENES for lang in ("az", "ru")),
        *((name, "A4", "az") for name in ("demo", "country")),
    ],
)
def test_no_text_and_no_line_is_too_small_to_read(name: str, paper: str, lang: str) -> None:
    found = list(drawn(name, paper, lang))
    texts = [value for kind, value in found if kind == "text"]
    lines = [value for kind, value in found if kind == "line"]
    assert len(texts) > 100
    assert len(lines) > 50
    assert min(texts) >= SMALL_PRINT_PT[paper]
    assert min(lines) >= THINNEST_MM


@pytest.mark.parametrize("name", list(SCENES))
def test_names_on_the_map_are_set_in_six_points_at_least(name: str) -> None:
    """Those of members and of regions; what an organisation does, in italics, is small print."""
    members = {word for m in scene(name).placed for word in m.name.split()}
    named = [
        r for item in maps(name) for r in item.runs if r.text.split()[0] in members and r.face == "semibold"
    ]
    assert named
    assert min(r.size_mm for r in named) / MM >= NAME_PT
    areas = ("country", "economic_region", "region", "district", "occupied", "bordering", "sea", "capital")
    towns = ("city_500k", "city_100k", "town_20k")
    assert min(paints()[cls]["label_mm"] for cls in (*areas, *towns)) / MM >= NAME_PT


@pytest.mark.parametrize("name", list(SCENES))
def test_signs_are_large_enough_and_stand_apart(name: str) -> None:
    for item in maps(name):
        assert min(i.size_mm for i in item.signs.images) >= SMALLEST_SIGN_MM
        for (w, s, e, n), (w2, s2, e2, n2) in itertools.combinations(item.signs.boxes, 2):
            assert max(w2 - e, w - e2, s2 - n, s - n2) >= LEAST_GAP_MM


def test_dots_of_settlements_grow_with_their_people_and_are_seen() -> None:
    classes = ("village", "town_5k", "town_20k", "city_100k", "city_500k", "capital")
    sizes = [paints()[cls]["size_mm"] for cls in classes]
    letters = [paints()[cls]["label_mm"] for cls in classes]
    assert sizes == sorted(set(sizes))
    assert letters == sorted(set(letters))
    assert sizes[0] >= SMALLEST_DOT_MM


def test_borders_and_names_of_areas_follow_their_rank() -> None:
    ranks = ("district", "economic_region", "country_border")
    widths = [paints()[cls]["stroke_mm"] for cls in ranks]
    assert widths == sorted(set(widths))
    names = [paints()[cls]["label_mm"] for cls in ("district", "economic_region", "country")]
    assert names == sorted(set(names))


def test_water_is_named_in_italics_and_large_areas_in_spaced_capitals() -> None:
    sea = {r.text: r for r in laid("country").main.runs if r.colour == paints()["sea"]["label_colour"]}
    assert sea
    assert {r.face for r in sea.values()} <= {"italic", "semibolditalic"}
    for cls in ("country", "economic_region"):
        named = [r for r in laid("country").main.runs if r.colour == paints()[cls]["label_colour"]]
        assert named
        for r in named:
            assert r.text == r.text.upper()
            assert r.tracking_mm >= 0.1 * r.size_mm
    assert all(not r.tracking_mm for r in laid("country").main.runs if r.text != r.text.upper())


def test_names_are_parted_from_the_lines_below_them() -> None:
    """By a halo, much lighter than the letters."""
    for item in maps("country"):
        for r in item.runs:
            assert not r.halo or light(r.halo) - light(r.colour) > 0.25, r.text
        assert sum(bool(r.halo) for r in item.runs) > 0.6 * len(item.runs)


def test_signs_stand_out_from_the_ground_also_in_grey() -> None:
    """A contrast of 3 to 1 at least (WCAG 1.4.11), between the signs' tints and every fill below them."""
    fills = [paints()[cls]["fill"] for cls in ("occupied", "bordering", "district", "sea", "country")]
    for sign in signs():
        for fill in fills:
            dark, pale = sorted((light(sign["colour"]), light(fill)))
            assert (pale + 0.05) / (dark + 0.05) >= 3, (sign["class"], fill)


def test_the_graticule_is_labelled_on_all_four_sides() -> None:
    ticks = laid("country").graticule.ticks
    assert {t.edge for t in ticks} == {"top", "bottom", "left", "right"}
    assert all(t.text for t in ticks)


def test_places_lines_and_samples_grow_with_the_paper() -> None:
    """On A0 as the texts do; on A4 they are as on A3."""
    found = {}
    for paper in ("A4", "A3", "A0"):
        made = scene("demo", paper)
        unit = read_metrics(scenes.catalog().resource("styles/sheet/scheme.toml")).unit(paper)
        drawn_map = lay_out(made, scenes.catalog(), font_set(scenes.catalog()), unit).main
        inputs, _ = prepare(made, SheetOptions(), scenes.catalog())
        (lines,) = [
            entry["w"]
            for group in json.loads(inputs["data"])["legend"]
            for entry in group["entries"]
            if entry["kind"] == "line" and "Dəmir" in entry["title"]
        ]
        found[paper] = (max(dot.size_mm for dot in drawn_map.base.dots), lines)
    assert found["A4"] == found["A3"] == (paints()["capital"]["size_mm"], 9.0)
    assert found["A0"] == pytest.approx([1.8 * value for value in found["A3"]])
