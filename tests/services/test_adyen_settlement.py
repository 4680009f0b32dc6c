"""Adyen's settlement details report against our rows: fees, payouts, disputes, money without an order."""

import csv
import io
from uuid import UUID

import pytest

from orderwright.adapters.payments.adyen_settlement import COSTS, NEEDED, AdyenSettlements
from orderwright.domain.failures import Invalid
from orderwright.reporting import books
from orderwright.services.reconciliation import settlement
from orderwright.services.reconciliation.settlement import Settled
from tests.services.test_disputing import OPENED, on, told
from tests.services.test_giving_back import ask, paid, refunds, settle
from tests.shop import Shop

Row = dict[str, str]


def row(kind: str, payment: str = "", change: str = "", gross: str = "", net: str = "", **more: str) -> Row:
    """One line: amounts in euros, debits below zero."""
    said = {name: value for name, value in (("Gross", gross), ("Net", net)) if value}
    debit = {name: value[1:] for name, value in said.items() if value[0] == "-"}
    credit = {name: value for name, value in said.items() if value[0] != "-"}
    amounts = {
        **{f"{name} Debit ({name[0]}C)": value for name, value in debit.items()},
        **{f"{name} Credit ({name[0]}C)": value for name, value in credit.items()},
    }
    return {
        "Merchant Account": "ShopCOM", "Psp Reference": payment, "Type": kind, "Batch Number": "7",
        "Modification Reference": change, "Gross Currency": "EUR" if gross else "", "Net Currency": "EUR",
        **amounts, **more,
    }  # fmt: skip


def read(*rows: Row) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, ("Company Account", *NEEDED), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


async def settled(shop: Shop, *rows: Row) -> Settled:
    lines = AdyenSettlements().read(read(*rows))
    return await shop.do(lambda session: settlement.settle(session, lines))


async def charged(shop: Shop) -> tuple[UUID, str]:
    """An order of 15.00, and how the provider calls its payment."""
    order_id = await paid(shop, ("MUG", 1))
    (payment,) = await shop.payments(order_id)
    return order_id, payment.reference or ""


async def test_a_batch_is_matched_and_its_costs_and_payout_are_booked_once(shop: Shop) -> None:
    order_id, psp = await charged(shop)
    await ask(shop, order_id, amount=500)
    await settle(shop, order_id)
    (refund,) = await refunds(shop, order_id)
    costs = dict(zip(COSTS, ("", "0.10", "0.05", "0.20"), strict=True))
    rows = [
        row("Settled", psp, "CAP1", "15.00", "14.65", **costs),
        row("Refunded", psp, refund.reference or "", "-5.00", "-5.00"),
        row("Fee", change="Transaction Fees October", net="-0.40"),
        row("MerchantPayout", change="TX7", net="-9.25"),
    ]

    done = [await settled(shop, *rows) for _ in range(2)]

    assert [(one.lines, one.matched, one.booked, list(one.unmatched)) for one in done] == [
        (4, 4, 3, []), (4, 4, 0, [])
    ]  # fmt: skip
    assert [await on(shop, one) for one in ("bank", "payment_fees", "clearing")] == [925, 75, 0]
    assert await shop.count("SELECT count(*) FROM ledger_transactions WHERE source = 'payout/ShopCOM/7'") == 1
    assert books.off(await shop.do(books.trial)) == {}


async def test_every_line_that_does_not_match_is_listed_with_its_reason(shop: Shop) -> None:
    order_id, psp = await charged(shop)
    await told(shop, order_id, OPENED)
    rows = [
        row("Settled", psp, "CAP1", "15.00", "15.00"),
        row("Chargeback", psp, "D1", "-15.00", "-15.00"),
        row("Settled", "STRANGER", "CAP2", "42.00", "42.00"),
        row("Settled", psp, "CAP1", "15.00", "15.00"),
        row("Settled", psp, "CAP3", "1.00", "1.00"),
        row("Refunded", psp, "REF9", "-1.00", "-1.00"),
        row("Chargeback", psp, "D2", "-2.00", "-2.00"),
        row("DepositCorrection", change="d", gross="1.00", net="1.00"),
        row("Settled", psp, "CAP4", "15.00", "14.00", **{"Batch Number": "8"}),
        row("Settled", psp, "CAP5", "15.00", "16.00", **{"Batch Number": "8", "Gross Currency": "USD"}),
        row("Settled", psp, "CAP6", "1.005", "1.005", **{"Batch Number": "8"}),
        row("Settled", psp, "CAP7", "1.00", "1.00", **{"Batch Number": ""}),
    ]

    done = await settled(shop, *rows)

    assert [(one.line, one.reason) for one in done.unmatched] == [
        (4, "we know no payment STRANGER"),
        (5, "the same movement is on line 2"),
        (6, f"we took 15.00 EUR with {psp}, not 1.00 EUR"),
        (7, "we know no refund REF9"),
        (8, f"we know no dispute of 2.00 EUR about {psp}"),
        (9, "what DepositCorrection means to our books is for a person to say"),
        (10, "gross less costs is not net"),
        (11, "charged in USD and settled in EUR"),
        (12, "its amounts are no amounts of its currency"),
        (13, "it has no type or no batch"),
        (0, "not booked: not all of its lines are readable"),
    ]
    assert (done.lines, done.matched) == (12, 2)


def test_another_file_is_refused_with_the_columns_it_lacks() -> None:
    with pytest.raises(Invalid, match=r"it lacks Merchant Account, Psp Reference, Type"):
        AdyenSettlements().read("currency,fee,net\neur,1,1\n")
