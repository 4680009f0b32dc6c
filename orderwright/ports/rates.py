"""What the product needs from whoever publishes exchange rates: a file, read."""

from collections.abc import Sequence
from typing import Protocol

from orderwright.domain.books.exchange import NewRate


class RateFiles(Protocol):
    """Reads what a bank publishes. `source` is what stands beside its rates."""

    source: str

    def read(self, text: str) -> Sequence[NewRate]:
        """All its rates, oldest first. Raises Invalid where it is no such file."""
