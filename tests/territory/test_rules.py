"""Rulesets are data: complete, versioned, in three languages, and refused when they are wrong."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from geoservice import i18n
from geoservice.errors import CatalogError, NotFoundError
from geoservice.model import LANGUAGES
from geoservice.territory import rules
from geoservice.territory.rules import parse_ruleset, ruleset, rulesets

TEXT = """
code = "x"
version = "{version}"
valid_from = {valid_from}
title = {{ en = "X" }}
source = {{ en = "X" }}
[borders]
reading = "{reading}"
gap_m = 1
snap_m = 1
point_contact = false
water_m = 0
exclaves = "separate"
outside = "fails"
unplaced = "ignored"
[members]
min = 3
roles = []
[[requirement]]
number = 1
code = "geographic_concentration"
judged_by = "concentration"
clause = {{ en = "1" }}
title = {{ en = "X" }}
"""


def made(version="1", valid_from="2020-01-01", reading="chain"):
    return parse_ruleset("x.toml", TEXT.format(version=version, valid_from=valid_from, reading=reading))


def test_appendix_13_has_its_nine_requirements_and_thresholds():
    found = ruleset("az-appendix-13")
    assert [r.number for r in found.requirements] == list(range(1, 10))
    assert found.min_members == 10
    assert {r.code: r.threshold for r in found.requirements if r.threshold} == {
        "export_share": 30.0,
        "members_number": 10.0,
        "efficiency": 50.0,
    }
    assert found.reading == "chain"
    assert not found.example


def test_the_second_ruleset_says_that_it_is_an_example():
    assert ruleset("by-example").example
    assert "not a legal act" in ruleset("by-example").title["en"].lower()


@pytest.mark.parametrize("found", rulesets(), ids=lambda r: r.code)
def test_texts_are_there_in_three_languages(found):
    held = [found.title, found.source, found.borders_note, found.members_note]
    held += [text for r in found.requirements for text in (r.title, r.clause)]
    assert all(text.get(lang) for text in held for lang in LANGUAGES)


def test_the_version_in_force_on_a_day(monkeypatch):
    old, new = made("1", "2020-01-01"), made("2", "2024-07-01")
    monkeypatch.setattr(rules, "_all", lambda: {"x": (old, new)})
    assert ruleset("x", dt.date(2024, 6, 30)) is old
    assert ruleset("x", dt.date(2024, 7, 1)) is new
    assert ruleset("x") is new


def test_wrong_files_are_named():
    with pytest.raises(CatalogError, match=r"x\.toml"):
        made(reading="any")
    with pytest.raises(CatalogError, match="borders"):
        parse_ruleset("x.toml", 'code = "x"\nversion = "1"')


def test_an_unknown_ruleset_is_not_found():
    with pytest.raises(NotFoundError, match="az-appendix-13"):
        ruleset("nowhere")


def test_texts_of_the_area_have_the_same_keys_and_placeholders():
    def held(lang):
        return {
            key: sorted(set(re.findall(r"{(\w+)}", str(text))))
            for key, text in i18n.catalogue(lang).items()
            if key.startswith("territory.")
        }

    assert held("az") == held("en") == held("ru")
