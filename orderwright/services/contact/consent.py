"""What did a customer agree to, when, and how did they say it?"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.failures import NotFound
from orderwright.persistence.tables import Consent, Customer


class Wish(StrEnum):
    """What can be wanted or not: mail about an order's progress, SMS, and advertising."""

    MAIL = "mail"
    SMS = "sms"
    MARKETING = "marketing"


async def say(
    session: AsyncSession, customer_id: UUID, wish: Wish, *, wanted: bool, source: str, by: str
) -> Consent:
    """Add what they said. For SMS the customer's own flag follows. Raises NotFound."""
    known = await session.scalar(select(Customer.id).where(Customer.id == customer_id).with_for_update())
    if known is None:
        raise NotFound("no such customer")
    row = Consent(id=uuid7(), customer_id=customer_id, channel=wish, wanted=wanted, source=source, actor=by)
    session.add(row)
    if wish is Wish.SMS:
        await session.execute(update(Customer).where(Customer.id == customer_id).values(sms_consent=wanted))
    await session.flush()
    await session.refresh(row)
    return row


async def newest(session: AsyncSession, customer_id: UUID) -> Mapping[Wish, Consent]:
    """The last word on each; nothing where nothing was said."""
    rows = await session.scalars(
        select(Consent)
        .where(Consent.customer_id == customer_id)
        .ext(distinct_on(Consent.channel))
        .order_by(Consent.channel, Consent.id.desc())
    )
    return {Wish(row.channel): row for row in rows}


async def preferences(session: AsyncSession, customer_id: UUID) -> Mapping[Wish, bool]:
    """What holds now: mail unless it was refused, SMS and advertising only where agreed. Raises NotFound."""
    customer = await session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("no such customer")
    silent = {Wish.MAIL: True, Wish.SMS: customer.sms_consent, Wish.MARKETING: False}
    return silent | {wish: row.wanted for wish, row in (await newest(session, customer_id)).items()}


async def history(session: AsyncSession, customer_id: UUID) -> Sequence[Consent]:
    """Everything they said, newest first."""
    rows = await session.scalars(
        select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.id.desc()).limit(200)
    )
    return rows.all()
