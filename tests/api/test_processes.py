"""Several processes over one data folder: whatever one of them knows, the others know too."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx2 as httpx
import pytest

from geoservice.model import Cluster
from geoservice.service import GeoService
from geoservice.service.core import Options
from geoservice.store.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]
FILE = "Adı;Təşkilatın növü;VÖEN;Koordinatlar\nPolimer;Digər təşkilat;9999100011;40.6, 49.6\n".encode()
KEY, OTHER_KEY = "k" * 20, "o" * 20
LAYER = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Yol"},' \
    b'"geometry":{"type":"LineString","coordinates":[[49.5,40.5],[49.7,40.6]]}}]}'  # fmt: skip


@contextmanager
def serving(data: Path, *options: str) -> Iterator[str]:
    """A service in a process of its own; gives its address."""
    env = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        "GEOSERVICE_ACCESS_KEYS": f"{KEY}=operator,{OTHER_KEY}=editor",
    }
    command = [sys.executable, "-m", "geoservice.cli", "serve", "--port", "0", "--no-demo", *options]
    with subprocess.Popen(
        [*command, "--data", data], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            found = re.search(r"http://[\d.]+:\d+", said)
            assert found, said
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def client(url: str, key: str = KEY) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/html, */*;q=0.5", "Origin": url}
    return httpx.Client(base_url=url, headers=headers, timeout=60, follow_redirects=True)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, httpx.Client, Path]]:
    data = tmp_path_factory.mktemp("shared")
    with ExitStack() as stack:
        urls = [stack.enter_context(serving(data)) for _ in range(2)]
        one, two = (stack.enter_context(client(url)) for url in urls)
        made = one.post("/api/v1/clusters", json={"code": "k", "title": "Klaster"})
        assert made.status_code == 201
        yield one, two, data


def upload(at: httpx.Client) -> str:
    """Stage a file; returns the address of its draft."""
    answer = at.post("/clusters/k/import", files={"file": ("a.csv", FILE)})
    found = re.search(r"(/clusters/k/import/[\w-]+)/columns", str(answer.url))
    assert answer.status_code == 200 and found, answer.text
    return found[1]


def test_an_import_goes_from_worker_to_worker(pair: tuple[httpx.Client, httpx.Client, Path]) -> None:
    one, two, _ = pair
    draft = upload(one)
    assert draft in two.get("/clusters/k/import").text  # can be taken up there
    columns = two.get(f"{draft}/columns")
    assert columns.status_code == 200 and "Koordinatlar" in columns.text
    assert two.post(f"{draft}/columns", data={"go": "on"}).url.path == f"{draft}/problems"
    shown = one.get(f"{draft}/map")
    version = re.search(r'name="version" value="(\d+)"', shown.text)
    assert version and 'data-count="added">1<' in shown.text
    assert one.get(f"{draft}/preview").status_code == 200
    saved = two.post(f"{draft}/save", data={"version": version[1]})
    assert saved.url.path == f"{draft}/done"
    done = one.get(f"{draft}/done")
    assert done.url.path == f"{draft}/done" and done.status_code == 200
    for at in (one, two):
        assert at.get("/api/v1/clusters/k").json()["register_revision"] == 1


def test_a_draft_is_shown_to_nobody_else(pair: tuple[httpx.Client, httpx.Client, Path]) -> None:
    one, two, _ = pair
    draft = upload(one)
    with client(str(two.base_url), OTHER_KEY) as other:
        assert other.get(f"{draft}/columns").status_code == 404
        assert draft not in other.get("/clusters/k/import").text
    assert two.post(f"{draft}/drop").status_code == 200
    assert one.get(f"{draft}/columns").status_code == 404


def test_changes_are_everywhere_at_once(pair: tuple[httpx.Client, httpx.Client, Path]) -> None:
    one, two, _ = pair
    for at in (one, two):  # both hold what was before
        assert "yol" not in {layer["id"] for layer in at.get("/api/v1/layers").json()}
    values = {"id": "yol", "title": "Yol", "source": "s", "licence": "l", "style": "user-line"}
    files = {"file": ("yol.geojson", LAYER)}
    made = one.post("/api/v1/layers", data=values, files=files)
    assert made.status_code == 201, made.text
    assert "yol" in {layer["id"] for layer in two.get("/api/v1/layers").json()}
    one.post("/api/v1/clusters", json={"code": "yeni", "title": "Yeni"})
    body = {"name": "Boru", "organisation_type": "other"}
    assert two.post("/api/v1/clusters/yeni/participants", json=body).status_code == 201
    stamps = [re.search(r'"stamp":"(\w+)"', at.get("/atlas").text) for at in (one, two)]
    assert stamps[0] and stamps[1] and stamps[0][1] == stamps[1][1]
    tags = {at.get("/api/v1/clusters/yeni/participants").headers["ETag"] for at in (one, two)}
    assert len(tags) == 1


def test_workers_serve_one_address(tmp_path: Path) -> None:
    service = GeoService(SqliteStore(tmp_path / "geoservice.sqlite"), Options(data=tmp_path))
    service.store.create_cluster(Cluster("k", {"az": "K"}), by="x")
    service.close()
    with serving(tmp_path, "--workers", "2") as url:
        draft = ""
        for _ in range(8):  # a new connection for each: any worker may take it
            with client(url) as fresh:
                draft = draft or upload(fresh)
                assert fresh.get(f"{draft}/columns").status_code == 200
