"""Stripe Tax: what it is told, how it fails, and that its figures always sum to what the customer pays."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from orderwright.adapters.tax import stripe_answers
from orderwright.adapters.tax.stripe_tax import StripeTax
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.carts import put_together, taxable
from orderwright.domain.pricing.fees import FeeKind, FeeRule, Load, fees
from orderwright.domain.pricing.promotions import CartItem, apply
from orderwright.domain.pricing.tax import Item, Place, Sale, TaxRefused, TaxUnavailable
from orderwright.simulator.stripe.tax import calculation
from tests.adapters.test_tax_contract import CODES, LONDON, MANHATTAN, PARIS, TODAY, sale
from tests.adapters.world import World
from tests.domain.test_promotions import promotions

CREATE = "tax.calculations.create"
TYPICAL = {"jpy": 3_000, "eur": 2_999, "kwd": 12_345}


def engine(url: str, pool: ThreadPoolExecutor, **more: Any) -> StripeTax:  # Any: the constructor's own
    return StripeTax("sk_test_x", url, codes=CODES, pool=pool, **more)


async def test_one_sale_is_one_calculation_and_a_freed_one_of_such_prices_two(
    world: World, pool: ThreadPoolExecutor
) -> None:
    asked = engine(f"{world.url}/stripe", pool)

    await asked.assess(sale(MANHATTAN, 1000, 2000, shipping=500, certificate="EX-7"))
    once = len(world.calls("stripe", CREATE))
    await asked.assess(sale(LONDON, 1200, certificate="EX-7"))
    twice = [call["amount"] for call in world.calls("stripe", CREATE)]

    assert once == 1
    assert sorted(twice) == [1200, 1200, 3500]


@pytest.mark.parametrize("mode", ["server_error", "answer_lost"])
async def test_no_answer_is_no_tax_of_zero(world: World, pool: ThreadPoolExecutor, mode: str) -> None:
    world.switch("stripe", mode, operation=CREATE)

    with pytest.raises(TaxUnavailable):
        await engine(f"{world.url}/stripe", pool).assess(sale(LONDON, 1000))


async def test_who_never_answers_is_not_waited_for(silent: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(TaxUnavailable):
        await engine(f"http://{silent}", pool, timeout=0.2).assess(sale(LONDON, 1000))


async def test_nobody_at_home_is_unavailable(nobody: str, pool: ThreadPoolExecutor) -> None:
    with pytest.raises(TaxUnavailable):
        await engine(f"http://{nobody}", pool).assess(sale(LONDON, 1000))


async def test_a_place_that_stripe_cannot_find_is_the_asker_s_to_mend(
    world: World, pool: ThreadPoolExecutor
) -> None:
    with pytest.raises(TaxRefused) as refused:
        await engine(f"{world.url}/stripe", pool).assess(sale(Place("US", "NY"), 1000))

    assert refused.value.more == {"reason": "customer_tax_location_invalid"}


@st.composite
def sales(draw: st.DrawFn) -> tuple[Sale, list[CartItem], Any, Any]:  # Any: discounts and fees, as they come
    """A cart in 0, 2 or 3 decimals, its promotions and fees, and a buyer who may be freed of tax."""
    currency = draw(st.sampled_from(sorted(TYPICAL)))
    items = [
        CartItem(sku, units, units * draw(st.integers(0, 3 * TYPICAL[currency])))
        for sku, units in draw(
            st.lists(st.tuples(st.sampled_from("ABC"), st.integers(1, 9)), min_size=1, max_size=5)
        )
    ]
    postage = draw(st.sampled_from([0, 1, 500, 4999]))
    off = apply(draw(st.lists(promotions(), max_size=2, unique_by=lambda one: one.id)), items, postage)
    goods = taxable(items, [draw(st.sampled_from(["standard", "exempt"])) for _ in items], off)
    rules = [
        FeeRule("fuel", "Fuel", FeeKind.FUEL, ppm=draw(st.integers(0, 200_000))),
        FeeRule("terms", "Terms", FeeKind.CONTRACT_PENALTY, amount=draw(st.integers(0, 999)), below_units=20),
    ]
    units = sum(item.units for item in items)
    load = Load(sum(item.amount for item in goods), postage - off.shipping, 0, PaymentMethod.CARD, units)
    due = fees(rules, load)
    sold = Sale(
        TODAY, draw(st.sampled_from([LONDON, PARIS, MANHATTAN, Place("US", "CA", "90001"), Place("KW")])),
        goods, [Item(fee.rule.tax_class, fee.amount) for fee in due], postage - off.shipping,
        draw(st.sampled_from([None, "ATU12345678"])), currency.upper(),
        draw(st.sampled_from([None, "EX-7"])),
    )  # fmt: skip
    return sold, items, off, due


def answered(asked: StripeTax, sold: Sale) -> dict[str, stripe_answers.Told]:
    """What the simulated Stripe says, without the network between."""
    lines = list(asked._lines(sold))
    if not lines:
        return {}
    params: dict[str, Any] = {**asked._params(sold, lines)}
    if sold.shipping and lines[0]["reference"] != "shipping":
        params["shipping_cost"] = {"amount": sold.shipping, "tax_behavior": asked._behavior(sold)}
    said = stripe.tax.Calculation.construct_from(calculation(params, "taxcalc_1"), "sk_test_x")
    assert said.line_items is not None
    return stripe_answers.told(said, list(said.line_items.data), sold.destination.country)


@given(sales())
def test_whatever_stripe_says_lines_shipping_fees_and_tax_are_the_total(
    given_sale: tuple[Sale, list[CartItem], Any, Any],
) -> None:
    sold, items, off, due = given_sale
    asked = engine("http://127.0.0.1:1", ThreadPoolExecutor(1))

    said = stripe_answers.assessment(
        sold, answered(asked, sold), answered(asked, replace(sold, vat_id=None, certificate=None))
    )
    cart = put_together(items, off, due, said, "standard")

    sums = cart.totals
    assert sums.total == sums.subtotal - sums.discount + sums.shipping + sums.fees + sums.tax_added
    assert sums.total == sum(line.total for line in cart.lines) + sum(one.total for one in cart.charges)
    paid = sum(item.amount for item in [*sold.goods, *sold.fees]) + sold.shipping
    relief = sum(one.relief for one in [*said.goods, *said.fees, *(one for _, one in said.shipping)])
    assert sums.total == paid + sums.tax_added - relief
    assert 0 <= sums.tax_added <= sums.tax
    for line in cart.lines:
        assert 0 <= line.discount <= line.amount
        assert line.total >= line.tax >= 0


def test_sums_that_do_not_agree_are_no_answer() -> None:
    asked = engine("http://127.0.0.1:1", ThreadPoolExecutor(1))
    sold = sale(LONDON, 1000)
    made = calculation({**asked._params(sold, list(asked._lines(sold)))}, "taxcalc_1")
    odd = stripe.tax.Calculation.construct_from({**made, "amount_total": 1001}, "sk_test_x")
    assert odd.line_items is not None

    with pytest.raises(TaxUnavailable):
        stripe_answers.told(odd, list(odd.line_items.data), "GB")


def test_the_day_of_the_sale_is_the_day_of_its_rates() -> None:
    asked = engine("http://127.0.0.1:1", ThreadPoolExecutor(1))

    params = asked._params(sale(LONDON, 1000, vat_id="GB980780684"), [])

    assert datetime.fromtimestamp(params["tax_date"], UTC).date() == TODAY
    assert params["customer_details"]["tax_ids"] == [{"type": "gb_vat", "value": "GB980780684"}]
