"""Where everything on the maps of a sheet stands: the main map and its insets, in millimetres.

Members -> places -> insets for dense spots -> signs with numbers -> names -> names of settlements and
regions, which give way. Every member stands on exactly one map.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from geoservice.errors import LimitExceededError
from geoservice.render.sheet_base import BaseMap, MapFrame, base_map, content_digest
from geoservice.render.sheet_details import DetailRoom, with_details
from geoservice.render.sheet_frame import Graticule, Squares, graticule, squares
from geoservice.render.sheet_insets import (
    Places,
    inset_frames,
    member_places,
    membership,
    panel_insets,
    place_of_insets,
    squares_of,
    without,
)
from geoservice.render.sheet_kept import Kept
from geoservice.render.sheet_names import Run, name_areas, name_dots, name_members, readable, run
from geoservice.render.sheet_over import INSET_HEAD_MM, framed, lying_over, seen_dots, towns
from geoservice.render.sheet_pair import both
from geoservice.render.sheet_signs import MapSigns, SignMaker, gathered, grouped, pregathered
from geoservice.render.sheet_tags import (
    Way,
    inner_windows,
    main_head,
    plate_widths,
    sides,
    source_frame,
    source_tags,
    ways,
)
from geoservice.scheme.boxes import Box, Obstacles, columns, grown
from geoservice.scheme.insets import Inset
from geoservice.scheme.scene import Member, Scene

if TYPE_CHECKING:
    from geoservice.catalog import Catalog
    from geoservice.render.sheet_text import FontSet

#: Many signs are drawn smaller, all alike: (from so many places on, share of their size).
SHRINK = ((0, 1.0), (70, 0.85), (180, 0.72), (450, 0.6))
#: Size of the degrees along the edges of a panel.
DEGREES_MM = 2.12
FRAME_GAP_MM, INSET_GAP_MM = 1.0, 1.8
#: Rounds of joining neighbours into stacks; what is astray after the last stays astray, with its tick, what
#: lies over another does not.
MOST_ROUNDS, LAST_ROUNDS = 8, 2
#: With so many members on the main map and on its insets, these are worth a process of their own.
PAIRED = 40


class MapLayout(Struct, frozen=True):
    """One map of the sheet, finished: base, signs, texts.

    ``tags``: the insets of its spots and where their letters stand; ``inset`` is ``None`` for the main map.
    """

    frame: MapFrame
    base: BaseMap
    signs: MapSigns
    runs: tuple[Run, ...]
    leaders: tuple[tuple[float, float, float, float], ...]
    tags: tuple[tuple[Inset, Box], ...] = ()
    inset: Inset | None = None


class SheetLayout(Struct, frozen=True):
    """All maps of a sheet and what their frames say. ``squares_of``: member id -> grid square.

    ``head``: what tells the main map from the panels, and its box; ``None`` where there is one map.
    ``covered``: boxes of the main map under plates of the template; ``unit``: how furniture grows;
    ``details``: maps with a page of their own, whose squares are those of their own frames.
    """

    main: MapLayout
    insets: tuple[MapLayout, ...]
    graticule: Graticule
    squares: Squares
    squares_of: dict[str, str]
    inset_of: dict[str, str]
    sign_share: float
    head: tuple[str, Box] | None = None
    covered: tuple[Box, ...] = ()
    unit: float = 1.0
    details: tuple[MapLayout, ...] = ()

    @property
    def maps(self) -> tuple[MapLayout, ...]:
        """All maps: the main one, its insets, those on pages of their own."""
        return (self.main, *self.insets, *self.details)

    @property
    def full(self) -> bool:
        """Whether signs lie over each other on one of the maps."""
        return any(item.signs.forced for item in self.maps)

    def over(self, item: MapLayout) -> list[Box]:
        """What hides the base of one of the maps: plates of stacks, and insets or an inset's own head."""
        if item.inset is not None:
            head = (0.0, 0.0, item.frame.width_mm, INSET_HEAD_MM * self.unit)
            return [*item.signs.plates, *(() if item.inset.page else (head,))]
        boxes = [other.inset.box for other in self.insets if other.inset is not None]
        return [*item.signs.plates, *boxes, *self.covered]


