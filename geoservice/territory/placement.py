"""Where each one stands: points against the regions of a boundary set, every case named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from geoservice.model import Boundaries, How, Placement
from geoservice.territory.geodesy import distances_m
from geoservice.territory.grid import OUTSIDE
from geoservice.territory.regions import Regions, prepare

Floats = NDArray[np.float64]

#: The cases of :attr:`Located.how`, by number.
HOWS = (How.INSIDE, How.BORDER, How.SNAPPED, How.OUTSIDE, How.NO_COORDINATES)
INSIDE, BORDER, SNAPPED, BEYOND, NOWHERE = range(5)

DEFAULT_SNAP_M = 1000.0
_OVER_DEGREES = 10.0  # this near the 180th meridian the nearest region may be on its other side
_FINE_BANDS_UP_TO = 50_000  # vertices: below it nearest regions are sought in bands of a tenth of a degree


class Located:
    """Arrays over points; see :func:`locate`."""

    __slots__ = ("also", "distance_m", "how", "nearest", "region", "regions")

    def __init__(self, regions: Regions, region: NDArray[np.int32], how: NDArray[np.int8]) -> None:
        self.regions = regions
        self.region = region
        self.how = how
        self.nearest: NDArray[np.int32] = np.full(len(region), -1, dtype=np.int32)
        self.distance_m: Floats = np.full(len(region), np.nan)
        self.also: dict[int, tuple[int, ...]] = {}


class HasPoint(Protocol):
    """Anything with an id and a point in EPSG:4326, or none."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def longitude(self) -> float | None: ...  # noqa: D102
    @property
    def latitude(self) -> float | None: ...  # noqa: D102


def locate(
    lon: Any, lat: Any, boundaries: Boundaries | Regions, *, snap_m: float = DEFAULT_SNAP_M
) -> Located:
    """Find the region of every point, as arrays.

    ``region`` is the position of the region the point counts for, -1 for none; ``how`` indexes :data:`HOWS`;
    ``nearest`` and ``distance_m`` (geodesic) are given for points outside every region. A point inside
    several regions (they overlap) or on the border of several counts for the one whose code sorts first; the
    others are in ``also``. A region that holds the point goes before one that it merely touches.

    Args:
        lon: (n,) longitudes, EPSG:4326 degrees; NaN means without coordinates.
        lat: (n,) latitudes.
        boundaries: the regions.
        snap_m: how far outside every region a point still counts for the nearest one.
    """
    regions = prepare(boundaries)
    lon = np.array(lon, dtype=np.float64, ndmin=1)
    lat = np.array(lat, dtype=np.float64, ndmin=1)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.all():
        lon[~known] = lat[~known] = 0.0
    beyond = np.abs(lon) > 180.0
    lon[beyond] = (lon[beyond] + 180.0) % 360.0 - 180.0
    region, near, which, touched = regions.lookup(lon, lat)
    found = Located(regions, region, np.full(len(lon), INSIDE, dtype=np.int8))
    _name_borders(found, lon, lat, near, which, touched)
    found.region[~known] = OUTSIDE
    found.how[found.region == OUTSIDE] = BEYOND
    found.how[~known] = NOWHERE
    _find_nearest(found, lon, lat, snap_m)
    return found


def _name_borders(
    found: Located, lon: Floats, lat: Floats, near: Any, which: NDArray[np.int64], touched: NDArray[np.int64]
) -> None:
    """Tell points on a border or in several regions from those plainly inside one."""
    import shapely

    if len(which) == 0:
        return
    at = near[which]
    holds = shapely.contains_xy(found.regions.geometries[touched], lon[at], lat[at])
    hits = np.bincount(which, minlength=len(near))
    plain = hits[which] == 1
    found.how[at[plain & ~holds]] = BORDER
    several = ~plain
    for place in sorted(set(which[several].tolist())):
        mine = which == place
        inside = sorted(touched[mine & holds].tolist())
        edges = sorted(touched[mine & ~holds].tolist())
        first, *others = inside + edges
        point = int(near[place])
        found.region[point] = first
        found.how[point] = INSIDE if inside else BORDER
        found.also[point] = tuple(sorted(others))


