"""The first picture of a web map: drawn on the server, seen before any script runs, and without scripts.

It shows what the live map shows first: the same ground, regions, signs and gatherings at the same places.
Browsers differ in size, so nothing in it is in px but the signs: the box of the signs (Web Mercator) is
fitted into the map by the style sheet (``gs-first`` of own/map/map.css), places are shares of that box, and
what depends on the zoom is chosen by container queries. The script takes over the view that the box has.

Lengths in "world" are Web Mercator from 0 to 1 with y down; geometry is written in units of the box.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import cos, floor, log, log2, pi, radians, sin
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from geoservice.render.web_gather import MAX_ZOOM, TILE_PX, Gathering, Point, gather

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoservice.scheme.scene import Member, Scene, SceneLayer
    from geoservice.specs import Paint

Box = tuple[float, float, float, float]

#: As own/map/fit.js has it: no view starts closer, and a box is never thinner than this many px there.
CLOSEST_ZOOM = 14
THINNEST_PX = 64.0
#: Maps that are reckoned with, from a small frame to a large screen (CSS px within the margins).
LEAST_PX, MOST_PX = (120.0, 120.0), (3800.0, 2100.0)
#: How far ground is drawn from the middle, in sides of the box; units of geometry along the longer side.
REACH, UNITS = 1.8, 4000.0
#: The scale denominator of zoom 0 at the equator, for the screens that the styles reckon with (0.28 mm).
DENOMINATOR_0 = 559_082_264.0
#: Beyond this many signs and gatherings each organisation is a dot until the script has come.
MOST_SIGNS = 800
DOT_PX = 7.0
NEIGHBOURHOOD = UNITS / 8


class Shape(Struct, frozen=True):
    """Paths of one paint; ``shown`` is the class that shows them at their scales, "" for always.

    ``ref`` is the class of a layer that it draws, as addresses name it: "sea/sea", "regions/occupied".
    """

    paint: dict[str, Any]
    paths: tuple[str, ...]
    shown: str = ""
    ref: str = ""
    opacity: float = 1.0  # of the layer, taken into the paint


class Stand(Struct, frozen=True):
    """A sign or a gathering; ``shown``: the classes of the zooms at which it is seen, "" for always."""

    key: str
    shown: str
    members: tuple[Member, ...]


class Picture(Struct, frozen=True):
    """What the template writes; ``css`` holds numbers only."""

    css: str
    view: str
    world: Box  # the box of the signs
    zooms: tuple[float, float]  # from which to which it is as the live map
    reach: float  # of the ground from the middle, in world length
    ranges: Mapping[str, tuple[float, float]]  # zooms at which a class of shapes is shown
    ground: tuple[Shape, ...]
    stands: tuple[Stand, ...]


class _Sheet(Struct, frozen=True):
    """The box that is fitted, and the style sheet that fits it."""

    box: Box
    css: list[str] = field(default_factory=list)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def unit(self) -> float:
        """World length of a unit of geometry: the ground of a single place is drawn to a map's size, too."""
        return max(self.width, self.height, MOST_PX[1] / 2 / _px(CLOSEST_ZOOM)) / UNITS

    def zooms(self) -> tuple[float, float]:
        """The lowest and the highest zoom that a map of any size reckoned with starts at."""
        low, high = (
            min(log2(px / TILE_PX / side) for px, side in zip(size, (self.width, self.height), strict=True))
            for size in (LEAST_PX, MOST_PX)
        )
        return min(low, CLOSEST_ZOOM), min(high, CLOSEST_ZOOM)

    def at_least(self, zoom: float) -> str:
        """The query of maps that start at a zoom or closer."""
        width, height = (side * _px(zoom) for side in (self.width, self.height))
        return f"@container gs-first (min-width:{width:.2f}px) and (min-height:{height:.2f}px)"

    def share(self, world: Point) -> str:
        """Where a place lies, in the box's own percent."""
        left = (world[0] - self.box[0]) / self.width * 100
        top = (world[1] - self.box[1]) / self.height * 100
        return f"left:{left:.4f}%;top:{top:.4f}%"


