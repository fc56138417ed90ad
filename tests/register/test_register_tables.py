from __future__ import annotations

import datetime as dt

import pytest
from openpyxl import Workbook
from register_files import GOOD, HEADINGS, KIND, codes, csv_bytes, problem, saved, table, xlsx_bytes

from geoservice.errors import UnreadableFileError


def appendix_6() -> bytes:
    """The register's form: titles, a heading of two rows with merges, group rows, a signature."""
    rows = [
        ["Sənaye klasterinin iştirakçılarının və infrastruktur obyektlərinin reyestri"],
        [],
        [
            "№",
            "Təşkilati-hüquqi forması və adı",
            "Qeyd",
            "Ünvan",
            "",
            "VÖEN",
            "Müqavilə (nömrə, tarix)",
            "Koordinatlar",
            "",
        ],
        ["", "", "", "Hüquqi", "Faktiki", "", "", "En dairəsi", "Uzunluq dairəsi"],
        [1, 2, 3, 4, 5, 6, 7, 8, 9],
        ["I. İştirakçılar"],
        ["1. İri istehsal müəssisələri (işçilərin sayı 250-dən çox)"],
        [
            1,
            "“Alfa” ASC",
            "İT, MSB",
            "Bakı",
            "Sumqayıt",
            1700123456,
            dt.datetime(2025, 3, 5),
            "40°35'22,9\"",
            "49°40'07\"",
        ],
        [2, "“Beta” MMC", "", "Bakı", "Bakı", "1700123457", "№ 2, 05.03.2025", 40.5, "49,5"],
        ["Kiçik istehsal müəssisələri"],
        [3, "“Qama” MMC", "", "Bakı", "Bakı", 1700123458.0, "", "49,6", "40,5"],
        ["İnfrastruktur obyektləri"],
        ["Elmi-tədqiqat institutları, layihə təşkilatları, təcrübi-konstruktor büroları"],
        [4, "Kimya İnstitutu", "", "Bakı", "Bakı", 1700123459, "", "", ""],
        [5],
        ["Cəmi: 4 təşkilat"],
        ["Sənaye klasterinin ixtisaslaşdırılmış təşkilatının rəhbəri ______ (imza) ______ (SAA)"],
        ["Tarix “__” ______ 20__ il", "", "MY"],
    ]
    merged = [
        "A1:I1",
        "A3:A4",
        "B3:B4",
        "C3:C4",
        "D3:E3",
        "F3:F4",
        "G3:G4",
        "H3:I3",
        "A6:I6",
        "A7:I7",
        "A10:I10",
        "A12:I12",
        "A13:I13",
        "A17:I17",
    ]
    return xlsx_bytes(rows, merged=merged)


def test_the_form_of_appendix_6(read) -> None:
    result = read(appendix_6(), "reyestr.xlsx")
    assert [p.name for p in result.participants] == ["“Alfa”", "“Beta”", "“Qama”", "Kimya İnstitutu"]
    assert [p.organisation_type for p in result.participants] == [
        "large_enterprise",
        "large_enterprise",
        "small_enterprise",
        "research",
    ]
    assert [p.tax_number for p in result.participants] == [str(1700123456 + i) for i in range(4)]
    alfa = result.participants[0]
    assert (alfa.legal_address, alfa.actual_address, alfa.agreement) == ("Bakı", "Sumqayıt", "05.03.2025")
    assert (alfa.latitude, alfa.marks) == (pytest.approx(40.589694), ("founder", "final_producer"))
    assert codes(result) == [
        "coordinates_swapped",
        "no_coordinates",
        "row_number_only",
        "row_ignored",
        "row_ignored",
        "row_ignored",
    ]
    assert [p.row for p in result.report.problems] == [11, 14, 15, 16, 17, 18]
    assert result.report.read == 4


def test_an_unknown_group_is_named_and_its_rows_get_no_type(read) -> None:
    rows = [["Ad", "VÖEN", "Ünvan"], ["Kosmik stansiyalar"], ["Alfa", "1700123456", "Bakı"]]
    result = read(xlsx_bytes(rows, merged=["A2:C2"]), "a.xlsx")
    assert codes(result) == ["group_unknown", "type_missing"]


def test_types_merged_at_the_side(read) -> None:
    rows = [
        ["Növ", "Ad", "VÖEN"],
        ["Kiçik müəssisə", "A", ""],
        ["", "B", ""],
        ["", "C", ""],
        ["Orta müəssisə", "D", ""],
    ]
    result = read(xlsx_bytes(rows, merged=["A2:A4"]), "a.xlsx")
    assert [p.organisation_type for p in result.participants] == ["small_enterprise"] * 3 + [
        "medium_enterprise"
    ]


