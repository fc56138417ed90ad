"""The Scene: what a territorial placement scheme shows and what each sign on it means, for every medium.

The web map and the sheet are both drawn from one Scene, so their signs and legends cannot disagree. Nothing
in here knows how it will be drawn; sizes are in mm for paper and px for screens, geometry stays in EPSG:4326
until a medium projects it to ``frame.crs``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from geoservice.features import Features
from geoservice.model import Cluster
from geoservice.specs import Paint

#: States of a region in the verdict; a style of that name paints it, rather than a layer.
REGION_STATES = ("occupied", "bordering")
LegendKind = Literal["sign", "mark", "area", "line", "point", "region", "abbreviation", "raster"]
Tone = Literal["", "good", "bad", "open"]


class Sign(Struct, frozen=True):
    """A sign, of an organisation type or of a mark. ``svg`` is a whole document."""

    id: str
    kind: Literal["type", "mark"]
    svg: str
    title: str
    short: str
    role: str  # participant | infrastructure; empty for marks
    colour: str
    size_mm: float
    size_px: float


class Member(Struct, frozen=True):
    """One organisation as the scheme shows it, texts in the scene's language, public fields only.

    ``number`` counts all members from 1 by type group, as Appendix 6 does: it stands beside the sign and in
    the table. Coordinates are EPSG:4326 degrees, ``None`` for those without. ``marks`` are codes,
    ``mark_texts`` their abbreviations (İT, MSB).
    """

    id: str
    number: int
    name: str
    specialisation: str
    type_code: str
    type_title: str
    role: str
    marks: tuple[str, ...]
    mark_texts: tuple[str, ...]
    longitude: float | None
    latitude: float | None
    region: str  # code of the region it counts for, or ""
    region_name: str
    how: str  # model.How
    how_text: str  # said to the reader when it is not plainly "inside"; else ""
    fields: Mapping[str, str] = field(default_factory=dict)  # further public fields: code -> text
    beyond: bool = False  # it stands outside a sheet that was asked for a part of the territory

    @property
    def located(self) -> bool:
        """Whether it has coordinates."""
        return self.longitude is not None and self.latitude is not None

    @property
    def placed(self) -> bool:
        """Whether it has a sign: it has coordinates, and they are not outside the sheet."""
        return self.located and not self.beyond


class SceneRule(Struct, frozen=True):
    """A resolved rule of a layer: the features of its class and how they are painted.

    ``scale_range``: denominators at which the class is drawn; on paper it has been applied already.
    """

    cls: str
    title: str
    paint: Paint
    legend: bool = True
    scale_range: tuple[int, int] = (1, 100_000_000)


class SceneLayer(Struct, frozen=True):
    """A base layer, clipped to what the medium can show, never empty.

    ``data``: :class:`Features` or a GeoDataFrame in EPSG:4326 with ``code``, ``name`` (in the scene's
    language), ``cls`` (which rule draws the feature) and ``geometry``; for ``raster`` layers ``None``, and
    ``path`` is the file.
    """

    id: str
    title: str
    kind: Literal["area", "line", "point", "raster"]
    order: int
    data: Any
    rules: tuple[SceneRule, ...]
    opacity: float = 1.0
    source: str = ""
    licence: str = ""
    licence_url: str = ""
    note: str = ""  # said beside the title in the legend, e.g. "generalised"
    path: Any = None
    level: str = ""  # of a boundary set: district, economic_region, region or country
    as_of: str = ""  # of what day, month or year its data are: an ISO date that may stop short
    edition: str = ""

    @property
    def features(self) -> Features | None:
        """What is drawn, as plain columns; ``None`` for a raster."""
        return None if self.data is None else Features.of(self.data)

    @property
    def frame(self) -> Any:
        """What is drawn, as a GeoDataFrame; ``None`` for a raster."""
        return self.data.frame if isinstance(self.data, Features) else self.data


class SceneRegion(Struct, frozen=True):
    """A region that matters for the verdict: ``state`` "occupied" or "bordering" (of an occupied one).

    ``geometry`` is a (Multi)Polygon in EPSG:4326; ``count`` the members that count for it.
    """

    code: str
    name: str
    state: Literal["occupied", "bordering"]
    count: int
    component: int | None
    geometry: Any


class VerdictText(Struct, frozen=True):
    """The concentration check in words: ``sentence`` says it all, ``reasons`` say why, clause by clause.

    ``state``: "met"; "not_met"; "too_few", where the members stand together but are not enough; or
    "not_shown", when it cannot be judged yet: nobody located, or somebody's place unknown.
    """

    verdict: str
    satisfied: bool
    sentence: str
    reasons: tuple[str, ...]
    ruleset: str
    state: Literal["met", "not_met", "too_few", "not_shown"] = "not_shown"


class EvidenceRow(Struct, frozen=True):
    """A row of a table of evidence; ``tone``: whether it speaks for the requirement or against it."""

    cells: tuple[str, ...]
    tone: Tone = ""


class EvidenceTable(Struct, frozen=True):
    """A table of evidence, texts in the scene's language; ``code`` tells a medium how to set its columns."""

    code: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[EvidenceRow, ...]
    note: str = ""


