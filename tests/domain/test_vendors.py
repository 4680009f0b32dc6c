"""Which units go to a vendor, which he refuses, and whose his credit is."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.returns.vendors import (
    Becomes,
    Credited,
    Named,
    RefusedUnits,
    Units,
    pick,
    refuse,
    split,
)

OLD, NEW, CUP = uuid4(), uuid4(), uuid4()
WAITING = [Units(OLD, "MUG", None, 2), Units(NEW, "MUG", None, 3), Units(CUP, "CUP", "L1", 1)]


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ([], {OLD: 2, NEW: 3, CUP: 1}),
        ([Named("MUG")], {OLD: 2, NEW: 3}),
        ([Named("MUG", 3)], {OLD: 2, NEW: 1}),
        ([Named("CUP", 1, "L1"), Named("MUG", 2)], {CUP: 1, OLD: 2}),
    ],
)
def test_the_oldest_go_first_and_nothing_named_is_all(wanted: list[Named], taken: dict[UUID, int]) -> None:
    assert pick(WAITING, wanted) == taken


@pytest.mark.parametrize("wanted", [Named("MUG", 6), Named("HAT"), Named("CUP", 1, "L2")])
def test_more_than_wait_are_refused(wanted: Named) -> None:
    with pytest.raises(Conflict):
        pick(WAITING, [wanted])
    with pytest.raises(Conflict):
        pick([], [])


def test_what_is_refused_is_said_once_and_no_more_than_was_sent() -> None:
    both = [RefusedUnits("MUG", 3, Becomes.RESTOCK), RefusedUnits("MUG", 1, Becomes.WRITE_OFF)]

    found = refuse(WAITING, both)

    assert found == {OLD: {Becomes.RESTOCK: 2}, NEW: {Becomes.RESTOCK: 1, Becomes.WRITE_OFF: 1}}
    with pytest.raises(Invalid):
        refuse(WAITING, [*both, RefusedUnits("MUG", 2, Becomes.WRITE_OFF)])


@given(st.integers(0, 10**9), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 999)), min_size=1))
def test_every_minor_unit_of_a_credit_is_on_a_line_that_the_vendor_took(
    credit: int, lines: list[tuple[int, int]]
) -> None:
    taken = [Credited(*line) for line in lines]
    if credit and not any(line.accepted for line in taken):
        with pytest.raises(Invalid):
            split(credit, taken)
        return

    parts = split(credit, taken)

    assert sum(parts) == credit
    assert not any(part for part, line in zip(parts, taken, strict=True) if not line.accepted)


def test_a_credit_goes_by_cost_or_by_units_where_a_cost_is_unknown() -> None:
    assert split(1000, [Credited(1, 300), Credited(2, 100)]) == [600, 400]
    assert split(900, [Credited(1, 300), Credited(2, 0)]) == [300, 600]
