"""Steps that move money; each is an effect, and answers with the order's position."""

from contextlib import suppress
from functools import partial
from uuid import UUID

from temporalio import activity

from activities.failures import classified
from activities.orders import clock
from orderwright.domain.money import Money
from orderwright.domain.payments import PaymentMethod, RefundTo
from orderwright.messages.orders import PartRef, PaymentRef, Position, RefundRef
from orderwright.persistence import locks, positions
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step, Watch
from orderwright.persistence.tables import Order, Payment
from orderwright.ports.failures import Refused
from orderwright.ports.payments import (
    Authorization,
    Capture,
    Context,
    Increase,
    PaymentGateway,
    Refunded,
    Voided,
)
from orderwright.services.payments import capturing, depositing, outcomes, paying, raising, refunding
from orderwright.services.payments.capturing import Due
from orderwright.services.portal.links import Links

_ELSEWHERE = {
    RefundTo.STORE_CREDIT: PaymentMethod.STORE_CREDIT, RefundTo.EXCHANGE: PaymentMethod.EXCHANGE,
}  # fmt: skip
"""Where money goes that does not go back to its instrument; no provider is called for it."""


class PaymentActivities:
    """`gateways` by the order's payment method."""

    def __init__(
        self, db: Database, effects: Effects, gateways: dict[PaymentMethod, PaymentGateway], links: Links
    ) -> None:
        self._db, self._effects, self._gateways, self._links = db, effects, gateways, links

    @activity.defn(name="payments.authorize")
    async def authorize(self, ref: PaymentRef) -> Position:
        """Reserve the payment's money once, or send the customer to a payment page where it has no source.

        One that may raise another does, where the provider lets it. A decline, an action to take and a
        success are all written down; the position tells which.
        """
        with classified():
            payment, order = await self._payment(ref.payment_id)
            if payment.raises_id is None or not await self._raise(payment, payment.raises_id, order.number):
                await self._authorize(ref)
                await self._take_deposit(payment.id, ref)
            return await self._position(order.id)

    async def _authorize(self, ref: PaymentRef) -> None:
        payment, order = await self._payment(ref.payment_id)
        gateway = self._gateways[payment.method]
        amount = Money(payment.amount, payment.currency)
        context = Context(str(order.id), str(payment.id), order.number)
        source, owner = payment.source or "", str(order.customer_id) if payment.keep else None

        async def call(key: str) -> Authorization:
            if payment.source is None and payment.method is PaymentMethod.CARD:
                page = self._links.order(order.id)
                return await gateway.request_payment(
                    amount, context=context, return_url=page, key=key, keep_for=owner
                )
            return await gateway.authorize(amount, source=source, context=context, key=key, keep_for=owner)

        with suppress(Refused, NotWanted):  # the rows say so
            await self._effects.once(
                Step(order.id, f"authorize/{payment.id}", {"amount": str(amount), "source": source}),
                into=Authorization,
                intend=lambda session: paying.may_authorize(session, payment.id),
                call=call,
                find=gateway.find_authorization,
                record=lambda session, answer: paying.authorized(session, payment.id, answer, clock(ref.at)),
                refused=lambda session, no: paying.declined(session, payment.id, no.code),
                doubt=_doubt(payment, "authorize"),
            )

    async def _raise(self, payment: Payment, raised_id: UUID, number: str) -> bool:
        """Make it a part of the other's authorization. False: that cannot be, and the rows say so."""
        raised, _ = await self._payment(raised_id)
        gateway, reference = self._gateways[raised.method], raised.reference or ""
        to = Money(raised.amount + payment.amount, payment.currency)
        context = Context(str(payment.order_id), str(payment.id), number)
        try:
            with suppress(Refused):  # the rows say so
                await self._effects.once(
                    Step(payment.order_id, f"increase/{payment.id}", {"to": str(to), "of": str(raised.id)}),
                    into=Increase,
                    intend=lambda session: raising.may_raise(session, payment.id),
                    call=lambda key: gateway.increase(reference, to, context=context, key=key),
                    find=lambda key: gateway.find_increase(reference, to, key=key),
                    record=lambda session, answer: raising.asked(session, payment.id, answer),
                    refused=lambda session, no: raising.fell_back(session, payment.id, no.code),
                    doubt=_doubt(payment, "increase"),
                )
        except NotWanted:
            async with self._db.transaction() as session:
                await locks.lock(session, payment.order_id)
                await raising.not_now(session, payment.id)
        now, _ = await self._payment(payment.id)
        return now.raises_id is not None

    async def _take_deposit(self, payment_id: UUID, ref: PaymentRef) -> None:
        """Of a deposit by card all is captured as soon as it is reserved."""
        payment, order = await self._payment(payment_id)
        if not depositing.to_take(payment):
            return
        gateway, reference = self._gateways[payment.method], payment.reference or ""
        amount = Money(payment.amount, payment.currency)
        with suppress(NotWanted):  # the order has ended: the undo gives it back
            await self._effects.once(
                Step(order.id, f"capture/{payment.id}", {"amount": str(amount)}),
                into=Capture,
                intend=lambda session: depositing.may_take(session, payment.id),
                call=lambda key: gateway.capture(reference, amount, final=True, key=key),
                find=lambda key: gateway.find_capture(reference, amount, key=key),
                record=lambda session, answer: depositing.taken(session, payment.id, answer, clock(ref.at)),
                doubt=_doubt(payment, "capture"),
            )

    @activity.defn(name="payments.capture")
    async def capture(self, ref: PartRef) -> Position:
        """Take the money of what has shipped; nothing where it is taken or waits for other parts."""
        with classified():
            async with self._db.transaction() as session:
                all_due = await capturing.due(session, ref.fulfillment_id)
            for due in all_due:
                await self._capture(due, due.payment.reference or "")
            return await self._position(ref.order_id)

    async def _capture(self, due: Due, reference: str) -> None:
        """From one payment; what it takes from others is asked for after it."""
        gateway = self._gateways[depositing.called(due.payment)]
        amount = Money(due.amount, due.payment.currency)
        with suppress(NotWanted):  # a renewal was faster
            await self._effects.once(
                Step(due.payment.order_id, due.step, {"amount": str(amount), "payment": str(due.payment.id)}),
                into=Capture,
                intend=lambda session: capturing.still_due(session, due),
                call=lambda key: gateway.capture(reference, amount, final=due.final, key=key),
                find=lambda key: gateway.find_capture(reference, amount, key=key),
                record=lambda session, answer: capturing.captured(session, due, answer),
                doubt=_doubt(due.payment, "capture", due.amount),
            )

    @activity.defn(name="payments.void")
    async def void(self, ref: PaymentRef) -> Position:
        """Undo an authorization: one whose outcome is unknown is looked up first.

        What has raised another one is let go with that.
        """
        with classified():
            payment, order = await self._payment(ref.payment_id)
            if payment.raises_id is not None:
                await self._look_up_raise(payment, payment.raises_id)
            gateway = self._gateways[payment.method]
            held = await self._effects.settled(
                order.id,
                f"authorize/{payment.id}",
                into=Authorization,
                find=gateway.find_authorization,
                record=lambda session, answer: paying.authorized(session, payment.id, answer, clock(ref.at)),
                doubt=_doubt(payment, "authorize"),
            )
            if held is None:
                async with self._db.transaction() as session:
                    await locks.lock(session, order.id)
                    await paying.voided(session, payment.id)
            else:
                await self._void(ref, held)
            return await self._position(order.id)

    async def _look_up_raise(self, payment: Payment, raised_id: UUID) -> None:
        raised, _ = await self._payment(raised_id)
        gateway, reference = self._gateways[raised.method], raised.reference or ""
        to = Money(raised.amount + payment.amount, payment.currency)
        await self._effects.settled(
            payment.order_id,
            f"increase/{payment.id}",
            into=Increase,
            find=lambda key: gateway.find_increase(reference, to, key=key),
            record=lambda session, answer: raising.asked(session, payment.id, answer),
            doubt=_doubt(payment, "increase"),
        )

    async def _void(self, ref: PaymentRef, held: Authorization) -> None:
        """What stands at the provider: reserved money is let go, and of a deposit the rest is given back."""
        payment, order = await self._payment(ref.payment_id)
        gateway, reference = self._gateways[payment.method], payment.reference or held.reference
        if await self._deposited(ref, reference):
            rest = Money(payment.amount - payment.captured, payment.currency)
            await self._effects.once(
                Step(order.id, f"void/{payment.id}", {"amount": str(rest)}),
                into=Refunded,
                call=lambda key: gateway.refund(reference, rest, key=key),
                find=lambda key: gateway.find_refund(reference, key=key),
                record=lambda session, _: paying.voided(session, payment.id),
                undoes=f"authorize/{payment.id}",
                doubt=_doubt(payment, "void", rest.amount),
            )
            return
        await self._effects.once(
            Step(order.id, f"void/{payment.id}"),
            into=Voided,
            call=lambda key: gateway.void(reference, key=key),
            record=lambda session, _: paying.voided(session, payment.id),
            undoes=f"authorize/{payment.id}",
            doubt=_doubt(payment, "void"),
        )

    async def _deposited(self, ref: PaymentRef, reference: str) -> bool:
        """Whether it is a card's deposit that was taken; one whose outcome is unknown is looked up first."""
        payment, order = await self._payment(ref.payment_id)
        if not depositing.by_card(payment):
            return False
        gateway, amount = self._gateways[payment.method], Money(payment.amount, payment.currency)
        taken = await self._effects.settled(
            order.id,
            f"capture/{payment.id}",
            into=Capture,
            find=lambda key: gateway.find_capture(reference, amount, key=key),
            record=lambda session, answer: depositing.taken(session, payment.id, answer, clock(ref.at)),
            doubt=_doubt(payment, "capture"),
        )
        return taken is not None

    @activity.defn(name="payments.refund")
    async def refund(self, ref: RefundRef) -> Position:
        """Give captured money back, once. What the provider refuses becomes a person's task."""
        with classified():
            async with self._db.transaction() as session:
                if await refunding.credited(session, ref.refund_id):
                    return await positions.read(session, ref.order_id)
                refund, payment = await refunding.load(session, ref.refund_id)
            gateway = self._gateways[_ELSEWHERE.get(refund.destination, payment.method)]
            amount, reference = Money(refund.amount, refund.currency), payment.reference or ""
            with suppress(Refused, NotWanted):  # the rows say so
                await self._effects.once(
                    Step(ref.order_id, f"refund/{refund.id}", {"amount": str(amount)}),
                    into=Refunded,
                    intend=lambda session: refunding.may_refund(session, refund.id),
                    call=lambda key: gateway.refund(reference, amount, key=key),
                    find=lambda key: gateway.find_refund(reference, key=key),
                    record=lambda session, answer: refunding.refunded(session, refund.id, answer),
                    refused=lambda session, no: refunding.refused(session, refund.id, no),
                    doubt=_doubt(payment, "refund", refund.amount),
                )
            return await self._position(ref.order_id)

    async def _payment(self, payment_id: UUID) -> tuple[Payment, Order]:
        async with self._db.transaction() as session:
            payment = await session.get_one(Payment, payment_id)
            return payment, await session.get_one(Order, payment.order_id)

    async def _position(self, order_id: UUID) -> Position:
        async with self._db.transaction() as session:
            return await positions.read(session, order_id)


def _doubt(payment: Payment, call: str, amount: int | None = None) -> Watch:
    """What the timeline says of a call about that payment whose outcome is unknown."""
    of = payment.amount if amount is None else amount
    return partial(outcomes.told, payment.order_id, payment.id, call, of)
