"""Registers for desktop GIS: GeoPackage, Shapefile, MapInfo TAB and MIF, KML. Points, WGS 84.

A Shapefile and a MapInfo table are several files each and come as a ZIP. Their columns have short names
that the import knows (``[short]`` in register/headings.toml); a list of them is beside, and the whole
table as CSV where a text is longer than they can hold.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from msgspec import Struct

from geoservice import i18n
from geoservice.export.dataset import Dataset, distinct
from geoservice.export.tables import delimiter, to_csv
from geoservice.model import Participant
from geoservice.register.columns import short_names
from geoservice.register.text import key
from geoservice.register.vector import LONGEST_TEXTS

if TYPE_CHECKING:
    import geopandas as gpd

_ELLIPSIS = "…"
#: The geometry says it; MapInfo has no empty number, and zero degrees would be a place.
_IN_GEOMETRY = ("longitude", "latitude")
_KML = "http://www.opengis.net/kml/2.2"
#: Characters that no XML document may hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MIDNIGHT_1980 = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can tell: the same data, the same bytes


def to_gpkg(data: Dataset) -> bytes:
    """GeoPackage with one point layer named after the cluster, WGS 84."""
    import pyogrio

    extra = data.extra_columns()
    frame = _frame(data, distinct(extra, taken=("geom", "fid", *data.fields)))
    stream = io.BytesIO()
    pyogrio.write_dataframe(frame, stream, driver="GPKG", layer=data.cluster, geometry_type="Point")
    return stream.getvalue()


def to_shapefile(data: Dataset) -> bytes:
    """ZIP with a point Shapefile named after the cluster, in UTF-8; columns of ten letters at most."""
    return _packed(data, ".shp", "ESRI Shapefile", 10)


def to_mapinfo_tab(data: Dataset) -> bytes:
    """ZIP with a MapInfo table (TAB) in UTF-8, as MapInfo Pro reads it from version 15.2 on."""
    return _packed(data, ".tab", "MapInfo File", 31)


def to_mapinfo_mif(data: Dataset) -> bytes:
    """ZIP with a MapInfo interchange file (MIF and MID) in UTF-8."""
    return _packed(data, ".mif", "MapInfo File", 31)


class _Field(Struct):
    """A column of a file: its name there, the heading that it stands for, and how many texts were cut."""

    name: str
    heading: str
    cut: int = 0


def _frame(data: Dataset, extra: Sequence[str]) -> gpd.GeoDataFrame:
    """The register as points in EPSG:4326 with the export's fields; ``extra`` names the file's own columns.

    An organisation without coordinates has no geometry.
    """
    import geopandas as gpd

    rows = data.rows()
    columns = dict(zip(data.extra_columns(), extra, strict=True))
    for row, participant in zip(rows, data.participants, strict=True):
        row.update({name: participant.extra.get(heading, "") for heading, name in columns.items()})
    frame = gpd.GeoDataFrame(rows, columns=[*data.fields] if not rows else None)
    points = gpd.points_from_xy(frame["longitude"].astype(float), frame["latitude"].astype(float))
    frame = frame.set_geometry(points, crs="EPSG:4326")
    frame.loc[frame["longitude"].isna(), "geometry"] = None
    return frame


def _packed(data: Dataset, suffix: str, driver: str, longest: int) -> bytes:
    """A ZIP of the parts that GDAL writes, of the list of fields and, where texts were cut, of all as CSV."""
    import pyogrio

    frame, fields = _fitted(data, driver, longest)
    cut = any(field.cut for field in fields)
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="geoservice-") as folder:
        pyogrio.write_dataframe(
            frame, Path(folder) / f"data{suffix}", driver=driver, geometry_type="Point",
            layer_options=_layer_options(frame, suffix),
        )  # fmt: skip
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                _put(archive, f"{data.cluster}{part.suffix}", part.read_bytes())
            _put(archive, f"{data.cluster}-fields.csv", _fields_csv(data, fields))
            if cut:
                _put(archive, f"{data.cluster}.csv", to_csv(data))
    return packed.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _MIDNIGHT_1980), content, zipfile.ZIP_DEFLATED)


def _layer_options(frame: gpd.GeoDataFrame, suffix: str) -> dict[str, str]:
    options = {"ENCODING": "UTF-8"}
    if suffix == ".shp":
        return options
    west, south, east, north = frame.total_bounds
    if math.isfinite(west):  # a TAB counts in parts of its bounds: the tighter they are, the finer
        sides = (math.floor(west) - 1, math.floor(south) - 1, math.ceil(east) + 1, math.ceil(north) + 1)
        options["BOUNDS"] = ",".join(map(str, sides))
    return options


def _fitted(data: Dataset, driver: str, longest: int) -> tuple[gpd.GeoDataFrame, list[_Field]]:
    """The register with names and texts that a DBF can hold."""
    short = short_names()
    codes = [code for code in data.fields if code not in _IN_GEOMETRY]
    extra = data.extra_columns()
    own = _names(extra, taken=["geometry", *(short.get(code, code) for code in codes)], longest=longest)
    fields = [_Field(short.get(code, code), i18n.text(data.lang, f"fields.{code}")) for code in codes]
    fields += [_Field(name, heading) for name, heading in zip(own, extra, strict=True)]
    frame = _frame(data, own).drop(columns=[*_IN_GEOMETRY]).rename(columns=short)
    for field in fields:
        whole = frame[field.name]
        if field.name in ("employees", "distance_m"):
            frame[field.name] = _numbers(whole, driver)
        else:
            frame[field.name] = texts = [_shortened(str(text or ""), LONGEST_TEXTS[driver]) for text in whole]
            field.cut = sum(a != str(b or "") for a, b in zip(texts, whole, strict=True))
    return frame, fields


def _numbers(values: Any, driver: str) -> Any:
    """Numbers as numbers; where MapInfo, which has no empty ones, would write 0, as texts."""
    import pandas as pd

    numbers = pd.to_numeric(values)
    if numbers.isna().any() and driver == "MapInfo File":
        return ["" if pd.isna(number) else f"{number:g}" for number in numbers]
    return numbers.astype("Int32" if values.name == "employees" else float)


def _shortened(text: str, longest: int) -> str:
    """A text that fits a column of so many bytes, cut between letters and marked with … if need be."""
    if len(text.encode()) <= longest:
        return text
    room = longest - len(_ELLIPSIS.encode())
    return text.encode()[:room].decode(errors="ignore").rstrip() + _ELLIPSIS


def _names(headings: Sequence[str], taken: Sequence[str], longest: int) -> list[str]:
    """A name of ASCII letters, digits and underscores for each heading, no longer than ``longest``."""
    used = set(taken)
    names = []
    for heading in headings:
        plain = re.sub(r"[^a-z0-9]+", "_", key(heading).encode("ascii", "ignore").decode()).strip("_")
        plain = plain if plain[:1].isalpha() else f"f_{plain}".rstrip("_")
        name, count = plain[:longest], 1
        while name in used:
            count += 1
            name = f"{plain[: longest - len(str(count)) - 1]}_{count}"
        used.add(name)
        names.append(name)
    return names


def _fields_csv(data: Dataset, fields: Sequence[_Field]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter(data.lang), lineterminator="\r\n")
    writer.writerow([i18n.text(data.lang, f"fields.list.{name}") for name in ("field", "heading", "cut")])
    writer.writerows([field.name, field.heading, field.cut] for field in fields)
    return stream.getvalue().encode("utf-8-sig")


def to_kml(data: Dataset) -> bytes:
    """KML 2.2: a folder for each organisation type, a placemark for each organisation with all of its fields.

    An organisation without coordinates is a placemark without a point.
    """
    root = ElementTree.Element("kml", xmlns=_KML)
    document = _child(root, "Document")
    _child(document, "name", data.cluster)
    rows = list(zip(data.rows(), data.participants, strict=True))
    for code in sorted({who.organisation_type for who in data.participants}):
        folder = _child(document, "Folder")
        _child(folder, "name", data.type_names.get(code, code))
        for row, who in rows:
            if who.organisation_type == code:
                _placemark(folder, data, row, who)
    made: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return made


def _placemark(folder: ElementTree.Element, data: Dataset, row: dict[str, Any], who: Participant) -> None:
    place = _child(folder, "Placemark")
    _child(place, "name", who.full_name)
    held = _child(place, "ExtendedData")
    titles = dict(zip(data.fields, data.headings(), strict=True))
    values = {code: value for code, value in row.items() if code not in _IN_GEOMETRY}
    for name, value in (values | dict(who.extra)).items():
        if value not in (None, ""):
            item = _child(held, "Data")
            item.set("name", _NOT_XML.sub("", name))
            if name in titles:
                _child(item, "displayName", titles[name])
            _child(item, "value", str(value))
    if who.placed:
        _child(_child(place, "Point"), "coordinates", f"{who.longitude!r},{who.latitude!r}")


def _child(parent: ElementTree.Element, tag: str, text: str = "") -> ElementTree.Element:
    made = ElementTree.SubElement(parent, tag)
    if text:
        made.text = _NOT_XML.sub("", text)
    return made
