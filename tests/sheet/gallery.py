"""Draw the gallery: ``python tests/sheet/gallery.py FOLDER [DPI]``: a PNG and a PDF of each sheet."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import sheet_scenes as scenes

from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene

SHEETS: dict[str, tuple[Callable[[], Scene], str]] = {
    "demo": (scenes.demo, "scheme"),
    "demo-ru-portrait": (lambda: scenes.demo("ru", request=FrameRequest(orientation="portrait")), "scheme"),
    "map-only": (lambda: scenes.demo(template="map-only"), "map-only"),
    "one-town": (lambda: scenes.scene(scenes.one_town()), "scheme"),
    "country-wide": (lambda: scenes.scene(scenes.country_wide()), "scheme"),
    "stress": (lambda: scenes.scene(scenes.stress()), "scheme"),
    "exclave": (lambda: scenes.scene(scenes.exclave()), "scheme"),
}


def main(folder: Path, dpi: int) -> None:
    """Write every sheet of the gallery to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (make, template) in SHEETS.items():
        scene = make()
        for kind in ("pdf", "png"):
            options = SheetOptions(format=kind, dpi=dpi, template=template)  # type: ignore[arg-type]
            (folder / f"{name}.{kind}").write_bytes(
                render_sheet(scene, options=options, catalog=scenes.catalog())
            )
        print(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100)
