from __future__ import annotations

from register_files import GOOD, KIND, codes, table

from geoservice.catalog import Catalog
from geoservice.model import Participant
from geoservice.register.single import read_values


def test_doubles_within_a_file(read) -> None:
    rows = [
        GOOD,
        ["Başqa ad", KIND, "1700123456", "40.4", "49.5"],
        ["Beta", KIND, "", "40.5", "49.5"],
        ["BETA", KIND, "", "40.50001", "49.50001"],
        ["Beta", KIND, "", "40.6", "49.5"],
        ["Qama", KIND, "", "", ""],
        ["«Qama»", KIND, "", "", ""],
        ["Qama", KIND, "", "40.5", "49.5"],
    ]
    result = read(table(*rows))
    assert codes(result, "error") == ["duplicate_tax_number", "duplicate_name", "duplicate_name"]
    assert result.report.problems[0].params["first"] == 2
    assert [p.id for p in result.participants] == [
        "voen-1700123456",
        "org-beta",
        "org-beta-2",
        "org-qama",
        "org-qama-2",
    ]
    assert codes(result, "warning") == ["possible_duplicate"]


def test_the_same_file_again_changes_nothing(read) -> None:
    data = table(
        GOOD,
        ["Beta", KIND, "", "40.5", "49.5"],
        ["Beta", KIND, "", "40.6", "49.5"],
        ["Гамма", KIND, "", "", ""],
    )
    first = read(data)
    again = read(data, existing=first.participants)
    assert again.participants == first.participants and again.changes == ()
    assert codes(again, "note").count("unchanged") == 4


def test_updates_keep_ids_and_what_the_file_does_not_know(read) -> None:
    old = Participant(
        "own-1",
        "Alfa",
        "large_enterprise",
        tax_number="1700123456",
        website="https://a.az",
        longitude=49.6,
        latitude=40.5,
        extra={"a": "1"},
    )
    nameless = Participant("x-2", "Beta", "finance", longitude=49.7, latitude=40.4)
    headings = ["Ad", "Növ", "VÖEN", "İxtisaslaşma", "Yeni"]
    rows = [["Alfa Plus", "small_enterprise", "1700123456", "Kimya", "2"], ["Beta", "finance", "", "", ""]]
    result = read(table(*rows, headings=headings), existing=[old, nameless])
    alfa, beta = result.participants
    assert (alfa.id, alfa.name, alfa.organisation_type) == ("own-1", "Alfa Plus", "small_enterprise")
    assert (alfa.website, alfa.longitude, alfa.extra) == ("https://a.az", 49.6, {"a": "1", "Yeni": "2"})
    assert beta == nameless
    assert [change.id for change in result.changes] == ["own-1"]
    assert codes(result, "note") == ["coordinates_kept", "updated", "coordinates_kept", "unchanged"]


def test_an_organisation_that_got_its_coordinates_or_moved_is_the_same(read) -> None:
    existing = [
        Participant("a-1", "Alfa", "finance"),
        Participant("b-1", "Beta", "finance", longitude=49.0, latitude=40.0),
    ]
    result = read(
        table(["ALFA", "finance", "", "40.5", "49.5"], ["Beta", "finance", "", "40.5", "49.5"]),
        existing=existing,
    )
    assert [p.id for p in result.participants] == ["a-1", "b-1"]


def test_different_tax_numbers_are_different_organisations(read) -> None:
    existing = [Participant("a-1", "Alfa", "finance", tax_number="1111111111", longitude=49.5, latitude=40.5)]
    result = read(table(["Alfa", "finance", "2222222222", "40.5", "49.5"]), existing=existing)
    assert result.participants[0].id == "voen-2222222222"


def test_explicit_ids(read) -> None:
    headings = ["id", "Ad", "Növ", "VÖEN"]
    rows = [
        ["k-1", "A", KIND, "1700123456"],
        ["k-1", "B", KIND, ""],
        ["k-2", "C", KIND, "1700123456"],
        ["ə q/1", "D", KIND, ""],
    ]
    result = read(table(*rows, headings=headings))
    assert [p.id for p in result.participants] == ["k-1", "k-2", "e-q-1"]
    assert {p.code: p.severity for p in result.report.problems if p.code.startswith(("duplicate", "id"))} == {
        "duplicate_id": "error",
        "duplicate_tax_number": "warning",
        "id_changed": "note",
    }


def test_one_organisation_from_a_form(catalog: Catalog) -> None:
    values = {"name": "Alfa\u202e MMC", "organisation_type": KIND, "coordinates": "40°30' ş.e., 49°30' ş.u."}
    result = read_values(values, types=catalog.types, legal_forms=["MMC"])
    assert (result.participants[0].name, result.participants[0].latitude) == ("Alfa", 40.5)
    assert read_values({"name": ""}, types=catalog.types).report.rejected == 1
