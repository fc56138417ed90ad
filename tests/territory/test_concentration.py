"""Verdicts on hand-made maps, with their reasons, in three languages."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geoservice.model import LANGUAGES, Participant
from geoservice.territory.concentration import Options, check, members_of
from geoservice.territory.evidence import evidence_geojson
from geoservice.territory.rules import ruleset
from geoservice.territory.verdict import VerdictCode

from .shapes import M, boundaries, box, members

ROW = {code: box(1000 * place, 0) for place, code in enumerate("abcde")}
CONTRACT = {
    "verdict",
    "satisfied",
    "reasons",
    "regions",
    "components",
    "edges",
    "participants",
    "bridges",
    "sensitivity",
    "metrics",
    "ruleset",
}


def verdict(counts, shapes=ROW, **options):
    return check(members(counts, shapes), boundaries(shapes), options=Options(**options))


CASES = {
    # name: (members by region, options, verdict, satisfied)
    "one region": ({"a": 10}, {}, "single_region", True),
    "two neighbours": ({"a": 5, "b": 5}, {}, "bordering_regions", True),
    "a chain": ({"a": 4, "b": 3, "c": 3}, {}, "bordering_regions", True),
    "a chain, every pair asked for": (
        {"a": 4, "b": 3, "c": 3},
        {"reading": "pairwise"},
        "separated_regions",
        False,
    ),
    "two strangers": ({"a": 5, "c": 5}, {}, "separated_regions", False),
    "too few members": ({"a": 9}, {}, "single_region", False),
    "as few as asked for": ({"a": 3}, {"min_participants": 3}, "single_region", True),
    "nobody": ({}, {}, "undetermined", False),
}


@pytest.mark.parametrize(("counts", "options", "code", "satisfied"), CASES.values(), ids=CASES)
def test_verdict(counts, options, code, satisfied):
    found = verdict(counts, **options)
    assert (found.verdict.value, found.satisfied) == (code, satisfied)


def test_the_answer_is_that_of_the_contract_in_every_language():
    found = verdict({"a": 4, "b": 3, "d": 3})
    for lang in LANGUAGES:
        said = found.as_dict(lang)
        assert said.keys() >= CONTRACT
        assert json.loads(json.dumps(said)) == said
        assert found.sentence(lang)
        assert all(reason["text"] and reason["clause"] for reason in said["reasons"])
    said = found.as_dict("en")
    assert said["verdict"] == "separated_regions"
    assert said["components"] == [["a", "b"], ["d"]]
    assert said["bridges"] == [["c"]]
    assert said["regions"][0] == {
        "code": "a",
        "name": "a",
        "country": "",
        "count": 4,
        "share": 0.4,
        "component": 0,
        "exclave": False,
        "multipart": False,
    }
    assert said["edges"] == [
        {
            "a": "a",
            "b": "b",
            "kind": "line",
            "shared_km": 0.993,
            "gap_m": 0.0,
            "overlap_m2": 0.0,
            "overlap_width_m": 0.0,
            "counts": True,
            "basis": "line",
            "water": False,
            "water_share": None,
        }
    ]
    assert said["ruleset"]["code"] == "az-appendix-13"
    assert said["participants"][0] == {
        "id": "m0",
        "region": "a",
        "how": "inside",
        "distance_m": 0.0,
        "nearest": None,
        "also": [],
    }


def test_both_readings_are_reported():
    found = verdict({"a": 4, "b": 3, "c": 3}).as_dict("en")
    assert found["readings"] == {"applied": "chain", "chain": True, "pairwise": False}
    assert "chain_only" in [reason["code"] for reason in found["reasons"]]


def test_nine_requirements_and_none_passed_without_data():
    found = verdict({"a": 10})
    states = {state.code: state.state for state in found.requirements}
    assert len(states) == 9
    assert {code for code, state in states.items() if state == "met"} == {
        "geographic_concentration",
        "members_number",
    }
    assert set(states.values()) == {"met", "not_shown"}


def test_members_without_coordinates_leave_it_unshown():
    found = check([*members({"a": 10}, ROW), *members([None])[:1]], boundaries(ROW))
    assert found.verdict is VerdictCode.SINGLE_REGION
    assert not found.satisfied
    assert found.requirements[0].state == "not_shown"
    assert "members_unplaced" in [reason.code for reason in found.reasons]


def test_members_outside_fail_it():
    found = check([*members({"a": 10}, ROW), *members([(1.0, 1.0)])], boundaries(ROW))
    assert not found.satisfied
    assert found.requirements[0].state == "not_met"


def test_members_without_coordinates_count_for_the_number():
    found = check([*members({"a": 9}, ROW), *members([None])[:1]], boundaries(ROW))
    assert found.requirements[7].state == "met"


def test_roles_are_counted_as_the_ruleset_says():
    held = [replace(m, role="infrastructure") for m in members({"a": 10}, ROW)]
    assert check(held, boundaries(ROW)).satisfied
    assert not check(held, boundaries(ROW), ruleset="by-example").satisfied


TWO = {"a": box(0, 0), "b": box(1000, 0), "x": box(90_000, 0), "y": box(91_000, 0)}


def test_joint_cluster_is_judged_country_by_country():
    where = boundaries(TWO, country=["AZ", "AZ", "BY", "BY"])
    found = check(members({"a": 4, "b": 3, "x": 3}, TWO), where)
    assert [(part.country, part.verdict.value) for part in found.parts] == [
        ("AZ", "bordering_regions"),
        ("BY", "single_region"),
    ]
    assert found.verdict is VerdictCode.BORDERING_REGIONS
    assert found.satisfied
    assert "joint cluster" in found.sentence("en")


def test_regions_of_two_countries_border_but_not_in_the_laws_sense():
    shapes = {code: ROW[code] for code in "abc"}
    where = boundaries(shapes, country=["AZ", "GE", "AZ"])
    found = check(members({"a": 5, "c": 5}, shapes), where)
    assert found.verdict is VerdictCode.SEPARATED_REGIONS
    assert found.bridges == ()


def test_exclaves_by_policy():
    shapes = {"a": box(0, 0), "b": box(1000, 0), "x": box(50_000, 0)}
    found = check(members({"a": 5, "x": 5}, shapes), boundaries(shapes))
    assert found.verdict is VerdictCode.SEPARATED_REGIONS
    assert [r.code for r in found.regions if r.exclave] == ["x"]
    assert {"no_bridge", "exclave"} <= {reason.code for reason in found.reasons}
    waived = replace(ruleset(), exclaves="waived")
    found = check(members({"a": 5, "x": 5}, shapes), boundaries(shapes), ruleset=waived)
    assert found.verdict is VerdictCode.BORDERING_REGIONS
    assert "exclave_waived" in [reason.code for reason in found.reasons]


def test_an_exclave_does_not_hide_what_would_connect_the_rest():
    shapes = {**ROW, "x": box(50_000, 0)}
    found = check(members({"a": 4, "c": 4, "x": 4}, shapes), boundaries(shapes))
    assert found.bridges == ()
    assert found.parts[0].partial_bridges == (("b",),)
    assert "bridges_partly" in [reason.code for reason in found.reasons]


def test_every_reason_has_words_in_every_language():
    gap = {"a": box(0, 0), "b": box(1030, 0), "c": box(2010, 0), "d": box(3010, 1000), "e": box(4210, 1000)}
    held = members({"a": 3, "b": 3, "c": 1, "d": 1, "e": 2}, gap)
    spots = [(1.0, 1.0), None, (-50 * M, 500 * M), (0.0, 500 * M), (2020 * M, 500 * M)]
    held += [replace(m, id=f"s{k}") for k, m in enumerate(members(spots))]
    for options in (
        Options(),
        Options(point_contact=True),
        Options(reading="pairwise"),
        Options(gap_m=300.0),
    ):
        found = check(held, boundaries(gap), options=options)
        for lang in LANGUAGES:
            assert all(text and "{" not in text for text in found.reason_texts(lang))
    assert {reason.code for reason in check(held, boundaries(gap)).reasons} >= {
        "separated_regions",
        "members_outside",
        "members_unplaced",
        "members_snapped",
        "members_on_border",
        "members_in_overlap",
        "gap_counted",
        "overlap_counted",
        "point_not_counted",
        "gap_not_counted",
    }


def test_as_of_is_said():
    found = verdict({"a": 10}, as_of=dt.date(2026, 3, 1))
    assert "01.03.2026" in found.sentence("az")
    assert found.as_dict("az")["as_of"] == "2026-03-01"


# -- sensitivity ---------------------------------------------------------------------------------------


def test_interval_of_tolerances():
    shapes = {"a": box(0, 0), "b": box(1030, 0), "c": box(2230, 0)}
    found = check(members({"a": 5, "b": 5}, shapes), boundaries(shapes)).sensitivity["gap_m"]
    assert found["from_m"] == pytest.approx(30, abs=0.1)
    assert found["to_m"] is None
    assert [step["verdict"] for step in found["steps"]] == ["separated_regions", "bordering_regions"]
    found = check(members({"a": 5, "b": 3, "c": 2}, shapes), boundaries(shapes)).sensitivity["gap_m"]
    assert (found["from_m"], found["to_m"]) == (0.0, pytest.approx(200, abs=0.1))


def test_point_contacts_other_level_and_splitting_regions():
    shapes = {"a": box(0, 0), "d": box(1000, 1000)}
    found = check(members({"a": 5, "d": 5}, shapes), boundaries(shapes, parent=["p", "p"])).sensitivity
    assert found["point_contact"] == {"counted": True, "verdict": "bordering_regions"}
    assert found["other_level"]["verdict"] == "single_region"
    assert verdict({"a": 4, "b": 3, "c": 3}).sensitivity["splitting_regions"] == ["b"]


def test_members_whose_leaving_flips_it():
    assert verdict({"a": 10}).sensitivity["flipping_members"] == [
        {"id": f"m{k}", "verdict": "single_region", "satisfied": False} for k in range(10)
    ]
    flips = verdict({"a": 10, "c": 1}).sensitivity["flipping_members"]
    assert flips == [{"id": "m10", "verdict": "single_region", "satisfied": True}]
    flips = verdict({"a": 5, "b": 1, "c": 5}).sensitivity["flipping_members"]
    assert flips == [{"id": "m5", "verdict": "separated_regions", "satisfied": False}]


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from("abcde"), st.integers(1, 3), min_size=1), st.randoms())
def test_flipping_members_are_those_that_flip(counts, random):
    held = members(counts, ROW)
    random.shuffle(held)
    where = boundaries(ROW, digest="row")
    options = Options(min_participants=4)
    whole = check(held, where, options=options, metrics="none")
    told = {
        flip["id"]: (flip["verdict"], flip["satisfied"]) for flip in whole.sensitivity["flipping_members"]
    }
    for member in held:
        rest = check(
            [m for m in held if m is not member], where, options=options, metrics="none", sensitivity=False
        )
        now = (rest.verdict.value, rest.satisfied)
        assert told.get(member.id, (whole.verdict.value, whole.satisfied)) == now


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from("abcde"), st.integers(1, 3), min_size=1), st.randoms())
def test_order_of_members_and_regions_is_indifferent(counts, random):
    held, names = members(counts, ROW), list(ROW)
    first = check(held, boundaries(ROW), metrics="none")
    random.shuffle(held)
    random.shuffle(names)
    second = check(held, boundaries({name: ROW[name] for name in names}), metrics="none")
    assert (first.verdict, first.regions, first.edges, first.bridges) == (
        second.verdict,
        second.regions,
        second.edges,
        second.bridges,
    )


# -- evidence and adapters -----------------------------------------------------------------------------


def test_evidence_is_geojson_of_regions_edges_components_and_members():
    shapes = {"a": box(0, 0), "b": box(1000, 0), "c": box(2030, 0), "d": box(3010, 0), "e": box(4010, 1000)}
    held = members({"a": 3, "b": 3, "c": 2, "d": 1, "e": 1}, shapes)
    where = boundaries(shapes)
    found = check(held, where)
    said = evidence_geojson(found, where, lang="en", members=held)
    assert json.loads(json.dumps(said)) == said
    layers = [feature["properties"]["layer"] for feature in said["features"]]
    assert {name: layers.count(name) for name in set(layers)} == {
        "region": 5,
        "edge": 4,
        "component": 2,
        "participant": 10,
    }
    edges = {
        (f["properties"]["a"], f["properties"]["b"]): f
        for f in said["features"]
        if f["properties"]["layer"] == "edge"
    }
    line = shapely.geometry.shape(edges["a", "b"]["geometry"])
    assert np.ptp(shapely.get_coordinates(line)[:, 1]) == pytest.approx(1000 * M, rel=1e-3)
    assert edges["b", "c"]["properties"]["kind"] == "gap"
    assert edges["d", "e"]["geometry"]["type"] == "Point"


def test_members_of_a_register():
    held = [Participant("1", "Nümunə", "finance", legal_form="MMC", longitude=1.0, latitude=2.0, employees=7)]
    found = members_of(held, {"finance": "infrastructure"})[0]
    assert (found.name, found.role, found.size, found.longitude) == ("Nümunə MMC", "infrastructure", 7.0, 1.0)
