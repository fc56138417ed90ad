"""Resource: the check of geographic concentration, of a cluster or of data that comes with the request."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.models import FeatureCollection
from geoservice.api.prepared import respond
from geoservice.api.problems import content, documented
from geoservice.errors import InvalidInputError
from geoservice.service.prepared import Prepared

router = APIRouter(prefix="/api/v1", tags=["concentration"])


class ConcentrationOptions(BaseModel):
    """What the check goes by; each value left out is the ruleset's."""

    model_config = ConfigDict(extra="forbid")

    gap_m: float | None = Field(
        None, ge=0, le=50_000, examples=[50], description="Widest gap or overlap taken for an error."
    )
    snap_m: float | None = Field(
        None, ge=0, le=50_000, examples=[1000], description="How far outside a region a point still counts."
    )
    point_contact: bool | None = Field(
        None, examples=[False], description="Whether meeting in one point is bordering."
    )
    reading: Literal["chain", "pairwise"] | None = Field(
        None, examples=["chain"], description="A chain of neighbours, or every pair bordering."
    )
    min_participants: int | None = Field(
        None, ge=0, le=1_000_000, examples=[10], description="Least number of members."
    )
    ruleset: str | None = Field(
        None, examples=["az-appendix-13"], description="Code of a ruleset; see /api/v1/rulesets."
    )
    as_of: str | None = Field(
        None, examples=["2026-11-22"], description="The day for which the answer holds (ISO 8601)."
    )
    accuracy_m: float | None = Field(
        None,
        ge=0,
        le=50_000,
        examples=[4000],
        description="How far the map's borders may run beside the true ones.",
    )
    metrics: Literal["none", "basic", "full"] | None = Field(
        None, examples=["basic"], description="Which figures to work out."
    )


class ConcentrationQuery(ConcentrationOptions):
    """The same as parameters of an address, beside others such as the language."""

    model_config = ConfigDict(extra="ignore")

    region_total: list[str] | None = Field(
        None,
        examples=[["AZ-BA:1200", "AZ-SM:310"]],
        description="Establishments or staff of a region, as code:number; once for each region.",
    )

    def chosen(self) -> tuple[str, dict[str, Any]]:
        """The day of the answer, and the options that are given."""
        given = self.model_dump(exclude_none=True)
        if (totals := given.pop("region_total", None)) is not None:
            pairs = [text.rpartition(":") for text in totals]
            given["region_totals"] = {code: _number(value) for code, _, value in pairs}
        return str(given.pop("as_of", "")), given


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


class RequestOptions(ConcentrationOptions):
    """The same, and what only data that comes with the request can have."""

    region_totals: dict[str, float] | None = Field(
        None,
        examples=[{"AZ-BA": 1200, "AZ-SM": 310}],
        description="Establishments or staff by region code, for location quotients.",
    )


SAMPLE_POINT = {
    "type": "Feature",
    "id": "a",
    "geometry": {"type": "Point", "coordinates": [49.67, 40.59]},
    "properties": {"name": "Xəzər Polimer MMC"},
}


class ConcentrationRequest(BaseModel):
    """Members and regions; give ``regions`` or the code of a boundary set. Nothing is kept."""

    model_config = ConfigDict(extra="forbid")

    participants: FeatureCollection = Field(
        description="Points (RFC 7946, WGS 84); a null geometry is a member without coordinates.",
        examples=[{"type": "FeatureCollection", "features": [SAMPLE_POINT]}],
    )
    regions: FeatureCollection | None = Field(
        None, description="Polygons with the properties code, name and, for joint clusters, country."
    )
    boundaries: str | None = Field(None, examples=["az-districts"])
    water: FeatureCollection | None = Field(
        None,
        description="Polygons of water, for rulesets by which regions border over it; else the map's seas.",
    )
    options: RequestOptions = RequestOptions()


REQUEST = "#/components/schemas/ConcentrationRequest"


async def json_body(request: Request) -> bytes:
    """The body as it came; that it is JSON is said by its content type."""
    subtype = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if not subtype.startswith("application/") or not subtype.endswith("json"):
        raise _no_json(f"content-type: {subtype}")
    return await request.body()


def _no_json(why: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": "json_invalid", "loc": ("body",), "msg": why, "ctx": {"error": why}}]
    )


@router.post(
    "/concentration",
    summary="Check members against regions",
    responses=documented(404, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REQUEST}}},
        }
    },
)
def check_concentration(
    data: Annotated[bytes, Depends(json_body)], service: Service, acting: Acting, language: Language
) -> dict[str, Any]:
    """Do the members stand in one region, or in several that border? With reasons, evidence and figures."""
    from geoservice.territory.body import read_body

    try:
        body = read_body(data)
    except ValueError as error:
        raise _no_json(str(error)) from error
    if not isinstance(body, dict):
        raise InvalidInputError("territory.not_object")
    return service.check_concentration(acting, body, language)


@router.get(
    "/clusters/{cluster}/concentration",
    summary="Check a cluster",
    response_class=JSONResponse,
    responses=documented(404, 422),
)
def cluster_concentration(
    request: Request,
    cluster: ClusterCode,
    query: Annotated[ConcentrationQuery, Query()],
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """The same answer for the register of a cluster; the ETag changes with the answer."""
    as_of, options = query.chosen()
    found = service.concentration(acting, cluster, language, as_of=as_of, options=options)
    return respond(request, Prepared(orjson.dumps(found), "application/json"))


@router.get(
    "/clusters/{cluster}/concentration.geojson",
    summary="The evidence of a check",
    response_class=Response,
    responses=content("application/geo+json") | documented(404),
)
def cluster_evidence(
    request: Request,
    cluster: ClusterCode,
    query: Annotated[ConcentrationQuery, Query()],
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """Regions with their component, the lines, points, gaps and overlaps where they meet, and the members."""
    as_of, options = query.chosen()
    return respond(request, service.evidence(acting, cluster, language, as_of, options))
