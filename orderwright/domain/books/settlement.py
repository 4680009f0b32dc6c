"""What does one line of a provider's settlement file say?"""

from dataclasses import dataclass

from orderwright.domain.books.reconciliation import MovementKind
from orderwright.domain.money import Money


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One movement that a payout is made of. `unreadable` is why the rest of it means nothing, or empty.

    `gross` - `fee` = `net`; `source` is the provider's charge or refund, `payment` his payment. `exchanged`:
    what `gross` was in the currency that the customer paid in, of the same sign, where that is another one.
    """

    number: int
    reference: str
    kind: MovementKind
    category: str
    gross: Money
    fee: int
    net: int
    source: str
    payment: str
    payout: str
    unreadable: str = ""
    exchanged: Money | None = None

    @property
    def moved(self) -> Money:
        """What was paid or given back, as the customer saw it."""
        return self.exchanged or self.gross
