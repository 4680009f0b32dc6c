"""Tax by Stripe Tax, through its official SDK: what is owed on a sale. Asking records nothing there."""

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from itertools import islice
from typing import TypeVar

import stripe
from stripe.params.tax import (
    CalculationCreateParams,
    CalculationCreateParamsCustomerDetails,
    CalculationCreateParamsLineItem,
)
from stripe.tax import Calculation, CalculationLineItem

from orderwright.adapters.blocking import CONNECT_SECONDS, in_pool
from orderwright.adapters.payments.stripe_failures import classified
from orderwright.adapters.tax import stripe_answers as answers
from orderwright.adapters.tax.stripe_answers import SHIPPING, Told
from orderwright.domain.pricing.tax import EU, Assessment, Sale, TaxRefused, TaxUnavailable, UnknownTaxClass
from orderwright.ports.failures import Refused

T = TypeVar("T")
MOST_LINES = 100
"""Of one calculation. Source: the SDK's CalculationCreateParams.line_items."""
_ID_TYPES = {"GB": "gb_vat", "CH": "ch_vat", "NO": "no_vat"} | dict.fromkeys(EU | {"EL"}, "eu_vat")


class StripeTax:
    """One Stripe account's registrations decide. `codes`: Stripe's tax code of each of our tax classes."""

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://api.stripe.com",
        *,
        codes: Mapping[str, str],
        shipping_code: str = "txcd_92010001",
        exclusive_in: Collection[str] = ("US", "CA"),
        pool: Executor,
        timeout: float = 5.0,
    ) -> None:
        """`exclusive_in`: countries where tax comes on top of our prices; elsewhere they hold it."""
        self._codes, self._shipping_code, self._exclusive_in = codes, shipping_code, exclusive_in
        self._pool = pool
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base.rstrip("/")},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, timeout)),
        )

    async def assess(self, sale: Sale) -> Assessment:
        """Calculated there; and as for a customer who owes it, where prices hold what this one is freed of.

        Raises UnknownTaxClass, TaxRefused, TaxUnavailable.
        """
        said = await self._told(sale)
        plain: dict[str, Told] = {}
        if any(one.released for one in said.values()) and not self._on_top(sale):
            plain = await self._told(replace(sale, vat_id=None, certificate=None))
        return answers.assessment(sale, said, plain)

    async def _told(self, sale: Sale) -> dict[str, Told]:
        """Stripe takes a hundred lines a calculation, and amounts above zero only."""
        lines = iter(self._lines(sale))
        found: dict[str, Told] = {}
        while some := list(islice(lines, MOST_LINES)):
            params = self._params(sale, some)
            if sale.shipping and SHIPPING not in found and some[0]["reference"] != SHIPPING:
                params["shipping_cost"] = {
                    "amount": sale.shipping,
                    "tax_behavior": self._behavior(sale),
                    "tax_code": self._shipping_code,
                }
            found |= await self._call(partial(self._calculate, params, sale.destination.country))
        return found

    def _calculate(self, params: CalculationCreateParams, country: str) -> dict[str, Told]:
        made = self._client.v1.tax.calculations.create(params)
        return answers.told(made, self._all_lines(made), country)

    def _all_lines(self, made: Calculation) -> list[CalculationLineItem]:
        """The answer shows the first few."""
        if made.line_items is None or made.id is None:
            raise TaxUnavailable("stripe answered without lines")
        if not made.line_items.has_more:
            return list(made.line_items.data)
        listed = self._client.v1.tax.calculations.line_items.list(
            made.id, {"limit": MOST_LINES, "expand": ["data.tax_breakdown"]}
        )
        return list(listed.auto_paging_iter())

    def _lines(self, sale: Sale) -> Iterable[CalculationCreateParamsLineItem]:
        """What costs something; where only the shipping does, that is the line, as one there must be."""
        behavior, none = self._behavior(sale), True
        for n, item in enumerate([*sale.goods, *sale.fees]):
            code = self._codes.get(item.tax_class)
            if code is None:
                raise UnknownTaxClass("no tax code of Stripe's for that class", classes=[item.tax_class])
            if item.amount:
                none = False
                yield {
                    "amount": item.amount, "reference": str(n), "tax_code": code, "tax_behavior": behavior
                }  # fmt: skip
        if none and sale.shipping:
            yield {
                "amount": sale.shipping, "reference": SHIPPING, "tax_code": self._shipping_code,
                "tax_behavior": behavior,
            }  # fmt: skip

    def _params(self, sale: Sale, lines: list[CalculationCreateParamsLineItem]) -> CalculationCreateParams:
        return {
            "currency": sale.currency.lower(),
            "customer_details": _customer(sale),
            "line_items": lines,
            "tax_date": int(datetime.combine(sale.day, time(12), UTC).timestamp()),
            "expand": ["line_items.data.tax_breakdown", "shipping_cost.tax_breakdown"],
        }

    def _on_top(self, sale: Sale) -> bool:
        return sale.destination.country in self._exclusive_in

    def _behavior(self, sale: Sale) -> str:
        return "exclusive" if self._on_top(sale) else "inclusive"

    async def _call(self, call: Callable[[], T]) -> T:
        """Its words can quote the address: only the code goes on."""
        try:
            return await in_pool(self._pool, call)
        except stripe.StripeError as error:
            failure = classified(error)
        if isinstance(failure, Refused):
            raise TaxRefused("Stripe Tax refuses this sale", reason=failure.code)
        raise TaxUnavailable("nobody can say what tax is owed right now")


def _customer(sale: Sale) -> CalculationCreateParamsCustomerDetails:
    place = sale.destination
    details: CalculationCreateParamsCustomerDetails = {
        "address": {"country": place.country, "state": place.region, "postal_code": place.postal_code},
        "address_source": "shipping",
    }
    if sale.certificate is not None:
        details["taxability_override"] = "customer_exempt"
    kind = _ID_TYPES.get((sale.vat_id or "")[:2])
    if sale.vat_id is not None and kind is not None:
        details["tax_ids"] = [{"type": kind, "value": sale.vat_id}]
    return details
