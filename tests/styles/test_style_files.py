"""The files of styles/ and of the classification and abbreviations: valid, complete, in three languages."""

from __future__ import annotations

import re
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from geoservice.i18n import fold
from geoservice.model import LANGUAGES, Mark
from geoservice.specs import AbbreviationSpec, LayerStyle, OrganisationStyle, TypeSpec

ROOT = Path(__file__).resolve().parents[2]
STYLES = ROOT / "styles"
DATA = ROOT / "geoservice" / "data"
SYMBOLS = sorted((STYLES / "symbols").glob("*.svg"))

PARTICIPANTS = ("large_enterprise", "medium_enterprise", "small_enterprise")
TYPES = (
    *PARTICIPANTS, "higher_education", "vocational_education", "research", "development_institution",
    "industrial_infrastructure", "marketing_sales", "finance", "nonprofit", "government", "other",
)  # fmt: skip
LAYER_STYLES = {
    "districts", "economic-regions", "regions", "countries", "sea", "settlements", "transport",
    "user-area", "user-line", "user-point", "occupied", "bordering",
}  # fmt: skip
SVG_ELEMENTS = {"svg", "g", "path", "circle", "rect", "polygon"}
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)


def tables(path: Path, key: str) -> list[dict]:
    return tomllib.loads(path.read_text("utf-8"))[key]


def layer_styles() -> dict[str, LayerStyle]:
    styles = [LayerStyle.read(table) for table in tables(STYLES / "layers.toml", "style")]
    assert len({style.id for style in styles}) == len(styles)
    return {style.id: style for style in styles}


def organisation_style() -> OrganisationStyle:
    return OrganisationStyle.read(tomllib.loads((STYLES / "organisations.toml").read_text("utf-8")))


def types() -> list[TypeSpec]:
    path = DATA / "classifications" / "appendix-5.toml"
    return [TypeSpec.read(table) for table in tables(path, "type")]


def abbreviations() -> list[AbbreviationSpec]:
    path = DATA / "abbreviations.toml"
    return [AbbreviationSpec.read(table) for table in tables(path, "abbreviation")]


def assert_three_languages(title: dict[str, str]) -> None:
    assert set(title) == set(LANGUAGES)
    for text in title.values():
        assert text == text.strip() != ""
    assert CYRILLIC.search(title["ru"])
    assert not CYRILLIC.search(title["az"] + title["en"])


def test_every_type_has_one_sign_and_every_mark_one_badge():
    style = organisation_style()
    assert style.classification == "appendix-5"
    assert [sign.cls for sign in style.sign] == list(TYPES)
    assert {mark.code for mark in style.mark} == set(Mark)


def test_every_symbol_is_there_and_is_used():
    style = organisation_style()
    named = {entry.symbol for entry in (*style.sign, *style.mark)}
    assert named == {f"symbols/{path.name}" for path in SYMBOLS}
    assert len(named) == len(style.sign) + len(style.mark)


@pytest.mark.parametrize("path", SYMBOLS, ids=lambda path: path.stem)
def test_symbol_is_plain_geometry(path):
    root = ET.fromstring(path.read_text("utf-8"))
    assert root.get("viewBox") == "0 0 24 24"
    for element in root.iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in SVG_ELEMENTS
        assert not (element.text or "").strip()
        for name, value in element.attrib.items():
            assert name not in {"class", "style", "id", "filter", "transform"}
            assert not name.startswith("on") and "href" not in name
            assert "url(" not in value and "://" not in value


@pytest.mark.parametrize("path", SYMBOLS, ids=lambda path: path.stem)
def test_symbol_has_a_white_halo_below_everything_else(path):
    first, second = ET.fromstring(path.read_text("utf-8"))[:2]
    assert first.get("stroke") == first.get("fill") == "#ffffff"
    assert float(first.get("stroke-width")) >= 1.5
    assert first.get("d") == second.get("d")


def test_a_signs_colour_is_the_one_it_is_drawn_in():
    for sign in organisation_style().sign:
        text = (STYLES / sign.symbol).read_text("utf-8")
        assert set(re.findall("#[0-9a-f]{6}", text)) == {"#ffffff", sign.colour}


def test_size_classes_grow_visibly_on_paper_and_on_screen():
    signs = {sign.cls: sign for sign in organisation_style().sign}
    large, medium, small = (signs[code] for code in PARTICIPANTS)
    for bigger, smaller in ((large, medium), (medium, small)):
        assert bigger.size_mm / smaller.size_mm > 1.12
        assert bigger.size_px / smaller.size_px > 1.12
    assert all(4.5 <= sign.size_mm <= 6.5 and 24 <= sign.size_px <= 32 for sign in signs.values())


def test_types_are_those_of_appendix_5_in_order():
    listed = types()
    assert [item.code for item in listed] == list(TYPES)
    assert [item.code for item in listed if item.role == "participant"] == list(PARTICIPANTS)
    for item in listed:
        assert_three_languages(item.title)
        assert_three_languages(item.short)


