"""Sheets in a process of their own: the same bytes, refusals in full, limits that are said."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import sheet_scenes as scenes
from fastapi.testclient import TestClient
from msgspec.structs import replace

from geoservice.api.app import create_app
from geoservice.errors import BusyError, LimitExceededError, RenderError
from geoservice.i18n import message
from geoservice.render import sheet_worker
from geoservice.render.sheet import DrawnSheet, SheetOptions, render_sheet
from geoservice.render.sheet_worker import SheetWorker
from geoservice.service import GeoService, demo
from geoservice.service.core import Options
from geoservice.settings import Settings
from geoservice.store.memory import MemoryStore


@pytest.fixture
def worker() -> Iterator[SheetWorker]:
    made = SheetWorker(seconds=300.0, megabytes=4096)
    yield made
    made.close()


@pytest.fixture(scope="module")
def few() -> Any:
    return scenes.scene(scenes.demo_participants()[:6])


def child_of(worker: SheetWorker) -> Any:
    assert worker._child is not None
    return worker._child._process


def test_the_worker_gives_the_same_bytes_and_passes_refusals_on(worker: SheetWorker, few: Any) -> None:
    assert worker.draw(few, SheetOptions()).body == render_sheet(few, catalog=scenes.catalog())
    odd = replace(few, cluster_title="Klaster 𓀀")
    with pytest.raises(RenderError) as caught:
        worker.draw(odd, SheetOptions())
    assert "U+13000" in message(caught.value, "az")


def test_sheets_asked_for_at_once_are_each_right(worker: SheetWorker) -> None:
    """Nobody gets another's sheet, and one that is refused harms no other."""
    wanted = [scenes.scene(scenes.demo_participants()[:count]) for count in (1, 2, 3, 4)]
    odd = replace(wanted[0], cluster_title="Klaster 𓀀")
    with ThreadPoolExecutor(5) as threads:
        made = [threads.submit(worker.draw, scene, SheetOptions()) for scene in (*wanted, odd)]
    assert [future.result().body for future in made[:-1]] == [
        render_sheet(scene, catalog=scenes.catalog()) for scene in wanted
    ]
    assert isinstance(made[-1].exception(), RenderError)


def test_a_sheet_that_takes_too_long_is_given_up_and_the_next_one_is_made(few: Any) -> None:
    worker = SheetWorker(seconds=0.0)
    with pytest.raises(LimitExceededError) as caught:
        worker.draw(few, SheetOptions())
    assert not isinstance(caught.value, BusyError)
    assert "0 saniyə" in message(caught.value, "az")
    worker.seconds = 120.0
    try:
        assert worker.draw(few, SheetOptions()).body.startswith(b"%PDF")
    finally:
        worker.close()


def test_a_sheet_that_takes_too_much_memory_is_refused_and_the_next_one_is_made(few: Any) -> None:
    worker = SheetWorker(megabytes=60)
    with pytest.raises(LimitExceededError) as caught:
        worker.draw(scenes.demo(), SheetOptions())
    assert caught.value.code == "sheet.too_much_memory"
    assert "60 MB" in message(caught.value, "en")
    worker.megabytes = 4096
    try:
        assert worker.draw(few, SheetOptions()).body.startswith(b"%PDF")
    finally:
        worker.close()


def test_who_waits_for_another_sheet_is_told_so(worker: SheetWorker, few: Any) -> None:
    worker.seconds = 0.0
    with worker._turn, pytest.raises(BusyError) as caught:
        worker.draw(few, SheetOptions())
    assert caught.value.code == "sheet.busy"
    assert "Try again" in message(caught.value, "en")


