"""Which projection a sheet is drawn in: the zone of the territory, or one of its own where it spans zones.

UTM and the own transverse Mercator keep the scale of the sheet true within 0.1 % over six degrees; the check
that a sheet is true to its printed denominator (0.2 %) rests on that.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from msgspec import Struct

from geoservice.errors import CrsError

Box = tuple[float, float, float, float]

#: How far from its central meridian a UTM zone may be drawn, degrees of longitude: there its scale is 0.16 %
#: too large (at 40 degrees north). A frame reaches further than the territory: three quarters of its size.
ZONE_REACH_DEG = 4.6
FRAME_SHARE = 0.75
#: Wider territories than this leave the transverse Mercator's good part; a conformal cone keeps shapes there.
WIDEST_TM_DEG = 9.0
#: What ends the projections made here.
_OWN = "+datum=WGS84 +units=m +type=crs"


class Projection(Struct, frozen=True):
    """A projected CRS in metres: ``crs`` for PROJ, ``name`` as printed on the sheet."""

    crs: str
    name: str


def choose(bounds: Box, request: str = "") -> Projection:
    """Choose the projection for a territory.

    Args:
        bounds: (west, south, east, north) in degrees, EPSG:4326.
        request: "" or "utm" (own choice), "pulkovo" (Pulkovo 1942 / Gauss-Krüger), or any "EPSG:code" of a
            projected CRS in metres.

    Raises:
        CrsError: the requested CRS is unknown, not projected or not in metres.
    """
    wanted = request.strip().casefold()
    if wanted in ("", "utm", "auto"):
        return _own(bounds)
    if wanted == "pulkovo":
        return _pulkovo(bounds)
    return _requested(request.strip())


def _own(bounds: Box) -> Projection:
    west, south, east, north = bounds
    middle = (west + east) / 2
    zone = min(60, max(1, int((middle + 180) // 6) + 1))
    central = zone * 6 - 183
    reach = max(abs(west - central), abs(east - central))
    reach += FRAME_SHARE * max(east - west, 1.6 * (north - south))
    if reach <= ZONE_REACH_DEG:
        southern = (south + north) / 2 < 0
        return Projection(
            f"EPSG:{(32700 if southern else 32600) + zone}",
            f"WGS 84 / UTM {zone}{'S' if southern else 'N'}",
        )
    meridian = round(middle * 2) / 2
    if east - west <= WIDEST_TM_DEG:
        return Projection(
            f"+proj=tmerc +lat_0=0 +lon_0={meridian:g} +k=0.9997 +x_0=500000 +y_0=0 {_OWN}",
            f"WGS 84 / Transverse Mercator, λ₀ = {_degrees(meridian)}",
        )
    span = north - south
    low, high = round(south + span / 6, 1), round(north - span / 6, 1)
    if low == -high:  # a cone about the equator is a cylinder, and PROJ knows no such cone
        return Projection(
            f"+proj=merc +lon_0={meridian:g} +lat_ts={abs(high):g} +x_0=0 +y_0=0 {_OWN}",
            f"WGS 84 / Mercator, λ₀ = {_degrees(meridian)}, φ₁ = {_degrees(abs(high))}",
        )
    return Projection(
        f"+proj=lcc +lat_0={round((south + north) / 2, 1):g} +lon_0={meridian:g} "
        f"+lat_1={low:g} +lat_2={high:g} "
        f"+x_0=0 +y_0=0 {_OWN}",
        f"WGS 84 / Lambert, λ₀ = {_degrees(meridian)}, φ₁ = {_degrees(low)}, φ₂ = {_degrees(high)}",
    )


def _pulkovo(bounds: Box) -> Projection:
    """Pulkovo 1942 / Gauss-Krüger, zones 2 to 32 (EPSG:28402 to 28432): zone n is centred on 6n-3 degrees."""
    middle = (bounds[0] + bounds[2]) / 2
    zone = int(middle // 6) + 1
    if not 2 <= zone <= 32:
        raise CrsError("sheet.crs_zone", crs="Pulkovo 1942 / Gauss-Krüger", longitude=round(float(middle), 1))
    return Projection(f"EPSG:{28400 + zone}", f"Pulkovo 1942 / Gauss-Krüger {zone}")


def _requested(request: str) -> Projection:
    crs = parsed(request)
    units = {axis.unit_name for axis in crs.axis_info}
    if not crs.is_projected or units != {"metre"}:
        raise CrsError("sheet.crs_projected", crs=request)
    return Projection(request, str(crs.name))


@lru_cache(maxsize=64)
def parsed(crs: str) -> Any:
    """Return the ``pyproj.CRS`` of a text.

    Raises:
        CrsError: PROJ does not know it.
    """
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(crs)
    except CRSError as error:
        raise CrsError("sheet.crs_unknown", crs=crs) from error


@lru_cache(maxsize=64)
def transformer(crs: str, inverse: bool = False) -> Any:
    """Return the ``pyproj.Transformer`` from longitude and latitude (EPSG:4326) to ``crs``, or back."""
    from pyproj import Transformer

    plane = parsed(crs)
    # Those made here are on the datum of the degrees; to tell so PROJ would search its database, for 7 ms.
    ends = (plane.geodetic_crs if crs.endswith(_OWN) else "EPSG:4326", plane)
    source, target = reversed(ends) if inverse else ends
    return Transformer.from_crs(source, target, always_xy=True)


def convergence(crs: str, longitude: float, latitude: float) -> float:
    """Grid convergence in degrees: how far grid north lies clockwise of true north at a place."""
    import math

    east, north = transformer(crs).transform([longitude, longitude], [latitude - 0.05, latitude + 0.05])
    return -math.degrees(math.atan2(east[1] - east[0], north[1] - north[0]))


def scale_error(crs: str, bounds: Box) -> float:
    """Largest departure of the scale from 1 within a box of degrees, as a share (0.002 is 0.2 %)."""
    import numpy as np

    west, south, east, north = bounds
    lon, lat = (
        grid.ravel() for grid in np.meshgrid(np.linspace(west, east, 7), np.linspace(south, north, 7))
    )
    from pyproj import Proj

    factors = Proj(parsed(crs)).get_factors(lon, lat)
    return float(np.abs(np.asarray(factors.meridional_scale) - 1).max())


def _degrees(value: float) -> str:
    return f"{value:g}°"
