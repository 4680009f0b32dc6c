"""What did a customer agree to, when, and how did they say it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.failures import Invalid, NotFound
from orderwright.domain.telling.kinds import Kind
from orderwright.persistence.tables import Consent, Customer, Order


class Wish(StrEnum):
    """What can be wanted or not: mail and SMS about orders, and advertising."""

    MAIL = "mail"
    SMS = "sms"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Said:
    """The last word on each channel, and on each kind of message there."""

    rows: Mapping[tuple[Wish, str], Consent]

    def last(self, wish: Wish, kind: Kind | None = None) -> Consent | None:
        """That on the kind, or on the channel as a whole if that is younger. None: nothing was said."""
        own = [self.rows[key] for key in ((wish, ""), (wish, kind or "")) if key in self.rows]
        return max(own, key=lambda row: row.id, default=None)

    def wants(self, wish: Wish, kind: Kind | None = None, *, silent: bool) -> bool:
        """What holds; `silent` where nothing was said."""
        row = self.last(wish, kind)
        return silent if row is None else row.wanted


NOTHING_SAID = Said({})


async def say(
    session: AsyncSession, customer_id: UUID, wish: Wish, *, wanted: bool, source: str, by: str
) -> Consent:
    """Add what they said of all its messages. For SMS the customer's own flag follows. Raises NotFound."""
    await _lock(session, customer_id)
    if wish is Wish.SMS:
        await _flag(session, customer_id, agreed=wanted)
    row = Consent(
        id=uuid7(), customer_id=customer_id, channel=wish, kind="", wanted=wanted, source=source, actor=by
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def say_kinds(
    session: AsyncSession, customer_id: UUID, wish: Wish, wanted: Mapping[Kind, bool], source: str, by: str
) -> bool:
    """Add what they want of a channel by kind, where it differs from what holds. False: it does not.

    None and all are said of the channel as a whole, so that an agreement given with a later order counts.
    Raises NotFound, Invalid (advertising has no kinds; what is essential goes by mail).
    """
    if wish is Wish.MARKETING or (wish is Wish.MAIL and not wanted.get(Kind.ESSENTIAL, True)):
        raise Invalid("that cannot be chosen on its own", field="kind")
    await _lock(session, customer_id)
    before = await by_kind(session, customer_id)
    after = {kind: wanted.get(kind, before[wish, kind]) for kind in choices(wish)}
    if all(before[wish, kind] == value for kind, value in after.items()):
        return False
    if len(set(after.values())) == 1:
        await say(session, customer_id, wish, wanted=any(after.values()), source=source, by=by)
        return True
    if wish is Wish.SMS:
        await _flag(session, customer_id, agreed=True)
    for kind, value in after.items():
        session.add(
            Consent(
                id=uuid7(), customer_id=customer_id, channel=wish, kind=kind, wanted=value, source=source,
                actor=by,
            )
        )  # fmt: skip
    await session.flush()
    return True


def choices(wish: Wish) -> Sequence[Kind]:
    """The kinds that a customer may do without on that channel."""
    return [kind for kind in Kind if wish is Wish.SMS or kind is not Kind.ESSENTIAL]


async def _lock(session: AsyncSession, customer_id: UUID) -> None:
    if not await session.scalar(select(Customer.id).where(Customer.id == customer_id).with_for_update()):
        raise NotFound("no such customer")


async def _flag(session: AsyncSession, customer_id: UUID, *, agreed: bool) -> None:
    await session.execute(update(Customer).where(Customer.id == customer_id).values(sms_consent=agreed))


async def newest(session: AsyncSession, customer_id: UUID) -> Said:
    """The last word on each; nothing where nothing was said."""
    rows = await session.scalars(
        select(Consent)
        .where(Consent.customer_id == customer_id)
        .ext(distinct_on(Consent.channel, Consent.kind))
        .order_by(Consent.channel, Consent.kind, Consent.id.desc())
    )
    return Said({(Wish(row.channel), row.kind): row for row in rows})


async def by_kind(session: AsyncSession, customer_id: UUID) -> Mapping[tuple[Wish, Kind], bool]:
    """What holds now of each kind by mail and SMS. Raises NotFound."""
    agreed = await session.scalar(
        select(
            Customer.sms_consent | exists().where(Order.customer_id == Customer.id, Order.sms_consent)
        ).where(Customer.id == customer_id)
    )
    if agreed is None:
        raise NotFound("no such customer")
    said = await newest(session, customer_id)
    mail = {
        (Wish.MAIL, kind): kind is Kind.ESSENTIAL or said.wants(Wish.MAIL, kind, silent=True) for kind in Kind
    }
    return mail | {(Wish.SMS, kind): said.wants(Wish.SMS, kind, silent=agreed) for kind in Kind}


async def preferences(session: AsyncSession, customer_id: UUID) -> Mapping[Wish, bool]:
    """What holds now: mail unless all of it was refused, SMS and advertising only where agreed.

    Raises NotFound.
    """
    kinds = await by_kind(session, customer_id)
    said = await newest(session, customer_id)
    return {
        Wish.MAIL: any(kinds[Wish.MAIL, kind] for kind in choices(Wish.MAIL)),
        Wish.SMS: any(kinds[Wish.SMS, kind] for kind in Kind),
        Wish.MARKETING: said.wants(Wish.MARKETING, silent=False),
    }


async def history(session: AsyncSession, customer_id: UUID) -> Sequence[Consent]:
    """Everything they said, newest first."""
    rows = await session.scalars(
        select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.id.desc()).limit(200)
    )
    return rows.all()
