"""Where points stand, every case named; and the grid gives what an exact test of every point gives."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.model import How, Participant
from geoservice.territory.placement import BORDER, INSIDE, locate, place
from geoservice.territory.regions import regions_from_arrays

from .shapes import M, box, jittered, regions

MAP = {"b": box(0, 0), "a": box(1000, 0), "c": box(0, 3000)}


def one(x: float, y: float, **options: float):
    return place(np.array([[x * M, y * M]]), regions(MAP), **options)[0]


def test_inside():
    found = one(500, 500)
    assert (found.region, found.how, found.also, found.distance_m) == ("b", How.INSIDE, (), None)


def test_on_a_border_the_first_code_is_taken_and_the_other_named():
    found = one(1000, 500)
    assert (found.region, found.how, found.also) == ("a", How.BORDER, ("b",))


def test_on_the_outer_border():
    found = one(0, 500)
    assert (found.region, found.how, found.also) == ("b", How.BORDER, ())


def test_snapped_within_the_distance_given():
    found = one(-80, 500, snap_m=100)
    assert (found.region, found.how, found.nearest) == ("b", How.SNAPPED, "b")
    assert found.distance_m == pytest.approx(80, abs=0.01)


def test_outside_names_the_nearest_region_and_how_far_it_is():
    found = one(-80, 500, snap_m=79)
    assert (found.region, found.how, found.nearest) == (None, How.OUTSIDE, "b")
    assert found.distance_m == pytest.approx(80, abs=0.01)


def test_nearest_is_nearest_in_metres_not_in_degrees():
    """At 60 degrees north a degree of longitude is half as long: the region to the east is nearer."""
    shapes = {"east": shapely.box(10.015, 60, 10.1, 60.1), "north": shapely.box(9.9, 60.06, 10.0, 60.1)}
    found = place(np.array([[10.0, 60.05]]), regions(shapes), snap_m=0)[0]
    assert found.nearest == "east"
    assert found.distance_m == pytest.approx(837, abs=2)


def test_without_coordinates():
    held = [
        Participant("p1", "A", "other"),
        Participant("p2", "B", "other", longitude=500 * M, latitude=500 * M),
    ]
    found = place(held, regions(MAP))
    assert [(p.id, p.region, p.how) for p in found] == [
        ("p1", None, How.NO_COORDINATES),
        ("p2", "b", How.INSIDE),
    ]


def test_overlapping_regions_are_reported():
    found = place(np.array([[950 * M, 500 * M]]), regions({"x": box(0, 0), "w": box(900, 0)}))[0]
    assert (found.region, found.how, found.also) == ("w", How.INSIDE, ("x",))


def test_a_region_that_holds_the_point_goes_before_one_that_it_touches():
    shapes = {"a": box(1000, 0), "z": box(500, 0)}
    found = place(np.array([[1000 * M, 500 * M]]), regions(shapes))[0]
    assert (found.region, found.how, found.also) == ("z", How.INSIDE, ("a",))


def test_exclaves_and_several_rows_of_a_code_are_one_region():
    made = regions_from_arrays(["x", "y", "x"], [box(0, 0), box(1000, 0), box(5000, 0)])
    found = place(np.array([[500, 500], [5500, 500]]) * M, made)
    assert [p.region for p in found] == ["x", "x"]
    assert made.multipart == ("x",)


def test_points_over_the_180th_meridian():
    shapes = {"a": shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])}
    found = place(np.array([[179.5, 0.5], [-179.5, 0.5], [180.5, 0.5]]), regions(shapes), snap_m=0)
    assert [p.region for p in found] == ["a", "a", "a"]


def test_nearest_region_over_the_180th_meridian():
    shapes = {"a": shapely.box(-179.9, 0, -179, 1), "b": shapely.box(170, 0, 175, 1)}
    found = place(np.array([[179.99, 0.5], [-179.95, 0.5]]), regions(shapes), snap_m=20_000)
    assert [(p.region, p.how) for p in found] == [("a", How.SNAPPED)] * 2
    assert found[0].distance_m == pytest.approx(0.11 * 111_319.49, rel=1e-4)


def test_no_points():
    assert place([], regions(MAP)) == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 30.0]))
def test_same_as_sjoin_and_independent_of_row_order(seed, dirt):
    rng = np.random.default_rng(seed)
    shapes = {
        f"r{x}{y}": jittered(box(1000 * x, 1000 * y), dirt, x + 7 * y) for x in range(4) for y in range(3)
    }
    made = regions(shapes)
    xy = np.round(rng.uniform(-500, 4500, (400, 2)), -2) * M  # many of them on borders
    found = locate(xy[:, 0], xy[:, 1], made, snap_m=0)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs="EPSG:4326")
    areas = gpd.GeoDataFrame({"at": np.arange(len(made))}, geometry=made.geometries, crs="EPSG:4326")
    joined = gpd.sjoin(points, areas, how="left", predicate="intersects")
    expected = joined.groupby(level=0)["at"].agg(lambda held: tuple(sorted(held.dropna().astype(int))))
    for row, touched in expected.items():
        region = int(found.region[row])
        assert ({region, *found.also.get(row, ())} if touched else {-1, *()}) == (set(touched) or {-1})
        assert region == (-1 if not touched else region)
        if len(touched) == 1:
            assert region == touched[0]
    assert ((found.how == INSIDE) | (found.how == BORDER)).sum() == (expected.map(len) > 0).sum()
    order = rng.permutation(len(xy))
    again = locate(xy[order, 0], xy[order, 1], regions(dict(reversed(shapes.items()))), snap_m=0)
    assert (again.region == found.region[order]).all()
