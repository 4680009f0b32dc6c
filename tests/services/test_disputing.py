"""A bank wants money back: booked, asked about, won or lost; told twice or in any order it is the same."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.failures import Conflict
from orderwright.domain.orders import Decision
from orderwright.domain.payments import DisputeState
from orderwright.persistence import inbox
from orderwright.persistence.tables import Dispute, Task
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.services import events
from orderwright.services.disputes import disputing
from orderwright.services.orders import decisions, reading
from orderwright.services.payments.giving_back import LineWanted
from tests.services.test_giving_back import ask, paid, refunds, settle, unbalanced
from tests.shop import NOW, STAFF, Shop

OPENED, CLOSED = EventKind.DISPUTE_OPENED, EventKind.DISPUTE_CLOSED
DUE = NOW + timedelta(days=9)
_ids = itertools.count(1)


async def told(
    shop: Shop, order_id: UUID, kind: EventKind, status: str = "needs_response", **more: Any
) -> None:
    """Any: more of what it says. Stripe's event, stored and applied as the relay does."""
    (payment,) = await shop.payments(order_id)
    event = ProviderEvent(
        source="stripe", event_id=f"evt_{next(_ids)}", kind=kind, reference=payment.reference or "",
        occurred_at=NOW,
        data={
            "dispute": "dp_1", "amount": 1500, "currency": "EUR", "reason": "fraudulent", "status": status,
            "evidence_due": DUE.isoformat(), **more,
        },
    )  # fmt: skip
    async with shop.db.transaction() as session:
        assert await inbox.store(session, event)
        row = await inbox.take(session, "stripe", event.event_id)
        assert row is not None
        await events.apply(session, row)


async def dispute(shop: Shop) -> Dispute:
    async with shop.db.transaction() as session:
        return (await session.scalars(select(Dispute))).one()


async def on(shop: Shop, account: str) -> int:
    return await shop.count(
        "SELECT sum(e.amount) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id"
        " WHERE t.state = 'posted' AND e.account = :a",
        a=account,
    )


async def test_a_dispute_takes_the_money_and_asks_for_evidence_in_time(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))

    for _ in range(2):
        await told(shop, order_id, OPENED)

    found = await dispute(shop)
    assert (found.state, found.amount, found.evidence_due) == (DisputeState.OPEN, 1500, DUE)
    assert (await on(shop, "disputed"), await on(shop, "clearing")) == (1500, 0)
    async with shop.db.transaction() as session:
        (task,) = (await session.scalars(select(Task))).all()
    assert (task.kind.value, task.deadline, task.subject) == ("dispute", DUE, "dispute/dp_1")
    assert (await shop.events(order_id)).count("dispute.opened") == 1
    assert await unbalanced(shop) == []


@pytest.mark.parametrize(
    ("status", "clearing", "refunded", "state"),
    [("won", 1500, 0, DisputeState.WON), ("lost", 0, 1500, DisputeState.LOST)],
)
@pytest.mark.parametrize("order", [(OPENED, CLOSED), (CLOSED, OPENED), (OPENED, CLOSED, CLOSED, OPENED)])
async def test_won_or_lost_the_books_say_so_in_whatever_order_it_is_told(
    shop: Shop, order: tuple[EventKind, ...], status: str, clearing: int, refunded: int, state: DisputeState
) -> None:
    order_id = await paid(shop, ("MUG", 1))

    for kind in order:
        await told(shop, order_id, kind, status if kind is CLOSED else "needs_response")

    assert (await dispute(shop)).state is state
    assert await on(shop, "disputed") == 0
    assert (await on(shop, "clearing"), await on(shop, "refunds")) == (clearing, refunded)
    assert await shop.count("SELECT count(*) FROM tasks WHERE state = 'open'") == 0
    assert await unbalanced(shop) == []


async def test_what_the_bank_has_taken_is_not_refunded_as_well(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))
    await told(shop, order_id, OPENED)

    with pytest.raises(Conflict):
        await ask(shop, order_id, lines=[LineWanted("MUG", 1)])
    assert await refunds(shop, order_id) == []

    await told(shop, order_id, CLOSED, "won")
    await ask(shop, order_id, lines=[LineWanted("MUG", 1)])
    await settle(shop, order_id)
    assert [payment.refunded for payment in await shop.payments(order_id)] == [1000]
    assert await unbalanced(shop) == []


