"""Files as offices make them, built for the tests."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
from openpyxl import Workbook

from geoservice.register.reader import ReadResult

HEADINGS = ["Ad", "Növ", "VÖEN", "Enlik", "Uzunluq"]
KIND = "İri istehsal müəssisəsi"
GOOD = ["“Alfa” MMC", KIND, "1700123456", "40,5897", "49,6686"]


def csv_bytes(rows: Iterable[Sequence[Any]], *, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return stream.getvalue().encode(encoding)


def table(*rows: Sequence[Any], headings: Sequence[str] = HEADINGS) -> bytes:
    return csv_bytes([headings, *rows])


def xlsx_bytes(rows: Iterable[Sequence[Any]], *, merged: Iterable[str] = (), title: str = "Reyestr") -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    return saved(book)


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def gis_bytes(frame: gpd.GeoDataFrame, folder: Path, driver: str, suffix: str, **options: Any) -> bytes:
    """A GIS file; the parts of a Shapefile or a MapInfo table are zipped."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"layer{suffix}"
    frame.to_file(path, driver=driver, **options)
    if suffix in (".geojson", ".gpkg"):
        return path.read_bytes()
    return zipped({part.name: part.read_bytes() for part in sorted(folder.iterdir())})


def codes(result: ReadResult, severity: str | None = None) -> list[str]:
    return [p.code for p in result.report.problems if severity in (None, p.severity)]


def problem(result: ReadResult, code: str) -> dict[str, object]:
    return next(p for p in result.report.as_dict("en")["problems"] if p["code"] == code)
