"""An order that nobody drives is found, however many there are; one whose run fails is a person's."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from orderwright.messages.orders import Swept
from orderwright.ports.orchestrator import OrderLabels, RunState
from orderwright.services import sweeping
from tests.shop import Shop


@dataclass
class Runs:
    """The engine: every run is in the same state unless said otherwise."""

    state: RunState = RunState.ABSENT
    states: dict[UUID, RunState] = field(default_factory=dict)
    started: Counter[UUID] = field(default_factory=Counter)

    async def wake(self, order_id: UUID, labels: OrderLabels, **_: object) -> bool:
        return True

    async def restart(self, order_id: UUID, labels: OrderLabels, **_: object) -> None:
        self.started[order_id] += 1

    async def look(self, order_id: UUID, **_: object) -> RunState:
        return self.states.get(order_id, self.state)

    async def ping(self) -> bool:
        return True


async def old_orders(shop: Shop, count: int) -> list[UUID]:
    await shop.catalog("MUG")
    orders = [await shop.order(("MUG", 1)) for _ in range(count)]
    await shop.execute("UPDATE orders SET updated_at = now() - interval '2 minutes', run_id = 'gone'")
    return orders


@pytest.mark.parametrize("state", [RunState.ABSENT, RunState.CLOSED])
async def test_an_order_without_a_run_gets_one_and_its_claim_is_freed(shop: Shop, state: RunState) -> None:
    (order_id,) = await old_orders(shop, 1)
    runs = Runs(state)

    swept = await sweeping.sweep_orders(shop.db, runs)

    order = await shop.get(order_id)
    assert swept == Swept(checked=1, restarted=1)
    assert runs.started == {order_id: 1}
    assert (order.run_id, order.woken) == (None, False)


async def test_one_that_is_driven_is_left_alone(shop: Shop) -> None:
    (order_id,) = await old_orders(shop, 1)
    runs = Runs(RunState.OPEN)

    swept = await sweeping.sweep_orders(shop.db, runs)

    assert swept == Swept(checked=1)
    assert runs.started == {}
    assert (await shop.get(order_id)).run_id == "gone"


async def test_a_failing_run_is_a_persons_question_once(shop: Shop) -> None:
    (order_id,) = await old_orders(shop, 1)

    swept = [await sweeping.sweep_orders(shop.db, Runs(RunState.FAILING)) for _ in range(2)]

    assert [one.flagged for one in swept] == [1, 0]
    assert (await shop.position(order_id)).needs_person


async def test_young_and_settled_orders_are_not_looked_at(shop: Shop) -> None:
    young, settled = await old_orders(shop, 2)
    await shop.execute("UPDATE orders SET updated_at = now() WHERE id = :id", id=young)
    await shop.execute("UPDATE orders SET state = 'canceled', settled_at = now() WHERE id = :id", id=settled)

    assert await sweeping.sweep_orders(shop.db, Runs()) == Swept()


async def test_more_than_a_batch_of_waiting_orders_hides_nobody(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    *waiting, lost = await old_orders(shop, 8)
    runs = Runs(RunState.OPEN, {lost: RunState.ABSENT})

    swept = await sweeping.sweep_orders(shop.db, runs)

    assert swept == Swept(checked=8, restarted=1)
    assert runs.started == {lost: 1}
    assert len(waiting) == 7
