"""A dispute is answered: a person asks for it, a sweep tells the provider; the bank's verdict is an event."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Invalid, NotFound
from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, Scope, TaskState
from orderwright.domain.payments import AnswerKind, AnswerState, DisputeState, EvidenceKind
from orderwright.persistence import locks, timeline
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.tables import Dispute, DisputeAnswer, DisputeFile, Order
from orderwright.ports.disputes import Answered, DisputeDesk, Evidence, EvidenceFile
from orderwright.ports.documents import Documents, Letter
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.services.disputes import disputing, evidence
from orderwright.services.disputes.evidence import Sent, Wanted

BATCH = 50
OUTAGE = 3
"""So many in a row that do not reach the provider, and the rest waits for the next pass."""
OVERTAKEN = "the bank has decided, or its deadline has passed"


class TooLate(Conflict):
    """The bank decides without us."""

    code = "dispute_too_late"


@dataclass(frozen=True, slots=True)
class Record:
    """A dispute and all we have said to it, oldest first."""

    dispute: Dispute
    answers: Sequence[DisputeAnswer]
    files: Sequence[DisputeFile]


@dataclass
class Told:
    """How many answers the provider has taken, refused, and is told in the next pass."""

    sent: int = 0
    refused: int = 0
    waiting: int = 0


async def read(session: AsyncSession, dispute_id: UUID) -> Record:
    """Raises NotFound."""
    dispute = await session.get(Dispute, dispute_id, populate_existing=True)
    if dispute is None:
        raise NotFound("no such dispute")
    answers = await session.scalars(
        select(DisputeAnswer).where(DisputeAnswer.dispute_id == dispute_id).order_by(DisputeAnswer.id)
    )
    rows = answers.all()
    files = await session.scalars(
        select(DisputeFile)
        .where(DisputeFile.answer_id.in_([row.id for row in rows]))
        .order_by(DisputeFile.id)
    )
    return Record(dispute, rows, files.all())


async def listed(
    session: AsyncSession, *, state: DisputeState | None, after: UUID | None, limit: int
) -> Sequence[Dispute]:
    """Disputes, oldest first."""
    query = select(Dispute).order_by(Dispute.id).limit(limit)
    if state is not None:
        query = query.where(Dispute.state == state)
    if after is not None:
        query = query.where(Dispute.id > after)
    return (await session.scalars(query)).all()


async def defend(
    session: AsyncSession,
    dispute_id: UUID,
    wanted: Wanted,
    actor: Actor,
    *,
    printer: Documents | None,
    takes_text: bool,
) -> DisputeAnswer:
    """Put evidence before the bank. Raises NotFound, Invalid (none), TooLate, Conflict (it is answered).

    Where the provider takes documents only, what is said is printed as one; without a printer: Conflict.
    """
    dispute = await _open(session, dispute_id, actor)
    sent = await evidence.parcels(session, dispute.order_id) if wanted.parcels else Sent()
    said = [wanted.text, sent.words]
    if wanted.messages:
        said.append(await evidence.messages(session, dispute.order_id))
    text = "\n\n".join(part for part in said if part)[: evidence.MOST_TEXT]
    files = [
        *await evidence.papers(session, dispute.order_id, wanted.papers, printer),
        *wanted.files,
    ]
    if not text and not files:
        raise Invalid("no evidence: say something, or name papers", field="text")
    if text and not takes_text:
        files.append(await _letter(session, dispute, text, printer))
    evidence.check(files)
    return await _ask(session, dispute, AnswerKind.DEFEND, actor, text, sent, wanted.defense_reason, files)


async def accept(session: AsyncSession, dispute_id: UUID, actor: Actor, note: str) -> DisputeAnswer:
    """Let the bank have the money. Raises NotFound, TooLate, Conflict."""
    dispute = await _open(session, dispute_id, actor)
    return await _ask(session, dispute, AnswerKind.ACCEPT, actor, note, Sent(), "", [])


async def _open(session: AsyncSession, dispute_id: UUID, actor: Actor) -> Dispute:
    """One that can be answered, its order locked."""
    actor.require(Scope.OPERATIONS)
    dispute = await session.get(Dispute, dispute_id)
    if dispute is None:
        raise NotFound("no such dispute")
    await locks.lock(session, dispute.order_id)
    dispute = await session.get_one(Dispute, dispute_id, populate_existing=True)
    if dispute.state is not DisputeState.OPEN:
        raise Conflict(f"the dispute is {dispute.state.value}", state=dispute.state.value)
    if _is_past(dispute):
        raise TooLate("the deadline has passed: the bank decides without us")
    live = select(DisputeAnswer.id).where(
        DisputeAnswer.dispute_id == dispute_id,
        DisputeAnswer.taken == dispute.taken,
        DisputeAnswer.state != AnswerState.REFUSED,
    )
    if await session.scalar(live) is not None:
        raise Conflict("it is answered already")
    return dispute


def _is_past(dispute: Dispute) -> bool:
    return dispute.evidence_due is not None and dispute.evidence_due <= datetime.now(UTC)


async def _letter(
    session: AsyncSession, dispute: Dispute, text: str, printer: Documents | None
) -> EvidenceFile:
    if printer is None:
        raise Conflict("the provider takes documents only, and nothing here sets PDF: send one")
    number = await session.scalar(select(Order.number).where(Order.id == dispute.order_id))
    facts = [
        ("Order", str(number)),
        ("Dispute", dispute.reference),
        ("Amount", str(Money(dispute.amount, dispute.currency))),
        ("Reason", dispute.reason),
    ]
    letter = Letter("Our answer to the dispute", datetime.now(UTC).date(), facts, text)
    return EvidenceFile(EvidenceKind.OTHER, "answer.pdf", "application/pdf", await printer.letter(letter))


async def _ask(
    session: AsyncSession,
    dispute: Dispute,
    kind: AnswerKind,
    actor: Actor,
    text: str,
    sent: Sent,
    reason: str,
    files: Sequence[EvidenceFile],
) -> DisputeAnswer:
    """Written down, and the question to a person is decided by it."""
    facts = {name: value for name, value in asdict(sent).items() if name != "words" and value}
    row = DisputeAnswer(
        id=uuid7(), dispute_id=dispute.id, kind=kind, state=AnswerState.REQUESTED, taken=dispute.taken,
        said=text, parcels=facts, defense_reason=reason, actor=actor.name, why="",
    )  # fmt: skip
    session.add(row)
    await session.flush()
    session.add_all(
        DisputeFile(
            id=uuid7(), answer_id=row.id, kind=one.kind, name=one.name, media_type=one.media_type,
            size=len(one.content), content=one.content,
        )
        for one in files
    )  # fmt: skip
    decision = Decision.APPROVE if kind is AnswerKind.DEFEND else Decision.REJECT
    await disputing.end_task(session, dispute, TaskState.DECIDED, decision=decision, by=actor.name)
    await timeline.tell(
        session, dispute.order_id, f"dispute.{kind.value}", by=actor.name, dispute=dispute.reference,
        payment=str(dispute.payment_id), files=len(files),
    )  # fmt: skip
    await session.flush()
    await session.refresh(row)
    return row


async def send(db: Database, effects: Effects, desk: DisputeDesk) -> Told:
    """One pass: the provider is told. One that cannot be reached is told in the next one."""
    done = Told()
    for answer, dispute in await _requested(db):
        if done.waiting >= OUTAGE:
            return done
        try:
            await _send(db, effects, desk, answer, dispute)
            done.sent += 1
        except (Refused, NotWanted):
            done.refused += 1
        except (Unreachable, NotSent):
            done.waiting += 1
    return done


async def _requested(db: Database) -> list[tuple[DisputeAnswer, Dispute]]:
    async with db.transaction() as session:
        rows = await session.execute(
            select(DisputeAnswer, Dispute)
            .join(Dispute, Dispute.id == DisputeAnswer.dispute_id)
            .where(DisputeAnswer.state == AnswerState.REQUESTED)
            .order_by(DisputeAnswer.id)
            .limit(BATCH)
        )
        return [(answer, dispute) for answer, dispute in rows]


async def _send(
    db: Database, effects: Effects, desk: DisputeDesk, answer: DisputeAnswer, dispute: Dispute
) -> None:
    said = await _said(db, answer)
    is_defense = answer.kind is AnswerKind.DEFEND
    try:
        await effects.once(
            Step(dispute.order_id, f"dispute/{answer.id}", {"kind": answer.kind.value}),
            into=Answered,
            intend=lambda session: _still_wanted(session, dispute.id),
            call=lambda key: (
                desk.defend(dispute.reference, said, key=key)
                if is_defense
                else desk.accept(dispute.reference, key=key)
            ),
            find=(lambda key: desk.find_defense(dispute.reference, key=key)) if is_defense else None,
            record=lambda session, _: _ended(session, answer, dispute, AnswerState.SENT, ""),
            refused=lambda session, no: _not_taken(session, answer, dispute, f"{no.code}: {no.words}"),
        )
    except NotWanted:
        async with db.transaction() as session:
            await locks.lock(session, dispute.order_id)
            await _ended(session, answer, dispute, AnswerState.REFUSED, OVERTAKEN)
        raise


async def _said(db: Database, answer: DisputeAnswer) -> Evidence:
    async with db.transaction() as session:
        rows = await session.scalars(
            select(DisputeFile).where(DisputeFile.answer_id == answer.id).order_by(DisputeFile.id)
        )
        files = [EvidenceFile(one.kind, one.name, one.media_type, one.content or b"") for one in rows]
    return Evidence(answer.said, files, **answer.parcels, reason=answer.defense_reason)


async def _still_wanted(session: AsyncSession, dispute_id: UUID) -> bool:
    dispute = await session.get_one(Dispute, dispute_id, populate_existing=True)
    return dispute.state is DisputeState.OPEN and not _is_past(dispute)


async def _not_taken(session: AsyncSession, answer: DisputeAnswer, dispute: Dispute, why: str) -> None:
    """The provider says no: a person is asked again, with its words."""
    await _ended(session, answer, dispute, AnswerState.REFUSED, why)
    await disputing.ask_again(session, dispute, why)


async def _ended(
    session: AsyncSession, answer: DisputeAnswer, dispute: Dispute, state: AnswerState, why: str
) -> None:
    ended = await session.scalar(
        update(DisputeAnswer)
        .where(DisputeAnswer.id == answer.id, DisputeAnswer.state == AnswerState.REQUESTED)
        .values(state=state, why=why[:500], ended_at=func.clock_timestamp())
        .returning(DisputeAnswer.id)
    )
    if ended is not None:
        await timeline.tell(
            session, dispute.order_id, f"dispute.answer_{state.value}", why=why[:500],
            dispute=dispute.reference, payment=str(dispute.payment_id), kind=answer.kind.value,
        )  # fmt: skip
