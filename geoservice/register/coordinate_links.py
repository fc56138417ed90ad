"""Coordinates inside a link to a web map, as people copy it from a telephone.

Nothing is fetched: the address itself holds the numbers; some addresses hold only the middle of the view,
which may be kilometres from the place. Forms: ``geo:`` (RFC 5870), Google Maps, Yandex Maps and 2GIS
(longitude first), OpenStreetMap, Bing and Apple Maps, Waze. Short links hold none and are refused.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote_plus

from msgspec import Struct

from geoservice.errors import CoordinateError

_NUM = r"(-?\d{1,3}(?:\.\d+)?)"
_COMMA = r"\s*,\s*"
_LINK = re.compile(r"^\s*(?:https?://|geo:|www\.|[\w.-]+\.[a-z]{2,}/)", re.IGNORECASE)
_LON_FIRST = r"^\s*(?:https?://)?(?:[\w-]+\.)*(?:yandex\.[a-z.]+|2gis\.[a-z]+)[/?]"
#: The point that was marked; a link that holds it may name the middle of the view as well.
_MARKED = (
    rf"^\s*geo:(?!0,0\?){_NUM},{_NUM}",
    rf"!3d{_NUM}!4d{_NUM}",
    rf"[?&]mlat={_NUM}&mlon={_NUM}",
    rf"[?&](?:q|query|destination|daddr|point|coordinate|marker)=(?:loc:)?{_NUM}{_COMMA}{_NUM}",
    rf"//maps\.apple\.com/.*[?&]ll={_NUM}{_COMMA}{_NUM}",
    rf"/(?:place|search|dir/[^/]*)/{_NUM}{_COMMA}\+?{_NUM}",
)
#: The middle of what the map showed.
_VIEW = (
    rf"[?&](?:ll|sll)={_NUM}{_COMMA}{_NUM}",
    rf"[?&]cp={_NUM}~{_NUM}",
    rf"@{_NUM},{_NUM}",
    rf"#map=[\d.]+/{_NUM}/{_NUM}",
)
_LON_LAT_MARKED = (
    rf"[?&](?:pt|whatshere\[point\])={_NUM}{_COMMA}{_NUM}",
    rf"/geo/(?:\d+/)?{_NUM}{_COMMA}{_NUM}",
)
_LON_LAT_VIEW = (rf"[?&](?:ll|m)={_NUM}{_COMMA}{_NUM}",)
#: A pin that Google names by degrees and minutes: /place/40°35'22.9"N 49°40'07.0"E/
_WORDS = r"(?:/(?:place|search)/|[?&](?:q|query)=(?:loc:)?)([^/&@?]*°[^/&@?]*)"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Few registers hold links: what reads them is compiled when one does."""
    return re.compile(pattern, re.IGNORECASE)


class LinkPoint(Struct, frozen=True):
    """Latitude and longitude in degrees (WGS 84); ``view``: the middle of the view, as no point is marked."""

    latitude: float
    longitude: float
    view: bool = False


def is_link(text: str) -> bool:
    """Is the text an address of a web page or a ``geo:`` URI?"""
    return _LINK.match(text) is not None


def words_of(text: str) -> str:
    """The point of a link in degrees and minutes, "" if there is none or the link has it as numbers too."""
    plain = unquote_plus(text.strip())
    found = _compiled(_WORDS).search(plain)
    return found[1] if found and "!3d" not in plain else ""


def from_link(text: str) -> LinkPoint:
    """Read the point of a link.

    Raises:
        CoordinateError: the link holds no coordinates (a short link, a place's name).
    """
    plain = unquote_plus(text.strip())
    lon_first = _compiled(_LON_FIRST).match(plain) is not None
    kinds = (_LON_LAT_MARKED, _LON_LAT_VIEW) if lon_first else (_MARKED, _VIEW)
    for view, patterns in enumerate(kinds):
        for pattern in patterns:
            if found := _compiled(pattern).search(plain):
                first, second = (float(part) for part in found.groups()[-2:])
                return LinkPoint(*((second, first) if lon_first else (first, second)), bool(view))
    raise CoordinateError("register.problem.coordinate_link", value=text)
