"""A browser whose every page must stay silent, ask nobody else and break no policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.web import scenes
from tests.web.service import Running, fill

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desk": (1440, 900)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with one cluster that holds hostile values and one that does not."""
    service = Running(tmp_path_factory.mktemp("data"))
    fill(service.service, "ikinci", "Gəncə alüminium klasteri")
    service.service.extra["sinaq"] = tuple(
        scenes.hostile_member(101 + place, text) for place, text in enumerate(scenes.HOSTILE)
    )
    yield service
    service.stop()


class Watched:
    """A page with a list of everything that it must not do."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.offences: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.offences.append(f"error: {error}"))
        page.on("request", lambda request: self._check(request.url, origin))
        page.on("requestfailed", self._failed)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.offences.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            self.offences.append(f"failed: {request.url}")

    def _check(self, url: str, origin: str) -> None:
        if not url.startswith((f"{origin}/", "data:", "blob:")):
            self.offences.append(f"foreign: {url}")


@pytest.fixture
def open_page(browser: Browser, running: Running) -> Iterator[Any]:
    """open_page(path, size="desk") -> a page of the service; silence is checked at the end."""
    opened: list[Watched] = []
    contexts = []

    def opener(path: str, size: str = "desk", url: str = running.url) -> Page:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, reduced_motion="reduce"
        )
        contexts.append(context)
        watched = Watched(context.new_page(), url)
        opened.append(watched)
        watched.page.goto(url + path)
        watched.page.wait_for_selector("html[data-ready]", state="attached")
        return watched.page

    opener.opened = opened  # type: ignore[attr-defined]
    yield opener
    offences = [offence for watched in opened for offence in watched.offences]
    for context in contexts:
        context.close()
    assert offences == []
