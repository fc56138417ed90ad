"""Resource: layers of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, File, Form, Path, Response, UploadFile

from geoservice import i18n
from geoservice.api.dependencies import Acting, Language, Service
from geoservice.api.models import LayerOut
from geoservice.api.origin import EditionField, LicenceField, SourceField, StateField
from geoservice.api.paging import Page
from geoservice.api.problems import documented

if TYPE_CHECKING:
    from geoservice.specs import LayerSpec

router = APIRouter(prefix="/api/v1/layers", tags=["layers"])


def shown(spec: LayerSpec, service: Service, lang: str) -> LayerOut:
    """A layer as the API answers it."""
    return LayerOut(
        id=spec.id,
        kind=spec.kind,
        title=i18n.pick(spec.title, lang),
        order=spec.order,
        default=spec.default,
        generalised=spec.generalised,
        opacity=spec.opacity,
        source=spec.source,
        licence=spec.licence,
        as_of=spec.as_of,
        edition=spec.edition,
        own=service.is_own(spec),
    )


@router.get("", summary="All layers")
def list_layers(response: Response, service: Service, language: Language, page: Page) -> list[LayerOut]:
    """The catalogue, lowest layer first."""
    found = page.of(tuple(service.catalog.layers.values()), response)
    return [shown(spec, service, language) for spec in found]


@router.post("", status_code=201, summary="Add a layer", responses=documented(403, 409, 413, 422))
def add_layer(
    file: Annotated[
        UploadFile, File(description="GeoJSON, GeoPackage, KML, zipped Shapefile, MapInfo or GeoTIFF.")
    ],
    id: Annotated[str, Form(description="Id of the new layer.", examples=["roads-2026"])],
    title: Annotated[str, Form(examples=["Avtomobil yolları"])],
    service: Service,
    acting: Acting,
    language: Language,
    style: Annotated[str, Form(description="A style of styles/; by the geometry's kind if empty.")] = "",
    name_field: Annotated[str, Form(description="Attribute with the features' names.")] = "",
    order: Annotated[int, Form(ge=0, le=1000, description="Drawing order, lowest first.")] = 60,
    opacity: Annotated[float, Form(gt=0, le=1)] = 1.0,
    source: SourceField = "",
    licence: LicenceField = "",
    as_of: StateField = "",
    edition: EditionField = "",
) -> LayerOut:
    """Lay a road network, an industrial zone or a general plan under the schemes, on screen and on paper."""
    spec = service.add_layer(
        acting,
        file.filename or "",
        file.file.read(),
        id=id,
        title=title,
        style=style,
        name_field=name_field,
        order=order,
        opacity=opacity,
        source=source,
        licence=licence,
        as_of=as_of,
        edition=edition,
    )
    return shown(spec, service, language)


@router.delete(
    "/{layer}", status_code=204, summary="Remove an own layer", responses=documented(403, 404, 409)
)
def delete_layer(
    layer: Annotated[str, Path(description="The layer's id.", examples=["roads-2026"])],
    service: Service,
    acting: Acting,
) -> None:
    """Remove a layer that was added; the built-in ones stay."""
    service.remove_layer(acting, layer)
