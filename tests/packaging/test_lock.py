"""The lock: every package pinned with hashes, nothing left out, no index named; hashes are truly checked."""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("constraints.txt", "constraints-dev.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = tuple(PROJECT["project"]["optional-dependencies"])
PIN = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9\-]*)==(?P<version>[0-9][\w.+!]*)(?P<marker> ; [\w\s.'\"<>=!()]+)?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)


@cache
def pins(lock: str) -> tuple[re.Match[str], ...]:
    return tuple(PIN.finditer((ROOT / lock).read_text("utf-8")))


def locked(*locks: str) -> dict[str, list[Requirement]]:
    """Name -> its pins; more than one where Python versions need different releases."""
    found: dict[str, list[Requirement]] = {}
    for lock in locks:
        for pin in pins(lock):
            requirement = Requirement(f"{pin['name']}=={pin['version']}{pin['marker'] or ''}")
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def applies(requirement: Requirement, extras: frozenset[str] = frozenset()) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""})


def declared(section: str) -> list[Requirement]:
    if section == "build":
        return [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    if section == "runtime":
        return [Requirement(text) for text in PROJECT["project"]["dependencies"]]
    return [Requirement(text) for text in PROJECT["project"]["optional-dependencies"][section]]


def closure(requirements: list[Requirement]) -> set[str]:
    """Names of all that is needed here for ``requirements``, read from the installed packages."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [r for r in requirements if applies(r)]
    while todo:
        requirement = todo.pop()
        extras = frozenset(requirement.extras)
        key = (canonicalize_name(requirement.name), extras)
        if key in seen:
            continue
        seen.add(key)
        needs = importlib.metadata.distribution(requirement.name).requires or []
        todo += [r for r in map(Requirement, needs) if applies(r, extras)]
    return {name for name, _ in seen}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_is_a_pin_with_hashes(lock: str) -> None:
    rest = PIN.sub("", (ROOT / lock).read_text("utf-8"))
    assert [line for line in rest.splitlines() if not line.startswith("#")] == []
    assert "://" not in rest
    assert not re.search(r"(^|\s)-(i|f|-index|-extra|-find)", rest)


def test_no_package_is_locked_twice() -> None:
    assert not set(locked("constraints.txt")) & set(locked("constraints-dev.txt"))
    for name, versions in locked(*LOCKS).items():
        assert sum(map(applies, versions)) <= 1, name
        assert len(versions) == 1 or all(version.marker for version in versions), name


@pytest.mark.parametrize(
    ("section", "locks"),
    [("build", LOCKS[:1]), ("runtime", LOCKS[:1]), *((extra, LOCKS) for extra in EXTRAS)],
)
def test_what_the_project_asks_for_is_locked(section: str, locks: tuple[str, ...]) -> None:
    pinned = locked(*locks)
    for requirement in declared(section):
        versions = pinned[canonicalize_name(requirement.name)]
        for version in versions:
            (pin,) = version.specifier
            assert requirement.specifier.contains(pin.version), f"{version}: run make lock"


@pytest.mark.parametrize(
    ("sections", "locks"), [(("build", "runtime"), LOCKS[:1]), (("build", "runtime", *EXTRAS), LOCKS)]
)
def test_what_those_need_in_turn_is_locked(sections: tuple[str, ...], locks: tuple[str, ...]) -> None:
    needed = closure([requirement for section in sections for requirement in declared(section)])
    assert needed <= set(locked(*locks))


def test_the_environment_holds_the_locked_versions() -> None:
    for name, versions in locked(*LOCKS).items():
        for version in filter(applies, versions):
            (pin,) = version.specifier
            assert importlib.metadata.version(name) == pin.version, f"{name}: run make dev"


def test_npm_lock_has_hashes_and_no_addresses() -> None:
    import json

    lock = json.loads((ROOT / "geoservice/assets/package-lock.json").read_text("utf-8"))
    for path, package in lock["packages"].items():
        assert "resolved" not in package, path
        assert path == "" or package["integrity"].startswith("sha512-"), path


def tiny_wheel(folder: Path) -> tuple[Path, str]:
    """Write a package of one module and return it with the SHA-256 of its file."""
    content = {
        "tiny.py": b"",
        "tiny-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, data in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
        record += f"{name},sha256={digest},{len(data)}\n"
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
        archive.writestr("tiny-1.0.dist-info/RECORD", record + "tiny-1.0.dist-info/RECORD,,\n")
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def lock_options() -> list[str]:
    """The options with which the Makefile installs the lock."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    lines = re.findall(r"^\t\$\(PIP\) (.*--requirement .*)$", makefile, re.MULTILINE)
    assert len(lines) == len(LOCKS)
    for line in lines:
        assert line.startswith("--require-hashes --requirement constraints.txt")
    return lines[0].replace("constraints.txt", "").split()


@pytest.mark.parametrize("truth", [True, False], ids=["as locked", "another file"])
def test_a_file_with_another_hash_is_refused(tmp_path: Path, truth: bool) -> None:
    wheel, digest = tiny_wheel(tmp_path)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"tiny==1.0 \\\n    --hash=sha256:{digest if truth else '0' * 64}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index"]
    pip += ["--find-links", str(wheel.parent), "--target", str(tmp_path / "out"), *lock_options(), str(lock)]
    done = subprocess.run(pip, capture_output=True, text=True)
    assert (done.returncode == 0) is truth
    assert (tmp_path / "out" / "tiny.py").exists() is truth
    assert truth or "0" * 64 in done.stderr


def imported_by(folder: Path) -> dict[str, str]:
    """Top-level names of the modules that the sources import anywhere, and one file that does."""
    found: dict[str, str] = {}
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            found |= {name.partition(".")[0]: str(path.relative_to(ROOT)) for name in names}
    return found


def test_what_the_service_imports_is_declared() -> None:
    """Late imports too: what only the tests' environment holds would be missing where the wheel is used."""
    sections = ["runtime", *(extra for extra in EXTRAS if extra not in {"dev", "derive"})]
    names = {canonicalize_name(requirement.name) for section in sections for requirement in declared(section)}
    providers = importlib.metadata.packages_distributions()
    missing = {
        module: where
        for module, where in imported_by(ROOT / "geoservice").items()
        if module not in sys.stdlib_module_names
        and module != "geoservice"
        and not {canonicalize_name(name) for name in providers.get(module, [])} & names
    }
    assert missing == {}
