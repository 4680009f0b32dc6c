"""What the product needs to read from a payment provider to compare both sides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from orderwright.domain.books.reconciliation import Movement, Payout, TheirPayment, TheirRefund
from orderwright.domain.books.settlement import SettlementLine


class PaymentStatements(Protocol):
    """The lists of one provider: whole, however many pages they have. Raises ports.failures' errors.

    `since` and `until` are both included and compared with when a thing was created there.
    """

    provider: str

    def knows(self, reference: str) -> bool:
        """Whether a reference is of the form of this provider's payments or refunds."""

    async def payments(self, since: datetime, until: datetime) -> Sequence[TheirPayment]:
        """All payments, whoever made them."""

    async def payment(self, reference: str) -> TheirPayment | None:
        """One payment. None: there is none of that name."""

    async def refunds(self, since: datetime, until: datetime) -> Sequence[TheirRefund]:
        """All refunds."""

    async def refund(self, reference: str) -> TheirRefund | None:
        """One refund. None: there is none of that name."""

    async def movements(self, since: datetime, until: datetime) -> Sequence[Movement]:
        """All that moved our balance, with what each cost."""

    async def payouts(self, since: datetime, until: datetime) -> Sequence[Payout]:
        """What was sent to our bank account."""


class SettlementFiles(Protocol):
    """Reads what the provider lets people download about a payout."""

    def read(self, text: str) -> Sequence[SettlementLine]:
        """Every line, in the order of the file. Raises Invalid where it is no such file at all."""
