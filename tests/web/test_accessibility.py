"""axe-core over every page at three sizes: no finding that is serious or critical."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from playwright.sync_api import expect

import geoservice
from geoservice.model import LOCAL_OPERATOR
from geoservice.service.drafts import Draft
from tests.web.service import fill

pytestmark = pytest.mark.browser
AXE = Path(geoservice.__file__).parent / "assets" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "home": "/",
    "cluster": "/clusters/ikinci",
    "organisation": "/clusters/ikinci/organisations/org-4",
    "import": "/clusters/ikinci/import",
    "key": "/key",
    "docs": "/docs",
    "error": "/yoxdur",
    "map": "/api/v1/clusters/ikinci/scheme.html",
    "atlas": "/atlas",
}
RUN = """async () => {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const found = await axe.run(document, {runOnly: tags, iframes: false});
  return found.violations.filter(v => ['serious', 'critical'].includes(v.impact))
    .map(({id, nodes}) => id + ': ' + nodes.map(n => n.target + ' ' + n.failureSummary).join(' | '));
}"""


REGISTER = """№;Təşkilati-hüquqi forması və adı;Təşkilatın növü;VÖEN;En dairəsi;Uzunluq dairəsi;Öz sütunumuz
1;"Yeni Polimer" MMC;Orta istehsal müəssisəsi;9999100011;40,6061;49,6118;a
2;"Xəzər Boru" ASC;Zavod;9999100021;49,6152;40,6079;
3;"Bilinməyən" MMC;Zavod;9999100031;qırx;49,6210;
4;"Yersiz" MMC;Digər təşkilat;99;;;
"""


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
@pytest.mark.parametrize("name", PAGES)
def test_no_serious_finding(open_page: Any, name: str, size: str) -> None:
    page = open_page(PAGES[name], size)
    if name == "docs":
        page.locator(".opblock").first.wait_for()
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []
    opened = open_page.opened[-1]
    if name == "error":
        opened.offences = [o for o in opened.offences if "404" not in o]  # the page asked for it


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_no_serious_finding_in_any_step_of_the_import(
    open_page: Any, running: Any, size: str, lang: str, tmp_path: Path
) -> None:
    file = tmp_path / "reyestr.csv"
    file.write_text(REGISTER, "utf-8")
    page = open_page(f"/clusters/sinaq/import?lang={lang}", size)

    def check() -> None:
        page.wait_for_selector("html[data-ready]", state="attached")
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(RUN) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing sticks out

    check()
    page.locator("input[type=file]").set_input_files(file)
    for button, step in ((None, "columns"), ("button[value=on]", "problems"), ("#on", "map")):
        if button:
            page.locator(button).click()
        page.wait_for_url(f"**/{step}?**")
        check()
    page.frame_locator("#preview").locator("html[data-ready]").wait_for(state="attached")
    (draft, *_) = running.service.drafts.of(LOCAL_OPERATOR, "sinaq")
    page.goto(f"{running.url}/clusters/sinaq/import?lang={lang}")
    check()  # with an unfinished upload listed
    running.service.drafts.drop(draft)


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
@pytest.mark.parametrize("name", ["home", "cluster", "organisation", "import", "key", "error", "docs"])
def test_pages_say_what_they_are_in_every_language(running: Any, name: str, lang: str) -> None:
    path = PAGES.get(name, "/yoxdur")
    answer = httpx.get(f"{running.url}{path}?lang={lang}", headers={"Accept": "text/html"})
    text = answer.text
    assert f'<html lang="{lang}">' in text and answer.headers["content-language"] == lang
    assert len(re.findall(r"<h1[ >]", text)) == 1
    assert re.search(r"<title>[^<]{8,}</title>", text)
    assert re.search(r'<meta name="description" content="[^"]{20,}">', text)
    assert len(re.findall(r'<link rel="alternate" hreflang="(?:az|en|ru|x-default)"', text)) == 4
    assert len(re.findall(r'<link rel="canonical"', text)) == 1
    if lang != "az" and name != "docs":
        assert "Əsas məzmuna keç" not in text


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


BROWSER = {"Accept": "text/html"}
REFUSALS: dict[int, dict[str, Any]] = {
    403: {"method": "POST", "url": "/key", "headers": {**BROWSER, "Sec-Fetch-Site": "cross-site"}},
    404: {"method": "GET", "url": "/clusters/yoxdur", "headers": BROWSER},
    413: {"method": "POST", "url": "/key", "headers": {**BROWSER, "Content-Length": "9" * 12}},
    422: {"method": "GET", "url": "/?page=0", "headers": BROWSER},
    500: {"method": "GET", "url": "/", "headers": BROWSER},
}


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
@pytest.mark.parametrize("status", REFUSALS)
def test_no_serious_finding_on_error_pages(
    open_page: Any, running: Any, monkeypatch: pytest.MonkeyPatch, size: str, status: int
) -> None:
    """The refusal is asked for as it comes about, and shown by the browser as the service sent it."""

    def fail(*_: Any) -> None:
        raise RuntimeError

    if status == 500:
        monkeypatch.setattr(running.service, "clusters", fail)
    connection = HTTPConnection(running.url.removeprefix("http://"))
    connection.request(**REFUSALS[status])  # which lets a length be declared without a body
    refusal = connection.getresponse()
    assert refusal.status == status
    body = refusal.read()
    connection.close()
    headers = {name: refusal.headers[name] for name in ("content-type", "content-security-policy")}
    page = open_page("/key", size)
    page.route("**/refused", lambda route: route.fulfill(status=status, headers=headers, body=body))
    page.goto(f"{running.url}/refused")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if str(status) not in o]  # the browser notes it itself


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_no_serious_finding_in_a_conflict(open_page: Any, running: Any, size: str) -> None:
    page = open_page("/clusters/ikinci?lang=en", size)
    page.locator("[data-edit='org-6']").click()
    form = page.locator("#organisation-form")
    expect(form.locator("[name=name]")).not_to_have_value("")
    change = {"specialisation": f"somebody else's on a {size}"}
    url = f"{running.url}/api/v1/clusters/ikinci/participants"
    revision = httpx.get(url).headers["x-register-revision"]
    patched = httpx.patch(f"{url}/org-6", json=change, headers={"If-Match": f'"{revision}"'})
    assert patched.status_code == 200
    form.locator("[name=specialisation]").fill(f"mine on a {size}")
    form.locator("button[type=submit]").click()
    expect(form.locator(".conflict")).to_be_visible()
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(RUN) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened = open_page.opened[-1]
    opened.offences = [o for o in opened.offences if "412" not in o]


@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_no_serious_finding_while_an_import_works_and_when_it_is_done(
    open_page: Any, running: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: str
) -> None:
    code = f"novbe-{size}"
    fill(running.service, code, "Növbə klasteri")
    file = tmp_path / "reyestr.csv"
    file.write_text(REGISTER, "utf-8")
    page = open_page(f"/clusters/{code}/import?lang=en", size)

    def check() -> None:
        page.wait_for_selector("html[data-ready]", state="attached")
        page.evaluate(AXE.read_text("utf-8"))
        assert page.evaluate(RUN) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.locator("input[type=file]").set_input_files(file)
    page.wait_for_url("**/columns?**")
    address = page.url
    page.route("**/state*", lambda route: route.fulfill(json={"state": "working", "progress": 0.4}))
    with monkeypatch.context() as working:
        working.setattr(Draft, "state", "working")
        page.goto(address)
        page.locator("#working").wait_for()
        check()
    page.unroute("**/state*")  # from now on the page hears that the work is done, and goes on
    for button in ("button[value=on]", "#on", "#commit"):
        page.locator(button).click()
    page.locator("#done").wait_for()
    check()
    running.service.store.delete_cluster(code, by="test")
