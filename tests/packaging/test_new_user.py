"""What a new user does: clone, `make serve`, upload the office's register, see the map, take the sheet."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pypdf
import pytest
from fresh import FreshClone
from messy import SWAPPED_ROW, TAKEN_AT_LEAST, UNPLACED_ROW, UNREADABLE_ROW, write_register
from playwright.sync_api import Page, expect, sync_playwright

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def test_from_a_clone_to_a_scheme(fresh_clone: FreshClone, tmp_path: Path) -> None:
    url = fresh_clone.serve(DATA=str(tmp_path / "data")).url
    register = tmp_path / "Reyestr (son).xlsx"
    write_register(register)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True).new_page()
        heard: list[str] = []
        page.on("console", lambda m: heard.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: heard.append(r.url) if not is_ours(r.url, url) else None)
        make_cluster(page, url)
        import_register(page, url, register)
        see_map_and_verdict(page, url)
        link = page.locator(".page-head .actions a").first.evaluate("link => link.href")
        sheet = page.request.get(link).body()
        browser.close()
    assert heard == []
    text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(sheet)).pages)
    words = re.sub(r"\s+", "", text)
    for name in ("BirinciAlüminium", "ÜçüncüMəftil", "TexnologiyaUniversiteti", "SığortaMərkəzi"):
        assert name in words


def is_ours(address: str, url: str) -> bool:
    return address.startswith((f"{url}/", "data:", "blob:"))


def make_cluster(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Yeni klaster").click()
    page.locator("#new-cluster-form input[name=title]").fill("Gəncəçay klasteri")
    page.get_by_role("button", name="Yarat").click()
    page.wait_for_url("**/clusters/gencecay-klasteri**")


def import_register(page: Page, url: str, register: Path) -> None:
    page.goto(f"{url}/clusters/gencecay-klasteri/import")
    page.locator("input[type=file]").set_input_files(register)
    page.locator("button[value=on]").click()  # the columns are understood
    expect(page.locator("[data-count=read]")).to_have_text("11")
    taken = int(page.locator("[data-count=taken]").inner_text())
    rejected = int(page.locator("[data-count=rejected]").inner_text())
    assert taken + rejected == 11
    assert taken >= TAKEN_AT_LEAST
    rows = page.locator("#problems tbody tr").all_inner_texts()
    for row in (UNREADABLE_ROW, SWAPPED_ROW, UNPLACED_ROW):
        assert any(text.split()[0] == str(row) for text in rows), (row, rows)
    page.locator(f".problem-error tr[data-row='{UNREADABLE_ROW}'] input[name^=cell]").fill("40°41'00\"")
    page.locator("#recheck").click()
    expect(page.locator("[data-count=rejected]")).to_have_text("0")
    page.locator("#on").click()
    expect(page.frame_locator("#preview").locator(".leaflet-marker-icon").first).to_be_visible()
    page.locator("#commit").click()
    expect(page.locator("#done")).to_be_visible()


def see_map_and_verdict(page: Page, url: str) -> None:
    page.goto(f"{url}/clusters/gencecay-klasteri")
    frame = page.frame_locator("#map")
    expect(frame.locator(".leaflet-marker-icon").first).to_be_visible()
    expect(page.locator("#organisations tbody tr")).to_have_count(11)
    expect(page.locator("body")).to_contain_text("Gəncə şəhəri")
    answer = page.request.get(f"{url}/api/v1/clusters/gencecay-klasteri/concentration").json()
    assert answer["verdict"] == "bordering_regions"
