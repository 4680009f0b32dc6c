"""An exchange from request to end, as both runs would do it; the provider of cards is a list of calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import BEFORE_RELEASE, FulfillmentState
from orderwright.domain.money import Money
from orderwright.domain.orders import ENDS
from orderwright.domain.payments import PaymentMethod, PaymentState, RefundState, RefundTo
from orderwright.domain.returns.states import Resolution, ReturnMethod, ReturnReason
from orderwright.messages.orders import UndoKind
from orderwright.messages.returns import ReturnPosition
from orderwright.persistence import locks, returns
from orderwright.persistence.tables import Exchange, Payment, Refund, Return
from orderwright.ports.payments import Authorization, Capture, Context, Refunded
from orderwright.services.orders import ending
from orderwright.services.payments import capturing, paying, refunding
from orderwright.services.returns import deciding, exchanging, requesting
from orderwright.services.returns import refunding as returning
from orderwright.services.returns.exchange_terms import ExchangeWanted, NewGoods
from orderwright.services.returns.judging import Wanted, WantedLine
from orderwright.services.stock import stocking
from tests.shop import NOW, STAFF, Shop


def now() -> datetime:
    return datetime.now(UTC)


def instead(
    units: int, new: str = "CUP", count: int = 1, *, ship_first: bool = False, sku: str = "MUG"
) -> Wanted:
    """Units of the mug for some of other goods."""
    return Wanted(
        [WantedLine(sku, units, ReturnReason.DOES_NOT_FIT)], Resolution.EXCHANGE,
        ReturnMethod.OWN_TRANSPORT, exchange=ExchangeWanted([NewGoods(new, count)], ship_first),
    )  # fmt: skip


async def ask(shop: Shop, order_id: UUID, wanted: Wanted) -> Return:
    return await shop.do(lambda s: requesting.request(s, order_id, wanted, STAFF, now()))


async def exchange(shop: Shop, return_id: UUID) -> Exchange:
    return await shop.do(lambda s: s.get_one(Exchange, return_id))


@dataclass
class Runs:
    """What the runs of the orders and of the return do, step by step, until nothing is due.

    `calls`: what the provider of cards was told, with amounts, in their order; a `gateway` is really called.
    """

    shop: Shop
    gateway: StripeGateway | None = None
    calls: list[tuple[str, int]] = field(default_factory=list)

    async def order(self, order_id: UUID) -> None:
        """One pass over an order: verified, paid, planned, shipped, charged, undone, settled."""
        shop = self.shop
        order = await shop.get(order_id)
        if order.settled_at is not None:
            return
        if order.verified_at is None:
            await shop.verify(order_id)
        await self._authorize(order_id)
        if (await shop.get(order_id)).state not in ENDS:
            await shop.plan(order_id)
            await self._authorize(order_id)
        for part in await shop.parts(order_id):
            if part.state in BEFORE_RELEASE and await shop.hand_over(part.id):
                await shop.ship(part.id)
                await shop.scan(part.id, ShipmentState.DELIVERED)
        await self._capture(order_id)
        await self._undo(order_id)
        await shop.do(lambda session: ending.settle(session, order_id))

    async def _authorize(self, order_id: UUID) -> None:
        for payment in await self.shop.payments(order_id):
            if payment.state is PaymentState.CREATED:
                amount = Money(payment.amount, payment.currency)
                if payment.method is PaymentMethod.CARD:
                    self.calls.append(("authorize", payment.amount))
                answer = await self._authorized(order_id, payment, amount)
                async with self.shop.db.transaction() as session:
                    await locks.lock(session, order_id)
                    await paying.authorized(session, payment.id, answer, NOW)

    async def _authorized(self, order_id: UUID, payment: Payment, amount: Money) -> Authorization:
        if payment.method is PaymentMethod.EXCHANGE:
            return Authorization(f"exchange:{payment.id}", amount)
        if self.gateway is None:
            return Authorization(f"pi_{payment.id}", amount, NOW + timedelta(days=7))
        context = Context(str(order_id), str(payment.id), "ORD")
        return await self.gateway.authorize(
            amount, source=payment.source or "", context=context, key=f"authorize/{payment.id}"
        )

    async def _capture(self, order_id: UUID) -> None:
        for part in await self.shop.parts(order_id):
            if part.state is not FulfillmentState.CLOSED:
                continue
            async with self.shop.db.transaction() as session:
                await locks.lock(session, order_id)
                for due in await capturing.due(session, part.id):
                    if due.payment.method is PaymentMethod.CARD:
                        self.calls.append(("capture", due.amount))
                    answer = Capture(f"ch_{due.payment.id}", Money(due.amount, due.payment.currency))
                    if self.gateway is not None and due.payment.method is PaymentMethod.CARD:
                        answer = await self.gateway.capture(
                            due.payment.reference or "", answer.amount, final=due.final, key=due.step
                        )
                    await capturing.captured(session, due, answer)

    async def _undo(self, order_id: UUID) -> None:
        shop = self.shop
        for undo in (await shop.position(order_id)).undo:
            if undo.kind is UndoKind.PAYMENT:
                (gone,) = [one for one in await shop.payments(order_id) if one.id == undo.id]
                if gone.method is PaymentMethod.CARD and gone.state is not PaymentState.CREATED:
                    self.calls.append(("void", gone.amount))
                    if self.gateway is not None:
                        await self.gateway.void(gone.reference or "", key=f"void/{gone.id}")
                async with shop.db.transaction() as session:
                    await locks.lock(session, order_id)
                    await paying.voided(session, undo.id)
            elif undo.kind is UndoKind.STOCK:
                await shop.do(lambda session: stocking.give_back(session, order_id))
        for refund in await refunds(shop, order_id):
            if refund.state is RefundState.REQUESTED:
                await self._refund(refund)

    async def _refund(self, refund: Refund) -> None:
        if refund.destination is RefundTo.ORIGINAL:
            self.calls.append(("refund", refund.amount))
        to_order = refund.destination is RefundTo.EXCHANGE
        reference = f"exchanged:{refund.id}" if to_order else f"re_{refund.id}"
        answer = Refunded(reference, Money(refund.amount, refund.currency))
        if self.gateway is not None and not to_order:
            paid = await self.shop.do(lambda session: session.get_one(Payment, refund.payment_id))
            answer = await self.gateway.refund(paid.reference or "", answer.amount, key=f"refund/{refund.id}")
        async with self.shop.db.transaction() as session:
            await locks.lock(session, refund.order_id)
            await refunding.refunded(session, refund.id, answer)

    async def back(self, return_id: UUID) -> ReturnPosition:
        """One pass over a return, and over both orders after it, as often as something is due."""
        orders = await self._orders(return_id)
        quiet = 0
        while quiet < 2:
            quiet += 1
            position = await self.shop.do(lambda session: returns.position(session, return_id))
            if position.exchange_due:
                quiet = 0
                await self.shop.do(lambda session: exchanging.decide(session, return_id))
            elif position.refund_due:
                quiet = 0
                await self.shop.do(lambda session: returning.refund(session, return_id))
            elif position.resolvable:
                await self.shop.do(lambda session: returning.resolve(session, return_id))
            for order_id in orders:
                await self.order(order_id)
        return await self.shop.do(lambda session: returns.position(session, return_id))

    async def _orders(self, return_id: UUID) -> Sequence[UUID]:
        row = await self.shop.do(lambda session: session.get_one(Return, return_id))
        given = await self.shop.do(lambda session: session.get(Exchange, return_id))
        return [row.order_id] if given is None else [row.order_id, given.order_id]

    async def expire(self, return_id: UUID) -> None:
        """The deadline of its state is reached."""
        row = await self.shop.do(lambda session: session.get_one(Return, return_id))
        deadline = row.deadline
        assert deadline is not None
        await self.shop.do(lambda session: deciding.pass_deadline(session, return_id, deadline))


async def refunds(shop: Shop, order_id: UUID) -> Sequence[Refund]:
    query = select(Refund).where(Refund.order_id == order_id).order_by(Refund.id)
    return (await shop.do(lambda session: session.scalars(query))).all()
