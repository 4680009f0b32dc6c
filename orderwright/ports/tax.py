"""What do we ask of whoever knows about tax?"""

from typing import Protocol

from orderwright.domain.pricing.tax import Assessment, Sale


class TaxEngine(Protocol):
    """Says what is owed on a sale. Built in: our own rate table; Stripe Tax by setting."""

    async def assess(self, sale: Sale) -> Assessment:
        """An answer for each line and fee, in their order, and for the shipping in shares of one rate.

        The same sale on the same day is assessed alike. Raises UnknownTaxClass; never answers 0 silently.
        Remote ones raise TaxRefused and TaxUnavailable too, and are never asked in a transaction.
        """
