"""A dispute is answered once, in time; the provider is told by a sweep, and the books wait for the bank."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.documents.papers import DocumentKind
from orderwright.domain.failures import Conflict, Forbidden, Invalid
from orderwright.domain.orders import TaskState
from orderwright.domain.payments import AnswerState, DisputeState, EvidenceKind
from orderwright.persistence.effects import Effects
from orderwright.persistence.tables import CustomerMessage, DisputeAnswer, DisputeFile, MoneyDocument, Task
from orderwright.ports.disputes import Answered, Evidence, EvidenceFile
from orderwright.ports.documents import Letter, Sheet, SlipData
from orderwright.ports.failures import ProviderFailure, Refused, Unreachable
from orderwright.services.disputes import answering
from orderwright.services.disputes.answering import Told, TooLate
from orderwright.services.disputes.evidence import Wanted
from tests.services.test_disputing import CLOSED, OPENED, dispute, on, told
from tests.services.test_giving_back import paid, unbalanced
from tests.shop import STAFF, STORE, Shop, all_try

PDF = b"%PDF-1.7 signed"
SIGNED = EvidenceFile(EvidenceKind.DELIVERY, "signed.pdf", "application/pdf", PDF)


class Desk:
    """Keeps what it is told; `fault` is what the next call meets, after it was done where `done`."""

    def __init__(self) -> None:
        self.takes_text = True
        self.said: dict[str, Evidence | None] = {}
        self.fault: ProviderFailure | None = None

    async def defend(self, reference: str, evidence: Evidence, *, key: str) -> Answered:
        return self._take(reference, key, evidence)

    async def find_defense(self, reference: str, *, key: str) -> Answered | None:
        return Answered(reference) if key in self.said else None

    async def accept(self, reference: str, *, key: str) -> Answered:
        return self._take(reference, key, None)

    def _take(self, reference: str, key: str, said: Evidence | None) -> Answered:
        fault, self.fault = self.fault, None
        if isinstance(fault, Refused):
            raise fault
        assert key not in self.said
        self.said[key] = said
        if fault is not None:
            raise fault
        return Answered(reference)


class Printer:
    """Prints what can be told apart."""

    async def packing_slip(self, slip: SlipData) -> bytes:
        raise NotImplementedError(slip.order_number)

    async def letter(self, letter: Letter) -> bytes:
        return f"%PDF- {dict(letter.facts)['Dispute']}: {letter.text}".encode()

    async def sheet(self, sheet: Sheet, *, attached: bytes | None = None) -> bytes:
        return f"%PDF- {sheet.number}".encode()


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def disputed(shop: Shop, due: timedelta | None = timedelta(days=9), **more: Any) -> UUID:
    """A paid order of one mug, whose customer's bank wants the money back. Any: what it says."""
    order_id = await paid(shop, ("MUG", 1))
    until = None if due is None else (datetime.now(UTC) + due).isoformat()
    await told(shop, order_id, OPENED, evidence_due=until, **more)
    return order_id


async def defend(shop: Shop, wanted: Wanted, *, takes_text: bool = True) -> DisputeAnswer:
    found = await dispute(shop)
    return await shop.do(
        lambda s: answering.defend(s, found.id, wanted, STAFF, printer=Printer(), takes_text=takes_text)
    )


async def sweep(shop: Shop, desk: Desk) -> Told:
    return await answering.send(shop.db, Effects(shop.db), desk)


async def answer(shop: Shop) -> DisputeAnswer:
    return (await answers(shop))[-1]


async def answers(shop: Shop) -> list[DisputeAnswer]:
    async with shop.db.transaction() as session:
        return list((await session.scalars(select(DisputeAnswer).order_by(DisputeAnswer.id))).all())


async def tasks(shop: Shop) -> list[tuple[TaskState, str | None, str | None]]:
    async with shop.db.transaction() as session:
        rows = (await session.scalars(select(Task).order_by(Task.id))).all()
    return [(one.state, one.decision, one.decided_by) for one in rows]


