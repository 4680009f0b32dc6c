"""Whatever is missing, every unit ships, follows or is given up, and nobody gets what is not there."""

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.fulfillment.states import FulfillmentPolicy
from orderwright.domain.stock.backorders import Share, Wanted, divide

SKUS = ("MUG", "CUP")
LINES = st.lists(
    st.builds(
        Wanted, line_id=st.uuids().map(str), sku=st.sampled_from(SKUS), units=st.integers(1, 9),
        may_wait=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip
THERE = st.fixed_dictionaries({sku: st.integers(0, 20) for sku in SKUS})


@given(st.sampled_from(FulfillmentPolicy), LINES, THERE)
def test_every_unit_has_one_fate_and_none_is_made_up(
    policy: FulfillmentPolicy, wanted: list[Wanted], there: dict[str, int]
) -> None:
    shares = divide(policy, wanted, there)

    assert [share.now + share.later + share.never for share in shares] == [line.units for line in wanted]
    for sku in SKUS:
        now = sum(share.now for line, share in zip(wanted, shares, strict=True) if line.sku == sku)
        assert now <= there[sku]
    if policy is FulfillmentPolicy.SHIP_COMPLETE:
        assert all(share.now == 0 for share in shares) or all(share.later == 0 for share in shares)
    if policy is not FulfillmentPolicy.PER_LINE:
        assert all(share.never == 0 for share in shares)


@given(LINES, THERE)
def test_what_may_be_shipped_is_shipped(wanted: list[Wanted], there: dict[str, int]) -> None:
    shares = divide(FulfillmentPolicy.SHIP_AVAILABLE, wanted, there)

    for sku in SKUS:
        now = sum(share.now for line, share in zip(wanted, shares, strict=True) if line.sku == sku)
        assert now == min(there[sku], sum(line.units for line in wanted if line.sku == sku))


def test_a_line_that_may_not_wait_is_given_up_alone() -> None:
    wanted = [Wanted("a", "MUG", 3, may_wait=False), Wanted("b", "CUP", 2)]

    assert divide(FulfillmentPolicy.PER_LINE, wanted, {"MUG": 1}) == [Share(now=1, never=2), Share(later=2)]
