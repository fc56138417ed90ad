"""The evidence of a verdict as GeoJSON, for the map and for whoever checks it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoservice import i18n
from geoservice.territory.adjacency import Edge, Kind
from geoservice.territory.geodesy import metres_per_degree
from geoservice.territory.mending import shifter
from geoservice.territory.regions import Regions, prepare
from geoservice.territory.verdict import Concentration, edge_dict, placement_dict

if TYPE_CHECKING:
    from geoservice.model import Boundaries
    from geoservice.territory.concentration import Member

_GRID_DEGREES = 1e-7  # a centimetre


def evidence_geojson(
    result: Concentration,
    boundaries: Boundaries | Regions,
    *,
    lang: str = "az",
    members: Sequence[Member] = (),
) -> dict[str, Any]:
    """Return one FeatureCollection (RFC 7946) of what a verdict rests on.

    Each feature's ``properties.layer`` is "region" (occupied, or "bridge" for those that would connect),
    "edge" (the common line, the contact, the overlap, or the way across a gap), "component" (the union of a
    connected set) or "participant" (with ``members`` given).
    """
    regions = prepare(boundaries)
    features = [*_region_features(result, regions, lang), *_edge_features(result, regions)]
    features += _component_features(result, regions)
    features += _member_features(result, members)
    return {"type": "FeatureCollection", "features": features}


def _feature(geometry: Any, properties: Mapping[str, Any]) -> dict[str, Any]:
    import shapely

    shape = (
        None
        if geometry is None
        else json.loads(shapely.to_geojson(shapely.set_precision(geometry, _GRID_DEGREES, mode="pointwise")))
    )
    return {"type": "Feature", "geometry": shape, "properties": dict(properties)}


def _region_features(result: Concentration, regions: Regions, lang: str) -> list[dict[str, Any]]:
    found = []
    for region in result.regions:
        said = {
            "layer": "region",
            "code": region.code,
            "name": i18n.pick(region.names, lang) or region.code,
            "count": region.count,
            "share": round(region.share, 4),
            "component": region.component,
            "exclave": region.exclave,
            "state": "occupied",
        }
        found.append(_feature(regions.geometries[regions.index[region.code]], said))
    for code in sorted({code for bridge in result.bridges for code in bridge}):
        said = {
            "layer": "region",
            "code": code,
            "name": regions.name(code, lang),
            "count": 0,
            "state": "bridge",
        }
        found.append(_feature(regions.geometries[regions.index[code]], said))
    return found


def _edge_features(result: Concentration, regions: Regions) -> list[dict[str, Any]]:
    return [
        _feature(edge_geometry(edge, regions), {"layer": "edge", **edge_dict(edge, result.terms.rule)})
        for edge, _ in result.edges
    ]


def edge_geometry(edge: Edge, regions: Regions) -> Any:
    """What a contact looks like: a line for lines and gaps, a polygon for overlaps, a point for points."""
    import shapely

    one, two = side_by_side(*(regions.geometries[regions.index[code]] for code in (edge.a, edge.b)))
    if edge.kind is Kind.OVERLAP:
        return shapely.intersection(one, two)
    if edge.kind is Kind.POINT and edge.gap_m == 0:
        return shapely.Point(shapely.get_coordinates(shapely.shortest_line(one, two))[0])
    if edge.kind is Kind.POINT:
        return shapely.shortest_line(one, two)
    reach_m = max(1.5 * edge.gap_m, 0.2)
    centre = shapely.centroid(shapely.shortest_line(one, two))
    scale = np.array([float(value) for value in metres_per_degree(centre.y)])

    def metric(shape: Any) -> Any:
        return shapely.transform(shape, lambda xy: (xy - [centre.x, centre.y]) * scale)

    border = metric(shapely.boundary(one))
    beside = shapely.buffer(metric(shapely.boundary(two)), reach_m, cap_style="flat", quad_segs=2)
    line = shapely.line_merge(shapely.intersection(border, beside))
    return shapely.transform(line, lambda xy: xy / scale + [centre.x, centre.y])


def side_by_side(one: Any, two: Any) -> tuple[Any, Any]:
    """Two polygons, the second moved by 360 degrees if they meet over the 180th meridian."""
    import shapely

    west, _, east, _ = shapely.total_bounds([one, two])
    if east - west <= 180.0:
        return one, two
    ways = [two, shapely.transform(two, shifter(360.0)), shapely.transform(two, shifter(-360.0))]
    return one, min(ways, key=lambda way: float(shapely.distance(one, way)))


def _component_features(result: Concentration, regions: Regions) -> list[dict[str, Any]]:
    import shapely

    return [
        _feature(
            shapely.union_all([regions.geometries[regions.index[code]] for code in component]),
            {"layer": "component", "component": place, "codes": list(component)},
        )
        for place, component in enumerate(result.components)
    ]


def _member_features(result: Concentration, members: Sequence[Member]) -> list[dict[str, Any]]:
    import shapely

    placed = {placement.id: placement for placement in result.placements}
    return [
        _feature(
            None if m.longitude is None or m.latitude is None else shapely.Point(m.longitude, m.latitude),
            {"layer": "participant", "name": m.name, **placement_dict(placed[m.id])},
        )
        for m in members
        if m.id in placed
    ]
