"""The Online Retail file: every row becomes an order line or is listed with a reason."""

import csv
import lzma
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orderwright.cli.importing import bodies, retail
from orderwright.cli.importing.places import COUNTRIES
from orderwright.cli.importing.report import explained
from orderwright.cli.importing.retail import Line, NotThatFile, Reading, Reason
from orderwright.domain import addresses
from orderwright.domain.addresses import Address

REAL = Path(__file__).parents[3] / "shared/data/online_retail_2010-12_2011-08.csv.xz"
Cells = tuple[str, ...]
Make = Callable[..., Reading]


def row(
    invoice: str,
    code: str,
    quantity: str = "1",
    price: str = "2.55",
    *,
    date: str = "2010-12-01 08:26:00",
    description: str = "WHITE LANTERN",
    customer: str = "17850",
    country: str = "United Kingdom",
) -> Cells:
    """One line of the file."""
    return (invoice, code, description, quantity, date, price, customer, country)


@pytest.fixture
def read(tmp_path: Path) -> Make:
    """Write these rows as a file of the same shape and read it."""

    def make(*cells: Cells) -> Reading:
        file = tmp_path / "small.csv.xz"
        with lzma.open(file, "wt", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([retail.COLUMNS, *cells])
        return retail.read(retail.rows(file))

    return make


def test_a_sale_keeps_its_prices_its_shipping_and_its_time(read: Make) -> None:
    reading = read(
        row("536365", "85123a", "6", "2.55", date="2011-06-01 08:26:00"),
        row("536365", "71053", "2", "0", date="2011-06-01 08:26:00"),
        row("536365", "POST", "3", "18.0", date="2011-06-01 08:26:00"),
    )

    (sale,) = reading.sales
    assert sale.lines == [Line("85123A", 6, 255), Line("71053", 2, 0)]
    assert (sale.shipping, sale.total) == (5400, 6930)
    assert sale.placed_at == datetime(2011, 6, 1, 7, 26, tzinfo=UTC)
    assert [(one.row.code, one.reason) for one in reading.listed] == [("POST", Reason.POSTAGE)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (row("C536379", "D", "-1", "27.5"), Reason.CREDIT),
        (row("A563185", "K", "1", "11062.06"), Reason.ADJUSTMENT),
        (row("536589", "21777", "-10", "0.0"), Reason.NEGATIVE_UNITS),
        (row("536414", "22139", "56", "0.0"), Reason.ZERO_TOTAL),
        (row("538175", "POST", "21", "18.0"), Reason.NO_GOODS),
        (row("536779", "BANK CHARGES", "1", "15.0"), Reason.NO_GOODS),
        (row("536365", "85123A", "six"), Reason.UNREADABLE),
        (row("536365", "85123A", "1", "Infinity"), Reason.UNREADABLE),
        (row("536365", "85123A", date="yesterday"), Reason.UNREADABLE),
        (row("536365", "85123A", country="Atlantis"), Reason.UNKNOWN_COUNTRY),
    ],
)
def test_an_invoice_that_is_no_sale_is_listed_whole(read: Make, cells: Cells, reason: Reason) -> None:
    reading = read(cells, row("536366", "71053"))

    assert [sale.invoice for sale in reading.sales] == ["536366"]
    assert [(one.row.invoice, one.reason) for one in reading.listed] == [(cells[0], reason)]


@pytest.mark.parametrize(
    ("code", "price", "reason"),
    [
        ("DOT", "569.77", Reason.POSTAGE),
        ("C2", "50.0", Reason.POSTAGE),
        ("D", "1.0", Reason.DISCOUNT),
        ("M", "1.25", Reason.MANUAL),
        ("m", "1.25", Reason.MANUAL),
        ("S", "30.0", Reason.SAMPLES),
        ("AMAZONFEE", "219.76", Reason.FEE),
        ("CRUK", "16.0", Reason.FEE),
        ("gift_0001_20", "16.67", Reason.GIFT_CARD),
        ("PADS", "0.001", Reason.NOT_PRICED),
        ("22423", "0.001", Reason.NOT_PRICED),
    ],
)
def test_a_row_that_is_no_product_is_mapped_or_listed_beside_the_sale(
    read: Make, code: str, price: str, reason: Reason
) -> None:
    reading = read(row("536365", "71053"), row("536365", code, "1", price))

    (sale,) = reading.sales
    assert [line.sku for line in sale.lines] == ["71053"]
    assert [(one.row.code, one.reason) for one in reading.listed] == [(code, reason)]


def test_free_goods_on_a_paid_invoice_are_ordered_and_those_of_a_bare_fee_are_not(read: Make) -> None:
    reading = read(
        row("1", "71053", "1", "0"), row("1", "POST", "1", "5.0"), row("2", "71053", "1", "0"), row("2", "M")
    )

    assert [(sale.invoice, sale.total) for sale in reading.sales] == [("1", 500)]
    assert [one.reason for one in reading.listed if one.row.invoice == "2"] == [Reason.ZERO_TOTAL] * 2


def test_an_invoice_that_comes_in_two_blocks_is_one_sale_and_sales_are_in_their_order_of_time(
    read: Make,
) -> None:
    reading = read(
        row("9", "A1", date="2010-12-02 10:00:00"),
        row("8", "A2", date="2010-12-01 10:00:00"),
        row("9", "A3", date="2010-12-02 10:01:00"),
    )

    assert [(sale.invoice, len(sale.lines)) for sale in reading.sales] == [("8", 1), ("9", 2)]


