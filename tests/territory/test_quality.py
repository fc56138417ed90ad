"""Flaws of a boundary set, with coordinates; and their repair."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoservice.catalog import Catalog
from geoservice.errors import CrsError
from geoservice.model import LANGUAGES
from geoservice.territory.adjacency import BorderRule, Kind
from geoservice.territory.geodesy import area_m2
from geoservice.territory.quality import check_boundaries
from geoservice.territory.regions import regions_from_frame
from geoservice.territory.repair import repair_boundaries

from .shapes import M, box, frame, jittered, polygon, regions

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


def areas(data: gpd.GeoDataFrame) -> dict[str, float]:
    return {
        str(code): area_m2(shapely.make_valid(shape))
        for code, shape in zip(data["code"], data.geometry, strict=True)
    }


def test_a_gap_that_is_open_at_its_ends_is_closed():
    """coverage_clean closes only what is enclosed; a strip between two regions on a coast is not."""
    rows = frame({"a": A, "b": box(1020, 0)})
    done = repair_boundaries(rows, gap_m=50)
    assert [flaw.kind for flaw in done.before] == ["gap"]
    assert done.after == ()
    edge = regions_from_frame(done.frame).graph().edge("a", "b")
    assert (edge.kind, edge.shared_m) == (Kind.LINE, pytest.approx(993, abs=25))
    grown = sum(areas(done.frame).values()) - sum(areas(rows).values())
    assert grown == pytest.approx(20 * 993, rel=0.05)


def test_a_gap_wider_than_the_tolerance_stays():
    rows = frame({"a": A, "b": box(1051, 0)})
    done = repair_boundaries(rows, gap_m=50)
    assert areas(done.frame) == pytest.approx(areas(rows), rel=1e-6)


def test_a_region_drawn_over_another_keeps_its_land_and_is_cut_out_of_that():
    """coverage_clean would give it to the region around, and nothing of it would be left."""
    shapes = {"town": box(400, 400, 200, 200), "land": A, "inner": box(450, 450, 50, 50)}
    done = repair_boundaries(frame(shapes))
    assert done.after == ()
    found = areas(done.frame)
    cell = areas(frame({"a": box(0, 0, 1, 1)}))["a"]
    assert found["inner"] == pytest.approx(2500 * cell, rel=1e-3)
    assert found["town"] == pytest.approx((40_000 - 2500) * cell, rel=1e-3)
    assert found["land"] == pytest.approx((1_000_000 - 40_000) * cell, rel=1e-3)
    made = regions_from_frame(done.frame).graph()
    assert made.edge("land", "town").kind is Kind.LINE
    assert made.edge("inner", "town").kind is Kind.LINE


def test_repair_of_a_set_whose_every_vertex_is_off():
    """Slivers everywhere: none is left, no region lost, areas as they were, nothing new to mend."""
    shapes = {
        f"r{x}{y}": jittered(shapely.segmentize(box(1000 * x, 1000 * y), 120 * M), 12, 10 * x + y)
        for x in range(4)
        for y in range(3)
    }
    shapes["town"] = jittered(box(1300, 1300, 400, 400), 12, 99)
    rows = frame(shapes)
    done = repair_boundaries(rows, gap_m=50)
    assert {flaw.kind for flaw in done.before} >= {"gap", "overlap"}
    assert done.after == ()
    assert set(done.frame["code"]) == set(shapes)
    before, after = areas(rows), areas(done.frame)
    before["r11"] -= before["town"]  # it was drawn over it
    assert after == pytest.approx(before, rel=0.04)
    assert shapely.coverage_is_valid(done.frame.geometry.to_numpy())
    assert shapely.union_all(done.frame.geometry).geom_type == "Polygon"
    assert not shapely.union_all(done.frame.geometry).interiors
    again = repair_boundaries(done.frame, gap_m=50)
    assert again.before == ()
    assert areas(again.frame) == pytest.approx(after, rel=1e-6)
    expected = regions({f"r{x}{y}": box(1000 * x, 1000 * y) for x in range(4) for y in range(3)}).graph()
    made = regions_from_frame(done.frame).graph()
    lines = {(e.a, e.b) for e in expected.edges if e.kind is Kind.LINE}
    assert {(e.a, e.b) for e in made.edges if e.kind is Kind.LINE and e.shared_m > 100} == {
        *lines,
        ("r11", "town"),
    }


def test_repair_of_shipped_districts_set_askew():
    """Districts about Baku, every vertex off by up to 20 m: mended to the same neighbours and areas."""
    data = Catalog().boundaries("az-districts").frame
    data = data[data.parent.isin(["AZ-ER-BAKI", "AZ-ER-ABSERON-XIZI", "AZ-ER-GENCE-DASKESEN"])]
    rng = np.random.default_rng(1)

    def askew(shape):
        rings = [shapely.get_coordinates(part.exterior)[:-1] for part in shapely.get_parts(shape)]
        return shapely.multipolygons(
            [shapely.Polygon(ring + rng.uniform(-20, 20, ring.shape) * M) for ring in rings]
        )

    rows = frame({code: askew(shape) for code, shape in zip(data.code, data.geometry, strict=True)})
    done = repair_boundaries(rows, gap_m=50)
    assert len(done.before) > 20
    assert done.after == ()
    assert areas(done.frame) == pytest.approx(areas(data), rel=5e-3)

    def lines(held: gpd.GeoDataFrame) -> set[tuple[str, str]]:
        return {(e.a, e.b) for e in regions_from_frame(held).graph().edges if e.kind is Kind.LINE}

    assert lines(done.frame) == lines(data)
