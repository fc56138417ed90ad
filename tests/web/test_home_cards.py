"""The home page does not wait for the check of a large cluster: the card says so and is filled in later."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from geoservice.api import pages_cards
from geoservice.errors import NotFoundError
from geoservice.model import LOCAL_OPERATOR
from geoservice.service import GeoService

PENDING = {"az": "yoxlanılır", "en": "is being checked", "ru": "проверяется"}


@pytest.fixture
def held(service: GeoService, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A cluster whose check does not end before the event."""
    service.create_cluster(LOCAL_OPERATOR, "boyuk", {"title": "Böyük"})
    body = "Adı;Təşkilatın növü;Koordinatlar\n" + "".join(
        f"T{n};Digər təşkilat;40.59, 49.66\n" for n in range(12)
    )
    service.import_register(LOCAL_OPERATOR, "boyuk", "a.csv", body.encode())
    done, facts = Event(), pages_cards._facts

    def slow(*arguments: Any) -> pages_cards.Facts:
        assert done.wait(60)
        return facts(*arguments)

    monkeypatch.setattr(pages_cards, "CHECKED_AT_ONCE", 5)
    monkeypatch.setattr(pages_cards, "_facts", slow)
    yield done
    done.set()
    service.background.close()


@pytest.mark.parametrize("lang", PENDING)
def test_home_answers_before_the_check(client: TestClient, held: Event, lang: str) -> None:
    first = client.get(f"/?lang={lang}").text
    assert "data-pending" in first and PENDING[lang] in first and "<noscript>" in first and "12" in first
    held.set()
    card = client.get(f"/clusters/boyuk/card?lang={lang}").text
    assert "data-pending" not in card and 'class="verdict verdict-met"' in card
    again = client.get(f"/?lang={lang}").text  # without script, a reload shows it
    assert "data-pending" not in again and 'class="verdict verdict-met"' in again


def test_a_card_that_is_not_ready_says_so(
    client: TestClient, held: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages_cards, "LONG_PATIENCE_S", 0.0)
    assert "data-pending" in client.get("/clusters/boyuk/card").text
    assert client.get("/clusters/yoxdur/card").status_code == 404


def test_a_verdict_is_kept_until_something_changes(client: TestClient, held: Event) -> None:
    held.set()
    assert "12" in client.get("/clusters/boyuk/card").text
    held.clear()
    assert "data-pending" not in client.get("/").text
    made = client.post(
        "/api/v1/clusters/boyuk/participants", json={"name": "Yeni", "organisation_type": "other"}
    )
    assert made.status_code == 201
    assert "data-pending" in client.get("/").text
    held.set()
    assert "data-pending" not in client.get("/clusters/boyuk/card").text


def test_one_broken_cluster_leaves_the_page_to_the_others(
    client: TestClient, service: GeoService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("bir", "iki"):
        service.create_cluster(LOCAL_OPERATOR, code, {"title": code.title()})
    findings = service.findings

    def broken(cluster: Any, *rest: Any) -> Any:
        if cluster.code == "bir":
            raise NotFoundError("boundaries_not_found", layer="x", known="y")
        return findings(cluster, *rest)

    monkeypatch.setattr(service, "findings", broken)
    shown = client.get("/?lang=en")
    assert shown.status_code == 200 and shown.text.count('class="notice"') == 1 and "Iki" in shown.text


@pytest.mark.browser
def test_cards_are_filled_in_and_told(open_page: Any, running: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_cards, "CHECKED_AT_ONCE", 0)
    running.service.memo.clear()
    page = open_page("/?lang=en")
    expect(page.locator(".card[data-pending]")).to_have_count(0)
    expect(page.locator(".card")).to_have_count(len(running.service.store.clusters()))
    expect(page.locator("#home-news")).to_contain_text(":")
