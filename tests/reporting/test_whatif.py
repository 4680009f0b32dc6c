"""Other rules over past orders: chosen anew from what there was, and nothing is touched."""

from datetime import date

from orderwright.domain.sourcing import FEWEST_NEAREST, Candidate, PostageFrom, Rules, source
from orderwright.reporting import whatif
from orderwright.reporting.whatif import Case, Change, Figures, World

MONDAY = date(2026, 11, 16)
CHEAP = Rules("cheap", 1, parcel=100, km=0, cost=1)
KNOWN = World({"LON": "GB", "PAR": "FR", "BER": "DE"}, {"LON": 500.0, "PAR": 900.0}, "EUR")


def case(order: str, wanted: dict[str, int], *places: tuple[str, int, int, dict[str, int]]) -> Case:
    candidates = [Candidate(*place) for place in places]
    return Case(order, wanted, candidates, "GB", "standard", source(wanted, candidates).taken, MONDAY)


def test_figures_are_sums_and_changed_orders_are_named() -> None:
    cases = [
        case("A", {"MUG": 1}, ("LON", 10, 300, {"MUG": 1}), ("PAR", 340, 20, {"MUG": 1})),
        case("B", {"MUG": 1}, ("LON", 10, 20, {"MUG": 1}), ("PAR", 340, 20, {"MUG": 1})),
        case("C", {"MUG": 1, "CUP": 1}, ("LON", 10, 1, {"MUG": 1}), ("PAR", 340, 2, {"CUP": 1})),
    ]

    found = whatif.compare(cases, KNOWN, FEWEST_NEAREST, CHEAP)

    assert found.base == Figures(
        "fewest-nearest/1", parcels=4, split=1, km=370, handling=323, labels=2400, estimated=0, cost=2723,
        days=11, kept=3,
    )  # fmt: skip
    assert found.draft == Figures(
        "cheap/1",
        parcels=4,
        split=1,
        km=700,
        handling=43,
        labels=2800,
        estimated=0,
        cost=2843,
        days=13,
        kept=3,
    )
    assert found.changes == [Change("A", ["LON"], ["PAR"], parcels=0, km=330, cost=120, days=2)]
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


def test_by_default_the_base_is_what_was_chosen_by_whatever_rules() -> None:
    past = case("A", {"MUG": 1}, ("LON", 10, 300, {"MUG": 1}), ("PAR", 340, 20, {"MUG": 1}))

    found = whatif.compare([past], KNOWN, None, CHEAP)

    assert (found.base.rules, found.base.handling, found.draft.handling) == ("as chosen", 300, 20)
    assert [(one.before, one.after) for one in found.changes] == [(["LON"], ["PAR"])]


def test_labels_cost_what_was_expected_and_a_promise_is_kept_by_its_day() -> None:
    near = Candidate(
        "LON", 10, 0, {"MUG": 1}, postage=450, postage_from=PostageFrom.LABELS, arrives_on=date(2026, 11, 19)
    )
    far = Candidate(
        "PAR",
        340,
        0,
        {"MUG": 1},
        postage=300,
        postage_from=PostageFrom.ESTIMATE,
        arrives_on=date(2026, 11, 23),
    )
    past = Case(
        "A", {"MUG": 1}, [near, far], "GB", "standard", {"LON": {"MUG": 1}}, MONDAY, date(2026, 11, 19)
    )

    found = whatif.compare([past], KNOWN, None, Rules("post", 1, 0, 0, 0, postage=1))

    assert (found.base.labels, found.base.estimated, found.base.days, found.base.kept) == (450, 0, 3, 1)
    assert (found.draft.labels, found.draft.estimated, found.draft.days, found.draft.kept) == (300, 1, 5, 0)
    assert found.changes == [Change("A", ["LON"], ["PAR"], parcels=0, km=330, cost=-150, days=2)]
