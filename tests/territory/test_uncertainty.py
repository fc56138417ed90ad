"""Members near a border: told with the distance, and with what the answer would be on its other side."""

from __future__ import annotations

import itertools

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from geoservice.model import LANGUAGES
from geoservice.territory import uncertainty
from geoservice.territory.concentration import Options, check
from geoservice.territory.rules import ruleset

from .shapes import M, boundaries, box, members

ROW = {code: box(1000 * place, 0) for place, code in enumerate("abcde")}


def near_border(spots, shapes=ROW, **options):
    held = members([(x * M, y * M) for x, y in spots])
    found = check(held, boundaries(shapes), options=Options(min_participants=2, **options))
    return found, found.sensitivity["near_border"]


def test_nothing_is_said_of_the_accuracy_of_a_map_that_does_not_tell_it():
    _, said = near_border([(500, 500), (980, 500)])
    assert said == {
        "accuracy_m": None,
        "members": [],
        "borders": [],
        "combinations": None,
        "changes_answer": False,
    }


def test_members_near_a_border_are_told_with_the_distance_and_the_other_region():
    found, said = near_border([(500, 500), (980, 500), (1040, 500)], accuracy_m=50.0)
    assert [(one["id"], one["region"], one["other"], one["distance_m"]) for one in said["members"]] == [
        ("m1", "a", "b", pytest.approx(20, abs=0.1)),
        ("m2", "b", "a", pytest.approx(40, abs=0.1)),
    ]
    assert [(one["region"], one["other"], one["count"]) for one in said["borders"]] == [
        ("a", "b", 1),
        ("b", "a", 1),
    ]
    assert said["members"][1]["verdict"] == "single_region"
    assert not said["changes_answer"]  # one region or two that border: the requirement is met either way
    assert "near_border" not in [reason.code for reason in found.reasons]


def test_a_member_across_whose_border_the_answer_differs_is_a_warning():
    found, said = near_border([(500, 500), (500, 500), (2020, 500)], accuracy_m=50.0)
    assert not found.satisfied
    assert said["members"] == [
        {
            "id": "m2",
            "region": "c",
            "other": "b",
            "distance_m": pytest.approx(20, abs=0.1),
            "verdict": "bordering_regions",
            "satisfied": True,
        }
    ]
    assert said["changes_answer"]
    for lang in LANGUAGES:
        said_text = found.reason_texts(lang)[-1]
        assert "Org 2" in said_text
        assert "50" in said_text


def test_members_near_one_border_are_moved_together_too():
    """Every pair is to border. If one of two members of c stands in b, c is still held; if both, not."""
    found, said = near_border(
        [(500, 500), (500, 500), (2020, 500), (2030, 500)], accuracy_m=50.0, reading="pairwise"
    )
    assert not found.satisfied
    assert [one["satisfied"] for one in said["members"]] == [False, False]
    assert [(one["count"], one["satisfied"]) for one in said["borders"]] == [(2, True)]
    assert said["changes_answer"]


def test_a_member_outside_every_region_may_stand_inside_one():
    found, said = near_border([(500, 500), (500, 500), (500, -70)], accuracy_m=100.0, snap_m=20.0)
    assert not found.satisfied
    assert said["members"][0]["region"] is None
    assert said["members"][0]["satisfied"]


def test_accuracy_is_the_callers_else_the_boundary_sets_else_the_rulesets():
    where = replace(boundaries(ROW), accuracy_m=30.0)
    held = members([(500 * M, 500 * M)])
    rules = replace(ruleset(), accuracy_m=70.0)
    asked = check(held, where, options=Options(accuracy_m=10.0), ruleset=rules)
    assert [
        asked.as_dict("en")["options"]["accuracy_m"],
        check(held, where, ruleset=rules).terms.accuracy_m,
        check(held, boundaries(ROW), ruleset=rules).terms.accuracy_m,
    ] == [10.0, 30.0, 70.0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(-200, 5200), st.integers(0, 1000)), min_size=1, max_size=8))
