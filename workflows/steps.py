"""How a run does things: record steps, provider steps, waits; and how it stops doing them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError, FailureError

from workflows import policies

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from orderwright.domain.orders import TaskKind
    from orderwright.messages import queues
    from orderwright.messages.orders import AskPerson, OrderRef, Position

Answer = TypeVar("Answer")
Message = TypeVar("Message")


class Ended(Exception):
    """The order's story is decided: leave the way forward."""


class MovedOn(Exception):
    """The history is long enough: finish what is in flight and go on in a new run."""


class Steps:
    """One order's position and the means to change it. Waits end when the order ends or the run moves on."""

    def __init__(self, order_id: UUID) -> None:
        self.order_id = order_id
        self.moving_on = False
        self._position: Position | None = None
        self._running: dict[str, asyncio.Task[None]] = {}
        self._insisting: set[str] = set()
        self._slots = asyncio.Semaphore(policies.STEPS_AT_ONCE)
        self._broken: BaseException | None = None
        self.on_change: Callable[[], None] = lambda: None

    @property
    def position(self) -> Position:
        """The newest position that any step has answered with."""
        assert self._position is not None  # noqa: S101 - the claim comes first
        return self._position

    @property
    def ref(self) -> OrderRef:
        """The order, and the run's clock from which deadlines are counted."""
        return OrderRef(order_id=self.order_id, at=workflow.now())

    def see(self, position: Position) -> None:
        """Take a position unless a newer one is known, and let the run react."""
        if self._position is None or position.as_of > self._position.as_of:
            self._position = position
            self.on_change()

    async def record(
        self, method: Callable[[Any, Message], Awaitable[Position]], message: Message
    ) -> Position:
        """A step that only touches PostgreSQL; an outage is waited out. Any: the activities' class.

        Returns its own answer: a newer one may be known by then, and what follows from it is not lost.
        """
        answer = await self.ask(method, message)
        self.see(answer)
        return answer

    async def ask(self, method: Callable[[Any, Message], Awaitable[Answer]], message: Message) -> Answer:
        """The same with its own answer."""
        return await ask(method, message)

    async def step(
        self,
        method: Callable[[Any, Message], Awaitable[Position]],
        message: Message,
        *,
        queue: str,
        summary: str,
        stop: Callable[[], bool],
        policy: policies.Policy = policies.FORWARD,
    ) -> Position | None:
        """A step at a provider, unless `stop`. One in flight then ends with its answer; none follows it.

        Returns what it answered; None: it was stopped.
        Raises ActivityError where it failed for good or for longer than the policy allows.
        """
        async with self._slots:
            if stop() or self.moving_on:
                return None
            handle = workflow.start_activity_method(
                method,
                message,
                task_queue=queue,
                start_to_close_timeout=policy.try_for,
                schedule_to_close_timeout=policy.all_for,
                retry_policy=policy.retry,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=summary,
            )
            await workflow.wait_condition(lambda: handle.done() or stop())
            await self._about_to_answer(handle)
            if not handle.done():
                handle.cancel()
            try:
                answer = await handle
            except ActivityError as failure:
                if not isinstance(failure.cause, CancelledError):
                    raise
            except asyncio.CancelledError:  # canceled before it was scheduled
                if not stop():
                    raise
            else:
                self.see(answer)
                return answer
            return None

    async def _about_to_answer(self, handle: workflow.ActivityHandle[Position]) -> None:
        """What an undo has written is what stops it: its answer is a moment away, and no cancel is due."""
        if not handle.done():
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    handle.done, timeout=policies.GRACE, timeout_summary="a moment for the answer"
                )

    async def insist(
        self,
        method: Callable[[Any, Message], Awaitable[Position]],
        message: Message,
        *,
        queue: str,
        summary: str,
        subject: str,
        kind: TaskKind,
        stop: Callable[[], bool],
        policy: policies.Policy = policies.FORWARD,
    ) -> Position | None:
        """A step that must succeed: what a day of retries did not bring, a person sees to before the next.

        Returns what it answered; None: it was stopped.
        """
        self._insisting.add(subject)
        try:
            while not stop():
                try:
                    return await self.step(
                        method, message, queue=queue, summary=summary, stop=stop, policy=policy
                    )
                except ActivityError:
                    if stop():
                        break
                asked = await self.ask_person(
                    kind, subject, f"{summary}: a day of retries has not succeeded."
                )
                await self.until(partial(self._answered, subject, asked.as_of, stop), even_ended=True)
            return None
        finally:
            self._insisting.discard(subject)

    def _answered(self, subject: str, asked: int, stop: Callable[[], bool]) -> bool:
        return stop() or (self.position.as_of >= asked and subject not in self.position.asked)

    async def ended(self, subject: str) -> None:
        """Wait until no step about `subject` is under way."""
        await workflow.wait_condition(lambda: subject not in self._insisting or self._broken is not None)

    async def ask_person(self, kind: TaskKind, subject: str, question: str) -> Position:
        """Open a task; the order goes on where it can."""
        ask = AskPerson(order_id=self.order_id, kind=kind, subject=subject, question=question)
        return await self.record(OrderActivities.ask_person, ask)

    async def until(self, true: Callable[[], bool], *, even_ended: bool = False) -> None:
        """Wait until `true`. Raises Ended (unless `even_ended`), MovedOn, and what broke beside it."""
        await workflow.wait_condition(
            lambda: (
                true()
                or self.moving_on
                or self._broken is not None
                or (not even_ended and self.position.at_end)
            )
        )
        if self._broken is not None:
            raise self._broken
        if self.moving_on:
            raise MovedOn
        if not even_ended and self.position.at_end:
            raise Ended

    async def until_newer(self, than: Position, *, even_ended: bool = False) -> None:
        """Wait for a newer position than the one that was acted upon; it may be there already."""
        await self.until(lambda: self.position.as_of > than.as_of, even_ended=even_ended)

    def spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` beside the others, once while it runs. What it raises fails the workflow task loudly."""
        if name in self._running:
            return

        async def quietly() -> None:
            try:
                await work()
            except (Ended, MovedOn):
                pass
            except BaseException as broken:  # noqa: BLE001 - kept for the main coroutine to raise
                self._broken = broken
            finally:
                del self._running[name]

        self._running[name] = asyncio.create_task(quietly())

    @property
    def idle(self) -> bool:
        """Whether nothing is under way in the background. Raises what broke there."""
        if self._broken is not None:
            raise self._broken
        return not self._running

    async def quiet(self, prefix: str = "") -> None:
        """Wait until no background work with that prefix is under way."""
        await workflow.wait_condition(
            lambda: self._broken is not None or not any(name.startswith(prefix) for name in self._running)
        )
        if self._broken is not None:
            raise self._broken


async def ask(method: Callable[[Any, Message], Awaitable[Answer]], message: Message) -> Answer:
    """A step that only touches PostgreSQL: a local activity at first, then an ordinary one.

    Raises RuntimeError where a rule refuses: the workflow task fails and is tried again, and the sweep
    asks a person. An ActivityError would end the run, and each new one after it.
    """
    try:
        return await workflow.execute_local_activity_method(
            method,
            message,
            start_to_close_timeout=policies.LOCAL_TRY,
            schedule_to_close_timeout=policies.LOCAL_ALL,
            retry_policy=policies.LOCAL_RETRY,
        )
    except FailureError as failure:  # a local one fails with its bare cause, on replay also a timeout
        _raise_if_refused(failure)
    try:
        return await workflow.execute_activity_method(
            method,
            message,
            task_queue=queues.ORDERS,
            start_to_close_timeout=policies.RECORD_TRY,
            retry_policy=policies.RECORD_RETRY,
            summary="the record did not answer at once",
        )
    except ActivityError as failure:
        _raise_if_refused(failure)
        raise


def _raise_if_refused(failure: FailureError) -> None:
    cause = failure.cause if isinstance(failure, ActivityError) else failure
    if isinstance(cause, ApplicationError) and cause.non_retryable:
        raise RuntimeError(f"the record refuses: {cause.type}") from failure
