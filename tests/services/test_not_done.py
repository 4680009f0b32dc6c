"""A provider that takes a capture or a refund on and cannot carry it out: a person hears of it once."""

import pytest
from sqlalchemy import text

from orderwright.persistence.tables import Inbox
from orderwright.ports.inbound import EventKind
from orderwright.services import events
from tests.shop import NOW, Shop


@pytest.mark.parametrize(
    ("kind", "what"),
    [(EventKind.PAYMENT_CAPTURE_FAILED, "capture"), (EventKind.PAYMENT_REFUND_FAILED, "refund")],
)
async def test_what_was_not_carried_out_is_asked_of_a_person_once(
    shop: Shop, kind: EventKind, what: str
) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await shop.planned(("MUG", 2))
    [payment] = await shop.payments(order_id)
    event = Inbox(
        source="adyen", event_id=f"M1:{what}", kind=kind, reference=payment.reference or "", occurred_at=NOW,
        data={"amount": 700, "currency": "EUR", "code": "Insufficient balance on payment"},
    )  # fmt: skip

    for _ in range(2):
        await shop.do(lambda session: events.apply(session, event))

    async with shop.db.transaction() as session:
        asked = (await session.execute(text("SELECT kind, subject, question FROM tasks"))).all()
    assert [(one.kind, one.subject) for one in asked] == [("payment_lookup", f"{what}_failed/M1:{what}")]
    assert f"could not carry out a {what} of 700" in asked[0].question
    [after] = await shop.payments(order_id)
    assert (after.state, after.captured, after.refunded) == (payment.state, 0, 0)
