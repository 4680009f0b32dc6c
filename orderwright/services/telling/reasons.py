"""Why did an order end, as far as its customer is told? The words are each language's own."""

from orderwright.domain.orders import CancelState, OrderState

# What says too much (risk, fraud, who decided) is not in here on purpose: it gets the words of the state.
_KINDS = {
    "address": "address", "address_undeliverable": "address", "address_deadline": "address",
    "payment": "payment", "payment_declined": "payment", "payment_deadline": "payment",
    "payment_action_required": "payment",
    "stock": "stock", "nothing_in_stock": "stock", "stock_deadline": "stock",
    "out_of_stock": "stock", "not_in_time": "stock",
    "unroutable": "shipping", "routing": "shipping", "routing_deadline": "shipping",
    "not_collected": "not_collected",
    "carrier": "shipping", "carrier_deadline": "shipping",
}  # fmt: skip


def told(state: OrderState, cancel: CancelState, code: str) -> str:
    """A key of `because_of` in the words. Unknown codes and typed reasons are not repeated."""
    if (known := _KINDS.get(code.strip().lower())) is not None:
        return known
    if state is OrderState.EXPIRED:
        return "late"
    return "asked" if cancel is CancelState.ACCEPTED else ""
