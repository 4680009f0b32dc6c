"""Every way a part can fail while orders run: none is lost, none is stuck, nothing happens twice."""

import asyncio

import pytest

from tests.faults.conftest import Judge
from tests.faults.world import Json, Placed, World

pytestmark = pytest.mark.faults

STEPS = {  # what is slow, and the effect that shows that it runs
    "authorize": ("stripe", "payment_intents.create"),
    "rate": ("easypost", "shipments.create"),
    "label": ("easypost", "shipments.buy"),
    "hand-off": ("warehouse", "requests.create"),
    "capture": ("stripe", "payment_intents.capture"),
}
SLOW = 2.5


def _rule(
    provider: str, operation: str | None, mode: str, value: object = None, times: int | None = None
) -> Json:
    return {"provider": provider, "operation": operation, "mode": mode, "value": value, "times": times}


async def test_workers_are_killed(world: World, judged: Judge) -> None:
    stop = asyncio.Event()
    killing = [
        asyncio.create_task(world.kill_at_random(worker, world.seed + number, stop, at_least=8))
        for number, worker in enumerate(world.workers)
    ]

    orders = await world.place(200, at_once=8)
    stop.set()
    kills = sum(await asyncio.gather(*killing))
    verdict = await judged(orders, kills=kills)

    assert kills >= 15
    assert verdict.clean, verdict.words()


async def test_answers_are_lost(world: World, judged: Judge) -> None:
    await world.switch(
        *(_rule(provider, operation, "answer_lost", times=4) for provider, operation in STEPS.values()),
        _rule("twilio", "messages.create", "answer_lost", times=2),
        _rule("mail", "send", "answer_lost", times=6),
    )

    orders = await world.place(30)
    verdict = await judged(orders)

    assert verdict.clean, verdict.words()


async def test_servers_fail(world: World, judged: Judge) -> None:
    await world.switch(
        *(_rule(provider, operation, "server_error", times=6) for provider, operation in STEPS.values()),
        _rule("twilio", "messages.create", "server_error", times=2),
        _rule("mail", "send", "server_error", times=4),
    )

    orders = await world.place(25)
    verdict = await judged(orders)

    assert verdict.clean, verdict.words()


async def test_answers_come_too_late(world: World, judged: Judge) -> None:
    await world.switch(
        _rule("stripe", "payment_intents.create", "delay", 12, times=2),
        _rule("stripe", "payment_intents.capture", "delay", 12, times=2),
        _rule("easypost", "shipments.create", "delay", 17, times=1),
        _rule("easypost", "shipments.buy", "delay", 17, times=2),
        _rule("warehouse", "requests.create", "delay", 12, times=2),
        _rule("mail", "send", "delay", 12, times=2),
    )

    orders = await world.place(15)
    verdict = await judged(orders)

    assert verdict.clean, verdict.words()


@pytest.mark.parametrize("step", STEPS)
async def test_canceled_while(step: str, world: World, judged: Judge) -> None:
    provider, operation = STEPS[step]
    await world.switch(_rule(provider, operation, "delay", SLOW))
    orders = await world.place(6)

    async def change_mind(order: Placed) -> int:
        await world.step_runs(order, step)
        await asyncio.sleep(world.random.uniform(0, SLOW * 0.8))
        return await world.cancel(order)

    answers = await asyncio.gather(*(change_mind(order) for order in orders))
    await world.switch()
    for order, answer in zip(orders, answers, strict=True):
        order.must_be = {200: "canceled", 202: None, 409: "completed"}[answer]
    verdict = await judged(orders)

    assert verdict.clean, verdict.words()
    if step == "capture":
        assert set(answers) == {409}
    elif step != "hand-off":
        assert 200 in answers


async def test_every_webhook_comes_five_times_shuffled(world: World, judged: Judge) -> None:
    providers = ("stripe", "easypost", "warehouse", "twilio")
    await world.switch(
        *(_rule(provider, None, "webhook_duplicate", 5) for provider in providers),
        *(_rule(provider, None, "webhook_shuffle", 2.0) for provider in providers),
    )

    orders = await world.place(30)
    verdict = await judged(orders)

    assert verdict.clean, verdict.words()


async def test_the_database_is_gone_for_a_minute(world: World, judged: Judge) -> None:
    placing = asyncio.create_task(world.place(40, at_once=5, pace=0.5))
    await asyncio.sleep(world.random.uniform(3, 6))

    await asyncio.to_thread(world.stack.stop, "postgres")
    await asyncio.sleep(60)
    await asyncio.to_thread(world.stack.start, "postgres")
    verdict = await judged(await placing)

    assert verdict.clean, verdict.words()


async def test_temporal_is_gone(world: World, judged: Judge) -> None:
    placing = asyncio.create_task(world.place(30, at_once=5, pace=0.5))
    await asyncio.sleep(world.random.uniform(2, 5))

    await asyncio.to_thread(world.stack.kill, "temporal")
    await asyncio.sleep(30)
    await asyncio.to_thread(world.stack.start, "temporal")
    verdict = await judged(await placing, kills=1)

    assert verdict.clean, verdict.words()


async def test_the_api_is_killed(world: World, judged: Judge) -> None:
    placing = asyncio.create_task(world.place(40, at_once=8, pace=0.1))

    for _ in range(3):
        await asyncio.sleep(world.random.uniform(1, 4))
        await asyncio.to_thread(world.stack.kill, "api")
        await asyncio.to_thread(world.stack.start, "api")
    verdict = await judged(await placing, kills=3)

    assert verdict.clean, verdict.words()


async def test_mail_is_put_off(world: World, judged: Judge) -> None:
    await world.switch(_rule("mail", "send", "refuse", "451 4.3.0 Try again later", times=20))

    orders = await world.place(15)
    verdict = await judged(orders)

    assert verdict.clean, verdict.words()
