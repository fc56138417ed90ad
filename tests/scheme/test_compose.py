"""The Scene: everybody on it once, exactly its signs in the legend, every abbreviation explained."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice import i18n
from geoservice.catalog import Catalog
from geoservice.errors import NotFoundError
from geoservice.model import LANGUAGES, LOCAL_OPERATOR, Cluster, Mark, Participant, Register
from geoservice.scheme.compose import Findings, Request, compose
from geoservice.scheme.legend import abbreviations_in
from geoservice.scheme.scene import Scene, VerdictText
from geoservice.territory.placement import place

CATALOG = Catalog()
CLUSTER = Cluster("sinaq", {"az": "Sınaq", "en": "Trial", "ru": "Проба"})
DAY = dt.date(2026, 11, 22)


def scene_of(members: list[Participant], lang: str = "az", **request: object) -> Scene:
    boundaries = CATALOG.boundaries("az-districts")
    placements = {placement.id: placement for placement in place(members, boundaries)}
    counts = {p.region: 1 for p in placements.values() if p.region}
    findings = Findings(
        boundaries,
        placements,
        counts,
        dict.fromkeys(counts, 0),
        frozenset(),
        VerdictText("", False, "", (), ""),
    )
    register = Register("sinaq", 1, None, tuple(members))
    return compose(register, CLUSTER, findings, CATALOG, Request(lang, DAY, **request))


MEMBERS = st.lists(
    st.builds(
        Participant,
        id=st.uuids().map(str),
        name=st.text(min_size=1, max_size=20),
        organisation_type=st.sampled_from(list(CATALOG.types)),
        legal_form=st.sampled_from(["", "MMC", "ASC", "ООО"]),
        marks=st.sampled_from([(), (Mark.FOUNDER.value,), (Mark.FINAL_PRODUCER.value,)]),
        longitude=st.floats(45, 50.4),
        latitude=st.floats(38.5, 41.8),
    ),
    max_size=12,
    unique_by=lambda p: p.id,
)


@settings(max_examples=40, deadline=None)
@given(members=MEMBERS, unplaced=st.integers(0, 3), lang=st.sampled_from(LANGUAGES))
def test_the_legend_holds_exactly_the_scenes_signs(
    members: list[Participant], unplaced: int, lang: str
) -> None:
    members += [Participant(id=f"u{n}", name=f"U{n}", organisation_type="other") for n in range(unplaced)]
    scene = scene_of(members, lang)
    assert sorted(m.number for m in scene.members) == list(range(1, len(members) + 1))
    assert {m.id for m in scene.members} == {m.id for m in members}
    assert len(scene.unplaced) == unplaced
    entries = [entry for group in scene.legend for entry in group.entries]
    signs = {entry.ref: entry.count for entry in entries if entry.kind == "sign"}
    assert set(signs) == {m.type_code for m in scene.placed}
    assert sum(signs.values()) == len(scene.placed)
    marks = {entry.ref for entry in entries if entry.kind == "mark"}
    assert marks == {mark for m in scene.placed for mark in m.marks}
    assert set(scene.signs) == set(signs) | marks
    drawn = {f"{layer.id}/{cls}" for layer in scene.layers for cls in set(layer.frame["cls"])}
    hidden = {f"{layer.id}/{rule.cls}" for layer in scene.layers for rule in layer.rules if not rule.legend}
    assert {e.ref for e in entries if e.kind in ("area", "line", "point")} == drawn - hidden
    explained = {entry.ref for entry in entries if entry.kind == "abbreviation"}
    explained |= {sign.short for sign in scene.signs.values() if sign.kind == "mark"}
    texts = [text for m in scene.members for text in (m.name, m.specialisation, *m.mark_texts)]
    assert {a.form for a in abbreviations_in(texts, CATALOG)} <= explained


def test_numbers_follow_the_type_groups_of_appendix_6() -> None:
    members = [
        Participant(id="bank", name="Bank", organisation_type="finance", longitude=49.8, latitude=40.4),
        Participant(
            id="small", name="S", organisation_type="small_enterprise", longitude=49.7, latitude=40.4
        ),
        Participant(
            id="large", name="L", organisation_type="large_enterprise", longitude=49.6, latitude=40.4
        ),
    ]
    assert [m.id for m in scene_of(members).members] == ["large", "small", "bank"]


def test_a_regions_state_is_in_the_legend_only_if_there_is_one() -> None:
    nobody = scene_of([])
    assert "regions" not in [group.code for group in nobody.legend]
    assert nobody.bounds is None
    somebody = scene_of(
        [Participant(id="a", name="A", organisation_type="other", longitude=49.85, latitude=40.4)]
    )
    group = next(group for group in somebody.legend if group.code == "regions")
    assert [entry.ref for entry in group.entries] == ["occupied"]


def test_layers_can_be_left_out_and_asked_for() -> None:
    shown = {layer.id for layer in scene_of([]).layers}
    assert {"az-districts", "az-economic-regions", "sea", "settlements", "az-transport"} <= shown
    assert "by-regions" not in shown
    without = {layer.id for layer in scene_of([], layers=("-sea",)).layers}
    assert without == shown - {"sea"}
    with pytest.raises(NotFoundError):
        scene_of([], layers=("no-such-layer",))


def test_a_joint_cluster_shows_both_countries(demo_service) -> None:
    from geoservice.service import GeoService
    from geoservice.store.memory import MemoryStore

    service = GeoService(MemoryStore())
    values = {"title": "Birgə", "boundaries": ["az-districts", "by-regions"]}
    service.create_cluster(LOCAL_OPERATOR, "birge", values)
    rows = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
    rows += "A;Digər təşkilat;40,4;49,85\nB;Digər təşkilat;53,9;27,56\n"
    report = service.import_register(LOCAL_OPERATOR, "birge", "a.csv", rows.encode())
    assert report.taken == 2, report.problems
    scene = service.scene(LOCAL_OPERATOR, "birge", "az")
    assert {"az-districts", "by-regions"} <= {layer.id for layer in scene.layers}
    assert {region.code for region in scene.regions if region.state == "occupied"} == {"AZ-BA", "BY-HM"}


def test_persons_are_not_on_a_public_scheme() -> None:
    member = Participant(
        id="a", name="A", organisation_type="other", contacts="gizli", representative="gizli"
    )
    assert "gizli" not in repr(scene_of([member]).members)
    assert "gizli" in repr(scene_of([member], personal=True).members)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sign_says_what_it_is_in_every_language(lang: str) -> None:
    for kind in CATALOG.types.values():
        assert i18n.pick(kind.title, lang) and i18n.pick(kind.short, lang)
