"""Lists in parts: what a part holds, how many there are, and the way to the other parts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.test_clusters import problem

DEMO = "/api/v1/clusters/abseron-kimya"
LISTS = ["/api/v1/clusters", f"{DEMO}/history", f"{DEMO}/imports", "/api/v1/boundaries", "/api/v1/layers"]


def links(answer: Any) -> dict[str, str]:
    return {rel: href for href, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])}


@pytest.mark.parametrize("path", LISTS)
def test_parts_make_up_the_list(demo_client: TestClient, path: str) -> None:
    whole = demo_client.get(path)
    assert "Link" not in whole.headers
    found, address = [], f"{path}?limit=1"
    while address:
        part = demo_client.get(address)
        assert part.status_code == 200 and part.headers["X-Total-Count"] == str(len(whole.json()))
        found += part.json()
        address = links(part).get("next", "")
    assert found == whole.json()
    assert demo_client.get(f"{path}?offset=100000").json() == []


def test_organisations_come_in_parts_as_ogc_features(demo_client: TestClient) -> None:
    path = f"{DEMO}/participants"
    whole = demo_client.get(f"{path}?lang=en").json()
    assert set(whole) == {"type", "features"}
    first = demo_client.get(f"{path}?lang=en&limit=10")
    body = first.json()
    assert first.headers["content-type"] == "application/geo+json" and "X-Register-Revision" in first.headers
    assert (body["numberMatched"], body["numberReturned"], len(body["features"])) == (28, 10, 10)
    assert [link["rel"] for link in body["links"]] == ["self", "next"]
    second = demo_client.get(body["links"][1]["href"]).json()
    assert [link["rel"] for link in second["links"]] == ["self", "next", "prev"]
    last = demo_client.get(links(demo_client.get(second["links"][0]["href"]))["next"]).json()
    assert [*body["features"], *second["features"], *last["features"]] == whole["features"]
    assert demo_client.get(second["links"][2]["href"]).json()["features"] == body["features"]


def test_parts_keep_what_else_is_asked(demo_client: TestClient) -> None:
    box = "49.5,40.3,49.7,40.7"
    every = demo_client.get(f"{DEMO}/participants?bbox={box}").json()["features"]
    part = demo_client.get(f"{DEMO}/participants?bbox={box}&limit=2&lang=ru").json()
    assert part["numberMatched"] == len(every) > 2
    following = demo_client.get(next(link["href"] for link in part["links"] if link["rel"] == "next")).json()
    assert [f["id"] for f in following["features"]] == [f["id"] for f in every[2:4]]


@pytest.mark.parametrize("wrong", ["limit=0", "limit=-1", "limit=100001", "limit=x", "offset=-1"])
@pytest.mark.parametrize("path", [*LISTS, f"{DEMO}/participants"])
def test_parts_that_are_none_are_refused(demo_client: TestClient, path: str, wrong: str) -> None:
    found = problem(demo_client.get(f"{path}?{wrong}"), 422, "invalid_request")
    assert [item.name for item in found.invalid_params] == [f"query.{wrong.split('=', maxsplit=1)[0]}"]