def picture(scene: Scene) -> Picture | None:
    """Return the first picture of a scene; ``None`` where nothing has a place."""
    placed = scene.placed
    degrees = [(m.longitude, m.latitude) for m in placed]
    if not degrees and scene.bounds is None:
        return None
    west, south, east, north = scene.bounds or (0.0, 0.0, 0.0, 0.0)
    corners = degrees or [(west, south), (east, north)]
    world = [_world(lon, lat) for lon, lat in corners]  # type: ignore[arg-type]
    sheet = _Sheet(_box(world))
    sheet.css.append(_fit(sheet))
    middle = (min(lat for _, lat in corners) + max(lat for _, lat in corners)) / 2  # type: ignore[type-var,operator]
    ground = list(_ground(scene, sheet, middle))
    stands = _stands(sheet, placed, degrees, world) if placed else ()  # type: ignore[arg-type]
    if stands is None:
        ground += _dots(scene, sheet, world)
    view = f"0 0 {sheet.width / sheet.unit:.3f} {sheet.height / sheet.unit:.3f}"
    return Picture(
        css="".join(sheet.css),
        view=view,
        world=sheet.box,
        zooms=sheet.zooms(),
        reach=REACH * UNITS * sheet.unit,
        ranges=sheet.ranges,
        ground=tuple(ground),
        stands=tuple(stands or ()),
    )


def _px(zoom: float) -> float:
    """Px of the whole world at a zoom."""
    return float(TILE_PX * 2.0**zoom)


def _world(lon: float, lat: float) -> Point:
    sine = sin(radians(lat))
    return 0.5 + lon / 360, 0.5 - log((1 + sine) / (1 - sine)) / (4 * pi)


def _box(world: Sequence[Point]) -> Box:
    """The box of places, no thinner than what a style sheet can place exactly."""
    least = THINNEST_PX / _px(CLOSEST_ZOOM)
    sides = []
    for axis in (0, 1):
        low, high = min(place[axis] for place in world), max(place[axis] for place in world)
        more = max(least - (high - low), 0) / 2
        sides.append((low - more, high + more))
    (left, right), (top, bottom) = sides
    return left, top, right, bottom


def _fit(sheet: _Sheet) -> str:
    """The box's rule: as large as the map holds it, and no larger than at the closest zoom."""
    ratio = sheet.width / sheet.height
    width, height = (side * _px(CLOSEST_ZOOM) for side in (sheet.width, sheet.height))
    return (
        f".gs-first-box{{width:min(100cqw,100cqh*{ratio:.8f},{width:.3f}px);"
        f"height:min(100cqh,100cqw/{ratio:.8f},{height:.3f}px)}}"
    )


# -- the signs -------------------------------------------------------------------------------------------


def _stands(
    sheet: _Sheet, placed: Sequence[Member], degrees: Sequence[Point], world: Sequence[Point]
) -> tuple[Stand, ...] | None:
    """Signs and gatherings of each zoom that a map may start at; ``None`` where they are too many."""
    low, high = (floor(zoom + 0.5) for zoom in sheet.zooms())
    levels = range(low, min(high, MAX_ZOOM) + 1)
    gatherings, alone = gather(degrees, world, low)
    wanted = [item for item in gatherings if item.zoom in levels]
    singles = [(place, zoom) for place, zoom in enumerate(alone) if zoom <= levels[-1]]
    if len(wanted) + len(singles) > MOST_SIGNS:
        return None
    for zoom in levels[1:]:
        sheet.css.append(f"{sheet.at_least(zoom - 0.5)}{{.gs-z{{display:none}}.gs-z{zoom}{{display:block}}}}")
    if len(levels) > 1:
        sheet.css.insert(1, f".gs-z{{display:none}}.gs-z{low}{{display:block}}")
    made = [_single(sheet, placed[place], world[place], zoom, levels) for place, zoom in singles]
    made += [_gathered(sheet, place, item, placed, levels) for place, item in enumerate(wanted)]
    return tuple(made)


def _shown(zooms: Sequence[int], levels: range) -> str:
    if len(zooms) == len(levels):
        return ""
    return " ".join(["gs-z", *(f"gs-z{zoom}" for zoom in zooms)])


def _single(sheet: _Sheet, member: Member, world: Point, zoom: int, levels: range) -> Stand:
    key = f"gs-f{member.number}"
    sheet.css.append(f"#{key}{{{sheet.share(world)}}}")
    return Stand(key, _shown([level for level in levels if level >= zoom], levels), (member,))


