"""What an open map asks for: the state of the register, one organisation's fields, a further layer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from geoservice import errors
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.prepared import respond
from geoservice.service.prepared import Prepared

router = APIRouter(prefix="/clusters/{cluster}/map", include_in_schema=False)

Layers = Annotated[str, Query(max_length=2000)]
AsOf = Annotated[str, Query(max_length=40)]


@router.get("/state")
def state(
    request: Request,
    cluster: ClusterCode,
    service: Service,
    acting: Acting,
    language: Language,
    layers: Layers = "",
    as_of: AsOf = "",
) -> Response:
    """Organisations, regions and verdict as the map takes them: asked for after a change."""
    import orjson

    from geoservice.render import web_data

    scene = service.scene(acting, cluster, language, layers=_names(layers), as_of=as_of)
    fields = len(scene.members) <= web_data.FIELDS_UP_TO
    return respond(request, Prepared(orjson.dumps(web_data.state(scene, fields=fields)), "application/json"))


@router.get("/members/{participant}")
def member_fields(
    cluster: ClusterCode,
    participant: str,
    service: Service,
    acting: Acting,
    language: Language,
    as_of: AsOf = "",
) -> dict[str, Any]:
    """The public fields of one organisation, for its popup."""
    from geoservice.render.web_data import public_fields

    scene = service.scene(acting, cluster, language, as_of=as_of)
    for member in scene.members:
        if member.id == participant:
            return {"fields": public_fields(member.fields, language)}
    raise errors.NotFoundError("store.participant_not_found", cluster=cluster, participant=participant)


@router.get("/layers/{layer}")
def further_layer(
    request: Request,
    cluster: ClusterCode,
    layer: str,
    service: Service,
    acting: Acting,
    language: Language,
) -> Response:
    """A layer of the catalogue that the map did not hold, with its legend; null where it has nothing here."""
    import orjson

    from geoservice.render import web_data, web_layers

    scene = service.scene(acting, cluster, language, layers=(layer,))
    item = next((item for item in scene.layers if item.id == layer), None)
    entries = [
        web_data.entry_data(entry)
        for group in scene.legend
        for entry in group.entries
        if entry.ref.startswith(f"{layer}/")
    ]
    found = web_layers.layer_data(item, web_layers.map_extent(scene)) if item else None
    body = {"layer": found, "legend": entries, "sources": scene.dated_sources}
    return respond(request, Prepared(orjson.dumps(body), "application/json"))


def _names(layers: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in layers.split(","))))
