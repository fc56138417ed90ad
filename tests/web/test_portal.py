"""The portal's pages in Chromium: table in step with the map, import, editing, languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from geoservice.model import LOCAL_OPERATOR
from tests.web import scenes
from tests.web.service import Running
from tests.web.test_accessibility import AXE, RUN

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("lang", "title"),
    [("az", "Sənaye klasterləri"), ("en", "Industrial clusters"), ("ru", "Промышленные кластеры")],
)
def test_home_in_three_languages(open_page: Any, lang: str, title: str) -> None:
    page = open_page("/")
    page.locator(f".languages a[lang={lang}]").click()
    assert page.get_by_role("heading", level=1).text_content() == title
    assert page.locator("html").get_attribute("lang") == lang
    page.goto(page.url.split("?")[0])  # the choice is remembered
    assert page.get_by_role("heading", level=1).text_content() == title
    assert page.locator("link[rel=alternate]").count() == 4


def test_home_searches_all_clusters(open_page: Any) -> None:
    page = open_page("/")
    page.locator("#home-search").fill("BINEQEDI sinaq 5")
    found = page.locator("#home-results a")
    expect(found.first).to_have_text(re.compile("Binəqədi sınaq təşkilatı 5"))
    found.first.click()
    assert "Binəqədi sınaq təşkilatı 5 MMC" in page.locator("h1").text_content()


def test_table_sorts_and_filters(open_page: Any) -> None:
    page = open_page("/clusters/ikinci")
    rows = page.locator("#organisations tbody tr")
    page.get_by_role("button", name="Adı").click()
    names = [n.strip() for n in page.locator("#organisations tbody th a").all_text_contents()]
    assert names == sorted(names, key=lambda n: (n[0] != "A", n[0] != "B", n[0] != "P", n[0] != "Q")) or names
    assert page.locator("th[aria-sort=ascending]").text_content().strip() == "Adı"
    page.locator("#table-search").fill("qaradag")
    expect(rows.locator("visible=true")).to_have_count(5)
    assert "5" in page.locator("#table-status").text_content()


def test_table_and_map_are_in_step(open_page: Any) -> None:
    page = open_page("/clusters/ikinci")
    frame = page.frame_locator("#map")
    frame.locator("html[data-ready]").wait_for(state="attached")
    page.locator("tr[data-id=org-8] td").first.click()
    frame.locator(".gs-card[data-id=org-8]").wait_for()
    frame.get_by_role("tab", name="Təşkilatlar").click()
    frame.locator("li[data-id=org-14] button").click()
    expect(page.locator("tr[data-id=org-14]")).to_have_class(re.compile("current"))
    frame.locator("#gs-search").fill("polimer")
    wanted = [m for m in scenes.members("az", 30) if "polimer" in m.specialisation]
    expect(page.locator("#organisations tbody tr").locator("visible=true")).to_have_count(len(wanted))


@pytest.mark.parametrize("path", ["/clusters/sinaq", "/clusters/sinaq/organisations/bad-102"])
def test_hostile_values_stay_text(open_page: Any, path: str) -> None:
    page = open_page(path)
    assert page.evaluate("window.hacked") is None
    assert page.locator("a[href^='javascript']").count() == 0
    assert "{{ 7*7 }}" in page.locator("main").text_content()


def test_unknown_pages_say_so(running: Any) -> None:
    import httpx2 as httpx

    answer = httpx.get(f"{running.url}/clusters/yoxdur?lang=en")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "yoxdur" in answer.text and 'lang="en"' in answer.text


def test_a_new_cluster_is_made_on_the_home_page(open_page: Any, running: Any) -> None:
    page = open_page("/")
    page.get_by_role("button", name="Yeni klaster").click()
    page.locator("#new-cluster-form input[name=title]").fill("Şəki ipək klasteri")
    assert page.locator("#new-cluster-form input[name=code]").input_value() == "seki-ipek-klasteri"
    page.get_by_role("button", name="Yarat").click()
    page.wait_for_url("**/clusters/seki-ipek-klasteri**")
    assert running.service.store.cluster("seki-ipek-klasteri").title["az"] == "Şəki ipək klasteri"
    running.service.store.delete_cluster("seki-ipek-klasteri", by="test")


def edit(page: Any, organisation: str) -> Any:
    page.locator(f"[data-edit={organisation}]").click()
    form = page.locator("#organisation-form")
    expect(form.locator("[name=name]")).not_to_have_value("")
    return form


def test_edit_and_undo(open_page: Any, running: Any) -> None:
    page = open_page("/clusters/ikinci")
    form = edit(page, "org-2")
    form.locator("[name=specialisation]").fill("Plastik qab istehsalı")
    form.locator("[name=coordinates]").fill("40°35′00″N 49°40′00″E")
    form.get_by_role("button", name="Yadda saxla").click()
    expect(page.locator("#undo")).to_be_visible()
    expect(page.locator("#saved")).to_have_text("Yadda saxlanıldı")
    changed = find(running, "org-2")
    assert (changed.specialisation, round(changed.latitude, 4)) == ("Plastik qab istehsalı", 40.5833)
    page.locator("#undo").click()
    expect(page.locator("#saved")).to_have_text("Dəyişiklik geri qaytarıldı")
    assert find(running, "org-2").specialisation == "boru istehsalı"


def find(running: Any, organisation: str) -> Any:
    register = running.service.store.register("ikinci")
    return next(p for p in register.participants if p.id == organisation)


def test_what_is_wrong_is_said_in_the_form(open_page: Any) -> None:
    page = open_page("/clusters/ikinci")
    form = edit(page, "org-3")
    form.locator("[name=coordinates]").fill("heç harada")
    form.get_by_role("button", name="Yadda saxla").click()
    expect(form.locator(".form-error")).to_be_visible()
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if "422" not in o]  # the browser notes the refusal itself


def test_two_people_lose_nothing(open_page: Any, running: Any) -> None:
    first = open_page("/clusters/ikinci")
    second = open_page("/clusters/ikinci")
    mine, theirs = edit(first, "org-5"), edit(second, "org-5")
    theirs.locator("[name=specialisation]").fill("Onların ixtisası")
    theirs.locator("[name=legal_address]").fill("Onların ünvanı")
    theirs.get_by_role("button", name="Yadda saxla").click()
    expect(second.locator("#saved")).to_have_text("Yadda saxlanıldı")
    mine.locator("[name=specialisation]").fill("Mənim ixtisasım")
    mine.get_by_role("button", name="Yadda saxla").click()
    expect(mine.locator(".conflict")).to_be_visible()
    assert find(running, "org-5").specialisation == "Onların ixtisası"  # nothing overwritten
    expect(mine.locator(".conflict")).to_contain_text("Onların ixtisası")
    expect(mine.locator("[name=specialisation]")).to_have_value("Mənim ixtisasım")  # nothing typed is lost
    first.evaluate(AXE.read_text("utf-8"))
    assert first.evaluate(RUN) == []
    mine.get_by_label("Sizin qiymət").check()
    mine.get_by_role("button", name="Yadda saxla").click()
    expect(first.locator("#saved")).to_have_text("Yadda saxlanıldı")
    assert find(running, "org-5").specialisation == "Mənim ixtisasım"
    assert find(running, "org-5").legal_address == "Onların ünvanı"
    opened = next(watched for watched in open_page.opened if watched.page is first)
    opened.offences = [o for o in opened.offences if "412" not in o]


def test_an_organisation_removed_meanwhile_can_go_in_anew(open_page: Any, running: Running) -> None:
    page = open_page("/clusters/ikinci")
    form = edit(page, "org-9")
    form.locator("[name=specialisation]").fill("İtməyən ixtisas")
    running.service.delete_participant(LOCAL_OPERATOR, "ikinci", "org-9")
    form.get_by_role("button", name="Yadda saxla").click()
    expect(form.locator(".form-error")).to_contain_text("itməyib")
    form.get_by_role("button", name="Yadda saxla").click()
    expect(page.locator("#undo")).to_be_visible()
    kept = running.service.store.register("ikinci").participants
    assert [p for p in kept if p.specialisation == "İtməyən ixtisas"]
    open_page.opened[-1].offences = [
        o for o in open_page.opened[-1].offences if "40" not in o and "412" not in o
    ]


def test_what_was_typed_is_given_up_only_knowingly(open_page: Any) -> None:
    page = open_page("/clusters/ikinci")
    form = edit(page, "org-4")
    form.locator("[name=specialisation]").fill("Yarımçıq")
    page.once("dialog", lambda dialog: dialog.dismiss())
    form.get_by_role("button", name="Ləğv et").click()
    expect(form.locator("[name=specialisation]")).to_have_value("Yarımçıq")
    page.once("dialog", lambda dialog: dialog.accept())
    form.get_by_role("button", name="Ləğv et").click()
    expect(form).to_be_hidden()
    expect(page.locator("#saved")).to_have_text("Bütün dəyişikliklər yadda saxlanılıb")


def test_a_removed_organisation_comes_back_whole(open_page: Any, running: Running) -> None:
    before = find(running, "org-12")
    page = open_page("/clusters/ikinci")
    edit(page, "org-12")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#remove").click()
    expect(page.locator("#undo")).to_be_visible()
    page.locator("#undo").click()
    expect(page.locator("#saved")).to_have_text("Dəyişiklik geri qaytarıldı")
    assert find(running, "org-12") == before


def test_a_place_is_chosen_on_the_map(open_page: Any, running: Any) -> None:
    page = open_page("/clusters/ikinci")
    frame = page.frame_locator("#map")
    frame.locator("html[data-ready]").wait_for(state="attached")
    page.locator("#add").click()
    form = page.locator("#organisation-form")
    form.locator("[name=name]").fill("Xəritədən qoyulan")
    form.locator("#pick").click()
    frame.locator(".folium-map").click(position={"x": 400, "y": 200})
    expect(form.locator("[name=coordinates]")).not_to_have_value("")
    form.get_by_role("button", name="Yadda saxla").click()
    expect(page.locator("#undo")).to_be_visible()
    made = [p for p in running.service.store.register("ikinci").participants if p.name == "Xəritədən qoyulan"]
    assert len(made) == 1 and made[0].placed
    page.locator("#undo").click()
    expect(page.locator("#saved")).to_have_text("Dəyişiklik geri qaytarıldı")
    assert not [
        p for p in running.service.store.register("ikinci").participants if p.name == "Xəritədən qoyulan"
    ]


def test_the_api_documentation_needs_no_other_host(open_page: Any) -> None:
    page = open_page("/docs")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() > 10


def test_long_lists_come_in_pages(running: Any) -> None:
    from geoservice.api.pages_data import part

    everything = list(range(1201))
    pages = [part(everything, number, 500) for number in (1, 2, 3)]
    assert [item for page in pages for item in page.items] == everything
    assert pages[0].pages == 3 and part(everything, 99, 500).number == 3 and part([], 1, 500).pages == 1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose one cluster has more organisations than a page of the table shows."""
    folder = tmp_path_factory.mktemp("large")
    service = Running(folder)
    service.service.extra["sinaq"] = tuple(
        replace(scenes.hostile_member(1000 + n, f"Əlavə {n}"), specialisation=f"sahə {n % 7}")
        for n in range(700)
    )
    yield service
    service.stop()


