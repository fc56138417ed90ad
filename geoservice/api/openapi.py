"""The OpenAPI document: FastAPI's, with our problems in the place of its validation errors."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from geoservice.api.concentration import ConcentrationRequest
from geoservice.api.models import FeatureCollection
from geoservice.api.problems import MEDIA_TYPE, Problem, documented
from geoservice.languages import LANGUAGES

TEMPLATE = "#/components/schemas/{model}"
#: What FastAPI would answer and we never do.
UNUSED = ("HTTPValidationError", "ValidationError")


LANG = {
    "name": "lang",
    "in": "query",
    "required": False,
    "description": "Language of texts: az (default), en or ru.",
    "schema": {"type": "string", "enum": list(LANGUAGES), "examples": ["az"]},
}


def install(app: FastAPI) -> None:
    """Let the application describe itself as it is; the document is made at the first question."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            _complete(document)
            _add_refusals(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


#: Routes that answer a check; its models are made for the document only, not at the start.
CHECKS = (("/api/v1/concentration", "post"), ("/api/v1/clusters/{cluster}/concentration", "get"))


def _complete(document: dict[str, Any]) -> None:
    from geoservice.api.answers import ConcentrationAnswer

    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for model in (Problem, ConcentrationRequest, ConcentrationAnswer, FeatureCollection):
        schema = model.model_json_schema(ref_template=TEMPLATE)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    answer = {"schema": {"$ref": TEMPLATE.format(model="ConcentrationAnswer")}}
    for path, method in CHECKS:
        document["paths"][path][method]["responses"]["200"]["content"] = {"application/json": answer}
    for name in UNUSED:
        schemas.pop(name, None)
    problem = {MEDIA_TYPE: {"schema": {"$ref": TEMPLATE.format(model="Problem")}}}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/"):
                operation.setdefault("parameters", []).append(LANG)
            refusal = operation["responses"].get("422")
            if refusal and "HTTPValidationError" in str(refusal.get("content")):
                operation["responses"]["422"] = {"description": "Unprocessable Content", "content": problem}


def _add_refusals(document: dict[str, Any]) -> None:
    """What routes below /api can refuse: parameters it does not know, bodies and conditions that are none."""
    for path, operations in document["paths"].items():
        if not path.startswith("/api/"):
            continue
        for operation in operations.values():
            responses, names = operation["responses"], {p["name"] for p in operation["parameters"]}
            malformed = (400,) if "if-match" in names or "requestBody" in operation else ()
            unread = (415,) if "requestBody" in operation else ()
            unheld = (406,) if any("content" in item for item in responses.values()) else ()
            for status in (422, *malformed, *unread, *unheld, *((412,) if "if-match" in names else ())):
                (described,) = documented(status).values()
                responses.setdefault(str(status), described)
