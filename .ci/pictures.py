"""Make the README's pictures: the web map, and sheets of five clusters from a town to 1,000 organisations.

They come by the product's own road, from a register to its sheet; `*-grey.png` show what a printer without
colours makes of them.
"""

from __future__ import annotations

import io
import random
import tempfile
from pathlib import Path

import shapely
from PIL import Image
from playwright.sync_api import sync_playwright

from geoservice.model import LOCAL_OPERATOR
from geoservice.service import GeoService, demo
from geoservice.store.memory import MemoryStore

FOLDER = Path(__file__).parent / "pictures"
CLUSTER, WIDTH, HEIGHT = "abseron-kimya", 1440, 1018
CHROMIUM = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


#: Gallery: name -> cluster; the second demo cluster lies all over the country.
SHEETS = {"sheet": CLUSTER, "crowded": "izdiham", "one-town": "gence", "country-wide": "simal-cenub"}
DPI, GREY_DPI = 87, 64
NAMES = ("Zirvə", "Ağ Dalğa", "Günəş", "Şəfəq", "Çinar", "Üfüq", "İldırım", "Qaya", "Özəl", "Xəzər Polad")
WORK = ("Metal konstruksiyalar", "Kabel və naqil istehsalı", "Dərman maddələri", "Gəmi təmiri", "Şüşə qablar")


def main() -> None:
    """Draw all pictures in Azerbaijani."""
    FOLDER.mkdir(exist_ok=True)
    service = GeoService(MemoryStore())
    demo.load(service)
    crowd = spread(service, 50, 49.62, 40.605, 0.45) + spread(service, 150, 49.85, 40.42, 12)
    invented(service, "izdiham", "Sıx yerləşmiş 200 təşkilat (nümunə)", crowd)
    invented(service, "gence", "Gəncə Sənaye Klasteri (nümunə)", spread(service, 14, 46.36, 40.68, 1.6))
    many = spread(service, 300, 49.62, 40.605, 0.6) + spread(service, 700, 49.85, 40.42, 12)
    invented(service, "minlik", "Abşeronda 1000 təşkilat (nümunə)", many)
    for name, page in (("atlas", 1), ("atlas-detail", 4)):
        made = service.sheet(LOCAL_OPERATOR, "minlik", "az", format="png", dpi=DPI, page=page).prepared.body
        save(Image.open(io.BytesIO(made)), name, 256)
    for name, cluster in SHEETS.items():
        for picture, dpi, shades in ((name, DPI, 256), (f"{name}-grey", GREY_DPI, 24)):
            made = service.sheet(LOCAL_OPERATOR, cluster, "az", format="png", dpi=dpi).prepared.body
            save(Image.open(io.BytesIO(made)), picture, shades)
    screenshot(service)


def spread(service: GeoService, count: int, lon: float, lat: float, km: float) -> list[tuple[float, float]]:
    """Places on land around one, the same at every run."""
    land = shapely.union_all(service.catalog.features("az-districts").geometry)
    rnd = random.Random(count + 3)  # noqa: S311 - no secret
    places: list[tuple[float, float]] = []
    while len(places) < count:
        place = (lon + rnd.gauss(0, km / 85), lat + rnd.gauss(0, km / 111))
        if land.contains(shapely.Point(place)):
            places.append(place)
    return places


def invented(service: GeoService, code: str, title: str, places: list[tuple[float, float]]) -> None:
    """A cluster of invented organisations, imported as a register is."""
    rnd = random.Random(code)  # noqa: S311 - no secret
    types = list(service.catalog.types)
    rows = ["Adı;Təşkilatın növü;İxtisaslaşma;Uzunluq dairəsi;En dairəsi"]
    for number, (lon, lat) in enumerate(places, start=1):
        name, kind = f"{rnd.choice(NAMES)} {number} MMC", rnd.choice(types)
        rows.append(f"{name};{kind};{rnd.choice(WORK)};{lon:.5f};{lat:.5f}")
    service.create_cluster(LOCAL_OPERATOR, code, {"title": {"az": title}, "synthetic": True})
    report = service.import_register(LOCAL_OPERATOR, code, "reyestr.csv", "\n".join(rows).encode())
    if report.rejected:
        raise SystemExit(f"{code}: {report.rejected} rows were rejected")


def screenshot(service: GeoService) -> None:
    """The web map of the demo cluster as a browser shows it."""
    page_text = service.web_map(LOCAL_OPERATOR, CLUSTER, "az", inline=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "map.html"
        file.write_text(page_text, "utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        taken = page.screenshot()
        browser.close()
    save(Image.open(io.BytesIO(taken)), "map", 256)


def save(picture: Image.Image, name: str, shades: int) -> None:
    """Few colours are enough for flat tints, and take a third of the bytes; greys for a grey picture."""
    if name.endswith("-grey"):
        few = picture.convert("L").quantize(shades, dither=Image.Dither.NONE)
    else:
        # By the space that colours take, then by their pixels: small signs keep theirs, tints are true.
        few = picture.convert("RGB").quantize(shades, Image.Quantize.MAXCOVERAGE, 3, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
