"""What the files of layers/, styles/ and data/ may say: validated, frozen specifications."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from geoservice.model import LANGUAGES, Role

LayerKind = Literal["boundaries", "area", "line", "point", "raster"]
Level = Literal["district", "economic_region", "region", "country"]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
ScaleRange = tuple[int, int]


def _three_languages(value: Any) -> Any:
    """A plain text stands for all languages; a table must hold all of them."""
    if isinstance(value, str):
        return dict.fromkeys(LANGUAGES, value)
    if isinstance(value, dict) and (missing := set(LANGUAGES) - set(value)):
        raise ValueError(f"languages missing: {', '.join(sorted(missing))}")
    return value


Titles = Annotated[dict[str, str], BeforeValidator(_three_languages)]


def _partial_date(value: Any) -> Any:
    """A date of TOML, or an ISO date that may stop at the month or the year; one of the calendar."""
    said = str(value)
    if said and not is_partial_date(said):
        raise ValueError("a date: YYYY, YYYY-MM or YYYY-MM-DD")
    return said


AsOf = Annotated[str, BeforeValidator(_partial_date)]


def is_partial_date(text: str) -> bool:
    """Whether a text is an ISO date that may stop at the month or the year."""
    try:
        dt.date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return len(text) in (4, 7, 10)


class Spec(BaseModel):
    """Base: frozen, and a misspelt key is an error rather than ignored."""

    # Deferred: of a specification within others no validator of its own is ever wanted.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class MissingFeature(Spec):
    """A unit that the source of a boundary set has no polygon for, and the polygon its territory lies in."""

    code: str
    name_az: str
    within: str
    reason: str
    name_en: str = ""
    name_ru: str = ""
    parent: str = ""


class LayerSpec(Spec):
    """A layer: ``layers/<id>.toml``. ``scale_range`` holds denominators, the smaller first."""

    id: Identifier
    kind: LayerKind
    title: Titles
    data: str
    style: str
    source: str
    licence: str
    crs: str = "EPSG:4326"
    key: str = "code"
    country: str = ""
    level: Level | None = None
    parent: str = ""
    order: int = 50
    scale_range: ScaleRange = (1, 100_000_000)
    default: bool = True
    generalised: bool = False
    as_of: AsOf = ""  # of which day, month or year the data tell
    edition: str = Field("", max_length=200)  # the source's own name for what it issued
    accuracy_m: float | None = Field(None, gt=0)  # how far its lines may run beside the true ones
    opacity: float = Field(1.0, ge=0, le=1)
    licence_url: str = ""
    derived_by: str = ""
    names: dict[str, str] = Field(default_factory=dict)
    note: Titles = Field(default_factory=dict)
    missing: tuple[MissingFeature, ...] = ()
    folder: Path = Path()  # where the file was found: set by the catalogue, not by the file

    @model_validator(mode="after")
    def _consistent(self) -> LayerSpec:
        if self.kind == "boundaries" and self.level is None:
            raise ValueError("a boundary set needs a level")
        if self.scale_range[0] > self.scale_range[1]:
            raise ValueError("scale_range: the smaller denominator comes first")
        if Path(self.data).is_absolute() or ".." in Path(self.data).parts:
            raise ValueError("data: a path inside the layers folder")
        return self

    @property
    def path(self) -> Path:
        """The data file."""
        return self.folder / self.data

    def name_field(self, lang: str) -> str:
        """The property that holds a feature's name in a language."""
        return self.names.get(lang) or self.names.get("az") or next(iter(self.names.values()), "name")


class Paint(Spec):
    """How a rule draws: sizes in mm on paper, in CSS px on screen."""

    fill: Colour | None = None
    fill_opacity: float = Field(1.0, ge=0, le=1)
    stroke: Colour | None = None
    stroke_opacity: float = Field(1.0, ge=0, le=1)
    stroke_mm: float = 0.2
    stroke_px: float = 1.0
    dash_mm: tuple[float, ...] = ()
    dash_px: tuple[float, ...] = ()
    casing: Colour | None = None
    casing_mm: float = 0.0
    casing_px: float = 0.0
    shape: Literal["circle", "square", "ring"] = "circle"
    size_mm: float = 1.5
    size_px: float = 6.0
    label: bool = False
    label_mm: float = 2.2
    label_px: float = 11.0
    label_colour: Colour = "#333333"
    label_halo: Colour = "#ffffff"
    label_style: Literal["normal", "italic", "bold", "caps"] = "normal"


class Where(Spec):
    """Which features a rule matches; ``min`` is inclusive, ``max`` exclusive."""

    field: str
    equals: str | None = None
    one_of: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None


class Rule(Spec):
    """The first rule that matches a feature draws it and gives it its legend entry."""

    cls: str = Field(alias="class")
    title: Titles
    paint: Paint
    where: Where | None = None
    scale_range: ScaleRange | None = None
    legend: bool = True


class LayerStyle(Spec):
    """A named list of rules."""

    id: str
    rule: tuple[Rule, ...] = Field(min_length=1)


class SignSpec(Spec):
    """The sign of one organisation type."""

    cls: str = Field(alias="class")
    symbol: str
    size_mm: float = Field(gt=0)
    size_px: float = Field(gt=0)
    colour: Colour


class MarkSpec(Spec):
    """The badge of a mark of the register."""

    code: str
    symbol: str
    size_mm: float = Field(gt=0)
    size_px: float = Field(gt=0)


class OrganisationStyle(Spec):
    """``styles/organisations.toml``: signs and marks for a classification."""

    id: str
    classification: str
    sign: tuple[SignSpec, ...]
    mark: tuple[MarkSpec, ...]


class TypeSpec(Spec):
    """One type of a classification."""

    code: str
    role: Role
    title: Titles
    short: Titles
    aliases: tuple[str, ...] = ()


class AbbreviationSpec(Spec):
    """An abbreviation, exactly as it is written, and what it stands for.

    ``everyday`` ones (kilometre, hectare) are explained as well, in the group of units.
    """

    form: str
    title: Titles
    languages: tuple[str, ...] = ()
    kind: Literal["legal_form", "mark", "unit", "other"] = "other"
