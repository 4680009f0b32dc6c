"""What the simulated providers send over real HTTP is proven and understood."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import httpx2
import pytest
import stripe

from orderwright.adapters.carriers.easypost import EasyPostCarrier
from orderwright.adapters.carriers.easypost_events import EasyPostEvents
from orderwright.adapters.payments.adyen import AdyenGateway
from orderwright.adapters.payments.adyen_events import AdyenEvents
from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.adapters.payments.stripe_events import StripeEvents
from orderwright.adapters.warehouses.events import WarehouseEvents
from orderwright.adapters.warehouses.http import HttpWarehouse
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Parcel
from orderwright.domain.money import Money
from orderwright.ports.inbound import EventKind, InboundEvents
from orderwright.ports.payments import Context
from orderwright.ports.warehouses import HandOff, PickLine
from tests.adapters.world import World

WAREHOUSE_SECRET = "whsec_b3JkZXJ3cmlnaHQtd2FyZWhvdXNl"
ADYEN_KEY = "ab" * 32
CONTEXT = Context(order_id="0192", payment_id="p1", order_number="OW-1001")


class Doorstep:
    """Takes what is posted, says 200, keeps it."""

    def __init__(self) -> None:
        self.posted: asyncio.Queue[tuple[dict[str, str], bytes]] = asyncio.Queue()
        self.url = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = dict(line.split(": ", 1) for line in head)
        length = next(int(value) for name, value in headers.items() if name.lower() == "content-length")
        await self.posted.put((headers, await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def until(self, kind: EventKind, inbound: InboundEvents) -> tuple[str, dict[str, object]]:
        """The next event of that kind: its reference and data. All before it must be proven too."""
        async with asyncio.timeout(10):
            while True:
                headers, raw = await self.posted.get()
                event = inbound.verify(raw, headers)
                if event.kind is kind:
                    return event.reference, event.data


@pytest.fixture
async def doorstep(world: World) -> AsyncIterator[Doorstep]:
    """Where the simulator's webhooks go during one test."""
    door = Doorstep()
    server = await asyncio.start_server(door, "127.0.0.1", 0)
    door.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    targets = {
        "stripe": {"url": door.url, "secret": "whsec_s"},
        "adyen": {"url": door.url, "secret": ADYEN_KEY},
        "easypost": {"url": door.url, "secret": "easy_s"},
    }
    httpx2.put(f"{world.url}/_sim/targets", json=targets, timeout=5).raise_for_status()
    yield door
    gone = {"stripe": {"url": None}, "adyen": {"url": None}, "easypost": {"url": None}}
    httpx2.put(f"{world.url}/_sim/targets", json=gone, timeout=5).raise_for_status()
    server.close()


async def test_stripe_tells_of_the_money(world: World, pool: ThreadPoolExecutor, doorstep: Doorstep) -> None:
    gateway, inbound = StripeGateway("sk_test_x", f"{world.url}/stripe", pool=pool), StripeEvents("whsec_s")

    held = await gateway.authorize(
        Money(1000, "EUR"), source="pm_card_visa", context=CONTEXT, key="0192:a/p1:1"
    )
    reference, data = await doorstep.until(EventKind.PAYMENT_AUTHORIZED, inbound)
    assert (reference, data["payment_id"], data["amount"]) == (held.reference, "p1", 1000)

    await gateway.capture(held.reference, Money(600, "EUR"), final=True, key="0192:c/s1:1")
    reference, data = await doorstep.until(EventKind.PAYMENT_CAPTURED, inbound)
    assert (reference, data["amount"]) == (held.reference, 600)

    await gateway.refund(held.reference, Money(100, "EUR"), key="0192:r/r1:1")
    reference, data = await doorstep.until(EventKind.PAYMENT_REFUNDED, inbound)
    assert (reference, data["amount"]) == (held.reference, 100)


def _fees(data: Mapping[str, object]) -> list[object]:
    fees = data["fees"]
    assert isinstance(fees, dict)
    return list(fees.values())


@pytest.mark.parametrize(("words", "end"), [("winning_evidence", "won"), ("losing_evidence", "lost")])
async def test_stripe_tells_of_a_dispute_and_how_it_ended(
    world: World, pool: ThreadPoolExecutor, doorstep: Doorstep, words: str, end: str
) -> None:
    url = f"{world.url}/stripe"
    gateway, inbound = StripeGateway("sk_test_x", url, pool=pool), StripeEvents("whsec_s")
    source, context = "pm_card_createDispute", CONTEXT
    held = await gateway.authorize(Money(1000, "EUR"), source=source, context=context, key=f"0192:d/{end}:1")
    await gateway.capture(held.reference, Money(600, "EUR"), final=True, key=f"0192:d/{end}:2")

    reference, data = await doorstep.until(EventKind.DISPUTE_OPENED, inbound)
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": url})
    answered = await asyncio.to_thread(
        client.v1.disputes.update, str(data["dispute"]), {"evidence": {"uncategorized_text": words}}
    )

    assert (reference, data["amount"], data["reason"]) == (held.reference, 600, "fraudulent")
    assert answered.status == end
    reference, closed = await doorstep.until(EventKind.DISPUTE_CLOSED, inbound)
    assert (reference, closed["dispute"], closed["status"]) == (held.reference, data["dispute"], end)
    assert _fees(data) == [1500]
    assert _fees(closed) == [1500, *([-1500] if end == "won" else [])]


