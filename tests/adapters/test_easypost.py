"""EasyPost: bought once although it has no keys, and what its failures mean."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import httpx2
import pytest

from orderwright.adapters.carriers.easypost import EasyPostCarrier
from orderwright.adapters.carriers.measures import inches, ounces
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Parcel
from orderwright.ports.carriers import Rates
from orderwright.ports.failures import NotSent, Refused, Unreachable
from tests.adapters.world import World

PARCEL = Parcel(grams=1200, length_mm=300, width_mm=200, height_mm=100)
BUY = "shipments.buy"


@pytest.fixture
def carrier(world: World, pool: ThreadPoolExecutor) -> EasyPostCarrier:
    """One account."""
    return EasyPostCarrier("EZTK_x", f"{world.url}/easypost/", pool=pool)


async def rated(carrier: EasyPostCarrier, boston: Address, austin: Address) -> Rates:
    """One parcel's offers."""
    return await carrier.rate(
        PARCEL, ship_from=boston, ship_to=austin, ships=date(2026, 11, 23), key="0192:rate/s1:1"
    )


async def test_a_second_purchase_returns_the_first_label(
    carrier: EasyPostCarrier, world: World, boston: Address, austin: Address
) -> None:
    rates = await rated(carrier, boston, austin)

    first = await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")
    other = await carrier.buy(rates.reference, rates.offers[1], key="0192:label/s1:2")

    assert first == other
    [label] = world.books()["labels"]
    assert (label["purchases"], label["reference"]) == (1, "0192:rate/s1:1")
    assert label["rate_minor"] == first.amount


async def test_a_return_goes_from_the_customer_to_us(
    carrier: EasyPostCarrier, boston: Address, austin: Address
) -> None:
    rates = await carrier.rate(
        PARCEL, ship_from=austin, ship_to=boston, ships=date(2026, 11, 23), key="0192:return-rate/p1:1",
        is_return=True,
    )  # fmt: skip

    shipment = carrier._client.shipment.retrieve(rates.reference)

    assert shipment.is_return is True
    assert (shipment.from_address.city, shipment.to_address.city) == ("Austin", "Boston")


async def test_a_label_whose_answer_got_lost_is_found(
    carrier: EasyPostCarrier, world: World, boston: Address, austin: Address
) -> None:
    rates = await rated(carrier, boston, austin)
    world.switch("easypost", "answer_lost", operation=BUY, times=1)

    with pytest.raises(Unreachable):
        await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")
    found = await carrier.find_label(rates.reference)

    assert found is not None
    assert found.tracking_code == world.books()["labels"][0]["tracking_code"]


async def test_no_such_shipment_is_no_label(carrier: EasyPostCarrier) -> None:
    assert await carrier.find_label("shp_unknown") is None


async def test_a_parcel_that_was_scanned_cannot_be_voided(
    carrier: EasyPostCarrier, world: World, boston: Address, austin: Address
) -> None:
    rates = await rated(carrier, boston, austin)
    label = await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")
    world.scan(label.tracking_code, "in_transit")

    assert not await carrier.void(rates.reference)
    assert not world.books()["labels"][0]["voided"]


async def test_a_refusal_carries_their_words(
    carrier: EasyPostCarrier, world: World, boston: Address, austin: Address
) -> None:
    rates = await rated(carrier, boston, austin)
    world.switch("easypost", "refuse", operation=BUY, value="the account is closed")

    with pytest.raises(Refused) as refusal:
        await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")

    assert "the account is closed" in refusal.value.words
    assert not world.books()["labels"][0]["bought"]


async def test_a_server_error_leaves_the_outcome_unknown(
    carrier: EasyPostCarrier, world: World, boston: Address, austin: Address
) -> None:
    rates = await rated(carrier, boston, austin)
    world.switch("easypost", "server_error", operation=BUY, times=1)

    with pytest.raises(Unreachable):
        await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")


async def test_silence_leaves_the_outcome_unknown(
    silent: str, pool: ThreadPoolExecutor, boston: Address, austin: Address
) -> None:
    with pytest.raises(Unreachable):
        await rated(EasyPostCarrier("EZTK_x", f"http://{silent}", pool=pool, timeout=0.2), boston, austin)


async def test_where_nobody_listens_nothing_was_sent(
    nobody: str, pool: ThreadPoolExecutor, boston: Address, austin: Address
) -> None:
    with pytest.raises(NotSent):
        await rated(EasyPostCarrier("EZTK_x", f"http://{nobody}", pool=pool), boston, austin)


@pytest.mark.parametrize(("grams", "expected"), [(1, 0.1), (28, 1.0), (29, 1.1), (1000, 35.3)])
def test_no_parcel_is_declared_too_light(grams: int, expected: float) -> None:
    assert ounces(grams) == expected


@pytest.mark.parametrize(("mm", "expected"), [(1, 0.1), (254, 10.0), (255, 10.1)])
def test_no_parcel_is_declared_too_small(mm: int, expected: float) -> None:
    assert inches(mm) == expected


async def test_a_silent_parcel_is_asked_about_and_every_scan_keeps_its_name(
    carrier: EasyPostCarrier, world: World, boston: Address, austin: Address
) -> None:
    rates = await rated(carrier, boston, austin)
    label = await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")
    for status in ("in_transit", "lost"):
        path = f"{world.url}/_sim/trackers/{label.tracking_code}/advance"
        httpx2.post(path, json={"status": status}, timeout=5).raise_for_status()

    first = await carrier.track(label.tracking_code)
    again = await carrier.track(label.tracking_code)

    assert [event.data["status"] for event in first] == ["labeled", "in_transit", "lost"]
    assert first[-1].data["problem"] == "lost"
    assert {event.reference for event in first} == {label.tracking_code}
    assert [event.event_id for event in again] == [event.event_id for event in first]
    assert len({event.event_id for event in first}) == 3


async def test_of_a_code_that_nobody_knows_nothing_was_seen(carrier: EasyPostCarrier) -> None:
    assert await carrier.track("9400-unknown") == []
