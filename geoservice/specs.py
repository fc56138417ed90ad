"""What the files of layers/, styles/ and data/ may say: validated, frozen specifications."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta, Struct, field

from geoservice.model import LANGUAGES, Role

LayerKind = Literal["boundaries", "area", "line", "point", "raster"]
Level = Literal["district", "economic_region", "region", "country"]
Identifier = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}\Z")]
ScaleRange = tuple[int, int]


class Titles(dict[str, str]):
    """A text in each of the languages. In a file a plain text stands for all of them."""

    @classmethod
    def of(cls, value: Any) -> Titles:
        """Read what a file says.

        Raises:
            ValueError: neither a text nor a table of texts in all languages.
        """
        if isinstance(value, str):
            return cls(dict.fromkeys(LANGUAGES, value))
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ValueError("a text, or a table of texts by language")
        if missing := set(LANGUAGES) - set(value):
            raise ValueError(f"languages missing: {', '.join(sorted(missing))}")
        return cls(value)


class PartialDate(str):
    """A date of the calendar as in ISO 8601 that may stop at the month or the year; "" for none."""

    __slots__ = ()

    @classmethod
    def of(cls, value: Any) -> PartialDate:
        """Read what a file says: a date of TOML, or a text.

        Raises:
            ValueError: there is no such date.
        """
        said = str(value)
        if said and not is_partial_date(said):
            raise ValueError("a date: YYYY, YYYY-MM or YYYY-MM-DD")
        return cls(said)


def is_partial_date(text: str) -> bool:
    """Whether a text is an ISO date that may stop at the month or the year."""
    try:
        dt.date.fromisoformat(text + "0001-01-01"[len(text) :])
    except ValueError:
        return False
    return len(text) in (4, 7, 10)


class Spec(Struct, frozen=True, forbid_unknown_fields=True):
    """Base: frozen, and a misspelt key is an error rather than ignored."""

    @classmethod
    def read(cls, table: Any) -> Self:
        """Make one from a table of a TOML file.

        Raises:
            msgspec.ValidationError: what is wrong and, at its end, where: `` - at `$.key[0]` ``.
        """
        return msgspec.convert(table, cls, dec_hook=_read_own)


def _read_own(kind: type[Any], value: Any) -> Any:
    """The types that msgspec does not know."""
    if kind is Path:
        return Path(value)
    return kind.of(value)


class MissingFeature(Spec, frozen=True):
    """A unit that the source of a boundary set has no polygon for, and the polygon its territory lies in."""

    code: str
    name_az: str
    within: str
    reason: str
    name_en: str = ""
    name_ru: str = ""
    parent: str = ""


class LayerSpec(Spec, frozen=True):
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
    as_of: PartialDate = PartialDate()  # of which day, month or year the data tell
    edition: Annotated[str, Meta(max_length=200)] = ""  # the source's own name for what it issued
    accuracy_m: Annotated[float, Meta(gt=0)] | None = None  # how far its lines may run beside the true ones
    opacity: Annotated[float, Meta(ge=0, le=1)] = 1.0
    licence_url: str = ""
    derived_by: str = ""
    names: dict[str, str] = field(default_factory=dict)
    note: Titles = field(default_factory=Titles)
    missing: tuple[MissingFeature, ...] = ()
    folder: Path = Path()  # where the file was found: set by the catalogue, not by the file

    def __post_init__(self) -> None:
        if self.kind == "boundaries" and self.level is None:
            raise ValueError("a boundary set needs a level")
        if self.scale_range[0] > self.scale_range[1]:
            raise ValueError("scale_range: the smaller denominator comes first")
        if Path(self.data).is_absolute() or ".." in Path(self.data).parts:
            raise ValueError("data: a path inside the layers folder")

    @property
    def path(self) -> Path:
        """The data file."""
        return self.folder / self.data

    def name_field(self, lang: str) -> str:
        """The property that holds a feature's name in a language."""
        return self.names.get(lang) or self.names.get("az") or next(iter(self.names.values()), "name")


class Paint(Spec, frozen=True):
    """How a rule draws: sizes in mm on paper, in CSS px on screen."""

    fill: Colour | None = None
    fill_opacity: Annotated[float, Meta(ge=0, le=1)] = 1.0
    stroke: Colour | None = None
    stroke_opacity: Annotated[float, Meta(ge=0, le=1)] = 1.0
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


class Where(Spec, frozen=True):
    """Which features a rule matches; ``min`` is inclusive, ``max`` exclusive."""

    field: str
    equals: str | None = None
    one_of: tuple[str, ...] | None = None
    min: float | None = None
    max: float | None = None


class Rule(Spec, frozen=True):
    """The first rule that matches a feature draws it and gives it its legend entry."""

    cls: str = field(name="class")
    title: Titles
    paint: Paint
    where: Where | None = None
    scale_range: ScaleRange | None = None
    legend: bool = True


class LayerStyle(Spec, frozen=True):
    """A named list of rules."""

    id: str
    rule: Annotated[tuple[Rule, ...], Meta(min_length=1)]


class SignSpec(Spec, frozen=True):
    """The sign of one organisation type."""

    cls: str = field(name="class")
    symbol: str
    size_mm: Annotated[float, Meta(gt=0)]
    size_px: Annotated[float, Meta(gt=0)]
    colour: Colour


class MarkSpec(Spec, frozen=True):
    """The badge of a mark of the register."""

    code: str
    symbol: str
    size_mm: Annotated[float, Meta(gt=0)]
    size_px: Annotated[float, Meta(gt=0)]


class OrganisationStyle(Spec, frozen=True):
    """``styles/organisations.toml``: signs and marks for a classification."""

    id: str
    classification: str
    sign: tuple[SignSpec, ...]
    mark: tuple[MarkSpec, ...]


class TypeSpec(Spec, frozen=True):
    """One type of a classification."""

    code: str
    role: Role
    title: Titles
    short: Titles
    aliases: tuple[str, ...] = ()


class AbbreviationSpec(Spec, frozen=True):
    """An abbreviation, exactly as it is written, and what it stands for.

    ``everyday`` ones (kilometre, hectare) are explained as well, in the group of units.
    """

    form: str
    title: Titles
    languages: tuple[str, ...] = ()
    kind: Literal["legal_form", "mark", "unit", "other"] = "other"
