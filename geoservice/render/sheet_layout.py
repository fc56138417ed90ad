"""Where everything on the maps of a sheet stands: the main map and its insets, in millimetres.

Members -> places -> insets for dense spots -> signs with numbers -> names -> names of settlements and
regions, which give way. Every member stands on exactly one map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geoservice.errors import LimitExceededError
from geoservice.render.sheet_base import BaseMap, MapFrame, base_map
from geoservice.render.sheet_frame import Graticule, Squares, graticule, squares
from geoservice.render.sheet_names import Run, name_areas, name_dots, name_members
from geoservice.render.sheet_paths import Cut
from geoservice.render.sheet_signs import MapSigns, SignMaker, gathered, grouped, pregathered
from geoservice.scheme.boxes import Box, Obstacles, grown, overlap
from geoservice.scheme.insets import LETTERS, Inset, nested_spots, place_insets
from geoservice.scheme.scale import SERIES
from geoservice.scheme.scene import Member, Scene

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoservice.catalog import Catalog
    from geoservice.render.sheet_text import FontSet

    Array = NDArray[np.float64]

#: Many signs are drawn smaller, all alike: (from so many places on, share of their size).
SHRINK = ((0, 1.0), (70, 0.85), (180, 0.72), (450, 0.6))
#: An inset takes at most this share of the frame's longer and shorter side.
INSET_SHARE = (0.36, 0.55)
#: The strip at the top of an inset with its letter and scale.
INSET_HEAD_MM = 4.4
FRAME_GAP_MM, INSET_GAP_MM = 1.0, 1.8
#: Rounds of joining neighbours into stacks; what is astray after them stays astray, with its tick.
MOST_ROUNDS, LAST_ROUNDS = 8, 2
#: What a sign with its number takes: closer places collide.
PITCH_MM = (8.2, 5.8)


@dataclass(frozen=True)
class MapLayout:
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


@dataclass(frozen=True)
class SheetLayout:
    """All maps of a sheet and what their frames say. ``squares_of``: member id -> grid square."""

    main: MapLayout
    insets: tuple[MapLayout, ...]
    graticule: Graticule
    squares: Squares
    squares_of: dict[str, str]
    inset_of: dict[str, str]
    sign_share: float


def lay_out(
    scene: Scene, catalog: Catalog, fonts: FontSet, unit: float = 1.0, covered: Sequence[Box] = ()
) -> SheetLayout:
    """Lay out the maps of a scene that has a frame.

    Args:
        scene: with ``frame``.
        catalog: paints of the region states.
        fonts: to measure texts.
        unit: how texts and signs grow with the paper.
        covered: boxes of the main map that plates of the template cover.

    Raises:
        LimitExceededError: the paper cannot hold all signs apart; a larger one can.
        RenderError: a layer cannot be drawn.
    """
    frame = main_frame(scene)
    lines = graticule(frame, scene.lang)
    fields = squares(frame)
    places = member_places(scene, frame)
    share = sign_share(len({(round(x, 2), round(y, 2)) for x, y in places.values()})) * unit
    insets = _insets(frame, places, share, _land(scene, frame), covered)
    pen = _Pen(scene, catalog, fonts, share, unit, tuple(covered))
    while True:
        frames = _inset_frames(frame, insets)
        inset_of = _membership(scene, insets, frames)
        details = tuple(
            pen.map(frames[inset.letter], pen.members(inset_of, inset.letter), "", insets, inset)
            for inset in insets
        )
        full = [item.inset for item in details if item.signs.forced and item.inset is not None]
        if not full:
            break
        insets = _without(insets, full[-1])
    main = pen.map(frame, pen.members(inset_of, ""), lines.svg, insets)
    if main.signs.forced:
        raise LimitExceededError("sheet.too_dense", paper=scene.frame.paper if scene.frame else "")
    squares_of = {member_id: fields.of(*place) for member_id, place in places.items()}
    return SheetLayout(main, details, lines, fields, squares_of, inset_of, share)


def main_frame(scene: Scene) -> MapFrame:
    """The scene's frame as a map frame."""
    frame = scene.frame
    if frame is None:
        raise ValueError("the scene has no frame: it was composed for screens")
    return MapFrame(frame.crs, frame.extent, frame.width_mm, frame.height_mm, frame.denominator)


def member_places(scene: Scene, frame: MapFrame) -> dict[str, tuple[float, float]]:
    """Place of each placed member in mm of a frame, by id."""
    import numpy as np

    placed = scene.placed
    if not placed:
        return {}
    cut = Cut(frame.crs, frame.extent, frame.width_mm, frame.height_mm)
    lonlat = np.asarray([(member.longitude, member.latitude) for member in placed], dtype=float)
    places = cut.places(lonlat).tolist()
    return {member.id: (x, y) for member, (x, y) in zip(placed, places, strict=True)}


