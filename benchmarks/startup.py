"""How long until the command line answers, and until the service does.

Peers: `python -c pass`, and an application of FastAPI with one route under the same server. Goals: `--help`
at most 4 times the first, the service ready in at most 1.3 times the second. Both servers are ready when they
answer a request; the service has its store already, as at every start but the first.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness import Result, compare, measure_command, show

PROGRAM = Path(sys.executable).parent / "geoservice"
ONE_ROUTE = """
import sys
import uvicorn
from fastapi import FastAPI

app = FastAPI()

@app.get("/healthz")
def health() -> dict[str, str]:
    return {"status": "ok"}

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""
LONGEST_START_S = 60


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until_ready(command: Sequence[str], port: int) -> float:
    """Start a server, return the seconds until it answers on /healthz, and end it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not answers(port):
            if process.poll() is not None or time.perf_counter() - start > LONGEST_START_S:
                raise RuntimeError(f"{' '.join(command)} did not start")
            time.sleep(0.002)
        return time.perf_counter() - start
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def answers(port: int) -> bool:
    """Tell whether /healthz on this port answers with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def servers(data: str, runs: int) -> tuple[Result, Result]:
    """Start both servers in turn, so that what slows the machine down slows both."""
    ours, peer = [], []
    for run in range(runs + 1):
        port = free_port()
        service = [str(PROGRAM), "serve", "--port", str(port), "--data", data]
        first = until_ready(service, port)
        port = free_port()
        second = until_ready([sys.executable, "-c", ONE_ROUTE, str(port)], port)
        if run:
            ours.append(first)
            peer.append(second)
    return (
        Result("geoservice serve, until ready", tuple(ours)),
        Result("FastAPI with one route, until ready", tuple(peer)),
    )


def main() -> None:
    """Print the medians and ratios."""
    runs = int(os.environ.get("BENCH_RUNS", "11"))
    nothing = show(measure_command("python -c pass", [sys.executable, "-c", "pass"], runs=runs))
    help_text = show(measure_command("geoservice --help", [str(PROGRAM), "--help"], runs=runs))
    compare(help_text, nothing, at_most=4)
    with tempfile.TemporaryDirectory() as data:
        service, peer = servers(data, runs)
    show(peer)
    show(service)
    compare(service, peer, at_most=1.3)


if __name__ == "__main__":
    main()
