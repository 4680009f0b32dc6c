"""An order's deadlines: of holds, units that follow, money to be reserved anew, what waits at a counter."""

import asyncio
from datetime import datetime

from temporalio import workflow

from workflows.steps import Steps

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from orderwright.messages.orders import CollectionDeadline, HoldDeadline, PaymentRef, WaitDeadline


class Alarm:
    """One timer, for the next deadline of the position; it is left alone as long as that stays the same."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._timer: asyncio.Task[None] | None = None
        self._at: datetime | None = None
        self.rang = False

    def arm(self) -> None:
        """Set the timer to the position's next deadline."""
        at = self._next()
        if at == self._at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = None if at is None else asyncio.create_task(self._ring(at))

    async def pass_deadlines(self) -> None:
        """Let the rows say what follows from each deadline that is over; then wait for the next."""
        self.rang = False
        self._at = None
        now, position = workflow.now(), self._steps.position
        for hold in position.holds:
            if hold.deadline is not None and hold.deadline <= now:
                await self._steps.record(
                    OrderActivities.pass_deadline,
                    HoldDeadline(order_id=position.order_id, hold_id=hold.id, deadline=hold.deadline),
                )
        if position.waits_until is not None and position.waits_until <= now:
            await self._steps.record(
                OrderActivities.give_up_waiting,
                WaitDeadline(order_id=position.order_id, deadline=position.waits_until),
            )
        for payment in position.payments:
            if payment.renew_at is not None and payment.renew_at <= now:
                await self._steps.record(
                    OrderActivities.renew_payment,
                    PaymentRef(order_id=position.order_id, payment_id=payment.id, at=now),
                )
        for part in position.parts:
            if part.collect_by is not None and part.collect_by <= now:
                await self._steps.record(
                    OrderActivities.pass_collection_deadline,
                    CollectionDeadline(
                        order_id=position.order_id, fulfillment_id=part.id, deadline=part.collect_by
                    ),
                )
        self.arm()

    async def _ring(self, at: datetime) -> None:
        await workflow.sleep(max(0.0, (at - workflow.now()).total_seconds()), summary="next deadline")
        self.rang = True

    def _next(self) -> datetime | None:
        position = self._steps.position
        if position.at_end:
            return None
        moments = [hold.deadline for hold in position.holds if hold.deadline is not None]
        moments += [payment.renew_at for payment in position.payments if payment.renew_at is not None]
        moments += [] if position.waits_until is None else [position.waits_until]
        moments += [part.collect_by for part in position.parts if part.collect_by is not None]
        return min(moments, default=None)
