"""Opacities that one sheet is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from geoservice.errors import InvalidInputError
from geoservice.scheme.opacity import faded
from geoservice.service.inputs import parse_opacities
from tests.web import scenes


def samples(scene: Any, layer: str) -> list[tuple[float, float]]:
    return [
        (entry.paint.fill_opacity, entry.paint.stroke_opacity)
        for group in scene.legend
        for entry in group.entries
        if entry.ref.startswith(f"{layer}/") and entry.paint
    ]


def test_only_the_layers_named_fade_and_their_samples_with_them() -> None:
    plain = scenes.scene()
    layer, *others = [item.id for item in plain.layers if samples(plain, item.id)]
    faint = faded(plain, {layer: 0.25, "nowhere": 0.5})
    assert {item.id: item.opacity for item in faint.layers} == {
        item.id: 0.25 if item.id == layer else item.opacity for item in plain.layers
    }
    assert samples(faint, layer) == [(fill / 4, stroke / 4) for fill, stroke in samples(plain, layer)]
    assert others and all(samples(faint, other) == samples(plain, other) for other in others)
    assert faint.members == plain.members and faded(plain, {}) is plain


@pytest.mark.parametrize(
    "text", ["sea", "sea:", "sea:x", "sea:0", "sea:-1", "sea:1.01", "sea:inf", ":1", "a:1:1"]
)
def test_what_is_no_opacity_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_opacities(f"countries:0.5,{text}")
    assert refused.value.code == "opacity" and refused.value.params["value"] == text


def test_opacities_are_read_with_or_without_blanks() -> None:
    assert parse_opacities(" sea:0.5 , countries:1,") == (("sea", 0.5), ("countries", 1.0))
    assert parse_opacities("") == ()
