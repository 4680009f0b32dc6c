"""At which rates is an order placed: to the base currency, and of prices that are in another one?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.exchange import Rate, found
from orderwright.persistence import timeline
from orderwright.persistence.money import rates


async def of_prices(
    session: AsyncSession, currencies: Iterable[str], into: str, at: datetime
) -> Mapping[str, Rate]:
    """What prices in these currencies are converted at. Raises NoExchangeRate."""
    others = sorted(set(currencies) - {into})
    known = await rates.known(session, at) if others else {}
    return {currency: found(known, currency, into) for currency in others}


async def keep(
    session: AsyncSession,
    order_id: UUID,
    currency: str,
    *,
    base: str,
    at: datetime,
    prices: Sequence[Rate] = (),
    by: str = "system",
) -> None:
    """Write on the order what it was placed at. Raises NoExchangeRate.

    Without a base currency, or in it, no rate to it is needed.
    """
    used = list(prices)
    if base and currency != base:
        used.append(await rates.rate(session, currency, base, at))
    await rates.keep(session, order_id, used, at)
    for one in used:
        await timeline.tell(
            session, order_id, "order.rated", by=by, base=one.base, quote=one.quote, rate=one.words
        )
