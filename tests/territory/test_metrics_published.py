"""Measures against numbers that other programs give or print: R's stats, spdep and spatstat.

Where a package's documentation shows no number, the number is what the function it documents returns for the
same data (R 4.2.2, spdep 1.2-7, spatstat.explore 3.0-6), and the test says which call that was.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from libpysal.examples import get_path
from msgspec.structs import replace
from scipy.spatial.distance import pdist

from geoservice.territory import metrics, metrics_full
from geoservice.territory.adjacency import BorderRule, build_graph
from geoservice.territory.regions import regions_from_arrays

from .test_metrics import PYSAL, UNIT_M, counted, plane

#: Mean yearly rainfall of 70 cities of the USA and Puerto Rico in inches: R's data set ``precip``.
PRECIP = [
    67.0, 54.7, 7.0, 48.5, 14.0, 17.2, 20.7, 13.0, 43.4, 40.2, 38.9, 54.5, 59.8, 48.3, 22.9, 11.5, 34.4, 35.1,
    38.7, 30.8, 30.6, 43.1, 56.8, 40.8, 41.8, 42.5, 31.0, 31.7, 30.2, 25.9, 49.2, 37.0, 35.9, 15.0, 30.2, 7.2,
    36.2, 45.5, 7.8, 33.4, 36.1, 40.2, 42.7, 42.5, 16.2, 39.0, 35.0, 37.0, 31.4, 37.6, 39.9, 36.2, 42.8, 46.4,
    24.7, 49.1, 46.0, 35.9, 7.8, 48.2, 15.2, 32.5, 44.7, 42.6, 38.8, 17.4, 40.8, 29.1, 14.6, 59.2,
]  # fmt: skip

#: Centres of 42 biological cells in the unit square (Ripley 1977): spatstat's ``cells``, in thousandths.
CELLS = [
    (350, 25), (487, 87), (637, 50), (775, 25), (825, 125), (87, 187), (237, 150), (400, 162), (575, 212),
    (737, 237), (62, 362), (212, 337), (325, 287), (450, 287), (650, 362), (900, 262), (337, 462),
    (462, 425), (600, 475), (800, 387), (938, 400), (150, 500), (350, 600), (562, 575), (725, 512),
    (862, 525), (987, 512),
    (62, 750), (175, 650), (337, 750), (462, 750), (525, 650), (737, 687), (862, 637), (237, 787), (637, 812),
    (775, 850), (900, 775), (175, 912), (350, 962), (462, 900), (625, 950),
]  # fmt: skip


def test_bandwidth_is_that_of_rs_documentation():
    """R, ?density: ``plot(density(precip))`` prints "Bandwidth = 3.848"; ``bw.nrd0(precip)`` in full."""
    found = metrics_full.silverman_bandwidth(np.array(PRECIP))
    assert f"{found:.4g}" == "3.848"
    assert found == pytest.approx(3.84789224258969, rel=1e-12)


#: ``density(x, bw = "nrd0", from = -120, to = 240, n = 2^15)`` at d and -d; x: distances of PySAL's points.
R_DENSITY = {
    0: (6.568119801696770e-04, 6.568119801696770e-04),
    5: (1.447521355685676e-03, 2.45105262348420e-04),
    10: (2.782723892151175e-03, 7.10550824871553e-05),
    20: (7.341515934716231e-03, 2.43914521620866e-06),
    30: (1.149956977910828e-02, 2.29309551782533e-08),
    40: (1.260414323290254e-02, 5.64756661357867e-11),
    50: (1.442623335088499e-02, 3.59210564821083e-14),
    60: (1.496463015739648e-02, 3.85855649561520e-18),
    80: (1.144629704454391e-02, 3.54091060433077e-19),
    100: (2.951470274635405e-03, 5.47457727867074e-20),
}


def test_k_density_is_what_rs_density_gives():
    """dbmss's Kdhat is R's ``density`` of the distances; Duranton and Overman add its mirror image at 0.

    R bins the data (its values are good to some 1e-4); ours are the sum itself.
    """
    distances = pdist(PYSAL)
    width = metrics_full.silverman_bandwidth(distances)
    assert width == pytest.approx(8.56811971142622, rel=1e-12)  # bw.nrd0
    at = np.array(list(R_DENSITY), dtype=float)
    expected = np.array([there + mirrored for there, mirrored in R_DENSITY.values()])
    assert metrics_full.k_density(distances, at, width) == pytest.approx(expected, rel=2e-4)


def test_k_density_of_three_points_by_its_formula():
    """Sides 3, 4 and 5 and h = 1: K(d) = 1/3 sum (phi(d - d_ij) + phi(d + d_ij)), each pair counted twice."""

    def phi(x: float) -> float:
        return float(np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi))

    xy = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    n, h = 3, 1.0
    for d in (0.0, 0.5, 3.0, 4.5, 9.0):
        by_hand = 0.0
        for i in range(n):
            for j in range(n):
                if i != j:
                    apart = float(np.hypot(*(xy[i] - xy[j])))
                    by_hand += phi((d - apart) / h) + phi((d + apart) / h)
        by_hand /= n * (n - 1) * h
        assert metrics_full.k_density(pdist(xy), np.array([d]), h)[0] == pytest.approx(by_hand, rel=1e-12)
    # In closed form at d = 4: (phi(1) + phi(0) + phi(1) + phi(7) + phi(8) + phi(9)) / 3
    closed = (2 * 0.24197072451914337 + 0.3989422804014327 + phi(7) + phi(8) + phi(9)) / 3
    assert metrics_full.k_density(pdist(xy), np.array([4.0]), 1.0)[0] == pytest.approx(closed, rel=1e-12)


def test_k_density_of_points_by_chance_in_a_square_is_that_of_the_plane():
    """Density of the distance of two points of a unit square, d <= 1: 2d (d^2 - 4d + pi) (Ghosh 1951)."""
    rng = np.random.default_rng(5)
    xy = rng.uniform(size=(1500, 2))
    distances = pdist(xy)
    at = np.linspace(0.1, 0.9, 9)
    known = 2 * at * (at**2 - 4 * at + np.pi)
    assert metrics_full.k_density(distances, at, 0.02) == pytest.approx(known, rel=0.03)


def test_nearest_neighbour_index_is_that_of_spatstat(monkeypatch):
    """``clarkevans(cells)``, naive: 1.67167951484140 (1.672 in Baddeley, Rubak and Turner 2015, 8.4)."""
    monkeypatch.setattr(metrics, "_occupied_area_m2", lambda sample: UNIT_M**2)
    found = metrics.nearest_neighbour_index(plane(np.array(CELLS) / 1000.0))
    assert found["index"] == pytest.approx(1.67167951484140, abs=1e-4)
    assert found["z"] > 3.3  # clarkevans.test: p < 2.2e-16


#: ``localmoran(columbus$CRIME, nb2listw(poly2nb(columbus)))[1:12, "Ii"]``.
SPDEP_LOCAL = [
    0.73681849060836, 0.52877701326597, 0.09385074166160, 0.00482096662822, 0.30360612475209,
    -0.18157051694472, -1.86058737557164, 0.07658401791648, -0.03059508159865, 0.04030925254416,
    1.45791541689936, 0.63894885657457,
]  # fmt: skip


def test_local_moran_is_that_of_spdep(monkeypatch):
    """Columbus, CRIME, queen. spdep divides by n, esda by n - 1: a factor of 48 / 49 lies between them."""
    data = gpd.read_file(get_path("columbus.shp"))
    codes = [f"{row:03d}" for row in range(len(data))]
    made = regions_from_arrays(codes, data.geometry.to_numpy())
    sample = replace(
        counted({"a": 1}),
        counts=dict(zip(codes, data["CRIME"], strict=True)),
        regions=made,
        graph=build_graph(made, reach_m=1000),
        rule=BorderRule(0.0, point_contact=True),
    )
    found = metrics_full.local_moran(sample)
    told = {int(code): one["i"] for code, one in found.items() if int(code) < len(SPDEP_LOCAL)}
    assert told  # only regions with p <= 0.05 are told
    for row, value in told.items():
        assert value == pytest.approx(SPDEP_LOCAL[row] * 48 / 49, abs=1e-5)
    # spdep's clusters at p <= 0.05 (analytical), counted from 1: most are told, by permutations, too.
    spdep = {11, 15, 16, 18, 24, 25, 26, 28, 29, 30, 32, 36, 37, 39, 40}
    assert len(spdep & {int(code) + 1 for code in found}) >= 12
