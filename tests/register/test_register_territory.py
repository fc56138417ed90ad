"""How far off the territory of a cluster is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geoservice.register.places import FAR_M
from geoservice.register.territory_hint import Territory

GEOD = Geod(ellps="WGS84")


def measured(territory: Territory, lon: float, lat: float) -> float:
    return float(territory.distance_m(np.array([lon]), np.array([lat]))[0])


def surely(territory: Territory, lon: float, lat: float, metres: float) -> bool:
    return bool(territory.surely_within(np.array([lon]), np.array([lat]), metres)[0])


@pytest.mark.parametrize(
    ("lon", "lat", "beside"),
    [(44.0, 40.0, (44.8, 40.0)), (52.0, 39.0, (50.6, 39.0)), (48.0, 43.0, (48.0, 41.9))],
)
def test_a_place_outside_is_as_far_off_as_the_border_next_to_it(
    territory: Territory, lon: float, lat: float, beside: tuple[float, float]
) -> None:
    metres = GEOD.inv(lon, lat, *beside)[2]
    # The box has no vertices between its corners: its sides are straight in the plane, parallels are not.
    assert measured(territory, lon, lat) == pytest.approx(metres, rel=0.02)


@given(lon=st.floats(40, 55), lat=st.floats(35, 45), metres=st.floats(0, 300_000))
def test_what_is_surely_near_is_near(territory: Territory, lon: float, lat: float, metres: float) -> None:
    beside = min(max(lon, 44.8), 50.6), min(max(lat, 38.4), 41.9)
    if surely(territory, lon, lat, metres):
        assert GEOD.inv(lon, lat, *beside)[2] <= metres + 0.01


def test_places_inside_and_just_outside_need_no_measuring(territory: Territory) -> None:
    assert surely(territory, 48.0, 40.0, FAR_M)
    assert surely(territory, 50.9, 40.0, FAR_M)
    assert not surely(territory, 51.6, 40.0, FAR_M)
    assert not surely(territory, 49.8, 12.0, FAR_M)


def test_a_register_without_far_places_measures_none(
    read, territory: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    measure = Territory.distance_m

    def counting(self: Territory, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        asked.append(len(lon))
        return measure(self, lon, lat)

    monkeypatch.setattr(Territory, "distance_m", counting)
    rows = "A;İri istehsal müəssisəsi;40,4;49,8\nB;İri istehsal müəssisəsi;40,4;50,8\n"
    far = "C;İri istehsal müəssisəsi;40,4;57,8\n"
    read(f"Ad;Növ;Enlik;Uzunluq\n{rows}".encode())
    assert sum(asked) == 0
    found = read(f"Ad;Növ;Enlik;Uzunluq\n{rows}{far}".encode())
    assert max(asked) == 1  # as written, and as if swapped
    assert [p.code for p in found.report.problems if p.severity == "warning"] == ["far_from_territory"]
