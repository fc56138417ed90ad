"""What stands around a map: graticule and its degrees, grid squares, scale bar, north. In mm of the frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice import i18n
from geoservice.render.sheet_base import MapFrame
from geoservice.render.sheet_paths import Cut
from geoservice.scheme.boxes import Box
from geoservice.scheme.projection import convergence, transformer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Steps of the graticule in minutes of arc.
STEPS_MINUTES = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
#: Wanted distance of graticule lines and size of grid squares on paper.
LINE_EVERY_MM = 62.0
SQUARE_MM = 52.0
#: Longest scale bar, and one that stands beside the locator.
SCALE_BAR_MM, SHORT_BAR_MM = 62.0, 33.0


class Tick(Struct, frozen=True):
    """A graticule line's end on an edge of the frame: ``at`` mm along it, with its degrees."""

    edge: str  # top | bottom | left | right
    at: float
    text: str


class Graticule(Struct, frozen=True):
    """Lines as SVG and their ends on the frame."""

    svg: str
    ticks: tuple[Tick, ...]

    def without(self, covered: Sequence[Box], bounds: Box) -> Graticule:
        """The same without the ends of lines where boxes flush with an edge cover the map."""
        width, height = bounds[2], bounds[3]

        def hidden(tick: Tick, box: Box) -> bool:
            flat = tick.edge in ("top", "bottom")
            low, high = (box[0], box[2]) if flat else (box[1], box[3])
            at_edge = {
                "top": box[1] <= 0.01, "bottom": box[3] >= height - 0.01,
                "left": box[0] <= 0.01, "right": box[2] >= width - 0.01,
            }[tick.edge]  # fmt: skip
            return at_edge and low - 0.5 <= tick.at <= high + 0.5

        kept = (tick for tick in self.ticks if not any(hidden(tick, box) for box in covered))
        return Graticule(self.svg, tuple(kept))


@lru_cache(maxsize=32)
def graticule(frame: MapFrame, lang: str) -> Graticule:
    """Meridians and parallels at a round step, about :data:`LINE_EVERY_MM` apart."""
    import numpy as np

    cut = Cut(frame.crs, frame.extent, frame.width_mm, frame.height_mm)
    inverse = transformer(frame.crs, inverse=True)
    west, south, east, north = inverse.transform_bounds(*frame.extent, densify_pts=21)
    step = _step((north - south) / frame.height_mm * LINE_EVERY_MM * 60) / 60
    step_lon = _step((east - west) / frame.width_mm * LINE_EVERY_MM * 60) / 60
    paths: list[str] = []
    ticks: list[Tick] = []
    along_lat = np.linspace(south - 0.1 * (north - south), north + 0.1 * (north - south), 48)
    for lon in np.arange(math.ceil(west / step_lon) * step_lon, east + 1e-9, step_lon):
        places = cut.places(np.column_stack([np.full_like(along_lat, lon), along_lat]))
        paths.append(_polyline(places))
        for edge, level in (("top", 0.0), ("bottom", frame.height_mm)):
            at = _crossing(places, 1, level)
            if at is not None and 0 <= at <= frame.width_mm:
                ticks.append(Tick(edge, round(at, 2), _degrees(float(lon), "lon", lang)))
    along_lon = np.linspace(west - 0.1 * (east - west), east + 0.1 * (east - west), 48)
    for lat in np.arange(math.ceil(south / step) * step, north + 1e-9, step):
        places = cut.places(np.column_stack([along_lon, np.full_like(along_lon, lat)]))
        paths.append(_polyline(places))
        for edge, level in (("left", 0.0), ("right", frame.width_mm)):
            at = _crossing(places, 0, level)
            if at is not None and 0 <= at <= frame.height_mm:
                ticks.append(Tick(edge, round(at, 2), _degrees(float(lat), "lat", lang)))
    svg = (
        f'<path d="{"".join(paths)}" fill="none" stroke="#6f7f8c" stroke-opacity="0.45" stroke-width="0.1"/>'
    )
    return Graticule(svg, tuple(ticks))


def _step(wanted_minutes: float) -> float:
    return min(STEPS_MINUTES, key=lambda step: abs(math.log(step / wanted_minutes)))


def _polyline(places: Array) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places.tolist())


def _crossing(places: Array, axis: int, level: float) -> float | None:
    """Where a polyline crosses a level of one axis: the other coordinate there."""
    import numpy as np

    values = places[:, axis] - level
    turns = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) <= 0)
    if not len(turns):
        return None
    i = int(turns[0])
    share = values[i] / (values[i] - values[i + 1]) if values[i] != values[i + 1] else 0.0
    other = places[:, 1 - axis]
    return float(other[i] + share * (other[i + 1] - other[i]))


