"""Synthetic scenes: real signs and layer styles, real boundaries, invented organisations."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import geopandas as gpd
import shapely
from msgspec.structs import replace

from geoservice import i18n
from geoservice.catalog import Catalog, builtin_root
from geoservice.model import Cluster, How
from geoservice.scheme import legend
from geoservice.scheme.scene import Member, Scene, SceneLayer, SceneRegion, SceneRule, Sign, VerdictText

HOSTILE = (
    "<script>window.hacked=1</script>",
    "{{ 7*7 }}{% raw %}{# x #}",
    "</script><img src=x onerror=window.hacked=1>",
    "\u202eevil\u2028line",
    "=cmd|' /C calc'!A0",
)

MARK_TEXTS = {"founder": "İT", "final_producer": "MSB"}
TOWNS = [
    ("Sumqayıt", 49.668, 40.590),
    ("Qaradağ", 49.470, 40.230),
    ("Pirallahı", 50.337, 40.470),
    ("Abşeron", 49.770, 40.480),
    ("Səngəçal", 49.465, 40.205),
    ("Binəqədi", 49.828, 40.466),
]


@cache
def catalog() -> Catalog:
    return Catalog()


def layer(name: str, style: str, kind: str, order: int, lang: str) -> SceneLayer:
    frame = gpd.read_file(builtin_root() / "layers" / "data" / f"{name}.geojson")
    rules = catalog().layer_styles[style].rule
    frame["name"] = frame[f"name_{lang}"]
    frame["cls"] = rules[0].cls
    resolved = (SceneRule(rules[0].cls, i18n.pick(rules[0].title, lang), rules[0].paint),)
    return SceneLayer(name, name, kind, order, frame, resolved, source="Natural Earth")  # type: ignore[arg-type]


def towns(lang: str) -> SceneLayer:
    rule = catalog().layer_styles["settlements"].rule[2]
    frame = gpd.GeoDataFrame(
        {"code": [name for name, _, _ in TOWNS], "name": [name for name, _, _ in TOWNS], "cls": rule.cls},
        geometry=[shapely.Point(lon, lat) for _, lon, lat in TOWNS],
        crs="EPSG:4326",
    )
    resolved = (SceneRule(rule.cls, i18n.pick(rule.title, lang), rule.paint),)
    return SceneLayer("settlements", "Settlements", "point", 60, frame, resolved)


def signs(lang: str) -> dict[str, Sign]:
    book = catalog()
    found = {}
    for sign in book.organisations.sign:
        kind = book.types[sign.cls]
        found[sign.cls] = Sign(
            sign.cls, "type", book.symbol(sign.symbol), i18n.pick(kind.title, lang),
            i18n.pick(kind.short, lang), kind.role.value, sign.colour, sign.size_mm, sign.size_px,
        )  # fmt: skip
    for mark in book.organisations.mark:
        title = "İT" if mark.code == "founder" else "MSB"
        found[mark.code] = Sign(
            mark.code, "mark", book.symbol(mark.symbol), title, title, "", "#000000", mark.size_mm,
            mark.size_px,
        )  # fmt: skip
    return found


def members(lang: str, count: int) -> tuple[Member, ...]:
    book = signs(lang)
    types = [sign for sign in book.values() if sign.kind == "type"]
    made = []
    for number in range(1, count + 1):
        town, lon, lat = TOWNS[number % len(TOWNS)]
        kind = types[(number * 5) % len(types)]
        marks = ("founder",) if number % 7 == 0 else ("founder", "final_producer") if number % 11 == 0 else ()
        same_place = number % 4 == 0
        placed = number % 15 != 0
        made.append(
            Member(
                id=f"org-{number}",
                number=number,
                name=f"{town} sınaq təşkilatı {number} MMC",
                specialisation=("polimer emalı", "kimya məhsulları", "boru istehsalı")[number % 3],
                type_code=kind.id,
                type_title=kind.title,
                role=kind.role,
                marks=marks,
                mark_texts=tuple(MARK_TEXTS[mark] for mark in marks),
                longitude=(49.66 if same_place else lon + (number % 9) / 150) if placed else None,
                latitude=(40.6 if same_place else lat + (number % 5) / 120) if placed else None,
                region="AZ-SM" if placed else "",
                region_name="Sumqayıt" if placed else "",
                how=(How.INSIDE if placed else How.NO_COORDINATES).value,
                how_text="" if placed else "Koordinatı yoxdur",
                fields={
                    "website": f"www.org{number}.example.az",
                    "actual_address": f"{town}, Sənaye küç. {number}",
                },
            )
        )
    return tuple(made)


def hostile_member(number: int, text: str, website: str = "javascript:alert(1)") -> Member:
    return replace(
        members("az", 1)[0], id=f"bad-{number}", number=number, name=text, specialisation=text,
        fields={"website": website, "actual_address": text, "products": text},
    )  # fmt: skip


def scene(lang: str = "az", count: int = 30, extra: tuple[Member, ...] = (), **changes: Any) -> Scene:
    everyone = members(lang, count) + extra
    used = {m.type_code for m in everyone} | {mark for m in everyone for mark in m.marks}
    book = {key: sign for key, sign in signs(lang).items() if key in used}
    layers = (
        layer("sea", "sea", "area", 5, lang),
        layer("countries", "countries", "area", 10, lang),
        layer("az-districts", "districts", "area", 20, lang),
        towns(lang),
    )
    districts = layers[2].frame.set_index("code")
    regions = []
    for code, row in districts.iterrows():
        if row["name_az"].startswith(("Sumqayıt", "Bakı")):
            regions.append(SceneRegion(str(code), row["name"], "occupied", 12, 0, row.geometry))
        elif row["name_az"].startswith(("Abşeron", "Xızı")):
            regions.append(SceneRegion(str(code), row["name"], "bordering", 0, None, row.geometry))
    base = Scene(
        cluster=Cluster("sinaq", {lang: "Sınaq kimya klasteri"}, synthetic=True),
        title="Ərazi yerləşdirilməsi sxemi",
        cluster_title="Abşeron kimya sənayesi klasteri",
        lang=lang,
        as_of=dt.date(2025, 3, 1),
        register_revision=3,
        members=everyone,
        signs=book,
        regions=tuple(regions),
        layers=layers,
        legend=legend.build(everyone, book, regions, layers, catalog(), lang),
        verdict=VerdictText(
            "one_region", True, "Üzvlər iki qonşu rayonda yerləşir.",
            ("Tutulan rayonlar: Bakı, Sumqayıt.", "Təşkilatların sayı: 30 (ən azı 10)."), "az-appendix-13",
        ),
        bounds=(49.4, 40.2, 50.4, 40.7),
        sources=("Natural Earth (public domain)",),
        notice="Bu klasterin təşkilatları uydurmadır.",
    )  # fmt: skip
    return replace(base, **changes)
