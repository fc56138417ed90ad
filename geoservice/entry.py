"""The program's entry: the overview of commands at once, everything else through click.

Importing click takes three times as long as starting Python; the overview is a prepared text, which
``.ci/overview.py`` writes from click's own and a test compares with it.
"""

import os
import sys

LANGUAGES, DEFAULT = ("az", "en", "ru"), "az"


class Process:
    """What is known of this process: it runs one command and ends; that leaves nothing to be tidied up."""

    one_command = False
    ends_at_once = False


def main() -> None:
    """Run the command line."""
    Process.one_command = True
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        asked = os.environ.get("GEOSERVICE_LANG", DEFAULT)
        lang = asked if asked in LANGUAGES else DEFAULT
        folder = os.path.dirname(__file__)  # noqa: PTH120 - pathlib alone would double the time
        with open(f"{folder}/locales/{lang}/overview.txt", encoding="utf-8") as text:  # noqa: PTH123
            sys.stdout.write(text.read())
        return
    # No large matrices are multiplied here; the threads that NumPy would start for them wait in a busy loop.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from geoservice.cli import main as commands

    try:
        commands(prog_name="geoservice")
    except SystemExit as end:
        if Process.ends_at_once and isinstance(end.code, int):
            _end(end.code)
        raise


def _end(code: int) -> None:
    """End without freeing object by object what was made, which would take a tenth of a sheet's time."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # Python says so itself when it ends in the usual way
        return
    os._exit(code)
