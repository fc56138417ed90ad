"""Water between regions: a border only by a ruleset that says so, and only where there is water."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from msgspec.structs import replace

from geoservice.model import LANGUAGES
from geoservice.territory.adjacency import Basis, BorderRule
from geoservice.territory.concentration import check
from geoservice.territory.evidence import edge_geometry, evidence_geojson
from geoservice.territory.rules import ruleset

from .shapes import M, boundaries, box, graph, members, regions

STRAIT = {"a": box(0, 0, height=3000), "b": box(1600, 0, height=3000)}
ANY = replace(ruleset(), water_m=700.0, water="unclaimed")
MAPPED = replace(ANY, water="mapped")
SEA = np.array([box(900, -500, 800, 4000)])


def found(rules, water=None, shapes=STRAIT, **counts):
    held = members(counts or {"a": 5, "b": 5}, shapes)
    return check(held, boundaries(shapes), ruleset=rules, water=None if water is None else lambda: water)


def edge(result):
    return result.as_dict("en")["edges"][0]


def codes(result):
    return {reason.code for reason in result.reasons}


def test_without_the_policy_water_parts_regions():
    result = found(ruleset(), SEA)
    assert result.verdict.value == "separated_regions"
    assert (edge(result)["kind"], edge(result)["counts"], edge(result)["water"]) == ("gap", False, False)
    assert result.sensitivity["water"] is None


def test_what_is_nobodys_is_water_where_the_ruleset_says_so():
    result = found(ANY)
    assert result.verdict.value == "bordering_regions"
    said = edge(result)
    assert (said["kind"], said["basis"], said["water"], said["counts"]) == ("gap", "water", True, True)
    assert said["gap_m"] == pytest.approx(600, abs=0.1)
    assert codes(result) >= {"unclaimed_counted"}
    assert "gap_counted" not in codes(result)  # water is no error of the map
    assert result.sensitivity["water"] == {"verdict": "separated_regions"}


def test_wider_than_the_policy_allows():
    assert found(replace(ANY, water_m=599.0)).verdict.value == "separated_regions"


@pytest.mark.parametrize(
    ("water", "share", "verdict"),
    [
        (SEA, 1.0, "bordering_regions"),
        (np.array([box(1000, -500, 300, 4000)]), 0.5, "separated_regions"),  # half of the way is land
        (np.array([box(9000, 0)]), 0.0, "separated_regions"),
        (np.array([], dtype=object), 0.0, "separated_regions"),
        (np.array([box(990, -500, 200, 4000), box(1190, -500, 500, 4000)]), 1.0, "bordering_regions"),
    ],
    ids=["sea", "half", "elsewhere", "none", "two layers"],
)
def test_mapped_water_must_cover_the_way_across(water, share, verdict):
    result = found(MAPPED, water)
    assert result.verdict.value == verdict
    assert edge(result)["water_share"] == pytest.approx(share, abs=0.01)
    said = "water_counted" if verdict == "bordering_regions" else "water_not_shown"
    assert said in codes(result)
    for lang in LANGUAGES:
        assert all(text and "{" not in text for text in result.reason_texts(lang))


def test_what_nobody_knows_to_be_water_is_none_where_it_must_be_mapped():
    result = found(MAPPED)
    assert result.verdict.value == "separated_regions"
    assert edge(result)["water_share"] is None
    assert "water_not_shown" in codes(result)


def test_water_beyond_a_third_region_joins_nobody():
    shapes = {"a": box(0, 0), "land": box(1200, -2000, 200, 5000), "b": box(1600, 0)}
    result = found(ANY, shapes=shapes, a=5, b=5)
    assert result.verdict.value == "separated_regions"
    assert result.bridges == (("land",),)


def test_water_does_not_part_regions_that_touch_nor_join_them():
    shapes = {"a": box(0, 0), "d": box(1000, 1000)}
    assert found(ANY, shapes=shapes, a=5, d=5).verdict.value == "separated_regions"


def test_an_island_off_a_corner_is_over_water_too():
    shapes = {"a": box(0, 0), "i": box(1300, 1300)}
    result = found(ANY, shapes=shapes, a=5, i=5)
    assert result.verdict.value == "bordering_regions"
    assert (edge(result)["kind"], edge(result)["basis"]) == ("gap", "water")  # they do not meet in a point


def test_the_evidence_shows_what_lies_between():
    result = found(MAPPED, SEA)
    said = evidence_geojson(result, boundaries(STRAIT))["features"]
    shown = next(feature for feature in said if feature["properties"]["layer"] == "edge")
    assert shown["properties"]["water"] is True
    assert shapely.geometry.shape(shown["geometry"]).length / M == pytest.approx(3000, rel=0.3)


def test_a_gap_within_the_tolerance_is_an_error_of_the_map_also_over_water():
    made = graph({"a": box(0, 0), "b": box(1030, 0)}).edge("a", "b")
    assert made.basis(BorderRule(50.0, water_m=700.0)) is Basis.TOLERANCE
    assert made.basis(BorderRule(10.0, water_m=700.0)) is Basis.WATER
    assert made.basis(BorderRule(10.0)) is None


def test_evidence_over_the_180th_meridian():
    shapes = {"a": shapely.box(179, 0, 180, 1), "b": shapely.box(-180 + 500 * M, 0, -179, 1)}
    made = regions(shapes)
    one = made.graph().edge("a", "b")
    assert one.gap_m == pytest.approx(500, abs=0.5)
    line = edge_geometry(one, made)
    assert line.length == pytest.approx(1.0, abs=0.02)
    assert line.bounds[2] == pytest.approx(180.0)
    result = found(MAPPED, np.array([shapely.box(179.9, -1, 180.1, 2)]), shapes=shapes, a=5, b=5)
    assert edge(result)["water_share"] == pytest.approx(1.0, abs=0.01)
