"""The domain's frozen types: what a register holds and what is said of it. No I/O, no web, no drawing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from geoservice.features import Features
from geoservice.languages import DEFAULT_LANGUAGE, LANGUAGES, Language, LocalisedText

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "Language", "LocalisedText"]


class Role(StrEnum):
    """What an organisation is to the cluster (Appendix 5, item 3)."""

    PARTICIPANT = "participant"
    INFRASTRUCTURE = "infrastructure"


class Mark(StrEnum):
    """A mark of the register (Appendix 6, note 2)."""

    FOUNDER = "founder"  # İT: a founder of the specialised organisation
    FINAL_PRODUCER = "final_producer"  # MSB: makes the final industrial product


class PrincipalRole(StrEnum):
    """What the acting person may do, each role including those before it."""

    VIEWER = "viewer"
    EDITOR = "editor"
    OPERATOR = "operator"


class Principal(Struct, frozen=True):
    """Who acts. Every use case takes one."""

    name: str
    role: PrincipalRole

    def may(self, role: PrincipalRole) -> bool:
        """Tell whether this principal's role includes ``role``."""
        order = list(PrincipalRole)
        return order.index(self.role) >= order.index(role)


LOCAL_OPERATOR = Principal("local", PrincipalRole.OPERATOR)


class OrganisationType(Struct, frozen=True):
    """A class of a classification: its code, role and titles; ``aliases`` are lower-case spellings."""

    code: str
    role: Role
    title: LocalisedText
    short: LocalisedText
    aliases: tuple[str, ...] = ()


class Cluster(Struct, frozen=True):
    """A *sənaye klasteri* as the store keeps it.

    ``boundaries`` names the boundary sets (layer ids) against which its members are placed;
    ``revision`` counts the changes of its description (optimistic locking), not those of its register.
    """

    code: str
    title: LocalisedText
    description: LocalisedText = field(default_factory=dict)
    boundaries: tuple[str, ...] = ("az-districts",)
    ruleset: str = "az-appendix-13"
    specialised_organisation: str = ""
    head: str = ""  # signs the sheet: SAA of the specialised organisation's head
    synthetic: bool = False  # invented organisations: said on every page and sheet
    revision: int = 0


_CYRILLIC = re.compile(r"[\u0400-\u04ff]")


class Participant(Struct, frozen=True):
    """One organisation of the register: a participant or an infrastructure object (Appendix 6).

    Coordinates are WGS 84 degrees (EPSG:4326), both or neither; ``coordinates_as_written`` keeps what the
    file said. ``extra`` holds the columns nobody asked for, under their own headings: nothing is lost.
    """

    id: str
    name: str
    organisation_type: str
    number: str = ""
    legal_form: str = ""
    marks: tuple[str, ...] = ()
    specialisation: str = ""
    products: str = ""
    legal_address: str = ""
    actual_address: str = ""
    website: str = ""
    contacts: str = ""
    representative: str = ""
    agreement: str = ""
    founding_documents: str = ""
    state_registration: str = ""
    tax_number: str = ""
    employees: int | None = None
    longitude: float | None = None
    latitude: float | None = None
    coordinates_as_written: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def placed(self) -> bool:
        """Whether the organisation has coordinates."""
        return self.longitude is not None and self.latitude is not None

    @property
    def full_name(self) -> str:
        """Name with its legal form, as a table of the register writes it."""
        if not self.legal_form or self.legal_form.casefold() in self.name.casefold().split():
            return self.name
        if _CYRILLIC.search(self.legal_form):  # ООО «Название», but “Ad” MMC
            return f"{self.legal_form} {self.name}"
        return f"{self.name} {self.legal_form}"


#: Fields that hold data about persons: never on a public page, map or sheet unless the operator says so.
PERSONAL_FIELDS = ("contacts", "representative")

#: Text fields of a participant in the order of the register's form (Appendix 6).
REGISTER_FIELDS = (
    "number", "name", "legal_form", "marks", "organisation_type", "specialisation", "products",
    "legal_address", "actual_address", "website", "contacts", "representative", "agreement",
    "founding_documents", "state_registration", "tax_number", "employees", "longitude", "latitude",
    "coordinates_as_written",
)  # fmt: skip


class Register(Struct, frozen=True):
    """The register of a cluster at one revision: the same revision is the same content, for ever."""

    cluster: str
    revision: int
    changed_at: dt.datetime | None
    participants: tuple[Participant, ...]


class Change(Struct, frozen=True):
    """One change of a register: ``put`` adds or replaces by id, ``remove`` takes out."""

    kind: Literal["put", "remove"]
    id: str
    participant: Participant | None = None


class Revision(Struct, frozen=True):
    """Who changed a register, when and why; ``summary`` counts what was added, changed and removed."""

    cluster: str
    number: int
    at: dt.datetime
    by: str
    reason: str
    summary: Mapping[str, int]


class How(StrEnum):
    """How a participant was placed in a region."""

    INSIDE = "inside"
    BORDER = "border"  # on the line between regions: the region whose code sorts first, flagged
    SNAPPED = "snapped"  # outside every region but within snap_m of one
    OUTSIDE = "outside"
    NO_COORDINATES = "no_coordinates"


class Placement(Struct, frozen=True):
    """Where one participant stands.

    ``region`` is the code of the region it counts for (``None`` if outside or without coordinates);
    ``nearest`` and ``distance_m`` tell, for snapped and outside ones, the nearest region and how far it is;
    ``also`` lists further regions that touch or cover the point (border or overlapping regions).
    """

    id: str
    region: str | None
    how: How
    distance_m: float | None = None
    nearest: str | None = None
    also: tuple[str, ...] = ()


class Issue(Struct, frozen=True):
    """Of which state and edition a layer's data are, as far as its file says.

    ``as_of`` is an ISO date that may stop at the month or the year; ``edition`` is the source's own name for
    what it issued.
    """

    title: LocalisedText
    as_of: str = ""
    edition: str = ""


class Boundaries(Struct, frozen=True):
    """A boundary set: (Multi)Polygons in EPSG:4326, as :class:`Features` or as a GeoDataFrame.

    Columns: ``code`` (unique text), ``name_az``, ``name_en``, ``name_ru``, ``country`` (ISO 3166-1 alpha-2
    or empty), ``parent`` (code or empty), and ``geometry``.
    """

    code: str
    level: str
    title: LocalisedText
    data: Any
    digest: str  # hash of the content: the key of every cache built on it
    source: str = ""
    licence: str = ""
    accuracy_m: float | None = None  # how far its lines may run beside the true ones, where known
    issues: tuple[Issue, ...] = ()  # of what state its data are; a joined set has one for each of its parts

    @property
    def features(self) -> Features:
        """The regions as plain columns."""
        return Features.of(self.data)

    @property
    def frame(self) -> Any:
        """The regions as a GeoDataFrame."""
        return self.data.frame if isinstance(self.data, Features) else self.data
