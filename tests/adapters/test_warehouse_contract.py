"""Every warehouse partner keeps the port's promises."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2
import pytest

from orderwright.adapters.warehouses.http import HttpWarehouse
from orderwright.adapters.warehouses.supplier import HttpSupplier
from orderwright.domain.addresses import Address
from orderwright.ports.failures import NotSent, Refused, Unreachable
from orderwright.ports.warehouses import HandOff, PickLine, Purchase, Warehouse
from tests.adapters.world import World

SECRET = "whsec_b3JkZXJ3cmlnaHQtd2FyZWhvdXNl"
SUPPLIER_SECRET = "whsec_b3JkZXJ3cmlnaHQtc3VwcGxpZXI="
CALLBACK = "http://127.0.0.1:9/inbound"
KINDS = ["warehouse", "supplier"]
CREATE = {"warehouse": "requests.create", "supplier": "purchase_orders.create"}
BOOK = {"warehouse": "handoffs", "supplier": "purchases"}
Made = HttpWarehouse | HttpSupplier


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """The process's client."""
    async with httpx2.AsyncClient() as made:
        yield made


def made(kind: str, url: str, client: httpx2.AsyncClient, secret: str = "", timeout: float = 10) -> Made:
    """The adapter of that kind of partner."""
    if kind == "supplier":
        return HttpSupplier(url, secret or SUPPLIER_SECRET, CALLBACK, client, timeout=timeout)
    return HttpWarehouse(url, secret or SECRET, CALLBACK, client, timeout=timeout)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each partner in turn."""
    return str(request.param)


@pytest.fixture
def warehouse(kind: str, world: World, client: httpx2.AsyncClient) -> Warehouse:
    """At the simulator."""
    return made(kind, f"{world.url}/{kind}/", client)


@pytest.fixture
def request_of(austin: Address) -> HandOff:
    """Two mugs for Ann; a supplier gets 3.50 for each."""
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
        purchase=Purchase("PO-000001", "EUR", 700, {"MUG": 350}),
    )


async def test_the_same_request_twice_is_one_hand_off(
    warehouse: Warehouse, kind: str, world: World, request_of: HandOff
) -> None:
    first = await warehouse.hand_off(request_of)
    second = await warehouse.hand_off(request_of)

    assert first == second
    [handed] = world.books()[BOOK[kind]]
    assert (handed["request_id"], handed["order_number"], handed["count"]) == (
        "0192:hand_off/f1:1",
        "OW-1001",
        1,
    )


async def test_another_request_under_the_same_id_is_refused(
    warehouse: Warehouse, kind: str, world: World, request_of: HandOff
) -> None:
    await warehouse.hand_off(request_of)

    with pytest.raises(Refused) as refusal:
        await warehouse.hand_off(replace(request_of, order_number="OW-1002"))

    assert refusal.value.code == "request_conflict"
    assert world.books()[BOOK[kind]][0]["count"] == 1


async def test_a_hand_off_whose_answer_got_lost_is_found(
    warehouse: Warehouse, kind: str, world: World, request_of: HandOff
) -> None:
    world.switch(kind, "answer_lost", operation=CREATE[kind], times=1)

    assert await warehouse.find(request_of.request_id) is None
    with pytest.raises(Unreachable):
        await warehouse.hand_off(request_of)

    assert await warehouse.find(request_of.request_id) == await warehouse.hand_off(request_of)


async def test_a_recall_reaches_them_and_may_be_repeated(
    warehouse: Warehouse, kind: str, world: World, request_of: HandOff
) -> None:
    world.switch(kind, "hold_picking")
    await warehouse.hand_off(request_of)

    await warehouse.recall(request_of.request_id, reason="customer")
    await warehouse.recall(request_of.request_id, reason="customer")

    assert world.books()[BOOK[kind]][0]["recalled"]


async def test_a_recall_of_something_unknown_is_refused(warehouse: Warehouse) -> None:
    with pytest.raises(Refused) as refusal:
        await warehouse.recall("0192:hand_off/f9:1", reason="customer")

    assert refusal.value.code == "not_found"


async def test_a_no_of_theirs_is_final_and_quotes_no_address(
    warehouse: Warehouse, kind: str, world: World, request_of: HandOff
) -> None:
    world.switch(kind, "refuse", operation=CREATE[kind], value="2 Oak Street is not served")

    with pytest.raises(Refused) as refusal:
        await warehouse.hand_off(request_of)

    assert "Oak" not in str(refusal.value)
    assert world.books()[BOOK[kind]] == []


async def test_a_server_error_leaves_the_outcome_unknown(
    warehouse: Warehouse, kind: str, world: World, request_of: HandOff
) -> None:
    world.switch(kind, "server_error", operation=CREATE[kind], times=1)

    with pytest.raises(Unreachable):
        await warehouse.hand_off(request_of)


async def test_silence_leaves_the_outcome_unknown(
    kind: str, silent: str, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    with pytest.raises(Unreachable):
        await made(kind, f"http://{silent}", client, timeout=0.2).hand_off(request_of)


async def test_where_nobody_listens_nothing_was_sent(
    kind: str, nobody: str, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    with pytest.raises(NotSent):
        await made(kind, f"http://{nobody}", client).hand_off(request_of)


async def test_with_a_wrong_secret_nothing_happens_and_no_order_is_rejected(
    kind: str, world: World, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    stranger = made(kind, f"{world.url}/{kind}", client, "whsec_c3RyYW5nZXI=")

    with pytest.raises(NotSent):
        await stranger.hand_off(request_of)

    assert world.books()[BOOK[kind]] == []


async def test_a_supplier_reads_our_number_and_prices_and_no_label(
    world: World, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    await made("supplier", f"{world.url}/supplier", client).hand_off(request_of)

    [ordered] = world.books()["purchases"]
    assert (ordered["number"], ordered["currency"], ordered["total"]) == ("PO-000001", "EUR", 700)
    assert ordered["supplier"] == "LON"
    assert world.books()["handoffs"] == []


async def test_a_supplier_sells_nothing_whose_prices_do_not_add_up(
    world: World, client: httpx2.AsyncClient, request_of: HandOff
) -> None:
    wrong = replace(request_of, purchase=Purchase("PO-000001", "EUR", 699, {"MUG": 350}))
    unpriced = replace(request_of, purchase=None)

    for request in (wrong, unpriced):
        with pytest.raises(Refused):
            await made("supplier", f"{world.url}/supplier", client).hand_off(request)

    assert world.books()["purchases"] == []
