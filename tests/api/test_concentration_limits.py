"""What is too large is refused before it is worked on, and the answer says what was too large."""

import json

import pytest
import shapely
from fastapi.testclient import TestClient

from geoservice.service import GeoService
from geoservice.service.core import Options
from geoservice.territory import contract
from tests.api.test_clusters import problem
from tests.conftest import client_of

URL = "/api/v1/concentration"


def body(quarter_segments: int) -> dict:
    shapes = {
        "AZ-1": shapely.box(48, 40, 49, 41),
        "AZ-9": shapely.Point(50, 40).buffer(0.5, quad_segs=quarter_segments),
    }
    regions = [
        {"type": "Feature", "properties": {"code": code}, "geometry": shapely.geometry.mapping(shape)}
        for code, shape in shapes.items()
    ]
    return {
        "participants": {"type": "FeatureCollection", "features": []},
        "regions": {"type": "FeatureCollection", "features": regions},
    }


def test_a_body_above_the_limit_is_refused_unread(service: GeoService) -> None:
    service.options = Options(data=service.options.data, max_upload_bytes=1024 * 1024)
    with client_of(service) as client:
        text = json.dumps(body(40_000))
        assert len(text) > 2 * 1024 * 1024
        answer = client.post(URL, content=text, headers={"content-type": "application/json"})
    assert "1" in problem(answer, 413, "body_too_large").detail


def test_too_many_vertices_are_refused_by_the_name_of_the_feature(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "MAX_VERTICES", 1000)
    answer = client.post(URL, json=body(300), params={"lang": "en"})
    found = problem(answer, 422, "territory.too_many_vertices")
    assert "AZ-9" in found.detail
    assert client.post(URL, json=body(100)).status_code == 200
