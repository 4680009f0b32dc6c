"""Credits of the Online Retail file: the refund of an earlier sale, or listed as before."""

import random
from collections import Counter
from pathlib import Path

import pytest

from orderwright.cli.importing import credits, retail
from orderwright.cli.importing.retail import Reading, Reason, Row

REAL = Path(__file__).parents[3] / "shared/data/online_retail_2010-12_2011-08.csv.xz"


def row(
    invoice: str,
    units: int,
    *,
    day: int = 1,
    code: str = "71053",
    price: str = "2.55",
    customer: str = "17850",
) -> Row:
    """One line of the file, of December 2010."""
    date = f"2010-12-{day:02} 08:26:00"
    return Row(2, invoice, code, "LANTERN", str(units), date, price, customer, "United Kingdom")


def found(*rows: Row, any_price: bool = False) -> tuple[list[credits.Credit], list[Reason]]:
    """The credits, and why each listed row is no order line."""
    reading = retail.read(rows)
    given, listed = credits.matched(reading.sales, reading.listed, any_price=any_price)
    return given, [one.reason for one in listed]


def test_a_credit_takes_units_of_the_earlier_sale() -> None:
    given, reasons = found(row("536365", 6), row("C536379", -2, day=3))

    assert given == [credits.Credit("C536379", "536365", Counter({0: 2}), 510)]
    assert reasons == [Reason.GIVEN_BACK]


def test_the_newest_sale_gives_first_and_what_it_lacks_the_one_before() -> None:
    given, reasons = found(
        row("536365", 6), row("536366", 3, day=2), row("536367", 9, day=5), row("C536379", -5, day=3)
    )

    assert [(one.sale, dict(one.units), one.amount) for one in given] == [
        ("536366", {0: 3}, 765), ("536365", {0: 2}, 510),
    ]  # fmt: skip
    assert reasons == [Reason.GIVEN_BACK]


def test_a_product_on_two_lines_gives_from_both() -> None:
    given, _ = found(row("536365", 2), row("536365", 3), row("C536379", -4, day=3))

    assert given == [credits.Credit("C536379", "536365", Counter({1: 3, 0: 1}), 1020)]


@pytest.mark.parametrize(
    "credit",
    [
        row("C536379", -7, day=3),
        row("C536379", -2, day=1, customer="17851"),
        row("C536379", -2, day=3, price="2.54"),
        row("C536379", -2, day=3, code="71054"),
        row("C536379", -2, day=3, customer=""),
        row("C536379", 2, day=3),
        row("C536379", -1, day=3, code="D", price="27.5"),
    ],
    ids=[
        "too many",
        "another customer",
        "another price",
        "another product",
        "nobody",
        "no credit",
        "discount",
    ],
)
def test_what_no_earlier_sale_has_whole_stays_listed(credit: Row) -> None:
    given, reasons = found(row("536365", 6), row("536366", 6, customer=""), credit)

    assert given == []
    assert reasons == [Reason.CREDIT]


def test_what_was_sold_later_is_not_given_back() -> None:
    given, _ = found(row("C536365", -2, day=1), row("536379", 6, day=3))

    assert given == []


def test_no_more_is_given_back_than_was_sold_whatever_comes() -> None:
    dice = random.Random(7)
    rows = [row(f"5{number}", dice.randint(1, 5), day=dice.randint(1, 9)) for number in range(20)]
    rows += [row(f"C5{number}", -dice.randint(1, 5), day=dice.randint(1, 28)) for number in range(40)]
    reading = retail.read(rows)

    given, listed = credits.matched(reading.sales, reading.listed)

    sold = {sale.invoice: sale.units for sale in reading.sales}
    back = Counter[str]()
    for credit in given:
        back[credit.sale] += credit.units.total()
    assert all(units <= sold[sale] for sale, units in back.items())
    taken = sum(-int(one.row.quantity) for one in listed if one.reason is Reason.GIVEN_BACK)
    assert back.total() == taken > 0


