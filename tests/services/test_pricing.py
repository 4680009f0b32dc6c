"""From the price to the ledger: parts, captures and short picks share every amount to the last minor unit."""

from uuid import UUID

import pytest
from sqlalchemy import text

from orderwright.domain.money import Money
from orderwright.domain.payments import Account
from orderwright.domain.pricing.fees import FeeKind
from orderwright.domain.pricing.promotions import PromotionKind
from orderwright.domain.pricing.tax import Assessment, Item, Rate, Sale, ShippingTax, Taxed, TaxReason
from orderwright.persistence.money import promotions
from orderwright.ports.payments import Capture
from orderwright.reporting import books
from orderwright.services.customers import CustomerData
from orderwright.services.fulfillment import shorting
from orderwright.services.orders import placing
from orderwright.services.orders.placing import NewLine, NewOrder
from orderwright.services.payments import capturing
from orderwright.services.pricing import campaigns, tariffs
from orderwright.services.pricing.campaigns import PromotionData
from orderwright.services.pricing.tariffs import FeeData, RateData, RegimeData
from tests.shop import HOME, NOW, STAFF, STORE, Shop

DECIMALS = {"JPY": 3_001, "EUR": 2_999, "KWD": 1_347}


async def priced(shop: Shop, currency: str, *, inclusive: bool) -> None:
    """Two products over two places; a code, two fees, dated tax on goods and on shipping."""
    await shop.catalog("MUG", "CUP", price=DECIMALS[currency], at=("LON", "PAR"))
    await shop.execute("UPDATE products SET currency = :currency", currency=currency)
    await shop.receive("MUG", 7, at="LON")
    await shop.receive("CUP", 5, at="PAR")
    async with shop.db.transaction() as session:
        rate = RateData("standard", 88_750, NOW.date(), "GB", inclusive=inclusive)
        await tariffs.put_rates(session, [rate])
        await tariffs.put_regime(session, RegimeData("GB", shipping=ShippingTax.GOODS))
        for code, kind in (("fuel", FeeKind.FUEL), ("small", FeeKind.SMALL_ORDER)):
            await tariffs.put_fee(
                session,
                FeeData(code, currency, code, kind, NOW.date(), amount=101, ppm=33_333, below=10**9),
            )
        await campaigns.create(
            session, PromotionData("Seven off", PromotionKind.PERCENTAGE, "SEVEN", ppm=70_000), STAFF
        )


async def capture(shop: Shop, part_id: UUID) -> None:
    """The part has left and its money is taken."""
    await shop.ship(part_id)
    async with shop.db.transaction() as session:
        for due in await capturing.due(session, part_id):
            amount = Money(due.amount, due.payment.currency)
            await capturing.captured(session, due, Capture(f"ch_{part_id}", amount))


async def balances(shop: Shop) -> dict[str, int]:
    async with shop.db.transaction() as session:
        rows = await session.execute(
            text(
                "SELECT account, sum(amount)::bigint FROM ledger_entries e JOIN ledger_transactions t"
                " ON t.id = e.transaction_id WHERE t.kind = 'capture' GROUP BY account"
            )
        )
        return {str(account): int(amount) for account, amount in rows}


async def faults(shop: Shop) -> list[str]:
    """What the books find; this shop's parcels bear labels that nobody has bought."""
    async with shop.db.transaction() as session:
        found = (await books.check(session, minutes=60)).faults
    return [f"{one.rule}: {one.reason}" for one in found if "had one label" not in one.rule]


@pytest.mark.parametrize("currency", DECIMALS)
@pytest.mark.parametrize("inclusive", [True, False])
async def test_the_ledger_has_every_share_of_an_order_in_its_account(
    shop: Shop, currency: str, *, inclusive: bool
) -> None:
    await priced(shop, currency, inclusive=inclusive)
    order_id = await shop.released(("MUG", 3), ("CUP", 2), codes=["SEVEN"], service="express")
    order, parts = await shop.get(order_id), await shop.parts(order_id)

    for part in parts:
        await capture(shop, part.id)

    assert len(parts) == 2
    assert order.discount > 0
    assert order.fees > 0
    assert order.shipping_tax > 0
    assert sum(part.amount for part in parts) == order.total
    assert sum(part.tax for part in parts) == order.tax
    booked = await balances(shop)
    assert booked[Account.CLEARING] == order.total
    assert booked[Account.TAX] == -order.tax
    assert booked[Account.FEE_REVENUE] == -(order.fees + order.fees_tax_added - order.fees_tax)
    postage = order.shipping + order.shipping_tax_added - order.shipping_tax
    assert booked[Account.SHIPPING_REVENUE] == -postage
    assert sum(booked.values()) == 0
    assert await faults(shop) == []


class OfOne:
    """An engine that wants one minor unit of everything, on top."""

    async def assess(self, sale: Sale) -> Assessment:
        one = Taxed(Rate(1), "elsewhere", TaxReason.RATE, tax=1)
        shipping = [(Item("", sale.shipping), one)] if sale.shipping else []
        return Assessment([one for _ in sale.goods], [one for _ in sale.fees], shipping)


async def test_another_tax_engine_may_stand_behind_the_port(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    new = NewOrder(
        channel="web", lines=[NewLine("MUG", 3), NewLine("CUP", 1)], customer=CustomerData("Ana"),
        ship_to=HOME, payment_source="pm_card_visa", service="express",
    )  # fmt: skip

    async with shop.db.transaction() as session:
        order = (await placing.place(session, new, STORE, OfOne())).order

    assert (order.tax, order.tax_added, order.shipping_tax) == (3, 3, 1)
    assert order.total == 4000 + order.shipping + 3
    assert {line.jurisdiction for line in await shop.lines(order.id)} == {"elsewhere"}
    assert await faults(shop) == []


async def test_what_has_shipped_keeps_its_use(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    data = PromotionData("Half", PromotionKind.PERCENTAGE, "HALF", ppm=500_000, limit_total=1)
    await shop.do(lambda session: campaigns.create(session, data, STAFF))
    shipped = await shop.released(("MUG", 1), codes=["HALF"])
    await shop.ship((await shop.live_part(shipped)).id)

    kept = await shop.do(lambda session: promotions.give_back_unshipped(session, shipped))

    assert kept == []
    assert await shop.count("SELECT used FROM promotions") == 1
    assert await faults(shop) == []


@pytest.mark.parametrize("currency", DECIMALS)
async def test_what_is_not_found_takes_its_shares_along_and_brings_them_back(
    shop: Shop, currency: str
) -> None:
    """Short at its warehouse, planned anew elsewhere: all parts together are still the order."""
    await priced(shop, currency, inclusive=False)
    await shop.receive("MUG", 5, at="PAR")
    order_id = await shop.released(("MUG", 6), codes=["SEVEN"])
    order, (part,) = await shop.get(order_id), await shop.parts(order_id)

    async with shop.db.transaction() as session:
        await shorting.short(session, part.id, {"MUG": 2}, by="warehouse", reason="short")
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.plan(order_id)

    live = [one for one in await shop.parts(order_id) if one.state != "canceled"]
    assert [one.amount > 0 for one in live] == [True, True]
    for name in ("amount", "tax", "shipping_tax", "fees_tax"):
        whole = {"amount": order.total}.get(name) or getattr(order, name)
        assert sum(getattr(one, name) for one in live) == whole, name
    assert sum(one.fees for one in live) == order.fees + order.fees_tax_added
    discounts = "SELECT sum(discount) FROM fulfillment_lines"
    assert await shop.count(discounts) == order.discount
    assert await faults(shop) == []
