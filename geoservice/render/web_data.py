"""Scene -> the one JSON document that a web map is drawn from.

The page's own script reads it as data and writes every value with ``textContent``: no value of a register
becomes HTML, script or template code. Geometry is GeoJSON in EPSG:4326 with 5 decimals (about 1 m).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from geoservice import i18n
from geoservice.render.web_layers import geometries, layer_data, map_extent, paint_data
from geoservice.scheme.scene import LegendEntry, Member, Scene, SceneRegion, Sign

#: Locale area of the texts that the page's script shows.
TEXT_PREFIX = "web.map."


#: A map of more organisations than this fetches what only a popup shows when one is opened.
FIELDS_UP_TO = 200


def payload(
    scene: Scene,
    links: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    *,
    whole: bool = False,
    held: Mapping[str, Any] | None = None,
) -> bytes:
    """Return the map's data as JSON bytes.

    Args:
        scene: what the map shows.
        links: addresses the page offers: ``pdf``, ``page``, ``organisation`` (with ``{id}``), ``map`` …
        options: switches of the page's script, such as ``{"embed": True}``.
        whole: with every field of every organisation, however many: for pages that cannot fetch them.
        held: what the verdict rests on (see :func:`evidence`), for the same pages.
    """
    import orjson

    extent = map_extent(scene)
    return orjson.dumps(
        {
            **state(scene, fields=whole or len(scene.members) <= FIELDS_UP_TO),
            "lang": scene.lang,
            "title": scene.title,
            "cluster": {"code": scene.cluster.code, "title": scene.cluster_title},
            "asOf": i18n.day(scene.as_of, scene.lang),
            "notice": scene.notice,
            "extent": extent,
            "sources": scene.dated_sources,
            "layers": [
                layer_data(item, extent) for item in sorted(scene.layers, key=lambda item: item.order)
            ],
            "legend": [
                {"code": g.code, "title": g.title, "entries": [entry_data(entry) for entry in g.entries]}
                for g in scene.legend
            ],
            "texts": texts(scene.lang),
            "links": dict(links),
            "options": dict(options or {}),
            **({"evidence": held} if held else {}),
        }
    )


def evidence(found: Mapping[str, Any], shapes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the panel says of a verdict, each border with its geometry.

    Args:
        found: a check as the API answers it.
        shapes: its evidence, a FeatureCollection (EPSG:4326).
    """
    edges = {
        (f["properties"]["a"], f["properties"]["b"]): f["geometry"]
        for f in shapes["features"]
        if f["properties"]["layer"] == "edge"
    }
    said = ("verdict", "satisfied", "regions", "components", "sensitivity")
    return {
        **{name: found[name] for name in said},
        "edges": [{**edge, "geometry": edges.get((edge["a"], edge["b"]))} for edge in found["edges"]],
    }


def state(scene: Scene, *, fields: bool) -> dict[str, Any]:
    """Return what changes with the register: organisations, their signs and regions, the verdict.

    Args:
        scene: what the map shows.
        fields: with the fields that only a popup shows.
    """
    sets = [item for item in scene.layers if item.kind == "area" and item.id in scene.cluster.boundaries]
    sent = frozenset(str(code) for item in sets for code in item.frame["code"])
    types = list(dict.fromkeys((m.type_code, m.type_title, m.role) for m in scene.members))
    place = {kind[0]: index for index, kind in enumerate(types)}
    return {
        "revision": scene.register_revision,
        "bounds": scene.bounds,
        "verdict": {
            "state": scene.verdict.state,
            "code": scene.verdict.verdict,
            "sentence": scene.verdict.sentence,
            "reasons": scene.verdict.reasons,
        },
        "signs": {key: _sign(sign) for key, sign in scene.signs.items()},
        "types": types,
        "regionNames": {m.region: m.region_name for m in scene.members if m.region},
        "markTexts": {
            code: text for m in scene.members for code, text in zip(m.marks, m.mark_texts, strict=True)
        },
        "members": [_member(m, place[m.type_code], scene.lang, fields) for m in scene.members],
        "regions": [_region(region, sent) for region in scene.regions],
    }


def texts(lang: str, prefix: str = TEXT_PREFIX) -> dict[str, Any]:
    """Return the texts of a locale area by their short names; plural texts are tables of CLDR categories."""
    return {
        key.removeprefix(prefix): value
        for key, value in i18n.catalogue(lang).items()
        if key.startswith(prefix)
    }


def _sign(sign: Sign) -> dict[str, Any]:
    return {
        "uri": sign_uri(sign),
        "kind": sign.kind,
        "title": sign.title,
        "short": sign.short,
        "role": sign.role,
        "colour": sign.colour,
        "px": sign.size_px,
    }


def sign_uri(sign: Sign) -> str:
    """Return a sign's SVG as a data address for an <img>, where nothing in it can run."""
    return "data:image/svg+xml," + quote(sign.svg, safe="=:/'(),.;-")


def _member(member: Member, kind: int, lang: str, fields: bool) -> list[Any]:
    """A row of ``members``; own/map/state.js reads it in this order."""
    return [
        member.id,
        member.number,
        member.name,
        member.specialisation,
        kind,
        member.marks,
        member.latitude,
        member.longitude,
        member.region,
        member.how_text,
        public_fields(member.fields, lang) if fields else None,
    ]


def public_fields(fields: Mapping[str, str], lang: str) -> list[list[str]]:
    """Return [label, value, address or ""] for each field with a value; only http and https are addresses."""
    rows = []
    for code, value in fields.items():
        if value:
            key = f"web.field.{code}"
            label = i18n.text(lang, key) if i18n.has(lang, key) else code
            rows.append([label, value, safe_link(value) if code == "website" else ""])
    return rows


def safe_link(value: str) -> str:
    """Return ``value`` as an http(s) address, or "" when it is none (``javascript:``, a phrase …)."""
    text = value.strip()
    if not text or any(ch.isspace() or ord(ch) < 0x20 for ch in text):
        return ""
    candidate = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(candidate)
        _ = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    if parts.scheme.lower() not in {"http", "https"} or "." not in host or parts.username is not None:
        return ""
    return candidate


def _region(region: SceneRegion, sent: frozenset[str]) -> dict[str, Any]:
    return {
        "code": region.code,
        "name": region.name,
        "state": region.state,
        "count": region.count,
        # A region whose layer is on the map is drawn from there.
        "geometry": None if region.code in sent else geometries([region.geometry])[0],
    }


def entry_data(entry: LegendEntry) -> dict[str, Any]:
    """Return a line of the legend as the page's script takes it."""
    return {
        "kind": entry.kind,
        "ref": entry.ref,
        "title": entry.title,
        "count": entry.count,
        "paint": paint_data(entry.paint) if entry.paint else None,
    }
