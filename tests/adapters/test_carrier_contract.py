"""Every carrier keeps the port's promises."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from orderwright.adapters.carriers.easypost import EasyPostCarrier
from orderwright.adapters.carriers.table import TableRateCarrier
from orderwright.domain.addresses import Address
from orderwright.domain.delivery.cases import ClaimType
from orderwright.domain.fulfillment.shipping import Parcel
from orderwright.domain.money import Money
from orderwright.ports.carriers import Carrier, Filing, Rates
from orderwright.ports.failures import Refused
from tests.adapters.world import World

PARCEL = Parcel(grams=1200, length_mm=300, width_mm=200, height_mm=100)
MONDAY = date(2026, 11, 23)


@pytest.fixture(params=["easypost", "table"])
def carrier(request: pytest.FixtureRequest, world: World, pool: ThreadPoolExecutor) -> Carrier:
    """Each carrier in turn."""
    if request.param == "table":
        return TableRateCarrier("secret", pdf=False)
    return EasyPostCarrier("EZTK_x", f"{world.url}/easypost", pool=pool)


@pytest.fixture
async def rates(carrier: Carrier, boston: Address, austin: Address) -> Rates:
    """What the carrier asks for one parcel."""
    return await carrier.rate(PARCEL, ship_from=boston, ship_to=austin, ships=MONDAY, key="0192:rate/s1:1")


async def test_every_offer_has_a_price_and_a_day(rates: Rates) -> None:
    assert len(rates.offers) >= 2
    assert all(offer.amount > 0 and len(offer.currency) == 3 for offer in rates.offers)
    assert all(offer.arrives is not None and offer.arrives > MONDAY for offer in rates.offers)
    assert len({offer.rate_id for offer in rates.offers}) == len(rates.offers)


async def test_rating_twice_changes_no_price(
    carrier: Carrier, rates: Rates, boston: Address, austin: Address
) -> None:
    again = await carrier.rate(PARCEL, ship_from=boston, ship_to=austin, ships=MONDAY, key="0192:rate/s1:1")

    assert [(o.service, o.amount) for o in again.offers] == [(o.service, o.amount) for o in rates.offers]


async def test_the_label_is_of_the_offer_and_bought_once(carrier: Carrier, rates: Rates) -> None:
    offer = rates.offers[0]

    first = await carrier.buy(rates.reference, offer, key="0192:label/s1:1")
    second = await carrier.buy(rates.reference, offer, key="0192:label/s1:1")

    assert first == second
    assert (first.carrier, first.service) == (offer.carrier, offer.service)
    assert (first.amount, first.currency) == (offer.amount, offer.currency)
    assert first.tracking_code
    assert first.label_url or first.zpl


async def test_a_parcel_without_a_label_has_none(carrier: Carrier, rates: Rates) -> None:
    assert await carrier.find_label(rates.reference) is None


async def test_void_already_is_success(carrier: Carrier, rates: Rates) -> None:
    await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")

    assert await carrier.void(rates.reference)
    assert await carrier.void(rates.reference)


async def test_a_parcel_that_nobody_knows_is_refused(carrier: Carrier, rates: Rates) -> None:
    with pytest.raises(Refused):
        await carrier.buy("shp_unknown", rates.offers[0], key="0192:label/s1:1")


async def test_a_parcel_too_heavy_for_anyone_is_refused_in_words(
    carrier: Carrier, boston: Address, austin: Address
) -> None:
    heavy = Parcel(grams=2_000_000, length_mm=300, width_mm=200, height_mm=100)

    with pytest.raises(Refused) as refusal:
        await carrier.rate(heavy, ship_from=boston, ship_to=austin, ships=MONDAY, key="0192:rate/s1:1")

    assert refusal.value.code == "no_service"
    assert refusal.value.words


async def test_a_claim_is_filed_found_and_looked_up_where_claims_are_taken(
    carrier: Carrier, rates: Rates
) -> None:
    label = await carrier.buy(rates.reference, rates.offers[0], key="0192:label/s1:1")
    filing = Filing(label.tracking_code, ClaimType.LOSS, Money(2500, "USD"), "lost", "ops@shop.example")
    key = "0192:carrier-claim/c1:1"
    if not carrier.claims_in:
        with pytest.raises(Refused):
            await carrier.claim(filing, key=key)
        assert await carrier.find_claim(label.tracking_code, key=key) is None
        return

    none_yet = await carrier.find_claim(label.tracking_code, key=key)
    filed = await carrier.claim(filing, key=key)
    found = await carrier.find_claim(label.tracking_code, key=key)

    assert none_yet is None
    assert found is not None
    assert found.reference == filed.reference == (await carrier.claim_state(filed.reference)).reference
    assert await carrier.find_claim(label.tracking_code, key="0192:carrier-claim/c2:1") is None


async def test_a_claim_for_a_parcel_that_nobody_knows_is_refused(carrier: Carrier) -> None:
    filing = Filing("1Z-UNKNOWN", ClaimType.LOSS, Money(2500, "USD"), "lost", "ops@shop.example")

    with pytest.raises(Refused):
        await carrier.claim(filing, key="0192:carrier-claim/c1:1")
