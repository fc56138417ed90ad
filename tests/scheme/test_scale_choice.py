"""What decides the scale, step by step: each number of the choice shows in a sweep over territories.

Territories are laid out in metres of one projection, so that what just fits and what just does not is known
to the metre. The numbers stand here on their own: a changed one is a changed sheet.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest
import shapely
from denominators import ALL, STANDARD
from usual_table import usual

from geoservice.catalog import builtin_root
from geoservice.errors import InvalidInputError
from geoservice.scheme.projection import scale_error, transformer
from geoservice.scheme.scale import FrameRequest, fit, frame_bounds
from geoservice.scheme.scene import Frame
from geoservice.scheme.sheet_metrics import MapBox, map_boxes, read_metrics

METRICS = read_metrics(builtin_root() / "styles" / "sheet" / "scheme.toml")
CRS = "EPSG:3857"
MIDDLE = (5_000_000.0, 4_000_000.0)
POINT_MM, OUTLINE_MM = 11.0, 4.0
HAIR = 1e-4  # of a length: just fits, just does not


def corners(width_m: float, height_m: float) -> list[tuple[float, float]]:
    """The lower left and the upper right corner of a box about the middle, in metres."""
    x, y = MIDDLE
    return [(x - width_m / 2, y - height_m / 2), (x + width_m / 2, y + height_m / 2)]


def degrees(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    back = transformer(CRS, inverse=True)
    return [back.transform(*place) for place in places]


def sheet(
    size_m: tuple[float, float] | None,
    outline_m: tuple[float, float] | None = None,
    *,
    members: int = 0,
    times: int = 2,
    **request: object,
) -> Frame:
    """A sheet of so many organisations at two corners of a box, in a region of a size."""
    points = (degrees(corners(*size_m)) * times)[:times] if size_m else degrees([MIDDLE])
    outlines = [shapely.box(*itertools.chain(*degrees(corners(*outline_m))))] if outline_m else []
    asked = FrameRequest(**{"crs": CRS, **request})  # type: ignore[arg-type]
    return fit(
        points, outlines, names=[str(n) for n in range(len(points))], lang="en", metrics=METRICS,
        request=asked, table=usual(members),
    )  # fmt: skip


def boxes(members: int, orientation: str = "auto") -> tuple[MapBox, ...]:
    return map_boxes(METRICS, "A3", orientation, usual(members))


def just(box: MapBox, denominator: float, margin_mm: float, share: float = 1.0) -> tuple[float, float]:
    """The metres that fill a map box at a scale, within a margin."""
    return (
        (box.width_mm - 2 * margin_mm) * denominator / 1000 * share,
        (box.height_mm - 2 * margin_mm) * denominator / 1000 * share,
    )


def needs(size: tuple[float, float], box: MapBox, margin_mm: float = POINT_MM) -> float:
    across = (box.width_mm - 2 * margin_mm, box.height_mm - 2 * margin_mm)
    return max(size[0] / across[0], size[1] / across[1]) * 1000


def step(denominator: float, finest: int = 25_000) -> int:
    return next(value for value in ALL if value >= max(denominator, finest))


def follows(value: int) -> int:
    return ALL[ALL.index(value) + 1]


# -- the series ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("denominator", ALL[:-1])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_each_step_is_taken_as_soon_and_as_long_as_all_fit(denominator: int, orientation: str) -> None:
    """5.3.1: the scale follows from the size. A step that were left out would cost paper for nothing."""
    (box,) = boxes(0, orientation)
    size = just(box, denominator, POINT_MM, 1 - HAIR)
    assert sheet(size, orientation=orientation, finest=5_000).denominator == denominator
    size = just(box, denominator, POINT_MM, 1 + HAIR)
    assert sheet(size, orientation=orientation, finest=5_000).denominator == follows(denominator)


def test_the_smallest_scale_is_the_last_one() -> None:
    (box,) = boxes(0, "landscape")
    assert sheet(just(box, ALL[-1], POINT_MM, 1 - HAIR), orientation="landscape").denominator == ALL[-1]
    with pytest.raises(InvalidInputError):
        sheet(just(box, ALL[-1], POINT_MM, 1 + HAIR), orientation="landscape")


def test_unasked_no_sheet_is_larger_than_its_base_map_bears() -> None:
    assert sheet(None).denominator == 25_000
    assert sheet(None, finest=10_000).denominator == 10_000


# -- the outline of the regions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "most"),
    [
        (2, 2.0),  # half of the scale, for the outline of their regions
        (60, 2.0),
        (61, 1.34),  # more need the paper for themselves: one step at most
    ],
)
def test_what_the_outline_may_cost(places: int, most: float) -> None:
    (box,) = boxes(0, "landscape")
    taken: Counter[bool] = Counter()
    for small, large in itertools.combinations(STANDARD[3:], 2):
        if large > 5 * small:
            continue
        size, outline = just(box, small, POINT_MM, 1 - HAIR), just(box, large, OUTLINE_MM, 1 - HAIR)
        found = sheet(size, outline, times=places, orientation="landscape").denominator
        assert found == (large if large <= most * small else small), (small, large)
        taken[found == large] += 1
    assert min(taken.values()) > 10


def test_who_takes_less_than_half_of_the_largest_scale_leaves_room_for_the_region() -> None:
    """One works in a town is no map: up to eight times the scale goes to show where it is."""
    (box,) = boxes(0, "landscape")
    for denominator in STANDARD[4:16]:
        outline = just(box, denominator, OUTLINE_MM, 1 - HAIR)
        expected = denominator if denominator <= 8 * 25_000 else 25_000
        for size in (None, just(box, 12_500, POINT_MM, 1 - HAIR)):
            assert sheet(size, outline, orientation="landscape").denominator == expected
        wide = just(box, 12_500, POINT_MM, 1 + HAIR)
        expected = denominator if denominator <= 2 * 25_000 else 25_000
        assert sheet(wide, outline, orientation="landscape").denominator == expected


def test_an_outline_takes_no_sheet_out_of_the_standard_series() -> None:
    (box,) = boxes(0, "landscape")
    outline = just(box, 4_000_000, OUTLINE_MM, 1 - HAIR)
    size = just(box, 2_500_000, POINT_MM, 1 - HAIR)
    assert sheet(size, outline, orientation="landscape").denominator == 2_500_000
    size = just(box, 4_000_000, POINT_MM, 1 - HAIR)
    outline = just(box, 5_000_000, OUTLINE_MM, 1 - HAIR)
    assert sheet(size, outline, orientation="landscape").denominator == 5_000_000


# -- the table and the way the sheet lies --------------------------------------------------------------------


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_a_table_stays_on_the_sheet_for_less_than_half_of_the_scale(orientation: str) -> None:
    """One sheet to sign and to hang up is worth a smaller map, but not one of half the scale."""
    beside, apart = boxes(39, orientation)
    assert beside.with_table and not apart.with_table
    stayed: list[float] = []
    left: list[float] = []
    for size in heights(5_000, 2_500_000):
        with_table, without = step(needs(size, beside), 5_000), step(needs(size, apart), 5_000)
        found = sheet(size, members=39, orientation=orientation, finest=5_000)
        kept = with_table < 2 * without and not with_table > STANDARD[-1] >= without
        assert found.height_mm == (beside if kept else apart).height_mm, (size, with_table, without)
        if with_table <= STANDARD[-1]:
            (stayed if kept else left).append(with_table / without)
    assert max(stayed) > 1.8 and min(left) >= 2
    assert orientation == "portrait" or max(left) > 2.4


def heights(least: int, most: int) -> list[tuple[float, float]]:
    """Tall narrow territories, from what one scale holds to what another does."""
    steps = int(math.log(most / least) / math.log(1.01))
    tall = [least * 0.2 * 1.01**n for n in range(steps)]
    return [(height / 3, height) for height in tall]


def test_the_sheet_lies_unless_its_territory_is_clearly_taller_than_wide() -> None:
    """Sheets are bound and hung in landscape; where both ways give one scale, e^0.25 taller decides."""
    for width, lies in ((1.0, True), (0.79, True), (0.77, False), (0.2, False)):
        assert sheet((width * 1000, 1000)).landscape == lies
    assert sheet(None).landscape


def test_a_sheet_is_not_turned_for_less_than_a_scale_of_one_and_two_fifths() -> None:
    """With a table on it, the sheet is turned as soon as that pays 1.4 times, and no sooner."""
    turned: list[float] = []
    kept: list[float] = []
    for members, shape, height in itertools.product(
        (20, 28, 32, 35), (0.8, 0.9, 1.0, 1.3), (4_000 * 1.04**n for n in range(160))
    ):
        size = (shape * height, height)
        best = {}
        for box in boxes(members):
            scale = step(needs(size, box), 5_000)
            price = scale / (2 if box.with_table else 1)
            best[box.landscape] = min(best.get(box.landscape, math.inf), price)
        gain = best[True] / best[False]
        if scale > STANDARD[-1] or math.isclose(gain, 1.4):
            continue
        found = sheet(size, members=members, finest=5_000)
        assert found.landscape == (gain < 1.4), (members, size, best)
        (kept if found.landscape else turned).append(gain)
    assert max(kept) > 1.3 and 1.4 < min(turned) < 1.55
    assert sum(1.4 < gain < 2 for gain in turned) > 5


# -- what is said --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", [38, 39])
def test_a_sheet_says_where_its_scale_is_off_by_more_than_two_thousandths(zone: int) -> None:
    said = set()
    for tenth in range(20, 71):
        lon = zone * 6 - 183 + tenth / 10
        request = FrameRequest(crs=f"EPSG:{32600 + zone}")
        found = fit([(lon, 40.4)], [], names=["A"], lang="en", metrics=METRICS, request=request)
        error = scale_error(found.crs, frame_bounds(found, 0))
        told = "scale varies" in found.reason
        assert told == (round(error, 4) > 0.002), (lon, error)
        said.add((told, error < 0.0025))
        if told:  # in per cent, with two digits behind the point up to one per cent
            percent = f"{100 * error:.{1 if error > 0.01 else 2}f}"
            assert f"up to {percent} %" in found.reason.replace("\u00a0", " "), (lon, error)
    assert {(False, True), (True, True), (True, False)} <= said


def test_the_bounds_of_a_frame_have_a_margin_on_every_side() -> None:
    found = sheet((20_000.0, 12_000.0))
    (west, south, east, north), wide = frame_bounds(found, 0), frame_bounds(found, 0.1)
    for low, high, by in (
        (wide[0], west, east - west), (wide[1], south, north - south),
        (east, wide[2], east - west), (north, wide[3], north - south),
    ):  # fmt: skip
        assert math.isclose(high - low, 0.1 * by, rel_tol=0.05)


# -- countries and what a sheet says of them ----------------------------------------------------------


def test_one_country_alone_is_one_map_however_wide() -> None:
    points = [(20.0, 45.0), (60.0, 60.0)]
    found = fit(
        points, [], names=["A", "B"], lang="en", metrics=METRICS, countries=(["X", "X"], []),
        request=FrameRequest(orientation="landscape"),
    )  # fmt: skip
    assert found.denominator > STANDARD[-1]
    assert not found.panels and not found.title


def test_a_sheet_says_what_the_table_costs_before_what_turning_it_would_give() -> None:
    beside, apart = boxes(35, "landscape")
    size = next(s for s in heights(25_000, 500_000) if 1 < step(needs(s, beside)) / step(needs(s, apart)) < 2)
    said = sheet(size, members=35, orientation="landscape").reason
    assert f"1:{step(needs(size, apart)):,}".replace(",", "\u00a0") in said
    assert "page of its own" in said and "turned" not in said