def sign_share(places: int) -> float:
    """Share of their size at which signs are drawn when there are so many places."""
    return next(share for least, share in reversed(SHRINK) if places >= least)


# -- insets --------------------------------------------------------------------------------------------------


def _land(scene: Scene, frame: MapFrame) -> list[Box]:
    """Cells of the frame that lie in occupied regions: an inset had better cover the sea or a neighbour."""
    import numpy as np
    import shapely

    regions = [region.geometry for region in scene.regions if region.state == "occupied"]
    if not regions:
        return []
    cut = Cut(frame.crs, frame.extent, frame.width_mm, frame.height_mm)
    land = shapely.union_all(shapely.make_valid(cut.project(regions)))
    shapely.prepare(land)
    xs, ys = np.arange(4.0, frame.width_mm, 8.0), np.arange(4.0, frame.height_mm, 8.0)
    x, y = (axis.ravel() for axis in np.meshgrid(xs, ys))
    inside = shapely.contains_xy(land, x, y)
    return [(a - 4, b - 4, a + 4, b + 4) for a, b in zip(x[inside].tolist(), y[inside].tolist(), strict=True)]


def _insets(
    frame: MapFrame,
    places: dict[str, tuple[float, float]],
    share: float,
    land: list[Box],
    covered: Sequence[Box],
) -> list[Inset]:
    """Insets for the dense spots; smaller ones are tried until all spots have room."""
    import numpy as np

    distinct = sorted({(round(x, 2), round(y, 2)) for x, y in places.values()})
    if not distinct:
        return []
    points = np.asarray(distinct)
    pitch = (PITCH_MM[0] * share, PITCH_MM[1] * share)
    taken: list[Inset] = []
    wide, tall = INSET_SHARE if frame.width_mm > frame.height_mm else reversed(INSET_SHARE)
    for shrink in (1.0, 0.85, 0.7, 0.55):
        size = (frame.width_mm * wide * shrink, frame.height_mm * tall * shrink)
        spots = nested_spots(points, pitch, frame.denominator, size, SERIES)
        inside = {index for nested in spots if nested.parent is None for index in nested.spot.indices}
        half_w, half_h = pitch[0] * 0.75, pitch[1] * 0.75
        clear = [
            (x - half_w, y - half_h, x + half_w, y + half_h)
            for index, (x, y) in enumerate(distinct)
            if index not in inside
        ]
        found = place_insets(
            spots, frame.bounds, [*clear, *covered], [*land, *(grown(box, 12.0) for box in clear)]
        )
        if _opened(found) > _opened(taken):
            taken = found
        if len(found) == len(spots):
            break
    return taken


def _without(insets: Sequence[Inset], full: Inset) -> list[Inset]:
    """The insets without one that cannot hold its signs, and without those on it; lettered anew."""
    kept = [inset for inset in insets if inset is not full and inset.parent != full.letter]
    names = {inset.letter: letter for inset, letter in zip(kept, LETTERS, strict=False)}
    return [replace(i, letter=names[i.letter], parent=names.get(i.parent, "")) for i in kept]


def _opened(insets: Sequence[Inset]) -> tuple[int, int]:
    outer = sum(len(inset.spot.indices) for inset in insets if not inset.parent)
    return outer, len(insets)


def _inset_frames(frame: MapFrame, insets: Sequence[Inset]) -> dict[str, MapFrame]:
    """The frame of each inset by its letter; an inner one lies on its parent's."""
    frames: dict[str, MapFrame] = {"": frame}
    for inset in insets:
        on = frames[inset.parent]
        source, metres = inset.spot.source, on.metres_per_mm
        left, top = on.extent[0], on.extent[3]
        extent = (
            left + source[0] * metres,
            top - source[3] * metres,
            left + source[2] * metres,
            top - source[1] * metres,
        )
        spot = inset.spot
        frames[inset.letter] = MapFrame(frame.crs, extent, spot.width_mm, spot.height_mm, spot.denominator)
    return frames


def _membership(scene: Scene, insets: Sequence[Inset], frames: dict[str, MapFrame]) -> dict[str, str]:
    """Member id -> letter of the map it stands on, the innermost that shows its place; "" is the main map."""
    letters = {member.id: "" for member in scene.placed}
    for inset in insets:
        frame = frames[inset.letter]
        low_x, low_y, high_x, high_y = frame.bounds
        for member_id, (x, y) in member_places(scene, frame).items():
            if letters[member_id] == inset.parent and low_x <= x <= high_x and low_y <= y <= high_y:
                letters[member_id] = inset.letter
    return letters


