"""The geometry under the label placer: what it says of many boxes and lines at once is what shapely says."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.scheme.boxes import Box, Obstacles, Segment, columns, overlapping, within

#: Whole and half millimetres often touch; others hardly ever do.
numbers = st.one_of(st.integers(0, 40).map(lambda n: n / 2), st.floats(0, 20).map(lambda n: round(n, 3)))
sizes = st.one_of(st.integers(1, 12).map(lambda n: n / 2), st.floats(0.5, 6).map(lambda n: round(n, 3)))
boxes = st.tuples(numbers, numbers, sizes, sizes).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
lines = st.tuples(numbers, numbers, numbers, numbers).filter(lambda line: line[:2] != line[2:])
#: Less than half a thousandth of a millimetre counts as touching, for the shapes here and for both judges.
SLIVER = 5e-4


def filled(found: list[Box]) -> list[shapely.Polygon]:
    return [shapely.box(*box) for box in found]


def drawn(found: list[Segment]) -> list[shapely.LineString]:
    return [shapely.LineString([line[:2], line[2:]]) for line in found]


def agree(said: bool, area: float) -> bool:
    """Whether an answer fits the area that two boxes share; of what hardly touches either may be said."""
    return said == (area > 0) or area < SLIVER


def runs(line: shapely.LineString, box: shapely.Polygon) -> bool | None:
    """Whether a line runs through the inside of a box; ``None`` of one that only just does or does not."""
    inner, outer = (box.buffer(by, join_style="mitre") for by in (-1e-4, 1e-4))
    return True if line.intersection(inner).length > 1e-3 else None if line.intersects(outer) else False


@settings(deadline=None, max_examples=150)
@given(st.lists(boxes, max_size=6), st.lists(lines, max_size=6), st.lists(boxes, min_size=1, max_size=5))
def test_what_is_held_lies_over_boxes_where_shapely_says_so(held, strokes, asked) -> None:
    obstacles = Obstacles(held, strokes)
    weights = np.arange(1.0, len(held) + 1)
    clear, open_ = obstacles.clear_of_boxes(columns(asked)), obstacles.clear_of_lines(columns(asked))
    counts, weight = (
        obstacles.lines_over(columns(asked)),
        obstacles.weight_overlapped(columns(asked), weights),
    )
    for index, box in enumerate(filled(asked)):
        shared = [box.intersection(other).area for other in filled(held)]
        assert agree(not clear[index], max(shared, default=0.0))
        if not any(0 < area < SLIVER for area in shared):
            assert weight[index] == sum(w for w, area in zip(weights, shared, strict=True) if area)
        through = [runs(line, box) for line in drawn(strokes)]
        if None not in through:
            assert counts[index] == sum(map(bool, through))
            assert open_[index] == (counts[index] == 0)


@settings(deadline=None, max_examples=150)
@given(st.lists(boxes, max_size=6), st.lists(lines, max_size=6), st.lists(lines, min_size=1, max_size=5))
def test_lines_run_through_what_is_held_where_shapely_says_so(held, strokes, asked) -> None:
    obstacles = Obstacles(held, strokes)
    weights = np.arange(1.0, len(held) + 1)
    through, under = obstacles.lets_through(columns(asked)), obstacles.boxes_under(columns(asked))
    crossed, both = obstacles.lines_crossed(columns(asked)), obstacles.in_the_way(columns(asked))
    weight = obstacles.weight_under(columns(asked), weights)
    assert (both == under + crossed).all()
    assert (through == (both == 0)).all()
    for index, line in enumerate(drawn(asked)):
        over = [runs(line, box) for box in filled(held)]
        if None not in over:
            assert under[index] == sum(map(bool, over))
            assert weight[index] == sum(w for w, is_over in zip(weights, over, strict=True) if is_over)
        ends = [shapely.Point(p) for other in drawn(strokes) for p in other.coords]
        clear_cut = all(line.distance(end) > 1e-6 for end in ends) and all(
            shapely.Point(p).distance(other) > 1e-6 for p in line.coords for other in drawn(strokes)
        )
        if clear_cut:
            assert crossed[index] == sum(line.crosses(other) for other in drawn(strokes))


@settings(deadline=None, max_examples=100)
@given(st.lists(boxes, max_size=8), st.lists(lines, max_size=8), boxes, st.lists(boxes, max_size=3))
def test_what_reaches_into_a_window_decides_for_what_lies_inside_it(held, strokes, window, more) -> None:
    x0, y0, x1, y1 = window
    inside = columns([(x0, y0, x1, y1), (x0, y0, (x0 + x1) / 2, (y0 + y1) / 2)])
    lines_inside = columns([(x0, y0, x1, y1), (x0, y1, (x0 + x1) / 2, y0)])
    grown = Obstacles(held[: len(held) // 2], strokes[: len(strokes) // 2])
    for box in held[len(held) // 2 :]:
        grown.add(box)
    for line in strokes[len(strokes) // 2 :]:
        grown.add_line(line)
    whole = Obstacles(held, strokes)
    for part in (grown, grown.near(window), whole.near(window), Obstacles([], strokes).joined(held)):
        assert (part.clear_of_boxes(inside) == whole.clear_of_boxes(inside)).all()
        assert (part.clear_of_lines(inside) == whole.clear_of_lines(inside)).all()
        assert (part.in_the_way(lines_inside) == whole.in_the_way(lines_inside)).all()
    apart = whole.beside(x0, y0, more)
    kept = [box for box in held if not shapely.box(*box).buffer(-1e-6).contains(shapely.Point(x0, y0))]
    assert (apart.clear_of_boxes(inside) == Obstacles([*kept, *more]).clear_of_boxes(inside)).all()


@given(st.lists(boxes, min_size=1, max_size=6), boxes)
def test_boxes_lie_within_bounds_or_over_each_other(found, bounds) -> None:
    frame = shapely.box(*bounds).buffer(1e-6, join_style="mitre")
    assert within(columns(found), bounds).tolist() == [frame.covers(box) for box in filled(found)]
    hit = overlapping(columns(found), columns([bounds]))[:, 0]
    for said, box in zip(hit, filled(found), strict=True):
        assert agree(bool(said), box.intersection(shapely.box(*bounds)).area)
