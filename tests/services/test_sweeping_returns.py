"""A return that nobody drives is found; one that is driven, young or over is left alone."""

import pytest

from orderwright.messages.orders import Swept
from orderwright.persistence.tables import Return
from orderwright.ports.orchestrator import RunState
from orderwright.services import sweeping
from orderwright.services.returns import deciding
from tests.services.test_returns import ask, delivered
from tests.services.test_sweeping import Runs
from tests.shop import STORE, Shop

AGE = "UPDATE returns SET created_at = now() - interval '2 minutes', run_id = 'gone', woken = true"


async def row(shop: Shop, back: Return) -> Return:
    return await shop.do(lambda session: session.get_one(Return, back.id))


@pytest.mark.parametrize("state", [RunState.ABSENT, RunState.CLOSED])
async def test_a_return_without_a_run_gets_one_and_its_claim_is_freed(shop: Shop, state: RunState) -> None:
    back = await ask(shop, await delivered(shop))
    await shop.execute(AGE)
    runs = Runs(state)

    swept = await sweeping.sweep_returns(shop.db, runs)

    now = await row(shop, back)
    assert swept == Swept(checked=1, restarted=1)
    assert runs.started == {back.id: 1}
    assert (now.run_id, now.woken) == (None, False)


@pytest.mark.parametrize("state", [RunState.OPEN, RunState.FAILING])
async def test_one_that_is_driven_is_left_alone(shop: Shop, state: RunState) -> None:
    back = await ask(shop, await delivered(shop))
    await shop.execute(AGE)
    runs = Runs(state)

    swept = await sweeping.sweep_returns(shop.db, runs)

    assert swept == Swept(checked=1)
    assert runs.started == {}
    assert (await row(shop, back)).run_id == "gone"


async def test_young_returns_and_those_at_their_end_are_not_looked_at(shop: Shop) -> None:
    order_id = await delivered(shop)
    over = await ask(shop, order_id)
    await shop.do(lambda session: deciding.cancel(session, over.id, STORE))
    await shop.execute(AGE)
    await ask(shop, order_id)
    runs = Runs(RunState.ABSENT)

    swept = await sweeping.sweep_returns(shop.db, runs)

    assert (swept, runs.started) == (Swept(), {})


async def test_one_that_ends_while_its_run_is_looked_for_is_not_started(shop: Shop) -> None:
    back = await ask(shop, await delivered(shop))
    await shop.execute(AGE)

    class Slow(Runs):
        async def look(self, order_id: object, **_: object) -> RunState:
            await shop.do(lambda session: deciding.cancel(session, back.id, STORE))
            return RunState.CLOSED

    runs = Slow()
    swept = await sweeping.sweep_returns(shop.db, runs)

    assert (swept, runs.started) == (Swept(checked=1), {})
    assert (await row(shop, back)).run_id == "gone"
