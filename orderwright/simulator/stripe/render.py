"""Small kept records -> Stripe's full objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from orderwright.simulator.types import Json

NOT_RAISABLE = frozenset({"pm_card_jcb", "pm_card_diners"})
"""Test cards of networks that raise no authorization."""
CARD_EMPTY: Json = {"brand": "visa", "country": "US", "exp_month": 12, "exp_year": 2034, "funding": "credit"}


def intent(pay: Json, expand: Collection[str] = ()) -> Json:
    """A payment_intent; `latest_charge` in full where it is to be expanded."""
    has_charge = bool(pay.get("charge"))
    return {
        "id": pay["id"],
        "object": "payment_intent",
        "amount": pay["amount"],
        "amount_capturable": pay["capturable"],
        "amount_details": {"tip": {}},
        "amount_received": pay["captured"],
        "application": None,
        "automatic_payment_methods": None,
        "canceled_at": pay.get("canceled_at"),
        "cancellation_reason": pay.get("cancellation_reason"),
        "capture_method": pay["capture_method"],
        "client_secret": pay["client_secret"],
        "confirmation_method": "automatic",
        "created": pay["created"],
        "currency": pay["currency"],
        "customer": pay.get("customer"),
        "description": pay.get("description"),
        "last_payment_error": pay.get("last_error"),
        "latest_charge": (charge(pay) if "latest_charge" in expand else pay["charge"])
        if has_charge
        else None,
        "livemode": False,
        "metadata": pay["metadata"],
        "next_action": pay.get("next_action"),
        "payment_method": pay.get("payment_method"),
        "payment_method_options": {
            "card": {
                "request_three_d_secure": "automatic",
                **({"request_incremental_authorization": "if_available"} if pay.get("incremental") else {}),
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": pay.get("receipt_email"),
        "setup_future_usage": pay.get("setup_future_usage"),
        "shipping": None,
        "statement_descriptor": pay.get("statement_descriptor"),
        "status": pay["status"],
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(pay: Json) -> Json:
    """The intent's latest charge, with capture_before while it is authorized."""
    is_multicapture = bool(pay.get("multicapture"))
    is_raisable = bool(pay.get("incremental")) and pay.get("card") not in NOT_RAISABLE
    card = {
        **CARD_EMPTY,
        "last4": "4242",
        "incremental_authorization": {"status": "available" if is_raisable else "unavailable"},
        "multicapture": {"status": "available" if is_multicapture else "unavailable"},
        "overcapture": {"maximum_amount_capturable": pay["amount"], "status": "unavailable"},
    }
    if pay.get("capture_before"):
        card["capture_before"] = pay["capture_before"]
    is_captured = pay["captured"] > 0
    return {
        "id": pay["charge"],
        "object": "charge",
        "amount": pay["amount"],
        "amount_captured": pay["captured"],
        "amount_refunded": pay["refunded"],
        "balance_transaction": pay.get("txn") if is_captured else None,
        "captured": is_captured,
        "created": pay["created"],
        "currency": pay["currency"],
        "customer": pay.get("customer"),
        "description": pay.get("description"),
        "disputed": bool(pay.get("dispute")),
        "failure_code": None,
        "livemode": False,
        "metadata": pay["metadata"],
        "outcome": {"network_status": "approved_by_network", "risk_level": "normal", "type": "authorized"},
        "paid": True,
        "payment_intent": pay["id"],
        "payment_method": pay.get("payment_method"),
        "payment_method_details": {"card": card, "type": "card"},
        "receipt_email": pay.get("receipt_email"),
        "refunded": is_captured and pay["refunded"] >= pay["captured"],
        "status": "succeeded",
    }


def customer(found: Json) -> Json:
    """A customer."""
    return {
        "id": found["id"],
        "object": "customer",
        "created": found["created"],
        "email": None,
        "livemode": False,
        "metadata": found["metadata"],
        "name": None,
    }


