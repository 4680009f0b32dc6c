"""Whatever becomes of an exchange: the customer has paid what he keeps, and the books are proven."""

import random

import pytest
from sqlalchemy import select

from orderwright.domain.access import Actor
from orderwright.domain.changes.wishes import NotEnough
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import Decision, HoldType, Scope, TaskKind, TaskState
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.returns.rules import AtShortfall, ReturnPolicy
from orderwright.domain.returns.states import Condition, Disposition, Resolution, ReturnMethod, ReturnReason
from orderwright.persistence import holds
from orderwright.persistence.tables import Return, Task
from orderwright.services.changes import asking
from orderwright.services.delivery import replacing
from orderwright.services.orders import cancellation, decisions, holding
from orderwright.services.returns import coming, deciding, inspecting, judging, policies, requesting
from orderwright.services.returns.coming import Came
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.returns.judging import Wanted, WantedLine
from tests.services.documents.books import faults
from tests.services.exchanges.stories import Runs, ask, exchange, instead, now
from tests.services.till import Till
from tests.shop import STAFF, STORE, Shop, all_try

FLOOR = Actor("dock", frozenset({Scope.WAREHOUSE}))
ENDS = ("in_order", "damaged", "partly", "nothing", "never", "canceled")


async def shipped(shop: Shop, runs: Runs, *, units: int = 3, mug: int = 1000, cup: int = 1300) -> Runs:
    await shop.catalog("MUG", price=mug)
    await shop.catalog("CUP", price=cup)
    await shop.receive("MUG", units + 5)
    await shop.receive("CUP", 2)
    return runs


async def came(shop: Shop, return_id: object, units: int, ppm: int) -> None:
    """They are there, and looked at."""
    row = await shop.do(lambda s: s.get_one(Return, return_id))
    await shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", units)], FLOOR, now()))
    found = [Inspected("MUG", units, Condition.USED, Disposition.RESTOCK, ppm)]
    await shop.do(lambda s: inspecting.inspect(s, row.id, found, FLOOR, now()))


async def paid_by_card(shop: Shop) -> int:
    """What the customer is really out of: everything taken from cards less what went back to them."""
    taken = await shop.count("SELECT coalesce(sum(captured), 0) FROM payments WHERE method = 'card'")
    back = await shop.count(
        "SELECT coalesce(sum(amount), 0) FROM refunds WHERE destination = 'original' AND state = 'succeeded'"
    )
    return taken - back


@pytest.mark.parametrize("seed", range(12))
async def test_the_customer_has_paid_what_he_keeps_and_the_books_are_proven(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)
    end, ship_first = ENDS[seed % len(ENDS)], seed // len(ENDS) % 2 == 1
    mug, cup = chance.randint(1, 2_999), chance.randint(1, 2_999)
    runs, units = Runs(shop), chance.randint(1, 3)
    await shipped(shop, runs, mug=mug, cup=cup if chance.random() < 0.8 else mug)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    first = await paid_by_card(shop)
    wanted = instead(units, count=chance.randint(1, 2), ship_first=ship_first)
    row = await ask(shop, order_id, wanted)
    agreed = await exchange(shop, row.id)
    await runs.back(row.id)
    assert await faults(shop) == []
    if end in ("in_order", "damaged", "partly", "nothing"):
        there = max(1, units - 1) if end == "partly" else units
        ppm = {"damaged": chance.randint(1, 900_000), "nothing": 1_000_000}.get(end, 0)
        await came(shop, row.id, there, ppm)
    elif end == "never" or ship_first:
        await runs.expire(row.id)
    else:
        await shop.do(lambda s: deciding.cancel(s, row.id, STORE))
    await runs.back(row.id)
    tasks = (await shop.do(lambda s: s.scalars(select(Task).where(Task.state == TaskState.OPEN)))).all()
    for task in tasks:
        answer = chance.choice([Decision.APPROVE, Decision.REJECT])
        await shop.do(lambda s, t=task, a=answer: decisions.decide(s, t.id, a, STAFF))  # type: ignore[misc]
    position = await runs.back(row.id)

    new = await shop.get(agreed.order_id)
    (line,) = await shop.lines(order_id)
    worth = await shop.count("SELECT coalesce(sum(refund), 0) FROM return_lines")
    shipped_value = new.total if new.state.value == "completed" else 0
    shipping = await shop.count("SELECT coalesce(sum(amount), 0) FROM refund_lines WHERE kind = 'shipping'")
    assert position.settled
    assert await paid_by_card(shop) == first - worth - shipping + shipped_value
    assert line.coming_back == 0
    assert await faults(shop) == []
    assert (
        await shop.count(
            "SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = 'exchanged_goods'"
        )
        == 0
    )
    await shop.check_books()


async def test_a_preview_says_who_owes_what_is_there_and_what_is_held(shop: Shop) -> None:
    runs = Runs(shop)
    await shipped(shop, runs)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    before = await shop.count("SELECT count(*) FROM orders")

    wanted = instead(1, count=3, ship_first=True)
    seen = await shop.do(lambda s: judging.preview(s, order_id, wanted, now()))

    terms = seen.terms
    assert terms is not None
    assert (terms.bargain.price, terms.bargain.credit, terms.bargain.owed) == (3900, 1000, 2900)
    assert (terms.bargain.back, terms.bargain.security) == (0, 1000)
    assert (terms.there, terms.available) == ({"CUP": 2}, False)
    assert await shop.count("SELECT count(*) FROM orders") == before


