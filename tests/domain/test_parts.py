"""However an order is divided, its parts are worth what the customer pays."""

from collections.abc import Sequence
from dataclasses import asdict

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.fulfillment.parts import Charges, LineRest, Part, divide

LINES = ("a", "b", "c")


@st.composite
def orders(draw: st.DrawFn) -> tuple[dict[str, LineRest], Charges, list[dict[str, int]]]:
    """Lines with their worth, a shipping charge, and parts that hold all units or some of them."""
    rest, parts = {}, [{} for _ in range(draw(st.integers(1, 4)))]  # type: ignore[var-annotated]  # filled below
    for line in draw(st.sets(st.sampled_from(LINES), min_size=1)):
        units = draw(st.integers(1, 9))
        total = draw(st.integers(0, 10_000))
        rest[line] = LineRest(units, total, draw(st.integers(0, total)), draw(st.integers(0, 500)))
        for _ in range(draw(st.integers(0, units))):
            part = draw(st.sampled_from(parts))
            part[line] = part.get(line, 0) + 1
    shipping, fees = draw(st.integers(0, 2_000)), draw(st.integers(0, 300))
    charges = Charges(shipping, draw(st.integers(0, shipping)), fees, draw(st.integers(0, fees)))
    return rest, charges, parts


def _left(charges: Charges, parts: Sequence[Part]) -> Charges:
    """What the parts have not been given of the charges."""
    given_out = [asdict(part.charges) for part in parts]
    return Charges(**{k: v - sum(one[k] for one in given_out) for k, v in asdict(charges).items()})


@given(orders())
def test_part_after_part_everything_is_given_out_to_the_last_cent(
    order: tuple[dict[str, LineRest], Charges, list[dict[str, int]]],
) -> None:
    rest, charges, parts = order

    first = divide(rest, charges, parts)
    left = {
        line: LineRest(
            all_of_it.units - sum(part.get(line, 0) for part in parts),
            all_of_it.total - sum(p.amount for part in first for p in part.lines if p.line_id == line),
            all_of_it.tax - sum(p.tax for part in first for p in part.lines if p.line_id == line),
            all_of_it.discount - sum(p.discount for part in first for p in part.lines if p.line_id == line),
        )
        for line, all_of_it in rest.items()
    }
    outside = {line: units.units for line, units in left.items() if units.units}
    second = divide(left, _left(charges, first), [outside]) if outside else []

    everything = [*first, *second]
    assert sum(part.amount for part in everything) == sum(one.total for one in rest.values()) + charges.amount
    assert sum(part.tax for part in everything) == sum(one.tax for one in rest.values()) + charges.tax
    assert _left(charges, everything) == Charges()
    assert sum(line.discount for part in everything for line in part.lines) == sum(
        one.discount for one in rest.values()
    )


@given(orders())
def test_no_part_is_worth_less_than_nothing(
    order: tuple[dict[str, LineRest], Charges, list[dict[str, int]]],
) -> None:
    rest, charges, parts = order

    for part, units in zip(divide(rest, charges, parts), parts, strict=True):
        assert 0 <= part.charges.shipping_tax <= part.charges.shipping
        assert 0 <= part.charges.fees_tax <= part.charges.fees
        assert {line.line_id: line.units for line in part.lines} == units
        assert all(0 <= line.tax <= rest[line.line_id].tax for line in part.lines)
        assert all(0 <= line.amount <= rest[line.line_id].total for line in part.lines)


def test_a_line_over_two_places_is_split_by_units() -> None:
    first, second = divide({"a": LineRest(3, 1000, 100, 50)}, Charges(500, 83, 90, 15), [{"a": 2}, {"a": 1}])

    assert (first.amount, first.tax, first.charges) == (667 + 393, 67 + 65, Charges(333, 55, 60, 10))
    assert (second.amount, second.tax, second.charges) == (333 + 197, 33 + 33, Charges(167, 28, 30, 5))
    assert [line.discount for part in (first, second) for line in part.lines] == [33, 17]