def method(found: Json) -> Json:
    """A card that is, or was, kept for a customer."""
    return {
        "id": found["id"],
        "object": "payment_method",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "card": {**CARD_EMPTY, "last4": "4242"},
        "created": found["created"],
        "customer": found["customer"],
        "livemode": False,
        "metadata": {},
        "type": "card",
    }


def refund(back: Json) -> Json:
    """A refund."""
    return {
        "id": back["id"],
        "object": "refund",
        "amount": back["amount"],
        "balance_transaction": back.get("txn"),
        "charge": back["charge"],
        "created": back["created"],
        "currency": back["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "failure_reason": back.get("failure_reason"),
        "metadata": back["metadata"],
        "payment_intent": back["payment_intent"],
        "reason": back.get("reason"),
        "receipt_number": None,
        "status": back["status"],
    }


def dispute(found: Json, txns: Iterable[Json] = ()) -> Json:
    """A dispute, with what it moved of the balance."""
    return {
        "id": found["id"],
        "object": "dispute",
        "amount": found["amount"],
        "balance_transactions": [transaction(txn) for txn in txns],
        "charge": found["charge"],
        "created": found["created"],
        "currency": found["currency"],
        "enhanced_eligibility_types": [],
        "evidence": found.get("evidence") or {},
        "evidence_details": {
            "due_by": found["due_by"],
            "has_evidence": found["submitted"] > 0,
            "past_due": False,
            "submission_count": found["submitted"],
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": found.get("metadata") or {},
        "payment_intent": found["payment_intent"],
        "reason": found["reason"],
        "status": found["status"],
    }


def session(checkout: Json, pay: Json | None = None) -> Json:
    """A checkout session; the intent in full where it is given."""
    is_open = checkout["status"] == "open"
    return {
        "id": checkout["id"],
        "object": "checkout.session",
        "amount_subtotal": checkout["amount"],
        "amount_total": checkout["amount"],
        "cancel_url": checkout.get("cancel_url"),
        "client_reference_id": checkout.get("client_reference_id"),
        "created": checkout["created"],
        "currency": checkout["currency"],
        "customer": None,
        "customer_details": None,
        "customer_email": checkout.get("customer_email"),
        "expires_at": checkout["expires_at"],
        "livemode": False,
        "metadata": checkout["metadata"],
        "mode": "payment",
        "payment_intent": intent(pay, ("latest_charge",)) if pay else checkout.get("payment_intent"),
        "payment_method_types": ["card"],
        "payment_status": checkout["payment_status"],
        "status": checkout["status"],
        "success_url": checkout.get("success_url"),
        "ui_mode": "hosted",
        "url": checkout["url"] if is_open else None,
    }


def transaction(txn: Json) -> Json:
    """A balance_transaction."""
    fees = [{"amount": txn["fee"], "currency": txn["currency"], "type": "stripe_fee"}] if txn["fee"] else []
    return {
        "id": txn["id"],
        "object": "balance_transaction",
        "amount": txn["amount"],
        "available_on": txn["created"],
        "created": txn["created"],
        "currency": txn["currency"],
        "description": None,
        "exchange_rate": txn.get("exchange_rate"),
        "fee": txn["fee"],
        "fee_details": fees,
        "net": txn["amount"] - txn["fee"],
        "reporting_category": txn.get("category") or txn["type"],
        "source": txn["source"],
        "status": "available",
        "type": txn["type"],
    }


def payout(sent: Json) -> Json:
    """A payout."""
    return {
        "id": sent["id"],
        "object": "payout",
        "amount": sent["amount"],
        "arrival_date": sent["created"],
        "automatic": True,
        "balance_transaction": sent["txn"],
        "created": sent["created"],
        "currency": sent["currency"],
        "description": "STRIPE PAYOUT",
        "destination": "ba_1",
        "failure_code": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": sent["status"],
        "type": "bank_account",
    }


def page(objects: list[Json], url: str, *, has_more: bool, kind: str = "list") -> Json:
    """A list or a search result."""
    body: Json = {"object": kind, "data": objects, "has_more": has_more, "url": url}
    if kind == "search_result":
        body["next_page"] = None
    return body