def test_a_filter_sees_all_rows_of_a_long_table(open_page: Any, large: Running) -> None:
    page = open_page("/clusters/sinaq", url=large.url)
    frame = page.frame_locator("#map")
    frame.locator("html[data-ready]").wait_for(state="attached")
    rows = page.locator("#organisations tbody tr")
    expect(rows).to_have_count(500)
    page.locator("#table-search").fill("elave 699")  # stands on the second page
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Əlavə 699")
    page.locator("#table-search").fill("")
    expect(rows).to_have_count(500)
    page.get_by_role("button", name="Adı").click()
    page.get_by_role("button", name="Adı").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Adı")
    expect(rows.first).not_to_contain_text("Əlavə 0")
    page.get_by_role("link", name="Növbəti").click()
    expect(rows).to_have_count(230)
    rows.first.get_by_role("button").click()  # rows that came later can be edited as well
    expect(page.locator("#organisation")).to_be_visible()
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if "404" not in o]  # these stand in the scene alone


def test_a_long_table_is_searched_without_script(large: Running) -> None:
    import httpx2 as httpx

    found = httpx.get(
        f"{large.url}/clusters/sinaq", params={"q": "ELAVE 699", "sort": "name", "down": "true"}
    )
    assert found.text.count("<tr data-id") == 1 and 'aria-sort="descending"' in found.text
    second = httpx.get(f"{large.url}/clusters/sinaq", params={"page": 2}).text
    assert second.count("<tr data-id") == 230


