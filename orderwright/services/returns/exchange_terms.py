"""What would other goods cost, who owes the difference, and are they there?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.failures import Invalid
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.tax import Place
from orderwright.domain.returns.exchanges import Bargain, bargain
from orderwright.persistence.tables import Order, OrderLine
from orderwright.services.carts import availability, cart
from orderwright.services.carts.availability import Cart
from orderwright.services.payments import instruments
from orderwright.services.payments.instruments import Instrument
from orderwright.services.pricing import quoting
from orderwright.services.pricing.quoting import Asked

SERVICE = "standard"
"""How new goods travel, at no cost: that is what was paid for the first time."""

_CARRIED_ON = frozenset({PaymentMethod.CARD, PaymentMethod.MANUAL, PaymentMethod.TRANSFER})


@dataclass(frozen=True, slots=True)
class NewGoods:
    """Units of a SKU that are wanted instead."""

    sku: str
    units: int


@dataclass(frozen=True, slots=True)
class ExchangeWanted:
    """What is wanted instead. `ship_first`: before the others are back, for a security. `source`: the card
    that pays a difference and bears the security; None: what the order was paid with.
    """

    goods: Sequence[NewGoods]
    ship_first: bool = False
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """`there`: units that could leave now, by SKU. `prices`: of one unit, None where it is the catalog's."""

    wanted: ExchangeWanted
    bargain: Bargain
    there: Mapping[str, int]
    prices: Mapping[str, int | None]

    @property
    def available(self) -> bool:
        """Whether all of it could leave now."""
        return all(self.there.get(one.sku, 0) >= one.units for one in self.wanted.goods)


async def terms(
    session: AsyncSession, order: Order, wanted: ExchangeWanted, worth: int, at: datetime
) -> Terms:
    """Looked at, nothing is held. Raises what `cart.read` and `quoting.quote` do, Invalid."""
    if len({one.sku for one in wanted.goods}) < len(wanted.goods):
        raise Invalid("a SKU is named once", field="exchange")
    if wanted.source is not None and not wanted.source.strip():
        raise Invalid("a card payment needs the token of an instrument", field="payment_source")
    prices = await _prices(session, order, wanted)
    found = await cart.read(session, [cart.Wanted(one.sku, one.units) for one in wanted.goods])
    to = Address(**order.ship_to)
    pays = await paid_with(session, order, wanted)
    price = await quoting.quote(
        session,
        Asked(
            found, [prices[one.sku] for one in wanted.goods], order.channel,
            Place(to.country, to.region, to.postal_code), at, order.currency, SERVICE, order.method,
            shipping_amount=0, payment_method=pays.method, customer_id=order.customer_id,
            vat_id=order.vat_id,
        ),
    )  # fmt: skip
    if not price.totals.total:
        raise Invalid("what costs nothing is no exchange", field="exchange")
    there = await availability.ask(
        session,
        Cart(
            order.channel, [cart.Wanted(one.sku, one.units) for one in wanted.goods], to.country,
            to.postal_code, SERVICE, order.method, order.pickup_at,
        ),
        at,
    )  # fmt: skip
    return Terms(
        wanted, bargain(worth, price.totals.total, ship_first=wanted.ship_first),
        {one.line.product.sku: one.promise.now for one in there.lines}, prices,
    )  # fmt: skip


async def _prices(session: AsyncSession, order: Order, wanted: ExchangeWanted) -> dict[str, int | None]:
    """The same goods again cost what they have cost; others what the catalog says today."""
    rows = await session.execute(
        select(OrderLine.sku, OrderLine.unit_price).where(
            OrderLine.order_id == order.id, OrderLine.kit_id.is_(None)
        )
    )
    paid = {sku: price for sku, price in rows}
    return {one.sku: paid.get(one.sku) for one in wanted.goods}


async def paid_with(session: AsyncSession, order: Order, wanted: ExchangeWanted) -> Instrument:
    """What pays a difference: the card that is named, what the order was paid with, or a payment page."""
    if wanted.source is not None:
        return Instrument(0, PaymentMethod.CARD, wanted.source)
    main = (await instruments.of(session, order))[-1]
    if main.method not in _CARRIED_ON or main.deposit:
        return Instrument(0, PaymentMethod.CARD)
    return Instrument(0, main.method, main.source, saved_id=main.saved_id)
