"""The import wizard in Chromium: understood, mended in place, looked at on a map, and only then saved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import Page, expect

from geoservice.model import LOCAL_OPERATOR, Change, Cluster
from tests.web.service import Running, participant

HEAD = "№;Təşkilati-hüquqi forması və adı;Təşkilatın növü;İxtisaslaşma;VÖEN;En dairəsi;Uzunluq dairəsi\n"
REGISTER = (
    HEAD
    + """1;"Yeni Polimer" MMC;Orta istehsal müəssisəsi;Boru istehsalı;9999100011;40,6061;49,6118
2;"Xəzər Boru" ASC;İri istehsal müəssisəsi;Polad boru;9999100021;49,6152;40,6079
3;"Bilinməyən" MMC;Tamam başqa növ;Nəsə;9999100031;40,6010;49,6210
4;"Yersiz" MMC;Digər təşkilat;Nəsə;9999100041;;
"""
)
HOSTILE = (
    HEAD
    + """1;"<img src=x onerror=window.hacked=1>" MMC;Digər təşkilat;{{ 7*7 }};9999100011;40,6;49,6
2;</script><script>window.hacked=1</script>;javascript:alert(1);x;9999100021;40,6;49,6
"""
)


@pytest.fixture
def cluster(running: Running, request: pytest.FixtureRequest) -> str:
    word = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    code = f"{word}-{len(running.service.store.clusters())}"
    running.service.store.create_cluster(Cluster(code, {"az": "İdxal sınağı"}), by="test")
    return code


def begin(page: Page, path: Path, text: str, name: str = "reyestr.csv") -> None:
    file = path / name
    file.write_text(text, "utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_url("**/columns?**")
    page.wait_for_selector("html[data-ready]", state="attached")


def go(page: Page, button: str, to: str) -> None:
    page.locator(button).click()
    page.wait_for_url(f"**/{to}?**")
    page.wait_for_selector("html[data-ready]", state="attached")


def see_the_map(page: Page) -> None:
    go(page, "#on", "map")
    page.frame_locator("#preview").locator("html[data-ready]").wait_for(state="attached")


def forgive(open_page: Any, *words: str) -> None:
    """Leave out what the browser itself notes of a refusal that was asked for."""
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if not any(word in o for word in words)]


@pytest.mark.browser
def test_from_the_file_to_the_register(
    open_page: Any, running: Running, cluster: str, tmp_path: Path
) -> None:
    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, REGISTER)
    page.get_by_label("Reyestrin sahəsi: İxtisaslaşma").select_option("products")
    go(page, "button[value=on]", "problems")
    expect(page.locator("[data-count=taken]")).to_have_text("3")
    page.locator("[data-code=type_unknown] tr[data-row='4'] input[name^=cell]").fill("Digər təşkilat")
    page.locator("[data-code=no_coordinates] input[name^=cell]").fill("40°35′00″N 49°40′00″E")
    page.locator("[data-code=coordinates_swapped] tr[data-row='3'] input[name=out]").check()
    page.locator("#recheck").click()
    expect(page.locator("[data-count=rejected]")).to_have_text("0")
    expect(page.locator("[data-count=left_out]")).to_have_text("1")
    assert running.service.store.revision(cluster) == 0  # nothing is kept yet
    page.reload()
    expect(page.locator("[data-count=left_out]")).to_have_text("1")  # nothing that was typed is lost
    see_the_map(page)
    expect(page.locator("[data-count=added]")).to_have_text("3")
    go(page, "#commit", "done")
    expect(page.locator("#done")).to_contain_text("3")
    register = running.service.store.register(cluster)
    assert register.revision == 1 and all(p.placed for p in register.participants)
    assert {p.products for p in register.participants} >= {"Boru istehsalı"}
    page.go_back()
    go(page, "#commit", "done")  # the browser held the page: asking again saves nothing again
    assert running.service.store.revision(cluster) == 1


@pytest.mark.browser
def test_rows_with_problems_are_marked_on_the_map(
    open_page: Any, running: Running, cluster: str, tmp_path: Path
) -> None:
    from geoservice.service.preview import FLAG, preview

    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, REGISTER)
    go(page, "button[value=on]", "problems")
    see_the_map(page)
    expect(page.get_by_text("Koordinatı olmayanlar: 1")).to_be_visible()
    expect(page.get_by_text("Alınmayacaq sətirlər: 1")).to_be_visible()
    (draft,) = running.service.drafts.of(LOCAL_OPERATOR, cluster)
    scene = preview(running.service, draft, running.service.drafts.look(draft), "az")
    marked = [m.name for m in scene.members if FLAG in m.marks]
    assert marked == ["Xəzər Boru ASC"]
    assert any(entry.ref == FLAG and entry.count == 1 for group in scene.legend for entry in group.entries)


@pytest.mark.browser
def test_two_hundred_rows_of_one_kind_are_one_entry_and_mended_at_once(
    open_page: Any, cluster: str, tmp_path: Path
) -> None:
    rows = "".join(f'{n};"T{n}" MMC;Zavod;x;{9999200000 + n};40,{6000 + n};49,6\n' for n in range(1, 201))
    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, HEAD + rows)
    go(page, "button[value=on]", "problems")
    assert page.locator("details.problem").count() == 1
    expect(page.locator("details.problem .rows")).to_have_text("Sətir 2–201")
    expect(page.locator("details.problem tbody tr")).to_have_count(20)
    page.get_by_role("link", name="Daha çox sətir göstər").click()
    expect(page.locator("details.problem tbody tr")).to_have_count(200)
    page.get_by_placeholder("yeni qiymət").fill("Digər təşkilat")
    page.locator("#recheck").click()
    expect(page.locator("[data-count=taken]")).to_have_text("200")


@pytest.mark.browser
def test_a_register_changed_meanwhile_is_looked_at_again(
    open_page: Any, running: Running, cluster: str, tmp_path: Path
) -> None:
    from tests.web import scenes

    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, REGISTER)
    go(page, "button[value=on]", "problems")
    see_the_map(page)
    other = participant(scenes.members("az", 1)[0])
    running.service.store.apply(cluster, [Change("put", other.id, other)], by="başqası", reason="")
    page.locator("#commit").click()
    expect(page.get_by_text("reyestri başqası dəyişib")).to_be_visible()
    assert running.service.store.revision(cluster) == 1  # theirs alone
    page.frame_locator("#preview").locator("html[data-ready]").wait_for(state="attached")
    go(page, "#commit", "done")
    assert {p.id for p in running.service.store.register(cluster).participants} > {other.id}


@pytest.mark.browser
def test_what_was_changed_in_another_window_is_not_saved_unseen(
    open_page: Any, running: Running, cluster: str, tmp_path: Path
) -> None:
    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, REGISTER)
    go(page, "button[value=on]", "problems")
    see_the_map(page)
    (draft,) = running.service.drafts.of(LOCAL_OPERATOR, cluster)
    running.service.drafts.change(draft, draft.choices)
    page.locator("#commit").click()
    expect(page.get_by_role("alert")).to_contain_text("başqa pəncərədə")
    assert running.service.store.revision(cluster) == 0
    forgive(open_page, "412")


@pytest.mark.browser
def test_an_upload_that_has_ended_says_so(
    open_page: Any, running: Running, cluster: str, tmp_path: Path
) -> None:
    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, REGISTER)
    page.goto(page.url.split("/columns")[0].rsplit("/", 1)[0] + "?lang=az")
    expect(page.get_by_role("link", name="reyestr.csv")).to_be_visible()  # it can be taken up again
    page.get_by_role("button", name="Ləğv et: reyestr.csv").click()
    expect(page.get_by_role("link", name="reyestr.csv")).to_have_count(0)
    page.go_back()
    page.go_back()
    expect(page.get_by_role("alert")).to_contain_text("faylı yenidən yükləyin")
    forgive(open_page, "404")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("foto.png", b"\x89PNG\r\n", "dəstəklənmir"), ("bos.csv", b"", "Fayl boşdur"),
     ("metn.csv", "salam\ndünya\n".encode(), "başlığı tapılmadı"), ("a.xlsx", b"PK\x03\x04zz", "zədəlidir")],
)  # fmt: skip
def test_a_file_that_is_no_register_is_refused_with_the_reason(
    open_page: Any, cluster: str, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    page = open_page(f"/clusters/{cluster}/import")
    (tmp_path / name).write_bytes(content)
    page.locator("input[type=file]").set_input_files(tmp_path / name)
    expect(page.locator(".notice-bad")).to_contain_text(words)
    assert page.locator("input[type=file]").count() == 1  # another can be chosen at once
    forgive(open_page, "422")


@pytest.mark.browser
def test_hostile_values_stay_text_in_every_step(open_page: Any, cluster: str, tmp_path: Path) -> None:
    page = open_page(f"/clusters/{cluster}/import")
    begin(page, tmp_path, HOSTILE, "<b>x.csv")
    go(page, "button[value=on]", "problems")
    page.locator("[data-code^=type_unknown] input[name^=cell]").first.fill("Digər təşkilat")
    page.locator("#recheck").click()
    expect(page.locator("[data-count=taken]")).to_have_text("2")
    see_the_map(page)
    assert page.evaluate("window.hacked") is None
    go(page, "#commit", "done")
    assert page.locator("main b").count() == 0 and page.evaluate("window.hacked") is None


@pytest.mark.browser
def test_a_name_without_spaces_sticks_out_of_no_step(open_page: Any, cluster: str, tmp_path: Path) -> None:
    page = open_page(f"/clusters/{cluster}/import?lang=az", "phone")
    name = "Ə" * 400
    rows = f'1;"{name}";Digər təşkilat;{name};9999100011;40,6;49,6\n2;{name};{name};x;9999100021;40,6;49,61\n'
    begin(page, tmp_path, HEAD + rows)
    within = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(within)
    go(page, "button[value=on]", "problems")
    assert page.evaluate(within)
    see_the_map(page)
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")
    assert page.evaluate(within)


def test_the_steps_work_without_script(browser: Any, running: Running, cluster: str, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running.url}/clusters/{cluster}/import")
    (tmp_path / "r.csv").write_text(REGISTER, "utf-8")
    page.locator("input[type=file]").set_input_files(tmp_path / "r.csv")
    page.get_by_role("button", name="Faylı yoxla").click()
    page.get_by_role("button", name="Davam et").click()
    page.get_by_role("button", name="Xəritədə bax").click()
    page.locator("#commit").click()
    assert running.service.store.revision(cluster) == 1
    context.close()


def send(url: str, cluster: str, text: str = REGISTER, **headers: str) -> httpx.Response:
    files = {"file": ("r.csv", text.encode())}
    return httpx.post(
        f"{url}/clusters/{cluster}/import", files=files, headers=headers, follow_redirects=False
    )


def test_a_long_check_shows_its_progress(
    running: Running, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    from geoservice.api import pages_import

    go_on, read = Event(), running.service.read_file
    monkeypatch.setattr(pages_import, "PATIENCE_S", 0.0)
    monkeypatch.setattr(running.service, "read_file", lambda *given: (go_on.wait(20), read(*given))[1])
    address = running.url + send(running.url, cluster).headers["location"]
    page = httpx.get(address)
    assert page.status_code == 200 and 'id="working"' in page.text and 'http-equiv="refresh"' in page.text
    state = address.split("/columns")[0] + "/state"
    assert httpx.get(state).json() == {"state": "working", "progress": 0.0}
    go_on.set()
    (draft,) = running.service.drafts.of(LOCAL_OPERATOR, cluster)
    running.service.drafts.wait(draft)
    assert httpx.get(state).json()["state"] == "checked"
    assert 'id="working"' not in httpx.get(address).text


def test_other_sites_can_neither_upload_nor_save(running: Running, cluster: str) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert send(running.url, cluster, **foreign).status_code == 403
    place = send(running.url, cluster).headers["location"].split("/columns")[0]
    for step in ("columns", "problems", "save", "drop"):
        assert httpx.post(f"{running.url}{place}/{step}", data={}, headers=foreign).status_code == 403
    assert running.service.store.revision(cluster) == 0
