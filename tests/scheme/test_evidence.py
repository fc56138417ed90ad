"""The evidence of a verdict: the same numbers as the verdict, in tables of three languages."""

from __future__ import annotations

import pytest

from geoservice.model import LANGUAGES, LOCAL_OPERATOR
from geoservice.scheme.evidence import component_mark
from geoservice.scheme.scene import Evidence, EvidenceTable
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore

HEAD = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
JOINT = """Bakı zavodu;Digər təşkilat;40,40;49,85
Şirvan zavodu;Digər təşkilat;39,93;48,92
Minsk zavodu;Digər təşkilat;53,90;27,56
Dənizdəki zavod;Digər təşkilat;40,50;51,60
Yersiz zavod;Digər təşkilat;;
"""


def evidence(rows: str, boundaries: tuple[str, ...], lang: str = "en") -> tuple[Evidence, GeoService]:
    service = GeoService(MemoryStore())
    service.create_cluster(LOCAL_OPERATOR, "c", {"title": "C", "boundaries": list(boundaries)})
    report = service.import_register(LOCAL_OPERATOR, "c", "a.csv", (HEAD + rows).encode())
    assert not report.rejected, report.problems
    found = service.scene(LOCAL_OPERATOR, "c", lang, evidence=True).evidence
    assert found is not None
    return found, service


def tables(found: Evidence) -> dict[str, EvidenceTable]:
    return {table.code: table for table in found.tables}


def test_it_is_worked_out_only_where_it_is_asked_for(demo_service: GeoService) -> None:
    assert demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", "az").evidence is None
    assert demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", "az", evidence=True).evidence is not None


def test_requirements_are_told_clause_by_clause(demo_service: GeoService) -> None:
    found = demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", "az", evidence=True).evidence
    rows = tables(found)["requirements"].rows
    assert [row.cells[0] for row in rows] == [f"Əlavə 13, 4 ({n})" for n in range(1, 10)]
    assert rows[0].tone == rows[7].tone == "good"
    assert {row.tone for row in (*rows[1:7], rows[8])} == {"open"}
    assert all(cell for row in rows for cell in row.cells)


def test_figures_are_those_of_the_verdict(demo_service: GeoService) -> None:
    found = demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", "en", evidence=True).evidence
    answer = demo_service.concentration(LOCAL_OPERATOR, "abseron-kimya", "en")
    held = tables(found)
    assert [row.cells[1] for row in held["regions"].rows] == [r["code"] for r in answer["regions"]]
    assert [int(row.cells[3]) for row in held["regions"].rows] == [r["count"] for r in answer["regions"]]
    borders = held["borders"].rows
    assert [row.cells[2] for row in borders] == [f"{e['shared_km']:.1f}" for e in answer["edges"]]
    assert [row.cells[5] for row in borders] == ["yes" if e["counts"] else "no" for e in answer["edges"]]
    near = answer["sensitivity"]["near_border"]
    assert len(held["near"].rows) == len(near["borders"])
    assert {r.number for r in found.regions if r.state == "occupied"} == {1, 2, 3}
    assert len(found.borders) == len(answer["edges"])


def test_a_joint_cluster_is_told_country_by_country() -> None:
    found, _ = evidence(JOINT, ("az-districts", "by-regions"))
    held = tables(found)
    assert [row.cells[0] for row in held["parts"].rows] == ["Azerbaijan", "Belarus"]
    assert held["requirements"].rows[0].tone == "bad"
    odd = {row.cells[1]: row for row in held["members"].rows}
    assert odd["Yersiz zavod"].tone == "open"
    assert odd["Dənizdəki zavod"].tone == "bad"
    assert odd["Dənizdəki zavod"].cells[4].endswith("km")
    connects = {row.cells[0] for row in held["bridges"].rows}
    assert connects
    drawn = {region.name for region in found.regions if region.state == "bridge"}
    assert {name for names in connects for name in names.split(", ")} == drawn
    assert {region.country for region in found.regions} == {"Azerbaijan", "Belarus"}
    assert [row.tone for row in held["readings"].rows] == ["bad", "bad"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_empty_register_has_its_requirements_and_grounds(lang: str) -> None:
    found, _ = evidence("A;Digər təşkilat;;\n", ("az-districts",), lang)
    assert {"requirements", "regions", "members", "basis"} <= set(tables(found))
    assert not found.regions
    assert not tables(found)["regions"].rows


def test_connected_sets_are_marked_with_roman_numbers() -> None:
    assert [component_mark(i) for i in (0, 3, 8, 13, 39)] == ["I", "IV", "IX", "XIV", "XL"]
