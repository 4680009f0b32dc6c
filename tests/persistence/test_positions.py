"""The position tells its run what to do, what to undo, and that it was read."""

from uuid import uuid4

import pytest

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import OrderState
from orderwright.messages.orders import Position, UndoKind
from orderwright.persistence import outbox, positions
from orderwright.services.fulfillment import partner
from orderwright.services.orders import cancellation, ending
from tests.shop import STAFF, Shop


async def stocked(shop: Shop, *, multicapture: bool = True) -> None:
    shop.multicapture = multicapture
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 9)
    await shop.receive("CUP", 9, at="PAR")


def undo(position: Position) -> list[UndoKind]:
    return [one.kind for one in position.undo]


async def test_reading_takes_the_wake_back(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1))

    before = (await shop.get(order_id)).woken
    first, second = await shop.position(order_id), await shop.position(order_id)
    again = await shop.do(lambda session: outbox.wake(session, order_id))

    assert before
    assert second.as_of == first.as_of + 1
    assert again
    assert await shop.wakes(order_id) == 2


async def test_nobody_reads_an_order_that_is_not_there(shop: Shop) -> None:
    with pytest.raises(LookupError):
        await shop.do(lambda session: positions.read(session, uuid4()))


async def test_an_order_on_its_way_has_nothing_to_undo(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1), ("CUP", 1))
    seen = []

    for step in (shop.verify, shop.reserve, shop.authorize, shop.plan):
        await step(order_id)
        seen.append(await shop.position(order_id))
    for part in await shop.parts(order_id):
        await shop.hand_over(part.id)
        seen.append(await shop.position(order_id))

    assert [undo(position) for position in seen] == [[]] * len(seen)
    assert [(p.verified, p.reserved, p.planned) for p in seen[:4]] == [
        (True, False, False), (True, True, False), (True, True, False), (True, True, True),
    ]  # fmt: skip
    assert [p.unallocated + p.unplanned for p in seen[:4]] == [2, 2, 2, 0]


async def test_a_rejected_order_gives_stock_and_money_back(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.order(("MUG", 1))
    for step in (shop.verify, shop.reserve, shop.authorize):
        await step(order_id)

    await shop.do(lambda session: ending.end_unshipped(session, order_id, OrderState.REJECTED, reason="no"))

    assert undo(await shop.position(order_id)) == [UndoKind.STOCK, UndoKind.PAYMENT]


async def test_a_canceled_order_gives_the_label_back_first(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 1))

    await shop.do(lambda session: cancellation.request(session, order_id, STAFF, "changed my mind"))

    assert undo(await shop.position(order_id)) == [UndoKind.LABEL, UndoKind.STOCK, UndoKind.PAYMENT]


async def test_what_a_warehouse_has_is_recalled_first(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))

    await shop.do(lambda session: cancellation.request(session, order_id, STAFF, "changed my mind"))

    assert undo(await shop.position(order_id)) == [UndoKind.RECALL]


async def test_what_a_person_is_asked_about_waits(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.planned(("MUG", 1))
    await shop.do(lambda session: cancellation.request(session, order_id, STAFF, "changed my mind"))
    (payment,) = await shop.payments(order_id)

    await shop.execute(
        "INSERT INTO tasks (id, order_id, kind, subject, question)"
        " VALUES (gen_random_uuid(), :o, 'compensation', :s, '?')",
        o=order_id, s=f"payment/{payment.id}",
    )  # fmt: skip

    position = await shop.position(order_id)
    assert undo(position) == [UndoKind.LABEL, UndoKind.STOCK]
    assert position.needs_person
    assert position.asked == (f"payment/{payment.id}",)


async def test_money_is_kept_while_a_rejected_part_looks_for_another_place(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)

    await shop.do(lambda session: partner.rejected(session, part.id, by="LON", reason="broken"))

    position = await shop.position(order_id)
    assert undo(position) == [UndoKind.LABEL, UndoKind.STOCK]
    assert (position.unallocated, position.unplanned) == (1, 0)


async def test_money_for_a_part_is_captured_when_it_has_left(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1), ("CUP", 1))
    first, second = await shop.parts(order_id)

    await shop.ship(first.id)

    due = {part.id: part.capture_due for part in (await shop.position(order_id)).parts}
    assert due == {first.id: True, second.id: False}


async def test_an_authorization_captured_once_waits_for_its_last_part(shop: Shop) -> None:
    await stocked(shop, multicapture=False)
    order_id = await shop.released(("MUG", 1), ("CUP", 1))
    first, second = await shop.parts(order_id)
    (paid, _) = await shop.payments(order_id)
    await shop.execute("UPDATE payment_shares SET payment_id = :p", p=paid.id)

    due = []
    for part in (first, second):
        await shop.ship(part.id)
        due.append([one.capture_due for one in (await shop.position(order_id)).parts])

    assert due == [[False, False], [True, True]]


async def test_a_settled_order_has_arrived_and_is_paid(shop: Shop) -> None:
    await stocked(shop)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    await shop.scan(part.id, ShipmentState.DELIVERED)
    states = []

    for captured in (False, True):
        if captured:
            await shop.execute("UPDATE fulfillment_orders SET captured = amount")
            await shop.execute("UPDATE payment_shares SET captured = amount")
            await shop.execute("UPDATE payments SET captured = amount, state = 'captured'")
        await shop.do(lambda session: ending.settle(session, order_id))
        states.append(((await shop.position(order_id)).state, (await shop.position(order_id)).settled))

    assert states == [(OrderState.IN_FULFILLMENT, False), (OrderState.COMPLETED, True)]
