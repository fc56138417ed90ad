"""The sheet beside a QGIS print layout of the same content.

Sheets: the demo (28 organisations) and a stress register (200, of them 50 within a kilometre), warm (in a
process that made one before) and cold (the whole command, from the register's file). Warm, QGIS exports the
same layout again, and draws all of it each time; beside it stand ours of the same content, and those after a
change, which are what a user asks for. QGIS makes the whole sheet (layers, signs, insets, locator, legend,
table and texts of ours, with all places given) and, as a second measure, the map alone (regions,
organisations, legend, scale bar, grid). It runs where the system's Python has it (Debian: ``apt-get install
python3-qgis``), else that part says so.

Label placers have a benchmark of their own (benchmarks/labels.py).
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from benchmarks.harness import Result, compare, measure_command, show
from benchmarks.qgis_content import write_content

ROOT = Path(__file__).resolve().parent.parent
SYSTEM_PYTHON = "/usr/bin/python3"
PROGRAM = Path(sys.executable).with_name("geoservice")
NAMES = ("demo", "stress")
HEADINGS = ("№", "Adı", "Təşkilatın növü", "İxtisaslaşma", "En dairəsi", "Uzunluq dairəsi")


def scene_of(name: str) -> Any:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does
    sys.path.insert(0, str(ROOT / "tests" / "sheet"))
    import sheet_scenes

    people = sheet_scenes.demo_participants() if name == "demo" else sheet_scenes.stress(200)
    return sheet_scenes.scene(people), sheet_scenes.catalog()


def warm(name: str, runs: int = 9) -> tuple[Result, ...]:
    """The same sheet again, and sheets after a change: one member renamed; all renamed and moved a little.

    Each run has changes of its own; the last kind finds nothing of an earlier layout but the base map.
    """
    from geoservice.render.sheet import render_sheet

    scene, catalog = scene_of(name)
    render_sheet(scene, catalog=catalog)
    same, one, every = [], [], []
    for run in range(runs):
        place = run * 7 % len(scene.members)
        for times, touched in ((same, ()), (one, {place}), (every, range(len(scene.members)))):
            members = tuple(
                _changed(member, run, moved=times is every) if index in touched else member
                for index, member in enumerate(scene.members)
            )
            changed = replace(scene, members=members, register_revision=1000 + run) if touched else scene
            start = time.perf_counter()
            render_sheet(changed, catalog=catalog)
            times.append(time.perf_counter() - start)
    return (
        Result(f"geoservice, {name}, warm, the same again", tuple(same)),
        Result(f"geoservice, {name}, warm, one member renamed", tuple(one)),
        Result(f"geoservice, {name}, warm, all renamed and moved", tuple(every)),
    )


def _changed(member: Any, run: int, *, moved: bool) -> Any:
    named = replace(member, name=f"{member.name} {run}")
    if not moved or not member.placed:
        return named
    return replace(named, longitude=member.longitude + 1e-4 * (run + 1))


def write_inputs(folder: str) -> None:
    """Write what the cold runs read: registers for ours (CSV), the finished sheets' content for QGIS."""
    for name in NAMES:
        scene, catalog = scene_of(name)
        rows = [
            (m.number, m.name, m.type_title, m.specialisation, m.latitude or "", m.longitude or "")
            for m in scene.members
        ]
        with (Path(folder) / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=";").writerows([HEADINGS, *rows])
        write_content(scene, catalog, Path(folder), name)


def cold(name: str, folder: Path) -> Result:
    """The whole command, from the register's file to the PDF."""
    command = [str(PROGRAM), "sheet", str(folder / f"{name}.csv"), "-o", str(folder / "sheet.pdf")]
    command += ["--data", str(folder)]
    return measure_command(f"geoservice sheet, {name}, cold", command, runs=3)


def _has_qgis() -> bool:
    test = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    try:
        return subprocess.run(test, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def qgis(content: str, title: str, folder: Path) -> tuple[Result, Result]:
    """QGIS' warm and cold exports of a content that :func:`write_inputs` wrote."""
    script = str(Path(__file__).with_name("qgis_sheet.py"))
    command = [SYSTEM_PYTHON, script, str(folder / f"{content}.json"), str(folder / "q.pdf")]
    out = subprocess.run([*command, "8"], capture_output=True, text=True, check=True).stdout
    times = json.loads(out.strip().splitlines()[-1])[1:]
    peer_cold = measure_command(f"QGIS, {title}, cold", [*command, "1"], runs=3)
    return Result(f"QGIS, {title}, warm", tuple(times)), peer_cold


def main() -> None:
    """Cold runs come first: the memory of this process would count into theirs."""
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        write = f"from benchmarks.sheet import write_inputs; write_inputs({name_of_folder!r})"
        subprocess.run([sys.executable, "-c", write], cwd=ROOT, check=True)
        ours_cold = {name: show(cold(name, folder)) for name in NAMES}
        compared = NAMES if _has_qgis() else ()
        peers = {name: qgis(name, name, folder) for name in compared}
        alone = {name: qgis(f"{name}-alone", f"{name}, map alone", folder) for name in compared}
    for name, (peer_warm, peer_cold) in peers.items():
        show(peer_warm)
        show(alone[name][0])
        compare(ours_cold[name], show(peer_cold), at_most=1.0)
        compare(ours_cold[name], show(alone[name][1]))
    if not peers:
        print("  python3-qgis is not installed: no comparison with QGIS")
    for name in NAMES:
        for found in warm(name):
            show(found)
            if name in peers:
                compare(found, peers[name][0], at_most=0.5 if name == "demo" else None)
                compare(found, alone[name][0])


if __name__ == "__main__":
    main()
