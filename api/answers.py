"""The answer to a new order: sent after the commit, and later still where the caller asked to wait."""

import asyncio
import time
from uuid import UUID

from fastapi.responses import Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from api.schemas.orders import OrderView
from api.transaction import deliver
from orderwright.container import Container
from orderwright.services.orders import reading

POLL_S = 0.075


class Created(Response):
    """201 with the order. It is called only once the transaction has been committed.

    With `wait`, rows are read until the order rests or the time is over; no worker is needed for an answer,
    and none of it can take the order back. The run is woken meanwhile.
    """

    media_type = "application/json"

    def __init__(self, view: OrderView, container: Container, *, staff: bool, wait: float) -> None:
        super().__init__(
            view.model_dump_json(), 201, {"Location": f"/v1/orders/{view.id}", "ETag": f'"v{view.version}"'}
        )
        self._container, self._order, self._staff, self._wait = container, view.id, staff, wait

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait where asked, send, wake."""
        waking = asyncio.create_task(deliver(self._container, self._order))
        try:
            if self._wait > 0:
                self._show(await rested(self._container, self._order, wait=self._wait, staff=self._staff))
            await super().__call__(scope, receive, send)
        finally:
            await waking

    def _show(self, view: OrderView | None) -> None:
        if view is not None:
            self.body = view.model_dump_json().encode()
            self.headers["content-length"] = str(len(self.body))
            self.headers["etag"] = f'"v{view.version}"'


async def rested(container: Container, order_id: UUID, *, wait: float, staff: bool) -> OrderView | None:
    """The order once it is accepted, held or at an end, or as it is after `wait` seconds. None: no rows."""
    until = time.monotonic() + wait
    try:
        while time.monotonic() < until:
            async with container.db.transaction() as session:
                if await reading.rests(session, order_id):
                    break
            await asyncio.sleep(POLL_S)
        async with container.db.snapshot() as session:
            return OrderView.of(await reading.order(session, order_id), staff=staff)
    except SQLAlchemyError:
        return None  # the order is taken: the answer made before the commit is true and goes out