def test_near_border_is_what_moving_the_member_gives(spots):
    held = members([(x * M, y * M) for x, y in spots])
    where = boundaries(ROW, digest="row")
    options = Options(min_participants=1, accuracy_m=150.0)
    said = check(held, where, options=options, metrics="none").sensitivity["near_border"]
    centre = {code: shapely.centroid(shape) for code, shape in ROW.items()}
    by_id = {member.id: member for member in held}
    for one in said["members"]:
        shape = ROW[one["other"]]
        moved = replace(by_id[one["id"]], longitude=centre[one["other"]].x, latitude=centre[one["other"]].y)
        rest = [moved if member.id == one["id"] else member for member in held]
        now = check(rest, where, options=options, metrics="none", sensitivity=False)
        assert (one["verdict"], one["satisfied"]) == (now.verdict.value, now.satisfied)
        spot = shapely.Point(by_id[one["id"]].longitude, by_id[one["id"]].latitude)
        assert one["distance_m"] == pytest.approx(shapely.distance(shape, spot) / M, rel=0.01, abs=0.1)


def test_members_near_several_borders_are_tried_in_every_combination():
    """Every pair is to border: members of a, b and c; only with one from a and one from c gone is it met.

    Neither alone, nor all that are near one border together, would do.
    """
    found, said = near_border([(980, 500), (1500, 500), (2020, 500)], accuracy_m=50.0, reading="pairwise")
    assert not found.satisfied
    assert {one["satisfied"] for one in said["members"]} == {True}  # a or c left empty: two that border
    spots = [(980, 500), (500, 500), (2020, 500), (2500, 500), (3020, 500), (1500, 500)]
    found, said = near_border(spots, accuracy_m=50.0)
    assert said["combinations"]["complete"]
    assert set(said["combinations"]["verdicts"]) == {"bordering_regions"}
    held = [(500, 500), (980, 500), (3020, 500), (4010, 500)]
    found, said = near_border(held, accuracy_m=50.0)
    assert found.verdict.value == "separated_regions"
    assert {one["satisfied"] for one in (*said["members"], *said["borders"])} == {False}
    # m1 in b, m2 in c and m3 in d together: a - b - c - d
    assert said["combinations"]["satisfied"] == [False, True]
    assert said["changes_answer"]
    assert "near_border" in [reason.code for reason in found.reasons]


def test_too_many_combinations_are_said_not_to_be_all(monkeypatch):
    monkeypatch.setattr(uncertainty, "_MOST_STATES", 2)
    _, said = near_border([(980, 500), (1980, 500), (2980, 500)], accuracy_m=50.0)
    assert not said["combinations"]["complete"]
    assert said["combinations"]["tried"] == 2


def by_trying(held, where, options, said):
    """Verdicts and answers with each member at the middle of each of its sides, one check for each way."""
    centre = {code: shapely.centroid(shape) for code, shape in ROW.items()}
    sides = {member.id: [member] for member in held}
    for one in said["members"]:
        spot = centre[one["other"]]
        own = next(member for member in held if member.id == one["id"])
        sides[own.id].append(replace(own, longitude=spot.x, latitude=spot.y))
    found = [
        check(list(way), where, options=options, metrics="none", sensitivity=False)
        for way in itertools.product(*sides.values())
    ]
    return sorted({one.verdict.value for one in found}), sorted({one.satisfied for one in found})


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-200, 5200), st.integers(0, 1000)), min_size=1, max_size=6),
    st.sampled_from(["chain", "pairwise"]),
)
def test_combinations_are_those_of_trying_them_all(spots, reading):
    held = members([(x * M, y * M) for x, y in spots])
    where = boundaries(ROW, digest="row")
    options = Options(min_participants=1, accuracy_m=150.0, reading=reading, snap_m=100.0)
    said = check(held, where, options=options, metrics="none").sensitivity["near_border"]
    verdicts, satisfied = by_trying(held, where, options, said)
    assert said["combinations"]["complete"]
    assert said["combinations"]["verdicts"] == verdicts
    assert said["combinations"]["satisfied"] == satisfied


def test_members_near_a_border_over_the_180th_meridian():
    shapes = {"a": shapely.box(179, 0, 180, 1), "b": shapely.box(-180, 0, -179, 1)}
    held = members([(180 - 20 * M, 0.5), (-180 + 40 * M, 0.5), (179.5, 0.5)])
    said = check(held, boundaries(shapes), options=Options(accuracy_m=50.0)).sensitivity["near_border"]
    assert [(one["id"], one["other"], one["distance_m"]) for one in said["members"]] == [
        ("m0", "b", pytest.approx(20, abs=0.1)),
        ("m1", "a", pytest.approx(40, abs=0.1)),
    ]
