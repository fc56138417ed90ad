"""The national view: organisations of all clusters on one canvas, their search, and the clusters' state.

The page itself holds base layers only; places come as one binary array, made once for each state of the
registers; a click and a search ask the server for names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from msgspec import Struct

from geoservice import errors, i18n
from geoservice.api import pages_map
from geoservice.api.dependencies import Acting, ClusterCode, Language, Service
from geoservice.api.pages_html import PageRoute
from geoservice.api.prepared import respond, send_page
from geoservice.model import DEFAULT_LANGUAGE, Cluster, Participant, Principal
from geoservice.service.prepared import Prepared
from geoservice.service.schemes import NONCE

atlas = APIRouter(prefix="/atlas", include_in_schema=False, route_class=PageRoute)

MOST_RESULTS = 50
CLUSTERS_AT_ONCE = 200
#: Borders on the national view are drawn from this tolerance (degrees).
SIMPLIFIED_DEG = 0.006


State = tuple[tuple[str, int], ...]


class Atlas(Struct, frozen=True):
    """All registers at one state; ``placed`` lists the organisations of the array in its order."""

    prepared: Prepared
    placed: tuple[tuple[str, Participant], ...]
    everyone: tuple[tuple[str, Participant], ...]


def _state(service: Service, principal: Principal) -> State:
    """Each cluster with the revision of its register."""
    return tuple((item.code, service.store.revision(item.code)) for item in service.clusters(principal))


def _stamp(state: State) -> str:
    from hashlib import sha256

    return sha256(repr(state).encode()).hexdigest()[:12]


def atlas_of(service: Service, principal: Principal) -> Atlas:
    """Return the atlas, made once for each state of the registers."""
    state = _state(service, principal)
    return service.memo.get(("atlas", state, service.catalog_key), lambda: _atlas(service, state))


def prepare(service: Service, principal: Principal) -> None:
    """Make what the first reader of the national view would wait for."""
    atlas_of(service, principal).prepared.brotli  # noqa: B018 - worked out at first use
    _base_data(service, DEFAULT_LANGUAGE)


def _atlas(service: Service, state: State) -> Atlas:
    from geoservice.render.web_points import pack

    codes = [code for code, _ in state]

    everyone = tuple((code, p) for code in codes for p in service.store.register(code).participants)
    placed = tuple(item for item in everyone if item[1].placed)
    types = {code: place for place, code in enumerate(service.catalog.types)}
    groups = {code: place for place, code in enumerate(codes)}
    body = pack(
        [p.longitude or 0.0 for _, p in placed],
        [p.latitude or 0.0 for _, p in placed],
        [types.get(p.organisation_type, types["other"]) for _, p in placed],
        [groups[code] for code, _ in placed],
    )
    return Atlas(Prepared(body, "application/octet-stream"), placed, everyone)


@atlas.get("")
def atlas_page(request: Request, service: Service, acting: Acting, language: Language) -> Response:
    """The page: base layers and the classes' colours; no organisation is in it."""
    from geoservice.render.web import render_page
    from geoservice.render.web_assets import tag

    stamp = _stamp(_state(service, acting))

    def make() -> str:
        return render_page(
            _page_data(service, language, stamp),
            title=i18n.text(language, "portal.home_map"),
            lang=language,
            nonce=NONCE,
            scripts=("leaflet.js", "atlas.js"),
            entry="geoserviceAtlas",
            preload=(f"/atlas/points?v={stamp}",),
        )

    html = service.memo.get(("atlas-page", language, stamp, service.catalog_key, tag()), make)
    html = html.replace(NONCE, request.scope["state"]["nonce"])
    return send_page(request, html.encode(), {"Cache-Control": "no-cache"})


def _page_data(service: Service, lang: str, stamp: str) -> bytes:
    import orjson

    from geoservice.render import web_data

    colours = {sign.cls: sign.colour for sign in service.catalog.organisations.sign}
    classes = [
        {"code": kind.code, "title": i18n.pick(kind.title, lang), "colour": colours[kind.code]}
        for kind in service.catalog.types.values()
    ]
    layers, extent, bounds = _base_data(service, lang)
    return orjson.dumps(
        {
            "lang": lang,
            "layers": [orjson.Fragment(layer) for layer in layers],
            "extent": extent,
            "bounds": bounds,
            "regions": [],
            "legend": [],
            "classes": classes,
            "texts": web_data.texts(lang),
            "stamp": stamp,
        }
    )


Box = tuple[float, float, float, float]


def _base_data(service: Service, lang: str) -> tuple[list[bytes], Box, Box]:
    return service.memo.get(("atlas-base", lang, service.catalog_key), lambda: _base(service, lang))


def _base(service: Service, lang: str) -> tuple[list[bytes], Box, Box]:
    """Base layers of the whole Republic, simplified, as JSON; how far the map can be moved; the territory."""
    import orjson

    from geoservice.render import web_layers
    from geoservice.scheme.selection import View, select_layers

    sets = [spec.id for spec in service.catalog.boundary_sets() if spec.country == "AZ"]
    cluster = Cluster(
        "atlas", {}, boundaries=tuple(name for name in sets if "district" in name) or tuple(sets)
    )
    boundaries = service.boundaries(cluster)
    view = View.of_territory(boundaries, ())
    layers = select_layers(service.catalog, cluster, view, (), lang)
    bounds = boundaries.features.bounds
    extent = web_layers.padded_box(bounds)
    made = [
        web_layers.layer_data(layer, extent, SIMPLIFIED_DEG) for layer in layers if layer.frame is not None
    ]
    return [orjson.dumps(item) for item in made], extent, bounds


