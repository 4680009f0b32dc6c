"""Money goes back by line, by amount or in all: exactly what was paid, once, and with its tax."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, Failure, Forbidden, Invalid
from orderwright.domain.money import Money
from orderwright.domain.payments import RefundState
from orderwright.persistence import locks
from orderwright.persistence.tables import Refund, RefundLine
from orderwright.ports.payments import Capture, Refunded
from orderwright.reporting import books
from orderwright.services.payments import capturing, giving_back, refunding
from orderwright.services.payments.giving_back import LineWanted, Wanted
from tests.shop import STAFF, STORE, Shop, all_try


async def paid(shop: Shop, *lines: tuple[str, int], price: int = 1000) -> UUID:
    """An order that has left and is paid: 5.00 shipping, 20 % tax in the prices."""
    skus = [sku for sku, _ in lines]
    await shop.catalog(*skus, price=price)
    for sku in skus:
        await shop.receive(sku, 9)
    order_id = await shop.released(*lines)
    await leave(shop, order_id)
    return order_id


async def leave(shop: Shop, order_id: UUID) -> None:
    """Every part ships, and its money is taken."""
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
        async with shop.db.transaction() as session:
            await locks.lock(session, order_id)
            for due in await capturing.due(session, part.id):
                amount = Money(due.amount, due.payment.currency)
                await capturing.captured(session, due, Capture(f"pi_{due.payment.id}", amount))


async def ask(shop: Shop, order_id: UUID, **wanted: Any) -> Sequence[Refund]:
    """Any: fields of Wanted."""
    return await shop.do(lambda session: giving_back.request(session, order_id, STAFF, Wanted(**wanted)))


async def settle(shop: Shop, order_id: UUID) -> None:
    """The provider gives back whatever was asked for."""
    for refund in await refunds(shop, order_id):
        if refund.state is RefundState.REQUESTED:
            answer = Refunded(f"re_{refund.id}", Money(refund.amount, refund.currency))
            async with shop.db.transaction() as session:
                await refunding.refunded(session, refund.id, answer)


async def refunds(shop: Shop, order_id: UUID) -> Sequence[Refund]:
    async def read(session: AsyncSession) -> Sequence[Refund]:
        return (await session.scalars(select(Refund).where(Refund.order_id == order_id))).all()

    return await shop.do(read)


async def pieces(shop: Shop) -> list[tuple[str, int, int, int]]:
    """Kind, units, amount and tax of everything that was asked back."""

    async def read(session: AsyncSession) -> list[tuple[str, int, int, int]]:
        rows = await session.scalars(select(RefundLine).order_by(RefundLine.id))
        return [(row.kind.value, row.units, row.amount, row.tax) for row in rows]

    return await shop.do(read)


async def unbalanced(shop: Shop) -> list[str]:
    """What the books say of money that is not as it must be; the labels of these stories cost nothing."""
    async with shop.db.transaction() as session:
        found = await books.examine(session, minutes=10)
    return [f"{fault.rule}: {fault.reason}" for fault in found.faults if "label" not in fault.rule]


async def test_three_units_one_by_one_give_back_what_the_line_was_paid_with(shop: Shop) -> None:
    """Learned from vendure#868: units of a line could be given back in one go only."""
    order_id = await paid(shop, ("MUG", 3), price=333)

    for _ in range(3):
        await ask(shop, order_id, lines=[LineWanted("MUG", 1)])
    await ask(shop, order_id, shipping="all")
    await settle(shop, order_id)

    assert await pieces(shop) == [
        ("line", 1, 333, 56), ("line", 1, 333, 56), ("line", 1, 333, 55), ("shipping", 0, 500, 0),
    ]  # fmt: skip
    (payment,) = await shop.payments(order_id)
    assert (payment.captured, payment.refunded) == (1499, 1499)
    assert [line.refunded for line in await shop.lines(order_id)] == [3]
    assert await shop.count("SELECT sum(amount) FROM ledger_entries WHERE account = 'tax_payable'") == 0
    assert await unbalanced(shop) == []


async def test_everything_is_every_line_and_the_shipping(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 2), ("CUP", 1))

    await ask(shop, order_id)
    await settle(shop, order_id)

    assert await pieces(shop) == [("line", 2, 2000, 333), ("line", 1, 1000, 167), ("shipping", 0, 500, 0)]
    assert await unbalanced(shop) == []


