"""The first picture: on the page before any script, without scripts, and at the places of the live map."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from geoservice import i18n
from geoservice.languages import LANGUAGES
from geoservice.model import LOCAL_OPERATOR
from geoservice.render import web
from geoservice.render.web_gather import RADIUS_PX, TILE_PX, gather
from geoservice.render.web_picture import MOST_SIGNS, picture
from geoservice.render.web_symbols import symbol
from tests.web import scenes
from tests.web.conftest import SIZES, Watched
from tests.web.service import Running

MAP = "/api/v1/clusters/ikinci/scheme.html?lang=az"
LINKS = {"organisation": "/clusters/sinaq/organisations/{id}", "page": "/clusters/sinaq"}
#: A screen on which some signs stand alone.
LARGE = {"width": 2800, "height": 1700}
#: What is seen of a kind of elements: what it is called, and the middle of its box.
SEEN = """selector => [...document.querySelectorAll(selector)]
  .map(node => [node, node.getBoundingClientRect()]).filter(([, box]) => box.width)
  .map(([node, box]) => [node.getAttribute('aria-label'), box.x + box.width / 2, box.y + box.height / 2])"""
LAYOUT = """() => [...document.querySelectorAll('.gs-header, .gs-stage')].flatMap(node => {
  const {x, y, width, height} = node.getBoundingClientRect(); return [x, y, width, height]; })"""


def world(lon: float, lat: float) -> tuple[float, float]:
    sine = math.sin(math.radians(lat))
    return 0.5 + lon / 360, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def by_place(seen: list[Any]) -> list[Any]:
    return sorted(seen, key=lambda item: (item[0], round(item[1] / 8), round(item[2] / 8)))


def very_many(count: int = MOST_SIGNS + 1) -> tuple[Any, ...]:
    """Organisations in a lattice, of which the first picture shows dots."""
    one = scenes.members("az", 1)[0]
    return tuple(
        replace(one, id=f"m-{n}", number=1000 + n, longitude=49 + n % 60 / 30, latitude=40 + n // 60 / 30)
        for n in range(count)
    )


#: From a thousand on the live map takes its signs in by slices.
CROWD = 1100


class Held:
    """A page whose scripts do not come until they are released."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self._held: list[Any] = []
        self._fate = ""
        page.route(re.compile(r"/assets/.*\.js"), self._hold)

    def _hold(self, route: Any) -> None:
        if self._fate:
            getattr(route, self._fate)()
        else:
            self._held.append(route)

    def release(self, fate: str = "continue_") -> None:
        """Let the scripts come, or with "abort" none of them."""
        self._fate = fate
        for route in self._held:
            getattr(route, fate)()

    def open(self, address: str) -> None:
        self.page.goto(address, wait_until="commit")
        self.page.locator(".gs-first-panel").wait_for(state="attached")
        self.page.wait_for_function("() => performance.getEntriesByType('paint').length")


places = st.lists(st.tuples(st.floats(44, 51), st.floats(38, 42)), max_size=40)


@given(places)
def test_at_every_zoom_each_sign_is_seen_once(degrees: list[tuple[float, float]]) -> None:
    made, alone = gather(degrees, [world(*place) for place in degrees], 4)
    for zoom in range(4, 19):
        gathered = [place for item in made if item.zoom == zoom for place in item.places]
        single = [place for place, first in enumerate(alone) if first <= zoom]
        assert sorted(gathered + single) == list(range(len(degrees)))


@given(places)
def test_signs_that_stand_alone_are_apart(degrees: list[tuple[float, float]]) -> None:
    at = [world(*place) for place in degrees]
    _, alone = gather(degrees, at, 4)
    single = [place for place, first in enumerate(alone) if first <= 9]
    px = TILE_PX * 2**9
    for one in single:
        for other in single:
            apart = math.dist((at[one][0] * px, at[one][1] * px), (at[other][0] * px, at[other][1] * px))
            assert one == other or apart >= RADIUS_PX


