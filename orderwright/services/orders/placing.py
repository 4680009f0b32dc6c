"""An order is taken: priced, written with its lines, told, and its run asked for; one transaction."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.failures import (
    Exists,
    Invalid,
    NotFound,
    PriceNotAllowed,
)
from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentPolicy
from orderwright.domain.orders import OrderState, Scope
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.tax import Place
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.tables import Customer, Location, Order
from orderwright.ports.tax import TaxEngine
from orderwright.services import customers
from orderwright.services.carts import caps, cart, lining, preordering
from orderwright.services.carts.cart import CartLine
from orderwright.services.customers import CustomerData
from orderwright.services.documents import sellers
from orderwright.services.exchange import ordering
from orderwright.services.orders.reading import OrderRecord
from orderwright.services.payments import instruments
from orderwright.services.payments.instruments import Deposit, Instrument, Named
from orderwright.services.pricing import promoting, quoting
from orderwright.services.pricing.quoting import Asked, Quote

MAY_AGREE_PRICES = (Scope.OPERATIONS,)


class NoPickup(Invalid):
    """A location where nobody can collect anything."""

    code = "no_pickup"


class UnknownCustomer(Invalid):
    """An order for somebody we do not know."""

    code = "unknown_customer"


@dataclass(frozen=True, slots=True)
class NewLine:
    """Units of a SKU, single ones unless `unit` names a case or the like.

    `unit_price` in minor units of a single one, where another than the catalog's was agreed; `may_wait`:
    units that are not there may follow, where the order asks its lines.
    """

    sku: str
    units: int
    unit_price: int | None = None
    may_wait: bool = True
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a storefront asks for. The customer comes inline, by id, or by external id.

    `payments` where it is paid with several instruments, or with kept money, stands instead of the other two.

    `carried_on`: of another order of the customer, and was checked there; it stands instead of all of them.

    `ship_to` may be None where it is collected: there, the address is that of `pickup_at`.
    """

    channel: str
    lines: Sequence[NewLine]
    customer: CustomerData | UUID | str
    ship_to: Address | None
    bill_to: Address | None = None
    service: str = "standard"
    currency: str | None = None
    external_id: str | None = None
    po_number: str | None = None
    note: str | None = None
    payment_method: PaymentMethod = PaymentMethod.CARD
    payment_source: str | None = None
    payments: Sequence[Named] = ()
    deposit: Deposit | None = None
    carried_on: Instrument | None = None
    shipping_amount: int | None = None
    placed_at: datetime | None = None
    policy: FulfillmentPolicy = FulfillmentPolicy.SHIP_COMPLETE
    priority: int | None = None
    method: DeliveryMethod = DeliveryMethod.SHIPPING
    pickup_at: str | None = None
    vat_id: str | None = None
    codes: Sequence[str] = ()
    convert_prices: bool = False

    @property
    def agreed(self) -> bool:
        """Whether it says what only those may say who may agree on prices."""
        given = (
            self.shipping_amount, self.placed_at, self.priority, *(line.unit_price for line in self.lines)
        )  # fmt: skip
        return any(value is not None for value in given)


async def place(
    session: AsyncSession, new: NewOrder, actor: Actor, tax: TaxEngine | None = None, *, base: str = ""
) -> OrderRecord:
    """Take the order and ask for its run. Without another engine our own table says what tax is owed.

    In another currency than `base`, its rate to it is kept with it. Raises PriceNotAllowed, Exists with the
    order's id, NoPickup, SoldOut, BuyerCap, PromotionUsedUp, NoExchangeRate, Invalid.
    """
    if new.agreed and not actor.may(*MAY_AGREE_PRICES):
        raise PriceNotAllowed("this key may not agree on prices, shipping, dates or priority")
    if new.carried_on is None:
        shipped = new.method is DeliveryMethod.SHIPPING
        instruments.check(_named(new), known_customer=_known(new), shipped=shipped)
    ship_to = await _destination(session, new)
    wanted = [cart.Wanted(line.sku, line.units, line.unit, line.may_wait) for line in new.lines]
    found = await cart.read(session, wanted)
    await preordering.check(session, found)
    capped = caps.of(found)
    customer = await _customer(session, new, locked=bool(capped))
    if new.deposit is not None:
        instruments.check_deposit(new.deposit, _named(new))
    asked = _asked(new, found, customer, ship_to)
    priced = await quoting.price(session, asked, tax=tax)
    paid_with = await _paid_with(session, new, priced, customer)
    order = await _insert(session, new, customer, priced, ship_to, paid_with[-1])
    if new.payments or new.deposit is not None:
        await instruments.keep(session, order.id, paid_with)
    await caps.check(session, customer, capped)
    lines, kits = lining.lines(order.id, priced.lines)
    session.add_all(kits)
    await session.flush()
    charges = lining.charges(order.id, priced.charges)
    session.add_all([*lines, *charges])
    await session.flush()
    uses = await promoting.record(session, order, priced.applied)
    await timeline.tell(
        session, order.id, "order.submitted", by=actor.name, number=order.number, channel=order.channel,
        lines=len(lines), total=order.total, currency=order.currency,
    )  # fmt: skip
    await ordering.keep(
        session, order.id, order.currency, base=base, at=asked.at, prices=priced.rates, by=actor.name
    )
    await outbox.wake(session, order.id)
    return OrderRecord(order=order, lines=lines, kits=kits, charges=charges, uses=uses)


