"""The best group of many locations by a mixed integer program; needs the extra `solver`."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from orderwright.domain.sourcing import Candidate, Rules, Solve

SECONDS = 1.0
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
    if module is None:
        return None
    model = _model(module, wanted, useful, rules)
    model.run()
    values = list(model.getSolution().col_value)[: len(useful)]
    group = [one for one, value in zip(useful, values, strict=False) if value > 0.5]
    return group if _is_enough(wanted, group) else None


def _model(
    module: ModuleType, wanted: Mapping[str, int], useful: Sequence[Candidate], rules: Rules
) -> Any:  # Any: the library publishes no types
    model = module.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("time_limit", SECONDS)
    model.setOptionValue("mip_max_nodes", NODES)
    model.setOptionValue("mip_rel_gap", 0.0)
    model.setOptionValue("mip_abs_gap", 0.5)
    chosen = [model.addBinary(obj=float(rules.points([one]))) for one in useful]
    for sku, units in wanted.items():
        have = [(at, min(units, one.units.get(sku, 0))) for at, one in enumerate(useful)]
        have = [(at, most) for at, most in have if most > 0]
        if rules.margin:
            given = [
                model.addVariable(lb=0, ub=most, obj=float(rules.unit(useful[at], sku))) for at, most in have
            ]
            for one, (at, most) in zip(given, have, strict=True):
                model.addConstr(one <= most * chosen[at])
            model.addConstr(sum(given) >= units)
        else:
            model.addConstr(sum(most * chosen[at] for at, most in have) >= units)
    return model


def _is_enough(wanted: Mapping[str, int], group: Sequence[Candidate]) -> bool:
    return all(sum(one.units.get(sku, 0) for one in group) >= units for sku, units in wanted.items())
