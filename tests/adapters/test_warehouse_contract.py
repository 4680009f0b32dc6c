"""Every warehouse partner keeps the port's promises."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from orderwright.adapters.warehouses.http import HttpWarehouse
from orderwright.domain.addresses import Address
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.warehouses import HandOff, PickLine, Warehouse
from tests.adapters.world import World

SECRET = "whsec_b3JkZXJ3cmlnaHQtd2FyZWhvdXNl"
CALLBACK = "http://127.0.0.1:9/inbound/warehouse"
CREATE = "requests.create"


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """The process's client."""
    async with httpx2.AsyncClient() as made:
        yield made


@pytest.fixture(params=["http"])
def warehouse(world: World, client: httpx2.AsyncClient) -> Warehouse:
    """Each partner in turn."""
    return HttpWarehouse(f"{world.url}/warehouse/", SECRET, CALLBACK, client)


@pytest.fixture
def request_of(austin: Address) -> HandOff:
    """Two mugs for Ann."""
    return HandOff(
        request_id="0192:hand_off/f1:1",
        order_number="OW-1001",
        location="LON",
        service="standard",
        ship_to=austin,
        lines=[PickLine("MUG", 2)],
        tracking_code="9400",
        carrier="USPS",
        label_url="http://labels.example/1.pdf",
        packing_slip_url="",
    )


async def test_the_same_request_twice_is_one_hand_off(
    warehouse: Warehouse, world: World, request_of: HandOff
) -> None:
    first = await warehouse.hand_off(request_of)
    second = await warehouse.hand_off(request_of)

    assert first == second
    [handed] = world.books()["handoffs"]
    assert (handed["request_id"], handed["order_number"], handed["count"]) == (
        "0192:hand_off/f1:1",
        "OW-1001",
        1,
    )


async def test_another_request_under_the_same_id_is_refused(
    warehouse: Warehouse, world: World, request_of: HandOff
) -> None:
    await warehouse.hand_off(request_of)

    with pytest.raises(Refused) as refusal:
        await warehouse.hand_off(replace(request_of, lines=[PickLine("MUG", 3)]))

    assert refusal.value.code == "request_conflict"
    assert world.books()["handoffs"][0]["count"] == 1


async def test_a_hand_off_whose_answer_got_lost_is_found(
    warehouse: Warehouse, world: World, request_of: HandOff
) -> None:
    world.switch("warehouse", "answer_lost", operation=CREATE, times=1)

    assert await warehouse.find(request_of.request_id) is None
    with pytest.raises(Unreachable):
        await warehouse.hand_off(request_of)

    assert await warehouse.find(request_of.request_id) == await warehouse.hand_off(request_of)


async def test_a_recall_reaches_them_and_may_be_repeated(
    warehouse: Warehouse, world: World, request_of: HandOff
) -> None:
    world.switch("warehouse", "hold_picking")
    await warehouse.hand_off(request_of)

    await warehouse.recall(request_of.request_id, reason="customer")
    await warehouse.recall(request_of.request_id, reason="customer")

    assert world.books()["handoffs"][0]["recalled"]


async def test_a_recall_of_something_unknown_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(Refused) as refusal:
        await warehouse.recall("0192:hand_off/f9:1", reason="customer")

    assert refusal.value.code == "not_found"


async def test_a_no_of_theirs_is_final_and_quotes_no_address(
    warehouse: Warehouse, world: World, request_of: HandOff
) -> None:
    world.switch("warehouse", "refuse", operation=CREATE, value="2 Oak Street is not served")

    with pytest.raises(Refused) as refusal:
        await warehouse.hand_off(request_of)

    assert "Oak" not in str(refusal.value)
    assert world.books()["handoffs"] == []


async def test_a_server_error_leaves_the_outcome_unknown(
    warehouse: Warehouse, world: World, request_of: HandOff
) -> None:
    world.switch("warehouse", "server_error", operation=CREATE, times=1)

    with pytest.raises(Unreachable):
        await warehouse.hand_off(request_of)


async def test_silence_leaves_the_outcome_unknown(
    silent: str, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    with pytest.raises(Unreachable):
        await HttpWarehouse(f"http://{silent}", SECRET, CALLBACK, client, timeout=0.2).hand_off(request_of)


async def test_where_nobody_listens_nothing_was_sent(
    nobody: str, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    with pytest.raises(NotSent):
        await HttpWarehouse(f"http://{nobody}", SECRET, CALLBACK, client).hand_off(request_of)


async def test_with_a_wrong_secret_nothing_happens_and_no_order_is_rejected(
    world: World, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    stranger = HttpWarehouse(f"{world.url}/warehouse", "whsec_c3RyYW5nZXI=", CALLBACK, client)

    with pytest.raises(NotSent):
        await stranger.hand_off(request_of)

    assert world.books()["handoffs"] == []
