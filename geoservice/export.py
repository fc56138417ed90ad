"""Open data out: media types, ``?f=``, OpenAPI and CLI options all follow from a row of ``FORMATS``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from geoservice import i18n
from geoservice.errors import NotFoundError
from geoservice.model import PERSONAL_FIELDS, REGISTER_FIELDS, Participant, Placement

#: Columns that the placement adds to those of the register.
PLACEMENT_FIELDS = ("region", "region_name", "how", "distance_m")
#: Text that a spreadsheet would run as a formula; a telephone number with its plus is none.
_FORMULA = re.compile(r"^(?:[=@\t\r]|[+\-](?![\d\s()./-]*$))")
#: What Excel holds in a cell; it calls a file with a longer text damaged.
_LONGEST_CELL = 32_767


class Dataset(Struct, frozen=True):
    """A register with its placement, ready to be written.

    ``region_names`` are in the language of the export; ``personal`` tells whether contacts and
    representatives may leave the house.
    """

    cluster: str
    lang: str
    participants: Sequence[Participant]
    placements: Mapping[str, Placement]
    region_names: Mapping[str, str]
    personal: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Codes of the columns, in order."""
        shown = (f for f in REGISTER_FIELDS if self.personal or f not in PERSONAL_FIELDS)
        return ("id", *shown, *PLACEMENT_FIELDS)

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary for each participant: field code -> value, ``None`` where there is none."""
        return [self._row(participant) for participant in self.participants]

    def _row(self, participant: Participant) -> dict[str, Any]:
        row: dict[str, Any] = {"id": participant.id}
        for name in self.fields[1 : -len(PLACEMENT_FIELDS)]:
            row[name] = getattr(participant, name)
        row["marks"] = "; ".join(i18n.text(self.lang, f"scheme.mark.{mark}") for mark in participant.marks)
        placement = self.placements.get(participant.id)
        region = placement.region if placement else None
        row["region"] = region or ""
        row["region_name"] = self.region_names.get(region or "", "")
        row["how"] = placement.how.value if placement else ""
        row["distance_m"] = placement.distance_m if placement else None
        return row

    def extra_columns(self) -> tuple[str, ...]:
        """Headings of columns that the register's file had besides, in order of appearance."""
        return tuple(dict.fromkeys(key for p in self.participants for key in p.extra))

    def headings(self) -> list[str]:
        """Column titles in the language of the export."""
        return [i18n.text(self.lang, f"fields.{name}") for name in self.fields]

    def table(self) -> tuple[list[str], list[list[Any]]]:
        """Headings and rows for a spreadsheet, the file's further columns at the end."""
        extra = self.extra_columns()
        body = [
            [*row.values(), *(participant.extra.get(key, "") for key in extra)]
            for row, participant in zip(self.rows(), self.participants, strict=True)
        ]
        return [*self.headings(), *extra], body


class Format(Struct, frozen=True):
    """One export format."""

    code: str
    title: str
    media_type: str
    extension: str
    write: Callable[[Dataset], bytes]


def to_geojson(data: Dataset, about: Mapping[str, Any] | None = None) -> bytes:
    """RFC 7946 FeatureCollection: Points in WGS 84, ``null`` geometry for those without coordinates.

    ``about`` are further members of the collection.
    """
    import orjson

    features = [feature(row, p) for row, p in zip(data.rows(), data.participants, strict=True)]
    return orjson.dumps({"type": "FeatureCollection", **(about or {}), "features": features})


def feature(row: Mapping[str, Any], participant: Participant) -> dict[str, Any]:
    """One GeoJSON Feature of a row made by :meth:`Dataset.rows`."""
    geometry = None
    if participant.placed:
        geometry = {"type": "Point", "coordinates": [participant.longitude, participant.latitude]}
    properties = {key: value for key, value in row.items() if key not in ("longitude", "latitude")}
    properties["full_name"] = participant.full_name
    properties["extra"] = dict(participant.extra)
    properties["marks"] = list(participant.marks)
    return {"type": "Feature", "id": participant.id, "geometry": geometry, "properties": properties}


