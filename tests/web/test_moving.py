"""Moving an organisation on the map by mouse, finger and keys; saved, undone, and safe for two at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from geoservice.model import LOCAL_OPERATOR
from tests.web import scenes
from tests.web.service import fill

pytestmark = pytest.mark.browser
CODE = "kocurme"
MAP = f"/clusters/{CODE}/map?edit=true"
WHO = "org-1"  # stands apart from the others


@pytest.fixture(scope="module", autouse=True)
def cluster(running: Any) -> Iterator[None]:
    """A cluster of its own, whose scenes come from its register."""
    fill(running.service, CODE, "Köçürmə klasteri")
    running.service.real.add(CODE)
    yield
    running.service.store.delete_cluster(CODE, by="test")


def place(running: Any, who: str = WHO) -> tuple[float, float]:
    found = next(p for p in running.service.store.register(CODE).participants if p.id == who)
    return found.latitude, found.longitude


def near(page: Page, who: str = WHO) -> Any:
    """The sign, with the view so close that nothing gathers with it."""
    page.evaluate(
        """who => { const {state, map} = geoservice.app, {lat, lon} = state.byId.get(who);
        map.setView([lat, lon], 15, {animate: false}); }""",
        who,
    )
    return page.locator(f'.gs-marker[data-id="{who}"]')


def drag(page: Page, sign: Any, dx: int, dy: int) -> None:
    box = sign.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def test_dragging_saves_and_undo_brings_back(open_page: Any, running: Any) -> None:
    page = open_page(MAP)
    before = place(running)
    drag(page, near(page), 120, 60)
    status = page.locator(".gs-saving.gs-saved")
    expect(status).to_contain_text("yadda saxlanıldı")
    lat, lon = place(running)
    assert lat < before[0] and lon > before[1]
    shown = page.evaluate(
        "who => { const m = geoservice.app.state.byId.get(who); return [m.lat, m.lon]; }", WHO
    )
    assert shown == [lat, lon]
    page.get_by_role("button", name="Geri qaytar").click()
    expect(status).to_contain_text("əvvəlki yerinə")
    assert place(running) == before
    expect(page.get_by_role("button", name="Geri qaytar")).to_have_count(0)


def test_keys_move_a_pin(open_page: Any, running: Any) -> None:
    page = open_page(MAP)
    before = place(running)
    near(page).focus()
    page.keyboard.press("m")
    pin = page.get_by_role("button", name="Təşkilatın yeri")
    expect(pin).to_be_focused()
    for key in ("ArrowUp", "Shift+ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    expect(pin).to_have_count(0)
    assert place(running) == before  # given up
    near(page).focus()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".gs-saving.gs-saved")).to_be_visible()
    lat, lon = place(running)
    assert lat > before[0] and abs(lon - before[1]) < 1e-5


def test_the_popup_starts_it_and_a_click_places_the_pin(open_page: Any, running: Any) -> None:
    page = open_page(MAP, "phone")
    before = place(running)
    near(page).click()
    page.get_by_role("button", name="Yerini dəyiş").click()
    page.locator(".folium-map").click(position={"x": 250, "y": 330})
    page.get_by_role("button", name="Yadda saxla").click()
    expect(page.locator(".gs-saving.gs-saved")).to_be_visible()
    assert place(running) != before


def test_somebody_elses_change_of_another_kind_does_not_stand_in_the_way(
    open_page: Any, running: Any
) -> None:
    page = open_page(MAP)
    sign = near(page)
    change(running, specialisation="Başqasının yazdığı")
    drag(page, sign, 90, 0)
    expect(page.locator(".gs-saving.gs-saved")).to_be_visible()
    found = next(p for p in running.service.store.register(CODE).participants if p.id == WHO)
    assert found.specialisation == "Başqasının yazdığı"
    silence(open_page)


def test_two_who_move_the_same_sign_see_each_other(open_page: Any, running: Any) -> None:
    page = open_page(MAP)
    sign = near(page)
    lat, lon = place(running)
    change(running, latitude=lat + 0.001, longitude=lon)
    drag(page, sign, 90, 0)
    conflict = page.locator(".gs-saving.gs-failed")
    expect(conflict).to_contain_text(f"{lat + 0.001:.5f}".replace(".", ","))
    assert place(running) == (lat + 0.001, lon)  # nothing overwritten
    page.get_by_role("button", name="Mənimkini saxla").click()
    expect(page.locator(".gs-saving.gs-saved")).to_be_visible()
    assert place(running)[1] > lon
    silence(open_page)


def test_what_cannot_be_saved_is_told_and_the_sign_goes_back(open_page: Any, running: Any) -> None:
    page = open_page(MAP)
    before = place(running)
    sign = near(page)
    page.route(f"**/participants/{WHO}*", lambda route: route.abort("connectionrefused"))
    drag(page, sign, 90, 0)
    expect(page.locator(".gs-saving.gs-failed")).to_contain_text("server cavab vermir")
    assert place(running) == before
    page.unroute(f"**/participants/{WHO}*")
    page.get_by_role("button", name="Yenidən cəhd et").click()
    expect(page.locator(".gs-saving.gs-saved")).to_be_visible()
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if WHO not in o and "ERR_CONNECTION_REFUSED" not in o]


def test_readers_cannot_drag(open_page: Any, running: Any) -> None:
    page = open_page(f"/clusters/{CODE}/map")
    before = place(running)
    drag(page, near(page), 90, 0)
    assert page.locator(".gs-saving").count() == 0
    assert place(running) == before


def change(running: Any, **values: Any) -> None:
    running.service.update_participant(LOCAL_OPERATOR, CODE, WHO, values, "az", None)


def silence(open_page: Any) -> None:
    """The browser notes the refused request itself."""
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if "412" not in o]


def test_the_invented_members_stand_as_the_tests_think() -> None:
    assert next(m for m in scenes.members("az", 30) if m.id == WHO).placed


def test_the_page_follows_a_move(open_page: Any, running: Any) -> None:
    page = open_page(f"/clusters/{CODE}?lang=en")
    frame = next(frame for frame in page.frames if "/map" in frame.url)
    frame.wait_for_selector("html[data-ready]", state="attached")
    region = page.locator(f'#organisations tr[data-id="{WHO}"] td').nth(3)
    before, where = region.inner_text(), place(running)
    sentence = page.locator("[data-live=verdict] strong")
    regions = page.locator("[data-live=facts] .facts-text").first
    said, counted, news = sentence.inner_text(), regions.inner_text(), page.locator("#cluster-news")
    page.evaluate("window.kept = true")
    frame.evaluate(
        """who => { const {mover, state} = geoservice.app, {lat, lon} = state.byId.get(who);
        return mover.save(who, [lat, lon], [39.2, 48.6]); }""",
        WHO,
    )
    expect(region).not_to_have_text(before)
    assert place(running) == (39.2, 48.6)
    expect(sentence).not_to_have_text(said)
    expect(regions).not_to_have_text(counted)
    revision = running.service.store.revision(CODE)
    expect(news).to_contain_text(f"revision {revision} of the register. {sentence.inner_text()}")
    assert news.get_attribute("role") == "status"
    expect(page.locator("[data-live=history] tbody tr").last).not_to_have_text("")
    expect(page.locator(f'[data-live=history] button[data-undo="{revision}"]')).to_be_visible()
    assert page.locator("#cluster").get_attribute("data-revision") == str(revision)
    frame.get_by_role("button", name="Undo").click()
    expect(region).to_have_text(before)
    expect(sentence).to_have_text(said)
    expect(regions).to_have_text(counted)
    assert place(running) == where
    assert page.evaluate("window.kept")  # it was not loaded anew
    page.once("dialog", lambda dialog: dialog.accept())
    latest = running.service.store.revision(CODE)
    with page.expect_navigation():  # a button that came with the new history works
        page.locator(f'[data-undo="{latest}"]').click()
    assert running.service.store.revision(CODE) == latest + 1


def test_a_row_that_somebody_else_added_comes_along(open_page: Any, running: Any) -> None:
    page = open_page(f"/clusters/{CODE}?lang=en")
    frame = next(frame for frame in page.frames if "/map" in frame.url)
    frame.wait_for_selector("html[data-ready]", state="attached")
    page.get_by_role("button", name="Name").click()  # sorted, and stays so
    rows = page.locator("#organisations tbody tr")
    count = rows.count()
    running.service.create_participant(
        LOCAL_OPERATOR, CODE, {"name": "Aaa", "organisation_type": "other"}, "az", None
    )
    frame.evaluate("who => geoservice.app.host.post('changed', { id: who })", WHO)
    expect(rows).to_have_count(count + 1)
    expect(rows.first).to_contain_text("Aaa")
    expect(page.locator("#table-status")).to_contain_text(str(count + 1))
