"""Bodies of the JSON resources, for validation and for OpenAPI."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Texts = Annotated[
    str | dict[Literal["az", "en", "ru"], str],
    Field(examples=[{"az": "Abşeron Kimya Klasteri", "en": "Absheron Chemical Cluster"}]),
]


class _Body(BaseModel):
    """A misspelt field is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid")


class ClusterValues(_Body):
    """What may be changed of a cluster."""

    title: Texts | None = None
    description: Texts | None = None
    boundaries: list[str] | None = Field(None, examples=[["az-districts"]])
    ruleset: str | None = Field(None, examples=["az-appendix-13"])
    specialised_organisation: str | None = Field(None, examples=["Abşeron Klaster Mərkəzi MMC"])
    head: str | None = Field(None, examples=["A. A. Nümunəyev"])
    synthetic: bool | None = None


class ClusterCreate(ClusterValues):
    """A new cluster: a code for its addresses and a title."""

    code: str = Field(examples=["abseron-kimya"], description="Lower-case Latin letters, digits, hyphens.")
    title: Texts


class ClusterOut(BaseModel):
    """A cluster and the state of its register."""

    code: str = Field(examples=["abseron-kimya"])
    title: dict[str, str]
    description: dict[str, str]
    boundaries: list[str] = Field(examples=[["az-districts"]])
    ruleset: str = Field(examples=["az-appendix-13"])
    specialised_organisation: str
    head: str
    synthetic: bool
    revision: int = Field(description="Revision of this description, for If-Match.", examples=[1])
    register_revision: int = Field(description="Revision of the register.", examples=[1])
    links: dict[str, str]


class ParticipantValues(_Body):
    """Fields of the register that may be set; coordinates are WGS 84 degrees or a text in any notation."""

    name: str | None = Field(None, examples=["Xəzər Polimer"])
    legal_form: str | None = Field(None, examples=["MMC"])
    organisation_type: str | None = Field(None, examples=["medium_enterprise"])
    number: str | None = None
    marks: list[Literal["founder", "final_producer"]] | None = None
    specialisation: str | None = Field(None, examples=["Polietilen boruların istehsalı"])
    products: str | None = None
    legal_address: str | None = None
    actual_address: str | None = Field(None, examples=["Sumqayıt şəhəri, Kimyaçılar küçəsi 1"])
    website: str | None = Field(None, examples=["https://www.example.org"])
    contacts: str | None = None
    representative: str | None = None
    agreement: str | None = None
    founding_documents: str | None = None
    state_registration: str | None = None
    tax_number: str | None = Field(None, examples=["9900000011"])
    employees: int | None = Field(None, ge=0, examples=[120])
    longitude: float | None = Field(None, examples=[49.6686])
    latitude: float | None = Field(None, examples=[40.5897])
    coordinates: str | None = Field(None, examples=["40°35'22.9\"N 49°40'07\"E"])


class ParticipantCreate(ParticipantValues):
    """A new organisation of the register."""

    name: str = Field(examples=["Xəzər Polimer"])
    organisation_type: str = Field(examples=["medium_enterprise"])


class ProblemOut(BaseModel):
    """One problem of an import. ``severity`` error rejects the row; warning and note do not."""

    row: int | None = Field(examples=[7])
    column: str = Field(examples=["En dairəsi"])
    value: str = Field(examples=["49,66"])
    code: str = Field(examples=["swapped"])
    severity: Literal["error", "warning", "note"]
    message: str


class ProblemGroupOut(BaseModel):
    """Problems of one kind in one column; what differs from row to row is an ellipsis in the message."""

    code: str = Field(examples=["type_unknown"])
    severity: Literal["error", "warning", "note"]
    column: str = Field(examples=["Təşkilatın növü"])
    rows: str = Field(examples=["5–204, 206"])
    count: int = Field(examples=[201])
    message: str


class ImportReportOut(BaseModel):
    """What an import did, or would do: ``read`` is ``taken``, ``rejected`` and ``left_out`` together."""

    file: str = Field(examples=["reyestr.xlsx"])
    read: int = Field(examples=[28])
    taken: int = Field(examples=[27])
    rejected: int = Field(examples=[1])
    left_out: int = Field(description="Rows left out by the caller.", examples=[0])
    dry_run: bool
    revision: int | None = Field(description="The register's revision after it.", examples=[2])
    columns: dict[str, str] = Field(description="Heading in the file -> field of the register.")
    problems: list[ProblemOut]
    groups: list[ProblemGroupOut] = Field(description="The same problems, gathered.")


class RevisionOut(BaseModel):
    """One revision of a register."""

    number: int = Field(examples=[2])
    at: dt.datetime
    by: str = Field(examples=["local"])
    reason: str = Field(examples=["reyestr.xlsx"])
    summary: dict[str, int] = Field(examples=[{"added": 27, "changed": 0, "removed": 0}])


class BoundariesOut(BaseModel):
    """A boundary set."""

    code: str = Field(examples=["az-districts"])
    level: str = Field(examples=["district"])
    title: str = Field(examples=["Azərbaycanın rayon və şəhərləri"])
    regions: int = Field(examples=[66])
    country: str = Field(examples=["AZ"])
    source: str
    licence: str
    as_of: str = Field(
        description="State of the data, an ISO date that may stop at month or year; empty: not known."
    )
    edition: str = Field(description="The source's own name for what it issued; empty: not known.")
    missing: list[dict[str, str]] = Field(description="Units without a polygon, and the one each lies in.")


class LayerOut(BaseModel):
    """A layer of the catalogue."""

    id: str = Field(examples=["az-transport"])
    kind: str = Field(examples=["line"])
    title: str
    order: int
    default: bool
    generalised: bool
    opacity: float
    source: str
    licence: str
    as_of: str = Field(
        description="State of the data, an ISO date that may stop at month or year; empty: not known."
    )
    edition: str = Field(description="The source's own name for what it issued; empty: not known.")
    own: bool = Field(description="Whether the operator added it.")


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946)."""

    model_config = ConfigDict(extra="allow")
    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]
