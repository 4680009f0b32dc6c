"""What providers tell us is proven, stored once, and answered at once."""

import json

from sqlalchemy import select

from api.edge import LARGEST_INBOUND
from orderwright.persistence.tables import Inbox
from tests.api.world import Client, World

EVENT = {"id": "evt_1", "kind": "payment.captured", "reference": "pi_1"}


async def _stored(world: World) -> list[str]:
    async with world.db.transaction() as session:
        return list(await session.scalars(select(Inbox.event_id)))


async def test_a_signed_event_is_stored_once(world: World, nobody: Client) -> None:
    raw = json.dumps(EVENT).encode()
    headers = {"X-Test-Signature": str(len(raw))}

    first = await nobody.http.post("/v1/inbound/stripe", content=raw, headers=headers)
    again = await nobody.http.post("/v1/inbound/stripe", content=raw, headers=headers)

    assert (first.status_code, first.json()) == (200, {"received": True})
    assert (again.status_code, again.json()) == (200, {"received": True})
    assert await _stored(world) == ["evt_1"]


async def test_an_event_that_is_not_theirs_is_refused(world: World, nobody: Client) -> None:
    before = await _stored(world)

    forged = await nobody.post("/v1/inbound/stripe", EVENT, X_Test_Signature="1")
    nowhere = await nobody.post("/v1/inbound/nobody", EVENT)
    huge = await nobody.http.post("/v1/inbound/stripe", content=b" " * (LARGEST_INBOUND + 1))

    assert (forged.status_code, forged.json()["code"]) == (401, "bad_signature")
    assert (nowhere.status_code, huge.status_code) == (404, 413)
    assert await _stored(world) == before


async def test_where_the_commit_fails_the_provider_is_not_told_that_we_have_it(
    world: World, nobody: Client
) -> None:
    raw = json.dumps(EVENT | {"id": "evt_2"}).encode()

    with world.failing_commit():
        answer = await nobody.http.post(
            "/v1/inbound/stripe", content=raw, headers={"X-Test-Signature": str(len(raw))}
        )

    assert answer.status_code == 500
    assert "evt_2" not in await _stored(world)