def test_one_code_on_two_lines_at_two_prices_stays_two_lines(read: Make) -> None:
    (sale,) = read(row("1", "71053", "1", "2.55"), row("1", "71053", "3", "2.10")).sales

    assert sale.lines == [Line("71053", 1, 255), Line("71053", 3, 210)]


def test_a_product_has_the_first_name_and_price_that_the_file_knows(read: Make) -> None:
    reading = read(
        row("1", "71053", price="0", description=""),
        row("1", "POST", price="1"),
        row("2", "71053", price="3"),
    )

    (batch,) = bodies.products(reading, reading.sales, bodies.weights(reading.sales))
    (product,) = batch["products"]
    assert (product["sku"], product["name"], product["price"]) == ("71053", "WHITE LANTERN", 300)


def test_no_made_up_weight_is_too_heavy_for_a_parcel(read: Make) -> None:
    reading = read(row("1", "A", "4300"), row("1", "K", "10"), row("2", "K", "2"), row("3", "C", "80000"))

    grams = bodies.weights(reading.sales)
    assert all(
        sum(grams[line.sku] * line.units for line in sale.lines) <= bodies.HEAVIEST_ORDER
        for sale in reading.sales
    )
    assert grams == {"A": 13, "K": 13, "C": 0}


def test_opening_stock_is_what_the_block_of_sales_needs(read: Make) -> None:
    reading = read(row("1", "A", "4"), row("1", "A", "1"), row("2", "K", "2"), row("3", "A", "9"))

    (_, first), (number, last) = bodies.chunks(reading.sales, 2)
    (receipts,) = bodies.receipts(first)
    assert [(one["sku"], one["units"]) for one in receipts["receipts"]] == [("A", 5), ("K", 2)]
    assert (number, [sale.invoice for sale in last]) == (1, ["3"])


def test_an_order_says_nobody_s_name(read: Make) -> None:
    reading = read(row("1", "A", customer="17850"), row("2", "A", customer="", country="Germany"))

    known, unknown = map(bodies.order, reading.sales)
    assert known["customer"] == {
        "name": "Customer 17850", "external_id": "online-retail-17850", "email": "customer-17850@example.com",
    }  # fmt: skip
    assert unknown["customer"] == {"name": "A customer without a number"}
    assert (unknown["ship_to"]["country"], unknown["external_id"]) == ("DE", "2")


@pytest.mark.parametrize("name", sorted(COUNTRIES))
def test_every_made_up_address_can_be_delivered_to(name: str) -> None:
    place = COUNTRIES[name]
    address = Address(
        "Customer 1", f"1 {place.street}", place.city, place.postal_code, place.code, region=place.region
    )

    assert addresses.problems(address) == []


def test_rows_past_the_limit_are_counted_as_not_reached(read: Make) -> None:
    from orderwright.cli.importing.placing import Tally  # noqa: PLC0415 - only here

    reading = read(row("1", "A"), row("C2", "A", "-1"), row("3", "K"), row("C4", "A", "-1"), row("5", "A"))

    listed = explained(reading, Tally(), 2)

    assert [(one.row.invoice, one.reason) for one in listed] == [
        ("C2", Reason.CREDIT), ("C4", Reason.NOT_REACHED), ("5", Reason.NOT_REACHED),
    ]  # fmt: skip


def test_another_file_is_refused_with_a_word(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")

    with pytest.raises(NotThatFile, match="does not begin with InvoiceNo"):
        list(retail.rows(other))


@pytest.mark.skipif(not REAL.exists(), reason="the real file is not on this machine")
def test_the_real_file_holds_what_the_issue_says() -> None:
    first: list[retail.Row] = []
    invoices: dict[str, None] = {}
    for one in retail.rows(REAL):
        invoices.setdefault(one.invoice)
        if len(invoices) > 560:
            break
        first.append(one)

    reading = retail.read(first)

    def of(reason: Reason) -> int:
        return len({one.row.invoice for one in reading.listed if one.reason is reason})

    doubled = [sale for sale in reading.sales if len({line.sku for line in sale.lines}) < len(sale.lines)]
    assert of(Reason.CREDIT) == 49
    assert of(Reason.NEGATIVE_UNITS) == 30
    assert of(Reason.NEGATIVE_UNITS) + of(Reason.ZERO_TOTAL) == 45
    assert len(doubled) == 74
    assert max(len(sale.rows) + sum(one.row.invoice == sale.invoice for one in reading.listed)
               for sale in reading.sales) == 597  # fmt: skip
    assert len(first) == sum(len(sale.rows) for sale in reading.sales) + len(reading.listed)


def test_stock_is_spread_over_one_to_three_of_several_locations_the_same_way_each_time(read: Make) -> None:
    reading = read(*(row("536365", f"{code}", "6") for code in range(70000, 70200)))

    batches = [list(bodies.receipts(reading.sales, locations=5)) for _ in range(2)]
    alone = [entry for body in bodies.receipts(reading.sales) for entry in body["receipts"]]

    spread: dict[str, list[str]] = {}
    for entry in [entry for body in batches[0] for entry in body["receipts"]]:
        assert entry["units"] == 6
        spread.setdefault(entry["sku"], []).append(entry["location"])
    known = {location["code"] for location in bodies.LOCATIONS}
    assert batches[0] == batches[1]
    assert {len(set(places)) for places in spread.values()} == {1, 2, 3}
    assert {place for places in spread.values() for place in places} == known
    assert 150 < sum("RETAIL" in places for places in spread.values()) < 200
    assert {entry["location"] for entry in alone} == {"RETAIL"}
