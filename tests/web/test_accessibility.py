"""axe-core over every page at three sizes: no finding that is serious or critical."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import geoservice

pytestmark = pytest.mark.browser
AXE = Path(geoservice.__file__).parent / "assets" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "home": "/",
    "cluster": "/clusters/ikinci",
    "organisation": "/clusters/ikinci/organisations/org-4",
    "import": "/clusters/ikinci/import",
    "key": "/key",
    "map": "/api/v1/clusters/ikinci/scheme.html",
    "atlas": "/atlas",
}
# Signs stand where their places are, so they may come closer than 24 px; the list beside the map offers
# the same organisations with room (WCAG 2.5.8, exception "Equivalent").
RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const found = await axe.run(document, {runOnly: tags, iframes: false});
  const onMap = node => document.querySelector(node.target[0])?.closest('.folium-map');
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(v => [v.id, v.nodes.filter(node => v.id !== 'target-size' || !onMap(node))])
    .filter(([, nodes]) => nodes.length)
    .map(([id, nodes]) => id + ': ' + nodes.map(n => n.target + ' ' + n.failureSummary).join(' | '));
}"""


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_finding(open_page: Any, name: str, size: str) -> None:
    page = open_page(PAGES[name], size)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []


@pytest.mark.parametrize("tab", ["Təşkilatlar", "Laylar"])
def test_no_serious_finding_in_the_panel(open_page: Any, tab: str) -> None:
    page = open_page(PAGES["map"])
    page.get_by_role("tab", name=tab).click()
    if tab == "Təşkilatlar":
        page.locator(".gs-filter > summary").click()
        page.locator("button.gs-item").first.click()
        page.wait_for_selector(".gs-card")
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []


def test_no_serious_finding_in_the_form(open_page: Any) -> None:
    page = open_page(PAGES["cluster"])
    page.locator("[data-edit='org-4']").click()
    page.locator("#organisation-form input[name=name]").wait_for()
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []
