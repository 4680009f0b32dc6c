"""Cases and tracking through the API: claimed, listed, decided once; nothing personal in the scans."""

from uuid import UUID

import pytest_asyncio
from sqlalchemy import update

from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.persistence.tables import Shipment
from orderwright.services.fulfillment import tracking
from orderwright.services.fulfillment.tracking import Seen
from tests.api.test_short import part  # the fixture
from tests.api.world import Client, World
from tests.shop import NOW

__all__ = ["part"]


@pytest_asyncio.fixture(loop_scope="session")
async def delivered(part: UUID, world: World, staff: Client, floor: Client) -> tuple[str, str]:
    """An order whose one parcel has arrived: their ids."""
    await floor.post(f"/v1/fulfillment-orders/{part}/pick", {})
    await floor.post(f"/v1/fulfillment-orders/{part}/ship", {})
    found = (await staff.get(f"/v1/fulfillment-orders/{part}")).json()
    parcel = found["shipments"][0]["id"]
    for hour, status in enumerate((ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED)):
        async with world.db.transaction() as session:
            seen = Seen(status, NOW.replace(hour=hour), place="Leeds, GB")
            await tracking.saw(session, UUID(parcel), seen, by="carrier")
    return found["order_id"], parcel


async def test_a_claim_is_opened_listed_and_decided_once(
    delivered: tuple[str, str], staff: Client, store: Client
) -> None:
    order, parcel = delivered
    body = {"shipment_id": parcel, "kind": "damaged", "words": "both are broken"}

    opened = await store.post(f"/v1/orders/{order}/cases", body)
    again = await store.post(f"/v1/orders/{order}/cases", body)
    listed = await staff.get(f"/v1/cases?filter[order_id]={order}")
    case = opened.json()["id"]
    decided = await staff.post(f"/v1/cases/{case}/decide", {"way": "reship", "why": "send again"})
    late = await staff.post(f"/v1/cases/{case}/decide", {"way": "refund", "why": "no, refund"})

    assert (opened.status_code, again.status_code) == (201, 409)
    assert opened.json()["ways"] == ["reship", "refund", "dismiss"]
    assert [one["id"] for one in listed.json()["data"]] == [case]
    assert (decided.status_code, decided.json()["outcome"]) == (200, "reship")
    assert (late.status_code, late.json()["decision"]) == (409, "reship")


async def test_waiting_needs_a_day_and_is_not_offered_for_what_is_broken(
    delivered: tuple[str, str], staff: Client
) -> None:
    order, parcel = delivered
    body = {"shipment_id": parcel, "kind": "wrong"}
    case = (await staff.post(f"/v1/orders/{order}/cases", body)).json()["id"]

    without = await staff.post(f"/v1/cases/{case}/decide", {"way": "wait", "why": "x"})
    with_one = await staff.post(
        f"/v1/cases/{case}/decide", {"way": "wait", "why": "x", "until": "2026-12-01"}
    )

    assert (without.status_code, with_one.status_code) == (422, 409)
    assert (await staff.get(f"/v1/cases/{case}")).json()["state"] == "open"


async def test_tracking_shows_times_and_places_and_nothing_personal(
    delivered: tuple[str, str], store: Client
) -> None:
    order, _ = delivered

    answer = await store.get(f"/v1/orders/{order}/tracking")

    (parcel,) = answer.json()["data"]
    assert [(scan["status"], scan["place"]) for scan in parcel["scans"]] == [
        ("in_transit", "Leeds, GB"),
        ("delivered", "Leeds, GB"),
    ]
    assert "Ana" not in answer.text
    assert "High Street" not in answer.text
    assert "amount" not in parcel


async def test_a_claim_in_a_currency_that_the_carrier_does_not_take_is_filed_by_hand(
    delivered: tuple[str, str], world: World, staff: Client, store: Client
) -> None:
    order, parcel = delivered
    opened = await store.post(f"/v1/orders/{order}/cases", {"shipment_id": parcel, "kind": "damaged"})
    async with world.db.transaction() as session:
        await session.execute(update(Shipment).where(Shipment.id == UUID(parcel)).values(carrier="DPD"))
    path = f"/v1/cases/{opened.json()['id']}/carrier-claim"
    picture = {"media_type": "image/png", "content": "cG5n"}

    in_pounds = await staff.post(path, {"amount": 2500, "at_carrier": True, "evidence": [picture]})
    by_hand_with_picture = await staff.post(path, {"amount": 2500, "evidence": [picture]})
    twice = await staff.post(path, {"amount": 2500, "at_carrier": True, "evidence": [picture, picture]})
    no_base64 = await staff.post(
        path, {"amount": 2500, "at_carrier": True, "evidence": [{**picture, "content": "?"}]}
    )
    by_hand = await staff.post(path, {"amount": 2500})

    assert "by hand" in in_pounds.json()["detail"]
    assert (in_pounds.status_code, by_hand_with_picture.status_code, twice.status_code) == (409, 422, 422)
    assert no_base64.status_code == 422
    assert (by_hand.status_code, by_hand.json()["at_carrier"], by_hand.json()["state"]) == (
        201, False, "filed",
    )  # fmt: skip
