"""A promise that the warehouse would miss is kept with a faster label, as the simulated carrier saw it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from orderwright.domain.fulfillment.shipping import weekday
from orderwright.local.stack import Stack
from orderwright.persistence.database import Database
from orderwright.persistence.tables import FulfillmentOrder
from orderwright.services.delivery import guarding
from tests.e2e.test_doorstep import PATIENCE_S, order_when, placed, subjects, world


@pytest.fixture
def waiting(stack: Stack) -> None:
    """The warehouse does not begin to pick what it gets next."""
    rule = {"mode": "hold_picking", "provider": "warehouse", "times": 1}
    httpx2.post(f"{stack.urls['simulator']}/_sim/switches", json=rule, timeout=10).raise_for_status()


@pytest.mark.usefixtures("waiting")
async def test_a_label_is_voided_and_bought_faster_and_the_customer_pays_no_more(
    stack: Stack, shop: httpx2.Client
) -> None:
    order = placed(shop, "hurried@example.com")
    _until(lambda: len(world(stack, order_number=order["number"])["handoffs"]) == 1)

    await _guard_on_the_last_day(stack, UUID(order["id"]))
    done = order_when(shop, order["id"], state="completed")

    assert done["state"] == "completed"
    books = world(stack, order_id=order["id"])
    first, second = books["labels"]
    assert [(one["purchases"], one["voided"]) for one in (first, second)] == [(1, True), (1, False)]
    assert first["rate_minor"] < second["rate_minor"]
    assert [(one["amount"], one["captured"]) for one in books["payments"]] == [(2300, 2300)]
    story = shop.get(f"/v1/orders/{order['id']}/timeline").json()["data"]
    (told,) = [one for one in story if one["kind"] == "shipment.upgraded"]
    labels = [one["data"]["service"] for one in story if one["kind"] == "label.bought"]
    assert (told["actor"], told["data"]["service"]) == ("guardian", labels[1])
    assert labels[0] != labels[1]
    assert not [one for one in subjects(stack, "hurried@example.com") if "chang" in one.lower()]
    assert shop.get(f"/v1/orders/{order['id']}/proof").json()["proven"] is True


async def _guard_on_the_last_day(stack: Stack, order_id: UUID) -> None:
    """The guardian looks on the working day before the promised one, and may spend what it takes."""
    db = Database(stack.env["ORDERWRIGHT_DATABASE_URL"], pool=2)
    try:
        async with db.transaction() as session:
            day = await session.scalar(
                select(FulfillmentOrder.promised_on).where(FulfillmentOrder.order_id == order_id)
            )
        assert day is not None
        day -= timedelta(days=1)
        while not weekday(day):
            day -= timedelta(days=1)
        await guarding.guard(db, datetime(day.year, day.month, day.day, 10, tzinfo=UTC), extra=100_000)
    finally:
        await db.close()


def _until(there: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not there() and time.monotonic() < until:
        time.sleep(0.2)
