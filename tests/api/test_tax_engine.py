"""Another engine says what tax is owed: asked with nothing held, once per sale, and never guessed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import text

from orderwright.adapters.tax.stripe_tax import StripeTax
from orderwright.container import Container
from orderwright.domain.pricing.tax import (
    Assessment,
    Item,
    Place,
    Rate,
    Sale,
    Taxed,
    TaxReason,
    TaxUnavailable,
)
from orderwright.persistence.database import Database
from orderwright.reporting import books
from orderwright.runtime.settings import Settings
from orderwright.services.pricing.ahead import TaxAhead
from tests.api.world import Client, World

Json = dict[str, Any]  # Any: JSON bodies
CART: Json = {"channel": "web", "lines": [{"sku": "MUG", "quantity": 2}], "ship_to": {"country": "GB"}}
ONE_MUG = Sale(date(2026, 11, 26), Place("GB"), [Item("standard", 1)])
HELD = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity a USING (pid)"
    " WHERE a.datname = current_database() AND pid <> pg_backend_pid() AND a.state <> 'idle'"
)
CODES = {"standard": "txcd_99999999", "exempt": "txcd_00000000"}


@dataclass
class Tenth:
    """Ten percent on top of everything. It looks at what the database holds while it is asked."""

    db: Database
    asked: list[Sale] = field(default_factory=list)
    busy: list[int] = field(default_factory=list)
    up: bool = True
    during: str | None = None

    async def assess(self, sale: Sale) -> Assessment:
        self.asked.append(sale)
        async with self.db.transaction() as session:
            self.busy.append(int(await session.scalar(text(HELD)) or 0))
            if self.during is not None:
                await session.execute(text(self.during))
        if not self.up:
            raise TaxUnavailable("nobody can say what tax is owed right now")
        shipping = [(Item("shipping", sale.shipping), _tenth(sale.shipping))] if sale.shipping else []
        return Assessment(
            [_tenth(item.amount) for item in sale.goods],
            [_tenth(item.amount) for item in sale.fees],
            shipping,
        )


def _tenth(amount: int) -> Taxed:
    return Taxed(Rate(100_000), "tenth", TaxReason.RATE, tax=amount // 10)


@pytest_asyncio.fixture(loop_scope="session")
async def tenth(world: World) -> Any:  # Any: an async generator as a fixture
    engine = Tenth(world.db)
    world.engine = engine
    yield engine
    world.engine = None


@pytest.fixture
def simulated(world: World, sim: str) -> Iterator[str]:
    """Stripe Tax as the simulator plays it."""
    with ThreadPoolExecutor(2) as pool:
        world.engine = StripeTax("sk_test_x", f"{sim}/stripe", codes=CODES, pool=pool)
        yield sim
        world.engine = None


async def orders(shop: Client) -> int:
    return len((await shop.get("/v1/orders?limit=200")).json()["data"])


async def test_an_order_bears_what_was_said_and_nothing_was_held_while_asking(
    world: World, shop: Client, store: Client, new_order: Json, tenth: Tenth
) -> None:
    quote = (await store.post("/v1/quotes", CART)).json()
    order = (await store.post("/v1/orders", new_order, Idempotency_Key="tenth-1")).json()

    assert order["tax_added"] == order["tax"] == order["subtotal"] // 10 + order["shipping"] // 10
    assert order["lines"][0]["jurisdiction"] == "tenth"
    assert (quote["total"], quote["tax"]) == (order["total"], order["tax"])
    assert len(tenth.asked) == 2
    assert tenth.asked[0].currency == order["currency"]
    assert tenth.busy == [0, 0]
    async with world.db.transaction() as session:
        assert list((await books.check(session, minutes=60)).faults) == []


async def test_without_an_answer_nothing_is_ordered_and_the_asker_is_told_when_to_try_again(
    world: World, shop: Client, store: Client, new_order: Json, tenth: Tenth
) -> None:
    before = await orders(shop)
    tenth.up = False

    placed = await store.post("/v1/orders", new_order, Idempotency_Key="down-1")
    quoted = await store.post("/v1/quotes", CART)

    for answer in (placed, quoted):
        assert (answer.status_code, answer.json()["code"]) == (503, "tax_unavailable")
        assert answer.headers["retry-after"] == "5"
    assert await orders(shop) == before

    tenth.up = True
    again = await store.post("/v1/orders", new_order, Idempotency_Key="down-1")

    assert again.status_code == 201
    assert await orders(shop) == before + 1


async def test_what_was_answered_is_answered_again_while_the_engine_is_down(
    store: Client, new_order: Json, tenth: Tenth
) -> None:
    first = await store.post("/v1/orders", new_order, Idempotency_Key="kept-1")
    tenth.up = False

    again = await store.post("/v1/orders", new_order, Idempotency_Key="kept-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == first.json()["id"]


async def test_a_price_that_moved_while_tax_was_asked_for_is_not_sold_at_the_old_tax(
    world: World, shop: Client, store: Client, new_order: Json, tenth: Tenth
) -> None:
    before = await orders(shop)
    tenth.during = "UPDATE products SET price = price + 100 WHERE sku = 'MUG'"

    moved = await store.post("/v1/orders", new_order)

    tenth.during = None
    assert (moved.status_code, moved.json()["code"]) == (409, "price_moved")
    assert moved.headers["retry-after"] == "1"
    assert await orders(shop) == before
    assert (await store.post("/v1/orders", new_order)).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"lines": []}, 422),
        ({"lines": [{"sku": "NONE", "quantity": 1}]}, 422),
        ({"promotion_codes": ["NO"]}, 422),
    ],
)
async def test_what_no_order_would_take_is_refused_as_ever_and_not_asked_about(
    store: Client, new_order: Json, tenth: Tenth, wrong: Json, status: int
) -> None:
    answer = await store.post("/v1/orders", new_order | wrong)

    assert answer.status_code == status
    assert answer.json()["code"] in {"invalid_request", "unknown_product", "unknown_promotion"}
    assert tenth.asked == []


async def test_a_use_that_the_question_took_is_taken_once(
    world: World, shop: Client, store: Client, new_order: Json, tenth: Tenth
) -> None:
    offer = {"name": "One", "kind": "percentage", "ppm": 100_000, "code": "ONLY", "limit_total": 1}
    await shop.post("/v1/promotions", offer)

    order = await store.post("/v1/orders", new_order | {"promotion_codes": ["ONLY"]})

    assert order.status_code == 201
    assert (await shop.get("/v1/promotions/ONLY")).json()["uses"] == 1


async def test_a_new_address_is_asked_about_too(
    world: World, shop: Client, store: Client, new_order: Json, tenth: Tenth
) -> None:
    made = await store.post("/v1/orders", new_order)
    path = f"/v1/orders/{made.json()['id']}/address"
    there = new_order["ship_to"] | {"line1": "2 Other Street"}

    tenth.up = False
    down = await shop.put(path, there, If_Match=made.headers["etag"])
    tenth.up = True
    moved = await shop.put(path, there, If_Match=made.headers["etag"])

    assert (down.status_code, moved.status_code) == (503, 200), moved.text
    assert moved.json()["ship_to"]["line1"] == "2 Other Street"
    assert set(tenth.busy) == {0}


async def test_by_setting_our_own_table_decides_where_the_engine_cannot(world: World, tenth: Tenth) -> None:
    tenth.up = False

    async def work(_: object, asked: Any) -> object:  # Any: an engine
        return await asked.assess(ONE_MUG)

    assert await TaxAhead(world.db, tenth, falls_back=True).engine(work) is None
    refused = await TaxAhead(world.db, tenth).engine(work)
    assert refused is not None
    with pytest.raises(TaxUnavailable):
        await refused.assess(ONE_MUG)


async def test_stripe_tax_prices_a_quote_and_an_order_alike(
    shop: Client, store: Client, new_order: Json, simulated: str
) -> None:
    order = (await store.post("/v1/orders", new_order)).json()
    quote = (await store.post("/v1/quotes", CART)).json()

    query = {"provider": "stripe", "operation": "tax.calculations.create"}
    calls = httpx2.get(f"{simulated}/_sim/ledger", params=query, timeout=5).json()["calls"]
    assert [call["amount"] for call in calls] == [order["total"], order["total"]]
    assert quote["total"] == order["total"] == order["subtotal"] + order["shipping"]
    assert order["lines"][0]["tax"] == round(order["lines"][0]["amount"] / 6)
    assert order["shipping_tax"] == round(order["shipping"] / 6)


async def test_the_setting_picks_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Container.build(Settings())
    monkeypatch.setenv("ORDERWRIGHT_TAX_ENGINE", "stripe")
    monkeypatch.setenv("ORDERWRIGHT_STRIPE_TAX_CODES", '{"books": "txcd_35010000"}')
    stripe = Container.build(Settings())

    assert (table.tax.is_asked, stripe.tax.is_asked) == (False, True)
    assert stripe.settings.stripe_tax_codes == {"books": "txcd_35010000"}
    for container in (table, stripe):
        await container.close()
