"""What a customer is told first follows from the rows alone."""

import pytest

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import HoldType, OrderState
from orderwright.domain.status import LineUnits, OrderFacts
from orderwright.domain.telling.headlines import STEPS, Headline, headline, steps_reached

S = ShipmentState


def _facts(state: OrderState, *, holds: tuple[HoldType, ...] = (), **units: int) -> OrderFacts:
    return OrderFacts(state=state, total=1000, lines=(LineUnits(ordered=4, **units),), holds=holds)


@pytest.mark.parametrize(
    ("facts", "parcels", "told"),
    [
        (_facts(OrderState.SUBMITTED, unallocated=4), (), Headline.BEING_CHECKED),
        (_facts(OrderState.SUBMITTED, allocated=4, holds=(HoldType.PAYMENT,)), (), Headline.PAYMENT_NEEDED),
        (_facts(OrderState.ACCEPTED, allocated=4), (S.LABELED,), Headline.BEING_PREPARED),
        (_facts(OrderState.IN_FULFILLMENT, released=4), (S.LABELED,), Headline.BEING_PREPARED),
        (_facts(OrderState.IN_FULFILLMENT, released=4), (S.READY_FOR_PICKUP,), Headline.READY_FOR_PICKUP),
        (_facts(OrderState.IN_FULFILLMENT, shipped=2, released=2), (S.IN_TRANSIT,), Headline.PARTLY_SHIPPED),
        (_facts(OrderState.IN_FULFILLMENT, shipped=4), (S.IN_TRANSIT,), Headline.ON_ITS_WAY),
        (_facts(OrderState.IN_FULFILLMENT, shipped=4), (S.OUT_FOR_DELIVERY,), Headline.OUT_FOR_DELIVERY),
        (_facts(OrderState.IN_FULFILLMENT, shipped=4), (S.EXCEPTION,), Headline.HELD_UP),
        (_facts(OrderState.IN_FULFILLMENT, undelivered=4), (S.LOST,), Headline.HELD_UP),
        (_facts(OrderState.COMPLETED, delivered=4), (S.DELIVERED,), Headline.DELIVERED),
        (_facts(OrderState.COMPLETED, delivered=3, canceled=1), (S.DELIVERED,), Headline.DELIVERED),
        (_facts(OrderState.COMPLETED, undelivered=4), (S.LOST,), Headline.CLOSED),
        (_facts(OrderState.CANCELED, canceled=4), (), Headline.CANCELED),
        (_facts(OrderState.REJECTED, canceled=4), (), Headline.REJECTED),
        (_facts(OrderState.EXPIRED, canceled=4), (), Headline.EXPIRED),
    ],
)
def test_the_headline_is_what_matters_most(
    facts: OrderFacts, parcels: tuple[ShipmentState, ...], told: Headline
) -> None:
    assert headline(facts, parcels) is told


def test_steps_are_told_only_of_an_order_on_its_way() -> None:
    assert steps_reached(Headline.DELIVERED) == len(STEPS)
    assert steps_reached(Headline.BEING_CHECKED) == 1
    assert steps_reached(Headline.CANCELED) is None
