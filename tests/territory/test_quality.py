"""Flaws of a boundary set, with coordinates; and their repair."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from geoservice.errors import CrsError
from geoservice.model import LANGUAGES
from geoservice.territory.adjacency import BorderRule, Kind
from geoservice.territory.quality import check_boundaries, repair_boundaries
from geoservice.territory.regions import regions_from_frame

from .shapes import M, box, frame, polygon

A = box(0, 0)


def flaws(shapes, **options):
    return check_boundaries(frame(shapes), **options)


def test_a_clean_set_has_none():
    assert flaws({"a": A, "b": box(1000, 0), "c": box(0, 1000, 2000)}) == ()


def test_gap_and_overlap_with_their_place_and_size():
    found = {flaw.kind: flaw for flaw in flaws({"a": A, "b": box(1020, 0), "c": box(2010, 0)})}
    assert found.keys() == {"gap", "overlap"}
    assert found["gap"].codes == ("a", "b")
    assert found["gap"].lon / M == pytest.approx(1010, abs=1)
    assert found["gap"].width_m == pytest.approx(20, abs=0.1)
    assert found["overlap"].codes == ("b", "c")
    assert found["overlap"].lon / M == pytest.approx(2015, abs=6)
    assert found["overlap"].area_m2 == pytest.approx(10 * 993.3, rel=0.01)


def test_a_gap_enclosed_by_two_regions():
    outer = box(0, 0, 3000, 3000) - box(1000, 1000) - box(1970, 1200, 60, 600)
    found = flaws({"outer": outer, "inner": box(1000, 1000)})
    assert [flaw.kind for flaw in found] == ["gap"]
    assert found[0].width_m == pytest.approx(30, abs=1)


def test_a_lake_is_no_gap():
    assert flaws({"a": A - box(300, 300, 400, 400), "b": box(1000, 0)}) == ()


def test_invalid_duplicate_and_empty():
    bow = polygon((0, 0), (1000, 1000), (1000, 0), (0, 1000))
    rows = gpd.GeoDataFrame(
        {"code": ["bow", "x", "x", "copy", "none", "line"]},
        geometry=[bow, box(3000, 0), box(4500, 0), box(3000, 0), None, shapely.LineString([(0, 0), (1, 1)])],
        crs="EPSG:4326",
    )
    found = check_boundaries(rows)
    kinds = {flaw.kind: flaw for flaw in found}
    assert {"invalid", "duplicate_code", "duplicate_shape", "empty", "not_polygon"} <= kinds.keys()
    assert (kinds["invalid"].lon / M, kinds["invalid"].lat / M) == pytest.approx((500, 500), abs=1)
    assert kinds["duplicate_shape"].codes == ("x", "copy")
    for lang in LANGUAGES:
        assert all(flaw.as_dict(lang)["text"] for flaw in found)


def test_a_missing_crs_is_an_error():
    with pytest.raises(CrsError):
        check_boundaries(gpd.GeoDataFrame({"code": ["a"]}, geometry=[A]))


def test_repair_closes_gaps_and_overlaps_and_keeps_attributes():
    bow = polygon((0, 2000), (1000, 3000), (1000, 2000), (0, 3000))
    rows = frame({"a": A, "b": box(1020, 0), "c": box(2010, 0), "bow": bow}, name=["A", "B", "C", "Bow"])
    done = repair_boundaries(rows, gap_m=50)
    assert {flaw.kind for flaw in done.before} >= {"gap", "overlap", "invalid"}
    assert [flaw for flaw in done.after if flaw.kind in ("overlap", "invalid")] == []
    assert dict(zip(done.frame["code"], done.frame["name"], strict=True)) == {
        "a": "A",
        "b": "B",
        "c": "C",
        "bow": "Bow",
    }
    assert done.frame.crs.to_epsg() == 4326
    made = regions_from_frame(done.frame).graph()
    assert made.edge("b", "c").kind is Kind.LINE


def test_repair_of_an_enclosed_gap_gives_it_to_a_neighbour():
    shapes = {"a": A, "b": box(1000, 0, height=500), "c": box(1000, 520, height=480), "d": box(2000, 0)}
    shapes["d"] = box(2000, -100, height=1200)
    done = repair_boundaries(frame(shapes), gap_m=50)
    assert done.after == ()
    made = regions_from_frame(done.frame).graph()
    assert made.edge("b", "c").counts(BorderRule(0.0))


def test_repair_drops_exact_copies():
    done = repair_boundaries(frame({"a": A, "b": A, "c": box(1000, 0)}))
    assert list(done.frame["code"]) == ["a", "c"]