async def test_what_we_have_is_put_before_the_bank_and_the_books_wait(shop: Shop, desk: Desk) -> None:
    order_id = await disputed(shop)
    async with shop.db.transaction() as session:
        invoice = await session.scalar(
            select(MoneyDocument.number).where(MoneyDocument.kind == DocumentKind.INVOICE)
        )
        assert invoice is not None
        session.add(CustomerMessage(
            channel="mail", reference="m1", order_id=order_id, sender="a@example.com", subject="Thanks",
            text="It has arrived.",
        ))  # fmt: skip

    await defend(shop, Wanted("See there.", [invoice], [SIGNED], messages=True))
    done = await sweep(shop, desk)

    (part,) = await shop.parts(order_id)
    [said] = desk.said.values()
    assert done == Told(sent=1)
    assert said is not None
    assert said.tracking == f"TR-{part.id}"
    assert said.text.startswith(f"See there.\n\nParcel TR-{part.id} by our carrier, handed over on ")
    assert said.text.endswith("Thanks\nIt has arrived.")
    assert [(one.kind.value, one.name, one.content[:6]) for one in said.files] == [
        ("receipt", f"{invoice}.pdf", b"%PDF- "),
        ("delivery", "signed.pdf", b"%PDF-1"),
    ]
    assert (await answer(shop)).state is AnswerState.SENT
    assert await tasks(shop) == [(TaskState.DECIDED, "approve", "ann")]
    assert (await dispute(shop)).state is DisputeState.OPEN
    assert (await on(shop, "disputed"), await on(shop, "clearing")) == (1500, 0)
    assert [one for one in await shop.events(order_id) if one.startswith("dispute")] == [
        "dispute.opened", "dispute.taken", "dispute.defend", "dispute.answer_sent",
    ]  # fmt: skip
    assert await unbalanced(shop) == []


async def test_the_verdict_ends_it_and_what_was_said_is_forgotten_here(shop: Shop, desk: Desk) -> None:
    order_id = await disputed(shop)
    await defend(shop, Wanted("It was he.", files=[SIGNED]))
    await sweep(shop, desk)

    await told(shop, order_id, CLOSED, "won")

    async with shop.db.transaction() as session:
        [file] = (await session.scalars(select(DisputeFile))).all()
    assert (file.name, file.size, file.content) == ("signed.pdf", len(PDF), None)
    assert (await answer(shop)).said == ""
    assert await on(shop, "clearing") == 1500
    assert await unbalanced(shop) == []


async def test_what_is_accepted_is_lost_when_the_bank_says_so(shop: Shop, desk: Desk) -> None:
    order_id = await disputed(shop)
    found = await dispute(shop)

    await shop.do(lambda s: answering.accept(s, found.id, STAFF, "cheaper"))
    await sweep(shop, desk)
    before = await on(shop, "refunds")
    await told(shop, order_id, CLOSED, "lost")

    assert list(desk.said.values()) == [None]
    assert (before, await on(shop, "refunds")) == (0, 1500)
    assert await tasks(shop) == [(TaskState.DECIDED, "reject", "ann")]
    assert await unbalanced(shop) == []


async def test_after_the_deadline_nothing_is_said_any_more(shop: Shop, desk: Desk) -> None:
    await disputed(shop, due=timedelta(minutes=-1))
    found = await dispute(shop)

    with pytest.raises(TooLate):
        await defend(shop, Wanted("Too late."))
    with pytest.raises(TooLate):
        await shop.do(lambda s: answering.accept(s, found.id, STAFF, ""))

    assert await answers(shop) == []
    assert await sweep(shop, desk) == Told()


async def test_an_answer_that_the_deadline_overtakes_is_not_sent(shop: Shop, desk: Desk) -> None:
    await disputed(shop)
    await defend(shop, Wanted("In time."))
    await shop.execute("UPDATE disputes SET evidence_due = clock_timestamp() - interval '1 second'")

    assert await sweep(shop, desk) == Told(refused=1)

    row = await answer(shop)
    assert (row.state, row.why) == (AnswerState.REFUSED, answering.OVERTAKEN)
    assert desk.said == {}


