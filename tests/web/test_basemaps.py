"""Base maps of another server in the browser: each kind asked rightly, credited, switched, out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.service import Running
from tests.web.tiles import TileServer

pytestmark = pytest.mark.browser
MAP = "/api/v1/clusters/sinaq/scheme.html"
BASEMAPS = """
[[basemap]]
id = "topo"
kind = "xyz"
url = "{url}/topo/{{z}}/{{x}}/{{y}}.png"
title = "Topoqrafik <b>xəritə</b>"
attribution = "© <img src=x onerror=window.hacked=1> Nümunə"
max_zoom = 9
[[basemap]]
id = "orto"
kind = "wms"
url = "{url}/wms"
layers = "orto2026"
title = "Ortofotoplan"
[[basemap]]
id = "kadastr"
kind = "wmts"
url = "{url}/wmts"
layers = "kadastr"
matrix_set = "EPSG:900913"
matrix = "EPSG:900913:{{z}}"
title = "Kadastr xəritəsi"
"""


@pytest.fixture(scope="module")
def tiles() -> Iterator[TileServer]:
    server = TileServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, tiles: TileServer) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("mapped")
    (folder / "basemaps.toml").write_text(BASEMAPS.format(url=tiles.url), "utf-8")
    service = Running(folder)
    yield service
    service.stop()


@pytest.fixture
def layers_page(open_page: Any, mapped: Running, tiles: TileServer) -> Iterator[Page]:
    """The map's page with its layers open; only requests to the tile server are no offence here."""
    tiles.asked.clear()
    tiles.failing = False
    page = open_page(MAP, url=mapped.url)
    page.get_by_role("tab", name="Laylar").click()
    yield page
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if tiles.url not in o and "503" not in o]


def choose(page: Page, name: str) -> None:
    page.locator("#gs-basemap").select_option(name)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.leaflet-tile-pane img')].some(i => i.naturalWidth > 0)"
    )


def ground(page: Page) -> bool:
    """Whether our own areas are filled."""
    return bool(
        page.evaluate(
            "() => geoservice.app.base.drawn.some(item => item.getLayers().some("
            "({options}) => options.fill && options.fillOpacity === 1))"
        )
    )


def test_nothing_is_asked_before_a_source_is_chosen(layers_page: Page, tiles: TileServer) -> None:
    assert tiles.asked == []
    assert ground(layers_page)


def test_xyz(layers_page: Page, tiles: TileServer) -> None:
    choose(layers_page, "topo")
    asked = [path for path, _ in tiles.asked if path.startswith("/topo/")]
    assert all(re.fullmatch(r"/topo/\d+/\d+/\d+\.png", path) for path in asked)
    zooms = {int(path.split("/")[2]) for path in asked}
    assert zooms and max(zooms) <= 9  # beyond the source's last zoom its tiles are enlarged
    expect(layers_page.locator(".gs-credit")).to_have_text("© <img src=x onerror=window.hacked=1> Nümunə")
    assert layers_page.evaluate("window.hacked") is None
    assert not ground(layers_page)
    expect(layers_page).to_have_url(re.compile("base=topo"))


def test_wms(layers_page: Page, tiles: TileServer) -> None:
    choose(layers_page, "orto")
    query = next(query for path, query in tiles.asked if path == "/wms")
    assert (query["REQUEST"], query["LAYERS"], query["SRS"]) == ("GetMap", "orto2026", "EPSG:3857")
    west, south, east, north = map(float, query["BBOX"].split(","))
    assert west < east and south < north and abs((east - west) - (north - south)) < 1
    expect(layers_page.locator(".gs-credit")).to_be_hidden()


def test_wmts(layers_page: Page, tiles: TileServer) -> None:
    choose(layers_page, "kadastr")
    asked = [query for path, query in tiles.asked if path == "/wmts"]
    query = asked[0]
    assert (query["REQUEST"], query["LAYER"]) == ("GetTile", "kadastr")
    assert (query["TILEMATRIXSET"], query["STYLE"]) == ("EPSG:900913", "default")
    zoom = int(re.fullmatch(r"EPSG:900913:(\d+)", query["TILEMATRIX"])[1])
    assert all(0 <= int(query[name]) < 2**zoom for name in ("TILEROW", "TILECOL"))


def test_sources_are_switched_and_left(layers_page: Page, tiles: TileServer) -> None:
    choose(layers_page, "topo")
    choose(layers_page, "orto")
    assert layers_page.locator(".leaflet-tile-pane .leaflet-layer").count() == 1
    layers_page.locator("#gs-basemap").select_option("")
    assert layers_page.locator(".leaflet-tile-pane .leaflet-layer").count() == 0
    assert ground(layers_page)
    expect(layers_page.locator(".gs-credit")).to_be_hidden()


def test_a_source_out_of_reach_is_told_and_the_map_stays(layers_page: Page, tiles: TileServer) -> None:
    tiles.failing = True
    layers_page.locator("#gs-basemap").select_option("kadastr")
    warning = layers_page.locator(".gs-basemap .gs-warning")
    expect(warning).to_contain_text("Kadastr xəritəsi")
    assert ground(layers_page)
    assert layers_page.locator(".leaflet-marker-pane > *").count() > 0
    tiles.failing = False
    layers_page.locator("#gs-basemap").select_option("orto")
    expect(warning).to_be_hidden()


def test_a_link_brings_the_source_along(open_page: Any, mapped: Running, tiles: TileServer) -> None:
    page = open_page(f"{MAP}#base=topo", url=mapped.url)
    page.locator(".leaflet-tile-pane img").first.wait_for(state="attached")
    assert page.locator("#gs-basemap").input_value() == "topo"
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if tiles.url not in o]


def test_the_policy_allows_that_host_and_no_other(mapped: Running, tiles: TileServer) -> None:
    header = httpx.get(mapped.url + MAP).headers["content-security-policy"]
    pictures = re.search(r"img-src ([^;]*)", header)[1].split()
    assert pictures == ["'self'", "data:", "blob:", tiles.url]
    assert tiles.url not in header.replace(f"img-src {' '.join(pictures)}", "")
