"""The schematic map of a verdict: which regions it draws, and where they meet. Geometry is EPSG:4326."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from geoservice.scheme.scene import EvidenceBorder, EvidenceRegion

if TYPE_CHECKING:
    from geoservice.model import Boundaries
    from geoservice.territory.verdict import Concentration

#: What is drawn of the regions around: this share of the occupied ones' width and height on each side.
AROUND = 0.35
_SHAPES: dict[str, Literal["line", "point", "area"]] = {"line": "line", "gap": "line", "point": "point"}


def map_regions(
    found: Concentration, boundaries: Boundaries, names: Mapping[str, str], lang: str
) -> tuple[EvidenceRegion, ...]:
    """Occupied regions, those that would connect them, and what lies around."""
    from geoservice.territory.wording import country_name

    held = {region.code: (number, region) for number, region in enumerate(found.regions, start=1)}
    sets = [bridge for part in found.parts for bridge in (*part.bridges, *part.partial_bridges)]
    bridges = {code for bridge in sets for code in bridge}
    found_in = boundaries.features
    rows = list(zip(found_in["code"], found_in["country"], found_in.geometry, strict=True))
    windows = _windows([(country, shape) for code, country, shape in rows if code in held])
    regions = []
    for code, country, shape in rows:
        number, region = held.get(code, (0, None))
        if region is None and code not in bridges and not _touches(windows.get(country), shape.bounds):
            continue
        regions.append(
            EvidenceRegion(
                number=number,
                name=names.get(code, code),
                state="occupied" if region else "bridge" if code in bridges else "other",
                count=region.count if region else 0,
                component=region.component if region else None,
                country=country_name(country, lang) if country else "",
                geometry=shape,
            )
        )
    return tuple(regions)


def _windows(occupied: Iterable[tuple[str, Any]]) -> dict[str, tuple[float, ...]]:
    """For each country the box of its occupied regions, grown by :data:`AROUND`."""
    boxes: dict[str, tuple[float, ...]] = {}
    for country, shape in occupied:
        own = shape.bounds
        box = boxes.get(country, own)
        boxes[country] = (*map(min, box[:2], own[:2]), *map(max, box[2:], own[2:]))
    grown: dict[str, tuple[float, ...]] = {}
    for country, (west, south, east, north) in boxes.items():
        dx, dy = (east - west) * AROUND, (north - south) * AROUND
        grown[country] = (west - dx, south - dy, east + dx, north + dy)
    return grown


def _touches(window: tuple[float, ...] | None, box: tuple[float, ...]) -> bool:
    if window is None:
        return False
    return box[0] < window[2] and box[2] > window[0] and box[1] < window[3] and box[3] > window[1]


def map_borders(found: Concentration, boundaries: Boundaries) -> tuple[EvidenceBorder, ...]:
    """Where occupied regions meet, EPSG:4326."""
    from geoservice.territory.evidence import edge_geometry
    from geoservice.territory.regions import prepare

    if not found.edges:
        return ()
    regions = prepare(boundaries)
    return tuple(
        EvidenceBorder(counts, _SHAPES.get(edge.kind.value, "area"), edge_geometry(edge, regions))
        for edge, counts in found.edges
    )
