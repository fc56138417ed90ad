"""Which layers, and which of their features, a scheme shows: no clutter (5.3.1, item 2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice import i18n
from geoservice.errors import CatalogError, NotFoundError
from geoservice.features import Features
from geoservice.model import LANGUAGES, Boundaries, Cluster
from geoservice.scheme.scene import REGION_STATES, Frame, Member, SceneLayer, SceneRule

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.specs import LayerSpec, Rule, Where

#: Screens can be panned: what lies this far around the territory is drawn too.
SCREEN_MARGIN_DEG = 1.5
#: Styles that fit any layer of their kind, and so say nothing of what it shows.
GENERAL_STYLES = frozenset({"user-area", "user-line", "user-point"})
#: The regions of the verdict, drawn by their state, can be left out as a layer's classes can.
REGIONS = "regions"
#: A frame's straight edge is a curve in degrees: it is followed in steps of this share of the edge.
EDGE_STEPS = 32


class View(Struct, frozen=True):
    """What a medium can show: a polygon in EPSG:4326 and, on paper, the scale's denominator."""

    polygon: Any
    denominator: int | None = None

    @classmethod
    def of_frame(cls, frame: Frame) -> View:
        """The ground that a sheet's frame and its panels cover."""
        import shapely

        shown = [(frame.crs, frame.extent), *((panel.crs, panel.extent) for panel in frame.panels)]
        grounds = [_ground_of(crs, extent) for crs, extent in shown]
        return cls(shapely.union_all(grounds), frame.denominator)

    @classmethod
    def of_territory(cls, boundaries: Boundaries, members: Iterable[Member]) -> View:
        """The boundary set's box and every member, with a margin."""
        import shapely

        boxes: list[Any] = [boundaries.features.bounds]
        boxes += [(m.longitude, m.latitude, m.longitude, m.latitude) for m in members if m.placed]
        west, south, east, north = zip(*boxes, strict=True)
        box = shapely.box(min(west), min(south), max(east), max(north))
        return cls(box.buffer(SCREEN_MARGIN_DEG, join_style="mitre"))

    def touches(self, geometry: Any) -> bool:
        """Whether a geometry (EPSG:4326) is at least partly in view."""
        return bool(self.polygon.intersects(geometry))


def _ground_of(crs: str, extent: tuple[float, float, float, float]) -> Any:
    """The polygon in degrees under a rectangle of a projected CRS."""
    import shapely
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    box = shapely.box(*extent)
    ring = shapely.segmentize(box, box.length / (4 * EDGE_STEPS))
    return shapely.make_valid(shapely.transform(ring, lambda xy: _transformed(to_degrees, xy)))


def _transformed(transformer: Any, xy: Any) -> Any:
    import numpy as np

    return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))


def select_layers(
    catalog: Catalog, cluster: Cluster, view: View, wanted: Sequence[str], lang: str
) -> tuple[SceneLayer, ...]:
    """The layers with something in view, lowest first.

    Args:
        catalog: the layers there are.
        cluster: whose boundary sets are shown.
        view: what can be shown.
        wanted: ids of layers besides the default ones; ``-id`` leaves a layer out, ``-id/class`` one class.
        lang: language of the texts.

    Raises:
        NotFoundError: a layer asked for is not in the catalogue, or has no such class.
    """
    added = [catalog.layer(name) for name in wanted if not name.startswith("-")]
    hidden = [name[1:] for name in wanted if name.startswith("-") and not _of_regions(name)]
    dropped = {catalog.layer(name).id for name in hidden if "/" not in name}
    classes = _hidden_classes(catalog, [name for name in hidden if "/" in name])
    chosen = [spec for spec in catalog.layers.values() if _default(spec, catalog, cluster) or spec in added]
    layers = (
        _scene_layer(spec, catalog, view, lang, classes.get(spec.id, frozenset()))
        for spec in chosen
        if spec.id not in dropped
    )
    return tuple(sorted((layer for layer in layers if layer), key=lambda layer: (layer.order, layer.id)))


def hidden_states(wanted: Sequence[str]) -> frozenset[str]:
    """States of regions that are not to be shown: ``-regions/bordering``, or ``-regions`` for all.

    Raises:
        NotFoundError: there is no such state.
    """
    states: set[str] = set()
    for name in filter(_of_regions, wanted):
        _, _, state = name.partition("/")
        if state and state not in REGION_STATES:
            raise NotFoundError(
                "layer_class_not_found", layer=REGIONS, name=state, known=", ".join(REGION_STATES)
            )
        states |= {state} if state else set(REGION_STATES)
    return frozenset(states)


