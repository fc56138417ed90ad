"""A general plan under the scheme, in the browser: drawn, explained in the legend, switched off and on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from geoservice.model import LOCAL_OPERATOR
from geoservice.service import GeoService, demo
from tests.api.test_schemes import geotiff

pytestmark = pytest.mark.browser


def test_a_raster_is_drawn_explained_and_switched(
    service: GeoService, browser: Browser, tmp_path: Path
) -> None:
    demo.load(service)
    service.add_layer(LOCAL_OPERATOR, "plan.tif", geotiff(), id="plan", title="Baş plan", opacity=0.5)
    file = tmp_path / "map.html"
    file.write_text(service.web_map(LOCAL_OPERATOR, "abseron-kimya", "az", inline=True), "utf-8")
    page = browser.new_page()
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    picture = page.locator(".leaflet-gs-rasters-pane img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => getComputedStyle(image).opacity") == "0.5"
    expect(page.locator('[data-ref="plan/raster"]')).to_contain_text("Baş plan")
    page.get_by_role("tab", name="Laylar").click()
    page.locator("#gs-page-layers").get_by_label("Baş plan", exact=True).uncheck()
    expect(picture).to_have_count(0)
    page.close()
    assert heard == []
