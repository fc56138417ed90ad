"""Resource: clusters."""

from __future__ import annotations

import datetime as dt
from email.utils import format_datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from geoservice.api.dependencies import Acting, ClusterCode, IfMatch, Service
from geoservice.api.models import ClusterCreate, ClusterOut, ClusterValues, RevisionOut
from geoservice.api.paging import Page
from geoservice.api.prepared import respond
from geoservice.api.problems import documented
from geoservice.export import FORMATS
from geoservice.model import Cluster
from geoservice.service.prepared import Prepared

router = APIRouter(prefix="/api/v1/clusters", tags=["clusters"])


def shown(cluster: Cluster, service: Service) -> ClusterOut:
    """A cluster as the API answers it."""
    base = f"/api/v1/clusters/{cluster.code}"
    formats = {f"export.{code}": f"{base}/export.{code}" for code in FORMATS}
    names = ("participants", "imports", "history", "concentration", "scheme.html", "scheme.pdf")
    return ClusterOut(
        code=cluster.code,
        title=dict(cluster.title),
        description=dict(cluster.description),
        boundaries=list(cluster.boundaries),
        ruleset=cluster.ruleset,
        specialised_organisation=cluster.specialised_organisation,
        head=cluster.head,
        synthetic=cluster.synthetic,
        revision=cluster.revision,
        register_revision=service.store.revision(cluster.code),
        links={"self": base, "page": f"/clusters/{cluster.code}"}
        | {name: f"{base}/{name}" for name in names}
        | formats,
    )


@router.get("", summary="All clusters")
def list_clusters(response: Response, service: Service, acting: Acting, page: Page) -> list[ClusterOut]:
    """All clusters, by code."""
    return [shown(cluster, service) for cluster in page.of(service.clusters(acting), response)]


@router.post("", status_code=201, summary="Create a cluster", responses=documented(403, 409, 422))
def create_cluster(body: ClusterCreate, response: Response, service: Service, acting: Acting) -> ClusterOut:
    """Create a cluster with an empty register."""
    values = body.model_dump(exclude_none=True, exclude={"code"})
    cluster = service.create_cluster(acting, body.code, values)
    response.headers["Location"] = f"/api/v1/clusters/{cluster.code}"
    response.headers["ETag"] = f'"{cluster.revision}"'
    return shown(cluster, service)


@router.get("/{cluster}", summary="One cluster", response_model=ClusterOut, responses=documented(404))
def read_cluster(request: Request, cluster: ClusterCode, service: Service, acting: Acting) -> Response:
    """One cluster. Its ETag names its revision, for If-Match, and that of its register."""
    found = shown(service.cluster(acting, cluster), service)
    body = Prepared(found.model_dump_json().encode(), "application/json")
    return respond(request, body, etag=f'"{found.revision}-{found.register_revision}"')


@router.patch("/{cluster}", summary="Change a cluster", responses=documented(403, 404, 412, 422))
def update_cluster(
    cluster: ClusterCode,
    body: ClusterValues,
    response: Response,
    service: Service,
    acting: Acting,
    if_match: IfMatch,
) -> ClusterOut:
    """Change what the body names; with If-Match only if nobody else changed it meanwhile."""
    changed = service.update_cluster(acting, cluster, body.model_dump(exclude_none=True), if_match)
    response.headers["ETag"] = f'"{changed.revision}"'
    return shown(changed, service)


@router.delete("/{cluster}", status_code=204, summary="Remove a cluster", responses=documented(403, 404, 412))
def delete_cluster(cluster: ClusterCode, service: Service, acting: Acting, if_match: IfMatch) -> None:
    """Remove a cluster with its register and history; with If-Match only if nobody changed it meanwhile."""
    service.delete_cluster(acting, cluster, if_match)


@router.post(
    "/{cluster}/history/{revision}/undo",
    summary="Undo the latest revision",
    responses=documented(403, 404, 412),
)
def undo(
    cluster: ClusterCode,
    revision: Annotated[int, Path(ge=1, description="The latest revision.", examples=[2])],
    service: Service,
    acting: Acting,
) -> RevisionOut:
    """Make the register what it was before, as a revision of its own; refused when there is a later one."""
    made = service.undo(acting, cluster, revision)
    summary = dict(made.summary)
    return RevisionOut(number=made.number, at=made.at, by=made.by, reason=made.reason, summary=summary)


@router.get("/{cluster}/history", summary="Revisions of the register", responses=documented(404))
def read_history(
    response: Response, cluster: ClusterCode, service: Service, acting: Acting, page: Page
) -> list[RevisionOut]:
    """Who changed the register, when and why, newest first."""
    found = service.history(acting, cluster)
    if found:
        response.headers["Last-Modified"] = format_datetime(found[0].at.astimezone(dt.UTC), usegmt=True)
    return [
        RevisionOut(number=r.number, at=r.at, by=r.by, reason=r.reason, summary=dict(r.summary))
        for r in page.of(found, response)
    ]