def test_a_scene_without_places_has_no_picture_and_one_of_very_many_has_dots() -> None:
    nobody = scenes.scene(count=0, bounds=None)
    assert picture(nobody) is None
    assert 'class="gs-first-area"' not in web.render_map(nobody, nonce="n")
    many = very_many()
    one = many[0]
    made = picture(replace(scenes.scene(), members=many))
    assert made is not None and not made.stands
    dots = [shape for shape in made.ground if shape.paint.get("stroke-linecap") == "round"]
    assert dots[-1].paint["stroke"] == scenes.signs("az")[one.type_code].colour
    assert sum(path.count("M") for path in dots[-1].paths) == len(many)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_map_without_signs_says_why(lang: str) -> None:
    """It would look like one that failed to load."""
    made = scenes.scene(lang)
    astray = replace(made, members=made.unplaced)
    said = [i18n.text(lang, f"web.map.{key}") for key in ("nobody", "nobody_placed")]
    for scene, shown in ((replace(made, members=()), said[0]), (astray, said[1]), (made, None)):
        notes = re.findall(r'<p class="gs-vacant" role="status">(.*?)</p>', web.render_map(scene, nonce="n"))
        assert notes == ([shown] if shown else [])


@pytest.mark.parametrize("text", scenes.HOSTILE)
def test_hostile_values_are_text_in_the_picture(text: str) -> None:
    bad = scenes.hostile_member(99, text)
    bad = replace(bad, id=text, longitude=51.9, latitude=41.5)
    made = scenes.scene(extra=(bad,), cluster_title=text, title=text, notice=text)
    html = web.render_map(made, nonce="n", links=LINKS)
    body = re.sub(r"<script type=.application/json.*?</script>|<title>.*?</title>", "", html, flags=re.S)
    assert "gs-f99" in body
    for raw in ("<script>window", "<img", "{{", "{%", "{#", "</script><"):
        assert raw not in body.replace("</script>\n<script", "")
    href = re.search(r'id="gs-f99" href="([^"]*)"', body)[1]
    assert re.fullmatch(r"/clusters/sinaq/organisations/[\w.~%-]+", href)


@pytest.mark.browser
@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
@pytest.mark.parametrize("path", [MAP, "/embed/ikinci?lang=az", "/clusters/ikinci/map?lang=az"])
def test_the_picture_comes_before_the_script_and_the_live_map_is_where_it_was(
    browser: Any, running: Any, size: str, path: str
) -> None:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    watched = Watched(context.new_page(), running.url)
    page = watched.page
    held = Held(page)
    held.open(running.url + path)
    first, layout = page.evaluate(SEEN, ".gs-first-stand"), page.evaluate(LAYOUT)
    assert first and page.evaluate("typeof L") == "undefined"
    held.release()
    page.wait_for_selector("html[data-ready]", state="attached")
    live = page.evaluate(SEEN, ".leaflet-marker-pane > *")
    assert page.evaluate(LAYOUT) == layout
    assert [item[0] for item in by_place(first)] == [item[0] for item in by_place(live)]
    for (_, x0, y0), (_, x1, y1) in zip(by_place(first), by_place(live), strict=True):
        assert abs(x0 - x1) <= 1.5 and abs(y0 - y1) <= 1.5
    assert page.locator(".gs-first").count() == 0
    context.close()
    assert watched.offences == []


@pytest.mark.browser
@pytest.mark.parametrize("by", ["click", "key"])
def test_a_sign_of_the_picture_is_answered_by_the_live_map(browser: Any, running: Any, by: str) -> None:
    page = browser.new_page(viewport=LARGE)
    held = Held(page)
    address = running.url + MAP
    held.open(address)
    sign = page.locator(".gs-first-stand:visible:has(.gs-sign)").first
    name = sign.get_attribute("aria-label").split(",")[0]
    if by == "click":
        sign.click()
    else:
        sign.focus()
        page.keyboard.press("Enter")
    held.release()
    page.locator(".leaflet-popup .gs-card-title", has_text=name).wait_for()
    assert page.url.split("#")[0] == address
    focused = page.evaluate("document.activeElement.className")
    assert (focused == "leaflet-popup-close-button") == (by == "key")
    page.close()


