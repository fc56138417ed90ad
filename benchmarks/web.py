"""Web maps of 30 to 100,000 organisations beside plain folium: ``python -m benchmarks.web``.

For each size: time to make the page on the server, bytes over the wire (compressed as sent), time from
opening the page until the first sign is painted, until the live map's signs are, and until a click on one of
them, made at that moment, is answered with the name; the click's own share of that, and the longest pause
while panning once the map is at rest. The first sign of a cluster's map is that of the picture which the
server draws into the page: its time is the browser's own (Element Timing) for the number beside it, which is
painted in the same frame. The other times are taken in the page, after the frame that shows them; with
folium, and on the national view, the first signs are the live ones. Ours is the scheme of one cluster up to
5,000 and the national view from 1,000 on; the peers are folium's Marker (up to 1,000: at 10,000 it takes most
of a minute) and GeoJson with circle markers, without any base layer. Of several runs the best counts for each
figure: on a shared machine the others tell of its load.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import folium
import uvicorn
from playwright.sync_api import Browser, Page, Route, sync_playwright

from geoservice.api.app import create_app
from geoservice.model import Change, Cluster, Participant
from geoservice.render import web_assets
from geoservice.service import GeoService
from geoservice.settings import Settings
from geoservice.store.memory import MemoryStore

SIZES = (30, 1_000, 5_000, 10_000, 100_000)
MARKERS_UP_TO = 1_000
CLUSTERS_UP_TO = 5_000
VIEWPORT = {"width": 1440, "height": 900}
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
COLUMNS = {
    "make": "make ms", "cold": "cold ms", "bytes": "KB", "first": "first sign ms", "live": "live map ms",
    "answered": "answered ms", "click": "click ms", "pause": "pause ms",
}  # fmt: skip
DOLLAR = """window.$ = (html) => {
  const node = document.createElement('div');
  node.innerHTML = html;
  return node.children;
};"""
PAN = """async (map) => {
  const frame = () => new Promise(done => requestAnimationFrame(() => done(performance.now())));
  await new Promise(done => requestIdleCallback(done, {timeout: 3000}));
  while (map._animatingZoom || map._panAnim?._inProgress) await frame();
  let longest = 0, last = await frame();
  for (let i = 0; i < 12; i++) {
    map.panBy([i % 2 ? -180 : 180, 40], {animate: false});
    const now = await frame();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}"""


def organisations(count: int) -> list[Participant]:
    """Invented organisations all over the Republic, the same each time."""
    chance = random.Random(5)
    kinds = ["large_enterprise", "medium_enterprise", "small_enterprise", "research", "finance", "other"]
    return [
        Participant(
            f"org-{n}", f"Sınaq təşkilatı {n}", kinds[n % len(kinds)], specialisation="sınaq istehsalı",
            longitude=round(chance.uniform(46.0, 49.6), 5), latitude=round(chance.uniform(39.9, 41.0), 5),
        )
        for n in range(count)
    ]  # fmt: skip


class Server:
    """The service with one cluster, on a free port of loopback."""

    def __init__(self, people: list[Participant]) -> None:
        self.service = GeoService(MemoryStore())
        self.service.store.create_cluster(Cluster("olcme", {"az": "Ölçmə"}, synthetic=True), by="bench")
        changes = [Change("put", person.id, person) for person in people]
        self.service.store.apply("olcme", changes, by="bench", reason="bench")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        app = create_app(self.service, Settings(port=port))
        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
        threading.Thread(target=self.server.run, daemon=True).start()
        while not self.server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{port}"


#: Runs in the page from its first moment: waits for live signs, clicks at once, waits for the name.
WATCH = """(() => {
  const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const painted = () => new Promise(done => {
    new PerformanceObserver(list => done(Math.min(...list.getEntries().map(entry => entry.renderTime))))
      .observe({type: 'element', buffered: true});
    setTimeout(() => done(null), 50);
  });
  const texts = () => [...document.querySelectorAll('.leaflet-popup-content')].map(e => e.textContent);
  window.watched = (async () => {
    while (!(SHOWN)) await frame();
    const live = MARKED ?? (await frame(), performance.now());
    const clicked = performance.now();
    await (ANSWER)();
    while (!texts().some(text => text.includes(NAME))) await new Promise(done => setTimeout(done, 1));
    const answered = performance.now();
    return {first: await painted() ?? live, live, answered, click: answered - clicked};
  })();
})()"""
MARK = "performance.getEntriesByName('signs')[0]?.startTime"


def watch(page: Page, answer: str, name: str, shown: str = MARK, marked: str = MARK) -> None:
    """Put the watcher into a page that is yet to be opened."""
    script = WATCH.replace("SHOWN", shown).replace("MARKED", marked).replace("ANSWER", answer)
    page.add_init_script(script.replace("NAME", repr(name)))


def measure(page: Page, map_object: str) -> dict[str, float]:
    """Milliseconds from opening, of the click, and of the longest pause in panning."""
    found: dict[str, float] = page.evaluate("window.watched")
    page.evaluate(f"void {map_object}.closePopup()")
    return {**found, "pause": page.evaluate(f"({PAN})({map_object})")}


def wire(page: Page) -> list[int]:
    """Collects the compressed size of every answer of a page."""
    sizes: list[int] = []

    def finished(request: Any) -> None:
        sizes.append(request.sizes()["responseBodySize"])

    page.on("requestfinished", finished)
    return sizes


def ours(browser: Browser, people: list[Participant], *, large: bool) -> dict[str, float]:
    server = Server(people)
    path = "/atlas" if large else "/api/v1/clusters/olcme/scheme.html"
    start = time.perf_counter()
    _get(server.url + path)
    if large:
        _get(f"{server.url}/atlas/points")
    cold = time.perf_counter() - start
    start = time.perf_counter()
    _get(server.url + path)
    warm = time.perf_counter() - start
    page = browser.new_page(viewport=VIEWPORT)
    sizes = wire(page)
    if large:
        watch(
            page,
            "async () => { const {points} = geoserviceAtlas.app; const {lat, lon} = points.points;"
            " geoserviceAtlas.app.map.fire('click', {latlng: L.latLng(lat[7] / 1e6, lon[7] / 1e6)}); }",
            "Sınaq təşkilatı",
        )  # fmt: skip
    else:
        watch(page, "async () => geoservice.app.state.select('org-7', 'bench')", "Sınaq təşkilatı 7")
    page.goto(server.url + path)
    found = measure(page, "geoserviceAtlas.app.map" if large else "geoservice.app.map")
    page.close()
    server.server.should_exit = True
    return {"make": warm * 1000, "cold": cold * 1000, "bytes": sum(sizes), **found}


def _get(url: str) -> bytes:
    import httpx2 as httpx

    return httpx.get(url, timeout=300).raise_for_status().content


def folium_page(people: list[Participant], kind: str) -> str:
    made = folium.Map(location=[40.4, 47.7], zoom_start=8, tiles=None, prefer_canvas=True)
    if kind == "Marker":
        for person in people:
            folium.Marker([person.latitude, person.longitude], popup=person.name).add_to(made)
    else:
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [person.longitude, person.latitude]},
                "properties": {"name": person.name},
            }
            for person in people
        ]
        folium.GeoJson(
            {"type": "FeatureCollection", "features": features},
            marker=folium.CircleMarker(radius=4),
            popup=folium.GeoJsonPopup(["name"]),
        ).add_to(made)
    return str(made.get_root().render())


def peer(browser: Browser, people: list[Participant], kind: str, folder: Path) -> dict[str, float]:
    start = time.perf_counter()
    html = folium_page(people, kind)
    make = time.perf_counter() - start
    file = folder / "folium.html"
    file.write_text(html, "utf-8")
    page = browser.new_page(viewport=VIEWPORT)
    page.set_default_timeout(300_000)
    page.route(re.compile("^https://"), _from_disk)
    object_name = html.split("var map_")[1].split(" ")[0]
    watch(
        page,
        f"async () => {{ let n = 0, hit; map_{object_name}.eachLayer(l => {{"
        " if (l.getLatLng && (l.getPopup?.() || l._eventParents) && n++ === 7) hit = l; });"
        " hit.fire('click', {latlng: hit.getLatLng()}, true); }",
        "Sınaq təşkilatı",
        "document.querySelector('path, canvas, .leaflet-marker-icon')", "undefined",
    )  # fmt: skip
    page.goto(file.as_uri(), timeout=300_000)
    found = measure(page, f"map_{object_name}")
    page.close()
    return {"make": make * 1000, "cold": make * 1000, "bytes": len(gzip.compress(html.encode(), 5)), **found}


def _from_disk(route: Route) -> None:
    """Folium's addresses of Leaflet are answered from our copy, its other libraries with nothing."""
    url = route.request.url
    if "leaflet.js" in url:
        route.fulfill(body=web_assets.content("leaflet.js"), content_type="text/javascript")
    elif url.endswith(".js"):
        # GeoJsonPopup's macro asks for jQuery's $ only to wrap its own HTML.
        route.fulfill(body=DOLLAR, content_type="text/javascript")
    else:
        route.fulfill(body="", content_type="text/css")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the best counts")
    arguments = parser.parse_args()
    import tempfile

    heading = ("organisations", "map", *COLUMNS.values())
    print(("{:>14} {:<16}" + "{:>14}" * len(COLUMNS)).format(*heading))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for size in arguments.sizes:
            people = organisations(size)
            views = {"national view": True} if size >= MARKERS_UP_TO else {}
            views |= {"one cluster": False} if size <= CLUSTERS_UP_TO else {}
            mine: dict[str, float] = {}
            for name, large in views.items():
                runs = [ours(browser, people, large=large) for _ in range(arguments.repeat)]
                best = best_of(runs)
                mine = mine or best
                show(size, name, best)
            for kind in ("Marker", "GeoJson"):
                if kind == "Marker" and size > MARKERS_UP_TO:
                    continue
                again = arguments.repeat if size <= MARKERS_UP_TO else 1
                other = best_of([peer(browser, people, kind, Path(folder)) for _ in range(again)])
                show(size, f"folium {kind}", other)
                told = ", ".join(
                    f"{word} {(other['make'] + other[key]) / (mine['make'] + mine[key]):.1f}"
                    for key, word in (("first", "shown"), ("answered", "answering"))
                )
                print(f"{'':>14} folium {kind}: made and {told} times as slowly")
        browser.close()


def best_of(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: min(run[key] for run in runs) for key in runs[0]}


def show(size: int, name: str, found: dict[str, float]) -> None:
    cells = [found[key] / (1024 if key == "bytes" else 1) for key in COLUMNS]
    print(f"{size:>14,} {name:<16}" + "".join(f"{cell:>14,.0f}" for cell in cells))


if __name__ == "__main__":
    main()
