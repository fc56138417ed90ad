"""Which organisations a sheet is asked for: the filters of the web map, on paper and over HTTP."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from geoservice import i18n
from geoservice.errors import InvalidInputError, NotFoundError
from geoservice.model import LANGUAGES, LOCAL_OPERATOR
from geoservice.render.sheet import SheetOptions, prepare, render_sheet
from geoservice.render.sheet_verify import register_code
from geoservice.scheme.choice import Choice, ChoiceError
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Member, Scene
from geoservice.service import GeoService
from geoservice.service import demo as demo_clusters
from geoservice.store.memory import MemoryStore

CODE = "abseron-kimya"
SHEET = f"/api/v1/clusters/{CODE}/scheme.pdf"


@cache
def service() -> GeoService:
    made = GeoService(MemoryStore())
    demo_clusters.load(made)
    return made


def scene(lang: str = "az", choice: Choice | None = None, **asked: Any) -> Scene:
    asked = {"frame_request": FrameRequest(), "template": "scheme", **asked}
    return service().scene(LOCAL_OPERATOR, CODE, lang, choice=choice, **asked)


def data(made: Scene, **options: Any) -> dict[str, Any]:
    inputs, _ = prepare(made, SheetOptions(**options), service().catalog)
    return json.loads(inputs["data"])


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text)).replace("\u200b", "")


def values(facet: str) -> list[str]:
    of: dict[str, Any] = {
        "role": lambda m: [m.role],
        "type": lambda m: [m.type_code],
        "region": lambda m: [m.region],
        "mark": lambda m: m.marks,
        "spec": lambda m: [m.specialisation],
    }
    return sorted({value for member in scene().members for value in of[facet](member) if value})


def as_the_map_filters(choice: Choice, member: Member) -> bool:
    """What assets/own/map/state.js does with the same filters."""
    own = {
        "role": {member.role}, "type": {member.type_code}, "region": {member.region},
        "mark": set(member.marks), "spec": {member.specialisation},
    }  # fmt: skip
    for facet, held in own.items():
        wanted = [v for v in getattr(choice, facet) if not v.startswith("-")]
        if wanted and not held & set(wanted):
            return False
        if held & {v[1:] for v in getattr(choice, facet) if v.startswith("-")}:
            return False
    text = f"{member.number} {member.name} {member.specialisation} {member.region_name}"
    return all(word in i18n.fold(text) for word in i18n.fold(choice.q).split())


@settings(max_examples=60, deadline=None)
@given(drawn=st.data())
def test_everybody_is_on_the_extract_or_counted_as_left_out(drawn: st.DataObject) -> None:
    given_values = {
        facet: tuple(drawn.draw(st.lists(st.sampled_from(values(facet)), max_size=3, unique=True), facet))
        for facet in ("role", "type", "region", "mark", "spec")
    }
    left = drawn.draw(st.lists(st.sampled_from(values("type")), max_size=2, unique=True))
    given_values["type"] += tuple(f"-{code}" for code in left)
    choice = Choice(**given_values, q=drawn.draw(st.sampled_from(["", "mmc", "SUMQAYIT mmc", "polad", "1"])))
    whole = scene(frame_request=None)
    expected = [m.id for m in whole.members if as_the_map_filters(choice, m)]
    if not expected:
        with pytest.raises(InvalidInputError) as refused:
            scene(choice=choice, frame_request=None)
        assert refused.value.code == "scheme.filter_nobody"
        return
    part = scene(choice=choice, frame_request=None)
    assert [m.id for m in part.members] == expected
    assert [(m.id, m.number) for m in part.everyone] == [(m.id, m.number) for m in whole.members]
    assert bool(part.filter) == bool(choice)


@pytest.mark.parametrize("template", ["scheme", "map-only"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_extract_says_what_it_shows_and_that_it_is_not_the_scheme(lang: str, template: str) -> None:
    choice = Choice(type=("large_enterprise", "medium_enterprise"), region=("AZ-SM",))
    part = scene(lang, choice, template=template)
    assert 0 < len(part.members) < len(part.everyone)
    made = data(part, template=template)
    rows = [row["number"] for group in made["table"] for row in group["rows"]]
    rows += [row["number"] for row in (*made["beyond"], *made["unplaced"])]
    assert sorted(rows) == [m.number for m in part.members], "those chosen once each, numbers kept"
    pdf = render_sheet(part, options=SheetOptions(template=template), catalog=service().catalog)
    reader = PdfReader(io.BytesIO(pdf))
    text = squeeze(reader.pages[0].extract_text()).upper()
    head = i18n.text(lang, "scheme.part", n=len(part.members), all=len(part.everyone), filter=part.filter)
    title = i18n.text(lang, "scheme.part_title")
    title = title.replace("i", "İ") if lang == "az" and template == "scheme" else title
    assert squeeze(head).upper() in text and squeeze(title).upper() in text
    for name in (
        i18n.pick(service().catalog.types["large_enterprise"].short, lang),
        part.members[0].region_name,
    ):
        assert squeeze(name) in squeeze(part.filter)
    assert reader.metadata is not None
    assert i18n.text(lang, "scheme.title_part") in str(reader.metadata.title)
    assert squeeze(i18n.text(lang, "sheet.signature.sign")).upper() not in text, "it is not to be signed"


def test_a_filter_of_many_values_is_said_in_short() -> None:
    specs = tuple(values("spec")[:9])
    words = scene("en", Choice(spec=specs)).filter
    assert words.endswith("and 6 more") and specs[2][:50] in words and specs[3][:50] not in words
    four = scene("en", Choice(spec=specs[:4])).filter
    assert "more" not in four and specs[3][:50] in four


def test_the_whole_scheme_says_nothing_of_filters() -> None:
    made = data(scene())
    assert made["part"] is None
    assert made["title"] == i18n.text("az", "scheme.title")


def test_what_an_extract_does_not_print_is_not_in_its_legend() -> None:
    choice = Choice(type=("finance",))
    forms = {e.get("form") for group in data(scene(choice=choice))["legend"] for e in group["entries"]}
    signed = {e.get("form") for group in data(scene())["legend"] for e in group["entries"]}
    assert {"MY", "SAA"} <= signed and not {"MY", "SAA"} & forms
    form = {e.get("form") for g in data(scene(choice=choice), appendix6=True)["legend"] for e in g["entries"]}
    assert {"MY", "SAA"} <= form, "the register's form is whole and signed"


def test_the_registers_form_and_the_verdicts_evidence_stay_whole() -> None:
    part = scene(choice=Choice(type=("finance",)), evidence=True)
    made = data(part, appendix6=True, verdict_page=True)
    assert sum(len(g["rows"]) for g in made["pages"]["register"]["groups"]) == len(part.everyone)
    whole = scene(evidence=True)
    assert part.evidence is not None and whole.evidence is not None
    assert part.evidence.tables == whole.evidence.tables
    render_sheet(part, options=SheetOptions(appendix6=True, verdict_page=True), catalog=service().catalog)


def test_an_extract_is_of_the_same_register() -> None:
    assert register_code(scene(choice=Choice(role=("participant",)))) == register_code(scene())


def test_the_frame_is_that_of_those_chosen() -> None:
    near = scene(choice=Choice(type=("large_enterprise",), region=("AZ-SM",)))
    whole = scene()
    assert near.frame is not None and whole.frame is not None
    assert near.frame.denominator < whole.frame.denominator
    listed = scene(
        choice=Choice(role=("participant",)),
        frame_request=FrameRequest(extent=(49.5, 40.5, 49.75, 40.7), beyond="list"),
    )
    assert {m.role for m in (*listed.placed, *listed.beyond)} == {"participant"}
    assert len(listed.members) + len(listed.left_out) == len(whole.members)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("choice", "value", "known"),
    [
        (Choice(type=("larg",)), "larg", "large_enterprise"),
        (Choice(type=("-larg",)), "larg", "large_enterprise"),
        (Choice(role=("guest",)), "guest", "infrastructure"),
        (Choice(mark=("İT",)), "İT", "founder"),
        (Choice(region=("XX",)), "XX", "AZ-SM"),
        (Choice(spec=("Heç nə",)), "Heç nə", "Polipropilen"),
    ],
)
def test_a_value_that_there_is_not_is_named_with_those_there_are(
    choice: Choice, value: str, known: str, lang: str
) -> None:
    with pytest.raises(ChoiceError) as refused:
        scene(lang, choice)
    said = i18n.message(refused.value, lang)
    assert value in said and known in said


def test_classes_of_layers_and_states_of_regions_are_left_out() -> None:
    shown = scene()
    part = scene(layers=("-settlements/capital", "-regions/bordering"))
    refs = lambda s: {e.ref for g in s.legend for e in g.entries}  # noqa: E731
    assert {"settlements/capital", "bordering"} <= refs(shown)
    assert refs(shown) - refs(part) == {"settlements/capital", "bordering"}
    bare = scene(layers=("-regions",))
    assert bare.regions == ()
    render_sheet(bare, catalog=service().catalog)
    for wrong in ("-settlements/hamlet", "-regions/lost", "-nothing/x"):
        with pytest.raises(NotFoundError):
            scene(layers=(wrong,))


class TestOverHttp:
    def test_the_filters_are_parameters_of_a_sheet(self, demo_client: TestClient) -> None:
        query = "type=large_enterprise&type=finance&region=AZ-SM&role=-infrastructure&q=mmc%20asc&lang=en"
        whole = demo_client.get(SHEET)
        part = demo_client.get(f"{SHEET}?{query.replace('mmc%20', '')}")
        assert part.status_code == 200, part.text
        assert part.content != whole.content
        assert "extract-abseron-kimya.pdf" in part.headers["Content-Disposition"]
        again = demo_client.get(f"{SHEET}?role=&type=&q=")
        assert again.content == whole.content, "blanks ask for nothing"

    def test_an_unknown_value_is_a_problem_of_its_parameter(self, demo_client: TestClient) -> None:
        answer = demo_client.get(f"{SHEET}?type=larg&region=XX&lang=en")
        assert answer.status_code == 422
        found = answer.json()
        assert found["code"] == "scheme.filter_unknown"
        assert [p["name"] for p in found["invalid_params"]] == ["query.type", "query.region"]
        assert "larg" in found["detail"] and "large_enterprise" in found["detail"]
        nobody = demo_client.get(f"{SHEET}?q=zzzz&lang=en").json()
        assert nobody["code"] == "scheme.filter_nobody" and "zzzz" in nobody["detail"]

    def test_openapi_tells_of_them(self, demo_client: TestClient) -> None:
        paths = demo_client.get("/openapi.json").json()["paths"]
        given_names = {
            p["name"]: p for p in paths["/api/v1/clusters/{cluster}/scheme.{format}"]["get"]["parameters"]
        }
        for name in ("role", "type", "region", "mark", "spec", "q"):
            assert "Extract" in given_names[name]["description"]
