"""The demo registers: real places, invented organisations, every row explained by the classification."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from itertools import combinations
from math import cos, hypot, radians
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from geoservice.i18n import fold

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "geoservice" / "data" / "demo"
CLUSTERS = {c["code"]: c for c in tomllib.loads((DEMO / "demo.toml").read_text("utf-8"))["cluster"]}
DMS = re.compile(r"(\d+)°(\d+)′(\d+)″[NE]")
Placed = list[tuple[str, float, float]]


def rows(code: str) -> list[dict[str, str]]:
    with (DEMO / CLUSTERS[code]["file"]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", strict=True))


def degrees(text: str) -> float:
    if dms := DMS.fullmatch(text):
        whole, minutes, seconds = map(int, dms.groups())
        return whole + minutes / 60 + seconds / 3600
    return float(text.replace(",", "."))


def placed(code: str) -> Placed:
    return [
        (row["Təşkilati-hüquqi forması və adı"], degrees(row["Uzunluq dairəsi"]), degrees(row["En dairəsi"]))
        for row in rows(code)
        if row["En dairəsi"]
    ]


def types() -> dict[str, str]:
    path = ROOT / "geoservice" / "data" / "classifications" / "appendix-5.toml"
    listed = tomllib.loads(path.read_text("utf-8"))["type"]
    return {fold(text): t["code"] for t in listed for text in (*t["title"].values(), *t["aliases"])}


def districts() -> dict:
    path = ROOT / "layers" / "data" / "az-districts.geojson"
    features = json.loads(path.read_text("utf-8"))["features"]
    return {feature["properties"]["code"]: shape(feature["geometry"]) for feature in features}


def occupied(code: str) -> dict:
    polygons = districts()
    found = {}
    for name, longitude, latitude in placed(code):
        holders = [key for key, area in polygons.items() if area.covers(Point(longitude, latitude))]
        assert holders, f"{name} stands in no district: at sea or abroad"
        found[holders[0]] = polygons[holders[0]]
    return found


def connected(areas: dict) -> bool:
    """Whether areas hang together: those that come within about 100 m of one another do."""
    reached, open_ = set(), [next(iter(areas))]
    while open_:
        here = open_.pop()
        if here not in reached:
            reached.add(here)
            open_ += [other for other in areas if areas[here].distance(areas[other]) < 0.001]
    return len(reached) == len(areas)


@pytest.mark.parametrize("code", CLUSTERS)
def test_rows_are_whole_and_openly_synthetic(code):
    listed = rows(code)
    cluster = CLUSTERS[code]
    assert cluster["synthetic"] is True
    for lang, words in {"az": ("nümunə", "uydurmadır"), "en": ("example", "invented")}.items():
        assert words[0] in cluster["title"][lang] and words[1] in cluster["description"][lang]
    assert "пример" in cluster["title"]["ru"] and "вымышлены" in cluster["description"]["ru"]
    assert [row["№"] for row in listed] == [str(n) for n in range(1, len(listed) + 1)]
    assert len({row["VÖEN"] for row in listed}) == len(listed)
    for row in listed:
        assert None not in row and None not in row.values()
        assert re.fullmatch(r"9999\d{6}", row["VÖEN"])
        assert re.fullmatch(r"https://[a-z-]+\.example\.org", row["Veb-sayt"])
        assert " 000 " in row["Əlaqə"]
        assert row["İxtisaslaşma"] and row["Hüquqi ünvan"]
        assert bool(row["Faktiki ünvan"]) == bool(row["En dairəsi"]) == bool(row["Uzunluq dairəsi"])
        assert set(filter(None, row["Qeyd"].split(", "))) <= {"İT", "MSB"}


@pytest.mark.parametrize("code", CLUSTERS)
def test_types_are_known_and_staff_fits_the_size_class(code):
    known = types()
    for row in rows(code):
        kind = known[fold(row["Təşkilatın növü"])]
        staff = row["İşçilərin sayı"]
        if kind.endswith("_enterprise"):
            size = "large" if int(staff) > 250 else "medium" if int(staff) > 100 else "small"
            assert kind == f"{size}_enterprise"
        else:
            assert staff == ""


def test_the_first_cluster_shows_every_kind_of_thing():
    listed = rows("abseron-kimya")
    known = types()
    assert {known[fold(row["Təşkilatın növü"])] for row in listed} == set(known.values())
    assert len(listed) == 28
    assert len(placed("abseron-kimya")) == 28  # all: a member whose place is unknown leaves the check open
    assert len(rows("simal-cenub")) - len(placed("simal-cenub")) == 1  # the list of those without coordinates
    assert {"İT", "MSB", "İT, MSB", ""} == {row["Qeyd"] for row in listed}
    points = [(longitude, latitude) for _, longitude, latitude in placed("abseron-kimya")]
    assert len(points) - len(set(points)) == 1  # two at one point: a stacked sign


def test_eight_stand_within_a_kilometre_in_one_industrial_zone():
    zone = [
        (degrees(row["Uzunluq dairəsi"]), degrees(row["En dairəsi"]))
        for row in rows("abseron-kimya")
        if "Kimyaçılar sənaye zonası" in row["Faktiki ünvan"] and row["En dairəsi"]
    ]
    assert len(zone) == 8
    km = 111.2
    shrink = cos(radians(40.6))
    assert max(hypot((a[0] - b[0]) * km * shrink, (a[1] - b[1]) * km) for a, b in combinations(zone, 2)) < 1


def test_the_first_cluster_is_concentrated():
    regions = occupied("abseron-kimya")
    assert len(regions) == 3
    assert connected(regions)


def test_the_second_cluster_is_not():
    regions = occupied("simal-cenub")
    assert len(rows("simal-cenub")) == 13
    assert len(regions) >= 6
    assert not connected(regions)
