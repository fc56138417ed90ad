"""The numbers on the plate of a stack: ranges of them, with the marks that stand beside some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from geoservice.render.sheet_text import FontSet
    from geoservice.scheme.scene import Member, Scene


class Token(Struct, frozen=True):
    """A number or a range, the marks after it, and how wide the whole is (mm)."""

    text: str
    marks: tuple[str, ...]
    width: float


def number_tokens(
    members: Sequence[Member], scene: Scene, fonts: FontSet, share: float, type_mm: float
) -> list[Token]:
    """Return the numbers of members, runs of unmarked ones written as ranges (4–9).

    Args:
        members: of one type, by number.
        scene: whose signs the marks are.
        fonts: to measure texts.
        share: of their size at which signs are drawn.
        type_mm: height of the type.
    """
    runs: list[tuple[int, int, tuple[str, ...]]] = []
    for member in members:
        marks = tuple(mark for mark in member.marks if mark in scene.signs)
        if runs and not marks and not runs[-1][2] and runs[-1][1] == member.number - 1:
            runs[-1] = (runs[-1][0], member.number, ())
        else:
            runs.append((member.number, member.number, marks))
    tokens = []
    for index, (first, last, marks) in enumerate(runs):
        text = str(first) if first == last else f"{first}{', ' if last == first + 1 else '–'}{last}"
        text += "," if index < len(runs) - 1 and not marks else ""
        width = fonts.width(text, type_mm, "bold") / 1.02 + 0.55
        width += sum(scene.signs[mark].size_mm * share + 0.2 for mark in marks)
        tokens.append(Token(text, marks, width))
    return tokens
