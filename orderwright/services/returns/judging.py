"""What the rules say of a return that is asked for, and what it would give back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.money import share
from orderwright.domain.orders import OrderState
from orderwright.domain.returns.rules import Buyer, Judgment, ReturnPolicy, Wish, judge
from orderwright.domain.returns.states import Resolution, ReturnMethod, ReturnReason
from orderwright.domain.returns.worth import Back, Found, Reckoning, reckon
from orderwright.persistence.money import refundable
from orderwright.persistence.money.refundable import Refundable
from orderwright.persistence.tables import Customer, Order
from orderwright.services.orders import pricing
from orderwright.services.payments import giving_back
from orderwright.services.returns import exchange_terms, policies
from orderwright.services.returns.exchange_terms import ExchangeWanted, Terms


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Units of a line, by its id, or its SKU where one line has it."""

    line: UUID | str
    units: int
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to come back, how, and for what. `location` None: where it left from."""

    lines: Sequence[WantedLine]
    resolution: Resolution = Resolution.REFUND
    method: ReturnMethod = ReturnMethod.LABEL
    location: str | None = None
    note: str = ""
    exchange: ExchangeWanted | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The judgment, and the refund if all comes back as new. `ids` and `skus` go with the lines; `terms` of
    an exchange.
    """

    policy: ReturnPolicy
    judgment: Judgment
    reckoning: Reckoning
    ids: Sequence[UUID]
    skus: Sequence[str]
    free: Sequence[int]
    currency: str
    terms: Terms | None = None


# Units that arrived, and when the last of them did. What was never scanned counts from when it left.
_LINES = text("""
    SELECT l.id, l.sku, l.delivered - l.returned - l.coming_back AS free,
           (SELECT max(coalesce(s.delivered_at, f.shipped_at)) FROM fulfillment_lines x
              JOIN fulfillment_orders f ON f.id = x.fulfillment_id AND f.state = 'closed'
              JOIN shipments s ON s.fulfillment_id = f.id AND s.state IN ('delivered', 'collected')
             WHERE x.line_id = l.id) AS delivered_at
      FROM order_lines l WHERE l.order_id = :id""")


async def arrivals(session: AsyncSession, order_id: UUID) -> dict[UUID, Row[UUID, str, int, datetime]]:
    """By line: how many units arrived and are in no return, and when the last of them did."""
    return {row.id: row for row in await session.execute(_LINES, {"id": order_id})}


async def preview(session: AsyncSession, order_id: UUID, wanted: Wanted, at: datetime) -> Preview:
    """Of an order that is locked, or only looked at. Raises NotFound, Invalid, Conflict (not delivered)."""
    ids = await giving_back.line_ids(session, order_id, [one.line for one in wanted.lines])
    if len(set(ids)) < len(ids):
        raise Invalid("a line is named once", field="lines")
    rows = await arrivals(session, order_id)
    for line_id, one in zip(ids, wanted.lines, strict=True):
        _there(rows[line_id], one.units)
    left = await refundable.read(session, order_id)
    order = await session.get_one(Order, order_id)
    policy = await policies.current(session)
    wishes = [
        Wish(rows[line_id].sku, one.reason, rows[line_id].delivered_at, _amount(left, line_id, one.units))
        for line_id, one in zip(ids, wanted.lines, strict=True)
    ]
    last = max(row.delivered_at for row in rows.values() if row.delivered_at is not None)
    judgment = judge(policy, await buyer(session, order, last), wishes, at)
    _check(wanted)
    swaps = wanted.exchange is not None
    fee = judgment.fee if wanted.method is ReturnMethod.LABEL and not swaps else 0
    backs = [
        back(left, line_id, [Found(one.units)], ruled.restocking_ppm, ruled.refunds_shipping)
        for line_id, one, ruled in zip(ids, wanted.lines, judgment.lines, strict=True)
    ]
    shipping = 0 if swaps else shipping_back(order, policy, left)
    reckoning = reckon(backs, fee=fee, shipping=shipping, others=others(left, ids))
    terms = None
    if wanted.exchange is not None:
        terms = await exchange_terms.terms(session, order, wanted.exchange, reckoning.total, at)
    skus, free = [rows[one].sku for one in ids], [rows[one].free for one in ids]
    return Preview(policy, judgment, reckoning, ids, skus, free, order.currency, terms)


def _check(wanted: Wanted) -> None:
    if (wanted.exchange is None) == (wanted.resolution is Resolution.EXCHANGE):
        raise Invalid("an exchange names the goods that are wanted instead", field="exchange")


def _there(row: Row[UUID, str, int, datetime], units: int) -> None:
    if row.delivered_at is None or units > row.free:
        raise Conflict(
            f"{max(0, row.free)} units of {row.sku} may come back: others are not delivered, or do already",
            returnable_units=max(0, row.free) if row.delivered_at is not None else 0, sku=row.sku,
        )  # fmt: skip


def _amount(left: Refundable, line_id: UUID, units: int) -> int:
    piece = left.of_units(line_id)
    return share(piece.amount, [min(units, piece.units), max(0, piece.units - units)])[0]


async def buyer(session: AsyncSession, order: Order, last: datetime) -> Buyer:
    """What the rules ask of who bought it, whose last parcel came at `last`."""
    customer = await session.get_one(Customer, order.customer_id)
    completed = await session.scalar(
        select(func.count()).where(
            Order.customer_id == customer.id, Order.state == OrderState.COMPLETED, Order.id != order.id
        )
    )
    business = customer.company or customer.vat_id or order.vat_id or order.ship_to.get("company")
    return Buyer(
        country=str(order.ship_to.get("country", "")),
        consumer=not business,
        segment=customer.segment,
        completed=int(completed or 0),
        currency=order.currency,
        last_delivery=last,
    )


def back(
    left: Refundable, line_id: UUID, found: Sequence[Found], restocking_ppm: int, refunds_shipping: bool
) -> Back:
    """Units of a line; no more of them count than were paid for and not refunded already."""
    piece, counted = left.of_units(line_id), []
    room = piece.units
    for one in found:
        units = min(one.units, room)
        room -= units
        if units:
            counted.append(Found(units, one.deduct_ppm))
    return Back(str(line_id), piece.units, piece.amount, counted, restocking_ppm, refunds_shipping)


def others(left: Refundable, ids: Sequence[UUID]) -> int:
    """What the lines are worth that do not come back."""
    return sum(left.of_units(line_id).amount for line_id in left.lines if line_id not in ids)


def shipping_back(order: Order, policy: ReturnPolicy, left: Refundable) -> int:
    """What of the shipping may be given back: the standard service's price at most.

    Source: Directive 2011/83/EU, article 13 (2): what a dearer delivery cost on top stays with the customer.
    """
    if order.service == "standard":
        return left.shipping.amount
    standard = policy.standard_shipping.get(order.currency)
    if standard is None:
        standard = pricing.shipping("standard", order.subtotal - order.discount, order.currency)
    given = order.shipping + order.shipping_tax_added - left.shipping.amount
    return max(0, min(left.shipping.amount, standard - given))
