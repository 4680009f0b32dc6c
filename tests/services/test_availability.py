"""A cart is answered with what an order would get: now, later, never; and nothing is held by asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, insert

from orderwright.domain.failures import Invalid, UnknownProduct
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.stock.promising import Coming, Promise
from orderwright.domain.stock.units import ExpectedKind, Position
from orderwright.persistence.tables import ExpectedReceipt
from orderwright.services import kits, measures
from orderwright.services.carts import availability
from orderwright.services.carts.availability import Availability, Cart
from orderwright.services.carts.cart import Wanted
from orderwright.services.orders import pricing
from orderwright.services.sourcing.ways import Days
from tests.shop import NOW, Shop

TODAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)  # NOW is that Monday at nine


async def ask(shop: Shop, *lines: tuple[str, int] | Wanted, at: datetime = NOW, **other: Any) -> Availability:
    """Any: fields of Cart. The answer for a British customer."""
    wanted = [line if isinstance(line, Wanted) else Wanted(*line) for line in lines]
    cart = Cart("web", wanted, **({"country": "GB", "postal_code": "SW1A 1AA"} | other))
    return await shop.do(lambda s: availability.ask(s, cart, at))


async def expect(shop: Shop, sku: str, units: int, due: date, at: str = "LON", received: int = 0) -> None:
    row = insert(ExpectedReceipt).values(
        kind=ExpectedKind.PURCHASE, reference="PO-1", sku=sku, location=at, units=units, received=received,
        due_on=due,
    )  # fmt: skip
    await shop.do(lambda s: s.execute(row))


async def backorder(shop: Shop, sku: str, units: int) -> None:
    """Somebody waits for units already."""
    order_id = await shop.order((sku, units))
    sql = (
        "UPDATE order_lines SET backordered = unallocated, unallocated = 0, waiting_since = now()"
        " WHERE order_id = :id"
    )
    await shop.execute(sql, id=order_id)


def sources(found: Availability) -> dict[str, dict[str, int]]:
    return {one.location: dict(one.units) for one in found.sources}


def promises(found: Availability) -> list[Promise]:
    return [one.promise for one in found.lines]


@contextmanager
def statements(shop: Shop) -> Iterator[list[str]]:
    """What is sent to the database inside."""
    sent: list[str] = []

    def note(*given: Any) -> None:  # Any: SQLAlchemy's own
        sent.append(given[2])

    event.listen(shop.db.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(shop.db.engine.sync_engine, "before_cursor_execute", note)


async def test_a_cart_that_is_there_is_promised_from_where_an_order_would_ship(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP", at=("LON", "PAR"))
    for sku in ("MUG", "CUP"):
        await shop.receive(sku, 5, at="PAR")
    await shop.receive("MUG", 5)

    found = await ask(shop, ("MUG", 2), ("CUP", 1))
    order_id = await shop.planned(("MUG", 2), ("CUP", 1))

    assert (found.now, found.possible) == (True, True)
    assert promises(found) == [Promise([Coming(2)]), Promise([Coming(1)])]
    assert sources(found) == {"PAR": {"MUG": 2, "CUP": 1}}
    (part,) = await shop.parts(order_id)
    assert (part.location, part.promised_on) == ("PAR", found.delivered_on)


async def test_nothing_is_held_or_written_by_asking(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)

    with statements(shop) as sent:
        await ask(shop, ("MUG", 5))

    assert await shop.level("MUG") == Position(5, 0)
    assert all(sql.lstrip().startswith("SELECT") and "FOR UPDATE" not in sql for sql in sent)


async def test_the_statements_are_as_many_for_a_long_cart_as_for_a_short_one(shop: Shop) -> None:
    skus = [f"SKU-{nth}" for nth in range(40)]
    await shop.catalog(*skus, at=("LON", "PAR", "BER"))
    for sku in skus:
        await shop.receive(sku, 3)
        await expect(shop, sku, 5, FRIDAY)

    with statements(shop) as short:
        await ask(shop, (skus[0], 4))
    with statements(shop) as long:
        await ask(shop, *[(sku, 4) for sku in skus])

    assert len(long) == len(short) <= 24


@pytest.mark.parametrize(
    ("at", "leaves", "delivered"),
    [
        (datetime(2026, 11, 16, 16, 0, tzinfo=UTC), TODAY, date(2026, 11, 19)),
        (datetime(2026, 11, 16, 16, 1, tzinfo=UTC), date(2026, 11, 17), FRIDAY),
        (datetime(2026, 11, 20, 16, 1, tzinfo=UTC), date(2026, 11, 23), date(2026, 11, 26)),
    ],
)
async def test_the_day_knows_the_cut_off_and_the_weekend(
    shop: Shop, at: datetime, leaves: date, delivered: date
) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)

    found = await ask(shop, ("MUG", 1), at=at)

    assert [one.days for one in found.sources] == [Days(leaves, delivered)]
    assert found.delivered_on == delivered


async def test_the_cut_off_is_that_of_the_locations_own_clock(shop: Shop) -> None:
    await shop.catalog("MUG", at=("BER",))
    await shop.execute("UPDATE locations SET timezone = 'Europe/Berlin'")
    await shop.receive("MUG", 5, at="BER")

    found = await ask(shop, ("MUG", 1), at=datetime(2026, 11, 16, 15, 30, tzinfo=UTC))

    assert found.sources[0].days.leaves_on == date(2026, 11, 17)


async def test_what_is_not_there_comes_with_what_is_expected_and_the_rest_never(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 4)
    await expect(shop, "MUG", 5, FRIDAY, received=2)

    found = await ask(shop, ("MUG", 10))

    assert promises(found) == [Promise([Coming(4), Coming(3, date(2026, 11, 25))], never=3)]
    assert sources(found) == {"LON": {"MUG": 4}}
    assert (found.now, found.possible, found.delivered_on) == (False, False, date(2026, 11, 25))


async def test_whoever_waits_already_takes_what_is_due_first(shop: Shop) -> None:
    await shop.catalog("MUG")
    await expect(shop, "MUG", 5, FRIDAY)
    await expect(shop, "MUG", 5, date(2026, 11, 27))
    await backorder(shop, "MUG", 3)
    await backorder(shop, "MUG", 4)

    found = await ask(shop, ("MUG", 4))

    assert promises(found) == [Promise([Coming(3, date(2026, 12, 2))], never=1)]


async def test_receipts_elsewhere_overdue_closed_or_canceled(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await expect(shop, "MUG", 1, date(2026, 11, 1), at="PAR")
    await expect(shop, "MUG", 2, FRIDAY)
    await expect(shop, "MUG", 50, FRIDAY)
    await shop.execute("UPDATE expected_receipts SET state = 'canceled' WHERE units = 50")

    found = await ask(shop, ("MUG", 9))

    assert promises(found) == [
        Promise([Coming(1, date(2026, 11, 23)), Coming(2, date(2026, 11, 25))], never=6)
    ]


async def test_lines_of_one_product_and_kits_share_what_there_is(shop: Shop) -> None:
    await shop.catalog("MUG", "TEA", "SET", "BOX")
    await shop.do(lambda s: kits.put(s, "SET", {"MUG": 2, "TEA": 1}))
    await shop.do(lambda s: measures.put(s, "MUG", {"pair": 2}))
    await shop.receive("MUG", 7)
    await shop.receive("TEA", 9)
    await expect(shop, "MUG", 4, FRIDAY)

    found = await ask(shop, ("MUG", 1), ("SET", 4), Wanted("MUG", 1, "pair"))

    assert promises(found) == [
        Promise([Coming(1)]),
        Promise([Coming(3), Coming(1, date(2026, 11, 25))]),
        Promise([Coming(2, date(2026, 11, 25))]),
    ]
    assert sources(found) == {"LON": {"MUG": 7, "TEA": 3}}
    assert (found.now, found.possible) == (False, True)


async def test_a_preorder_is_promised_from_its_release_as_far_as_its_limit_goes(shop: Shop) -> None:
    await shop.catalog("MUG", "BOOK", at=("LON", "PAR"))
    await shop.receive("MUG", 1)
    await shop.receive("BOOK", 50)
    await shop.execute(
        "UPDATE products SET release_on = '2036-12-01', preorder_limit = 10 WHERE sku = 'BOOK'"
    )
    await shop.order(("BOOK", 6))

    found = await ask(shop, ("MUG", 1), ("BOOK", 3), ("BOOK", 3))
    on_the_day = await ask(shop, ("BOOK", 3), at=datetime(2036, 12, 1, 9, tzinfo=UTC))

    assert promises(found) == [
        Promise([Coming(1)]),
        Promise([Coming(3, date(2036, 12, 4))]),
        Promise([Coming(1, date(2036, 12, 4))], never=2),
    ]
    assert [one.preorder for one in found.lines] == [False, True, True]
    assert sources(found) == {"LON": {"MUG": 1}}
    assert promises(on_the_day) == [Promise([Coming(3)])]


async def test_hazardous_goods_are_expected_only_where_they_may_be(shop: Shop) -> None:
    await shop.catalog("GAS", at=("LON", "PAR"))
    await shop.execute("UPDATE products SET hazmat = true")
    await shop.execute("UPDATE locations SET hazmat = (code = 'PAR')")
    await expect(shop, "GAS", 2, TODAY)
    await expect(shop, "GAS", 2, TODAY, at="PAR")

    found = await ask(shop, ("GAS", 4))

    assert promises(found) == [Promise([Coming(2, date(2026, 11, 23))], never=2)]


async def test_who_collects_has_it_on_the_day_it_is_ready(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE locations SET pickup = (code = 'LON')")
    await shop.receive("MUG", 2)
    await expect(shop, "MUG", 1, FRIDAY)
    await expect(shop, "MUG", 9, TODAY, at="PAR")
    collected: dict[str, Any] = {
        "method": DeliveryMethod.PICKUP,
        "country": "",
        "postal_code": "",
    }  # Any: fields

    found = await ask(shop, ("MUG", 4), pickup_at="LON", **collected)

    assert promises(found) == [Promise([Coming(2), Coming(1, FRIDAY)], never=1)]
    assert [one.days for one in found.sources] == [Days(TODAY, TODAY)]
    for nowhere in ("PAR", "MARS"):
        with pytest.raises(Invalid, match="cannot collect there"):
            await ask(shop, ("MUG", 1), pickup_at=nowhere, **collected)


async def test_what_is_not_sold_or_not_offered_is_refused(shop: Shop) -> None:
    await shop.catalog("MUG", "OLD")
    await shop.execute("UPDATE products SET active = false WHERE sku = 'OLD'")

    with pytest.raises(UnknownProduct) as refused:
        await ask(shop, ("MUG", 1), ("OLD", 1), ("JUG", 1))
    with pytest.raises(pricing.UnknownService):
        await ask(shop, ("MUG", 1), service="drone")

    assert refused.value.more == {"skus": ["JUG", "OLD"]}


async def test_of_what_nobody_has_nothing_is_promised(shop: Shop) -> None:
    await shop.catalog("MUG")

    found = await ask(shop, ("MUG", 1))

    assert promises(found) == [Promise([], never=1)]
    assert (found.now, found.possible, found.delivered_on, found.sources) == (False, False, None, [])