async def _paid_with(
    session: AsyncSession, new: NewOrder, priced: Quote, customer: Customer
) -> Sequence[Instrument]:
    if new.carried_on is not None:
        return [new.carried_on]
    return await instruments.resolved(
        session, _named(new), total=priced.totals.total, currency=priced.currency, customer_id=customer.id,
        deposit=new.deposit,
    )  # fmt: skip


async def _customer(session: AsyncSession, new: NewOrder, *, locked: bool) -> Customer:
    """Who orders; where `locked` is asked for, two first orders at once are one customer's."""
    if isinstance(new.customer, UUID):
        try:
            return await customers.get(session, new.customer)
        except NotFound as unknown:
            raise UnknownCustomer("no such customer") from unknown
    if isinstance(new.customer, CustomerData):
        if locked and (name := new.customer.external_id or new.customer.email):
            await locks.first_order(session, name)
        return await customers.of_order(session, new.customer)
    known = await customers.by_external_id(session, new.customer)
    if known is None:
        raise UnknownCustomer("no such customer")
    return known


async def _destination(session: AsyncSession, new: NewOrder) -> Address:
    """Where it goes, and where it is taxed: what is collected, at the counter. Raises NoPickup, Invalid."""
    if new.method is DeliveryMethod.SHIPPING:
        if new.ship_to is None or new.pickup_at is not None:
            raise Invalid("what is shipped has an address and no place to collect it", field="ship_to")
        return new.ship_to
    place = await session.get(Location, new.pickup_at or "")
    if place is None or not (place.pickup and place.active):
        raise NoPickup("nothing can be collected at that location", field="pickup_at")
    return Address(**place.address)


def _asked(new: NewOrder, found: Sequence[CartLine], customer: Customer, ship_to: Address) -> Asked:
    return Asked(
        found, [line.unit_price for line in new.lines], new.channel,
        Place(ship_to.country, ship_to.region, ship_to.postal_code), new.placed_at or datetime.now(UTC),
        new.currency, new.service, new.method, new.shipping_amount, new.payment_method, customer.id,
        _vat_id(new, customer), new.codes, new.convert_prices,
    )  # fmt: skip


def _vat_id(new: NewOrder, customer: Customer) -> str | None:
    inline = new.customer.vat_id if isinstance(new.customer, CustomerData) else None
    return new.vat_id or inline or customer.vat_id


async def _insert(
    session: AsyncSession,
    new: NewOrder,
    customer: Customer,
    priced: Quote,
    ship_to: Address,
    main: Instrument,
) -> Order:
    seq = await session.scalar(select(func.nextval("orders_seq_seq")))
    inline = new.customer if isinstance(new.customer, CustomerData) else customer
    given: dict[str, object] = {} if new.placed_at is None else {"placed_at": new.placed_at.astimezone(UTC)}
    if new.bill_to is not None:  # left out, not None: that would be stored as JSON's null
        given["bill_to"] = asdict(new.bill_to)
    order: Order | None = await session.scalar(
        insert(Order)
        .values(
            id=uuid7(), seq=seq, number=f"ORD-{seq}", channel=new.channel, external_id=new.external_id,
            state=OrderState.SUBMITTED, customer_id=customer.id, email=inline.email, phone=inline.phone,
            sms_consent=inline.sms_consent, ship_to=_addressed(ship_to, new, inline.name), method=new.method,
            pickup_at=new.pickup_at, service=new.service, po_number=new.po_number, note=new.note,
            policy=new.policy, priority=new.priority or 0, currency=priced.currency,
            subtotal=priced.totals.subtotal, shipping=priced.totals.shipping, tax=priced.totals.tax,
            tax_added=priced.totals.tax_added, total=priced.totals.total, discount=priced.totals.discount,
            shipping_tax=priced.totals.shipping_tax, shipping_tax_added=priced.totals.shipping_tax_added,
            fees=priced.totals.fees, fees_tax=priced.totals.fees_tax,
            fees_tax_added=priced.totals.fees_tax_added, vat_id=_vat_id(new, customer),
            tax_evidence=priced.evidence,
            payment_method=main.method, payment_source=main.source,
            terms_days=await _terms(session, new, customer, main), **given,
        )
        .on_conflict_do_nothing(index_elements=["channel", "external_id"])
        .returning(Order)
    )  # fmt: skip
    if order is None:
        raise await _taken(session, new)
    return order


async def _terms(session: AsyncSession, new: NewOrder, customer: Customer, main: Instrument) -> int | None:
    """How many days there are to pay an invoice: the customer's own, else those of whoever sells."""
    if main.method is not PaymentMethod.MANUAL:
        return None
    if customer.terms_days is not None:
        return customer.terms_days
    return (await sellers.of(session, new.channel)).terms_days


def _named(new: NewOrder) -> Sequence[Named]:
    """What it is paid with, one or several."""
    return new.payments or [Named(new.payment_method, new.payment_source)]


def _known(new: NewOrder) -> bool:
    """Whether the customer is somebody: whose credit it is, is not to be found by an e-mail."""
    return not isinstance(new.customer, CustomerData) or new.customer.external_id is not None


def _addressed(ship_to: Address, new: NewOrder, name: str) -> dict[str, str]:
    """The address as the order keeps it; at a counter it bears the customer's name."""
    kept = asdict(ship_to)
    return kept | {"name": name} if new.method is DeliveryMethod.PICKUP else kept


async def _taken(session: AsyncSession, new: NewOrder) -> Exists:
    row = (
        await session.execute(
            select(Order.id, Order.number).where(
                Order.channel == new.channel, Order.external_id == new.external_id
            )
        )
    ).one()
    return Exists("the channel has an order of that external id", order_id=str(row.id), number=row.number)
