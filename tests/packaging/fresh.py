"""A copy of the tree, a fresh clone, and the service as `make serve` starts it."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def bare_environment(home: Path) -> dict[str, str]:
    """Return the environment of a user who has set nothing: a PATH and an empty home."""
    home.mkdir(exist_ok=True)
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


def copy_tree(target: Path) -> Path:
    """Copy the files that git knows or would take, and nothing that was built, to a new folder."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


@dataclass
class Running:
    """A process of our own and what it printed so far; ended by its id, with all its children."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self._new: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._new.put(line)
        self._new.put(None)

    def wait_for(self, pattern: re.Pattern[str], timeout_s: float) -> str:
        """Return the first match in what is printed from now on; fail with the output so far."""
        expired = threading.Event()
        timer = threading.Timer(timeout_s, lambda: (expired.set(), self._new.put(None)))
        timer.start()
        try:
            while (line := self._new.get()) is not None:
                if found := pattern.search(line):
                    return found.group()
        finally:
            timer.cancel()
        why = f"nothing after {timeout_s} s" if expired.is_set() else "the process ended"
        raise AssertionError(f"waiting for {pattern.pattern}: {why}\n" + "\n".join(self.lines[-40:]))

    def end(self, timeout_s: float = 20) -> int:
        """End the process group politely, then for good; return the exit code."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            os.killpg(self.process.pid, sign)
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                continue
        return self.process.wait()


@dataclass
class FreshClone:
    """A clone of the last commit in an empty folder, and an empty home beside it."""

    folder: Path
    home: Path
    started: list[Running] = field(default_factory=list)

    def serve(self, timeout_s: float = 300, **variables: str) -> Running:
        """Run `make serve` on a free port and wait until it prints its address."""
        port = free_port()
        command = ["make", "serve", f"PORT={port}", *(f"{name}={value}" for name, value in variables.items())]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=bare_environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running = Running(process)
        self.started.append(running)
        running.url = running.wait_for(re.compile(rf"http://[\w.\-]+:{port}"), timeout_s)
        return running
