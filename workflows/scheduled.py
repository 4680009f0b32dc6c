"""What runs by the clock: sweeps that find what nobody drives."""

from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import policies

with workflow.unsafe.imports_passed_through():
    from activities.carriers import CarrierActivities
    from activities.disputes import DisputeActivities
    from activities.instruments import InstrumentActivities
    from activities.reconciliation import ReconciliationActivities
    from activities.sweeps import SweepActivities
    from orderwright.messages import names, queues
    from orderwright.messages.orders import SweepAt, Swept


async def _once(
    method: Callable[..., Awaitable[Swept]],  # sweeps take nothing or the moment, of any activities' class
    queue: str,
    summary: str,
    policy: policies.Policy,
    *about: SweepAt,
) -> Swept:
    """One pass over one thing; the schedule repeats it."""
    return await workflow.execute_activity_method(
        method,
        args=about,
        task_queue=queue,
        start_to_close_timeout=policy.try_for,
        schedule_to_close_timeout=policy.all_for,
        retry_policy=policy.retry,
        summary=summary,
    )


@workflow.defn(name=names.ORDER_SWEEP)
class OrderSweep:
    """Orders whose run is gone are started again; those whose run fails become a task."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await _once(
            SweepActivities.orders, queues.ORDERS, "unsettled orders without a run", policies.SWEEP
        )


@workflow.defn(name=names.RESERVATION_SWEEP)
class ReservationSweep:
    """Units held past their time go back to the shelf."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await _once(
            SweepActivities.reservations, queues.ORDERS, "reservations past their time", policies.SWEEP
        )


@workflow.defn(name=names.STOCK_RECONCILIATION)
class StockReconciliation:
    """Figures of stock that do not agree with the rows they are made of are listed for people."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await _once(
            SweepActivities.stock,
            queues.ORDERS,
            "levels against moves, reservations and transfers",
            policies.SWEEP,
        )


@workflow.defn(name=names.PAYMENT_RECONCILIATION)
class PaymentReconciliation:
    """What people decided to give back is given back; then both sides of every payment are compared."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it. Nothing is compared before what is decided is done."""
        await _once(
            ReconciliationActivities.give_back,
            queues.PAYMENTS,
            "money that came without an order",
            policies.RECONCILIATION,
        )
        return await _once(
            ReconciliationActivities.compare,
            queues.PAYMENTS,
            "our payments against the provider's",
            policies.RECONCILIATION,
        )


@workflow.defn(name=names.DELIVERY_SWEEP)
class DeliverySweep:
    """Parcels of which nothing is heard, promises that will be missed, cases that nobody has decided."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it. A carrier that is down keeps nobody from the rest."""
        ref = SweepAt(at=workflow.now())
        try:
            await _once(
                CarrierActivities.track, queues.CARRIERS, "ask about silent parcels", policies.SWEEP, ref
            )
        except ActivityError:
            workflow.logger.warning("the carrier could not be asked")
        return await _once(
            SweepActivities.deliveries,
            queues.ORDERS,
            "promises that will be missed, cases past their deadline",
            policies.SWEEP,
            ref,
        )


@workflow.defn(name=names.INSTRUMENT_SWEEP)
class InstrumentSweep:
    """Saved cards: what customers let the provider keep is written down, what they forget is given up."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await _once(
            InstrumentActivities.tend, queues.PAYMENTS, "saved cards: kept, and forgotten", policies.SWEEP
        )


@workflow.defn(name=names.DISPUTE_SWEEP)
class DisputeSweep:
    """Disputes: what people have answered is told to the provider."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await _once(DisputeActivities.answer, queues.PAYMENTS, "answers to disputes", policies.SWEEP)
