"""Names of long areas that have no level place: slanted along it, clear of all else, never upside down."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest
import shapely
import sheet_scenes as scenes
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from geoservice.render.sheet import render_sheet
from geoservice.render.sheet_layout import lay_out
from geoservice.render.sheet_rooms import SLANTS, Slant, best_slant
from geoservice.render.sheet_text import font_set
from geoservice.scheme.boxes import Ink, Obstacles
from geoservice.scheme.scale import FrameRequest

BOUNDS = (0.0, 0.0, 200.0, 200.0)
NAME = (40.0, 4.0)


def strip(angle: float) -> shapely.Polygon:
    """An area of 70 by 12 mm that rises or falls by an angle."""
    return affinity.rotate(shapely.box(65, 94, 135, 106), angle, origin=(100, 100))


def placed(angle: float, *boxes: tuple[float, float, float, float]) -> Slant | None:
    return best_slant(strip(angle), NAME, BOUNDS, Obstacles(boxes), Ink(200, 200))


@given(angle=st.floats(-180, 180), taken=st.floats(60, 140))
def test_a_slanted_name_lies_in_its_area_and_can_be_read(angle: float, taken: float) -> None:
    obstacle = (taken - 2, taken - 2, taken + 2, taken + 2)
    at = placed(angle, obstacle)
    steep = abs((angle + 90) % 180 - 90)
    if at is None:
        return
    assert SLANTS[0] - 0.1 <= steep <= SLANTS[1] + 0.1
    assert abs(at.angle) <= SLANTS[1]
    width, height = NAME
    corners = [at.at(x, y) for x in (-width / 2, width / 2) for y in (-height / 2, height / 2)]
    name = shapely.convex_hull(shapely.multipoints(corners))
    covered = shapely.union_all([shapely.box(*box) for box in at.boxes])
    assert covered.buffer(1e-6).contains(name)
    assert not covered.intersects(shapely.box(*obstacle).buffer(-1e-3))
    assert strip(angle).buffer(0.01).contains(shapely.LineString([at.at(-width / 2, 0), at.at(width / 2, 0)]))


@pytest.mark.parametrize("angle", [30.0, -30.0, 150.0, 210.0])
def test_a_long_area_has_its_name_slanted_from_left_to_right(angle: float) -> None:
    at = placed(angle)
    assert at is not None
    assert at.angle == pytest.approx((angle + 90) % 180 - 90, abs=0.06)
    assert (at.x, at.y) == pytest.approx((100, 100), abs=3)


@pytest.mark.parametrize("angle", [0.0, 5.0, 60.0, 90.0])
def test_a_level_or_steep_area_has_none(angle: float) -> None:
    assert placed(angle) is None


def test_a_name_does_not_run_along_a_line_of_the_map() -> None:
    ink = Ink(200, 200)
    line = shapely.segmentize(affinity.rotate(shapely.LineString([(60, 100), (140, 100)]), 30), 0.4)
    for shift in np.arange(-5.0, 5.0, 0.5):
        ink.draw(shapely.get_coordinates(line) + np.array([0, shift]), 1.0)
    assert best_slant(strip(30.0), NAME, BOUNDS, Obstacles(), ink) is None


def test_a_slanted_name_on_the_sheet_is_text_with_its_halo() -> None:
    request = FrameRequest(orientation="landscape")
    scene = scenes.scene(scenes.country_wide(), lang="ru", request=request)
    runs = lay_out(scene, scenes.catalog(), font_set(scenes.catalog())).main.runs
    slanted = [r for r in runs if r.angle]
    assert slanted
    pdf = render_sheet(scene, catalog=scenes.catalog())
    told = subprocess.run(["pdftotext", "-raw", "-", "-"], input=pdf, check=True, capture_output=True)
    for r in slanted:
        assert r.halo
        assert SLANTS[0] <= abs(r.angle) <= SLANTS[1]
        assert r.text in told.stdout.decode()
