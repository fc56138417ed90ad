from __future__ import annotations

import pytest
from register_files import GOOD, HEADINGS, KIND, codes, problem, table

from geoservice.catalog import Catalog
from geoservice.errors import InvalidInputError, UnreadableFileError
from geoservice.model import Participant


def test_a_plain_table(read) -> None:
    result = read(table(GOOD))
    (alfa,) = result.participants
    assert codes(result) == []
    assert alfa == Participant(
        id="voen-1700123456",
        name="“Alfa”",
        legal_form="MMC",
        organisation_type="large_enterprise",
        tax_number="1700123456",
        longitude=49.6686,
        latitude=40.5897,
        coordinates_as_written="40,5897; 49,6686",
    )
    assert result.report.columns == dict(
        zip(HEADINGS, ["name", "organisation_type", "tax_number", "latitude", "longitude"], strict=True)
    )


@pytest.mark.parametrize(
    "headings",
    [
        ["TƏŞKİLATIN ADI", "TƏŞKİLATIN NÖVÜ", "VÖEN-İ", "EN DAİRƏSİ (şimal)", "UZUNLUQ DAİRƏSİ (şərq)"],
        ["teskilatin adi", "teskilatin novu", "voen", "enlik", "uzunluq"],
        ["Name", "Organisation type", "TAX NUMBER", "Latitude (°)", "Longitude, °"],
        ["Наименование организации", "Вид организации", "ИНН", "Широта", "ДОЛГОТА"],
        ["Ad / Name", "Növ / Type / Вид", "VÖEN / TIN", "Lat.", "Lon."],
        ["Тəşkilatın adıı", "Təşkilatın növüü", "VÖEN №", "Enlik", "Uzunluq"],
    ],
)
def test_headings_in_any_language_and_case(read, headings: list[str]) -> None:
    (alfa,) = read(table(GOOD, headings=headings)).participants
    assert (alfa.organisation_type, alfa.tax_number) == ("large_enterprise", "1700123456")
    assert (alfa.latitude, alfa.longitude) == (40.5897, 49.6686)


def test_columns_in_any_order_and_unknown_ones_kept(read) -> None:
    headings = ["Uzunluq", "Sertifikat", "Növ", "Enlik", "", "Ad", "Sertifikat"]
    result = read(table(["49.6", "ISO 9001", KIND, "40.5", "sahibsiz", "Beta", "TS 1"], headings=headings))
    (beta,) = result.participants
    assert beta.extra == {"Sertifikat": "ISO 9001", "Sertifikat (2)": "TS 1", "E": "sahibsiz"}
    assert result.report.columns["Sertifikat"] == ""


def test_two_columns_for_one_field(read) -> None:
    headings = ["Ad", "Name", "Növ", "Telefon", "E-poçt"]
    result = read(table(["Beta", "Beta Co", KIND, "+994 12", "a@b.az"], headings=headings))
    (beta,) = result.participants
    assert codes(result, "warning") == ["heading_duplicate"]
    assert beta.name == "Beta" and beta.extra == {"Name": "Beta Co"}
    assert beta.contacts == "+994 12; a@b.az"


def test_a_mapping_goes_before_the_headings(read) -> None:
    data = table(["Beta", KIND, "x"], headings=["Kim", "Nə", "Ad"])
    with pytest.raises(UnreadableFileError) as caught:
        read(data)
    assert caught.value.code == "register.error.no_headings"
    (beta,) = read(data, mapping={"Kim": "name", "Nə": "organisation_type", "Ad": ""}).participants
    assert (beta.name, beta.extra) == ("Beta", {"Ad": "x"})
    with pytest.raises(InvalidInputError, match="colour"):
        read(data, mapping={"Kim": "colour"})
    with pytest.raises(InvalidInputError, match="Harada"):
        read(data, mapping={"Kim": "name", "Harada": "latitude"})


def test_every_label_of_every_type_is_understood(read, catalog: Catalog) -> None:
    for code, kind in catalog.types.items():
        labels = {code, code.upper(), *kind.title.values(), *kind.short.values(), *kind.aliases}
        rows = [[f"T{i}", label, "", "", ""] for i, label in enumerate(sorted(labels))]
        assert {p.organisation_type for p in read(table(*rows)).participants} == {code}, code


