"""What runs by the clock: sweeps that find what nobody drives."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import policies

with workflow.unsafe.imports_passed_through():
    from activities.carriers import CarrierActivities
    from activities.instruments import InstrumentActivities
    from activities.reconciliation import ReconciliationActivities
    from activities.sweeps import SweepActivities
    from orderwright.messages import names, queues
    from orderwright.messages.orders import SweepAt, Swept


@workflow.defn(name=names.ORDER_SWEEP)
class OrderSweep:
    """Orders whose run is gone are started again; those whose run fails become a task."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await workflow.execute_activity_method(
            SweepActivities.orders,
            task_queue=queues.ORDERS,
            start_to_close_timeout=policies.SWEEP.try_for,
            schedule_to_close_timeout=policies.SWEEP.all_for,
            retry_policy=policies.SWEEP.retry,
            summary="unsettled orders without a run",
        )


@workflow.defn(name=names.RESERVATION_SWEEP)
class ReservationSweep:
    """Units held past their time go back to the shelf."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await workflow.execute_activity_method(
            SweepActivities.reservations,
            task_queue=queues.ORDERS,
            start_to_close_timeout=policies.SWEEP.try_for,
            schedule_to_close_timeout=policies.SWEEP.all_for,
            retry_policy=policies.SWEEP.retry,
            summary="reservations past their time",
        )


@workflow.defn(name=names.STOCK_RECONCILIATION)
class StockReconciliation:
    """Figures of stock that do not agree with the rows they are made of are listed for people."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await workflow.execute_activity_method(
            SweepActivities.stock,
            task_queue=queues.ORDERS,
            start_to_close_timeout=policies.SWEEP.try_for,
            schedule_to_close_timeout=policies.SWEEP.all_for,
            retry_policy=policies.SWEEP.retry,
            summary="levels against moves, reservations and transfers",
        )


@workflow.defn(name=names.PAYMENT_RECONCILIATION)
class PaymentReconciliation:
    """What people decided to give back is given back; then both sides of every payment are compared."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it. Nothing is compared before what is decided is done."""
        await workflow.execute_activity_method(
            ReconciliationActivities.give_back,
            task_queue=queues.PAYMENTS,
            start_to_close_timeout=policies.RECONCILIATION.try_for,
            schedule_to_close_timeout=policies.RECONCILIATION.all_for,
            retry_policy=policies.RECONCILIATION.retry,
            summary="money that came without an order",
        )
        return await workflow.execute_activity_method(
            ReconciliationActivities.compare,
            task_queue=queues.PAYMENTS,
            start_to_close_timeout=policies.RECONCILIATION.try_for,
            schedule_to_close_timeout=policies.RECONCILIATION.all_for,
            retry_policy=policies.RECONCILIATION.retry,
            summary="our payments against the provider's",
        )


@workflow.defn(name=names.DELIVERY_SWEEP)
class DeliverySweep:
    """Parcels of which nothing is heard, promises that will be missed, cases that nobody has decided."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it. A carrier that is down keeps nobody from the rest."""
        ref = SweepAt(at=workflow.now())
        try:
            await workflow.execute_activity_method(
                CarrierActivities.track,
                ref,
                task_queue=queues.CARRIERS,
                start_to_close_timeout=policies.SWEEP.try_for,
                schedule_to_close_timeout=policies.SWEEP.all_for,
                retry_policy=policies.SWEEP.retry,
                summary="ask about silent parcels",
            )
        except ActivityError:
            workflow.logger.warning("the carrier could not be asked")
        return await workflow.execute_activity_method(
            SweepActivities.deliveries,
            ref,
            task_queue=queues.ORDERS,
            start_to_close_timeout=policies.SWEEP.try_for,
            schedule_to_close_timeout=policies.SWEEP.all_for,
            retry_policy=policies.SWEEP.retry,
            summary="promises that will be missed, cases past their deadline",
        )


@workflow.defn(name=names.INSTRUMENT_SWEEP)
class InstrumentSweep:
    """Saved cards: what customers let the provider keep is written down, what they forget is given up."""

    @workflow.run
    async def run(self) -> Swept:
        """One pass; the schedule repeats it."""
        return await workflow.execute_activity_method(
            InstrumentActivities.tend,
            task_queue=queues.PAYMENTS,
            start_to_close_timeout=policies.SWEEP.try_for,
            schedule_to_close_timeout=policies.SWEEP.all_for,
            retry_policy=policies.SWEEP.retry,
            summary="saved cards: kept, and forgotten",
        )