async def test_goods_that_are_not_there_are_refused_and_nothing_has_happened(shop: Shop) -> None:
    runs = Runs(shop)
    await shipped(shop, runs)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)

    with pytest.raises(NotEnough) as refused:
        await ask(shop, order_id, instead(1, count=3))
    nothing = Wanted([WantedLine("MUG", 1, ReturnReason.DOES_NOT_FIT)], Resolution.EXCHANGE)
    with pytest.raises(Invalid):
        await ask(shop, order_id, nothing)

    assert refused.value.more["available"] == {"CUP": 2}
    assert await shop.count("SELECT count(*) FROM returns") == 0
    assert await shop.count("SELECT count(*) FROM orders") == 1
    (line,) = await shop.lines(order_id)
    assert line.coming_back == 0
    assert (await shop.level("CUP")).reserved == 0


async def test_exchanges_and_returns_of_the_last_unit_at_once_have_one_outcome(shop: Shop) -> None:
    runs = Runs(shop)
    await shipped(shop, runs, units=1)
    order_id = await shop.order(("MUG", 1))
    await shop.reserve(order_id)
    await runs.order(order_id)
    money = Wanted([WantedLine("MUG", 1, ReturnReason.DOES_NOT_FIT)], method=ReturnMethod.OWN_TRANSPORT)

    outcomes = await all_try(
        [
            *[lambda: ask(shop, order_id, instead(1))] * 8,
            *[lambda: shop.do(lambda s: requesting.request(s, order_id, money, STORE, now()))] * 8,
        ],
        at_once=16,
    )

    opened = [one for one in outcomes if isinstance(one, Return)]
    assert len(opened) == 1
    assert {type(one) for one in outcomes if not isinstance(one, Return)} == {Conflict}
    swapped = opened[0].resolution is Resolution.EXCHANGE
    assert await shop.count("SELECT count(*) FROM orders") == 1 + swapped
    assert (await shop.level("CUP")).reserved == swapped
    (line,) = await shop.lines(order_id)
    assert line.coming_back == 1


async def test_the_last_cups_are_given_in_exchange_or_sold_and_never_both(shop: Shop) -> None:
    runs = Runs(shop)
    await shipped(shop, runs)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    buyer = await shop.order(("CUP", 2))

    outcomes = await all_try(
        [lambda: ask(shop, order_id, instead(1, count=2)), lambda: shop.reserve(buyer)], at_once=2
    )

    swapped = isinstance(outcomes[0], Return)
    sold = len([one for one in await shop.reservations(buyer) if one.state.value == "active"])
    assert swapped != bool(sold)
    assert (await shop.level("CUP")).reserved == 2


@pytest.mark.parametrize("seed", range(6))
async def test_a_return_and_its_exchange_ended_at_once_have_one_end(shop: Shop, seed: int) -> None:
    """Both orders are locked from both sides: nobody waits for ever, and one outcome stands."""
    runs = Runs(shop)
    await shipped(shop, runs)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    row = await ask(shop, order_id, instead(1, ship_first=bool(seed % 2)))
    given = (await exchange(shop, row.id)).order_id
    ways = [
        lambda: shop.do(lambda s: deciding.cancel(s, row.id, STORE)),
        lambda: shop.do(lambda s: cancellation.request(s, given, STAFF, "changed_mind")),
        lambda: shop.do(lambda s: coming.receive(s, row.id, [Came("MUG", 1)], FLOOR, now())),
        lambda: shop.do(lambda s: cancellation.request(s, given, STAFF, "again")),
    ]

    outcomes = await all_try([*ways[seed % 4 :], *ways[: seed % 4]], at_once=4)
    fresh = await shop.do(lambda s: s.get_one(Return, row.id))
    if fresh.state.value == "received":
        found = [Inspected("MUG", 1, Condition.AS_NEW, Disposition.RESTOCK)]
        await shop.do(lambda s: inspecting.inspect(s, row.id, found, FLOOR, now()))
    position = await runs.back(row.id)

    assert {type(one) for one in outcomes if isinstance(one, Exception)} <= {Conflict}
    assert position.settled
    assert (await shop.get(given)).state.value == "canceled"
    assert (await shop.level("CUP")).reserved == 0
    assert await faults(shop) == []


async def test_only_the_return_lets_its_exchange_go(shop: Shop) -> None:
    runs = Runs(shop)
    await shipped(shop, runs)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    row = await ask(shop, order_id, instead(1))
    given = (await exchange(shop, row.id)).order_id
    (hold,) = await shop.do(lambda s: holds.active(s, given))

    assert hold.type is HoldType.EXCHANGE
    with pytest.raises(Conflict):
        await shop.do(lambda s: holding.release(s, hold.id, STAFF))
    with pytest.raises(Conflict):
        await shop.do(lambda s: asking.preview_cancel(s, given, STAFF, {"CUP": 1}))
    with pytest.raises(Invalid):
        await shop.order(("CUP", 1), payment_method=PaymentMethod.EXCHANGE)
    await runs.order(given)

    assert await shop.parts(given) == []
    assert [call for call in runs.calls if call[1] == 300] == []


