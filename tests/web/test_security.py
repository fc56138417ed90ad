"""Headers, framing, base maps, keys: what a page may ask for and who may frame it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from geoservice.errors import CatalogError
from geoservice.render.basemaps import base_maps
from tests.web.service import Running

BASEMAPS = """
[[basemap]]
id = "ortofoto"
kind = "wms"
url = "https://maps.example.az/wms"
layers = "ortofoto"
attribution = "© <b>Nümunə</b>"
title = "Ortofotoplan"
[[basemap]]
id = "wmts"
kind = "wmts"
url = "https://tiles.example.az/wmts"
layers = "topo"
title = "Topoqrafik"
"""
KEY = "redaktor-acari-0123456789"
OTHER_KEY = "basqa-redaktor-0123456789"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with keys, a base map and a host that may frame the embedding page."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "basemaps.toml").write_text(BASEMAPS, "utf-8")
    service = Running(
        folder, access_keys={KEY: "editor", OTHER_KEY: "editor"}, frame_hosts="https://portal.example.az"
    )
    yield service
    service.stop()


def policy(url: str) -> dict[str, str]:
    header = httpx.get(url).headers["content-security-policy"]
    return dict(part.strip().partition(" ")[::2] for part in header.split(";"))


@pytest.mark.parametrize("path", ["/", "/clusters/sinaq", "/docs", "/api/v1/clusters", "/atlas"])
def test_every_answer_carries_the_headers(running: Running, path: str) -> None:
    answer = httpx.get(running.url + path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "strict-transport-security" not in answer.headers  # plain HTTP on loopback
    found = policy(running.url + path)
    assert "'unsafe-inline'" not in found["script-src"] and "'unsafe-eval'" not in found["script-src"]
    assert found["frame-ancestors"] == "'self'" and found["object-src"] == "'none'"


def test_a_nonce_is_used_once(running: Running) -> None:
    assert policy(running.url)["script-src"] != policy(running.url)["script-src"]


def test_only_the_embedding_page_may_be_framed_by_the_hosts_listed(guarded: Running) -> None:
    embed = httpx.get(f"{guarded.url}/embed/sinaq")
    assert "https://portal.example.az" in embed.headers["content-security-policy"]
    assert "x-frame-options" not in embed.headers
    assert policy(f"{guarded.url}/clusters/sinaq")["frame-ancestors"] == "'self'"


def test_pictures_come_from_configured_base_maps_only(guarded: Running, running: Running) -> None:
    found = policy(f"{guarded.url}/api/v1/clusters/sinaq/scheme.html")["img-src"].split()
    assert set(found) == {"'self'", "data:", "blob:", "https://maps.example.az", "https://tiles.example.az"}
    assert "example.az" not in policy(f"{running.url}/api/v1/clusters/sinaq/scheme.html")["img-src"]
    assert "example.az" not in policy(f"{guarded.url}/")["img-src"]


def test_base_maps_are_checked(tmp_path: Path) -> None:
    assert base_maps(None) == base_maps(tmp_path) == ()
    file = tmp_path / "basemaps.toml"
    for wrong in ('url = "javascript:alert(1)"', 'url = "https://a.example/{z}.png"'):
        file.write_text(f'[[basemap]]\nid = "a"\nkind = "xyz"\ntitle = "A"\n{wrong}\n', "utf-8")
        with pytest.raises(CatalogError):
            base_maps(tmp_path)
        file.unlink()


def test_without_a_key_pages_are_read_and_nothing_is_offered_for_editing(guarded: Running) -> None:
    page = httpx.get(f"{guarded.url}/clusters/sinaq").text
    assert "organisation-form" not in page and "data-edit" not in page
    with httpx.Client() as client:
        assert client.post(f"{guarded.url}/key", data={"key": "x" * 20}).status_code == 403
        client.post(f"{guarded.url}/key", data={"key": KEY})
        assert "organisation-form" in client.get(f"{guarded.url}/clusters/sinaq").text
        client.post(f"{guarded.url}/key", data={"key": ""})
        assert "organisation-form" not in client.get(f"{guarded.url}/clusters/sinaq").text


def test_other_sites_cannot_post(running: Running) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert httpx.post(f"{running.url}/key", data={"key": ""}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/api/v1/clusters", "/api/v1/clusters/sinaq/participants", "/api/v1/clusters/sinaq/imports",
     "/api/v1/clusters/sinaq/history/1/undo", "/clusters/sinaq/import", "/clusters/sinaq/import/x/save",
     "/clusters/sinaq/rows", "/key"],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"},
                                     {"Origin": "null"}, {"Sec-Fetch-Site": "same-site"}])  # fmt: skip
def test_no_form_and_no_call_of_another_site_is_taken(
    running: Running, path: str, headers: dict[str, str]
) -> None:
    answer = httpx.post(running.url + path, headers=headers)
    assert answer.status_code == 403 and "cross_site" in answer.text


def test_drafts_need_a_key_and_belong_to_it(guarded: Running) -> None:
    files = {"file": ("r.csv", b"a;b\n1;2\n")}
    assert httpx.post(f"{guarded.url}/clusters/sinaq/import", files=files).status_code == 401
    with httpx.Client(headers={"Accept": "text/html"}) as client:
        client.post(f"{guarded.url}/key", data={"key": KEY})
        made = client.post(f"{guarded.url}/clusters/sinaq/import", files=files)
        assert made.status_code == 303
        place = made.headers["location"].split("/columns")[0]
        assert (
            client.get(f"{guarded.url}{place}/state", headers={"Accept": "application/json"}).status_code
            == 200
        )
        assert httpx.get(f"{guarded.url}{place}/state").status_code == 401
        client.post(f"{guarded.url}/key", data={"key": OTHER_KEY})
        assert client.get(f"{guarded.url}{place}/columns").status_code == 404


def test_reports_of_imports_quote_no_cell_to_the_public(guarded: Running) -> None:
    address = f"{guarded.url}/api/v1/clusters/sinaq/imports"
    text = "Adı;Təşkilatın növü;Əlaqə\nMəxfi;Zavod;+994 50 000 00 00\u202e\n".encode()
    key = {"Authorization": f"Bearer {KEY}"}
    assert httpx.post(address, files={"file": ("r.csv", text)}, headers=key).status_code == 200
    assert "+994 50" in httpx.get(address, headers=key).text
    told = httpx.get(address)
    assert "+994 50" not in told.text and told.json()[0]["read"] == 1


def test_assets_are_compressed_and_kept_for_ever_by_their_hash(running: Running) -> None:
    from geoservice.render import web_assets

    address = running.url + web_assets.address("leaflet.js", "/assets")
    answer = httpx.get(address, headers={"Accept-Encoding": "br"})
    assert answer.headers["content-encoding"] == "br"
    assert "immutable" in answer.headers["cache-control"]
    assert httpx.get(f"{running.url}/assets/leaflet.js?v=old").headers["cache-control"] == "no-cache"
    assert httpx.get(f"{running.url}/assets/..%2Fpackage.json").status_code == 404
    assert httpx.get(f"{running.url}/assets/nothing.js").status_code == 404


@pytest.mark.browser
def test_a_configured_base_map_is_offered(guarded: Running, open_page: Any) -> None:
    page = open_page("/api/v1/clusters/sinaq/scheme.html", url=guarded.url)
    page.get_by_role("tab", name="Laylar").click()
    assert page.locator("#gs-basemap option").all_text_contents()[1:] == ["Ortofotoplan", "Topoqrafik"]
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body="", content_type="image/png")

    page.route(re.compile(r"https://\w+\.example\.az/"), answer)
    page.locator("#gs-basemap").select_option("ortofoto")
    page.locator(".leaflet-tile-pane .leaflet-tile").first.wait_for(state="attached")
    assert asked and all(url.startswith("https://maps.example.az/wms?") for url in asked)
    assert page.locator(".leaflet-control-attribution b").count() == 0  # the credit line is text
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if "maps.example.az" not in o]
