"""Two parts of a layout at a time: the same sheet, and nothing lost where the other process fails."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sheet_scenes as scenes

from geoservice.errors import RenderError
from geoservice.render import sheet_kept
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


def done(aside: Callable[[], Any], here: Callable[[], Any], *, worth: bool) -> tuple[Any, Any]:
    first, second = both(aside, here, worth=worth)
    return first, second()


@pytest.mark.usefixtures("one_sheet")
def test_one_part_is_done_by_another_process() -> None:
    aside, own = done(os.getpid, here, worth=True)
    assert own == os.getpid() != aside


@pytest.mark.usefixtures("one_sheet")
def test_an_answer_larger_than_a_pipe_arrives_whole() -> None:
    aside, _ = done(lambda: b"x" * 3_000_000, here, worth=True)
    assert aside == b"x" * 3_000_000


@pytest.mark.usefixtures("one_sheet")
@pytest.mark.parametrize("worth", [True, False])
def test_what_is_not_worth_it_is_done_here(worth: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if worth:
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert done(os.getpid, here, worth=worth) == (os.getpid(), os.getpid())


def test_a_service_forks_no_process() -> None:
    assert sheet_kept.lasting
    assert done(os.getpid, here, worth=True) == (os.getpid(), os.getpid())


def test_one_after_the_other_the_second_is_done_when_it_is_asked_for() -> None:
    order: list[str] = []
    _, second = both(lambda: order.append("first"), lambda: order.append("second"), worth=True)
    assert order == ["first"]
    second()
    assert order == ["first", "second"]


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
        done(refused, here, worth=True)
    assert caught.value.code == "sheet.too_dense"


@pytest.mark.usefixtures("one_sheet")
def test_what_another_process_did_not_finish_is_done_here() -> None:
    assert done(killed_elsewhere(os.getpid()), here, worth=True) == ("done here", os.getpid())
    unfit = lambda: open(os.devnull)  # noqa: E731, SIM115, PTH123  # cannot be pickled
    aside, _ = done(unfit, here, worth=True)
    aside.close()


@pytest.mark.usefixtures("one_sheet")
def test_an_error_here_leaves_no_process_behind() -> None:
    with pytest.raises(RenderError):
        done(lambda: b"x" * 3_000_000, refused, worth=True)


#: A command of its own: forking this process, with the threads of other tests, would be another thing.
PROGRAM = """
import os, sys
cores = set(range(int(sys.argv.pop(1))))
os.sched_getaffinity = lambda process: cores
fork = os.fork
os.fork = lambda: (os.write(2, b"forked"), fork())[1]
from geoservice.entry import main
main()
"""


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_a_sheet_laid_out_by_two_is_the_one_laid_out_by_one(orientation: str, tmp_path: Path) -> None:
    members = scenes.scene(scenes.stress(160)).members
    rows = [(m.name, m.type_title, m.specialisation, m.latitude, m.longitude) for m in members]
    with (tmp_path / "register.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([("Ad", "Növ", "İxtisas", "En", "Uzunluq"), *rows])
    sheets = []
    for cores in (1, 2):
        arguments = [str(cores), "sheet", "register.csv", "-o", f"{cores}.pdf", "--orientation", orientation]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            capture_output=True,
            cwd=tmp_path,
            check=True,
            timeout=120,
        )
        assert (b"forked" in done.stderr) == (cores == 2)
        sheets.append((tmp_path / f"{cores}.pdf").read_bytes())
    assert sheets[0] == sheets[1]
