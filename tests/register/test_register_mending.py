"""Cells mended before a file is read, rows left out, and problems gathered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from geoservice.catalog import Catalog
from geoservice.errors import InvalidInputError, LimitExceededError
from geoservice.register import mending
from geoservice.register.mending import Mending, parse_mending, target
from geoservice.register.reader import read_register
from geoservice.register.report import Problem, grouped, ranges

TABLE = """№;Təşkilati-hüquqi forması və adı;Təşkilatın növü;VÖEN;En dairəsi;Uzunluq dairəsi
1;"Polimer" MMC;Orta istehsal müəssisəsi;9999100011;40,6061;49,6118
2;"Boru" MMC;Zavod;9999100021;qırx;49,6079
3;"Boru" MMC;Orta istehsal müəssisəsi;9999100021;40,6010;49,6210
4;"Yersiz" MMC;Orta istehsal müəssisəsi;9999100041;;
"""


def read(text: str = TABLE, fixes: Mending = mending.NOTHING, name: str = "a.csv") -> Any:
    types = Catalog().types
    return read_register(name, text.encode(), types=types, legal_forms=("MMC",), mending=fixes)


def codes(result: Any, row: int) -> set[str]:
    return {p.code for p in result.report.problems if p.row == row}


def test_a_bad_cell_is_mended_in_place() -> None:
    assert read().report.rejected == 1
    fixes = Mending({(3, "En dairəsi"): "40,6079", (3, "Təşkilatın növü"): "İri istehsal müəssisəsi"})
    result = read(fixes=fixes)
    assert (result.report.taken, result.report.rejected) == (3, 1)  # now row 4 is its double
    assert codes(result, 3) == set() and codes(result, 4) == {"duplicate_tax_number"}
    assert result.participants[1].latitude == 40.6079
    assert result.cells.text(3, "En dairəsi") == "40,6079"
    assert result.rows[result.participants[0].id] == 2


def test_a_row_is_left_out_knowingly() -> None:
    result = read(fixes=Mending({(3, "Təşkilatın növü"): "Digər təşkilat"}, frozenset({3})))
    report = result.report
    assert (report.read, report.taken, report.rejected, report.left_out) == (4, 3, 0, 1)
    assert codes(result, 3) == {"left_out"}
    assert codes(result, 4) == set()  # no double any more


def test_coordinates_are_given_whatever_columns_there_are() -> None:
    places = {(5, mending.COORDINATES): "40°35′00″N 49°40′00″E", (3, mending.COORDINATES): "40,6; 49,6"}
    result = read(fixes=Mending(places))
    found = {p.tax_number: (p.latitude, p.longitude) for p in result.participants}
    assert found["9999100041"] == pytest.approx((40.583333, 49.666667), abs=1e-5)
    assert "coordinate_unreadable" not in codes(result, 3)


def test_a_group_row_is_given_the_name_of_a_type() -> None:
    text = "№;Adı;VÖEN\nZavodlar;;\n1;Polimer;9999100011\n2;Boru;9999100021\n"
    before = read(text)
    assert before.report.taken == 0
    row = next(p for p in before.report.problems if p.code == "group_unknown")
    assert target(row) == ""
    result = read(text, Mending({(row.row or 0, ""): "İri istehsal müəssisələri"}))
    assert [p.organisation_type for p in result.participants] == ["large_enterprise"] * 2


def test_a_type_is_given_where_there_is_no_column() -> None:
    text = "№;Adı;VÖEN\n1;Polimer;9999100011\n"
    missing = next(p for p in read(text).report.problems if p.code == "type_missing")
    assert target(missing) == mending.TYPE
    assert read(text, Mending({(2, mending.TYPE): "Digər təşkilat"})).report.taken == 1


def test_features_of_gis_files_are_mended_too() -> None:
    line = {"type": "LineString", "coordinates": [[49, 40], [50, 41]]}
    properties = {"name": "Xətt", "organisation_type": "zavod"}
    feature = {"type": "Feature", "geometry": line, "properties": properties}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    assert read(text, name="a.geojson").report.rejected == 1
    fixes = Mending({(1, mending.COORDINATES): "40,6; 49,6", (1, "organisation_type"): "other"})
    result = read(text, fixes, "a.geojson")
    assert result.report.taken == 1 and result.participants[0].latitude == 40.6


@pytest.mark.parametrize("cell", [(99, "VÖEN"), (3, "Yoxdur")])
def test_a_cell_that_is_not_there_is_refused(cell: tuple[int, str]) -> None:
    with pytest.raises(InvalidInputError):
        read(fixes=Mending({cell: "1"}))


@pytest.mark.parametrize(
    "wrong",
    [[], {"cells": 1}, {"cells": [{"row": 0, "column": "a", "value": "b"}]}, {"leave_out": [True]},
     {"cells": [{"row": 1, "column": "a"}]}, {"other": []},
     {"cells": [{"row": 1, "column": 2, "value": "b"}]}],
)  # fmt: skip
def test_mending_of_another_shape_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidInputError):
        parse_mending(wrong)


def test_mending_has_a_limit() -> None:
    cells = [{"row": n + 1, "column": "a", "value": ""} for n in range(mending.MOST_CELLS + 1)]
    with pytest.raises(LimitExceededError):
        parse_mending({"cells": cells})


@pytest.mark.parametrize(
    ("rows", "written"),
    [((), ""), ((5,), "5"), ((5, 6), "5, 6"), (tuple(range(5, 205)), "5–204"), ((1, 2, 3, 7), "1–3, 7")],
)
def test_rows_are_written_as_ranges(rows: tuple[int, ...], written: str) -> None:
    assert ranges(rows) == written


@pytest.mark.parametrize("lang", ["az", "en", "ru"])
def test_hundreds_of_rows_are_said_once(lang: str) -> None:
    many = [
        Problem("coordinate_unreadable", n, "En", f"qırx {n}", params={"part": f"q{n}"})
        for n in range(5, 205)
    ]
    one = Problem("type_missing", 7, "Növ", params={"near": "x"})
    first, second, third = grouped([*many, one, Problem("rows_hidden", None, value="3", severity="note")])
    shown = first.as_dict(lang)
    assert (shown["rows"], shown["count"]) == ("5–204", 200)
    assert "…" in shown["message"] and "qırx" not in shown["message"]
    assert second.first == one and second.message(lang) == one.message(lang)
    assert third.rows == ()
