"""Who may send what back until when, and what is given back for it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.money import Money
from orderwright.domain.returns.rules import (
    STANDARD_POLICY,
    Buyer,
    ProductRule,
    ReasonRule,
    ReturnPolicy,
    SegmentRule,
    Verdict,
    Wish,
    judge,
)
from orderwright.domain.returns.states import ReturnReason
from orderwright.domain.returns.worth import Back, Found, reckon

CAME = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
GERMAN = Buyer("DE", consumer=True, currency="EUR", last_delivery=CAME)
BRITISH = Buyer("GB", consumer=True, currency="GBP", last_delivery=CAME)


def wish(reason: ReturnReason = ReturnReason.CHANGED_MIND, sku: str = "MUG", amount: int = 1000) -> Wish:
    return Wish(sku, reason, CAME, amount)


def test_a_consumer_in_the_eu_withdraws_within_fourteen_days_whatever_the_shop_says() -> None:
    strict = ReturnPolicy(
        window_days=0, products=(ProductRule("MUG", final_sale=True),),
        reasons=(ReasonRule(ReturnReason.CHANGED_MIND, by_person=True, restocking_ppm=500_000),),
    )  # fmt: skip
    last_day = CAME.replace(hour=23, minute=59, second=59) + timedelta(days=14)

    in_time = judge(strict, GERMAN, [wish()], last_day)
    too_late = judge(strict, GERMAN, [wish()], last_day + timedelta(seconds=1))
    business = judge(strict, Buyer("DE", consumer=False, last_delivery=CAME), [wish()], last_day)
    elsewhere = judge(strict, BRITISH, [wish()], last_day)

    (line,) = in_time.lines
    assert (in_time.verdict, line.withdrawal, line.restocking_ppm) == (Verdict.ALLOWED, True, 0)
    assert line.refunds_shipping
    assert {one.verdict for one in (too_late, business, elsewhere)} == {Verdict.REFUSED}
    assert too_late.why == "final_sale"


def test_the_withdrawal_counts_from_the_last_of_the_goods_ordered_together() -> None:
    policy = ReturnPolicy(window_days=0)
    late = Buyer("FR", consumer=True, last_delivery=CAME + timedelta(days=10))

    judged = judge(policy, late, [wish()], CAME + timedelta(days=20))

    assert judged.verdict is Verdict.ALLOWED


def test_what_cannot_come_back_by_its_nature_cannot_be_withdrawn_from() -> None:
    policy = ReturnPolicy(products=(ProductRule("MUG", returnable=False),))

    judged = judge(policy, GERMAN, [wish()], CAME)

    assert (judged.verdict, judged.why) == (Verdict.REFUSED, "not_returnable")


@pytest.mark.parametrize(
    ("reason", "verdict", "pays", "shipping"),
    [
        (ReturnReason.CHANGED_MIND, Verdict.ALLOWED, True, False),
        (ReturnReason.DAMAGED, Verdict.ALLOWED, False, True),
        (ReturnReason.WRONG_ITEM, Verdict.ALLOWED, False, True),
        (ReturnReason.OTHER, Verdict.BY_PERSON, True, False),
    ],
)
def test_the_standard_rules(reason: ReturnReason, verdict: Verdict, pays: bool, shipping: bool) -> None:
    judged = judge(STANDARD_POLICY, BRITISH, [wish(reason)], CAME + timedelta(days=30))

    (line,) = judged.lines
    assert (judged.verdict, judged.fee) == (verdict, 450 if pays else 0)
    assert line.refunds_shipping is shipping


def test_the_window_ends_and_a_final_sale_comes_back_only_where_it_was_faulty() -> None:
    policy = ReturnPolicy(products=(ProductRule("SALE", final_sale=True),))

    late = judge(policy, BRITISH, [wish()], CAME + timedelta(days=30, seconds=1))
    sale = judge(policy, BRITISH, [wish(sku="SALE")], CAME)
    broken = judge(policy, BRITISH, [wish(ReturnReason.DEFECTIVE, "SALE")], CAME)

    assert (late.why, sale.why, broken.verdict) == ("window_over", "final_sale", Verdict.ALLOWED)


def test_groups_of_customers_and_trust_by_completed_orders() -> None:
    policy = ReturnPolicy(
        fees={"GBP": 450}, instant_after=3,
        reasons=(ReasonRule(ReturnReason.CHANGED_MIND, restocking_ppm=100_000),),
        segments=(SegmentRule("gold", window_days=90, free_return=True, no_restocking=True),),
    )  # fmt: skip
    at = CAME + timedelta(days=80)

    gold = judge(policy, Buyer("GB", consumer=True, segment="gold", currency="GBP"), [wish()], at)
    other = judge(policy, BRITISH, [wish()], at)
    regular = judge(policy, Buyer("GB", consumer=True, completed=3, currency="GBP"), [wish()], CAME)

    assert (gold.verdict, gold.fee, gold.lines[0].restocking_ppm) == (Verdict.ALLOWED, 0, 0)
    assert other.verdict is Verdict.REFUSED
    assert (regular.instant, gold.instant, regular.lines[0].restocking_ppm) == (True, False, 100_000)


def test_what_is_worth_much_is_for_a_person_unless_it_is_a_withdrawal() -> None:
    policy = ReturnPolicy(ask_above={"GBP": 999, "EUR": 999})

    assert judge(policy, BRITISH, [wish()], CAME).why == "worth_much"
    assert judge(policy, GERMAN, [wish()], CAME).verdict is Verdict.ALLOWED


def test_one_of_three_is_refunded_less_what_its_condition_restocking_and_the_way_cost() -> None:
    line = Back("a", 3, 1000, [Found(1, 250_000)], restocking_ppm=100_000)

    found = reckon([line], fee=50, shipping=0, others=0)

    (one,) = found.lines
    assert (one.value, one.kept, one.restocking, one.fee, one.refund) == (333, 83, 25, 50, 175)
    assert found.total == 175


@st.composite
def backs(draw: st.DrawFn, name: str) -> Back:
    left_units = draw(st.integers(1, 50))
    units = draw(st.integers(1, left_units))
    damaged = draw(st.integers(0, units))
    found = [Found(units - damaged), Found(damaged, draw(st.integers(0, 1_000_000)))]
    return Back(
        name, left_units, draw(st.integers(0, 10**9)), [one for one in found if one.units],
        draw(st.integers(0, 1_000_000)), draw(st.booleans()),
    )  # fmt: skip


@given(
    st.sampled_from(["JPY", "EUR", "KWD"]), st.lists(backs("line"), min_size=1, max_size=6),
    st.integers(0, 5000), st.integers(0, 20_000), st.integers(0, 10**9),
)  # fmt: skip
def test_the_refund_sums_to_the_minor_unit_and_is_never_above_what_was_paid(
    currency: str, lines: list[Back], fee: int, shipping: int, others: int
) -> None:
    found = reckon(lines, fee=fee, shipping=shipping, others=others)

    for one, line in zip(found.lines, lines, strict=True):
        assert one.value == one.kept + one.restocking + one.fee + one.refund
        assert min(one.kept, one.restocking, one.fee, one.refund) >= 0
        assert one.value <= line.left_amount
        assert line.units < line.left_units or one.value == line.left_amount
    assert 0 <= found.shipping <= shipping
    assert found.fee == sum(one.fee for one in found.lines) <= fee
    total = sum((Money(one.refund, currency) for one in found.lines), Money(found.shipping, currency))
    assert total == Money(found.total, currency)


@given(st.integers(1, 10**6), st.integers(2, 9), st.integers(0, 10_000))
def test_units_that_come_back_one_by_one_get_exactly_what_all_at_once_would(
    amount: int, units: int, shipping: int
) -> None:
    left_amount, left_shipping, given_back = amount, shipping, 0
    for left in range(units, 0, -1):
        line = Back("a", left, left_amount, [Found(1)], refunds_shipping=True)
        found = reckon([line], fee=0, shipping=left_shipping, others=0)
        left_amount -= found.lines[0].value
        left_shipping -= found.shipping
        given_back += found.total

    assert given_back == amount + shipping
