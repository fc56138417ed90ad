"""The ground that a letter covers, for its halo: how far it reaches in eight directions."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

from geoservice.render.sheet_text import Face, font_of

Place = tuple[float, float]

#: The directions in which a letter is measured, clockwise on paper (y downwards), from the right on.
DIRECTIONS = tuple((math.cos(k * math.pi / 4), math.sin(k * math.pi / 4)) for k in range(8))
#: Two neighbouring edges of an octagon meet where both their equations hold: the sine between them.
_SINE = math.sin(math.pi / 4)


@lru_cache(maxsize=4096)
def octagon(folder: Path, face: Face, char: str, beyond: float) -> tuple[Place, ...]:
    """The octagon around a character and ``beyond`` further out, clockwise; () where nothing is drawn.

    In em (y downwards), from the left end of the baseline; ``beyond`` in em too. The fallback face stands in
    for letters that the face lacks.
    """
    reach = [far + beyond for far in _reach(folder, face, char)]
    corners = []
    for k in range(len(reach)):
        (a_x, a_y), (b_x, b_y) = DIRECTIONS[k - 1], DIRECTIONS[k]
        a, b = reach[k - 1], reach[k]
        corners.append(((a * b_y - b * a_y) / _SINE, (b * a_x - a * b_x) / _SINE))
    return tuple(corners)


@lru_cache(maxsize=4096)
def _reach(folder: Path, face: Face, char: str) -> tuple[float, ...]:
    """How far a character reaches in each direction, em; () where nothing is drawn."""
    for name in (face, "fallback"):
        font = font_of(folder, name)
        glyph = font.get_nominal_glyph(ord(char))
        if glyph is not None:
            pen = _Points()
            font.draw_glyph_with_pen(glyph, pen)
            em = font.face.upem
            places = [(x / em, -y / em) for x, y in pen.places]
            return tuple(max(x * u + y * v for x, y in places) for u, v in DIRECTIONS) if places else ()
    return ()


class _Points:
    """A pen that notes the points that curves run through, and the middles of what bends them."""

    def __init__(self) -> None:
        self.places: list[Any] = []

    def moveTo(self, place: Place) -> None:  # noqa: N802  # the names are those of the pen protocol
        self.places.append(place)

    def lineTo(self, place: Place) -> None:  # noqa: N802
        self.places.append(place)

    def qCurveTo(self, control: Place, place: Place) -> None:  # noqa: N802
        x, y = self.places[-1]
        self.places += [((x + 2 * control[0] + place[0]) / 4, (y + 2 * control[1] + place[1]) / 4), place]

    def curveTo(self, one: Place, two: Place, place: Place) -> None:  # noqa: N802
        x, y = self.places[-1]
        middle = ((x + 3 * (one[0] + two[0]) + place[0]) / 8, (y + 3 * (one[1] + two[1]) + place[1]) / 8)
        self.places += [middle, place]

    def closePath(self) -> None:  # noqa: N802
        """Nothing to note."""
