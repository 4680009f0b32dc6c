"""What a shipped unit had cost is kept with it, whatever it costs later."""

from sqlalchemy import select

from orderwright.domain.books.margin import MarginBy
from orderwright.persistence.tables import FulfillmentLine
from orderwright.reporting import margin
from orderwright.services.fulfillment import handing
from tests.shop import Shop


async def costs(shop: Shop) -> list[tuple[int | None, str | None]]:
    rows = await shop.do(
        lambda session: session.scalars(select(FulfillmentLine).order_by(FulfillmentLine.sku))
    )
    return [(row.unit_cost, row.cost_currency) for row in rows]


async def test_the_cost_of_the_day_it_shipped_is_kept(shop: Shop) -> None:
    await shop.catalog("CUP", "MUG")
    await shop.receive("MUG", 5)
    await shop.receive("CUP", 5)
    await shop.execute("UPDATE stock_levels SET unit_cost = 400 WHERE sku = 'MUG'")
    order = await shop.released(("MUG", 2), ("CUP", 1))
    before = await costs(shop)

    await shop.ship((await shop.parts(order))[0].id)
    await shop.execute("UPDATE stock_levels SET unit_cost = 999")

    assert before == [(None, None), (None, None)]
    assert await costs(shop) == [(None, None), (400, "EUR")]
    cup, mug = await shop.do(lambda session: margin.earned(session, MarginBy.PRODUCT))
    assert (mug.key, mug.product_cost, mug.unknown_units) == ("MUG", 800, 0)
    assert (cup.key, cup.product_cost, cup.unknown_units) == ("CUP", 0, 1)


async def test_what_a_supplier_sends_costs_what_he_asked(shop: Shop) -> None:
    await shop.catalog("MUG", at=("BER",))
    await shop.execute("UPDATE locations SET role = 'supplier', kind = 'supplier' WHERE code = 'BER'")
    await shop.receive("MUG", 5, at="BER")
    await shop.execute("UPDATE stock_levels SET unit_cost = 350")
    order = await shop.planned(("MUG", 2))
    part = await shop.live_part(order)
    await shop.do(lambda session: handing.order_from(session, part.id))
    await shop.execute("UPDATE stock_levels SET unit_cost = 999")

    await shop.ship(part.id)

    assert await costs(shop) == [(350, "EUR")]
