"""Generalised railways and main roads of Azerbaijan: part of derive.py.

Straight lines from town to town in the order of sources/routes.toml; nobody's geometry is used.
Where a road and a railway join the same towns, the road is moved aside, so that both are seen.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import shapely
from derive_io import SOURCES, DeriveError, Feature
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

Point = tuple[float, float]

ROAD_ASIDE_M = 700.0
"""How far a road is moved off the railway: 1.4 mm on a sheet at 1:500 000."""

INSIDE_M = 300.0
"""A town that the generalised border leaves outside the country is drawn this far inside it."""

M_PER_DEG_LAT = 111_320.0
"""Length of a degree of latitude on the sphere: good to half a percent, enough for moving lines."""


def transport(places: Sequence[Feature], country: BaseGeometry) -> list[Feature]:
    """Draw the lines of routes.toml; `places` are the settlements, `country` is Azerbaijan (degrees)."""
    with (SOURCES / "routes.toml").open("rb") as stream:
        document = tomllib.load(stream)
    nodes = _nodes(document["point"], places, country)
    borders = {point["name"] for point in document["point"] if point.get("border")}
    lines: list[dict[str, Any]] = document["line"]
    moved = nodes | _moved(lines, nodes, country, borders)
    features = []
    for line in lines:
        positions = nodes if line["class"] == "railway" else moved
        geometry = shapely.LineString([positions[name] for name in line["through"]])
        if not country.buffer(1e-6).contains(geometry):
            outside = geometry.difference(country)
            raise DeriveError(f"{line['code']} leaves the country at {outside.bounds}")
        keys = ("code", "name_az", "name_en", "name_ru", "class", "ref")
        properties = {key: line.get(key, "") for key in keys} | {"country": "AZ"}
        features.append(Feature(properties, geometry))
    return features


def _nodes(
    points: Sequence[Mapping[str, Any]], places: Sequence[Feature], country: BaseGeometry
) -> dict[str, Point]:
    """Positions of towns and other points by name, none of them outside the country."""
    nodes: dict[str, Point] = {}
    for place in places:
        if place.properties["country"] == "AZ":
            name = str(place.properties["name_az"])
            nodes[name] = _inside(place.geometry, country)
    for point in points:
        position = shapely.Point(point["lon"], point["lat"])
        on = country.boundary if point.get("border") else None
        nodes[point["name"]] = (
            _xy(nearest_points(on, position)[0]) if on is not None else _inside(position, country)
        )
    return nodes


def _inside(position: BaseGeometry, country: BaseGeometry) -> Point:
    if country.contains(position):
        return _xy(position)
    return _xy(nearest_points(country.buffer(-INSIDE_M / M_PER_DEG_LAT), position)[0])


def _xy(position: BaseGeometry) -> Point:
    return float(position.x), float(position.y)


def _moved(
    lines: Sequence[Mapping[str, Any]],
    nodes: Mapping[str, Point],
    country: BaseGeometry,
    borders: set[str],
) -> dict[str, Point]:
    """Where all roads pass a town at which one of them runs beside a railway."""
    tracks = {
        frozenset(leg) for line in lines if line["class"] == "railway" for leg in pairwise(line["through"])
    }
    moved: dict[str, Point] = {}
    for line in lines:
        if line["class"] == "railway":
            continue
        turns: dict[str, list[Point]] = {}
        for leg in pairwise(line["through"]):
            if frozenset(leg) in tracks:
                normal = _normal(nodes[leg[0]], nodes[leg[1]], line["side"])
                for name in leg:
                    turns.setdefault(name, []).append(normal)
        for name, normals in turns.items():
            if name not in moved:
                position = shapely.Point(_shift(nodes[name], normals))
                if name in borders:
                    position = nearest_points(country.boundary, position)[0]
                moved[name] = _xy(position)
    return moved


def _normal(start: Point, end: Point, side: str) -> Point:
    """The unit vector, in metres east and north, that points to one side of a leg."""
    east = (end[0] - start[0]) * math.cos(math.radians(start[1]))
    north = end[1] - start[1]
    length = math.hypot(east, north)
    sign = 1.0 if side == "left" else -1.0
    return -sign * north / length, sign * east / length


def _shift(position: Point, normals: Sequence[Point]) -> Point:
    east = sum(normal[0] for normal in normals)
    north = sum(normal[1] for normal in normals)
    length = math.hypot(east, north)
    scale = ROAD_ASIDE_M / length / M_PER_DEG_LAT
    return (
        position[0] + east * scale / math.cos(math.radians(position[1])),
        position[1] + north * scale,
    )
