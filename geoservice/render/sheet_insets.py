"""The insets of a sheet: panels of its frame, dense spots, which member stands on which of the maps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from geoservice.render.sheet_base import MapFrame, content_digest
from geoservice.render.sheet_frame import squares
from geoservice.render.sheet_kept import Kept
from geoservice.render.sheet_paths import Cut
from geoservice.scheme.boxes import Box, grown, overlap
from geoservice.scheme.insets import (
    LETTERS,
    Inset,
    Nested,
    Roomed,
    Spot,
    found_room,
    lettered,
    nested_spots,
)
from geoservice.scheme.plates import DOT_MM
from geoservice.scheme.projection import transformer
from geoservice.scheme.scale import SERIES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

    from geoservice.scheme.scene import Frame, Scene

#: An inset takes at most this share of the frame's longer and shorter side.
INSET_SHARE = (0.36, 0.55)
#: What a sign with its number takes: closer places collide.
PITCH_MM = (8.2, 5.8)
Places = dict[str, tuple[float, float]]
#: A spot of a panel, where it is on the sheet -> letter of the panel, and the spot on it.
Homes = dict[Spot, tuple[str, Spot]]
Size = tuple[float, float]


def member_places(scene: Scene, frame: MapFrame) -> Places:
    """Place of each placed member in mm of a frame, by id."""
    placed = scene.placed
    if not placed:
        return {}
    metres = _projected(tuple((m.longitude, m.latitude) for m in placed), frame.crs)
    cut = Cut(frame.crs, frame.extent, frame.width_mm, frame.height_mm)
    places = cut.on_paper(*metres).tolist()
    return {member.id: (x, y) for member, (x, y) in zip(placed, places, strict=True)}


@lru_cache(maxsize=16)
def _projected(lonlat: tuple[tuple[float | None, float | None], ...], crs: str) -> Array:
    """Degrees as (2, n) metres of a CRS: the same for all the maps of a sheet."""
    import numpy as np

    return np.stack(transformer(crs).transform(*np.asarray(lonlat, dtype=float).T))


# -- panels --------------------------------------------------------------------------------------------------


def panel_insets(framed: Frame, main: MapFrame) -> list[Inset]:
    """The panels of a frame as insets, lettered first; those of other countries lie far off the main map."""
    found = []
    for letter, panel in zip(LETTERS, framed.panels, strict=False):
        far = panel.crs != main.crs or panel.kind == "country"
        width, height = panel.box[2] - panel.box[0], panel.box[3] - panel.box[1]
        metres, (west, south, east, north) = main.metres_per_mm, panel.extent
        left, top = main.extent[0], main.extent[3]
        source = (0.0, 0.0, 0.0, 0.0) if far else (
            (west - left) / metres, (top - north) / metres, (east - left) / metres, (top - south) / metres
        )  # fmt: skip
        spot = Spot((), source, panel.denominator, width, height)
        found.append(Inset(letter, spot, panel.box, title=panel.title, far=far))
    return found


def place_of_insets(
    scene: Scene, main: MapFrame, share: float, panels: Sequence[Inset], covered: Sequence[Box]
) -> list[Inset]:
    """The panels, and insets for the dense spots of the main map and of the panels.

    Smaller insets are tried until all spots have room. Detail maps among the panels get none: their pages
    have the room.
    """
    frames = inset_frames(scene.frame, main, panels)
    on = membership(scene, panels, frames)
    pitch = (PITCH_MM[0] * share, PITCH_MM[1] * share)
    wide, tall = INSET_SHARE if main.width_mm > main.height_mm else reversed(INSET_SHARE)
    paged = [panel for panel in panels if panel.page]
    own = {panel.letter for panel in paged}
    distinct = {
        letter: _distinct(scene, frame, on, letter) for letter, frame in frames.items() if letter not in own
    }
    land = _LAND.get((content_digest(scene), main), lambda: _land(scene, main))
    sizes = [(main.width_mm * wide * part, main.height_mm * tall * part) for part in (1.0, 0.85, 0.7, 0.55)]
    tries = _Tries(lambda size: _spots(distinct, frames, panels, pitch, size), sizes)
    windows = tuple(_windows(panels))
    room = _Room(main.bounds, tuple(distinct[""]), pitch, (*covered, *windows), tuple(land), windows)
    taken: list[Roomed] = []
    taken_homes: Homes = {}
    for start in range(len(sizes)):
        found, whole = room.filled(tries, start)
        if _worth(found) > _worth(taken):
            taken, taken_homes = found, tries.homes()
        if whole:
            break
    if not taken:
        return list(panels)
    return _after(panels, lettered(taken), taken_homes)


def _windows(panels: Sequence[Inset]) -> Iterator[Box]:
    """Where the frames of detail maps are on the sheet's first page: on the main map or on a panel."""
    offsets = {"": (0.0, 0.0), **{panel.letter: panel.box[:2] for panel in panels if not panel.page}}
    for panel in panels:
        if panel.page and panel.parent in offsets:
            dx, dy = offsets[panel.parent]
            x0, y0, x1, y1 = panel.spot.source
            yield (x0 + dx, y0 + dy, x1 + dx, y1 + dy)


