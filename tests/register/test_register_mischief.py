"""What spreadsheets do to values and files: named for what it is, with the way out."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest

from geoservice import i18n
from geoservice.catalog import Catalog
from geoservice.errors import UnreadableFileError
from geoservice.register.mischief import is_date, is_grouped, is_rounded
from geoservice.register.reader import ReadResult, read_register

TYPES = Catalog().types
HEADING = ["Adı", "Təşkilatın növü", "En dairəsi", "Uzunluq dairəsi", "VÖEN", "İşçilərin sayı"]
KIND = "Digər təşkilat"


def read(data: bytes, name: str) -> ReadResult:
    return read_register(name, data, types=TYPES)


def from_book(*rows: list[object], formats: dict[str, str] | None = None) -> ReadResult:
    book = openpyxl.Workbook()
    for row in (HEADING, *rows):
        book.active.append(row)
    for cell, number_format in (formats or {}).items():
        book.active[cell].number_format = number_format
    stream = io.BytesIO()
    book.save(stream)
    return read(stream.getvalue(), "reyestr.xlsx")


def codes(result: ReadResult) -> list[str]:
    return [problem.code for problem in result.report.problems]


@pytest.mark.parametrize(
    "text",
    [
        "12.04.2040", "1/5/2026", "2040-04-12", "12.04.2040 10:30", "2040-04-12T00:00:00", "12.apr", "Apr.40",
        "40.май", "12 aprel 2040", "12-Apr-40", "may 49", "5 sentyabr 2026", "01.окт",
    ],
)  # fmt: skip
def test_dates_are_told(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize(
    "text",
    ["40.5897", "40,5897", "40°35'22\"N", "40 35 22", "40-35-22", "40.35.22", "N 40 E 49", "40.589.700",
     "402436N", "40 ş.e.", "49 d 40 m", "may", "12 min", "40 sec", "40 deg"],
)  # fmt: skip
def test_coordinates_are_no_dates(text: str) -> None:
    assert not is_date(text)


def test_groups_and_rounding_are_told() -> None:
    assert is_grouped("40.589.700") and is_grouped("40 589 700") and is_grouped("-4,589,700")
    assert not any(map(is_grouped, ("40.589", "40 35 22", "40.589,700", "4058.970.000")))
    assert is_rounded("1.4E+09") and is_rounded("1,40123e+09")
    assert not any(map(is_rounded, ("1400000009", "E09", "UNP-1E")))


@pytest.mark.parametrize(
    ("latitude", "longitude", "column"),
    [(dt.datetime(2040, 4, 12), 49.5, "En dairəsi"), (40.5, dt.datetime(2026, 1, 12), "Uzunluq dairəsi")],
)
def test_a_coordinate_that_became_a_date_is_called_one(
    latitude: object, longitude: object, column: str
) -> None:
    result = from_book(["A", KIND, latitude, longitude, "9900000011", 1])
    [problem] = result.report.problems
    assert (problem.code, problem.column, problem.severity) == ("coordinate_date", column, "error")
    for lang, word in (("az", "tarixdir"), ("en", "is a date"), ("ru", "дата")):
        assert word in problem.message(lang)


def test_degrees_that_became_a_duration_are_degrees() -> None:
    angle = dt.timedelta(hours=40, minutes=35, seconds=22)
    result = from_book(["A", KIND, angle, 49.5, "9900000011", 1], formats={"C2": "[h]:mm:ss"})
    assert result.participants[0].latitude == pytest.approx(40 + 35 / 60 + 22 / 3600)


def test_a_lost_decimal_sign_is_named() -> None:
    result = from_book(["A", KIND, "40.589.700", "49.668.600", "9900000011", 1])
    assert codes(result) == ["coordinate_grouped"]


def test_a_rounded_tax_number_identifies_nobody() -> None:
    result = from_book(["A", KIND, 40.5, 49.5, "1.4E+09", 1], ["B", KIND, 40.6, 49.6, "1.4E+09", 1])
    assert codes(result) == ["tax_number_rounded"] * 2
    assert [(p.tax_number, p.extra["VÖEN"]) for p in result.participants] == [("", "1.4E+09")] * 2


def test_an_apostrophe_before_digits_is_none_of_theirs() -> None:
    result = from_book(["'Ulduz'", KIND, "'40,5", "\u00a049,5\u00a0", "'0140123456", "1\u00a0200"])
    [found] = result.participants
    assert (found.latitude, found.longitude, found.tax_number) == (40.5, 49.5, "0140123456")
    assert (found.name, found.employees) == ("'Ulduz'", 1200)


def test_a_second_table_may_have_its_columns_in_another_order() -> None:
    result = from_book(
        ["A", KIND, 40.5, 49.5, "9900000011", 1],
        [],
        ["VÖEN", "Adı", "Təşkilatın növü", "En dairəsi", "Uzunluq dairəsi"],
        ["9900000021", "B", KIND, 40.6, 49.6],
    )
    assert codes(result) == ["heading_repeated"]
    assert [(p.name, p.latitude, p.tax_number) for p in result.participants] == [
        ("A", 40.5, "9900000011"),
        ("B", 40.6, "9900000021"),
    ]


def test_an_unquoted_decimal_comma_is_no_second_cell() -> None:
    rows = (f'A,{KIND},"40,5","49,5",9900000011,12', f"B,{KIND},40,5,49,5,9900000021,12")
    text = "\n".join((",".join(HEADING), *rows))
    result = read(text.encode(), "reyestr.csv")
    assert [p.name for p in result.participants] == ["A"]
    assert [(p.row, p.code) for p in result.report.problems if p.severity == "error"] == [(3, "row_wider")]


def archive(*members: str, mimetype: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        for member in members:
            made.writestr(member, "x")
        if mimetype:
            made.writestr("mimetype", mimetype)
    return stream.getvalue()


OPEN_DOCUMENT = "application/vnd.oasis.opendocument"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.xlsb", archive("xl/workbook.bin", "[Content_Types].xml"), "xlsb"),
        ("a.odt", archive("content.xml", mimetype=f"{OPEN_DOCUMENT}.text"), "word"),
        ("a.numbers", archive("Index/Document.iwa", "preview.jpg"), "numbers"),
        ("a.docx", archive("word/document.xml", "[Content_Types].xml"), "word"),
        ("a.xls", b"<html><body><table></table></body></html>", "html"),
        (
            "a.xls",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "xml",
        ),
        ("a.pdf", b"%PDF-1.7", "pdf"),
        ("a.rtf", b"{\\rtf1", "word"),
    ],
)
def test_what_is_not_read_is_told_how_to_save(name: str, data: bytes, kind: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read(data, name)
    assert caught.value.code == f"register.error.save_as.{kind}"
    assert len({i18n.message(caught.value, lang) for lang in ("az", "en", "ru")}) == 3
