"""Units without a place: the answer is kept once, says why, and what may be done."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.fulfillment.states import DeliveryMethod, FulfillmentPolicy
from orderwright.persistence.tables import SourcingDecision
from orderwright.reporting import whatif
from orderwright.services.sourcing.explaining import in_words
from tests.shop import Shop

Json = dict[str, Any]  # Any: JSON
AVAILABLE = FulfillmentPolicy.SHIP_AVAILABLE


async def decisions(shop: Shop, order_id: UUID) -> list[Json]:
    query = select(SourcingDecision.decision).where(SourcingDecision.order_id == order_id)
    return list((await shop.do(lambda s: s.scalars(query.order_by(SourcingDecision.id)))).all())


async def asked(shop: Shop, *lines: tuple[str, int], **other: Any) -> UUID:
    """Any: fields of NewOrder. An order after its first look."""
    order_id = await shop.order(*lines, **other)
    await shop.verify(order_id)
    await shop.reserve(order_id)
    return order_id


BARRED = {
    "region": ("serves = '{FR}'", "PAR may not ship: does not serve that address in GB, only FR",
               "let PAR serve that address"),
    "hazmat": ("hazmat = false", "PAR may not ship: may not handle hazardous goods: MUG",
               "let PAR handle hazardous goods"),
    "inactive": ("active = false", "PAR may not ship: is not active", "open PAR again"),
    "ships": ("ships = false", "PAR may not ship: ships no parcels", "let PAR ship parcels"),
}  # fmt: skip


@pytest.mark.parametrize("constraint", BARRED)
async def test_units_that_lie_where_they_may_not_ship_say_which_rule_and_what_would_help(
    shop: Shop, constraint: str
) -> None:
    change, why, remedy = BARRED[constraint]
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE products SET hazmat = true")
    await shop.execute("UPDATE locations SET hazmat = true")
    await shop.execute(f"UPDATE locations SET {change} WHERE code = 'PAR'")  # noqa: S608 - our own words
    await shop.receive("MUG", 5, at="PAR")

    order_id = await asked(shop, ("MUG", 2))

    (kept,) = await decisions(shop, order_id)
    assert (kept["chosen"], kept["wanted"], kept["missing"]) == ({}, {"MUG": 2}, {"MUG": 2})
    assert (kept["rules"], kept["then"]) == ("fewest-nearest/1", "asked")
    assert [(one["location"], one["constraint"]) for one in kept["excluded"]] == [("PAR", constraint)]
    words = in_words(kept)
    assert words[0] == "not enough stock at the locations that may ship (rules fewest-nearest/1; " + _EXACT
    assert words[1] == "No place for 2 MUG: a person is asked."
    assert words[2].startswith(why)
    assert words[3].startswith(f"What may be done: {remedy}; then retry")


_EXACT = "every combination that could be better was looked at)."


async def test_an_order_that_finds_nothing_says_what_each_place_has(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 1)

    order_id = await asked(shop, ("MUG", 2))

    (kept,) = await decisions(shop, order_id)
    assert (kept["reason"], kept["then"]) == ("not enough stock anywhere", "held")
    assert kept["rejected"] == [{"location": "LON", "reason": "has MUG: 1 of 2"}]
    words = in_words(kept)
    assert words[1] == "No place for 1 MUG: the whole order is held for them."
    assert words[2].startswith("LON was not chosen: has MUG: 1 of 2; ")
    assert words[3].startswith("What may be done: bring units to a location that may ship; ")


async def test_what_ships_and_what_follows_are_two_answers(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 3)

    order_id = await asked(shop, ("MUG", 5), policy=AVAILABLE)

    ships, follows = await decisions(shop, order_id)
    assert ships["chosen"] == {"LON": {"MUG": 3}}
    assert (follows["chosen"], follows["missing"], follows["then"]) == ({}, {"MUG": 2}, "follow")


async def test_units_for_others_in_the_queue_and_units_not_released_are_named(shop: Shop) -> None:
    await shop.catalog("MUG", "BOOK")
    await asked(shop, ("MUG", 4), policy=AVAILABLE)
    await shop.receive("MUG", 3)
    await shop.receive("BOOK", 3)
    await shop.execute("UPDATE products SET release_on = '2036-03-03' WHERE sku = 'BOOK'")

    late = await asked(shop, ("MUG", 1), policy=AVAILABLE)
    early = await asked(shop, ("BOOK", 1), policy=AVAILABLE)

    (queued,), (preorder,) = await decisions(shop, late), await decisions(shop, early)
    assert queued["reason"] == "what is there is for orders that stand before it in the queue"
    assert queued["rejected"] == [
        {"location": "LON", "reason": "has everything, but not for this order"}
    ]  # fmt: skip
    assert in_words(queued)[1].startswith("No place for 1 MUG, behind others who wait for 4 MUG: ")
    assert preorder["reason"] == "BOOK is not released before 2036-03-03"
    assert in_words(preorder)[-1].startswith("What may be done: wait for the release; when")


async def test_the_same_answer_is_not_kept_again(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    order_id = await asked(shop, ("MUG", 2))
    for day in (17, 18, 19):
        await shop.reserve(order_id, datetime(2026, 11, day, tzinfo=UTC))
    assert len(await decisions(shop, order_id)) == 1

    await shop.receive("MUG", 1)
    await shop.reserve(order_id)
    await shop.reserve(order_id)
    assert [one["missing"] for one in await decisions(shop, order_id)] == [{"MUG": 2}, {"MUG": 1}]

    await shop.receive("MUG", 1)
    await shop.reserve(order_id)
    assert [one["chosen"] for one in await decisions(shop, order_id)] == [{}, {}, {"LON": {"MUG": 2}}]


async def test_what_found_no_place_is_no_case_for_what_if(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 1)
    served = await asked(shop, ("MUG", 1))
    await asked(shop, ("MUG", 2))

    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    found = await shop.do(lambda session: whatif.cases(session, since, until))

    assert [case.order for case in found] == [(await shop.get(served)).number]


async def test_the_customer_who_collects_is_told_of_by_the_place_he_chose(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.execute("UPDATE locations SET pickup = true")
    await shop.receive("MUG", 5, at="PAR")

    order_id = await asked(shop, ("MUG", 2), method=DeliveryMethod.PICKUP, pickup_at="LON")

    (kept,) = await decisions(shop, order_id)
    assert kept["then"] == "held"
    assert any("PAR may not ship: the customer collects at LON" in line for line in in_words(kept))
    assert "bring the units from PAR to where the customer collects" in in_words(kept)[-1]
