"""The wheel is whole: built and installed by the image's own steps, it makes a sheet far from the sources."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fresh import ROOT, copy_tree

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """An environment that holds the wheel and its locked dependencies, and an empty folder to work in."""

    wheel: Path
    environment: Path
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """What a user of the environment has set."""
        return {"PATH": f"{self.environment / 'bin'}:{os.environ['PATH']}", "HOME": str(self.folder)}


def build_steps() -> list[str]:
    """The RUN instructions of the Dockerfile's stages before the last, in order."""
    stages = (ROOT / "Dockerfile").read_text("utf-8").split("\nFROM ")[1:-1]
    return [step for stage in stages for step in re.findall(r"^RUN (.*)$", stage, re.MULTILINE)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., object]) -> Iterator[Installed]:
    base = tmp_path_factory.mktemp("wheel")
    tree = copy_tree(base / "src")
    result = Installed(tree / "dist", base / "environment", base / "elsewhere")
    result.folder.mkdir()
    # VENV as the image sets it; the rest is this machine's environment, with its package indexes and caches.
    variables = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "MAKEFLAGS"}}
    steps = build_steps()
    assert len(steps) == 2
    for step in steps:
        # Needs the package registries, as `make serve` does; without them it fails with what pip or npm says.
        run(["bash", "-euc", step], tree, variables | {"VENV": str(result.environment)})
    (wheel,) = result.wheel.glob("*.whl")
    kept = base / wheel.name
    shutil.move(wheel, kept)
    shutil.rmtree(tree)  # nothing may be read from the sources any more
    yield Installed(kept, result.environment, result.folder)
    shutil.rmtree(base)


def test_what_is_inside_and_what_is_not(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    shared = {
        f"geoservice/_shared/{path.relative_to(ROOT)}"
        for folder in ("layers", "styles")
        for kind in ("*.toml", "*.geojson", "*.svg", "*.typ")
        for path in (ROOT / folder).rglob(kind)
        if not path.is_relative_to(ROOT / "layers" / "sources")
    }
    assert shared <= names
    assert {name.replace(".geojson", ".packed") for name in shared if "layers/data/" in name} <= names
    assert "geoservice/assets/vendor/manifest.json" in names
    assert any(re.fullmatch(r"geoservice/_shared/styles/fonts/.*\.ttf", name) for name in names)
    for lang in ("az", "en", "ru"):
        assert f"geoservice/locales/{lang}/errors.toml" in names
    outside = {name.split("/")[0] for name in names}
    assert len(outside) == 2
    assert "geoservice" in outside
    assert not [name for name in names if re.search(r"node_modules|__pycache__|/tests?/|\.pyc$", name)]


def test_the_packed_catalogue_is_the_one_in_use(installed: Installed, run: Callable[..., object]) -> None:
    code = "from geoservice.catalog import Catalog, builtin_root; Catalog(); print(builtin_root())"
    done = run([str(installed.environment / "bin/python"), "-c", code], installed.folder, installed.variables)
    root = Path(done.stdout.strip())
    assert root.name == "_shared"
    assert root.is_relative_to(installed.environment)


def test_a_sheet_and_a_map_of_the_demo(installed: Installed, run: Callable[..., object]) -> None:
    program = str(installed.environment / "bin/geoservice")
    call = lambda *arguments: run([program, *arguments], installed.folder, installed.variables)  # noqa: E731
    cluster = call("demo", "--data", "data").stdout.split()[0]
    call("sheet", cluster, "--data", "data", "-o", "scheme.pdf")
    pdf = (installed.folder / "scheme.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) > 20_000
    call("map", cluster, "--data", "data", "-o", "scheme.html")
    assert "leaflet" in (installed.folder / "scheme.html").read_text("utf-8").lower()
