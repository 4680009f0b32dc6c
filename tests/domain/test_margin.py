"""What an order earns, shared by its lines to the last minor unit."""

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.books.margin import MarginBy, OrderCosts, ShippedLine, margins

MUG = ShippedLine("ORD-1", "C-1", 1, "MUG", "GBP", units=2, revenue=2000, cost=800)
CUP = ShippedLine("ORD-1", "C-1", 2, "CUP", "GBP", units=1, revenue=1000, cost=0, unknown=1)
OTHER = ShippedLine("ORD-2", "C-1", 1, "MUG", "GBP", units=1, revenue=1000, cost=400)
COSTS = {"ORD-1": OrderCosts(shipping=400, labels=301, fees=121, refunds=500, other_labels={"USD": 900})}


def test_an_order_earns_its_revenue_less_its_costs() -> None:
    first, second = margins([MUG, CUP, OTHER], COSTS, MarginBy.ORDER)

    assert (first.key, first.revenue, first.product_cost, first.label_cost) == ("ORD-1", 3400, 800, 301)
    assert (first.fees, first.refunds, first.margin) == (121, 500, 1678)
    assert (first.complete, first.unknown_units, first.other_labels) == (False, 1, {"USD": 900})
    assert (second.key, second.margin, second.complete) == ("ORD-2", 600, True)


def test_what_belongs_to_the_order_is_shared_by_revenue() -> None:
    mug, cup = margins([MUG, CUP], COSTS, MarginBy.LINE)

    assert (mug.key, mug.revenue, mug.label_cost, mug.fees, mug.refunds) == (
        "ORD-1/1 MUG",
        2267,
        201,
        81,
        333,
    )
    assert (cup.key, cup.revenue, cup.label_cost, cup.fees, cup.refunds) == (
        "ORD-1/2 CUP",
        1133,
        100,
        40,
        167,
    )


def test_products_and_customers_are_sums_over_orders() -> None:
    products = margins([MUG, CUP, OTHER], COSTS, MarginBy.PRODUCT)
    (customer,) = margins([MUG, CUP, OTHER], COSTS, MarginBy.CUSTOMER)

    assert [(one.key, one.units) for one in products] == [("CUP", 1), ("MUG", 3)]
    assert (customer.key, customer.margin) == ("C-1", 2278)


def test_two_currencies_are_never_one_sum() -> None:
    euros = ShippedLine("ORD-3", "C-1", 1, "MUG", "EUR", units=1, revenue=900, cost=300)

    found = margins([MUG, euros], {}, MarginBy.PRODUCT)

    assert [(one.currency, one.margin) for one in found] == [("EUR", 600), ("GBP", 1200)]


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=8),
    st.builds(OrderCosts, *(st.integers(0, 10**6) for _ in range(4))),
)
def test_lines_sum_up_to_their_order_exactly(revenues: list[int], costs: OrderCosts) -> None:
    lines = [ShippedLine("O", "C", n, f"S{n}", "JPY", 1, r, r // 2) for n, r in enumerate(revenues, 1)]

    by_line = margins(lines, {"O": costs}, MarginBy.LINE)
    (whole,) = margins(lines, {"O": costs}, MarginBy.ORDER)

    for figure in ("revenue", "product_cost", "label_cost", "fees", "refunds", "margin"):
        assert sum(getattr(one, figure) for one in by_line) == getattr(whole, figure)
