from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geoservice.errors import CoordinateError, CrsError
from geoservice.register.crs import parse_crs, parse_number, to_wgs84

#: PROJ picks among several datum shifts by place; there and back they differ by metres, no more.
DATUM_DEG = 1e-4


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EPSG:32639", 32639),
        ("epsg 32639", 32639),
        ("32639", 32639),
        ("UTM 39N", 32639),
        ("WGS 84 / UTM zone 39N", 32639),
        ("UTM zona 38", 32638),
        ("39N", 32639),
        ("WGS 84", 4326),
        ("wgs84", 4326),
        ("Pulkovo 1942 / GK 9", 28409),
        ("Pulkovo 1942 / Gauss-Krüger zone 9", 28409),
        ("Пулково 1942 / Гаусс-Крюгер зона 8", 28408),
        ("СК-42 зона 9", 28409),
        ("SK-42, 9-cu zona 9", 28409),
        ("Qauss-Krüger zona 9", 28409),
        ("СК-95 зона 5", 20005),
        ("EPSG:4284", 4284),
    ],
)
def test_names_of_systems(name: str, code: int) -> None:
    assert parse_crs(name).code == code


@pytest.mark.parametrize("name", ["", "EPSG:999999", "yerli sistem", "/vsicurl/http://x", "UTM 75N"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(CrsError) as caught:
        parse_crs(name)
    assert caught.value.code == "register.problem.crs_unknown"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4 493 123,45", 4493123.45),
        ("4,493,123.45", 4493123.45),
        ("4.493.123,45", 4493123.45),
        ("9 512 345", 9512345),
        ("9\u00a0512\u00a0345 m", 9512345),
        ("512,345", 512345),
        ("512.345", 512345),
        ("49,668", 49.668),
        ("-120.5", -120.5),
    ],
)
def test_thousands_and_decimals(text: str, value: float) -> None:
    assert parse_number(text) == value


@pytest.mark.parametrize("text", ["", "abc", "12a", "1e5", "NaN", "--1"])
def test_no_numbers(text: str) -> None:
    with pytest.raises(CoordinateError):
        parse_number(text)


@given(st.floats(48.1, 50.4), st.floats(38.5, 41.8), st.booleans(), st.booleans())
def test_both_customs_of_x_and_y_and_eastings_without_their_zone(
    lon: float, lat: float, easting_first: bool, zoned: bool
) -> None:
    east, north = Transformer.from_crs(4326, 28409, always_xy=True).transform(lon, lat)
    east = east if zoned else east - 9e6
    x, y = (east, north) if easting_first else (north, east)
    lons, lats, exchanged = to_wgs84(np.array([x]), np.array([y]), parse_crs("Pulkovo 1942 / GK 9"))
    assert (lons[0], lats[0]) == (pytest.approx(lon, abs=DATUM_DEG), pytest.approx(lat, abs=DATUM_DEG))
    assert exchanged[0] == easting_first


@given(st.floats(45.0, 50.4), st.floats(38.5, 41.8))
def test_the_zone_before_the_easting_is_enough(lon: float, lat: float) -> None:
    zone = int(lon // 6) + 1
    east, north = Transformer.from_crs(4326, 28400 + zone, always_xy=True).transform(lon, lat)
    lons, lats, _ = to_wgs84(np.array([north]), np.array([east]), parse_crs("СК-42"))
    assert (lons[0], lats[0]) == (pytest.approx(lon, abs=DATUM_DEG), pytest.approx(lat, abs=DATUM_DEG))


def test_what_does_not_fit_a_system_is_not_a_number() -> None:
    lons, _, _ = to_wgs84(np.array([4.5e6, 9e9]), np.array([4.5e6, 9e9]), parse_crs("UTM 39N"))
    assert np.isnan(lons).all()


@pytest.mark.parametrize(
    "name",
    ["Pulkovo 1942 / 3-degree GK zone 16", "СК-42, трёхградусная зона 16", "Pulkovo 1942 CS63 zone 8",
     "СК-63", "SK 1963", "Qauss-Krüger, 3 dərəcəlik zona 16"],
)  # fmt: skip
def test_zones_of_other_grids_are_not_taken_for_those_of_six_degrees(name: str) -> None:
    with pytest.raises(CrsError):
        parse_crs(name)
