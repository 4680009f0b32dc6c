"""Does what was ordered, charged, refunded, shipped and owed of one order agree, and if not, why?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orderwright.domain.money import Money


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rows say about one order, in minor units of `currency`, each figure from its own source.

    `lines` + `charges` (shipping and fees) make `ordered`. Parts: `shipped` has left, `open` is still to
    leave, `late` has left some time ago and is not charged. `without_part`: units that are ordered and in no
    part (yet); `canceled`: units that are not wanted any more. `charged` and `refunded` come from payments,
    parts or refunds, and `booked_…` from the ledger; `promised` are refunds asked for and not given yet.
    `receivable` is what is owed on terms, or by a carrier who collects it; `on_account` is money held for the
    order that it never charged.
    """

    number: str
    currency: str
    settled: bool
    ordered: int
    lines: int
    charges: int
    canceled: int
    without_part: int
    shipped: int
    open: int
    late: int
    charged: int
    charged_parts: int
    booked_charged: int
    refunded: int
    refunds: int
    booked_refunded: int
    promised: int
    receivable: int
    on_account: int

    @property
    def owed(self) -> int:
        """What the customer is still to be charged for goods that have left; below zero: we owe him."""
        return self.shipped - self.charged

    @property
    def dropped(self) -> int:
        """What was ordered and neither left nor will: the value of the canceled units, once no unit waits."""
        return self.ordered - self.shipped - self.open if not self.without_part else 0


@dataclass(frozen=True, slots=True)
class Proof:
    """An order's figures, and in words why they do not agree; without reasons the order is proven."""

    figures: Figures
    reasons: Sequence[str]

    @property
    def proven(self) -> bool:
        """Whether everything agrees."""
        return not self.reasons


def prove(figures: Figures) -> Proof:
    """Every rule, in the order in which a person would look."""
    rules = (_ordered, _goods, _charged, _owed, _refunded)
    return Proof(figures, [reason for rule in rules for reason in rule(figures)])


def _ordered(of: Figures) -> Iterator[str]:
    """The order is worth its lines, its shipping and its fees."""
    if of.ordered != of.lines + of.charges:
        sum_of = _m(of, of.lines + of.charges)
        yield f"ordered for {_m(of, of.ordered)}, its lines, shipping and fees come to {sum_of}"


def _goods(of: Figures) -> Iterator[str]:
    """All that was ordered is in parts, unless units were canceled or wait for a part."""
    in_parts = of.shipped + of.open
    if in_parts > of.ordered:
        yield f"ordered for {_m(of, of.ordered)}, its parts come to {_m(of, in_parts)}"
    elif in_parts < of.ordered and not of.canceled and not of.without_part:
        whole = _m(of, of.ordered)
        yield f"ordered for {whole} and nothing canceled, its parts come to {_m(of, in_parts)} only"
    if of.settled and of.open:
        yield f"the order is settled, and {_m(of, of.open)} is still to be shipped"


def _charged(of: Figures) -> Iterator[str]:
    """Payments, parts and ledger have charged the same."""
    if of.charged != of.charged_parts:
        yield f"payments charged {_m(of, of.charged)}, the parts say {_m(of, of.charged_parts)}"
    if of.charged != of.booked_charged:
        yield f"payments charged {_m(of, of.charged)}, the ledger booked {_m(of, of.booked_charged)}"


def _owed(of: Figures) -> Iterator[str]:
    """What has left is charged, and no more than that."""
    if of.charged > of.shipped:
        yield f"charged {_m(of, of.charged)} for goods of {_m(of, of.shipped)} that have left"
    elif of.settled and of.owed:
        yield f"shipped for {_m(of, of.shipped)}, charged {_m(of, of.charged)}: {_m(of, of.owed)} is owed"
    elif of.late:
        yield f"shipped some time ago and not charged: {_m(of, of.late)}"


def _refunded(of: Figures) -> Iterator[str]:
    """Payments, refunds and ledger have given back the same, and never more than was charged."""
    if of.refunded != of.refunds:
        yield f"payments gave back {_m(of, of.refunded)}, the refunds say {_m(of, of.refunds)}"
    if of.refunded != of.booked_refunded:
        yield f"payments gave back {_m(of, of.refunded)}, the ledger booked {_m(of, of.booked_refunded)}"
    if of.refunded + of.promised > of.charged:
        total = of.refunded + of.promised
        yield f"charged {_m(of, of.charged)}, given back or promised {_m(of, total)}"


def _m(of: Figures, amount: int) -> str:
    return str(Money(amount, of.currency))