async def test_adyen_tells_of_a_dispute_step_by_step(
    world: World, pool: ThreadPoolExecutor, doorstep: Doorstep
) -> None:
    gateway = AdyenGateway("key", f"{world.url}/adyen", merchant_account="ShopCOM", pool=pool)
    inbound = AdyenEvents(ADYEN_KEY)
    held = await gateway.authorize(
        Money(1000, "EUR"), source="shopper-1/visa", context=CONTEXT, key="0192:a/p7:1"
    )
    await gateway.capture(held.reference, Money(600, "EUR"), final=True, key="0192:c/s7:1")
    await doorstep.until(EventKind.PAYMENT_CAPTURED, inbound)

    said = []
    for code in ("NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK", "CHARGEBACK_REVERSED", "SECOND_CHARGEBACK"):
        url = f"{world.url}/_sim/adyen/{held.reference}/dispute"
        httpx2.post(url, json={"event": code}, timeout=5).raise_for_status()
        kind = (
            EventKind.DISPUTE_CLOSED
            if "_" in code.removeprefix("NOTIFICATION_OF_")
            else EventKind.DISPUTE_OPENED
        )
        said.append(await doorstep.until(kind, inbound))
    wrong = httpx2.post(url, json={"event": "CAPTURE"}, timeout=5).status_code

    assert {reference for reference, _ in said} == {held.reference}
    assert len({data["dispute"] for _, data in said}) == 1
    assert [(data["amount"], data["taken"], data["status"]) for _, data in said] == [
        (600, False, "needs_response"), (600, True, "needs_response"), (600, True, "won"),
        (600, True, "lost"),
    ]  # fmt: skip
    assert all("evidence_due" in data for _, data in said)
    assert wrong == 422


async def test_stripe_tells_of_a_payment_made_on_its_page(
    world: World, pool: ThreadPoolExecutor, doorstep: Doorstep
) -> None:
    gateway = StripeGateway("sk_test_x", f"{world.url}/stripe", pool=pool)
    page = await gateway.request_payment(
        Money(1000, "EUR"), context=CONTEXT, return_url="http://shop.example", key="0192:link:1"
    )
    assert page.action_url is not None

    httpx2.post(page.action_url, data={"action": "decline"}, timeout=5)
    httpx2.post(page.action_url, data={"action": "pay"}, timeout=5)

    reference, data = await doorstep.until(EventKind.PAYMENT_AUTHORIZED, StripeEvents("whsec_s"))
    assert reference.startswith("pi_")
    assert (data["payment_id"], data["effect_key"]) == ("p1", "0192:link:1")


async def test_adyen_tells_of_the_money_and_of_what_it_could_not_do(
    world: World, pool: ThreadPoolExecutor, doorstep: Doorstep
) -> None:
    gateway = AdyenGateway("key", f"{world.url}/adyen", merchant_account="ShopCOM", pool=pool)
    inbound = AdyenEvents(ADYEN_KEY)

    held = await gateway.authorize(
        Money(1000, "EUR"), source="shopper-1/visa", context=CONTEXT, key="0192:a/p1:1"
    )
    reference, data = await doorstep.until(EventKind.PAYMENT_AUTHORIZED, inbound)
    assert (reference, data["payment_id"], data["amount"]) == (held.reference, "p1", 1000)

    await gateway.capture(held.reference, Money(600, "EUR"), final=True, key="0192:c/s1:1")
    reference, data = await doorstep.until(EventKind.PAYMENT_CAPTURED, inbound)
    assert (reference, data["amount"]) == (held.reference, 600)

    await gateway.refund(held.reference, Money(700, "EUR"), key="0192:r/r1:1")
    reference, data = await doorstep.until(EventKind.PAYMENT_REFUND_FAILED, inbound)
    assert (reference, data["amount"]) == (held.reference, 700)
    assert data["code"] == "Insufficient balance on payment"


async def test_easypost_tells_of_the_scans(
    world: World, pool: ThreadPoolExecutor, doorstep: Doorstep, boston: Address, austin: Address
) -> None:
    carrier = EasyPostCarrier("EZTK_x", f"{world.url}/easypost", pool=pool)
    rates = await carrier.rate(
        Parcel(1200, 300, 200, 100),
        ship_from=boston,
        ship_to=austin,
        ships=date(2026, 11, 23),
        key="0192:r:1",
    )
    label = await carrier.buy(rates.reference, rates.offers[0], key="0192:l:1")

    for scan, ours in (
        ("in_transit", "in_transit"),
        ("available_for_pickup", "ready_for_pickup"),
        ("lost", "lost"),
    ):
        world.scan(label.tracking_code, scan)
        reference, data = await doorstep.until(EventKind.PARCEL_SCANNED, EasyPostEvents("easy_s"))
        assert (reference, data["status"]) == (label.tracking_code, ours)


async def test_the_warehouse_tells_how_far_it_is(world: World, doorstep: Doorstep, austin: Address) -> None:
    request = HandOff(
        "0192:h/f1:1",
        "OW-1001",
        "LON",
        "standard",
        austin,
        [PickLine("MUG", 2)],
        "9400",
        "USPS",
        "http://l",
        "",
    )
    inbound = WarehouseEvents(WAREHOUSE_SECRET)
    async with httpx2.AsyncClient() as client:
        await HttpWarehouse(f"{world.url}/warehouse", WAREHOUSE_SECRET, doorstep.url, client).hand_off(
            request
        )

    sequences = []
    for kind in (EventKind.WAREHOUSE_ACCEPTED, EventKind.WAREHOUSE_PICKING, EventKind.WAREHOUSE_SHIPPED):
        reference, data = await doorstep.until(kind, inbound)
        assert reference == "0192:h/f1:1"
        sequences.append(data["sequence"])
    assert sequences == [1, 2, 3]
    assert data["lines"] == [{"sku": "MUG", "units": 2}]
