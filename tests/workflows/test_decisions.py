"""Approve, reject, cancel: by service or typed at Temporal; one outcome, whatever is typed."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.common import RawValue

from orderwright.domain.failures import AlreadyDecided, Conflict
from orderwright.domain.orders import Decision
from orderwright.services.orders import signals
from tests.workflows.world import STAFF, Placed, World


@pytest.fixture
async def waiting(world: World) -> Placed:
    """An order that waits for approval, authorized and with units held."""
    order = await world.place_for_approval(await world.stock(LON=5))
    await order.until_task("approval")
    await world.until_story(order, "payment.authorized")
    return order


async def _rejected_and_undone(world: World, order: Placed, state: str, reason: str) -> None:
    row = await order.until_settled(state)
    assert row.failure == reason
    assert len(world.shop.gateway.about(order.id, "authorize")) == 1
    assert len(world.shop.gateway.about(order.id, "void")) == 1
    assert world.shop.gateway.about(order.id, "capture") == []
    assert world.shop.parcels.count("buy", str(order.id)) == 0
    assert await order.parts() == []
    assert [reserved for _, reserved in (await world.levels((await order.lines())[0].sku)).values()] == [0]
    assert await order.stages() == ["approval_needed", "canceled", "received"]
    assert await order.tasks() == []


async def test_an_approved_order_goes_on(world: World, waiting: Placed) -> None:
    task = await waiting.until_task("approval")

    await waiting.decide(task, "approve")
    await waiting.ship()
    await waiting.until_settled("completed")

    assert [(hold.type.value, hold.outcome) for hold in await waiting.holds(active=False)] == [
        ("approval", "approved")
    ]
    assert [call.amount for call in world.shop.gateway.about(waiting.id, "capture")] == [60_000]


async def test_a_rejected_order_gives_back_money_and_stock(world: World, waiting: Placed) -> None:
    await waiting.decide(await waiting.until_task("approval"), "reject")

    await _rejected_and_undone(world, waiting, "rejected", "approval_rejected")


@pytest.mark.parametrize("said", [(), ("ann",), ({"by": "ann"},)], ids=["bare", "login", "by"])
async def test_approve_typed_at_temporal(world: World, waiting: Placed, said: tuple[Any, ...]) -> None:
    await waiting.run.signal("approve", args=said)
    await waiting.until_part("released")

    task = (await waiting.tasks(open_only=False))[0]
    assert (task.decision, task.decided_by) == ("approve", "temporal:ann" if said else "temporal:unnamed")
    assert await waiting.tasks() == []


async def test_reject_typed_at_temporal(world: World, waiting: Placed) -> None:
    await waiting.run.signal("reject", "ann")

    await _rejected_and_undone(world, waiting, "rejected", "approval_rejected")


async def test_cancel_typed_at_temporal(world: World, waiting: Placed) -> None:
    await waiting.run.signal("cancel")

    await _rejected_and_undone(world, waiting, "canceled", "canceled_at_temporal")


async def test_approve_typed_twice_is_refused_the_second_time(world: World, waiting: Placed) -> None:
    await waiting.run.signal("approve", "ann")
    await waiting.run.signal("approve", "bob")
    await waiting.until_part("released")
    await world.until_story(waiting, "signal.refused")

    assert await waiting.refusals() == [("temporal:bob", "already_decided")]
    assert (await waiting.tasks(open_only=False))[0].decided_by == "temporal:ann"


async def test_a_reject_after_the_approve_changes_nothing(world: World, waiting: Placed) -> None:
    await waiting.run.signal("approve")
    await waiting.run.signal("reject")
    await waiting.until_part("released")
    await world.until_story(waiting, "signal.refused")

    assert (await waiting.row()).state.value == "in_fulfillment"
    assert world.shop.gateway.about(waiting.id, "void") == []


GARBAGE: list[tuple[Any, ...]] = [  # Any: whatever a person types
    (7,),
    (1.5e300,),
    (True,),
    ("x" * 5_000,),
    ("two\nlines",),
    ("\x00",),
    ({"by": "ann", "note": "please"},),
    ({"by": {"by": ["ann"]}},),
    ([[[[]]]],),
    ("ann", "bob"),
    (b"\xff\xfe",),
    ({},),
]


@pytest.mark.parametrize("signal", ["approve", "reject", "cancel"])
async def test_what_cannot_be_read_becomes_a_task_each_and_decides_nothing(
    world: World, waiting: Placed, signal: str
) -> None:
    for said in GARBAGE:
        await waiting.run.signal(signal, args=said)
    await world.until_story(waiting, "task.opened", 1 + len(GARBAGE))

    kinds = [task.kind.value for task in await waiting.tasks()]
    assert kinds == ["approval", *["unreadable_signal"] * len(GARBAGE)]
    assert (await waiting.row()).state.value == "submitted"
    assert world.shop.gateway.about(waiting.id, "void") == []

    await waiting.run.signal("approve")
    await waiting.until_part("released")


def _raw(data: bytes, encoding: bytes = b"json/plain") -> RawValue:
    return RawValue(Payload(metadata={"encoding": encoding}, data=data))


RAW = [
    _raw(b"9" * 5_000),
    _raw(b"[" * 10_000 + b"]" * 10_000),
    _raw(b"[" * 150 + b"]" * 150),
    _raw(b'"\\ud800"'),
    _raw(b"{not json"),
    _raw(b"NaN"),
    _raw(b'{"by": Infinity}'),
    _raw(b"\x00\x01", b"binary/plain"),
    _raw(b"x", b"who/knows"),
    RawValue(Payload(data=b"no encoding")),
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
async def test_no_bytes_stop_an_order(world: World, waiting: Placed, raw: RawValue) -> None:
    for signal in ("approve", "reject", "cancel", "wake"):
        await waiting.run.signal(signal, raw)
    await waiting.run.signal("unknown", raw)

    await waiting.run.signal("approve", "ann")
    await waiting.until_part("released")

    assert (await waiting.tasks(open_only=False))[0].decided_by == "temporal:ann"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(JSON, max_size=3))
def test_any_json_is_a_login_or_unreadable(said: list[Any]) -> None:
    from workflows.shown import typed_text  # noqa: PLC0415 - as the handler writes it down

    written = typed_text(tuple(said))

    try:
        login = signals.read_login(written)
    except ValueError:
        return
    given_login = said[0] if said else None
    if isinstance(given_login, dict):
        given_login = given_login["by"]
    assert login == (given_login or "")


async def test_an_empty_login_is_nobody_named(world: World, waiting: Placed) -> None:
    for said in [None, "", {"by": None}, {"by": ""}]:
        await waiting.run.signal("reject", said)
    row = await waiting.until_settled("rejected")

    assert row.failure == "approval_rejected"
    assert len(await waiting.refusals()) <= 3


@pytest.mark.parametrize("order_of", [0, 1, 2])
async def test_approve_reject_and_cancel_at_the_same_instant_have_one_outcome(
    world: World, waiting: Placed, order_of: int
) -> None:
    task = await waiting.until_task("approval")
    calls = [
        lambda: waiting.decide(task, "approve"),
        lambda: waiting.decide(task, "reject"),
        waiting.cancel,
    ]
    calls = calls[order_of:] + calls[:order_of]

    answers = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
    await world.rest()

    decided = (await waiting.tasks(open_only=False))[0]
    row = await waiting.row()
    errors = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(error, AlreadyDecided | Conflict) for error in errors)
    if row.state.value == "rejected":
        assert decided.decision == "reject"
    elif row.state.value == "canceled":
        assert decided.decision in (None, "approve")
    else:
        raise AssertionError(f"{row.state}: {answers}")
    await waiting.until_settled(row.state.value)
    assert len(world.shop.gateway.about(waiting.id, "void")) == 1
    assert (await waiting.stages()).count("canceled") == 1


async def test_a_decision_needs_the_right(world: World, waiting: Placed) -> None:
    task = await waiting.until_task("approval")
    async with world.shop.db.transaction() as session:
        await signals.obey(session, _typed(waiting, Decision.REJECT), "none")

    assert await waiting.refusals() == [("temporal:ann", "forbidden")]
    assert (await waiting.tasks())[0].id == task.id
    assert (await waiting.row()).state.value == "submitted"
    assert STAFF.scopes


def _typed(order: Placed, decision: Decision) -> Any:
    from orderwright.messages.orders import Typed  # noqa: PLC0415

    return Typed(order_id=order.id, signal=decision.value, said='["ann"]')