def test_an_unknown_type_is_named_with_a_suggestion(read) -> None:
    result = read(
        table(
            ["Alfa", "İiri isehsal müəssisəsi", "", "", ""],
            ["Beta", "qwxyz", "", "", ""],
            ["Qama", "", "", "", ""],
        )
    )
    assert codes(result, "error") == ["type_unknown_near", "type_unknown", "type_missing"]
    assert "Large producer (over 250 staff)" in problem(result, "type_unknown_near")["message"]
    known = problem(result, "type_unknown")["message"]
    assert "Large producer (over 250 staff)" in known and "Research institute" in known
    assert result.report.problems[0].row == 2 and result.report.problems[0].column == "Növ"


@pytest.mark.parametrize(
    ("written", "marks"),
    [
        ("İT", ("founder",)),
        ("it; msb", ("founder", "final_producer")),
        ("MSB, İT", ("founder", "final_producer")),
        ("IT MSB", ("founder", "final_producer")),
        ("ИТ/МСБ", ("founder", "final_producer")),
        ("founder,final_producer", ("founder", "final_producer")),
        ('[ "final_producer" ]', ("final_producer",)),
        ("—", ()),
    ],
)
def test_marks(read, written: str, marks: tuple[str, ...]) -> None:
    result = read(table(["Alfa", KIND, written], headings=["Ad", "Növ", "Qeyd"]))
    assert result.participants[0].marks == marks
    assert "mark_unknown" not in codes(result)


def test_tick_columns_and_remarks(read) -> None:
    headings = ["Ad", "Növ", "İT", "MSB", "Qeyd"]
    result = read(
        table(
            ["A", KIND, "✓", "-", ""],
            ["B", KIND, "yox", "bəli", "2026-da çıxır"],
            ["C", KIND, "?", "", ""],
            headings=headings,
        )
    )
    assert [p.marks for p in result.participants] == [("founder",), ("final_producer",), ()]
    assert result.participants[1].extra == {"Qeyd": "2026-da çıxır"}
    assert codes(result, "warning") == ["mark_unknown", "tick_unclear"]


@pytest.mark.parametrize(
    ("written", "name", "form"),
    [
        ("“Alfa Kimya” MMC", "“Alfa Kimya”", "MMC"),
        ("Alfa Kimya M.M.C.", "Alfa Kimya", "MMC"),
        ("ООО «Альфа»", "«Альфа»", "ООО"),
        ("Alfa Məhdud Məsuliyyətli Cəmiyyəti", "Alfa", "MMC"),
        ("Açıq Səhmdar Cəmiyyəti Alfa", "Alfa", "ASC"),
        ("Alfa, QSC", "Alfa", "QSC"),
        ("Alfa Universiteti", "Alfa Universiteti", ""),
        ("MMC", "MMC", ""),
    ],
)
def test_legal_form_and_name_in_one_cell(read, written: str, name: str, form: str) -> None:
    headings = ["Təşkilati-hüquqi forması və adı", "Növ"]
    (one,) = read(table([written, KIND], headings=headings)).participants
    assert (one.name, one.legal_form) == (name, form)


def test_websites_and_staff(read) -> None:
    headings = ["Ad", "Növ", "Sayt", "İşçilərin sayı"]
    rows = [
        ["A", KIND, "www.alfa.az", "1 250"],
        ["B", KIND, "javascript:alert(1)", "çox"],
        ["C", KIND, "http://beta.az/əsas", "250 nəfər"],
        ["D", KIND, "yoxdur", "250,0"],
        ["E", KIND, "data:text/html,<b>", "-5"],
        ["F", KIND, "a.az; b.az", "0"],
        ["G", KIND, 'https://x.az/"onload=1', ""],
    ]
    result = read(table(*rows, headings=headings))
    assert [p.website for p in result.participants] == [
        "https://www.alfa.az",
        "",
        "http://beta.az/əsas",
        "",
        "",
        "https://a.az",
        "",
    ]
    assert [p.employees for p in result.participants] == [1250, None, 250, 250, None, 0, None]
    assert {"website_scheme", "website_several", "employees_unclear"} <= set(codes(result, "warning"))


