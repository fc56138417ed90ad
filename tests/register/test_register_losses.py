"""What a spreadsheet or a GIS file holds back: nothing of it may go by without a word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from openpyxl import Workbook
from register_files import (
    HEADINGS,
    KIND,
    codes,
    csv_bytes,
    gis_bytes,
    problem,
    saved,
    unzipped,
    xlsx_bytes,
    zipped,
)
from shapely.geometry import Point

from geoservice.errors import CrsError, UnreadableFileError
from geoservice.register.mending import Mending

OTHER = "Digər təşkilat"


def test_a_row_of_failed_formulas_is_an_organisation_and_no_group(read) -> None:
    rows = [
        HEADINGS,
        ["Alfa", OTHER, "1700123456", "40.5", "49.5"],
        ["#REF!", KIND, "#N/A", "#DIV/0!", "#VALUE!"],
        ["Beta", "", "1700123457", "40.5", "49.5"],
    ]
    result = read(xlsx_bytes(rows), "a.xlsx")
    assert [p.name for p in result.participants] == ["Alfa"]
    assert codes(result, "error") == ["name_missing", "type_missing"]
    failed = [(p.column, p.value) for p in result.report.problems if p.code == "formula_error"]
    assert failed == [("Ad", "#REF!"), ("VÖEN", "#N/A"), ("Enlik", "#DIV/0!"), ("Uzunluq", "#VALUE!")]


@pytest.mark.parametrize("error", ["#N/A", "#Н/Д", "#ЗНАЧ!", "Err:502"])
def test_a_failed_formula_in_text_is_named(read, error: str) -> None:
    result = read(csv_bytes([HEADINGS, ["Alfa", KIND, error, "40,5", "49,5"]]))
    assert result.participants[0].tax_number == ""
    assert (problem(result, "formula_error")["column"], codes(result)) == ("VÖEN", ["formula_error"])


def test_a_name_without_a_stored_value_opens_no_group(read) -> None:
    book = Workbook()
    sheet = book.active
    for row in (HEADINGS, ["=A9", KIND, "", "", ""], ["Beta", "", "1700123457", "40.5", "49.5"]):
        sheet.append(row)
    result = read(saved(book), "a.xlsx")
    assert result.participants == ()
    assert codes(result, "error") == ["name_missing", "type_missing"]


def test_a_type_alone_behind_an_empty_name_is_a_row_without_a_name(read) -> None:
    result = read(csv_bytes([HEADINGS, ["", KIND, "", "", ""], ["Beta", OTHER, "", "40,5", "49,5"]]))
    assert [p.organisation_type for p in result.participants] == ["other"]
    assert codes(result, "error") == ["name_missing"]


@pytest.mark.parametrize("headings", [["Növ", "Ad", "VÖEN"], ["№", "Ad", "VÖEN"]])
def test_a_type_alone_before_the_name_opens_a_group(read, headings: list[str]) -> None:
    result = read(csv_bytes([headings, [KIND, "", ""], ["", "Beta", "1700123457"]]))
    assert [p.organisation_type for p in result.participants] == ["large_enterprise"]


def test_a_hidden_column_gives_way_to_one_that_is_seen(read) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["Ad", "Növ", "Enlik", "Uzunluq", "Enlik", "Uzunluq"])
    sheet.append(["Alfa", KIND, 41.1, 48.1, 40.5, 49.5])
    sheet.column_dimensions["C"].hidden = sheet.column_dimensions["D"].hidden = True
    result = read(saved(book), "a.xlsx")
    (alfa,) = result.participants
    assert (alfa.latitude, alfa.longitude) == (40.5, 49.5)
    assert alfa.extra == {"Enlik": "41.1", "Uzunluq": "48.1"}
    duplicate = problem(result, "heading_duplicate")
    assert (duplicate["column"], "“Enlik (2)”" in str(duplicate["message"])) == ("Enlik", True)
    assert problem(result, "columns_hidden")["value"] == "Enlik, Uzunluq"


@pytest.mark.parametrize("crs", [4326, 32639])
def test_damaged_geometries_of_a_geopackage_are_named(read, tmp_path: Path, crs: int) -> None:
    frame = gpd.GeoDataFrame(
        {"Ad": ["Alfa", "Beta", "Qama", "Delta"], "Növ": [KIND] * 4},
        geometry=[Point(49.5, 40.5), Point(49.6, 40.6), None, Point()],
        crs=4326,
    ).to_crs(crs)
    gis_bytes(frame, tmp_path, "GPKG", ".gpkg")
    path = tmp_path / "layer.gpkg"
    with closing(sqlite3.connect(path)) as database, database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE layer SET geom = ? WHERE fid = 2", (b"GP\x00\x01" + b"\xff" * 20,))
    result = read(path.read_bytes(), "a.gpkg")
    assert [(p.name, p.placed) for p in result.participants] == [
        ("Alfa", True), ("Qama", False), ("Delta", False),
    ]  # fmt: skip
    assert [(p.row, p.code) for p in result.report.problems if p.severity == "error"] == [
        (2, "geometry_unreadable")
    ]


@pytest.mark.parametrize(
    ("heading", "value", "told"),
    [
        ("Müqavilənin tarixi", "46000", True),
        ("Дата договора", "46000", True),
        ("Müqavilə (nömrə, tarix)", "46000", False),
        ("Müqavilənin tarixi", "09.12.2025", False),
        ("Müqavilənin tarixi", "12345", False),
    ],
)
def test_a_number_in_a_column_of_dates_is_told(read, heading: str, value: str, told: bool) -> None:
    result = read(csv_bytes([["Ad", "Növ", heading], ["Alfa", KIND, value]]))
    assert result.participants[0].agreement == value
    assert ("date_number" in codes(result, "warning")) is told
    if told:
        assert "09.12.2025" in str(problem(result, "date_number")["message"])


def dms_sheet(*, merged: bool, units: tuple[str, str, str] | None, cells: tuple[object, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    if merged:
        sheet.append(["Ad", "Növ", "Enlik", None, None, "Uzunluq", None, None])
        for area in ("C1:E1", "F1:H1"):
            sheet.merge_cells(area)
        if units:
            sheet.append([None, None, *units, *units])
    else:
        names = units or ("", "", "")
        sheet.append(
            ["Ad", "Növ", *(f"{axis} {unit}".strip() for axis in ("Enlik", "Uzunluq") for unit in names)]
        )
    sheet.append(["Alfa", KIND, *cells])
    return saved(book)


WORDS = ("dər", "dəq", "san")


@pytest.mark.parametrize(
    ("merged", "units"),
    [(True, WORDS), (True, ("°", "'", '"')), (True, None), (False, WORDS), (False, ("deg", "min", "sec"))],
)
def test_degrees_minutes_and_seconds_in_columns_of_their_own(read, merged: bool, units) -> None:
    result = read(dms_sheet(merged=merged, units=units, cells=(40, 35, 12.5, "49", "40'", "07")), "a.xlsx")
    (alfa,) = result.participants
    assert (alfa.latitude, alfa.longitude) == (
        pytest.approx(40.586806, abs=1e-6), pytest.approx(49.668611, abs=1e-6),
    )  # fmt: skip
    assert (alfa.extra, set(codes(result))) == ({}, {"heading_parts"})


def test_a_column_that_is_empty_between_degrees_and_seconds_is_refused(read) -> None:
    data = dms_sheet(merged=True, units=WORDS, cells=(40, None, 12.5, 49, 40, 7))
    assert read(data, "a.xlsx").report.rejected == 1


def test_a_mended_coordinate_needs_no_minutes(read) -> None:
    data = dms_sheet(merged=True, units=WORDS, cells=("x", 35, 12.5, 49, 40, 7))
    mending = Mending({(3, "Enlik dər"): "40,5897"})
    (alfa,) = read(data, "a.xlsx", mending=mending).participants
    assert (alfa.latitude, alfa.longitude) == (40.5897, pytest.approx(49.668611, abs=1e-6))


def test_whole_degrees_are_taken_with_a_warning(read) -> None:
    result = read(
        csv_bytes([["Ad", "Növ", "Enlik", "", "Uzunluq", ""], ["Alfa", KIND, "40", "35", "49", "40"]])
    )
    assert (result.report.taken, codes(result, "warning")) == (1, ["coordinate_whole"])


def test_one_row_in_another_encoding_does_not_spoil_the_others(read) -> None:
    rows = csv_bytes([HEADINGS, *([f"Şirkət {n}", KIND, "", "40,5", "49,5"] for n in range(20))])
    broken = "Gəncə;".encode("utf-16-le") + f"{KIND};;40,5;49,5\r\n".encode("cp1254", "replace")
    for head in (b"", b"\xef\xbb\xbf"):
        result = read(head + rows + broken.replace(b"\x00", b""))
        assert [p.name for p in result.participants][:2] == ["Şirkət 0", "Şirkət 1"]
        assert (problem(result, "encoding_broken")["row"], result.report.read) == (22, 21)


def test_no_tax_number_in_words_is_none(read) -> None:
    rows = [["Alfa", KIND, "yoxdur", "40,5", "49,5"], ["Beta", KIND, "yoxdur", "40,6", "49,5"]]
    result = read(csv_bytes([HEADINGS, *rows]))
    assert ([p.tax_number for p in result.participants], codes(result)) == (["", ""], [])


@pytest.mark.parametrize(
    "line", ["ÜMUMİ CƏMİ:", "Cəmi", "Yekun: 1", "İcraçı: Əliyev A.", "Исполнитель: Алиев"]
)
def test_totals_and_those_who_made_the_table_are_no_organisations(read, line: str) -> None:
    rows = [["№", "Ad", "İşçilərin sayı"], [KIND, "", ""], ["1", "Alfa", "10"], ["", line, "10"]]
    result = read(csv_bytes(rows))
    assert ([p.name for p in result.participants], codes(result)) == (
        ["Alfa"],
        ["no_coordinates", "row_ignored"],
    )


def test_letters_of_the_hemisphere_in_headings_tell_the_axis(read) -> None:
    rows = [["Ad", "Növ", "Koordinat (E)", "Koordinat (N)"], ["Alfa", KIND, "49,66", "40,58"]]
    (alfa,) = read(csv_bytes(rows)).participants
    assert (alfa.latitude, alfa.longitude) == (40.58, 49.66)


def test_fields_of_one_name_are_refused(read, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"AD": ["Alfa"], "NOV": [KIND], "QEYD1": ["bir"], "QEYD2": ["iki"]},
        geometry=[Point(49.5, 40.5)],
        crs=4326,
    )
    parts = unzipped(gis_bytes(frame, tmp_path, "ESRI Shapefile", ".shp"))
    parts["layer.dbf"] = parts["layer.dbf"].replace(b"QEYD2", b"QEYD1")
    with pytest.raises(UnreadableFileError) as caught:
        read(zipped(parts), "a.zip")
    assert (caught.value.code, caught.value.params["names"]) == ("register.error.fields_repeated", "QEYD1")


@pytest.mark.parametrize(
    "prj", [b'GEOGCS["x",DATUM["y",SPHEROID["z",0,0]]', b'PROJCS["", GEOGCS["", DATUM["']
)
def test_a_coordinate_system_that_cannot_be_used_is_refused(read, tmp_path: Path, prj: bytes) -> None:
    frame = gpd.GeoDataFrame({"AD": ["Alfa"], "NOV": [KIND]}, geometry=[Point(49.5, 40.5)], crs=4326)
    parts = unzipped(gis_bytes(frame, tmp_path, "ESRI Shapefile", ".shp")) | {"layer.prj": prj}
    with pytest.raises((CrsError, UnreadableFileError)):
        read(zipped(parts), "a.zip")
