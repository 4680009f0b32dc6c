"""Another engine's word on a sale, asked before the transaction that needs it. See docs/adr/0018."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Failure, PriceMoved
from orderwright.domain.pricing.tax import Assessment, Sale, TaxUnavailable
from orderwright.persistence.database import Database
from orderwright.ports.tax import TaxEngine

log = logging.getLogger("orderwright.tax")
Work = Callable[[AsyncSession, TaxEngine], Awaitable[object]]


class _Needed(Exception):
    """The work has come to what it must know."""

    def __init__(self, sale: Sale) -> None:
        super().__init__("tax is to be assessed")
        self.sale = sale


class _Undone(Exception):
    """The work came to its end without asking: it is rolled back all the same."""


class _Question:
    """An engine that only wants to know what it would be asked."""

    async def assess(self, sale: Sale) -> Assessment:
        raise _Needed(sale)


@dataclass(frozen=True, slots=True)
class Answered:
    """An engine that has been asked about one sale, and knows no other."""

    sale: Sale | None = None
    said: Assessment | Failure | None = None

    async def assess(self, sale: Sale) -> Assessment:
        """What was said. Raises PriceMoved where the cart is not what it was a moment ago."""
        if self.said is None or sale != self.sale:
            raise PriceMoved("prices have changed while tax was asked for: ask again")
        if isinstance(self.said, Failure):
            raise self.said
        return self.said


class TaxAhead:
    """Asks the engine of this installation. Without one, the table in the transaction itself is asked."""

    def __init__(self, db: Database, engine: TaxEngine | None = None, *, falls_back: bool = False) -> None:
        """`falls_back`: where the engine cannot be reached, our own table decides."""
        self._db, self._engine, self._falls_back = db, engine, falls_back

    @property
    def is_asked(self) -> bool:
        """Whether somebody else is to be asked at all."""
        return self._engine is not None

    async def engine(self, work: Work) -> TaxEngine | None:
        """Try the work up to its question, undo it, let go of everything, and only then ask.

        A refusal of the work itself is left to the work; one of the engine comes where its answer would.
        """
        if self._engine is None:
            return None
        try:
            async with self._db.transaction() as session:
                await work(session, _Question())
                raise _Undone
        except _Needed as needed:
            sale = needed.sale
        except (Failure, _Undone):
            return Answered()
        try:
            return Answered(sale, await self._engine.assess(sale))
        except TaxUnavailable as unavailable:
            if self._falls_back:
                log.warning("the tax engine cannot be reached: our own table decides")
                return None
            return Answered(sale, unavailable)
        except Failure as refused:
            return Answered(sale, refused)
