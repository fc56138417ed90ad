"""Two parts of a layout at a time: the same sheet, and nothing lost where the other process fails."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest
import sheet_scenes as scenes

from geoservice.errors import RenderError
from geoservice.render import sheet_kept, sheet_layout, sheet_pair
from geoservice.render.sheet import render_sheet
from geoservice.render.sheet_pair import both


@pytest.fixture
def one_sheet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command that draws one sheet; after the test none of its processes is left, not even to be asked."""
    started: list[int] = []
    fork = os.fork

    def counted() -> int:
        started.append(fork())
        return started[-1]

    monkeypatch.setattr(sheet_kept, "lasting", False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(os, "fork", counted)
    yield
    for process in started:
        with pytest.raises(ChildProcessError):
            os.waitpid(process, os.WNOHANG)


def here() -> int:
    return os.getpid()


@pytest.mark.usefixtures("one_sheet")
def test_one_part_is_done_by_another_process() -> None:
    aside, own = both(os.getpid, here, worth=True)
    assert own == os.getpid() != aside


@pytest.mark.usefixtures("one_sheet")
def test_an_answer_larger_than_a_pipe_arrives_whole() -> None:
    aside, _ = both(lambda: b"x" * 3_000_000, here, worth=True)
    assert aside == b"x" * 3_000_000


@pytest.mark.usefixtures("one_sheet")
@pytest.mark.parametrize("worth", [True, False])
def test_what_is_not_worth_it_is_done_here(worth: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if worth:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert both(os.getpid, here, worth=worth) == (os.getpid(), os.getpid())


def test_a_service_forks_no_process() -> None:
    assert sheet_kept.lasting
    assert both(os.getpid, here, worth=True) == (os.getpid(), os.getpid())


def refused() -> NoReturn:
    raise RenderError("sheet.too_dense", paper="A4")


def killed_elsewhere(by: int) -> Callable[[], str]:
    def work() -> str:
        if os.getpid() != by:
            os.kill(os.getpid(), signal.SIGKILL)
        return "done here"

    return work


@pytest.mark.usefixtures("one_sheet")
def test_an_error_in_the_other_process_is_raised_here() -> None:
    with pytest.raises(RenderError) as caught:
        both(refused, here, worth=True)
    assert caught.value.code == "sheet.too_dense"


@pytest.mark.usefixtures("one_sheet")
def test_what_another_process_did_not_finish_is_done_here() -> None:
    assert both(killed_elsewhere(os.getpid()), here, worth=True) == ("done here", os.getpid())
    unfit = lambda: open(os.devnull)  # noqa: E731, SIM115, PTH123  # cannot be pickled
    aside, _ = both(unfit, here, worth=True)
    aside.close()


@pytest.mark.usefixtures("one_sheet")
def test_an_error_here_leaves_no_process_behind() -> None:
    with pytest.raises(RenderError):
        both(lambda: b"x" * 3_000_000, refused, worth=True)


@pytest.mark.usefixtures("one_sheet")
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_a_sheet_laid_out_by_two_is_the_one_laid_out_by_one(
    orientation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = scenes.FrameRequest(orientation=orientation)  # type: ignore[arg-type]
    scene = scenes.scene(scenes.stress(160), request=request)
    forked: list[int] = []
    fork = os.fork

    def counting() -> int:
        forked.append(1)
        return fork()

    monkeypatch.setattr(sheet_pair.os, "fork", counting)
    sheet_kept.forget()
    by_two = render_sheet(scene, catalog=scenes.catalog())
    assert forked
    forked.clear()
    sheet_kept.forget()
    monkeypatch.setattr(sheet_layout, "PAIRED", 1000)
    assert render_sheet(scene, catalog=scenes.catalog()) == by_two
    assert not forked
