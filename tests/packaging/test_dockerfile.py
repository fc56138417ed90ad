"""The Dockerfile, as far as it can be checked without an engine; the test of the wheel runs its steps."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, with continued lines joined and comments left out."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", "", text)
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, value) for name, value in lines]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_stages_user_and_health() -> None:
    steps = instructions()
    bases = [value for name, value in steps if name == "FROM"]
    assert len(bases) == 3
    assert "slim" in bases[-1]
    last = dict(steps[len(steps) - 1 - [name for name, _ in reversed(steps)].index("FROM") :])
    assert int(last["USER"]) >= 1000
    assert "/healthz" in last["HEALTHCHECK"]
    assert last["EXPOSE"] == "8000"
    assert last["VOLUME"] == "/data"
    assert last["ENTRYPOINT"] == '["geoservice"]'


def test_no_key_and_no_secret_is_written_into_the_image() -> None:
    values = [value for name, value in instructions() if name in {"ENV", "ARG"}]
    assert not any(re.search(r"KEY|SECRET|TOKEN|PASSWORD", value, re.IGNORECASE) for value in values)


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    ignored = {
        line.strip("/")
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    }
    copied = [value.split() for name, value in instructions() if name == "COPY"]
    for source in (name for words in copied if "--from" not in words[0] for name in words[:-1]):
        assert (ROOT / source).exists(), source
        assert source not in ignored
    for needed in ("constraints.txt", "pyproject.toml", "README.md", "layers", "styles", "geoservice"):
        assert (ROOT / needed).exists(), needed
        assert needed not in ignored
