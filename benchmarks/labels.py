"""Label placers on the same points: ours beside adjustText and textalloc, 30 and 200 names on three layouts.

Names of the same size, signs of 3 mm at the points, a map of 280 x 180 mm. Counted alike for each:

- overlaps: pairs of names, and of a name and a sign, that lie over each other, and names over the frame;
- shown: names on the map. Ours leaves a name out where there is no room for it; the number beside its sign,
  which is placed first and always, leads to the table. textalloc can leave out too (``draw_all=False``);
- crossings: pairs of leader lines that cross. A line runs from a point to its name where they are more than
  2 mm apart, whoever draws it;
- apart: median distance of a name from its point.

Which is used and why: ours. It is the one that never sets a name over anything and still names most
organisations: textalloc without overlaps names half as many on the crowded layouts and has no sign for the
rest; adjustText, and textalloc as it comes, show all names over each other. Ours knows signs with numbers,
which stay on the map when a name does not, is deterministic and needs no matplotlib. Where half of 200 signs
stand in one town, the lines to their places cross; a sheet draws such a town as an inset instead.
"""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Box = tuple[float, float, float, float]
Segment = tuple[float, float, float, float]
Places = list[tuple[float, float]]

FRAME: Box = (0.0, 0.0, 280.0, 180.0)
SIGN_MM = 3.0
TEXT_PT = 6.5
MM_PER_INCH = 25.4
APART_MM = 2.0


@dataclass(frozen=True, slots=True)
class Placed:
    """What a placer made of its points: boxes of names and signs, and lines, in mm, by the point's index."""

    names: dict[int, Box]
    signs: list[Box]
    lines: list[tuple[int, Segment]]


