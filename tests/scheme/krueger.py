"""Places to draw sheets of, and their projection without PROJ, to check what was computed with it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from hypothesis import strategies as st
from pyproj import Proj

Place = tuple[float, float]


def transverse_mercator(place: Place, meridian: float, factor: float) -> Place:
    """Easting (from the meridian) and northing on WGS 84 by Krüger's series to the fourth order, metres.

    https://doi.org/10.1007/s00190-011-0445-3
    """
    n = (1 / 298.257223563) / (2 - 1 / 298.257223563)
    radius = 6378137.0 / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    terms = (
        n / 2 - 2 * n**2 / 3 + 5 * n**3 / 16 + 41 * n**4 / 180,
        13 * n**2 / 48 - 3 * n**3 / 5 + 557 * n**4 / 1440,
        61 * n**3 / 240 - 103 * n**4 / 140,
        49561 * n**4 / 161280,
    )
    sine, c = math.sin(math.radians(place[1])), 2 * math.sqrt(n) / (1 + n)
    t = math.sinh(math.atanh(sine) - c * math.atanh(c * sine))
    away = math.radians(place[0] - meridian)
    xi, eta = math.atan2(t, math.cos(away)), math.atanh(math.sin(away) / math.hypot(1, t))
    x = eta + sum(a * math.cos(2 * j * xi) * math.sinh(2 * j * eta) for j, a in enumerate(terms, 1))
    y = xi + sum(a * math.sin(2 * j * xi) * math.cosh(2 * j * eta) for j, a in enumerate(terms, 1))
    return (factor * radius * x, factor * radius * y)


def projected(places: Sequence[Place], crs: str) -> list[Place]:
    """Places in metres of a sheet's CRS: UTM and transverse Mercator by the series, cones by PROJ."""
    if zone := re.fullmatch(r"EPSG:32([67])(\d\d)", crs):
        made = [transverse_mercator(p, int(zone[2]) * 6 - 183, 0.9996) for p in places]
        return [(x + 500_000, y + (10_000_000 if zone[1] == "7" else 0)) for x, y in made]
    if own := re.match(r"\+proj=tmerc .*\+lon_0=(\S+) \+k=(\S+)", crs):
        return [
            (x + 500_000, y)
            for x, y in (transverse_mercator(p, float(own[1]), float(own[2])) for p in places)
        ]
    cone = Proj(crs)
    return [cone(*place) for place in places]


def span(places: Sequence[Place]) -> Place:
    xs, ys = zip(*places, strict=True)
    return (max(xs) - min(xs), max(ys) - min(ys))


@st.composite
def territories(draw: st.DrawFn, widest_deg: float = 6.0, most: int = 12) -> list[Place]:
    """Places round a centre in both hemispheres, within a zone and across two: from a street to a country."""
    meridian = draw(st.sampled_from([-70.0, 27.0, 45.0, 48.0, 141.0]))
    centre = (meridian + draw(st.floats(-3, 3)), draw(st.floats(-55, 65)))
    wide = min(widest_deg, 10 ** draw(st.floats(-3.5, 0.8)))
    tall = min(widest_deg, 10 ** draw(st.floats(-3.5, 0.8)))
    around = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
    offsets = draw(st.lists(around, min_size=1, max_size=most))
    return [(round(centre[0] + dx * wide, 7), round(centre[1] + dy * tall, 7)) for dx, dy in offsets]
