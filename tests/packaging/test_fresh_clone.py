"""A new user's first and second `make serve`, on a machine where nothing is set."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from fresh import FreshClone

pytestmark = pytest.mark.slow


def ask(url: str, body: dict[str, Any] | None = None) -> Any:
    """GET, or POST of JSON, on loopback."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def test_first_start_has_the_demo_and_the_second_keeps_what_was_made(
    fresh_clone: FreshClone, tmp_path: Path
) -> None:
    first = fresh_clone.serve(DATA=str(tmp_path / "data"))
    demo = {cluster["code"] for cluster in ask(f"{first.url}/api/v1/clusters")}
    assert len(demo) >= 2
    ask(f"{first.url}/api/v1/clusters", {"code": "own", "title": "Öz klasterim"})
    first.end()

    second = fresh_clone.serve(DATA=str(tmp_path / "data"))
    assert {cluster["code"] for cluster in ask(f"{second.url}/api/v1/clusters")} == demo | {"own"}
    assert not any("Installing" in line or "npm ci" in line for line in second.lines)


def test_a_clone_stays_clean(fresh_clone: FreshClone) -> None:
    """What set-up and start make is ignored by git, so that a user's folder shows only the user's changes."""
    import subprocess

    fresh_clone.serve().end()
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=fresh_clone.folder, check=True, capture_output=True, text=True
    )
    assert changed.stdout == ""