async def test_after_an_amount_given_ad_hoc_everything_is_the_rest(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 2))

    await ask(shop, order_id, amount=1250)
    await ask(shop, order_id)
    await settle(shop, order_id)

    assert await pieces(shop) == [("ad_hoc", 0, 1250, 167), ("line", 2, 1000, 166), ("shipping", 0, 250, 0)]
    assert await shop.count("SELECT sum(amount) FROM ledger_entries WHERE account = 'tax_payable'") == 0
    assert await unbalanced(shop) == []


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"lines": [LineWanted("MUG", 3)]}, Conflict),
        ({"lines": [LineWanted("MUG", 0, 2001)]}, Conflict),
        ({"lines": [LineWanted("MUG", 1), LineWanted("MUG", 1)]}, Invalid),
        ({"lines": [LineWanted("CUP", 1)]}, Invalid),
        ({"shipping": 501}, Conflict),
        ({"amount": 2501}, Conflict),
    ],
)
async def test_more_than_was_paid_is_refused_and_nothing_is_written(
    shop: Shop, wanted: dict[str, Any], why: type[Failure]
) -> None:
    order_id = await paid(shop, ("MUG", 2))

    with pytest.raises(why):
        await ask(shop, order_id, **wanted)

    assert await refunds(shop, order_id) == []
    assert [line.refunded for line in await shop.lines(order_id)] == [0]
    assert "refund.requested" not in await shop.events(order_id)


async def test_a_storefront_gives_nothing_back(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))

    with pytest.raises(Forbidden):
        await shop.do(lambda session: giving_back.request(session, order_id, STORE, Wanted()))

    assert await refunds(shop, order_id) == []


async def test_of_what_has_not_shipped_nothing_is_given_back(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    order_id = await shop.released(("MUG", 1))

    with pytest.raises(Conflict):
        await ask(shop, order_id, lines=[LineWanted("MUG", 1)])

    assert await refunds(shop, order_id) == []


async def test_of_two_payments_of_one_card_the_one_with_just_enough_gives_back(shop: Shop) -> None:
    shop.multicapture = False
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    await shop.receive("MUG", 2)
    await shop.receive("CUP", 1, at="PAR")
    order_id = await shop.released(("MUG", 2), ("CUP", 1))
    await leave(shop, order_id)

    asked = await ask(shop, order_id, amount=1000)
    await ask(shop, order_id)
    await settle(shop, order_id)

    captured = [payment.captured for payment in await shop.payments(order_id)]
    assert [refund.amount for refund in asked] == [1000]
    assert asked[0].payment_id == (await shop.payments(order_id))[1].id
    assert captured == [2333, 1167]
    assert [payment.refunded for payment in await shop.payments(order_id)] == captured
    assert await unbalanced(shop) == []


async def test_twenty_refunds_of_sixty_on_a_hundred_at_once_are_one(shop: Shop) -> None:
    """Learned from saleor#19645, craftcms/commerce#1098: compared with the charge, not with what is left."""
    order_id = await paid(shop, ("MUG", 1), price=10000)  # the shipping is free
    (payment,) = await shop.payments(order_id)

    outcomes = await all_try([lambda: ask(shop, order_id, amount=6000) for _ in range(20)], at_once=20)
    await settle(shop, order_id)

    assert payment.captured == 10000
    assert [type(one) for one in outcomes].count(Conflict) == 19
    assert [refund.amount for refund in await refunds(shop, order_id)] == [6000]
    assert [one.refunded for one in await shop.payments(order_id)] == [6000]
    assert await unbalanced(shop) == []


async def test_twenty_refunds_of_one_unit_of_two_are_two(shop: Shop) -> None:
    """Learned from vendure#4135: more units were given back than there were."""
    order_id = await paid(shop, ("MUG", 2))

    outcomes = await all_try(
        [lambda: ask(shop, order_id, lines=[LineWanted("MUG", 1)]) for _ in range(20)], at_once=20
    )

    assert [type(one) for one in outcomes].count(Conflict) == 18
    assert [line.refunded for line in await shop.lines(order_id)] == [2]


async def test_a_refund_that_failed_can_be_asked_for_again(shop: Shop) -> None:
    order_id = await paid(shop, ("MUG", 1))
    await ask(shop, order_id)
    await shop.execute("UPDATE refunds SET state = 'failed'")
    await shop.execute("UPDATE order_lines SET refunded = 0")

    await ask(shop, order_id)
    await settle(shop, order_id)

    assert sorted(one.amount for one in await refunds(shop, order_id)) == [1500, 1500]
    assert [one.refunded for one in await shop.payments(order_id)] == [1500]
