"""The server-rendered pages: the portal's home, clusters, organisations, import, embedding, API docs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from geoservice import errors
from geoservice.api import pages_assets, pages_atlas, pages_cards, pages_import, pages_table
from geoservice.api.dependencies import KEY_COOKIE, Acting, ClusterCode, Language, Service
from geoservice.api.pages_data import history_rows, import_rows, member_fields, overview, part
from geoservice.api.pages_html import PageRoute, page
from geoservice.api.pages_table import COLUMNS, Asked, table_of
from geoservice.api.prepared import send_page
from geoservice.export import FORMATS
from geoservice.model import PrincipalRole

CLUSTERS_ON_A_PAGE = 24
PageNumber = Annotated[int, Query(alias="page", ge=1)]

router = APIRouter(include_in_schema=False, route_class=PageRoute)
router.include_router(pages_assets.router)
router.include_router(pages_atlas.router)
router.include_router(pages_cards.router)
router.include_router(pages_import.router)
router.include_router(pages_table.router)


@router.get("/")
def home(
    request: Request,
    service: Service,
    acting: Acting,
    language: Language,
    number: PageNumber = 1,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """All clusters with their members, regions and verdict; with ``q`` the organisations found in them."""
    every = service.clusters(acting)
    shown = part(every, number, CLUSTERS_ON_A_PAGE)
    boundary_sets = [
        {"code": spec.id, "title": spec.title.get(language, spec.id)}
        for spec in service.catalog.boundary_sets()
        if spec.level != "country"
    ]
    return page(
        request, "home.html", language, acting, boundary_sets=boundary_sets, part=shown,
        overviews=pages_cards.cards(service, shown.items, language),
        total=sum(service.store.count(cluster.code) for cluster in every), query=q.strip(),
        found=pages_atlas.search(service, acting, language, q) if q.strip() else {"total": 0, "found": []},
    )  # fmt: skip


@router.get("/clusters/{cluster}")
def cluster_page(
    request: Request,
    cluster: ClusterCode,
    service: Service,
    acting: Acting,
    language: Language,
    query: Asked,
) -> Response:
    """One cluster: about, map, table, products, verdict, downloads, imports."""
    item = overview(service, acting, cluster, language)
    return page(
        request,
        "cluster.html",
        language,
        acting,
        item=item,
        table=table_of(item, query),
        columns=COLUMNS,
        formats=[(item.code, item.title) for item in FORMATS.values()],
        imports=import_rows(service, acting, cluster, language)[:10],
        history=history_rows(service, acting, cluster, language)[:20],
        types=_types(service, language),
    )


def _types(service: Service, lang: str) -> list[dict[str, str]]:
    return [
        {"code": kind.code, "role": kind.role.value, "title": kind.title.get(lang, kind.code)}
        for kind in service.catalog.types.values()
    ]


@router.get("/clusters/{cluster}/map")
def map_page(
    request: Request,
    cluster: ClusterCode,
    service: Service,
    acting: Acting,
    language: Language,
    edit: bool = False,
    small: bool = False,
) -> Response:
    """The map as pages frame it: without a heading, editable for editors; ``small`` for one organisation."""
    may_edit = edit and acting.may(PrincipalRole.EDITOR)
    options = {"embed": True, "header": False, "panel": "folded" if small else "open", "edit": may_edit}
    if small:
        options["popups"] = False
    html = service.web_map(acting, cluster, language, nonce=request.scope["state"]["nonce"], options=options)
    return send_page(request, html.encode(), {"Cache-Control": "no-cache"})


@router.get("/embed/{cluster}")
def embed_page(
    request: Request, cluster: ClusterCode, service: Service, acting: Acting, language: Language
) -> Response:
    """The map for pages of other sites; which hosts may frame it is the operator's setting."""
    html = service.web_map(
        acting, cluster, language, nonce=request.scope["state"]["nonce"],
        options={"embed": True, "panel": "folded", "locate": False},
    )  # fmt: skip
    return send_page(request, html.encode(), {"Cache-Control": "no-cache"})


@router.get("/clusters/{cluster}/organisations/{participant}")
def organisation_page(
    request: Request,
    cluster: ClusterCode,
    participant: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """One organisation's public page."""
    item = overview(service, acting, cluster, language)
    row = next((row for row in item.rows if row.member.id == participant), None)
    if row is None:
        raise errors.NotFoundError("store.participant_not_found", cluster=cluster, participant=participant)
    fields = member_fields(row.member, language)
    return page(request, "organisation.html", language, acting, item=item, row=row, fields=fields)


@router.get("/docs")
def docs(request: Request, acting: Acting, language: Language) -> Response:
    """The API's documentation, without a CDN."""
    return page(request, "docs.html", language, acting, openapi=request.app.openapi_url)


@router.get("/key")
def key_page(request: Request, acting: Acting, language: Language) -> Response:
    """Where an access key is entered, when the operator asks for one."""
    return page(request, "key.html", language, acting)


@router.post("/key")
def use_key(request: Request, language: Language, key: Annotated[str, Form()] = "") -> Response:
    """Keep the key in a cookie that scripts cannot read; an empty one signs out."""
    answer = RedirectResponse(f"/?lang={language}", status_code=303)
    settings: Any = request.app.state.settings
    if not key:
        answer.delete_cookie(KEY_COOKIE)
    elif key in settings.access_keys:
        answer.set_cookie(
            KEY_COOKIE, key, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
    else:
        raise errors.PermissionDeniedError("portal.key_unknown")
    return answer
