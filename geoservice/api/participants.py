"""Resource: the organisations of a cluster's register."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from geoservice.api.dependencies import Acting, ClusterCode, IfMatch, Language, Service
from geoservice.api.models import ParticipantCreate, ParticipantValues
from geoservice.api.paging import Page
from geoservice.api.prepared import respond
from geoservice.api.problems import documented

router = APIRouter(prefix="/api/v1/clusters/{cluster}/participants", tags=["participants"])

ParticipantId = Annotated[
    str, Path(description="The organisation's identifier.", examples=["voen-9900000011"])
]
GEOJSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/geo+json": {"schema": {"$ref": "#/components/schemas/FeatureCollection"}}}}
}


@router.get("", summary="All organisations as GeoJSON", responses=GEOJSON | documented(404))
def list_participants(
    request: Request,
    cluster: ClusterCode,
    service: Service,
    acting: Acting,
    language: Language,
    page: Page,
    bbox: Annotated[
        str | None,
        Query(description="west,south,east,north in WGS 84 degrees.", examples=["49.5,40.3,50.2,40.7"]),
    ] = None,
    as_of: Annotated[
        str | None,
        Query(
            description="The register as it stood at the end of a day (ISO 8601).", examples=["2026-11-22"]
        ),
    ] = None,
) -> Response:
    """Points in WGS 84 with the register's fields and the placement; ``null`` geometry without coordinates.

    A part of them (``limit``, ``offset``) has ``numberMatched``, ``numberReturned`` and ``links`` besides.
    The ETag changes with the register; ``X-Register-Revision`` is what If-Match takes in changes.
    """
    if not page.asked:
        found = service.participants(acting, cluster, language, bbox=bbox, as_of=as_of)
        return respond(request, found.prepared, headers=found.headers)

    def about(matched: int, returned: int) -> dict[str, Any]:
        links = page.links(matched, "application/geo+json")
        return {"numberMatched": matched, "numberReturned": returned, "links": links}

    found, matched = service.participants_part(
        acting, cluster, language, page.offset, page.limit, about, bbox=bbox, as_of=as_of
    )
    return respond(request, found.prepared, headers=found.headers | page.headers(matched))


@router.post(
    "", status_code=201, summary="Add an organisation", responses=documented(403, 404, 409, 412, 422)
)
def create_participant(
    cluster: ClusterCode,
    body: ParticipantCreate,
    response: Response,
    service: Service,
    acting: Acting,
    language: Language,
    if_match: IfMatch,
) -> dict[str, Any]:
    """Add one organisation, checked as an import checks a row."""
    values = body.model_dump(exclude_unset=True)
    made = service.create_participant(acting, cluster, values, language, if_match)
    response.headers["Location"] = f"/api/v1/clusters/{cluster}/participants/{made['id']}"
    return made


@router.get("/{participant}", summary="One organisation", responses=documented(404))
def read_participant(
    cluster: ClusterCode,
    participant: ParticipantId,
    response: Response,
    service: Service,
    acting: Acting,
    language: Language,
) -> dict[str, Any]:
    """One organisation as a GeoJSON Feature; ``X-Register-Revision`` is what If-Match takes in changes."""
    response.headers["X-Register-Revision"] = str(service.store.revision(cluster))
    return service.participant(acting, cluster, participant, language)


@router.patch(
    "/{participant}", summary="Change an organisation", responses=documented(403, 404, 409, 412, 422)
)
def update_participant(
    cluster: ClusterCode,
    participant: ParticipantId,
    body: ParticipantValues,
    service: Service,
    acting: Acting,
    language: Language,
    if_match: IfMatch,
) -> dict[str, Any]:
    """Change the fields that the body names, checked as an import checks a row."""
    values = body.model_dump(exclude_unset=True)
    return service.update_participant(acting, cluster, participant, values, language, if_match)


@router.delete(
    "/{participant}", status_code=204, summary="Remove an organisation", responses=documented(403, 404, 412)
)
def delete_participant(
    cluster: ClusterCode, participant: ParticipantId, service: Service, acting: Acting, if_match: IfMatch
) -> None:
    """Take an organisation out of the register; earlier revisions keep it."""
    service.delete_participant(acting, cluster, participant, if_match)
