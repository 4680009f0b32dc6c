"""When a message did not arrive: the address is marked, and a person is asked where it mattered."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.orders import TaskKind
from orderwright.domain.telling.kinds import OPTIONAL
from orderwright.domain.telling.stages import Stage
from orderwright.persistence import holds
from orderwright.persistence.tables import Order
from orderwright.ports.failures import Refused
from orderwright.services.contact import consent, marks
from orderwright.services.contact.consent import Wish
from orderwright.services.telling.rows import Telling

NO_SUCH_ADDRESS = "5.1."
"""Enhanced status codes of RFC 3463 that begin so speak of the address: it is wrong and will stay so."""


async def refused(session: AsyncSession, telling: Telling, to: str, no: Refused) -> None:
    """A definite no at the hand-over: from a number that said STOP, from a server without that mailbox."""
    if no.code == "unsubscribed":
        await marks.mark(session, telling.channel, to, marks.STOPPED, no.code)
        customer_id = await session.scalar(select(Order.customer_id).where(Order.id == telling.order_id))
        if customer_id is not None:
            await consent.say(
                session, customer_id, Wish.SMS, wanted=False, source="provider_opt_out", by="system"
            )
    elif f" {NO_SUCH_ADDRESS}" in f" {no.words}":
        await undeliverable(session, telling.order_id, telling.stage, telling.channel, to, no.words)


async def undeliverable(
    session: AsyncSession, order_id: UUID, stage: Stage, channel: str, to: str, code: str
) -> None:
    """A dead address: no further message to it is tried. The order is locked."""
    await marks.mark(session, channel, to, marks.BOUNCED, code[:50])
    await ask(session, order_id, stage, channel, code)


async def ask(session: AsyncSession, order_id: UUID, stage: Stage, channel: str, code: str) -> None:
    """A person is asked to tell the customer another way, where they must know."""
    if stage in OPTIONAL:
        return
    await holds.ask_person(
        session, order_id, TaskKind.NOTIFICATION,
        f"The {channel} about {stage} did not reach the customer ({code[:50]}): "
        "tell them another way, then approve.",
        subject=f"undelivered/{channel}/{stage}",
    )  # fmt: skip
