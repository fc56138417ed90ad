"""What the label placer is given and what it gives back: signs and texts, millimetres in a map frame."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from geoservice.scheme.boxes import Box, Segment

Align = Literal["left", "center", "right"]


class Unit(Struct, frozen=True):
    """A sign with its number, or a stack of signs: ``shapes`` are the ways to draw it.

    A shape is the box it takes relative to the place (x, y); the first that fits is used.
    """

    id: str
    x: float
    y: float
    shapes: tuple[Box, ...]
    priority: int = 0


class PlacedUnit(Struct, frozen=True):
    """Where a unit stands: moved by (dx, dy) from its place if ``moved``, then with a tick to the place.

    ``forced``: no free room was left in the whole frame, and it overlaps something. ``hides``: it stands on
    the place or the pointer of another, or its own pointer runs below one, for want of room.
    """

    id: str
    shape: int
    dx: float
    dy: float
    box: Box
    moved: bool
    forced: bool = False
    hides: bool = False


class Label(Struct, frozen=True):
    """A text to be placed beside ``around`` (a unit's box, or a place as an empty box).

    ``sizes``: (width, height) of its variants, the fullest first. ``leader``: it may stand further off.
    """

    id: str
    around: Box
    sizes: tuple[tuple[float, float], ...]
    priority: int = 0
    leader: bool = True


class PlacedLabel(Struct, frozen=True):
    """A text that found room: which variant, where, how aligned, and its leader line if it needs one."""

    id: str
    variant: int
    box: Box
    align: Align
    leader: Segment | None = None
