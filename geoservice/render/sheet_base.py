"""The base map of a sheet as SVG without a letter: areas, lines, points, graticule, in mm of the frame.

Geometry is projected, cut to the frame and written as paths of one SVG per map, cached by content: an
unchanged base is never drawn twice. (matplotlib would draw the same paths; its import
alone costs more than the whole sheet, so the paths are written directly. Texts are Typst's.)
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from geoservice.errors import RenderError
from geoservice.render.sheet_kept import Kept
from geoservice.render.sheet_paths import Cut, line_path, polygon_path
from geoservice.render.sheet_seen import Painted
from geoservice.scheme.boxes import Box, Ink
from geoservice.scheme.scene import Scene, SceneLayer, SceneRegion, SceneRule
from geoservice.specs import Paint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoservice.catalog import Catalog

    Array = NDArray[np.float64]

#: Areas that take more of a map than this share go without their name.
MOST_NAMED = 0.6
#: How much lines and edges of areas trouble a text that lies on them.
LINE_INK, EDGE_INK = 1.0, 0.4
#: States of regions that are painted over their set, in this order.
STATES = ("bordering", "occupied")
KEPT = 24  # bases held in memory; one is 50 to 500 kB


class MapFrame(Struct, frozen=True):
    """A map on the sheet: projection, extent in its metres, size in mm, scale."""

    crs: str
    extent: Box
    width_mm: float
    height_mm: float
    denominator: int

    @property
    def metres_per_mm(self) -> float:
        """Ground metres in a millimetre of paper."""
        return self.denominator / 1000

    @property
    def bounds(self) -> Box:
        """The frame itself in mm."""
        return (0.0, 0.0, self.width_mm, self.height_mm)


class Dot(Struct, frozen=True):
    """A point feature that is drawn: place and size in mm, its name and how that is written."""

    name: str
    x: float
    y: float
    size_mm: float
    paint: Paint
    layer: str
    cls: str


class AreaName(Struct, frozen=True):
    """A name to be set in an area: ``polygon`` is its part in the frame (mm); ``rank``: lower goes first."""

    name: str
    polygon: Any
    paint: Paint
    rank: int


class BaseMap(Struct, frozen=True):
    """A drawn base: SVG text, what is to be named on it, what was ``painted``, its lines."""

    svg: str
    dots: tuple[Dot, ...]
    areas: tuple[AreaName, ...]
    painted: Painted
    ink: Ink


_BASES: Kept[BaseMap] = Kept(KEPT)
_DIGESTS: dict[int, tuple[Scene, str]] = {}


def base_map(scene: Scene, frame: MapFrame, catalog: Catalog, grid: str = "", grow: float = 1.0) -> BaseMap:
    """Draw a scene's layers in a frame; the same content is drawn once.

    Args:
        scene: layers and regions, EPSG:4326.
        frame: where and how large.
        catalog: for the paint of occupied and bordering regions.
        grid: SVG of the graticule, drawn above areas and below lines.
        grow: by what lines and signs of the base are larger than on A3.

    Raises:
        RenderError: a layer cannot be drawn; it is named.
    """
    key = _key(scene, frame, catalog, grid, grow)
    return _BASES.get(key, lambda: _Drawing(scene, frame, catalog, grow).draw(grid))


def _key(scene: Scene, frame: MapFrame, catalog: Catalog, grid: str, grow: float) -> str:
    styles = [catalog.layer_styles.get(state) for state in STATES]
    drawn = (frame, grid, grow, styles, sorted(_home(scene, catalog)))
    return hashlib.sha256(f"{content_digest(scene)}{drawn!r}".encode()).hexdigest()


def _home(scene: Scene, catalog: Catalog) -> set[str]:
    """The countries of the boundary sets that the cluster is placed in."""
    return {catalog.layers[name].country for name in scene.cluster.boundaries if name in catalog.layers}


def content_digest(scene: Scene) -> str:
    """Hash of everything that the bases of a scene are drawn from; reckoned once for a scene."""
    held = _DIGESTS.get(id(scene))
    if held is not None and held[0] is scene:
        return held[1]
    text = _digest(scene)
    if len(_DIGESTS) > KEPT:
        _DIGESTS.clear()
    _DIGESTS[id(scene)] = (scene, text)
    return text


def _digest(scene: Scene) -> str:
    digest = hashlib.sha256()
    for layer in scene.layers:
        digest.update(repr((layer.id, layer.order, layer.opacity, layer.rules, str(layer.path))).encode())
        if (features := layer.features) is not None:
            digest.update("\0".join(features.texts("name")).encode())
            digest.update("\0".join(features.texts("cls")).encode())
            digest.update(features.ground)
        elif layer.path is not None and layer.path.is_file():
            stat = layer.path.stat()
            digest.update(f"{stat.st_mtime_ns}:{stat.st_size}".encode())
    for region in scene.regions:
        digest.update(f"{region.code}:{region.state}:{region.name}".encode())
    return digest.hexdigest()


class _Drawing:
    """One drawing: collects SVG elements, dots and names."""

    def __init__(self, scene: Scene, frame: MapFrame, catalog: Catalog, grow: float) -> None:
        self.grow = grow
        self.scene, self.frame, self.catalog = scene, frame, catalog
        self.inset = scene.frame is not None and scene.frame.extent != frame.extent
        self.home = _home(scene, catalog)
        self.cut = Cut(frame.crs, frame.extent, frame.width_mm, frame.height_mm)
        self.parts: list[str] = []
        self.dots: list[Dot] = []
        self.areas: list[AreaName] = []
        self.painted = Painted(frame.width_mm, frame.height_mm)
        self.ink = Ink(frame.width_mm, frame.height_mm)

    def draw(self, grid: str) -> BaseMap:
        layers = sorted(self.scene.layers, key=lambda layer: layer.order)
        areas = [layer for layer in layers if layer.kind in ("area", "raster")]
        others = [layer for layer in layers if layer.kind not in ("area", "raster")]
        ground = self._last_boundary(areas)
        for layer in areas:
            self._layer(layer)
            if layer.id == ground:
                self._regions()
        if ground is None:
            self._regions()
        self.parts.append(grid)
        for layer in others:
            self._layer(layer)
        width, height = self.frame.width_mm, self.frame.height_mm
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{width:g}mm" height="{height:g}mm" viewBox="0 0 {width:g} {height:g}">'
            f'<clipPath id="f"><rect width="{width:g}" height="{height:g}"/></clipPath>'
            f'<g clip-path="url(#f)" stroke-linejoin="round">{"".join(self.parts)}</g></svg>'
        )
        return BaseMap(svg, tuple(self.dots), tuple(self.areas), self.painted, self.ink)

    def _last_boundary(self, layers: list[SceneLayer]) -> str | None:
        """The boundary layer whose regions the verdict is about: the states are painted over its fill."""
        sets = set(self.scene.cluster.boundaries)
        found = [layer.id for layer in layers if layer.id in sets]
        return found[-1] if found else None

    def _layer(self, layer: SceneLayer) -> None:
        try:
            svg = "".join(self._raster(layer) if layer.kind == "raster" else self._features(layer))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RenderError("sheet.layer", layer=layer.title or layer.id, why=str(error)) from error
        if svg:
            opacity = f' opacity="{layer.opacity:g}"' if layer.opacity < 1 else ""
            self.parts.append(f"<g{opacity}>{svg}</g>")

    def _raster(self, layer: SceneLayer) -> Iterator[str]:
        from geoservice.render.sheet_raster import warped_png

        href = warped_png(layer.path, self.frame.crs, self.frame.extent, self.frame.width_mm)
        self.painted.always(f"{layer.id}/raster")
        yield (
            f'<image width="{self.frame.width_mm:g}" height="{self.frame.height_mm:g}" '
            f'preserveAspectRatio="none" xlink:href="{href}"/>'
        )

    def _features(self, layer: SceneLayer) -> Iterator[str]:
        features = layer.features
        if features is None:
            return
        # Each map has the classes of its own scale: an inset more of them than the map around it.
        rules = [rule for rule in layer.rules if self._in_scale(rule)]
        shown = {rule.cls for rule in rules}
        if not shown.issuperset(features["cls"]):
            features = features.rows([i for i, cls in enumerate(features["cls"]) if cls in shown])
        names, classes = features.texts("name"), list(map(str, features["cls"]))
        codes = features.texts("code") if "code" in features else names
        shapes = self.cut.project(features.geometry)
        for rule in rules:
            chosen = [i for i, cls in enumerate(classes) if cls == rule.cls and not shapes[i].is_empty]
            if not chosen:
                continue
            geometries, paint = [shapes[i] for i in chosen], _grown(rule.paint, self.grow)
            if not self._hidden(layer, [codes[i] for i in chosen]):
                self._paint(f"{layer.id}/{rule.cls}", layer, paint, geometries)
            if layer.kind == "point":
                yield from self._points(layer, rule, [names[i] for i in chosen], geometries)
            elif layer.kind == "line":
                self._mark(geometries, LINE_INK)
                yield from _stroked("".join(map(line_path, geometries)), paint)
            else:
                if rule.paint.stroke is not None:
                    self._mark(geometries, EDGE_INK)
                yield from _filled("".join(map(polygon_path, geometries)), paint)
                self._name_areas(layer, rule, [(codes[i], names[i], shapes[i]) for i in chosen])

    def _paint(self, ref: str, layer: SceneLayer, paint: Paint, shapes: list[Any]) -> None:
        """Note what is painted for a class, so that the legend can tell what shows of it."""
        if layer.kind == "point":
            for shape in shapes:
                place = shape.representative_point()
                self.painted.point(ref, place.x, place.y, paint.size_mm)
            return
        opaque = layer.opacity >= 1
        self._paint_area(ref, paint, shapes, opaque, lines=layer.kind == "line")

    def _paint_area(self, ref: str, paint: Paint, shapes: Any, opaque: bool, lines: bool = False) -> None:
        import numpy as np
        import shapely

        drawn = np.asarray(shapes, dtype=object)
        if not lines and paint.fill and paint.fill_opacity > 0:
            self.painted.fill(ref, drawn, opaque=opaque and paint.fill_opacity >= 1)
        width = max(paint.stroke_mm if paint.stroke else 0.0, paint.casing_mm if paint.casing else 0.0)
        if width > 0:
            drawn = drawn if lines else shapely.boundary(drawn)
            solid = opaque and paint.stroke_opacity >= 1 and not paint.dash_mm
            self.painted.line(ref, drawn, width, solid=solid)

    def _mark(self, geometries: list[Any], weight: float) -> None:
        """Tell the placer of names where lines run."""
        import numpy as np
        import shapely

        lines = np.asarray(geometries, dtype=object)
        lines = np.where(shapely.get_dimensions(lines) == 2, shapely.boundary(lines), lines)
        lines = shapely.segmentize(lines, Ink.CELL_MM)
        self.ink.draw(shapely.get_coordinates(lines), weight)

    def _hidden(self, layer: SceneLayer, codes: list[str]) -> bool:
        """Whether only the home country is drawn of the countries: its regions lie over it."""
        return layer.id == "countries" and set(codes) <= self.home

    def _in_scale(self, rule: SceneRule) -> bool:
        low, high = getattr(rule, "scale_range", None) or (1, 10**9)
        return bool(low <= self.frame.denominator <= high)

    def _points(
        self, layer: SceneLayer, rule: SceneRule, names: list[str], shapes: list[Any]
    ) -> Iterator[str]:
        paint = _grown(rule.paint, self.grow)
        for name, shape in zip(names, shapes, strict=True):
            place = shape.representative_point()
            self.dots.append(Dot(name, place.x, place.y, paint.size_mm, rule.paint, layer.id, rule.cls))
            yield symbol(place.x, place.y, paint)

    def _name_areas(self, layer: SceneLayer, rule: SceneRule, named: list[tuple[str, str, Any]]) -> None:
        if not rule.paint.label:
            return
        states = {region.code for region in self.scene.regions}
        # The country itself needs no name among its regions.
        states |= self.home
        own = layer.id in self.scene.cluster.boundaries or layer.id == "countries"
        whole = self.frame.width_mm * self.frame.height_mm
        for code, name, shape in named:
            # A name tells areas apart; one that covers most of the map tells nothing.
            if name and not (own and code in states) and shape.area < MOST_NAMED * whole:
                self.areas.append(AreaName(name, shape, rule.paint, 100 - layer.order))

    def _regions(self) -> None:
        for state in STATES:
            regions = [region for region in self.scene.regions if region.state == state]
            style = self.catalog.layer_styles.get(state)
            if regions and style is not None:
                self._state(regions, style.rule[0].paint, state)

    def _state(self, regions: list[SceneRegion], paint: Paint, state: str) -> None:
        shapes = self.cut.project([region.geometry for region in regions])
        path = "".join(polygon_path(shape) for shape in shapes if not shape.is_empty)
        if not path:
            return
        drawn = _grown(paint, self.grow)
        self._paint_area(state, drawn, [shape for shape in shapes if not shape.is_empty], opaque=True)
        self.parts.append("<g>" + "".join(_filled(path, drawn)) + "</g>")
        for region, shape in zip(regions, shapes, strict=True):
            if paint.label and not shape.is_empty and region.name and not self._fills_inset(shape):
                self.areas.append(AreaName(region.name, shape, paint, 10 if state == "occupied" else 20))

    def _fills_inset(self, shape: Any) -> bool:
        """Whether a region takes all of an inset: the main map names it."""
        return self.inset and bool(shape.area > 0.97 * self.frame.width_mm * self.frame.height_mm)


def _grown(paint: Paint, grow: float) -> Paint:
    """A paint with wider lines and larger signs; names grow by themselves."""
    if grow == 1:
        return paint
    return replace(
        paint,
        stroke_mm=round(paint.stroke_mm * grow, 3),
        casing_mm=round(paint.casing_mm * grow, 3),
        dash_mm=tuple(round(length * grow, 3) for length in paint.dash_mm),
        size_mm=round(paint.size_mm * grow, 3),
    )


# -- SVG -----------------------------------------------------------------------------------------------------


def _filled(path: str, paint: Paint) -> Iterator[str]:
    if not path:
        return
    fill = f'fill="{paint.fill}"' if paint.fill and paint.fill_opacity > 0 else 'fill="none"'
    if paint.fill and 0 < paint.fill_opacity < 1:
        fill += f' fill-opacity="{paint.fill_opacity:g}"'
    yield f'<path d="{path}" fill-rule="evenodd" {fill} {stroke(paint)}/>'


def _stroked(path: str, paint: Paint) -> Iterator[str]:
    if not path:
        return
    if paint.casing and paint.casing_mm > 0:
        yield (
            f'<path d="{path}" fill="none" stroke="{paint.casing}" stroke-width="{paint.casing_mm:g}" '
            f'stroke-linecap="butt"/>'
        )
    yield f'<path d="{path}" fill="none" {stroke(paint)}/>'


def stroke(paint: Paint) -> str:
    """The stroke attributes of a paint, mm."""
    if paint.stroke is None or paint.stroke_mm <= 0:
        return 'stroke="none"'
    text = f'stroke="{paint.stroke}" stroke-width="{paint.stroke_mm:g}"'
    if paint.stroke_opacity < 1:
        text += f' stroke-opacity="{paint.stroke_opacity:g}"'
    if paint.dash_mm:
        text += f' stroke-dasharray="{" ".join(f"{value:g}" for value in paint.dash_mm)}"'
    return text


def symbol(x: float, y: float, paint: Paint) -> str:
    """The sign of a point feature, as the map and the legend draw it."""
    half = paint.size_mm / 2
    fill = f'fill="{paint.fill or "#ffffff"}"'
    if paint.shape == "square":
        return (
            f'<rect x="{x - half:.2f}" y="{y - half:.2f}" width="{paint.size_mm:g}" '
            f'height="{paint.size_mm:g}" {fill} {stroke(paint)}/>'
        )
    circle = f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{half:g}" {fill} {stroke(paint)}/>'
    if paint.shape == "ring":
        circle += (
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{half * 0.42:.2f}" fill="{paint.stroke or "#000000"}"/>'
        )
    return circle
