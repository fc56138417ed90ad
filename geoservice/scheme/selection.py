"""Which layers, and which of their features, a scheme shows: no clutter (5.3.1, item 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geoservice import i18n
from geoservice.errors import CatalogError
from geoservice.model import LANGUAGES, Boundaries, Cluster
from geoservice.scheme.scene import Frame, Member, SceneLayer, SceneRule

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.specs import LayerSpec, Rule, Where

#: Screens can be panned: what lies this far around the territory is drawn too.
SCREEN_MARGIN_DEG = 1.5
#: Styles that fit any layer of their kind, and so say nothing of what it shows.
GENERAL_STYLES = frozenset({"user-area", "user-line", "user-point"})
#: A frame's straight edge is a curve in degrees: it is followed in steps of this share of the edge.
EDGE_STEPS = 32


@dataclass(frozen=True)
class View:
    """What a medium can show: a polygon in EPSG:4326 and, on paper, the scale's denominator."""

    polygon: Any
    denominator: int | None = None

    @classmethod
    def of_frame(cls, frame: Frame) -> View:
        """The ground that a sheet's frame covers."""
        import shapely
        from pyproj import Transformer

        to_degrees = Transformer.from_crs(frame.crs, "EPSG:4326", always_xy=True)
        box = shapely.box(*frame.extent)
        ring = shapely.segmentize(box, box.length / (4 * EDGE_STEPS))
        degrees = shapely.transform(ring, lambda xy: _transformed(to_degrees, xy))
        return cls(shapely.make_valid(degrees), frame.denominator)

    @classmethod
    def of_territory(cls, boundaries: Boundaries, members: Iterable[Member]) -> View:
        """The boundary set's box and every member, with a margin."""
        import shapely

        boxes = [tuple(boundaries.frame.total_bounds)]
        boxes += [(m.longitude, m.latitude, m.longitude, m.latitude) for m in members if m.placed]
        west, south, east, north = zip(*boxes, strict=True)
        box = shapely.box(min(west), min(south), max(east), max(north))
        return cls(box.buffer(SCREEN_MARGIN_DEG, join_style="mitre"))

    def touches(self, geometry: Any) -> bool:
        """Whether a geometry (EPSG:4326) is at least partly in view."""
        return bool(self.polygon.intersects(geometry))


def _transformed(transformer: Any, xy: Any) -> Any:
    import numpy as np

    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))


def select_layers(
    catalog: Catalog, cluster: Cluster, view: View, wanted: Sequence[str], lang: str
) -> tuple[SceneLayer, ...]:
    """The layers with something in view, lowest first.

    Raises:
        NotFoundError: a layer asked for is not in the catalogue.
    """
    added = [catalog.layer(name) for name in wanted if not name.startswith("-")]
    dropped = {catalog.layer(name[1:]).id for name in wanted if name.startswith("-")}
    chosen = [spec for spec in catalog.layers.values() if _default(spec, catalog, cluster) or spec in added]
    layers = (_scene_layer(spec, catalog, view, lang) for spec in chosen if spec.id not in dropped)
    return tuple(sorted((layer for layer in layers if layer), key=lambda layer: (layer.order, layer.id)))


def _default(spec: LayerSpec, catalog: Catalog, cluster: Cluster) -> bool:
    """A country's boundary sets are shown only as far as the cluster uses them, or sets above them."""
    if spec.kind != "boundaries" or spec.level == "country":
        return spec.default
    used = {name for name in cluster.boundaries if name in catalog.layers}
    parents = {catalog.layers[name].parent for name in used}
    if spec.id in used | parents:
        return True
    return spec.default and spec.country not in {catalog.layers[name].country for name in used}


def _scene_layer(spec: LayerSpec, catalog: Catalog, view: View, lang: str) -> SceneLayer | None:
    if view.denominator is not None and not _in_range(spec.scale_range, view.denominator):
        return None
    if spec.kind == "raster":
        return _layer_of(spec, "raster", None, (), lang) if view.touches(_ground(spec)) else None
    frame = catalog.frame(spec.id)
    frame = frame.iloc[sorted(frame.sindex.query(view.polygon, predicate="intersects"))]
    rules = [
        rule
        for rule in catalog.layer_styles[spec.style].rule
        if view.denominator is None or not rule.scale_range or _in_range(rule.scale_range, view.denominator)
    ]
    frame = _classified(frame, catalog.layer_styles[spec.style].rule, rules, lang)
    if frame.empty:
        return None
    present = set(frame["cls"])
    resolved = tuple(_scene_rule(rule, spec, lang) for rule in rules if rule.cls in present)
    return _layer_of(spec, "area" if spec.kind == "boundaries" else spec.kind, frame, resolved, lang)


def _ground(spec: LayerSpec) -> Any:
    """The box (EPSG:4326) that a raster covers."""
    import rasterio
    import shapely
    from rasterio.errors import RasterioError
    from rasterio.warp import transform_bounds

    try:
        with rasterio.open(spec.path) as raster:
            return shapely.box(*transform_bounds(raster.crs, "EPSG:4326", *raster.bounds))
    except RasterioError as error:
        raise CatalogError("catalog_file", file=f"{spec.id}.toml", where="data", why=str(error)) from error


def _scene_rule(rule: Rule, spec: LayerSpec, lang: str) -> SceneRule:
    """A rule with its texts; the general styles know no better name for a class than the layer's own."""
    title = i18n.pick(spec.title if spec.style in GENERAL_STYLES else rule.title, lang)
    return SceneRule(rule.cls, title, rule.paint, rule.legend, rule.scale_range or spec.scale_range)


def _layer_of(spec: LayerSpec, kind: Any, frame: Any, rules: tuple[SceneRule, ...], lang: str) -> SceneLayer:
    return SceneLayer(
        id=spec.id,
        title=i18n.pick(spec.title, lang),
        kind=kind,
        order=spec.order,
        frame=frame,
        rules=rules,
        opacity=spec.opacity,
        source=spec.source,
        licence=spec.licence,
        licence_url=spec.licence_url,
        note=i18n.pick(spec.note, lang),
        path=spec.path if spec.kind == "raster" else None,
    )


def _in_range(scale_range: tuple[int, int], denominator: int) -> bool:
    return scale_range[0] <= denominator <= scale_range[1]


def _classified(frame: Any, rules: Sequence[Rule], shown: Sequence[Rule], lang: str) -> Any:
    """Features with the class of the first rule that matches; those of rules not shown are left out."""
    import pandas as pd

    cls = pd.Series("", index=frame.index, dtype=object)
    for rule in rules:
        cls[(cls == "") & _matches(frame, rule.where)] = rule.cls
    names = [f"name_{lang}", *(f"name_{other}" for other in LANGUAGES)]
    name = frame[names].replace("", None).bfill(axis=1).iloc[:, 0].fillna("")
    classified = frame.assign(cls=cls, name=name)
    return classified[classified["cls"].isin([rule.cls for rule in shown])]


def _matches(frame: Any, where: Where | None) -> Any:
    import pandas as pd

    hits = pd.Series(True, index=frame.index)
    if where is None:
        return hits
    if where.field not in frame.columns:
        return ~hits
    column = frame[where.field]
    if where.equals is not None:
        hits &= column.astype(str) == where.equals
    if where.one_of is not None:
        hits &= column.astype(str).isin(where.one_of)
    if where.min is not None or where.max is not None:
        numbers = pd.to_numeric(column, errors="coerce")
        hits &= numbers.ge(where.min if where.min is not None else float("-inf"))
        hits &= numbers.lt(where.max if where.max is not None else float("inf"))
    return hits
