"""The instruments that Stripe keeps for our customers: its Customers and their PaymentMethods."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TypeVar

import stripe

from orderwright.adapters.blocking import in_pool
from orderwright.adapters.payments.stripe_failures import classified
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Forgotten, KeptInstrument

T = TypeVar("T")
PROVIDER = "stripe"
PAGE = 100


class StripeVault:
    """One Stripe account's. A reference is `cus_…/pm_…`: Stripe charges a kept one only with its customer.

    Stripe knows our customers by an id in their metadata, and neither their names nor their mails.
    """

    def __init__(self, client: stripe.StripeClient, pool: Executor) -> None:
        self._client, self._pool = client, pool

    async def customer(self, owner: str) -> str:
        """Stripe's id of that customer, who is made where there is none.

        The search lags up to a minute; until it has caught up, the same key gives the customer made before.
        """
        if known := await self._known(owner):
            return known[0]
        made = await self._call(
            lambda: self._client.v1.customers.create(
                {"metadata": {"customer_id": owner}}, {"idempotency_key": f"customer/{owner}"}
            )
        )
        return made.id

    async def kept(self, owner: str) -> Sequence[KeptInstrument]:
        """Cards alone: nothing else is asked for."""
        found: list[KeptInstrument] = []
        for customer in await self._known(owner):
            found += await self._call(partial(self._cards, customer))
        return found

    async def forget(self, reference: str, *, key: str) -> Forgotten:
        """Detach it, for good. One that is attached to nobody, or unknown, is kept for nobody."""
        _, _, method = reference.rpartition("/")
        try:
            await self._call(
                lambda: self._client.v1.payment_methods.detach(method, options={"idempotency_key": key})
            )
        except Refused as no:
            if no.code != "resource_missing" and await self._is_attached(method):
                raise
        return Forgotten(reference)

    async def _is_attached(self, method: str) -> bool:
        found = await self._call(lambda: self._client.v1.payment_methods.retrieve(method))
        return found.customer is not None

    async def _known(self, owner: str) -> list[str]:
        """The oldest first."""
        found = await self._call(
            lambda: self._client.v1.customers.search(
                {"query": f"metadata['customer_id']:'{quoted(owner)}'", "limit": PAGE}
            )
        )
        return [one.id for one in reversed(found.data)]

    def _cards(self, customer: str) -> list[KeptInstrument]:
        listed = self._client.v1.payment_methods.list({"customer": customer, "type": "card", "limit": PAGE})
        return [kept(customer, method.id, method.card) for method in listed.auto_paging_iter()]

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await in_pool(self._pool, call)
        except stripe.StripeError as error:
            raise classified(error) from None  # the SDK's own text can quote the request


def kept(customer: str, method: str, card: object) -> KeptInstrument:
    """What Stripe says of a card: that of a PaymentMethod and that of a charge have the same fields."""
    return KeptInstrument(
        PROVIDER,
        f"{customer}/{method}",
        brand=getattr(card, "brand", None) or "",
        last4=getattr(card, "last4", None) or "",
        exp_month=getattr(card, "exp_month", None),
        exp_year=getattr(card, "exp_year", None),
    )


def quoted(text: str) -> str:
    """As a value of Stripe's search."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
