"""A kit is ordered as one, and is stock, parts and money of its components from then on."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from sqlalchemy import select, update

from orderwright.domain.failures import Conflict, Failure, Invalid, NotFound, UnknownProduct
from orderwright.domain.orders import CancelState
from orderwright.domain.stock.units import Position
from orderwright.persistence.tables import OrderKit, Product
from orderwright.reporting import books
from orderwright.services import kits, measures
from orderwright.services.carts.cart import TooManyLines
from orderwright.services.fulfillment import partner
from orderwright.services.kits import KitOfKits
from orderwright.services.orders import cancellation, reading
from orderwright.services.orders.placing import NewLine
from orderwright.services.stock import stocking
from tests.shop import STAFF, Shop, all_try

SET = {"MUG": 2, "TEA": 1}


async def priced(shop: Shop, prices: Mapping[str, int], currency: str = "EUR") -> None:
    """Products of these prices, at two places."""
    await shop.catalog(*prices, at=("LON", "PAR"))
    for sku, price in prices.items():
        change = update(Product).where(Product.sku == sku).values(price=price, currency=currency)
        await shop.do(lambda s, change=change: s.execute(change))  # type: ignore[misc]  # bound now


async def tea_set(shop: Shop, currency: str = "EUR") -> None:
    """A set of two mugs and one tea for less than they cost alone; all goods at two places."""
    await priced(shop, {"MUG": 1000, "TEA": 500, "CUP": 700, "SET": 1999}, currency)
    await make(shop, "SET", SET)
    await shop.receive("MUG", 20)
    await shop.receive("TEA", 20, at="PAR")


async def make(shop: Shop, sku: str, components: Mapping[str, int]) -> None:
    await shop.do(lambda s: kits.put(s, sku, components))


async def faults(shop: Shop) -> list[str]:
    found = await shop.do(lambda s: books.examine(s, minutes=10))
    return [f"{fault.rule}: {fault.subject}: {fault.reason}" for fault in found.faults]


async def kits_of(shop: Shop, order_id: UUID) -> list[OrderKit]:
    query = select(OrderKit).where(OrderKit.order_id == order_id).order_by(OrderKit.position)
    return list(await shop.do(lambda s: s.scalars(query)))


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
async def test_a_kit_becomes_lines_that_sum_to_its_price(shop: Shop, currency: str) -> None:
    await tea_set(shop, currency)

    order_id = await shop.order(("CUP", 1), ("SET", 3))

    order, lines, (kit,) = await shop.get(order_id), await shop.lines(order_id), await kits_of(shop, order_id)
    assert [(line.sku, line.ordered, line.amount) for line in lines] == [
        ("CUP", 1, 700), ("MUG", 6, 4798), ("TEA", 3, 1199),
    ]  # fmt: skip
    assert [line.kit_id for line in lines] == [None, kit.id, kit.id]
    assert (kit.position, kit.units, kit.unit_price, kit.amount) == (2, 3, 1999, 5997)
    assert sum(line.tax for line in lines[1:]) == kit.tax
    assert order.subtotal == 700 + 5997
    assert order.total == sum(line.total for line in lines) + order.shipping
    assert await faults(shop) == []


async def test_a_kit_goes_the_whole_way_from_two_places_and_the_books_balance(shop: Shop) -> None:
    await tea_set(shop)
    order_id = await shop.released(("SET", 3), ("MUG", 1))

    for part in await shop.parts(order_id):
        await shop.ship(part.id)

    order, parts = await shop.get(order_id), await shop.parts(order_id)
    assert {part.location for part in parts} == {"LON", "PAR"}
    assert sum(part.amount for part in parts) == order.total
    assert sum(part.tax for part in parts) == order.tax
    assert await shop.level("MUG") == Position(13, 0)
    assert await shop.level("TEA", "PAR") == Position(17, 0)
    await shop.check_books()
    assert [one for one in await faults(shop) if "label" not in one] == []


async def test_a_part_of_a_kit_is_canceled_and_the_rest_goes_on(shop: Shop) -> None:
    await tea_set(shop)
    order_id = await shop.released(("SET", 2))
    mugs, tea = await shop.parts(order_id)
    await shop.do(lambda s: cancellation.request(s, order_id, STAFF, "changed my mind"))

    await shop.do(lambda s: partner.recall_accepted(s, mugs.id, by="x"))
    await shop.do(lambda s: partner.picking(s, tea.id, by="x"))
    await shop.do(lambda s: stocking.give_back(s, order_id))

    assert (await shop.get(order_id)).cancel is CancelState.PARTLY
    assert [(line.sku, line.canceled, line.released) for line in await shop.lines(order_id)] == [
        ("MUG", 4, 0), ("TEA", 0, 2),
    ]  # fmt: skip
    assert await shop.level("MUG") == Position(20, 0)
    assert await faults(shop) == []


async def test_kits_that_share_a_component_and_the_component_alone_hold_all_of_it(shop: Shop) -> None:
    await tea_set(shop)
    await priced(shop, {"BOX": 5000})
    await make(shop, "BOX", {"MUG": 5, "CUP": 1})
    await shop.receive("CUP", 3)

    order_id = await shop.order(("SET", 2), ("BOX", 3), ("MUG", 1))
    await shop.reserve(order_id)

    assert [(line.sku, line.allocated) for line in await shop.lines(order_id)] == [
        ("MUG", 4), ("TEA", 2), ("CUP", 3), ("MUG", 15), ("MUG", 1),
    ]  # fmt: skip
    assert await shop.level("MUG") == Position(20, 20)
    assert [kit.sku for kit in await kits_of(shop, order_id)] == ["SET", "BOX"]
    await shop.check_books()


async def test_of_many_buyers_of_kits_with_one_component_exactly_the_stock_is_sold(shop: Shop) -> None:
    await tea_set(shop)
    await priced(shop, {"BOX": 5000})
    await make(shop, "BOX", {"TEA": 1, "MUG": 2})
    ids = [await shop.order(("SET" if nth % 2 else "BOX", 1), ("MUG", 1)) for nth in range(16)]

    await all_try([lambda one=one: shop.reserve(one) for one in ids], at_once=8)  # type: ignore[misc]  # bound now

    held = [one for one in ids if all(line.allocated for line in await shop.lines(one))]
    assert len(held) == 6
    assert (await shop.level("MUG"), await shop.level("TEA", "PAR")) == (Position(20, 18), Position(20, 6))
    await shop.check_books()


async def test_the_scarcest_component_says_how_many_kits_there_are(shop: Shop) -> None:
    await tea_set(shop)

    before = await shop.do(lambda s: kits.kit(s, "SET"))
    await shop.reserve(await shop.order(("MUG", 15)))
    after = await shop.do(lambda s: kits.kits(s, after=None, limit=5))

    assert (before.components, before.available) == (SET, 10)
    assert [(kit.sku, kit.available) for kit in after] == [("SET", 2)]


@pytest.mark.parametrize(
    ("sku", "components", "failure"),
    [
        ("MUG", {"CUP": 1}, KitOfKits),
        ("CUP", {"SET": 1}, KitOfKits),
        ("SET", {"SET": 1}, Invalid),
        ("CUP", {"JUG": 1}, UnknownProduct),
        ("JUG", {"CUP": 1}, NotFound),
        ("POT", {"CUP": 1}, Conflict),
    ],
)
async def test_what_cannot_be_a_kit_is_refused_and_changes_nothing(
    shop: Shop, sku: str, components: dict[str, int], failure: type[Failure]
) -> None:
    await tea_set(shop)
    await priced(shop, {"POT": 100})
    await shop.receive("POT", 1)

    with pytest.raises(failure):
        await make(shop, sku, components)

    found = await shop.do(lambda s: kits.kits(s, after=None, limit=5))
    assert [(kit.sku, kit.components) for kit in found] == [("SET", SET)]


async def test_two_who_put_kits_into_each_other_at_once_make_one_kit(shop: Shop) -> None:
    await priced(shop, {"ONE": 1, "TWO": 1, "CUP": 1})
    inside = [("ONE", {"TWO": 1}), ("TWO", {"CUP": 1})] * 4

    await all_try([lambda a=a, b=b: make(shop, a, b) for a, b in inside], at_once=8)  # type: ignore[misc]  # bound now

    assert await shop.count("SELECT count(DISTINCT kit) FROM kit_components") == 1


async def test_a_component_that_is_not_sold_any_more_is_named(shop: Shop) -> None:
    await tea_set(shop)
    await shop.execute("UPDATE products SET active = false WHERE sku = 'TEA'")

    with pytest.raises(UnknownProduct) as refused:
        await shop.order(("SET", 1))

    assert refused.value.more == {"skus": ["TEA"]}
    assert await shop.count("SELECT count(*) FROM orders") == 0


async def test_a_kit_that_is_changed_later_leaves_orders_as_they_were(shop: Shop) -> None:
    await tea_set(shop)
    order_id = await shop.order(("SET", 1))

    await make(shop, "SET", {"CUP": 1})
    await make(shop, "SET", {})

    record = await shop.do(lambda s: reading.order(s, order_id))
    assert [line.sku for line in record.lines] == ["MUG", "TEA"]
    assert [kit.sku for kit in record.kits] == ["SET"]
    with pytest.raises(NotFound):
        await shop.do(lambda s: kits.kit(s, "SET"))


async def test_an_order_has_no_more_lines_than_can_be_handled(shop: Shop) -> None:
    await tea_set(shop)

    with pytest.raises(TooManyLines):
        await shop.order(*[("SET", 1)] * 1000, ("MUG", 1))

    assert await shop.count("SELECT count(*) FROM orders") == 0


async def test_two_cases_of_a_kit_are_as_many_kits(shop: Shop) -> None:
    await tea_set(shop)
    await shop.do(lambda s: measures.put(s, "SET", {"case": 6}))

    order_id = await shop.order(lines=[NewLine("SET", 2, unit="case")])

    (kit,) = await kits_of(shop, order_id)
    assert (kit.units, kit.unit, kit.unit_size, kit.amount) == (12, "case", 6, 12 * 1999)
    assert [(line.ordered, line.unit) for line in await shop.lines(order_id)] == [(24, None), (12, None)]
