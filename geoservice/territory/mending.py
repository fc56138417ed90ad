"""Polygons made fit to be asked about: valid, and cut where they run over the 180th meridian."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def polygons_only(geometry: Any) -> Any:
    """Mend a polygon and keep what has an area."""
    import shapely

    mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if mended.geom_type in ("Polygon", "MultiPolygon"):
        return mended
    areas = [part for part in shapely.get_parts(mended) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(areas)


def unwrap_antimeridian(geometries: NDArray[Any]) -> NDArray[Any]:
    """Cut polygons that run over the 180th meridian, so that all longitudes lie in [-180, 180].

    A ring whose longitude jumps by more than 180 degrees between neighbours is meant to go the short way; one
    that thus goes round a pole holds the pole. A side from -180 to 180 runs along a whole parallel. The cut
    along the meridian is no border, see :mod:`geoservice.territory.segments`.
    """
    import shapely

    bounds = shapely.bounds(geometries)
    wide = (bounds[:, 2] - bounds[:, 0] > 180.0) | (bounds[:, 0] < -180.0) | (bounds[:, 2] > 180.0)
    if not wide.any():
        return geometries
    result = geometries.copy()
    for row in np.flatnonzero(wide):
        coordinates, ring = shapely.get_coordinates(
            shapely.get_rings(shapely.get_parts(result[row])), return_index=True
        )
        jumps = _short_way(np.diff(coordinates[:, 0])) != 0
        inside = ring[1:] == ring[:-1]
        outlying = bounds[row, 0] < -180.0 or bounds[row, 2] > 180.0
        if outlying or (jumps & inside).any():
            result[row] = _cut_at_antimeridian(result[row])
    return result


def _short_way(step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turns of 360 degrees by which steps of longitude become the short way round: -1, 0 or 1."""
    jump = (np.abs(step) > 180.0) & (np.abs(step) < 360.0)
    return np.where(jump, -np.sign(step), 0.0)


def _unwrapped(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ring (n, 2) whose longitudes go on beyond 180; one round a pole is closed over the pole."""
    turns = np.concatenate([[0.0], np.cumsum(_short_way(np.diff(xy[:, 0])))])
    ring = np.column_stack([xy[:, 0] + 360.0 * turns, xy[:, 1]])
    if turns[-1] == 0:
        return ring
    pole = np.copysign(90.0, xy[:, 1].mean())
    return np.concatenate([ring, [[ring[-1, 0], pole], [ring[0, 0], pole], ring[0]]])


def shifter(degrees: float) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """A transformation that moves coordinates (n, 2) by so many degrees of longitude."""
    shift = np.array([degrees, 0.0])
    return lambda xy: xy + shift


def _cut_at_antimeridian(geometry: Any) -> Any:
    import shapely

    pieces: list[Any] = []
    for part in shapely.get_parts(geometry):
        whole = shapely.polygons(
            shapely.linearrings(_unwrapped(shapely.get_coordinates(part.exterior))),
            [_unwrapped(shapely.get_coordinates(hole)) for hole in part.interiors] or None,
        )
        for turn in (-1, 0, 1):
            low = -180.0 + 360.0 * turn
            piece: Any = shapely.intersection(
                shapely.make_valid(whole), shapely.box(low, -90.0, low + 360.0, 90.0)
            )
            if shapely.area(piece) > 0:
                pieces.append(shapely.transform(piece, shifter(-360.0 * turn)))
    return polygons_only(shapely.union_all(pieces))
