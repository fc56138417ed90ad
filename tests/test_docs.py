"""The README speaks of everything there is: settings, commands, resources, formats."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from geoservice.cli import main
from geoservice.export import FORMATS
from geoservice.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_every_setting_is_documented(name: str) -> None:
    assert f"`{name}`" in README
    assert Settings.model_fields[name.lower()].description


@pytest.mark.parametrize("command", sorted(set(main.commands) - {"clusters", "demo", "serve"}))
def test_every_command_is_shown(command: str) -> None:
    assert f"$ geoservice {command}" in README


def test_every_resource_is_named(demo_client: TestClient) -> None:
    paths = demo_client.get("/openapi.json").json()["paths"]
    words = {segment for path in paths for segment in path.split("/") if segment and "{" not in segment}
    missing = {word for word in words - {"api", "v1", "types", "rulesets"} if word not in README}
    assert missing == set()


def test_every_format_is_named() -> None:
    listed = re.search(r"export\.\{([a-z,]+)\}", README)
    assert listed and set(listed[1].split(",")) == set(FORMATS)


def test_every_picture_is_there() -> None:
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (Path(__file__).parents[1] / picture).is_file(), picture
