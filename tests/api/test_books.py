"""The books over HTTP: trial balance, corrections, proofs, margins, and money without an order."""

from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert

from orderwright.domain.books.reconciliation import PaymentDifferenceKind
from orderwright.domain.orders import Scope
from orderwright.domain.payments import Account
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import PaymentDifference
from orderwright.services.reconciliation import unmatched
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
NOWHERE = UUID("0199a7b2-0000-7000-8000-000000000000")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def order(shop: Client) -> Json:
    """Two mugs on terms, just taken."""
    body = {
        "channel": "web", "customer": {"name": "Ada", "email": "ada@example.com"},
        "ship_to": {"name": "Ada", "line1": "1 Rd", "city": "London", "postal_code": "SW1Y 4JH",
                    "country": "GB"},
        "lines": [{"sku": "MUG", "quantity": 2}], "payment": {"method": "manual"},
    }  # fmt: skip
    answer = await shop.post("/v1/orders", body)
    assert answer.status_code == 201, answer.text
    placed: Json = answer.json()
    return placed


async def stranger(world: World, reference: str, amount: int = 4200, currency: str = "GBP") -> UUID:
    """Money that the provider took and that we know nothing of."""
    async with world.db.transaction() as session:
        row = await session.scalar(
            insert(PaymentDifference)
            .values(
                provider="stripe", key=f"money_without_order/{reference}", reference=reference,
                kind=PaymentDifferenceKind.MONEY_WITHOUT_ORDER, words="the provider took it",
                theirs=amount, currency=currency,
            )
            .returning(PaymentDifference)
        )  # fmt: skip
        assert row is not None
        await unmatched.found(session, row)
        found: UUID = row.id
        return found


async def test_a_trial_balance_of_now_and_of_before_the_first_booking(world: World, staff: Client) -> None:
    await stranger(world, "pi_trial")

    now = (await staff.get("/v1/books/trial-balance")).json()
    then = (await staff.get("/v1/books/trial-balance?at=2026-01-01T00:00:00Z")).json()
    wrong = await staff.get("/v1/books/trial-balance?at=yesterday")

    assert {b["account"] for b in now["balances"]} >= {"clearing", "unmatched"}
    assert (now["off"], then["balances"], then["at"]) == ({}, [], "2026-01-01T00:00:00Z")
    assert wrong.status_code == 422


async def test_a_booking_is_reversed_once_by_an_admin(world: World, staff: Client) -> None:
    async with world.db.transaction() as session:
        await ledger.book(
            session, "fee", {Account.PAYMENT_FEES: 30, Account.CLEARING: -30}, currency="GBP",
            source="fee/txn_1", order_id=None,
        )  # fmt: skip
    admin = Client(staff.http, await world.key(Scope.ADMIN))
    body = {"source": "fee/txn_1", "why": "The fee was waived."}

    refused = await staff.post("/v1/books/reversals", body)
    made = await admin.post("/v1/books/reversals", body)
    again = await admin.post("/v1/books/reversals", body)
    unknown = await admin.post("/v1/books/reversals", body | {"source": "fee/txn_404"})
    silent = await admin.post("/v1/books/reversals", {"source": "fee/txn_1", "why": ""})

    assert [a.status_code for a in (refused, made, again, unknown, silent)] == [403, 201, 409, 404, 422]
    said = made.json()
    assert (said["source"], said["why"], said["kind"]) == ("reversal/fee/txn_1", body["why"], "reversal")
    assert said["reverses_id"] is not None


async def test_an_order_has_a_proof(staff: Client, order: Json) -> None:
    proof = (await staff.get(f"/v1/orders/{order['number']}/proof")).json()
    missing = await staff.get("/v1/orders/ORD-404/proof")

    assert (proof["order_number"], proof["proven"], proof["reasons"]) == (order["number"], True, [])
    assert (proof["ordered"], proof["charged"], proof["shipped"]) == (order["total"], 0, 0)
    assert missing.status_code == 404


@pytest.mark.parametrize("by", ["order", "line", "customer", "product"])
async def test_margins_are_read_by_what_is_asked(staff: Client, by: str) -> None:
    found = await staff.get(f"/v1/books/margin?by={by}&from=2026-01-01T00:00:00Z")

    assert (found.status_code, found.json()) == (200, {"data": []})
    assert (await staff.get("/v1/books/margin?by=weather")).status_code == 422


async def test_money_is_adopted_for_an_order_once(world: World, staff: Client, order: Json) -> None:
    found = await stranger(world, "pi_adopted")
    path = f"/v1/books/differences/{found}"

    adopted = await staff.post(f"{path}/adopt", {"order": order["number"], "note": "Paid by phone"})
    late = await staff.post(f"{path}/refund", {})
    proof = (await staff.get(f"/v1/orders/{order['id']}/proof")).json()

    assert adopted.status_code == 200, adopted.text
    said = adopted.json()
    assert (said["state"], said["decision"], said["order_id"]) == ("settled", "adopt", order["id"])
    assert (late.status_code, late.json()["code"]) == (409, "already_decided")
    assert (proof["on_account"], proof["proven"]) == (4200, True)
    assert (await staff.get(path)).json() == said


async def test_adopting_for_what_is_not_there_changes_nothing(world: World, staff: Client) -> None:
    found = await stranger(world, "pi_kept")
    path = f"/v1/books/differences/{found}"

    answers = [
        await staff.post(f"{path}/adopt", {"order": "ORD-404"}),
        await staff.post(f"/v1/books/differences/{NOWHERE}/adopt", {}),
        await staff.get(f"/v1/books/differences/{NOWHERE}"),
        await staff.post(f"{path}/adopt", {"order": "; drop"}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 422]
    assert (await staff.get(path)).json()["state"] == "open"


async def test_the_task_of_money_without_an_order_is_listed_and_decided(world: World, staff: Client) -> None:
    found = await stranger(world, "pi_task")
    listed = (await staff.get("/v1/tasks?filter[kind]=unmatched_money&filter[state]=open&limit=200")).json()
    (task,) = [one for one in listed["data"] if one["subject"] == f"difference/{found}"]

    decided = await staff.post(f"/v1/tasks/{task['id']}/reject", {"note": "Give it back"})

    assert (task["order_id"], task["order_number"]) == (None, "")
    assert (decided.status_code, decided.json()["state"]) == (200, "decided")
    row = (await staff.get(f"/v1/books/differences/{found}")).json()
    assert (row["state"], row["decision"], row["note"]) == ("decided", "refund", "Give it back")


async def test_differences_are_listed_page_by_page(world: World, staff: Client) -> None:
    for nth in range(3):
        await stranger(world, f"pi_page_{nth}")

    seen, path = [], "/v1/books/differences?filter[kind]=money_without_order&limit=2"
    while path:
        page = await staff.get(path)
        seen += [row["reference"] for row in page.json()["data"]]
        path = page.links["next"]["url"] if "next" in page.links else ""

    assert len(seen) == len(set(seen))
    assert {f"pi_page_{nth}" for nth in range(3)} <= set(seen)
    assert (await staff.get("/v1/books/differences?filter[state]=lost")).status_code == 422
