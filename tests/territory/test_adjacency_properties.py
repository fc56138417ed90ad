"""What must not matter: order, place, unit of the CRS, number of vertices, what else is on the map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.territory.adjacency import BorderRule, Kind, build_graph
from geoservice.territory.regions import regions_from_arrays, regions_from_frame

from .shapes import M, box, graph

CELLS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=10)
RULES = st.builds(BorderRule, st.sampled_from([0.0, 10.0, 50.0, 400.0]), st.booleans())


def cells(chosen: set[tuple[int, int]], size: float = 1000.0) -> dict[str, shapely.Polygon]:
    """Cells of a grid; those in odd rows are 30 m smaller, so that gaps are there too."""
    return {f"r{x}{y}": box(x * size, y * size, size, size - 30 * (y % 2)) for x, y in sorted(chosen)}


def borders(made, rule):
    return {(e.a, e.b) for e in made.edges if e.counts(rule)}


def contacts(made):
    """Contacts as far as they are looked at: near points beyond the tolerance are a matter of degree."""
    return {(e.a, e.b): e.kind for e in made.edges if e.kind is not Kind.POINT or e.gap_m < 50}


@settings(max_examples=60, deadline=None)
@given(CELLS, RULES, st.randoms())
def test_order_of_rows(chosen, rule, random):
    shapes = cells(chosen)
    names = list(shapes)
    random.shuffle(names)
    assert borders(graph(shapes), rule) == borders(graph({name: shapes[name] for name in names}), rule)


@settings(max_examples=60, deadline=None)
@given(CELLS, RULES)
def test_neighbourhood_is_symmetric(chosen, rule):
    found = graph(cells(chosen)).neighbours(rule)
    assert all(code in found[other] for code, others in found.items() for other in others)
    assert all(code not in others for code, others in found.items())


@settings(max_examples=40, deadline=None)
@given(CELLS, st.integers(-170, 170), st.integers(-3, 3))
def test_place_on_earth(chosen, lon, lat):
    """Near the equator, where a degree keeps its length; moved vertices are rounded anew."""
    here = cells(chosen)
    there = {
        code: shapely.transform(shape, lambda xy: xy + np.array([lon, lat])) for code, shape in here.items()
    }
    assert contacts(graph(here)) == contacts(graph(there))


@settings(max_examples=30, deadline=None)
@given(CELLS, st.sampled_from(["EPSG:32631", "EPSG:2263", "ESRI:54009", "EPSG:3857"]))
def test_unit_of_the_crs(chosen, crs):
    """The same land in metres, in feet, in a world projection: the same borders."""
    here = gpd.GeoDataFrame(
        {"code": list(cells(chosen))}, geometry=list(cells(chosen).values()), crs="EPSG:4326"
    )
    if crs == "EPSG:2263":  # a plane of feet far from here: shift the land there first
        here.geometry = shapely.transform(
            here.geometry.to_numpy(), lambda xy: xy * [1.3, 1.0] + [-73.9, 40.7]
        )
    there = here.to_crs(crs)
    one = build_graph(regions_from_frame(here), reach_m=1000)
    two = build_graph(regions_from_frame(there), reach_m=1000)
    assert borders(one, BorderRule()) == borders(two, BorderRule())


@settings(max_examples=60, deadline=None)
@given(CELLS, RULES, st.floats(50, 900))
def test_more_vertices_on_one_ring(chosen, rule, step):
    shapes = cells(chosen)
    first = next(iter(shapes))
    dense = {**shapes, first: shapely.segmentize(shapes[first], step * M)}
    assert borders(graph(shapes), rule) == borders(graph(dense), rule)
    one, two = graph(shapes), graph(dense)
    for edge in one.edges:
        if edge.kind is Kind.LINE:
            assert two.edge(edge.a, edge.b).shared_m == pytest.approx(edge.shared_m, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(CELLS, st.integers(1, 80))
def test_extent_of_the_input(chosen, degrees):
    """A region on the far side of the world changes nothing (as it does for libpysal's fuzzy tolerance)."""
    shapes = cells(chosen)
    more = {**shapes, "z": shapely.transform(box(0, 0), lambda xy: xy + float(degrees))}
    assert graph(shapes).edges == graph(more).edges


def test_ring_direction_and_start_are_indifferent():
    rng = np.random.default_rng(4)
    shapes = cells({(0, 0), (1, 0), (0, 1), (1, 1)})
    turned = {}
    for code, shape in shapes.items():
        ring = shapely.get_coordinates(shape)[:-1]
        ring = np.roll(ring, int(rng.integers(4)), axis=0)[:: int(rng.choice([-1, 1]))]
        turned[code] = shapely.Polygon(ring)
    assert graph(shapes).edges == graph(turned).edges


def test_equal_content_has_one_digest():
    shapes = cells({(0, 0), (1, 0)})
    codes, values = list(shapes), list(shapes.values())
    assert regions_from_arrays(codes, values).digest == regions_from_arrays(codes[::-1], values[::-1]).digest
