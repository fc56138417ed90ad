"""What lies over the base of a map, as SVG: halos of texts, leader lines, plates, signs, frames of insets.

Texts themselves are Typst's; only their halos are drawn here, from the outlines of the same faces, so that a
name is in the file once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from geoservice.render.sheet_layout import MapLayout, source_frame
from geoservice.render.sheet_text import FILES, SLACK, FontSet
from geoservice.scheme.boxes import Box

if TYPE_CHECKING:
    from geoservice.render.sheet_names import Run
    from geoservice.scheme.insets import Inset
    from geoservice.scheme.scene import Scene

Outline = Callable[[str], str]

INK = "#1c1c1c"
ACCENT = "#9b1c31"
HALO_MM = 0.8
HALO_OPACITY = 0.86


def overlay(layout: MapLayout, scene: Scene, fonts: FontSet) -> str:
    """Draw the overlay of one map as an SVG document of the map's size."""
    width, height = layout.frame.width_mm, layout.frame.height_mm
    parts = [
        _symbols(layout, scene),
        _halos(layout.runs, fonts),
        _sources(layout.tags),
        _lines(layout.leaders, "#5a5a5a", 0.13),
        _lines(layout.signs.ticks, INK, 0.18),
        "".join(f'<circle cx="{x:.2f}" cy="{y:.2f}" r="0.42" fill="{INK}"/>' for x, y in layout.signs.dots),
        _plates(layout.signs.plates),
        *(
            f'<use xlink:href="#s-{image.sign}" x="{image.x - image.size_mm / 2:.3f}" '
            f'y="{image.y - image.size_mm / 2:.3f}" width="{image.size_mm:.3f}" '
            f'height="{image.size_mm:.3f}"/>'
            for image in layout.signs.images
        ),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'
    )


def _lines(lines: Iterable[Sequence[float]], colour: str, width_mm: float) -> str:
    path = "".join(f"M{a:.2f} {b:.2f}L{c:.2f} {d:.2f}" for a, b, c, d in lines)
    if not path:
        return ""
    return (
        f'<path d="{path}" fill="none" stroke="#ffffff" stroke-opacity="0.8" '
        f'stroke-width="{width_mm + 0.35:g}"/>'
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width_mm:g}"/>'
    )


def _plates(plates: Iterable[Box]) -> str:
    return "".join(
        f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}" rx="0.8" '
        f'fill="#ffffff" fill-opacity="0.94" stroke="{INK}" stroke-width="0.16"/>'
        for x0, y0, x1, y1 in plates
    )


def _sources(tags: Sequence[tuple[Inset, Box]]) -> str:
    """Frames of the insets on the main map with the plates of their letters."""
    parts = []
    for inset, tag in tags:
        x0, y0, x1, y1 = source_frame(inset.spot.source)
        parts.append(
            f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}" '
            f'fill="#ffffff" fill-opacity="0.35" stroke="{ACCENT}" stroke-width="0.35"/>'
        )
        x0, y0, x1, y1 = tag
        parts.append(
            f'<rect x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}" fill="{ACCENT}"/>'
        )
    return "".join(parts)


# -- signs ---------------------------------------------------------------------------------------------------


def _symbols(layout: MapLayout, scene: Scene) -> str:
    used = sorted({image.sign for image in layout.signs.images})
    return "<defs>" + "".join(symbol_definition(name, scene.signs[name].svg) for name in used) + "</defs>"


@lru_cache(maxsize=128)
def symbol_definition(name: str, svg: str) -> str:
    """Turn a symbol's document into an SVG ``<symbol id="s-name">``."""
    root = ElementTree.fromstring(svg)  # noqa: S314  # a file of styles/, not of a user's upload
    box = root.get("viewBox") or f"0 0 {root.get('width', '24')} {root.get('height', '24')}"
    inner = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    inner = re.sub(r'\s?xmlns:ns\d+="http://www\.w3\.org/2000/svg"', "", inner)
    inner = re.sub(r"(</?)ns\d+:", r"\1", inner)
    return f'<symbol id="s-{name}" viewBox="{box}">{inner}</symbol>'


# -- halos ---------------------------------------------------------------------------------------------------


def _halos(runs: Sequence[Run], fonts: FontSet) -> str:
    """Outlines of all letters that have a halo, as wide strokes under them."""
    by_paint: dict[tuple[str, float, str], list[Run]] = {}
    for item in runs:
        if item.halo:
            by_paint.setdefault((item.halo, item.size_mm, item.face), []).append(item)
    parts = []
    for (colour, size, face), group in by_paint.items():
        em, outlines = _outlines(fonts.folder, face)
        _, others = _outlines(fonts.folder, "fallback")
        scale = size / em
        glyphs = "".join(_glyphs(item, fonts, outlines, others, scale) for item in group)
        parts.append(
            f'<g fill="none" stroke="{colour}" stroke-opacity="{HALO_OPACITY}" stroke-linejoin="round" '
            f'stroke-width="{max(HALO_MM, size * 0.3) / scale:.0f}">{glyphs}</g>'
        )
    return "".join(parts)


def _glyphs(item: Run, fonts: FontSet, outlines: Outline, others: Outline, scale: float) -> str:
    x, parts = item.x, []
    for char in item.text:
        path = outlines(char) or others(char)
        if path:
            parts.append(
                f'<path transform="matrix({scale:.6f} 0 0 {-scale:.6f} {x:.3f} {item.y:.3f})" d="{path}"/>'
            )
        x += fonts.width(char, item.size_mm, item.face) / SLACK + item.tracking_mm
    return "".join(parts)


@lru_cache(maxsize=16)
def _outlines(folder: Path, face: str) -> tuple[float, Outline]:
    """Units in an em of a face, and a function from a character to its outline as path data ("" if none)."""
    from fontTools.pens.svgPathPen import SVGPathPen
    from fontTools.ttLib import TTFont

    font = TTFont(folder / FILES[face], lazy=True)
    glyphs, cmap = font.getGlyphSet(), font.getBestCmap()

    @lru_cache(maxsize=1024)
    def outline(char: str) -> str:
        name = cmap.get(ord(char))
        if name is None:
            return ""
        pen = SVGPathPen(glyphs, ntos=lambda value: f"{value:.0f}")
        glyphs[name].draw(pen)
        return str(pen.getCommands())

    return float(font["head"].unitsPerEm), outline
