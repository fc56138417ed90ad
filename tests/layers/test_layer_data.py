"""The starter data against the lists of the methodology and against itself."""

from __future__ import annotations

import json
import re
import sys
import tomllib
import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import shape

from geoservice.model import LANGUAGES
from geoservice.specs import LayerSpec

LAYERS = Path(__file__).parents[2] / "layers"
IDS = (
    "az-districts", "az-economic-regions", "az-transport", "by-regions", "countries", "country-borders",
    "sea", "settlements",
)  # fmt: skip

ECONOMIC_REGIONS = (
    "Bakı: Bakı şəhəri · "
    "Naxçıvan: Naxçıvan şəhəri, Babək, Culfa, Kəngərli, Ordubad, Sədərək, Şahbuz, Şərur · "
    "Abşeron-Xızı: Sumqayıt şəhəri, Abşeron, Xızı · Dağlıq Şirvan: Ağsu, İsmayıllı, Qobustan, Şamaxı · "
    "Gəncə-Daşkəsən: Gəncə şəhəri, Naftalan şəhəri, Daşkəsən, Goranboy, Göygöl, Samux · "
    "Qarabağ: Xankəndi şəhəri, Ağcabədi, Ağdam, Bərdə, Füzuli, Xocalı, Xocavənd, Şuşa, Tərtər · "
    "Qazax-Tovuz: Ağstafa, Gədəbəy, Qazax, Şəmkir, Tovuz · "
    "Quba-Xaçmaz: Xaçmaz, Quba, Qusar, Siyəzən, Şabran · "
    "Lənkəran-Astara: Astara, Cəlilabad, Lerik, Lənkəran, Masallı, Yardımlı · "
    "Mərkəzi Aran: Mingəçevir şəhəri, Ağdaş, Göyçay, Kürdəmir, Ucar, Yevlax, Zərdab · "
    "Mil-Muğan: Beyləqan, İmişli, Saatlı, Sabirabad · "
    "Şəki-Zaqatala: Balakən, Qax, Qəbələ, Oğuz, Şəki, Zaqatala · "
    "Şərqi Zəngəzur: Cəbrayıl, Kəlbəcər, Qubadlı, Laçın, Zəngilan · "
    "Şirvan-Salyan: Şirvan şəhəri, Biləsuvar, Hacıqabul, Neftçala, Salyan"
)
"""The economic regions and their units since July 2021, as the domain's description has them."""

RAILWAYS = (
    "Bakı – Ələt – Hacıqabul – Kürdəmir – Ucar – Yevlax – Gəncə – Tovuz – Ağstafa",
    "Bakı – Sumqayıt – Siyəzən – Şabran – Xaçmaz – Yalama",
    "Hacıqabul – Salyan – Masallı – Lənkəran – Astara",
    "Hacıqabul – Saatlı – İmişli – Horadiz",
    "Yevlax – Şəki – Qax – Zaqatala – Balakən",
    "Yevlax – Bərdə – Ağdam – Xankəndi",
    "Şərur – Naxçıvan – Culfa – Ordubad",
)
ROADS = (
    "M1 Bakı – Sumqayıt – Siyəzən – Quba",
    "M2 Bakı – Ələt – Hacıqabul – Kürdəmir – Yevlax – Gəncə – Şəmkir – Tovuz – Qazax",
    "M3 Ələt – Salyan – Cəlilabad – Masallı – Lənkəran – Astara",
    "M4 Bakı – Şamaxı – Ağsu – Göyçay – Yevlax",
    "M5 Yevlax – Şəki – Zaqatala – Balakən",
    "Şamaxı – İsmayıllı – Qəbələ – Oğuz – Şəki",
    "Hacıqabul – İmişli – Horadiz",
    "Şərur – Naxçıvan – Culfa – Ordubad",
)
BORDERS = {
    "RW-BAKI-BOYUK-KESIK": "GE", "RW-BAKI-YALAMA": "RU", "RW-HACIQABUL-ASTARA": "IR", "M1": "RU", "M2": "GE",
    "M3": "IR",
}  # fmt: skip

NEIGHBOURS = {"GE", "AM", "IR", "RU", "TR", "TM", "KZ", "PL", "LT", "LV", "UA"}
AZ_LETTERS = re.compile(r"[A-Za-zÇçƏəĞğİıÖöŞşÜü0-9 ()–-]+")
RU_LETTERS = re.compile(r"[А-Яа-яЁёM0-9 ()–-]+")
TINY_DEG2 = 1e-9


@cache
def spec(layer: str) -> LayerSpec:
    document = tomllib.loads((LAYERS / f"{layer}.toml").read_text("utf-8"))
    return LayerSpec.read(document | {"folder": LAYERS})


