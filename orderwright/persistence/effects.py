"""The one place that changes the world outside: intended, called, recorded; once in effect whatever dies."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.payments import EffectState
from orderwright.persistence import locks
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Effect
from orderwright.ports.failures import NotSent, Refused, Unreachable

A = TypeVar("A")
B = TypeVar("B")

Lock = Callable[[AsyncSession, UUID], Awaitable[None]]

_OPEN = (EffectState.INTENDED, EffectState.UNKNOWN)

# Built once: see locks.py.
_NEWEST = (
    select(Effect)
    .where(Effect.order_id == bindparam("order_id"), Effect.step == bindparam("step"))
    .order_by(Effect.n)
)
_INTEND = insert(cast(Table, Effect.__table__))  # cast: declared as any FROM
_END = (
    update(cast(Table, Effect.__table__))
    .where(
        Effect.order_id == bindparam("of_order"),
        Effect.step == bindparam("of_step"),
        Effect.n == bindparam("of_n"),
        Effect.state.in_(_OPEN),
    )
    .values(
        state=bindparam("end"),
        answer=bindparam("said"),
        code=bindparam("why"),
        ended_at=func.clock_timestamp(),
    )
    .returning(Effect.n)
)


class Doubt(StrEnum):
    """What became of a call whose outcome nobody knew: found, made again, or not wanted any more."""

    UNKNOWN = "unknown"
    ADOPTED = "adopted"
    REPEATED = "repeated"
    DROPPED = "dropped"


Watch = Callable[[AsyncSession, Doubt], Awaitable[None]]


class NotWanted(Exception):
    """The rows no longer ask for this call (a cancel, another's success): nothing was called."""


class OutcomeUnknown(Exception):
    """The provider may have done it, can neither be asked nor told again: a person must look."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to happen once. `name` names its object (`capture/{part}`); `request` is hashed, not stored.

    `lock` keeps others away from what the step belongs to: an order, where nothing else is said.
    """

    order_id: UUID
    name: str
    request: dict[str, Any] = field(default_factory=dict)  # Any: JSON values
    lock: Lock = locks.lock

    @property
    def request_hash(self) -> str:
        """SHA-256 of the canonical request."""
        return hashlib.sha256(json.dumps(self.request, sort_keys=True, default=str).encode()).hexdigest()


async def _always(_: AsyncSession) -> bool:
    return True


async def _nothing(_: AsyncSession, __: Refused) -> None:
    return None


async def _looked_up(watch: Watch, session: AsyncSession, doubt: Doubt) -> None:
    """A no that is found there was said then: nothing was sent again."""
    await watch(session, Doubt.ADOPTED if doubt is Doubt.REPEATED else doubt)


async def _unwatched(_: AsyncSession, __: Doubt) -> None:
    return None


class Effects:
    """Two transactions and a call between them, with no session, lock or connection held during the call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def once(
        self,
        step: Step,
        *,
        into: type[A],
        call: Callable[[str], Awaitable[A]],
        record: Callable[[AsyncSession, A], Awaitable[None]],
        intend: Callable[[AsyncSession], Awaitable[bool]] = _always,
        find: Callable[[str], Awaitable[A | None]] | None = None,
        refused: Callable[[AsyncSession, Refused], Awaitable[None]] = _nothing,
        undoes: str | None = None,
        repeatable: bool = True,
        stored: Callable[[A], A] = lambda answer: answer,
        doubt: Watch = _unwatched,
    ) -> A:
        """Do the step once and return its answer; a repeat returns the stored one without calling.

        `intend` runs with the intended row (False: NotWanted), `record` with the outcome, `refused` with a
        definite no. After an unknown outcome `find` is asked with the key first; where there is none and the
        provider is not `repeatable`, OutcomeUnknown. `undoes` names the step that this one undoes. `doubt` is
        told when the outcome becomes unknown, and how that ended, in the transaction that writes it.
        Raises Refused, Unreachable (unknown: try again), NotSent.
        """
        effect, fresh = await self._intended(step, intend)
        if effect.state is EffectState.DONE:
            return TypeAdapter(into).validate_python(effect.answer)
        answer = None
        if not fresh:
            if find is not None:
                answer = await self._called(effect, find, refused, step.lock, partial(_looked_up, doubt))
            elif not repeatable:
                raise OutcomeUnknown(effect.key)
            if answer is None:
                await self._still_wanted(effect, intend, step.lock, doubt)
        ended = Doubt.REPEATED if answer is None else Doubt.ADOPTED
        if answer is None:
            answer = await self._called(effect, call, refused, step.lock, doubt)
        recorded = _after_doubt(effect, ended, doubt, lambda session: record(session, answer))
        await self._done(effect, stored(answer), into, recorded, undoes, lock=step.lock)
        return answer

    async def settled(
        self,
        order_id: UUID,
        name: str,
        *,
        into: type[A],
        find: Callable[[str], Awaitable[A | None]],
        record: Callable[[AsyncSession, A], Awaitable[None]],
        stored: Callable[[A], A] = lambda answer: answer,
        doubt: Watch = _unwatched,
    ) -> A | None:
        """What became of a step that is to be undone: an open one is looked up, and ends done or refused."""
        async with self._db.transaction() as session:
            await locks.lock(session, order_id)
            effect = await self._newest(session, order_id, name)
        if effect is None or effect.state in (EffectState.REFUSED, EffectState.UNDONE):
            return None
        if effect.state is EffectState.DONE:
            return TypeAdapter(into).validate_python(effect.answer)
        answer = await find(effect.key)
        if answer is None:
            async with self._db.transaction() as session:
                await self._end(session, effect, EffectState.REFUSED, code="never_happened")
                if effect.state is EffectState.UNKNOWN:
                    await doubt(session, Doubt.DROPPED)
            return None
        recorded = _after_doubt(effect, Doubt.ADOPTED, doubt, lambda session: record(session, answer))
        await self._done(effect, stored(answer), into, recorded, None)
        return answer

    async def _intended(
        self, step: Step, intend: Callable[[AsyncSession], Awaitable[bool]]
    ) -> tuple[Effect, bool]:
        async with self._db.transaction() as session:
            await step.lock(session, step.order_id)
            newest = await self._newest(session, step.order_id, step.name)
            if newest is not None and newest.state in (*_OPEN, EffectState.DONE):
                return newest, False
            if not await intend(session):
                raise NotWanted(step.name)
            n = 1 if newest is None else newest.n + 1
            row = {"order_id": step.order_id, "step": step.name, "n": n, "request_hash": step.request_hash}
            await session.execute(_INTEND, row)  # the order is locked: nobody else inserts this n
            return Effect(**row, state=EffectState.INTENDED), True

    async def _newest(self, session: AsyncSession, order_id: UUID, name: str) -> Effect | None:
        """The first row that is not refused or undone, else the last one."""
        rows = (await session.scalars(_NEWEST, {"order_id": order_id, "step": name})).all()
        live = [row for row in rows if row.state in (*_OPEN, EffectState.DONE)]
        return live[0] if live else (rows[-1] if rows else None)

    async def _still_wanted(
        self, effect: Effect, intend: Callable[[AsyncSession], Awaitable[bool]], lock: Lock, doubt: Watch
    ) -> None:
        async with self._db.transaction() as session:
            await lock(session, effect.order_id)
            wanted = await intend(session)
            if not wanted:
                await self._end(session, effect, EffectState.REFUSED, code="not_wanted")
                if effect.state is EffectState.UNKNOWN:
                    await doubt(session, Doubt.DROPPED)
        if not wanted:
            raise NotWanted(effect.step)

    async def _called(
        self,
        effect: Effect,
        call: Callable[[str], Awaitable[B]],
        refused: Callable[[AsyncSession, Refused], Awaitable[None]],
        lock: Lock,
        doubt: Watch,
    ) -> B:
        """Also of a look-up: that the provider refused it then is found as the same definite no."""
        was_unknown = effect.state is EffectState.UNKNOWN
        try:
            return await call(effect.key)
        except Refused as no:
            async with self._db.transaction() as session:
                await lock(session, effect.order_id)
                if await self._end(session, effect, EffectState.REFUSED, code=no.code):
                    if was_unknown:
                        await doubt(session, Doubt.REPEATED)
                    await refused(session, no)
            raise
        except NotSent:
            raise
        except Unreachable:
            if not was_unknown:  # since when it is unknown stays as it is
                async with self._db.transaction() as session:
                    await lock(session, effect.order_id)
                    if await self._end(session, effect, EffectState.UNKNOWN):
                        await doubt(session, Doubt.UNKNOWN)
            raise

    async def _done(
        self,
        effect: Effect,
        answer: A,
        into: type[A],
        record: Callable[[AsyncSession], Awaitable[None]],
        undoes: str | None,
        *,
        lock: Lock = locks.lock,
    ) -> None:
        async with self._db.transaction() as session:
            await lock(session, effect.order_id)
            dumped = TypeAdapter(into).dump_python(answer, mode="json")
            if not await self._end(session, effect, EffectState.DONE, answer=dumped):
                return  # another attempt of the same step was first, with the same answer
            if undoes is not None:
                await session.execute(
                    update(Effect)
                    .where(
                        Effect.order_id == effect.order_id,
                        Effect.step == undoes,
                        Effect.state == EffectState.DONE,
                    )
                    .values(state=EffectState.UNDONE)
                )
            await record(session)

    async def _end(
        self,
        session: AsyncSession,
        effect: Effect,
        state: EffectState,
        *,
        answer: Any = None,  # Any: JSON of the answer's type
        code: str | None = None,
    ) -> bool:
        ended = await session.execute(
            _END,
            {"of_order": effect.order_id, "of_step": effect.step, "of_n": effect.n,
             "end": state, "said": answer, "why": code},
        )  # fmt: skip
        return ended.first() is not None


def _after_doubt(
    effect: Effect, ended: Doubt, doubt: Watch, record: Callable[[AsyncSession], Awaitable[None]]
) -> Callable[[AsyncSession], Awaitable[None]]:
    """What is recorded of an outcome, after it was said how its doubt ended, if there was one."""

    async def recorded(session: AsyncSession) -> None:
        if effect.state is EffectState.UNKNOWN:
            await doubt(session, ended)
        await record(session)

    return recorded
