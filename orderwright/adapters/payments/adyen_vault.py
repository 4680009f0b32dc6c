"""The instruments that Adyen keeps for our customers: the stored payment methods of a shopper."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any
from urllib.parse import quote

import requests
from Adyen.exceptions import AdyenError

from orderwright.adapters.blocking import in_pool
from orderwright.adapters.payments.adyen_failures import classified
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Forgotten, KeptInstrument

Json = dict[str, Any]  # Any: Adyen's JSON
PROVIDER = "adyen"
UNKNOWN = frozenset({"adyen_404", "adyen_800", "adyen_803"})
"""Nothing is stored for that shopper, or not that instrument."""


class AdyenVault:
    """One merchant account's. A reference is `{shopperReference}/{storedPaymentMethodId}`."""

    def __init__(self, api: Any, merchant_account: str, pool: Executor) -> None:
        """`api`: the SDK's, which is not typed."""
        self._api, self._account, self._pool = api, merchant_account, pool

    async def kept(self, owner: str) -> Sequence[KeptInstrument]:
        """What was stored under our own id of him."""
        try:
            answer = await self._call(self._api.get_tokens_for_stored_payment_details, shopper=owner)
        except Refused as no:
            if no.code in UNKNOWN:
                return []
            raise
        return [_listed(owner, one) for one in answer.get("storedPaymentMethods") or ()]

    async def forget(self, reference: str, *, key: str) -> Forgotten:  # noqa: ARG002 - it is gone once
        """Delete the token. One that is gone already is success."""
        shopper, _, token = reference.rpartition("/")
        try:
            await self._call(self._api.delete_token_for_stored_payment_details, token, shopper=shopper)
        except Refused as no:
            if no.code not in UNKNOWN:
                raise
        return Forgotten(reference)

    async def _call(self, operation: Callable[..., Any], *path: str, shopper: str) -> Json:
        """Any: the SDK's operations give plain JSON. It writes a query as it stands."""
        query = {
            "merchantAccount": quote(self._account, safe=""),
            "shopperReference": quote(shopper, safe=""),
        }
        try:
            answer = await in_pool(self._pool, operation, *path, query_parameters=query)
        except (AdyenError, requests.RequestException) as error:
            raise classified(error) from None  # its text quotes the request
        message: Json = answer.message
        return message


def kept(reference: str, answer: Json) -> KeptInstrument:
    """What a payment's answer says of its card: only what the account is set to tell."""
    said = answer.get("additionalData") or {}
    month, _, year = str(said.get("expiryDate") or "").partition("/")
    brand = (answer.get("paymentMethod") or {}).get("brand") or said.get("paymentMethod") or ""
    return KeptInstrument(
        PROVIDER, reference, brand=str(brand), last4=_last4(said.get("cardSummary")),
        exp_month=_number(month), exp_year=_number(year),
    )  # fmt: skip


def _listed(shopper: str, one: Json) -> KeptInstrument:
    return KeptInstrument(
        PROVIDER, f"{shopper}/{one['id']}", brand=str(one.get("brand") or ""),
        last4=_last4(one.get("lastFour")), exp_month=_number(one.get("expiryMonth")),
        exp_year=_number(one.get("expiryYear")),
    )  # fmt: skip


def _last4(said: object) -> str:
    text = str(said or "")
    return text if text.isdecimal() and len(text) == 4 else ""


def _number(said: object) -> int | None:
    text = str(said or "")
    return int(text) if text.isdecimal() else None