def test_no_spelling_means_two_types():
    owner: dict[str, str] = {}
    for item in types():
        spellings = {fold(text) for text in (item.code, *item.title.values(), *item.short.values())}
        assert len({fold(alias) for alias in item.aliases}) == len(item.aliases), item.code
        for spelling in spellings | {fold(alias) for alias in item.aliases}:
            assert owner.setdefault(spelling, item.code) == item.code, spelling
    for spelling, code in (("böyük müəssisə", TYPES[0]), ("вуз", TYPES[3]), ("technopark", TYPES[7])):
        assert owner[fold(spelling)] == code


def test_layer_styles_are_those_the_layers_need_with_titles():
    styles = layer_styles()
    assert set(styles) >= LAYER_STYLES
    for style in styles.values():
        classes = [rule.cls for rule in style.rule]
        assert len(set(classes)) == len(classes)
        for rule in style.rule:
            assert_three_languages(rule.title)


def settlement_class(population: int, kind: str = "") -> str:
    for rule in layer_styles()["settlements"].rule:
        where = rule.where
        if where is None or (where.field == "class" and where.equals == kind):
            return rule.cls
        if where.field == "population" and (where.min or 0) <= population < (where.max or float("inf")):
            return rule.cls
    raise AssertionError(population)


@pytest.mark.parametrize(
    ("population", "expected"),
    [(0, "village"), (4_999, "village"), (5_000, "town_5k"), (19_999, "town_5k"), (20_000, "town_20k"),
     (99_999, "town_20k"), (100_000, "city_100k"), (499_999, "city_100k"), (500_000, "city_500k"),
     (2_400_000, "city_500k")],
)  # fmt: skip
def test_settlement_classes_meet_without_gap_or_overlap(population, expected):
    assert settlement_class(population) == expected
    assert settlement_class(population, "capital") == "capital"


def test_settlements_thin_out_and_shrink_with_scale_and_class():
    rules = layer_styles()["settlements"].rule
    sizes = [rule.paint.size_mm for rule in rules]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)
    shown = {
        scale: [r.cls for r in rules if not r.scale_range or r.scale_range[0] <= scale <= r.scale_range[1]]
        for scale in (50_000, 200_000, 1_000_000)
    }
    assert shown[1_000_000] == ["capital", "city_500k", "city_100k", "town_20k"]
    assert shown[200_000] == [*shown[1_000_000], "town_5k"]
    assert shown[50_000] == [*shown[200_000], "village"]


def test_borders_have_a_hierarchy():
    styles = layer_styles()
    names = ("country-borders", "economic-regions", "districts")
    widths = [styles[name].rule[0].paint.stroke_mm for name in names]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 3


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_signs_stand_out_from_their_halo_and_from_every_ground():
    grounds = [
        layer_styles()[name].rule[0].paint.fill
        for name in ("districts", "regions", "countries", "sea", "occupied", "bordering")
    ]
    for sign in organisation_style().sign:
        assert contrast(sign.colour, "#ffffff") >= 4.0, sign.cls
        assert min(contrast(sign.colour, ground) for ground in grounds) >= 3.0, sign.cls


def test_occupied_regions_are_seen_in_grey():
    def lightness(colour: str) -> float:  # CIE L*
        return 116 * luminance(colour) ** (1 / 3) - 16

    fills = {name: style.rule[0].paint.fill for name, style in layer_styles().items()}
    for name in ("districts", "regions", "countries", "sea", "bordering"):
        assert lightness(fills[name]) - lightness(fills["occupied"]) > 6, name


def test_region_names_are_legible_on_their_ground():
    for name in ("districts", "regions", "economic-regions", "countries", "occupied", "bordering", "sea"):
        paint = layer_styles()[name].rule[0].paint
        assert contrast(paint.label_colour, paint.fill) >= 3.0, name


def test_abbreviations_are_unique_and_explained_in_three_languages():
    listed = abbreviations()
    assert len({item.form for item in listed}) == len(listed)
    for item in listed:
        assert item.form == item.form.strip() != ""
        assert set(item.languages) <= {*LANGUAGES, "be"} and item.languages
        assert_three_languages(item.title)


USUAL_FORMS = """
    ASC QSC MMC SC ƏMC PHŞ DM FŞ ОАО ЗАО ООО ОДО АО ПАО УП РУП КУП ЧУП ИП НИИ СООО ИООО LLC JSC OJSC CJSC
    ETİ TKB İT MSB SAA MY VÖEN УНП mln. ha km m км га
"""


def test_usual_abbreviations_are_known():
    kinds = {item.form: item.kind for item in abbreviations()}
    assert set(USUAL_FORMS.split()) <= set(kinds)
    assert {form for form, kind in kinds.items() if kind == "mark"} == {"İT", "MSB"}


def test_every_abbreviation_in_the_demo_names_is_known():
    known = {item.form for item in abbreviations()}
    for path in (DATA / "demo").glob("*.csv"):
        for line in path.read_text("utf-8").splitlines()[1:]:
            name = re.sub("“.*?”", "", line.split(";")[1])
            capitals = {word for word in name.split() if word.isupper() and len(word) > 1}
            assert capitals <= known, name
