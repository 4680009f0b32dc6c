"""The record decides who may ship; the day it leaves is the one that is promised; prices are the lane's."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from orderwright.domain.fulfillment.shipping import Choice, Offer
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.sourcing import Constraint, Plan, PostageFrom
from orderwright.persistence.tables import FulfillmentOrder, ShipmentOffer, SourcingDecision
from orderwright.ports.carriers import Rates
from orderwright.services import locations
from orderwright.services.fulfillment import shipping
from orderwright.services.sourcing import choosing, routing
from orderwright.services.sourcing.choosing import Wish
from orderwright.services.sourcing.explaining import in_words
from orderwright.services.sourcing.routing import ProfileData
from tests.shop import NOW, STAFF, Shop

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
WISH = Wish({"MUG": 1}, "GB", "SW1A 1AA", "standard", "web", NOW)


async def two_places(shop: Shop) -> None:
    """A mug in London and one in Paris; London is near."""
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 9)
    await shop.receive("MUG", 9, at="PAR")


async def chosen(shop: Shop, wish: Wish = WISH) -> Plan:
    return await shop.do(lambda session: choosing.choose(session, wish))


@pytest.mark.parametrize(
    ("change", "constraint", "reason"),
    [
        ("active = false", Constraint.INACTIVE, "is not active"),
        ("ships = false", Constraint.SHIPS, "ships no parcels"),
        ("serves = '{FR,GB:EC}'", Constraint.REGION, "does not serve that address in GB, only FR, GB:EC"),
        ("daily_capacity = 0", Constraint.CAPACITY, "is full for 14 days: 0 parcels a day"),
    ],
)
async def test_a_place_that_may_not_ship_is_passed_over_and_named(
    shop: Shop, change: str, constraint: Constraint, reason: str
) -> None:
    await two_places(shop)
    await shop.execute(f"UPDATE locations SET {change} WHERE code = 'LON'")  # noqa: S608 - our own words

    plan = await chosen(shop)

    assert plan.taken == {"PAR": {"MUG": 1}}
    (no,) = plan.rejected
    assert (no.code, no.constraint, no.reason, dict(no.units)) == ("LON", constraint, reason, {"MUG": 9})


async def test_hazardous_goods_ship_from_where_they_may(shop: Shop) -> None:
    await two_places(shop)
    await shop.execute("UPDATE products SET hazmat = true")
    await shop.execute("UPDATE locations SET hazmat = true WHERE code = 'PAR'")

    plan = await chosen(shop)

    assert (list(plan.taken), [no.reason for no in plan.rejected]) == (
        ["PAR"],
        ["may not handle hazardous goods: MUG"],
    )


async def test_what_is_collected_comes_from_there_and_costs_no_label(shop: Shop) -> None:
    await two_places(shop)
    await shop.execute("UPDATE locations SET pickup = true, ships = false WHERE code = 'PAR'")
    wish = replace(WISH, method=DeliveryMethod.PICKUP, pickup_at="PAR")

    plan, elsewhere = await chosen(shop, wish), await chosen(shop, replace(wish, pickup_at="LON"))

    (shelf,) = plan.considered
    assert (list(plan.taken), shelf.postage, shelf.arrives_on) == (["PAR"], 0, MONDAY)
    assert [no.reason for no in plan.rejected] == ["the customer collects at PAR"]
    assert (elsewhere.missing, elsewhere.blocked) == ({"MUG": 1}, {"MUG": 1})


async def decision(shop: Shop) -> dict[str, Any]:  # Any: JSON
    rows = await shop.do(lambda session: session.scalars(select(SourcingDecision.decision)))
    return rows.one()


async def test_a_closed_day_moves_the_choice_and_the_promise_alike(shop: Shop) -> None:
    await two_places(shop)
    await shop.do(lambda session: locations.close_on(session, "LON", MONDAY, "flood"))

    order_id = await shop.planned(("MUG", 1))

    (part,) = await shop.parts(order_id)
    kept = await decision(shop)
    found = {one["location"]: one for one in kept["candidates"]}
    assert (part.location, part.ships_on) == ("LON", TUESDAY)
    assert found["LON"]["ships_on"] == "2026-11-17"
    assert found["LON"]["arrives_on"] == (part.promised_on.isoformat() if part.promised_on else "")


async def test_a_full_day_takes_no_more_and_the_next_one_does(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 9)
    await shop.execute("UPDATE locations SET daily_capacity = 2")

    days = []
    for _ in range(5):
        (part,) = await shop.parts(await shop.planned(("MUG", 1)))
        days.append(part.ships_on)

    wednesday = date(2026, 11, 18)
    assert days == [MONDAY, MONDAY, TUESDAY, TUESDAY, wednesday]
    (place,) = (await chosen(shop)).considered
    assert (place.ships_on, place.load) == (wednesday, 50)


async def test_who_was_held_first_leaves_first_however_they_are_planned(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 9)
    await shop.execute("UPDATE locations SET daily_capacity = 1")
    first, second = [await shop.order(("MUG", 1)) for _ in range(2)]
    for order_id in (first, second):
        await shop.verify(order_id)
        await shop.reserve(order_id)
        await shop.authorize(order_id)

    await shop.plan(second)
    await shop.plan(first)

    assert [(await shop.live_part(one)).ships_on for one in (first, second)] == [MONDAY, TUESDAY]


def offers(shipment: object, amount: int) -> Rates:
    rows = [("UPS", amount), ("USPS", amount + 500)]
    return Rates(
        "shp", [Offer(f"{uuid4()}", carrier, "ground", cents, "EUR", 3, None) for carrier, cents in rows]
    )


async def offered(shop: Shop, amount: int) -> None:
    """A parcel from London was rated; the cheaper offer was taken."""
    (part,) = await shop.parts(await shop.planned(("MUG", 1)))
    parcel = await shop.shipment(part.id)
    rates = offers(parcel, amount)
    await shop.do(
        lambda session: shipping.rated(session, parcel.id, rates, Choice(rates.offers[0], "cheapest"))
    )


async def test_the_label_to_expect_is_what_the_lane_has_cost_else_an_estimate(shop: Shop) -> None:
    await two_places(shop)
    for amount in (400, 500, 603):
        await offered(shop, amount)

    plan = await chosen(shop)

    found = {one.code: one for one in plan.considered}
    lane, new = found["LON"], found["PAR"]
    assert (lane.postage, lane.labels, lane.currency, lane.postage_from) == (
        501,
        3,
        "EUR",
        PostageFrom.LABELS,
    )
    assert (new.postage_from, new.labels) == (PostageFrom.ESTIMATE, 0)
    assert new.postage > 0
    heavier = await chosen(shop, replace(WISH, units={"MUG": 4}))
    assert {one.postage_from for one in heavier.considered} == {PostageFrom.ESTIMATE}
    words = in_words(choosing.explained(plan))
    assert any("label 501 EUR (average of 3 labels on that lane)" in line for line in words)
    assert any("(estimated by way and weight)" in line for line in words)


async def test_a_place_whose_carriers_do_not_go_there_is_passed_over(shop: Shop) -> None:
    await two_places(shop)
    await shop.execute("UPDATE locations SET carriers = '{DHL}' WHERE code = 'LON'")
    unknown = await chosen(shop)
    await offered(shop, 400)

    known = await chosen(shop)

    assert (list(unknown.taken), list(known.taken)) == (["LON"], ["PAR"])
    assert [no.reason for no in known.rejected] == ["none of its carriers (DHL) goes to GB: UPS, USPS do"]


def test_only_offers_of_the_location_s_carriers_are_taken() -> None:
    rates = offers(None, 400)

    choices = [shipping.choose_offer(rates.offers, carriers, TUESDAY) for carriers in ([], ["USPS"], ["DHL"])]

    assert [choice.offer.carrier if choice else None for choice in choices] == ["UPS", "USPS", None]


RULES: dict[str, Any] = {"parcel": 0, "km": 0, "cost": 0}  # Any: fields of ProfileData


@pytest.mark.parametrize(
    ("points", "change", "place"),
    [
        ({"km": 1}, "UPDATE locations SET latitude = latitude", "LON"),
        ({"cost": 1}, "UPDATE locations SET handling_cost = 9 WHERE code = 'LON'", "PAR"),
        ({"postage": 1}, "UPDATE locations SET latitude = -40 WHERE code = 'LON'", "PAR"),
        ({"late": 1}, "UPDATE locations SET cutoff = '00:00' WHERE code = 'PAR'", "LON"),
        ({"margin": 1}, "UPDATE stock_levels SET unit_cost = 5 WHERE location = 'LON'", "PAR"),
        ({"balance": 1}, "UPDATE stock_levels SET reserved = 8 WHERE location = 'LON'", "PAR"),
    ],
)
async def test_each_kind_of_points_can_decide(
    shop: Shop, points: dict[str, int], change: str, place: str
) -> None:
    await two_places(shop)
    await shop.execute(change)
    made = await shop.do(
        lambda session: routing.draft(session, ProfileData("own", **(RULES | points)), STAFF)
    )
    await shop.do(lambda session: routing.activate(session, made.id, STAFF))

    plan = await chosen(shop)

    assert list(plan.taken) == [place]
    (decided,) = [one for one in choosing.explained(plan)["candidates"] if one["ships"]]
    assert set(decided["scores"]) == {
        "parcel", "km", "cost", "postage", "late", "load", "balance", "margin",
    }  # fmt: skip
    assert decided["points"] == sum(decided["scores"].values())


async def test_the_fuller_place_is_spared_where_load_has_points(shop: Shop) -> None:
    await two_places(shop)
    await shop.execute("UPDATE locations SET daily_capacity = 10")
    await shop.planned(("MUG", 1))
    made = await shop.do(lambda session: routing.draft(session, ProfileData("even", 0, 0, 0, load=1), STAFF))
    await shop.do(lambda session: routing.activate(session, made.id, STAFF))

    plan = await chosen(shop)

    assert {one.code: one.load for one in plan.considered} == {"LON": 10, "PAR": 0}
    assert list(plan.taken) == ["PAR"]


async def test_a_decision_says_in_words_who_ships_who_does_not_and_who_may_not(shop: Shop) -> None:
    await two_places(shop)
    await shop.catalog("CUP", at=("LON", "PAR", "BER"))
    await shop.receive("CUP", 2, at="PAR")
    await shop.receive("CUP", 2, at="BER")
    await shop.execute("UPDATE locations SET serves = '{DE}' WHERE code = 'BER'")
    await shop.execute("UPDATE stock_levels SET on_hand = 0 WHERE sku = 'MUG' AND location = 'PAR'")

    order_id = await shop.planned(("MUG", 1), ("CUP", 1))

    kept = await decision(shop)
    first, *others = in_words(kept)
    assert first == (
        "no location has everything: 2 is the fewest (rules fewest-nearest/1; every combination that could be"
        " better was looked at)."
    )
    assert [line.partition(" km")[0] for line in others] == [
        "LON ships 1 MUG: 306", "PAR ships 1 CUP: 644",
        "BER may not ship: does not serve that address in GB, only DE (1036",
    ]  # fmt: skip
    assert "label 567 (estimated by way and weight), leaves 2026-11-16, arrives 2026-11-19" in others[0]
    assert others[2].endswith(" km, free there: 2 CUP).")
    assert len(await shop.parts(order_id)) == 2


async def test_the_lane_of_an_offer_stands_beside_it(shop: Shop) -> None:
    await two_places(shop)
    await offered(shop, 400)

    rows = await shop.do(
        lambda session: session.execute(
            select(
                ShipmentOffer.location, ShipmentOffer.country, ShipmentOffer.wanted, ShipmentOffer.band
            ).distinct()
        )
    )

    assert rows.all() == [("LON", "GB", "standard", 500)]
    assert await shop.count("SELECT count(*) FROM shipment_offers WHERE chosen") == 1
    assert (await shop.do(lambda s: s.scalar(select(FulfillmentOrder.ships_on)))) == MONDAY
