"""The program's entry: the overview of commands at once, everything else through click.

Importing click takes three times as long as starting Python; the overview is a prepared text, which
``.ci/overview.py`` writes from click's own and a test compares with it.
"""

import os
import sys

LANGUAGES, DEFAULT = ("az", "en", "ru"), "az"


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        asked = os.environ.get("GEOSERVICE_LANG", DEFAULT)
        lang = asked if asked in LANGUAGES else DEFAULT
        folder = os.path.dirname(__file__)  # noqa: PTH120 - pathlib alone would double the time
        with open(f"{folder}/locales/{lang}/overview.txt", encoding="utf-8") as text:  # noqa: PTH123
            sys.stdout.write(text.read())
        return
    from geoservice.cli import main as commands

    commands(prog_name="geoservice")
