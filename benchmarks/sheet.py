"""The sheet beside a QGIS print layout of the same content.

Sheets: the demo (28 organisations) and a stress register (200, of them 50 within a kilometre), warm (the base
map is drawn already, everything else is new) and cold (a process of its own). QGIS runs where the system's
Python has it (Debian: ``apt-get install python3-qgis``), else that part says so.

Label placers have a benchmark of their own (benchmarks/labels.py).
"""

from __future__ import annotations

import json
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


if __name__ == "__main__":
    main()
