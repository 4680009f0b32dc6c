"""Joins activities and workflows and polls: `python worker.py [--queues a,b] [--replay DIR]`."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.carriers import CarrierActivities
from activities.disputes import DisputeActivities
from activities.instruments import InstrumentActivities
from activities.notifications import NotificationActivities
from activities.orders import OrderActivities
from activities.payments import PaymentActivities
from activities.reconciliation import ReconciliationActivities
from activities.returns import ReturnActivities, ReturnLabelActivities
from activities.sweeps import SweepActivities
from activities.warehouse import WarehouseActivities
from orderwright.container import Container
from orderwright.domain.fulfillment.states import WarehouseKind
from orderwright.domain.payments import PaymentMethod
from orderwright.messages import names, queues
from orderwright.ports.warehouses import Warehouse
from orderwright.runtime import telemetry
from orderwright.runtime.leave import leave
from orderwright.runtime.settings import Settings
from orderwright.services.telling.postman import Postman
from workflows import policies
from workflows.order import OrderWorkflow
from workflows.returns import ReturnWorkflow
from workflows.scheduled import (
    DeliverySweep,
    DisputeSweep,
    InstrumentSweep,
    OrderSweep,
    PaymentReconciliation,
    ReservationSweep,
    StockReconciliation,
)

WORKFLOWS: Sequence[type] = (
    OrderWorkflow,
    ReturnWorkflow,
    OrderSweep,
    DeliverySweep,
    DisputeSweep,
    InstrumentSweep,
    ReservationSweep,
    StockReconciliation,
    PaymentReconciliation,
)
SEARCH_ATTRIBUTES = {
    names.ORDER_STATE: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    names.CHANNEL: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    names.NEEDS_PERSON: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
}
log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Lane:
    """One task queue's activities, how many run at once, and how many a second start at most."""

    activities: Sequence[Callable[..., Any]]  # Any: activities differ in their messages
    at_once: int
    per_second: float | None = None
    workflows: Sequence[type] = field(default=())


def lanes(container: Container) -> dict[str, Lane]:
    """Everything this product polls for, by queue; one provider's outage fills one lane only."""
    settings, db, effects = container.settings, container.db, container.effects
    orders = OrderActivities(db, rights=settings.signals_as, multicapture=settings.stripe_multicapture)
    sweeps = SweepActivities(
        db, container.orchestrator, settings.gift_cards_expired,
        texts_kept_days=settings.notification_texts_days,
        upgrade_at_most=settings.promise_upgrade_at_most,
    )  # fmt: skip
    gateways = container.gateways()
    payments = PaymentActivities(db, effects, gateways, container.links)
    reconciliation = ReconciliationActivities(
        db, effects, gateways[PaymentMethod.CARD], container.statements(),
        base_currency=settings.base_currency,
    )  # fmt: skip
    carrier = container.carrier()
    carriers = CarrierActivities(db, effects, carrier, settings.business_email)
    return_labels = ReturnLabelActivities(db, effects, carrier)
    partners: dict[WarehouseKind, Warehouse] = {
        WarehouseKind.HTTP: container.warehouse(),
        WarehouseKind.SUPPLIER: container.supplier(),
    }
    warehouse = WarehouseActivities(db, effects, partners, container.documents(), settings.public_url)
    notifications = telling(container)
    return {
        queues.ORDERS: _orders(orders, sweeps, ReturnActivities(db)),
        queues.PAYMENTS: Lane(
            [
                payments.authorize,
                payments.capture,
                payments.void,
                payments.refund,
                InstrumentActivities(db, effects, container.vault()).tend,
                DisputeActivities(db, effects, container.disputes()).answer,
                reconciliation.give_back,
                reconciliation.compare,
            ],
            at_once=10,
        ),
        queues.CARRIERS: Lane(
            [carriers.label, carriers.void, carriers.track, return_labels.label, return_labels.void],
            at_once=10,
        ),
        queues.WAREHOUSE: Lane([warehouse.hand_off, warehouse.recall], at_once=10),
        queues.NOTIFICATIONS: Lane([notifications.tell], at_once=10),
    }


