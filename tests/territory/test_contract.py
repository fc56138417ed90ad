"""The body of POST /api/v1/concentration: what is wrong is refused by the name of the feature."""

from __future__ import annotations

import json

import pytest
import shapely

from geoservice import i18n
from geoservice.errors import CrsError, GeometryError, InvalidInputError, LimitExceededError, NotFoundError
from geoservice.model import LANGUAGES
from geoservice.territory import contract
from geoservice.territory.concentration import check
from geoservice.territory.contract import parse_request

from .shapes import boundaries

LAND = {"W": shapely.box(49, 40, 50, 41), "E": shapely.box(50, 40, 51, 41)}


def collection(features, **more):
    return {"type": "FeatureCollection", "features": features, **more}


def point(ident, x, y, **properties):
    geometry = {"type": "Point", "coordinates": [x, y]}
    return {
        "type": "Feature",
        "id": ident,
        "geometry": geometry,
        "properties": {"name": f"Org {ident}", **properties},
    }


def region(code, shape, **properties):
    geometry = json.loads(shapely.to_geojson(shape))
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"code": code, "name": f"R {code}", **properties},
    }


def body(**changes):
    made = {
        "participants": collection([point(f"p{k}", 49.5 + k % 2, 40.5) for k in range(12)]),
        "regions": collection([region(code, shape) for code, shape in LAND.items()]),
    }
    return {**made, **changes}


def test_a_good_body_gives_a_verdict():
    read = parse_request(
        body(
            options={
                "gap_m": 20,
                "reading": "pairwise",
                "min_participants": 3,
                "as_of": "2026-01-31",
                "ruleset": "by-example",
            }
        )
    )
    found = check(read.members, read.regions, options=read.options).as_dict("en")
    assert found["verdict"] == "bordering_regions"
    assert found["satisfied"]
    assert found["ruleset"]["code"] == "by-example"
    assert found["options"]["gap_m"] == 20
    assert [(r["code"], r["name"], r["count"]) for r in found["regions"]] == [
        ("E", "R E", 6),
        ("W", "R W", 6),
    ]


def test_the_same_regions_are_prepared_once():
    assert parse_request(body()).regions is parse_request(body()).regions


def test_a_boundary_set_by_its_code():
    read = parse_request(
        {"participants": body()["participants"], "boundaries": "x"}, lambda code: boundaries(LAND, code)
    )
    assert read.regions.codes == ("E", "W")


def test_a_null_geometry_is_a_member_without_coordinates():
    empty = {"type": "Feature", "id": "n", "geometry": None, "properties": {"name": "N"}}
    read = parse_request(body(participants=collection([empty])))
    assert read.members[0].longitude is None


def test_coordinates_in_another_crs_are_transformed_if_it_is_named():
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    read = parse_request(body(participants=collection([point("p", 5510315.8, 4938870.0)], crs=crs)))
    assert read.members[0].longitude == pytest.approx(49.5, abs=1e-3)
    assert read.members[0].latitude == pytest.approx(40.5, abs=2e-3)


POLYGON = json.loads(shapely.to_geojson(LAND["W"]))
POINT = {"type": "Point", "coordinates": [49.5, 40.5]}


def one(feature):
    return collection([feature])


