"""Open data out: media types, ``?f=``, OpenAPI and CLI options all follow from a row of ``FORMATS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from msgspec import Struct

from geoservice.errors import NotFoundError
from geoservice.export.dataset import Dataset
from geoservice.export.tables import feature, to_csv, to_geojson, to_xlsx

__all__ = ["FORMATS", "Dataset", "Format", "feature", "format_of", "to_geojson"]


class Format(Struct, frozen=True):
    """One export format."""

    code: str
    title: str
    media_type: str
    extension: str
    write: Callable[[Dataset], bytes]


def _gis(writer: str) -> Callable[[Dataset], bytes]:
    """A writer of :mod:`geoservice.export.gis`, which is loaded when it is first asked for."""

    def write(data: Dataset) -> bytes:
        from geoservice.export import gis

        made: bytes = getattr(gis, writer)(data)
        return made

    return write


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS = (
    Format("geojson", "GeoJSON", "application/geo+json", "geojson", to_geojson),
    Format("csv", "CSV", "text/csv; charset=utf-8", "csv", to_csv),
    Format("xlsx", "Excel (XLSX)", _XLSX, "xlsx", to_xlsx),
    Format("gpkg", "GeoPackage", "application/geopackage+sqlite3", "gpkg", _gis("to_gpkg")),
    Format("shp", "Shapefile (ZIP)", "application/zip", "shp.zip", _gis("to_shapefile")),
    Format("tab", "MapInfo TAB (ZIP)", "application/zip", "tab.zip", _gis("to_mapinfo_tab")),
    Format("mif", "MapInfo MIF (ZIP)", "application/zip", "mif.zip", _gis("to_mapinfo_mif")),
    Format("kml", "KML (Google Earth)", "application/vnd.google-earth.kml+xml", "kml", _gis("to_kml")),
)
FORMATS: Mapping[str, Format] = MappingProxyType({item.code: item for item in _ROWS})


def format_of(code: str) -> Format:
    """Return a format by its code.

    Raises:
        NotFoundError: no such format; the message lists those there are.
    """
    try:
        return FORMATS[code]
    except KeyError:
        raise NotFoundError("format_not_found", format=code, known=", ".join(FORMATS)) from None
