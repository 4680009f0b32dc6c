"""Disputes over HTTP: listed, defended with evidence, accepted; too late is told."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from orderwright.domain.payments import PaymentMethod, PaymentState
from orderwright.persistence.tables import Dispute, Payment
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
PDF = base64.b64encode(b"%PDF-1.7 signed for").decode()


async def disputed(
    world: World, store: Client, new_order: Json, due: timedelta = timedelta(days=9)
) -> tuple[Json, str]:
    """An order whose customer's bank wants the money back, and the dispute's id."""
    order: Json = (await store.post("/v1/orders", new_order)).json()
    async with world.db.transaction() as session:
        payment = Payment(
            order_id=UUID(order["id"]), method=PaymentMethod.CARD, state=PaymentState.CAPTURED, amount=3000,
            currency="GBP", captured=3000, reference=f"pi_{uuid4()}",
        )  # fmt: skip
        session.add(payment)
        await session.flush()
        dispute = Dispute(
            order_id=payment.order_id, payment_id=payment.id, reference=f"dp_{uuid4()}", amount=3000,
            currency="GBP", reason="fraudulent", taken=True, evidence_due=datetime.now(UTC) + due,
        )  # fmt: skip
        session.add(dispute)
        await session.flush()
        return order, str(dispute.id)


async def test_evidence_is_taken_once_and_shown(
    world: World, shop: Client, store: Client, staff: Client, new_order: Json
) -> None:
    order, dispute = await disputed(world, store, new_order)
    way = f"/v1/disputes/{dispute}"
    file = {"kind": "delivery", "name": "signed.pdf", "media_type": "application/pdf", "content": PDF}
    body = {"text": "It was signed for.", "files": [file]}

    first = await staff.post(f"{way}/evidence", body, Idempotency_Key=f"e-{dispute}")
    again = await staff.post(f"{way}/evidence", body, Idempotency_Key=f"e-{dispute}")
    another = await staff.post(f"{way}/evidence", body)

    assert (first.status_code, again.json()) == (202, first.json())
    assert another.status_code == 409
    shown = (await staff.get(way)).json()
    [answer] = shown["answers"]
    assert (shown["order_id"], shown["state"]) == (order["id"], "open")
    assert (answer["kind"], answer["state"], answer["said"]) == ("defend", "requested", "It was signed for.")
    assert answer["files"] == [
        {"kind": "delivery", "name": "signed.pdf", "media_type": "application/pdf", "size": 19}
    ]
    open_ones = (await staff.get("/v1/disputes?filter[state]=open")).json()["data"]
    assert dispute in [one["id"] for one in open_ones]


async def test_what_is_accepted_waits_for_the_bank(
    world: World, shop: Client, store: Client, staff: Client, new_order: Json
) -> None:
    _, dispute = await disputed(world, store, new_order)

    made = await staff.post(f"/v1/disputes/{dispute}/accept", {"note": "cheaper"})

    assert (made.status_code, made.json()["state"]) == (202, "open")
    assert [(one["kind"], one["state"]) for one in made.json()["answers"]] == [("accept", "requested")]


async def test_too_late_is_told_and_nothing_is_written(
    world: World, shop: Client, store: Client, staff: Client, new_order: Json
) -> None:
    _, dispute = await disputed(world, store, new_order, due=timedelta(seconds=-1))
    way = f"/v1/disputes/{dispute}"

    answers = [
        await staff.post(f"{way}/evidence", {"text": "But he has it!"}),
        await staff.post(f"{way}/accept"),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "dispute_too_late")] * 2
    assert (await staff.get(way)).json()["answers"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"parcels": False},
        {"text": "his card is 4242 4242 4242 4242"},
        {"papers": ["INV-1999-000001"], "text": "there"},
        {"files": [{"name": "a.exe", "media_type": "application/x-dosexec", "content": PDF}]},
        {"files": [{"name": "a.png", "media_type": "image/png", "content": PDF}]},
        {"files": [{"name": "a.pdf", "media_type": "application/pdf", "content": "no base64!"}]},
    ],
)
async def test_what_is_no_evidence_is_refused(
    world: World, shop: Client, store: Client, staff: Client, new_order: Json, wrong: Json
) -> None:
    _, dispute = await disputed(world, store, new_order)

    answer = await staff.post(f"/v1/disputes/{dispute}/evidence", wrong)

    assert answer.status_code in (404, 422)
    assert (await staff.get(f"/v1/disputes/{dispute}")).json()["answers"] == []
    assert (await staff.get(f"/v1/disputes/{uuid4()}")).status_code == 404


async def test_words_become_a_letter_where_the_provider_takes_documents_only(
    world: World, shop: Client, store: Client, staff: Client, new_order: Json
) -> None:
    _, dispute = await disputed(world, store, new_order)
    world.desk.takes_text = False

    made = await staff.post(f"/v1/disputes/{dispute}/evidence", {"text": "It was #signed for.\n\nTwice."})

    world.desk.takes_text = True
    [file] = made.json()["answers"][0]["files"]
    assert (file["name"], file["media_type"]) == ("answer.pdf", "application/pdf")
    assert file["size"] > 1000
