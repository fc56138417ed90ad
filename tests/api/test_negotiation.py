"""Media types that cannot be had or read are refused by name; pages of other sites read what they may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from geoservice.service import GeoService, demo
from geoservice.settings import Settings
from geoservice.store.memory import MemoryStore
from tests.api.test_clusters import problem
from tests.conftest import client_of

DEMO = "/api/v1/clusters/abseron-kimya"
SITE = "https://portal.example"


@pytest.mark.parametrize(
    ("path", "accept", "offered"),
    [
        (DEMO, "application/xml", "application/json"),
        (f"{DEMO}/participants", "text/csv, image/*", "application/geo+json"),
        (f"{DEMO}/participants?limit=1", "application/geo+json;q=0", "application/geo+json"),
        (f"{DEMO}/scheme.pdf", "image/png", "application/pdf"),
        (f"{DEMO}/export.csv", "application/json", "text/csv"),
        (f"{DEMO}/scheme.html", "application/json", "text/html"),
        ("/api/v1/layers", "*/*;q=0", "application/json"),
    ],
)
@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_what_cannot_be_had_is_refused(
    demo_client: TestClient, path: str, accept: str, offered: str, lang: str
) -> None:
    address = f"{path}{'&' if '?' in path else '?'}lang={lang}"
    found = problem(demo_client.get(address, headers={"Accept": accept}), 406, "not_acceptable")
    assert offered in found.detail


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (DEMO, "text/html,application/xhtml+xml,*/*;q=0.8"),
        (f"{DEMO}/participants", "application/json"),
        (f"{DEMO}/participants", "application/geo+json"),
        (f"{DEMO}/concentration.geojson", "application/*;q=0.1"),
        (f"{DEMO}/scheme.png", "image/avif,image/*,*/*;q=0.8"),
        (f"{DEMO}/export.csv", "text/*"),
        ("/", "image/png"),
    ],
)
def test_what_can_be_had_is_answered(demo_client: TestClient, path: str, accept: str) -> None:
    for _ in range(2):  # the second time from what is at hand
        assert demo_client.get(path, headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize(
    ("path", "sent", "read"),
    [
        (f"{DEMO}/imports", "text/csv", "multipart/form-data"),
        (f"{DEMO}/imports", "application/json", "multipart/form-data"),
        ("/api/v1/layers", "application/geo+json", "multipart/form-data"),
        ("/api/v1/verify", "application/pdf", "multipart/form-data"),
        ("/api/v1/clusters", "application/x-www-form-urlencoded", "application/json"),
        ("/api/v1/concentration", "text/plain", "application/json"),
        (f"{DEMO}/participants", "application/xml; charset=utf-8", "application/json"),
    ],
)
def test_a_body_of_another_type_is_refused(demo_client: TestClient, path: str, sent: str, read: str) -> None:
    answer = demo_client.post(f"{path}?lang=en", content=b"a;b\n1;2\n", headers={"Content-Type": sent})
    found = problem(answer, 415, "unsupported_media_type")
    assert read in found.detail and sent.split(";", maxsplit=1)[0] in found.detail


def test_json_of_another_name_is_json(client: TestClient) -> None:
    made = client.post(
        "/api/v1/clusters", content=b'{"code": "a", "title": "A"}',
        headers={"Content-Type": "application/vnd.geo+json"},
    )  # fmt: skip
    assert made.status_code == 201


# -- pages of other sites -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def open_to() -> Iterator[TestClient]:
    service = GeoService(MemoryStore())
    demo.load(service)
    with client_of(service, cors_origins=SITE) as client:
        yield client


def allowed(answer: object) -> str | None:
    return answer.headers.get("Access-Control-Allow-Origin")  # type: ignore[attr-defined]


def test_no_site_reads_unless_it_is_listed(demo_client: TestClient, open_to: TestClient) -> None:
    assert allowed(demo_client.get(DEMO, headers={"Origin": SITE})) is None
    assert allowed(open_to.get(DEMO, headers={"Origin": SITE})) == SITE
    assert allowed(open_to.get(DEMO, headers={"Origin": "https://other.example"})) is None
    assert allowed(open_to.get("/", headers={"Origin": SITE})) is None  # pages are not for scripts
    assert allowed(open_to.get("/openapi.json", headers={"Origin": SITE})) == SITE


def test_what_a_listed_site_gets(open_to: TestClient) -> None:
    for path in (DEMO, f"{DEMO}/participants", f"{DEMO}/participants"):
        answer = open_to.get(path, headers={"Origin": SITE})
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
        assert "Origin" in answer.headers["Vary"].split(", ")
        held = {"Origin": SITE, "If-None-Match": answer.headers["ETag"]}
        assert allowed(open_to.get(path, headers=held)) == SITE
    assert allowed(open_to.get("/api/v1/clusters/yox", headers={"Origin": SITE})) == SITE


def test_a_listed_site_sees_what_is_public_alone(open_to: TestClient) -> None:
    path = f"{DEMO}/participants/voen-9999000011"
    own = open_to.get(path).json()["properties"]
    other = open_to.get(path, headers={"Origin": SITE}).json()["properties"]
    assert own.get("contacts") and not other.get("contacts")
    bytes_held = open_to.get(f"{DEMO}/participants").content
    assert open_to.get(f"{DEMO}/participants", headers={"Origin": SITE}).content != bytes_held


def test_changes_from_other_sites_stay_refused(open_to: TestClient) -> None:
    asked = {"Origin": SITE, "Access-Control-Request-Method": "GET"}
    assert open_to.options(DEMO, headers=asked).status_code == 200
    assert "POST" not in open_to.options(DEMO, headers=asked).headers["Access-Control-Allow-Methods"]
    for method in ("POST", "DELETE", "PATCH"):
        refused = open_to.options(DEMO, headers={**asked, "Access-Control-Request-Method": method})
        assert refused.status_code == 400
    assert open_to.delete(DEMO, headers={"Origin": SITE}).status_code == 403


@pytest.mark.parametrize(
    "value", ["portal.example", "https://*.example", "https://a.example/x", "https://a b"]
)
def test_what_is_no_origin_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_origins=value)


def test_origins_are_read_as_they_are_written() -> None:
    assert Settings(cors_origins="https://a.example/, http://b.example:8080").cors_origins == (
        "https://a.example", "http://b.example:8080",
    )  # fmt: skip
    assert Settings(cors_origins="*").cors_origins == ("*",)
    assert Settings().cors_origins == () == Settings(cors_origins="").cors_origins
