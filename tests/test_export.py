"""Open data: every format gives back what went in, and nothing in it can be run."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields, replace

from geoservice import export, i18n
from geoservice.catalog import Catalog
from geoservice.errors import NotFoundError
from geoservice.export import gis, tables
from geoservice.model import How, Participant, Placement
from geoservice.register.reader import read_register

CATALOG = Catalog()
ALPHABET = "abzəƏğĞıIiİöÖşŞüÜçÇЖщЫё019;,.\"'«»“”=+-@<>&{}$#%*_\\/|()[]! №€"
TEXT = st.text(ALPHABET, max_size=30).map(lambda text: f"ə {' '.join(text.split())}".strip() if text else "")
NAME = TEXT.map(lambda text: f"Şirkət {text}".strip())


@st.composite
def participants(draw: st.DrawFn) -> list[Participant]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        placed = draw(st.booleans())
        made.append(
            Participant(
                id=f"voen-990000{number:04}",
                name=f"{draw(NAME)} {number}",
                organisation_type=draw(st.sampled_from(list(CATALOG.types))),
                marks=draw(st.sampled_from([(), ("founder",), ("founder", "final_producer")])),
                specialisation=draw(TEXT),
                actual_address=draw(TEXT),
                contacts=draw(TEXT),
                tax_number=f"990000{number:04}",
                employees=draw(st.none() | st.integers(0, 5000)),
                longitude=draw(st.floats(45.0, 50.0)) + number / 1000 if placed else None,
                latitude=draw(st.floats(39.0, 41.5)) if placed else None,
            )
        )
    return made


def dataset(members: list[Participant], lang: str = "az", *, personal: bool = True) -> export.Dataset:
    placements = {
        p.id: Placement(p.id, "AZ-BA", How.INSIDE) if p.placed else Placement(p.id, None, How.NO_COORDINATES)
        for p in members
    }
    return export.Dataset("sinaq", lang, members, placements, {"AZ-BA": "Bakı şəhəri"}, personal)


def same(one: Participant, other: Participant, lang: str) -> None:
    kept = {f.name for f in fields(Participant)} - {"coordinates_as_written", "extra", "legal_form", "name"}
    for name in kept:
        expected = getattr(one, name)
        if isinstance(expected, float):  # spreadsheets keep 15 digits, TAB whole numbers: a millimetre
            expected = pytest.approx(expected, abs=1e-8)
        assert getattr(other, name) == expected, (name, lang)
    assert one.full_name == other.full_name


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
@pytest.mark.parametrize("code", list(export.FORMATS))
@settings(max_examples=12, deadline=None)
@given(members=participants())
def test_what_is_exported_can_be_imported_again(code: str, lang: str, members: list[Participant]) -> None:
    body = export.format_of(code).write(dataset(members, lang))
    result = read_register(
        f"reyestr.{export.format_of(code).extension}", body, types=CATALOG.types,
        legal_forms=[a.form for a in CATALOG.abbreviations if a.kind == "legal_form"],
    )  # fmt: skip
    assert not result.report.rejected, [p.message("en") for p in result.report.problems]
    again = sorted(result.participants, key=lambda p: p.id) if code == "kml" else result.participants
    assert [p.id for p in again] == [p.id for p in members]
    for one, other in zip(members, again, strict=True):
        same(one, other, lang)


HOSTILE = [
    '=HYPERLINK("http://evil.example")',
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_is_a_formula(text: str) -> None:
    member = Participant(id="a", name=text, organisation_type="other", extra={"=1+1": text})
    body = tables.to_csv(dataset([member])).decode("utf-8-sig")
    for cell in (cell for row in csv.reader(io.StringIO(body), delimiter=";") for cell in row):
        assert not cell.startswith(("=", "@", "\t", "+cmd", "-2+3")), cell
    sheet = openpyxl.load_workbook(io.BytesIO(tables.to_xlsx(dataset([member])))).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert text.strip() in [str(cell.value).strip() for cell in sheet[2]]


def test_a_workbook_holds_what_excel_can_hold() -> None:
    member = Participant(
        id="a", name="A\x00\x0b", organisation_type="other", products="ə" * 40_000, website="https://e.example",
        extra={"Name": "ikinci ad", "NAME": "üçüncü"},
    )  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(tables.to_xlsx(dataset([member], "en")))).active
    headings = [cell.value for cell in sheet[1]]
    assert len(set(headings)) == len(headings)
    row = dict(zip(headings, (cell.value for cell in sheet[2]), strict=True))
    assert row["Name (2)"] == "ikinci ad"
    assert row["NAME (3)"] == "üçüncü"
    assert max(len(str(value)) for value in row.values()) == 32_767
    assert not any(cell.hyperlink for cell in sheet[2])
    assert all(cell.font.b for cell in sheet[1])
    assert sheet.freeze_panes == "A2"


def test_an_empty_workbook_has_its_headings() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(tables.to_xlsx(dataset([])))).active
    assert [cell.value for cell in sheet[1]] == dataset([]).headings()


def test_a_telephone_number_stays_one() -> None:
    member = Participant(id="a", name="A", organisation_type="other", contacts="+994 (12) 000-00-00")
    assert "+994 (12) 000-00-00" in tables.to_csv(dataset([member])).decode("utf-8-sig").split(";")


@pytest.mark.parametrize("code", list(export.FORMATS))
def test_persons_data_stays_in_the_house(code: str) -> None:
    member = Participant(
        id="a", name="A", organisation_type="other", contacts="gizli@example.org", representative="G. Gizli"
    )
    body = export.format_of(code).write(dataset([member], personal=False))
    if code == "xlsx":
        rows = openpyxl.load_workbook(io.BytesIO(body)).active.iter_rows(values_only=True)
        body = json.dumps(list(rows), ensure_ascii=False).encode()
    assert b"izli" not in body


def test_csv_follows_the_language() -> None:
    member = Participant(id="a", name="A", organisation_type="other", longitude=49.5, latitude=40.25)
    assert "49,5;40,25" in tables.to_csv(dataset([member], "ru")).decode("utf-8-sig")
    assert "49.5,40.25" in tables.to_csv(dataset([member], "en")).decode("utf-8-sig")


def test_geopackage_holds_everybody_with_the_files_own_columns() -> None:
    members = [
        Participant(
            id="a", name="Ə", organisation_type="other", longitude=49.5, latitude=40.25, extra={"NAME": "x"}
        ),
        Participant(id="b", name="B", organisation_type="other", extra={"Sahə, ha": "12"}),
    ]
    frame = gpd.read_file(io.BytesIO(gis.to_gpkg(dataset(members))))
    assert frame.crs.to_epsg() == 4326
    assert list(frame["id"]) == ["a", "b"]
    assert (frame.geometry[0].x, frame.geometry[0].y) == (49.5, 40.25)
    assert frame.geometry[1] is None or frame.geometry[1].is_empty
    assert frame["NAME (2)"][0] == "x"
    assert frame["Sahə, ha"][1] == "12"


def unpacked(body: bytes, folder: Path) -> dict[str, Path]:
    """The files of a ZIP by their suffixes; the list of fields under "fields"."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(folder)
    return {"fields" if p.stem.endswith("-fields") else p.suffix: p for p in folder.iterdir()}


