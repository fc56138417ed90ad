"""The georeference of a sheet's PDF: geospatial measure dictionaries for its maps (ISO 32000-2, 12.10).

Each dictionary hangs on a viewport of the page. PDF/A-2 knows viewports (ISO 32000-1, 12.9) and lets readers
pass over a measure of a kind they do not know, so one file is both archive and map. Where viewports overlap,
the last one in the page's list that contains a place counts: insets come after the map that they lie on.
Readers that know one georeference for a page, as GDAL does, take the largest viewport: the main map.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from geoservice.render.sheet_verify import BLANK, KEY, SheetStamp, sealed
from geoservice.scheme.projection import parsed

POINTS_PER_MM = 72 / 25.4


class MapView(Struct, frozen=True):
    """A map on a page: its rectangle in mm from the upper left corner, and what it shows.

    ``extent`` is (min_x, min_y, max_x, max_y) in metres of ``crs``; ``name`` tells it from others; ``page``
    counts from 1.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    crs: str
    extent: tuple[float, float, float, float]
    page: int = 1


def finished(
    pdf: bytes, maps: Sequence[MapView], *, georeference: bool = True, stamp: SheetStamp | None = None
) -> bytes:
    """Return the PDF with the georeference of its maps and the sheet's stamp.

    Args:
        pdf: a sheet.
        maps: the main map, then those that lie on it in the order in which they were drawn, then those on
            further pages.
        georeference: whether to add the measure dictionaries.
        stamp: what the file says of the register's state.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf)) as document:
        numbers = sorted({1, *(view.page for view in maps)})
        pages = {number: document.pages[number - 1].obj for number in numbers}
        if georeference:
            for number, page in pages.items():
                _reference(page, [view for view in maps if view.page == number])
        if stamp is not None:
            document.Root[KEY] = pikepdf.Dictionary(
                Cluster=pikepdf.String(stamp.cluster),
                Revision=stamp.revision,
                Code=pikepdf.String(stamp.code),
                Digest=pikepdf.String(BLANK),
            )
        made = _updated(pdf, document, [*pages.values(), document.Root])
    return made if stamp is None else sealed(made)


def _updated(pdf: bytes, document: Any, changed: list[Any]) -> bytes:
    """Append changed objects to a file (ISO 32000-1, 7.5.6): the rest stays as it is, unread."""
    start = int(pdf.rstrip().rsplit(b"startxref", 1)[1].split()[0])
    out = bytearray(pdf if pdf.endswith(b"\n") else pdf + b"\n")
    table = bytearray(b"xref\n")
    for item in sorted(changed, key=lambda each: int(each.objgen[0])):
        number, generation = item.objgen
        table += b"%d 1\n%010d %05d n\r\n" % (number, len(out), generation)
        out += b"%d %d obj\n%s\nendobj\n" % (number, generation, item.unparse(resolved=True))
    trailer = document.trailer
    first = bytes(trailer.ID[0]).hex().encode()
    now = hashlib.md5(out, usedforsecurity=False).hexdigest().encode()
    number = len(out)
    out += table
    # PDF/A-4 does without the information dictionary: its facts stand in the metadata alone.
    info = b"/Info %s" % _pointer(trailer.Info) if "/Info" in trailer else b""
    out += b"trailer\n<</Size %d/Root %s%s/Prev %d/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n" % (
        int(trailer.Size), _pointer(trailer.Root), info, start, first, now, number,
    )  # fmt: skip
    return bytes(out)


def _pointer(item: Any) -> bytes:
    return b"%d %d R" % item.objgen


def _reference(page: Any, maps: Sequence[MapView]) -> None:
    import pikepdf

    height_pt = float(page.MediaBox[3])
    page.VP = pikepdf.Array([_viewport(view, height_pt) for view in maps])


def _viewport(view: MapView, height_pt: float) -> Any:
    import pikepdf

    left, right = view.x * POINTS_PER_MM, (view.x + view.width) * POINTS_PER_MM
    top, bottom = height_pt - view.y * POINTS_PER_MM, height_pt - (view.y + view.height) * POINTS_PER_MM
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Viewport,
        BBox=_numbers([left, bottom, right, top], 4),
        Name=pikepdf.String(view.name),
        Measure=_measure(view),
    )


class _System(Struct, frozen=True):
    """What a measure dictionary says of a CRS, and the way from it to degrees."""

    wkt: str
    epsg: int | None
    inverse: Any


@lru_cache(maxsize=64)
def _system(text: str) -> _System:
    from pyproj import Transformer

    crs = parsed(text)
    # In degrees of the projection's own datum, which is what readers take them for: Pulkovo 1942 lies some
    # hundred metres beside WGS 84.
    inverse = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return _System(crs.to_wkt("WKT1_GDAL"), crs.to_epsg(min_confidence=100), inverse)


def _measure(view: MapView) -> Any:
    import pikepdf

    known = _system(view.crs)
    min_x, min_y, max_x, max_y = view.extent
    x, y = (min_x, min_x, max_x, max_x), (min_y, max_y, max_y, min_y)
    longitudes, latitudes = known.inverse.transform(x, y)
    degrees = [value for place in zip(latitudes, longitudes, strict=True) for value in place]
    system = pikepdf.Dictionary(Type=pikepdf.Name.PROJCS, WKT=pikepdf.String(known.wkt))
    if known.epsg is not None:
        system.EPSG = known.epsg
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Measure,
        Subtype=pikepdf.Name.GEO,
        Bounds=_numbers([0, 0, 0, 1, 1, 1, 1, 0], 0),
        GPTS=_numbers(degrees, 9),
        LPTS=_numbers([0, 0, 0, 1, 1, 1, 1, 0], 0),
        GCS=system,
        PDU=pikepdf.Array([pikepdf.Name.KM, pikepdf.Name.SQKM, pikepdf.Name.DEG]),
    )


def _numbers(values: list[float], digits: int) -> Any:
    from decimal import Decimal

    import pikepdf

    return pikepdf.Array([Decimal(f"{value:.{digits}f}") for value in values])
