"""How the API behaves towards requests that are not quite right."""

import datetime as dt

import pytest
from fastapi.testclient import TestClient

from tests.api.test_clusters import problem

DEMO = "/api/v1/clusters/abseron-kimya"


@pytest.mark.parametrize(
    ("address", "name", "near"),
    [
        ("/scheme.pdf?oriantation=portrait", "oriantation", "orientation"),
        ("/scheme.html?layer=roads", "layer", "layers"),
        ("/participants?Bbox=49,40,50,41", "Bbox", "bbox"),
        ("/concentration?gap=5", "gap", "gap_m"),
        ("/export.csv?lng=en", "lng", "lang"),
    ],
)
def test_a_misspelt_parameter_is_named_with_the_near_one(
    demo_client: TestClient, address: str, name: str, near: str
) -> None:
    found = problem(demo_client.get(DEMO + address), 422, "parameter_near")
    assert f"“{name}”" in found.detail
    assert f"“{near}”" in found.detail
    assert [item.name for item in found.invalid_params] == [f"query.{name}"]


def test_every_unknown_parameter_is_named(demo_client: TestClient) -> None:
    address = f"{DEMO}/scheme.pdf?lang=en&oriantation=portrait&zzz=1&paper=A3"
    found = problem(demo_client.get(address), 422, "parameter_near")
    assert [item.name for item in found.invalid_params] == ["query.oriantation", "query.zzz"]
    assert "orientation" not in found.invalid_params[1].reason.split("Parameters")[0]


@pytest.mark.parametrize("address", ["/?fbclid=1", "/clusters/abseron-kimya?utm_source=mail", "/healthz?_=1"])
def test_pages_and_probes_take_whatever_hangs_on_their_addresses(
    demo_client: TestClient, address: str
) -> None:
    assert demo_client.get(address).status_code == 200


def test_documented_parameters_are_the_known_ones(demo_client: TestClient) -> None:
    document = demo_client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        if not path.startswith("/api/") or "get" not in operations:
            continue
        names = [p["name"] for p in operations["get"]["parameters"] if p["in"] == "query"]
        address = path.format(
            cluster="abseron-kimya", format="csv", participant="x", code="az-districts", layer="sea"
        )
        reason = problem(demo_client.get(f"{address}?zzzzzz=1"), 422, "parameter_unknown").detail
        assert sorted(reason.rsplit(": ", 1)[1].rstrip(".").split(", ")) == sorted(names), path


@pytest.mark.parametrize(
    ("address", "known"),
    [("scheme.docx", "html, pdf, png, svg"), ("export.docx", "geojson, csv, xlsx, gpkg")],
)
def test_unknown_formats_answer_alike(demo_client: TestClient, address: str, known: str) -> None:
    found = problem(demo_client.get(f"{DEMO}/{address}?lang=en"), 404, "format_not_found")
    assert "docx" in found.detail
    assert known in found.detail


@pytest.mark.parametrize("address", ["participants", "concentration", "scheme.svg", "scheme.html"])
def test_a_day_to_come_is_refused(demo_client: TestClient, address: str) -> None:
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).date()
    found = problem(demo_client.get(f"{DEMO}/{address}?as_of={later}&lang=en"), 422, "date_to_come")
    assert str(later) in found.detail


def test_today_is_never_to_come(demo_client: TestClient) -> None:
    """Not even where the day begins hours before it does in UTC."""
    for clock in (dt.timedelta(), dt.timedelta(hours=14)):
        day = (dt.datetime.now(dt.UTC) + clock).date()
        answer = demo_client.get(f"{DEMO}/participants?as_of={day}")
        assert len(answer.json()["features"]) > 20
