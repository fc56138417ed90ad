"""Opacities of layers that one sheet is asked for, in place of the catalogue's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from geoservice.scheme.scene import LegendEntry, Scene


def faded(scene: Scene, opacities: Mapping[str, float]) -> Scene:
    """Return the scene with layers of these opacities, by id; its legend's samples fade along.

    Layers that the scene does not hold are passed over.
    """
    if not opacities:
        return scene
    layers = (replace(layer, opacity=opacities.get(layer.id, layer.opacity)) for layer in scene.layers)
    legend = (
        replace(group, entries=tuple(_faded(entry, opacities) for entry in group.entries))
        for group in scene.legend
    )
    return replace(scene, layers=tuple(layers), legend=tuple(legend))


def _faded(entry: LegendEntry, opacities: Mapping[str, float]) -> LegendEntry:
    opacity = opacities.get(entry.ref.partition("/")[0])
    if opacity is None or entry.paint is None or "/" not in entry.ref:
        return entry
    paint = entry.paint
    return replace(
        entry,
        paint=replace(
            paint, fill_opacity=paint.fill_opacity * opacity, stroke_opacity=paint.stroke_opacity * opacity
        ),
    )
