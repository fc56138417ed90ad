"""Numbers in what a report says follow its language, and what it writes can be typed again."""

from __future__ import annotations

import io

import pytest

from geoservice import i18n
from geoservice.errors import CrsError
from geoservice.model import LANGUAGES, LOCAL_OPERATOR
from geoservice.register.coordinates import parse_pair
from geoservice.register.report import Problem, in_figures
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore

HEAD = ["Adı", "Təşkilatın növü", "En dairəsi", "Uzunluq dairəsi"]


def workbook(*rows: list[object]) -> bytes:
    """A register whose coordinates are numbers, as spreadsheets hold them."""
    import openpyxl

    book = openpyxl.Workbook()
    for row in (HEAD, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def messages(lang: str, *rows: list[object]) -> list[str]:
    service = GeoService(MemoryStore())
    service.create_cluster(LOCAL_OPERATOR, "c", {"title": "C"})
    report = service.import_register(LOCAL_OPERATOR, "c", "a.xlsx", workbook(*rows))
    return [problem.message(lang) for problem in report.problems]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_swapped_coordinates_are_told_with_the_languages_decimal_sign(lang: str) -> None:
    [said] = messages(lang, ["A MMC", "Digər təşkilat", 46.363, 40.68])
    written, mended = ("46.363; 40.68", "40.68; 46.363")
    other_written, other_mended = (text.replace(".", ",") for text in (written, mended))
    assert ((written if lang == "en" else other_written) in said) and (
        (mended if lang == "en" else other_mended) in said
    )
    assert (other_mended if lang == "en" else mended) not in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_far_place_is_told_so_too(lang: str) -> None:
    [said] = messages(lang, ["A MMC", "Digər təşkilat", 41.25, 60.5])
    assert ("41.25; 60.5" if lang == "en" else "41,25; 60,5") in said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("value", ["40.68; 46.363", "40.68, 46.363", "40.68 46.363", "-40.5; 46.363"])
def test_what_is_told_can_be_typed_again(value: str, lang: str) -> None:
    assert parse_pair(in_figures(value, lang)) == parse_pair(value)


@pytest.mark.parametrize(
    "value",
    ["40°35'22.9\"N", "40,68; 46,363", "12.04.2040", "https://maps.example.org/@40.68,46.36", "", "40"],
)
def test_what_is_no_plain_number_is_quoted_as_it_stands(value: str) -> None:
    assert in_figures(value, "az") == value


def test_identifiers_and_other_texts_stay_as_they_are() -> None:
    assert "“1.25”" in Problem("id_changed", 2, "ID", "1.25", "note", {"made": "x"}).message("az")
    kept = Problem("coordinates_swapped_unclear", 2, "X", "41.25; 60.5", params={"distance_km": 700})
    assert kept.as_dict("az")["value"] == "41.25; 60.5", (
        "programs and the wizard's cells get it as it was read"
    )


@pytest.mark.parametrize(
    ("value", "en"),
    [(40.68, "40.68"), (1e-7, "0.0000001"), (4493123.0, "4493123"), (1.5e6, "1500000"), (-0.25, "-0.25")],
)
def test_a_number_has_all_its_digits(value: float, en: str) -> None:
    assert i18n.decimal(value, "en") == en
    assert i18n.decimal(value, "az") == i18n.decimal(value, "ru") == en.replace(".", ",")


def test_numbers_of_an_error_follow_the_language() -> None:
    error = CrsError("register.error.crs_looks_projected", x=392817.5, y=4490000.0, crs="WGS 84")
    assert "392817,5; 4490000" in i18n.message(error, "az")
    assert "392817.5" in i18n.message(error, "en")
