"""How long does a choice of locations take, by the number of lines and of locations?"""

import random
import time
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from orderwright.domain.sourcing import Candidate, Plan, Solve, source
from orderwright.services.sourcing import solving

LINES, PLACES = (1, 10, 100), (5, 50, 500)
STOCKED = 0.6
"""The share of the goods that each location has: for ten lines and more no single one has all."""


@dataclass(frozen=True)
class Choice:
    """Milliseconds of the middle of five choices, how it was found, the locations taken."""

    lines: int
    places: int
    method: str
    parcels: int
    ms: float


Figures = list[Choice]


def measure() -> Figures:
    """Every size without the solver, and with it where that makes a difference."""
    found = []
    for lines in LINES:
        for places in PLACES:
            plain = _choice(lines, places, None)
            solved = _choice(lines, places, solving.solver())
            found += [plain] if solved.method == plain.method else [plain, solved]
    return found


def as_json(found: Figures) -> list[dict[str, object]]:
    """For the kept results."""
    return [asdict(one) for one in found]


def _choice(lines: int, places: int, solve: Solve | None) -> Choice:
    dice = random.Random(lines * places)
    wanted = {f"SKU-{n}": dice.randint(1, 3) for n in range(lines)}
    there = [{sku: 9 for sku in wanted if dice.random() < STOCKED} for _ in range(places)]
    for sku in wanted:
        dice.choice(there)[sku] = 9
    candidates = [Candidate(f"L{n}", dice.randint(1, 2000), 0, units) for n, units in enumerate(there)]
    times = []
    for _ in range(5):
        began = time.perf_counter()
        plan: Plan = source(wanted, candidates, solve=solve)
        times.append(time.perf_counter() - began)
    return Choice(lines, places, plan.method.value, len(plan.taken), round(1000 * sorted(times)[2], 2))


def show(found: Figures) -> None:
    """For people."""
    table = Table(title=f"A choice of locations, each with {STOCKED:.0%} of the goods")
    for column in ("Lines", "Locations", "Found by", "Parcels", "Time"):
        table.add_column(column, justify="left" if column == "Found by" else "right")
    for one in found:
        table.add_row(str(one.lines), str(one.places), one.method, str(one.parcels), f"{one.ms:.2f} ms")
    Console(width=100).print(table)