@pytest.mark.browser
def test_a_sign_of_the_picture_is_a_link_where_the_scripts_are_lost(browser: Any, running: Any) -> None:
    page = browser.new_page(viewport=LARGE)
    held = Held(page)
    held.open(running.url + MAP)
    page.locator(".gs-first-stand:visible:has(.gs-sign)").first.click()
    assert page.url == running.url + MAP
    held.release("abort")
    page.wait_for_url("**/organisations/*")
    page.close()


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose cluster has more organisations than the first picture shows as signs."""
    service = Running(tmp_path_factory.mktemp("crowded"))
    service.service.extra["sinaq"] = very_many(CROWD)
    yield service
    service.stop()


@pytest.mark.browser
def test_a_dot_of_the_picture_is_answered_by_the_live_map(browser: Any, crowded: Running) -> None:
    page = browser.new_page()
    held = Held(page)
    held.open(f"{crowded.url}/api/v1/clusters/sinaq/scheme.html?lang=az")
    assert page.locator(".gs-first-stand").count() == 0
    north, east = 40 + (CROWD - 1) // 60 / 30, 49 + (CROWD - 1) % 60 / 30
    box = page.locator(".gs-first-box").bounding_box()
    members = crowded.service.scene(LOCAL_OPERATOR, "sinaq", "az").placed
    ends = [world(m.longitude, m.latitude) for m in members]
    left, right = min(x for x, _ in ends), max(x for x, _ in ends)
    top, bottom = min(y for _, y in ends), max(y for _, y in ends)
    x, y = world(east, north)
    page.mouse.click(
        box["x"] + (x - left) / (right - left) * box["width"],
        box["y"] + (y - top) / (bottom - top) * box["height"],
    )
    held.release()
    page.locator(".leaflet-popup .gs-card-title", has_text=f"{999 + CROWD}. ").wait_for()
    page.locator(f".gs-marker.gs-selected[data-id=m-{CROWD - 1}]").wait_for()
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("lang", "word"), [("az", "təşkilat"), ("en", "organisations"), ("ru", "организаци")]
)
def test_without_scripts_the_page_shows_signs_with_links(
    browser: Any, running: Any, lang: str, word: str
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=LARGE)
    watched = Watched(context.new_page(), running.url)
    page = watched.page
    page.goto(f"{running.url}/api/v1/clusters/sinaq/scheme.html?lang={lang}")
    stands = page.locator(".gs-first-stand:visible")
    labels = [stands.nth(place).get_attribute("aria-label") for place in range(stands.count())]
    assert any(word in label for label in labels)
    singles = page.locator(".gs-first-stand:visible:has(.gs-sign)")
    assert singles.first.get_attribute("href").startswith("/clusters/sinaq/organisations/")
    # Everybody is listed, those without a place and those with hostile names, too.
    listed = page.locator(".gs-first-panel li a").all_text_contents()
    assert len(listed) == 30 + len(scenes.HOSTILE)
    assert any("<script>window.hacked=1</script>" in name for name in listed)
    assert page.locator(".gs-first-panel").is_visible() and page.locator(".gs-header h1").is_visible()
    singles.first.click()
    page.wait_for_url("**/organisations/*")
    context.close()
    assert watched.offences == []


@pytest.mark.browser
def test_a_single_file_has_its_picture_without_scripts_and_links(
    browser: Any, running: Any, tmp_path: Any
) -> None:
    file = tmp_path / "map.html"
    file.write_text(running.service.web_map(LOCAL_OPERATOR, "ikinci", "az", inline=True), "utf-8")
    context = browser.new_context(offline=True, java_script_enabled=False, viewport=LARGE)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator(".gs-first-stand:visible").count() > 0
    assert page.locator(".gs-first a[href], .gs-first-panel a[href]").count() == 0
    image = page.locator(".gs-first-stand:visible .gs-sign-image").first
    assert image.bounding_box()["width"] > 10
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("view", ["40.6,49.4,9.5", "40.6,49.4,10.5174", "40.59,49.67,12&org=org-nobody"])
def test_an_address_with_a_view_has_its_picture_there(browser: Any, running: Any, view: str) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    held = Held(page)
    held.open(f"{running.url}{MAP}#v={view}")
    assert page.locator(".gs-first").is_visible()
    first = page.evaluate(SEEN, ".gs-first-stand")
    held.release()
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate("geoservice.app.map.getZoom()") == float(view.split(",")[2].partition("&")[0])
    live = page.evaluate(SEEN, ".leaflet-marker-pane > *")
    inside, near = (
        [item for item in by_place(seen) if 60 < item[1] < 1020 and 110 < item[2] < 840]
        for seen in (first, live)
    )
    assert near and [item[0] for item in inside] == [item[0] for item in near]
    for (_, x0, y0), (_, x1, y1) in zip(inside, near, strict=True):
        assert abs(x0 - x1) <= 1.5 and abs(y0 - y1) <= 1.5
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "asked",
    ["v=40.59,49.67,17", "v=10,10,9", "off=research", "hide=regions", "v=40.59,49.67,9.5&base=nobody"],
)
def test_what_the_picture_does_not_hold_shows_no_picture(browser: Any, running: Any, asked: str) -> None:
    page = browser.new_page()
    page.route(re.compile(r"/assets/.*\.js"), lambda route: route.abort())  # so that the picture stays
    page.goto(f"{running.url}{MAP}#{asked}")
    page.locator(".gs-first-panel").wait_for(state="attached")
    assert page.locator(".gs-first").count() == 1 and not page.locator(".gs-first").is_visible()
    page.close()


def near_middle(seen: list[Any]) -> list[Any]:
    return [item for item in by_place(seen) if 60 < item[1] < 1020 and 110 < item[2] < 840]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("view", "asked", "signs"),
    [
        ("40.59,49.67,12", "off=research", True),
        ("40.27,49.5,12", "role=participant&type=large_enterprise", True),
        ("40.6,49.4,9.5", "q=polimer", False),
    ],
)
def test_a_picture_with_filters_shows_what_the_live_map_does(
    browser: Any, running: Any, view: str, asked: str, signs: bool
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    held = Held(page)
    held.open(f"{running.url}{MAP}#v={view}&{asked}")
    assert page.locator(".gs-first").is_visible()
    every = page.locator(".gs-first-stand").count()
    first = page.evaluate(SEEN, ".gs-first-stand")
    assert bool(near_middle(first)) is signs and len(first) < every
    held.release()
    page.wait_for_selector("html[data-ready]", state="attached")
    live = near_middle(page.evaluate(SEEN, ".leaflet-marker-pane > *"))
    if signs:  # where some of a gathering pass, only the ground is shown
        assert [item[0] for item in near_middle(first)] == [item[0] for item in live]
        for (_, x0, y0), (_, x1, y1) in zip(near_middle(first), live, strict=True):
            assert abs(x0 - x1) <= 1.5 and abs(y0 - y1) <= 1.5
    page.close()


@pytest.mark.browser
def test_a_picture_leaves_out_and_fades_the_layers_that_the_address_does(browser: Any, running: Any) -> None:
    page = browser.new_page()
    held = Held(page)
    held.open(f"{running.url}{MAP}#v=40.6,49.4,9.5&hide=sea&op=az-districts:0.4")
    assert page.locator(".gs-first").is_visible() and page.locator(".gs-first-stand:visible").count()
    shapes = page.evaluate(
        """() => [...document.querySelectorAll('.gs-first-ground [data-ref]')].map(node =>
          [node.dataset.ref.split('/')[0], getComputedStyle(node)])
          .map(([layer, {display, fillOpacity}]) => [layer, display, fillOpacity])"""
    )
    assert {shown for layer, shown, _ in shapes if layer == "sea"} == {"none"}
    assert {round(float(opacity), 2) for layer, _, opacity in shapes if layer == "az-districts"} == {0.4}
    assert {shown for layer, shown, _ in shapes if layer == "regions"} == {"inline"}
    page.close()


def test_signs_that_are_shapes_stand_in_the_page_and_others_stay_images() -> None:
    plain = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g><path d="M1 1"/></g></svg>'
    assert symbol(plain, "k") == '<symbol id="k" viewBox="0 0 9 9"><g><path d="M1 1"></path></g></symbol>'
    for part in (
        "<script>window.hacked=1</script>",
        '<path d="M1 1" onclick="hack()"/>',
        '<path d="M1 1" fill="url(#a)"/>',
        '<image href="https://example.org/x.png"/>',
        "<style>path{fill:red}</style>",
        "<foreignObject/>",
        "<g><use href='#a'/></g>",
        "text",
    ):
        assert symbol(plain.replace("<g>", part + "<g>"), "k") == "" or part == "text"
    assert "text" not in symbol(plain.replace("<g>", "text<g>"), "k")
    assert symbol("<!DOCTYPE svg>" + plain, "k") == "" == symbol("<svg", "k")
    made = scenes.scene()
    signs = {
        code: replace(sign, svg=plain.replace("<g>", "<a/><g>")) if place == 0 else sign
        for place, (code, sign) in enumerate(made.signs.items())
    }
    html = web.render_map(replace(made, signs=signs), nonce="n")
    assert 'id="gs-s-i0"' not in html and ".gs-first-i0{" in html and 'id="gs-s-i1"' in html
    assert html.count("data:image/svg+xml,", 0, html.index("gs-data")) == 1
