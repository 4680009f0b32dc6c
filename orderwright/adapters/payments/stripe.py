"""Stripe through its official SDK: authorize, capture, void, refund, a hosted page."""

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

import stripe
from stripe.params import (
    PaymentIntentCaptureParams,
    PaymentIntentCreateParams,
    PaymentIntentCreateParamsPaymentMethodOptionsCard,
    PaymentIntentIncrementAuthorizationParams,
    PaymentIntentSearchParams,
    RefundCreateParams,
)
from stripe.params.checkout import SessionCreateParams, SessionCreateParamsPaymentMethodOptionsCard

from orderwright.adapters.blocking import CONNECT_SECONDS, in_pool
from orderwright.adapters.payments import stripe_answers as answers
from orderwright.adapters.payments.stripe_failures import classified
from orderwright.adapters.payments.stripe_vault import StripeVault, quoted
from orderwright.domain.money import Money
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Authorization, Capture, Context, Increase, Refunded, Voided

T = TypeVar("T")


class StripeGateway:
    """One Stripe account. A reference is a PaymentIntent id (`pi_…`).

    Only `request_payment` returns another one, the Checkout Session's (`cs_…`): its intent does not exist
    before the customer pays. Events then come with the intent's id as reference and our payment_id in `data`.
    Every method here takes either.
    """

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://api.stripe.com",
        *,
        pool: Executor,
        timeout: float = 10.0,
        return_url: str | None = None,
        multicapture: bool = False,
        incremental: bool = False,
    ) -> None:
        """`timeout` is seconds for one answer. `return_url`: where a bank's page sends the customer back to;
        without it only instruments that need no page are taken. `multicapture` and `incremental` (raising
        an authorization) are rights of the account.
        """
        self.timeout = timeout
        self._pool, self._return_url = pool, return_url
        self._multicapture, self._incremental = multicapture, incremental
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, timeout)),
        )
        self.vault = StripeVault(self._client, pool)

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Reserve `amount` on a PaymentMethod. An action to take comes back as `action_url`.

        `cus_…/pm_…` is a kept one, charged while the customer is away.
        """
        customer, _, method = source.rpartition("/")
        params: PaymentIntentCreateParams = {
            "amount": amount.amount,
            "currency": amount.currency.lower(),
            "payment_method": method,
            "confirm": True,
            "capture_method": "manual",
            "metadata": _metadata(context, key),
            "expand": ["latest_charge"],
            "automatic_payment_methods": {"enabled": True},
        }
        self._add_redirects(params)
        if customer:
            params |= {"customer": customer, "off_session": True}
        elif keep_for is not None:
            params |= {"customer": await self.vault.customer(keep_for), "setup_future_usage": "off_session"}
        rights: PaymentIntentCreateParamsPaymentMethodOptionsCard = {}
        if self._multicapture:
            rights["request_multicapture"] = "if_available"
        if self._incremental:
            rights["request_incremental_authorization"] = "if_available"
        if rights:
            params["payment_method_options"] = {"card": rights}
        intent = await self._call(
            lambda: self._client.v1.payment_intents.create(params, {"idempotency_key": key})
        )
        return answers.authorization(intent)

    async def find_authorization(self, key: str) -> Authorization | None:
        """By search, which lags up to a minute: None may be a miss, and the repeat with the same key is safe.

        Stripe forgets keys after a day, long after the search has caught up.
        """
        query: PaymentIntentSearchParams = {
            "query": f"metadata['effect_key']:'{quoted(key)}'",
            "expand": ["data.latest_charge"],
        }
        found = await self._call(lambda: self._client.v1.payment_intents.search(query))
        return answers.authorization(found.data[-1]) if found.data else None

    async def request_payment(
        self, amount: Money, *, context: Context, return_url: str, key: str, keep_for: str | None = None
    ) -> Authorization:
        """A Checkout Session; the reference is its id until the customer has paid."""
        metadata = _metadata(context, key)
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": amount.currency.lower(),
                        "unit_amount": amount.amount,
                        "product_data": {"name": f"Order {context.order_number}"},
                    },
                }
            ],
            "success_url": return_url,
            "cancel_url": return_url,
            "client_reference_id": context.payment_id,
            "metadata": metadata,
            "payment_intent_data": {"capture_method": "manual", "metadata": {**metadata, "via": "checkout"}},
        }
        if keep_for is not None:
            params["customer"] = await self.vault.customer(keep_for)
            params["payment_intent_data"]["setup_future_usage"] = "off_session"
        rights: SessionCreateParamsPaymentMethodOptionsCard = {}
        if self._multicapture:
            rights["request_multicapture"] = "if_available"
        if self._incremental:
            rights["request_incremental_authorization"] = "if_available"
        if rights:
            params["payment_method_options"] = {"card": rights}
        session = await self._call(
            lambda: self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
        )
        return Authorization(session.id, amount, action_url=session.url)

    async def increase(self, reference: str, to: Money, *, context: Context, key: str) -> Increase:
        """Raise it to `to`; at most ten attempts per intent, declined ones included."""
        intent_id = await self._intent_id(reference)
        params: PaymentIntentIncrementAuthorizationParams = {
            "amount": to.amount,
            "metadata": {answers.increase_mark(key): str(to.amount), "raised_for": context.payment_id},
        }
        intent = await self._call(
            lambda: self._client.v1.payment_intents.increment_authorization(
                intent_id, params, {"idempotency_key": key}
            )
        )
        return Increase(intent.id, answers.money(intent.amount, intent.currency))

    async def find_increase(self, reference: str, to: Money, *, key: str) -> Increase | None:  # noqa: ARG002
        """By the mark that it left on the intent, as a capture is found."""
        intent_id = await self._intent_id(reference)
        return answers.increased(await self._intent(intent_id), key)

    async def capture(self, reference: str, amount: Money, *, final: bool, key: str) -> Capture:
        """Take `amount`. Without multicapture Stripe gives the rest back, whatever `final` says."""
        intent_id = await self._intent_id(reference)
        params: PaymentIntentCaptureParams = {
            "amount_to_capture": amount.amount,
            "metadata": {answers.capture_mark(key): str(amount.amount)},
        }
        if self._multicapture:
            params["final_capture"] = final
        intent = await self._call(
            lambda: self._client.v1.payment_intents.capture(intent_id, params, {"idempotency_key": key})
        )
        return Capture(intent.id, amount)

    async def find_capture(self, reference: str, amount: Money, *, key: str) -> Capture | None:
        """By the mark that the capture left on the intent: read, not searched, so it does not lag."""
        intent_id = await self._intent_id(reference)
        return answers.captured(await self._intent(intent_id), amount, key)

    async def void(self, reference: str, *, key: str) -> Voided:
        """Cancel the intent; what was captured before stays. A page nobody paid on is closed instead.

        Void already, in whole or in what was left of it, is success; all of it captured is Refused.
        """
        try:
            intent_id = await self._intent_id(reference)
        except Refused:
            await self._call(lambda: self._client.v1.checkout.sessions.expire(reference))
            return Voided(reference)
        try:
            await self._call(
                lambda: self._client.v1.payment_intents.cancel(intent_id, options={"idempotency_key": key})
            )
        except Refused:
            if not answers.is_void(await self._intent(intent_id)):
                raise
        return Voided(intent_id)

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        """Give captured money back; some instruments take days, which `settled` says."""
        intent_id = await self._intent_id(reference)
        params: RefundCreateParams = {
            "payment_intent": intent_id,
            "amount": amount.amount,
            "metadata": {"effect_key": key},
        }
        refund = await self._call(lambda: self._client.v1.refunds.create(params, {"idempotency_key": key}))
        return answers.refunded(refund, intent_id)

    async def find_refund(self, reference: str, *, key: str) -> Refunded | None:
        """Among the refunds of the payment, newest first."""
        intent_id = await self._intent_id(reference)

        def look() -> stripe.Refund | None:
            listed = self._client.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
            marked = (r for r in listed.auto_paging_iter() if answers.metadata(r).get("effect_key") == key)
            return next(marked, None)

        refund = await self._call(look)
        return answers.refunded(refund, intent_id) if refund is not None else None

    async def _intent(self, intent_id: str) -> stripe.PaymentIntent:
        return await self._call(lambda: self._client.v1.payment_intents.retrieve(intent_id))

    async def _intent_id(self, reference: str) -> str:
        """The intent behind a Checkout Session. Raises Refused where nobody has paid yet."""
        if not reference.startswith("cs_"):
            return reference
        session = await self._call(lambda: self._client.v1.checkout.sessions.retrieve(reference))
        intent = session.payment_intent
        if intent is None:
            raise Refused("not_paid", "nobody has paid on that page")
        return intent if isinstance(intent, str) else intent.id

    def _add_redirects(self, params: PaymentIntentCreateParams) -> None:
        """To confirm at once, Stripe must know where a bank's page leads back to, or that none may come."""
        if self._return_url is None:
            params["automatic_payment_methods"] = {"enabled": True, "allow_redirects": "never"}
        else:
            params["return_url"] = self._return_url

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await in_pool(self._pool, call)
        except stripe.StripeError as error:
            raise classified(error) from None  # the SDK's own text can quote the request


def _metadata(context: Context, key: str) -> dict[str, str]:
    return {
        **context.metadata,
        "order_id": context.order_id,
        "payment_id": context.payment_id,
        "order_number": context.order_number,
        "effect_key": key,
    }
