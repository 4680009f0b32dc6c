"""Stripe's lists as our port promises them: every page, by window, and what a provider that is away means."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from orderwright.adapters.payments.stripe_statements import StripeStatements
from orderwright.domain.books.reconciliation import MovementKind, PayoutState, TheirState
from orderwright.domain.money import Money
from orderwright.domain.payments import RefundState
from orderwright.ports.failures import NotSent, Unreachable
from tests.adapters.world import World

HEADERS = {"Authorization": "Bearer sk_test_x"}
EVER = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
Call = Callable[[StripeStatements], Any]  # Any: an awaitable of whatever is asked for


def post(world: World, path: str, **body: object) -> dict[str, Any]:  # Any: Stripe's JSON
    answer = httpx2.post(f"{world.url}/stripe/v1/{path}", data=body, headers=HEADERS, timeout=5)
    found: dict[str, Any] = answer.json()
    return found


def pay(world: World, **more: object) -> str:
    made = post(
        world, "payment_intents", amount=2000, currency="usd", payment_method="pm_card_visa",
        confirm="true", **more,
    )  # fmt: skip
    return str(made["id"])


@pytest.fixture
def statements(world: World, pool: ThreadPoolExecutor) -> StripeStatements:
    return StripeStatements("sk_test_x", f"{world.url}/stripe", pool=pool)


async def test_payments_say_what_is_held_taken_given_back_and_over(
    world: World, statements: StripeStatements
) -> None:
    taken = pay(world, **{"metadata[order_number]": "ORD-1", "metadata[payment_id]": "p-1"})
    held = pay(world, capture_method="manual")
    over = pay(world, capture_method="manual")
    post(world, f"payment_intents/{over}/cancel")
    post(world, "refunds", payment_intent=taken, amount=300)

    found = {one.reference: one for one in await statements.payments(*EVER)}

    assert {name: one.state for name, one in found.items()} == {
        taken: TheirState.TAKEN, held: TheirState.HELD, over: TheirState.ENDED
    }  # fmt: skip
    assert (found[taken].amount, found[taken].captured) == (Money(2000, "USD"), 2000)
    assert (found[taken].refunded, found[taken].order_number, found[taken].payment_id) == (
        300,
        "ORD-1",
        "p-1",
    )
    assert (found[held].captured, found[held].order_number) == (0, None)
    assert await statements.payment(taken) == found[taken]


async def test_a_list_is_whole_however_many_pages_it_has(world: World, statements: StripeStatements) -> None:
    made = {pay(world) for _ in range(101)}

    assert {one.reference for one in await statements.payments(*EVER)} == made
    assert {one.payment_reference for one in await statements.movements(*EVER)} == made
    assert len(world.calls("stripe", "payment_intents.list")) == 2


async def test_only_what_was_created_in_the_window_is_listed(
    world: World, statements: StripeStatements
) -> None:
    pay(world)
    later = datetime.now(UTC) + timedelta(hours=1)

    for listed in (statements.payments, statements.refunds, statements.movements, statements.payouts):
        assert await listed(later, later + timedelta(hours=1)) == []


async def test_refunds_movements_and_payouts(world: World, statements: StripeStatements) -> None:
    taken = pay(world)
    refund = post(world, "refunds", payment_intent=taken, amount=300)["id"]
    httpx2.post(f"{world.url}/_sim/stripe/payouts", timeout=5).raise_for_status()

    (back,) = await statements.refunds(*EVER)
    moved = {one.kind: one for one in await statements.movements(*EVER)}
    (payout,) = await statements.payouts(*EVER)

    assert (back.reference, back.payment_reference, back.amount) == (refund, taken, Money(300, "USD"))
    assert back.state is RefundState.SUCCEEDED
    assert await statements.refund(refund) == back
    assert {kind: (one.amount.amount, one.cost) for kind, one in moved.items()} == {
        MovementKind.CHARGE: (2000, 88), MovementKind.REFUND: (-300, 0), MovementKind.PAYOUT: (-1612, 0)
    }  # fmt: skip
    assert (
        moved[MovementKind.CHARGE].payment_reference == moved[MovementKind.REFUND].payment_reference == taken
    )
    assert (payout.amount, payout.state) == (Money(1612, "USD"), PayoutState.PAID)


async def test_what_is_not_there_is_none(statements: StripeStatements) -> None:
    assert await statements.payment("pi_404") is None
    assert await statements.refund("re_404") is None
    assert await statements.payment("re_404") is None
    assert [statements.knows(name) for name in ("pi_1", "re_1", "cs_1", "by hand: ann")] == [
        True, True, False, False
    ]  # fmt: skip


@pytest.mark.parametrize("ask", [lambda s: s.payments(*EVER), lambda s: s.payment("pi_1")])
async def test_a_provider_that_is_away_or_ill_is_told_apart(
    world: World, pool: ThreadPoolExecutor, nobody: str, ask: Call
) -> None:
    world.switch("stripe", "server_error")

    with pytest.raises(Unreachable):
        await ask(StripeStatements("sk_test_x", f"{world.url}/stripe", pool=pool))
    with pytest.raises(NotSent):
        await ask(StripeStatements("sk_test_x", f"http://{nobody}", pool=pool))