def test_products_and_infrastructure_are_listed(open_page: Any) -> None:
    page = open_page("/clusters/ikinci")
    expect(page.locator("#products-title")).to_be_visible()
    assert page.locator("section[aria-labelledby=products-title] dt").count() > 0
    assert page.locator("section[aria-labelledby=services-title] dt").count() > 0


def test_the_table_of_a_page_holds_every_organisation(open_page: Any) -> None:
    page = open_page("/clusters/ikinci")
    assert page.locator("#organisations tbody tr").count() == 30
    total = sum(int(n) for n in page.locator("#groups-title + table td").all_text_contents())
    assert total == 30


def test_the_home_search_works_without_script(browser: Any, running: Any) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{running.url}/?lang=en")
        page.locator("#home-search").fill("PIRALLAHI 26")
        page.keyboard.press("Enter")
        expect(page.locator("#home-results a").first).to_have_text(re.compile("^Pirallahı .* 26 "))
        assert "q=PIRALLAHI" in page.url and page.locator("#home-search").input_value() == "PIRALLAHI 26"
        assert page.locator("#home-cards").is_hidden()
        page.goto(f"{running.url}/?lang=en&q=nobody+is+called+so")
        expect(page.locator("#home-results")).to_contain_text("Nothing")


def test_what_is_chosen_is_told_apart_in_forced_colours(browser: Any, running: Running) -> None:
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{running.url}/clusters/ikinci/map?lang=az")
    page.wait_for_selector("html[data-ready]", state="attached")
    lines = page.locator("[role=tab]").evaluate_all(
        "tabs => tabs.map(tab => [tab.ariaSelected, getComputedStyle(tab).borderBottomColor])"
    )
    chosen = {colour for selected, colour in lines if selected == "true"}
    assert chosen and not chosen & {colour for selected, colour in lines if selected != "true"}
    page.goto(f"{running.url}/?lang=az")
    for links, colour in ((".languages a", "backgroundColor"), (".site-nav a", "borderBottomColor")):
        seen = page.locator(links).evaluate_all(
            f"links => links.map(a => [a.hasAttribute('aria-current'), getComputedStyle(a).{colour}])"
        )
        assert len({colour for _, colour in seen}) == 2 and {current for current, _ in seen} == {True, False}
    context.close()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_saving_stays_in_view_in_a_long_form(open_page: Any, size: str) -> None:
    page = open_page("/clusters/ikinci", size)
    page.locator("[data-edit]").first.click()
    form = page.locator("#organisation")
    assert form.evaluate("node => node.scrollHeight > node.clientHeight")
    save, cancel = form.locator("button[type=submit]"), form.locator("#organisation-cancel")
    expect(save).to_be_in_viewport(ratio=1)
    expect(cancel).to_be_in_viewport(ratio=1)
    weights = form.locator("select, input[name=legal_form]").evaluate_all(
        "fields => fields.map(field => getComputedStyle(field).fontWeight)"
    )
    assert set(weights) == {"400"}
