"""Customers: kept, changed, found again when they order."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

import phonenumbers
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Exists, Invalid, NotFound, Stale
from orderwright.domain.orders import Scope
from orderwright.persistence.tables import Customer


class InvalidPhone(Invalid):
    """Not a telephone number that could be called."""

    code = "invalid_phone"


@dataclass(frozen=True, slots=True)
class CustomerData:
    """What is known of a person or a company. Phones are E.164."""

    name: str
    external_id: str | None = None
    company: str = ""
    email: str | None = None
    phone: str | None = None
    sms_consent: bool = False
    language: str = "en"
    vat_id: str | None = None


def e164(phone: str, country: str | None = None) -> str:
    """The number as +4420… ; `country` helps where it was written without its code. Raises InvalidPhone."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException as unreadable:
        raise InvalidPhone("not a telephone number; write it as +<country><number>") from unreadable
    if not phonenumbers.is_possible_number(number):
        raise InvalidPhone("no telephone number has that length")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


async def create(session: AsyncSession, data: CustomerData) -> Customer:
    """A new customer. Raises Exists where the external id is taken."""
    row = await _insert(session, data)
    if row is None:
        taken = await by_external_id(session, data.external_id or "")
        raise Exists("a customer has that external id", customer_id=str(taken.id) if taken else None)
    return row


async def set_segment(session: AsyncSession, customer_id: UUID, segment: str) -> None:
    """The group of customers that rules count him in. Raises NotFound."""
    kept = await session.execute(
        update(Customer)
        .where(Customer.id == customer_id)
        .values(segment=segment, version=Customer.version + 1)
        .returning(Customer.id)
    )
    if kept.first() is None:
        raise NotFound("no such customer")


async def find(session: AsyncSession, customer_id: UUID) -> Customer | None:
    """One customer, or None."""
    return await session.get(Customer, customer_id)


async def get(session: AsyncSession, customer_id: UUID) -> Customer:
    """One customer. Raises NotFound."""
    row = await session.get(Customer, customer_id)
    if row is None:
        raise NotFound("no such customer")
    return row


async def replace(session: AsyncSession, customer_id: UUID, data: CustomerData, version: int) -> Customer:
    """Change all of it, if nobody else has since `version`. Raises NotFound, Stale, Exists."""
    taken = await by_external_id(session, data.external_id) if data.external_id else None
    if taken is not None and taken.id != customer_id:
        raise Exists("another customer has that external id", customer_id=str(taken.id))
    row: Customer | None = await session.scalar(
        update(Customer)
        .where(Customer.id == customer_id, Customer.version == version)
        .values(**asdict(data), version=Customer.version + 1)
        .returning(Customer)
        .execution_options(populate_existing=True)
    )
    if row is None:
        current = await get(session, customer_id)
        raise Stale("somebody has changed this customer since", version=current.version)
    return row


async def put_terms(session: AsyncSession, customer_id: UUID, days: int | None, actor: Actor) -> Customer:
    """How many days the customer has to pay what he orders from now on; None: as whoever sells says.

    Raises NotFound, Forbidden.
    """
    actor.require(Scope.OPERATIONS)
    row: Customer | None = await session.scalar(
        update(Customer)
        .where(Customer.id == customer_id)
        .values(terms_days=days, version=Customer.version + 1)
        .returning(Customer)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("no such customer")
    return row


async def listed(
    session: AsyncSession, *, email: str | None, external_id: str | None, after: UUID | None, limit: int
) -> Sequence[Customer]:
    """Customers in order of their making, from after `after`."""
    query = select(Customer).order_by(Customer.id).limit(limit)
    if email is not None:
        query = query.where(func.lower(Customer.email) == email.lower())
    if external_id is not None:
        query = query.where(Customer.external_id == external_id)
    if after is not None:
        query = query.where(Customer.id > after)
    return (await session.scalars(query)).all()


async def by_external_id(session: AsyncSession, external_id: str) -> Customer | None:
    """The customer whom another system knows by that id."""
    row: Customer | None = await session.scalar(select(Customer).where(Customer.external_id == external_id))
    return row


async def of_order(session: AsyncSession, data: CustomerData) -> Customer:
    """The customer who orders: known by external id, else by e-mail, else new. An order changes no known one.

    Two first orders of one e-mail at the same moment make two customers: nothing is lost, no lock is taken.
    """
    known = await _known(session, data)
    if known is not None:
        return known
    made = await _insert(session, data)
    if made is not None:
        return made
    known = await _known(session, data)  # somebody was first with the external id
    if known is None:
        raise NotFound("no such customer")
    return known


async def _known(session: AsyncSession, data: CustomerData) -> Customer | None:
    if data.external_id:
        return await by_external_id(session, data.external_id)
    if data.email:
        found = await listed(session, email=data.email, external_id=None, after=None, limit=1)
        return found[0] if found else None
    return None


async def _insert(session: AsyncSession, data: CustomerData) -> Customer | None:
    row: Customer | None = await session.scalar(
        insert(Customer).values(id=uuid7(), **asdict(data)).on_conflict_do_nothing().returning(Customer)
    )
    return row
