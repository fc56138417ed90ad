"""A PostgreSQL server for the tests: one of our own, or that of the DSN in GEOSERVICE_TEST_POSTGIS.

The tests drop and empty the schema ``geoservice`` there and need the rights of a superuser: name no database
that holds anything.
"""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

DSN = os.environ.get("GEOSERVICE_TEST_POSTGIS")


def _programs() -> Path | None:
    """The folder of PostgreSQL's programs, if PostGIS is installed for them."""
    folders = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        extensions = Path("/usr/share/postgresql") / folder.parent.name / "extension"
        if (folder / "initdb").exists() and (extensions / "postgis.control").exists():
            return folder
    return None


def available() -> bool:
    """Whether the PostGIS back end can be tested here."""
    return importlib.util.find_spec("psycopg") is not None and (DSN is not None or _programs() is not None)


def _owner() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "postgres" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server() -> Iterator[str]:
    """Run a server for as long as the block; give its DSN."""
    if DSN is not None:
        yield DSN
        return
    programs, owner = _programs(), _owner()
    assert programs is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if owner:
            shutil.chown(folder, owner)
        data, port = Path(folder) / "data", _free_port()
        run = {"user": owner, "cwd": folder, "check": True, "stdout": subprocess.DEVNULL}
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", "geoservice", "-E", "UTF8", "-A", "trust", "--no-sync"],
            **run,
        )
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
        )
        control = [programs / "pg_ctl", "-D", data, "-w", "-s"]
        subprocess.run([*control, "-l", Path(folder) / "log", "-o", options, "start"], **run)
        try:
            yield f"host=127.0.0.1 port={port} user=geoservice dbname=postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)
