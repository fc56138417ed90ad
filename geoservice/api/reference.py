"""Reference: organisation types, rulesets, formats, and the register's template."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from geoservice import i18n
from geoservice.api.dependencies import Language, Service
from geoservice.api.prepared import respond
from geoservice.api.problems import content
from geoservice.export import FORMATS

router = APIRouter(prefix="/api/v1", tags=["reference"])


@router.get("/types", summary="Organisation types")
def list_types(service: Service, language: Language) -> list[dict[str, str]]:
    """The classification's types, in the order of Appendix 6."""
    return [
        {"code": t.code, "role": t.role.value, "title": i18n.pick(t.title, language)}
        for t in service.catalog.types.values()
    ]


@router.get("/rulesets", summary="Rulesets")
def list_rulesets(service: Service, language: Language) -> list[dict[str, Any]]:
    """The versioned rulesets that a verdict can be asked for."""
    return service.rulesets(language)


@router.get(
    "/register-template.xlsx",
    summary="Empty register",
    response_class=Response,
    responses=content(FORMATS["xlsx"].media_type),
)
def register_template(request: Request, service: Service, language: Language) -> Response:
    """An empty register to fill in, with headings and the list of types in a language."""
    prepared = service.register_template(language)
    name = f"{i18n.text(language, 'fields.sheet')}.xlsx"
    return respond(request, prepared, filename=name, inline=False)
