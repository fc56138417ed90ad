"""Texts that mean something to an engine on the way are printed as they are, in every place of the sheet."""

from __future__ import annotations

import re
import subprocess
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely
import sheet_scenes as scenes
from click.testing import CliRunner
from msgspec.structs import replace
from test_sheet_underlays import with_vector_plan

from geoservice.cli import main
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.scheme.scale import FrameRequest

#: Markup of Typst, SVG, HTML, templates, Python's formats, shells and file systems.
PIECES = (
    "$x^2$", "#let", "#panic()", "*b*", "_i_", "<l>", "</text>", "&amp;", "\\u{41}", "\\", "{{ 7*7 }}",
    "{% x %}", "@ref", "= h", "~", "`raw`", "[c]", "//", "/*", "--", "---", "...", "'a'", '"q"', "%d",
    "%(x)s", "{0}", "{name}", "${HOME}", "<![CDATA[", "]]>", "<!--", "-->", "<script>", "1/2", "-5", "+ x",
    "http://a.b/c?d=1&e=2#f", "№", "§",
)  # fmt: skip
HOSTILE = " ".join(PIECES)


def squeeze(text: str) -> str:
    """Without white space and the breaks in words that are longer than a column."""
    return re.sub(r"[\s\u200b]+", "", unicodedata.normalize("NFC", text))


def text_of(pdf: bytes) -> str:
    command = ["pdftotext", "-raw", "-enc", "UTF-8", "-", "-"]
    return squeeze(subprocess.run(command, input=pdf, check=True, capture_output=True).stdout.decode())


def drawn(scene: Any, **options: Any) -> bytes:
    return render_sheet(scene, options=SheetOptions(**options), catalog=scenes.catalog())


def hostile_scene(lang: str = "az") -> Any:
    """Every text that comes from a user holds all the markup, marked with where it stands."""
    person = replace(
        scenes.demo_participants()[0],
        name=f"ad {HOSTILE}",
        specialisation=f"ixtisas {HOSTILE}",
        legal_address=f"hüquqi {HOSTILE}",
        actual_address=f"faktiki {HOSTILE}",
        website=f"sayt {HOSTILE}",
        tax_number=f"vöen {HOSTILE}",
    )
    cluster = replace(
        scenes.CLUSTER, title={"az": f"klaster {HOSTILE}"}, specialised_organisation=f"təşkilat {HOSTILE}"
    )
    scene = scenes.scene((person, *scenes.demo_participants()[1:6]), lang=lang, cluster=cluster)
    plan = with_vector_plan(shapely.box(49.5, 40.3, 49.9, 40.6))
    entry = replace(plan.legend[-1].entries[0], title=f"lay {HOSTILE}")
    group = replace(plan.legend[-1], title=f"qrup {HOSTILE}", entries=(entry,))
    verdict = replace(scene.verdict, sentence=f"rəy {HOSTILE}", reasons=(f"əsas {HOSTILE}",))
    return replace(
        scene,
        layers=(*scene.layers, replace(plan.layers[-1], title=f"plan {HOSTILE}")),
        legend=(*scene.legend, group),
        verdict=verdict,
    )


@pytest.mark.parametrize("template", ["scheme", "map-only"])
def test_markup_of_any_engine_is_text_everywhere(template: str) -> None:
    scene = hostile_scene()
    text = text_of(drawn(scene, template=template, appendix6=True, verdict_page=True))
    places = ["ad", "ixtisas", "klaster", "lay", "rəy", "əsas", "hüquqi", "faktiki"]
    for place in places:
        assert squeeze(f"{place} {HOSTILE}") in text, place
    assert squeeze(f"qrup {HOSTILE}").upper().replace("I", "İ") in text.upper().replace("I", "İ")


def test_each_piece_alone_is_a_name() -> None:
    """Alone at the start of a text, where most markup has its meaning."""
    people = [
        replace(scenes.demo_participants()[i % 20], id=f"p{i}", name=piece, specialisation=piece)
        for i, piece in enumerate(PIECES)
    ]
    text = text_of(drawn(scenes.scene(tuple(people))))
    for piece in PIECES:
        assert text.count(squeeze(piece)) >= 2, piece


@pytest.mark.parametrize("name", ["Ə" * 300, "Çox uzun ad " * 25, "ab-" * 100, "W" * 299 + "!"])
def test_a_name_of_three_hundred_letters_is_in_the_table_whole(name: str) -> None:
    first, *others = scenes.demo_participants()[:8]
    scene = scenes.scene((replace(first, name=name, specialisation=name), *others))
    bare = scenes.scene((replace(first, name="-", specialisation="-"), *others))
    # A row may go on in the next column, so its letters are counted: of name and specialisation.
    for options, times in (({}, 2), ({"template": "map-only", "appendix6": True}, 4)):
        more = Counter(text_of(drawn(scene, **options))) - Counter(text_of(drawn(bare, **options)))
        for letter, count in Counter(squeeze(name)).items():
            assert more[letter] >= count * times * 0.98, letter


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_no_word_runs_out_of_its_column(paper: str, tmp_path: Path) -> None:
    """Words as Poppler finds them: none reaches over the frame of the table, or the edge of the paper."""
    people = [
        replace(scenes.demo_participants()[i], name="Ə" * 300, specialisation="W" * 300) for i in range(4)
    ]
    cluster = replace(scenes.CLUSTER, title={"az": "Ş" * 300}, specialised_organisation="Ğ" * 300)
    scene = scenes.scene(tuple(people), cluster=cluster, request=FrameRequest(paper=paper))
    file = tmp_path / "a.pdf"
    file.write_bytes(drawn(scene, appendix6=True))
    command = ["pdftotext", "-bbox", str(file), "-"]
    pages = ET.fromstring(subprocess.run(command, check=True, capture_output=True).stdout)
    words = 0
    for page in (item for item in pages.iter() if item.tag.endswith("page")):
        width, height = float(page.attrib["width"]), float(page.attrib["height"])
        for word in (item for item in page.iter() if item.tag.endswith("word")):
            assert float(word.attrib["xMin"]) >= 0
            assert float(word.attrib["xMax"]) <= width, word.text
            assert float(word.attrib["yMax"]) <= height, word.text
            # A line of a table's column is no longer than the column.
            if set(word.text or "") <= set("ƏW\u200b"):
                words += 1
                assert float(word.attrib["xMax"]) - float(word.attrib["xMin"]) < width / 4, word.text
    assert words > 50


def test_texts_of_an_svg_sheet_are_well_formed_whatever_they_hold() -> None:
    ET.fromstring(drawn(hostile_scene(), format="svg"))


def test_file_names_are_only_names(tmp_path: Path) -> None:
    odd = tmp_path / "r $HOME #1 *_& {{7*7}} @=~ 'q' “ə”.csv"
    odd.write_text(
        "Adı;Təşkilatın növü;En dairəsi;Uzunluq dairəsi\n"
        f'"{HOSTILE.replace(chr(34), chr(34) * 2)}";Digər təşkilat;40,4;49,8\n',
        "utf-8",
    )
    out = tmp_path / "v $x #1 {0} ~.pdf"
    done = CliRunner().invoke(main, ["sheet", str(odd), "--data", str(tmp_path / "none"), "-o", str(out)])
    assert done.exit_code == 0, done.output
    text = text_of(out.read_bytes())
    assert all(squeeze(piece) in text for piece in PIECES)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([odd.name, out.name])
