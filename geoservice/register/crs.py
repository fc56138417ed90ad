"""Names of coordinate reference systems as offices write them, and x/y of them turned into WGS 84 degrees."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice.errors import CoordinateError, CrsError
from geoservice.register.text import key

if TYPE_CHECKING:
    import numpy as np

WGS84 = 4326
#: Six-degree Gauss-Krüger zones with the zone's number before the easting: EPSG base code + zone.
_PULKOVO_1942, _PULKOVO_1995 = 28400, 20000
_DATUM_1995 = re.compile(r"pulkovo 1?9?95|пулково 1?9?95|\bsk ?95|\bск ?95|\bпулково95|\bpulkovo95")
_DATUM_1942 = re.compile(
    r"pulkovo|пулково|\bsk ?42|\bск ?42|gauss|qauss|gaus|гаусс|\bgk\b|\bгк\b|krasovsk|красовск"
)
_ZONE = re.compile(
    r"(?:zone|zona|зона|gk|гк|kruger|krueger|kriuger|крюгер[а]?)\D{0,12}(\d{1,2})\b|(?:42|95)\s+(\d{1,2})\b"
)
_UTM = re.compile(
    r"\butm\b\D{0,10}(\d{1,2}) ?([a-z])?\b|^wgs ?(?:19)?84 (?:zone |zona )?(\d{1,2}) ?([ns])$"
    r"|^(\d{2}) ?([ns])$"
)
_EPSG = re.compile(r"(?:^|\bepsg )(\d{4,6})$")
#: Zones of three degrees and the cut-up grids of 1963: their names hold numbers that are no six-degree zone.
_OTHER_ZONES = re.compile(
    r"\b(?:3|uc|три|tri)\W{0,3}(?:degree|deg|derece\w*|gradus\w*|градус\w*)|трехградус\w*"
    r"|\b(?:sk|ск|cs) ?(?:19)?63\b"
)
#: A point of UTM with its zone in one cell: 39T 387334 4494063; the letter is the band, or N for north.
_UTM_POINT = re.compile(
    r"^(?:UTM\W*)?(?:zone?\W*)?(\d{1,2})\s?([C-HJ-NP-X])[\s,;:]+(?:E\W?)?(\d{6}(?:[.,]\d+)?)\s?(?:m\s?)?E?"
    r"[\s,;]+(?:N\W?)?(\d{7}(?:[.,]\d+)?)\s?(?:m\s?)?N?$",
    re.IGNORECASE,
)
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_BAND_DEG, _METRES_IN_DEG, _FIRST_NORTHERN = 8.0, 110_850.0, "N"
_WGS = re.compile(r"^(?:wgs ?(?:19)?84|вгс ?84|gps|crs ?84)$")
#: How far outside its area of use a CRS is still believed, in degrees of longitude and latitude.
_LON_MARGIN, _LAT_MARGIN = 3.0, 6.0


class CrsRef(Struct, frozen=True):
    """A CRS: an EPSG code, or Gauss-Krüger whose zone stands before the easting (``code`` is the base)."""

    code: int
    zoned: bool = False  # code + zone is the EPSG code; the zone comes from the coordinates
    zone: int | None = None  # of a Gauss-Krüger CRS: added to eastings written without it
    geographic: bool = False

    @property
    def label(self) -> str:
        """Name for messages."""
        if self.zoned:
            return "Pulkovo 1942 / GK" if self.code == _PULKOVO_1942 else "Pulkovo 1995 / GK"
        return f"EPSG:{self.code}"


@lru_cache(maxsize=512)
def parse_crs(text: str) -> CrsRef:
    """Read the name of a CRS: an EPSG code, WGS 84, a UTM zone, Pulkovo 1942/1995 with Gauss-Krüger zones.

    Raises:
        CrsError: the name is not understood or the code does not exist.
    """
    name = key(text).replace("krüger", "kruger")
    if _WGS.match(name):
        return CrsRef(WGS84, geographic=True)
    if match := _EPSG.search(name):
        return _from_epsg(int(match[1]), text)
    if match := _UTM.search(name):
        zone = int(match[1] or match[3] or match[5])
        south = (match[2] or match[4] or match[6]) == "s"
        if not 1 <= zone <= 60:
            raise CrsError("register.problem.crs_unknown", value=text)
        return CrsRef((32700 if south else 32600) + zone)
    if _OTHER_ZONES.search(name):
        raise CrsError("register.problem.crs_unknown", value=text)
    if _DATUM_1995.search(name):
        return _gauss_kruger(_PULKOVO_1995, name)
    if _DATUM_1942.search(name):
        return _gauss_kruger(_PULKOVO_1942, name)
    raise CrsError("register.problem.crs_unknown", value=text)


def _gauss_kruger(base: int, name: str) -> CrsRef:
    name = re.sub(r"\b(19)?(42|95)\b", r"\2", name)
    if match := _ZONE.search(name):
        zone = int(match[1] or match[2])
        if 2 <= zone <= 32:
            return CrsRef(base + zone, zone=zone)
    return CrsRef(base, zoned=True)


def _from_epsg(code: int, text: str) -> CrsRef:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    if base := next((b for b in (_PULKOVO_1942, _PULKOVO_1995) if b + 2 <= code <= b + 32), None):
        return CrsRef(code, zone=code - base)
    try:
        crs = CRS.from_epsg(code)
    except CRSError as error:
        raise CrsError("register.problem.crs_unknown", value=text) from error
    if not (crs.is_projected or crs.is_geographic):
        raise CrsError("register.problem.crs_unknown", value=text)
    return CrsRef(code, geographic=crs.is_geographic)


def parse_utm(text: str) -> tuple[CrsRef, float, float] | None:
    """Read a point of UTM with its zone: CRS, easting and northing in metres; ``None`` if it is none.

    A band that the northing does not fall into contradicts it: such a point is not read.
    """
    found = _UTM_POINT.match(text.strip())
    if found is None or not 1 <= (zone := int(found[1])) <= 60:
        return None
    letter, north = found[2].upper(), float(found[4].replace(",", "."))
    latitude = north / _METRES_IN_DEG if letter >= _FIRST_NORTHERN else (north - 1e7) / _METRES_IN_DEG
    south = -80 + _BAND_DEG * _BANDS.index(letter)
    if letter != _FIRST_NORTHERN and not south - 1 <= latitude <= south + _BAND_DEG + 1:
        return None
    code = (32600 if letter >= _FIRST_NORTHERN else 32700) + zone
    return CrsRef(code), float(found[3].replace(",", ".")), north


_GROUPING = re.compile(r"[\s'’`\u00a0\u2009\u202f]+(?=\d{3}(?!\d))")
_PLAIN = re.compile(r"^[-+]?\d+(?:\.\d+)?$")


def parse_number(text: str) -> float:
    """Read a plane coordinate in metres: ``4 493 123,45``, ``4,493,123.45``, ``9 512 345``, ``512.345``.

    A single separator with exactly three digits behind and at most three before groups thousands: no plane
    coordinate of a real place is below a kilometre.

    Raises:
        CoordinateError: it is no number.
    """
    plain = re.sub(r"(?:[мmMМ]\.?)$", "", text.strip()).strip().replace("−", "-")
    plain = re.sub(r"(?<=\d)[\s'’`\u00a0\u2009\u202f]+(?=\d)", "", plain)
    for mark, other in ((",", "."), (".", ",")):
        if plain.count(mark) > 1:
            plain = plain.replace(mark, "").replace(other, ".")
    if "," in plain and "." in plain:
        decimal = max(plain.rfind(","), plain.rfind("."))
        plain = plain[:decimal].replace(",", "").replace(".", "") + "." + plain[decimal + 1 :]
    plain = plain.replace(",", ".")
    if not _PLAIN.match(plain):
        raise CoordinateError("register.problem.coordinate_number", value=text)
    return float(
        plain.replace(".", "") if re.match(r"^[1-9]\d{0,2}\.\d{3}$", plain) and float(plain) > 180 else plain
    )


@lru_cache(maxsize=64)
def _transformer(code: int) -> tuple[Any, tuple[float, float, float, float]]:
    from pyproj import CRS, Transformer

    crs = CRS.from_epsg(code)
    area = crs.area_of_use
    bounds = (area.west, area.south, area.east, area.north) if area else (-180.0, -90.0, 180.0, 90.0)
    return Transformer.from_crs(crs, CRS.from_epsg(WGS84), always_xy=True), bounds


def to_wgs84(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], ref: CrsRef
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Transform points to longitude and latitude, EPSG:4326.

    Geodesists of the former Union call the northing x and the easting y, GIS the other way round. Both
    readings are tried; the one that falls into the area where the CRS is used wins, the customary one first.

    Args:
        x: abscissas as written, metres (degrees of longitude for a geographic CRS).
        y: ordinates as written.
        ref: their CRS.

    Returns:
        Longitudes and latitudes (NaN where neither reading fits the CRS), and whether the axes were exchanged
        against the customary order of the CRS.
    """
    import numpy as np

    if ref.geographic:
        lon, lat = _transform(x, y, ref.code)
        return lon, lat, np.zeros(len(x), dtype=bool)
    customary, other = ((y, x), (x, y)) if ref.zoned or ref.zone else ((x, y), (y, x))
    lon, lat = _plane(*customary, ref)
    lon_2, lat_2 = _plane(*other, ref)
    exchanged = np.isnan(lon) & ~np.isnan(lon_2)
    return np.where(exchanged, lon_2, lon), np.where(exchanged, lat_2, lat), exchanged


