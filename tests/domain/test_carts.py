"""Whatever is ordered, in 0, 2 or 3 decimals: the sums agree, and parts of any split sum to the order."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.fulfillment.parts import Charges, LineRest, divide
from orderwright.domain.money import Money
from orderwright.domain.payments import PaymentMethod
from orderwright.domain.pricing.carts import PricedCart, put_together, taxable
from orderwright.domain.pricing.fees import FeeKind, FeeRule, Load, fees
from orderwright.domain.pricing.promotions import CartItem, apply
from orderwright.domain.pricing.tax import (
    Certificate,
    Item,
    Place,
    Rate,
    Regime,
    Rounding,
    Sale,
    ShippingTax,
    TableRate,
    TaxTable,
    assess,
)
from orderwright.domain.stock.kits import Component, explode
from tests.domain.test_promotions import promotions

TYPICAL = {"JPY": 3_000, "EUR": 2_999, "KWD": 12_345}
PLACE, DAY = Place("DE"), date(2026, 11, 25)


@st.composite
def carts(draw: st.DrawFn) -> tuple[PricedCart, Sale, str]:
    """A cart in a currency, with promotions, fees, and any tax there may be."""
    currency = draw(st.sampled_from(sorted(TYPICAL)))
    items = [
        CartItem(draw(st.sampled_from("ABC")), units, units * draw(st.integers(0, 3 * TYPICAL[currency])))
        for units in draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    ]
    classes = [draw(st.sampled_from(["standard", "reduced", "zero"])) for _ in items]
    postage = draw(st.sampled_from([0, 1, 500, 4999]))
    off = apply(draw(st.lists(promotions(), max_size=3, unique_by=lambda one: one.id)), items, postage)
    goods = taxable(items, classes, off)
    rules = [
        FeeRule("fuel", "Fuel", FeeKind.FUEL, ppm=draw(st.integers(0, 200_000))),
        FeeRule("small", "Small", FeeKind.SMALL_ORDER, amount=draw(st.integers(0, 999)), below=10_000),
        FeeRule("hazard", "Hazard", FeeKind.HAZMAT, amount=draw(st.integers(0, 99)), per_unit=True),
        FeeRule(
            "terms", "Terms missed", FeeKind.CONTRACT_PENALTY, amount=draw(st.integers(0, 999)), ppm=12_345,
            below_units=draw(st.integers(0, 40)), tax_class="reduced",
        ),
    ]  # fmt: skip
    units = sum(item.units for item in items)
    load = Load(sum(item.amount for item in goods), postage - off.shipping, 2, PaymentMethod.CARD, units)
    due = fees(rules, load)
    sale = Sale(
        DAY, PLACE, goods, [Item(fee.rule.tax_class, fee.amount) for fee in due], postage - off.shipping
    )
    said = assess(sale, draw(_tables()))
    return put_together(items, off, due, said, "standard"), sale, currency


@st.composite
def _tables(draw: st.DrawFn) -> TaxTable:
    rates = [
        TableRate(name, Rate(draw(st.integers(0, 300_000)), draw(st.booleans())))
        for name in ("standard", "reduced")
    ]
    regime = Regime(shipping=draw(st.sampled_from(ShippingTax)), rounding=draw(st.sampled_from(Rounding)))
    cards = [Certificate("EX-1", "DE")] if draw(st.booleans()) else []
    return TaxTable([*rates, TableRate("zero", Rate(0))], [regime], cards)


@given(carts())
def test_lines_and_shipping_and_fees_less_discounts_and_added_tax_are_the_total(
    priced: tuple[PricedCart, Sale, str],
) -> None:
    cart, sale, currency = priced
    sums = cart.totals

    assert sums.total == sums.subtotal - sums.discount + sums.shipping + sums.fees + sums.tax_added
    assert sums.total == sum(line.total for line in cart.lines) + sum(one.total for one in cart.charges)
    assert sums.discount == sum(sum(one.lines) for one in cart.applied)
    assert 0 <= sums.tax_added <= sums.tax
    assert sums.shipping <= sale.shipping
    for line in cart.lines:
        assert 0 <= line.discount <= line.amount
        assert line.total >= line.tax >= 0
    assert Money.of(Money(sums.total, currency).major(), currency).amount == sums.total


@given(carts(), st.data())
def test_the_parts_of_any_split_are_what_the_order_costs(
    priced: tuple[PricedCart, Sale, str], data: st.DataObject
) -> None:
    """Planned in any number of rounds, some units at a time: the last part gets exactly what is left."""
    cart, _, _ = priced
    sums = cart.totals
    rest = {
        str(n): LineRest(line.units, line.total, line.tax, line.discount) for n, line in enumerate(cart.lines)
    }
    left = Charges(
        sums.shipping + sums.shipping_tax_added, sums.shipping_tax, sums.fees + sums.fees_tax_added,
        sums.fees_tax,
    )  # fmt: skip
    amount = tax = discount = 0
    while any(line.units for line in rest.values()):
        part = {
            name: units
            for name, line in rest.items()
            if (units := data.draw(st.integers(0, line.units), label=name))
        } or {name: line.units for name, line in rest.items() if line.units}
        (made,) = divide(rest, left, [part])
        amount, tax = amount + made.amount, tax + made.tax
        discount += sum(line.discount for line in made.lines)
        for line in made.lines:
            had = rest[line.line_id]
            rest[line.line_id] = LineRest(
                had.units - line.units, had.total - line.amount, had.tax - line.tax,
                had.discount - line.discount,
            )  # fmt: skip
        had_left, given_out = left, made.charges
        left = Charges(
            had_left.shipping - given_out.shipping, had_left.shipping_tax - given_out.shipping_tax,
            had_left.fees - given_out.fees, had_left.fees_tax - given_out.fees_tax,
        )  # fmt: skip
        assert 0 <= given_out.shipping_tax <= given_out.shipping
        assert 0 <= given_out.fees_tax <= given_out.fees

    assert (amount, tax, discount) == (sums.total, sums.tax, sums.discount)
    assert left == Charges()


@given(carts(), st.lists(st.integers(0, 5_000), min_size=1, max_size=5))
def test_a_kit_s_components_share_its_discount_and_tax_exactly(
    priced: tuple[PricedCart, Sale, str], prices: list[int]
) -> None:
    kit = priced[0].lines[0]
    made = explode(kit, [Component(str(n), n + 1, price) for n, price in enumerate(prices)])

    assert sum(line.total for line in made) == kit.total
    assert sum(line.discount for line in made) == kit.discount
    assert all(0 <= line.discount <= line.amount for line in made)
