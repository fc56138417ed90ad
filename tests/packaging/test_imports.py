"""What starts often starts light: libraries that take long to import wait until they are used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "esda", "folium", "geopandas", "libpysal", "matplotlib", "openpyxl", "pandas", "pyogrio", "pyproj",
    "python_calamine", "scipy", "shapely", "typst",
}  # fmt: skip
#: The command line's help needs no web framework either.
WEB = {"babel", "fastapi", "numpy", "pydantic", "starlette", "uvicorn"}

APP = """
from pathlib import Path
from geoservice.api.server import build
from geoservice.settings import Settings
build(Settings(data=Path({data!r}), demo=False))
"""
HELP = """
import contextlib, io
from geoservice.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    sys.argv = ["geoservice", "--help"]
    main()
"""


def imported(code: str) -> set[str]:
    """Names of the top-level modules that are imported after ``code`` ran in a new process."""
    program = f"import json, sys\n{code}\nprint(json.dumps([m.partition('.')[0] for m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("code", ["import geoservice.cli", HELP], ids=["import", "--help"])
def test_command_line(code: str) -> None:
    assert imported(code) & (HEAVY | WEB) == set()


@pytest.mark.parametrize("module", ["geoservice.api.app", "geoservice.api.server", "geoservice.service"])
def test_service(module: str) -> None:
    assert imported(f"import {module}") & HEAVY == set()


def test_application_with_its_store(tmp_path: Path) -> None:
    assert imported(APP.format(data=str(tmp_path))) & HEAVY == set()
    assert list(tmp_path.iterdir()) != []