@pytest.mark.parametrize("code", ["shp", "tab", "mif"])
def test_desktop_gis_gets_points_short_names_and_what_these_stand_for(code: str, tmp_path: Path) -> None:
    members = [
        Participant(
            id="a", name="“Ləğv Şirkəti”", organisation_type="other", longitude=49.123456, latitude=40.25,
            employees=12,
            extra={"Təşkilatın sahəsi, ha": "1", "Təşkilatın sahibi": "2", "Цех": "3", "2024": "4"},
        ),
        Participant(id="b", name="B", organisation_type="other"),
    ]  # fmt: skip
    body = export.format_of(code).write(dataset(members))
    assert body == export.format_of(code).write(dataset(members))
    files = unpacked(body, tmp_path)
    frame = pyogrio.read_dataframe(files[f".{code}"])
    assert frame.crs.to_epsg() == 4326
    assert (round(frame.geometry[0].x, 8), round(frame.geometry[0].y, 8)) == (49.123456, 40.25)
    assert frame.geometry[1] is None
    assert frame["name"][0] == "“Ləğv Şirkəti”"
    assert str(frame["employees"][0]) in ("12", "12.0")
    assert frame["employees"].isna()[1] or frame["employees"][1] == ""  # nobody knows: not 0
    titles = [
        row[:2] for row in csv.reader(files["fields"].read_text("utf-8-sig").splitlines(), delimiter=";")
    ]
    listed = dict(titles[1:])
    assert list(listed) == [name for name in frame.columns if name != "geometry"]
    assert listed["org_type"] == "Təşkilatın növü"
    own = {heading: name for name, heading in listed.items() if heading in members[0].extra}
    assert [frame[own[heading]][0] for heading in members[0].extra] == ["1", "2", "3", "4"]
    if code == "shp":
        assert max(map(len, listed)) <= 10
        assert (own["Təşkilatın sahəsi, ha"], own["Təşkilatın sahibi"]) == ("teskilatin", "teskilat_2")


