"""The invoice and receipt of the proven order, and what may be wrong with such papers."""

from collections.abc import Callable
from datetime import date
from typing import Any

from orderwright.persistence import tables as t

INVOICE = "INV-2026-000001"
MEMO = "CRM-2026-000001"
_CREDITED = [
    "INSERT INTO refunds (id, order_id, payment_id, amount, currency, state, reason) "
    "SELECT gen_random_uuid(), order_id, id, 1000, 'GBP', 'succeeded', 'broken' FROM payments",
]
PLANTED = {
    "every captured part has its invoice, for the same amount and tax": ["UPDATE billed_parts SET tax = 416"],
    "an invoice bills its parts, and nothing else": [
        "UPDATE money_documents SET net = 1, total = 418 WHERE kind = 'invoice'"
    ],
    "every refund that was given has its credit memo, for the same amount": _CREDITED,
    "no more is credited than was billed, of net and of tax": [
        *_CREDITED,
        "INSERT INTO money_documents (id, kind, number, series, year, nth, order_id, refund_id, currency, "
        "net, tax, total, issued_on, content) SELECT gen_random_uuid(), 'credit_memo', 'CRM-2026-000001', "
        "'CRM', 2026, 1, order_id, id, 'GBP', 582, 418, 1000, '2026-01-01', '{}' FROM refunds",
    ],
    "documents are numbered without a gap in every series and year": [
        "UPDATE document_numbers SET last = 2 WHERE kind = 'INV-2026'"
    ],
    "a document's total is the sum of its lines and their tax": [
        "UPDATE money_documents SET content = jsonb_set(content, '{lines,0,tax}', '418') "
        "WHERE kind = 'invoice'"
    ],
}


def fill(add: Callable[..., Any], order: Any, payment: Any, part: Any) -> None:
    """Any: ids. One invoice of 30.00 for the part, one receipt for the payment."""
    lines = [{"net": 2083, "tax": 417}, {"net": 500, "tax": 0}]
    for kind, series, of in (("invoice", "INV", {}), ("receipt", "RCT", {"payment_id": payment})):
        number = f"{series}-2026-000001"
        document = add(
            t.MoneyDocument, kind=kind, number=number, series=series, year=2026, nth=1, order_id=order,
            currency="GBP", net=2583, tax=417, total=3000, issued_on=date(2026, 1, 1),
            content={"number": number, "lines": lines}, **of,
        )  # fmt: skip
        add(t.DocumentNumber, kind=f"{series}-2026", last=1)
        if kind == "invoice":
            add(t.BilledPart, fulfillment_id=part, document_id=document, amount=3000, tax=417)