WRONG = {
    # name: (body, error, code, what it must name)
    "no object": ([], InvalidInputError, "not_object", ""),
    "no participants": ({"regions": body()["regions"]}, InvalidInputError, "no_participants", ""),
    "no regions": ({"participants": body()["participants"]}, InvalidInputError, "no_boundaries", ""),
    "two kinds of regions": (body(boundaries="x"), InvalidInputError, "both_boundaries", ""),
    "no collection": (body(regions=POLYGON), InvalidInputError, "not_collection", "regions"),
    "features are no objects": (
        body(participants=collection([1])),
        InvalidInputError,
        "not_collection",
        "particip",
    ),
    "polygons where points belong": (
        body(participants=one({"type": "Feature", "id": "p7", "geometry": POLYGON, "properties": {}})),
        GeometryError,
        "not_point",
        "p7",
    ),
    "points where polygons belong": (
        body(regions=one({"type": "Feature", "geometry": POINT, "properties": {"code": "AZ-1"}})),
        GeometryError,
        "not_polygon",
        "AZ-1",
    ),
    "no geometry of a region": (
        body(regions=one({"type": "Feature", "geometry": None, "properties": {"code": "AZ-1"}})),
        GeometryError,
        "not_polygon",
        "AZ-1",
    ),
    "ring that is not closed": (
        body(
            regions=one(
                {
                    "type": "Feature",
                    "properties": {"code": "AZ-1"},
                    "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0]]]},
                }
            )
        ),
        GeometryError,
        "bad_geometry",
        "AZ-1",
    ),
    "coordinates that are texts": (
        body(participants=one(point("p7", "49", "40"))),
        GeometryError,
        "bad_geometry",
        "Org p7",
    ),
    "metres without a CRS": (
        body(participants=one(point("p7", 400000, 4470000))),
        CrsError,
        "crs_not_degrees",
        "Org p7",
    ),
    "regions in metres without a CRS": (
        body(regions=one(region("AZ-1", shapely.box(400000, 4470000, 401000, 4471000)))),
        CrsError,
        "crs_not_degrees",
        "AZ-1",
    ),
    "CRS said to be none": (
        body(regions=collection(body()["regions"]["features"], crs=None)),
        CrsError,
        "crs_missing",
        "",
    ),
    "CRS that nobody knows": (
        body(participants=collection([point("p", 1, 1)], crs={"properties": {"name": "EPSG:0"}})),
        CrsError,
        "crs_unknown",
        "EPSG:0",
    ),
    "latitude and longitude swapped": (
        body(participants=one(point("p7", 40.5, 49.5))),
        CrsError,
        "swapped",
        "Org p7",
    ),
    "latitude that cannot be one": (
        body(participants=one(point("p7", 40.5, 149.5))),
        CrsError,
        "axes_swapped",
        "p7",
    ),
    "region without a code": (
        body(regions=one({"type": "Feature", "geometry": POLYGON, "properties": {}})),
        InvalidInputError,
        "no_code",
        "1",
    ),
    "two members of one id": (
        body(participants=collection([point("p", 49.5, 40.5)] * 2)),
        InvalidInputError,
        "duplicate_id",
        "p",
    ),
    "no region at all": (body(regions=collection([])), GeometryError, "no_regions", ""),
    "negative tolerance": (body(options={"gap_m": -1}), InvalidInputError, "option_metres", "gap_m"),
    "accuracy below nothing": (
        body(options={"accuracy_m": -1}),
        InvalidInputError,
        "option_metres",
        "accuracy_m",
    ),
    "tolerance as a text": (body(options={"snap_m": "50"}), InvalidInputError, "option_metres", "snap_m"),
    "unknown reading": (body(options={"reading": "loose"}), InvalidInputError, "option_reading", "loose"),
    "flag as a number": (
        body(options={"point_contact": 1}),
        InvalidInputError,
        "option_flag",
        "point_contact",
    ),
    "count as a fraction": (
        body(options={"min_participants": 2.5}),
        InvalidInputError,
        "option_count",
        "2.5",
    ),
    "no date": (body(options={"as_of": "31.01.2026"}), InvalidInputError, "option_date", "31.01.2026"),
    "ruleset that is a number": (body(options={"ruleset": 7}), InvalidInputError, "option_ruleset", "7"),
    "unknown ruleset": (body(options={"ruleset": "x"}), NotFoundError, "ruleset_not_found", "x"),
    "unknown member of the body": (body(region=1), InvalidInputError, "member_unknown", "region"),
    "number beyond all bounds": (
        body(participants=one(point("p7", 10**400, 40.5))),
        GeometryError,
        "bad_geometry",
        "Org p7",
    ),
    "CRS from which nothing leads to degrees": (
        body(participants=collection([point("p", 1, 1)], crs={"properties": {"name": 'LOCAL_CS["plan"]'}})),
        CrsError,
        "crs_unknown",
        "plan",
    ),
    "region without an area": (
        body(regions=one(region("AZ-1", shapely.Polygon([(49, 40), (50, 40), (51, 40)])))),
        GeometryError,
        "no_area",
        "AZ-1",
    ),
    "unknown option": (body(options={"gap": 1}), InvalidInputError, "option_unknown", "gap"),
    "options as a list": (body(options=[1]), InvalidInputError, "options_object", ""),
}


@pytest.mark.parametrize(("wrong", "error", "code", "named"), WRONG.values(), ids=WRONG)
def test_wrong_body_is_refused_by_name(wrong, error, code, named):
    with pytest.raises(error) as caught:
        parse_request(wrong)
    assert caught.value.code == f"territory.{code}"
    for lang in LANGUAGES:
        assert named in i18n.message(caught.value, lang)


def test_too_many_vertices_are_refused_before_a_polygon_is_made(monkeypatch):
    monkeypatch.setattr(contract, "MAX_VERTICES", 1000)
    many = shapely.Point(49.5, 40.5).buffer(0.3, quad_segs=300)
    with pytest.raises(LimitExceededError, match="AZ-9"):
        parse_request(body(regions=collection([region("AZ-1", LAND["W"]), region("AZ-9", many)])))


def test_too_many_features_are_refused(monkeypatch):
    monkeypatch.setattr(contract, "MAX_PARTICIPANTS", 3)
    with pytest.raises(LimitExceededError, match="participants"):
        parse_request(body())
