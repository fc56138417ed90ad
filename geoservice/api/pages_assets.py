"""Route: the built web assets, compressed beforehand, to be kept for ever under their content's hash."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from geoservice.api.conditional import holds

router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}")
def read_asset(request: Request, name: str) -> Response:
    """One file of the build; nothing else of the folder can be reached."""
    from geoservice.render import web_assets

    found = web_assets.asset(name)
    coding = _coding(request.headers.get("accept-encoding", ""))
    headers = {"Vary": "Accept-Encoding", "ETag": f'"{found.tag}-{coding or "plain"}"'}
    versioned = request.query_params.get("v") == found.tag
    headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
    if holds(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    return Response(web_assets.content(name, coding), media_type=found.media_type, headers=headers)


def _coding(accepted: str) -> str:
    offered = {
        part.split(";")[0].strip().lower()
        for part in accepted.split(",")
        if not part.replace(" ", "").endswith((";q=0", ";q=0.0", ";q=0.00", ";q=0.000"))
    }
    return "br" if "br" in offered else "gzip" if "gzip" in offered else ""
