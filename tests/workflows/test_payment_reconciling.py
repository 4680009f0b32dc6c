"""The hourly comparison with the payment provider, as Temporal runs it."""

from uuid import uuid4

import httpx2
from sqlalchemy import select
from temporalio.client import Client
from temporalio.worker import Worker

from activities.reconciliation import ReconciliationActivities
from orderwright.container import Container
from orderwright.domain.orders import Decision
from orderwright.domain.payments import PaymentMethod
from orderwright.messages import queues
from orderwright.messages.orders import Swept
from orderwright.persistence.tables import PaymentDifference, Task
from orderwright.services.orders import decisions
from tests.shop import STAFF, Shop
from tests.workflows.world import settings
from worker import sandbox
from workflows.scheduled import PaymentReconciliation

ELSEWHERE = {"amount": 4200, "currency": "eur", "payment_method": "pm_card_visa", "confirm": "true"}


async def test_a_run_finds_money_without_an_order_and_the_next_gives_it_back(
    client: Client, database_url: str, sim: str
) -> None:
    given = settings(database_url).model_copy(update={"stripe_api_base": f"{sim}/stripe"})
    container = Container.build(given)
    shop = Shop(container.db)
    made = httpx2.post(
        f"{sim}/stripe/v1/payment_intents", data=ELSEWHERE, headers={"Authorization": "Bearer sk"}, timeout=5
    ).json()
    _long_ago(sim, made["id"])
    steps = ReconciliationActivities(
        container.db, container.effects, container.gateways()[PaymentMethod.CARD], container.statements()
    )

    async with (
        Worker(
            client, task_queue=queues.ORDERS, workflows=[PaymentReconciliation], workflow_runner=sandbox()
        ),
        Worker(client, task_queue=queues.PAYMENTS, activities=[steps.give_back, steps.compare]),
    ):

        async def run() -> Swept:
            return await client.execute_workflow(
                PaymentReconciliation.run, id=f"reconciled/{uuid4()}", task_queue=queues.ORDERS
            )

        first = await run()
        task = await shop.do(lambda session: session.scalar(select(Task)))
        assert task is not None
        await shop.do(lambda session: decisions.decide(session, task.id, Decision.REJECT, STAFF))
        second = await run()

    assert (first, second) == (Swept(checked=1, flagged=1), Swept(checked=1))
    row = await shop.do(lambda session: session.scalar(select(PaymentDifference)))
    assert row is not None
    assert (row.reference, row.state.value, row.theirs) == (made["id"], "settled", 4200)
    calls = httpx2.get(f"{sim}/_sim/ledger", params={"operation": "refunds.create"}, timeout=5).json()[
        "calls"
    ]
    assert [(call["outcome"], call["amount"], call["key"]) for call in calls] == [
        ("effective", 4200, f"{row.id}:refund/{made['id']}:1")
    ]
    await container.close()


def _long_ago(sim: str, reference: str) -> None:
    """Old enough to be at rest, and within the first run's window."""
    found = httpx2.get(
        f"{sim}/stripe/v1/payment_intents/{reference}", headers={"Authorization": "Bearer sk"}, timeout=5
    ).json()
    url = f"{sim}/_sim/stripe/{reference}"
    httpx2.patch(url, json={"created": found["created"] - 3600}, timeout=5).raise_for_status()
