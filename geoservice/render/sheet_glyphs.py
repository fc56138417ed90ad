"""Outlines of letters for their halos: coarse polygons, for a wide stroke hides every detail."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from geoservice.render.sheet_text import FILES, Face

#: Outlines are rounded to this share of the em: a fifteenth of the halo's width.
GRAIN = 0.02

Contour = list[tuple[float, float]]


@lru_cache(maxsize=4096)
def coarse_outline(folder: Path, face: Face, char: str) -> tuple[float, tuple[Contour, ...]]:
    """Return the units in an em and the contours of a character in font units (y upwards).

    The fallback face stands in for letters that the face lacks; a character without an outline gives none.
    """
    for name in (face, "fallback"):
        em, cmap, glyphs = _face(folder, name)
        glyph = cmap.get(ord(char))
        if glyph is not None:
            return em, _contours(glyphs[glyph], glyphs, em * GRAIN)
    return 1.0, ()


@lru_cache(maxsize=16)
def _face(folder: Path, face: str) -> tuple[float, dict[int, str], Any]:
    from fontTools.ttLib import TTFont

    font = TTFont(folder / FILES[face], lazy=True)
    return float(font["head"].unitsPerEm), font.getBestCmap(), font.getGlyphSet()


def _contours(glyph: Any, glyphs: Any, grain: float) -> tuple[Contour, ...]:
    from fontTools.pens.recordingPen import DecomposingRecordingPen

    pen = DecomposingRecordingPen(glyphs)
    glyph.draw(pen)
    contours: list[Contour] = []
    for operator, points in pen.value:
        if operator == "moveTo":
            contours.append([])
        if operator in ("moveTo", "lineTo"):
            contours[-1].append(points[-1])
        elif operator in ("qCurveTo", "curveTo"):
            # Control points are near enough to the curve; implied points between them are left out.
            contours[-1] += [_between(points[i], points[i + 1]) for i in range(len(points) - 2)]
            contours[-1] += [_between(points[-2], points[-1]), points[-1]] if len(points) > 1 else points
    return tuple(rounded for contour in contours if len(rounded := _rounded(contour, grain)) > 1)


def _between(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)


def _rounded(contour: Contour, grain: float) -> Contour:
    places = [(round(x / grain) * grain, round(y / grain) * grain) for x, y in contour]
    return [place for i, place in enumerate(places) if i == 0 or place != places[i - 1]]
