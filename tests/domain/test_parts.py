"""However an order is divided, its parts are worth what the customer pays."""

from hypothesis import given
from hypothesis import strategies as st

from orderwright.domain.fulfillment.parts import LineRest, divide

LINES = ("a", "b", "c")


@st.composite
def orders(draw: st.DrawFn) -> tuple[dict[str, LineRest], int, list[dict[str, int]]]:
    """Lines with their worth, a shipping charge, and parts that hold all units or some of them."""
    rest, parts = {}, [{} for _ in range(draw(st.integers(1, 4)))]  # type: ignore[var-annotated]  # filled below
    for line in draw(st.sets(st.sampled_from(LINES), min_size=1)):
        units = draw(st.integers(1, 9))
        total = draw(st.integers(0, 10_000))
        rest[line] = LineRest(units, total, draw(st.integers(0, total)))
        for _ in range(draw(st.integers(0, units))):
            part = draw(st.sampled_from(parts))
            part[line] = part.get(line, 0) + 1
    return rest, draw(st.integers(0, 2_000)), parts


@given(orders())
def test_part_after_part_everything_is_given_out_to_the_last_cent(
    order: tuple[dict[str, LineRest], int, list[dict[str, int]]],
) -> None:
    rest, shipping, parts = order

    first = divide(rest, shipping, parts)
    left = {
        line: LineRest(
            all_of_it.units - sum(part.get(line, 0) for part in parts),
            all_of_it.total - sum(p.amount for part in first for p in part.lines if p.line_id == line),
            all_of_it.tax - sum(p.tax for part in first for p in part.lines if p.line_id == line),
        )
        for line, all_of_it in rest.items()
    }
    outside = {line: units.units for line, units in left.items() if units.units}
    postage = shipping - sum(part.shipping for part in first)
    second = divide(left, postage, [outside]) if outside else []

    everything = [*first, *second]
    assert sum(part.amount for part in everything) == sum(one.total for one in rest.values()) + shipping
    assert sum(part.tax for part in everything) == sum(one.tax for one in rest.values())


@given(orders())
def test_no_part_is_worth_less_than_nothing(
    order: tuple[dict[str, LineRest], int, list[dict[str, int]]],
) -> None:
    rest, shipping, parts = order

    for part, units in zip(divide(rest, shipping, parts), parts, strict=True):
        assert part.shipping >= 0
        assert {line.line_id: line.units for line in part.lines} == units
        assert all(0 <= line.tax <= rest[line.line_id].tax for line in part.lines)
        assert all(0 <= line.amount <= rest[line.line_id].total for line in part.lines)


def test_a_line_over_two_places_is_split_by_units() -> None:
    first, second = divide({"a": LineRest(3, 1000, 100)}, 500, [{"a": 2}, {"a": 1}])

    assert (first.amount, first.tax, first.shipping) == (1000, 67, 333)
    assert (second.amount, second.tax, second.shipping) == (500, 33, 167)
