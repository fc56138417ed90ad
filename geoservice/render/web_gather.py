"""Which signs gather on the web map, worked out on the server for the first picture.

The live map leaves this to Leaflet.markercluster (DistanceGrid and MarkerClusterGroup._addLayer); the same
steps are taken here, so that the picture holds the gatherings that the map will make of the same signs. A
browser test compares both.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any

from msgspec import Struct, field

Point = tuple[float, float]

#: As own/map/members.js has it: a sign with its number.
RADIUS_PX = 48.0
MAX_ZOOM = 18
TILE_PX = 256.0


class Gathering(Struct, frozen=True):
    """Signs that stand as one at a whole zoom; ``places`` index the signs, ``anchor`` is in degrees."""

    zoom: int
    places: tuple[int, ...]
    anchor: Point  # longitude, latitude: the mean of the signs, as the library places it


class _Node(Struct, eq=False):
    """A gathering that is being made; ``zoom`` -1 is the top, which holds whatever gathers nowhere."""

    zoom: int
    centre: int  # the sign that was there first
    parent: _Node | None = None
    signs: list[int] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)

    def every(self) -> list[int]:
        found = list(self.signs)
        for child in self.children:
            found += child.every()
        return found


class _Grid:
    """What lies near a place of one zoom, found by cells as wide as the radius."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], list[tuple[Any, Point]]] = {}

    @staticmethod
    def _cell(point: Point) -> tuple[int, int]:
        return floor(point[0] / RADIUS_PX), floor(point[1] / RADIUS_PX)

    def add(self, item: Any, point: Point) -> None:
        self.cells.setdefault(self._cell(point), []).append((item, point))

    def remove(self, item: Any, point: Point) -> None:
        cell = self.cells.get(self._cell(point), [])
        cell[:] = [held for held in cell if held[0] != item]

    def near(self, point: Point) -> Any:
        """The nearest within the radius, of equally near ones the first; ``None`` where there is none."""
        column, row = self._cell(point)
        least, found = RADIUS_PX * RADIUS_PX, None
        for y in (row - 1, row, row + 1):
            for x in (column - 1, column, column + 1):
                for item, (px, py) in self.cells.get((x, y), ()):
                    distance = (px - point[0]) ** 2 + (py - point[1]) ** 2
                    if distance < least or (distance <= least and found is None):
                        least, found = distance, item
        return found


class _Tree:
    """The gatherings of all zooms, made by adding one sign after another."""

    def __init__(self, world: Sequence[Point], min_zoom: int) -> None:
        self.world = world
        self.min_zoom = min_zoom
        self.top = _Node(min_zoom - 1, -1)
        zooms = range(min_zoom, MAX_ZOOM + 1)
        self.gathered = {zoom: _Grid() for zoom in zooms}
        self.single = {zoom: _Grid() for zoom in zooms}
        self.parent: dict[int, _Node] = {}
        self.nodes: list[_Node] = []
        for place in range(len(world)):
            self._add(place)

    def _at(self, place: int, zoom: int) -> Point:
        scale = TILE_PX * 2.0**zoom
        return self.world[place][0] * scale, self.world[place][1] * scale

    def _make(self, zoom: int, centre: int) -> _Node:
        node = _Node(zoom, centre)
        self.nodes.append(node)
        self.gathered[zoom].add(node, self._at(centre, zoom))
        return node

    def _add(self, place: int) -> None:
        for zoom in range(MAX_ZOOM, self.min_zoom - 1, -1):
            point = self._at(place, zoom)
            node = self.gathered[zoom].near(point)
            if node is not None:
                node.signs.append(place)
                self.parent[place] = node
                return
            other = self.single[zoom].near(point)
            if other is not None:
                self._join(other, place, zoom)
                return
            self.single[zoom].add(place, point)
        self.top.signs.append(place)
        self.parent[place] = self.top

    def _join(self, other: int, place: int, zoom: int) -> None:
        """Two signs become a gathering at a zoom and, down to that of the one's parent, at those before."""
        parent = self.parent[other]
        parent.signs.remove(other)
        node = self._make(zoom, other)
        node.signs = [other, place]
        self.parent[other] = self.parent[place] = node
        for lower in range(zoom - 1, parent.zoom, -1):
            above = self._make(lower, other)
            above.children.append(node)
            node.parent = above
            node = above
        node.parent = parent
        parent.children.append(node)
        for lower in range(zoom, self.min_zoom - 1, -1):
            self.single[lower].remove(other, self._at(other, lower))


def gather(
    degrees: Sequence[Point], world: Sequence[Point], min_zoom: int
) -> tuple[list[Gathering], list[int]]:
    """Return the gatherings of every whole zoom, and for each sign the first zoom at which it stands alone.

    Args:
        degrees: longitude and latitude of each sign, in the order in which the map adds them.
        world: the same places in Web Mercator, 0 to 1, y down.
        min_zoom: the lowest zoom that is asked for.
    """
    tree = _Tree(world, min_zoom)
    alone = [tree.parent[place].zoom + 1 for place in range(len(world))]
    made = []
    for node in tree.nodes:
        places = node.every()
        middle = [sum(degrees[place][axis] for place in places) / len(places) for axis in (0, 1)]
        made.append(Gathering(node.zoom, tuple(places), (middle[0], middle[1])))
    return made, alone
