"""Base layers for the browser: cut to what can be seen, rounded, with a place for each area's name.

Geometry is GeoJSON in EPSG:4326 with 5 decimals (about 1 m).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geoservice.render.web_raster import overlay

if TYPE_CHECKING:
    from geoservice.scheme.scene import Scene, SceneLayer
    from geoservice.specs import Paint

Box = tuple[float, float, float, float]

DECIMALS = 5
COARSE_DECIMALS = 3  # about 100 m, for simplified borders

#: How far around the territory the map can be moved, and how far beyond that borders are still sent.
MARGIN_DEG = 3.0
CUT_DEG = 1.0

#: Shown when there is nothing else to show: the Republic of Azerbaijan.
HOME_BOX = (44.7, 38.3, 50.7, 42.0)


def map_extent(scene: Scene) -> Box:
    """Return the box (EPSG:4326 degrees) beyond which the map cannot be moved, and nothing is sent.

    It holds the boundary sets that the cluster is placed in and every member, with a margin.
    """
    boxes = [
        tuple(layer.frame.total_bounds.tolist())
        for layer in scene.layers
        if layer.id in scene.cluster.boundaries and layer.frame is not None
    ]
    boxes += [(m.longitude, m.latitude, m.longitude, m.latitude) for m in scene.placed]
    if not boxes:
        boxes = [scene.bounds or HOME_BOX]
    west, south, east, north = zip(*boxes, strict=True)
    return padded_box((min(west), min(south), max(east), max(north)))


def padded_box(box: Box) -> Box:
    """Return a box (EPSG:4326 degrees) with the map's margin around it."""
    west, south, east, north = _padded(box, MARGIN_DEG)
    return (
        round(max(west, -180.0), 3),
        round(max(south, -85.0), 3),
        round(min(east, 180.0), 3),
        round(min(north, 85.0), 3),
    )


def layer_data(layer: SceneLayer, extent: Box, simplified_deg: float = 0.0) -> dict[str, Any]:
    """Return a layer as the page's script takes it.

    Args:
        layer: of a Scene.
        extent: box in EPSG:4326 degrees beyond which nothing is sent.
        simplified_deg: how far borders may be moved to have fewer points; 0 leaves them as they are.
    """
    classes = {rule.cls: place for place, rule in enumerate(layer.rules)}
    return {
        "id": layer.id,
        "title": layer.title,
        "kind": layer.kind,
        "order": layer.order,
        "opacity": layer.opacity,
        "note": layer.note,
        "source": layer.source,
        "level": layer.level,
        "rules": [
            {"cls": rule.cls, "title": rule.title, "paint": paint_data(rule.paint), "scale": rule.scale_range}
            for rule in layer.rules
        ],
        "features": [] if layer.frame is None else _features(layer, classes, extent, simplified_deg),
        "image": overlay(layer.path) if layer.kind == "raster" else None,
    }


def _features(
    layer: SceneLayer,
    classes: Mapping[str, int],
    extent: Box,
    simplified_deg: float,
) -> list[list[Any]]:
    """[code, name, index of the rule, geometry, place of an area's label] for each feature drawn."""
    import shapely

    frame = layer.frame[layer.frame["cls"].isin(list(classes))]
    if layer.kind == "point" and "population" in frame:
        # Of two names that contend for one place, the page's script writes the first.
        frame = frame.sort_values("population", ascending=False, kind="stable")
    elif layer.kind != "point":
        # Neighbouring countries reach far beyond what can be seen. The cut lies outside the map's extent.
        cut = shapely.clip_by_rect(frame.geometry.to_numpy(), *_padded(extent, CUT_DEG))
        if simplified_deg:
            cut = shapely.simplify(cut, simplified_deg)
        frame = frame.set_geometry(cut, crs=frame.crs)
        frame = frame[~frame.geometry.is_empty]
    shapes = frame.geometry.to_numpy()
    anchors: Sequence[Any] = _anchors(shapes) if layer.kind == "area" else [None] * len(shapes)
    return [
        [str(code), str(name), classes[cls], geometry, anchor]
        for code, name, cls, geometry, anchor in zip(
            frame["code"],
            frame["name"],
            frame["cls"],
            geometries(shapes, COARSE_DECIMALS if simplified_deg else DECIMALS),
            anchors,
            strict=True,
        )
    ]


def _padded(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _anchors(shapes: Any) -> list[tuple[float, float]]:
    """A point inside the largest part of each polygon (EPSG:4326), where its name is written."""
    import shapely

    anchors = []
    for shape in shapes:
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        point = largest.centroid if largest.contains(largest.centroid) else largest.point_on_surface()
        anchors.append((round(point.x, 4), round(point.y, 4)))
    return anchors


def geometries(shapes: Any, decimals: int = DECIMALS) -> list[Any]:
    """Return geometries as GeoJSON fragments with so many decimals, not parsed on their way out."""
    import numpy as np
    import orjson
    import shapely

    rounded = shapely.transform(np.asarray(shapes, dtype=object), lambda points: np.round(points, decimals))
    return [orjson.Fragment(text) for text in shapely.to_geojson(rounded)]


def paint_data(value: Paint) -> dict[str, Any]:
    """Return what a screen needs of a paint: sizes in CSS px."""
    return {
        "fill": value.fill,
        "fillOpacity": value.fill_opacity,
        "stroke": value.stroke,
        "strokeOpacity": value.stroke_opacity,
        "width": value.stroke_px,
        "dash": value.dash_px,
        "casing": value.casing,
        "casingWidth": value.casing_px,
        "shape": value.shape,
        "size": value.size_px,
        "label": value.label,
        "labelSize": value.label_px,
        "labelColour": value.label_colour,
        "labelHalo": value.label_halo,
        "labelStyle": value.label_style,
    }
