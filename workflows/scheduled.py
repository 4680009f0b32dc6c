"""What runs by the clock: sweeps that find what nobody drives."""

from temporalio import workflow

from workflows import policies

with workflow.unsafe.imports_passed_through():
    from activities.sweeps import SweepActivities
    from orderwright.messages import names, queues
    from orderwright.messages.orders import Swept


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
