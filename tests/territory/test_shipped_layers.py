"""The boundary sets that are shipped: their neighbours, their flaws, and Azerbaijan's known facts."""

from __future__ import annotations

from collections import Counter

import pytest
from libpysal.graph import Graph

from geoservice.catalog import Catalog
from geoservice.territory.adjacency import BorderRule, Kind, region_graph
from geoservice.territory.concentration import Options, check
from geoservice.territory.placement import place
from geoservice.territory.quality import check_boundaries
from geoservice.territory.regions import combine, prepare
from geoservice.territory.uncertainty import find_near_border

from .shapes import members

CATALOG = Catalog()
SETS = [spec.id for spec in CATALOG.boundary_sets()]


@pytest.mark.parametrize("name", SETS)
def test_same_neighbours_as_libpysal(name):
    held = CATALOG.boundaries(name)
    made = region_graph(held)
    codes = list(held.frame["code"])
    for rook in (True, False):
        found = Graph.build_contiguity(held.frame.reset_index(drop=True), rook=rook)
        theirs = {tuple(sorted((codes[a], codes[b]))) for a, b in found.adjacency[found.adjacency != 0].index}
        rule = BorderRule(gap_m=0.0, point_contact=not rook)
        ours = {(e.a, e.b) for e in made.edges if e.counts(rule)}
        assert theirs <= ours
        # What libpysal misses is a line or a contact that our evidence can show.
        assert all(made.edge(*pair).kind in (Kind.LINE, Kind.POINT) for pair in ours - theirs)


@pytest.mark.parametrize("name", SETS)
def test_no_overlaps_and_no_invalid_polygons(name):
    found = check_boundaries(CATALOG.boundaries(name).frame)
    assert Counter(flaw.kind for flaw in found if flaw.kind != "gap") == Counter()


def test_districts_of_azerbaijan_fall_into_two_parts():
    made = region_graph(CATALOG.boundaries("az-districts"))
    parts = made.components(BorderRule())
    assert len(parts) == 2
    assert {"AZ-NV", "AZ-CUL", "AZ-ORD"} <= set(min(parts, key=len))  # Nakhchivan touches no other region


def test_baku_absheron_and_sumgait_border_but_not_nakhchivan():
    where = CATALOG.boundaries("az-districts")
    shapes = dict(zip(where.frame["code"], where.frame.geometry, strict=True))
    found = check(members({"AZ-BA": 5, "AZ-ABS": 3, "AZ-SM": 2}, shapes), where)
    assert (found.verdict.value, found.satisfied) == ("bordering_regions", True)
    found = check(members({"AZ-BA": 5, "AZ-NV": 5}, shapes), where)
    assert (found.verdict.value, found.bridges) == ("separated_regions", ())
    found = check(members({"AZ-SM": 5, "AZ-QUS": 5}, shapes), where)
    assert found.bridges
    assert "Sumqayıt" in found.sentence("az")


def test_joint_cluster_of_two_countries_over_both_sets():
    both = combine([CATALOG.boundaries("az-districts"), CATALOG.boundaries("by-regions")])
    shapes = dict(zip(both.codes, both.geometries, strict=True))
    found = check(members({"AZ-BA": 6, "BY-HM": 3, "BY-MI": 3}, shapes), both)
    assert [part.country for part in found.parts] == ["AZ", "BY"]
    assert found.satisfied


def test_a_generalised_set_says_how_accurate_it_is():
    for spec in CATALOG.boundary_sets():
        assert CATALOG.boundaries(spec.id).accuracy_m == 4000, spec.id


def test_accuracy_covers_most_towns_that_lie_in_a_neighbours_polygon():
    """GeoNames' district against the polygon: 30 of the 32 that differ do so by less than the accuracy."""
    where = CATALOG.boundaries("az-districts")
    made = prepare(where)
    towns = CATALOG.frame("settlements")
    towns = towns[(towns.country == "AZ") & towns.admin.isin(made.codes)]
    spots = [(point.x, point.y) for point in towns.geometry]
    astray = [
        (member, admin)
        for member, admin, placed in zip(
            members(spots), towns.admin, place(members(spots), made, snap_m=0.0), strict=True
        )
        if placed.region != admin
    ]
    assert len(astray) == 32
    held = [member for member, _ in astray]
    near = find_near_border(held, check(held, made, options=Options(snap_m=0.0)), made, where.accuracy_m)
    told = {(held[one.row].id, one.other) for one in near}
    assert len(astray) - sum((member.id, admin) in told for member, admin in astray) == 2
