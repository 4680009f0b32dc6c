"""Of any differences planted at the provider reconciliation finds exactly those, and nothing else."""

import random
from collections import Counter
from uuid import UUID

import httpx2
import pytest

from tests.services.till import Till

Found = tuple[str, UUID | None, int | None, int | None]
"""Kind, order, our figure, theirs."""


class Planter:
    """Changes the provider behind our back, one order at a time, and writes down what must be found."""

    def __init__(self, till: Till, chance: random.Random) -> None:
        self.till, self.chance = till, chance
        self.planted: list[Found] = []
        self.fees = 0

    async def order(self) -> None:
        """One that is paid and partly given back, with one difference or none."""
        till, units = self.till, self.chance.randint(1, 3)
        order_id = await till.paid(units)
        given = await till.refund(order_id, back := self.chance.randint(1, 400))
        taken = (await till.payment_of(order_id)).captured
        reference = await till.reference(order_id)
        match self.chance.choice(["none", "none", "amount", "extra refund", "lost refund", "lost payment"]):
            case "amount":
                wrong = taken + self.chance.choice([-1, 1, 250])
                till.change(reference, captured=wrong)
                self.planted.append(("amount", order_id, taken, wrong))
            case "extra refund":
                more = self.chance.randint(1, 300)
                till.refund_elsewhere(reference, more)
                self.planted.append(("refund_missing_here", order_id, None, more))
            case "lost refund":
                till.lose(given)
                self.planted.append(("refund_missing_there", order_id, back, None))
            case "lost payment":
                till.lose(given)
                till.lose(reference)
                self.planted.append(("payment_missing", order_id, taken, None))
                self.planted.append(("refund_missing_there", order_id, back, None))

    def stranger(self) -> None:
        """Money that only the provider knows of."""
        amount = self.chance.randint(100, 9_999)
        self.till.charge_elsewhere(amount)
        self.planted.append(("money_without_order", None, None, amount))


@pytest.mark.parametrize("seed", range(6))
async def test_exactly_what_was_planted_is_found(till: Till, seed: int) -> None:
    chance = random.Random(seed)
    planter = Planter(till, chance)
    for _ in range(6):
        await planter.order()
    for _ in range(chance.randint(0, 3)):
        planter.stranger()

    first = await till.run()
    again = await till.run()

    rows = await till.rows()
    found = [(row.kind.value, row.order_id, row.ours, row.theirs) for row in rows]
    assert Counter(found) == Counter(planter.planted)
    assert (first.new, first.open) == (len(planter.planted), len(planter.planted))
    assert (again.new, again.gone, again.open) == (0, 0, len(planter.planted))


@pytest.mark.parametrize("seed", range(3))
async def test_fees_are_booked_to_the_cent_whatever_they_are_and_are_no_difference(
    till: Till, seed: int
) -> None:
    chance = random.Random(seed)
    for _ in range(4):
        order_id = await till.paid(chance.randint(1, 3))
        if chance.random() < 0.5:
            await till.refund(order_id, chance.randint(1, 500))
    (payout,) = till.pay_out()

    booked = [(await till.run()).booked for _ in range(2)]

    kept = httpx2.get(f"{till.sim}/_sim/books", timeout=5).raise_for_status().json()
    taken = sum(one["captured"] - one["refunded"] for one in kept["payments"])
    assert booked[1] == 0
    assert await till.balance("payment_fees") == taken - payout["amount"] > 0
    assert await till.balance("clearing") == 0
    assert await till.found() == []
