"""A claim is filed at the simulated EasyPost once, and its outcome is booked as a person's note would be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import UUID

import pytest

from activities.claims import CarrierClaims
from orderwright.adapters.carriers.easypost import EasyPostCarrier
from orderwright.domain.addresses import Address
from orderwright.domain.delivery.cases import ClaimState
from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.fulfillment.shipping import Parcel, ShipmentState
from orderwright.persistence.effects import Effects
from orderwright.persistence.tables import CarrierClaim
from orderwright.services.delivery import claiming
from orderwright.services.delivery.claiming import AtCarrier, Evidence
from tests.adapters.conftest import austin, boston, pool, world
from tests.adapters.world import World
from tests.services.delivery.stories import cases, sent
from tests.shop import NOW, STAFF, Shop

__all__ = ["austin", "boston", "pool", "world"]

LATER = timedelta(hours=7)
CREATE = "claims.create"


@pytest.fixture
def carrier(world: World, pool: ThreadPoolExecutor) -> EasyPostCarrier:
    """One account, which insures each parcel for 100 dollars."""
    return EasyPostCarrier("EZTK_x", f"{world.url}/easypost", pool=pool)


@pytest.fixture
def claims(shop: Shop, carrier: EasyPostCarrier) -> CarrierClaims:
    """What the sweep of deliveries does."""
    return CarrierClaims(shop.db, Effects(shop.db), carrier, "ops@shop.example")


@pytest.fixture
async def lost(shop: Shop, carrier: EasyPostCarrier, boston: Address, austin: Address) -> UUID:
    """The case of a lost parcel whose label EasyPost has sold, of an order in dollars."""
    order_id = await sent(shop, ("MUG", 1))
    rates = await carrier.rate(
        Parcel(300, 200, 150, 100), ship_from=boston, ship_to=austin, ships=date(2026, 11, 23),
        key=f"{order_id}:rate/s:1",
    )  # fmt: skip
    label = await carrier.buy(rates.reference, rates.offers[0], key=f"{order_id}:label/s:1")
    await shop.execute("UPDATE orders SET currency = 'USD'")
    await shop.execute(
        "UPDATE shipments SET carrier = 'UPS', reference = :reference, tracking_code = :code",
        reference=rates.reference, code=label.tracking_code,
    )  # fmt: skip
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    return case.id


async def filed(shop: Shop, case_id: UUID, amount: int, *evidence: Evidence) -> CarrierClaim:
    how = AtCarrier(EasyPostCarrier.claims_in, "two mugs", evidence)
    return await shop.do(lambda s: claiming.file(s, case_id, amount, STAFF, how))


async def now(shop: Shop, claim: CarrierClaim) -> CarrierClaim:
    return await shop.do(lambda s: s.get_one(CarrierClaim, claim.id))


async def test_a_claim_is_filed_once_and_what_is_approved_is_owed_to_us(
    shop: Shop, claims: CarrierClaims, world: World, lost: UUID
) -> None:
    claim = await filed(shop, lost, 15_000)

    decided = [await claims.look(NOW) for _ in range(3)]
    await world_has_decided(world)
    decided += [await claims.look(NOW + nth * LATER) for nth in (1, 2)]

    after = await now(shop, claim)
    (call,) = world.calls("easypost", CREATE)
    assert (call["amount"], call["object_id"]) == (15_000, after.reference)
    assert sum(decided) == 1
    assert (after.state, after.amount) == (ClaimState.ACCEPTED, 10_000)
    owed = "SELECT sum(amount) FROM ledger_entries WHERE account = 'carrier_receivable'"
    assert await shop.count(owed) == 10_000
    events = await shop.events(claim.order_id)
    assert [one for one in events if one.startswith("carrier_claim")] == [
        "carrier_claim.filed", "carrier_claim.received", "carrier_claim.accepted",
    ]  # fmt: skip


async def test_an_answer_that_was_lost_is_looked_up_and_nothing_is_filed_twice(
    shop: Shop, claims: CarrierClaims, world: World, lost: UUID
) -> None:
    claim = await filed(shop, lost, 2_500)
    world.switch("easypost", "answer_lost", operation=CREATE, times=1)

    await claims.look(NOW)
    unknown = (await now(shop, claim)).reference
    await claims.look(NOW)

    assert unknown == ""
    (call,) = world.calls("easypost", CREATE)
    assert (await now(shop, claim)).reference == call["object_id"]


async def test_what_the_carrier_rejects_is_noted_with_his_words(
    shop: Shop, claims: CarrierClaims, world: World, lost: UUID
) -> None:
    world.switch("easypost", "reject", operation=CREATE, value="not packed well", times=1)
    claim = await filed(shop, lost, 2_500)

    await claims.look(NOW)
    await world_has_decided(world)
    await claims.look(NOW + LATER)

    after = await now(shop, claim)
    assert (after.state, after.words) == (ClaimState.REJECTED, "not packed well")


async def test_a_claim_that_is_not_taken_is_a_persons_to_file_and_is_not_tried_again(
    shop: Shop, claims: CarrierClaims, world: World, lost: UUID
) -> None:
    claim = await filed(shop, lost, 2_500)
    await shop.execute("UPDATE shipments SET tracking_code = '1Z-OTHER'")

    for _ in range(2):
        await claims.look(NOW)

    after = await now(shop, claim)
    assert (after.at_carrier, after.state, "insurance" in after.words) == (False, ClaimState.FILED, True)
    assert len(world.calls("easypost", CREATE)) == 1
    assert await shop.count("SELECT count(*) FROM tasks WHERE subject LIKE 'claim/%' AND state = 'open'") == 1
    accepted = await shop.do(lambda s: claiming.answer(s, claim.id, ClaimState.ACCEPTED, STAFF))
    assert accepted.state is ClaimState.ACCEPTED


async def test_without_evidence_or_in_another_currency_it_is_refused_and_nothing_is_filed(
    shop: Shop, claims: CarrierClaims, world: World, lost: UUID
) -> None:
    await shop.execute("UPDATE delivery_cases SET kind = 'damaged'")

    with pytest.raises(Invalid):
        await filed(shop, lost, 2_500)
    await shop.execute("UPDATE orders SET currency = 'EUR'")
    with pytest.raises(Conflict):
        await filed(shop, lost, 2_500, Evidence("image/png", b"png"))
    await claims.look(NOW)

    assert world.calls("easypost", CREATE) == []
    assert await shop.count("SELECT count(*) FROM carrier_claims") == 0


async def test_a_picture_goes_along(shop: Shop, claims: CarrierClaims, world: World, lost: UUID) -> None:
    await shop.execute("UPDATE delivery_cases SET kind = 'damaged'")

    claim = await filed(shop, lost, 2_500, Evidence("image/png", b"png"))
    await claims.look(NOW)

    assert world.outcomes("easypost", CREATE) == ["effective"]
    assert (await now(shop, claim)).reference.startswith("clm_")


async def world_has_decided(world: World) -> None:
    """The simulator's clock of claims is over."""
    await world.until(lambda books: all(one["status"] != "submitted" for one in books["claims"]))
