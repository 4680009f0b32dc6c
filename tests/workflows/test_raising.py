"""A change that makes an order dearer raises the money that is reserved; the run needs no step of its own."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from activities.payments import PaymentActivities
from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.messages.orders import Position
from orderwright.persistence.tables import Payment
from orderwright.ports.failures import Declined, Refused
from tests.workflows.test_changes import change
from tests.workflows.world import Placed, World

FIRST, MORE = 60_000, 1_000
"""What an order for approval costs, and one more unit of it."""


@pytest_asyncio.fixture(loop_scope="session")
async def raisable(world: World) -> AsyncIterator[World]:
    """Whoever reserves money raises it too."""
    world.shop.gateway.raisable = True
    yield world
    world.shop.gateway.raisable = world.shop.gateway.tells_later = False


async def waiting(world: World) -> tuple[Placed, str]:
    """An order whose money is reserved and that waits for a person, and what is in it."""
    sku = await world.stock(LON=5)
    order = await world.place_for_approval(sku)
    await order.until_task("approval")
    await world.until_story(order, "payment.authorized")
    return order, sku


async def finish(order: Placed) -> None:
    await order.decide(await order.until_task("approval"), "approve")
    await order.ship(1)
    await order.until_settled("completed")


async def sums(order: Placed) -> list[tuple[str, int, int]]:
    return [(one.state.value, one.amount, one.captured) for one in await order.payments()]


def asked(world: World, order: Placed, *operations: str) -> dict[str, list[int]]:
    """The amounts of what really happened at the provider."""
    gateway = world.shop.gateway
    return {name: [call.amount for call in gateway.about(order.id, name)] for name in operations}


async def test_the_run_raises_the_authorization_and_captures_it_once(raisable: World) -> None:
    order, sku = await waiting(raisable)

    await change(raisable, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    await raisable.until_story(order, "payment.raised")
    await finish(order)

    assert asked(raisable, order, "authorize", "increase", "capture", "void") == {
        "authorize": [FIRST], "increase": [FIRST + MORE], "capture": [FIRST + MORE], "void": [],
    }  # fmt: skip
    assert await sums(order) == [("captured", FIRST + MORE, FIRST + MORE), ("raised", MORE, 0)]
    await raisable.books_balance()


@pytest.mark.parametrize("no", [Declined("insufficient_funds"), Refused("not_eligible")])
async def test_where_the_provider_refuses_the_difference_is_a_further_authorization(
    raisable: World, no: Refused
) -> None:
    order, sku = await waiting(raisable)
    raisable.shop.gateway.refuse("increase", no)

    await change(raisable, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    await raisable.until_story(order, "payment.authorized", 2)
    await finish(order)

    assert asked(raisable, order, "authorize", "increase") == {"authorize": [FIRST, MORE], "increase": []}
    assert sum(asked(raisable, order, "capture")["capture"]) == FIRST + MORE
    assert (await order.row()).total == FIRST + MORE
    await raisable.books_balance()


async def test_a_raise_whose_answer_got_lost_is_found_and_not_made_twice(raisable: World) -> None:
    order, sku = await waiting(raisable)
    raisable.shop.gateway.lose("increase")

    await change(raisable, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    await raisable.until_story(order, "payment.raised")
    await finish(order)

    story = await order.story()
    assert [kind for kind in story if kind.startswith("payment.outcome")] == [
        "payment.outcome_unknown",
        "payment.outcome_known",
    ]
    assert asked(raisable, order, "authorize", "increase", "capture") == {
        "authorize": [FIRST], "increase": [FIRST + MORE], "capture": [FIRST + MORE],
    }  # fmt: skip
    await raisable.books_balance()


@pytest.mark.parametrize("is_done", [True, False])
async def test_where_the_provider_tells_later_the_order_waits_for_its_word(
    raisable: World, *, is_done: bool
) -> None:
    raisable.shop.gateway.tells_later = True
    order, sku = await waiting(raisable)

    await change(raisable, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    by = (await _raising(raisable, order)).id
    await order.decide(await order.until_task("approval"), "approve")
    await raisable.rest()
    assert await order.parts() == []
    kind = "payment.raised" if is_done else "payment.raise_failed"
    reference = (await order.payments())[0].reference or ""
    await raisable.event("adyen", kind, reference, payment_id=str(by), code="refused")
    await raisable.turn()
    await order.ship(1)
    await order.until_settled("completed")

    whole = [FIRST + MORE]
    assert asked(raisable, order, "authorize", "capture") == (
        {"authorize": [FIRST], "capture": whole}
        if is_done
        else {"authorize": [FIRST, MORE], "capture": asked(raisable, order, "capture")["capture"]}
    )
    assert sum(one.captured for one in await order.payments()) == FIRST + MORE
    await raisable.books_balance()


@pytest.mark.parametrize("read_before", [True, False])
async def test_a_refusal_that_overtakes_the_answer_is_acted_upon(
    raisable: World, monkeypatch: pytest.MonkeyPatch, *, read_before: bool
) -> None:
    """The event is in the rows before the answer is in the run, whether or not the answer shows it."""
    raisable.shop.gateway.tells_later = True
    order, sku = await waiting(raisable)
    read = PaymentActivities._position

    async def overtaken(self: PaymentActivities, order_id: UUID) -> Position:
        before = await read(self, order_id)
        first, *more = await order.payments()
        if [one.state.value for one in more] == ["raising"]:
            refused = {"payment_id": str(more[0].id), "code": "refused"}
            await raisable.event("adyen", "payment.raise_failed", first.reference or "", **refused)
            await raisable.rest()
        return before if read_before else await read(self, order_id)

    monkeypatch.setattr(PaymentActivities, "_position", overtaken)
    await change(raisable, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    await raisable.until_story(order, "payment.authorized", 2)
    await finish(order)

    assert asked(raisable, order, "authorize", "increase") == {
        "authorize": [FIRST, MORE], "increase": [FIRST + MORE],
    }  # fmt: skip
    assert sum(one.captured for one in await order.payments()) == FIRST + MORE
    await raisable.books_balance()


async def test_a_cancel_while_it_is_raised_gives_back_all_of_it_at_once(raisable: World) -> None:
    order, sku = await waiting(raisable)
    gate = raisable.shop.gateway.hold("increase")

    await change(raisable, order, Wish(ChangeKind.ADD_LINE, sku=sku, units=1))
    await asyncio.wait_for(gate.reached.wait(), 30)
    await order.cancel()
    await raisable.turn()
    gate.open()
    await order.until_settled("canceled")

    assert asked(raisable, order, "authorize", "capture") == {"authorize": [FIRST], "capture": []}
    assert len(asked(raisable, order, "void")["void"]) == 1
    assert raisable.shop.gateway.state[(await order.payments())[0].reference or ""] == "void"
    assert {state for state, _, _ in await sums(order)} <= {"voided", "raised"}
    await raisable.books_balance()


async def _raising(world: World, order: Placed) -> Payment:
    async def there() -> bool:
        return [one.state.value for one in await order.payments()] == ["authorized", "raising"]

    await world.until(there, "the provider is at it")
    return (await order.payments())[1]
