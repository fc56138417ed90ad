"""Polygons that no map should hold: judged where they can be, else refused by the name of the region."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geoservice.errors import CrsError, GeometryError, LimitExceededError
from geoservice.territory import nearness
from geoservice.territory.adjacency import Kind
from geoservice.territory.placement import place
from geoservice.territory.quality import check_boundaries
from geoservice.territory.regions import regions_from_frame
from geoservice.territory.repair import repair_boundaries

from .shapes import box, frame, graph, polygon, regions

A = box(0, 0)
with np.errstate(invalid="ignore"):
    NAN = shapely.Polygon([(0, 0), (0.01, 0), (float("nan"), 0.01), (0, 0.01)])

REFUSED = {
    "no geometry": (None, "not_polygon"),
    "empty": (shapely.Polygon(), "not_polygon"),
    "point": (shapely.Point(0, 0), "not_polygon"),
    "line": (shapely.LineString([(0, 0), (1, 1)]), "not_polygon"),
    "collection": (shapely.GeometryCollection([box(1000, 0), shapely.Point(0, 0)]), "not_polygon"),
    "flat": (polygon((1000, 0), (1000, 500), (1000, 1000)), "no_area"),
    "not a number": (NAN, "not_finite"),
    "metres": (shapely.box(400_000, 4_470_000, 401_000, 4_471_000), "crs_not_degrees"),
}


@pytest.mark.parametrize(("shape", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_by_the_name_of_the_region(shape, code):
    with pytest.raises((GeometryError, CrsError)) as caught:
        regions({"a": A, "the-wrong-one": shape})
    assert caught.value.code == f"territory.{code}"
    assert caught.value.params["feature"] == "the-wrong-one"


def test_a_set_with_all_of_them_is_checked_and_what_can_be_is_mended():
    held = {name: shape for name, (shape, _) in REFUSED.items() if name != "metres"}
    done = repair_boundaries(frame({"a": A, **held, "b": box(1000, 0)}))
    assert {flaw.kind for flaw in done.before} >= {"empty", "not_polygon", "invalid"}
    named = {code for flaw in done.before for code in flaw.codes}
    assert named >= held.keys()
    assert list(done.frame["code"]) == ["a", "b"]
    assert done.after == ()


def test_third_dimension_repeated_vertices_and_self_touching_rings_do_not_matter():
    plain = graph({"a": A, "b": box(1000, 0)})
    high = graph({"a": shapely.force_3d(A, 5.0), "b": shapely.force_3d(box(1000, 0), 9.0)})
    assert high.edges == plain.edges
    twice = polygon((0, 0), (0, 0), (1000, 0), (1000, 0), (1000, 1000), (0, 1000))
    assert graph({"a": twice, "b": box(1000, 0)}).edges == plain.edges
    touching = polygon((0, 0), (1000, 0), (1000, 1000), (500, 500), (0, 1000), (0, 500), (500, 500), (0, 0))
    assert graph({"a": touching, "b": box(1000, 0)}).edge("a", "b").kind is Kind.LINE


def test_a_ring_round_a_pole_holds_the_pole():
    cap = shapely.Polygon([(lon, 85.0) for lon in range(-180, 180, 30)])
    band = shapely.Polygon([(lon, 85.0) for lon in range(-180, 181, 30)] + [(180, 70), (-180, 70)])
    made = regions({"cap": cap, "band": band})
    spots = [(10.0, 89.9), (-179.9, 88.0), (179.9, 86.0), (0.0, 90.0), (60.0, 75.0)]
    assert [p.region for p in place(np.array(spots), made, snap_m=0)] == ["cap"] * 4 + ["band"]
    edge = made.graph().edge("band", "cap")
    assert edge.kind is Kind.LINE
    assert edge.shared_m == pytest.approx(2 * np.pi * 6_399_594 * np.cos(np.radians(85)), rel=2e-3)
    south = regions({"cap": shapely.transform(cap, lambda xy: xy * [1, -1])})
    assert place(np.array([(10.0, -89.9)]), south, snap_m=0)[0].region == "cap"


def test_a_side_along_a_whole_parallel_is_no_jump():
    made = regions({"n": shapely.box(-180, 80, 180, 90), "s": shapely.box(-180, 70, 180, 80)})
    assert made.graph().edge("n", "s").kind is Kind.LINE
    assert [p.region for p in place(np.array([(5.0, 85.0), (5.0, 75.0)]), made)] == ["n", "s"]


def test_projected_feet_and_degrees_give_one_graph():
    held = frame({"a": shapely.box(-74.0, 40.6, -73.9, 40.7), "b": shapely.box(-73.9, 40.6, -73.8, 40.7)})
    feet = held.to_crs("EPSG:2263")
    assert feet.total_bounds[0] > 1000
    one, two = (regions_from_frame(data).graph().edge("a", "b") for data in (held, feet))
    assert (one.kind, two.kind) == (Kind.LINE, Kind.LINE)
    assert two.shared_m == pytest.approx(one.shared_m, rel=1e-6)


def test_regions_of_five_utm_zones_are_measured_where_they_lie():
    """Ten regions of three degrees side by side: every border is as long as the meridian says."""
    shapes = {f"r{k}": shapely.box(30 + 3 * k, 50, 33 + 3 * k, 51) for k in range(10)}
    made = graph(shapes)
    assert len(made.edges) == 9
    assert [edge.shared_m for edge in made.edges] == pytest.approx([111_238] * 9, abs=30)


def test_flaws_of_an_odd_set_are_listed_and_none_stops_the_check():
    found = check_boundaries(frame({"nan": NAN, "a": A}))
    assert [(flaw.kind, flaw.codes) for flaw in found] == [("invalid", ("nan",))]


def facing(count: int, gap_m: float) -> dict[str, shapely.Polygon]:
    """Two regions along a crooked border of 20 km, so many vertices on either side, none of them common."""
    rng = np.random.default_rng(3)
    y = np.linspace(0, 20_000, count)
    x = np.cumsum(rng.normal(0, 0.3, count))
    one = polygon((-9000, 0), *zip(x, y, strict=True), (-9000, 20_000))
    two = polygon((9000, 0), *zip(x + gap_m, y + 10_000 / count, strict=True), (9000, 20_000))
    return {"a": one, "b": two}


def test_dense_borders_are_measured_as_coarse_ones_are():
    dense = regions(facing(4000, 20.0)).graph().edge("a", "b")
    coarse = regions(facing(200, 20.0)).graph().edge("a", "b")
    assert dense.kind is coarse.kind is Kind.GAP
    assert dense.gap_m == pytest.approx(20, abs=1.5)


def test_a_graph_of_very_dense_borders_reaches_less_far_but_as_far_as_asked(monkeypatch):
    monkeypatch.setattr(nearness, "FEW_RUN_PAIRS", 50)
    made = regions(facing(2000, 20.0))
    assert made.graph().reach_m == 50.0
    assert made.graph().edge("a", "b").gap_m == pytest.approx(20, abs=1.5)
    assert made.graph(200.0).reach_m == 200.0
    assert made.graph().edge("a", "b").kind is Kind.GAP


def test_borders_too_dense_to_be_compared_are_refused_by_name(monkeypatch):
    monkeypatch.setattr(nearness, "FEW_RUN_PAIRS", 50)
    monkeypatch.setattr(nearness, "MOST_RUN_PAIRS", 50)
    with pytest.raises(LimitExceededError) as caught:
        regions(facing(2000, 20.0)).graph()
    assert caught.value.code == "territory.too_dense"
    assert caught.value.params["feature"] in ("a", "b")