@atlas.get("/points")
def points(request: Request, service: Service, acting: Acting) -> Response:
    """Places and classes of all organisations as a binary array (see render.web_points)."""
    return respond(request, atlas_of(service, acting).prepared)


@atlas.get("/points/{index}")
def point(index: int, service: Service, acting: Acting, language: Language) -> dict[str, str]:
    """The organisation at a place of the array."""
    placed = atlas_of(service, acting).placed
    if not 0 <= index < len(placed):
        raise errors.NotFoundError("store.participant_not_found", cluster="atlas", participant=str(index))
    return _shown(service, *placed[index], language)


@atlas.get("/search")
def search(
    service: Service, acting: Acting, language: Language, q: Annotated[str, Query(max_length=200)] = ""
) -> dict[str, Any]:
    """Organisations of all clusters whose name or specialisation holds every word."""
    everyone = atlas_of(service, acting).everyone
    words = i18n.fold(q).split()
    folded = _folded(service, acting, everyone) if words else ()
    found = [place for place, text in enumerate(folded) if all(word in text for word in words)]
    shown = [_shown(service, *everyone[place], language) for place in found[:MOST_RESULTS]]
    return {"total": len(found), "found": shown}


def _folded(
    service: Service, principal: Principal, everyone: Sequence[tuple[str, Participant]]
) -> tuple[str, ...]:
    """What a search looks through: made when somebody searches for the first time."""
    key = ("atlas-folded", _state(service, principal))
    return service.memo.get(
        key, lambda: tuple(i18n.fold(f"{p.name} {p.specialisation}") for _, p in everyone)
    )


@atlas.get("/clusters")
def clusters(
    service: Service, acting: Acting, language: Language, offset: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """Where each cluster stands, the middle of its members, and its state. ``next`` is the next offset.

    The check of a large cluster takes seconds: what is not known yet is "pending" and asked for apart.
    """
    every = service.clusters(acting)
    flags = [_flag(service, cluster, language) for cluster in every[offset : offset + CLUSTERS_AT_ONCE]]
    following = offset + CLUSTERS_AT_ONCE
    return {
        "clusters": [flag for flag in flags if flag],
        "next": following if following < len(every) else None,
    }


@atlas.get("/clusters/{cluster}")
def cluster_state(
    cluster: ClusterCode, service: Service, acting: Acting, language: Language
) -> dict[str, str]:
    """The verdict on one cluster, made once for each state of its register."""
    found = service.cluster(acting, cluster)
    register = service.store.register(cluster)

    def make() -> dict[str, str]:
        verdict = service.findings(found, register, language, service.clock.today()).verdict
        return {"state": verdict.state, "sentence": verdict.sentence}

    return service.memo.get(_state_key(service, found, language), make)


def _state_key(service: Service, cluster: Cluster, lang: str) -> tuple[Any, ...]:
    revision = service.store.revision(cluster.code)
    return (
        "atlas-state",
        cluster.code,
        lang,
        cluster.revision,
        revision,
        service.catalog_key,
        service.clock.today(),
    )


def _flag(service: Service, cluster: Cluster, lang: str) -> dict[str, Any] | None:
    """A cluster's flag; ``None`` where nobody of it has a place."""
    key = ("atlas-place", cluster.code, service.store.revision(cluster.code))
    place = service.memo.get(key, lambda: _middle(service.store.register(cluster.code).participants))
    if place is None:
        return None
    pending = {"state": "pending", "sentence": i18n.text(lang, "portal.state_pending")}
    return {
        "code": cluster.code,
        "title": i18n.pick(cluster.title, lang),
        **place,
        **(service.memo.peek(_state_key(service, cluster, lang)) or pending),
        "page": f"/clusters/{cluster.code}?lang={lang}",
    }


def _middle(participants: Sequence[Participant]) -> dict[str, Any] | None:
    """Middle of the box of all that have a place (EPSG:4326 degrees), and how many there are in all."""
    lons = [p.longitude for p in participants if p.longitude is not None]
    lats = [p.latitude for p in participants if p.latitude is not None]
    if not lons or not lats:
        return None
    lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    return {"lat": lat, "lon": lon, "members": len(participants)}


def _shown(service: Service, code: str, participant: Participant, lang: str) -> dict[str, str]:
    kind = service.catalog.types.get(participant.organisation_type)
    return {
        "name": participant.full_name,
        "specialisation": participant.specialisation,
        "type": i18n.pick(kind.title, lang) if kind else "",
        "cluster": i18n.pick(service.store.cluster(code).title, lang),
        "page": f"/clusters/{code}/organisations/{quote(participant.id, safe='')}?lang={lang}",
    }


#: The maps' routes: the national view's, and what a cluster's map asks for once it is open.
router = APIRouter(include_in_schema=False)
router.include_router(atlas)
router.include_router(pages_map.router)
