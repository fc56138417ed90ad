"""The locator map: where in its country (or countries) the territory of the sheet lies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from geoservice import i18n
from geoservice.errors import CatalogError, NotFoundError
from geoservice.render.sheet_paths import Cut, polygon_path
from geoservice.render.sheet_rooms import best_box
from geoservice.render.sheet_text import FontSet, normal
from geoservice.scheme.boxes import Box, Ink, Obstacles, grown
from geoservice.scheme.panels import panel_degrees, visible_extent
from geoservice.scheme.projection import choose, transformer
from geoservice.scheme.scale import to_degrees

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.scheme.scene import Scene

SIZE_MM = (36.0, 27.0)
#: It is drawn taller than that: a panel with room to spare shows more of the north and the south.
TALLEST_MM = 46.0
#: A sheet that covers more of the country than this is shown among its neighbours.
WIDE_SHARE = 0.55
LEAST_MARK_MM = 2.0
#: Size of countries' names: those that have room when the locator is drawn as large as can be.
NAME_MM = 0.95
#: Countries that span more than this show their neighbours anyway; further ones may lie beyond the layer.
BROAD_DEG = 15.0


def locator(scene: Scene, catalog: Catalog, fonts: FontSet, unit: float) -> dict[str, Any] | None:
    """Return the locator as SVG with its size in mm; ``None`` when the catalogue has no countries.

    The template paints it: ``sea``, ``other``, ``land`` and ``mark`` are classes, ``<style/>`` their place.
    The SVG is ``tall``, and the template shows as much of its middle as it has room for, ``h`` as a rule.
    Where it draws the locator larger it sets the ``names`` of countries, each around its middle.
    """
    frame = scene.frame
    if frame is None or "countries" not in catalog.layers:
        return None
    wanted = tuple(sorted(_countries(scene, catalog)))
    extents = [to_degrees(visible_extent(frame), frame.crs)]
    extents += [panel_degrees(panel) for panel in frame.panels if panel.kind == "country"]
    marks = tuple((round(w, 4), round(s, 4), round(e, 4), round(n, 4)) for w, s, e, n in extents)
    width, height, tall = (side * unit for side in (*SIZE_MM, TALLEST_MM))
    title = i18n.text(scene.lang, f"sheet.word.{'locator' if len(wanted) == 1 else 'locators'}")
    try:
        digest = catalog.digest("countries")
        svg, names = _draw(catalog, wanted, marks, (width, height, tall), (digest, scene.lang, fonts, unit))
    except (NotFoundError, CatalogError):
        return None
    return {"svg": svg, "w": width, "h": height, "tall": tall, "title": title, "names": names}


def _countries(scene: Scene, catalog: Catalog) -> set[str]:
    """The countries of the boundary sets that the cluster is placed in."""
    found = {catalog.layers[name].country for name in scene.cluster.boundaries if name in catalog.layers}
    return {code for code in found if code}


@lru_cache(maxsize=64)
def _draw(
    catalog: Catalog,
    wanted: tuple[str, ...],
    extents: tuple[Box, ...],
    size: tuple[float, float, float],
    content: tuple[str, str, FontSet, float],
) -> tuple[str, list[dict[str, Any]]]:
    import shapely

    digest, lang, fonts, unit = content

    countries = catalog.features("countries")
    codes, shapes = countries.texts("code"), countries.geometry
    own = [shape for code, shape in zip(codes, shapes, strict=True) if code in wanted]
    extent = _union(extents)
    home = tuple(shapely.total_bounds(own)) if own else extent
    box = _grown(home, extent)
    projection = choose(box)
    bounds = transformer(projection.crs).transform_bounds(*box, densify_pts=21)
    width, usual, height = size
    ground = _taller(_fitted((bounds[0], bounds[1], bounds[2], bounds[3]), (width, usual)), height / usual)
    cut = Cut(projection.crs, ground, width, height)
    paths = cut.project(shapes)
    others = "".join(polygon_path(p) for p, c in zip(paths, codes, strict=True) if c not in wanted)
    land = "".join(polygon_path(p) for p, c in zip(paths, codes, strict=True) if c in wanted)
    boxes = [_mark(shown, cut) for shown in extents]
    mark = "".join(map(_mark_svg, boxes))
    name = hashlib.sha256(repr((wanted, extents, digest)).encode()).hexdigest()[:8]
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}"><style/><clipPath id="l{name}"><rect width="{width:g}" '
        f'height="{height:g}"/></clipPath><g clip-path="url(#l{name})"><rect class="sea" width="{width:g}" '
        f'height="{height:g}"/><path class="other" d="{others}"/><path class="land" d="{land}"/>'
        f"{mark}</g></svg>"
    )
    named = list(zip(paths, countries.texts(f"name_{lang}"), strict=True))
    over = (height - usual) / 2
    shown, whole = (0.0, over, width, over + usual), (0.0, 0.0, width, height)
    return svg, _names(named, fonts, unit, (shown, whole), boxes)


def _names(
    named: Sequence[tuple[Any, str]],
    fonts: FontSet,
    unit: float,
    rooms: Sequence[Box],
    marks: Sequence[Box],
) -> list[dict[str, Any]]:
    """Names of the countries that have room for them beside the marks, larger countries first; mm.

    ``rooms``: a name stands in the first in which it can.
    """
    import shapely

    ink = Ink(rooms[-1][2], rooms[-1][3])
    taken, found = Obstacles([grown(box, 0.3) for box in marks]), []
    left = sorted(((shape, normal(name)) for shape, name in named if name), key=lambda pair: -pair[0].area)
    for room in rooms:
        waiting, left = left, []
        for shape, name in waiting:
            block = (fonts.width(name, NAME_MM * unit), NAME_MM * 1.1 * unit)
            within = shapely.clip_by_rect(shape, *room)
            box = None if within.is_empty else best_box(within, block, room, taken, ink, 1.0)
            if box is None:
                left.append((shape, name))
                continue
            taken.add(grown(box, 0.5))
            x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
            found.append({"text": name, "x": round(x, 2), "y": round(y, 2)})
    return found


def _union(boxes: Sequence[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return (min(west), min(south), max(east), max(north))


def _grown(home: Box, extent: Box) -> Box:
    """The home country with a margin; with its neighbours where the sheet covers most of it."""
    west, south, east, north = (
        min(home[0], extent[0]), min(home[1], extent[1]), max(home[2], extent[2]), max(home[3], extent[3])
    )  # fmt: skip
    wide = (extent[2] - extent[0]) > WIDE_SHARE * (home[2] - home[0])
    share = 0.45 if wide and east - west < BROAD_DEG else 0.06
    dx, dy = (east - west) * share, (north - south) * share
    return (west - dx, south - dy, east + dx, north + dy)


def _fitted(box: Box, size: tuple[float, float]) -> Box:
    """Widen a box of metres to the shape of the locator."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = max(width / size[0], height / size[1])
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return (
        x - scale * size[0] / 2,
        y - scale * size[1] / 2,
        x + scale * size[0] / 2,
        y + scale * size[1] / 2,
    )


def _taller(ground: Box, times: float) -> Box:
    """Add to a box of metres in the north and in the south."""
    west, south, east, north = ground
    more = (north - south) * (times - 1) / 2
    return (west, south - more, east, north + more)


def _mark(extent: Box, cut: Cut) -> Box:
    import numpy as np

    west, south, east, north = extent
    corners = cut.places(np.asarray([(west, north), (east, north), (east, south), (west, south)]))
    x0, y0 = corners.min(axis=0).tolist()
    x1, y1 = corners.max(axis=0).tolist()
    grow_x, grow_y = max(0.0, LEAST_MARK_MM - (x1 - x0)) / 2, max(0.0, LEAST_MARK_MM - (y1 - y0)) / 2
    return (x0 - grow_x, y0 - grow_y, x1 + grow_x, y1 + grow_y)


def _mark_svg(box: Box) -> str:
    x0, y0, x1, y1 = box
    return f'<rect class="mark" x="{x0:.2f}" y="{y0:.2f}" width="{x1 - x0:.2f}" height="{y1 - y0:.2f}"/>'
