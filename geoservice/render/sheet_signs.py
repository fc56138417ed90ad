"""Signs on a map of the sheet: single ones with their numbers, and stacks where several share a place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from geoservice.render.sheet_names import Run, run
from geoservice.render.sheet_numbers import Token, number_tokens
from geoservice.scheme.beside import meets_sign, tick_of
from geoservice.scheme.boxes import Box, Segment
from geoservice.scheme.placed import PlacedUnit, Unit
from geoservice.scheme.scene import Member, Scene
from geoservice.scheme.units import Useless, place_units

if TYPE_CHECKING:
    from geoservice.render.sheet_text import FontSet

NUMBER_MM = 2.55  # height of a number's figures' type
LEAST_SHARE = 0.834  # numbers are not drawn smaller than that: 6 points
NUMBER_COLOUR = "#111111"
LINE = 1.02  # line height of numbers
PLATE_PAD_MM = 0.7
PLATE_TEXT_MM = 30.0
POINTER_MM = 1.8
#: Rows of a plate from which on it may have columns, the most of these, and clear paper between them.
ROWS, COLUMNS, COLUMN_GAP_MM = 3, 3, 1.0
#: A sign further than this from its place is lost on the reader: neighbours are stacked instead.
FARTHEST_MM = 20.0
#: Share of it that counts at a rough look: with ticks that do not cross, signs end up further off.
ROUGHLY = 0.65
#: How many organisations a stack of neighbours may hold, the smaller number as long as it can be kept.
STACKS = (5, 12, 30)
#: More places than this on one map are joined cell by cell before they are set.
MOST_APART = 160


class Image(Struct, frozen=True):
    """A symbol on the map: sign id, centre and size in mm."""

    sign: str
    x: float
    y: float
    size_mm: float


class Group(Struct, frozen=True, eq=False):
    """Members at one place (mm): one, or several that share a stack; itself a key of what is known of it."""

    x: float
    y: float
    members: tuple[Member, ...]


class MapSigns(Struct, frozen=True):
    """All that stands for members on one map. ``around``: member id -> box that its name goes beside.

    ``ticks`` lead from the place of a sign moved aside to it, ``stems`` from there on into the sign,
    ``pointers`` from a stack's place to its plate.
    """

    images: tuple[Image, ...]
    runs: tuple[Run, ...]
    plates: tuple[Box, ...]
    ticks: tuple[Segment, ...]
    stems: tuple[Segment, ...]
    pointers: tuple[Segment, ...]
    dots: tuple[tuple[float, float], ...]
    boxes: tuple[Box, ...]
    around: dict[str, Box] = field(default_factory=dict)
    stacks: tuple[tuple[tuple[str, ...], Box], ...] = ()  # ids of the members of each plate, and the plate
    members: tuple[str, ...] = ()
    crowded: tuple[int, ...] = ()  # groups that found no room near their place
    forced: bool = False  # some overlap: the map is too full for what stands on it


def grouped(members: Sequence[Member], places: dict[str, tuple[float, float]]) -> list[Group]:
    """Gather members that stand at the same place (to a fiftieth of a millimetre)."""
    groups: dict[tuple[int, int], list[Member]] = {}
    for member in sorted(members, key=lambda m: m.number):
        x, y = places[member.id]
        groups.setdefault((round(x * 50), round(y * 50)), []).append(member)
    return [Group(*places[found[0].id], tuple(found)) for found in groups.values()]


def gathered(groups: Sequence[Group], crowded: Sequence[int]) -> list[Group]:
    """Join each crowded group with its nearest neighbour; the larger one's place stands for both.

    Stacks stay small as long as there is a small neighbour: a large one finds room nowhere.
    """
    merged: dict[int, Group] = dict(enumerate(groups))
    for index in crowded:
        group = merged.get(index)
        if group is None or len(merged) < 2:
            continue
        others = [key for key in merged if key != index]
        for most in STACKS:
            small = [key for key in others if len(merged[key].members) + len(group.members) <= most]
            if small:
                others = small
                break
        near = min(others, key=lambda key: (_apart(merged[key], group), key))
        pair = sorted((merged.pop(near), merged.pop(index)), key=lambda g: -len(g.members))
        members = sorted((m for g in pair for m in g.members), key=lambda m: m.number)
        merged[min(near, index)] = Group(pair[0].x, pair[0].y, tuple(members))
    return [merged[index] for index in sorted(merged)]


def _apart(one: Group, other: Group) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)


def pregathered(groups: Sequence[Group]) -> list[Group]:
    """Join neighbours cell by cell where there are too many groups to set apart one by one."""
    if len(groups) <= MOST_APART:
        return list(groups)
    cell = 4.0 * (len(groups) / MOST_APART) ** 0.5
    cells: dict[tuple[int, int], list[Group]] = {}
    for group in groups:
        cells.setdefault((int(group.x // cell), int(group.y // cell)), []).append(group)
    joined = []
    for found in cells.values():
        middle_x, middle_y = (
            sum(values) / len(found) for values in zip(*((g.x, g.y) for g in found), strict=True)
        )
        seed = min(found, key=lambda g: math.hypot(g.x - middle_x, g.y - middle_y))
        members = sorted((m for g in found for m in g.members), key=lambda m: m.number)
        joined.append(Group(seed.x, seed.y, tuple(members)))
    return sorted(joined, key=lambda g: g.members[0].number)


class SignMaker(Struct, frozen=True):
    """Places and draws the signs of one map.

    ``share``: of their size, at which signs are drawn; ``bounds``: the frame, mm; ``blocked``: insets and
    other furniture; ``landmarks``: signs of large towns.
    """

    scene: Scene
    fonts: FontSet
    share: float
    bounds: Box
    blocked: Sequence[Box]
    landmarks: Sequence[Box] = ()
    _pens: dict[Group, _Single | _Stack] = field(default_factory=dict)

    def crowded(self, groups: Sequence[Group]) -> tuple[int, ...]:
        """The groups that find no room near their place, at a rough look."""
        placed = self._placed(self._units(groups)[1], rough=True)
        return _crowded(groups, placed, ROUGHLY)

    def draw(self, groups: Sequence[Group], *, joins: bool = False) -> MapSigns:
        """Place groups from :func:`grouped` and draw them.

        Args:
            groups: who stands together.
            joins: whether neighbours that stand astray will be joined; then no lines are untangled before.
        """
        pens, units = self._units(groups)
        joins = joins and len(groups) > 1
        placed = self._placed(units, useless=lambda found: joins and bool(_crowded(groups, found)))
        canvas = _Canvas()
        ticks: list[Segment] = []
        stems: list[Segment] = []
        pointers: list[Segment] = []
        dots: list[tuple[float, float]] = []
        around: dict[str, Box] = {}
        for unit in units:
            group, at = groups[int(unit.id)], placed[unit.id]
            pens[unit.id].draw(at, canvas)
            if len(group.members) > 1:
                pointers.append((group.x, group.y, group.x + at.dx, group.y + at.dy))
            elif at.moved:
                tick = tick_of(unit, at)
                ticks.append(tick)
                if meets_sign(unit, at):
                    stems.append((*tick[2:], unit.x + at.dx, unit.y + at.dy))
            if at.moved or len(group.members) > 1:
                dots.append((group.x, group.y))
            if len(group.members) == 1:
                around[group.members[0].id] = at.box
        return MapSigns(
            tuple(canvas.images), tuple(canvas.runs), tuple(canvas.plates), tuple(ticks), tuple(stems),
            tuple(pointers),
            tuple(dots), tuple(placed[key].box for key in pens), around,
            tuple(
                (tuple(m.id for m in groups[int(key)].members), placed[key].box)
                for key in pens
                if len(groups[int(key)].members) > 1
            ),
            tuple(m.id for group in groups for m in group.members),
            _crowded(groups, placed), any(at.forced for at in placed.values()),
        )  # fmt: skip

    def _placed(
        self, units: Sequence[Unit], *, rough: bool = False, useless: Useless | None = None
    ) -> dict[str, PlacedUnit]:
        return place_units(
            units, self.bounds, self.blocked, landmarks=self.landmarks, rough=rough, useless=useless
        )

    def _units(self, groups: Sequence[Group]) -> tuple[dict[str, _Single | _Stack], list[Unit]]:
        pens = {str(i): self._pen(group) for i, group in enumerate(groups)}
        units = [
            Unit(key, group.x, group.y, pen.shapes, pen.priority)
            for group, (key, pen) in zip(groups, pens.items(), strict=True)
        ]
        return pens, units

    def _pen(self, group: Group) -> _Single | _Stack:
        """The pen of a group; most groups stay as they are from one round to the next."""
        if (pen := self._pens.get(group)) is None:
            pen = self._pens[group] = _pen(group, self.scene, self.fonts, self.share)
        return pen


def _crowded(groups: Sequence[Group], placed: dict[str, PlacedUnit], share: float = 1.0) -> tuple[int, ...]:
    return tuple(int(key) for key, at in placed.items() if at.forced or _astray(groups[int(key)], at, share))


def _astray(group: Group, at: PlacedUnit, share: float) -> bool:
    """Whether a sign is lost on the reader, or a small stack hides the places of others."""
    if at.hides and len(group.members) < STACKS[2]:
        return True
    farthest = FARTHEST_MM if len(group.members) < STACKS[0] else 2 * FARTHEST_MM
    return len(group.members) < STACKS[1] and math.hypot(at.dx, at.dy) > farthest * share


def _pen(group: Group, scene: Scene, fonts: FontSet, share: float) -> _Single | _Stack:
    if len(group.members) == 1:
        return _Single(group, scene, fonts, share)
    return _Stack(group.members, scene, fonts, share)


class _Canvas(Struct):
    """What the signs of a map are drawn on."""

    images: list[Image] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    plates: list[Box] = field(default_factory=list)


class _Single:
    """One sign with its marks on the upper right and its number on a side."""

    def __init__(self, group: Group, scene: Scene, fonts: FontSet, share: float) -> None:
        member = group.members[0]
        self.x, self.y = group.x, group.y
        sign = scene.signs[member.type_code]
        self.member, self.sign = member, sign.id
        self.size = sign.size_mm * share
        self.marks = [
            (mark, scene.signs[mark].size_mm * share) for mark in member.marks if mark in scene.signs
        ]
        self.type_mm = NUMBER_MM * max(share, LEAST_SHARE)
        self.width = fonts.width(str(member.number), self.type_mm, "bold") / 1.02
        self.fonts = fonts
        self.priority = round(self.size * 10)
        half = self.size / 2
        badge = max((size for _, size in self.marks), default=0.0) * 0.5
        top, right = -half - badge * 0.3, half + badge
        # One badge leaves the number room below it; beside two it steps aside.
        self.right = half + 0.15 if len(self.marks) == 1 and half > 1.4 else right if self.marks else half
        number_w, number_h = self.width + 0.5, self.type_mm * LINE
        side = max(half, number_w / 2)
        self.shapes: tuple[Box, ...] = (
            (-half, top, max(right, self.right + number_w), half),
            (-half - number_w, top, right, half),
            (-side, top, max(right, side), half + number_h * 0.9),
            (-side, top - number_h * 0.9, max(right, side), half),
        )

    def draw(self, at: PlacedUnit, canvas: _Canvas) -> None:
        x, y = self.x + at.dx, self.y + at.dy
        half = self.size / 2
        canvas.images.append(Image(self.sign, x, y, self.size))
        for index, (mark, size) in enumerate(self.marks):
            canvas.images.append(Image(mark, x + half, y - half + size * (0.2 + 0.95 * index), size))
        text, rise = str(self.member.number), self.type_mm * 0.33
        low = y + (half * 0.95 if len(self.marks) == 1 else rise)
        base = {
            0: (x + self.right + 0.35, low),
            1: (x - half - 0.35 - self.width, y + rise),
            2: (x - self.width / 2, at.box[3] - self.type_mm * 0.12),
            3: (x - self.width / 2, at.box[1] + self.type_mm * 0.72),
        }[at.shape]
        canvas.runs.append(run(text, *base, self.type_mm, "bold", NUMBER_COLOUR))


class _Column(Struct, frozen=True):
    """Rows of a plate under each other: their types and lines, how wide the signs are, and the whole."""

    rows: list[tuple[str, list[list[Token]]]]
    sign_mm: float
    width: float
    height: float


class _Stack:
    """A plate for several organisations at one place: a row for each type, its sign and its numbers."""

    def __init__(self, members: tuple[Member, ...], scene: Scene, fonts: FontSet, share: float) -> None:
        self.scene, self.fonts, self.share = scene, fonts, share
        self.type_mm = NUMBER_MM * max(share, LEAST_SHARE)
        self.priority = 1000 + len(members)
        by_type: dict[str, list[Member]] = {}
        for member in members:
            by_type.setdefault(member.type_code, []).append(member)
        self.rows = [(code, self._lines(found)) for code, found in by_type.items()]
        self.layouts = [
            self._columns(count) for count in range(1, 1 + min(COLUMNS, 1 + (len(self.rows) - 1) // ROWS))
        ]
        g = POINTER_MM
        sizes = [(sum(c.width for c in made), max(c.height for c in made)) for made in self.layouts]
        pad = 2 * PLATE_PAD_MM
        self.shapes: tuple[Box, ...] = tuple(
            (-(w + pad) / 2, -g - h - pad, (w + pad) / 2, -g) for w, h in sizes
        )

    def _columns(self, count: int) -> tuple[_Column, ...]:
        """The rows in so many columns of about the same height."""
        goal = sum(self._row_mm(*row) for row in self.rows) / count
        columns: list[list[tuple[str, list[list[Token]]]]] = [[]]
        done = 0.0
        for row in self.rows:
            height = self._row_mm(*row)
            if columns[-1] and len(columns) < count and done + height / 2 > goal * len(columns):
                columns.append([])
            columns[-1].append(row)
            done += height
        return tuple(self._column(rows, last=rows is columns[-1]) for rows in columns)

    def _column(self, rows: list[tuple[str, list[list[Token]]]], *, last: bool) -> _Column:
        sign_mm = max(self.scene.signs[code].size_mm * self.share for code, _ in rows)
        text_w = max(sum(t.width for t in line) for _, lines in rows for line in lines)
        width = sign_mm + text_w + 0.6 + (0.0 if last else COLUMN_GAP_MM)
        return _Column(rows, sign_mm, width, sum(self._row_mm(*row) for row in rows))

    def _row_mm(self, code: str, lines: list[list[Token]]) -> float:
        sign = self.scene.signs[code].size_mm * self.share
        return max(sign + 0.4, len(lines) * self.type_mm * 1.08 + 0.3)

    def _lines(self, members: list[Member]) -> list[list[Token]]:
        tokens = number_tokens(members, self.scene, self.fonts, self.share, self.type_mm)
        whole = sum(token.width for token in tokens)
        widest = max(
            PLATE_TEXT_MM * self.share, *(t.width for t in tokens), (whole * self.type_mm * 1.6) ** 0.5
        )
        lines: list[list[Token]] = [[]]
        for token in tokens:
            if lines[-1] and sum(t.width for t in lines[-1]) + token.width > widest:
                lines.append([])
            lines[-1].append(token)
        return lines

    def draw(self, at: PlacedUnit, canvas: _Canvas) -> None:
        canvas.plates.append(at.box)
        left = at.box[0] + PLATE_PAD_MM
        for column in self.layouts[at.shape]:
            self._draw_column(column, left, at.box[1] + PLATE_PAD_MM, canvas)
            left += column.width

    def _draw_column(self, column: _Column, left: float, y: float, canvas: _Canvas) -> None:
        for code, lines in column.rows:
            height = self._row_mm(code, lines)
            size = self.scene.signs[code].size_mm * self.share
            canvas.images.append(Image(code, left + column.sign_mm / 2, y + height / 2, size))
            line_mm = self.type_mm * 1.08
            top = y + (height - line_mm * len(lines)) / 2
            for line in lines:
                self._draw_line(line, left + column.sign_mm + 0.6, top + self.type_mm * 0.86, canvas)
                top += line_mm
            y += height

    def _draw_line(self, line: list[Token], x: float, baseline: float, canvas: _Canvas) -> None:
        for token in line:
            canvas.runs.append(run(token.text, x, baseline, self.type_mm, "bold", NUMBER_COLOUR, halo=False))
            at = x + self.fonts.width(token.text, self.type_mm, "bold") / 1.02 + 0.15
            for mark in token.marks:
                size = self.scene.signs[mark].size_mm * self.share
                canvas.images.append(Image(mark, at + size / 2, baseline - self.type_mm * 0.35, size))
                at += size + 0.2
            x += token.width
