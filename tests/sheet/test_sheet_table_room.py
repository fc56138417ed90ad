"""The room that a sheet's map leaves to its table is the room that the table takes."""

from __future__ import annotations

import json
import random

import pytest
import sheet_scenes as scenes
from msgspec.structs import replace

from geoservice.render import sheet
from geoservice.scheme.scale import FrameRequest

WORDS = {
    "az": "Azərkimya İstehsalat Birliyi Zavodu Metal konstruksiyaların layihələndirilməsi Polimer emalı "
    "Kimya logistika xidmətləri neft-qaz avadanlığı Məhdud Məsuliyyətli Cəmiyyəti",
    "ru": "Общество с ограниченной ответственностью Завод строительных конструкций Производство деталей "
    "и узлов Химия опытно-конструкторское бюро логистические услуги",
    "en": "Limited Liability Company Works Production of steel structures and parts Chemistry HVAC Logistics",
}
NAMES, WORK = ((1, 2), (1, 4), (2, 8)), ((0, 0), (1, 2), (2, 8))


def register(chance: random.Random, lang: str) -> tuple[scenes.Participant, ...]:
    words, name, work = WORDS[lang].split(), chance.choice(NAMES), chance.choice(WORK)

    def text(least: int, most: int) -> str:
        return " ".join(chance.choices(words, k=chance.randint(least, most)))

    return tuple(
        replace(person, name=text(*name), legal_form="", specialisation=text(*work))
        for person in scenes.stress(chance.randint(4, 30))
    )


@pytest.mark.parametrize("paper", ["A4", "A3", "A2"])
@pytest.mark.parametrize("lang", list(WORDS))
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_a_table_for_which_the_map_left_room_stands_there(lang: str, paper: str, orientation: str) -> None:
    chance = random.Random(f"{lang}{paper}{orientation}")
    options = sheet.SheetOptions(format="svg", details="no")
    left = 0
    for _ in range(15):
        request = FrameRequest(paper=paper, orientation=orientation)
        scene = scenes.scene(register(chance, lang), lang=lang, request=request)
        inputs, fonts = sheet.prepare(scene, options, scenes.catalog())
        room = json.loads(inputs["data"])["boxes"]["table"]["h"]
        if room < 5:
            continue
        source = sheet.template_source(scenes.catalog(), "scheme")
        assert len(sheet._compile(source, inputs, fonts.folder, options, scene)) == 1, room
        left += 1
        if left == 3:
            return
    raise AssertionError("no map left room to a table")


def test_a_type_that_the_catalogue_does_not_have_stands_among_the_others() -> None:
    away, *rest = scenes.stress(3)
    members = (replace(away, organisation_type="unheard_of", longitude=None, latitude=None), *rest)
    catalog = scenes.catalog()
    found = scenes.table_texts(members, scenes.findings(members, "az"), catalog, "az")
    assert found.rows[0].specialisation == catalog.types["other"].title["az"]
    assert len(found.rows) == 3
