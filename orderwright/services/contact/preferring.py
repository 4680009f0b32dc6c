"""What does a customer choose among our messages: kinds by channel, advertising, the language?"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import NotFound
from orderwright.domain.telling.kinds import Kind
from orderwright.persistence.tables import Customer, Order
from orderwright.services.contact import consent
from orderwright.services.contact.consent import Wish
from orderwright.services.telling.environment import spoken

SOURCE = "page of preferences"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What holds now. `texts`: whether we have a number to send SMS to; `language` is one that we speak."""

    language: str
    texts: bool
    wanted: Mapping[tuple[Wish, Kind], bool]
    marketing: bool


async def read(session: AsyncSession, customer_id: UUID) -> Preferences:
    """Of one customer. Raises NotFound."""
    of_order = exists().where(Order.customer_id == Customer.id, Order.phone.is_not(None))
    row = (
        await session.execute(
            select(Customer.language, or_(Customer.phone.is_not(None), of_order)).where(
                Customer.id == customer_id
            )
        )
    ).one_or_none()
    if row is None:
        raise NotFound("no such customer")
    wanted = await consent.by_kind(session, customer_id)
    said = await consent.newest(session, customer_id)
    return Preferences(spoken(row[0]), row[1], wanted, said.wants(Wish.MARKETING, silent=False))


async def choose(session: AsyncSession, customer_id: UUID, chosen: Preferences) -> None:
    """Keep what differs from what holds; SMS only where there is a number. Raises NotFound."""
    by = f"customer:{customer_id}"
    now = await read(session, customer_id)
    for wish in (Wish.MAIL, Wish.SMS) if now.texts else (Wish.MAIL,):
        wanted = {kind: chosen.wanted[wish, kind] for kind in consent.choices(wish)}
        await consent.say_kinds(session, customer_id, wish, wanted, SOURCE, by)
    if chosen.marketing != now.marketing:
        await consent.say(session, customer_id, Wish.MARKETING, wanted=chosen.marketing, source=SOURCE, by=by)
    if chosen.language != now.language:
        await session.execute(
            update(Customer)
            .where(Customer.id == customer_id)
            .values(language=chosen.language, version=Customer.version + 1)
        )
