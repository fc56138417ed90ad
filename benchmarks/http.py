"""GeoJSON over HTTP: requests in a second for 30 and for 1,000 organisations, on one kept connection.

Peers, under the same server in the same run: a FastAPI route that returns a dict, a pydantic response model,
orjson, and bytes that were made beforehand. Goal: at least 10 times the response model.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.harness import Result, compare, show
from benchmarks.pipeline import register_csv
from benchmarks.startup import PROGRAM, answers, free_port

SECONDS, ROUNDS = 2.0, 3
PEERS = """
import sys
import orjson, uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel

app = FastAPI()
body = open(sys.argv[2], "rb").read()
data = orjson.loads(body)

class Geometry(BaseModel):
    type: str
    coordinates: list[float]

class Feature(BaseModel):
    type: str
    id: str
    geometry: Geometry | None
    properties: dict

class Collection(BaseModel):
    type: str
    features: list[Feature]

model = Collection.model_validate(data)

@app.get("/healthz")
def health() -> dict: return {}

@app.get("/dict")
def as_dict(): return data

@app.get("/model", response_model=Collection)
def as_model(): return model

@app.get("/orjson")
def as_orjson(): return Response(orjson.dumps(data), media_type="application/geo+json")

@app.get("/bytes")
def as_bytes(): return Response(body, media_type="application/geo+json")

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


def answer_length(head: bytes) -> int:
    """The Content-Length of a response's head."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError(head)


def ask(connection: socket.socket, request: bytes) -> int:
    """Send a request and read its whole answer; return the answer's bytes."""
    connection.sendall(request)
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += connection.recv(262_144)
    if not data.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(data[:200])
    wanted = end + 4 + answer_length(data[:end])
    have = len(data)
    while have < wanted:
        have += len(connection.recv(1_048_576))
    return wanted


def rate(name: str, port: int, path: str, headers: str = "") -> Result:
    """Ask again and again; a result's time is that of one request."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n".encode()
    times = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        size = ask(connection, request)
        for _ in range(ROUNDS):
            count, start = 0, time.perf_counter()
            while (elapsed := time.perf_counter() - start) < SECONDS:
                ask(connection, request)
                count += 1
            times.append(elapsed / count)
    made = show(Result(f"{name}, {size / 1024:.0f} KB", tuple(times)))
    print(f"  -> {1 / made.median_s:,.0f} requests in a second")
    return made


def started(command: list[str], port: int) -> subprocess.Popen[bytes]:
    """Start a server and wait until it answers."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not answers(port):
        if process.poll() is not None:
            raise RuntimeError(f"{command} did not start")
        time.sleep(0.01)
    return process


def one_size(folder: Path, rows: int) -> None:
    """Serve a register of so many organisations from our service and from the peers."""
    data, file = folder / f"data{rows}", folder / "register.csv"
    file.write_bytes(register_csv(rows))
    command = [str(PROGRAM), "import", "a", str(file), "--create", "A", "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run(
        [str(PROGRAM), "export", "a", "-o", str(folder / "a.geojson"), "--data", str(data)],
        check=True, capture_output=True,
    )  # fmt: skip
    port, peer_port = free_port(), free_port()
    ours = started([str(PROGRAM), "serve", "--port", str(port), "--data", str(data)], port)
    peers = started([sys.executable, "-c", PEERS, str(peer_port), str(folder / "a.geojson")], peer_port)
    try:
        path = "/api/v1/clusters/a/participants"
        packed = "Accept-Encoding: br, gzip\r\n"
        plain = rate(f"geoservice, {rows} organisations", port, path)
        small = rate(f"geoservice, {rows} organisations, compressed", port, path, packed)
        for name in ("dict", "orjson", "bytes"):
            rate(f"FastAPI, {name}", peer_port, f"/{name}")
        peer = rate("FastAPI, response model", peer_port, "/model", packed)
        compare(plain, peer, faster_by=10)
        compare(small, peer, faster_by=10)
    finally:
        for process in (ours, peers):
            process.send_signal(signal.SIGTERM)
            process.wait()


def main() -> None:
    """Both sizes."""
    with tempfile.TemporaryDirectory() as folder:
        for rows in (30, 1000):
            one_size(Path(folder), rows)


if __name__ == "__main__":
    main()