async def test_a_dispute_without_a_deadline_can_be_answered(shop: Shop, desk: Desk) -> None:
    await disputed(shop, due=None)

    await defend(shop, Wanted("Whenever."))

    assert await sweep(shop, desk) == Told(sent=1)


async def test_what_is_said_is_said_once_to_a_question_and_once_to_what_is_taken(
    shop: Shop, desk: Desk
) -> None:
    order_id = await disputed(shop, taken=False)

    await defend(shop, Wanted("Why do you ask?"))
    with pytest.raises(Conflict, match="answered already"):
        await defend(shop, Wanted("Again."))
    await told(shop, order_id, OPENED, evidence_due=(datetime.now(UTC) + timedelta(days=9)).isoformat())
    await defend(shop, Wanted("Give it back."))

    assert await sweep(shop, desk) == Told(sent=2)
    assert [one.taken for one in await answers(shop)] == [False, True]


async def test_twenty_at_once_give_one_answer(shop: Shop, desk: Desk) -> None:
    await disputed(shop)

    outcomes = await all_try([lambda: defend(shop, Wanted("I said so."))] * 20, at_once=10)
    await sweep(shop, desk)

    assert sum(isinstance(one, DisputeAnswer) for one in outcomes) == 1
    assert all(isinstance(one, DisputeAnswer | Conflict) for one in outcomes)
    assert len(desk.said) == 1


async def test_an_outcome_that_nobody_knows_is_looked_up_and_not_said_twice(shop: Shop, desk: Desk) -> None:
    await disputed(shop)
    await defend(shop, Wanted("Once."))
    desk.fault = Unreachable("no answer")

    first, second = await sweep(shop, desk), await sweep(shop, desk)

    assert (first, second) == (Told(waiting=1), Told(sent=1))
    assert len(desk.said) == 1
    assert (await answer(shop)).state is AnswerState.SENT


async def test_what_the_provider_does_not_take_is_asked_about_again(shop: Shop, desk: Desk) -> None:
    await disputed(shop)
    await defend(shop, Wanted("Because."))
    desk.fault = Refused("no_defense_reason", "no reason that these documents do for")

    assert await sweep(shop, desk) == Told(refused=1)

    row = await answer(shop)
    assert (row.state, row.why) == (
        AnswerState.REFUSED,
        "no_defense_reason: no reason that these documents do for",
    )
    assert [state for state, _, _ in await tasks(shop)] == [TaskState.DECIDED, TaskState.OPEN]
    await defend(shop, Wanted("Better.", files=[SIGNED]))
    assert await sweep(shop, desk) == Told(sent=1)


async def test_where_only_documents_are_taken_words_are_printed(shop: Shop, desk: Desk) -> None:
    await disputed(shop)

    await defend(shop, Wanted("It was signed for.", parcels=False), takes_text=False)
    await sweep(shop, desk)

    [said] = desk.said.values()
    assert said is not None
    assert [(one.name, one.content) for one in said.files] == [
        ("answer.pdf", b"%PDF- dp_1: It was signed for.")
    ]


async def test_what_is_no_evidence_is_refused(shop: Shop, desk: Desk) -> None:
    await disputed(shop)
    page = EvidenceFile(EvidenceKind.OTHER, "page.pdf", "application/pdf", b"<html>")
    huge = EvidenceFile(EvidenceKind.OTHER, "huge.pdf", "application/pdf", b"%PDF-" + b"x" * 4_500_000)

    for wanted in (Wanted(parcels=False), Wanted(files=[page]), Wanted(files=[huge])):
        with pytest.raises(Invalid):
            await defend(shop, wanted)
    with pytest.raises(Forbidden):
        await shop.do(
            lambda s: answering.defend(s, UUID(int=1), Wanted("x"), STORE, printer=None, takes_text=True)
        )

    assert await answers(shop) == []
    assert [state for state, _, _ in await tasks(shop)] == [TaskState.OPEN]
