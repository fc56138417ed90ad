"""The map of the real demo in the browser: legend of layers, clicks, own layers, verdict, keys, sharing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from geoservice.model import LOCAL_OPERATOR
from geoservice.service import demo
from tests.api.test_schemes import geotiff
from tests.web import scenes
from tests.web.service import Running
from tests.web.test_accessibility import AXE, RUN

pytestmark = pytest.mark.browser
CODE = "abseron-kimya"
MAP = f"/api/v1/clusters/{CODE}/scheme.html"
FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
HOSTILE = scenes.HOSTILE[2]


def collection(kind: str, coordinates: Any, name: str) -> bytes:
    feature = {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": kind, "coordinates": coordinates},
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


ZONE = [[[49.60, 40.57], [49.70, 40.57], [49.70, 40.63], [49.60, 40.63], [49.60, 40.57]]]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The demo clusters with own layers whose ids say nothing of who added them, hostile names in them."""
    service = Running(tmp_path_factory.mktemp("real"))
    demo.load(service.service)
    service.service.real |= {cluster.code for cluster in service.service.clusters(LOCAL_OPERATOR)}
    add = service.service.add_layer
    add(LOCAL_OPERATOR, "z.geojson", collection("Polygon", ZONE, HOSTILE), id="zona", title=f"Zona {HOSTILE}")
    add(LOCAL_OPERATOR, "y.geojson", collection("LineString", [[49.5, 40.5], [49.8, 40.5]], "Yeni yol"),
        id="yol", title="Layihə yolu")  # fmt: skip
    add(LOCAL_OPERATOR, "n.geojson", collection("Point", [49.75, 40.35], "Stansiya"), id="stansiya",
        title="Yarımstansiyalar")  # fmt: skip
    add(LOCAL_OPERATOR, "p.tif", geotiff(), id="plan", title="Baş plan", opacity=0.5)
    yield service
    service.stop()


@pytest.fixture
def page(open_page: Any, real: Running) -> Page:
    return open_page(MAP, url=real.url)


def view(page: Page, lat: float, lon: float, zoom: float) -> None:
    page.evaluate(f"void geoservice.app.map.setView([{lat}, {lon}], {zoom}, {{animate: false}})")
    page.evaluate(FRAME)


def click(page: Page, lat: float, lon: float) -> Any:
    spot = page.evaluate(
        f"""() => {{ const p = geoservice.app.map.latLngToContainerPoint([{lat}, {lon}]);
        const box = geoservice.app.map.getContainer().getBoundingClientRect();
        return [p.x + box.left, p.y + box.top]; }}"""
    )
    page.mouse.click(*spot)
    return page.locator(".leaflet-popup-content")


def shown(page: Page, ref: str) -> Any:
    return page.locator(f'.gs-entry[data-ref="{ref}"]')


def test_the_legend_leaves_out_what_is_not_in_view(page: Page) -> None:
    expect(shown(page, "sea/sea")).to_be_visible()
    expect(shown(page, "zona/area")).to_be_visible()
    view(page, 40.51, 49.60, 16)  # some hundred metres of Abşeron
    for ref in (
        "sea/sea",
        "az-districts/district",
        "country-borders/country_border",
        "zona/area",
        "occupied",
    ):
        expect(shown(page, ref)).to_be_visible(visible=ref == "occupied")


def test_the_legend_counts_borders_that_are_painted_over_with_their_regions(page: Page) -> None:
    """The border of a district that holds members is drawn as the region's, not as a plain district's."""
    view(page, 40.45, 49.8, 11)
    expect(shown(page, "occupied")).to_be_visible()
    expect(shown(page, "az-districts/district")).to_be_hidden()
    for state in ("occupied", "bordering"):
        shown(page, state).locator("input").uncheck()
    expect(shown(page, "az-districts/district").locator(".gs-count")).not_to_have_text("")
    expect(shown(page, "az-districts/district")).to_be_visible()


