"""Modules that wait until somebody asks for them."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from geoservice.cli.later import put_off

REGISTER = "Ad;Növ;Enlik;Uzunluq\nBakı Polad MMC;İri istehsal müəssisəsi;40,4;49,8\n"
SOURCE = "loaded = True\n\n\ndef doubled(number):\n    return 2 * number\n"


@pytest.fixture(autouse=True)
def finders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])


@pytest.fixture
def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "late_pack").mkdir()
    (tmp_path / "late_pack" / "__init__.py").write_text("")
    (tmp_path / "late_pack" / "part.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    yield "late_pack.part"
    for name in ("late_pack.part", "late_pack"):
        sys.modules.pop(name, None)


def really_loaded(name: str) -> bool:
    return getattr(sys.modules.get(name), "__file__", None) is not None


def test_a_module_waits_until_something_in_it_is_asked_for(waiting: str) -> None:
    put_off(waiting)
    module = importlib.import_module(waiting)
    package = sys.modules["late_pack"]
    assert not really_loaded(waiting)
    assert package.part is module
    assert module.doubled(4) == 8
    assert really_loaded(waiting)
    assert package.part is sys.modules[waiting]


def test_a_function_that_is_taken_out_loads_its_module_when_called(waiting: str) -> None:
    put_off(waiting, "doubled")
    names: dict[str, object] = {}
    exec("from late_pack.part import doubled", names)  # as a package would import it
    assert not really_loaded(waiting)
    assert names["doubled"](21) == 42  # type: ignore[operator]
    assert really_loaded(waiting)


def test_what_is_not_named_is_the_modules_own(waiting: str) -> None:
    put_off(waiting, "doubled")
    names: dict[str, object] = {}
    exec("from late_pack.part import loaded", names)
    assert names["loaded"] is True
    with pytest.raises(ImportError):
        exec("from late_pack.part import absent", names)


def test_a_module_in_use_stays_as_it_is(waiting: str) -> None:
    module = importlib.import_module(waiting)
    put_off(waiting)
    assert sys.modules[waiting] is module


def run(*args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *args], capture_output=True, text=True, cwd=cwd, check=True)


def test_a_sheet_of_a_file_loads_nothing_of_the_net(tmp_path: Path) -> None:
    (tmp_path / "register.csv").write_text(REGISTER, "utf-8")
    program = "from geoservice.entry import main; main()"
    done = run("-X", "importtime", "-c", program, "sheet", "register.csv", cwd=tmp_path)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert (tmp_path / "register.pdf").is_file()
    assert {"pyproj.transformer", "segno.writers"} <= loaded
    assert not loaded & {
        "http.client",
        "ssl",
        "email.message",
        "importlib.metadata._adapters",
        "pyproj._sync",
        "numpy.linalg._linalg",
    }


@pytest.mark.parametrize(
    ("put", "asked", "said"),
    [
        ("'importlib.metadata'", "import pyproj; pyproj.show_versions()", "certifi"),
        ("'numpy.linalg', 'inv'", "import numpy; print(numpy.linalg.norm([3, 4]))", "5.0"),
        ("'numpy.linalg', 'inv'", "import numpy; print(numpy.matrix([[4.0]]).I)", "[[0.25]]"),
    ],
)
def test_packages_still_do_what_they_put_off(tmp_path: Path, put: str, asked: str, said: str) -> None:
    done = run("-c", f"from geoservice.cli.later import put_off; put_off({put}); {asked}", cwd=tmp_path)
    assert said in done.stdout