def test_a_child_that_is_killed_is_not_called_too_large(worker: SheetWorker, few: Any) -> None:
    worker.draw(few, SheetOptions())
    os.kill(child_of(worker).pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        made = threads.submit(worker.draw, few, SheetOptions())
        os.kill(child_of(worker).pid, signal.SIGKILL)
    error = made.exception()
    if error is None:  # it was seen to be dead before it was asked, and another one was made
        assert made.result().body.startswith(b"%PDF")
    else:
        assert isinstance(error, BusyError)
        assert f"(code -{int(signal.SIGKILL)})" in message(error, "en")
    assert worker.draw(few, SheetOptions()).body.startswith(b"%PDF")


def test_closing_ends_a_sheet_that_is_being_made(worker: SheetWorker, few: Any) -> None:
    worker.draw(few, SheetOptions())
    process = child_of(worker)
    os.kill(process.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        asked = Event()
        ask = worker._child.ask  # type: ignore[union-attr]

        def told(question: Any, until: float) -> Any:
            asked.set()
            return ask(question, until)

        worker._child.ask = told  # type: ignore[union-attr, method-assign]
        made = threads.submit(worker.draw, few, SheetOptions())
        assert asked.wait(60)
        worker.close()
    assert isinstance(made.exception(), BusyError)
    assert not process.is_alive()


def test_a_fault_of_the_program_is_not_hidden(worker: SheetWorker, few: Any) -> None:
    with pytest.raises(RuntimeError) as caught:
        worker.draw(replace(few, members=None), SheetOptions())
    assert "Traceback" in str(caught.value)
    assert worker.draw(few, SheetOptions()).body.startswith(b"%PDF")


OWN_STYLE = """
[[style]]
id = "occupied"
[[style.rule]]
class = "occupied"
[style.rule.title]
az = "a"
en = "b"
ru = "c"
[style.rule.paint]
fill = "#00ff00"
"""


def test_a_changed_catalogue_is_read_anew(tmp_path: Path, few: Any) -> None:
    worker = SheetWorker((tmp_path,), seconds=300.0, megabytes=4096)
    try:
        before = worker.draw(few, SheetOptions(), "one")
        (tmp_path / "styles").mkdir()
        (tmp_path / "styles" / "own.toml").write_text(OWN_STYLE, "utf-8")
        assert worker.draw(few, SheetOptions(), "one") == before
        assert worker.draw(few, SheetOptions(), "two") != before
    finally:
        worker.close()


def test_the_child_ends_when_it_is_over_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []

    class Over(Exception):
        pass

    def leave(code: int) -> None:
        ended.append(code)
        raise Over

    monkeypatch.setattr(sheet_worker.os, "_exit", leave)
    readings = iter([10.0, 60.0, 60.1])
    monkeypatch.setattr(sheet_worker, "_resident_mb", lambda: next(readings))
    with pytest.raises(Over):
        sheet_worker._watch(60)
    assert ended == [sheet_worker.TOO_MUCH_MEMORY]


def test_the_service_answers_others_while_a_sheet_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet is finished only after the other answer has come."""
    service = GeoService(MemoryStore(), Options())
    demo.load(service)
    began, answered = Event(), Event()

    def slow(scene: Any, options: SheetOptions) -> DrawnSheet:
        began.set()
        assert answered.wait(60)
        return DrawnSheet(b"%PDF-", "", 0)

    monkeypatch.setattr(service, "_render", slow)
    with (
        TestClient(create_app(service, Settings()), base_url="http://127.0.0.1") as client,
        ThreadPoolExecutor(1) as threads,
    ):
        made = threads.submit(client.get, "/api/v1/clusters/simal-cenub/scheme.pdf")
        assert began.wait(60)
        assert client.get("/healthz").status_code == 200
        assert client.get("/api/v1/clusters").status_code == 200
        answered.set()
        assert made.result().status_code == 200


def test_a_busy_service_says_so_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    service = GeoService(MemoryStore(), Options())
    demo.load(service)

    def busy(scene: Any, options: SheetOptions) -> DrawnSheet:
        raise BusyError("sheet.busy", seconds="60")

    monkeypatch.setattr(service, "_render", busy)
    with TestClient(create_app(service, Settings()), base_url="http://127.0.0.1") as client:
        answer = client.get("/api/v1/clusters/simal-cenub/scheme.pdf?lang=en")
    assert answer.status_code == 503
    assert answer.json()["code"] == "sheet.busy"
