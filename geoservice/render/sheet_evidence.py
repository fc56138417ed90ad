"""The page of evidence: the tables of a verdict, and the schematic map of its regions and their borders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geoservice import i18n
from geoservice.render.sheet_names import Run, run
from geoservice.render.sheet_overlay import halos
from geoservice.render.sheet_paths import Cut, line_path, polygon_path
from geoservice.render.sheet_text import SLACK, breakable, normal
from geoservice.scheme.boxes import Box, Obstacles, grown, nearest_point
from geoservice.scheme.evidence import component_mark
from geoservice.scheme.labels import place_labels
from geoservice.scheme.placed import Label, Unit
from geoservice.scheme.projection import choose, transformer
from geoservice.scheme.units import place_units

if TYPE_CHECKING:
    from geoservice.render.sheet_text import FontSet
    from geoservice.scheme.scene import Evidence, EvidenceRegion, Scene

#: Fills of the connected sets, told apart by their marks I, II, III too.
TINTS = ("#f5d7a8", "#bfdcec", "#d3e6c3", "#e5d3ea", "#f3c9c2", "#dcd9b4")
LAND, LINE, OUTLINE = "#f4f2ec", "#c3bcae", "#8a6a3a"
COUNTS, COUNTS_NOT, BRIDGE = "#1d6b3a", "#9b1c31", "#5a3d8a"
DISC_MM, NUMBER_MM, NAME_MM = 1.85, 2.3, 2.35
HATCH_MM = 1.6
MARGIN = 0.06


def evidence_data(scene: Scene, fonts: FontSet, size: tuple[float, float], unit: float) -> dict[str, Any]:
    """Return the page's data: tables as texts, a map for each country, the key of the maps.

    Args:
        scene: with ``evidence``.
        fonts: to measure names.
        size: width and height in mm that the maps get together.
        unit: how texts grow with the paper.
    """
    evidence = scene.evidence
    assert evidence is not None  # noqa: S101  # the caller's condition; for the type checker
    words = ("page", "map", "map_key")
    return {
        "tables": [
            {
                "code": table.code,
                "title": table.title,
                "heads": list(table.heads),
                "rows": [
                    {"cells": [breakable(normal(cell)) for cell in row.cells], "tone": row.tone}
                    for row in table.rows
                ],
                "note": normal(table.note),
            }
            for table in evidence.tables
        ],
        "maps": _maps(scene, evidence, fonts, size, unit),
        "key": _key(evidence, scene),
        "words": {word: i18n.text(scene.lang, f"evidence.{word}") for word in words},
    }


def _maps(
    scene: Scene, evidence: Evidence, fonts: FontSet, size: tuple[float, float], unit: float
) -> list[dict[str, Any]]:
    """One map for each country that holds members, side by side."""
    occupied = [region for region in evidence.regions if region.state == "occupied"]
    countries = list(dict.fromkeys(region.country for region in occupied))
    if not countries:
        return []
    gap = 4.0 * unit
    width = (size[0] - gap * (len(countries) - 1)) / len(countries)
    parts = len({region.component for region in occupied}) > 1
    return [
        {
            "title": country if len(countries) > 1 else "",
            **_Sketch(
                scene, evidence, [r for r in evidence.regions if r.country == country], fonts, unit, parts
            ).draw((width, size[1])),
        }
        for country in countries
    ]


def _key(evidence: Evidence, scene: Scene) -> list[dict[str, Any]]:
    """What the map's signs mean: exactly those that are on it."""
    box = '<rect x="0.2" y="0.2" width="7.6" height="3.6" fill="{}" stroke="{}" stroke-width="0.3"/>'
    line = '<path d="M0.4 2H7.6" stroke="{}" stroke-width="{}" fill="none"{}/>'
    found = [("map_occupied", box.format(TINTS[0], OUTLINE), any(r.number for r in evidence.regions))]
    counted = {border.counts for border in evidence.borders}
    found.append(("map_counts", line.format(COUNTS, 0.9, ""), True in counted))
    dashed = ' stroke-dasharray="1.2 0.7"'
    found.append(("map_not_counts", line.format(COUNTS_NOT, 0.7, dashed), False in counted))
    hatch = "".join(f"M{x} 3.8L{x + 2.4:g} 0.2" for x in (0.6, 2.2, 3.8, 5.2))
    inner = box.format("#ffffff", BRIDGE) + f'<path d="{hatch}" stroke="{BRIDGE}" stroke-width="0.25"/>'
    found.append(("map_bridge", inner, any(r.state == "bridge" for r in evidence.regions)))
    dot = '<circle cx="4" cy="2" r="0.65" fill="#1c1c1c" stroke="#ffffff" stroke-width="0.2"/>'
    found.append(("map_member", dot, any(m.located for m in scene.everyone) and bool(evidence.regions)))
    return [
        {
            "svg": _document(inner, 8.0, 4.0),
            "w": 8.0,
            "h": 4.0,
            "title": i18n.text(scene.lang, f"evidence.{code}"),
        }
        for code, inner, shown in found
        if shown
    ]


