"""The order of the goods that are given for those of a return: placed, let go, paid by it, or called off.

It is held until it may ship, and its stock is reserved at once. See docs/adr/0025.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.changes.wishes import NotEnough
from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.states import BEFORE_RELEASE, DeliveryMethod, FulfillmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import ENDS, AtDeadline, HoldOutcome, HoldType, Scope
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.returns.rules import AtShortfall
from orderwright.domain.returns.states import RETURN_ENDS
from orderwright.persistence import holds, locks, outbox, returns, timeline
from orderwright.persistence.tables import Exchange, FulfillmentOrder, Order, OrderInstrument, Return
from orderwright.services.orders import cancellation, placing
from orderwright.services.orders.placing import NewLine, NewOrder
from orderwright.services.payments import instruments, opening, securing
from orderwright.services.payments.instruments import Instrument
from orderwright.services.returns import coming, exchange_terms, policies, refunding
from orderwright.services.returns.exchange_terms import Terms
from orderwright.services.stock import reserving

ASKED = "return-exchange"
"""The subject of the question whether an exchange goes on though less came back than was agreed."""
_SHORT_FIRST = (
    "{order} was shipped first, and {missing} is missing for it. Approve to take that from the security, "
    "reject to bear it."
)
_SHORT_AFTER = (
    "{order} waits for it, and {missing} is missing. Approve to charge that and ship, reject to cancel it "
    "and give the money back."
)


async def of(session: AsyncSession, return_id: UUID) -> Exchange | None:
    """The exchange of a return, where it has one."""
    query = select(Exchange).where(Exchange.return_id == return_id)
    return await session.scalar(query.execution_options(populate_existing=True))


async def place(
    session: AsyncSession, row: Return, terms: Terms, at: datetime, *, by: str, base: str = ""
) -> None:
    """The new order, held, with every unit of it on a shelf. Raises NotEnough, and as `placing.place`."""
    order = await session.get_one(Order, row.order_id)
    main = await exchange_terms.paid_with(session, order, terms.wanted)
    actor = Actor(by, frozenset({Scope.STOREFRONT, Scope.OPERATIONS}))
    record = await placing.place(session, _new(order, row, terms, main), actor, base=base)
    new, credit = record.order, terms.bargain.credit
    kept = [
        Instrument(0, PaymentMethod.EXCHANGE, amount=credit),
        Instrument(1, main.method, main.source, saved_id=main.saved_id),
    ]
    await instruments.keep(session, new.id, kept if credit else kept[1:])
    await holds.open_hold(
        session, new.id, HoldType.EXCHANGE, reason=row.number, deadline=None, at_deadline=AtDeadline.STAY
    )
    lack = await reserving.reserve_lines(session, new, [line.id for line in record.lines], at)
    if lack is not None:
        there = {sku: lack.wanted[sku] - missing for sku, missing in lack.missing.items()}
        raise NotEnough("fewer units than that are there to be given in exchange", available=there)
    await session.execute(
        insert(Exchange).values(
            return_id=row.id, order_id=new.id, ship_first=terms.wanted.ship_first, worth=terms.bargain.worth,
            price=new.total, credit=credit,
        )
    )  # fmt: skip
    await timeline.tell(
        session, new.id, "exchange.opened", by=by, number=row.number, order=order.number, credit=credit,
        ship_first=terms.wanted.ship_first,
    )  # fmt: skip
    await returns.tell(
        session, row, "exchange_placed", by=by, order=new.number, price=new.total, credit=credit,
        ship_first=terms.wanted.ship_first,
    )  # fmt: skip


def _new(order: Order, row: Return, terms: Terms, main: Instrument) -> NewOrder:
    """For the same customer, to the same place; what travels is not paid again."""
    pickup = order.method is DeliveryMethod.PICKUP
    return NewOrder(
        channel=order.channel,
        lines=[
            NewLine(one.sku, one.units, terms.prices[one.sku], may_wait=False) for one in terms.wanted.goods
        ],
        customer=order.customer_id,
        ship_to=None if pickup else Address(**order.ship_to),
        bill_to=None if order.bill_to is None else Address(**order.bill_to),
        service=exchange_terms.SERVICE, currency=order.currency, po_number=order.po_number,
        note=f"exchange of {row.number}", payment_method=main.method, carried_on=main, shipping_amount=0,
        method=order.method, pickup_at=order.pickup_at, vat_id=order.vat_id,
    )  # fmt: skip


async def approved(session: AsyncSession, row: Return) -> None:
    """The return may come: what is shipped first may go, once its security is held."""
    exchange = await of(session, row.id)
    if exchange is None or not exchange.ship_first:
        return
    order = await locks.order(session, exchange.order_id)
    if order.state not in ENDS:
        await _let_go(session, order)
        await securing.hold(session, order, exchange.credit)
        await returns.tell(session, row, "exchange_released", order=order.number, security=exchange.credit)


async def _let_go(session: AsyncSession, order: Order) -> None:
    await opening.open_payments(session, order, multicapture=False)
    await holds.release_all(session, order.id, HoldOutcome.RESOLVED, kind=HoldType.EXCHANGE)
    await outbox.wake(session, order.id)


async def check_cancelable(session: AsyncSession, row: Return) -> None:
    """Raises Conflict where new goods are on their way for the return."""
    exchange = await of(session, row.id)
    if exchange is not None and exchange.ship_first and await _begun(session, exchange.order_id):
        raise Conflict(
            "the new goods are on their way: send the others back, or pay for these at the deadline"
        )


async def _begun(session: AsyncSession, order_id: UUID) -> bool:
    begun = select(FulfillmentOrder.id).where(
        FulfillmentOrder.order_id == order_id,
        FulfillmentOrder.state.not_in([*BEFORE_RELEASE, FulfillmentState.CANCELED]),
    )
    return await session.scalar(begun.limit(1)) is not None


async def decide(session: AsyncSession, return_id: UUID) -> None:
    """What came is known, or that nothing will: how much the return pays of the new order, and it goes on."""
    row = await returns.locked(session, return_id)
    exchange = await of(session, return_id)
    if exchange is None or exchange.decided_at is not None:
        return
    order = await locks.order(session, exchange.order_id)
    if order.state in ENDS:
        await _decided(session, row, exchange, order, 0, why=f"the order is {order.state.value}")
    elif row.state in RETURN_ENDS:
        await _without_goods(session, row, exchange, order)
    elif row.inspected_at is not None:
        await _with_goods(session, row, exchange, order)


async def answered(session: AsyncSession, row: Return, *, yes: bool, by: str) -> None:
    """A person has said what becomes of an exchange for which less came back than was agreed."""
    exchange = await of(session, row.id)
    if exchange is None or exchange.decided_at is not None:
        return
    order = await locks.order(session, exchange.order_id)
    credit = min(exchange.credit, await _worth(session, row))
    if exchange.ship_first:
        await _decided(session, row, exchange, order, credit if yes else exchange.credit, why=f"by {by}")
    elif yes and order.state not in ENDS:
        await _go(session, row, exchange, order, credit)
    else:
        await _call_off(session, row, exchange, order, "less came back than was agreed")


async def _without_goods(session: AsyncSession, row: Return, exchange: Exchange, order: Order) -> None:
    if await _begun(session, order.id):
        await _decided(session, row, exchange, order, 0, why="nothing came back")
    else:
        await _call_off(session, row, exchange, order, "nothing came back")


async def _with_goods(session: AsyncSession, row: Return, exchange: Exchange, order: Order) -> None:
    credit = min(exchange.credit, await _worth(session, row))
    short = exchange.credit - credit
    policy = await policies.of_version(session, row.policy_version)
    if not exchange.ship_first and not credit:
        await _call_off(session, row, exchange, order, "nothing of it can be taken back")
    elif short and (not exchange.ship_first or policy.at_shortfall is AtShortfall.ASK):
        words = _SHORT_FIRST if exchange.ship_first else _SHORT_AFTER
        missing = f"{Money(short, order.currency)} of {Money(exchange.credit, order.currency)}"
        words = words.format(order=order.number, missing=missing)
        await returns.ask(session, row, ASKED, words)
    elif exchange.ship_first:
        await _decided(session, row, exchange, order, credit, why="inspected")
    else:
        await _go(session, row, exchange, order, credit)


async def _worth(session: AsyncSession, row: Return) -> int:
    lines = await coming.lines_of(session, row.id)
    return (await refunding.reckoned(session, row, lines, at_once=False, exchanged=True)).total


async def _go(session: AsyncSession, row: Return, exchange: Exchange, order: Order, credit: int) -> None:
    """Shipped after receipt: its money is asked for now, when it is known how much the return brings."""
    if credit != exchange.credit:
        await session.execute(
            update(OrderInstrument)
            .where(OrderInstrument.order_id == order.id, OrderInstrument.method == PaymentMethod.EXCHANGE)
            .values(amount=credit)
        )
    await _let_go(session, order)
    await _decided(session, row, exchange, order, credit, why="inspected")


async def _call_off(session: AsyncSession, row: Return, exchange: Exchange, order: Order, why: str) -> None:
    actor = Actor(row.number, frozenset({Scope.OPERATIONS}))
    if order.state not in ENDS:
        await cancellation.request(session, order.id, actor, why)
    await _decided(session, row, exchange, order, 0, why=why)


async def _decided(
    session: AsyncSession, row: Return, exchange: Exchange, order: Order, credit: int, *, why: str
) -> None:
    """From now on the order's parts are paid: by the return, and what is missing by the security."""
    short = exchange.credit - credit if exchange.ship_first and order.state not in ENDS else 0
    if short:
        await securing.move(session, order, short)
    await session.execute(
        update(Exchange)
        .where(Exchange.return_id == exchange.return_id)
        .values(credit=credit, decided_at=func.clock_timestamp())
    )
    await timeline.tell(
        session, order.id, "exchange.decided", why=why, number=row.number, credit=credit, missing=short
    )
    await returns.tell(
        session, row, "exchange_decided", why=why, order=order.number, credit=credit, missing=short
    )
    await outbox.wake(session, order.id)
