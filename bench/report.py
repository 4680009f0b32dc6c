"""The figures, beside what they should be."""

from dataclasses import dataclass
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from bench.histories import Shape
from bench.processes import Seconds
from bench.shop import Load

MOST_EVENTS, LEAST_SHARE, LEAST_RATE = 75, 0.5, 9.0


@dataclass(frozen=True)
class Figures:
    """Seconds and milliseconds as named; cpu_ms is per order, by process."""

    orders: int
    rate: float
    bare_rate: float
    share: float
    events_alone: int
    events_loaded: int
    events_bare: int
    actions: int
    completed_alone_ms: float
    completed_p50_ms: float
    accept_alone_p50_ms: float
    accept_alone_p99_ms: float
    accept_p50_ms: float
    accept_p99_ms: float
    cpu_ms: dict[str, float]
    busy_cores: float


def figures(
    alone: Load,
    load: Load,
    costs: Seconds,
    single: Shape,
    loaded: Shape,
    *,
    bare_rate: float,
    bare_events: int,
) -> Figures:
    """Everything that is reported."""
    return Figures(
        orders=load.orders,
        rate=round(load.rate, 2),
        bare_rate=round(bare_rate, 2),
        share=round(load.rate / bare_rate, 3) if bare_rate else 0.0,
        events_alone=single.events,
        events_loaded=loaded.events,
        events_bare=bare_events,
        actions=single.actions,
        completed_alone_ms=_ms(_at(alone.completed, 50)),
        completed_p50_ms=_ms(_at(load.completed, 50)),
        accept_alone_p50_ms=_ms(_at(alone.accepted, 50)),
        accept_alone_p99_ms=_ms(_at(alone.accepted, 99)),
        accept_p50_ms=_ms(_at(load.accepted, 50)),
        accept_p99_ms=_ms(_at(load.accepted, 99)),
        cpu_ms={name: _ms(seconds / load.orders) for name, seconds in sorted(costs.items())},
        busy_cores=round(sum(costs.values()) / load.seconds, 2),
    )


def _at(seconds: list[float], percent: int) -> float:
    return quantiles(seconds, n=100, method="inclusive")[percent - 1]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def show(found: Figures) -> None:
    """For people."""
    table = Table(title=f"{found.orders} one-line orders, from POST to completed")
    for column in ("Figure", "Reached", "Aim"):
        table.add_column(column, justify="left" if column == "Figure" else "right")
    table.add_row(
        "orders a second", f"{found.rate:.1f}", f">= {LEAST_RATE:g} {_met(found.rate >= LEAST_RATE)}"
    )
    if found.bare_rate:
        table.add_row("bare workflows a second", f"{found.bare_rate:.1f}", "")
        table.add_row(
            "share of the bare rate",
            f"{found.share:.2f}",
            f">= {LEAST_SHARE} {_met(found.share >= LEAST_SHARE)}",
        )
    events = found.events_alone
    table.add_row("events per order, alone", str(events), f"<= {MOST_EVENTS} {_met(events <= MOST_EVENTS)}")
    table.add_row("events per order, under load", str(found.events_loaded), "")
    if found.bare_rate:
        table.add_row("events per bare workflow", str(found.events_bare), "")
    table.add_row("Temporal actions per order", str(found.actions), "")
    table.add_row("POST to completed, alone, p50", f"{found.completed_alone_ms:.0f} ms", "")
    table.add_row("POST to completed, under load, p50", f"{found.completed_p50_ms:.0f} ms", "")
    table.add_row("API accepts, alone, p50", f"{found.accept_alone_p50_ms:.0f} ms", "")
    table.add_row("API accepts, alone, p99", f"{found.accept_alone_p99_ms:.0f} ms", "")
    table.add_row("API accepts, under load, p50", f"{found.accept_p50_ms:.0f} ms", "")
    table.add_row("API accepts, under load, p99", f"{found.accept_p99_ms:.0f} ms", "")
    table.add_section()
    total = sum(found.cpu_ms.values())
    for name, spent in sorted(found.cpu_ms.items(), key=lambda item: -item[1]):
        table.add_row(f"CPU per order: {name}", f"{spent:.1f} ms", f"{spent / total:.0%}")
    table.add_row("CPU per order: all", f"{total:.1f} ms", f"{found.busy_cores} cores busy")
    Console(width=100).print(table)


def _met(is_met: bool) -> str:
    return "reached" if is_met else "MISSED"