async def test_the_order_shows_it_and_a_person_may_say_that_evidence_is_sent(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))
    await told(shop, order_id, OPENED)
    async with shop.db.transaction() as session:
        (task,) = (await session.scalars(select(Task))).all()
        await decisions.decide(session, task.id, Decision.APPROVE, STAFF, "sent the tracking")

    record = await shop.do(lambda session: reading.order(session, order_id))

    assert [one.reference for one in record.disputes] == ["dp_1"]
    assert (await dispute(shop)).state is DisputeState.OPEN


async def test_what_is_only_announced_takes_no_money_until_it_is_taken(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))

    await told(shop, order_id, OPENED, taken=False)
    announced = (await on(shop, "disputed"), (await dispute(shop)).taken)
    await told(shop, order_id, OPENED, amount=1200)

    found = await dispute(shop)
    assert announced == (0, False)
    assert (found.taken, found.amount) == (True, 1200)
    assert (await on(shop, "disputed"), await on(shop, "clearing")) == (1200, 300)
    assert (await shop.events(order_id)).count("dispute.opened") == 1
    assert await shop.count("SELECT count(*) FROM tasks") == 1
    assert await unbalanced(shop) == []


@pytest.mark.parametrize(("status", "state"), [("won", DisputeState.WON), ("lost", DisputeState.OPEN)])
async def test_what_was_only_asked_about_ends_without_a_booking_and_is_not_lost(
    shop: Shop, status: str, state: DisputeState
) -> None:
    order_id = await paid(shop, ("MUG", 1))

    for kind, said in ((OPENED, "needs_response"), (CLOSED, status)):
        await told(shop, order_id, kind, said, taken=False)

    assert (await dispute(shop)).state is state
    assert (await on(shop, "disputed"), await on(shop, "refunds"), await on(shop, "clearing")) == (0, 0, 1500)


@pytest.mark.parametrize("late", [(), (CLOSED,)])
async def test_a_second_chargeback_takes_back_what_was_won(shop: Shop, late: tuple[EventKind, ...]) -> None:
    order_id = await paid(shop, ("MUG", 1))

    await told(shop, order_id, OPENED)
    await told(shop, order_id, CLOSED, "won")
    await told(shop, order_id, CLOSED, "lost")
    for kind in late:
        await told(shop, order_id, kind, "won")

    assert (await dispute(shop)).state is DisputeState.LOST
    accounts = [await on(shop, account) for account in ("disputed", "clearing", "refunds")]
    assert accounts == [0, 0, 1500]
    assert await unbalanced(shop) == []


async def test_what_the_provider_takes_for_it_is_booked_once_and_comes_back_with_the_money(
    shop: Shop,
) -> None:
    order_id = await paid(shop, ("MUG", 1))

    for _ in range(2):
        await told(shop, order_id, OPENED, fees={"txn_1": 1500})
    charged = (await on(shop, "payment_fees"), await on(shop, "clearing"))
    for _ in range(2):
        await told(shop, order_id, CLOSED, "won", fees={"txn_1": 1500, "txn_2": -1500})

    assert charged == (1500, -1500)
    assert (await on(shop, "payment_fees"), await on(shop, "clearing")) == (0, 1500)
    of_order = "SELECT count(*) FROM ledger_transactions WHERE kind = 'fee' AND order_id = :order"
    assert await shop.count(of_order, order=order_id) == 2


async def test_a_question_for_evidence_ends_at_its_deadline_and_the_dispute_goes_on(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))
    await told(shop, order_id, OPENED)
    await shop.execute("UPDATE tasks SET deadline = now() + interval '1 h'")
    early = await disputing.lapse(shop.db)
    await shop.execute("UPDATE tasks SET deadline = now() - interval '1 s'")

    lapsed = [await disputing.lapse(shop.db) for _ in range(2)]

    assert (early, lapsed) == (0, [1, 0])
    assert await shop.count("SELECT count(*) FROM tasks WHERE state = 'expired'") == 1
    assert (await shop.events(order_id))[-1] == "dispute.evidence_lapsed"
    assert (await dispute(shop)).state is DisputeState.OPEN
