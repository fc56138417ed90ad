"""The sheet beside a QGIS print layout of the same content, and label placers on the same points.

Sheets: the demo (28 organisations) and a stress register (200, of them 50 within a kilometre), warm (the base
map is drawn already, everything else is new) and cold (a process of its own). QGIS runs where the system's
Python has it (Debian: ``apt-get install python3-qgis``), else that part says so.

Label placers: ours, adjustText and textalloc where they are installed, on three layouts, 30 and 200 labels.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.harness import Result, compare, measure_command, measure_isolated, show

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"
FRAME = (0.0, 0.0, 280.0, 180.0)
LABEL = (26.0, 5.0)


def scene_of(name: str) -> Any:
    sys.path.insert(0, str(ROOT / "tests" / "sheet"))
    import sheet_scenes

    people = sheet_scenes.demo_participants() if name == "demo" else sheet_scenes.stress(200)
    return sheet_scenes.scene(people), sheet_scenes.catalog()


def sheet_once(name: str) -> None:
    from geoservice.render.sheet import render_sheet

    scene, catalog = scene_of(name)
    render_sheet(scene, catalog=catalog)


def warm(name: str, runs: int = 9) -> Result:
    """Each run has another register revision on it, so that no page is taken from a cache."""
    from geoservice.render.sheet import render_sheet

    scene, catalog = scene_of(name)
    render_sheet(scene, catalog=catalog)
    times = []
    for revision in range(runs):
        changed = replace(scene, register_revision=1000 + revision)
        start = time.perf_counter()
        render_sheet(changed, catalog=catalog)
        times.append(time.perf_counter() - start)
    return Result(f"geoservice, {name}, warm", tuple(times))


def _has_qgis() -> bool:
    test = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    try:
        return subprocess.run(test, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _points_file(name: str, folder: Path) -> Path:
    scene, _ = scene_of(name)
    features = [
        {
            "type": "Feature",
            "properties": {"name": member.name},
            "geometry": {"type": "Point", "coordinates": [member.longitude, member.latitude]},
        }
        for member in scene.placed
    ]
    path = folder / f"{name}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def qgis(name: str, folder: Path) -> tuple[Result, Result]:
    points = _points_file(name, folder)
    districts = ROOT / "layers" / "data" / "az-districts.geojson"
    script = str(Path(__file__).with_name("qgis_sheet.py"))
    command = [SYSTEM_PYTHON, script, str(districts), str(points), str(folder / "q.pdf")]
    out = subprocess.run([*command, "8"], capture_output=True, text=True, check=True).stdout
    times = json.loads(out.strip().splitlines()[-1])[1:]
    cold = measure_command(f"QGIS, {name}, cold", [*command, "1"], runs=3)
    return Result(f"QGIS, {name}, warm", tuple(times)), cold


# -- labels --------------------------------------------------------------------------------------------------


def layouts(count: int) -> dict[str, list[tuple[float, float]]]:
    rnd = random.Random(11)
    spread = [(rnd.uniform(15, 265), rnd.uniform(10, 170)) for _ in range(count)]
    town = [(rnd.gauss(140, 14), rnd.gauss(90, 12)) for _ in range(count // 2)]
    line = [(15 + 250 * i / count, 90 + 20 * ((i % 7) - 3) / 3) for i in range(count)]
    return {"even": spread, "half in one town": spread[: count - count // 2] + town, "along a line": line}


def overlaps(boxes: list[tuple[float, float, float, float]]) -> int:
    from geoservice.scheme.boxes import overlap

    return sum(overlap(a, b) for a, b in itertools.combinations(boxes, 2))


def our_labels(points: list[tuple[float, float]]) -> tuple[int, int]:
    from geoservice.scheme.boxes import Obstacles
    from geoservice.scheme.labels import Label, Unit, place_labels, place_units

    sign = ((-1.5, -1.5, 5.0, 1.5), (-5.0, -1.5, 1.5, 1.5))
    units = place_units([Unit(f"{i:04d}", x, y, sign) for i, (x, y) in enumerate(points)], FRAME)
    obstacles = Obstacles([unit.box for unit in units.values()])
    labels = place_labels([Label(k, u.box, (LABEL,)) for k, u in units.items()], FRAME, obstacles)
    boxes = [label.box for label in labels.values()]
    return overlaps(boxes + [unit.box for unit in units.values()]), len(boxes)


def _axes() -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(280 / 25.4, 180 / 25.4), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, 280)
    axes.set_ylim(0, 180)
    return figure, axes


def _text_overlaps(figure: Any, texts: list[Any]) -> int:
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer).extents for text in texts]
    return overlaps([tuple(float(v) for v in box) for box in boxes])


def adjust_text(points: list[tuple[float, float]]) -> tuple[int, int]:
    from adjustText import adjust_text as adjust

    figure, axes = _axes()
    texts = [axes.text(x, y, f"Müəssisə {i:03d} MMC", fontsize=6.5) for i, (x, y) in enumerate(points)]
    adjust(texts, ax=axes)
    return _text_overlaps(figure, texts), len(texts)


def text_alloc(points: list[tuple[float, float]]) -> tuple[int, int]:
    import textalloc

    figure, axes = _axes()
    xs, ys = (list(values) for values in zip(*points, strict=True))
    names = [f"Müəssisə {i:03d} MMC" for i in range(len(points))]
    textalloc.allocate(axes, xs, ys, names, x_scatter=xs, y_scatter=ys, textsize=6.5)
    return _text_overlaps(figure, axes.texts), len(axes.texts)


def labels() -> None:
    placers = {"ours": our_labels}
    for module, function in (("adjustText", adjust_text), ("textalloc", text_alloc)):
        if importlib.util.find_spec(module):
            placers[module] = function
        else:
            print(f"  {module} is not installed: left out")
    for count in (30, 200):
        for title, points in layouts(count).items():
            for name, placer in placers.items():
                start = time.perf_counter()
                over, shown = placer(points)
                seconds = time.perf_counter() - start
                print(
                    f"  {count:4d} {title:18s} {name:10s} {seconds * 1000:9.0f} ms "
                    f"{over:5d} overlaps {shown:4d} shown"
                )


def main() -> None:
    names = ("demo", "stress")
    found = {name: show(warm(name)) for name in names}
    cold = {name: show(measure_isolated(f"geoservice, {name}, cold", sheet_once, name)) for name in names}
    if _has_qgis():
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                peer_warm, peer_cold = qgis(name, Path(folder))
                compare(found[name], show(peer_warm), at_most=0.5 if name == "demo" else 3.0)
                compare(cold[name], show(peer_cold), at_most=1.0)
    else:
        print("  python3-qgis is not installed: no comparison with QGIS")
    labels()


if __name__ == "__main__":
    main()
