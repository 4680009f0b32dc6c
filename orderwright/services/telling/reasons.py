"""Why did an order end, in words for its customer?"""

from orderwright.domain.orders import CancelState, OrderState

_ADDRESS = "we could not deliver to the address you gave us"
_PAYMENT = "we did not receive a valid payment for it"
_STOCK = "an item you ordered is no longer available"
_SHIPPING = "we could not find a way to ship it to you"
_ASKED = "we were asked to cancel it"
_LATE = "it could not be completed in time"

# What says too much (risk, fraud, who decided) is not in here on purpose: it gets the words of the state.
_WORDS = {
    "address": _ADDRESS, "address_undeliverable": _ADDRESS, "address_deadline": _ADDRESS,
    "payment": _PAYMENT, "payment_declined": _PAYMENT, "payment_deadline": _PAYMENT,
    "payment_action_required": _PAYMENT,
    "stock": _STOCK, "nothing_in_stock": _STOCK, "stock_deadline": _STOCK,
    "out_of_stock": _STOCK, "not_in_time": _STOCK,
    "unroutable": _SHIPPING, "routing": _SHIPPING, "routing_deadline": _SHIPPING,
    "not_collected": "it was not collected in time",
    "carrier": _SHIPPING, "carrier_deadline": _SHIPPING,
}  # fmt: skip


def in_words(state: OrderState, cancel: CancelState, code: str) -> str:
    """A half sentence after "because". Unknown codes and typed reasons are not repeated to the customer."""
    if (known := _WORDS.get(code.strip().lower())) is not None:
        return known
    if state is OrderState.EXPIRED:
        return _LATE
    if cancel is CancelState.ACCEPTED:
        return _ASKED
    return ""
