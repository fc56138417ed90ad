"""GeoTIFF files that a user lays under the scheme: a general plan, a cadastral scan."""

from __future__ import annotations

from geoservice.errors import CrsError, LimitExceededError, UnreadableFileError

#: A scan of A0 at 600 dpi has 550 million pixels; a plan needs a tenth of it.
MOST_PIXELS = 100_000_000


def check_geotiff(name: str, data: bytes) -> None:
    """Refuse a raster that could not be drawn.

    Args:
        name: the file's name as the user knows it; never opened.
        data: its content: a GeoTIFF with a CRS, of 1 to 4 bands of 8 bits.

    Raises:
        UnreadableFileError: it is no GeoTIFF, or has other bands.
        CrsError: it has no CRS or no position.
        LimitExceededError: it has too many pixels.
    """
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.io import MemoryFile

    try:
        with rasterio.Env(), MemoryFile(data) as memory, memory.open(driver="GTiff") as raster:
            if raster.width * raster.height > MOST_PIXELS:
                raise LimitExceededError(
                    "register.error.raster_size", file=name, limit=MOST_PIXELS // 1_000_000
                )
            if raster.crs is None or raster.transform.is_identity:
                raise CrsError("register.error.raster_crs", file=name)
            if raster.count > 4 or set(raster.dtypes) != {"uint8"}:
                found = f"{raster.count} × {raster.dtypes[0]}"
                raise UnreadableFileError("register.error.raster_bands", file=name, found=found)
            raster.read(1, window=((0, 1), (0, 1)))
    except RasterioError as error:
        raise UnreadableFileError("register.error.raster", file=name) from error
