"""What can really be seen of a drawn base map: the legend explains that and nothing else (5.3.1, item 6).

A region may reach into a frame without its border, a border may lie under a fill or under another line, and
anything may lie under an inset. What was painted is gone through from the top down: an area shows where no
opaque area lies above it, a line where neither an area nor a line as wide does.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from geoservice.render.sheet_kept import Kept
from geoservice.scheme.boxes import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

#: Places of a line are no further apart than this.
STEP_MM = 0.5
#: Less than this of a class is no more than a speck on the map.
LEAST_LINE_MM, LEAST_AREA_MM2 = 1.0, 0.5
#: Areas are looked at on a grid of this size, besides one place in each.
GRID_MM = 8.0
#: Lines are held against each other in cells of this size.
CELL_MM = 0.1


class _Fill(Struct, frozen=True):
    ref: str
    shapes: Any
    opaque: bool


class _Line(Struct, frozen=True):
    ref: str
    lines: Any
    width_mm: float
    solid: bool


class _Shown(Struct, frozen=True):
    """Places, (n, 2), at which a class shows."""

    places: Array
    line: bool

    def beside(self, boxes: Sequence[Box]) -> bool:
        """Whether it shows still when boxes lie over the map; "no" may be wrong."""
        import numpy as np

        x, y = self.places.T[:, :, None]
        x0, y0, x1, y1 = np.asarray(boxes, dtype=float).T
        left = self.places[~((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)).any(axis=1)]
        return _enough(left) if self.line else bool(len(left))


class Painted:
    """Collects what is painted, in its order, and tells what shows of it.

    Args:
        width_mm: width of the map.
        height_mm: height of the map.
    """

    def __init__(self, width_mm: float, height_mm: float) -> None:
        self._frame = (0.0, 0.0, width_mm, height_mm)
        self._painted: list[_Fill | _Line] = []
        self._points: dict[str, list[Box]] = {}
        self._always: set[str] = set()
        self._seen: Kept[frozenset[str]] = Kept(4)
        self._bare: dict[str, _Shown | None] = {}

    def fill(self, ref: str, shapes: Any, *, opaque: bool = True) -> None:
        """Take in (n,) polygons of a class, mm."""
        self._painted.append(_Fill(ref, shapes, opaque))

    def line(self, ref: str, lines: Any, width_mm: float, *, solid: bool = True) -> None:
        """Take in (n,) lines of a class; dashes let through what lies below them."""
        self._painted.append(_Line(ref, lines, width_mm, solid))

    def point(self, ref: str, x: float, y: float, size_mm: float) -> None:
        """Take in a dot; one whose middle is outside the frame does not count."""
        _, _, right, low = self._frame
        if 0 <= x <= right and 0 <= y <= low:
            half = size_mm / 2
            self._points.setdefault(ref, []).append((x - half, y - half, x + half, y + half))

    def always(self, ref: str) -> None:
        """Take in a class without an outline to look at, such as a picture; it is taken to show."""
        self._always.add(ref)

    def seen(self, covered: Sequence[Box] = (), known: frozenset[str] = frozenset()) -> frozenset[str]:
        """The classes of which something shows in the frame, beside boxes that lie over the map.

        Args:
            covered: the boxes.
            known: classes that nobody asks for, as they are known to show on another map.
        """
        found = frozenset(self._always) | {
            ref for ref, dots in self._points.items() if any(not _inside(d, covered) for d in dots)
        }
        wanted = frozenset(item.ref for item in self._painted) - found - known
        return found | self._seen.get((tuple(covered), wanted), lambda: self._found(wanted, covered))

    def _found(self, wanted: frozenset[str], covered: Sequence[Box]) -> frozenset[str]:
        """First where they show with nothing over the map: that holds for all sheets with this base."""
        if new := wanted - self._bare.keys():
            bare = self._look(new, ())
            self._bare.update({ref: bare.get(ref) for ref in new})
        shown = {ref: at for ref in wanted if (at := self._bare[ref]) is not None}
        found = frozenset(ref for ref, at in shown.items() if not covered or at.beside(covered))
        rest = shown.keys() - found
        return found | self._look(rest, covered).keys() if rest else found

    def _look(self, wanted: Set[str], covered: Sequence[Box]) -> dict[str, _Shown]:
        """Those of some classes that show, each with places where it does; it may have more."""
        found: dict[str, _Shown] = {}
        cover, lines = _Cover(self._frame, covered), _Lines(*self._frame[2:])
        for item in reversed(self._painted):
            if wanted <= found.keys():
                break
            asked = item.ref in wanted and item.ref not in found
            if isinstance(item, _Line):
                if asked and _enough(places := _shown(item, cover, lines)):
                    found[item.ref] = _Shown(places, line=True)
                if item.solid:
                    lines.add(item)
                continue
            if asked and (left := cover.leaves(item.shapes)) is not None:
                found[item.ref] = _Shown(left, line=False)
            if item.opaque:
                if cover.hides_all(item.shapes):
                    break
                cover.add(item.shapes)
        return found


class _Cover:
    """The opaque areas above, as one; joined only when somebody asks."""

    def __init__(self, frame: Box, covered: Sequence[Box]) -> None:
        import shapely

        self._frame = frame
        self._boxes = shapely.union_all([shapely.box(*box) for box in covered])
        self._joined: Any = self._boxes
        self._waiting: list[Any] = []

    def add(self, shapes: Any) -> None:
        self._waiting.append(shapes)

    def _whole(self) -> Any:
        import shapely

        if self._waiting:
            self._joined = shapely.union_all([self._joined, *map(_union, self._waiting)])
            self._waiting = []
        shapely.prepare(self._joined)
        return self._joined

    def open(self, places: Array) -> Array:
        """Those of (n, 2) places that lie in the frame and under nothing."""
        import shapely

        _, _, right, low = self._frame
        inside = (places >= 0).all(axis=1) & (places[:, 0] <= right) & (places[:, 1] <= low)
        places, whole = places[inside], self._whole()
        if whole.is_empty:
            return places
        return places[~shapely.contains_xy(whole, places[:, 0], places[:, 1])]

    def _within(self, parts: Any) -> Any:
        """Places on a grid that lie in some polygons."""
        import numpy as np
        import shapely

        _, _, right, low = self._frame
        grid = np.meshgrid(np.arange(GRID_MM / 2, right, GRID_MM), np.arange(GRID_MM / 2, low, GRID_MM))
        x, y = (axis.ravel() for axis in grid)
        shapely.prepare(parts)
        inside = shapely.contains_xy(parts[:, None], x, y).any(axis=0)
        return shapely.points(x[inside], y[inside])

    def hides_all(self, shapes: Any) -> bool:
        """Whether one of (n,) polygons covers the whole frame."""
        import shapely

        return bool(shapely.covers(shapes, shapely.box(*self._frame)).any())

    def leaves(self, shapes: Any) -> Array | None:
        """Tell what of (n,) polygons is left: by a place in each, then by the rest of all.

        Returns:
            The places that are left, none where only the rest tells; ``None`` if nothing is.
        """
        import numpy as np
        import shapely

        parts = _valid(shapely.clip_by_rect(_valid(shapes), *self._frame))
        parts = parts[shapely.area(parts) >= LEAST_AREA_MM2]
        if not len(parts):
            return None
        places = np.concatenate([shapely.point_on_surface(parts), self._within(parts)])
        free = ~shapely.intersects(self._joined, places)
        for above in self._waiting:
            free[free] = ~shapely.intersects(above[:, None], places[free]).any(axis=0)
        if free.any():
            return shapely.get_coordinates(places[free])
        rest = shapely.difference(_union(parts), self._whole())
        return np.empty((0, 2)) if rest.area >= LEAST_AREA_MM2 else None


class _Lines:
    """How wide the solid lines are that run through each cell of a map."""

    def __init__(self, width_mm: float, height_mm: float) -> None:
        import numpy as np

        # A cell more on every side, where no place of the frame is.
        self._cells = np.zeros((int(height_mm / CELL_MM) + 3, int(width_mm / CELL_MM) + 3), dtype=np.float32)
        self._waiting: list[_Line] = []

    def add(self, item: _Line) -> None:
        """Take in a line; it is drawn into the cells when somebody asks."""
        self._waiting.append(item)

    def _draw(self, item: _Line) -> None:
        import numpy as np
        import shapely

        rows, columns = self._at(shapely.get_coordinates(shapely.segmentize(item.lines, CELL_MM)))
        self._cells[rows, columns] = np.maximum(self._cells[rows, columns], item.width_mm)

    def width_at(self, places: Array) -> Array:
        """The widest line at each of (n, 2) places or in a cell beside it, mm."""
        import numpy as np

        while self._waiting:
            self._draw(self._waiting.pop())
        rows, columns = self._at(places)
        last_row, last_column = self._cells.shape[0] - 1, self._cells.shape[1] - 1
        around = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
        found = [
            self._cells[np.clip(rows + down, 0, last_row), np.clip(columns + right, 0, last_column)]
            for down, right in around
        ]
        widest: Array = np.max(found, axis=0)
        return widest

    def _at(self, places: Array) -> tuple[Any, Any]:
        import numpy as np

        cells = np.floor(places / CELL_MM).astype(np.intp) + 1
        inside = (cells >= 0).all(axis=1)
        inside &= (cells[:, 1] < self._cells.shape[0]) & (cells[:, 0] < self._cells.shape[1])
        cells[~inside] = 0
        return cells[:, 1], cells[:, 0]


def _shown(item: _Line, cover: _Cover, above: _Lines) -> Array:
    """Places at which a line lies in the frame, under no area and under no line as wide."""
    import shapely

    places = cover.open(shapely.get_coordinates(shapely.segmentize(item.lines, STEP_MM)))
    return places[above.width_at(places) < item.width_mm - 1e-6]


def _enough(places: Array) -> bool:
    """Whether the places of a line are more than a speck."""
    import numpy as np

    cells = np.floor(places / LEAST_LINE_MM)
    return bool((cells != cells[:1]).any())


def _union(shapes: Any) -> Any:
    """Polygons as one."""
    import shapely

    return shapely.union_all(_valid(shapes))


def _valid(shapes: Any) -> Any:
    """(n,) polygons; what a cut at a frame left crooked is made valid."""
    import shapely

    crooked = ~shapely.is_valid(shapes)
    if crooked.any():
        shapes = shapes.copy()
        shapes[crooked] = shapely.make_valid(shapes[crooked])
    return shapes


def _inside(dot: Box, covered: Sequence[Box]) -> bool:
    return any(
        box[0] <= dot[0] and box[1] <= dot[1] and dot[2] <= box[2] and dot[3] <= box[3] for box in covered
    )
