"""The request's one transaction: committed before the answer leaves; POSTs answered once per key."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any
from uuid import UUID

from fastapi import BackgroundTasks, Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import InContainer, caller
from orderwright.container import Container
from orderwright.domain.cards import CardNumberRefused, holds_card_number
from orderwright.services import idempotency
from orderwright.services.idempotency import Answer, Asked
from orderwright.services.keys import Caller

DELIVER_S = 2.0
KEPT_HEADERS = ("location", "etag", "content-type")
KEY_PATTERN = r"^[\x21-\x7e]{1,200}$"


async def writing(container: InContainer) -> AsyncIterator[AsyncSession]:
    """Commits at the end of the route and before its answer: only with `scope="function"`."""
    async with container.db.transaction() as session:
        yield session


async def transaction(request: Request, container: InContainer) -> AsyncIterator[AsyncSession]:
    """The same; what only reads gets a snapshot: it is made of many statements while runs go on writing."""
    reads = request.method in {"GET", "HEAD"}
    async with container.db.snapshot() if reads else container.db.transaction() as session:
        yield session


InTransaction = Annotated[AsyncSession, Depends(transaction, scope="function")]

InWriting = Annotated[AsyncSession, Depends(writing, scope="function")]
"""For a GET that keeps what it made for the first who asked."""


class Replayed(Exception):
    """This POST was answered before: nothing is done, the stored answer goes out."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


async def once(
    request: Request,
    found: Annotated[Caller, Depends(caller)],
    session: InTransaction,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=KEY_PATTERN,
            description="The same key with the same body is answered once, for seven days.",
            examples=["checkout-8f14e45f"],
        ),
    ] = None,
) -> None:
    """Take the caller's Idempotency-Key for this transaction.

    Raises Replayed, InProgress, KeyReused, CardNumberRefused.
    """
    if idempotency_key is None:
        return
    if holds_card_number(idempotency_key):
        raise CardNumberRefused("a card number must never be sent here", field="Idempotency-Key")
    route = f"{request.method} {request.url.path}"  # not the query: `wait` may differ in a retry
    asked = Asked(str(found.id), idempotency_key, route, idempotency.body_hash(await request.body()))
    answer = await idempotency.begin(session, asked)
    if answer is not None:
        raise Replayed(answer)
    request.state.once = (session, asked)


def stored_instead(request: Request, answer: BaseModel) -> None:
    """Keep this for a repeat, where the true answer holds a secret that is stored nowhere."""
    request.state.stored_instead = answer.model_dump_json()


class Once(APIRoute):
    """A route whose answer is stored in the transaction of its work. Its POSTs take an Idempotency-Key."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:  # Any: FastAPI's own
        if "POST" in (given.get("methods") or ()):
            given["dependencies"] = [*(given.get("dependencies") or ()), Depends(once)]
        super().__init__(path, endpoint, **given)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI closes function-scoped dependencies, and so commits, only after this returns."""
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            response = await handle(request)
            held = getattr(request.state, "once", None)
            if held is not None:
                session, asked = held
                kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
                body = getattr(request.state, "stored_instead", None) or bytes(response.body).decode()
                await idempotency.store(session, asked, Answer(response.status_code, body, kept))
            return response

        return handle_once


async def replay(_request: Request, error: Exception) -> Response:
    """The stored answer, to the byte."""
    assert isinstance(error, Replayed)  # noqa: S101 - registered for nothing else
    headers = {**error.answer.headers, "Idempotent-Replayed": "true"}
    return Response(error.answer.body, error.answer.status, headers=headers)


async def deliver(container: Container, order_id: UUID) -> None:
    """Wake the order now, two seconds at most; whatever fails is left to the relay."""
    with contextlib.suppress(
        Exception
    ):  # the answer is out, and the outbox row is not deleted: nothing is lost
        async with asyncio.timeout(DELIVER_S):
            await container.relay.deliver(order_id)


class Waker:
    """Notes which order's run is to be woken once the answer is out."""

    def __init__(self, container: InContainer, after: BackgroundTasks) -> None:
        self._container, self._after = container, after

    def __call__(self, order_id: UUID) -> None:
        """Deliver the order's wake after the answer."""
        self._after.add_task(deliver, self._container, order_id)


Wake = Annotated[Waker, Depends()]
