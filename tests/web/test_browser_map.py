"""The web map in Chromium, through the real service."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from pyproj import Transformer

from geoservice.register.coordinates import parse_pair
from geoservice.register.crs import parse_utm
from tests.web import scenes

MAP = "/api/v1/clusters/ikinci/scheme.html"
HOSTILE = "/api/v1/clusters/sinaq/scheme.html"
pytestmark = pytest.mark.browser

SEEN = """() => {
  const app = geoservice.app, view = app.map.getBounds(), on = {};
  for (const m of app.state.shown)
    if (m.lat !== null && view.contains([m.lat, m.lon])) on[m.type] = (on[m.type] ?? 0) + 1;
  return on;
}"""
LEGEND = """() => Object.fromEntries([...document.querySelectorAll('.gs-entry[data-ref]')]
  .filter(e => !e.hidden && e.querySelector('input') && e.dataset.ref in geoservice.app.data.signs)
  .map(e => [e.dataset.ref, Number(e.querySelector('.gs-count').textContent)]))"""
#: Counts are told once for whatever happens until the next frame.
FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
STATE = """() => { const {map, state, base} = geoservice.app;
  return {z: map.getZoom(), q: state.query, off: [...state.off], s: base.on.get('settlements')}; }"""


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_every_placed_organisation_is_on_the_map(open_page: Any, lang: str, size: str) -> None:
    page = open_page(f"{MAP}?lang={lang}", size)
    assert page.locator("html").get_attribute("lang") == lang
    on_map = page.evaluate(
        "() => { let n = 0; geoservice.app.members.group.eachLayer(() => n++); return n; }"
    )
    assert on_map == len(scenes.scene().placed)
    counts = page.locator(".leaflet-marker-pane .gs-cluster-count").all_text_contents()
    assert sum(map(int, counts)) + page.locator(".gs-marker").count() == on_map
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_legend_is_what_is_in_view(open_page: Any) -> None:
    page = open_page(MAP)
    assert page.evaluate(LEGEND) == page.evaluate(SEEN) != {}
    page.evaluate("void geoservice.app.map.setView([40.47, 50.33], 13, {animate: false})")
    page.evaluate(FRAME)
    assert page.evaluate(LEGEND) == page.evaluate(SEEN)
    assert len(page.evaluate(SEEN)) < len(scenes.scene().signs)


def test_legend_switches_a_class_off_and_on(open_page: Any) -> None:
    page = open_page(MAP)
    before = page.evaluate(SEEN)
    count = page.locator('.gs-entry[data-ref="research"] .gs-count')
    box = page.locator('.gs-entry[data-ref="research"] input')
    box.uncheck()
    assert "research" not in page.evaluate(SEEN)
    expect(count).to_have_text("0")
    box.check()
    assert page.evaluate(SEEN) == before


@pytest.mark.parametrize("typed", ["SUMQAYIT", "sumqayit", "Sumqayıt", "sumqayıt"])
def test_search_is_tolerant(open_page: Any, typed: str) -> None:
    page = open_page(MAP)
    page.get_by_role("tab", name="Təşkilatlar").click()
    page.locator("#gs-search").fill(typed)
    names = page.locator(".gs-list .gs-item-name")
    wanted = [m for m in scenes.members("az", 30) if "Sumqayıt" in m.name + m.region_name]
    expect(names).to_have_count(len(wanted))
    assert page.locator(".gs-status").text_content().startswith("30 təşkilatdan")


def test_organisations_at_one_place_spread_and_show_their_popup(open_page: Any) -> None:
    page = open_page(MAP)
    page.get_by_role("tab", name="Təşkilatlar").click()
    page.locator('li[data-id="org-8"] button').click()
    page.wait_for_selector('.gs-card[data-id="org-8"]')
    assert page.locator(".leaflet-marker-pane .gs-marker").count() >= 7
    expect(page).to_have_url(re.compile("org=org-8"))


def test_the_small_map_shows_its_organisation_out_of_its_gathering(open_page: Any) -> None:
    page = open_page("/clusters/ikinci/map?lang=az&small=true#v=40.59,49.63,8&org=org-8")
    expect(page.locator('.gs-marker.gs-selected[data-id="org-8"]')).to_be_visible()
    assert page.locator(".leaflet-popup").count() == 0


CLEAR = """() => { const chosen = document.querySelector('.gs-marker.gs-selected');
  if (!chosen) return false;
  const map = document.querySelector('.folium-map').getBoundingClientRect();
  const {x, y, width, height} = chosen.getBoundingClientRect();
  const at = [x + width / 2, y + height / 2];
  return at[0] > map.x && at[0] < map.right && at[1] > map.y && at[1] < map.bottom
    && Boolean(document.elementFromPoint(...at).closest('.gs-selected')); }"""


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_small_map_shows_its_organisation_beside_its_tools(open_page: Any, size: str) -> None:
    member = next(m for m in scenes.members("az", 30) if m.longitude is not None)
    page = open_page("/clusters/ikinci/map?lang=az&small=true", size)
    # A view in which the sign stands below the tools at the left.
    view = page.evaluate(
        """place => { const {map} = geoservice.app; const half = map.getSize().divideBy(2);
        const {lat, lng} = map.unproject(map.project(place, 13).add(half).subtract([30, 200]), 13);
        return `${lat.toFixed(4)},${lng.toFixed(4)},13`; }""",
        [member.latitude, member.longitude],
    )
    page.goto(f"{page.url.partition('#')[0]}#v={view}&org={member.id}")
    page.reload()
    page.wait_for_function(CLEAR)


def test_popups_show_hostile_values_as_text(open_page: Any) -> None:
    page = open_page(HOSTILE)
    page.get_by_role("tab", name="Təşkilatlar").click()
    for place, text in enumerate(scenes.HOSTILE):
        page.locator(f'li[data-id="bad-{101 + place}"] button').click()
        card = page.locator(f'.gs-card[data-id="bad-{101 + place}"]')
        card.wait_for()
        assert text.replace("\u2028", "") in card.text_content().replace("\u2028", "")
        assert card.locator("a:not([href^='/clusters/'])").count() == 0
        assert card.locator("script, img:not([src^='data:image/svg'])").count() == 0
    assert page.evaluate("window.hacked") is None


def test_unplaced_organisations_are_listed(open_page: Any) -> None:
    page = open_page(MAP)
    page.get_by_role("tab", name="Təşkilatlar").click()
    assert page.locator(".gs-unplaced li").count() == len(scenes.scene().unplaced)


def test_regions_answer_a_click_and_layers_switch(open_page: Any) -> None:
    page = open_page(MAP)
    page.evaluate("void geoservice.app.map.setView([40.33, 49.75], 11, {animate: false})")
    page.locator(".folium-map").click(position={"x": 500, "y": 400})
    page.get_by_text("Klasterin üzvləri yerləşən rayon").last.wait_for()
    page.get_by_role("tab", name="Laylar").click()
    page.get_by_label("Üzvlər yerləşən və qonşu rayonlar").uncheck()
    expect(page.locator('.gs-entry[data-ref="occupied"]')).to_have_attribute("hidden", "")
    page.get_by_label("Settlements", exact=True).uncheck()
    assert page.evaluate("geoservice.app.labels.drawn.size") == 0


def test_verdict_and_notice_are_told(open_page: Any) -> None:
    page = open_page(MAP)
    page.locator(".gs-verdict").click()
    assert page.get_by_text("Üzvlər iki qonşu rayonda yerləşir.").is_visible()
    assert page.get_by_role("tab", name="Nəticə").get_attribute("aria-selected") == "true"
    assert page.locator(".gs-notice").is_visible()


def test_the_address_holds_the_view(open_page: Any) -> None:
    page = open_page(f"{MAP}#v=40.59,49.67,12&off=research&hide=settlements&q=polimer")
    state = page.evaluate(STATE)
    assert state == {"z": 12, "q": "polimer", "off": ["research"], "s": False}


READ_OUT = {  # by the place of the system in the list
    0: r"40{}58\d{{3}}[,;] 49{}66\d{{3}}",
    1: r"40°35′\d\d{}\d″ N  49°40′\d\d{}\d″ E",
    3: r"39N E \d{{6}}  N \d{{7}}",
}


@pytest.mark.parametrize(("lang", "mark"), [("az", ","), ("en", r"\."), ("ru", ",")])
@pytest.mark.parametrize("system", [*READ_OUT])
def test_an_import_reads_what_the_readout_says(open_page: Any, lang: str, mark: str, system: int) -> None:
    page = open_page(f"{MAP}?lang={lang}#v=40.5897,49.6686,12")
    page.locator(".gs-coordinates select").select_option(index=system)
    value = page.locator(".gs-coordinates-value")
    expect(value).to_have_text(re.compile(f"^{READ_OUT[system].format(mark, mark)}$"))
    text = value.text_content()
    if utm := parse_utm(text):
        reference, *at = utm
        assert reference.code == 32639
        found = Transformer.from_crs(32639, 4326).transform(*at)
    else:
        read = parse_pair(text)
        found = (read.latitude, read.longitude)
    assert found == pytest.approx((40.5897, 49.6686), abs=2e-3)


def test_tools_coordinates_measure_picture(open_page: Any) -> None:
    page = open_page(MAP)
    page.locator(".gs-coordinates select").select_option(index=3)
    expect(page.locator(".gs-coordinates-value")).to_have_text(re.compile(r"^39N E \d{6} +N \d{7}$"))
    page.get_by_role("button", name="Məsafə və sahə ölçmək").click()
    for x, y in ((300, 200), (500, 200), (500, 400)):
        page.locator(".folium-map").click(position={"x": x, "y": y}, force=True)
    assert "km²" in page.locator(".gs-measure").text_content()
    with page.expect_download() as download:
        page.get_by_role("button", name="Görünüşü PNG şəkli kimi saxlamaq").click()
    assert download.value.suggested_filename == "ikinci.png"


def test_single_file_works_without_a_server(
    open_page: Any, tmp_path: Any, browser: Any, running: Any
) -> None:
    html = running.service.web_map(_operator(), "ikinci", "az", inline=True)
    file = tmp_path / "map.html"
    file.write_text(html, "utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.locator(".leaflet-marker-pane > *").count() > 0
    assert heard == []
    context.close()


def _operator() -> Any:
    from geoservice.model import LOCAL_OPERATOR

    return LOCAL_OPERATOR
