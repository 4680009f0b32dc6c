"""Names that live in histories for years, and timeouts that fit into each other."""

import subprocess
import sys
from pathlib import Path

import pytest
from temporalio import activity, workflow

from orderwright.container import Container
from orderwright.messages import names, queues
from orderwright.persistence.migrate import config
from orderwright.runtime.settings import Settings
from worker import WORKFLOWS, lanes
from workflows import policies
from workflows.order import OrderWorkflow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def container() -> Container:
    """Wired by the default settings; nothing is connected."""
    return Container.build(Settings())


def test_workflow_and_signal_names_are_frozen() -> None:
    definitions = [workflow._Definition.must_from_class(one) for one in WORKFLOWS]

    assert [definition.name for definition in definitions] == ["Order", "OrderSweep", "ReservationSweep"]
    order = workflow._Definition.must_from_class(OrderWorkflow)
    assert sorted(str(name) for name in order.signals) == ["approve", "cancel", "reject", "wake"]
    assert (names.ORDER_STATE, names.CHANNEL, names.NEEDS_PERSON) == ("OrderState", "Channel", "NeedsPerson")


async def test_activity_and_queue_names_are_frozen(container: Container) -> None:
    found = {
        queue: sorted(str(activity._Definition.must_from_callable(one).name) for one in lane.activities)
        for queue, lane in lanes(container).items()
    }
    await container.close()

    assert queues.ALL == ("orders", "payments", "carriers", "warehouse", "notifications", "bulk")
    assert found == {
        "orders": [
            "orders.ask_person",
            "orders.claim",
            "orders.free_stock",
            "orders.obey",
            "orders.pass_deadline",
            "orders.plan",
            "orders.read",
            "orders.renew_payment",
            "orders.reserve",
            "orders.settle",
            "orders.verify",
            "sweeps.orders",
            "sweeps.reservations",
        ],
        "payments": ["payments.authorize", "payments.capture", "payments.refund", "payments.void"],
        "carriers": ["carriers.label", "carriers.void"],
        "warehouse": ["warehouse.hand_off", "warehouse.recall"],
        "notifications": ["notifications.tell"],
    }


async def test_a_look_up_and_a_call_fit_into_one_attempt(container: Container) -> None:
    gateways = container.gateways().values()
    providers = [*gateways, container.carrier(), container.warehouse(), container.mail(), container.sms()]
    timeouts = [getattr(provider, "timeout", 0.0) for provider in providers]
    await container.close()

    assert all(2 * timeout < policies.FORWARD.try_for.total_seconds() for timeout in timeouts)
    assert all(2 * timeout < policies.UNDO.try_for.total_seconds() for timeout in timeouts)


def test_the_tables_and_the_migrations_agree(database_url: str) -> None:
    from alembic import command  # noqa: PLC0415 - slow to load, for this test only

    command.check(config(database_url))


def test_importing_a_workflow_starts_nothing() -> None:
    code = "import threading, workflows.order, workflows.scheduled; print(threading.active_count())"

    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True, timeout=60
    )

    assert ran.stdout.strip() == "1"
