"""Coordinates inside a link to a web map, as people copy it from a telephone.

Nothing is fetched: the address itself holds the numbers. Forms: ``geo:`` (RFC 5870), Google Maps, Yandex Maps
and 2GIS (longitude first), OpenStreetMap, Bing and Apple Maps, Waze. Short links hold none and are refused.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from geoservice.errors import CoordinateError

_NUM = r"(-?\d{1,3}(?:\.\d+)?)"
_COMMA = r"\s*,\s*"
_LINK = re.compile(r"^\s*(?:https?://|geo:|www\.|[\w.-]+\.[a-z]{2,}/)", re.IGNORECASE)
_LON_FIRST = re.compile(r"^\s*(?:https?://)?(?:[\w-]+\.)*(?:yandex\.[a-z.]+|2gis\.[a-z]+)[/?]", re.IGNORECASE)
#: The point that was marked goes before the middle of the view.
_LAT_LON = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\s*geo:(?!0,0\?){_NUM},{_NUM}",
        rf"!3d{_NUM}!4d{_NUM}",
        rf"[?&]mlat={_NUM}&mlon={_NUM}",
        rf"[?&](?:q|query|destination|daddr|ll|sll|point|coordinate|marker)=(?:loc:)?{_NUM}{_COMMA}{_NUM}",
        rf"[?&]cp={_NUM}~{_NUM}",
        rf"/(?:place|search|dir/[^/]*)/{_NUM}{_COMMA}\+?{_NUM}",
        rf"@{_NUM},{_NUM}",
        rf"#map=[\d.]+/{_NUM}/{_NUM}",
    )
)
_LON_LAT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"[?&](?:pt|whatshere\[point\])={_NUM}{_COMMA}{_NUM}",
        rf"/geo/\d+/{_NUM}{_COMMA}{_NUM}",
        rf"[?&](?:ll|m)={_NUM}{_COMMA}{_NUM}",
    )
)


def is_link(text: str) -> bool:
    """Is the text an address of a web page or a ``geo:`` URI?"""
    return _LINK.match(text) is not None


def from_link(text: str) -> tuple[float, float]:
    """Return latitude and longitude in degrees (WGS 84).

    Raises:
        CoordinateError: the link holds no coordinates (a short link, a place's name).
    """
    plain = unquote_plus(text.strip())
    patterns = _LON_LAT if _LON_FIRST.match(plain) else _LAT_LON
    for pattern in patterns:
        if found := pattern.search(plain):
            first, second = (float(part) for part in found.groups()[-2:])
            return (second, first) if patterns is _LON_LAT else (first, second)
    raise CoordinateError("register.problem.coordinate_link", value=text)
