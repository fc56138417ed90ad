"""Base maps of other servers that the operator configured: ``basemaps.toml`` in the data folder.

Without that file no map asks any other host for anything. Each table names one source::

    [[basemap]]
    id = "ortofoto"
    kind = "wms"                       # xyz | wms | wmts
    url = "https://maps.example.az/wms"
    layers = "ortofoto2024"            # wms, wmts: the layer's name
    attribution = "© Nümunə"
    max_zoom = 18
    [basemap.title]
    az = "Ortofotoplan"
    en = "Orthophoto"
    ru = "Ортофотоплан"

XYZ addresses hold ``{z}``, ``{x}`` and ``{y}``; a WMTS is asked by KVP, ``matrix_set`` in Web Mercator, with
``matrix`` as the name of a zoom's matrix (``EPSG:900913:{z}`` where a server names them so).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from msgspec import Meta

from geoservice import i18n
from geoservice.catalog import read_toml, validated
from geoservice.errors import CatalogError
from geoservice.specs import Identifier, Spec, Titles

FILE = "basemaps.toml"
PLACEHOLDERS = ("{z}", "{x}", "{y}")


class BaseMap(Spec, frozen=True):
    """One source of a base map; its pictures are asked for by the reader's browser."""

    id: Identifier
    kind: Literal["xyz", "wms", "wmts"]
    url: str
    title: Titles
    layers: str = ""
    format: str = "image/png"
    matrix_set: str = "GoogleMapsCompatible"
    matrix: Annotated[str, Meta(pattern=r"\{z\}")] = "{z}"
    style: str = "default"
    attribution: str = ""
    max_zoom: Annotated[int, Meta(ge=1, le=24)] = 19
    opacity: Annotated[float, Meta(ge=0, le=1)] = 1.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "{s}" in parts.netloc:
            raise ValueError("url: an http or https address with one plain host")

    @property
    def origin(self) -> str:
        """Scheme and host: what the Content-Security-Policy must allow pictures from."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    def option(self, lang: str) -> dict[str, Any]:
        """What the page's script needs of it."""
        return {
            "id": self.id,
            "kind": "wms" if self.kind == "wms" else "xyz",
            "url": self._wmts() if self.kind == "wmts" else self.url,
            "layers": self.layers,
            "format": self.format,
            "title": i18n.pick(self.title, lang),
            "attribution": self.attribution,
            "maxZoom": self.max_zoom,
            "opacity": self.opacity,
        }

    def _wmts(self) -> str:
        """A GetTile request by KVP, for a tile scheme that is laid out as XYZ tiles are."""
        query = {
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "VERSION": "1.0.0",
            "LAYER": self.layers,
            "STYLE": self.style,
            "TILEMATRIXSET": self.matrix_set,
            "FORMAT": self.format,
        }
        joint = "&" if "?" in self.url else "?"
        matrix = quote(self.matrix, safe="{}:")
        return f"{self.url}{joint}{urlencode(query)}&TILEMATRIX={matrix}&TILEROW={{y}}&TILECOL={{x}}"


def base_maps(data: Path | None) -> tuple[BaseMap, ...]:
    """Return the sources configured in a data folder; read anew when the file has changed.

    Raises:
        CatalogError: the file is not readable or a table of it is wrong.
    """
    path = data / FILE if data else None
    if path is None or not path.is_file():
        return ()
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: int) -> tuple[BaseMap, ...]:
    found = tuple(validated(BaseMap, table, path) for table in read_toml(path).get("basemap", ()))
    for item in found:
        if item.kind == "xyz" and not all(mark in item.url for mark in PLACEHOLDERS):
            raise CatalogError("catalog_file", file=FILE, where=item.id, why="{z} {x} {y} ∉ url")
        if item.kind != "xyz" and not item.layers:
            raise CatalogError("catalog_file", file=FILE, where=item.id, why="layers")
    return found
