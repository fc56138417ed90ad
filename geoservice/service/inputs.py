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


def as_text(value: Any) -> str:
    """A value of the API as a person would write it into a register."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return repr(value) if isinstance(value, float) else str(value)