def _document(inner: str, width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}">{inner}</svg>'
    )


class _Sketch:
    """Draws the regions of one country."""

    def __init__(
        self,
        scene: Scene,
        evidence: Evidence,
        regions: Sequence[EvidenceRegion],
        fonts: FontSet,
        unit: float,
        parts: bool,
    ) -> None:
        self.scene, self.evidence, self.regions = scene, evidence, regions
        self.fonts, self.unit, self.parts = fonts, unit, parts

    def draw(self, most: tuple[float, float]) -> dict[str, Any]:
        """The map at the largest size within ``most`` (mm), with its names as runs."""
        cut, width, height = self._fitted(most)
        shapes = cut.project([region.geometry for region in self.regions])
        runs, discs = self._names(shapes, (0.0, 0.0, width, height))
        parts = [f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>']
        parts += [self._area(region, shape) for region, shape in zip(self.regions, shapes, strict=True)]
        parts += [self._borders(cut), self._places(cut), halos(runs, self.fonts), *discs]
        clip = f'<clipPath id="e"><rect width="{width:g}" height="{height:g}"/></clipPath>'
        svg = _document(f'{clip}<g clip-path="url(#e)">{"".join(parts)}</g>', width, height)
        set_runs = [
            [r.text, r.x, r.y, r.size_mm, r.face, r.colour, r.tracking_mm] for r in (*runs, *self._numbers)
        ]
        return {"svg": svg, "w": width, "h": height, "runs": set_runs}

    def _fitted(self, most: tuple[float, float]) -> tuple[Cut, float, float]:
        import shapely

        shown = [r.geometry for r in self.regions if r.state != "other"]
        degrees = tuple(float(v) for v in shapely.total_bounds(shown))
        crs = choose((degrees[0], degrees[1], degrees[2], degrees[3])).crs
        west, south, east, north = transformer(crs).transform_bounds(*degrees, densify_pts=21)
        dx, dy = (east - west) * MARGIN, (north - south) * MARGIN
        west, south, east, north = west - dx, south - dy, east + dx, north + dy
        scale = max((east - west) / most[0], (north - south) / most[1])
        # A map takes its whole width, so that what lies around is seen; its height follows the regions.
        height = min(most[1], max((north - south) / scale, most[1] * 0.6))
        x, y = (west + east) / 2, (south + north) / 2
        half_x, half_y = most[0] * scale / 2, height * scale / 2
        extent = (x - half_x, y - half_y, x + half_x, y + half_y)
        return Cut(crs, extent, most[0], height), round(most[0], 2), round(height, 2)

    def _area(self, region: EvidenceRegion, shape: Any) -> str:
        path = polygon_path(shape)
        if not path:
            return ""
        if region.state == "other":
            return f'<path d="{path}" fill="{LAND}" stroke="{LINE}" stroke-width="0.12"/>'
        if region.state == "bridge":
            hatch = line_path(_hatched(shape))
            return (
                f'<path d="{path}" fill="#ffffff" stroke="{BRIDGE}" stroke-width="0.3"/>'
                f'<path d="{hatch}" fill="none" stroke="{BRIDGE}" stroke-width="0.2"/>'
            )
        tint = TINTS[(region.component or 0) % len(TINTS)]
        return f'<path d="{path}" fill="{tint}" stroke="{OUTLINE}" stroke-width="0.3"/>'

    def _borders(self, cut: Cut) -> str:
        parts = []
        for border in self.evidence.borders:
            (shape,) = cut.project([border.geometry])
            colour = COUNTS if border.counts else COUNTS_NOT
            dashes = "" if border.counts else ' stroke-dasharray="1.2 0.7"'
            if border.shape == "point":
                parts += [
                    f'<circle cx="{x:.2f}" cy="{y:.2f}" r="1.1" fill="none" stroke="{colour}" '
                    f'stroke-width="0.5"/>'
                    for x, y in _middles(shape)
                ]
            elif path := line_path(shape):
                parts.append(
                    f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="0.9" '
                    f'stroke-linecap="round"{dashes}/>'
                )
        return "".join(parts)

    def _places(self, cut: Cut) -> str:
        import numpy as np

        located = [(m.longitude, m.latitude) for m in self.scene.everyone if m.located]
        lonlat = np.asarray(located, dtype=float)
        dots = sorted({(round(x, 1), round(y, 1)) for x, y in cut.places(lonlat.reshape(-1, 2)).tolist()})
        return "".join(
            f'<circle cx="{x:g}" cy="{y:g}" r="0.65" fill="#1c1c1c" stroke="#ffffff" stroke-width="0.2"/>'
            for x, y in dots
        )

    def _names(self, shapes: Any, bounds: Box) -> tuple[list[Run], list[str]]:
        """Numbered discs in the regions, aside where these are small, with their names beside."""
        unit, radius = self.unit, DISC_MM * self.unit
        marked, labels, told = [], [], {}
        for index, (region, shape) in enumerate(zip(self.regions, shapes, strict=True)):
            if region.state == "other" or not (middle := _middle(shape)):
                continue
            key = f"{index:04d}"
            marked.append(
                Unit(key, *middle, shapes=((-radius, -radius, radius, radius),), priority=region.count)
            )
            told[key] = region
        placed = place_units(marked, grown(bounds, -0.5))
        obstacles = Obstacles([grown(at.box, 0.2) for at in placed.values()])
        size = NAME_MM * unit
        for key, at in placed.items():
            width = self.fonts.width(self._told(told[key]), size, "semibold")
            labels.append(Label(key, at.box, ((width, size),), told[key].count))
        named = place_labels(labels, grown(bounds, -0.5), obstacles)
        runs = [
            run(self._told(told[key]), at.box[0], at.box[1] + size * 0.78, size, "semibold", "#1c1c1c")
            for key, at in named.items()
        ]
        ticks = [nearest for unit_ in marked if (nearest := _tick(unit_, placed[unit_.id])) is not None]
        ticks += [at.leader for at in named.values() if at.leader is not None]
        discs = [
            f'<path d="M{a:.2f} {b:.2f}L{c:.2f} {d:.2f}" stroke="#1c1c1c" stroke-width="0.2"/>'
            for a, b, c, d in ticks
        ]
        self._numbers: list[Run] = []
        for key, at in placed.items():
            discs.append(self._disc(told[key], at.box))
        return runs, discs

    def _disc(self, region: EvidenceRegion, box: Box) -> str:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if not region.number:
            return f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{0.5 * self.unit:g}" fill="{BRIDGE}"/>'
        text, size = str(region.number), NUMBER_MM * self.unit
        width = self.fonts.width(text, size, "bold") / SLACK
        self._numbers.append(run(text, x - width / 2, y + size * 0.33, size, "bold", "#ffffff", halo=False))
        return (
            f'<circle cx="{x:.2f}" cy="{y:.2f}" r="{DISC_MM * self.unit:g}" fill="#1c1c1c" '
            f'stroke="#ffffff" stroke-width="0.25"/>'
        )

    def _told(self, region: EvidenceRegion) -> str:
        name = normal(region.name)
        if not region.number:
            return name
        mark = f" · {component_mark(region.component or 0)}" if self.parts else ""
        return f"{name} ({region.count}){mark}"


def _tick(unit: Unit, at: Any) -> tuple[float, float, float, float] | None:
    return (unit.x, unit.y, *nearest_point(at.box, unit.x, unit.y)) if at.moved else None


def _middle(shape: Any) -> tuple[float, float] | None:
    """The place furthest from the edges of the largest part."""
    import shapely

    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    if not parts:
        return None
    largest = max(parts, key=lambda part: part.area)
    tolerance = math.sqrt(largest.area) / 50
    centre = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance))[0]
    return float(centre[0]), float(centre[1])


def _middles(shape: Any) -> list[tuple[float, float]]:
    import shapely

    return [(float(p.centroid.x), float(p.centroid.y)) for p in shapely.get_parts(shape)]


def _hatched(shape: Any) -> Any:
    """Slanting lines within a polygon."""
    import numpy as np
    import shapely

    west, south, east, north = shape.bounds
    tall = north - south
    starts = np.arange(west - tall, east, HATCH_MM)
    lines = shapely.linestrings([[(x, north), (x + tall, south)] for x in starts.tolist()])
    return shapely.intersection(shapely.union_all(lines), shape)
