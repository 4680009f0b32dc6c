"""Adyen through its official SDK: authorize, capture, void, refund, a payment link."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from typing import Any

import Adyen
import requests
from Adyen.exceptions import AdyenError

from orderwright.adapters.blocking import CONNECT_SECONDS, in_pool
from orderwright.adapters.payments.adyen_failures import classified
from orderwright.adapters.payments.adyen_vault import AdyenVault, kept
from orderwright.domain.money import Money
from orderwright.ports.failures import Declined, Refused, Unreachable
from orderwright.ports.payments import Authorization, Capture, Context, Increase, Refunded, Voided

Json = dict[str, Any]  # Any: Adyen's JSON
API = "v72"
VALIDITY = timedelta(days=5)
"""How long money is held at least: Adyen does not say it, Visa's shortest validity is taken."""


class AdyenGateway:
    """One merchant account that captures by hand. A reference is a payment's `pspReference`.

    Only `request_payment` returns another one, the link's (`PL…`); events then come with the payment's.
    Adyen has no way to look a payment up, so that `find_…` knows nothing and what is unknown is repeated with
    its key, which Adyen keeps for a week at least. Captures, cancellations and refunds are taken at once and
    carried out later: an event tells where one was not.
    """

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://checkout-test.adyen.com",
        *,
        merchant_account: str,
        pool: Executor,
        timeout: float = 10.0,
        return_url: str | None = None,
        preauthorize: bool = False,
    ) -> None:
        """`api_base`: of a live account the one with its prefix, up to `/checkout`. `timeout` in seconds.

        `preauthorize`: what is reserved may be raised later, where the account and the card allow it.
        """
        self.timeout = timeout
        self._preauthorize = preauthorize
        self._pool, self._account, self._return_url = pool, merchant_account, return_url
        live = "-live" in api_base
        sdk: Any = Adyen.Adyen(  # Any: the SDK is not typed
            xapikey=api_key,
            platform="live" if live else "test",
            live_endpoint_prefix="" if live else None,  # it is in the address already
            http_force="requests",
            http_timeout=(CONNECT_SECONDS, timeout),
        )
        self._payments = sdk.checkout.payments_api
        self._modifications = sdk.checkout.modifications_api
        self._links = sdk.checkout.payment_links_api
        recurring = sdk.checkout.recurring_api
        for part in (self._payments, self._modifications, self._links, recurring):
            part.baseUrl = f"{api_base.rstrip('/')}/{API}"
        self.vault = AdyenVault(recurring, merchant_account, pool)

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Reserve `amount` on a stored instrument, `{shopperReference}/{storedPaymentMethodId}`.

        Adyen has stored it by then, for that shopper: to keep it is to say which it is.
        """
        shopper, _, token = source.rpartition("/")
        if not shopper:
            raise Refused("source_malformed", "expected shopperReference/storedPaymentMethodId")
        wanted = self._wanted(amount, context) | {
            "paymentMethod": {"type": "scheme", "storedPaymentMethodId": token},
            "shopperReference": shopper,
            "shopperInteraction": "ContAuth",
            "recurringProcessingModel": "CardOnFile",
            "additionalData": {
                "manualCapture": "true",
                **({"authorisationType": "PreAuth"} if self._preauthorize else {}),
            },
        }
        answer = await self._call(self._payments.payments, wanted, key=key)
        held = replace(_authorization(answer, amount), raisable=self._preauthorize)
        if keep_for is None or held.action_url is not None:
            return held
        return replace(held, kept=kept(source, answer))

    async def find_authorization(self, key: str) -> Authorization | None:  # noqa: ARG002 - nobody to ask
        """None: the repeat with the same key is the look-up."""
        return None

    async def request_payment(
        self, amount: Money, *, context: Context, return_url: str, key: str, keep_for: str | None = None
    ) -> Authorization:
        """A payment link; the reference is its id until the customer has paid."""
        wanted = self._wanted(amount, context) | {"returnUrl": return_url, "manualCapture": True}
        if keep_for is not None:
            wanted |= {
                "shopperReference": keep_for,
                "storePaymentMethodMode": "enabled",
                "recurringProcessingModel": "CardOnFile",
            }
        link = await self._call(self._links.payment_links, wanted, key=key)
        return Authorization(link["id"], amount, action_url=link["url"])

    async def increase(self, reference: str, to: Money, *, context: Context, key: str) -> Increase:
        """Raise it to `to`: under way until Adyen says that it was done, by our id of what it is for."""
        asked = await self._modify(
            self._modifications.update_authorised_amount, reference, to, key, named=context.payment_id
        )
        return Increase(asked["pspReference"], to, settled=False)

    async def find_increase(self, reference: str, to: Money, *, key: str) -> Increase | None:  # noqa: ARG002
        """None: the repeat with the same key is the look-up."""
        return None

    async def capture(self, reference: str, amount: Money, *, final: bool, key: str) -> Capture:  # noqa: ARG002
        """Take `amount`. The rest stays reserved until it is voided or ends, whatever `final` says."""
        taken = await self._modify(self._modifications.capture_authorised_payment, reference, amount, key)
        return Capture(taken["pspReference"], amount)

    async def find_capture(self, reference: str, amount: Money, *, key: str) -> Capture | None:  # noqa: ARG002
        """None: the repeat with the same key is the look-up."""
        return None

    async def void(self, reference: str, *, key: str) -> Voided:
        """Cancel what is reserved. A link nobody paid on is closed instead."""
        if reference.startswith("PL"):
            await self._call(self._links.update_payment_link, {"status": "expired"}, reference)
            return Voided(reference)
        await self._modify(
            self._modifications.cancel_authorised_payment_by_psp_reference, reference, None, key
        )
        return Voided(reference)

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        """Give captured money back: under way until Adyen says that it has arrived."""
        back = await self._modify(self._modifications.refund_captured_payment, reference, amount, key)
        return Refunded(back["pspReference"], amount, settled=False)

    async def find_refund(self, reference: str, *, key: str) -> Refunded | None:  # noqa: ARG002
        """None: the repeat with the same key is the look-up."""
        return None

    def _wanted(self, amount: Money, context: Context) -> Json:
        ids = {"order_id": context.order_id, "order_number": context.order_number}
        return {
            "merchantAccount": self._account,
            "amount": _amount(amount),
            "reference": context.payment_id,  # signed in events, as metadata is not
            "metadata": {**context.metadata, **ids},
            **({"returnUrl": self._return_url} if self._return_url else {}),
        }

    async def _modify(
        self,
        operation: Callable[..., Any],
        reference: str,
        amount: Money | None,
        key: str,
        *,
        named: str | None = None,
    ) -> Json:
        """`named`: what its event bears as our reference, if it is not the key."""
        if reference.startswith("PL"):
            raise Refused("not_paid", "nobody has paid on that link")
        wanted: Json = {"merchantAccount": self._account, "reference": named or _short(key)}
        if amount is not None:
            wanted["amount"] = _amount(amount)
        return await self._call(operation, wanted, reference, key=key)

    async def _call(
        self, operation: Callable[..., Any], wanted: Json, *path: str, key: str | None = None
    ) -> Json:
        """Any: the SDK's operations take and give plain JSON."""
        try:
            answer = await in_pool(
                self._pool, operation, wanted, *path, idempotency_key=_short(key) if key else None
            )
        except (AdyenError, requests.RequestException) as error:
            raise classified(error) from None  # its text quotes the request
        message: Json = answer.message
        return message


def _authorization(answer: Json, amount: Money) -> Authorization:
    """What the result means. Raises Declined, or Unreachable where Adyen itself does not know yet."""
    reference = answer.get("pspReference", "")
    match answer.get("resultCode"):
        case "Authorised":
            return Authorization(reference, amount, expires_at=_ends())
        case "RedirectShopper":
            return Authorization(reference, amount, action_url=answer["action"]["url"])
        case "Refused" | "Cancelled" | "Error":
            code = str(answer.get("refusalReason") or "card_declined").lower().replace(" ", "_")
            raise Declined(code, f"adyen refusal {answer.get('refusalReasonCode', '')}".strip())
    raise Unreachable(f"adyen: the payment is {answer.get('resultCode')}")


def _ends() -> datetime:
    """Whole days, so that the repeat with the same key says the same."""
    return datetime.combine(datetime.now(UTC).date(), time(), UTC) + VALIDITY


def _amount(amount: Money) -> Json:
    return {"value": amount.amount, "currency": amount.currency}


def _short(key: str) -> str:
    """Adyen takes 64 characters as a key, ours are longer."""
    return sha256(key.encode()).hexdigest()
