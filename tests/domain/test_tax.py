"""Which rate counts where and when, who owes nothing, and that rounding loses no minor unit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.pricing.tax import (
    Basis,
    Certificate,
    Item,
    Place,
    Rate,
    Regime,
    Rounding,
    Sale,
    ShippingTax,
    TableRate,
    TaxReason,
    TaxTable,
    UnknownTaxClass,
    assess,
    rate_of,
    reverse_charged,
    tax_of,
)

DAY = date(2026, 11, 25)
MANHATTAN = Place("US", "NY", "10001")
RATES = [
    TableRate("standard", Rate(200_000, inclusive=True)),
    TableRate("standard", Rate(0), "US"),
    TableRate("standard", Rate(40_000), "US", "NY", valid_from=date(2025, 1, 1)),
    TableRate("standard", Rate(88_750), "US", "NY", "100", date(2025, 1, 1), date(2027, 1, 1)),
    TableRate("standard", Rate(90_000), "US", "NY", "100", date(2027, 1, 1)),
    TableRate("books", Rate(0), "US", valid_from=date(2025, 1, 1)),
]


@pytest.mark.parametrize(
    ("place", "day", "ppm", "jurisdiction"),
    [
        (MANHATTAN, DAY, 88_750, "US-NY-100"),
        (MANHATTAN, date(2027, 1, 1), 90_000, "US-NY-100"),
        (MANHATTAN, date(2026, 12, 31), 88_750, "US-NY-100"),
        (Place("US", "NY", "14201"), DAY, 40_000, "US-NY"),
        (Place("US", "NY", "10001"), date(2024, 1, 1), 0, "US"),
        (Place("US", "TX", "75001"), DAY, 0, "US"),
        (Place("FR"), DAY, 200_000, "*"),
    ],
)
def test_the_most_exact_rate_of_the_day_counts(place: Place, day: date, ppm: int, jurisdiction: str) -> None:
    found = rate_of(RATES, "standard", place, day)

    assert (found.rate.ppm, found.jurisdiction) == (ppm, jurisdiction)


def test_a_class_without_a_rate_is_refused_never_taxed_at_nothing() -> None:
    with pytest.raises(UnknownTaxClass):
        rate_of(RATES, "wine", MANHATTAN, DAY)


def test_by_origin_the_sellers_own_rate_counts() -> None:
    regime = Regime("US", "NY", Basis.ORIGIN, seller=Place("US", "NY", "14201"))

    said = assess(Sale(DAY, MANHATTAN, [Item("standard", 1000)]), TaxTable(RATES, [regime]))

    assert (said.goods[0].tax, said.goods[0].jurisdiction) == (40, "US-NY")


@pytest.mark.parametrize(
    ("how", "shares"),
    [
        (ShippingTax.UNTAXED, [(500, 0, TaxReason.UNTAXED)]),
        (ShippingTax.OWN_CLASS, [(500, 44, TaxReason.RATE)]),
        (ShippingTax.GOODS, [(375, 33, TaxReason.RATE), (125, 0, TaxReason.RATE)]),
    ],
)
def test_shipping_is_taxed_not_at_all_or_by_its_class_or_by_the_goods(
    how: ShippingTax, shares: list[tuple[int, int, TaxReason]]
) -> None:
    sale = Sale(DAY, MANHATTAN, [Item("standard", 3000), Item("books", 1000)], shipping=500)

    said = assess(sale, TaxTable(RATES, [Regime("US", shipping=how)]))

    assert [(item.amount, one.tax, one.reason) for item, one in said.shipping] == shares


def test_a_certificate_frees_of_tax_while_it_is_valid_and_where() -> None:
    card = Certificate("ST-119", "US", "NY", date(2026, 1, 1), date(2027, 1, 1))
    sale = Sale(DAY, MANHATTAN, [Item("standard", 1000)])

    free = assess(sale, TaxTable(RATES, (), [card]))
    later = assess(Sale(date(2027, 1, 1), MANHATTAN, sale.goods), TaxTable(RATES, (), [card]))
    elsewhere = assess(Sale(DAY, Place("FR"), sale.goods), TaxTable(RATES, (), [card]))

    assert (free.goods[0].tax, free.goods[0].reason, free.evidence) == (0, TaxReason.EXEMPT, "ST-119")
    assert (later.goods[0].tax, later.evidence) == (90, None)
    assert (elsewhere.goods[0].tax, elsewhere.evidence) == (167, None)


@pytest.mark.parametrize(
    ("vat_id", "seller", "destination", "reversed_"),
    [
        ("FR40303265045", "DE", "FR", True),
        ("EL094259216", "DE", "GR", True),
        ("FR40303265045", "DE", "BE", True),  # a French company, delivered in Belgium
        ("DE136695976", "DE", "FR", False),  # at home where the seller is
        ("FR40303265045", "FR", "FR", False),
        ("FR40303265045", "DE", "DE", False),  # it never leaves the seller's state
        ("GB980780684", "DE", "GB", False),  # export, no reverse charge
        ("FR40303265045", None, "FR", False),
        (None, "DE", "FR", False),
    ],
)
def test_companies_of_other_member_states_owe_the_tax_themselves(
    vat_id: str | None, seller: str | None, destination: str, *, reversed_: bool
) -> None:
    home = None if seller is None else Place(seller)

    assert reverse_charged(vat_id, home, Place(destination)) is reversed_


def test_tax_that_the_price_holds_and_nobody_owes_leaves_the_price() -> None:
    regime = Regime(seller=Place("DE"))
    sale = Sale(DAY, Place("FR"), [Item("standard", 1200)], vat_id="FR40303265045")

    (said,) = assess(sale, TaxTable(RATES, [regime])).goods

    assert (said.tax, said.relief, said.reason) == (0, 200, TaxReason.REVERSE_CHARGE)


@pytest.mark.parametrize(("rounding", "taxes"), [(Rounding.LINE, [0, 0, 0]), (Rounding.DOCUMENT, [1, 0, 0])])
def test_a_document_is_rounded_once(rounding: Rounding, taxes: list[int]) -> None:
    """Three times 0.4 is nothing per line and 1 per document."""
    rates = [TableRate("standard", Rate(40_000))]
    sale = Sale(DAY, MANHATTAN, [Item("standard", 10)] * 3)

    said = assess(sale, TaxTable(rates, [Regime(rounding=rounding)]))

    assert [one.tax for one in said.goods] == taxes


AMOUNTS = st.lists(st.integers(0, 10**7), min_size=1, max_size=20)


@given(AMOUNTS, st.integers(0, 400_000), st.booleans(), st.integers(0, 99_999))
def test_the_document_s_tax_is_that_of_its_sum_and_no_line_bears_more_than_one_unit_too_much(
    amounts: list[int],
    ppm: int,
    inclusive: bool,
    shipping: int,
) -> None:
    rate = Rate(ppm, inclusive)
    sale = Sale(DAY, MANHATTAN, [Item("standard", amount) for amount in amounts], shipping=shipping)
    regime = Regime(shipping=ShippingTax.GOODS, rounding=Rounding.DOCUMENT)

    said = assess(sale, TaxTable([TableRate("standard", rate)], [regime]))

    taxes = [one.tax for one in said.goods] + [one.tax for _, one in said.shipping]
    assert sum(taxes) == tax_of(sum(amounts) + shipping, rate)
    for amount, one in zip(amounts, said.goods, strict=True):
        assert abs(one.tax - tax_of(amount, rate)) <= 1
    assert sum(item.amount for item, _ in said.shipping) == shipping