def test_the_legend_counts_and_switches_every_class(page: Page) -> None:
    row = shown(page, "zona/area")
    expect(row.locator(".gs-count")).to_have_text("1")
    drawn = "() => geoservice.app.base.drawn.length"
    before = page.evaluate(drawn)
    row.locator("input").uncheck()
    assert page.evaluate(drawn) == before - 1
    expect(row).to_be_visible()  # what was switched off can be switched on
    expect(page).to_have_url(re.compile("hide=zona%2Farea"))
    row.locator("input").check()
    assert page.evaluate(drawn) == before
    towns = shown(page, "settlements/town_20k")
    number = int(towns.locator(".gs-count").text_content())
    assert number == page.evaluate("() => geoservice.app.labels.count('settlements/town_20k')") > 0
    towns.locator("input").uncheck()
    assert page.evaluate("() => geoservice.app.labels.count('settlements/town_20k')") == 0
    shown(page, "occupied").locator("input").uncheck()
    assert (
        page.evaluate("() => geoservice.app.base.at({lat: 40.45, lng: 49.95}).some(item => item.region)")
        is False
    )


@pytest.mark.parametrize(
    ("lat", "lon", "said"),
    [
        (40.575, 49.61, HOSTILE),  # an area, over a region and under a plan
        (40.5, 49.72, "Yeni yol"),
        (40.35, 49.75, "Stansiya"),
        (40.61, 49.68, "Baş plan"),
    ],
)
def test_everything_at_a_place_answers_a_click_as_text(page: Page, lat: float, lon: float, said: str) -> None:
    view(page, lat, lon, 12)
    popup = click(page, lat, lon)
    expect(popup).to_contain_text(said)
    assert popup.locator("img, script").count() == 0
    assert page.evaluate("window.hacked") is None


def test_a_region_answers_with_its_organisations(page: Page) -> None:
    popup = click(page, 40.47, 50.0)
    expect(popup).to_contain_text("Bakı şəhəri")
    popup.get_by_role("button").filter(has_text="Sarıqum").click()
    expect(page.locator(".gs-card[data-id]")).to_contain_text("Sarıqum")


def test_opacity_of_own_layers_and_plans(page: Page) -> None:
    page.get_by_role("tab", name="Laylar").click()
    slider = page.get_by_label("Layın qeyri-şəffaflığı: Baş plan")
    slider.fill("0.2")
    expect(page.locator(".leaflet-gs-rasters-pane img")).to_have_css("opacity", "0.2")
    expect(page).to_have_url(re.compile(r"op=plan%3A0\.2"))


def test_the_legend_fades_with_its_layer(page: Page) -> None:
    name = page.evaluate("geoservice.app.data.layers.find(({id}) => id === 'az-transport').title")
    sample = page.locator('.gs-entry[data-ref^="az-transport/"] .gs-picture').first
    expect(sample).to_have_css("opacity", "1")
    page.get_by_role("tab", name="Laylar").click()
    page.get_by_role("slider", name=name).fill("0.25")
    expect(sample).to_have_css("opacity", "0.25")


def test_a_further_layer_of_the_catalogue_is_added(open_page: Any, real: Running) -> None:
    page = open_page(f"{MAP}?layers=-az-transport", url=real.url)
    page.get_by_role("tab", name="Laylar").click()
    before = page.locator(".gs-layers > .gs-switches li").count()
    page.locator(".gs-further").get_by_label("Nəqliyyat").check()
    expect(page.locator(".gs-layers > .gs-switches li")).to_have_count(before + 1)
    page.get_by_role("tab", name="Şərti işarələr").click()
    expect(shown(page, "az-transport/railway")).to_be_visible()
    expect(page).to_have_url(re.compile("add=az-transport"))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "az",
            ["aralarında yalnız su var", "80%-i sudur", "bəzilərində nəticə dəyişir", "su üzərindən"],
        ),
        (
            "en",
            ["only water lies between", "80% of the way", "in some the answer", "borders over water"],
        ),
        ("ru", ["между ними только вода", "80% расстояния", "в некоторых вывод меняется", "границы по воде"]),
    ],
)
def test_the_verdict_tells_of_water_and_of_members_near_borders(
    page: Page, lang: str, said: list[str]
) -> None:
    def answer(route: Any) -> None:
        found = route.fetch().json()
        found["edges"][0] |= {
            "kind": "gap",
            "gap_m": 300,
            "basis": "water",
            "water": True,
            "water_share": 0.8,
        }
        found["sensitivity"]["water"] = {"verdict": "separated_regions"}
        found["sensitivity"]["near_border"]["combinations"] |= {"satisfied": [False, True], "complete": False}
        route.fulfill(json=found)

    page.route(re.compile("/concentration[?]"), answer)
    page.goto(f"{page.url.split('/api/')[0]}{MAP}?lang={lang}")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.locator(".gs-verdict").click()
    for text in said:
        expect(page.locator(".gs-evidence")).to_contain_text(text, ignore_case=True)


