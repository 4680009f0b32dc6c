"""What leaves a part, and that nothing is lost of its money."""

from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.failures import Invalid
from orderwright.domain.fulfillment.parts import Charges, LineRest, divide
from orderwright.domain.fulfillment.shorting import Cut, Held, shortage

MUGS = Held("1", "MUG", 3, 1000, 167)
CUPS = Held("2", "CUP", 1, 500, 83)


def test_the_part_keeps_the_exact_share_of_what_was_found() -> None:
    less = shortage([MUGS, CUPS], Charges(400, 67, 100, 10), {"MUG": 1})

    assert less is not None
    assert less.cuts == [Cut("1", "MUG", 2, 1, 333, 56)]
    assert (less.units, less.charges) == (2, Charges(200, 34, 50, 5))
    assert (less.amount, less.tax) == (333 + 500 + 250, 56 + 83 + 39)
    assert less.missing == {"MUG": 2}


def test_of_a_sku_on_two_lines_the_last_loses_first() -> None:
    less = shortage([MUGS, Held("3", "MUG", 2, 600, 100)], Charges(), {"MUG": 2})

    assert less is not None
    assert [(cut.line_id, cut.missing, cut.units) for cut in less.cuts] == [("3", 2, 0), ("1", 1, 2)]


def test_where_nothing_is_left_the_part_is_worth_nothing() -> None:
    less = shortage([MUGS], Charges(400, 67, 100, 10), {"MUG": 0})

    assert less is not None
    assert (less.units, less.amount, less.charges, less.tax) == (0, 0, Charges(), 0)


@pytest.mark.parametrize("found", [{}, {"MUG": 3}, {"MUG": 9, "CUP": 1}, {"TEA": 0}])
def test_enough_is_no_shortage(found: dict[str, int]) -> None:
    assert shortage([MUGS, CUPS], Charges(400, 67, 100, 10), found) is None


@pytest.mark.parametrize("found", [{"TEA": 1}, {"MUG": -1}])
def test_what_cannot_be_meant_is_refused(found: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        shortage([MUGS], Charges(), found)


LINES = st.lists(
    st.tuples(
        st.sampled_from(["MUG", "CUP", "TEA"]),
        st.integers(1, 9),
        st.integers(0, 99_999),
        st.integers(0, 9_999),
    ),
    min_size=1,
    max_size=5,
)


@st.composite
def _charges(draw: st.DrawFn) -> Charges:
    shipping, fees = draw(st.integers(0, 9_999)), draw(st.integers(0, 999))
    return Charges(shipping, draw(st.integers(0, shipping)), fees, draw(st.integers(0, fees)))


@given(LINES, _charges(), st.dictionaries(st.sampled_from(["MUG", "CUP", "TEA"]), st.integers(0, 20)))
def test_no_unit_is_lost_and_no_amount_grows(
    lines: list[tuple[str, int, int, int]], charges: Charges, found: dict[str, int]
) -> None:
    held = [Held(str(n), sku, units, amount, tax) for n, (sku, units, amount, tax) in enumerate(lines)]
    has = {sku: sum(line.units for line in held if line.sku == sku) for sku, *_ in lines}
    asked = {sku: units for sku, units in found.items() if sku in has}

    less = shortage(held, charges, asked)

    if less is None:
        assert all(asked.get(sku, units) >= units for sku, units in has.items())
        return
    assert less.missing == {sku: has[sku] - units for sku, units in asked.items() if units < has[sku]}
    assert less.units == sum(has.values()) - sum(less.missing.values())
    by_id = {line.line_id: line for line in held}
    for cut in less.cuts:
        before = by_id[cut.line_id]
        assert cut.missing + cut.units == before.units
        assert 0 <= cut.amount <= before.amount
        assert 0 <= cut.tax <= before.tax
    assert 0 <= less.charges.shipping_tax <= less.charges.shipping <= charges.shipping
    assert 0 <= less.charges.fees_tax <= less.charges.fees <= charges.fees


@given(LINES, _charges(), st.data())
def test_what_stays_and_what_is_planned_anew_are_together_what_the_order_costs(
    lines: list[tuple[str, int, int, int]], charges: Charges, data: st.DataObject
) -> None:
    """Short once and again, at each place, until all is found: every minor unit is in exactly one part."""
    rest = {str(n): LineRest(units, amount, tax) for n, (_, units, amount, tax) in enumerate(lines)}
    sku_of = {str(n): sku for n, (sku, *_) in enumerate(lines)}
    beside, kept = charges, 0
    for _ in range(3):
        (part,) = divide(rest, beside, [{line: left.units for line, left in rest.items() if left.units}])
        held = [Held(one.line_id, sku_of[one.line_id], one.units, one.amount, one.tax) for one in part.lines]
        has = {line.sku: sum(one.units for one in held if one.sku == line.sku) for line in held}
        found = {sku: data.draw(st.integers(0, units), label=sku) for sku, units in has.items()}
        less = shortage(held, part.charges, found)
        if less is None:
            assert kept + part.amount == sum(amount for _, _, amount, _ in lines) + charges.amount
            return
        kept += less.amount
        had, has_now = asdict(part.charges), asdict(less.charges)
        beside = Charges(**{name: had[name] - has_now[name] for name in had})
        cut = {one.line_id: one for one in less.cuts}
        rest = {
            line.line_id: LineRest(
                cut[line.line_id].missing,
                line.amount - cut[line.line_id].amount,
                line.tax - cut[line.line_id].tax,
            )
            for line in held
            if line.line_id in cut
        }
    left = sum(one.total for one in rest.values())
    assert kept + left + beside.amount == sum(amount for _, _, amount, _ in lines) + charges.amount
