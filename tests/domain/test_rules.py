"""Who must look first, where a parcel can go, what people are told, and who may do what."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.access import Actor
from orderwright.domain.addresses import NO_POSTAL_CODE, POSTAL_CODES, Address, problems
from orderwright.domain.failures import Forbidden
from orderwright.domain.orders import ENDS, FOLLOWS, CancelState, HoldType, OrderState, Scope
from orderwright.domain.risk import Facts, Rule, RuleKind, first_hit, score
from orderwright.domain.telling.stages import Progress, reached

FACTS = Facts(
    total=100_000, currency="EUR", channel="web", new_customer=True, countries_differ=True, score=60
)


def rule(kind: str = RuleKind.TOTAL_OVER, limit: int | None = 99_999, **other: object) -> Rule:
    values = {"name": "r", "currency": None, "score": None, "channels": "*", "deadline_s": 60, **other}
    return Rule(kind=kind, limit=limit, **values)  # type: ignore[arg-type]  # fields of Rule


@pytest.mark.parametrize(
    ("one", "hits"),
    [
        (rule(), True),
        (rule(limit=100_000), False),
        (rule(limit=None), False),
        (rule(currency="EUR"), True),
        (rule(currency="USD"), False),
        (rule(channels="web, shop"), True),
        (rule(channels="shop"), False),
        (rule(channels="*,!web"), False),
        (rule(channels=""), False),
        (rule(RuleKind.NEW_CUSTOMER_OVER), True),
        (rule(RuleKind.ADDRESS_MISMATCH, None), True),
        (rule(RuleKind.ADDRESS_MISMATCH, 200_000), False),
        (rule(RuleKind.SCORE_OVER, None, score=59), True),
        (rule(RuleKind.SCORE_OVER, None, score=60), False),
        (rule(RuleKind.SCORE_OVER, None), False),
        (rule("unheard_of"), False),
    ],
)
def test_a_rule_asks_for_a_person_beyond_its_limit_and_where_it_concerns(one: Rule, *, hits: bool) -> None:
    assert (first_hit([one], FACTS) == one) is hits


def test_a_known_customer_and_one_country_hit_no_rule_about_them() -> None:
    calm = replace(FACTS, new_customer=False, countries_differ=False)

    assert first_hit([rule(RuleKind.NEW_CUSTOMER_OVER), rule(RuleKind.ADDRESS_MISMATCH, None)], calm) is None


def test_the_first_rule_by_name_is_the_one_that_is_told() -> None:
    rules = [rule(name="b"), rule(name="a"), rule(name="0", limit=10**9)]

    assert first_hit(rules, FACTS) == rule(name="a")
    assert first_hit([], FACTS) is None


@given(st.integers(0, 10**9), st.booleans(), st.booleans())
def test_a_score_is_between_harmless_and_a_hundred(total: int, new: bool, differ: bool) -> None:
    facts = replace(FACTS, total=total, new_customer=new, countries_differ=differ)

    assert 0 <= score(facts) <= 100
    assert score(replace(facts, total=total + 10_000)) >= score(facts)


# --- addresses

GOOD = {
    "AT": "1010", "AU": "2000", "CA": "K1A 0B1", "DE": "10115", "FR": "75001", "GB": "SW1A 1AA", "IE": "",
    "JP": "100-0001", "NL": "1012 AB", "PL": "00-001", "PT": "1000-001", "SE": "111 22", "US": "94103-1234",
    "BR": "01310-100",
}  # fmt: skip
HOME = Address(name="Ana", line1="1 High St", city="X", postal_code="", country="GB", region="R")


@pytest.mark.parametrize(("country", "code"), GOOD.items())
def test_a_good_address_has_no_problems(country: str, code: str) -> None:
    assert problems(replace(HOME, country=country, postal_code=code)) == []
    assert problems(replace(HOME, country=country, postal_code=f" {code.lower()} ")) == []


@pytest.mark.parametrize("country", sorted(POSTAL_CODES))
def test_a_code_of_another_form_is_wrong(country: str) -> None:
    for code in ("", "?", "1234567890", "12 34 56 78"):
        assert problems(replace(HOME, country=country, postal_code=code)) == ["postal_code_wrong"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"name": " "}, ["name_missing"]),
        ({"line1": "", "city": ""}, ["line1_missing", "city_missing"]),
        ({"country": "gb"}, ["country_unknown"]),
        ({"country": "GBR"}, ["country_unknown"]),
        ({"country": "US", "postal_code": "94103", "region": ""}, ["region_missing"]),
        ({"country": "BR", "postal_code": ""}, ["postal_code_missing"]),
    ],
)
def test_what_is_missing_is_named(change: dict[str, str], found: list[str]) -> None:
    assert problems(replace(HOME, **{"postal_code": "SW1A 1AA", **change})) == found


def test_where_there_are_no_codes_none_is_asked_for() -> None:
    assert all(problems(replace(HOME, country=country)) == [] for country in NO_POSTAL_CODE)


# --- stages


def test_people_are_told_of_each_stage_with_its_subject() -> None:
    stages = reached(
        OrderState.IN_FULFILLMENT, CancelState.PARTLY, verified=True, promises=2,
        holds=[("h1", HoldType.APPROVAL), ("h2", HoldType.PAYMENT), ("h3", HoldType.STOCK)],
        parts=[Progress("p1", shipped=True, delivered=True), Progress("p2", shipped=False, delivered=False)],
        invoices=["i1"], refunds=["r1"],
    )  # fmt: skip

    assert stages == [
        "received", "backordered:2", "approval_needed:h1", "action_needed:h2", "shipped:p1", "delivered:p1",
        "invoiced:i1", "partly_canceled", "refunded:r1",
    ]  # fmt: skip


@pytest.mark.parametrize("state", sorted(ENDS))
def test_an_order_that_was_never_verified_is_told_only_its_end(state: OrderState) -> None:
    stages = reached(
        state, CancelState.NONE, verified=False, promises=0, holds=[], parts=[], invoices=[], refunds=[]
    )

    assert stages == ([] if state is OrderState.COMPLETED else ["canceled"])


def test_no_state_follows_an_end_and_every_state_is_reached() -> None:
    assert all(FOLLOWS[end] == frozenset() for end in ENDS)
    assert set(FOLLOWS) == set(OrderState)
    assert {after for follow in FOLLOWS.values() for after in follow} == set(OrderState) - {OrderState.DRAFT}


# --- rights


@given(st.sets(st.sampled_from(Scope)), st.sets(st.sampled_from(Scope), min_size=1))
def test_one_of_the_rights_asked_for_is_enough_and_admin_has_all(has: set[Scope], needs: set[Scope]) -> None:
    actor = Actor("ann", frozenset(has))

    if Scope.ADMIN in has or has & needs:
        actor.require(*needs)
    else:
        with pytest.raises(Forbidden) as no:
            actor.require(*needs)
        assert no.value.more["needs"] == sorted(scope.value for scope in needs)