class _Tries:
    """Spots of a map and their homes, for smaller and smaller insets; each size when it is wanted."""

    def __init__(self, make: Callable[[Size], tuple[list[Nested], Homes]], sizes: Sequence[Size]) -> None:
        self._make, self._sizes = make, sizes
        self._made: list[tuple[list[Nested], Homes]] = []

    def upward(self, start: int) -> Iterator[tuple[list[Nested], Homes]]:
        for number in range(start, len(self._sizes)):
            while number >= len(self._made):
                self._made.append(self._make(self._sizes[len(self._made)]))
            yield self._made[number]

    def homes(self) -> Homes:
        return {spot: home for _, homes in self._made for spot, home in homes.items()}


class _Room(Struct, frozen=True):
    """Where insets find room on a main map: its bounds, the places on it (mm), what to keep clear of.

    ``windows`` are the frames of detail maps: no spot lies in one.
    """

    bounds: Box
    places: tuple[tuple[float, float], ...]
    pitch: tuple[float, float]
    covered: tuple[Box, ...]
    land: tuple[Box, ...]
    windows: tuple[Box, ...] = ()

    def filled(self, tries: _Tries, start: int) -> tuple[list[Roomed], bool]:
        """Room for spots, then for smaller ones where a larger one found none; and whether all found it."""
        found: list[Roomed] = []
        half_w, half_h = self.pitch[0] * 0.75, self.pitch[1] * 0.75
        for number, (all_spots, homes) in enumerate(tries.upward(start)):
            taken = [nested.spot for nested, _ in found if nested.parent is None]
            spots = _clear_of(all_spots, [*(spot.source for spot in taken), *self.windows])
            if not spots:
                continue
            outer = [n.spot for n in spots if n.parent is None] + taken
            inside = {i for spot in outer if spot not in homes for i in spot.indices}
            clear = [
                (x - half_w, y - half_h, x + half_w, y + half_h)
                for index, (x, y) in enumerate(self.places)
                if index not in inside
            ]
            around = [*self.land, *(grown(box, 12.0) for box in clear)]
            before = len(found)
            found = found_room(spots, self.bounds, [*clear, *self.covered], around, found)
            if len(found) - before == len(spots):
                return found, not number
        return found, False


def _clear_of(spots: Sequence[Nested], taken: Sequence[Box]) -> list[Nested]:
    """The spots whose frames lie clear of others, with those on their insets."""
    frames = [grown(source, 1.0) for source in taken]
    return [n for n in spots if not any(overlap((n.parent or n.spot).source, frame) for frame in frames)]


def _distinct(scene: Scene, frame: MapFrame, on: dict[str, str], letter: str) -> list[tuple[float, float]]:
    places = member_places(scene, frame)
    return sorted({(round(x, 2), round(y, 2)) for key, (x, y) in places.items() if on[key] == letter})


def _spots(
    distinct: dict[str, list[tuple[float, float]]],
    frames: dict[str, MapFrame],
    panels: Sequence[Inset],
    pitch: tuple[float, float],
    size: tuple[float, float],
) -> tuple[list[Nested], Homes]:
    """Dense spots of all maps, and for those of panels (set where they are on the sheet) their home."""
    import numpy as np

    spots: list[Nested] = []
    homes: Homes = {}
    offsets = {"": (0.0, 0.0), **{panel.letter: panel.box[:2] for panel in panels}}
    for letter, places in distinct.items():
        if not places:
            continue
        found = nested_spots(np.asarray(places), pitch, frames[letter].denominator, size, SERIES)
        for nested in found:
            if not letter:
                spots.append(nested)
            elif nested.parent is None:
                dx, dy = offsets[letter]
                x0, y0, x1, y1 = nested.spot.source
                moved = replace(nested.spot, source=(x0 + dx, y0 + dy, x1 + dx, y1 + dy))
                spots.append(replace(nested, spot=moved))
                homes[moved] = (letter, nested.spot)
    return spots, homes


