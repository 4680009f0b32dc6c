"""Purchase orders as operations read them."""

from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.api.test_short import part as part  # noqa: PLC0414 - a fixture, used by its name
from tests.api.world import Client, World

PATH = "/v1/purchase-orders"


@pytest_asyncio.fixture(loop_scope="session")
async def number(world: World, part: UUID, floor: Client) -> str:
    """Two mugs, ordered from a supplier."""
    order_id = (await floor.get(f"/v1/fulfillment-orders/{part}")).json()["order_id"]
    made = "PO-" + str(part)[-6:].upper()
    async with world.db.transaction() as session:
        await session.execute(
            text("""WITH made AS (
                      INSERT INTO purchase_orders
                        (id, number, order_id, fulfillment_id, supplier, currency, total)
                      VALUES (gen_random_uuid(), :number, :order, :part, 'LON', 'EUR', 700) RETURNING id)
                    INSERT INTO purchase_lines SELECT id, 'MUG', 2, 350 FROM made"""),
            {"number": made, "order": order_id, "part": part},
        )
    return made


async def test_one_is_read_by_its_number_and_found_by_its_order(staff: Client, number: str) -> None:
    one = (await staff.get(f"{PATH}/{number.lower()}")).json()
    found = (await staff.get(f"{PATH}?filter[order_id]={one['order_id']}&filter[supplier]=LON")).json()

    assert (one["number"], one["state"], one["total"], one["currency"]) == (number, "sent", 700, "EUR")
    assert one["lines"] == [{"sku": "MUG", "units": 2, "unit_cost": 350}]
    assert found["data"] == [one]
    assert (await staff.get(f"{PATH}?filter[order_id]={one['order_id']}&filter[state]=shipped")).json()[
        "data"
    ] == []


async def test_pages_follow_each_other(staff: Client, number: str) -> None:
    first = (await staff.get(f"{PATH}?limit=1")).json()

    assert len(first["data"]) == 1
    if first["next"]:
        assert (await staff.get(f"{PATH}?limit=1&cursor={first['next']}")).json()["data"] != first["data"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/PO-999999", 404), ("?filter[state]=lost", 422), ("?limit=0", 422), ("?cursor=x", 422)],
)
async def test_what_is_not_there_or_cannot_be_meant(staff: Client, path: str, status: int) -> None:
    assert (await staff.get(f"{PATH}{path}")).status_code == status
