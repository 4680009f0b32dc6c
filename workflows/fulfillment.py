"""One fulfillment order inside its order's run: label, hand-off, shipped, captured, arrived."""

from uuid import UUID

from temporalio import workflow

from workflows.steps import Steps

with workflow.unsafe.imports_passed_through():
    from activities.carriers import CarrierActivities
    from activities.payments import PaymentActivities
    from activities.warehouse import WarehouseActivities
    from orderwright.domain.fulfillment.shipping import ShipmentState
    from orderwright.domain.fulfillment.states import FulfillmentState, PartnerState
    from orderwright.domain.orders import TaskKind
    from orderwright.messages import queues
    from orderwright.messages.orders import PartPosition, PartRef, Position


class Fulfillment:
    """Follows one part until its money is taken; where it stands is read from the order's position."""

    def __init__(self, steps: Steps, part_id: UUID) -> None:
        self._steps, self._id = steps, part_id

    async def run(self) -> None:
        """Every step asks the rows first, so the same way serves a reset and a continued run."""
        await self._label()
        await self._hand_off()
        await self._steps.until(lambda: self._part.shipped or self._canceled())
        await self._capture()

    @property
    def _part(self) -> PartPosition:
        return self._steps.position.part(self._id)

    @property
    def _ref(self) -> PartRef:
        return PartRef(order_id=self._steps.order_id, fulfillment_id=self._id, at=workflow.now())

    def _canceled(self) -> bool:
        return self._part.state is FulfillmentState.CANCELED

    def _stopped(self) -> bool:
        return self._canceled() or self._steps.position.at_end

    def _held(self) -> bool:
        return any(hold.fulfillment_id in (None, self._id) for hold in self._steps.position.holds)

    async def _label(self) -> None:
        """Buy the label; a refusal of all carriers is a hold, and its release the next try."""
        while self._unlabeled() and not self._canceled():
            await self._steps.until(lambda: not self._held() or self._canceled())
            answer = await self._steps.insist(
                CarrierActivities.label,
                self._ref,
                queue=queues.CARRIERS,
                summary=f"label for part {self._part.number}",
                subject=f"label/{self._id}",
                kind=TaskKind.CARRIER,
                stop=self._stopped,
            )
            if self._unlabeled():
                await self._changed_since(answer)

    def _unlabeled(self) -> bool:
        """What is collected, or comes from a supplier, has no label of ours."""
        return self._part.needs_label and self._part.shipment is ShipmentState.PLANNED

    async def _hand_off(self) -> None:
        """The rows decide in one statement; a hold that was faster is waited for."""
        while self._part.state is FulfillmentState.OPEN:
            await self._steps.until(lambda: not self._held() or self._part.state is not FulfillmentState.OPEN)
            answer = await self._steps.insist(
                WarehouseActivities.hand_off,
                self._ref,
                queue=queues.WAREHOUSE,
                summary=f"hand part {self._part.number} to {self._part.location}",
                subject=f"hand-off/{self._id}",
                kind=TaskKind.ROUTING,
                stop=lambda: self._stopped() or self._part.partner is PartnerState.CANCEL_REQUESTED,
            )
            if self._part.state is FulfillmentState.OPEN:
                await self._changed_since(answer)

    async def _capture(self) -> None:
        """Take the money, now or when the last part of the same authorization has left."""
        while self._uncaptured():
            await self._steps.until(lambda: self._part.capture_due or not self._uncaptured())
            answer = await self._steps.insist(
                PaymentActivities.capture,
                self._ref,
                queue=queues.PAYMENTS,
                summary=f"capture part {self._part.number}",
                subject=f"capture/{self._id}",
                kind=TaskKind.PAYMENT_LOOKUP,
                stop=lambda: False,  # each attempt asks the rows whether the money is still due
            )
            if self._part.capture_due:
                await self._changed_since(answer)

    async def _changed_since(self, answer: Position | None) -> None:
        """The step has done nothing and would do nothing again: wait for other rows."""
        await self._steps.until_newer(answer or self._steps.position)

    def _uncaptured(self) -> bool:
        return self._part.shipped and self._part.uncaptured > 0
