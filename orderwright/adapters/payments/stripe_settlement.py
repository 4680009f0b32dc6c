"""Stripe's itemized payout reconciliation report as CSV, read line by line.

Source of the columns: https://docs.stripe.com/reports/report-types/payout-reconciliation
"""

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from io import StringIO

from orderwright.domain.books.reconciliation import MovementKind
from orderwright.domain.books.settlement import SettlementLine
from orderwright.domain.failures import Invalid, InvalidAmount
from orderwright.domain.money import Money

NEEDED = (
    "automatic_payout_id", "balance_transaction_id", "currency", "gross", "fee", "net", "reporting_category",
    "source_id", "payment_intent_id",
)  # fmt: skip
"""Amounts are in major units; `payment_intent_id` is a column that has to be chosen when it is downloaded."""

FACING = ("customer_facing_amount", "customer_facing_currency")
"""Beside them where the account keeps another currency than customers pay in."""

# Source: https://docs.stripe.com/reports/reporting-categories
_KINDS = {
    "charge": MovementKind.CHARGE,
    "refund": MovementKind.REFUND,
    "partial_capture_reversal": MovementKind.REFUND,
    "dispute": MovementKind.DISPUTE,
    "dispute_reversal": MovementKind.DISPUTE,
    "fee": MovementKind.FEE,
    "network_cost": MovementKind.FEE,
    "payout": MovementKind.PAYOUT,
}


class StripeSettlements:
    """Version 5 of the report, and the older ones that have the same columns."""

    def read(self, text: str) -> Sequence[SettlementLine]:
        """Raises Invalid, naming the columns that are not there."""
        rows = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise Invalid(f"no itemized payout reconciliation report: it lacks {', '.join(missing)}")
        try:
            return [_line(rows.line_num, row) for row in rows]
        except csv.Error as broken:
            raise Invalid(f"line {rows.line_num} is no CSV: {broken}") from None


def _line(number: int, row: Mapping[str, str | None]) -> SettlementLine:
    said = {name: (row.get(name) or "").strip() for name in (*NEEDED, *FACING)}
    currency, category = said["currency"].upper(), said["reporting_category"]
    unreadable, exchanged = "", None
    amounts = [0, 0, 0]
    try:
        amounts = [Money.of(Decimal(said[name]), currency).amount for name in ("gross", "fee", "net")]
        exchanged = _exchanged(said, currency, amounts[0])
    except (InvalidOperation, InvalidAmount):
        unreadable = "its amounts are no amounts of its currency"
    gross, fee, net = amounts
    if not unreadable and gross - fee != net:
        unreadable = "gross less fee is not net"
    return SettlementLine(
        number, said["balance_transaction_id"], _KINDS.get(category, MovementKind.OTHER), category,
        Money(gross, currency), fee, net, said["source_id"], said["payment_intent_id"],
        said["automatic_payout_id"], unreadable or ("" if said["balance_transaction_id"] else "it has no id"),
        exchanged,
    )  # fmt: skip


def _exchanged(said: Mapping[str, str], currency: str, gross: int) -> Money | None:
    """With the sign of `gross`, whichever way the report puts it. Raises InvalidAmount, InvalidOperation."""
    amount, paid_in = (said[name] for name in FACING)
    if not amount or paid_in.upper() in {"", currency}:
        return None
    before = Money.of(abs(Decimal(amount)), paid_in.upper())
    return before if gross > 0 else before * -1
