"""Names that live in histories for years: workflows, signals, search attributes."""

from uuid import UUID

ORDER = "Order"
RETURN = "Return"
ORDER_SWEEP = "OrderSweep"
RESERVATION_SWEEP = "ReservationSweep"
STOCK_RECONCILIATION = "StockReconciliation"
PAYMENT_RECONCILIATION = "PaymentReconciliation"
DELIVERY_SWEEP = "DeliverySweep"
INSTRUMENT_SWEEP = "InstrumentSweep"
DISPUTE_SWEEP = "DisputeSweep"

WAKE = "wake"
APPROVE = "approve"
REJECT = "reject"
CANCEL = "cancel"

ORDER_STATE = "OrderState"
CHANNEL = "Channel"
NEEDS_PERSON = "NeedsPerson"


def order_workflow(order_id: UUID) -> str:
    """The workflow id of an order: where its run is found in the Temporal UI."""
    return f"order/{order_id}"


def return_workflow(return_id: UUID) -> str:
    """The same of a return."""
    return f"return/{return_id}"
