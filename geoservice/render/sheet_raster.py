"""Rasters under the scheme (a general plan, a cadastral scan), warped to the sheet's projection."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from pathlib import Path

from geoservice.errors import RenderError
from geoservice.scheme.boxes import Box

#: Pixels per mm of paper: 8 are 200 dpi, enough for a plan.
PIXELS_PER_MM = 8.0
MOST_PIXELS = 5_000


def warped_png(path: Path, crs: str, extent: Box, width_mm: float) -> str:
    """Return a ``data:`` address of the part of a GeoTIFF that a frame shows, in the frame's projection.

    Args:
        path: a GeoTIFF with a CRS; one band (grey) or three or four (colour).
        crs: of the frame.
        extent: the frame in metres of it.
        width_mm: its width on paper.

    Raises:
        RenderError: the file cannot be read, has no CRS, or lies elsewhere.
    """
    stat = path.stat()
    return _warped(path, f"{stat.st_mtime_ns}:{stat.st_size}", crs, extent, width_mm)


@lru_cache(maxsize=4)
def _warped(path: Path, stamp: str, crs: str, extent: Box, width_mm: float) -> str:
    import numpy as np
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.transform import from_bounds
    from rasterio.warp import reproject

    width = min(MOST_PIXELS, round(width_mm * PIXELS_PER_MM))
    height = max(1, round(width * (extent[3] - extent[1]) / (extent[2] - extent[0])))
    target = np.zeros((4, height, width), dtype=np.uint8)
    transform = from_bounds(*extent, width, height)
    try:
        with rasterio.open(path) as source:
            if source.crs is None:
                raise RenderError("sheet.raster_crs", layer=path.stem)
            bands = [1, 2, 3] if source.count >= 3 else [1, 1, 1]
            for index, band in enumerate(bands):
                reproject(
                    rasterio.band(source, band), target[index], dst_transform=transform, dst_crs=crs,
                    resampling=Resampling.bilinear,
                )  # fmt: skip
            reproject(
                source.dataset_mask(), target[3], src_transform=source.transform, src_crs=source.crs,
                dst_transform=transform, dst_crs=crs, resampling=Resampling.nearest,
            )  # fmt: skip
    except RasterioError as error:
        raise RenderError("sheet.layer", layer=path.stem, why=str(error)) from error
    del stamp
    return _png(target)


def _png(bands: object) -> str:
    import numpy as np
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.moveaxis(np.asarray(bands), 0, -1), "RGBA").save(out, "PNG", optimize=False)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