def test_the_verdict_gives_its_grounds_and_draws_the_borders(page: Page) -> None:
    page.locator(".gs-verdict").click()
    panel = page.locator("#gs-page-verdict")
    expect(panel.get_by_role("heading", name="Rayonlar arasındakı sərhədlər")).to_be_visible()
    assert page.evaluate("() => geoservice.app.panel.verdict.lines.getLayers().length") == 3
    expect(panel).to_contain_text("ortaq sərhəd 22,8 km")
    expect(panel.get_by_role("heading", name="Sərhədə yaxın üzvlər")).to_be_visible()
    before = page.evaluate("() => geoservice.app.map.getBounds().toBBoxString()")
    panel.get_by_role("button", name="Abşeron – Sumqayıt şəhəri").click()
    page.wait_for_function(f"() => geoservice.app.map.getBounds().toBBoxString() !== {before!r}")
    page.get_by_role("tab", name="Laylar").click()
    assert page.evaluate("() => geoservice.app.map.hasLayer(geoservice.app.panel.verdict.lines)") is False


def test_no_sign_stands_under_a_tool_at_first(open_page: Any, real: Running) -> None:
    covered = """() => { const boxes = [...document.querySelectorAll('.leaflet-control')]
      .map(n => n.getBoundingClientRect()).filter(b => b.width);
    const meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
    return [...document.querySelectorAll('.leaflet-marker-pane > *')]
      .filter(n => boxes.some(b => meet(n.getBoundingClientRect(), b)))
      .length; }"""
    for code in (CODE, "simal-cenub"):
        for size in ("phone", "tablet", "desk"):
            page = open_page(f"/api/v1/clusters/{code}/scheme.html", size, url=real.url)
            assert page.evaluate(covered) == 0, (code, size)


def test_the_economic_regions_and_gence_are_named_far_away(open_page: Any, real: Running) -> None:
    page = open_page("/api/v1/clusters/simal-cenub/scheme.html", url=real.url)
    written = page.evaluate("() => [...geoservice.app.labels.written]")
    regions = page.evaluate(
        "() => geoservice.app.data.layers.find(l => l.id === 'az-economic-regions').features.map(f => f[1])"
    )
    assert "Gəncə" in written
    assert len(set(regions) & set(written)) >= 12


def test_names_lie_on_nothing(open_page: Any, real: Running) -> None:
    """No two boxes of names and points overlap, wherever one looks."""
    overlaps = """() => { const boxes = [...geoservice.app.labels.placed]; let found = 0;
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
      if (a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1]) found += 1; }));
    return [boxes.length > 10, found]; }"""
    for code, size in ((CODE, "desk"), ("simal-cenub", "desk"), ("simal-cenub", "phone")):
        page = open_page(f"/api/v1/clusters/{code}/scheme.html", size, url=real.url)
        for zoom in (0, 1, 2):
            page.evaluate(f"void geoservice.app.map.setZoom(geoservice.app.map.getZoom() + {zoom})")
            page.evaluate(FRAME)
            assert page.evaluate(overlaps) == [True, 0], (code, size, zoom)


