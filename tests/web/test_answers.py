"""Answers over HTTP: errors as pages for readers and as problems for programs; validators and compression."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest

from tests.web.service import Running

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CLUSTER = "/api/v1/clusters/ikinci"


@pytest.mark.parametrize(("lang", "words"), [("az", "Səhifə tapılmadı"), ("ru", "Страница не найдена")])
@pytest.mark.parametrize(
    "path", ["/yoxdur", "/clusters/yoxdur", "/api/v1/clusters/yoxdur", "/atlas/points/9999999"]
)
def test_a_reader_gets_a_page_in_the_language_asked_for(
    running: Running, path: str, lang: str, words: str
) -> None:
    answer = httpx.get(f"{running.url}{path}?lang={lang}", headers=BROWSER)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert f"<h1>{words}</h1>" in answer.text and f'<html lang="{lang}">' in answer.text
    assert answer.headers["vary"].lower().split(", ").count("accept") == 1


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5", ""])
@pytest.mark.parametrize("path", ["/yoxdur", "/api/v1/clusters/yoxdur"])
def test_a_program_gets_a_problem(running: Running, path: str, accept: str) -> None:
    answer = httpx.get(running.url + path, headers={"Accept": accept})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/?page=0", 422), ("GET", "/?lang=xx", 422), ("DELETE", "/key", 405)],
)
def test_every_refusal_of_a_page_is_a_page(running: Running, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, running.url + path, headers=BROWSER)
    assert answer.status_code == status and "<h1>" in answer.text


def test_a_failure_inside_is_a_page_with_the_headers(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("<script>alert(1)</script>")

    monkeypatch.setattr(running.service, "clusters", fail)
    answer = httpx.get(f"{running.url}/?lang=en", headers=BROWSER)
    assert answer.status_code == 500 and "Something went wrong" in answer.text
    assert "alert(1)" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_hostile_addresses_stay_text(running: Running) -> None:
    answer = httpx.get(f"{running.url}/%3Cscript%3Ewindow.hacked=1%3C/script%3E", headers=BROWSER)
    assert answer.status_code == 404 and "<script>window" not in answer.text


@pytest.mark.parametrize(
    "path", [f"{CLUSTER}/concentration", f"{CLUSTER}/scheme.html", f"{CLUSTER}/scheme.html?inline=true",
             f"{CLUSTER}/participants", f"{CLUSTER}/export.xlsx"],
)  # fmt: skip
@pytest.mark.parametrize("coding", ["br", "gzip", "identity"])
def test_what_is_held_is_not_sent_again(running: Running, path: str, coding: str) -> None:
    headers = {"Accept-Encoding": coding}
    first = httpx.get(running.url + path, headers=headers)
    assert first.status_code == 200
    again = httpx.get(running.url + path, headers={**headers, "If-None-Match": first.headers["etag"]})
    assert again.status_code == 304 and not again.content
    assert "content-security-policy" not in again.headers  # the page that is held keeps its own nonce


@pytest.mark.parametrize(
    "path", ["/", "/clusters/ikinci", f"{CLUSTER}/participants", f"{CLUSTER}/concentration"]
)
def test_vary_names_each_header_once(running: Running, path: str) -> None:
    for coding in ("br", "gzip", "identity"):
        vary = (
            httpx.get(running.url + path, headers={"Accept-Encoding": coding})
            .headers["vary"]
            .lower()
            .split(", ")
        )
        assert len(vary) == len(set(vary)) and {"accept-encoding", "cookie"} <= set(vary)


@pytest.mark.parametrize("path", [f"{CLUSTER}/export.xlsx", "/api/v1/register-template.xlsx"])
def test_what_is_compressed_is_not_compressed_again(running: Running, path: str) -> None:
    answer = httpx.get(running.url + path, headers={"Accept-Encoding": "gzip, br"})
    assert "content-encoding" not in answer.headers
    assert answer.content.startswith(b"PK")
