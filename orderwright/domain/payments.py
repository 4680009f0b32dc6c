"""What states have payments, refunds and effects?"""

from collections.abc import Mapping
from enum import StrEnum


class PaymentState(StrEnum):
    """One attempt to get an order's money. `raising`: the provider has been asked to raise another
    authorization by it and has not answered; `raised`: it is part of that one now.
    """

    CREATED = "created"
    ACTION_REQUIRED = "action_required"
    RAISING = "raising"
    RAISED = "raised"
    AUTHORIZED = "authorized"
    PARTLY_CAPTURED = "partly_captured"
    CAPTURED = "captured"
    VOIDED = "voided"
    EXPIRED = "expired"
    FAILED = "failed"


class PaymentMethod(StrEnum):
    """How the customer pays: by card through the gateway, with kept money, by bank transfer in advance; on
    terms (`manual`) or to the carrier at the door: nobody is called, and it is owed once it has shipped.
    `exchange`: with what a return gives back; nobody can ask for it, an exchange does.
    """

    CARD = "card"
    MANUAL = "manual"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    TRANSFER = "transfer"
    CASH_ON_DELIVERY = "cash_on_delivery"
    EXCHANGE = "exchange"


KEPT = frozenset({PaymentMethod.GIFT_CARD, PaymentMethod.STORE_CREDIT})
"""Money that we keep for customers; it is taken as often as needed, and before all other."""


ON_CREDIT = frozenset({PaymentMethod.MANUAL, PaymentMethod.CASH_ON_DELIVERY})
"""What is captured of it is owed from then on: by the customer on terms, by the carrier who collects it."""


class DisputeState(StrEnum):
    """A customer's bank wants the money back: until it has decided, then for or against us."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class AnswerKind(StrEnum):
    """What we say to a dispute: that it is wrong, with evidence, or that the bank may have the money."""

    DEFEND = "defend"
    ACCEPT = "accept"


class AnswerState(StrEnum):
    """Asked for by a person, with the provider, or not taken by it (or overtaken by the bank)."""

    REQUESTED = "requested"
    SENT = "sent"
    REFUSED = "refused"


class EvidenceKind(StrEnum):
    """What a document shows: what was bought, that it arrived, what was written, or something else."""

    RECEIPT = "receipt"
    DELIVERY = "delivery"
    COMMUNICATION = "communication"
    OTHER = "other"


class TransferState(StrEnum):
    """A bank transfer: enough, less, or more than its order needs; nobody's yet, or sent back."""

    MATCHED = "matched"
    SHORT = "short"
    OVER = "over"
    UNMATCHED = "unmatched"
    RETURNED = "returned"


class BalanceMove(StrEnum):
    """Why the balance of a gift card or of store credit moved."""

    SOLD = "sold"
    GRANTED = "granted"
    HELD = "held"
    FREED = "freed"
    TAKEN = "taken"
    REFUNDED = "refunded"
    EXPIRED = "expired"


class ExpiredCards(StrEnum):
    """What is left on an expired gift card: it stays owed, or becomes our income; the law decides which."""

    KEEP = "keep"
    INCOME = "income"


class RefundState(StrEnum):
    """One return of money."""

    REQUESTED = "requested"
    APPROVED = "approved"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    MANUAL_REQUIRED = "manual_required"


class RefundTo(StrEnum):
    """Where a refund goes: to the instruments its money came from, to the customer's store credit, or to the
    order of the goods that are given in exchange.
    """

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"


class EffectState(StrEnum):
    """One call that changes the world outside."""

    INTENDED = "intended"
    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    UNDONE = "undone"


class RefundKind(StrEnum):
    """What money is given back for."""

    LINE = "line"
    SHIPPING = "shipping"
    FEE = "fee"
    AD_HOC = "ad_hoc"


class Account(StrEnum):
    """Accounts of the money ledger; positive amounts are debits.

    Assets: clearing (on its way from providers), bank, receivable (customers on terms), cod_receivable
    (carriers, for what they collect at the door), carrier receivable (what they owe us for losses),
    disputed. Liabilities: tax payable, gift cards, store credit, deposits, unmatched (money that came without
    an order), carrier payable. Carrier compensation is income, as is breakage: what customers left on gift
    cards until they expired. Through exchanged_goods a return pays for another order: what that takes, the
    return gives, and nothing stays. The two of authorizations stand against each other and are no money.
    """

    CLEARING = "clearing"
    BANK = "bank"
    RECEIVABLE = "receivable"
    COD_RECEIVABLE = "cod_receivable"
    DISPUTED = "disputed"
    REVENUE = "revenue"
    SHIPPING_REVENUE = "shipping_revenue"
    FEE_REVENUE = "fee_revenue"
    TAX = "tax_payable"
    GIFT_CARDS = "gift_cards"
    STORE_CREDIT = "store_credit"
    DEPOSITS = "deposits"
    UNMATCHED = "unmatched"
    REFUNDS = "refunds"
    GOODWILL = "goodwill"
    BREAKAGE = "gift_card_income"
    PAYMENT_FEES = "payment_fees"
    LABEL_COST = "label_cost"
    CARRIER_PAYABLE = "carrier_payable"
    CARRIER_RECEIVABLE = "carrier_receivable"
    CARRIER_COMPENSATION = "carrier_compensation"
    AUTHORIZED = "authorized"
    AUTHORIZATIONS = "authorizations"
    EXCHANGE = "exchange_difference"
    ROUNDING = "rounding"
    EXCHANGED = "exchanged_goods"


class LedgerState(StrEnum):
    """Two phases: pending is posted or voided, once."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"


CASH: Mapping[PaymentMethod, Account] = {
    PaymentMethod.CARD: Account.CLEARING,
    PaymentMethod.MANUAL: Account.RECEIVABLE,
    PaymentMethod.GIFT_CARD: Account.GIFT_CARDS,
    PaymentMethod.STORE_CREDIT: Account.STORE_CREDIT,
    PaymentMethod.TRANSFER: Account.DEPOSITS,
    PaymentMethod.CASH_ON_DELIVERY: Account.COD_RECEIVABLE,
    PaymentMethod.EXCHANGE: Account.EXCHANGED,
}
"""Where the money of an order comes from when it is captured; cards and kept money go back there."""
