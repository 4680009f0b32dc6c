"""Gift cards and store credit over HTTP: a code is told once, and pays."""

from tests.api.conftest import Json
from tests.api.world import Client, World


async def test_a_code_is_in_one_answer_alone(world: World, staff: Client, store: Client) -> None:
    body = {"amount": 5000, "currency": "GBP", "reason": "till 4"}

    first = await staff.post("/v1/gift-cards", body, Idempotency_Key="card-1")
    again = await staff.post("/v1/gift-cards", body, Idempotency_Key="card-1")

    code = first.json()["code"]
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json()["code"], again.json()["card"]) == (None, first.json()["card"])
    checked = (await store.post("/v1/gift-cards/check", {"code": code.lower()})).json()
    assert (checked["available"], checked["last4"]) == (5000, code[-4:])
    async with world.db.transaction() as session:
        stored = await session.connection()
        dump = (await stored.exec_driver_sql("SELECT idempotency_keys::text FROM idempotency_keys")).all()
        cards = (await stored.exec_driver_sql("SELECT balances::text FROM balances")).all()
    assert code not in str(dump)
    assert code.replace("-", "") not in str(cards)


async def test_an_order_names_several_instruments(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    issued = (await shop.post("/v1/gift-cards", {"amount": 1000, "currency": "GBP"})).json()
    del new_order["payment"]
    new_order["payments"] = [
        {"method": "card", "source": "pm_card_visa"}, {"method": "gift_card", "code": issued["code"]},
    ]  # fmt: skip

    answer = await store.post("/v1/orders", new_order)

    assert answer.status_code == 201
    assert answer.json()["payment_method"] == "card"
    async with world.db.transaction() as session:
        rows = (
            await (await session.connection()).exec_driver_sql(
                "SELECT method, amount, source FROM order_instruments ORDER BY position"
            )
        ).all()
    assert [tuple(row) for row in rows] == [
        ("gift_card", 1000, issued["card"]["id"]), ("card", None, "pm_card_visa"),
    ]  # fmt: skip


async def test_payments_that_make_no_sense_are_refused(store: Client, shop: Client, new_order: Json) -> None:
    card = {"method": "card", "source": "pm_card_visa"}
    refused: list[Json] = [
        {"payments": [card]},
        {"payment": None, "payments": []},
        {"payment": {"method": "gift_card"}},
        {"payment": None, "payments": [{"method": "gift_card"}, card]},
        {"payment": None, "payments": [{"method": "gift_card", "code": "GC-NONE"}, card]},
        {"payment": None, "payments": [{"method": "store_credit"}, card]},
        {"payment": None, "payments": [card, {"method": "manual"}]},
        {"payment": None, "payments": [{**card, "amount": 5}]},
    ]
    for more in refused:
        assert (await store.post("/v1/orders", {**new_order, **more})).status_code == 422, more


async def test_store_credit_is_granted_read_and_told(staff: Client, store: Client) -> None:
    customer = (await staff.post("/v1/customers", {"name": "Ana", "external_id": "c-9"})).json()
    path = f"/v1/customers/{customer['id']}/credit"

    for amount in (300, 200):
        answer = await staff.post(path, {"amount": amount, "currency": "EUR", "reason": "late"})
        assert answer.status_code == 201

    (credit,) = (await store.get(path)).json()["data"]
    assert (credit["balance"], credit["available"], credit["currency"]) == (500, 500, "EUR")
    moves = (await staff.get(f"/v1/balances/{credit['id']}/moves")).json()["data"]
    assert [(one["kind"], one["amount"], one["why"]) for one in moves] == [
        ("granted", 300, "late"), ("granted", 200, "late"),
    ]  # fmt: skip


async def test_a_storefront_issues_nothing(store: Client) -> None:
    answer = await store.post("/v1/gift-cards", {"amount": 1, "currency": "GBP"})

    assert answer.status_code == 403


async def test_a_gift_card_is_blocked_and_unblocked_with_a_reason(
    staff: Client, store: Client, shop: Client, new_order: Json
) -> None:
    body = {"amount": 1000, "currency": "GBP", "expires_at": "2199-12-31T23:59:59Z"}
    issued = (await shop.post("/v1/gift-cards", body)).json()
    path = f"/v1/gift-cards/{issued['card']['id']}"
    del new_order["payment"]
    new_order["payments"] = [
        {"method": "card", "source": "pm_card_visa"}, {"method": "gift_card", "code": issued["code"]},
    ]  # fmt: skip

    nameless = await staff.post(f"{path}/block", {"reason": ""})
    blocked = await staff.post(f"{path}/block", {"reason": "stolen"})
    refused = await store.post("/v1/orders", new_order)
    unblocked = await staff.post(f"{path}/unblock", {"reason": "found"})
    placed = await store.post("/v1/orders", new_order)

    assert (nameless.status_code, blocked.status_code, unblocked.status_code) == (422, 200, 200)
    assert (blocked.json()["blocked_why"], unblocked.json()["blocked_at"]) == ("stolen", None)
    assert (refused.status_code, refused.json()["code"]) == (409, "gift_card_blocked")
    assert issued["card"]["expires_at"] == "2199-12-31T23:59:59Z"
    assert placed.status_code == 201
