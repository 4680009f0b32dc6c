"""A shop whose cards are charged at the simulated Stripe over HTTP, and what goes wrong there."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import select

from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.adapters.payments.stripe_statements import StripeStatements
from orderwright.domain.money import Money
from orderwright.persistence.effects import Effects, Step
from orderwright.persistence.tables import Order, Payment, PaymentDifference, Refund
from orderwright.ports.payments import Authorization, Capture, Context, Refunded
from orderwright.services.payments import capturing, giving_back, paying, refunding
from orderwright.services.payments.giving_back import Wanted
from orderwright.services.reconciliation import reconciling, returning
from orderwright.services.reconciliation.reconciling import Reconciled
from tests.shop import NOW, STAFF, Shop

Json = dict[str, Any]  # Any: the simulator's JSON


class Till:
    """Orders are paid there; `run` compares."""

    def __init__(self, shop: Shop, sim: str, pool: ThreadPoolExecutor) -> None:
        self.shop, self.sim = shop, sim
        self.gateway = StripeGateway("sk_test_x", f"{sim}/stripe", pool=pool)
        self.statements = StripeStatements("sk_test_x", f"{sim}/stripe", pool=pool)
        self.effects = Effects(shop.db)

    async def held(self, units: int = 1) -> UUID:
        """An order whose money is reserved, at the provider too."""
        order_id = await self.shop.order(("MUG", units))
        await self.hold(order_id)
        return order_id

    async def hold(self, order_id: UUID) -> None:
        """Reserve an order's money."""
        await self.shop.verify(order_id)
        await self.shop.reserve(order_id)
        await self.authorize(order_id)

    async def paid(self, units: int = 1) -> UUID:
        """An order that is shipped and charged, at the provider too."""
        order_id = await self.held(units)
        await self.charge(order_id)
        return order_id

    async def charge(self, order_id: UUID) -> None:
        """Ship an order whose money is reserved, part by part, and take it."""
        await self.shop.plan(order_id)
        for part in await self.shop.parts(order_id):
            await self.shop.hand_over(part.id)
            await self.shop.ship(part.id)
            await self.capture(order_id, part.id)

    async def authorize(self, order_id: UUID) -> None:
        (payment,) = await self.shop.payments(order_id)
        order = await self.shop.get(order_id)
        amount = Money(payment.amount, payment.currency)
        context = Context(str(order_id), str(payment.id), order.number)
        await self.effects.once(
            Step(order_id, f"authorize/{payment.id}"), into=Authorization,
            call=lambda key: self.gateway.authorize(amount, source="pm_card_visa", context=context, key=key),
            record=lambda session, answer: paying.authorized(session, payment.id, answer, NOW),
        )  # fmt: skip

    async def capture(self, order_id: UUID, part_id: UUID) -> None:
        (due,) = await self.shop.do(lambda session: capturing.due(session, part_id))
        amount, reference = Money(due.amount, due.payment.currency), due.payment.reference or ""
        await self.effects.once(
            Step(order_id, due.step), into=Capture,
            call=lambda key: self.gateway.capture(reference, amount, final=due.final, key=key),
            record=lambda session, answer: capturing.captured(session, due, answer),
        )  # fmt: skip

    async def refund(self, order_id: UUID, amount: int) -> str:
        """Money back the usual way; the provider's reference of it."""
        wanted = Wanted("late", amount)
        (asked,) = await self.shop.do(lambda s: giving_back.request(s, order_id, STAFF, wanted))
        (payment,) = await self.shop.payments(order_id)
        money, reference = Money(amount, payment.currency), payment.reference or ""
        await self.effects.once(
            Step(order_id, f"refund/{asked.id}"), into=Refunded,
            call=lambda key: self.gateway.refund(reference, money, key=key),
            record=lambda session, answer: refunding.refunded(session, asked.id, answer),
        )  # fmt: skip
        row = await self.shop.do(lambda session: session.get_one(Refund, asked.id))
        return row.reference or ""

    async def reference(self, order_id: UUID) -> str:
        (payment,) = await self.shop.payments(order_id)
        return payment.reference or ""

    async def run(self) -> Reconciled:
        """One comparison in which nothing counts as under way because it is young."""
        return await reconciling.reconcile(self.shop.db, self.statements, settle=timedelta(0))

    async def give_back(self) -> returning.Returned:
        return await returning.give_back(self.shop.db, self.effects, self.gateway, provider="stripe")

    async def rows(self) -> list[PaymentDifference]:
        """Every difference ever found, oldest first."""
        query = select(PaymentDifference).order_by(PaymentDifference.id)
        return list((await self.shop.do(lambda session: session.scalars(query))).all())

    async def found(self) -> list[tuple[str, str, int | None, int | None]]:
        """Kind, state, ours, theirs of every difference."""
        return [(row.kind.value, row.state.value, row.ours, row.theirs) for row in await self.rows()]

    async def balance(self, account: str) -> int:
        return await self.shop.count(
            "SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t"
            " ON t.id = e.transaction_id WHERE t.state = 'posted' AND e.account = :account",
            account=account,
        )

    async def order_of(self, number: str) -> Order | None:
        query = select(Order).where(Order.number == number)
        return await self.shop.do(lambda session: session.scalar(query))

    async def payment_of(self, order_id: UUID) -> Payment:
        (payment,) = await self.shop.payments(order_id)
        return payment

    # --- what happens there behind our back

    def charge_elsewhere(self, amount: int, metadata: Mapping[str, str] | None = None) -> str:
        """Somebody takes money at the provider, and not by us; its reference."""
        body = {"amount": amount, "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}
        marks = {f"metadata[{name}]": value for name, value in (metadata or {}).items()}
        return str(self._post("/stripe/v1/payment_intents", body | marks)["id"])

    def refund_elsewhere(self, reference: str, amount: int) -> str:
        """The same with a refund."""
        return str(self._post("/stripe/v1/refunds", {"payment_intent": reference, "amount": amount})["id"])

    def change(self, reference: str, **fields: Any) -> None:
        """Any: fields of the simulator's record. Another figure stands there."""
        url = f"{self.sim}/_sim/stripe/{reference}"
        httpx2.patch(url, json=fields, timeout=5).raise_for_status()

    def lose(self, reference: str) -> None:
        """It is not there any more."""
        httpx2.delete(f"{self.sim}/_sim/stripe/{reference}", timeout=5).raise_for_status()

    def pay_out(self) -> list[Json]:
        """Everything goes to the bank."""
        answer = httpx2.post(f"{self.sim}/_sim/stripe/payouts", timeout=5)
        payouts: list[Json] = answer.raise_for_status().json()["payouts"]
        return payouts

    def _post(self, path: str, body: Mapping[str, object]) -> Json:
        headers = {"Authorization": "Bearer sk_test_x"}
        answer = httpx2.post(f"{self.sim}{path}", data=dict(body), headers=headers, timeout=5)
        found: Json = answer.raise_for_status().json()
        return found
