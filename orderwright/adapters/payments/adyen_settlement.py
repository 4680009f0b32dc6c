"""Adyen's Settlement details report as CSV, read line by line.

Source of the columns: https://docs.adyen.com/reporting/settlement-reconciliation/transaction-level/settlement-details-report
"""

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from io import StringIO

from orderwright.domain.books.reconciliation import MovementKind
from orderwright.domain.books.settlement import SettlementLine
from orderwright.domain.failures import Invalid, InvalidAmount
from orderwright.domain.money import Money

COSTS = ("Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)")
NEEDED = (
    "Merchant Account", "Psp Reference", "Type", "Modification Reference", "Gross Currency",
    "Gross Debit (GC)", "Gross Credit (GC)", "Net Currency", "Net Debit (NC)", "Net Credit (NC)", *COSTS,
    "Batch Number",
)  # fmt: skip
"""Amounts are in major units, of the charge's currency (GC) or the payout's (NC); costs are the latter."""

_KINDS = {
    "Settled": MovementKind.CHARGE,
    "Refunded": MovementKind.REFUND,
    "Chargeback": MovementKind.DISPUTE,
    "SecondChargeback": MovementKind.DISPUTE,
    "ChargebackReversed": MovementKind.DISPUTE,
    "Fee": MovementKind.FEE,
    "MiscCosts": MovementKind.FEE,
    "InvoiceDeduction": MovementKind.FEE,
    "MerchantPayout": MovementKind.PAYOUT,
}
_OURS = frozenset({MovementKind.FEE, MovementKind.PAYOUT})
"""Without a payment, and so often without a gross amount."""


class AdyenSettlements:
    """A batch is what a payout is made of. Lines bear no id: type, payment, change and batch make one."""

    def read(self, text: str) -> Sequence[SettlementLine]:
        """Raises Invalid, naming the columns that are not there."""
        rows = csv.DictReader(StringIO(text.removeprefix("\ufeff")))
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise Invalid(f"no settlement details report: it lacks {', '.join(missing)}")
        try:
            return [_line(rows.line_num, row) for row in rows]
        except csv.Error as broken:
            raise Invalid(f"line {rows.line_num} is no CSV: {broken}") from None


def _line(number: int, row: Mapping[str, str | None]) -> SettlementLine:
    said = {name: (row.get(name) or "").strip() for name in NEEDED}
    category, payment, change = said["Type"], said["Psp Reference"], said["Modification Reference"]
    batch = f"{said['Merchant Account']}/{said['Batch Number']}" if said["Batch Number"] else ""
    kind = _KINDS.get(category, MovementKind.OTHER)
    currency = said["Net Currency"].upper()
    gross, fee, net, unreadable = _amounts(said, kind, currency)
    if not (category and batch):
        unreadable = unreadable or "it has no type or no batch"
    return SettlementLine(
        number, "/".join((category, payment, change, batch)), kind, category, Money(gross, currency), fee,
        net, change, payment, batch, unreadable,
    )  # fmt: skip


def _amounts(said: Mapping[str, str], kind: MovementKind, currency: str) -> tuple[int, int, int, str]:
    """Gross, costs and net in minor units, and why they cannot be read."""
    charged = said["Gross Currency"].upper()
    try:
        net = _of(said, "Net Credit (NC)", currency) - _of(said, "Net Debit (NC)", currency)
        fee = sum(_of(said, name, currency) for name in COSTS)
        if kind in _OURS:
            return net, 0, net, ""
        if charged != currency:
            return net + fee, fee, net, f"charged in {charged or 'no currency'} and settled in {currency}"
        gross = _of(said, "Gross Credit (GC)", currency) - _of(said, "Gross Debit (GC)", currency)
    except (InvalidOperation, InvalidAmount):
        return 0, 0, 0, "its amounts are no amounts of its currency"
    return gross, fee, net, "" if gross - fee == net else "gross less costs is not net"


def _of(said: Mapping[str, str], name: str, currency: str) -> int:
    return Money.of(Decimal(said[name] or "0"), currency).amount
