"""A parcel that would miss its promise and has not left goes with a faster service at our cost."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from orderwright.domain.delivery.cases import CaseKind
from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
from orderwright.domain.orders import AtDeadline, HoldType
from orderwright.messages.orders import UndoKind
from orderwright.persistence import holds
from orderwright.persistence.tables import OrderChange
from orderwright.services.delivery import guarding
from orderwright.services.fulfillment import partner
from tests.services.delivery.stories import leave, told
from tests.shop import Shop

PROMISED = date(2026, 11, 18)
LATE = datetime(2026, 11, 17, 8, tzinfo=UTC)
"""The day after it was to leave, and the day before it was promised."""
EXTRA = 500


async def labeled(shop: Shop, *, handed: bool) -> UUID:
    """A mug with a ground label of 7.00 that was to leave on Monday; air would have been 12.00."""
    await shop.catalog("MUG")
    await shop.receive("MUG", 5)
    order_id = await (shop.released if handed else shop.planned)(("MUG", 1))
    await shop.execute(
        "UPDATE shipments SET state = 'labeled', carrier = 'UPS', service = 'Ground', amount = 700,"
        " currency = 'USD', tracking_code = '1Z', promised_on = :day",
        day=PROMISED,
    )
    await shop.execute(
        "UPDATE fulfillment_orders SET ships_on = '2026-11-16', promised_on = :day", day=PROMISED
    )
    for service, amount, arrives in (("Ground", 700, "2026-11-18"), ("NextDayAir", 1200, "2026-11-17")):
        await shop.execute(
            "INSERT INTO shipment_offers (id, shipment_id, rate_id, carrier, service, amount, currency,"
            " arrives, chosen) SELECT gen_random_uuid(), id, :service, 'UPS', :service, :amount, 'USD',"
            " CAST(:arrives AS date), :service = 'Ground' FROM shipments",
            service=service, amount=amount, arrives=date.fromisoformat(arrives),
        )  # fmt: skip
    await shop.read_all()
    return order_id


async def changes(shop: Shop, order_id: UUID) -> list[tuple[str, str]]:
    query = select(OrderChange).where(OrderChange.order_id == order_id)
    async with shop.db.transaction() as session:
        return [(row.actor, row.state.value) for row in await session.scalars(query)]


async def test_a_part_not_handed_over_is_planned_anew_by_its_promise_with_the_faster_service(
    shop: Shop,
) -> None:
    order_id = await labeled(shop, handed=False)
    total = (await shop.get(order_id)).total

    found = await guarding.guard(shop.db, LATE, extra=EXTRA)
    wakes = await shop.wakes(order_id)
    position = await shop.position(order_id)
    await shop.plan(order_id, LATE)

    assert (found, wakes) == ((1, 1), 1)
    first, second = await shop.parts(order_id)
    assert (UndoKind.LABEL, first.id) in [(undo.kind, undo.id) for undo in position.undo]
    assert (first.state, first.hurried, second.state) == (
        FulfillmentState.CANCELED, None, FulfillmentState.OPEN,
    )  # fmt: skip
    assert second.promised_on == PROMISED
    assert second.hurried == {"carrier": "UPS", "service": "NextDayAir", "at_most": 1200, "currency": "USD"}
    assert (await shop.get(order_id)).total == total
    assert await told(shop, order_id) == []
    assert await changes(shop, order_id) == [("guardian", "applied")]
    assert [s for s in (await shop.position(order_id)).stages_due if s.startswith("change")] == []
    assert "shipment.upgraded" in await shop.events(order_id)
    await shop.hand_over(second.id)
    await leave(shop, order_id)
    await shop.check_books()


async def test_what_a_warehouse_has_is_asked_back_and_goes_on_where_it_refuses(shop: Shop) -> None:
    order_id = await labeled(shop, handed=True)

    await guarding.guard(shop.db, LATE, extra=EXTRA)
    (part,) = await shop.parts(order_id)
    asked = part.partner
    await shop.do(lambda s: partner.recall_refused(s, part.id, by="warehouse", reason="on the truck"))
    await guarding.guard(shop.db, LATE + timedelta(days=1), extra=EXTRA)

    assert asked is PartnerState.CANCEL_REQUESTED
    assert await changes(shop, order_id) == [("guardian", "refused")]
    assert (await shop.live_part(order_id)).state is FulfillmentState.RELEASED
    assert await told(shop, order_id) == [(CaseKind.DELAYED, "open", None)]


async def test_what_a_warehouse_gives_back_is_planned_anew(shop: Shop) -> None:
    order_id = await labeled(shop, handed=True)

    await guarding.guard(shop.db, LATE, extra=EXTRA)
    (part,) = await shop.parts(order_id)
    await shop.do(lambda s: partner.recall_accepted(s, part.id, by="warehouse"))
    await shop.plan(order_id, LATE)

    live = await shop.live_part(order_id)
    assert (live.number, live.promised_on) == (2, PROMISED)
    assert live.hurried is not None
    assert live.hurried["service"] == "NextDayAir"
    await shop.hand_over(live.id)
    await leave(shop, order_id)
    await shop.check_books()


async def test_too_dear_held_or_being_picked_it_stays_and_the_customer_is_told(shop: Shop) -> None:
    dear = await labeled(shop, handed=False)
    await guarding.guard(shop.db, LATE, extra=EXTRA - 1)
    assert await told(shop, dear) == [(CaseKind.DELAYED, "open", None)]

    await shop.empty()
    picked = await labeled(shop, handed=True)
    (part,) = await shop.parts(picked)
    await shop.do(lambda s: partner.picking(s, part.id, by="warehouse"))
    await guarding.guard(shop.db, LATE, extra=EXTRA)
    assert await told(shop, picked) == [(CaseKind.DELAYED, "open", None)]

    await shop.empty()
    held = await labeled(shop, handed=False)
    await shop.do(
        lambda s: holds.open_hold(
            s, held, HoldType.MANUAL, reason="x", deadline=None, at_deadline=AtDeadline.STAY
        )
    )
    await guarding.guard(shop.db, LATE, extra=EXTRA)
    assert await told(shop, held) == [(CaseKind.DELAYED, "open", None)]
    assert await shop.count("SELECT count(*) FROM order_changes") == 0


async def test_a_hurried_part_is_not_hurried_again(shop: Shop) -> None:
    order_id = await labeled(shop, handed=False)
    await guarding.guard(shop.db, LATE, extra=EXTRA)
    await shop.plan(order_id, LATE)
    await shop.execute(
        "UPDATE shipments SET state = 'labeled', carrier = 'UPS', service = 'NextDayAir', amount = 1200,"
        " currency = 'USD' WHERE state = 'planned'"
    )
    await shop.execute("UPDATE shipments SET state = 'voided' WHERE service = 'Ground'")

    await guarding.guard(shop.db, LATE + timedelta(days=1), extra=EXTRA)

    assert await changes(shop, order_id) == [("guardian", "applied")]
    assert await told(shop, order_id) == [(CaseKind.DELAYED, "open", None)]
    assert (await shop.events(order_id)).count("shipment.upgraded") == 1
