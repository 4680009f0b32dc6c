"""A call that changes the world happens once in effect, whatever dies, repeats or runs beside it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.fulfillment.shipping import Offer
from orderwright.domain.money import Money
from orderwright.domain.payments import EffectState
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, OutcomeUnknown, Step
from orderwright.persistence.tables import Effect, OrderEvent
from orderwright.persistence.timeline import tell
from orderwright.ports.carriers import Label, Rates
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.notifications import SentSms
from orderwright.ports.payments import Authorization, Capture, Refunded, Voided
from orderwright.ports.warehouses import Handed
from tests.shop import Shop, all_try

ANSWER = Voided("pi_1")


@dataclass
class Provider:
    """Does it once per key, as a good one does; `says` is what befalls its answers, one after the other."""

    says: list[Callable[[], None]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    done: dict[str, Voided] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)

    async def call(self, key: str) -> Voided:
        self.calls.append(key)
        if self.says:
            self.says.pop(0)()
        await asyncio.sleep(0)
        return self.done.setdefault(key, ANSWER)

    async def find(self, key: str) -> Voided | None:
        self.looked.append(key)
        return self.done.get(key)


@dataclass
class Desk:
    """One step of one order, asked for as an activity does."""

    shop: Shop
    order_id: UUID
    provider: Provider = field(default_factory=Provider)

    async def once(self, **other: Any) -> Voided:
        """Any: what differs from the usual."""
        arguments = {
            "into": Voided, "call": self.provider.call, "find": self.provider.find, "record": self.record,
            "refused": self.refused, **other,
        }  # fmt: skip
        return await Effects(self.shop.db).once(Step(self.order_id, "void/1", {"a": 1}), **arguments)

    async def settled(self) -> Voided | None:
        return await Effects(self.shop.db).settled(
            self.order_id, "void/1", into=Voided, find=self.provider.find, record=self.record
        )

    async def record(self, session: AsyncSession, answer: Voided) -> None:
        await tell(session, self.order_id, "recorded", reference=answer.reference)

    async def refused(self, session: AsyncSession, no: Refused) -> None:
        await tell(session, self.order_id, "refused", why=no.code)

    async def told(self, kind: str) -> int:
        query = select(func.count()).where(OrderEvent.order_id == self.order_id, OrderEvent.kind == kind)
        return await self.shop.do(lambda session: session.scalar(query)) or 0

    async def states(self) -> list[EffectState]:
        """Of the step, by n."""
        query = select(Effect.state).where(Effect.order_id == self.order_id).order_by(Effect.n)
        async with self.shop.db.transaction() as session:
            return list(await session.scalars(query))

    def key(self, n: int) -> str:
        return f"{self.order_id}:void/1:{n}"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(shop: Shop) -> Desk:
    await shop.catalog("MUG")
    return Desk(shop, await shop.order(("MUG", 1)))


def lost() -> None:
    raise Unreachable("no answer")


def crash() -> None:
    raise RuntimeError("the worker died")


def no() -> None:
    raise Refused("declined", "insufficient funds")


async def test_repeated_it_is_called_and_recorded_once(desk: Desk) -> None:
    answers = [await desk.once() for _ in range(3)]

    assert answers == [ANSWER] * 3
    assert desk.provider.calls == [desk.key(1)]
    assert await desk.told("recorded") == 1
    assert await desk.states() == [EffectState.DONE]


async def test_sixteen_at_once_have_one_effect_and_one_record(desk: Desk) -> None:
    answers = await all_try([desk.once] * 16, at_once=16)

    assert answers == [ANSWER] * 16
    assert set(desk.provider.calls) == {desk.key(1)}
    assert await desk.told("recorded") == 1
    assert await desk.states() == [EffectState.DONE]


async def test_after_a_refusal_the_next_try_has_the_next_key(desk: Desk) -> None:
    desk.provider.says = [no]

    with pytest.raises(Refused):
        await desk.once()
    answer = await desk.once()

    assert answer == ANSWER
    assert desk.provider.calls == [desk.key(1), desk.key(2)]
    assert (await desk.told("refused"), await desk.told("recorded")) == (1, 1)
    assert await desk.states() == [EffectState.REFUSED, EffectState.DONE]


async def test_an_unknown_outcome_that_happened_is_adopted(desk: Desk) -> None:
    desk.provider.done[desk.key(1)] = ANSWER
    desk.provider.says = [lost]

    with pytest.raises(Unreachable):
        await desk.once()
    between = await desk.states()
    answer = await desk.once()

    assert answer == ANSWER
    assert between == [EffectState.UNKNOWN]
    assert desk.provider.calls == [desk.key(1)]
    assert desk.provider.looked == [desk.key(1)]
    assert await desk.told("recorded") == 1


async def test_an_unknown_outcome_that_never_happened_is_repeated_with_the_same_key(desk: Desk) -> None:
    desk.provider.says = [lost]

    with pytest.raises(Unreachable):
        await desk.once()
    await desk.once()

    assert desk.provider.calls == [desk.key(1), desk.key(1)]
    assert desk.provider.looked == [desk.key(1)]
    assert await desk.states() == [EffectState.DONE]


async def test_a_worker_that_dies_between_call_and_record_loses_nothing(desk: Desk) -> None:
    desk.provider.done[desk.key(1)] = ANSWER
    desk.provider.says = [crash]

    with pytest.raises(RuntimeError):
        await desk.once()
    between = await desk.states()
    await desk.once()

    assert between == [EffectState.INTENDED]
    assert desk.provider.calls == [desk.key(1)]
    assert await desk.told("recorded") == 1


async def test_a_record_that_fails_is_made_up_for_by_looking(desk: Desk) -> None:
    async def broken(_: AsyncSession, __: Voided) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await desk.once(record=broken)
    await desk.once()

    assert desk.provider.calls == [desk.key(1)]
    assert await desk.states() == [EffectState.DONE]
    assert await desk.told("recorded") == 1


async def test_what_was_never_sent_is_sent_again_with_the_same_key(desk: Desk) -> None:
    def busy() -> None:
        raise NotSent("429")

    desk.provider.says = [busy]

    with pytest.raises(NotSent):
        await desk.once()
    await desk.once()

    assert desk.provider.calls == [desk.key(1), desk.key(1)]


async def test_without_key_or_look_up_an_unknown_outcome_is_for_a_person(desk: Desk) -> None:
    desk.provider.says = [lost]

    with pytest.raises(Unreachable):
        await desk.once(find=None, repeatable=False)
    with pytest.raises(OutcomeUnknown):
        await desk.once(find=None, repeatable=False)

    assert desk.provider.calls == [desk.key(1)]
    assert await desk.told("recorded") == 0


async def test_what_the_rows_do_not_want_is_not_called(desk: Desk) -> None:
    async def unwanted(_: AsyncSession) -> bool:
        return False

    with pytest.raises(NotWanted):
        await desk.once(intend=unwanted)

    assert desk.provider.calls == []
    assert await desk.states() == []


async def test_what_is_no_longer_wanted_is_looked_up_and_not_called_again(desk: Desk) -> None:
    async def unwanted(_: AsyncSession) -> bool:
        return False

    desk.provider.says = [lost]
    with pytest.raises(Unreachable):
        await desk.once()

    with pytest.raises(NotWanted):
        await desk.once(intend=unwanted)

    assert desk.provider.calls == [desk.key(1)]
    assert desk.provider.looked == [desk.key(1)]
    assert await desk.states() == [EffectState.REFUSED]


async def test_what_happened_is_adopted_though_nobody_wants_it_any_more(desk: Desk) -> None:
    async def unwanted(_: AsyncSession) -> bool:
        return False

    desk.provider.done[desk.key(1)] = ANSWER
    desk.provider.says = [lost]
    with pytest.raises(Unreachable):
        await desk.once()

    await desk.once(intend=unwanted)

    assert await desk.states() == [EffectState.DONE]
    assert await desk.told("recorded") == 1


async def test_an_undone_step_is_done_again_under_the_next_key(desk: Desk) -> None:
    await desk.once()
    await Effects(desk.shop.db).once(
        Step(desk.order_id, "undo-void/1"), into=Voided, call=desk.provider.call, record=desk.record,
        undoes="void/1",
    )  # fmt: skip

    await desk.once()

    assert desk.provider.calls == [desk.key(1), f"{desk.order_id}:undo-void/1:1", desk.key(2)]


@pytest.mark.parametrize("happened", [True, False])
async def test_an_open_step_is_looked_up_before_it_is_undone(desk: Desk, *, happened: bool) -> None:
    if happened:
        desk.provider.done[desk.key(1)] = ANSWER
    desk.provider.says = [lost]
    with pytest.raises(Unreachable):
        await desk.once()

    found = [await desk.settled() for _ in range(2)]

    assert found == ([ANSWER] * 2 if happened else [None] * 2)
    assert await desk.states() == [EffectState.DONE if happened else EffectState.REFUSED]
    assert await desk.told("recorded") == int(happened)
    assert desk.provider.looked == [desk.key(1)]


async def test_a_step_that_never_began_has_nothing_to_undo(desk: Desk) -> None:
    assert await desk.settled() is None
    assert desk.provider.looked == []


@pytest_asyncio.fixture(loop_scope="session")
async def narrow(shop: Shop, module_database_url: str) -> AsyncIterator[Shop]:
    """The same record through a single connection."""
    database = Database(module_database_url, pool=1)
    yield Shop(database)
    await database.close()


async def test_no_connection_is_held_during_the_call(narrow: Shop) -> None:
    await narrow.catalog("MUG")
    desk = Desk(narrow, await narrow.order(("MUG", 1)))

    async def call(key: str) -> Voided:
        await narrow.execute("SELECT 1")  # hangs where the only connection is taken
        return Voided(key)

    async with asyncio.timeout(5):
        await desk.once(call=call)

    assert await desk.states() == [EffectState.DONE]


async def test_no_row_is_locked_during_the_call(desk: Desk) -> None:
    async def call(key: str) -> Voided:
        async with desk.shop.db.transaction() as session:
            await session.execute(
                text("SELECT id FROM orders WHERE id = :id FOR UPDATE NOWAIT"), {"id": desk.order_id}
            )
        return Voided(key)

    await desk.once(call=call)

    assert await desk.states() == [EffectState.DONE]


OFFER = Offer("rate_1", "UPS", "Ground", 990, "EUR", 3, date(2026, 11, 19))


@pytest.mark.parametrize(
    "answer",
    [
        Authorization("pi_1", Money(1200, "EUR"), datetime(2026, 11, 23, 9, tzinfo=UTC)),
        Authorization("cs_1", Money(1200, "JPY"), action_url="https://pay.example/c/1"),
        Capture("pi_1", Money(1200, "EUR")),
        Voided("pi_1"),
        Refunded("re_1", Money(5, "KWD"), settled=False),
        Rates("shp_1", [OFFER, Offer("rate_2", "USPS", "Priority", 1, "USD", None)]),
        Label("shp_1", "1Z999", "UPS", "Ground", 990, "EUR", "https://track.example/1Z999"),
        Handed("wh_1"),
        SentSms("SM1"),
        True,
    ],
    ids=lambda answer: type(answer).__name__,
)
async def test_every_answer_comes_back_from_the_record_as_it_was(desk: Desk, answer: Any) -> None:
    async def call(_: str) -> Any:
        return answer

    async def record(_: AsyncSession, __: Any) -> None: ...

    first, stored = [
        await desk.once(into=type(answer), call=call, record=record, find=None) for _ in range(2)
    ]

    assert (first, stored) == (answer, answer)


async def test_a_label_found_while_undoing_is_kept_without_its_papers(desk: Desk) -> None:
    async def unanswered(_: str) -> Label:
        raise Unreachable("no answer")

    async def find(_: str) -> Label:
        return Label("shp_1", "1Z999", "own", "table", 990, "EUR", pdf=b"%PDF-1.7 \xff\xfe")

    async def record(_: AsyncSession, __: Label) -> None: ...

    effects, step = Effects(desk.shop.db), Step(desk.order_id, "label/1")
    with pytest.raises(Unreachable):
        await effects.once(step, into=Label, call=unanswered, record=record)

    bare = Label("shp_1", "1Z999", "own", "table", 990, "EUR")
    found = await effects.settled(
        desk.order_id, step.name, into=Label, find=find, record=record, stored=lambda _: bare
    )

    assert found is not None
    assert found.pdf == b"%PDF-1.7 \xff\xfe"
    assert await desk.states() == [EffectState.DONE]


def test_the_request_is_known_by_its_content_not_by_its_order() -> None:
    one = Step(UUID(int=1), "a", {"x": 1, "y": date(2026, 1, 1)})
    other = Step(UUID(int=2), "b", {"y": date(2026, 1, 1), "x": 1})

    assert one.request_hash == other.request_hash
    assert one.request_hash != Step(UUID(int=1), "a", {"x": 2}).request_hash
