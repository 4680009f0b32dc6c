"""What carriers owe us, and what agents may give away: once each, and never a unit more."""

from uuid import UUID

import pytest

from orderwright.domain.access import Actor
from orderwright.domain.delivery.cases import CaseKind, ClaimState
from orderwright.domain.failures import Conflict, Exists, Forbidden, Invalid
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import Scope
from orderwright.domain.payments import RefundTo
from orderwright.services.delivery import appeasing, claiming, opening
from orderwright.services.delivery.opening import Claim
from tests.services.delivery.stories import cases, leave, parcel, refunds, sent, settle, told, unbalanced
from tests.shop import STAFF, STORE, Shop, all_try

BOSS = Actor("boss", frozenset({Scope.ADMIN}))


async def account(shop: Shop, name: str) -> int:
    return await shop.count(
        "SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = :name", name=name
    )


async def test_a_claim_is_accepted_for_less_and_comes_off_what_we_owe(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.execute("UPDATE shipments SET carrier = 'DPD'")
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    claim = await shop.do(lambda s: claiming.file(s, case.id, 1500, STAFF))

    for state, amount in ((ClaimState.ACCEPTED, 1200), (ClaimState.PAID, None)):
        await shop.do(lambda s, x=state, a=amount: claiming.answer(s, claim.id, x, STAFF, amount=a))  # type: ignore[misc]  # bound now

    assert claim.carrier == "DPD"
    assert await account(shop, "carrier_compensation") == -1200
    assert await account(shop, "carrier_receivable") == 0
    assert await account(shop, "carrier_payable") == 1200
    with pytest.raises(Conflict):
        await shop.do(lambda s: claiming.answer(s, claim.id, ClaimState.REJECTED, STAFF))
    with pytest.raises(Exists):
        await shop.do(lambda s: claiming.file(s, case.id, 1, STAFF))
    await shop.check_books()


async def test_a_carrier_never_accepts_more_than_was_asked(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    await shop.execute("UPDATE shipments SET carrier = 'DPD'")
    await shop.scan((await shop.parts(order_id))[0].id, ShipmentState.LOST)
    (case,) = await cases(shop, order_id)
    claim = await shop.do(lambda s: claiming.file(s, case.id, 1500, STAFF))

    with pytest.raises(Conflict):
        await shop.do(lambda s: claiming.answer(s, claim.id, ClaimState.ACCEPTED, STAFF, amount=1501))

    assert await account(shop, "carrier_receivable") == 0


async def test_what_has_not_arrived_is_not_damaged_and_nobody_claims_a_delay(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))
    box = await parcel(shop, order_id)

    with pytest.raises(Conflict):
        await shop.do(lambda s: opening.claimed(s, Claim(box.id, CaseKind.DAMAGED), STORE))
    with pytest.raises(Invalid):
        await shop.do(lambda s: opening.claimed(s, Claim(box.id, CaseKind.DELAYED), STORE))

    assert await told(shop, order_id) == []


async def test_fifty_gifts_at_once_stay_within_the_agents_day(shop: Shop) -> None:
    orders = [await sent(shop, ("MUG", 5))]
    orders += [await _another(shop) for _ in range(2)]
    await shop.do(lambda s: appeasing.set_limit(s, "", "EUR", 1000, BOSS))

    outcomes = await all_try(
        [
            lambda nth=nth: shop.do(  # type: ignore[misc]  # bound now
                lambda s: appeasing.appease(
                    s, orders[nth % 3], 90, STAFF, to=RefundTo.STORE_CREDIT, reason="late"
                )
            )
            for nth in range(50)
        ],
        at_once=16,
    )

    assert sum(isinstance(one, Conflict) for one in outcomes) == 39
    assert await shop.count("SELECT spent FROM appeasement_days") == 990
    given = [refund.amount for order_id in orders for refund in await refunds(shop, order_id)]
    assert given == [90] * 11
    for order_id in orders:
        await settle(shop, order_id)
    assert await unbalanced(shop) == []
    await shop.check_books()


async def _another(shop: Shop) -> UUID:
    order_id = await shop.released(("MUG", 5))
    await leave(shop, order_id)
    return order_id


async def test_without_a_limit_nothing_is_given_and_only_admins_set_one(shop: Shop) -> None:
    order_id = await sent(shop, ("MUG", 1))

    with pytest.raises(Conflict, match="no limit"):
        await shop.do(lambda s: appeasing.appease(s, order_id, 1, STAFF, to=RefundTo.ORIGINAL, reason="x"))
    with pytest.raises(Forbidden):
        await shop.do(lambda s: appeasing.set_limit(s, "ann", "EUR", 10, STAFF))

    assert await refunds(shop, order_id) == []
