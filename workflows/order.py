"""One order from submitted to settled."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError

from workflows import policies
from workflows.deadlines import Alarm
from workflows.fulfillment import Fulfillment
from workflows.shown import details, typed_text
from workflows.steps import Ended, MovedOn, Steps

with workflow.unsafe.imports_passed_through():
    from activities.carriers import CarrierActivities
    from activities.notifications import NotificationActivities
    from activities.orders import OrderActivities
    from activities.payments import PaymentActivities
    from activities.warehouse import WarehouseActivities
    from orderwright.domain.orders import HoldType, OrderState, TaskKind
    from orderwright.domain.payments import PaymentState
    from orderwright.messages import names, queues
    from orderwright.messages.orders import (
        Claim,
        OrderClosed,
        PartRef,
        PaymentRef,
        RefundRef,
        StageRef,
        StartOrder,
        Typed,
        Undo,
        UndoKind,
    )

ORDER_STATE = SearchAttributeKey.for_keyword(names.ORDER_STATE)
NEEDS_PERSON = SearchAttributeKey.for_bool(names.NEEDS_PERSON)
_UNPAID = (PaymentState.CREATED, PaymentState.ACTION_REQUIRED, PaymentState.RAISING)


@workflow.defn(name=names.ORDER)
class OrderWorkflow:
    """Ids in, decisions out; the record is in PostgreSQL, and the position is read from it, never carried."""

    @workflow.init
    def __init__(self, start: StartOrder) -> None:
        self._steps = Steps(start.order_id)
        self._steps.on_change = self._react
        self._woken = False
        self._typed: list[tuple[str, tuple[Any, ...], int]] = []  # Any: people type what they like
        self._signals = 0
        self._alarm = Alarm(self._steps)
        self._told: set[str] = set()
        self._shown: tuple[str, bool] | None = None

    @workflow.run
    async def run(self, start: StartOrder) -> OrderClosed:
        """Forward, or back by compensations; then settle. A long history goes on in a new run."""
        if not await self._claim():
            return OrderClosed(claimed=False)
        self._steps.spawn("listen", self._listen)
        try:
            while True:
                async with self._compensated():
                    await self._forward()
                closed = await self._settle()
                if closed is not None:
                    return closed
        except MovedOn:
            await self._all_heard()
            workflow.continue_as_new(start)

    @workflow.signal(name=names.WAKE)
    def wake(self, *_: Any) -> None:  # Any: nothing that is sent may stop an order
        """Rows have changed: read them."""
        self._woken = True
        self._signals += 1

    @workflow.signal(name=names.APPROVE)
    def approve(self, *said: Any) -> None:  # Any: as above; an activity reads it
        """From the Temporal UI or CLI. The rules for who may decide are applied where the row is written."""
        self._type(names.APPROVE, said)

    @workflow.signal(name=names.REJECT)
    def reject(self, *said: Any) -> None:  # Any: as above
        """The same for the other answer."""
        self._type(names.REJECT, said)

    @workflow.signal(name=names.CANCEL)
    def cancel(self, *said: Any) -> None:  # Any: as above
        """The business cancel; Temporal's own would leave money and goods where they are."""
        self._type(names.CANCEL, said)

    def _type(self, signal: str, said: tuple[Any, ...]) -> None:
        self._signals += 1
        self._typed.append((signal, said, self._signals))

    # --- the way

    async def _forward(self) -> None:
        await self._verify()
        await self._source_and_reserve()
        await self._authorize()
        await self._until_no_hold()
        await self._plan()
        await self._until_all_ended()

    async def _claim(self) -> bool:
        run_id = workflow.info().first_execution_run_id
        claimed = await self._steps.ask(
            OrderActivities.claim, Claim(order_id=self._steps.order_id, run_id=run_id)
        )
        if claimed.position is not None:
            self._steps.see(claimed.position)
        return claimed.position is not None

    async def _verify(self) -> None:
        position = self._steps.position
        if position.at_end:
            raise Ended
        if not position.verified and position.state is OrderState.SUBMITTED:
            await self._steps.record(OrderActivities.verify, self._steps.ref)

    async def _source_and_reserve(self) -> None:
        """Hold all units; where there are none, wait for the receipt (or person) that releases the hold."""
        while self._steps.position.unallocated:
            answer = await self._steps.record(OrderActivities.reserve, self._steps.ref)
            if answer.unallocated:
                await self._steps.until_newer(answer)

    async def _authorize(self) -> None:
        """Every payment is asked for as soon as it is there (`_react`); here all are awaited."""
        await self._steps.until(
            lambda: not any(payment.state in _UNPAID for payment in self._steps.position.payments)
        )

    async def _until_no_hold(self) -> None:
        """After a long wait the address may be another, the units given back, the money asked for anew."""
        while True:
            await self._steps.until(lambda: not self._steps.position.holds)
            await self._verify()
            await self._source_and_reserve()
            if self._steps.position.fillable:
                await self._fill()
            await self._authorize()
            if not self._steps.position.holds:
                return

    async def _plan(self) -> None:
        """Fulfillment orders from the reservations; what the rows do not allow yet is waited for."""
        while not self._steps.position.planned or self._steps.position.unplanned:
            await self._until_no_hold()
            answer = await self._steps.record(OrderActivities.plan, self._steps.ref)
            if not answer.planned or answer.unplanned:
                await self._steps.until_newer(answer)

    async def _until_all_ended(self) -> None:
        """Each part runs beside this; what a warehouse rejects is sourced and planned anew."""
        while True:
            position = self._steps.position
            if position.unallocated:
                await self._until_no_routing_hold()
                await self._source_and_reserve()
            elif position.unplanned:
                await self._plan()
            elif position.fillable:
                await self._fill()
            elif not position.backordered and all(
                part.ended and not part.capture_due for part in position.parts
            ):
                return
            else:
                await self._steps.until_newer(position)

    async def _fill(self) -> None:
        """Units that were to follow have come: hold what this order may have of them."""
        answer = await self._steps.record(OrderActivities.reserve, self._steps.ref)
        if answer.fillable and not answer.unplanned:  # they are there, and not for this order
            await self._steps.until_newer(answer)

    async def _until_no_routing_hold(self) -> None:
        await self._steps.until(
            lambda: not any(hold.type is HoldType.ROUTING for hold in self._steps.position.holds)
        )

    async def _settle(self) -> OrderClosed | None:
        """Until nothing is left to do and everybody has been told; a refund that comes then is still ours.

        None: units are to be sent again, and there is a way forward once more.
        """
        while True:
            if not await self._until_settled():
                return None
            await self._steps.quiet("tell/")
            await workflow.wait_condition(workflow.all_handlers_finished)
            if not self._woken:
                return OrderClosed(state=self._steps.position.state)
            self._woken = False
            if not await self._claim():  # no news, or another run has it
                return OrderClosed(state=self._steps.position.state)
            self._steps.spawn("listen", self._listen)

    async def _until_settled(self) -> bool:
        while not self._steps.position.settled:
            if self._forward_again():
                return False
            await self._steps.quiet("part/")
            await self._steps.quiet("undo")
            await self._steps.quiet("pay/")  # a webhook may have been faster than a step that was killed
            answer = await self._steps.record(OrderActivities.settle, self._steps.ref)
            if self._steps.moving_on and not answer.settled:
                raise MovedOn
            if not answer.settled and not answer.undo:
                await self._steps.until_newer(answer, even_ended=True)
        return True

    def _forward_again(self) -> bool:
        """Whether units look for a place though every part had come to its end."""
        return not self._steps.position.at_end and self._steps.position.unallocated > 0

    # --- the way back

    @asynccontextmanager
    async def _compensated(self) -> AsyncIterator[None]:
        """Undone is what the rows say is done and not wanted any more, so a reset or a new run loses none."""
        try:
            yield
        except Ended:
            await self._steps.quiet("part/")
            await self._steps.quiet("pay/")

    async def _undo(self) -> None:
        """Work through the list that the rows give, in its order, until it is empty."""
        last: Undo | None = None
        while self._steps.position.undo and not self._steps.moving_on:
            undo = self._steps.position.undo[0]
            if undo == last:
                await self._steps.ask_person(
                    TaskKind.COMPENSATION,
                    f"{undo.kind}/{undo.id}",
                    f"Undo {undo.kind} by hand: it did not take.",
                )
                last = None
                continue
            await self._undo_one(undo)
            last = undo

    async def _undo_one(self, undo: Undo) -> None:
        order_id = self._steps.order_id
        part = PartRef(order_id=order_id, fulfillment_id=undo.id, at=workflow.now())
        insist = partial(
            self._steps.insist,
            subject=f"{undo.kind}/{undo.id}",
            kind=TaskKind.COMPENSATION,
            stop=lambda: undo not in self._steps.position.undo,
            policy=policies.UNDO,
        )
        match undo.kind:
            case UndoKind.RECALL:
                await self._steps.ended(f"hand-off/{undo.id}")  # one in flight would arrive after its recall
                await insist(
                    WarehouseActivities.recall,
                    part,
                    queue=queues.WAREHOUSE,
                    summary="recall from the warehouse",
                )
            case UndoKind.LABEL:
                await self._steps.quiet(f"part/{undo.id}")
                await insist(CarrierActivities.void, part, queue=queues.CARRIERS, summary="void the label")
            case UndoKind.STOCK:
                await self._steps.record(OrderActivities.free_stock, self._steps.ref)
            case UndoKind.PAYMENT:
                await self._steps.quiet(f"pay/{undo.id}")
                payment = PaymentRef(order_id=order_id, payment_id=undo.id, at=workflow.now())
                await insist(
                    PaymentActivities.void, payment, queue=queues.PAYMENTS, summary="void the authorization"
                )

            case UndoKind.REFUND:
                refund = RefundRef(order_id=order_id, refund_id=undo.id)
                await insist(
                    PaymentActivities.refund, refund, queue=queues.PAYMENTS, summary="refund the customer"
                )

    # --- what runs beside the way

    def _react(self) -> None:
        """The position has changed: show it, arm the next deadline, start what it asks for."""
        position = self._steps.position
        self._show()
        self._alarm.arm()
        for stage in position.stages_due:
            if stage not in self._told:
                self._told.add(stage)
                self._steps.spawn(f"tell/{stage}", partial(self._tell, stage))
        if self._steps.moving_on:
            return  # the new run will do the rest; of an end it would hear nothing
        for payment in position.payments:
            if payment.state is PaymentState.CREATED and not position.at_end:
                self._steps.spawn(f"pay/{payment.id}", partial(self._pay, payment.id))
        for part in position.parts:
            if not (part.ended or position.at_end) or part.capture_due:
                self._steps.spawn(f"part/{part.id}", Fulfillment(self._steps, part.id).run)
        if position.undo:
            self._steps.spawn("undo", self._undo)

    async def _listen(self) -> None:
        """Wakes, typed signals and deadlines become rows or a new look at them."""
        while not self._steps.position.settled:
            await self._steps.until(lambda: self._called() or self._steps.position.settled, even_ended=True)
            await self._attend()
            length = workflow.info().get_current_history_length()
            if length > policies.EVENTS_PER_RUN or self._signals > policies.SIGNALS_PER_RUN:
                self._steps.moving_on = True

    def _called(self) -> bool:
        return bool(self._typed) or self._alarm.rang or self._woken

    async def _attend(self) -> None:
        if self._typed:
            await self._obey(*self._typed.pop(0))
        elif self._alarm.rang:
            await self._alarm.pass_deadlines()
        elif self._woken:
            self._woken = False
            await self._steps.record(OrderActivities.read, self._steps.ref)

    async def _all_heard(self) -> None:
        """What is in flight ends with its answer; what is typed meanwhile a new run could not know."""
        while self._called() or not self._steps.idle:
            await self._attend()
            await workflow.wait_condition(lambda: self._called() or self._steps.idle)

    async def _obey(self, signal: str, said: tuple[Any, ...], nth: int) -> None:
        typed = Typed(
            order_id=self._steps.order_id,
            signal=signal,
            said=typed_text(said),
            run_id=workflow.info().run_id,
            nth=nth,
        )
        await self._steps.record(OrderActivities.obey, typed)

    async def _tell(self, stage: str) -> None:
        ref = StageRef(order_id=self._steps.order_id, stage=stage)
        try:
            await workflow.execute_activity_method(
                NotificationActivities.tell,
                ref,
                task_queue=queues.NOTIFICATIONS,
                start_to_close_timeout=policies.TELL.try_for,
                schedule_to_close_timeout=policies.TELL.all_for,
                retry_policy=policies.TELL.retry,
                summary=f"tell of {stage}",
            )
        except ActivityError:
            await self._steps.ask_person(TaskKind.NOTIFICATION, stage, f"Nobody could be told of {stage}.")

    async def _pay(self, payment_id: UUID) -> None:
        """Again where it is to be asked for once more: a raise may be refused before its answer is here."""
        while True:
            ref = PaymentRef(order_id=self._steps.order_id, payment_id=payment_id, at=workflow.now())
            answer = await self._steps.insist(
                PaymentActivities.authorize,
                ref,
                queue=queues.PAYMENTS,
                summary="authorize the payment",
                subject=f"authorize/{payment_id}",
                kind=TaskKind.PAYMENT_LOOKUP,
                stop=lambda: self._steps.position.at_end or self._unwanted(payment_id),
            )
            if answer is None or not self._to_ask_for(payment_id):
                return

    def _to_ask_for(self, payment_id: UUID) -> bool:
        return any(
            one.id == payment_id and one.state is PaymentState.CREATED
            for one in self._steps.position.payments
        )

    def _unwanted(self, payment_id: UUID) -> bool:
        return Undo(kind=UndoKind.PAYMENT, id=payment_id) in self._steps.position.undo

    def _show(self) -> None:
        """What developers see in the Temporal UI: details at once, search attributes when they change."""
        position = self._steps.position
        workflow.set_current_details(details(position))
        shown = (position.state.value, position.needs_person)
        if self._shown is None and shown == ("submitted", False):
            self._shown = shown  # as the start has set them
        if shown != self._shown:
            self._shown = shown
            workflow.upsert_search_attributes(
                [ORDER_STATE.value_set(position.state.value), NEEDS_PERSON.value_set(position.needs_person)]
            )
