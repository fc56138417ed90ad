"""PDF/A-2a, PDF/UA-1 and PDF/A-4 in the judgement of veraPDF: every kind of sheet, with its georeference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import shapely
import sheet_scenes as scenes
from msgspec.structs import replace
from test_sheet_underlays import plan, with_plan, with_vector_plan

from geoservice.errors import InvalidInputError
from geoservice.i18n import message
from geoservice.render.sheet import SheetOptions, render_sheet
from geoservice.scheme.scale import FrameRequest

VALIDATOR = Path(__file__).with_name("verapdf.py")
MORE = {"appendix6": True, "verdict_page": True}
#: What is validated, by which profiles, and how many kinds of failure are expected of it.
KINDS = {
    "sheet": ("2a", "ua1"), "further-pages": ("2a", "ua1"), "map-only": ("2a", "ua1"), "underlays": ("2a",),
    "details": ("2a", "ua1"),
    "empty": ("2a", "ua1"), "pdf2": ("4",), "pdf2-further-pages": ("4",), "without-a-font": ("2a",),
    "not-tagged": ("ua1",), "with-information": ("4",),
}  # fmt: skip
BROKEN = {"without-a-font": "6.2.11.4.1-1", "not-tagged": "6.2-1", "with-information": "6.1.3-4"}


def drawn(scene: Any, **options: Any) -> bytes:
    url = "https://klaster.example.az/c/1"
    return render_sheet(scene, options=SheetOptions(url=url, **options), catalog=scenes.catalog())


def underlaid(folder: Path) -> Any:
    """A raster plan and a vector one under the scheme, on other paper, in another projection."""
    base = scenes.demo("ru", request=FrameRequest(paper="A2", crs="pulkovo"))
    raster, vector = (
        with_plan(plan(folder / "plan.tif")),
        with_vector_plan(shapely.box(49.5, 40.3, 49.9, 40.6)),
    )
    layers = (*base.layers, raster.layers[-1], vector.layers[-1])
    return replace(base, layers=layers, legend=(*base.legend, raster.legend[-1], vector.legend[-1]))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All files in one run of the validator: kind -> profile -> what it found."""
    folder = tmp_path_factory.mktemp("archive")
    few = scenes.scene(scenes.demo_participants()[:6], lang="en")
    made = {
        "sheet": drawn(scenes.demo()),
        "further-pages": drawn(few, **MORE),
        "map-only": drawn(scenes.demo("ru", template="map-only"), template="map-only"),
        "underlays": drawn(underlaid(folder)),
        "details": drawn(scenes.scene(scenes.stress(300))),
        "empty": drawn(scenes.scene(())),
        "pdf2": drawn(scenes.demo(), standard="a-4"),
        "pdf2-further-pages": drawn(few, standard="a-4", **MORE),
    }
    for name, content in made.items():
        (folder / f"{name}.pdf").write_bytes(content)
    damage(folder)
    asked = [f"{profile}={folder / kind}.pdf" for kind, profiles in KINDS.items() for profile in profiles]
    out = subprocess.run([sys.executable, str(VALIDATOR), *asked], check=True, capture_output=True).stdout
    found: dict[str, Any] = {}
    for item, verdict in json.loads(out).items():
        profile, _, file = item.partition("=")
        found.setdefault(Path(file).stem, {})[profile] = verdict
    return found


def damage(folder: Path) -> None:
    """Files that must not pass, or the validator is not one."""
    with pikepdf.open(folder / "empty.pdf") as pdf:
        for font in pdf.pages[0].Resources.Font.values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            for key in {"/FontFile2", "/FontFile3"} & set(descriptor.keys()):
                del descriptor[key]
        pdf.save(folder / "without-a-font.pdf")
    with pikepdf.open(folder / "empty.pdf") as pdf:
        del pdf.Root.MarkInfo
        pdf.save(folder / "not-tagged.pdf")
    with pikepdf.open(folder / "pdf2.pdf") as pdf:
        pdf.trailer.Info = pdf.make_indirect(pikepdf.Dictionary(Title=pikepdf.String("x")))
        pdf.save(folder / "with-information.pdf")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in BROKEN])
def test_every_kind_of_sheet_conforms(verdicts: dict[str, Any], kind: str) -> None:
    assert set(verdicts[kind]) == set(KINDS[kind])
    for profile, verdict in verdicts[kind].items():
        assert verdict["compliant"], (profile, verdict["broken"])
        assert not verdict["broken"]
        assert verdict["checks"] > 5_000


@pytest.mark.parametrize("kind", list(BROKEN))
def test_the_validator_finds_what_is_wrong(verdicts: dict[str, Any], kind: str) -> None:
    (verdict,) = verdicts[kind].values()
    assert not verdict["compliant"]
    assert BROKEN[kind] in verdict["broken"]


@pytest.mark.parametrize("standard", ["a-2a", "a-4"])
def test_georeference_and_archive_standard_are_in_one_file(standard: str, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(drawn(scenes.demo(), standard=standard))
    with pikepdf.open(file) as pdf:
        assert str(pdf.pages[0].VP[0].Measure.Subtype) == "/GEO"
        assert ("/Info" in pdf.trailer) == (standard == "a-2a")
        with pdf.open_metadata() as meta:
            assert meta["pdfaid:part"] == standard[2]
            assert (meta.get("pdfuaid:part") == "1") == (standard == "a-2a")
        assert pdf.Root.ViewerPreferences.get("/DisplayDocTitle", False) == (standard == "a-2a")


def test_an_unknown_standard_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError) as caught:
        drawn(scenes.demo(), standard="a-1b")
    assert "a-1b" in message(caught.value, "en")
    assert "a-2a, a-4" in message(caught.value, "az")
