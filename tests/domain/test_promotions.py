"""What promotions take off, alone and together, and that no line ever falls below nothing."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.pricing.promotions import (
    Applied,
    CartItem,
    Promotion,
    PromotionKind,
    Stacking,
    Tier,
    apply,
    why_not,
)

MUGS, TEA = CartItem("MUG", 3, 3000), CartItem("TEA", 1, 501)
CART = [MUGS, TEA]


def promotion(nth: int = 1, kind: PromotionKind = PromotionKind.PERCENTAGE, **other: object) -> Promotion:
    return Promotion(UUID(int=nth), f"P{nth}", kind, **other)  # type: ignore[arg-type]  # fields by name


TEN = promotion(1, ppm=100_000)
FIVE_OFF = promotion(2, PromotionKind.AMOUNT, amount=500)


@pytest.mark.parametrize(
    ("one", "lines", "shipping"),
    [
        (TEN, [300, 50], 0),  # 350.1, half up 350; the rest to the largest remainder
        (FIVE_OFF, [428, 72], 0),
        (promotion(kind=PromotionKind.AMOUNT, amount=9999), [3000, 501], 0),
        (promotion(kind=PromotionKind.FREE_SHIPPING), [0, 0], 700),
        (promotion(kind=PromotionKind.FREE_SHIPPING, amount=200), [0, 0], 200),
        (promotion(ppm=500_000, skus=frozenset({"TEA"})), [0, 251], 0),
        (promotion(kind=PromotionKind.BUY_X_GET_Y, buy=3, get=1, ppm=1_000_000), [0, 501], 0),
        (promotion(kind=PromotionKind.BUY_X_GET_Y, buy=1, get=1, ppm=500_000), [500, 251], 0),
        (promotion(kind=PromotionKind.TIERED, tiers=[Tier(1000, 50_000), Tier(3000, 100_000)]), [300, 50], 0),
        (promotion(kind=PromotionKind.TIERED, tiers=[Tier(9000, 50_000)]), [0, 0], 0),
        (promotion(ppm=100_000, minimum=9000), [0, 0], 0),
    ],
)
def test_each_kind_takes_off_what_it_says(one: Promotion, lines: list[int], shipping: int) -> None:
    found = apply([one], CART, 700)

    assert (list(found.lines), found.shipping) == (lines, shipping)
    assert bool(found.applied) is (found.amount > 0)


def test_those_that_combine_are_counted_one_after_the_other_by_priority() -> None:
    first = promotion(9, PromotionKind.AMOUNT, amount=500, priority=5)

    found = apply([TEN, first], CART, 0)

    assert [(one.promotion.name, one.amount) for one in found.applied] == [("P9", 500), ("P1", 300)]
    assert found.amount == 800


def test_an_exclusive_one_stands_alone_and_only_where_it_is_the_best() -> None:
    weak = promotion(3, ppm=50_000, stacking=Stacking.EXCLUSIVE)
    strong = promotion(4, ppm=400_000, stacking=Stacking.EXCLUSIVE)

    assert [one.promotion.name for one in apply([TEN, FIVE_OFF, weak], CART, 0).applied] == ["P1", "P2"]
    assert [one.promotion.name for one in apply([TEN, FIVE_OFF, strong], CART, 0).applied] == ["P4"]


def test_of_those_by_priority_only_the_first_that_gives_anything_takes_part() -> None:
    high = promotion(5, ppm=10_000, priority=9, stacking=Stacking.PRIORITY)
    low = promotion(6, ppm=900_000, priority=1, stacking=Stacking.PRIORITY)
    idle = promotion(7, ppm=900_000, minimum=10**6, priority=99, stacking=Stacking.PRIORITY)

    found = apply([low, TEN, high, idle], CART, 0)

    assert [one.promotion.name for one in found.applied] == ["P5", "P1"]


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (TEN, ""),
        (promotion(ppm=1, skus=frozenset({"CUP"})), "nothing in the cart is part of it"),
        (promotion(ppm=1, minimum=4000), "it needs goods for at least 4000 (minor units)"),
        (promotion(kind=PromotionKind.BUY_X_GET_Y, buy=4, get=1, ppm=1), "it needs 5 units"),
        (
            promotion(kind=PromotionKind.TIERED, tiers=[Tier(5000, 1)]),
            "its first step begins at 5000 (minor units)",
        ),
    ],
)
def test_a_promotion_says_why_it_gives_nothing(one: Promotion, said: str) -> None:
    assert why_not(one, CART) == said


@st.composite
def promotions(draw: st.DrawFn) -> Promotion:
    kind = draw(st.sampled_from(PromotionKind))
    amount = draw(st.integers(1, 10**6))
    return promotion(
        draw(st.integers(1, 99)), kind, ppm=draw(st.integers(1, 1_000_000)), amount=amount,
        buy=draw(st.integers(1, 4)), get=draw(st.integers(1, 3)), minimum=draw(st.sampled_from([0, 500])),
        tiers=[Tier(draw(st.integers(0, 10_000)), draw(st.integers(0, 1_000_000)), amount)],
        skus=draw(st.sampled_from([frozenset(), frozenset({"A"}), frozenset({"B", "C"})])),
        priority=draw(st.integers(-3, 3)), stacking=draw(st.sampled_from(Stacking)),
    )  # fmt: skip


ITEMS = st.lists(
    st.builds(CartItem, st.sampled_from(["A", "B", "C"]), st.integers(1, 9), st.integers(0, 10**6)),
    min_size=1, max_size=6,
)  # fmt: skip


@given(st.lists(promotions(), max_size=5, unique_by=lambda one: one.id), ITEMS, st.integers(0, 10**5))
def test_whatever_is_combined_no_line_falls_below_nothing_and_every_share_is_told(
    some: list[Promotion], items: list[CartItem], shipping: int
) -> None:
    found = apply(some, items, shipping)

    assert 0 <= found.shipping <= shipping
    for nth, item in enumerate(items):
        assert 0 <= found.lines[nth] <= item.amount
        assert found.lines[nth] == sum(one.lines[nth] for one in found.applied)
    assert found.shipping == sum(one.shipping for one in found.applied)
    _check_stacking(found.applied)


def _check_stacking(applied: object) -> None:
    assert isinstance(applied, list)
    kinds = [one.promotion.stacking for one in applied if isinstance(one, Applied)]
    assert Stacking.EXCLUSIVE not in kinds or len(kinds) == 1
    assert kinds.count(Stacking.PRIORITY) <= 1


@given(st.lists(promotions(), max_size=4, unique_by=lambda one: one.id), ITEMS)
def test_the_order_in_which_promotions_are_read_changes_nothing(
    some: list[Promotion], items: list[CartItem]
) -> None:
    assert apply(some, items, 500) == apply(some[::-1], items, 500)