def test_tax_numbers(read) -> None:
    rows = [
        ["A", KIND, "1700 123 456"],
        ["B", KIND, "VÖEN 1700123457"],
        ["C", KIND, "700123456"],
        ["D", KIND, "BY-1"],
    ]
    result = read(table(*rows, headings=["Ad", "Növ", "VÖEN"]))
    assert [p.tax_number for p in result.participants] == ["1700123456", "1700123457", "700123456", "BY-1"]
    assert codes(result, "warning") == ["tax_number_short", "tax_number_shape"]


def test_hidden_characters_and_long_values(read) -> None:
    result = read(table(["Al\u202efa\u200b\x00 MMC", KIND, "", "", ""], ["B" * 2001, KIND, "", "", ""]))
    assert result.participants[0].name == "Alfa"
    assert codes(result).count("hidden_characters") == 1
    assert codes(result, "error") == ["value_too_long"]


@pytest.mark.parametrize(
    "heading", ["Hüquqi forma və təşkilatın adı", "Форма и название организации", "Name and form"]
)
def test_legal_form_and_name_in_one_heading_in_any_words(read, heading: str) -> None:
    (alfa,) = read(f"№;{heading};Növ;VÖEN\n1;Alfa MMC;other;9900000011\n".encode()).participants
    assert (alfa.name, alfa.legal_form) == ("Alfa", "MMC")


def test_a_heading_without_a_name_says_so_and_can_be_mapped(read) -> None:
    data = "Kim;Növ;VÖEN;Ünvan\nAlfa;other;9900000011;Gəncə\n".encode()
    result = read(data)
    assert (result.report.read, result.report.taken) == (1, 0)
    assert "Kim" in problem(result, "no_name_column")["message"]
    assert result.report.columns["Kim"] == ""
    assert [p.name for p in read(data, mapping={"Kim": "name"}).participants] == ["Alfa"]


@pytest.mark.parametrize(
    ("name", "characters"), [("Zavod 🏭 MMC", "🏭"), ("شركة", "شركة"), ("北京 ASC", "北京")]
)
def test_letters_that_no_sheet_can_print_are_named(read, name: str, characters: str) -> None:
    result = read(table([name, KIND, "", "", ""]))
    assert result.report.taken == 1
    message = problem(result, "not_printable")["message"]
    assert all(character in message for character in characters)


@pytest.mark.parametrize("name", ["“Şəki-İpək” №1 — ASC", "ООО «Завод Ё»", "Ångström & Søn, 100 % °C → ∑"])
def test_what_a_sheet_can_print_is_left_alone(read, name: str) -> None:
    assert "not_printable" not in codes(read(table([name, KIND, "", "", ""])))


def test_a_register_in_azerbaijani_with_cyrillic_letters(read) -> None:
    rows = [
        ["Сыра", "Мүәссисәнин ады", "Мүәссисәнин нөвү", "ВӨЕН", "Һүгуги үнван", "Енлик", "Узунлуг"],
        ["1", "«Сумгајыт Полимер»", "Ири истеһсал мүәссисәси", "1700123456", "Бакы", "40,5897", "49,6686"],
        [
            "2",
            "«Хәзәр»",
            "Кичик истеһсал мүәссисәләри",
            "1700123457",
            "",
            "40°35'12\" ш.е.",
            "49°40'07\" ш.у.",
        ],
    ]
    alfa, beta = read(table(*rows[1:], headings=rows[0])).participants
    assert (alfa.name, alfa.organisation_type, alfa.tax_number, alfa.legal_address) == (
        "«Сумгајыт Полимер»", "large_enterprise", "1700123456", "Бакы",
    )  # fmt: skip
    assert (beta.organisation_type, beta.latitude) == ("small_enterprise", pytest.approx(40.586667, abs=1e-6))
