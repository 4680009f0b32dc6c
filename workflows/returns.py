"""One return from requested to resolved; it survives its order's run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, CancelledError

from workflows import policies
from workflows.steps import ask

with workflow.unsafe.imports_passed_through():
    from activities.returns import ReturnActivities, ReturnLabelActivities
    from orderwright.domain.returns.states import AWAITED
    from orderwright.messages import names, queues
    from orderwright.messages.returns import (
        AskAboutReturn,
        ClaimReturn,
        ReturnClosed,
        ReturnDeadline,
        ReturnPosition,
        ReturnRef,
        StartReturn,
    )

Step = Callable[[Any, ReturnRef], Awaitable[ReturnPosition]]  # Any: the activities' class


@workflow.defn(name=names.RETURN)
class ReturnWorkflow:
    """Does what its position says is due: people, carriers and deadlines move rows, a wake tells of it."""

    @workflow.init
    def __init__(self, start: StartReturn) -> None:
        self._id = start.return_id
        self._woken = False
        self._signals = 0
        self._seen: ReturnPosition | None = None

    @workflow.run
    async def run(self, start: StartReturn) -> ReturnClosed:
        """Label, wait for the goods, refund, resolve; each as the rows ask for it, whatever came before."""
        if not await self._claim():
            return ReturnClosed(claimed=False)
        while not self._position.settled:
            if self._long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(start)
            await self._next()
        return ReturnClosed(state=self._position.state)

    @workflow.signal(name=names.WAKE)
    def wake(self, *_: Any) -> None:  # Any: nothing that is sent may stop a return
        """Rows have changed: read them."""
        self._woken = True
        self._signals += 1

    async def _next(self) -> None:
        position = self._position
        if position.label_due:
            await self._at_carrier(
                ReturnLabelActivities.label, "return-label", "label for the way back",
                stop=lambda: self._position.state not in AWAITED,
            )  # fmt: skip
        elif position.void_due:
            await self._at_carrier(
                ReturnLabelActivities.void, "return-void", "void the label", stop=lambda: False
            )
        elif position.exchange_due:
            self._see(await ask(ReturnActivities.exchange, self._ref))
        elif position.refund_due:
            self._see(await ask(ReturnActivities.refund, self._ref))
        elif position.resolvable:
            self._see(await ask(ReturnActivities.resolve, self._ref))
        else:
            await self._until_news(position)

    async def _claim(self) -> bool:
        run_id = workflow.info().first_execution_run_id
        claimed = await ask(ReturnActivities.claim, ClaimReturn(return_id=self._id, run_id=run_id))
        if claimed.position is not None:
            self._see(claimed.position)
        return claimed.position is not None

    async def _until_news(self, position: ReturnPosition) -> None:
        """A wake, or the deadline of the state it is in."""
        deadline = position.deadline
        left = None if deadline is None else max(0.0, (deadline - workflow.now()).total_seconds())
        try:
            await workflow.wait_condition(
                lambda: self._woken, timeout=left, timeout_summary=f"deadline of {position.state.value}"
            )
        except TimeoutError:
            assert deadline is not None  # noqa: S101 - no timeout without one
            self._see(
                await ask(
                    ReturnActivities.pass_deadline, ReturnDeadline(return_id=self._id, deadline=deadline)
                )
            )
            return
        await self._read()

    async def _read(self) -> None:
        self._woken = False
        self._see(await ask(ReturnActivities.read, self._ref))

    async def _at_carrier(self, step: Step, subject: str, summary: str, *, stop: Callable[[], bool]) -> None:
        """One in flight ends with its answer; called off meanwhile, no further try starts."""
        handle = workflow.start_activity_method(
            step,
            self._ref,
            task_queue=queues.CARRIERS,
            start_to_close_timeout=policies.FORWARD.try_for,
            schedule_to_close_timeout=policies.FORWARD.all_for,
            retry_policy=policies.FORWARD.retry,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=summary,
        )
        while not handle.done():
            await workflow.wait_condition(lambda: handle.done() or self._woken)
            if not handle.done():
                await self._read()
                if stop():
                    handle.cancel()
                    break
        try:
            self._see(await handle)
        except ActivityError as failure:
            if not isinstance(failure.cause, CancelledError):
                await self._ask_person(subject, f"{summary}: a day of retries has not succeeded.")
        except asyncio.CancelledError:  # canceled before it was scheduled
            if not stop():
                raise

    async def _ask_person(self, subject: str, question: str) -> None:
        message = AskAboutReturn(return_id=self._id, subject=subject, question=question)
        self._see(await ask(ReturnActivities.ask_person, message))

    @property
    def _position(self) -> ReturnPosition:
        assert self._seen is not None  # noqa: S101 - the claim comes first
        return self._seen

    @property
    def _ref(self) -> ReturnRef:
        return ReturnRef(return_id=self._id, at=workflow.now())

    def _see(self, position: ReturnPosition) -> None:
        if self._seen is None or position.as_of > self._seen.as_of:
            self._seen = position
            workflow.set_current_details(f"{position.number}: {position.state.value}")

    def _long(self) -> bool:
        length = workflow.info().get_current_history_length()
        return length > policies.EVENTS_PER_RUN or self._signals > policies.SIGNALS_PER_RUN
