"""What a caller is told when something is refused: one table from failures to RFC 9457 problems."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from orderwright.domain import cards, failures
from orderwright.domain.pricing.tax import TaxUnavailable

log = logging.getLogger("orderwright.api")
MEDIA_TYPE = "application/problem+json"


class PreconditionRequired(failures.Failure):
    """An edit without If-Match: two people may edit."""

    code = "precondition_required"


# The nearest class of a failure's ancestry decides, so a new kind of Conflict is a 409 without a line here.
STATUS: Mapping[type[failures.Failure], int] = {
    failures.Invalid: 422,
    failures.KeyReused: 422,
    failures.Conflict: 409,
    failures.NotFound: 404,
    failures.Forbidden: 403,
    failures.PriceNotAllowed: 403,
    failures.Unauthenticated: 401,
    failures.BadSignature: 401,
    failures.Stale: 412,
    PreconditionRequired: 428,
    TaxUnavailable: 503,
    failures.Failure: 400,
}
HEADERS: Mapping[type[failures.Failure], Mapping[str, str]] = {
    failures.Unauthenticated: {"WWW-Authenticate": 'Bearer realm="orderwright"'},
    failures.InProgress: {"Retry-After": "1"},
    failures.PriceMoved: {"Retry-After": "1"},
    TaxUnavailable: {"Retry-After": "5"},
}
TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "Who are you?",
    403: "Not with this key",
    404: "Not found",
    405: "Not that method",
    406: "Not in that form",
    409: "Its state does not allow that",
    412: "Somebody was first",
    413: "Too large",
    415: "Not that media type",
    422: "The request is wrong",
    428: "Say which version you mean",
    500: "Something of ours went wrong",
    503: "Not now: try again",
}
HTTP_CODES: Mapping[int, str] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    400: "malformed",
}


def request_id(request: Request) -> str:
    """The id that the edge gave this request."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,  # Any: JSON members of the problem
) -> JSONResponse:
    """One problem document. `code` is stable, `detail` is for people."""
    content = {
        **jsonable_encoder(more or {}),
        "type": f"/problems/{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id(request),
    }
    return JSONResponse(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Every error of every route goes through here. What nobody foresaw is answered by the edge."""
    app.add_exception_handler(failures.Failure, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(SQLAlchemyError, _database)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, failures.Failure)  # noqa: S101 - registered for nothing else
    kinds = type(error).__mro__
    status = next(STATUS[kind] for kind in kinds if kind in STATUS)
    headers = next((HEADERS[kind] for kind in kinds if kind in HEADERS), None)
    return problem(request, status, error.code, str(error), headers=headers, more=error.more)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """The fields and what is wrong with them; never the values, which may be somebody's data."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    found = [_field(item) for item in error.errors()[:50]]
    if any(item["code"] == "card_number_refused" for item in found):
        detail = "A card number must never be sent here: send the token of your payment provider."
        return problem(request, 422, "card_number_refused", detail, more={"errors": found})
    return problem(request, 422, "invalid_request", "Some fields are wrong.", more={"errors": found})


def _field(item: Mapping[str, Any]) -> dict[str, str]:  # Any: pydantic's own error details
    where: Sequence[Any] = item["loc"]
    return {"field": ".".join(_name(part) for part in where), "code": item["type"], "message": _words(item)}


def _words(item: Mapping[str, Any]) -> str:  # Any: pydantic's own error details
    return "This field is not known here" if item["type"] == "extra_forbidden" else str(item["msg"])


def _name(part: object) -> str:
    """Field names may be the caller's own text: only what could be a name is repeated."""
    text = str(part)
    readable = len(text) <= 64 and text.isprintable() and not cards.holds_card_number(text)
    return text if readable else "(unreadable)"


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    code = HTTP_CODES.get(error.status_code, "refused")
    return problem(request, error.status_code, code, str(error.detail), headers=error.headers)


async def _database(request: Request, error: Exception) -> JSONResponse:
    """No statement and no parameter leaves: they hold people's data."""
    if isinstance(error, DataError):
        return problem(request, 422, "invalid", "A value is of a kind that cannot be stored.")
    log.error("database: %s, request %s", _kind(error), request_id(request))
    if _gone(error):
        detail = "The database does not answer. Nothing was changed."
        return problem(request, 503, "unavailable", detail, headers={"Retry-After": "2"})
    return unforeseen(request)


def unforeseen(request: Request) -> JSONResponse:
    """A mistake of ours: the log has it under the request's id."""
    return problem(request, 500, "internal", "This is our mistake. Tell us the request_id.")


def _gone(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or type(error.orig).__name__ in UNAVAILABLE or _operational(error)


def _operational(error: DBAPIError) -> bool:
    return any(kind.__name__ in {"OperationalError", "InterfaceError"} for kind in type(error.orig).__mro__)


def _kind(error: Exception) -> str:
    """The error's class and the constraint it met: what a developer needs, and nobody's data."""
    original = getattr(error, "orig", None) or error
    constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
    return f"{type(original).__name__} {constraint or ''}".strip()


UNAVAILABLE = frozenset({"AdminShutdown", "CannotConnectNow", "ConnectionTimeout", "PoolTimeout"})
