"""Resource: imports of a register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, File, Form, Query, Response, UploadFile

from geoservice.api.dependencies import Acting, ClusterCode, IfMatch, Language, Service
from geoservice.api.models import ImportReportOut
from geoservice.api.paging import Page
from geoservice.api.problems import documented
from geoservice.errors import InvalidInputError

if TYPE_CHECKING:
    from geoservice.register.mending import Mending

router = APIRouter(prefix="/api/v1/clusters/{cluster}/imports", tags=["imports"])


@router.post("", summary="Import a register", responses=documented(403, 404, 412, 413, 422))
def import_register(
    cluster: ClusterCode,
    file: Annotated[
        UploadFile,
        File(description="XLSX, XLS, ODS, CSV, GeoJSON, GeoPackage, KML, zipped Shapefile or MapInfo."),
    ],
    service: Service,
    acting: Acting,
    language: Language,
    if_match: IfMatch,
    mapping: Annotated[
        str,
        Form(
            description="JSON: heading in the file -> field of the register, if it is not recognised.",
            examples=['{"Coğrafi yer": "coordinates"}'],
        ),
    ] = "",
    dry_run: Annotated[bool, Query(description="Report only; nothing is kept.", examples=[True])] = False,
    replace: Annotated[
        bool, Query(description="Remove organisations that the file does not hold.", examples=[False])
    ] = False,
    mending: Annotated[
        str,
        Form(
            description="JSON: cells to read in place of the file's own, and rows to leave out. A column is "
            "a heading of the file, @coordinates or @organisation_type.",
            examples=['{"cells": [{"row": 7, "column": "@coordinates", "value": "40,59; 49,67"}]}'],
        ),
    ] = "",
    crs: Annotated[
        str, Query(description="CRS of x and y columns when the file does not tell.", examples=["EPSG:32639"])
    ] = "",
) -> ImportReportOut:
    """Read a register and report each row; all rows that the report says are in are in, or none.

    Organisations that are in the register already (same tax number, or same name and place) are changed, new
    ones added, and the others stay unless ``replace`` is given. A dry run with ``mending`` tells what
    corrected cells would change, before the file itself is touched.
    """
    report = service.import_register(
        acting,
        cluster,
        file.filename or "",
        file.file.read(),
        dry_run=dry_run,
        replace=replace,
        mapping=_mapping(mapping),
        default_crs=crs or None,
        mending=_mending(mending),
        expected=if_match,
    )
    return ImportReportOut.model_validate(report.as_dict(language))


def _mapping(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError("mapping_json") from error
    if not isinstance(value, dict) or not all(isinstance(field, str) for field in value.values()):
        raise InvalidInputError("mapping_json")
    return value


def _mending(text: str) -> Mending | None:
    from geoservice.register.mending import parse_mending

    if not text:
        return None
    try:
        return parse_mending(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise InvalidInputError("register.error.mending") from error


@router.get("", summary="Earlier imports", responses=documented(404))
def list_imports(
    response: Response, cluster: ClusterCode, service: Service, acting: Acting, page: Page
) -> list[dict[str, Any]]:
    """Reports of earlier imports, newest first."""
    return list(page.of(service.imports(acting, cluster), response))
