"""What lies between regions that are apart: how much of the way across is water."""

from __future__ import annotations

from typing import Any

import numpy as np
from msgspec.structs import replace

from geoservice.territory.adjacency import BorderRule, Edge, RegionGraph
from geoservice.territory.evidence import edge_geometry, side_by_side
from geoservice.territory.regions import Regions

_WAYS = 16  # ways across that are looked at


def over_water(graph: RegionGraph, regions: Regions, water: Any, rule: BorderRule) -> RegionGraph:
    """Return the graph with ``water_share`` of the contacts that may be over water under a rule.

    Args:
        graph: of ``regions``.
        regions: the boundary set.
        water: (n,) polygons of water, EPSG:4326; none means that nothing is known to be water.
        rule: only what is no wider than its ``water_m`` is looked at.
    """
    import shapely

    polygons = np.asarray(water, dtype=object)
    if not any(edge.may_be_water(rule) for edge in graph.edges):
        return graph
    tree = shapely.STRtree(polygons)
    edges = tuple(
        replace(edge, water_share=_share(edge, regions, polygons, tree)) if edge.may_be_water(rule) else edge
        for edge in graph.edges
    )
    return RegionGraph(graph.codes, edges, graph.reach_m, graph.digest)


def _share(edge: Edge, regions: Regions, polygons: Any, tree: Any) -> float:
    """The share of the ways across, by length, that polygons of water cover.

    The ways go from points spread evenly over the border that faces the other region to the nearest point of
    that region, as far as they run outside both; the shortest of all is one of them.
    """
    import shapely

    one, two = side_by_side(*(regions.geometries[regions.index[code]] for code in (edge.a, edge.b)))
    facing = edge_geometry(edge, regions)
    ways = [shapely.shortest_line(one, two)]
    if shapely.length(facing) > 0:
        spots = shapely.line_interpolate_point(facing, (np.arange(_WAYS) + 0.5) / _WAYS, normalized=True)
        ways += [*shapely.shortest_line(spots, two)]
    drawn = shapely.multilinestrings([way for way in ways if shapely.length(way) > 0])
    across = shapely.difference(shapely.difference(drawn, one), two)
    near = polygons[tree.query(across)]
    if len(near) == 0 or across.is_empty:
        return 0.0
    wet = shapely.intersection(across, shapely.union_all(near))
    return round(float(shapely.length(wet) / shapely.length(across)), 4)