def _of_regions(name: str) -> bool:
    return name.partition("/")[0] == f"-{REGIONS}"


def _hidden_classes(catalog: Catalog, names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Layer -> its classes that are not to be shown."""
    found: dict[str, frozenset[str]] = {}
    for name in names:
        layer, _, cls = name.partition("/")
        spec = catalog.layer(layer)
        known = [rule.cls for rule in catalog.layer_styles[spec.style].rule]
        if cls not in known:
            raise NotFoundError("layer_class_not_found", layer=layer, name=cls, known=", ".join(known))
        found[spec.id] = found.get(spec.id, frozenset()) | {cls}
    return found


def _default(spec: LayerSpec, catalog: Catalog, cluster: Cluster) -> bool:
    """A country's boundary sets are shown only as far as the cluster uses them, or sets above them."""
    if spec.kind != "boundaries" or spec.level == "country":
        return spec.default
    used = {name for name in cluster.boundaries if name in catalog.layers}
    parents = {catalog.layers[name].parent for name in used}
    if spec.id in used | parents:
        return True
    return spec.default and spec.country not in {catalog.layers[name].country for name in used}


def _scene_layer(
    spec: LayerSpec, catalog: Catalog, view: View, lang: str, hidden: frozenset[str]
) -> SceneLayer | None:
    if view.denominator is not None and not _in_range(spec.scale_range, view.denominator):
        return None
    if spec.kind == "raster":
        return _layer_of(spec, "raster", None, (), lang) if view.touches(_ground(spec)) else None
    features = catalog.features(spec.id)
    features = features.rows(features.touching(view.polygon))
    rules = [
        rule
        for rule in catalog.layer_styles[spec.style].rule
        if rule.cls not in hidden and _on_some_map(rule, view)
    ]
    features = _classified(features, catalog.layer_styles[spec.style].rule, rules, lang)
    if not len(features):
        return None
    present = set(features["cls"])
    resolved = tuple(_scene_rule(rule, spec, lang) for rule in rules if rule.cls in present)
    return _layer_of(spec, "area" if spec.kind == "boundaries" else spec.kind, features, resolved, lang)


def _on_some_map(rule: Rule, view: View) -> bool:
    """Whether a class is drawn in a view or, on paper, on an inset or a detail map of a larger scale."""
    return view.denominator is None or not rule.scale_range or rule.scale_range[0] <= view.denominator


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


def _layer_of(spec: LayerSpec, kind: Any, data: Any, rules: tuple[SceneRule, ...], lang: str) -> SceneLayer:
    return SceneLayer(
        id=spec.id,
        title=i18n.pick(spec.title, lang),
        kind=kind,
        order=spec.order,
        data=data,
        rules=rules,
        opacity=spec.opacity,
        source=spec.source,
        licence=spec.licence,
        licence_url=spec.licence_url,
        note=i18n.pick(spec.note, lang),
        path=spec.path if spec.kind == "raster" else None,
        level=spec.level or "",
        as_of=spec.as_of,
        edition=spec.edition,
    )


def _in_range(scale_range: tuple[int, int], denominator: int) -> bool:
    return scale_range[0] <= denominator <= scale_range[1]


def _classified(features: Features, rules: Sequence[Rule], shown: Sequence[Rule], lang: str) -> Features:
    """Features with the class of the first rule that matches; those of rules not shown are left out."""
    classes = [""] * len(features)
    for rule in rules:
        hits = _matches(features, rule.where)
        classes = [cls or (rule.cls if hit else "") for cls, hit in zip(classes, hits, strict=True)]
    languages = dict.fromkeys((lang, *LANGUAGES))
    spellings = zip(*(features.texts(f"name_{each}") for each in languages), strict=True)
    names = [next(filter(None, each), "") for each in spellings]
    drawn = {rule.cls for rule in shown}
    chosen = [place for place, cls in enumerate(classes) if cls in drawn]
    return features.rows(chosen, cls=classes, name=names)


def _matches(features: Features, where: Where | None) -> list[bool]:
    if where is None:
        return [True] * len(features)
    if where.field not in features:
        return [False] * len(features)
    return [_meets(value, where) for value in features[where.field]]


def _meets(value: Any, where: Where) -> bool:
    if where.equals is not None and str(value) != where.equals:
        return False
    if where.one_of is not None and str(value) not in where.one_of:
        return False
    if where.min is None and where.max is None:
        return True
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    low, high = (where.min, where.max)
    return (low is None or number >= low) and (high is None or number < high)
