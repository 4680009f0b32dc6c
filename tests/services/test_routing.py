"""Rules are versions: drafted, put in force one at a time, and followed from then on."""

import pytest
from sqlalchemy import select

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Exists, Forbidden, Invalid
from orderwright.domain.orders import Scope
from orderwright.domain.sourcing import FEWEST_NEAREST, ProfileState, Rules
from orderwright.persistence.tables import RoutingProfile, SourcingDecision
from orderwright.services.sourcing import routing
from orderwright.services.sourcing.routing import ProfileData
from tests.shop import STAFF, STORE, Shop, all_try

CHEAP = ProfileData("cheap", parcel=0, km=0, cost=1)


async def drafted(shop: Shop, data: ProfileData = CHEAP, by: Actor = STAFF) -> RoutingProfile:
    return await shop.do(lambda session: routing.draft(session, data, by))


async def test_each_draft_of_a_name_is_a_new_version_also_drafted_at_once(shop: Shop) -> None:
    await all_try([lambda: drafted(shop)] * 5, at_once=5)
    other = await drafted(shop, ProfileData("other", 1, 1, 1))

    rows = await shop.do(lambda session: routing.profiles(session, after=None, limit=10))
    assert sorted(row.version for row in rows if row.name == "cheap") == [1, 2, 3, 4, 5]
    assert (other.version, other.state, other.created_by) == (1, ProfileState.DRAFT, "ann")


async def test_one_is_in_force_and_the_one_before_it_is_retired(shop: Shop) -> None:
    first, second = await drafted(shop), await drafted(shop)

    before = await shop.do(routing.active)
    await shop.do(lambda session: routing.activate(session, first.id, STAFF))
    await shop.do(lambda session: routing.activate(session, second.id, STAFF))

    assert before == FEWEST_NEAREST
    assert await shop.do(routing.active) == Rules("cheap", 2, 0, 0, 1)
    assert (await shop.do(lambda s: routing.profile(s, first.id))).state is ProfileState.RETIRED
    with pytest.raises(Conflict):
        await shop.do(lambda session: routing.activate(session, second.id, STAFF))


async def test_put_in_force_by_two_at_once_one_is(shop: Shop) -> None:
    made = [await drafted(shop) for _ in range(4)]

    await all_try(
        [lambda row=row: shop.do(lambda s: routing.activate(s, row.id, STAFF)) for row in made],  # type: ignore[misc]  # bound now
        at_once=4,
    )

    rows = await shop.do(lambda session: routing.profiles(session, after=None, limit=10))
    assert sorted(row.state.value for row in rows) == ["active", "retired", "retired", "retired"]


async def test_what_cannot_be_meant_is_refused_and_nothing_is_written(shop: Shop) -> None:
    with pytest.raises(Exists):
        await drafted(shop, ProfileData("fewest-nearest", 1, 1, 1))
    with pytest.raises(Invalid):
        await drafted(shop, ProfileData("nothing", 0, 0, 0))
    for nobody in (STORE, Actor("dock", frozenset({Scope.WAREHOUSE}))):
        with pytest.raises(Forbidden):
            await drafted(shop, by=nobody)

    assert await shop.do(lambda session: routing.profiles(session, after=None, limit=10)) == []


async def test_units_ship_from_where_the_rules_in_force_say(shop: Shop) -> None:
    await shop.catalog("MUG", at=("LON", "PAR"))
    await shop.receive("MUG", 5)
    await shop.receive("MUG", 5, at="PAR")
    await shop.execute("UPDATE locations SET handling_cost = CASE code WHEN 'LON' THEN 300 ELSE 20 END")
    near = await shop.order(("MUG", 1))
    await shop.reserve(near)
    made = await drafted(shop)
    await shop.do(lambda session: routing.activate(session, made.id, STAFF))

    cheap = await shop.order(("MUG", 1))
    await shop.reserve(cheap)

    decisions = await shop.do(
        lambda session: session.scalars(select(SourcingDecision.decision).order_by(SourcingDecision.id))
    )
    found = list(decisions)
    assert [(one["rules"], list(one["chosen"])) for one in found] == [
        ("fewest-nearest/1", ["LON"]),
        ("cheap/1", ["PAR"]),
    ]
    assert [(one["location"], one["points"]) for one in found[1]["candidates"]] == [("PAR", 20), ("LON", 300)]
