"""Write the overview of commands in every language: what `geoservice --help` prints without loading click."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

LOCALES = Path(__file__).parents[1] / "geoservice" / "locales"
CODE = "from geoservice.cli import main; main(['--help'], prog_name='geoservice')"


def overview(lang: str) -> str:
    """What click says of the whole command line, 80 columns wide."""
    env = {**os.environ, "GEOSERVICE_LANG": lang, "COLUMNS": "80", "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, check=True, capture_output=True)
    return done.stdout.decode()


if __name__ == "__main__":
    for folder in sorted(path for path in LOCALES.iterdir() if path.is_dir()):
        (folder / "overview.txt").write_text(overview(folder.name), "utf-8")