def _gathered(sheet: _Sheet, place: int, item: Gathering, placed: Sequence[Member], levels: range) -> Stand:
    key = f"gs-g{place}"
    sheet.css.append(f"#{key}{{{sheet.share(_world(*item.anchor))}}}")
    return Stand(key, _shown([item.zoom], levels), tuple(placed[index] for index in item.places))


def _dots(scene: Scene, sheet: _Sheet, world: Sequence[Point]) -> Iterator[Shape]:
    """A dot for each organisation, in the colour of its sign.

    Those of one neighbourhood are one path: a browser draws by tiles, and each path that meets one whole.
    """
    rows: dict[str, dict[tuple[int, int], str]] = {}
    for member, (x, y) in zip(scene.placed, world, strict=True):
        left, top = (x - sheet.box[0]) / sheet.unit, (y - sheet.box[1]) / sheet.unit
        cells = rows.setdefault(scene.signs[member.type_code].colour, {})
        cell = int(left // NEIGHBOURHOOD), int(top // NEIGHBOURHOOD)
        cells[cell] = f"{cells.get(cell, '')}M{left:.0f} {top:.0f}h0"
    for colour, cells in rows.items():
        for stroke, width in (("#ffffff", DOT_PX + 2), (colour, DOT_PX)):
            paint = {"fill": "none", "stroke": stroke, "stroke-width": width, "stroke-linecap": "round"}
            yield Shape(paint, tuple(cells.values()), ref="signs/")


# -- the ground ------------------------------------------------------------------------------------------


def _ground(scene: Scene, sheet: _Sheet, latitude: float) -> Iterator[Shape]:
    """Areas, lines and regions in the order of own/map/base.js: lines lie in a pane above all areas."""
    layers = sorted(scene.layers, key=lambda layer: layer.order)
    areas = [layer for layer in layers if layer.kind == "area"]
    bare = [
        all(not rule.paint.fill or not rule.paint.fill_opacity for rule in layer.rules) for layer in areas
    ]
    below = bare.index(True) if True in bare else len(areas)
    paints = {
        entry.ref: entry.paint for group in scene.legend if group.code == "regions" for entry in group.entries
    }
    # What lies whole below a region of the scheme would be drawn for nothing.
    covered = {region.code for region in scene.regions if _opaque(paints.get(region.state))}
    for layer in areas[:below]:
        yield from _layer(layer, sheet, latitude, covered if layer.level else ())
    yield from _regions(scene, sheet, paints)
    for layer in (*areas[below:], *(layer for layer in layers if layer.kind == "line")):
        yield from _layer(layer, sheet, latitude)


def _opaque(paint: Paint | None) -> bool:
    return bool(paint and paint.fill and paint.fill_opacity == 1)


def _layer(
    layer: SceneLayer, sheet: _Sheet, latitude: float, covered: Collection[str] = ()
) -> Iterator[Shape]:
    features = layer.features
    if features is None:
        return
    lines = layer.kind == "line"
    made = []
    for rule in reversed(layer.rules) if lines else layer.rules:
        shown = _in_scale(rule.scale_range, sheet, latitude)
        if shown is None:
            continue
        rows = [
            place
            for place, (cls, code) in enumerate(
                zip(features.columns["cls"], features.columns["code"], strict=True)
            )
            if cls == rule.cls and code not in covered
        ]
        paths = _paths(features.geometry[rows], sheet, closed=not lines)
        if paths:
            made.append((rule.paint, paths, shown, f"{layer.id}/{rule.cls}"))
    for paint, paths, shown, ref in made:
        if lines and paint.casing:
            yield Shape(_casing(paint, layer.opacity), paths, shown, ref, layer.opacity)
    for paint, paths, shown, ref in made:
        yield Shape(_attributes(paint, layer.opacity), paths, shown, ref, layer.opacity)


def _regions(scene: Scene, sheet: _Sheet, paints: Mapping[str, Paint | None]) -> Iterator[Shape]:
    import numpy as np

    for state in ("bordering", "occupied"):
        shapes = np.array(
            [region.geometry for region in scene.regions if region.state == state], dtype=object
        )
        paint = paints.get(state)
        paths = _paths(shapes, sheet, closed=True) if paint else ()
        if paint and paths:
            yield Shape(_attributes(paint, 1.0), paths, ref=f"regions/{state}")


def _in_scale(scales: tuple[int, int], sheet: _Sheet, latitude: float) -> str | None:
    """The class that shows a rule at its scales; "" for at all zooms, ``None`` for at none.

    As own/map/base.js does it, a rule reaches a little beyond its scales.
    """
    whole = DENOMINATOR_0 * cos(radians(latitude))
    first, last = log2(whole / (scales[1] * 1.25)), log2(whole / (scales[0] * 0.8))
    low, high = sheet.zooms()
    if last < low or first > high:
        return None
    if first <= low and last >= high:
        return ""
    name = f"gs-r{len(sheet.css)}"
    at_first = "none" if first > low else "inline"
    rules = [f".{name}{{display:{at_first}}}"]
    if first > low:
        rules.append(f"{sheet.at_least(first)}{{.{name}{{display:inline}}}}")
    if last < high:
        rules.append(f"{sheet.at_least(last)}{{.{name}{{display:none}}}}")
    sheet.css.append("".join(rules))
    sheet.ranges[name] = (first, last)
    return name


def _attributes(paint: Paint, opacity: float) -> dict[str, Any]:
    """The attributes of own/map/base.js's path style."""
    filled = bool(paint.fill) and paint.fill_opacity > 0
    made: dict[str, Any] = {"fill": paint.fill if filled else "none"}
    if filled and paint.fill_opacity * opacity < 1:
        made["fill-opacity"] = round(paint.fill_opacity * opacity, 3)
    if paint.stroke and paint.stroke_px > 0:
        made |= {"stroke": paint.stroke, "stroke-width": paint.stroke_px}
        if paint.stroke_opacity * opacity < 1:
            made["stroke-opacity"] = round(paint.stroke_opacity * opacity, 3)
        if paint.dash_px:
            made["stroke-dasharray"] = " ".join(f"{value:g}" for value in paint.dash_px)
    return made


def _casing(paint: Paint, opacity: float) -> dict[str, Any]:
    made = {"fill": "none", "stroke": paint.casing, "stroke-width": paint.casing_px}
    if paint.stroke_opacity * opacity < 1:
        made["stroke-opacity"] = round(paint.stroke_opacity * opacity, 3)
    return made


def _paths(shapes: Any, sheet: _Sheet, *, closed: bool) -> tuple[str, ...]:
    """Path data of each geometry (EPSG:4326) that the picture reaches, in units of the box."""
    import numpy as np
    import shapely

    if not len(shapes):
        return ()
    left, top, right, bottom = sheet.box
    reach = REACH * UNITS * sheet.unit
    middle = ((left + right) / 2, (top + bottom) / 2)
    near = [(at - reach - start) / sheet.unit for at, start in zip(middle, (left, top), strict=True)]
    far = [(at + reach - start) / sheet.unit for at, start in zip(middle, (left, top), strict=True)]

    def local(points: NDArray[np.float64]) -> NDArray[np.float64]:
        sine = np.sin(np.radians(np.clip(points[:, 1], -85, 85)))
        y = 0.5 - np.log((1 + sine) / (1 - sine)) / (4 * pi)
        return np.column_stack(((0.5 + points[:, 0] / 360 - left) / sheet.unit, (y - top) / sheet.unit))

    made = shapely.clip_by_rect(shapely.transform(np.asarray(shapes), local), *near, *far)
    made = shapely.simplify(made, 1.5)
    return tuple(path for path in (_path(shape, closed=closed) for shape in made) if path)


def _path(shape: Any, *, closed: bool) -> str:
    """One geometry as relative whole steps."""
    import numpy as np
    import shapely

    written = []
    for part in shapely.get_parts(shape):
        lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for line in lines:
            points = np.rint(shapely.get_coordinates(line)).astype(int)
            steps = np.diff(points, axis=0)
            steps = steps[steps.any(axis=1)]
            if len(steps) < (2 if closed else 1):
                continue
            x, y = points[0]
            rest = steps[:-1] if closed else steps
            run = " ".join(f"{dx} {dy}" for dx, dy in rest.tolist())
            written.append(f"M{x} {y}l{run.replace(' -', '-')}{'z' if closed else ''}")
    return "".join(written)
