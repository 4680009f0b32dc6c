"""The best group of many locations by a mixed integer program; needs the extra `solver`."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from orderwright.domain.sourcing import Candidate, Rules, Solve

SECONDS = 0.5
NODES = 2_000
"""Both limits are for what is too hard: the best group that is known then is taken."""


def solver() -> Solve | None:
    """HiGHS where it is installed. Source: Huangfu and Hall (2018), doi 10.1007/s12532-017-0130-5."""
    return None if _highs() is None else solve


@cache
def _highs() -> ModuleType | None:
    """Imported when the first large choice is made: it takes as long as a hundred small ones."""
    try:
        return import_module("highspy")
    except ImportError:
        return None


def solve(wanted: Mapping[str, int], useful: Sequence[Candidate], rules: Rules) -> Sequence[Candidate] | None:
    """Which locations, by the points of `rules`; None where the solver has found none within its limits.

    A variable in {0, 1} for each location; where goods have points, one more for each SKU that it has.
    Numbers beyond 2^53 are rounded there: whoever asks compares in whole points.
    """
    module = _highs()
    if module is None or not _is_enough(wanted, useful):
        return None
    model = _model(module)
    for one in useful:
        _column(model, rules.points([one]), 1)
        model.changeColIntegrality(model.getNumCol() - 1, module.HighsVarType.kInteger)
    for sku, units in wanted.items():
        have = {at: most for at, one in enumerate(useful) if (most := min(units, one.units.get(sku, 0))) > 0}
        if rules.margin:
            have = _given(model, {at: (most, rules.unit(useful[at], sku)) for at, most in have.items()})
        _at_least(model, units, have)
    model.run()
    values = list(model.getSolution().col_value)[: len(useful)]
    group = [one for one, value in zip(useful, values, strict=False) if value > 0.5]
    return group if _is_enough(wanted, group) else None


def _model(module: ModuleType) -> Any:  # Any: the library publishes no types
    model = module.Highs()
    options = {
        "output_flag": False, "log_to_console": False, "threads": 1, "time_limit": SECONDS,
        "mip_max_nodes": NODES, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5,
    }  # fmt: skip
    for name, value in options.items():
        model.setOptionValue(name, value)
    return model


def _given(model: Any, there: Mapping[int, tuple[int, int]]) -> dict[int, int]:  # Any: as above
    """Units of one SKU by location, at most what is there and only where the location is used."""
    given = {}
    for at, (most, points) in there.items():
        _column(model, points, most)
        units = model.getNumCol() - 1
        _at_least(model, 0, {at: most, units: -1})
        given[units] = 1
    return given


def _column(model: Any, points: int, most: int) -> None:  # Any: as above
    model.addCol(float(points), 0.0, float(most), 0, [], [])


def _at_least(model: Any, units: int, factors: Mapping[int, int]) -> None:  # Any: as above
    model.addRow(
        float(units), float("inf"), len(factors), list(factors), [float(value) for value in factors.values()]
    )


def _is_enough(wanted: Mapping[str, int], group: Sequence[Candidate]) -> bool:
    return all(sum(one.units.get(sku, 0) for one in group) >= units for sku, units in wanted.items())
