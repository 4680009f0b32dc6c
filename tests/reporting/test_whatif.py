"""Other rules over past orders: chosen anew from what there was, and nothing is touched."""

from orderwright.domain.sourcing import FEWEST_NEAREST, Candidate, Rules
from orderwright.reporting import whatif
from orderwright.reporting.whatif import Case, Change, Figures, World

CHEAP = Rules("cheap", 1, parcel=100, km=0, cost=1)
KNOWN = World({"LON": "GB", "PAR": "FR", "BER": "DE"}, {"LON": 500.0, "PAR": 900.0}, "EUR")


def case(order: str, wanted: dict[str, int], *places: tuple[str, int, int, dict[str, int]]) -> Case:
    return Case(order, wanted, [Candidate(*place) for place in places], "GB", "standard")


def test_figures_are_sums_and_changed_orders_are_named() -> None:
    cases = [
        case("A", {"MUG": 1}, ("LON", 10, 300, {"MUG": 1}), ("PAR", 340, 20, {"MUG": 1})),
        case("B", {"MUG": 1}, ("LON", 10, 20, {"MUG": 1}), ("PAR", 340, 20, {"MUG": 1})),
        case("C", {"MUG": 1, "CUP": 1}, ("LON", 10, 1, {"MUG": 1}), ("PAR", 340, 2, {"CUP": 1})),
    ]

    found = whatif.compare(cases, KNOWN, FEWEST_NEAREST, CHEAP)

    assert found.base == Figures("fewest-nearest/1", 4, 1, 370, 323, 2400, 11)
    assert found.draft == Figures("cheap/1", 4, 1, 700, 43, 2800, 13)
    assert found.changes == [Change("A", ["LON"], ["PAR"], parcels=0, km=330, days=2)]
    assert (found.cases, found.later, found.currency) == (3, 1, "EUR")


def test_the_same_rules_change_nothing() -> None:
    cases = [case("A", {"MUG": 3}, ("LON", 10, 0, {"MUG": 2}), ("BER", 900, 0, {"MUG": 2}))]

    found = whatif.compare(cases, KNOWN, CHEAP, CHEAP)

    assert found.base == found.draft
    assert (found.changes, found.later) == ([], 0)


def test_a_label_from_where_none_was_bought_costs_what_is_usual() -> None:
    cases = [case("A", {"MUG": 1}, ("BER", 900, 0, {"MUG": 1}))]

    assert whatif.compare(cases, KNOWN, CHEAP, CHEAP).base.labels == 700
    assert whatif.compare(cases, World({}, {}, None), CHEAP, CHEAP).base.labels == 0


def test_without_orders_there_is_nothing_to_compare() -> None:
    found = whatif.compare([], KNOWN, FEWEST_NEAREST, CHEAP)

    assert (found.cases, found.base.parcels, found.changes) == (0, 0, [])
