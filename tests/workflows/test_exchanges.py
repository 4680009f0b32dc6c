"""Other goods for those that come back: after them, or first and for a security; on the dev server."""

from sqlalchemy import text

from orderwright.domain.orders import Decision, TaskKind
from orderwright.domain.returns.states import Condition, Disposition, Resolution, ReturnMethod, ReturnReason
from orderwright.ports.failures import Refused
from orderwright.reporting import books
from orderwright.services.orders import decisions
from orderwright.services.returns import deciding, requesting
from orderwright.services.returns.exchange_terms import ExchangeWanted, NewGoods
from orderwright.services.returns.judging import Wanted, WantedLine
from tests.workflows.returning import Back, delivered, swapped
from tests.workflows.world import PRICE, STAFF, Placed, World

AS_NEW = (1, Condition.AS_NEW, Disposition.RESTOCK, 0)


async def calls(world: World, order: Placed) -> list[tuple[str, int]]:
    """What really happened at the card's provider for an order."""
    return [(e.operation, e.amount) for e in world.shop.gateway.effects if e.about == str(order.id)]


async def proven(world: World) -> bool:
    """Whether the books balance; what is just under way passes."""
    async with world.shop.db.transaction() as session:
        return not (await books.check(session, minutes=0)).faults


async def papers(world: World, order: Placed) -> list[tuple[str, int]]:
    query = text("select kind, total from money_documents where order_id = :id order by id")
    async with world.shop.db.transaction() as session:
        return [(row.kind, row.total) for row in await session.execute(query, {"id": order.id})]


async def test_a_dearer_exchange_waits_for_what_comes_back_and_charges_the_difference(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1, price=1300)

    back, given = await swapped(world, order, sku, new)
    await given.until_held("exchange")
    await world.rest()

    assert await world.levels(new) == {"LON": (1, 1)}
    assert await calls(world, given) == []
    assert await given.parts() == []
    await back.receive(1)
    await back.inspect(AS_NEW)
    await given.ship()
    await given.until_settled("completed")
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert await calls(world, given) == [("authorize", 300), ("capture", 300)]
    assert [call for call in await calls(world, order) if call[0] == "refund"] == []
    assert await back.destinations() == [("exchange", PRICE)]
    assert sorted(await papers(world, given)) == [("invoice", 1300), ("receipt", 300), ("receipt", PRICE)]
    assert ("credit_memo", PRICE) in await papers(world, order)
    assert await world.levels(new) == {"LON": (0, 0)}
    await world.books_balance()


async def test_a_cheaper_exchange_gives_the_difference_back(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1, price=700)
    back, given = await swapped(world, order, sku, new)
    await given.until_held("exchange")

    await back.receive(1)
    await back.inspect(AS_NEW)
    await given.ship()
    await given.until_settled("completed")
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert await calls(world, given) == []
    assert [call for call in await calls(world, order) if call[0] == "refund"] == [("refund", 300)]
    assert await back.destinations() == [("exchange", 700), ("original", 300)]
    await world.books_balance()


async def test_shipped_first_and_in_order_the_security_is_voided(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1, price=1300)

    back, given = await swapped(world, order, sku, new, ship_first=True)
    await given.ship()
    await world.until_story(given, "payment.captured")
    assert sorted(await calls(world, given)) == [("authorize", 300), ("authorize", PRICE), ("capture", 300)]
    await world.until(lambda: proven(world), "the books balance while the security is held")
    await back.receive(1)
    await back.inspect(AS_NEW)
    await given.until_settled("completed")
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert sorted(await calls(world, given)) == [
        ("authorize", 300), ("authorize", PRICE), ("capture", 300), ("void", PRICE),
    ]  # fmt: skip
    assert await back.destinations() == [("exchange", PRICE)]
    await world.books_balance()


async def test_shipped_first_and_damaged_the_security_bears_what_is_missing(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)

    back, given = await swapped(world, order, sku, new, ship_first=True)
    await given.ship()
    await back.receive(1, damaged=1)
    await back.inspect((1, Condition.DAMAGED, Disposition.WRITE_OFF, 400_000))
    await given.until_settled("completed")
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert await calls(world, given) == [("authorize", PRICE), ("capture", 400)]
    assert await back.destinations() == [("exchange", 600)]
    await world.books_balance()