def _plane(east: Any, north: Any, ref: CrsRef) -> tuple[Any, Any]:
    """Transform eastings and northings; NaN outside the area of use."""
    import numpy as np

    if not ref.zoned:
        if ref.zone:
            east = np.where(np.abs(east) < 1e6, east + ref.zone * 1e6, east)
        return _transform(east, north, ref.code)
    lon, lat = np.full(len(east), np.nan), np.full(len(east), np.nan)
    zones = np.floor_divide(east, 1e6)
    for zone in np.unique(zones[(zones >= 2) & (zones <= 32)]).astype(int):
        chosen = zones == zone
        lon[chosen], lat[chosen] = _transform(east[chosen], north[chosen], ref.code + int(zone))
    return lon, lat


def _transform(x: Any, y: Any, code: int) -> tuple[Any, Any]:
    import numpy as np

    transformer, (west, south, east, north) = _transformer(code)
    lon, lat = (np.asarray(v, dtype=float) for v in transformer.transform(x, y))
    fits = np.isfinite(lon) & np.isfinite(lat) & (lat >= south - _LAT_MARGIN) & (lat <= north + _LAT_MARGIN)
    if west <= east:  # an area over the antimeridian has west > east: no check of the longitude
        fits &= (lon >= west - _LON_MARGIN) & (lon <= east + _LON_MARGIN)
    return np.where(fits, lon, np.nan), np.where(fits, lat, np.nan)
