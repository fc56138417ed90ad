"""How the texts of a sheet are set: entries of the legend told apart, pages of the table full."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace

from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene

POINTS_PER_MM = 72 / 25.4
SCENES = {
    "demo": scenes.demo_participants,
    "town": scenes.one_town,
    "stress": scenes.stress,
    "country": scenes.country_wide,
}


@cache
def sheet(name: str, orientation: str, lang: str = "az") -> tuple[Scene, bytes]:
    request = FrameRequest(orientation=orientation)
    scene = scenes.scene(SCENES[name](), lang=lang, request=request)
    return scene, render_sheet(scene, catalog=scenes.catalog())


def lines(pdf: bytes, page: int) -> list[tuple[float, float, float, str]]:
    """The lines of a page: left, top and bottom in mm, and the text without spaces."""
    command = ["pdftotext", "-bbox-layout", "-enc", "UTF-8", "-f", str(page), "-l", str(page), "-", "-"]
    tree = ET.fromstring(subprocess.run(command, input=pdf, check=True, capture_output=True).stdout)
    found = []
    for item in (each for each in tree.iter() if each.tag.endswith("line")):
        text = "".join(word.text or "" for word in item if word.tag.endswith("word"))
        left, top, low = (float(item.attrib[name]) / POINTS_PER_MM for name in ("xMin", "yMin", "yMax"))
        found.append((left, top, low, text))
    return found


def data_of(scene: Scene) -> dict[str, Any]:
    inputs, _ = prepare(scene, SheetOptions(), scenes.catalog())
    read: dict[str, Any] = json.loads(inputs["data"])
    return read


@pytest.mark.parametrize("lang", ["az", "ru"])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_entries_of_the_legend_are_further_apart_than_their_lines(orientation: str, lang: str) -> None:
    """Beside small signs it is the texts that meet: two entries of two lines have to be told apart."""
    scene, pdf = sheet("demo", orientation, lang)
    data = data_of(scene)
    titles = [
        re.sub(r"\s+", "", e["title"])
        for g in data["legend"]
        if g["code"] != "abbreviations"
        for e in g["entries"]
    ]
    (heading,) = [g["title"] for g in data["legend"] if g["code"] == "abbreviations"]
    heading = (heading.replace("i", "İ") if lang == "az" else heading).upper()
    panel = [line for line in lines(pdf, 1) if line[0] > data["boxes"]["right"]["x"]]
    (end,) = [top for _, top, _, text in panel if text == heading]
    beside = [line for line in panel if line[1] < end]
    starts = {line for line in beside if any(title.startswith(line[3]) for title in titles)}
    inner, outer = [], []
    for line in beside:
        below = [o for o in beside if abs(o[0] - line[0]) < 0.5 and 0 < o[1] - line[1] < 8]
        if not below or not any(line[3] in title for title in titles):
            continue
        following = min(below, key=lambda other: other[1])
        if any(line[3] + following[3] in title for title in titles):
            inner.append(following[1] - line[1])
        elif following in starts:
            outer.append(following[1] - line[1])
    assert len(starts) > 12
    assert outer
    assert min(outer) > 1.3 * max(inner, default=0.0)


def test_ranges_of_numbers_in_the_legend_are_not_broken() -> None:
    _, pdf = sheet("country", "landscape")
    texts = [text for *_, text in lines(pdf, 1)]
    assert any("(101–250)" in text for text in texts)
    assert not [text for text in texts if text.endswith("101–")]


@pytest.mark.parametrize(
    ("name", "orientation"), [("stress", "portrait"), ("stress", "landscape"), ("demo", "portrait")]
)
def test_the_pages_of_the_table_are_full_to_the_last(name: str, orientation: str) -> None:
    """The last page uses all its columns, and rows do not spill over to one more by themselves."""
    scene, pdf = sheet(name, orientation)
    page = data_of(scene)["page"]
    width, tall = page["w"], page["h"]
    info = subprocess.run(["pdfinfo", "-"], input=pdf, check=True, capture_output=True).stdout.decode()
    (pages,) = re.findall(r"Pages:\s+(\d+)", info)
    rows = [
        line for line in lines(pdf, int(pages)) if re.search(r"^\d*“|^\d+$", line[3]) and line[1] < tall - 20
    ]
    columns = 3 if orientation == "landscape" else 2
    used = {int(left / (width / columns)) for left, *_ in rows}
    assert used == set(range(columns))


def test_a_row_of_the_table_is_not_broken_between_columns() -> None:
    """Names of 300 letters: their first and last words stand in one column of one page."""
    people = tuple(
        replace(p, name=f"Baş{p.id}q {'birliyi və sənaye ' * 15}Son{p.id}q") if i % 3 == 0 else p
        for i, p in enumerate(scenes.made(scenes.around(49.8, 40.4, 15, 60)))
    )
    pdf = render_sheet(scenes.scene(people), catalog=scenes.catalog())
    info = subprocess.run(["pdfinfo", "-"], input=pdf, check=True, capture_output=True).stdout.decode()
    (count,) = re.findall(r"Pages:\s+(\d+)", info)
    pages = [lines(pdf, page) for page in range(2, int(count) + 1)]
    assert all(pages)
    for person in people[::3]:
        ((page, first),) = [(page, ln) for page in pages for ln in page if f"Baş{person.id}q" in ln[3]]
        (last,) = [ln for ln in page if f"Son{person.id}q" in ln[3]]
        assert abs(last[0] - first[0]) < 12
        assert 0 < last[1] - first[1] < 60
