"""The national view: the binary array, its canvas, search, and the clusters' state."""

from __future__ import annotations

import re
import struct
from typing import Any

import httpx2 as httpx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect

from geoservice.api import pages_atlas
from geoservice.api.dependencies import VIEWER
from geoservice.render.web_points import SCALE, pack
from geoservice.service.core import Memo
from tests.web import scenes
from tests.web.service import fill

degrees = st.tuples(st.floats(-180, 180), st.floats(-85, 85), st.integers(0, 255), st.integers(0, 65_535))


@given(st.lists(degrees, max_size=50))
def test_the_array_gives_back_what_was_packed(points: list[tuple[float, float, int, int]]) -> None:
    lon, lat, cls, group = (list(column) for column in zip(*points, strict=True)) if points else ([],) * 4
    data = pack(lon, lat, cls, group)
    magic, count = data[:4], struct.unpack("<I", data[4:8])[0]
    assert (magic, count, len(data)) == (b"GSP1", len(points), 8 + 11 * len(points))
    assert np.abs(np.frombuffer(data, "<i4", count, 8) / SCALE - np.array(lon)).max(initial=0) <= 0.5 / SCALE
    assert np.frombuffer(data, "u1", count, 8 + 8 * count).tolist() == cls
    assert np.frombuffer(data, "<u2", count, 8 + 9 * count).tolist() == group


def test_the_array_refuses_what_does_not_fit() -> None:
    with pytest.raises(ValueError):
        pack([1.0], [1.0, 2.0], [0], [0])
    with pytest.raises(ValueError):
        pack([1.0], [1.0], [256], [0])


def test_search_finds_in_all_clusters_whatever_the_letters(running: Any) -> None:
    def names(query: str) -> list[str]:
        answer = httpx.get(f"{running.url}/atlas/search", params={"q": query, "lang": "en"}).json()
        return [item["name"] for item in answer["found"]]

    assert names("PIRALLAHI 26") == names("pirallahi 26") == names("Pirallahı 26") != []
    assert names("") == names("yoxdur belə şey") == []


def test_points_are_compressed_and_validated(running: Any) -> None:
    first = httpx.get(f"{running.url}/atlas/points")
    assert struct.unpack("<I", first.content[4:8])[0] == 2 * len(scenes.scene().placed)
    again = httpx.get(f"{running.url}/atlas/points", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert httpx.get(f"{running.url}/atlas/points/999999").status_code == 404


def test_the_page_waits_for_no_register(running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: Any, **__: Any) -> None:
        raise AssertionError("a register was read")

    monkeypatch.setattr(running.service, "memo", Memo(400))
    monkeypatch.setattr(running.service.store, "register", read)
    page = httpx.get(f"{running.url}/atlas?lang=en")
    assert page.status_code == 200 and len(page.content) < 200_000
    assert re.search(r'<link rel="preload" href="/atlas/points\?v=\w+" as="fetch"', page.text)


def test_what_the_first_reader_needs_can_be_made_before(
    running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.service, "memo", Memo(400))
    pages_atlas.prepare(running.service, VIEWER)
    monkeypatch.setattr(running.service.store, "register", None)
    assert httpx.get(f"{running.url}/atlas/points").status_code == 200


@pytest.mark.browser
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_points_and_clusters_are_shown_and_answer(open_page: Any, size: str) -> None:
    page = open_page("/atlas?lang=en", size)
    page.wait_for_selector("html[data-points][data-clusters]", state="attached")
    assert page.locator(".gs-cluster-flag").count() == 2
    spot = page.evaluate(
        """() => { const {points, map} = geoserviceAtlas.app; const {lat, lon} = points.points;
        map.setView([lat[3] / 1e6, lon[3] / 1e6], 14, {animate: false});
        const p = map.latLngToContainerPoint([lat[3] / 1e6, lon[3] / 1e6]); return [p.x, p.y]; }"""
    )
    page.locator(".folium-map").click(position={"x": spot[0], "y": spot[1]})
    expect(page.locator(".gs-card-title")).to_be_visible()
    assert page.locator(".gs-card a").get_attribute("href").startswith("/clusters/")


def test_flags_come_before_the_check_of_a_cluster(running: Any) -> None:
    code = "bayraq"
    fill(running.service, code, "Bayraq klasteri")

    def flag() -> Any:
        found = httpx.get(f"{running.url}/atlas/clusters", params={"lang": "en"}).json()["clusters"]
        return next(item for item in found if item["code"] == code)

    try:
        first = flag()
        assert (first["state"], first["members"]) == ("pending", len(scenes.members("az", 30)))
        assert first["sentence"] == "Geographic concentration is being checked"
        state = httpx.get(f"{running.url}/atlas/clusters/{code}", params={"lang": "en"}).json()
        assert state["state"] in ("met", "not_met", "not_shown", "too_few") and state["sentence"]
        assert flag() == {**first, **state}
        assert httpx.get(f"{running.url}/atlas/clusters/yoxdur").status_code == 404
    finally:
        running.service.store.delete_cluster(code, by="test")


@pytest.mark.browser
@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_flags_are_named_at_every_size_and_told_their_verdict(open_page: Any, size: str) -> None:
    page = open_page("/atlas?lang=az", size)
    page.wait_for_selector("html[data-states]", state="attached")
    assert page.locator(".gs-pending-flag").count() == 0
    flags = page.locator(".gs-cluster-flag")
    for place in range(flags.count()):
        expect(flags.nth(place).locator(".gs-flag-name")).to_be_visible()
        box = flags.nth(place).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]


@pytest.mark.browser
def test_classes_switch(open_page: Any) -> None:
    page = open_page("/atlas")
    page.wait_for_selector("html[data-points]", state="attached")
    drawn = "() => geoserviceAtlas.app.points.canvas.toDataURL()"
    before = page.evaluate(drawn)
    first = page.locator(".gs-atlas-legend input").first
    first.uncheck()
    assert page.evaluate(drawn) != before
    first.check()
    assert page.evaluate(drawn) == before


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/atlas", "/embed/ikinci"])
def test_a_frame_without_a_size_waits_for_one(open_page: Any, path: str) -> None:
    page = open_page("/key")
    page.evaluate(
        """path => { const f = document.createElement('iframe'); f.id = 'late'; f.width = 0; f.height = 0;
        f.src = path; document.querySelector('main').append(f); }""",
        path,
    )
    frame = page.frame_locator("#late")
    frame.locator("html[data-ready]").wait_for(state="attached")
    if path == "/atlas":
        frame.locator("html[data-clusters]").wait_for(state="attached")
    page.evaluate("() => { const f = document.querySelector('#late'); f.width = 900; f.height = 500; }")
    expect(frame.locator(".gs-labels")).not_to_have_js_property("width", 300)  # a canvas's own width
    assert frame.locator(".leaflet-marker-pane > *").count() > 0
