"""Scenes for the sheet's tests: real signs, styles and boundaries, invented organisations."""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections import Counter
from functools import cache
from typing import Any

import geopandas as gpd
import shapely
from msgspec.structs import replace

from geoservice import i18n
from geoservice.catalog import PACKAGE, Catalog, builtin_root
from geoservice.model import Cluster, How, Participant, Placement, Register
from geoservice.scheme.compose import Findings, Request, compose, ordered, table_texts
from geoservice.scheme.scale import FrameRequest, fit
from geoservice.scheme.scene import Frame, Scene, VerdictText
from geoservice.scheme.sheet_metrics import read_metrics

AS_OF = dt.date(2026, 11, 22)
CLUSTER = Cluster(
    "abseron-kimya",
    {
        "az": "Abşeron Kimya və Metal Sənaye Klasteri (nümunə)",
        "en": "Absheron Chemical and Metal Industrial Cluster (example)",
        "ru": "Абшеронский химико-металлургический промышленный кластер (пример)",
    },
    specialised_organisation="“Abşeron Klaster İdarəetmə Mərkəzi” MMC (nümunə)",
    synthetic=True,
)
SPECIALISATIONS = (
    "Polipropilen qranulları və boru polimerləri", "Metal konstruksiyalar", "Kabel və naqil istehsalı",
    "Dərman maddələri və kosmetika", "Gəmi təmiri", "Şüşə qablar", "Logistika xidmətləri",
)  # fmt: skip
NAMES = ("Zirvə", "Ağ Dalğa", "Günəş", "Şəfəq", "Çinar", "Üfüq", "İldırım", "Qaya", "Özəl", "Xəzər Polad")


@cache
def catalog() -> Catalog:
    return Catalog()


@cache
def demo_participants(file: str = "abseron-kimya.csv") -> tuple[Participant, ...]:
    types = {i18n.fold(t): k.code for k in catalog().types.values() for t in (*k.title.values(), *k.aliases)}
    marks = {"İT": "founder", "MSB": "final_producer"}
    rows = csv.DictReader((PACKAGE / "data/demo" / file).read_text("utf-8").splitlines(), delimiter=";")
    found = []
    for row in rows:
        kind = types.get(i18n.fold(row["Təşkilatın növü"])) or row["Təşkilatın növü"]
        lat, lon = row["En dairəsi"].replace(",", "."), row["Uzunluq dairəsi"].replace(",", ".")
        found.append(
            Participant(
                id=f"p{row['№']}", name=row["Təşkilati-hüquqi forması və adı"], organisation_type=kind,
                marks=tuple(marks[m.strip()] for m in row["Qeyd"].split(",") if m.strip()),
                specialisation=row["İxtisaslaşma"], actual_address=row["Faktiki ünvan"],
                legal_address=row["Hüquqi ünvan"], website=row["Veb-sayt"], tax_number=row["VÖEN"],
                longitude=_number(lon), latitude=_number(lat),
            )
        )  # fmt: skip
    return tuple(found)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def made(points: list[tuple[float, float]], seed: int = 7) -> tuple[Participant, ...]:
    """Invented organisations at given places."""
    rnd = random.Random(seed)
    types = list(catalog().types)
    forms = ("ASC", "QSC", "MMC")
    return tuple(
        Participant(
            id=f"m{i}", name=f"“{rnd.choice(NAMES)} {i}” {rnd.choice(forms)}",
            organisation_type=types[rnd.randrange(len(types))],
            specialisation=rnd.choice(SPECIALISATIONS), longitude=lon, latitude=lat,
            marks=("founder",) if rnd.random() < 0.1 else (),
        )
        for i, (lon, lat) in enumerate(points, start=1)
    )  # fmt: skip


def around(lon: float, lat: float, km: float, count: int, seed: int = 3) -> list[tuple[float, float]]:
    rnd = random.Random(seed)
    return [
        (round(lon + rnd.gauss(0, km / 85), 5), round(lat + rnd.gauss(0, km / 111), 5)) for _ in range(count)
    ]