def to_csv(data: Dataset) -> bytes:
    """CSV as the language's spreadsheets expect it: az, ru with semicolons and decimal commas.

    UTF-8 with a byte order mark. A text that a spreadsheet would run as a formula gets a leading apostrophe,
    which the import takes off again.
    """
    comma = data.lang != "en"
    headings, body = data.table()
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";" if comma else ",", lineterminator="\r\n")
    writer.writerow([_safe(heading) for heading in headings])
    writer.writerows([_csv_cell(value, comma) for value in row] for row in body)
    return stream.getvalue().encode("utf-8-sig")


def _csv_cell(value: Any, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value).replace(".", ",") if comma else repr(value)
    return _safe(str(value))


def _safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def to_xlsx(data: Dataset) -> bytes:
    """XLSX with one sheet; texts are stored as texts, so nothing in them is ever a formula or a link."""
    from rustpy_xlsxwriter import FastExcel

    headings, body = data.table()
    columns = _distinct(headings)
    rows = (dict(zip(columns, map(_xlsx_cell, row), strict=True)) for row in body)
    stream = io.BytesIO()
    book = FastExcel(stream).format(bold_headers=True).freeze(row=1)
    book.sheet(
        i18n.text(data.lang, "fields.sheet"),
        rows if body else [dict.fromkeys(columns)],  # the headings come from the first row
        column_widths=[max(12, min(40, len(heading) + 2)) for heading in columns],
    ).save()
    return stream.getvalue()


def _xlsx_cell(value: Any) -> Any:
    return value[:_LONGEST_CELL] if isinstance(value, str) else value


def to_gpkg(data: Dataset) -> bytes:
    """GeoPackage with one point layer named after the cluster, WGS 84."""
    import geopandas as gpd
    import pyogrio

    rows = data.rows()
    extra = data.extra_columns()
    columns = dict(zip(extra, _distinct(extra, taken=("geom", "fid", *data.fields)), strict=True))
    for row, participant in zip(rows, data.participants, strict=True):
        row.update({column: participant.extra.get(heading, "") for heading, column in columns.items()})
    frame = gpd.GeoDataFrame(rows, columns=[*data.fields] if not rows else None)
    points = gpd.points_from_xy(frame["longitude"].astype(float), frame["latitude"].astype(float))
    frame = frame.set_geometry(points, crs="EPSG:4326")
    frame.loc[frame["longitude"].isna(), "geometry"] = None
    stream = io.BytesIO()
    pyogrio.write_dataframe(frame, stream, driver="GPKG", layer=data.cluster, geometry_type="Point")
    return stream.getvalue()


def _distinct(headings: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """A name for each column that no other has; SQLite does not tell case apart."""
    used = {name.casefold() for name in taken}
    names = []
    for heading in headings:
        name, count = heading, 1
        while name.casefold() in used:
            count += 1
            name = f"{heading} ({count})"
        used.add(name.casefold())
        names.append(name)
    return names


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        item.code: item
        for item in (
            Format("geojson", "GeoJSON", "application/geo+json", "geojson", to_geojson),
            Format("csv", "CSV", "text/csv; charset=utf-8", "csv", to_csv),
            Format(
                "xlsx",
                "Excel (XLSX)",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "xlsx",
                to_xlsx,
            ),
            Format("gpkg", "GeoPackage", "application/geopackage+sqlite3", "gpkg", to_gpkg),
        )
    }
)


def format_of(code: str) -> Format:
    """Return a format by its code.

    Raises:
        NotFoundError: no such format; the message lists those there are.
    """
    try:
        return FORMATS[code]
    except KeyError:
        raise NotFoundError("format_not_found", format=code, known=", ".join(FORMATS)) from None