def lay_out(
    scene: Scene,
    catalog: Catalog,
    fonts: FontSet,
    unit: float = 1.0,
    covered: Sequence[Box] = (),
    room: DetailRoom | None = None,
) -> SheetLayout:
    """Lay out the maps of a scene that has a frame.

    Args:
        scene: with ``frame``.
        catalog: paints of the region states.
        fonts: to measure texts.
        unit: how texts and signs grow with the paper.
        covered: boxes of the main map that plates of the template cover.
        room: what a page leaves to a detail map; without it there are none.

    Raises:
        LimitExceededError: the paper cannot hold all signs apart; a larger one can.
        RenderError: a layer cannot be drawn.
    """
    made = partial(_laid, scene, catalog, fonts, unit, covered)
    found = made(()) if room is None else with_details(scene, room, unit, made)
    if found.full:
        raise LimitExceededError("sheet.too_dense", paper=scene.frame.paper if scene.frame else "")
    return found


def _laid(
    scene: Scene,
    catalog: Catalog,
    fonts: FontSet,
    unit: float,
    covered: Sequence[Box],
    pages: Sequence[Inset],
) -> SheetLayout:
    """Lay out the maps of a sheet with some detail maps; where it is too full, signs lie over each other."""
    frame = main_frame(scene)
    panels = panel_insets(scene.frame, frame) if scene.frame else []
    panel_boxes, given = [panel.box for panel in panels], [*panels, *pages]
    lines = graticule(frame, scene.lang).without(panel_boxes, frame.bounds)
    head = main_head(scene.frame, fonts, unit, INSET_HEAD_MM)
    covered = [*covered, *([head[1]] if head else [])]
    share = _share(scene, frame, given) * unit
    pen = _Pen(scene, catalog, fonts, share, unit, tuple(covered))
    spread = (tuple(sorted((m.longitude, m.latitude) for m in scene.placed)), share, tuple(given))
    insets = list(
        _INSETS.get(
            (content_digest(scene), frame, scene.frame, spread, tuple(covered)),
            lambda: tuple(place_of_insets(scene, frame, share, given, [*covered, *panel_boxes])),
        )
    )
    while True:
        frames = inset_frames(scene.frame, frame, insets)
        inset_of = membership(scene, insets, frames, INSET_HEAD_MM * unit)
        on_main = pen.members(inset_of, "")
        drawn, main_map = both(
            partial(pen.insets, frames, inset_of, insets),
            partial(pen.map, frame, on_main, lines, insets),
            worth=not pages and PAIRED <= len(on_main) <= len(inset_of) - PAIRED,
        )
        full = [inset for inset, item in zip(insets, drawn, strict=True) if item.signs.forced]
        full = [inset for inset in full if inset not in given]
        if not full:
            break
        insets = without(insets, full[-1])
    return SheetLayout(
        main_map(),
        tuple(item for item in drawn if item.inset is not None and not item.inset.page),
        lines, squares(frame), squares_of(scene, insets, frames, inset_of, panels), inset_of, share, head,
        tuple(covered), unit, tuple(item for item in drawn if item.inset is not None and item.inset.page),
    )  # fmt: skip


def _share(scene: Scene, frame: MapFrame, given: Sequence[Inset]) -> float:
    """Share of their size at which a sheet's signs are drawn: the first page or a detail map decides."""
    pages = [inset for inset in given if inset.page]
    if not pages:
        return sign_share(len({(round(x, 2), round(y, 2)) for x, y in member_places(scene, frame).values()}))
    on = membership(scene, given, inset_frames(scene.frame, frame, given))
    paged = {inset.letter for inset in pages}
    places = {(on[m.id] if on[m.id] in paged else "", m.longitude, m.latitude) for m in scene.placed}
    return sign_share(max(Counter(letter for letter, *_ in places).values()))