async def test_new_goods_on_their_way_cannot_be_called_off(shop: Shop) -> None:
    runs = Runs(shop)
    await shipped(shop, runs)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    row = await ask(shop, order_id, instead(1, ship_first=True))
    await runs.back(row.id)

    with pytest.raises(Conflict):
        await shop.do(lambda s: deciding.cancel(s, row.id, STORE))

    assert (await shop.do(lambda s: s.get_one(Return, row.id))).state.value == "approved"


@pytest.mark.parametrize(("answer", "borne"), [(Decision.APPROVE, 0), (Decision.REJECT, 400)])
async def test_a_policy_may_ask_who_bears_what_is_missing(shop: Shop, answer: Decision, borne: int) -> None:
    runs = Runs(shop)
    await shipped(shop, runs, cup=1000)
    await shop.do(lambda s: policies.put(s, ReturnPolicy(at_shortfall=AtShortfall.ASK), STAFF))
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    row = await ask(shop, order_id, instead(1, ship_first=True))
    await runs.back(row.id)
    await came(shop, row.id, 1, 400_000)
    await runs.back(row.id)
    query = select(Task).where(Task.state == TaskState.OPEN, Task.kind == TaskKind.RETURN)
    (task,) = (await shop.do(lambda s: s.scalars(query))).all()

    await shop.do(lambda s: decisions.decide(s, task.id, answer, STAFF))
    position = await runs.back(row.id)

    assert position.settled
    assert runs.calls[-1] == (("capture", 400) if not borne else ("void", 1000))
    assert (
        await shop.count("SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = 'goodwill'")
        == borne
    )
    assert await faults(shop) == []


@pytest.mark.parametrize(
    ("ppm", "calls"),
    [
        (0, [("capture", 300), ("void", 1000)]),
        (400_000, [("capture", 300), ("capture", 400)]),
        (None, [("capture", 300), ("capture", 1000)]),
    ],
)
async def test_the_provider_has_taken_and_let_go_of_the_same(
    till: Till, ppm: int | None, calls: list[tuple[str, int]]
) -> None:
    """In order, damaged, and never back: every payment compared with the simulated Stripe's own ledger."""
    shop, runs = till.shop, Runs(till.shop, till.gateway)
    await shop.catalog("CUP", price=1300)
    await shop.receive("CUP", 1)
    order_id = await shop.order(("MUG", 3))
    await shop.reserve(order_id)
    await runs.order(order_id)
    row = await ask(shop, order_id, instead(1, ship_first=True))
    await runs.back(row.id)
    if ppm is None:
        await runs.expire(row.id)
    else:
        await came(shop, row.id, 1, ppm)
    await runs.back(row.id)

    compared = await till.run()

    assert runs.calls[-2:] == calls
    assert compared.payments == 3
    assert await till.found() == []
    assert await faults(shop) == []


async def test_an_order_is_changed_returned_replaced_and_exchanged(shop: Shop) -> None:
    """Six ordered: one canceled, one back for money, one sent again, two for cups, one first, one after."""
    runs = Runs(shop)
    await shipped(shop, runs, units=8)
    order_id = await shop.order(("MUG", 6))
    await shop.verify(order_id)
    await shop.reserve(order_id)
    await shop.authorize(order_id)
    await shop.do(lambda s: asking.cancel(s, order_id, STAFF, "one less", {"MUG": 1}))
    await runs.order(order_id)
    (part,) = [one for one in await shop.parts(order_id) if one.state.value == "closed"]
    (line,) = await shop.lines(order_id)

    money = Wanted([WantedLine("MUG", 1, ReturnReason.DEFECTIVE)], method=ReturnMethod.OWN_TRANSPORT)
    refund = await shop.do(lambda s: requesting.request(s, order_id, money, STORE, now()))
    first = await ask(shop, order_id, instead(1, ship_first=True))
    after = await ask(shop, order_id, instead(1))

    async def again(session: object) -> None:
        await replacing.send_again(session, part, ShipmentState.DELIVERED, {line.id: 1}, by="ann")  # type: ignore[arg-type]

    await shop.do(again)
    await shop.reserve(order_id)
    await runs.order(order_id)
    for row in (first, refund, after):
        await came(shop, row.id, 1, 0)
        await runs.back(row.id)
    ends = [await runs.back(row.id) for row in (first, refund, after)]

    assert [one.state.value for one in ends] == ["resolved"] * 3
    (line,) = await shop.lines(order_id)
    assert (line.ordered, line.canceled, line.returned, line.refunded) == (6, 1, 3, 3)
    assert (await shop.get(order_id)).state.value == "completed"
    for row in (first, after):
        given = await shop.get((await exchange(shop, row.id)).order_id)
        assert given.state.value == "completed"
    assert await faults(shop) == []
    await shop.check_books()
