"""Lines that lead to signs and plates: few cross, few run over what belongs to others, on many layouts."""

from __future__ import annotations

import itertools
import math

import sheet_scenes as scenes

from geoservice.render.sheet_layout import MapLayout, SheetLayout, lay_out
from geoservice.render.sheet_text import font_set
from geoservice.scheme.boxes import Box, Obstacles, Segment, columns, grown, overlap, runs_through
from geoservice.scheme.scale import FrameRequest


def laid(count: int, orientation: str) -> SheetLayout:
    scene = scenes.scene(scenes.stress(count), request=FrameRequest(orientation=orientation))
    return lay_out(scene, scenes.catalog(), font_set(scenes.catalog()))


def crossings(item: MapLayout) -> int:
    lines = [*item.signs.ticks, *item.signs.pointers]
    return sum(
        len(Obstacles((), [one]).lines_on(columns([other]))[0])
        for one, other in itertools.combinations(lines, 2)
    )


def foreign(item: MapLayout) -> int:
    """How many signs and plates lie on lines that neither begin below them nor lead to them."""
    signs = item.signs
    symbols = [
        (i.x - i.size_mm / 2, i.y - i.size_mm / 2, i.x + i.size_mm / 2, i.y + i.size_mm / 2)
        for i in signs.images
        if not any(x0 < i.x < x1 and y0 < i.y < y1 for x0, y0, x1, y1 in signs.plates)
    ]
    return sum(
        runs_through(line, grown(box, -0.3)) and not touches(line, box)
        for line in (*signs.ticks, *signs.pointers)
        for box in (*symbols, *signs.plates)
    )


def touches(line: Segment, box: Box) -> bool:
    x0, y0, x1, y1 = grown(box, 0.6)
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x, y in (line[:2], line[2:]))


def test_few_lines_are_tangled() -> None:
    """Set once, six sheets of up to 300 organisations had five crossings and five lines over others."""
    layouts = {case: laid(*case) for case in itertools.product((120, 200, 300), ("landscape", "portrait"))}
    crossing = {case: sum(map(crossings, layout.maps)) for case, layout in layouts.items()}
    over = {case: sum(map(foreign, layout.maps)) for case, layout in layouts.items()}
    assert sum(over.values()) == 0, over
    assert sum(crossing.values()) <= 3, crossing
    for case, layout in layouts.items():
        for item in layout.maps:
            for one, other in itertools.combinations(item.signs.boxes, 2):
                assert not overlap(one, other)
            longest = max((math.dist(line[:2], line[2:]) for line in item.signs.pointers), default=0.0)
            assert longest <= 0.25 * math.hypot(item.frame.width_mm, item.frame.height_mm), case


def test_who_is_in_the_way_of_a_line_makes_room_for_it() -> None:
    """A dense inset of the 200: a tick ran over the number of a neighbour, others over plates."""
    first, again = (laid(200, "portrait") for _ in range(2))
    assert sum(map(foreign, first.maps)) == 0
    assert [item.signs for item in first.maps] == [item.signs for item in again.maps]
