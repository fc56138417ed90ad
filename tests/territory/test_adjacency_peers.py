"""Agreement with libpysal and GeoDa on clean data, and where and why we differ on dirty data."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import libpysal
import numpy as np
import pytest
import shapely
from libpysal.examples import get_path
from libpysal.graph import Graph

from geoservice.territory.adjacency import BorderRule, Kind, build_graph
from geoservice.territory.regions import regions_from_arrays

from .shapes import box, frame, graph, polygon

CLEAN = ["columbus", "stl_hom", "virginia", "sids2", "10740", "mexicojoin", "us48"]

#: GeoDa's weights files that come with the data: (data set, weights, whether point contacts count).
PUBLISHED = [
    ("columbus", "columbus.gal", True),
    ("stl_hom", "stl.gal", False),
    ("stl_hom", "stl_hom_rook.gal", False),
    ("virginia", "virginia_queen.gal", True),
    ("virginia", "virginia_rook.gal", False),
    ("sids2", "sids2.gal", False),
    ("10740", "10740_rook.gal", False),
]


def ours(data: gpd.GeoDataFrame, point_contact: bool) -> set[tuple[int, int]]:
    made = build_graph(
        regions_from_arrays([f"{row:05d}" for row in range(len(data))], data.geometry.to_numpy()),
        reach_m=1000,
    )
    rule = BorderRule(gap_m=0.0, point_contact=point_contact)
    return {(int(e.a), int(e.b)) for e in made.edges if e.counts(rule)}


def theirs(data: gpd.GeoDataFrame, point_contact: bool) -> set[tuple[int, int]]:
    made = Graph.build_contiguity(data.reset_index(drop=True), rook=not point_contact)
    return {tuple(sorted(map(int, pair))) for pair in made.adjacency[made.adjacency != 0].index}


@pytest.mark.parametrize("point_contact", [False, True], ids=["rook", "queen"])
@pytest.mark.parametrize("name", CLEAN)
def test_same_as_libpysal_on_clean_data(name, point_contact):
    data = gpd.read_file(get_path(f"{name}.shp"))
    assert ours(data, point_contact) == theirs(data, point_contact)


@pytest.mark.filterwarnings("ignore:The weights matrix")
@pytest.mark.parametrize(("name", "weights", "point_contact"), PUBLISHED)
def test_same_as_published_weights(name, weights, point_contact):
    data = gpd.read_file(get_path(f"{name}.shp"))
    held = libpysal.io.open(get_path(weights)).read()
    place = {code: row for row, code in enumerate(held.id_order)}
    published = {tuple(sorted((place[a], place[b]))) for a, others in held.neighbors.items() for b in others}
    assert ours(data, point_contact) == published


A = box(0, 0)
#: A border digitised twice.
WAVE = [(1000 + 12 * np.sin(k / 3), 20.0 * k) for k in range(51)]
OTHER_WAVE = [(1000 + 12 * np.sin(k / 3 + 1.5), 20.0 * k + 7) for k in range(50)]
#: Dirty data: (shapes, do a and b border for us at 50 m, for libpysal's rook, why).
DIRTY = {
    "gap of 30 m": (
        {"a": A, "b": box(1030, 0)},
        True,
        False,
        "libpysal asks for equal vertices; 30 m is an error of the map",
    ),
    "overlap of 20 m": (
        {"a": A, "b": box(980, 0)},
        True,
        False,
        "the same: no edge is equal",
    ),
    "T-junction with unmatched vertices": (
        {"a": A, "b": box(1000, 250, height=500)},
        True,
        False,
        "a line is shared, but no edge from vertex to vertex",
    ),
    "vertices off by a centimetre": (
        {"a": A, "b": box(1000.01, 0)},
        True,
        False,
        "below what six decimals of a degree can tell",
    ),
    "region drawn over another": (
        {"a": A, "b": box(400, 400, 200, 200)},
        False,
        False,
        "for both; ours names the overlap and its area",
    ),
    "straight line with vertices on one side only": (
        {"a": polygon(*[(1000, 50 * k) for k in range(21)], (0, 1000), (0, 0)), "b": box(1000, 0)},
        True,
        False,
        "as New South Wales and South Australia (556 km) in Natural Earth",
    ),
    "common line that begins at no vertex of one side": (
        {"a": polygon((0, -500), (1000, -500), (1000, 1000), (0, 1000)), "b": box(1000, 0, height=2000)},
        True,
        False,
        "as Tindouf and Western Sahara (42 km) in Natural Earth: one end of the line is a T-junction",
    ),
    "shared line": ({"a": A, "b": box(1000, 0)}, True, True, "clean: the same"),
    "corner to corner": ({"a": A, "b": box(1000, 1000)}, False, False, "clean: the same"),
    "two point touches": (
        {"a": polygon((0, 0), (1000, 0), (500, 500), (1000, 1000), (0, 1000)), "b": box(1000, 0)},
        False,
        False,
        "clean: the same",
    ),
    "sliver of gaps and overlaps": (
        {"a": polygon((0, 0), *WAVE, (0, 1000)), "b": polygon((2000, 0), *OTHER_WAVE, (2000, 1000))},
        True,
        False,
        "two digitisations of one border: they cross again and again and share nothing",
    ),
    "line over the 180th meridian": (
        {"a": shapely.box(179, 0, 180, 1), "b": shapely.box(-180, 0, -179, 1)},
        True,
        False,
        "180 and -180 are one meridian, but not one number",
    ),
    "bow-tie beside a region": (
        {"a": polygon((0, 0), (1000, 1000), (1000, 0), (0, 1000)), "b": box(1000, 0)},
        True,
        True,
        "ours mends the ring and says so",
    ),
    "region in the hole of another": (
        {"a": A - box(400, 400, 200, 200), "b": box(400, 400, 200, 200)},
        True,
        True,
        "clean: the same",
    ),
    "island": ({"a": A, "b": box(5000, 5000)}, False, False, "clean: the same"),
    "the same polygon twice": (
        {"a": A, "b": A},
        False,
        True,
        "libpysal finds all edges equal; one region laid on another is a flaw, not a border",
    ),
}

PAGE = Path(__file__).with_name("neighbours.md")


def rook(shapes) -> bool:
    found = Graph.build_contiguity(frame(shapes).reset_index(drop=True), rook=True)
    return bool(len(found.adjacency[found.adjacency != 0]))


@pytest.mark.parametrize(("shapes", "we", "they", "why"), DIRTY.values(), ids=DIRTY)
def test_table_of_differences_on_dirty_data(shapes, we, they, why):
    assert why
    edge = graph(shapes).edge("a", "b")
    assert (edge is not None and edge.counts(BorderRule(50.0))) is we
    assert rook(shapes) is they


def measured(shapes) -> str:
    """What our graph says of a pair, in words."""
    edge = graph(shapes).edge("a", "b")
    if edge is None:
        return "nothing within 1 km"
    size = {
        Kind.LINE: f"{edge.shared_m:.0f} m",
        Kind.POINT: "",
        Kind.GAP: f"{edge.gap_m:.0f} m wide",
        Kind.OVERLAP: f"{edge.overlap_m2 / 1e4:.1f} ha, {edge.overlap_width_m:.0f} m wide",
    }[edge.kind]
    return f"{edge.kind.value} {size}".strip()


def table() -> str:
    """The table of neighbours.md."""
    rows = ["| map | our graph | borders, 50 m | libpysal rook | why |", "|---|---|---|---|---|"]
    said = {True: "yes", False: "no"}
    for differs in (True, False):
        rows += [
            f"| {name} | {measured(shapes)} | {said[we]} | {said[they]} | {why} |"
            for name, (shapes, we, they, why) in DIRTY.items()
            if (we is not they) is differs
        ]
    return "\n".join(rows)


def test_the_page_shows_the_table():
    """Written by ``python -m tests.territory.test_adjacency_peers``."""
    assert table() in PAGE.read_text("utf-8")


@pytest.mark.filterwarnings("ignore")
def test_libpysals_fuzzy_verdict_moves_with_the_extent_and_ours_does_not():
    """Its tolerance is a share of the bounding box: a far island makes strangers neighbours."""
    near = frame({"a": A, "b": box(1200, 0)})
    far = frame({"a": A, "b": box(1200, 0), "z": box(400_000, 400_000)})
    verdicts = []
    for data in (near, far):
        found = libpysal.weights.fuzzy_contiguity(
            data, tolerance=0.001, buffering=True, silence_warnings=True
        )
        verdicts.append(1 in found.neighbors[0])
    assert verdicts == [False, True]
    edges = [
        build_graph(regions_from_arrays(list(data["code"]), data.geometry.to_numpy()), reach_m=1000).edge(
            "a", "b"
        )
        for data in (near, far)
    ]
    assert edges[0] == edges[1]
    assert edges[0].kind is Kind.GAP
    assert edges[0].gap_m == pytest.approx(200, abs=0.05)


if __name__ == "__main__":
    head, _, rest = PAGE.read_text("utf-8").partition("| map |")
    PAGE.write_text(head + table() + "\n\n" + rest.partition("\n\n")[2], "utf-8")