def main_frame(scene: Scene) -> MapFrame:
    """The scene's frame as a map frame."""
    frame = scene.frame
    if frame is None:
        raise ValueError("the scene has no frame: it was composed for screens")
    return MapFrame(frame.crs, frame.extent, frame.width_mm, frame.height_mm, frame.denominator)


def sign_share(places: int) -> float:
    """Share of their size at which signs are drawn when there are so many places."""
    return next(share for least, share in reversed(SHRINK) if places >= least)


# -- one map -------------------------------------------------------------------------------------------------


class _Pen(Struct, frozen=True):
    """What every map of a sheet is drawn with."""

    scene: Scene
    catalog: Catalog
    fonts: FontSet
    share: float
    unit: float
    covered: tuple[Box, ...]

    def members(self, inset_of: dict[str, str], letter: str) -> list[Member]:
        """The members that stand on a map."""
        return [member for member in self.scene.placed if inset_of[member.id] == letter]

    def insets(
        self, frames: dict[str, MapFrame], inset_of: dict[str, str], insets: Sequence[Inset]
    ) -> list[MapLayout]:
        """Draw the maps of all insets."""
        return [
            self.map(frames[inset.letter], self.members(inset_of, inset.letter), None, insets, inset)
            for inset in insets
        ]

    def map(
        self,
        frame: MapFrame,
        members: Sequence[Member],
        lines: Graticule | None,
        insets: Sequence[Inset],
        inset: Inset | None = None,
    ) -> MapLayout:
        """Draw one map; ``insets`` are all of the sheet's, ``lines`` its graticule, if it is the main map.

        The same content is laid out once, and signs once as long as only names change.
        """
        paged = inset is not None and inset.page > 0
        if inset is not None and (inset.far or paged):
            lines = graticule(frame, self.scene.lang)
        base = base_map(self.scene, frame, self.catalog, lines.svg if lines else "", max(1.0, self.unit))
        on = inset.letter if inset else ""
        on_it = tuple(o for o in insets if o.parent == on and not o.far and o is not inset)
        places = member_places(self.scene, frame)
        if inset is None:
            on_it += tuple(inner_windows(self.scene.frame, frame, insets))
        corners = source_tags(
            [o.spot.source for o in on_it],
            self.unit,
            [places[m.id] for m in members],
            plate_widths(on_it, self.fonts, self.unit),
            frame.bounds,
        )
        tags = tuple(zip(on_it, corners, strict=True))
        beside = ways(inset, insets, frame, self.fonts, self.unit) if inset is not None and paged else []
        over = lying_over(frame, insets, inset, self.covered, self.unit)
        over += [way.box for way in beside]
        blocked = [*over, *framed(tags)]
        bounds = grown(frame.bounds, -(FRAME_GAP_MM if inset is None or paged else INSET_GAP_MM))
        sizes = tuple((name, sign.size_mm) for name, sign in self.scene.signs.items())
        stand = tuple((m.id, m.number, m.type_code, m.marks, m.longitude, m.latitude) for m in members)
        landmarks = towns(base)
        key = (frame, inset, tags, tuple(blocked), landmarks, sizes, self.fonts, self.share, self.unit, stand)
        # No sign is set aside into the window of a detail map: it would seem to stand there.
        kept_off = [*blocked, *(source_frame(o.spot.source) for o in on_it if o.page)]
        signs = _SIGNS.get(key, lambda: self._signs(members, places, bounds, kept_off, landmarks))
        said = tuple((m.name, m.specialisation) for m in members)
        # A layout holds its base: as long as it is kept, no other base has the same id.
        return _MAPS.get(
            (key, said, self.scene.lang, id(base), tuple(beside)),
            lambda: self._named(
                MapLayout(frame, base, signs, (), (), tags, inset), bounds, over, lines, beside
            ),
        )

    def _named(
        self,
        bare: MapLayout,
        bounds: Box,
        over: Sequence[Box],
        lines: Graticule | None,
        beside: Sequence[Way],
    ) -> MapLayout:
        """Set names around the signs of a map: members', then settlements', then those of areas."""
        unit, fonts, frame, base, signs = self.unit, self.fonts, bare.frame, bare.base, bare.signs
        inset = bare.inset
        obstacles = Obstacles([*over, *framed(bare.tags), *(grown(box, 0.25) for box in signs.boxes)])
        for tick in (*signs.ticks, *signs.pointers):
            obstacles.add_line(tick)
        for town in towns(base):
            obstacles.add(town)
        windows = [source_frame(other.spot.source) for other, _ in bare.tags if other.page]
        for window in windows:
            obstacles.add(window)
        small = inset is not None and not inset.page
        named, leaders = name_members(signs, self.scene, fonts, bounds, obstacles, unit, small, base.ink)
        obstacles = self._opened(obstacles, windows, bare)
        settled = name_dots(seen_dots(base, over, signs.plates), fonts, bounds, obstacles, unit, base.ink)
        areas = name_areas(base, settled, fonts, bounds, obstacles, unit, self.scene.lang)
        degrees = self._degrees(lines, frame, obstacles) if lines and small else ()
        runs = (*areas, *settled, *named, *degrees, *(way.text for way in beside), *signs.runs)
        return replace(bare, runs=runs, leaders=tuple(leaders))

    def _degrees(self, lines: Graticule, frame: MapFrame, obstacles: Obstacles) -> list[Run]:
        """The degrees of a panel's graticule, along its lower and left edge where nothing else stands."""
        size, made = readable(DEGREES_MM, self.unit), []
        for tick in lines.ticks:
            width = self.fonts.width(tick.text, size)
            at = {
                "bottom": (tick.at + 0.6, frame.height_mm - 0.9),
                "left": (0.9, tick.at - 0.5),
            }.get(tick.edge)
            if at is None:
                continue
            box = (at[0], at[1] - size * 0.75, at[0] + width, at[1] + size * 0.2)
            if box[2] < frame.width_mm - 1 and obstacles.clear_of_boxes(columns([box]))[0]:
                obstacles.add(box)
                made.append(run(tick.text, *at, size, "regular", "#5c5c5c"))
        return made

    def _opened(self, obstacles: Obstacles, windows: Sequence[Box], bare: MapLayout) -> Obstacles:
        """The obstacles without the windows of detail maps: names of the base map stand in them."""
        kept = [*towns(bare.base), *(tag for _, tag in bare.tags)]
        for x0, y0, x1, y1 in windows:
            obstacles = obstacles.beside((x0 + x1) / 2, (y0 + y1) / 2, kept)
        for window in windows:
            for side in sides(window):
                obstacles.add_line(side)
        return obstacles

    def _signs(
        self,
        members: Sequence[Member],
        places: Places,
        bounds: Box,
        blocked: Sequence[Box],
        towns: Sequence[Box],
    ) -> MapSigns:
        """Set signs apart; where the frame is too full, join neighbours into stacks until it holds."""
        groups = pregathered(grouped(members, places))
        maker = SignMaker(self.scene, self.fonts, self.share, bounds, blocked, towns)
        for _ in range(MOST_ROUNDS):
            crowded = maker.crowded(groups)
            if len(crowded) < 2 or len(groups) < 2:  # a last one is the exact look's
                break
            # Half at a time: who is joined makes room for others.
            groups = gathered(groups, crowded[: (len(crowded) + 1) // 2])
        drawn = maker.draw(groups, joins=True)
        for number in range(MOST_ROUNDS):
            if not drawn.crowded or len(groups) < 2 or (number >= LAST_ROUNDS and not drawn.forced):
                break
            groups = gathered(groups, drawn.crowded[: (len(drawn.crowded) + 1) // 2])
            drawn = maker.draw(groups, joins=number + 1 < LAST_ROUNDS)
        return drawn


_INSETS: Kept[tuple[Inset, ...]] = Kept(16)
_SIGNS: Kept[MapSigns] = Kept(64)
_MAPS: Kept[MapLayout] = Kept(64)
