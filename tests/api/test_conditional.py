"""What is held is not sent again, whichever document of the API it is; who may see what is kept apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from geoservice.service import GeoService, demo
from geoservice.store.memory import MemoryStore
from tests.conftest import client_of

DEMO = "/api/v1/clusters/abseron-kimya"
EVERY = [
    "/api/v1/clusters", DEMO, f"{DEMO}/participants", f"{DEMO}/participants/voen-9999000011",
    f"{DEMO}/participants?bbox=49,40,50,41", f"{DEMO}/concentration", f"{DEMO}/concentration.geojson",
    f"{DEMO}/history", f"{DEMO}/imports", f"{DEMO}/export.csv", f"{DEMO}/export.geojson",
    f"{DEMO}/export.xlsx", f"{DEMO}/export.gpkg", f"{DEMO}/scheme.pdf",
    f"{DEMO}/scheme.svg", f"{DEMO}/scheme.html",
    "/api/v1/boundaries", "/api/v1/boundaries/az-districts", "/api/v1/layers", "/api/v1/types",
    "/api/v1/rulesets", "/api/v1/register-template.xlsx",
]  # fmt: skip
KEY = "redaktor-acari-1234"


@pytest.mark.parametrize("path", EVERY)
def test_every_document_is_sent_once(demo_client: TestClient, path: str) -> None:
    first = demo_client.get(path)
    assert first.status_code == 200 and first.headers["Cache-Control"] == "no-cache"
    assert {"Cookie", "Authorization"} <= set(first.headers["Vary"].split(", "))
    held = {"If-None-Match": f'"other", {first.headers["ETag"]}'}
    again = demo_client.get(path, headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"] and again.headers["Vary"] == first.headers["Vary"]
    head = demo_client.head(path)
    assert (head.status_code, head.content) == (200, b"") and head.headers["ETag"] == first.headers["ETag"]
    assert demo_client.head(path, headers=held).status_code == 304
    assert demo_client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize("path", [DEMO, f"{DEMO}/participants", f"{DEMO}/concentration"])
def test_a_coding_has_a_validator_of_its_own(demo_client: TestClient, path: str) -> None:
    tags = {demo_client.get(path, headers={"Accept-Encoding": c}).headers["ETag"] for c in ("br", "gzip", "")}
    assert len(tags) == 3


def test_languages_are_told_apart(demo_client: TestClient) -> None:
    path = f"{DEMO}/participants/voen-9999000011"
    assert len({demo_client.get(f"{path}?lang={lang}").headers["ETag"] for lang in ("az", "en", "ru")}) == 3


def test_errors_and_changes_have_none(demo_client: TestClient) -> None:
    gone = demo_client.get("/api/v1/clusters/yoxdur", headers={"If-None-Match": "*"})
    assert gone.status_code == 404 and "ETag" not in gone.headers


@pytest.fixture
def guarded() -> Iterator[TestClient]:
    service = GeoService(MemoryStore())
    demo.load(service)
    with client_of(service, access_keys=f"{KEY}=editor") as client:
        yield client


def test_a_change_is_seen_by_who_holds_the_old(guarded: TestClient) -> None:
    who = {"Authorization": f"Bearer {KEY}"}
    paths = [DEMO, "/api/v1/clusters", f"{DEMO}/history", f"{DEMO}/participants/voen-9999000011"]
    held = {path: guarded.get(path).headers["ETag"] for path in paths}
    body = {"specialisation": "Yeni ixtisas"}
    assert guarded.patch(paths[-1], json=body, headers=who).status_code == 200
    for path, etag in held.items():
        assert guarded.get(path, headers={"If-None-Match": etag}).status_code == 200, path
    etag = guarded.get(DEMO, headers={"Accept-Encoding": "br"}).headers["ETag"]  # serves as If-Match
    changed = guarded.patch(DEMO, json={"head": "A. A."}, headers={**who, "If-Match": etag})
    assert changed.status_code == 200
    late = guarded.patch(DEMO, json={"head": "B. B."}, headers={**who, "If-Match": etag})
    assert late.status_code == 412


@pytest.mark.parametrize("address", ["participants/voen-9999000011", "participants", "export.csv"])
def test_who_may_see_persons_is_kept_apart(guarded: TestClient, address: str) -> None:
    path = f"{DEMO}/{address}"
    public, editors = guarded.get(path), guarded.get(path, headers={"Authorization": f"Bearer {KEY}"})
    assert public.headers["ETag"] != editors.headers["ETag"] and public.content != editors.content
    assert public.headers["Cache-Control"] == "no-cache"
    assert editors.headers["Cache-Control"] == "private, no-cache"
    crossed = guarded.get(path, headers={"If-None-Match": editors.headers["ETag"]})
    assert crossed.status_code == 200 and crossed.content == public.content
    guarded.cookies.set("geoservice_key", KEY)
    assert guarded.get(path).headers["Cache-Control"] == "private, no-cache"
    assert "private" in guarded.get("/").headers["Cache-Control"]


def test_history_tells_when_it_changed(guarded: TestClient) -> None:
    changed = guarded.get(f"{DEMO}/history").headers["Last-Modified"]
    for since, status in ((changed, 304), ("Sun, 06 Nov 1994 08:49:37 GMT", 200), ("salam", 200)):
        asked = guarded.get(f"{DEMO}/history", headers={"If-Modified-Since": since})
        assert asked.status_code == status
    both = {"If-Modified-Since": changed, "If-None-Match": '"x"'}
    assert guarded.get(f"{DEMO}/history", headers=both).status_code == 200
