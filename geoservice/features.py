"""Features of a layer as plain columns beside their geometries: all that drawing and counting need.

A GeoDataFrame is made of them where somebody asks for one: importing pandas takes longer, and more memory,
than a whole sheet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from numpy.typing import NDArray

Box = tuple[float, float, float, float]


class Features(Struct, frozen=True, eq=False, dict=True):
    """Features in EPSG:4326.

    ``geometry`` is an (n,) array of shapely geometries, ``columns`` hold n values each, ``None`` for none.
    Treat as immutable.
    """

    geometry: NDArray[Any]
    columns: Mapping[str, list[Any]]

    @classmethod
    def of(cls, source: Any) -> Features:
        """Features of a GeoDataFrame (in EPSG:4326), or those that are such already."""
        if isinstance(source, Features):
            return source
        import pandas as pd

        geometry = source.geometry.name
        columns = {
            str(name): [
                None if empty else value for value, empty in zip(values, pd.isna(values), strict=True)
            ]
            for name in source.columns
            if name != geometry
            for values in [source[name].astype(object).to_numpy()]
        }
        return cls(source.geometry.to_numpy(), columns)

    def __len__(self) -> int:
        return len(self.geometry)

    def __reduce__(self) -> tuple[Any, ...]:
        return Features, (self.geometry, self.columns)  # without what was made of them

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> list[Any]:
        return self.columns[name]

    def texts(self, name: str) -> list[str]:
        """A column as texts, "" for what is not there."""
        held = self.columns.get(name)
        return [""] * len(self) if held is None else ["" if value is None else str(value) for value in held]

    @cached_property
    def frame(self) -> Any:
        """The same as a GeoDataFrame in EPSG:4326."""
        import geopandas as gpd

        return gpd.GeoDataFrame(dict(self.columns), geometry=self.geometry, crs="EPSG:4326")

    @cached_property
    def bounds(self) -> Box:
        """The box that holds all geometries, degrees."""
        import shapely

        west, south, east, north = shapely.total_bounds(self.geometry).tolist()
        return west, south, east, north

    @cached_property
    def ground(self) -> bytes:
        """Hash of the geometries."""
        import shapely

        digest = hashlib.sha256()
        for blob in shapely.to_wkb(self.geometry):
            digest.update(blob)
        return digest.digest()

    def touching(self, polygon: Any) -> list[int]:
        """Positions of the features that a polygon (EPSG:4326) touches or holds, in their order."""
        import numpy as np
        import shapely

        west, south, east, north = polygon.bounds
        boxes = shapely.bounds(self.geometry)
        near = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        at = np.flatnonzero(near)
        shapely.prepare(polygon)
        found: list[int] = at[shapely.intersects(polygon, self.geometry[at])].tolist()
        return found

    def rows(self, positions: Iterable[int], **columns: list[Any]) -> Features:
        """The features at some positions; ``columns`` of all features are added or replace others."""
        at = list(positions)
        held = {**self.columns, **columns}
        return Features(self.geometry[at], {name: [values[i] for i in at] for name, values in held.items()})
