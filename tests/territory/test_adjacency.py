"""Hand-made maps, each with its right answer beside it. Sides are a kilometre, the tolerance is 50 m."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely

from geoservice.territory.adjacency import BorderRule, Edge, Kind, RegionGraph

from .shapes import M, box, graph, jittered, kinds, polygon

A = box(0, 0)

CASES = {
    # name: (regions, how they meet, which pairs border)
    "shared line": ({"a": A, "b": box(1000, 0)}, {("a", "b"): "line"}, {("a", "b")}),
    "apart": ({"a": A, "b": box(1200, 0)}, {("a", "b"): "gap"}, set()),
    "far apart": ({"a": A, "b": box(9000, 0)}, {}, set()),
    "gap narrower than the tolerance": ({"a": A, "b": box(1030, 0)}, {("a", "b"): "gap"}, {("a", "b")}),
    "gap wider than the tolerance": ({"a": A, "b": box(1051, 0)}, {("a", "b"): "gap"}, set()),
    "overlap narrower than the tolerance": (
        {"a": A, "b": box(980, 0)},
        {("a", "b"): "overlap"},
        {("a", "b")},
    ),
    "overlap wider than the tolerance": ({"a": A, "b": box(700, 0)}, {("a", "b"): "overlap"}, set()),
    "corner to corner": ({"a": A, "b": box(1000, 1000)}, {("a", "b"): "point"}, set()),
    "corner near corner": ({"a": A, "b": box(1010, 1010)}, {("a", "b"): "point"}, set()),
    "corner to side": (
        {"a": A, "b": polygon((1000, 500), (2000, 0), (2000, 1000))},
        {("a", "b"): "point"},
        set(),
    ),
    "two points": (
        {"a": polygon((0, 0), (1000, 0), (500, 500), (1000, 1000), (0, 1000)), "b": box(1000, 0)},
        {("a", "b"): "point"},
        set(),
    ),
    "T-junction": (
        {"a": A, "b": box(1000, 0, height=500), "c": box(1000, 500, height=500)},
        {("a", "b"): "line", ("a", "c"): "line", ("b", "c"): "line"},
        {("a", "b"), ("a", "c"), ("b", "c")},
    ),
    "four corners": (
        {"a": A, "b": box(1000, 0), "c": box(0, 1000), "d": box(1000, 1000)},
        {
            ("a", "b"): "line",
            ("a", "c"): "line",
            ("b", "d"): "line",
            ("c", "d"): "line",
            ("a", "d"): "point",
            ("b", "c"): "point",
        },
        {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")},
    ),
    "island": ({"a": A, "b": box(1000, 0), "i": box(5000, 5000)}, {("a", "b"): "line"}, {("a", "b")}),
    "exclave of a region beside another": (
        {"a": shapely.union_all([A, box(3000, 0)]), "b": box(4000, 0)},
        {("a", "b"): "line"},
        {("a", "b")},
    ),
    "region in the hole of another": (
        {"a": A - box(400, 400, 200, 200), "b": box(400, 400, 200, 200)},
        {("a", "b"): "line"},
        {("a", "b")},
    ),
    "region drawn over another without a hole": (
        {"a": A, "b": box(400, 400, 200, 200)},
        {("a", "b"): "overlap"},
        set(),
    ),
    "the same polygon twice": ({"a": A, "b": A}, {("a", "b"): "overlap"}, set()),
    "ring road around a city": (
        {
            "city": box(500, 500),
            "ring": box(400, 400, 1200, 1200) - box(500, 500),
            "land": box(0, 0, 2000, 2000) - box(400, 400, 1200, 1200),
        },
        {("city", "ring"): "line", ("land", "ring"): "line"},
        {("city", "ring"), ("land", "ring")},
    ),
    "a third region narrower than the tolerance between two": (
        {"a": A, "b": box(1000, 0, width=30), "c": box(1030, 0)},
        {("a", "b"): "line", ("b", "c"): "line"},
        {("a", "b"), ("b", "c")},
    ),
    "line over the 180th meridian": (
        {"a": shapely.box(179, 0, 180, 1), "b": shapely.box(-180, 0, -179, 1)},
        {("a", "b"): "line"},
        {("a", "b")},
    ),
    "gap over the 180th meridian": (
        {"a": shapely.box(179, 0, 180 - 15 * M, 1), "b": shapely.box(-180 + 15 * M, 0, -179, 1)},
        {("a", "b"): "gap"},
        {("a", "b")},
    ),
    "polygon that runs over the 180th meridian": (
        {"a": shapely.box(178, 0, 179, 1), "b": shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])},
        {("a", "b"): "line"},
        {("a", "b")},
    ),
    "bow-tie, mended": (
        {"a": polygon((0, 0), (1000, 1000), (1000, 0), (0, 1000)), "b": box(1000, 0)},
        {("a", "b"): "line"},
        {("a", "b")},
    ),
}


@pytest.mark.parametrize(("shapes", "met", "border"), CASES.values(), ids=CASES)
def test_hand_made_case(shapes, met, border):
    made = graph(shapes)
    found = {
        pair: kind for pair, kind in kinds(made, 60).items() if kind != "gap" or made.edge(*pair).gap_m < 500
    }
    assert found == met
    assert {(e.a, e.b) for e in made.edges if e.counts(BorderRule(50.0))} == border


@pytest.mark.parametrize(("shapes", "met", "border"), CASES.values(), ids=CASES)
def test_order_of_rows_is_indifferent(shapes, met, border):
    straight, turned = graph(shapes), graph(dict(reversed(shapes.items())))
    assert straight.edges == turned.edges


def test_measures_of_a_gap_an_overlap_and_a_line():
    assert graph({"a": A, "b": box(1030, 0)}).edge("a", "b").gap_m == pytest.approx(30, abs=0.01)
    overlap = graph({"a": A, "b": box(980, 0)}).edge("b", "a")
    assert overlap.overlap_width_m == pytest.approx(20, abs=0.1)
    assert overlap.overlap_m2 == pytest.approx(20 * 1000 * 0.9933, rel=1e-3)  # latitude degrees are shorter
    line = graph({"a": A, "b": box(1000, 0)}).edge("a", "b")
    assert line.shared_m == pytest.approx(993.3, abs=0.1)
    assert line.gap_m == 0


def test_length_of_a_line_with_unmatched_vertices_is_that_of_the_matched_one():
    whole = polygon((0, 0), (1000, 370), (0, 1000))
    split = polygon((0, 0), (1000, 0), (1000, 370), (730, 270.1), (500, 185), (120, 44.4))
    plain = polygon((0, 0), (1000, 0), (1000, 370))
    expected = graph({"a": whole, "b": plain}).edge("a", "b").shared_m
    found = graph({"a": whole, "b": split}).edge("a", "b")
    assert found.kind is Kind.LINE
    assert found.shared_m == pytest.approx(expected, rel=1e-3)


def test_a_sliver_of_gaps_and_overlaps_borders():
    long = [(1000 + 12 * np.sin(k / 3), 20.0 * k) for k in range(51)]
    other = [(1000 + 12 * np.sin(k / 3 + 1.5), 20.0 * k + 7) for k in range(50)]
    a = polygon((0, 0), *long, (0, 1000))
    b = polygon((2000, 0), *other, (2000, 1000))
    edge = graph({"a": a, "b": b}).edge("a", "b")
    assert edge.kind is Kind.OVERLAP
    assert edge.counts(BorderRule(50.0))
    assert not edge.counts(BorderRule(0.0))


def test_a_narrow_bay_of_two_regions_that_touch_is_no_gap():
    """Two wedges that meet in a tip with bays of 40 degrees: a point contact however wide the tolerance."""
    a = polygon((0, 0), (-1000, 364), (-1000, -364))
    b = polygon((0, 0), (1000, -364), (1000, 364))
    found = graph({"a": a, "b": b}).edge("a", "b")
    assert found.kind is Kind.POINT


def test_point_contact_and_water_count_only_if_asked():
    point = graph({"a": A, "b": box(1000, 1000)}).edge("a", "b")
    assert not point.counts(BorderRule())
    assert point.counts(BorderRule(point_contact=True))
    strait = graph({"a": A, "b": box(1700, 0)})
    assert not strait.edge("a", "b").counts(BorderRule())
    assert strait.edge("a", "b").counts(BorderRule(water_m=800))


def test_a_wider_tolerance_only_adds_borders():
    shapes = {
        f"r{x}{y}": jittered(box(1000 * x, 1000 * y), 40, 10 * x + y) for x in range(4) for y in range(4)
    }
    made = graph(shapes)
    before: set[tuple[str, str]] = set()
    for gap_m in (0, 1, 5, 10, 20, 40, 80, 160, 500, 1000):
        now = {(e.a, e.b) for e in made.edges if e.counts(BorderRule(gap_m))}
        assert before <= now
        before = now


def test_jitter_below_the_tolerance_leaves_the_grid_of_neighbours():
    """Every vertex off by up to 15 m. Corners that slide past each other share some metres, no more."""
    cells = list(itertools.product(range(4), range(4)))
    shapes = {f"r{x}{y}": jittered(box(1000 * x, 1000 * y), 15, 10 * x + y) for x, y in cells}
    made = graph(shapes)
    border = {(e.a, e.b): e for e in made.edges if e.counts(BorderRule(50.0))}
    expected = {
        (f"r{x}{y}", f"r{u}{v}")
        for (x, y), (u, v) in itertools.combinations(cells, 2)
        if abs(x - u) + abs(y - v) == 1
    }
    assert expected <= border.keys()
    for pair in border.keys() - expected:
        edge = border[pair]
        assert max(edge.shared_m, edge.overlap_m2 / max(edge.overlap_width_m, 0.1)) < 60


def test_components_and_isolates():
    made = graph({"a": A, "b": box(1000, 0), "c": box(2000, 0), "x": box(9000, 0)})
    assert made.components(BorderRule()) == (("a", "b", "c"), ("x",))
    assert made.components(BorderRule(), ["a", "c"]) == (("a",), ("c",))
    assert made.isolates(BorderRule()) == ("x",)


def test_a_graph_refuses_a_rule_beyond_its_reach():
    with pytest.raises(ValueError, match="reaches"):
        graph({"a": A, "b": box(1000, 0)}).neighbours(BorderRule(5000))


@pytest.mark.parametrize("edge", [Edge("b", "a", Kind.LINE), Edge("a", "z", Kind.LINE)])
def test_a_graph_checks_its_edges(edge):
    with pytest.raises(ValueError, match="edges"):
        RegionGraph(("a", "b"), (edge,), 1000.0)
