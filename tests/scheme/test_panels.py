"""Sheets with several maps: a joint cluster's countries, a town's plan; and reasons that tell the truth."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from usual_table import usual

from geoservice.catalog import builtin_root
from geoservice.scheme.panels import panel_degrees, visible_extent
from geoservice.scheme.projection import scale_error, transformer
from geoservice.scheme.scale import SERIES, FrameRequest, fit, scale_text
from geoservice.scheme.scene import Frame
from geoservice.scheme.sheet_metrics import read_metrics

METRICS = read_metrics(Path(builtin_root() / "styles" / "sheet" / "scheme.toml"))
BAKU, MINSK = [(49.85, 40.4), (49.7, 40.6), (48.9, 39.9)], [(27.56, 53.9), (30.3, 55.2)]
TOWN = [(46.36 + 0.003 * (i % 4), 40.68 + 0.003 * (i // 4)) for i in range(12)]
TOWN_REGION = shapely.box(46.30, 40.60, 46.42, 40.76)


def frame(points, outlines=(), countries=((), ()), lang="en", **kwargs) -> Frame:
    names = [f"T{i}" for i in range(len(points))]
    return fit(
        points, outlines, names=names, lang=lang, metrics=METRICS, request=FrameRequest(**kwargs),
        table=usual(len(points)), countries=countries,
    )  # fmt: skip


@pytest.mark.parametrize("orientation", ["auto", "landscape", "portrait"])
@pytest.mark.parametrize("paper", ["A4", "A3", "A2"])
def test_countries_that_do_not_touch_get_a_map_each(orientation: str, paper: str) -> None:
    countries = (["Azerbaijan"] * 3 + ["Belarus"] * 2, [])
    found = frame(BAKU + MINSK, countries=countries, orientation=orientation, paper=paper)
    assert found.title == "Azerbaijan"
    (panel,) = found.panels
    assert panel.title == "Belarus"
    assert found.crs != panel.crs
    for points, crs, extent in (
        (BAKU, found.crs, visible_extent(found)),
        (MINSK, panel.crs, panel.extent),
    ):
        for point in points:
            x, y = transformer(crs).transform(*point)
            assert extent[0] < x < extent[2]
            assert extent[1] < y < extent[3]
    width_mm = panel.box[2] - panel.box[0]
    assert (panel.extent[2] - panel.extent[0]) * 1000 / width_mm == pytest.approx(panel.denominator)
    assert scale_error(panel.crs, panel_degrees(panel)) < 0.002
    assert "Azerbaijan" in found.reason
    assert scale_text(panel.denominator) in found.reason


def test_countries_that_fit_one_map_of_the_series_share_it() -> None:
    near = [(49.85, 40.4), (44.8, 41.7)]
    found = frame(near, countries=(["Azerbaijan", "Georgia"], []))
    assert found.denominator <= SERIES[-1]
    assert not found.panels


def test_a_fixed_scale_is_one_map() -> None:
    found = frame(BAKU + MINSK, countries=(["A"] * 3 + ["B"] * 2, []), denominator=20_000_000)
    assert not found.panels


def test_one_map_of_far_countries_says_how_far_its_scale_varies() -> None:
    found = frame(BAKU + MINSK, lang="en")
    error = scale_error(found.crs, (20.0, 38.0, 60.0, 58.0))
    assert error > 0.002
    assert "varies by up to" in found.reason


def test_a_town_gets_a_plan_beside_its_region() -> None:
    found = frame(TOWN, [TOWN_REGION])
    (plan,) = found.panels
    assert plan.kind == "plan"
    assert plan.crs == found.crs
    assert plan.denominator * 1.9 <= found.denominator
    seen = visible_extent(found)
    box = transformer(found.crs).transform_bounds(*TOWN_REGION.bounds)
    assert seen[0] <= box[0] and seen[1] <= box[1] and seen[2] >= box[2] and seen[3] >= box[3]
    for point in TOWN:
        x, y = transformer(found.crs).transform(*point)
        assert plan.extent[0] < x < plan.extent[2]
        assert plan.extent[1] < y < plan.extent[3]
    assert scale_text(plan.denominator) in found.reason


@pytest.mark.parametrize("points", [TOWN[:1], TOWN[:2], [TOWN[0]] * 20, BAKU])
def test_no_plan_where_nothing_crowds(points) -> None:
    assert not frame(points, [TOWN_REGION.buffer(0.2)]).panels


def test_the_reason_says_what_the_table_costs() -> None:
    # Twenty-eight rows under the map take a third of it.
    spread = [(49.3 + 0.04 * i, 40.3 + 0.01 * i) for i in range(28)]
    found = frame(spread)
    alone = frame(spread, orientation="landscape" if found.landscape else "portrait", paper="A3")
    assert alone.denominator == found.denominator
    larger = fit(
        spread, [], names=[str(p) for p in spread], lang="en", metrics=METRICS,
        request=FrameRequest(orientation="landscape" if found.landscape else "portrait"), table=usual(0),
    )  # fmt: skip
    if larger.denominator < found.denominator:
        assert scale_text(larger.denominator) in found.reason
    else:
        assert "page of its own" not in found.reason
