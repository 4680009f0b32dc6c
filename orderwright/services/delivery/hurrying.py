"""A parcel that would be late and has not left goes with a faster service, and the customer pays nothing.

As a change of the order: its part is canceled (asked back first where a warehouse has it), the run plans it
anew, voids the label and buys the faster one. See ADR 24.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.changes.wishes import ChangeState
from orderwright.domain.delivery.promise import Journey, Option, upgrade
from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence import holds, locks, timeline
from orderwright.persistence.tables import Shipment
from orderwright.services.changes import applying, asking
from orderwright.services.changes.applying import Said
from orderwright.services.changes.naming import Delta, Hurried
from orderwright.services.delivery import lanes

BY = "guardian"

_OFFERED = text("""
    SELECT p.carrier, p.service, min(p.amount) AS amount, p.currency, min(p.arrives) AS arrives,
           l.address ->> 'country' AS origin, o.ship_to ->> 'country' AS destination
      FROM shipment_offers p JOIN shipments s ON s.id = p.shipment_id
      JOIN fulfillment_orders f ON f.id = s.fulfillment_id JOIN locations l ON l.code = f.location
      JOIN orders o ON o.id = s.order_id
     WHERE s.id = :id AND (cardinality(l.carriers) = 0 OR p.carrier = ANY (l.carriers))
     GROUP BY p.carrier, p.service, p.currency, origin, destination""")


@dataclass(frozen=True, slots=True)
class Slow:
    """The parcel that would be late, and its part."""

    order_id: UUID
    part: UUID
    shipment: UUID


async def hurry(
    session: AsyncSession,
    slow: Slow,
    journey: Journey,
    *,
    extra: int,
    at: datetime,
    next_look: datetime,
) -> bool:
    """Let it go with the cheapest service that keeps the promise. False: none does for `extra` more, it is
    held, picking has begun, or the order is being changed or canceled; then nothing is changed.
    """
    await locks.lock(session, slow.order_id)
    shipment = await session.get_one(Shipment, slow.shipment, populate_existing=True)
    if shipment.state is not ShipmentState.LABELED or await holds.active(session, slow.order_id):
        return False
    offered = await _offered(session, slow, at)
    bought = _bought(shipment, offered)
    faster = upgrade(journey, bought, offered, extra=extra, at=at)
    if faster is None:
        return False
    why = f"{bought.carrier} {bought.service} would miss {journey.promised}"
    try:
        order, parts, there = await applying.locked(session, slow.order_id)
        delta = Delta(hurried=Hurried(slow.part, faster))
        row = await asking.carry_out(session, order, parts, there, delta, Said(BY, why))
    except Conflict:
        return False
    await session.execute(update(Shipment).where(Shipment.id == slow.shipment).values(watch_at=next_look))
    await timeline.tell(
        session, slow.order_id, "shipment.upgraded", by=BY, why=why, shipment=str(slow.shipment),
        promised_on=journey.promised.isoformat(), change=row.number, carrier=faster.carrier,
        service=faster.service, at_most=faster.at_most, currency=faster.currency,
        recalling=row.state is ChangeState.AWAITING_RECALL,
    )  # fmt: skip
    return True


def _bought(shipment: Shipment, offered: Sequence[Option]) -> Option:
    """As its label is, with what is known of its lane."""
    carrier, service = shipment.carrier or "", shipment.service or ""
    known = next((one for one in offered if (one.carrier, one.service) == (carrier, service)), None)
    arrives, past = (None, None) if known is None else (known.arrives, known.past)
    return Option(carrier, service, shipment.amount or 0, shipment.currency or "", arrives, past)


async def _offered(session: AsyncSession, slow: Slow, at: datetime) -> Sequence[Option]:
    """What carriers that come to its location have offered for it."""
    rows = (await session.execute(_OFFERED, {"id": slow.shipment})).all()
    pasts = await lanes.pasts(session, {row.carrier for row in rows}, at)
    return [
        Option(
            row.carrier, row.service, row.amount, row.currency, row.arrives,
            pasts.get((row.carrier, row.service, row.origin, row.destination)),
        )
        for row in rows
    ]  # fmt: skip
