"""The box that a letter covers, for its halo."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from geoservice.render.sheet_text import Face, font_of


@lru_cache(maxsize=4096)
def extent(folder: Path, face: Face, char: str) -> tuple[float, float, float, float] | None:
    """Left, top, right and foot of a character in em (y downwards), from the left end of the baseline.

    The fallback face stands in for letters that the face lacks; none where nothing is drawn.
    """
    for name in (face, "fallback"):
        font = font_of(folder, name)
        glyph = font.get_nominal_glyph(ord(char))
        if glyph is not None:
            box, em = font.get_glyph_extents(glyph), font.face.upem
            if box is None or not box.width:
                return None
            left, top = box.x_bearing / em, -box.y_bearing / em
            return (left, top, left + box.width / em, top - box.height / em)
    return None
