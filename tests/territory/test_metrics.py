"""Measures against published values, worked examples and other libraries."""

from __future__ import annotations

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from libpysal.examples import get_path
from msgspec.structs import replace
from scipy.spatial import ConvexHull
from scipy.stats import gaussian_kde

from geoservice.catalog import Catalog
from geoservice.territory import metrics, metrics_full
from geoservice.territory.adjacency import BorderRule, build_graph
from geoservice.territory.concentration import Member, check
from geoservice.territory.metrics import REGISTRY, Sample, geometric_median, measure_of
from geoservice.territory.regions import regions_from_arrays

from .shapes import boundaries, box, graph, members, regions

#: The point pattern of PySAL's documentation (pointpats, notebook "Centrography of Point Patterns").
PYSAL = np.array(
    [
        [66.22, 32.54],
        [22.52, 22.39],
        [31.01, 81.21],
        [9.47, 31.02],
        [30.78, 60.10],
        [75.21, 58.93],
        [79.26, 7.68],
        [8.23, 39.93],
        [98.73, 77.17],
        [89.78, 42.53],
        [65.19, 92.08],
        [54.46, 8.48],
    ]
)
UNIT_M = 1000.0  # a unit of that pattern is laid out as a kilometre


class Plane(Sample):
    """A sample whose plane is given, so that published values of plane geometry can be met exactly.

    Coordinates of the plane, in units, stand in for longitude and latitude.
    """

    @property
    def xy(self):
        return np.column_stack([self.lon, self.lat]) * UNIT_M

    def to_degrees(self, x, y):
        return {"x": x, "y": y}


def plane(xy=PYSAL) -> Plane:
    shapes = {"a": box(0, 0)}
    return Plane(
        xy[:, 0],
        xy[:, 1],
        np.full(len(xy), np.nan),
        ("a",) * len(xy),
        {"a": len(xy)},
        {},
        regions(shapes),
        graph(shapes),
        BorderRule(),
    )


def counted(counts, totals=None, sizes=None) -> Sample:
    shapes = {code: box(1000 * k, 0) for k, code in enumerate(sorted(counts))}
    where = tuple(code for code in counts for _ in range(counts[code]))
    n = len(where)
    return Sample(
        np.zeros(n),
        np.zeros(n),
        np.full(n, np.nan) if sizes is None else np.array(sizes, dtype=float),
        where,
        counts,
        totals or {},
        regions(shapes),
        graph(shapes),
        BorderRule(),
    )


def test_centres_and_distance_are_those_of_pysals_documentation():
    """Mean centre (52.57, 46.17), standard distance 40.14980648908671, Euclidean median (54.167, 44.424)."""
    centre = metrics.mean_centre(plane())
    assert (centre["x"] / UNIT_M, centre["y"] / UNIT_M) == pytest.approx((52.57166667, 46.17166667))
    assert metrics.standard_distance(plane()) == pytest.approx(40.14980648908671, abs=1e-4)
    median = geometric_median(PYSAL, 1e-7)
    assert median == pytest.approx(
        (54.16770671, 44.4242589), abs=2e-4
    )  # as documented: its minimiser stops there
    documented = np.array([54.16770671, 44.4242589])
    assert np.hypot(*(PYSAL - median).T).sum() <= np.hypot(*(PYSAL - documented).T).sum()


def test_ellipse_is_that_of_pysals_documentation():
    """Its first eleven points: (50.13029459102783, 37.95222670267865, 0.3465582095042642) (pointpats)."""
    sample = plane(PYSAL[:11])
    found = metrics.deviational_ellipse(sample)
    assert (found["major_km"], found["minor_km"]) == pytest.approx((50.13029459, 37.95222670), abs=1e-4)
    assert found["angle_deg"] == pytest.approx(np.degrees(0.3465582095042642), abs=0.01)


def test_hull_area_agrees_with_qhull():
    assert metrics.hull_area(plane()) == pytest.approx(ConvexHull(PYSAL).volume, abs=1e-3)