def _after(panels: Sequence[Inset], found: Sequence[Inset], homes: Homes) -> list[Inset]:
    """Letter the insets of dense spots after the panels; those of a panel's spots lie on that panel."""
    letters = dict(zip((inset.letter for inset in found), LETTERS[len(panels) :], strict=False))
    made = list(panels)
    for inset in found[: len(letters)]:
        if inset.spot in homes:
            parent, spot = homes[inset.spot]
            made.append(replace(inset, letter=letters[inset.letter], parent=parent, spot=spot))
        else:
            made.append(replace(inset, letter=letters[inset.letter], parent=letters.get(inset.parent, "")))
    return made


_LAND: Kept[list[Box]] = Kept(16)


def _land(scene: Scene, frame: MapFrame) -> list[Box]:
    """Strips of the frame, 8 mm tall, in occupied regions: an inset had better cover sea or a neighbour."""
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
    inside = shapely.contains_xy(land, x, y).reshape(len(ys), len(xs))
    edges = np.diff(np.pad(inside, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, first = np.nonzero(edges > 0)
    _, beyond = np.nonzero(edges < 0)
    runs = zip((8 * first).tolist(), (8 * rows).tolist(), (8 * beyond).tolist(), strict=True)
    return [(float(x0), float(y0), float(x1), float(y0 + 8)) for x0, y0, x1 in runs]


def without(insets: Sequence[Inset], full: Inset) -> list[Inset]:
    """The insets without one that cannot hold its signs, and without those on it; lettered anew."""
    kept = [inset for inset in insets if full.letter not in (inset.letter, inset.parent)]
    names = {inset.letter: letter for inset, letter in zip(kept, LETTERS, strict=False)}
    return [replace(i, letter=names[i.letter], parent=names.get(i.parent, "")) for i in kept]


def _worth(found: Sequence[Roomed]) -> tuple[int, int]:
    """How many places insets set apart, and how many insets there are."""
    return sum(nested.apart for nested, _ in found), len(found)


def inset_frames(framed: Frame | None, frame: MapFrame, insets: Sequence[Inset]) -> dict[str, MapFrame]:
    """The frame of each inset by its letter; an inner one lies on its parent's."""
    frames: dict[str, MapFrame] = {"": frame}
    panels = dict(zip(LETTERS, framed.panels if framed else (), strict=False))
    for inset in insets:
        if (panel := panels.get(inset.letter)) is not None:
            frames[inset.letter] = MapFrame(
                panel.crs, panel.extent, inset.spot.width_mm, inset.spot.height_mm, panel.denominator
            )
            continue
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
        frames[inset.letter] = MapFrame(on.crs, extent, spot.width_mm, spot.height_mm, spot.denominator)
    return frames


def membership(
    scene: Scene, insets: Sequence[Inset], frames: dict[str, MapFrame], head_mm: float = 0.0
) -> dict[str, str]:
    """Member id -> letter of the map it stands on, the innermost that shows its place; "" is the main map.

    ``head_mm``: height of the head of an inset. Whoever would lie under it stands on the map around it.
    """
    letters = {member.id: "" for member in scene.placed}
    for inset in insets:
        frame = frames[inset.letter]
        low_x, low_y, high_x, high_y = frame.bounds
        if not (inset.page or inset.title):
            low_y += head_mm and head_mm + DOT_MM
        for member_id, (x, y) in member_places(scene, frame).items():
            if letters[member_id] == inset.parent and low_x <= x <= high_x and low_y <= y <= high_y:
                letters[member_id] = inset.letter
    return letters


def squares_of(
    scene: Scene,
    insets: Sequence[Inset],
    frames: dict[str, MapFrame],
    inset_of: dict[str, str],
    panels: Sequence[Inset],
) -> dict[str, str]:
    """Member id -> its square on the sheet's first page, wherever its map lies, or on its own page."""
    places = member_places(scene, frames[""])
    for panel in panels:
        dx, dy = panel.box[:2]
        own = member_places(scene, frames[panel.letter])
        held = {i.letter for i in insets if panel.letter in (i.letter, i.parent)}
        places |= {key: (x + dx, y + dy) for key, (x, y) in own.items() if inset_of[key] in held}
    fields = squares(frames[""])
    found = {member_id: fields.of(*place) for member_id, place in places.items()}
    for page in (inset for inset in insets if inset.page):
        fields, own = squares(frames[page.letter]), member_places(scene, frames[page.letter])
        found |= {key: fields.of(*place) for key, place in own.items() if inset_of[key] == page.letter}
    return found
