"""What a spreadsheet or a GIS file holds back: nothing of it may go by without a word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from openpyxl import Workbook
from register_files import HEADINGS, KIND, codes, csv_bytes, gis_bytes, problem, saved, xlsx_bytes
from shapely.geometry import Point

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
