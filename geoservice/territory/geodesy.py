"""Metres on the WGS 84 ellipsoid for coordinates in degrees, as arrays.

Edges of polygons are straight lines in the longitude-latitude plane (RFC 7946, 3.1.1), so the plane geometry
is exact in degrees and only its measure depends on the place. Everything here measures locally, never in one
projection for a whole data set: an answer cannot move with the extent or order of the input.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY_2 = 0.006_694_379_990_14
MEAN_RADIUS_M = 6_371_008.8
_POLAR_LAT = 89.9  # beyond it a degree of longitude is taken to be as long as here


def metres_per_degree(lat: Any) -> tuple[Floats, Floats]:
    """Return the lengths of one degree of longitude and of latitude, in metres, at latitudes in degrees.

    Source: radii of curvature N and M of the ellipsoid (Snyder, Map Projections, USGS PP 1395, eq. 4-18,
    4-20).
    """
    phi = np.radians(np.clip(np.asarray(lat, dtype=np.float64), -_POLAR_LAT, _POLAR_LAT))
    cosine = np.cos(phi)
    w2 = 1.0 - ECCENTRICITY_2 * (1.0 - cosine * cosine)
    prime_vertical = SEMI_MAJOR_M / np.sqrt(w2)
    meridian = prime_vertical * (1.0 - ECCENTRICITY_2) / w2
    return np.radians(1.0) * prime_vertical * cosine, np.radians(1.0) * meridian


def wrap_degrees(delta: Any) -> Floats:
    """Bring differences of longitude into [-180, 180)."""
    return (np.asarray(delta, dtype=np.float64) + 180.0) % 360.0 - 180.0


def lengths_m(start: Floats, end: Floats) -> Floats:
    """Return lengths in metres of segments straight in the longitude-latitude plane; (n, 2) degrees."""
    per_lon, per_lat = metres_per_degree((start[:, 1] + end[:, 1]) / 2.0)
    return np.hypot((end[:, 0] - start[:, 0]) * per_lon, (end[:, 1] - start[:, 1]) * per_lat)


@cache
def _ellipsoid() -> Any:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def distances_m(lon_a: Any, lat_a: Any, lon_b: Any, lat_b: Any) -> Floats:
    """Return geodesic distances in metres between points in degrees, element by element (Karney 2013)."""
    _, _, metres = _ellipsoid().inv(lon_a, lat_a, lon_b, lat_b)
    return np.asarray(metres, dtype=np.float64)


@lru_cache(maxsize=8)
def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(n, 1)


def pair_distances_m(lon: Floats, lat: Floats) -> Floats:
    """Return the geodesic distances in metres of all pairs of points in degrees, condensed: n (n - 1) / 2."""
    i, j = _pairs(len(lon))
    return distances_m(lon[i], lat[i], lon[j], lat[j])


def area_m2(polygon: Any) -> float:
    """Return the area of a polygon in degrees on the ellipsoid, edges taken as geodesics."""
    return abs(float(_ellipsoid().geometry_area_perimeter(polygon)[0]))


def local_plane(lon: Floats, lat: Floats) -> tuple[Floats, tuple[float, float]]:
    """Project points to metres in the azimuthal equidistant plane about their mean.

    Returns the (n, 2) array and the centre (lon, lat). Suitable for sets of points up to some hundred km
    wide, as clusters are; distances from the centre are exact.
    """
    lon_0 = float(lon[0] + np.mean(wrap_degrees(lon - lon[0]))) if len(lon) else 0.0
    lat_0 = float(np.mean(lat)) if len(lat) else 0.0
    azimuth, _, metres = _ellipsoid().inv(np.full(len(lon), lon_0), np.full(len(lat), lat_0), lon, lat)
    turn = np.radians(azimuth)
    return np.column_stack([np.sin(turn) * metres, np.cos(turn) * metres]), (lon_0, lat_0)


def local_plane_to_degrees(xy: Floats, centre: tuple[float, float]) -> Floats:
    """Bring points of :func:`local_plane` back to degrees, an (n, 2) array of lon, lat."""
    count = len(xy)
    azimuth = np.degrees(np.arctan2(xy[:, 0], xy[:, 1]))
    lon, lat, _ = _ellipsoid().fwd(
        np.full(count, centre[0]), np.full(count, centre[1]), azimuth, np.hypot(xy[:, 0], xy[:, 1])
    )
    return np.column_stack([lon, lat])
