"""Saved cards over HTTP: listed, named by an order, forgotten."""

from uuid import UUID, uuid4

from orderwright.persistence.tables import SavedMethod
from tests.api.conftest import Json
from tests.api.world import Client, World

TOLD = {"id", "provider", "brand", "last4", "exp_month", "exp_year", "created_at"}


async def _customer(store: Client) -> str:
    made = await store.post("/v1/customers", {"name": "Ana", "external_id": str(uuid4())})
    return str(made.json()["id"])


async def _saved(world: World, customer: str, reference: str = "") -> str:
    async with world.db.transaction() as session:
        row = SavedMethod(
            customer_id=UUID(customer), provider="stripe", reference=reference or f"cus_1/pm_{uuid4()}",
            brand="visa", last4="4242", exp_month=12, exp_year=2034,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return str(row.id)


async def test_an_order_is_paid_with_a_saved_card(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    customer = await _customer(store)
    saved = await _saved(world, customer, "cus_1/pm_1")
    del new_order["customer"]
    new_order |= {"customer_id": customer, "payment": {"method": "card", "saved": saved}}

    listed = await store.get(f"/v1/customers/{customer}/payment-methods")
    answer = await store.post("/v1/orders", new_order)

    [one] = listed.json()["data"]
    assert (one["id"], one["brand"], one["last4"], one["exp_year"]) == (saved, "visa", "4242", 2034)
    assert set(one) == TOLD  # and nothing that could be charged
    assert answer.status_code == 201
    async with world.db.transaction() as session:
        rows = (
            await (await session.connection()).exec_driver_sql(
                "SELECT source, keep, saved_id::text FROM order_instruments WHERE order_id = %s",
                (answer.json()["id"],),
            )
        ).all()
    assert [tuple(row) for row in rows] == [("cus_1/pm_1", False, saved)]


async def test_a_card_is_to_be_saved(world: World, shop: Client, store: Client, new_order: Json) -> None:
    del new_order["customer"]
    new_order["customer_id"] = await _customer(store)
    new_order["payment"] = {"method": "card", "source": "pm_card_visa", "save": True}

    answer = await store.post("/v1/orders", new_order)

    assert answer.status_code == 201
    async with world.db.transaction() as session:
        rows = (
            await (await session.connection()).exec_driver_sql(
                "SELECT source, keep FROM order_instruments WHERE order_id = %s", (answer.json()["id"],)
            )
        ).all()
    assert [tuple(row) for row in rows] == [("pm_card_visa", True)]


async def test_somebody_elses_card_is_as_unknown_as_none(
    world: World, shop: Client, store: Client, new_order: Json
) -> None:
    ana, ben = await _customer(store), await _customer(store)
    of_ben = await _saved(world, ben)
    del new_order["customer"]
    new_order["customer_id"] = ana

    answers = [
        await store.post("/v1/orders", {**new_order, "payment": {"method": "card", "saved": saved}})
        for saved in (of_ben, str(uuid4()))
    ]

    assert [one.status_code for one in answers] == [422, 422]
    assert {one.json()["code"] for one in answers} == {"unknown_saved_method"}
    assert answers[0].json()["detail"] == answers[1].json()["detail"]
    gone = await store.call("DELETE", f"/v1/customers/{ana}/payment-methods/{of_ben}")
    assert gone.status_code == 404
    assert len((await store.get(f"/v1/customers/{ben}/payment-methods")).json()["data"]) == 1


async def test_saved_cards_that_make_no_sense_are_refused(
    shop: Client, store: Client, new_order: Json
) -> None:
    some = str(uuid4())
    refused: list[Json] = [
        {"method": "card", "saved": some},  # a guest
        {"method": "card", "source": "pm_card_visa", "save": True},  # a guest
        {"method": "card", "source": "pm_card_visa", "saved": some},
        {"method": "card", "saved": some, "save": True},
        {"method": "transfer", "save": True},
        {"method": "card", "saved": "not-an-id"},
    ]

    answers = [await store.post("/v1/orders", {**new_order, "payment": payment}) for payment in refused]

    assert [one.status_code for one in answers] == [422] * len(refused)


async def test_a_card_is_forgotten_however_often_it_is_said(world: World, store: Client) -> None:
    customer = await _customer(store)
    saved = await _saved(world, customer)
    path = f"/v1/customers/{customer}/payment-methods"

    answers = [await store.call("DELETE", f"{path}/{saved}") for _ in range(2)]

    assert [one.status_code for one in answers] == [204, 204]
    assert (await store.get(path)).json()["data"] == []
    assert (await store.get(f"/v1/customers/{uuid4()}/payment-methods")).status_code == 404
