"""Values of callers, read and checked."""

from __future__ import annotations

from typing import Any

from geoservice.errors import InvalidInputError


def parse_box(text: str) -> tuple[float, float, float, float]:
    """Read ``west,south,east,north`` in degrees.

    Raises:
        InvalidInputError: not four numbers in the world's range, or in the wrong order.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInputError("box", value=text) from error
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidInputError("box", value=text)
    return west, south, east, north


def parse_opacities(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``layer:opacity`` with commas between; an opacity is above 0 and at most 1.

    Raises:
        InvalidInputError: something else stands there.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        layer, _, value = part.partition(":")
        try:
            opacity = float(value)
        except ValueError as error:
            raise InvalidInputError("opacity", value=part) from error
        if not layer or not 0 < opacity <= 1:
            raise InvalidInputError("opacity", value=part)
        found.append((layer, opacity))
    return tuple(found)


def as_text(value: Any) -> str:
    """A value of the API as a person would write it into a register."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return repr(value) if isinstance(value, float) else str(value)
