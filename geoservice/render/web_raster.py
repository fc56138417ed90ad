"""Rasters for the browser: warped once to the projection of web maps, as a picture with its corners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geoservice.render.sheet_raster import PIXELS_PER_MM, warped_png

#: Longer side of the picture; a plan stays readable and the page loadable.
LONGEST_PX = 2400


def overlay(path: Path) -> dict[str, Any]:
    """Return ``href`` (a ``data:`` address) and ``bounds`` ([[south, west], [north, east]], EPSG:4326).

    Args:
        path: a GeoTIFF with a CRS.

    Raises:
        RenderError: the file cannot be read or has no CRS.
    """
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.warp import transform_bounds

    from geoservice.errors import RenderError

    try:
        with rasterio.open(path) as source:
            extent = transform_bounds(source.crs, "EPSG:3857", *source.bounds)
            longest = min(LONGEST_PX, max(source.width, source.height))
    except RasterioError as error:
        raise RenderError("sheet.layer", layer=path.stem, why=str(error)) from error
    width, height = extent[2] - extent[0], extent[3] - extent[1]
    width_px = longest if width >= height else longest * width / height
    href = warped_png(path, "EPSG:3857", extent, width_px / PIXELS_PER_MM)
    west, south, east, north = transform_bounds("EPSG:3857", "EPSG:4326", *extent)
    return {"href": href, "bounds": [[south, west], [north, east]]}