class EvidenceRegion(Struct, frozen=True):
    """A region on the schematic map of a verdict; ``number`` is its row in the table, 0 for those without.

    ``state``: "occupied"; "bridge", one that would connect separated ones; or "other", what lies around.
    ``component`` counts the connected sets from 0. ``geometry`` is a (Multi)Polygon in EPSG:4326.
    """

    number: int
    name: str
    state: Literal["occupied", "bridge", "other"]
    count: int
    component: int | None
    country: str
    geometry: Any


class EvidenceBorder(Struct, frozen=True):
    """Where two occupied regions meet, EPSG:4326, and whether that counts as bordering."""

    counts: bool
    shape: Literal["line", "point", "area"]
    geometry: Any


class Evidence(Struct, frozen=True):
    """What a verdict rests on, for whoever checks it."""

    tables: tuple[EvidenceTable, ...]
    regions: tuple[EvidenceRegion, ...]
    borders: tuple[EvidenceBorder, ...]


class LegendEntry(Struct, frozen=True):
    """A line of the legend. ``ref``: a sign id, ``layer/cls``, a region state or the abbreviation."""

    kind: LegendKind
    ref: str
    title: str
    count: int = 0
    paint: Paint | None = None


class LegendGroup(Struct, frozen=True):
    """A heading of the legend (participants, infrastructure, marks, regions, base, abbreviations)."""

    code: str
    title: str
    entries: tuple[LegendEntry, ...]


class Panel(Struct, frozen=True):
    """A second map of a sheet, beside the main one: another country's part, or the plan of a town.

    ``extent`` in metres of ``crs``; ``box`` is its rectangle in the main frame (mm, y down).
    """

    kind: Literal["country", "plan"]
    title: str
    crs: str
    crs_name: str
    denominator: int
    extent: tuple[float, float, float, float]
    box: tuple[float, float, float, float]


class Frame(Struct, frozen=True):
    """The map frame of a sheet: projection, scale and extent.

    ``extent`` is (min_x, min_y, max_x, max_y) in metres of ``crs``; width_mm x height_mm on paper is the same
    rectangle at 1 : denominator. ``panels`` cover a part of it; ``title`` tells it from them.
    """

    crs: str  # e.g. "EPSG:32639" or a PROJ string
    crs_name: str  # as printed
    denominator: int
    width_mm: float
    height_mm: float
    extent: tuple[float, float, float, float]
    reason: str  # why this scale, in the scene's language
    paper: str = "A3"
    landscape: bool = True
    title: str = ""
    panels: tuple[Panel, ...] = ()
    lists_beyond: bool = False  # who stands outside is listed; such a frame has no panels


class Scene(Struct, frozen=True):
    """Everything that a medium draws. ``frame`` is ``None`` for screens."""

    cluster: Cluster
    title: str  # "Ərazi yerləşdirilməsi sxemi"
    cluster_title: str
    lang: str
    as_of: dt.date
    register_revision: int
    members: tuple[Member, ...]
    signs: Mapping[str, Sign]  # by id: exactly those that the members use, types and marks
    regions: tuple[SceneRegion, ...]
    layers: tuple[SceneLayer, ...]
    legend: tuple[LegendGroup, ...]
    verdict: VerdictText
    bounds: tuple[float, float, float, float] | None  # EPSG:4326 box of the placed members and their regions
    sources: tuple[str, ...]  # credit lines of the layers shown
    notice: str = ""  # e.g. that the organisations are invented
    frame: Frame | None = None
    evidence: Evidence | None = None  # where it was asked for
    filter: str = ""  # in words, where not all members were asked for: the scene is an extract then
    left_out: tuple[Member, ...] = ()  # by that filter: counted, not shown
    dated_sources: tuple[str, ...] = ()  # the sources with the state and edition of their data

    @property
    def everyone(self) -> tuple[Member, ...]:
        """All members of the register, those whom the filter left out too."""
        return tuple(sorted((*self.members, *self.left_out), key=lambda member: member.number))

    @property
    def placed(self) -> tuple[Member, ...]:
        """Members that have a sign."""
        return tuple(
            m for m in self.members if m.longitude is not None and m.latitude is not None and not m.beyond
        )

    @property
    def unplaced(self) -> tuple[Member, ...]:
        """Members without coordinates: listed, never forgotten."""
        return tuple(member for member in self.members if not member.located)

    @property
    def beyond(self) -> tuple[Member, ...]:
        """Members outside a sheet of a part of the territory: listed on it."""
        return tuple(member for member in self.members if member.located and member.beyond)