def _find_nearest(found: Located, lon: Floats, lat: Floats, snap_m: float) -> None:
    """For points outside every region: the nearest one, how far it is, and whether that is near enough.

    Nearness is judged in a plane whose longitudes are shrunk as at the point's latitude (rounded to a band);
    the distance given is geodesic, to the point of the border found nearest. Points near the 180th meridian
    are asked for on its other side too.
    """
    import shapely

    outside = np.flatnonzero(found.how == BEYOND)
    if len(outside) == 0:
        return
    vertices = int(shapely.get_num_coordinates(found.regions.geometries).sum())
    width = 0.1 if vertices <= _FINE_BANDS_UP_TO else 1.0
    bands = np.round(np.clip(lat[outside], -89.0, 89.0) / width) * width
    for band in sorted(set(bands.tolist())):
        at = outside[bands == band]
        found.nearest[at], found.distance_m[at] = _nearest(found.regions, band, lon[at], lat[at])
        over = at[np.abs(lon[at]) > 180.0 - _OVER_DEGREES]
        if len(over):
            region, metres = _nearest(
                found.regions, band, lon[over] - np.copysign(360.0, lon[over]), lat[over]
            )
            nearer = metres < found.distance_m[over]
            found.nearest[over[nearer]] = region[nearer]
            found.distance_m[over[nearer]] = metres[nearer]
    close = outside[found.distance_m[outside] <= snap_m]
    found.how[close] = SNAPPED
    found.region[close] = found.nearest[close]


def _nearest(regions: Regions, band: float, lon: Floats, lat: Floats) -> tuple[NDArray[np.int32], Floats]:
    """The nearest region of each point (of equally near ones the first in code order), and its distance."""
    import shapely

    geometries, tree = regions.scaled(band)
    factor = _shrink(band)
    points = shapely.points(lon * factor, lat)
    which, region = tree.query_nearest(points, all_matches=True)
    best = np.full(len(lon), np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(best, which, region.astype(np.int32))
    there = shapely.get_coordinates(shapely.shortest_line(points, geometries[best]))[1::2]
    return best, distances_m(lon, lat, there[:, 0] / factor, there[:, 1])


def _shrink(band: float) -> float:
    from geoservice.territory.geodesy import metres_per_degree

    per_lon, per_lat = metres_per_degree(band)
    return float(per_lon) / float(per_lat)


class Spot(Struct, frozen=True):
    """An id with a point (EPSG:4326 degrees), or without."""

    id: str
    longitude: float | None = None
    latitude: float | None = None


def place(
    points: Iterable[HasPoint] | NDArray[np.float64],
    boundaries: Boundaries | Regions,
    *,
    snap_m: float = DEFAULT_SNAP_M,
) -> tuple[Placement, ...]:
    """Place participants (or anything with id, longitude and latitude), one answer for each, in their order.

    Args:
        points: participants, members, or an (n, 2) array of lon, lat in degrees (ids are then "0", "1", …).
        boundaries: the regions; codes decide ties: on a border the first in code order, flagged by ``how``.
        snap_m: how far outside every region a point still counts for the nearest (a pier, a coarse
        coastline).
    """
    if isinstance(points, np.ndarray):
        spots: Sequence[HasPoint] = [
            Spot(str(row), lon, lat) for row, (lon, lat) in enumerate(points.tolist())
        ]
    else:
        spots = list(points)
    lon = np.array([np.nan if s.longitude is None else s.longitude for s in spots], dtype=np.float64)
    lat = np.array([np.nan if s.latitude is None else s.latitude for s in spots], dtype=np.float64)
    if not spots:
        return ()
    return as_placements([s.id for s in spots], locate(lon, lat, boundaries, snap_m=snap_m))


def as_placements(ids: Sequence[str], found: Located) -> tuple[Placement, ...]:
    """Turn arrays into one :class:`~geoservice.model.Placement` for each id."""
    codes = found.regions.codes
    regions, hows = found.region.tolist(), found.how.tolist()
    nearest, distances = found.nearest.tolist(), found.distance_m.tolist()
    return tuple(
        Placement(
            id=name,
            region=codes[regions[row]] if regions[row] >= 0 else None,
            how=HOWS[hows[row]],
            distance_m=distances[row] if nearest[row] >= 0 else None,
            nearest=codes[nearest[row]] if nearest[row] >= 0 else None,
            also=tuple(codes[other] for other in found.also.get(row, ())),
        )
        for row, name in enumerate(ids)
    )