@cache
def features(layer: str) -> tuple[tuple[dict[str, Any], Any], ...]:
    collection = json.loads(spec(layer).path.read_text("utf-8"))
    return tuple((f["properties"], shape(f["geometry"])) for f in collection["features"])


def geometries(layer: str) -> list[Any]:
    return [geometry for _, geometry in features(layer)]


def by_code(layer: str) -> dict[str, Any]:
    return {properties["code"]: geometry for properties, geometry in features(layer)}


def routes() -> dict[str, dict[str, Any]]:
    document = tomllib.loads((LAYERS / "sources" / "routes.toml").read_text("utf-8"))
    return {line["code"]: line for line in document["line"]}


# -- every layer ---------------------------------------------------------------------------------------------


def test_the_files_are_the_layers_of_the_list() -> None:
    assert tuple(sorted(path.stem for path in LAYERS.glob("*.toml"))) == IDS
    used = {spec(layer).data for layer in IDS}
    files = {path.name for path in (LAYERS / "data").iterdir() if path.suffix != ".packed"}
    assert used == {f"data/{name}" for name in files}


@pytest.mark.parametrize("layer", IDS)
def test_a_layer_says_what_it_is_where_it_comes_from_and_under_which_licence(layer: str) -> None:
    one = spec(layer)
    assert one.id == layer
    assert one.source
    assert one.licence
    assert one.licence_url.startswith("https://")
    assert (LAYERS.parent / one.derived_by).is_file()
    assert all(one.title[lang] for lang in LANGUAGES)
    assert not one.note or set(one.note) == set(LANGUAGES)


@pytest.mark.parametrize("layer", IDS)
def test_every_feature_has_a_code_of_its_own_and_three_names_in_their_letters(layer: str) -> None:
    one = spec(layer)
    codes = [properties[one.key] for properties, _ in features(layer)]
    assert codes
    assert len(set(codes)) == len(codes)
    for properties, _ in features(layer):
        az, en, ru = (properties[one.names[lang]] for lang in LANGUAGES)
        assert AZ_LETTERS.fullmatch(az), az
        assert RU_LETTERS.fullmatch(ru), ru
        assert en
        assert not re.search("[Ѐ-ӿ]", en), en
        for name in (az, en, ru):
            assert name == unicodedata.normalize("NFC", name).strip()
            assert "\u0307" not in name


@pytest.mark.parametrize("layer", IDS)
def test_geometries_are_valid_and_within_five_decimals(layer: str) -> None:
    for properties, geometry in features(layer):
        assert geometry.is_valid, properties
        assert not geometry.is_empty
        if spec(layer).kind in {"boundaries", "area"}:
            rings = [part.exterior for part in shapely.get_parts(geometry)]
            assert all(ring.is_ccw for ring in rings)
    xy = shapely.get_coordinates(geometries(layer))
    assert (xy == xy.round(5)).all()


def test_the_data_stays_small_and_a_feature_a_line() -> None:
    paths = list((LAYERS / "data").glob("*.geojson"))
    assert sum(path.stat().st_size for path in paths) < 4_000_000
    for path in paths:
        lines = path.read_text("utf-8").splitlines()
        assert len(lines) == len(json.loads("\n".join(lines))["features"]) + 2


# -- districts and economic regions --------------------------------------------------------------------------


def listed() -> dict[str, set[str]]:
    regions = (part.split(": ") for part in ECONOMIC_REGIONS.split(" · "))
    return {region: set(units.split(", ")) for region, units in regions}


def test_districts_and_economic_regions_are_those_of_the_list() -> None:
    names = {p["code"]: p["name_az"] for p, _ in features("az-economic-regions")}
    found: dict[str, set[str]] = {name: set() for name in names.values()}
    for properties, _ in features("az-districts"):
        found[names[properties["parent"]]].add(properties["name_az"])
    assert found == listed()
    assert len(names) == 14
    assert sum(map(len, found.values())) == len(features("az-districts")) == 74


def test_the_kind_of_a_unit_goes_with_its_name() -> None:
    for properties, _ in features("az-districts"):
        city = properties["name_az"].endswith(" şəhəri")
        assert properties["type"] == ("city" if city else "rayon")
        assert properties["name_en"].endswith(" city") == city
        assert properties["name_ru"].startswith("город ") == city
        assert properties["name_ru"].endswith("ский район") != city
        assert (properties["country"], properties["level"]) == ("AZ", "district")
        assert re.fullmatch("AZ-[A-Z]{2,3}", properties["code"])


def test_what_the_source_lacks_lies_within_a_polygon_of_the_layer() -> None:
    codes = set(by_code("az-districts"))
    regions = set(by_code("az-economic-regions"))
    assert [unit.name_az for unit in spec("az-districts").missing] == ["Ağdərə"]
    for unit in spec("az-districts").missing:
        assert unit.within in codes
        assert unit.code not in codes
        assert unit.parent in regions
        assert unit.reason