@cache
def districts() -> Any:
    return catalog().frame("az-districts")


def findings(participants: tuple[Participant, ...], lang: str) -> Findings:
    boundaries = catalog().boundaries("az-districts")
    frame = boundaries.frame
    placements, counts = {}, Counter()
    for p in participants:
        if not p.placed:
            placements[p.id] = Placement(p.id, None, How.NO_COORDINATES)
            continue
        hits = frame.iloc[frame.sindex.query(shapely.Point(p.longitude, p.latitude), predicate="intersects")]
        if len(hits):
            placements[p.id] = Placement(p.id, hits.iloc[0]["code"], How.INSIDE)
            counts[hits.iloc[0]["code"]] += 1
        else:
            placements[p.id] = Placement(p.id, None, How.OUTSIDE, 900.0, frame.iloc[0]["code"])
    occupied = frame[frame["code"].isin(counts)]
    touching: set[str] = set()
    if len(occupied):
        near = frame[frame.intersects(occupied.union_all())]
        touching = set(near["code"]) - set(counts)
    sentence = {
        "az": "Klasterin 24 üzvü bir-birinə qonşu olan 3 rayonda yerləşir; konsentrasiya tələbi ödənilir.",
        "en": "The 24 members of the cluster are in 3 bordering regions; the requirement is met.",
        "ru": "24 члена кластера размещены в 3 соседних районах; требование выполнено.",
    }[lang]
    verdict = VerdictText(
        "met", True, sentence, ("Əlavə 13, b. 4 (1)", "ən azı 10 təşkilat"), "az-appendix-13 (2024)"
    )
    return Findings(
        boundaries, placements, dict(counts), dict.fromkeys(counts, 0), frozenset(touching), verdict
    )


def scene(
    participants: tuple[Participant, ...],
    *,
    lang: str = "az",
    request: FrameRequest | None = None,
    template: str = "scheme",
    cluster: Cluster = CLUSTER,
    layers: tuple[str, ...] = (),
) -> Scene:
    found = findings(participants, lang)
    frame = frame_for(participants, found, lang, request, template)
    register = Register(cluster.code, 12, None, participants)
    return compose(register, cluster, found, catalog(), Request(lang, AS_OF, layers), frame)


def frame_for(
    participants: tuple[Participant, ...],
    found: Findings,
    lang: str,
    request: FrameRequest | None,
    template: str,
) -> Frame:
    metrics = read_metrics(catalog().resource(f"styles/sheet/{template}.toml"))
    placed = [p for p in ordered(participants, catalog()) if p.placed]
    regions = found.boundaries.frame
    outlines = list(regions[regions["code"].isin(found.counts)].geometry)
    return fit(
        [(p.longitude, p.latitude) for p in placed], outlines, names=[p.name for p in placed], lang=lang,
        metrics=metrics, request=request, table=table_texts(participants, found, catalog(), lang),
    )  # fmt: skip


def demo(lang: str = "az", **kwargs: Any) -> Scene:
    return scene(demo_participants(), lang=lang, **kwargs)


def one_town() -> tuple[Participant, ...]:
    return made(around(46.36, 40.68, 1.6, 14))


def country_wide() -> tuple[Participant, ...]:
    return demo_participants("simal-cenub.csv") + made(
        [
            (46.36, 40.68),
            (47.15, 40.62),
            (47.17, 41.2),
            (48.64, 40.63),
            (48.92, 39.93),
            (45.4, 39.2),
            (49.86, 40.37),
        ]
    )


def stress(count: int = 200) -> tuple[Participant, ...]:
    dense = around(49.62, 40.605, 0.45, count // 4)
    wide = around(49.85, 40.42, 12, count - len(dense), seed=5)
    return made(dense + wide)


def exclave() -> tuple[Participant, ...]:
    return made(around(45.41, 39.2, 3, 6) + around(49.87, 40.4, 6, 9))


__all__ = ["AS_OF", "CLUSTER", "builtin_root", "gpd", "replace"]
