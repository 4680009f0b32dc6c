"""Names that stand in histories for years: changing one strands every order that is under way."""

import inspect
from typing import Any, cast

from temporalio import activity, workflow

import worker
from orderwright.container import Container
from orderwright.messages import names, queues
from orderwright.runtime.settings import Settings
from workflows.order import OrderWorkflow
from workflows.returns import ReturnWorkflow

ACTIVITIES = {
    "orders": {
        "orders.ask_person",
        "orders.claim",
        "orders.free_stock",
        "orders.give_up_waiting",
        "orders.obey",
        "orders.pass_collection_deadline",
        "orders.pass_deadline",
        "orders.plan",
        "orders.read",
        "orders.renew_payment",
        "orders.reserve",
        "orders.settle",
        "orders.verify",
        "returns.ask_person",
        "returns.claim",
        "returns.pass_deadline",
        "returns.read",
        "returns.exchange",
        "returns.refund",
        "returns.resolve",
    },
    "payments": {
        "disputes.answer",
        "instruments.tend",
        "payments.authorize",
        "payments.capture",
        "payments.refund",
        "payments.void",
        "reconciliation.compare",
        "reconciliation.give_back",
    },
    "carriers": {"carriers.label", "carriers.track", "carriers.void", "returns.label", "returns.void_label"},
    "warehouse": {"warehouse.hand_off", "warehouse.recall"},
    "notifications": {"notifications.tell"},
}
SWEEPS = "sweeps."


def _served() -> dict[str, set[str]]:
    lanes = worker.lanes(Container.build(Settings()))
    return {
        queue: {str(activity._Definition.must_from_callable(step).name) for step in lane.activities}
        for queue, lane in lanes.items()
    }


async def test_every_activity_keeps_its_name_and_queue() -> None:
    served = _served()

    assert {
        queue: {name for name in kept if not name.startswith(SWEEPS)} for queue, kept in served.items()
    } == (ACTIVITIES)
    assert {"sweeps.orders", "sweeps.reservations", "sweeps.stock", "sweeps.deliveries"} <= served[
        queues.ORDERS
    ]


def test_workflow_types_and_their_signals() -> None:
    found = {}
    for one in worker.WORKFLOWS:
        definition = workflow._Definition.must_from_class(one)
        found[definition.name] = set(definition.signals)

    assert found.pop("Order") == {"wake", "approve", "reject", "cancel"}
    assert found.pop("Return") == {"wake"}
    assert {
        "DisputeSweep",
        "InstrumentSweep",
        "OrderSweep",
        "PaymentReconciliation",
        "ReservationSweep",
        "StockReconciliation",
    } <= set(found)
    assert all(signals == set() for signals in found.values())


def test_signals_take_whatever_is_typed() -> None:
    definition = workflow._Definition.must_from_class(OrderWorkflow)

    returns = workflow._Definition.must_from_class(ReturnWorkflow)
    for signal in (*definition.signals.values(), *returns.signals.values()):
        parameters = list(inspect.signature(signal.fn).parameters.values())[1:]
        assert [(one.kind, one.annotation) for one in parameters] == [(inspect.Parameter.VAR_POSITIONAL, Any)]


def test_queues_and_search_attributes() -> None:
    assert queues.ALL == ("orders", "payments", "carriers", "warehouse", "notifications", "bulk")
    assert set(worker.SEARCH_ATTRIBUTES) == {"OrderState", "Channel", "NeedsPerson"}
    assert names.order_workflow(cast(Any, "id")) == "order/id"
    assert names.return_workflow(cast(Any, "id")) == "return/id"


async def test_every_message_reads_what_an_older_or_newer_version_wrote() -> None:
    from orderwright.messages import orders, returns  # noqa: PLC0415
    from orderwright.messages.base import Message  # noqa: PLC0415

    known = [*vars(orders).values(), *vars(returns).values()]
    messages = [one for one in known if inspect.isclass(one) and issubclass(one, Message)]

    assert len(messages) >= 15
    for one in messages:
        assert one.model_config.get("extra") == "ignore", one
        assert one.model_config.get("frozen") is True, one