def _degrees(value: float, axis: str, lang: str) -> str:
    minutes = round(abs(value) * 60, 3)
    whole, rest = divmod(minutes, 60)
    text = f"{int(whole)}°" + (f"{rest:02.0f}′" if rest == int(rest) else f"{rest:04.1f}′")
    if not rest:
        text = f"{int(whole)}°"
    text = text if lang == "en" else text.replace(".", ",")
    half = {"lon": ("east", "west"), "lat": ("north", "south")}[axis][0 if value >= 0 else 1]
    return i18n.text(lang, f"sheet.degrees.{half}", value=text)


# -- grid squares --------------------------------------------------------------------------------------------


class Squares(Struct, frozen=True):
    """The index grid of a sheet: letters from west to east, numbers from north to south."""

    columns: int
    rows: int
    width_mm: float
    height_mm: float

    def of(self, x: float, y: float) -> str:
        """The square of a place, such as B4."""
        column = min(max(int(x / self.width_mm), 0), self.columns - 1)
        row = min(max(int(y / self.height_mm), 0), self.rows - 1)
        return f"{_letter(column)}{row + 1}"

    def marks(self) -> dict[str, list[dict[str, Any]]]:
        """Letters and numbers with the middles of their squares."""
        return {
            "columns": [
                {"at": round((i + 0.5) * self.width_mm, 2), "text": _letter(i)} for i in range(self.columns)
            ],
            "rows": [
                {"at": round((i + 0.5) * self.height_mm, 2), "text": str(i + 1)} for i in range(self.rows)
            ],
        }


def squares(frame: MapFrame) -> Squares:
    """Divide a frame into nearly square fields of about :data:`SQUARE_MM`."""
    columns = max(1, round(frame.width_mm / SQUARE_MM))
    rows = max(1, round(frame.height_mm / SQUARE_MM))
    return Squares(columns, rows, frame.width_mm / columns, frame.height_mm / rows)


def _letter(index: int) -> str:
    alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ"
    return alphabet[index] if index < len(alphabet) else alphabet[index // 24 - 1] + alphabet[index % 24]


# -- scale bar, north ----------------------------------------------------------------------------------------


#: Into how many finer divisions a part of the scale bar falls, by the first figures of its length.
FINER = {1.0: 5, 2.0: 4, 2.5: 5, 5.0: 5}


def scale_bar(
    denominator: int, lang: str, widest_mm: float = SCALE_BAR_MM, most: int = 5, finer: bool = False
) -> dict[str, Any]:
    """A scale bar of round lengths: ends of its parts in mm right of zero with their labels, and the unit.

    ``finer``: one of the parts stands left of zero, in finer divisions, so that a distance is read by whole
    parts on the right and by tenths or fifths on the left; ``left`` gives its length, label and divisions.
    """
    longest_m = widest_mm * denominator / 1000
    part_m = _round_down(longest_m / (most - 1))
    parts = min(most, int(longest_m / part_m + 1e-9))
    kilometres = part_m * parts >= 1000 and (part_m >= 1000 or part_m % 500 == 0 or part_m * parts >= 2000)
    unit = i18n.text(lang, "sheet.unit.km" if kilometres else "sheet.unit.m")
    divisor = 1000 if kilometres else 1
    right = parts - 1 if finer else parts
    marks = [
        {"at": round(i * part_m * 1000 / denominator, 3), "text": _number(i * part_m / divisor, lang)}
        for i in range(right + 1)
    ]
    figures = part_m / 10.0 ** math.floor(math.log10(part_m) + 1e-9)
    left = {**marks[1], "parts": FINER[round(figures, 3)]} if finer else None
    return {"marks": marks, "left": left, "unit": unit, "length_m": part_m * right}


def _round_down(value: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(value))
    return max(step for step in (1.0, 2.0, 2.5, 5.0, 10.0) if step * magnitude <= value + 1e-9) * magnitude


def _number(value: float, lang: str) -> str:
    text = f"{value:g}"
    return text if lang == "en" else text.replace(".", ",")


def north(frame: MapFrame) -> float:
    """Grid convergence at the middle of a frame, degrees: true north lies that far left of up on paper."""
    inverse = transformer(frame.crs, inverse=True)
    x, y = (frame.extent[0] + frame.extent[2]) / 2, (frame.extent[1] + frame.extent[3]) / 2
    lon, lat = inverse.transform(x, y)
    return convergence(frame.crs, float(lon), float(lat))


def angle_text(degrees: float) -> str:
    """Write a small angle with its sign: +0°21′."""
    minutes = round(abs(degrees) * 60)
    return f"{'−' if degrees < 0 and minutes else '+' if minutes else ''}{minutes // 60}°{minutes % 60:02d}′"
