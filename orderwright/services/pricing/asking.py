"""What would a cart cost? Asked before there is an order; nothing is taken by it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.tax import Place
from orderwright.persistence.tables import Customer, Location
from orderwright.ports.tax import TaxEngine
from orderwright.services.carts import cart
from orderwright.services.carts.cart import Wanted
from orderwright.services.pricing import quoting
from orderwright.services.pricing.quoting import Asked, Quote


@dataclass(frozen=True, slots=True)
class Cart:
    """What a customer has in it, how, where and how paid he would have it."""

    channel: str
    lines: Sequence[Wanted]
    ship_to: Place | None = None
    service: str = "standard"
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    pickup_at: str | None = None
    currency: str | None = None
    payment_method: PaymentMethod = PaymentMethod.CARD
    customer_id: UUID | None = None
    vat_id: str | None = None
    codes: Sequence[str] = ()
    convert: bool = False


async def quote(session: AsyncSession, asked: Cart, at: datetime, tax: TaxEngine | None = None) -> Quote:
    """Its price at that moment. Raises UnknownProduct, Invalid, and whatever an order of it would."""
    found = await cart.read(session, asked.lines)
    customer = None if asked.customer_id is None else await session.get(Customer, asked.customer_id)
    if asked.customer_id is not None and customer is None:
        raise Invalid("no such customer", field="customer_id")
    vat_id = asked.vat_id or (None if customer is None else customer.vat_id)
    return await quoting.quote(
        session,
        Asked(
            found, [None] * len(found), asked.channel, await _place(session, asked), at, asked.currency,
            asked.service, asked.method, None, asked.payment_method, asked.customer_id, vat_id, asked.codes,
            asked.convert,
        ),
        tax,
    )  # fmt: skip


async def _place(session: AsyncSession, asked: Cart) -> Place:
    if asked.method is DeliveryMethod.SHIPPING:
        if asked.ship_to is None or asked.pickup_at is not None:
            raise Invalid("what is shipped has an address and no place to collect it", field="ship_to")
        return asked.ship_to
    place = await session.get(Location, asked.pickup_at or "")
    if place is None or not (place.pickup and place.active):
        raise Invalid("nothing can be collected at that location", field="pickup_at")
    address = place.address
    return Place(address["country"], address.get("region", ""), address.get("postal_code", ""))
