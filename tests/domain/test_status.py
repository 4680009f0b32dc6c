"""What is derived of an order holds for every record that can be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain import status
from orderwright.domain.access import Actor
from orderwright.domain.fulfillment.states import PAST_PIVOT, FulfillmentState
from orderwright.domain.orders import ENDS, CancelState, HoldType, OrderState, Scope
from orderwright.domain.payments import PaymentState
from orderwright.domain.status import (
    Action,
    Extent,
    FulfillmentStatus,
    LineUnits,
    OrderFacts,
    PartFacts,
    PaymentFacts,
)

COLUMNS = (
    "canceled",
    "unallocated",
    "backordered",
    "allocated",
    "released",
    "shipped",
    "delivered",
    "undelivered",
)


@st.composite
def line_units(draw: st.DrawFn) -> LineUnits:
    units = {name: draw(st.integers(0, 5)) for name in COLUMNS}
    if not sum(units.values()):
        units["unallocated"] = 1
    returned = draw(st.integers(0, units["delivered"]))
    return LineUnits(ordered=sum(units.values()), returned=returned, **units)


@st.composite
def payment_facts(draw: st.DrawFn) -> PaymentFacts:
    amount = draw(st.integers(0, 1000))
    captured = draw(st.integers(0, amount))
    return PaymentFacts(draw(st.sampled_from(PaymentState)), amount, captured, draw(st.integers(0, captured)))


@st.composite
def part_facts(draw: st.DrawFn) -> PartFacts:
    amount = draw(st.integers(0, 1000))
    return PartFacts(draw(st.sampled_from(FulfillmentState)), amount, draw(st.integers(0, amount)))


def tuples(of: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(of, max_size=4).map(tuple)


records = st.builds(
    OrderFacts,
    state=st.sampled_from(OrderState),
    total=st.integers(0, 2000),
    cancel=st.sampled_from(CancelState),
    lines=st.lists(line_units(), min_size=1, max_size=4).map(tuple),
    payments=tuples(payment_facts()),
    parts=tuples(part_facts()),
    holds=tuples(st.sampled_from(HoldType)),
    approval_open=st.booleans(),
    label_bought=st.booleans(),
    pickup=st.booleans(),
)
RANK = {Extent.NONE: 0, Extent.PARTIAL: 1, Extent.FULL: 2}


@given(records)
def test_what_is_charged_was_authorized(facts: OrderFacts) -> None:
    found = status.payment_status(facts)

    if not status._all_charged(facts):
        assert RANK[found.charge] <= RANK[found.authorize]


@given(records)
def test_nothing_is_refunded_that_was_not_charged(facts: OrderFacts) -> None:
    found = status.payment_status(facts)

    if found.refund is not Extent.NONE:
        assert sum(payment.captured for payment in facts.payments) > 0
    if found.refund is Extent.FULL:
        assert all(payment.refunded == payment.captured for payment in facts.payments)


@given(records)
def test_delivered_means_that_every_wanted_unit_has_arrived(facts: OrderFacts) -> None:
    found = status.fulfillment_status(facts.lines)
    delivered = sum(line.delivered for line in facts.lines)
    wanted = sum(line.ordered - line.canceled for line in facts.lines)

    assert (found is FulfillmentStatus.DELIVERED) == (delivered == wanted > 0)


@given(records)
def test_fulfilled_means_that_nothing_waits_here(facts: OrderFacts) -> None:
    waiting = sum(
        line.unallocated + line.backordered + line.allocated + line.released for line in facts.lines
    )

    found = status.fulfillment_status(facts.lines)

    if found in {FulfillmentStatus.FULFILLED, FulfillmentStatus.DELIVERED}:
        assert waiting == 0
    if found is FulfillmentStatus.PARTIAL:
        assert waiting > 0


@given(records, st.data())
def test_moving_a_unit_forward_never_moves_the_status_back(facts: OrderFacts, data: st.DataObject) -> None:
    order = list(FulfillmentStatus)
    line = data.draw(st.sampled_from(facts.lines))
    way = [name for name in ("allocated", "released", "shipped") if getattr(line, name)]
    if not way:
        return
    source = data.draw(st.sampled_from(way))
    target = {"allocated": "released", "released": "shipped", "shipped": "delivered"}[source]
    moved = replace(line, **{source: getattr(line, source) - 1, target: getattr(line, target) + 1})

    before = status.fulfillment_status(facts.lines)
    after = status.fulfillment_status([moved if each is line else each for each in facts.lines])

    assert order.index(after) >= order.index(before)


@given(records)
def test_at_an_end_nothing_may_be_done(facts: OrderFacts) -> None:
    if facts.state in ENDS:
        assert status.allowed_actions(facts) == ()


@given(records)
def test_past_the_pivot_nobody_cancels_and_nobody_moves_the_address(facts: OrderFacts) -> None:
    if {part.state for part in facts.parts} & PAST_PIVOT:
        actions = {allowed.action for allowed in status.allowed_actions(facts)}

        assert not actions & {Action.EDIT_ADDRESS, Action.HOLD}
        follows = any(line.backordered for line in facts.lines)
        assert Action.CANCEL not in actions or follows  # what is to follow later has not left


@given(records, st.sets(st.sampled_from(Scope)))
def test_an_asker_may_what_one_of_his_scopes_may(facts: OrderFacts, scopes: set[Scope]) -> None:
    asker = Actor("asker", frozenset(scopes))

    allowed = status.allowed_for(facts, asker)

    everything = [item.action.value for item in status.allowed_actions(facts)]
    assert set(allowed) <= set(everything)
    if Scope.ADMIN in scopes:
        assert allowed == everything
    if scopes <= {Scope.WAREHOUSE}:
        assert allowed == []


@given(records)
def test_the_same_rows_say_the_same(facts: OrderFacts) -> None:
    assert status.of(facts) == status.of(replace(facts, payments=tuple(reversed(facts.payments))))


def test_an_order_of_nothing_is_paid() -> None:
    found = status.payment_status(OrderFacts(state=OrderState.ACCEPTED, total=0))

    assert found == status.PaymentStatus(Extent.FULL, Extent.FULL, Extent.NONE)


@pytest.mark.parametrize(
    ("payments", "authorize", "charge", "refund"),
    [
        ((), Extent.NONE, Extent.NONE, Extent.NONE),
        ((PaymentFacts(PaymentState.FAILED, 100),), Extent.NONE, Extent.NONE, Extent.NONE),
        ((PaymentFacts(PaymentState.ACTION_REQUIRED, 100),), Extent.NONE, Extent.NONE, Extent.NONE),
        ((PaymentFacts(PaymentState.AUTHORIZED, 100),), Extent.FULL, Extent.NONE, Extent.NONE),
        ((PaymentFacts(PaymentState.AUTHORIZED, 60),), Extent.PARTIAL, Extent.NONE, Extent.NONE),
        ((PaymentFacts(PaymentState.PARTLY_CAPTURED, 100, 40),), Extent.FULL, Extent.PARTIAL, Extent.NONE),
        ((PaymentFacts(PaymentState.CAPTURED, 100, 100),), Extent.FULL, Extent.FULL, Extent.NONE),
        ((PaymentFacts(PaymentState.CAPTURED, 100, 100, 30),), Extent.FULL, Extent.FULL, Extent.PARTIAL),
        ((PaymentFacts(PaymentState.CAPTURED, 100, 100, 100),), Extent.FULL, Extent.FULL, Extent.FULL),
        ((PaymentFacts(PaymentState.VOIDED, 100),), Extent.NONE, Extent.NONE, Extent.NONE),
    ],
)
def test_payment_status_by_example(
    payments: tuple[PaymentFacts, ...], authorize: Extent, charge: Extent, refund: Extent
) -> None:
    facts = OrderFacts(state=OrderState.ACCEPTED, total=100, payments=payments)

    assert status.payment_status(facts) == status.PaymentStatus(authorize, charge, refund)


def test_a_partly_canceled_order_is_charged_in_full_once_the_rest_is() -> None:
    facts = OrderFacts(
        state=OrderState.IN_FULFILLMENT,
        total=100,
        lines=(LineUnits(ordered=2, canceled=1, shipped=1),),
        payments=(PaymentFacts(PaymentState.CAPTURED, 100, 50),),
        parts=(PartFacts(FulfillmentState.CLOSED, 50, 50), PartFacts(FulfillmentState.CANCELED, 50)),
    )

    assert status.payment_status(facts).charge is Extent.FULL


@pytest.mark.parametrize(
    ("parts", "bought", "actions"),
    [
        ((), False, {Action.CANCEL, Action.HOLD, Action.EDIT_ADDRESS, Action.CHANGE}),
        ((PartFacts(FulfillmentState.OPEN),), True, {Action.CANCEL, Action.HOLD, Action.CHANGE}),
        ((PartFacts(FulfillmentState.RELEASED),), True, {Action.CANCEL, Action.HOLD, Action.CHANGE}),
        ((PartFacts(FulfillmentState.IN_PROGRESS),), True, set()),
        (
            (PartFacts(FulfillmentState.CANCELED),),
            False,
            {Action.CANCEL, Action.HOLD, Action.EDIT_ADDRESS, Action.CHANGE},
        ),
    ],
)
def test_what_may_be_done_on_the_way(
    parts: tuple[PartFacts, ...], bought: bool, actions: set[Action]
) -> None:
    facts = OrderFacts(state=OrderState.ACCEPTED, total=100, parts=parts, label_bought=bought)

    assert {allowed.action for allowed in status.allowed_actions(facts)} == actions


def test_a_held_order_may_be_released_and_an_asked_one_decided() -> None:
    held = OrderFacts(state=OrderState.SUBMITTED, total=1, holds=(HoldType.MANUAL,))
    asked = OrderFacts(state=OrderState.SUBMITTED, total=1, holds=(HoldType.APPROVAL,), approval_open=True)

    assert Action.RELEASE in {allowed.action for allowed in status.allowed_actions(held)}
    assert {Action.APPROVE, Action.REJECT} <= {allowed.action for allowed in status.allowed_actions(asked)}
    assert Action.RELEASE not in {allowed.action for allowed in status.allowed_actions(asked)}