async def test_less_than_agreed_asks_a_person_before_it_ships_and_no_gives_the_money_back(
    world: World,
) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)
    back, given = await swapped(world, order, sku, new)
    await given.until_held("exchange")
    await back.receive(1, damaged=1)
    await back.inspect((1, Condition.DAMAGED, Disposition.WRITE_OFF, 400_000))

    task = await order.until_task(TaskKind.RETURN.value)
    assert await given.parts() == []
    async with world.shop.db.transaction() as session:
        await decisions.decide(session, task.id, Decision.REJECT, STAFF)
    await given.until_settled("canceled")
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert await calls(world, given) == []
    assert await back.destinations() == [("original", 600)]
    assert await world.levels(new) == {"LON": (1, 0)}
    await world.books_balance()


async def test_less_than_agreed_is_charged_and_shipped_where_a_person_says_yes(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)
    back, given = await swapped(world, order, sku, new)
    await given.until_held("exchange")
    await back.receive(1, damaged=1)
    await back.inspect((1, Condition.DAMAGED, Disposition.WRITE_OFF, 400_000))

    task = await order.until_task(TaskKind.RETURN.value)
    async with world.shop.db.transaction() as session:
        await decisions.decide(session, task.id, Decision.APPROVE, STAFF)
    await given.ship()
    await given.until_settled("completed")
    await back.until_closed("resolved")

    assert await calls(world, given) == [("authorize", 400), ("capture", 400)]
    assert await back.destinations() == [("exchange", 600)]
    await world.books_balance()


async def test_a_return_called_off_takes_its_exchange_with_it(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)
    back, given = await swapped(world, order, sku, new)
    await given.until_held("exchange")

    async with world.shop.db.transaction() as session:
        await deciding.cancel(session, back.id, STAFF)
    await back.until_closed("canceled")
    await given.until_settled("canceled")

    assert await world.levels(new) == {"LON": (1, 0)}
    (line,) = await order.lines()
    assert (line.coming_back, line.returned) == (0, 0)
    await world.books_balance()


async def test_called_off_before_its_run_has_begun_it_takes_its_exchange_with_it_too(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)
    wanted = Wanted(
        [WantedLine(sku, 1, ReturnReason.OTHER)], Resolution.EXCHANGE, ReturnMethod.OWN_TRANSPORT,
        exchange=ExchangeWanted([NewGoods(new, 1)]),
    )  # fmt: skip
    async with world.shop.db.transaction() as session:
        row = await requesting.request(session, order.id, wanted, STAFF, world.clock())
        await deciding.cancel(session, row.id, STAFF)
    back = Back(world, order, row.id)
    given = Placed(world, await back.exchange_order(), order.email)
    await world.turn()

    await back.until_closed("canceled")
    await given.until_settled("canceled")

    assert await world.levels(new) == {"LON": (1, 0)}
    await world.books_balance()


async def test_an_exchange_whose_order_is_canceled_becomes_a_refund(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)
    back, given = await swapped(world, order, sku, new)
    await given.until_held("exchange")

    await given.cancel()
    await given.until_settled("canceled")
    await back.receive(1)
    await back.inspect(AS_NEW)
    await back.until_closed("resolved")
    await order.until_settled("completed")

    assert await back.destinations() == [("original", PRICE)]
    assert [call for call in await calls(world, order) if call[0] == "refund"] == [("refund", PRICE)]
    await world.books_balance()


async def test_a_security_that_is_declined_ends_the_exchange_and_not_the_return(world: World) -> None:
    order, sku = await delivered(world)
    new = await world.stock(LON=1)
    world.shop.gateway.refuse("authorize", Refused("insufficient_funds"))

    back, given = await swapped(world, order, sku, new, ship_first=True)
    await given.until_settled("rejected")
    await back.receive(1)
    await back.inspect(AS_NEW)
    await back.until_closed("resolved")

    assert await back.destinations() == [("original", PRICE)]
    assert await world.levels(new) == {"LON": (1, 0)}
    await world.books_balance()