# -- one map -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Pen:
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

    def map(
        self,
        frame: MapFrame,
        members: Sequence[Member],
        grid: str,
        insets: Sequence[Inset],
        inset: Inset | None = None,
    ) -> MapLayout:
        """Draw one map; ``insets`` are all of the sheet's."""
        unit, fonts = self.unit, self.fonts
        base = base_map(self.scene, frame, self.catalog, grid)
        on_it = tuple(other for other in insets if other.parent == (inset.letter if inset else ""))
        tags = tuple(zip(on_it, source_tags([other.spot.source for other in on_it], unit), strict=True))
        blocked = self._blocked(frame, insets, tags, inset)
        bounds = grown(frame.bounds, -(FRAME_GAP_MM if inset is None else INSET_GAP_MM))
        signs = self._signs(frame, members, bounds, blocked)
        obstacles = Obstacles([*blocked, *(grown(box, 0.25) for box in signs.boxes)])
        for tick in (*signs.ticks, *signs.pointers):
            obstacles.add_line(tick)
        for dot in base.dots:
            if dot.paint.size_mm >= 1.6:
                half = dot.size_mm / 2
                obstacles.add((dot.x - half, dot.y - half, dot.x + half, dot.y + half))
        named, leaders = name_members(
            signs, self.scene, fonts, bounds, obstacles, unit, inset is not None, base.ink
        )
        settled = name_dots(base.dots, fonts, bounds, obstacles, unit, base.ink)
        areas = name_areas(base, settled, fonts, bounds, obstacles, unit, self.scene.lang)
        runs = (*areas, *settled, *named, *signs.runs)
        return MapLayout(frame, base, signs, runs, tuple(leaders), tags, inset)

    def _blocked(
        self, frame: MapFrame, insets: Sequence[Inset], tags: Sequence[tuple[Inset, Box]], inset: Inset | None
    ) -> list[Box]:
        """What no sign or text may cover: the head of an inset, insets, and the frames of their spots."""
        blocked: list[Box] = []
        if inset is not None:
            blocked.append((0.0, 0.0, frame.width_mm, INSET_HEAD_MM * self.unit))
        else:
            blocked += [*self.covered, *(grown(other.box, 1.0) for other in insets)]
        for other, tag in tags:
            blocked += [source_frame(other.spot.source), tag]
        return blocked

    def _signs(
        self, frame: MapFrame, members: Sequence[Member], bounds: Box, blocked: Sequence[Box]
    ) -> MapSigns:
        """Set signs apart; where the frame is too full, join neighbours into stacks until it holds."""
        groups = pregathered(grouped(members, member_places(self.scene, frame)))
        maker = SignMaker(self.scene, self.fonts, self.share, bounds, blocked)
        for _ in range(MOST_ROUNDS):
            crowded = maker.crowded(groups)
            if len(crowded) < 2 or len(groups) < 2:  # a last one is the exact look's
                break
            groups = gathered(groups, crowded)
        drawn = maker.draw(groups)
        for _ in range(LAST_ROUNDS):
            if not drawn.crowded or len(groups) < 2:
                break
            groups = gathered(groups, drawn.crowded)
            drawn = maker.draw(groups)
        return drawn


def source_frame(source: Box) -> Box:
    """The frame that stands for a spot on the main map: never smaller than can be seen."""
    from geoservice.scheme.insets import LEAST_SOURCE_MM

    grow_x = max(0.0, LEAST_SOURCE_MM - (source[2] - source[0])) / 2
    grow_y = max(0.0, LEAST_SOURCE_MM - (source[3] - source[1])) / 2
    return (source[0] - grow_x, source[1] - grow_y, source[2] + grow_x, source[3] + grow_y)


def source_tags(sources: Sequence[Box], unit: float) -> list[Box]:
    """The plates of the letters, each at a corner of its frame where it hides no other frame or plate."""
    half = 1.8 * unit
    frames = [source_frame(source) for source in sources]
    tags: list[Box] = []
    for index, (x0, y0, x1, y1) in enumerate(frames):
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        plates = [(x - half, y - half, x + half, y + half) for x, y in corners]
        others = [*tags, *(frame for i, frame in enumerate(frames) if i != index)]
        free = (plate for plate in plates if not any(overlap(plate, other) for other in others))
        tags.append(next(free, plates[0]))
    return tags