@pytest.mark.parametrize("code", ["shp", "tab", "mif"])
def test_what_a_column_cannot_hold_stands_in_the_table_beside(code: str, tmp_path: Path) -> None:
    long = "Əsas məhsul " * 40
    member = Participant(
        id="a", name="A", organisation_type="other", products=long, longitude=49, latitude=40
    )
    files = unpacked(export.format_of(code).write(dataset([member])), tmp_path)
    held = pyogrio.read_dataframe(files[f".{code}"])["products"][0]
    assert held.endswith("…")
    assert long.startswith(held[:-1])
    assert 240 < len(held.encode()) <= 254
    assert long in files[".csv"].read_text("utf-8-sig")
    assert "products;Əsas məhsul və xidmətlər;1" in files["fields"].read_text("utf-8-sig")
    again = read_register(
        f"r.{code}.zip", export.format_of(code).write(dataset([member])), types=CATALOG.types
    )
    assert [p.code for p in again.report.problems if p.column == "products"] == ["text_cut"]


def test_google_earth_shows_types_as_folders_and_runs_nothing() -> None:
    hostile = "]]><script>&\x0b\x01 “Ə”"
    member = Participant(
        id="a",
        name=hostile,
        organisation_type="other",
        longitude=49.5,
        latitude=40.25,
        extra={hostile: hostile},
    )
    other = Participant(id="b", name="B", organisation_type="other")
    data = replace(dataset([member, other], "ru"), type_names={"other": "Иная организация"})
    root = ElementTree.fromstring(export.format_of("kml").write(data))
    space = {"k": "http://www.opengis.net/kml/2.2"}
    assert root.findtext(".//k:Folder/k:name", None, space) == "Иная организация"
    first, second = root.findall(".//k:Placemark", space)
    assert first.findtext("k:name", None, space) == "]]><script>& “Ə”"
    assert first.findtext("k:Point/k:coordinates", None, space) == "49.5,40.25"
    assert second.find("k:Point", space) is None
    titles = {
        d.get("name"): d.findtext("k:displayName", None, space) for d in first.findall(".//k:Data", space)
    }
    assert titles["organisation_type"] == "Вид организации"


@pytest.mark.parametrize("code", list(export.FORMATS))
def test_an_empty_register_exports(code: str) -> None:
    assert export.format_of(code).write(dataset([]))


def test_an_unknown_format_names_those_there_are() -> None:
    with pytest.raises(NotFoundError) as caught:
        export.format_of("dwg")
    assert "geojson" in i18n.message(caught.value, "az")
