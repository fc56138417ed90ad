"""Small maps for the tests, in degrees; sides of about a kilometre, tolerances in metres near the equator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoservice.model import Boundaries
from geoservice.territory.adjacency import Kind, RegionGraph, build_graph
from geoservice.territory.concentration import Member
from geoservice.territory.regions import Regions, regions_from_arrays

M = 1.0 / 111_319.490793  # a metre at the equator, in degrees of longitude


def box(x: float, y: float, width: float = 1000.0, height: float = 1000.0) -> shapely.Polygon:
    """A rectangle of metres about (0, 0), as degrees."""
    return shapely.box(x * M, y * M, (x + width) * M, (y + height) * M)


def polygon(*points: tuple[float, float], holes: Iterable[Any] = ()) -> shapely.Polygon:
    return shapely.Polygon([(x * M, y * M) for x, y in points], list(holes))


def regions(shapes: Mapping[str, Any], **columns: list[str]) -> Regions:
    return regions_from_arrays(list(shapes), list(shapes.values()), columns)


def graph(shapes: Mapping[str, Any], reach_m: float = 1000.0) -> RegionGraph:
    return build_graph(regions(shapes), reach_m=reach_m)


def kinds(made: RegionGraph, within_m: float = 50.0) -> dict[tuple[str, str], str]:
    """Pairs that meet, and how; point contacts farther apart than ``within_m`` are none."""
    return {(e.a, e.b): e.kind.value for e in made.edges if e.kind is not Kind.POINT or e.gap_m <= within_m}


def frame(shapes: Mapping[str, Any], **columns: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": list(shapes), **columns}, geometry=list(shapes.values()), crs="EPSG:4326"
    )


def boundaries(shapes: Mapping[str, Any], digest: str = "", **columns: list[str]) -> Boundaries:
    return Boundaries("test", "district", {"en": "Test"}, frame(shapes, **columns), digest)


def members(
    where: Mapping[str, int] | Iterable[tuple[float, float] | None], shapes: Any = None
) -> list[Member]:
    """So many members in the middle of each region, or one at each point (degrees)."""
    if isinstance(where, Mapping):
        spots: list[Any] = [
            shapely.get_coordinates(shapely.point_on_surface(shapes[code]))[0]
            for code, count in where.items()
            for _ in range(count)
        ]
    else:
        spots = list(where)
    return [
        Member(f"m{i}", f"Org {i}", *((None, None) if s is None else (float(s[0]), float(s[1]))))
        for i, s in enumerate(spots)
    ]


def jittered(shape: Any, by_m: float, seed: int) -> Any:
    """A shape whose every vertex is off by up to ``by_m``."""
    rng = np.random.default_rng(seed)

    def shift(xy: np.ndarray) -> np.ndarray:
        moved = xy + rng.uniform(-by_m, by_m, xy.shape) * M
        moved[-1] = moved[0]
        return moved

    return shapely.transform(shape, shift)