def test_keys_reach_what_a_mouse_reaches(page: Page) -> None:
    page.evaluate("void geoservice.app.map.setView([40.47, 50.0], 11, {animate: false})")
    page.locator(".folium-map").focus()
    page.keyboard.press("Enter")
    close = page.get_by_role("button", name="Bağla")
    expect(close).to_be_focused()
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Bakı şəhəri")
    page.keyboard.press("Escape")
    expect(page.locator(".leaflet-popup-content")).to_have_count(0)
    expect(page.locator(".folium-map")).to_be_focused()
    page.locator(".gs-marker").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".gs-card[data-id]")).to_be_visible()


def test_what_is_shared_opens_the_same_view(page: Page, open_page: Any, real: Running) -> None:
    shown(page, "settlements/capital").locator("input").uncheck()
    page.evaluate("void geoservice.app.map.setView([40.45, 49.9], 12, {animate: false})")
    page.get_by_role("button", name="Paylaşmaq").click()
    link = page.locator("#gs-share-link").input_value()
    snippet = page.locator("#gs-share-snippet").input_value()
    assert re.fullmatch(
        r'<iframe [^<>]*src="http://[^"]+/embed/abseron-kimya\?[^"]*"[^<>]*></iframe>', snippet
    )
    again = open_page(link.removeprefix(real.url), url=real.url)
    state = again.evaluate(
        "() => { const {map, base} = geoservice.app;"
        " return [map.getZoom(), map.getCenter().lat, [...base.off]]; }"
    )
    assert state == [12, pytest.approx(40.45, abs=1e-3), ["settlements/capital"]]


def test_printing_asks_for_this_view_and_its_layers(page: Page) -> None:
    page.evaluate("void (window.open = address => { window.asked = String(address); })")
    page.get_by_role("tab", name="Laylar").click()
    page.locator("#gs-page-layers").get_by_label("Dənizlər", exact=True).uncheck()
    page.evaluate("void geoservice.app.map.setView([40.45, 49.9], 9, {animate: false})")
    page.get_by_role("button", name="Görünüşün A3 sxemi (PDF)").click()
    query = parse_qs(urlsplit(page.evaluate("window.asked")).query)
    west, south, east, north = map(float, query["extent"][0].split(","))
    bounds = page.evaluate("geoservice.app.map.getBounds().toBBoxString()")
    assert [west, south, east, north] == [pytest.approx(float(v), abs=1e-4) for v in bounds.split(",")]
    assert query["layers"] == ["-sea"] and query["lang"] == ["az"]
    assert "beyond" not in query


def test_printing_carries_opacities_to_the_sheet(page: Page) -> None:
    page.evaluate("void (window.open = address => { window.asked = String(address); })")
    page.get_by_role("tab", name="Laylar").click()
    layers = page.locator("#gs-page-layers")
    layers.get_by_label("Layın qeyri-şəffaflığı: Dənizlər").fill("0.35")
    layers.get_by_label("Layın qeyri-şəffaflığı: Yaşayış məntəqələri").fill("0")
    page.evaluate("void geoservice.app.map.setView([40.45, 49.9], 9, {animate: false})")
    page.get_by_role("button", name="Görünüşün A3 sxemi (PDF)").click()
    address = page.evaluate("window.asked")
    query = parse_qs(urlsplit(address).query)
    assert (query["opacity"], query["layers"]) == (["sea:0.35"], ["-settlements"])
    assert page.request.get(address).headers["content-type"] == "application/pdf"


def test_printing_a_part_has_the_others_listed(page: Page) -> None:
    page.evaluate("void (window.open = address => { window.asked = String(address); })")
    page.evaluate("void geoservice.app.map.setView([40.59, 49.63], 13, {animate: false})")
    page.get_by_role("button", name="Görünüşün A3 sxemi (PDF)").click()
    query = parse_qs(urlsplit(page.evaluate("window.asked")).query)
    assert query["beyond"] == ["list"]
    expect(page.get_by_text("təşkilat vərəqdə ayrıca siyahıda verilir")).to_be_visible()