def layouts(count: int) -> dict[str, Places]:
    """Points in mm, the same at every run."""
    rnd = random.Random(11)
    spread = [(rnd.uniform(15, 265), rnd.uniform(10, 170)) for _ in range(count)]
    town = [(rnd.gauss(140, 14), rnd.gauss(90, 12)) for _ in range(count // 2)]
    line = [(15 + 250 * i / count, 90 + 20 * ((i % 7) - 3) / 3) for i in range(count)]
    return {"even": spread, "half in one town": spread[: count - count // 2] + town, "along a line": line}


def name_of(index: int) -> str:
    return f"Müəssisə {index:03d} MMC"


# -- the placers ---------------------------------------------------------------------------------------------


def ours(points: Places) -> Placed:
    """Signs with numbers first, moved aside where they would collide; then the names there is room for."""
    from geoservice.scheme.boxes import Obstacles, nearest_point
    from geoservice.scheme.labels import place_labels
    from geoservice.scheme.placed import Label, Unit
    from geoservice.scheme.units import place_units

    half, number = SIGN_MM / 2, 3.5
    shapes = ((-half, -half, half + number, half), (-half - number, -half, half, half))
    size = text_size()
    units = place_units([Unit(f"{i:04d}", x, y, shapes) for i, (x, y) in enumerate(points)], FRAME)
    obstacles = Obstacles([unit.box for unit in units.values()])
    texts = place_labels([Label(key, unit.box, (size,)) for key, unit in units.items()], FRAME, obstacles)
    lines = [(int(key), text.leader) for key, text in texts.items() if text.leader is not None]
    for key, unit in units.items():
        if unit.moved:
            x, y = points[int(key)]
            lines.append((int(key), (x, y, *nearest_point(unit.box, x, y))))
    return Placed({int(k): t.box for k, t in texts.items()}, [u.box for u in units.values()], lines)


def adjust_text(points: Places) -> Placed:
    from adjustText import adjust_text as adjust

    figure, axes = _axes()
    xs, ys, signs = _scattered(axes, points)
    texts = [axes.text(x, y, name_of(i), fontsize=TEXT_PT) for i, (x, y) in enumerate(points)]
    adjust(texts, xs, ys, objects=signs, ax=axes)
    return _read(figure, dict(enumerate(texts)), points)


def text_alloc(points: Places, **options: Any) -> Placed:
    import textalloc

    figure, axes = _axes()
    xs, ys, signs = _scattered(axes, points)
    names = [name_of(i) for i in range(len(points))]
    textalloc.allocate(axes, xs, ys, names, scatter_plot=signs, textsize=TEXT_PT, **options)
    return _read(figure, {names.index(text.get_text()): text for text in axes.texts}, points)


def careful_text_alloc(points: Places) -> Placed:
    return text_alloc(points, draw_all=False, avoid_label_lines_overlap=True, avoid_crossing_label_lines=True)


PLACERS: dict[str, Callable[[Places], Placed]] = {
    "ours": ours,
    "adjustText": adjust_text,
    "textalloc": text_alloc,
    "textalloc, may drop": careful_text_alloc,
}


def _axes() -> tuple[Any, Any]:
    """A figure whose data are millimetres of paper."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(FRAME[2] / MM_PER_INCH, FRAME[3] / MM_PER_INCH), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, FRAME[2])
    axes.set_ylim(0, FRAME[3])
    return figure, axes


def _scattered(axes: Any, points: Places) -> tuple[list[float], list[float], Any]:
    xs, ys = (list(values) for values in zip(*points, strict=True))
    return xs, ys, axes.scatter(xs, ys, s=(SIGN_MM / MM_PER_INCH * 72) ** 2, linewidths=0)


def text_size() -> tuple[float, float]:
    """Width and height of a name in mm, as matplotlib sets it."""
    figure, axes = _axes()
    box = axes.text(100, 100, name_of(0), fontsize=TEXT_PT).get_window_extent(figure.canvas.get_renderer())
    return box.width / 100 * MM_PER_INCH, box.height / 100 * MM_PER_INCH


def _read(figure: Any, texts: dict[int, Any], points: Places) -> Placed:
    renderer = figure.canvas.get_renderer()
    names = {}
    for index, text in texts.items():
        x0, y0, x1, y1 = (float(v) / 100 * MM_PER_INCH for v in text.get_window_extent(renderer).extents)
        names[index] = (x0, y0, x1, y1)
    lines = []
    for index, box in names.items():
        x, y = points[index]
        end = min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])
        if math.dist((x, y), end) > APART_MM:
            lines.append((index, (x, y, *end)))
    half = SIGN_MM / 2
    return Placed(names, [(x - half, y - half, x + half, y + half) for x, y in points], lines)


# -- counting ------------------------------------------------------------------------------------------------


def overlaps(placed: Placed) -> int:
    """Pairs of names, and of a name and a sign, that lie over each other; names that leave the frame."""
    names = list(placed.names.values())
    pairs = itertools.chain(itertools.combinations(names, 2), itertools.product(names, placed.signs))
    least, most = FRAME[:2], FRAME[2:]
    out = sum(
        any(low < edge - 0.01 for low, edge in zip(box[:2], least, strict=True))
        or any(high > edge + 0.01 for high, edge in zip(box[2:], most, strict=True))
        for box in names
    )
    return out + sum(
        min(a[2], b[2]) - max(a[0], b[0]) > 1e-6 and min(a[3], b[3]) - max(a[1], b[1]) > 1e-6
        for a, b in pairs
    )


def crossings(placed: Placed) -> int:
    """Pairs of lines of different points that cross."""
    import numpy as np
    import shapely

    if len(placed.lines) < 2:
        return 0
    owners = np.array([index for index, _ in placed.lines])
    ends = np.array([line for _, line in placed.lines]).reshape(-1, 2, 2)
    shapes = shapely.linestrings(ends)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="crosses")
    return int(((one < other) & (owners[one] != owners[other])).sum())


def apart_mm(placed: Placed, points: Places) -> float:
    """Median distance from a point to the nearest edge of its name."""
    far = sorted(
        math.dist(points[i], (min(max(points[i][0], b[0]), b[2]), min(max(points[i][1], b[1]), b[3])))
        for i, b in placed.names.items()
    )
    return far[len(far) // 2] if far else 0.0


def main() -> None:
    for placer in PLACERS.values():  # imports do not count
        placer([(10.0, 10.0), (100.0, 100.0)])
    print(f"{'':28}{'placer':22}{'seconds':>8}{'overlaps':>10}{'shown':>7}{'crossings':>11}{'apart':>9}")
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in PLACERS}
    for count in (30, 200):
        for title, points in layouts(count).items():
            for name, placer in PLACERS.items():
                start = time.perf_counter()
                placed = placer(points)
                seconds = time.perf_counter() - start
                over, cross = overlaps(placed), crossings(placed)
                found[name].append((over, cross))
                row = f"{count:4d} {title:22} {name:22}{seconds:8.2f}{over:10d}{len(placed.names):7d}"
                print(f"{row}{cross:11d}{apart_mm(placed, points):6.1f} mm", flush=True)
    for name, results in found.items():
        over, cross = (sum(column) for column in zip(*results, strict=True))
        print(f"  -> {name}: {over} overlaps, {cross} crossings on all layouts")
    goal = "met" if not sum(over for over, _ in found["ours"]) else "MISSED"
    print(f"  -> goal: ours without an overlap, every organisation by its number: {goal}")


if __name__ == "__main__":
    main()