def test_the_sheet_with_headings_is_chosen_and_the_others_named(read) -> None:
    book = Workbook()
    book.active.title = "Titul"
    book.active.append(["Klaster haqqında"])
    sheet = book.create_sheet("Reyestr")
    for row in (HEADINGS, GOOD):
        sheet.append(row)
    short = book.create_sheet("Köhnə")
    for row in (["Ad", "Növ"], ["Köhnə", KIND]):
        short.append(row)
    sheet.row_dimensions[2].hidden = True
    result = read(saved(book), "a.xlsx")
    assert result.report.taken == 1
    assert sorted(codes(result)) == ["rows_hidden", "sheet_also_register", "sheet_ignored"]


def test_formulas_give_stored_values_or_are_named(read) -> None:
    result = read(xlsx_bytes([HEADINGS, ["Alfa", KIND, "", "=20+20.5", 49.5]]), "a.xlsx")
    assert set(codes(result)) == {"formula_without_value", "coordinate_one_only"}
    assert problem(result, "formula_without_value")["column"] == "Enlik"


def test_a_heading_repeated_on_every_page(read) -> None:
    result = read(table(GOOD, HEADINGS, ["Beta", KIND, "", "40.5", "49.5"]))
    assert (result.report.read, codes(result)) == (2, ["heading_repeated"])


def test_nameless_rows_are_rejected_unless_they_stand_below_the_table(read) -> None:
    result = read(
        table(
            GOOD,
            ["", KIND, "1700123457", "40.5", "49.5"],
            ["Beta", KIND, "", "", ""],
            ["", "", "", "", "", "yekunlaşdı"],
            headings=[*HEADINGS, "Ünvan"],
        )
    )
    assert codes(result) == ["name_missing", "no_coordinates", "row_ignored"]
    assert (result.report.read, result.report.rejected) == (3, 1)


def test_an_empty_register(read) -> None:
    result = read(table())
    assert (result.report.read, codes(result)) == (0, ["no_organisations"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_encodings_and_delimiters(read, encoding: str, delimiter: str) -> None:
    result = read(csv_bytes([HEADINGS, GOOD], delimiter=delimiter, encoding=encoding))
    assert result.participants[0].name == "“Alfa”"
    assert set(codes(result)) <= {"encoding_assumed"}


def test_windows_1251(read) -> None:
    headings = ["Наименование", "Вид организации", "Адрес", "Широта", "Долгота"]
    row = ["ООО «Альфа»", "Крупное предприятие", "г. Сумгаит, ул. Низами, 5", "40,5", "49,5"]
    result = read(csv_bytes([headings, row], encoding="cp1251"))
    assert result.participants[0].actual_address == "г. Сумгаит, ул. Низами, 5"
    assert [(p.code, p.value) for p in result.report.problems] == [("encoding_assumed", "Windows-1251")]


def test_windows_1254_and_its_lost_letters(read) -> None:
    headings = ["Təşkilatın adı", "Növü", "Faktiki ünvan", "Enlik", "Uzunluq"]
    row = ["Şirvan Gübrə MMC", "İri müəssisə", "Şirvan ş., Gənclik küç.", "40,5", "49,5"]
    text = csv_bytes([headings, row]).decode().replace("ə", "?")
    result = read(text.encode("cp1254"))
    (one,) = result.participants
    assert (one.actual_address, one.organisation_type) == ("Şirvan ş., G?nclik küç.", "large_enterprise")
    assert [(p.code, p.severity) for p in result.report.problems] == [
        ("encoding_assumed", "note"),
        ("encoding_lossy", "warning"),
    ]
    assert result.report.problems[0].value == "Windows-1254"


def test_quoted_line_breaks_keep_the_line_numbers(read) -> None:
    rows = [
        HEADINGS,
        ["Alfa\nSumqayıt\nfilialı", KIND, "", "40.5", "49.5"],
        ["Beta", "yox belə növ", "", "", ""],
    ]
    result = read(csv_bytes(rows))
    assert result.participants[0].name == "Alfa Sumqayıt filialı"
    assert next(p.row for p in result.report.problems if p.severity == "error") == 5


def test_what_excel_and_people_write(read) -> None:
    text = (
        'sep=;\nAd;Növ;Enlik;Uzunluq\n"Alfa" MMC;iri;40°35\'22.9";49°40\'07"\n;;;\n"Beta ""B""";iri;40.5;49.5'
    )
    result = read(text.encode())
    assert [p.name for p in result.participants] == ["Alfa", 'Beta "B"']
    assert result.participants[0].latitude == pytest.approx(40.589694)


def test_an_open_quotation_mark_is_named_with_its_line(read) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read('Ad;Növ\nAlfa;iri\n"Beta;iri\nQama;iri\n'.encode())
    assert (caught.value.code, caught.value.params["row"]) == ("register.error.csv_quote", 3)


def test_ten_thousand_rows(read) -> None:
    rows = [[f"Şirkət {i} MMC", KIND, 1700000000 + i, "40,5", 48.5 + i / 1e5] for i in range(10_000)]
    result = read(xlsx_bytes([HEADINGS, *rows]), "böyük.xlsx")
    assert (result.report.taken, codes(result)) == (10_000, [])
    assert result.participants[-1].tax_number == "1700009999"
