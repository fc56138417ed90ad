"""KML and KMZ (Google Earth) as GeoJSON, with every field under the name that the file gives it.

Read here because GDAL's KML driver drops the fields of ``ExtendedData`` and its LIBKML driver spells their
names in ASCII (``T____kilat__n_n__v__``), so that no heading would be recognised. Nothing that a file refers
to (network links, pictures, styles) is fetched or read.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from geoservice.errors import UnreadableFileError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

#: The property that holds the name of the folder a place lies in: often the organisation's type.
FOLDER = "folder"
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<(?:br|/p|/t[rdh]|/li|/div|/h\d)\b[^>]*>", re.IGNORECASE)
_MOST_NUMBERS = 3  # longitude, latitude, height
_PLAIN = ("name", "address", "phoneNumber")


def is_kml(head: bytes) -> bool:
    """Whether the first bytes of an XML file are those of a KML document."""
    return re.search(rb"<(?:\w+:)?kml\b", head) is not None


def to_geojson(data: bytes) -> bytes:
    """Turn a KML document into a GeoJSON FeatureCollection (WGS 84, as KML always is).

    Raises:
        UnreadableFileError: it is no well-formed XML, or declares entities.
    """
    from xml.etree import ElementTree

    if re.search(rb"<!(?:DOCTYPE|ENTITY)", data.replace(b"\x00", b"")):
        raise UnreadableFileError("register.error.kml_xml")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - document types and entities were refused above
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UnreadableFileError("register.error.gis_damaged", why=str(error)[:200]) from error
    features = []
    waiting: list[tuple[Element, str]] = [(root, "")]
    while waiting:
        element, folder = waiting.pop()
        tag = _local(element)
        if tag == "Placemark":
            features.append(_feature(element, folder))
            continue
        if tag == "Folder":
            folder = _text(element, "name") or folder
        waiting.extend((child, folder) for child in reversed(element))
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: Element, *names: str) -> list[Element]:
    return [child for child in element if _local(child) in names]


def _text(element: Element, name: str) -> str:
    return next(((child.text or "").strip() for child in _children(element, name)), "")


def _feature(place: Element, folder: str) -> dict[str, Any]:
    properties = {name: text for name in _PLAIN if (text := _text(place, name))}
    if described := _plain(_text(place, "description")):
        properties["description"] = described
    for extended in _children(place, "ExtendedData"):
        for item in extended.iter():
            if _local(item) == "Data":
                properties[item.get("name", "")] = _text(item, "value")
            elif _local(item) == "SimpleData":
                properties[item.get("name", "")] = (item.text or "").strip()
    properties.pop("", None)
    if folder:
        properties.setdefault(FOLDER, folder)
    geometries = [made for child in place if (made := _geometry(child))]
    return {"type": "Feature", "properties": properties, "geometry": geometries[0] if geometries else None}


def _plain(description: str) -> str:
    """The words of a balloon, which may be written in HTML."""
    import html

    return " ".join(html.unescape(_TAG.sub("", _BREAK.sub(" ", description))).split())


def _geometry(element: Element) -> dict[str, Any] | None:
    kind = _local(element)
    if kind == "Point":
        if not _text(element, "coordinates"):
            return None
        place = _positions(element)  # what cannot be read stays broken: the place is then named by its row
        return {"type": "Point", "coordinates": place[0] if place else []}
    if kind in ("LineString", "LinearRing"):
        return {"type": "LineString", "coordinates": _positions(element)}
    if kind == "Polygon":
        rings = [
            _positions(ring)
            for side in ("outerBoundaryIs", "innerBoundaryIs")
            for boundary in _children(element, side)
            for ring in _children(boundary, "LinearRing")
        ]
        return {"type": "Polygon", "coordinates": rings}
    if kind == "MultiGeometry":
        parts = [part for child in element if (part := _geometry(child))]
        return _joined(parts)
    return None


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Several geometries of a place: one alone as itself, those of a kind as its Multi-geometry."""
    if len(parts) <= 1:
        return parts[0] if parts else None
    kinds = {part["type"] for part in parts}
    if kinds <= {"Point", "LineString", "Polygon"} and len(kinds) == 1:
        return {"type": f"Multi{kinds.pop()}", "coordinates": [part["coordinates"] for part in parts]}
    return {"type": "GeometryCollection", "geometries": parts}


def _positions(element: Element) -> list[list[float]]:
    """Longitude and latitude of each ``lon,lat[,height]``; none at all if one of them is no such thing.

    Four numbers are two with decimal commas, 49,66,40,58: taken as they stand they would be another place.
    """
    written = re.sub(r"\s*,\s*", ",", _text(element, "coordinates"))
    items = [item.strip(",").split(",") for item in written.split()]
    try:
        pairs = [[float(number) for number in item[:2]] for item in items]
    except ValueError:
        return []
    return pairs if all(2 <= len(item) <= _MOST_NUMBERS for item in items) else []
