"""What customers write is attached to their order, once, and a person is asked to answer."""

import re
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.orders import ENDS, Decision, OrderState, TaskKind
from orderwright.persistence import holds, locks, timeline
from orderwright.persistence.tables import Customer, CustomerMessage, Notification, Order, Task
from orderwright.ports.incoming import Incoming
from orderwright.services.contact import consent, marks
from orderwright.services.contact.consent import Wish

# The words that carriers have for it: Twilio answers them itself, and tells us.
STOP = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "STOPP", "ARRET"}
)
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO", "HILFE", "AYUDA", "AIDE"})
_NUMBERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{2,38}[A-Za-z0-9]")
LOOKED_AT = 100


def keyword(message: Incoming) -> str:
    """`stop`, `start`, `help`, or empty: only an SMS of that word alone is one."""
    said = message.text.strip().strip(".!").upper() if message.channel == "sms" else ""
    return "stop" if said in STOP else "start" if said in START else "help" if said in HELP else ""


async def obey(session: AsyncSession, message: Incoming, said: str) -> None:
    """STOP ends SMS to that number, START begins them again; its customers' consent follows."""
    if said == "help":
        return
    wanted = said == "start"
    if wanted:
        await marks.lift(session, "sms", message.sender)
    else:
        await marks.mark(session, "sms", message.sender, marks.STOPPED)
    theirs = select(Order.customer_id).where(Order.phone == message.sender)
    people = await session.scalars(
        select(Customer.id)
        .where(or_(Customer.phone == message.sender, Customer.id.in_(theirs)))
        .order_by(Customer.id)
    )
    for customer_id in people.all():
        await consent.say(
            session, customer_id, Wish.SMS, wanted=wanted, source=f"sms_{said}", by=f"customer:{customer_id}"
        )


async def take(session: AsyncSession, message: Incoming) -> CustomerMessage | None:
    """Keep it, with its order where exactly one fits. None: it was here before."""
    order_id, by = await _match(session, message)
    if order_id is not None:
        await locks.lock(session, order_id)
    row: CustomerMessage | None = await session.scalar(
        insert(CustomerMessage)
        .values(
            channel=message.channel, reference=message.reference, order_id=order_id, matched_by=by,
            sender=message.sender, subject=message.subject, text=message.text,
        )
        .on_conflict_do_nothing()
        .returning(CustomerMessage)
    )  # fmt: skip
    if row is not None and order_id is not None:
        await _tell(session, row, order_id, ask=not message.automatic)
    return row


async def attach(session: AsyncSession, message_id: UUID, order_id: UUID, by: str) -> CustomerMessage:
    """A person says which order an unmatched one belongs to. Raises NotFound, Conflict."""
    await locks.lock(session, order_id)
    row: CustomerMessage | None = await session.scalar(
        update(CustomerMessage)
        .where(CustomerMessage.id == message_id, CustomerMessage.order_id.is_(None))
        .values(order_id=order_id, matched_by=by)
        .returning(CustomerMessage)
    )
    if row is None:
        if await session.get(CustomerMessage, message_id) is None:
            raise NotFound("no such message")
        raise Conflict("it belongs to an order already")
    await _tell(session, row, order_id, ask=False, by=by)
    return row


async def handled(session: AsyncSession, task: Task, decision: Decision, actor: Actor) -> None:
    """A person has answered the message that the task asks about, or says that it needs no answer."""
    await session.execute(
        update(CustomerMessage)
        .where(CustomerMessage.id == UUID(task.subject), CustomerMessage.order_id == task.order_id)
        .values(
            handled="answered" if decision is Decision.APPROVE else "dismissed", handled_by=actor.name,
            handled_at=func.clock_timestamp(),
        )
    )  # fmt: skip


async def _tell(
    session: AsyncSession, row: CustomerMessage, order_id: UUID, *, ask: bool, by: str = "system"
) -> None:
    await timeline.tell(
        session, order_id, "message.received", by=by, message=str(row.id), channel=row.channel,
        matched_by=row.matched_by,
    )  # fmt: skip
    if ask:
        await holds.ask_person(
            session, order_id, TaskKind.CUSTOMER_MESSAGE,
            f"The customer wrote by {row.channel}: "
            "read it with the order's messages, answer by a note, then approve; "
            "reject what needs no answer. The order stays as it is.",
            subject=str(row.id),
        )  # fmt: skip


async def _match(session: AsyncSession, message: Incoming) -> tuple[UUID | None, str]:
    """The surest sign first: an answer to our mail, a number that they name, the one order they have open."""
    answered = select(Notification.order_id).where(Notification.reference.in_(message.answers)).distinct()
    named = {one.upper() for one in _NUMBERS.findall(f"{message.subject} {message.text}"[:4000])[:LOOKED_AT]}
    numbered = select(Order.id).where(Order.number.in_(named), Order.state != OrderState.DRAFT)
    address = message.sender.lower()
    whose = (
        or_(func.lower(Order.email) == address, func.lower(Customer.email) == address)
        if message.channel == "mail"
        else or_(Order.phone == message.sender, Customer.phone == message.sender)
    )
    mine = select(Order.id).join(Customer).where(whose, Order.state.not_in([*ENDS, OrderState.DRAFT]))
    for by, query in (("answer", answered), ("number", numbered), ("sender", mine)):
        found = (await session.scalars(query.limit(2))).all()
        if len(found) == 1:
            return found[0], by
    return None, ""
