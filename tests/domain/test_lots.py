"""Units are named as their product is tracked, and a gap is counted lot by lot."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.failures import Invalid
from orderwright.domain.stock.lots import Change, LotUnits, check_parts, in_lots
from orderwright.domain.stock.supply import AdjustReason, Gap
from orderwright.domain.stock.units import Tracking

A, B = LotUnits("A", 2), LotUnits("B", 1)
SERIALS = [LotUnits("S-1", 1), LotUnits("S-2", 1)]


@pytest.mark.parametrize(
    ("tracking", "units", "parts"),
    [
        (Tracking.NONE, 3, []),
        (Tracking.LOT, 3, [A, B]),
        (Tracking.LOT, 0, []),
        (Tracking.SERIAL, 2, SERIALS),
    ],
)
def test_a_quantity_is_named_as_it_is_tracked(tracking: Tracking, units: int, parts: list[LotUnits]) -> None:
    check_parts("PILL", tracking, units, parts)

    assert sum(change.units for change in in_lots("PILL", "LON", units, parts)) == units


@pytest.mark.parametrize(
    ("tracking", "units", "parts"),
    [
        (Tracking.NONE, 2, [A]),
        (Tracking.LOT, 2, []),
        (Tracking.LOT, 3, [A]),
        (Tracking.LOT, 2, [B, B]),
        (Tracking.LOT, 1, [LotUnits("", 1)]),
        (Tracking.SERIAL, 2, [A]),
    ],
)
def test_a_quantity_that_is_named_otherwise_is_refused(
    tracking: Tracking, units: int, parts: Sequence[LotUnits]
) -> None:
    with pytest.raises(Invalid):
        check_parts("PILL", tracking, units, parts)


def test_what_leaves_in_lots_leaves_each_of_them() -> None:
    assert in_lots("PILL", "LON", -3, [A, B]) == [
        Change("PILL", "LON", -2, "A"), Change("PILL", "LON", -1, "B"),
    ]  # fmt: skip


@given(lots=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_what_left_is_what_came_and_the_gap_of_its_lots(lots: list[tuple[int, int]]) -> None:
    gap = sum((Gap.between(left, came) for left, came in lots), Gap(0, 0))

    assert sum(left for left, _ in lots) == sum(came for _, came in lots) + gap.short - gap.over


@pytest.mark.parametrize(
    ("gap", "reason", "fits"),
    [
        (Gap(0, 0), None, True),
        (Gap(1, 0), None, False),
        (Gap(1, 0), AdjustReason.LOST, True),
        (Gap(0, 1), AdjustReason.LOST, False),
        (Gap(0, 1), AdjustReason.FOUND, True),
        (Gap(1, 1), AdjustReason.LOST, False),
        (Gap(1, 1), AdjustReason.CORRECTION, True),
    ],
)
def test_a_gap_both_ways_needs_a_reason_that_fits_both(
    gap: Gap, reason: AdjustReason | None, fits: bool
) -> None:
    assert gap.explained_by(reason) is fits
