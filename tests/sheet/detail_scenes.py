"""Sheets with detail maps for their tests, each made once."""

from __future__ import annotations

from functools import cache
from typing import Any

import sheet_scenes as scenes

from geoservice.model import LOCAL_OPERATOR
from geoservice.render.sheet import render_sheet
from geoservice.render.sheet_details import detail_room
from geoservice.render.sheet_layout import SheetLayout, lay_out
from geoservice.render.sheet_text import font_set
from geoservice.scheme.scale import FrameRequest
from geoservice.scheme.scene import Scene
from geoservice.scheme.sheet_metrics import read_metrics
from geoservice.service import GeoService
from geoservice.store.memory import MemoryStore


def joint(places: list[tuple[float, float]]) -> Scene:
    """A cluster of two countries."""
    service = GeoService(MemoryStore())
    values = {"title": "Birgə klaster", "boundaries": ["az-districts", "by-regions"]}
    service.create_cluster(LOCAL_OPERATOR, "birge", values)
    rows = "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
    rows += "".join(f"Zavod {i};Digər təşkilat;{lat};{lon}\n" for i, (lon, lat) in enumerate(places))
    assert service.import_register(LOCAL_OPERATOR, "birge", "a.csv", rows.encode()).taken == len(places)
    return service.scene(LOCAL_OPERATOR, "birge", "az", frame_request=FrameRequest(), template="scheme")


def crowds_in_both() -> Scene:
    return joint(scenes.around(49.85, 40.40, 0.4, 280) + scenes.around(27.56, 53.90, 0.4, 280, seed=4))


def park_in_a_window() -> Scene:
    """As the crowd of 1,000, with its park where windows on the first page have their millimetres."""
    park, wide = scenes.around(49.56, 40.60, 0.45, 250), scenes.around(49.85, 40.42, 12, 750, seed=5)
    return scenes.scene(scenes.made(park + wide))


CASES: dict[str, Any] = {
    "300": lambda: scenes.scene(scenes.stress(300), lang="en"),
    "1000": lambda: scenes.scene(scenes.stress(1000)),
    "1000 on A4": lambda: scenes.scene(scenes.stress(1000), request=FrameRequest(paper="A4")),
    "200 on A4": lambda: scenes.scene(scenes.stress(200), request=FrameRequest(paper="A4")),
    "upright": lambda: scenes.scene(scenes.stress(300), request=FrameRequest(orientation="portrait")),
    "a park": lambda: scenes.scene(scenes.made(scenes.around(49.62, 40.605, 0.4, 400)), lang="ru"),
    "joint": crowds_in_both,
    "a park in a window": park_in_a_window,
}


@cache
def scene_of(name: str) -> Scene:
    made: Scene = CASES[name]()
    return made


@cache
def layout_of(name: str) -> SheetLayout:
    scene, catalog = scene_of(name), scenes.catalog()
    assert scene.frame is not None
    metrics = read_metrics(catalog.resource("styles/sheet/scheme.toml"))
    room = detail_room(metrics, scene.frame)
    return lay_out(scene, catalog, font_set(catalog), metrics.unit(scene.frame.paper), (), room)


@cache
def pdf_of(name: str) -> bytes:
    return render_sheet(scene_of(name), catalog=scenes.catalog())


def crowds(scene: Scene, layout: SheetLayout) -> list[int]:
    by_id = {member.id: (member.longitude, member.latitude) for member in scene.placed}
    return [len({by_id[key] for key in ids}) for item in layout.maps for ids, _ in item.signs.stacks]