def telling(container: Container) -> NotificationActivities:
    """Who tells customers and business: for the orders' runs, and for what waits for its time."""
    settings = container.settings
    return NotificationActivities(
        container.effects,
        container.db,
        container.mail(),
        container.sms(),
        sender=settings.mail_from,
        public_url=settings.public_url,
        business_email=settings.business_email,
        links=container.links,
        documents=container.documents(),
        manners=container.manners(),
    )


def _orders(orders: OrderActivities, sweeps: SweepActivities, returns: ReturnActivities) -> Lane:
    """The workflows, and the steps that only touch the record."""
    steps: list[Callable[..., Any]] = [  # Any: as in Lane
        orders.claim,
        orders.read,
        orders.verify,
        orders.reserve,
        orders.plan,
        orders.settle,
        orders.free_stock,
        orders.give_up_waiting,
        orders.renew_payment,
        orders.pass_deadline,
        orders.pass_collection_deadline,
        orders.obey,
        orders.ask_person,
        returns.claim,
        returns.read,
        returns.exchange,
        returns.refund,
        returns.resolve,
        returns.pass_deadline,
        returns.ask_person,
    ]
    return Lane(
        [*steps, sweeps.orders, sweeps.reservations, sweeps.stock, sweeps.deliveries],
        at_once=20,
        workflows=WORKFLOWS,
    )


def sandbox() -> SandboxedWorkflowRunner:
    """Workflow code is loaded anew for each run; what it imports of ours holds no state and is shared."""
    shared = SandboxRestrictions.default.with_passthrough_modules(
        "activities", "orderwright", "pydantic", "pydantic_core", "annotated_types"
    )
    return SandboxedWorkflowRunner(restrictions=shared)


def workers(client: Client, container: Container, only: Sequence[str] = queues.ALL) -> list[Worker]:
    """A worker per queue named in `only`."""
    return [
        Worker(
            client,
            task_queue=queue,
            workflows=list(lane.workflows),
            activities=list(lane.activities),
            workflow_runner=sandbox(),
            max_concurrent_activities=lane.at_once,
            max_concurrent_local_activities=20,
            max_concurrent_workflow_tasks=20 if lane.workflows else None,
            max_activities_per_second=lane.per_second,
        )
        for queue, lane in lanes(container).items()
        if queue in only
    ]


async def register(client: Client) -> None:
    """Search attributes must be there before the first run: an unknown one stops every order silently.

    Raises SystemExit with the command to run where we may not register them ourselves.
    """
    try:
        known = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
        missing = {
            name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes
        }
        if missing:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
    except RPCError as failure:
        if "already exist" in failure.message.lower():
            return
        raise SystemExit(
            "Temporal does not let us register the search attributes; do it once by hand:\n"
            f"  temporal operator search-attribute create --namespace {client.namespace}"
            f" --name {names.ORDER_STATE} --type Keyword --name {names.CHANNEL} --type Keyword"
            f" --name {names.NEEDS_PERSON} --type Bool"
        ) from failure


async def schedule(client: Client) -> None:
    """Create the sweeps' schedules, or bring them up to date."""
    for name, workflow, every in (
        (names.ORDER_SWEEP, OrderSweep, policies.SWEEP_EVERY),
        (names.DELIVERY_SWEEP, DeliverySweep, policies.DELIVERY_SWEEP_EVERY),
        (names.INSTRUMENT_SWEEP, InstrumentSweep, policies.INSTRUMENT_SWEEP_EVERY),
        (names.DISPUTE_SWEEP, DisputeSweep, policies.DISPUTE_SWEEP_EVERY),
        (names.RESERVATION_SWEEP, ReservationSweep, policies.RESERVATION_SWEEP_EVERY),
        (names.STOCK_RECONCILIATION, StockReconciliation, policies.STOCK_RECONCILED_EVERY),
        (names.PAYMENT_RECONCILIATION, PaymentReconciliation, policies.PAYMENTS_RECONCILED_EVERY),
    ):
        wanted = Schedule(
            action=ScheduleActionStartWorkflow(workflow.run, id=f"sweep/{name}", task_queue=queues.ORDERS),
            spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        )
        try:
            await client.create_schedule(name, wanted)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(name).update(_replaced_by(wanted))


