"""Fixtures of the tests of packaging: a new user's machine, and a way to run commands."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from fresh import ROOT, FreshClone


@pytest.fixture(scope="session")
def fresh_clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshClone]:
    """A new user's machine: the clone of what is committed, nothing set up, nothing in the home."""
    base = tmp_path_factory.mktemp("new-user")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(base / "geoservice")], check=True)
    clone = FreshClone(base / "geoservice", base / "home")
    yield clone
    for running in clone.started:
        running.end()
    shutil.rmtree(base)  # an environment takes most of a gigabyte


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in a folder with an environment; fail with its output when it does."""

    def call(
        command: list[str], cwd: Path, env: Mapping[str, str], timeout_s: float = 300
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=dict(env),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return call
