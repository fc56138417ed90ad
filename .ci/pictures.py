"""Make the README's pictures: the demo cluster's map and sheet, as the product draws them."""

from __future__ import annotations

import tempfile
from pathlib import Path

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


def main() -> None:
    """Draw both pictures in Azerbaijani."""
    FOLDER.mkdir(exist_ok=True)
    service = GeoService(MemoryStore())
    demo.load(service)
    sheet = service.sheet(LOCAL_OPERATOR, CLUSTER, "az", format="png", dpi=87)
    (FOLDER / "sheet.png").write_bytes(sheet.prepared.body)
    page_text = service.web_map(LOCAL_OPERATOR, CLUSTER, "az", inline=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "map.html"
        file.write_text(page_text, "utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        page.screenshot(path=FOLDER / "map.png")
        browser.close()
    for name in ("map", "sheet"):
        _shrink(FOLDER / f"{name}.png")


def _shrink(path: Path) -> None:
    """256 colours are enough for flat tints, and a third of the bytes."""
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