def _replaced_by(wanted: Schedule) -> Callable[[ScheduleUpdateInput], ScheduleUpdate]:
    return lambda _: ScheduleUpdate(schedule=wanted)


async def connected(container: Container, stop: asyncio.Event) -> Client | None:
    """The client, however long Temporal takes to come; None where we are asked to stop first."""
    while not stop.is_set():
        try:
            return await container.temporal()
        except RuntimeError:
            log.warning("worker.waiting", temporal_address=container.settings.temporal_address)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 2)
    return None


async def serve(only: Sequence[str]) -> int:
    """Poll and relay until SIGINT or SIGTERM; then finish what is in flight."""
    settings = Settings()
    telemetry.configure(level=settings.log_level)
    container = Container.build(settings)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connected(container, stop)
    if client is None:
        return 0
    await register(client)
    await schedule(client)
    relay = asyncio.create_task(container.relay.run(stop))
    postman = asyncio.create_task(Postman(container.db, telling(container).teller).run(stop))
    async with contextlib.AsyncExitStack() as running:
        for worker in workers(client, container, only):
            await running.enter_async_context(worker)
        log.info("worker.polling", queues=sorted(only))
        _say_ready()
        await stop.wait()
    await relay
    await postman
    await container.close()
    return 0


def _say_ready() -> None:
    ready = os.environ.get("ORDERWRIGHT_READY_FILE")
    if ready:
        Path(ready).touch()


def main() -> int:
    """Parse, then serve or replay. The exit code."""
    parser = argparse.ArgumentParser(description="Runs Orderwright's workflows and activities.")
    parser.add_argument("--queues", default=",".join(queues.ALL), help="which task queues to poll")
    parser.add_argument(
        "--replay", type=Path, metavar="DIR", help="replay recorded histories, and poll nothing"
    )
    options = parser.parse_args()
    only = [name.strip() for name in options.queues.split(",") if name.strip()]
    unknown = sorted(set(only) - set(queues.ALL))
    if unknown:
        parser.error(f"no such queue: {', '.join(unknown)}; there are {', '.join(queues.ALL)}")
    if options.replay is not None:
        return replay(options.replay)
    return asyncio.run(serve(only))


def replay(folder: Path) -> int:
    """Run every recorded history (JSON of the Temporal CLI) against today's code. 1: one differs."""
    histories = {file.name: file.read_text() for file in sorted(folder.glob("*.json"))}
    if not histories:
        sys.stderr.write(f"no histories in {folder}\n")
        return 2
    return asyncio.run(_replay(histories))


async def _replay(histories: Mapping[str, str]) -> int:
    from temporalio.client import WorkflowHistory  # noqa: PLC0415 - only here
    from temporalio.contrib.pydantic import pydantic_data_converter  # noqa: PLC0415
    from temporalio.worker import Replayer  # noqa: PLC0415

    replayer = Replayer(
        workflows=list(WORKFLOWS), data_converter=pydantic_data_converter, workflow_runner=sandbox()
    )
    failed = 0
    for name, history in histories.items():
        result = await replayer.replay_workflow(
            WorkflowHistory.from_json(name.removesuffix(".json"), history), raise_on_replay_failure=False
        )
        failed += result.replay_failure is not None
        sys.stdout.write(f"{name}: {result.replay_failure or 'same decisions'}\n")
    return int(failed > 0)


if __name__ == "__main__":
    leave(main())