def test_ellipse_of_points_along_a_known_direction():
    rng = np.random.default_rng(0)
    turn = np.radians(30.0)
    xy = (
        rng.normal(size=(5000, 2))
        * [10.0, 2.0]
        @ [[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]
    )
    found = metrics.deviational_ellipse(plane(xy))
    assert found["angle_deg"] == pytest.approx(30.0, abs=1.0)
    assert found["major_km"] / found["minor_km"] == pytest.approx(5.0, rel=0.05)


def test_nearest_neighbour_distance_is_that_of_pysals_documentation(monkeypatch):
    """Mean nearest-neighbour distance 21.612139802089246; R by Clark and Evans for an area of 100 x 100."""
    monkeypatch.setattr(metrics, "_occupied_area_m2", lambda sample: 1e4 * UNIT_M**2)
    found = metrics.nearest_neighbour_index(plane())
    assert found["mean_nearest_km"] == pytest.approx(21.612139802089246, abs=1e-4)
    expected = 0.5 * np.sqrt(1e4 / 12)
    assert found["index"] == pytest.approx(21.612139802089246 / expected, abs=1e-4)
    assert found["z"] == pytest.approx((21.612139802 - expected) / (0.26136 / np.sqrt(12**2 / 1e4)), abs=1e-3)


def test_distances_on_the_ellipsoid():
    """One degree of the equator is 111.3195 km, and of the meridian there 110.5744 km (WGS 84)."""
    held = members([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])
    found = check(held, boundaries({"a": shapely.box(-2, -2, 2, 2)})).metrics
    assert found["largest_distance_km"]["value"] == pytest.approx(156.8995, abs=0.001)
    assert found["median_distance_km"]["value"] == pytest.approx(111.3195, abs=0.0001)


def test_herfindahl_and_effective_number():
    """Shares 0.5, 0.3, 0.2: H = 0.38, effective number 1 / 0.38."""
    sample = counted({"a": 5, "b": 3, "c": 2})
    assert metrics.herfindahl(sample) == pytest.approx(0.38)
    assert metrics.effective_regions(sample) == pytest.approx(2.6316, abs=1e-4)


def test_herfindahl_is_that_of_reats_documentation():
    """REAT (CRAN), ?herf.eq, example of Doersam (2004): 20, 50, 20, 10 give 0.34 and 2.941176."""
    sample = counted({"a": 20, "b": 50, "c": 20, "d": 10})
    assert metrics.herfindahl(sample) == pytest.approx(0.34)
    assert metrics.effective_regions(sample) == pytest.approx(2.941176, abs=1e-4)


def test_location_quotient_is_that_of_reats_documentation():
    """REAT (CRAN), ?locq, example of Farhauer and Kroell: locq(1714, 79006, 879213, 15593224) = 0.3847623."""
    sample = replace(
        counted({"a": 1, "b": 1}),
        counts={"a": 1714, "b": 879213 - 1714},
        totals={"a": 79006.0, "b": 15593224.0 - 79006.0},
    )
    assert metrics.location_quotient(sample)["a"] == pytest.approx(0.3847623, abs=5e-5)


def test_location_quotient():
    """Half of the members in a region with a fifth of everything: 2.5."""
    assert metrics.location_quotient(counted({"a": 5, "b": 5}, {"a": 20.0, "b": 80.0})) == {
        "a": 2.5,
        "b": 0.625,
    }
    assert metrics.location_quotient(counted({"a": 5})) is None


def test_ellison_glaeser_by_hand():
    """Plants of 60 and 40 in one of two equal regions: G = 0.5, H = 0.52, gamma = 0.24 / 0.24 = 1."""
    assert metrics.ellison_glaeser(
        counted({"a": 2, "b": 0}, {"a": 1.0, "b": 1.0}, [60, 40])
    ) == pytest.approx(1.0)
    # One plant in each: s = (0.6, 0.4), G = 0.02, gamma = (0.02 - 0.26) / 0.24 = -1
    assert metrics.ellison_glaeser(
        counted({"a": 1, "b": 1}, {"a": 1.0, "b": 1.0}, [60, 40])
    ) == pytest.approx(-1.0)


def test_ellison_glaeser_is_that_of_reats_documentation():
    """REAT (CRAN), ?ellison.a, ten firms in three regions after Farhauer and Kroell (2014): 0.05990628."""
    firms = [200, 650, 12000, 100, 50, 16000, 13000, 1500, 1500, 25000]
    totals = {"Wien": 500_000.0, "Linz": 400_000.0, "Graz": 100_000.0}
    sample = counted({"Wien": 5, "Linz": 4, "Graz": 1}, totals, firms)
    assert metrics.ellison_glaeser(sample) == pytest.approx(0.05990628, abs=5e-7)


def test_moran_of_sids_is_that_of_esdas_documentation():
    """Sudden infant deaths SIDR74 in North Carolina, "replicating OpenGeoda" (esda.Moran): I = 0.248."""
    data = gpd.read_file(get_path("sids2.shp"))
    codes = [f"{row:03d}" for row in range(len(data))]
    made = regions_from_arrays(codes, data.geometry.to_numpy())
    sample = replace(
        counted({"a": 1}),
        counts=dict(zip(codes, data["SIDR74"], strict=True)),
        regions=made,
        graph=build_graph(made, reach_m=1000),
        rule=BorderRule(0.0),
    )
    assert metrics_full.moran(sample)["i"] == pytest.approx(0.248, abs=5e-4)


def test_moran_is_that_of_pysals_documentation():
    """St. Louis homicides HR8893 over our own region graph: 0.24365582621771659 (esda's own tests).

    Documented with esda.Moran: 0.244, expected -0.012987012987012988.
    """
    data = gpd.read_file(get_path("stl_hom.shp"))
    codes = [f"{row:03d}" for row in range(len(data))]
    made = regions_from_arrays(codes, data.geometry.to_numpy())
    rates = np.array(libpysal.io.open(get_path("stl_hom.txt")).by_col["HR8893"])
    sample = Sample(
        np.zeros(1),
        np.zeros(1),
        np.zeros(1),
        ("000",),
        dict(zip(codes, rates, strict=True)),
        {},
        made,
        build_graph(made, reach_m=1000),
        BorderRule(0.0),
    )
    found = metrics_full.moran(sample)
    assert found["i"] == pytest.approx(0.24365582621771659, abs=1e-6)
    assert found["expected"] == pytest.approx(-0.012987012987012988, abs=1e-6)
    assert found["p"] < 0.01
    assert metrics_full.moran(sample) == found  # seeded
    queen = replace(sample, rule=BorderRule(0.0, point_contact=True))
    assert metrics_full.moran(queen)["i"] != found["i"]
    assert metrics_full.local_moran(sample) == metrics_full.local_moran(sample)


def test_moran_of_columbus_crime():
    """Columbus, CRIME, queen: spdep's moran.test prints 0.500188557, expected -0.020833333."""
    data = gpd.read_file(get_path("columbus.shp"))
    codes = [f"{row:03d}" for row in range(len(data))]
    made = regions_from_arrays(codes, data.geometry.to_numpy())
    sample = Sample(
        np.zeros(1),
        np.zeros(1),
        np.zeros(1),
        ("000",),
        dict(zip(codes, data["CRIME"], strict=True)),
        {},
        made,
        build_graph(made, reach_m=1000),
        BorderRule(0.0, point_contact=True),
    )
    found = metrics_full.moran(sample)
    assert found["i"] == pytest.approx(0.500188557, abs=1e-6)
    assert found["expected"] == pytest.approx(-0.020833333, abs=1e-6)


def test_k_density_is_a_reflected_gaussian_density():
    rng = np.random.default_rng(1)
    distances = rng.uniform(50, 100, 300)
    at = np.linspace(0, 300, 3001)
    width = metrics_full.silverman_bandwidth(distances)
    density = metrics_full.k_density(distances, at, width)
    assert np.trapezoid(density, at) == pytest.approx(1.0, abs=1e-3)
    peer = gaussian_kde(distances, bw_method=width / distances.std(ddof=1))
    assert density == pytest.approx(peer(at), abs=1e-9)  # far from 0 there is nothing to reflect
    near = metrics_full.k_density(rng.uniform(0, 5, 300), at, 1.0)
    assert np.trapezoid(near, at) == pytest.approx(1.0, abs=1e-3)


def test_k_density_tells_a_cluster_from_chance():
    shapes = {f"r{x}{y}": box(20_000 * x, 20_000 * y, 20_000, 20_000) for x in range(4) for y in range(4)}
    where = boundaries(shapes, digest="k-density")
    rng = np.random.default_rng(7)
    tight = 0.36 + rng.normal(0, 0.01, (30, 2))
    loose = rng.uniform(0.01, 0.7, (30, 2))
    found = [
        check(members(list(map(tuple, xy))), where, metrics="full").metrics["k_density"]["value"]
        for xy in (tight, loose)
    ]
    assert found[0]["localised_km"][0] == 0.0
    assert found[1]["localised_km"] == []
    low, high = np.array(found[0]["local_band"]), np.array(found[0]["global_band"])
    assert (high[0] <= low[0] + 1e-7).all()
    assert (high[1] >= low[1] - 1e-7).all()
    again = check(members(list(map(tuple, tight))), where, metrics="full").metrics["k_density"]["value"]
    assert again == found[0]


def test_small_samples_are_warned_of():
    found = check(members([(0.001, 0.001), (0.002, 0.002)]), boundaries({"a": box(0, 0)})).metrics
    assert found["hhi"]["warning"] == "small_sample"
    assert found["largest_distance_km"]["warning"] is None
    assert found["n"]["value"] == 2


def test_nobody_to_measure():
    assert check(members([None]), boundaries({"a": box(0, 0)})).metrics == {
        "n": {"value": 0, "unit": "", "warning": None, "min_n": 0}
    }


def test_every_measure_has_a_source_and_a_name():
    from geoservice import i18n

    for code, entry in REGISTRY.items():
        assert entry.function.__doc__
        assert all(i18n.has(lang, f"territory.metric.{code}") for lang in ("az", "en", "ru"))


def test_a_measure_is_not_overwritten_in_silence():
    with pytest.raises(ValueError, match="hhi"):
        measure_of("hhi")(lambda sample: None)


def test_many_members_are_measured_without_all_their_pairs() -> None:
    districts = Catalog().boundaries("az-districts")
    numbers = np.random.default_rng(7)
    lon, lat = numbers.uniform(46, 49, 20_000), numbers.uniform(39.5, 41, 20_000)
    many = [Member(str(n), "", float(x), float(y)) for n, (x, y) in enumerate(zip(lon, lat, strict=True))]
    found = check(many, districts, metrics="basic", sensitivity=False).metrics
    assert found["median_distance_km"]["warning"] == "sampled"
    assert found["largest_distance_km"]["warning"] is None
    few = check(many[:3000], districts, metrics="basic", sensitivity=False).metrics
    assert found["median_distance_km"]["value"] == pytest.approx(few["median_distance_km"]["value"], rel=0.05)
    assert found["largest_distance_km"]["value"] >= few["largest_distance_km"]["value"] * 0.99
