"""Resource: boundary sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, File, Form, Path, Request, Response, UploadFile

from geoservice import i18n
from geoservice.api.dependencies import Acting, Language, Service
from geoservice.api.models import BoundariesOut
from geoservice.api.origin import EditionField, LicenceField, SourceField, StateField
from geoservice.api.paging import Page
from geoservice.api.prepared import respond
from geoservice.api.problems import content, documented

if TYPE_CHECKING:
    from geoservice.specs import LayerSpec

router = APIRouter(prefix="/api/v1/boundaries", tags=["boundaries"])

SetCode = Annotated[str, Path(description="The boundary set's code.", examples=["az-districts"])]


def shown(spec: LayerSpec, service: Service, lang: str) -> BoundariesOut:
    """A boundary set as the API answers it."""
    missing = [
        {"code": m.code, "name": getattr(m, f"name_{lang}") or m.name_az, "within": m.within}
        for m in spec.missing
    ]
    return BoundariesOut(
        code=spec.id,
        level=spec.level or "",
        title=i18n.pick(spec.title, lang),
        regions=len(service.catalog.features(spec.id)),
        country=spec.country,
        source=spec.source,
        licence=spec.licence,
        as_of=spec.as_of,
        edition=spec.edition,
        missing=missing,
    )


@router.get("", summary="All boundary sets")
def list_boundaries(
    response: Response, service: Service, language: Language, page: Page
) -> list[BoundariesOut]:
    """Code, level, title and number of regions of each set."""
    found = page.of(tuple(service.catalog.boundary_sets()), response)
    return [shown(spec, service, language) for spec in found]


@router.get(
    "/{code}",
    summary="A boundary set as GeoJSON",
    response_class=Response,
    responses=content("application/geo+json") | documented(404),
)
def read_boundaries(request: Request, code: SetCode, service: Service, language: Language) -> Response:
    """The polygons in WGS 84, with ``code``, ``name``, ``country`` and ``parent``."""
    return respond(request, service.boundaries_geojson(code, language))


@router.post("", status_code=201, summary="Add a boundary set", responses=documented(403, 409, 413, 422))
def add_boundaries(
    file: Annotated[UploadFile, File(description="GeoJSON, GeoPackage, zipped Shapefile or MapInfo.")],
    code: Annotated[str, Form(description="Code of the new set.", examples=["ge-municipalities"])],
    title: Annotated[str, Form(examples=["Municipalities of Georgia"])],
    level: Annotated[Literal["district", "economic_region", "region", "country"], Form()],
    service: Service,
    acting: Acting,
    language: Language,
    country: Annotated[str, Form(description="ISO 3166-1 alpha-2.", examples=["GE"])] = "",
    code_field: Annotated[str, Form(description="Attribute with the regions' codes.")] = "",
    name_field: Annotated[str, Form(description="Attribute with the regions' names.")] = "",
    source: SourceField = "",
    licence: LicenceField = "",
    as_of: StateField = "",
    edition: EditionField = "",
) -> dict[str, object]:
    """Invalid polygons are repaired and reported; a file without a CRS is refused."""
    spec, found = service.add_boundaries(
        acting,
        file.filename or "",
        file.file.read(),
        code=code,
        title=title,
        level=level,
        country=country,
        code_field=code_field,
        name_field=name_field,
        source=source,
        licence=licence,
        as_of=as_of,
        edition=edition,
    )
    answer: dict[str, object] = shown(spec, service, language).model_dump()
    answer["problems"] = [problem.as_dict(language) for problem in found]
    return answer


@router.delete(
    "/{code}", status_code=204, summary="Remove an own boundary set", responses=documented(403, 404, 409)
)
def delete_boundaries(code: SetCode, service: Service, acting: Acting) -> None:
    """Remove a set that was added; built-in sets and sets in use stay."""
    service.remove_layer(acting, code)
