"""Resource: the territorial placement scheme, and open data."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, File, Path, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from geoservice import i18n
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.prepared import disposition, respond, respond_page
from geoservice.api.problems import content, documented
from geoservice.errors import NotFoundError
from geoservice.export import FORMATS
from geoservice.scheme.choice import CODED, Choice
from geoservice.service.schemes import MEDIA

router = APIRouter(prefix="/api/v1/clusters/{cluster}", tags=["schemes"])


SHEETS = ("pdf", "png", "svg")
#: How many values of one name a filter takes.
MOST_VALUES = 200


def one_of(formats: Collection[str]) -> Any:
    """A format in an address: documented as a choice; the route answers any other with those there are."""
    names = list(formats)
    schema = {"enum": [*names]}
    return Path(description=f"One of: {', '.join(names)}.", examples=names[:1], json_schema_extra=schema)


class SchemeQuery(BaseModel):
    """What a scheme shows."""

    layers: str = Field(
        "",
        description="Layers besides the default ones, by id, with commas between; a leading - leaves out "
        "a layer (-sea), a class of one (-settlements/town) or the regions of a state (-regions/bordering).",
        examples=["-sea"],
    )
    as_of: str = Field(
        "", description="The register as it stood at the end of a day (ISO 8601).", examples=["2026-11-22"]
    )

    def layer_ids(self) -> tuple[str, ...]:
        """The layers named, in order."""
        return tuple(filter(None, (name.strip() for name in self.layers.split(","))))


LEFT_OUT = "with a leading - those who have it are left out"
Values = list[Annotated[str, Field(max_length=500)]]


def _values(example: str, description: str) -> Any:
    return Field([], max_length=MOST_VALUES, examples=[[example]], description=description)


class ChoiceQuery(BaseModel):
    """Of which organisations: the web map's filters. Of the values of a name one suffices; every name is met.

    A sheet of some organisations is an extract and says so; it is not the scheme to hand in.
    """

    role: Values = _values(
        "participant", f"Extract: roles, participant or infrastructure; {LEFT_OUT}. May be repeated."
    )
    type: Values = _values(
        "large_enterprise", f"Extract: codes of organisation types; {LEFT_OUT}. May be repeated."
    )
    region: Values = _values("AZ-SM", f"Extract: codes of regions; {LEFT_OUT}. May be repeated.")
    mark: Values = _values(
        "founder", f"Extract: marks, founder or final_producer; {LEFT_OUT}. May be repeated."
    )
    spec: Values = Field(
        [],
        max_length=MOST_VALUES,
        examples=[[]],
        description="Extract: specialisations, worded as in the register. May be repeated.",
    )
    q: str = Field(
        "",
        max_length=200,
        examples=[""],
        description="Extract: words in number, name, specialisation or region.",
    )

    def choice(self) -> Choice:
        """What is asked for, blanks left out."""
        given = {name: tuple(filter(None, getattr(self, name))) for name in (*CODED, "spec")}
        return Choice(**given, q=self.q)


class SheetQuery(SchemeQuery, ChoiceQuery):
    """How a sheet is asked for."""

    paper: Literal["A4", "A3", "A2", "A1", "A0"] = Field(
        "A3", examples=["A3"], description="Paper; A3 is what is handed in."
    )
    orientation: Literal["auto", "landscape", "portrait"] = Field(
        "auto", examples=["auto"], description="auto follows the territory's shape."
    )
    scale: int | None = Field(
        None, ge=500, le=50_000_000, description="Denominator of a fixed scale.", examples=[500000]
    )
    extent: str = Field(
        "",
        description="west,south,east,north in degrees, instead of the territory.",
        examples=["49,40,50.5,41"],
    )
    opacity: str = Field(
        "",
        max_length=2000,
        description="Opacities of layers, above 0 and at most 1, instead of the catalogue's: id:opacity with "
        "commas between.",
        examples=["sea:0.5"],
    )
    beyond: Literal["refuse", "list"] = Field(
        "refuse",
        examples=["refuse"],
        description="Organisations outside a scale or extent: refuse the sheet by name, or list them on it.",
    )
    crs: str = Field("", description="Projection; empty: chosen from the territory.", examples=["EPSG:32639"])
    template: str = Field("scheme", description="Sheet template of styles/sheet.", examples=["scheme"])
    appendix6: bool = Field(False, examples=[True], description="Add the form of Appendix 6 as pages.")
    verdict_page: bool = Field(False, examples=[True], description="Add the verdict as a page.")
    details: Literal["auto", "no"] = Field(
        "auto",
        examples=["auto"],
        description="Pages with detail maps for organisations that stand too close together to be read on "
        "the first page: auto, where they are needed, at most 12; no, none.",
    )
    standard: Literal["a-2a", "a-4"] = Field(
        "a-2a",
        description="Archive standard of the PDF: PDF/A-2a, which is PDF/UA-1 as well, or PDF/A-4.",
        examples=["a-2a"],
    )
    page: int = Field(1, ge=1, description="Which page PNG and SVG show.", examples=[1])
    dpi: int = Field(150, ge=36, le=600, description="Resolution of PNG.", examples=[150])


@router.get(
    "/scheme.html",
    summary="The scheme as a web map",
    response_class=Response,
    responses=content("text/html") | documented(404, 422),
)
def scheme_html(
    request: Request,
    cluster: ClusterCode,
    query: Annotated[SchemeQuery, Query()],
    service: Service,
    acting: Acting,
    language: Language,
    inline: Annotated[
        bool, Query(examples=[True], description="One file with everything in it, for use without a network.")
    ] = False,
) -> Response:
    """An interactive map; it asks no other host for anything."""
    nonce = request.scope.get("state", {}).get("nonce", "")
    page = service.web_map(
        acting, cluster, language, layers=query.layer_ids(), as_of=query.as_of, inline=inline, nonce=nonce
    )
    if not inline:
        return respond_page(request, page)
    name = i18n.text(language, "scheme.filename", cluster=cluster)
    return respond_page(request, page, {"Content-Disposition": disposition(f"{name}.html", inline=False)})


@router.get(
    "/scheme.{format}",
    summary="The scheme as a sheet: PDF, PNG or SVG",
    response_class=Response,
    responses=content(*MEDIA.values()) | documented(404, 413, 422),
)
def scheme_sheet(
    request: Request,
    cluster: ClusterCode,
    format: Annotated[str, one_of(SHEETS)],
    query: Annotated[SheetQuery, Query()],
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """The A3 sheet: the same bytes for the same register, options and day.

    ``X-Scheme-Scale`` is the denominator of the scale; ``X-Scheme-Scale-Reason`` (percent-encoded UTF-8) says
    why. ``X-Scheme-Details`` is the number of pages with detail maps; they follow the first page.
    """
    if format not in SHEETS:
        raise NotFoundError("format_not_found", format=format, known=", ".join(("html", *SHEETS)))
    values = query.model_dump(exclude={"layers", *ChoiceQuery.model_fields})
    choice = query.choice()
    made = service.sheet(
        acting, cluster, language, format=format, layers=query.layer_ids(), choice=choice, **values
    )
    name = i18n.text(language, f"scheme.{'filename_part' if choice else 'filename'}", cluster=cluster)
    headers = {
        "X-Scheme-Scale": str(made.denominator),
        "X-Scheme-Scale-Reason": quote(made.reason),
        "X-Scheme-Details": str(made.details),
    }
    return respond(request, made.prepared, filename=f"{name}.{format}", headers=headers)


@router.get(
    "/export.{format}",
    summary="The register with its placement as open data",
    response_class=Response,
    responses=content(*dict.fromkeys(item.media_type for item in FORMATS.values())) | documented(404),
)
def export(
    request: Request,
    cluster: ClusterCode,
    format: Annotated[str, one_of(FORMATS)],
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """Each organisation once, with its region.

    GeoJSON, CSV, XLSX, GeoPackage and KML are one file; Shapefile and MapInfo (`shp`, `tab`, `mif`) a ZIP
    with a list of what the short names of its columns stand for.
    """
    prepared = service.export(acting, cluster, format, language)
    return respond(request, prepared, filename=f"{cluster}.{FORMATS[format].extension}", inline=False)


class VerificationOut(BaseModel):
    """What a sheet says of the register's state, and the state now."""

    matches: bool = Field(description="The sheet shows the register as it is now.")
    intact: bool = Field(description="The file is, byte for byte, the one that was made.")
    cluster: str = Field(examples=["abseron-kimya"])
    sheet_revision: int = Field(examples=[1])
    current_revision: int = Field(examples=[2])
    sheet_code: str = Field(examples=["313F-E841-ECE3-2E24"])
    current_code: str = Field(examples=["9B10-77C2-0D3A-51EE"])


verification = APIRouter(prefix="/api/v1", tags=["schemes"])


@verification.post("/verify", summary="Is a sheet still true?", responses=documented(404, 413, 422))
def verify(
    file: Annotated[UploadFile, File(description="The PDF of a sheet.")], service: Service, acting: Acting
) -> VerificationOut:
    """Whether a sheet's PDF still shows the register as it is; the same code stands in the sheet's footer."""
    found = service.verify_sheet(acting, file.file.read())
    return VerificationOut(
        matches=found.matches,
        intact=found.intact,
        cluster=found.cluster,
        sheet_revision=found.sheet_revision,
        current_revision=found.current_revision,
        sheet_code=found.sheet_code,
        current_code=found.current_code,
    )
