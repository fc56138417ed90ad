"""Registers as GeoJSON, CSV and XLSX."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from geoservice import i18n
from geoservice.export.dataset import Dataset, distinct
from geoservice.model import Participant

#: Text that a spreadsheet would run as a formula; a telephone number with its plus is none.
_FORMULA = re.compile(r"^(?:[=@\t\r]|[+\-](?![\d\s()./-]*$))")
#: What Excel holds in a cell; it calls a file with a longer text damaged.
_LONGEST_CELL = 32_767


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
    writer = csv.writer(stream, delimiter=delimiter(data.lang), lineterminator="\r\n")
    writer.writerow([_safe(heading) for heading in headings])
    writer.writerows([_csv_cell(value, comma) for value in row] for row in body)
    return stream.getvalue().encode("utf-8-sig")


def delimiter(lang: str) -> str:
    """What stands between the columns of a CSV: where numbers have decimal commas, a semicolon."""
    return "," if lang == "en" else ";"


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
    columns = distinct(headings)
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
