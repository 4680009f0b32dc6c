"""What would be undone by a change or a cancel, at which cost and with which chance?"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import BEFORE_RELEASE, FulfillmentState, PartnerState
from orderwright.domain.payments import PaymentState
from orderwright.persistence.tables import FulfillmentOrder, Order, Payment, PromotionUse, Shipment

HELD = (PaymentState.AUTHORIZED, PaymentState.PARTLY_CAPTURED, PaymentState.ACTION_REQUIRED)


@dataclass(frozen=True, slots=True)
class Compensation:
    """One thing that is undone, as `CompensationView` tells it."""

    kind: str
    subject: str
    amount: int | None = None
    currency: str | None = None
    chance: int | None = None
    why: str = ""


Compensations = Sequence[Compensation]


async def of_parts(
    session: AsyncSession, order_id: UUID, numbers: Sequence[int] | None
) -> list[Compensation]:
    """Labels and recalls of these parts, or of all that have not begun."""
    rows = await session.execute(
        select(FulfillmentOrder, Shipment)
        .outerjoin(
            Shipment,
            (Shipment.fulfillment_id == FulfillmentOrder.id) & (Shipment.state != ShipmentState.VOIDED),
        )
        .where(FulfillmentOrder.order_id == order_id)
        .order_by(FulfillmentOrder.number)
    )
    found = []
    for part, parcel in rows.all():
        wanted = numbers is None or part.number in numbers
        if not wanted or part.state not in (*BEFORE_RELEASE, FulfillmentState.RELEASED):
            continue
        if part.state is FulfillmentState.RELEASED:
            found.append(await _recall(session, part))
        if parcel is not None and parcel.amount is not None:
            found.append(
                Compensation("label", f"part {part.number}", parcel.amount, parcel.currency,
                             why="voided; the carrier gives the money back where it was never scanned")
            )  # fmt: skip
    return found


async def _recall(session: AsyncSession, part: FulfillmentOrder) -> Compensation:
    """By what the location answered before, in the middle where it never was asked."""
    yes = func.count(case((FulfillmentOrder.partner == PartnerState.CANCEL_ACCEPTED, 1)))
    no = func.count(case((FulfillmentOrder.partner == PartnerState.CANCEL_REJECTED, 1)))
    row = await session.execute(select(yes, no).where(FulfillmentOrder.location == part.location))
    accepted, refused = row.one()
    asked = accepted + refused
    return Compensation(
        "recall", f"part {part.number} at {part.location}",
        chance=100 * accepted // asked if asked else 50,
        why=f"{accepted} of {asked} given back before" if asked else "never asked before",
    )  # fmt: skip


async def of_money(session: AsyncSession, order: Order) -> list[Compensation]:
    """What a whole cancel gives back: authorizations, and uses of promotions."""
    payments = await session.scalars(
        select(Payment).where(Payment.order_id == order.id, Payment.state.in_(HELD)).order_by(Payment.id)
    )
    found = [
        Compensation("payment", one.method.value, one.amount - one.captured, one.currency, why="voided")
        for one in payments
    ]
    uses = await session.scalars(
        select(PromotionUse).where(PromotionUse.order_id == order.id, PromotionUse.given_back_at.is_(None))
    )
    return found + [
        Compensation("promotion", one.code or one.name, one.lines + one.shipping, one.currency,
                     why="its use is there again")
        for one in uses
    ]  # fmt: skip


def of_stock(freed: dict[str, int]) -> list[Compensation]:
    """Units that are free again."""
    return [Compensation("stock", f"{units} of {sku}", why="freed") for sku, units in sorted(freed.items())]


def of_difference(further: int, currency: str) -> list[Compensation]:
    """Money that is held and not needed any more."""
    if further >= 0:
        return []
    return [
        Compensation("payment", "difference", -further, currency, why="never taken, given back at the end")
    ]