def test_districts_cover_the_country_without_gaps_and_touch_as_the_file_says() -> None:
    units = geometries("az-districts")
    assert shapely.coverage_is_valid(units)
    pairs = shapely.STRtree(units).query(units, "intersects").T
    shared = [units[i].intersection(units[j]).length > 0 for i, j in pairs if i < j]
    assert Counter(shared) == {True: 156, False: 4}
    assert shapely.union_all(units).equals(by_code("countries")["AZ"])


def test_economic_regions_are_the_unions_of_their_districts() -> None:
    assert shapely.coverage_is_valid(geometries("az-economic-regions"))
    for code, region in by_code("az-economic-regions").items():
        members = [g for p, g in features("az-districts") if p["parent"] == code]
        assert region.equals(shapely.union_all(members)), code


def test_nakhchivan_touches_no_other_economic_region() -> None:
    regions = by_code("az-economic-regions")
    exclave = regions.pop("AZ-ER-NAXCIVAN")
    assert not any(exclave.intersects(other) for other in regions.values())


def test_places_known_to_lie_in_a_district_do() -> None:
    known = {
        "AZ-BA": (49.95, 40.42), "AZ-SM": (49.66, 40.58), "AZ-GA": (46.37, 40.69), "AZ-NV": (45.41, 39.21),
        "AZ-SUS": (46.75, 39.76), "AZ-LAC": (46.4, 39.75), "AZ-LAN": (48.84, 38.76), "AZ-YEV": (47.15, 40.61),
        "AZ-SAK": (47.17, 41.19), "AZ-XA": (46.753, 39.818), "AZ-SBN": (48.9, 41.2), "AZ-GYG": (46.33, 40.55),
        "AZ-HAC": (48.93, 40.05), "AZ-QBI": (46.58, 39.345), "AZ-BAL": (46.40, 41.72), "AZ-SAD": (44.8, 39.7),
    }  # fmt: skip
    units = by_code("az-districts")
    for code, xy in known.items():
        inside = [unit for unit, polygon in units.items() if polygon.contains(shapely.Point(xy))]
        assert inside == [code]


# -- Belarus, countries, seas --------------------------------------------------------------------------------


def test_regions_of_belarus_are_six_and_the_city_of_minsk() -> None:
    codes = by_code("by-regions")
    assert set(codes) == {f"BY-{part}" for part in ("BR", "HM", "HO", "HR", "MA", "MI", "VI")}
    assert shapely.coverage_is_valid(list(codes.values()))
    assert shapely.union_all(list(codes.values())).equals(by_code("countries")["BY"])
    assert codes["BY-HM"].contains(shapely.Point(27.56, 53.9))


def test_countries_are_a_coverage_with_all_neighbours_of_both() -> None:
    codes = by_code("countries")
    assert {"AZ", "BY"} | NEIGHBOURS <= set(codes)
    assert shapely.coverage_is_valid(list(codes.values()))
    assert {c for c, g in codes.items() if g.intersects(codes["BY"])} == {"BY", "LV", "LT", "PL", "RU", "UA"}
    assert {c for c, g in codes.items() if g.intersects(codes["AZ"])} == {"AZ", "AM", "GE", "IR", "RU", "TR"}


def test_boundaries_name_units_of_the_set_above() -> None:
    for layer in IDS:
        above = spec(layer).parent
        if above:
            assert {p["parent"] for p, _ in features(layer)} <= set(by_code(above))


def test_seas_cover_no_land_and_leave_no_gap_along_the_shores() -> None:
    water = geometries("sea")
    land = geometries("countries")
    assert shapely.coverage_is_valid(water + land)
    assert all(sea.intersection(country).area < TINY_DEG2 for sea in water for country in land)
    districts = shapely.union_all(geometries("az-districts"))
    window = shapely.box(48.0, 38.0, 51.5, 43.0)
    both = shapely.union_all(water + land).intersection(window)
    assert both.area == pytest.approx(window.area, abs=TINY_DEG2)
    caspian = by_code("sea")["CASPIAN"]
    assert caspian.intersection(districts).area < TINY_DEG2
    assert caspian.boundary.intersection(districts.boundary).length > 5


# -- settlements ---------------------------------------------------------------------------------------------


def test_every_district_centre_is_there_and_belongs_to_its_district() -> None:
    centres = {p["name_az"]: p["admin"] for p, _ in features("settlements") if p["country"] == "AZ"}
    elsewhere = {"Abşeron": "Xırdalan", "Kəngərli": "Qıvraq"}
    for properties, _ in features("az-districts"):
        name = properties["name_az"].removesuffix(" şəhəri")
        assert centres[elsewhere.get(name, name)] == properties["code"], name


