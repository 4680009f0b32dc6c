"""What is seen of a demo: a living table on a terminal, a line per change elsewhere, then the outcomes."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from orderwright.cli import show
from orderwright.cli.demonstration.running import Demo, Played


class Display:
    """Call it with the demo at every change."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live: Any = None  # rich's Live, imported late
        self._said: dict[str, str] = {}
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        if not self._quiet and sys.stdout.isatty():
            from rich.live import Live  # noqa: PLC0415 - keeps `--help` fast

            self._live = Live(refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, demo: Demo) -> None:
        """Show what is new."""
        if self._live is not None:
            self._live.update(_table(demo))
        elif not self._quiet:
            for one in demo.played:
                word = _word(one)
                if one.shop.number and self._said.get(one.story.name) != word:
                    self._said[one.story.name] = word
                    print(
                        f"  {self._seconds():5.1f} s  {one.shop.number:<10} {one.story.name:<42} {word}",
                        flush=True,
                    )

    def _seconds(self) -> float:
        return time.monotonic() - self._began


def _word(one: Played) -> str:
    """What the order is, what holds it, and at the end whether that was expected."""
    if one.done:
        wrong = one.trouble or f"not found: {', '.join(one.missing)}"
        return f"{one.found[0]}, as expected" if one.good else wrong
    order = one.shop.board.orders.get(one.shop.order_id)
    if order is None:
        return one.shop.now
    held = f", held: {', '.join(order['held_by'])}" if order["held_by"] else ""
    return f"{order['state']}{held}"


def _table(demo: Demo) -> Any:  # Any: rich's Table
    from rich.table import Table  # noqa: PLC0415 - keeps `--help` fast

    ended = sum(one.done for one in demo.played)
    table = Table(
        "Order", "Story", "Now", title=f"{ended} of {len(demo.played)} orders have ended", expand=False
    )
    for one in demo.played:
        style = "green" if one.good else "red" if one.done else ""
        table.add_row(one.shop.number, one.story.name, _word(one), style=style)
    return table


def outcomes(demo: Demo) -> None:
    """Expected and actual, side by side."""
    rows = [
        (
            one.shop.number, one.story.name, ", ".join(one.story.ends),
            one.trouble or ("as expected" if one.good else f"MISSING {', '.join(one.missing)}; "
                            f"found {', '.join(one.found)}"),
            f"{one.seconds:.1f} s",
        )
        for one in demo.played
    ]  # fmt: skip
    print()
    show.table(("Order", "Story", "Expected", "Actual", "Took"), rows, title="Outcomes")
    good = sum(one.good for one in demo.played)
    print(f"\n{good} of {len(demo.played)} orders ended as they must, in {demo.seconds:.0f} s")


def told(demo: Demo) -> list[dict[str, Any]]:  # Any: JSON
    """The same for programs."""
    return [
        {
            "order": one.shop.number, "story": one.story.name, "expected": list(one.story.ends),
            "actual": list(one.found), "as_expected": one.good, "trouble": one.trouble,
            "seconds": round(one.seconds, 1),
        }
        for one in demo.played
    ]  # fmt: skip
