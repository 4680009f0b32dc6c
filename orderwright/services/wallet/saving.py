"""The instruments that a customer lets the provider keep: written down, listed, chosen, forgotten."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid, NotFound
from orderwright.persistence import timeline
from orderwright.persistence.tables import Order, Payment, SavedMethod
from orderwright.ports.payments import KeptInstrument
from orderwright.services import customers


class UnknownSavedMethod(Invalid):
    """That customer has no saved card of that id; whether another has it is not told."""

    code = "unknown_saved_method"


async def keep(session: AsyncSession, payment: Payment, kept: KeptInstrument) -> None:
    """The provider keeps what `payment` was paid with, as it was asked to; from now on it is paid with that.

    The order is locked. Kept already is no news.
    """
    if not payment.keep:
        return
    customer_id = await session.scalar(select(Order.customer_id).where(Order.id == payment.order_id))
    assert customer_id is not None  # noqa: S101 - every order is somebody's
    saved_id = await learn(session, payment, customer_id, kept)
    payment.kept_at = datetime.now(UTC)
    if saved_id is not None and payment.source is not None:
        payment.source, payment.saved_id = kept.reference, saved_id
    await session.flush()


async def learn(
    session: AsyncSession, payment: Payment, customer_id: UUID, kept: KeptInstrument
) -> UUID | None:
    """The row of what is kept for a customer, written and told where there is none. None: it is another's."""
    written: UUID | None = await session.scalar(
        insert(SavedMethod)
        .values(
            customer_id=customer_id, provider=kept.provider, reference=kept.reference, brand=kept.brand,
            last4=kept.last4, exp_month=kept.exp_month, exp_year=kept.exp_year,
        )
        .on_conflict_do_nothing(
            index_elements=["provider", "reference"], index_where=text("forgotten_at is null")
        )
        .returning(SavedMethod.id)
    )  # fmt: skip
    if written is not None:
        await timeline.tell(
            session, payment.order_id, "payment.method_saved", payment=str(payment.id), saved=str(written)
        )
        return written
    return await session.scalar(
        select(SavedMethod.id).where(
            SavedMethod.customer_id == customer_id,
            SavedMethod.provider == kept.provider,
            SavedMethod.reference == kept.reference,
            SavedMethod.forgotten_at.is_(None),
        )
    )


async def of_customer(session: AsyncSession, saved_id: UUID, customer_id: UUID) -> SavedMethod:
    """One that he may pay with. Raises UnknownSavedMethod."""
    found = await session.scalar(
        select(SavedMethod).where(
            SavedMethod.id == saved_id,
            SavedMethod.customer_id == customer_id,
            SavedMethod.forgotten_at.is_(None),
        )
    )
    if found is None:
        raise UnknownSavedMethod("that customer has no saved card of that id", field="payment.saved")
    return found


async def listed(
    session: AsyncSession, customer_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[SavedMethod]:
    """What he may pay with, oldest first. Raises NotFound."""
    await customers.get(session, customer_id)
    query = (
        select(SavedMethod)
        .where(SavedMethod.customer_id == customer_id, SavedMethod.forgotten_at.is_(None))
        .order_by(SavedMethod.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(SavedMethod.id > after)
    return (await session.scalars(query)).all()


async def forget(session: AsyncSession, customer_id: UUID, saved_id: UUID) -> None:
    """From now on nothing new is paid with it; the provider is told soon after. Forgotten already is success.

    An order that names it already is still paid with it, where the provider is not faster. Raises NotFound.
    """
    found = await session.scalar(
        update(SavedMethod)
        .where(SavedMethod.id == saved_id, SavedMethod.customer_id == customer_id)
        .values(forgotten_at=func.coalesce(SavedMethod.forgotten_at, func.clock_timestamp()))
        .returning(SavedMethod.id)
    )
    if found is None:
        raise NotFound("that customer has no saved card of that id")