def test_settlements_have_population_class_and_a_unit_near_them() -> None:
    least = {"city_500k": 500_000, "city_100k": 100_000, "town_20k": 20_000, "town_5k": 5_000, "village": 0}
    units = by_code("az-districts") | by_code("by-regions")
    counts = Counter(p["country"] for p, _ in features("settlements"))
    assert (counts["AZ"], counts["BY"]) == (245, 313)
    for properties, point in features("settlements"):
        population = properties["population"]
        if properties["class"] != "capital":
            assert properties["class"] == next(name for name, low in least.items() if population >= low)
        assert ("admin" in properties) == (properties["country"] in {"AZ", "BY"})
        if "admin" in properties and properties["name_az"] != "Neft Daşları":
            assert units[properties["admin"]].distance(point) < 0.08, properties
    capitals = {p["name_az"] for p, _ in features("settlements") if p["class"] == "capital"}
    assert {"Bakı", "Minsk", "Tbilisi", "Moskva", "Kiyev", "Varşava", "Vilnüs", "Riqa", "Tehran"} <= capitals


def test_places_without_a_population_are_few_and_none_is_in_azerbaijan() -> None:
    empty = [p for p, _ in features("settlements") if p["population"] == 0]
    assert len(empty) == 7
    assert {p["country"] for p in empty} == {"BY"}


def test_settlements_of_other_countries_lie_outside_azerbaijan_and_belarus() -> None:
    countries = by_code("countries")
    for properties, point in features("settlements"):
        for own in {"AZ", "BY"} - {properties["country"]}:
            assert not countries[own].contains(point), properties


# -- transport -----------------------------------------------------------------------------------------------


def test_routes_pass_the_towns_in_the_order_of_the_list() -> None:
    lines = [line | {"of": set(line["through"])} for line in routes().values()]
    for kind, wanted in (("railway", RAILWAYS), ("main_road", ROADS)):
        own = [line for line in lines if line["class"] == kind]
        assert len(own) == len(wanted)
        for text in wanted:
            ref, _, rest = text.partition(" ") if re.match(r"M\d ", text) else ("", "", text)
            towns = rest.split(" – ")
            match = [
                line
                for line in own
                if line.get("ref", "") == ref
                and [town for town in line["through"] if town in towns] == towns
                and line["through"][0] == towns[0]
            ]
            assert len(match) == 1, text


def test_lines_pass_their_towns_stay_on_land_and_end_at_the_border() -> None:
    countries = by_code("countries")
    towns = {p["name_az"]: g for p, g in features("settlements") if p["country"] == "AZ"}
    for properties, line in features("az-transport"):
        assert countries["AZ"].buffer(1e-5).contains(line), properties
        assert line.is_simple
        passed = [towns[name] for name in routes()[properties["code"]]["through"] if name in towns]
        assert all(line.distance(town) < 0.02 for town in passed)
        along = [line.project(town) for town in passed]
        assert along == sorted(along)
        end = shapely.Point(line.coords[-1])
        beyond = [c for c, g in countries.items() if c != "AZ" and g.distance(end) < 2e-5]
        expected = BORDERS.get(properties["code"])
        assert beyond == ([expected] if expected else []), properties


def test_the_lines_are_what_the_script_makes_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(LAYERS))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    from derive_io import Feature
    from derive_transport import transport

    places = [Feature(properties, point) for properties, point in features("settlements")]
    drawn = {f.properties["code"]: f for f in transport(places, by_code("countries")["AZ"])}
    assert set(drawn) == set(by_code("az-transport"))
    for properties, line in features("az-transport"):
        assert drawn[properties["code"]].properties == properties
        assert drawn[properties["code"]].geometry.equals_exact(line, 3e-5)


def test_lines_are_said_to_be_generalised() -> None:
    one = spec("az-transport")
    assert one.generalised
    for lang, word in {"az": "ümumiləşdirilmiş", "en": "generalised", "ru": "обобщённ"}.items():
        assert word in one.title[lang]
        assert word in one.note[lang]
    assert one.note["en"] == "generalised" and "GeoNames" in one.source


def test_roads_do_not_hide_railways() -> None:
    railways = {frozenset(leg) for p, g in railway_lines() for leg in pairwise(g.coords)}
    for properties, line in features("az-transport"):
        if properties["class"] == "main_road":
            assert not railways & {frozenset(leg) for leg in pairwise(line.coords)}


def railway_lines() -> list[tuple[dict[str, Any], Any]]:
    return [(p, g) for p, g in features("az-transport") if p["class"] == "railway"]