def test_printing_a_filtered_view_asks_for_an_extract(page: Page, real: Running) -> None:
    """The sheet takes the filters, the classes switched off and the layers, and says what it is."""
    page.evaluate("void (window.open = address => { window.asked = String(address); })")
    page.evaluate("void geoservice.app.map.setView([40.45, 49.9], 9, {animate: false})")
    for facet, value in (("role", "participant"), ("region", "AZ-SM"), ("mark", "final_producer")):
        page.evaluate(f"geoservice.app.state.toggleFacet('{facet}', '{value}', true)")
    page.evaluate("geoservice.app.state.toggleType('small_enterprise', false)")
    page.evaluate("geoservice.app.state.setQuery('  mmc ')")
    page.evaluate("geoservice.app.base.setClass('settlements/capital', false)")
    page.evaluate("geoservice.app.base.setClass('regions/bordering', false)")
    page.evaluate("geoservice.app.base.set('sea', false)")
    shown_ids = page.evaluate("geoservice.app.state.shown.map(({n}) => n)")
    page.get_by_role("button", name="Görünüşün A3 sxemi (PDF)").click()
    expect(page.get_by_text("çıxarışdır, təqdim olunan sxem deyil")).to_be_visible()
    address = page.evaluate("window.asked")
    query = parse_qs(urlsplit(address).query)
    assert query["type"] == ["-small_enterprise"] and query["q"] == ["mmc"]
    assert (query["role"], query["region"], query["mark"]) == (["participant"], ["AZ-SM"], ["final_producer"])
    assert set(query["layers"][0].split(",")) == {"-sea", "-settlements/capital", "-regions/bordering"}
    sheet = PdfReader(io.BytesIO(page.request.get(address).body()))
    text = " ".join(sheet.pages[0].extract_text().split())
    assert f"Göstərilir: 28 təşkilatdan {len(shown_ids)}." in text and len(shown_ids) > 1

    page.evaluate("window.asked = null")
    page.evaluate("geoservice.app.state.setQuery('heç kim')")
    page.get_by_role("button", name="Görünüşün A3 sxemi (PDF)").click()
    expect(page.get_by_text("Süzgəcdən keçən təşkilat yoxdur")).to_be_visible()
    assert page.evaluate("window.asked") is None


STATES = {
    "verdict": "page => geoservice.app.panel.choose('verdict', true)",
    "layers": "page => geoservice.app.panel.choose('layers', true)",
    "list": "page => geoservice.app.panel.choose('list', true)",
    "region": "page => geoservice.app.base.answer(L.latLng(40.45, 49.95))",
    "organisation": "page => geoservice.app.state.select(geoservice.app.state.members[2].id, 'test')",
    "measuring": "page => document.querySelector('[title=\"Məsafə və sahə ölçmək\"]').click()",
    "sharing": "page => document.querySelector('[title=\"Paylaşmaq\"]').click()",
    "spread": """page => {
        const {members, map} = geoservice.app;
        const gathered = [...members.markers.values()].find(marker => members.gatheringOf(marker));
        map.setView(gathered.getLatLng(), 11, {animate: false});
        members.gatheringOf(gathered).spiderfy(); }""",
    "message": "page => geoservice.app.say('Sınaq')",
    "moving": "page => geoservice.app.mover?.start(geoservice.app.state.members[2].id)",
}


@pytest.mark.parametrize("size", ["phone", "desk"])
@pytest.mark.parametrize("state", STATES)
def test_no_serious_finding_in_any_state(open_page: Any, real: Running, state: str, size: str) -> None:
    path = f"/clusters/{CODE}/map?edit=true" if state == "moving" else MAP
    page = open_page(path, size, url=real.url)
    page.evaluate(STATES[state])
    page.wait_for_load_state("networkidle")
    page.evaluate(FRAME)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []
