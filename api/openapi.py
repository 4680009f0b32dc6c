"""The description of the API: problems, scopes and examples, beside what FastAPI reads from the routes."""

from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.access import Allow
from api.problems import MEDIA_TYPE
from api.routes import ROUTERS

Json = dict[str, Any]  # Any: an OpenAPI document

DESCRIPTION = """Orders are taken, found and decided here. Amounts are integers in minor units of an ISO
4217 currency; times are UTC. Every POST that changes anything takes an Idempotency-Key. Errors are problems
(RFC 9457) with a stable `code`."""

PROBLEM: Json = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; `detail` is for people; further members belong to the code.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"},
                },
            },
        },
        "allowed_actions": {"type": "array", "items": {"type": "string"}},
    },
    "examples": [
        {
            "type": "/problems/past_pivot", "title": "Its state does not allow that", "status": 409,
            "code": "past_pivot", "detail": "Picking has begun", "request_id": "0199a7b2",
            "allowed_actions": [],
        }
    ],
}  # fmt: skip


def describe(app: FastAPI) -> None:
    """Give the app its own description, made once."""

    def openapi() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def document(app: FastAPI) -> Json:
    """The OpenAPI 3.1 document."""
    made = get_openapi(
        title=app.title, version="1", openapi_version="3.1.0", description=DESCRIPTION, routes=app.routes
    )
    made["components"]["schemas"]["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        made["components"]["schemas"].pop(name, None)
    scopes = {route.operation_id: scopes_of(route) for route in routes()}
    for operations in made["paths"].values():
        for operation in operations.values():
            _complete(operation, scopes[operation["operationId"]])
    return made


def routes() -> list[APIRoute]:
    """Every route that is part of the API."""
    every = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return [route for route in every if route.include_in_schema]


def scopes_of(route: APIRoute) -> tuple[str, ...] | None:
    """The scopes a route lets in beside admin; None: it asks for no key."""
    found = [call.scopes for call in _calls(route.dependant) if isinstance(call, Allow)]
    return tuple(scope.value for scope in found[0]) if found else None


def _calls(dependant: Dependant) -> list[object]:
    own = [] if dependant.call is None else [dependant.call]
    return [*own, *(call for inner in dependant.dependencies for call in _calls(inner))]


def _complete(operation: Json, scopes: tuple[str, ...] | None) -> None:
    refused = {"default": "Refused or failed"}
    if scopes is not None:
        operation["x-scopes"] = [*scopes, "admin"]
        refused |= {
            "401": "No key, or one that is not ours",
            "403": f"Needs one of: {', '.join(operation['x-scopes'])}",
        }
    if "422" in operation["responses"]:
        refused["422"] = "The request is wrong"
    for status, text in refused.items():
        operation["responses"][status] = {
            "description": text,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
