"""The sheet as a picture, texts as boxes, against baselines: layout and drawing, not the cut of letters.

Baselines are small greyscale PNGs in tests/sheet/baselines; after a wanted change ``python
tests/sheet/test_sheet_images.py`` draws them anew, to be looked at before they are committed.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sheet_scenes as scenes
from PIL import Image, ImageFilter

from geoservice.render import sheet
from geoservice.render.sheet import SheetOptions
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene

BASELINES = Path(__file__).parent / "baselines"
DPI = 50
#: Grey levels (of 255) by which the blurred pictures may differ: rasterisers differ at edges.
MEAN, WORST_SHARE, WORST = 1.0, 0.004, 40
#: Every word is drawn as a box of its own size: lines end where they end on the sheet.
BOXES = r"""
#show regex("\S+"): it => context {
  let s = measure(it)
  box(width: s.width, height: s.height, fill: luma(90))
}
"""
LAYOUTS: dict[str, tuple[Callable[[], Scene], str]] = {
    "demo": (scenes.demo, "scheme"),
    "portrait": (lambda: scenes.demo("ru", request=FrameRequest(orientation="portrait")), "scheme"),
    "a4": (lambda: scenes.demo("en", request=FrameRequest(paper="A4")), "scheme"),
    "stress": (lambda: scenes.scene(scenes.stress()), "scheme"),
    "map-only": (lambda: scenes.demo(template="map-only"), "map-only"),
}


def drawn(name: str) -> Image.Image:
    """The first page of a layout with texts as boxes."""
    make, template = LAYOUTS[name]
    scene, catalog = make(), scenes.catalog()
    options = SheetOptions(format="png", dpi=DPI, template=template, code="AB12-CD34-EF56-0789")
    inputs, fonts = sheet.prepare(scene, options, catalog)
    source = sheet.template_source(catalog, template).decode()
    marker = "#set par("
    assert marker in source
    boxed = source.replace(marker, BOXES + marker, 1).encode()
    page = sheet._compile(boxed, inputs, fonts.folder, options, scene)[0]
    return Image.open(io.BytesIO(page)).convert("L")


@pytest.mark.parametrize("name", list(LAYOUTS))
def test_a_layout_looks_as_it_did(name: str) -> None:
    now, before = drawn(name), Image.open(BASELINES / f"{name}.png").convert("L")
    assert now.size == before.size
    blur = ImageFilter.GaussianBlur(1.2)
    apart = np.abs(np.asarray(now.filter(blur), dtype=float) - np.asarray(before.filter(blur), dtype=float))
    assert apart.mean() < MEAN
    assert (apart > WORST).mean() < WORST_SHARE


def test_no_part_of_the_sheet_is_set_over_another() -> None:
    """Blank paper stays between the legend and what stands below it, on every paper."""
    for paper in ("A4", "A3", "A1"):
        for lang in ("az", "ru"):
            scene = scenes.scene(scenes.country_wide(), lang=lang, request=FrameRequest(paper=paper))
            options = SheetOptions(format="png", dpi={"A4": 90, "A3": 64, "A1": 32}[paper])
            inputs, fonts = sheet.prepare(scene, options, scenes.catalog())
            source = sheet.template_source(scenes.catalog(), "scheme")
            data = json.loads(inputs["data"])
            page = sheet._compile(source, inputs, fonts.folder, options, scene)[0]
            pixels = np.asarray(Image.open(io.BytesIO(page)).convert("L"))
            box, unit = data["boxes"]["right"], data["unit"]
            dots = pixels.shape[1] / data["page"]["w"]
            left, right = int((box["x"] + 6 * unit) * dots), int((box["x"] + box["w"] - 1) * dots)
            # The line above the foot of the panel: no line of text is as even.
            rows = pixels[
                int((box["y"] + box["h"] / 3) * dots) : int((box["y"] + box["h"]) * dots), left:right
            ]
            drawn_lines = np.flatnonzero(rows.max(axis=1) < 252)
            assert len(drawn_lines), (paper, lang)
            line = int(drawn_lines[0]) + int((box["y"] + box["h"] / 3) * dots)
            band = pixels[line - int(1.6 * unit * dots) : line - int(0.6 * unit * dots), left:right]
            assert band.size
            assert band.min() > 200, (paper, lang)


if __name__ == "__main__":
    BASELINES.mkdir(exist_ok=True)
    for layout in LAYOUTS:
        drawn(layout).save(BASELINES / f"{layout}.png", optimize=True)