def test_where_no_sale_has_the_price_another_price_will_do_once_all_others_had_their_turn() -> None:
    rows = row("536365", 3, price="2.10"), row("536366", 3, day=2)
    credits_ = row("C536379", -3, day=3, price="1.95"), row("C536380", -3, day=4)

    strict, _ = found(*rows, *credits_)
    given, reasons = found(*rows, *credits_, any_price=True)

    assert [(one.name, one.amount) for one in strict] == [("C536380/536366", 765)]
    assert [(one.name, dict(one.units), one.amount) for one in given] == [
        ("C536380/536366", {0: 3}, 765), ("C536379/536365", {0: 3}, 585),
    ]  # fmt: skip
    assert reasons == [Reason.GIVEN_BACK, Reason.GIVEN_BACK]


def test_two_rows_of_one_credit_are_one_credit_of_the_sale() -> None:
    given, _ = found(
        row("536365", 6), row("536365", 2, code="22752", price="7.65"),
        row("C536379", -1, day=3), row("C536379", -2, day=3),
        row("C536379", -2, day=3, code="22752", price="7.65"),
    )  # fmt: skip

    assert given == [credits.Credit("C536379", "536365", Counter({0: 3, 1: 2}), 2295)]


@pytest.mark.parametrize(
    ("credit", "reason"),
    [
        (row("C536379", -7, day=3), Reason.MORE_THAN_BOUGHT),
        (row("C536379", -1, day=3, code="22752"), Reason.NEVER_BOUGHT),
        (row("C536379", -1, day=3, code="84879"), Reason.BOUGHT_LATER),
        (row("C536379", -1, day=3, customer="17851"), Reason.BEFORE_THE_FILE),
        (row("C536379", -1, day=3, customer="13047"), Reason.BEFORE_THE_FILE),
        (row("C536379", -1, day=3, customer=""), Reason.NO_CUSTOMER),
        (row("C536379", -1, day=3, code="POST", price="18"), Reason.POSTAGE_BACK),
        (row("C536379", -1, day=3, code="D", price="27.5"), Reason.DISCOUNT),
        (row("C536379", -1, day=3, code="M", price="3.49"), Reason.MANUAL),
        (row("C536379", -1, day=3, code="S", price="3.70"), Reason.SAMPLES),
        (row("C536379", -1, day=3, code="AMAZONFEE", price="17.21", customer=""), Reason.FEE),
        (row("C536379", -1, day=3, code="BANK CHARGES", price="37.54"), Reason.FEE),
        (row("C536379", -1, day=3, price="2.553"), Reason.NOT_PRICED),
        (row("C536379", -1, day=3, price="dear"), Reason.UNREADABLE),
    ],
)
def test_a_credit_that_belongs_to_no_sale_says_why(credit: Row, reason: Reason) -> None:
    later = row("536400", 5, day=9, code="84879"), row("536401", 5, day=9, customer="13047")
    reading = retail.read([row("536365", 6), *later, credit])

    given, listed = credits.matched(reading.sales, reading.listed, any_price=True)
    explained = credits.explained(reading.sales, listed)

    assert given == []
    assert [one.reason for one in explained] == [reason]


@pytest.mark.skipif(not REAL.exists(), reason="the data set is not beside the checkout")
def test_nearly_half_of_the_real_files_first_credits_find_their_sale() -> None:
    reading = retail.read(retail.rows(REAL))
    last = max(row.number for sale in reading.sales[:2000] for row in sale.rows)
    begun = [one for one in reading.listed if one.row.number <= last]

    given, listed = credits.matched(reading.sales[:2000], begun)

    reasons = Counter(one.reason for one in listed)
    assert reasons[Reason.GIVEN_BACK] > 400
    assert (
        reasons[Reason.GIVEN_BACK] + reasons[Reason.CREDIT]
        == Counter(one.reason for one in begun)[Reason.CREDIT]
    )
    assert all(credit.amount > 0 for credit in given)


def test_a_reading_without_credits_stays_as_it_was() -> None:
    reading: Reading = retail.read([row("536365", 6), row("536366", -1, code="D", price="0")])

    assert credits.matched(reading.sales, reading.listed) == ([], reading.listed)
