"""The outermost layer: every request has an id and a limit, and whatever nobody foresaw becomes a problem."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

from api.problems import log, problem, unforeseen

SANE = re.compile(r"[A-Za-z0-9._:-]{1,100}")
LARGEST_BODY = 2 * 1024 * 1024
LARGEST_INBOUND = 256 * 1024


class Edge:
    """Pure ASGI, so that nothing is buffered and answers stream."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, bound its body, and answer what the application could not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = name
        exchange = _Exchange(receive, send, name, limit=_limit(scope["path"]))
        with structlog.contextvars.bound_contextvars(request_id=name):
            await self._answer(scope, exchange, Headers(scope=scope).get("content-length", ""))

    async def _answer(self, scope: Scope, exchange: "_Exchange", declared: str) -> None:
        request = Request(scope)
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > exchange.limit:
            refused = problem(request, 413, "body_too_large", f"More than {exchange.limit} bytes.")
            await refused(scope, exchange.receive, exchange.send)
            return
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            # The text may hold people's data (a statement's parameters): its kind and place are enough.
            log.error("unforeseen: %s, request %s", _where(error), scope["state"]["request_id"])
            if exchange.started:
                raise
            await unforeseen(request)(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request and its answer: counts what comes in, names what goes out."""

    def __init__(self, receive: Receive, send: Send, name: str, *, limit: int) -> None:
        self._receive, self._send, self._name = receive, send, name
        self.limit, self.read, self.started = limit, 0, False

    async def receive(self) -> Message:
        message = await self._receive()
        self.read += len(message.get("body", b""))
        if self.read > self.limit:
            raise HTTPException(413, f"More than {self.limit} bytes.")  # the kind that FastAPI passes on
        return message

    async def send(self, message: MutableMapping[str, Any]) -> None:  # Any: ASGI's own
        if message["type"] == "http.response.start":
            self.started = True
            MutableHeaders(scope=message)["X-Request-Id"] = self._name
        await self._send(message)


def _request_id(scope: Scope) -> str:
    given = Headers(scope=scope).get("x-request-id", "")
    return given if SANE.fullmatch(given) else str(uuid7())


def _limit(path: str) -> int:
    small = path.startswith("/v1/inbound/") and path != "/v1/inbound/mail"
    return LARGEST_INBOUND if small else LARGEST_BODY


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{type(error).__name__} at {place}"
