"""How far is the import: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from orderwright.cli.importing.placing import Tally

EVERY_S = 5.0


class Progress:
    """Shows placed and ended orders and the time that is left, guessed from the pace so far."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None  # rich's Progress, imported late
        self._task: Any = None  # rich's TaskID
        self._began = time.monotonic()
        self._said = 0.0

    def __enter__(self) -> Self:
        if not self._quiet and sys.stdout.isatty():
            from rich import progress as rich  # noqa: PLC0415 - keeps `--help` fast

            self._bar = rich.Progress(
                rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn(),
                rich.TimeRemainingColumn(), rich.TimeElapsedColumn(),
            )  # fmt: skip
            self._task = self._bar.add_task("ended", total=None)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, tally: Tally) -> None:
        """Called at every change."""
        ended = max(0, tally.taken - tally.under_way - tally.waiting)
        self.at(ended, tally.wanted, tally.before, f"{tally.taken} placed, {tally.under_way} under way")

    def at(self, ended: int, wanted: int, before: int, words: str) -> None:
        """So many of them have ended; `before` this run began."""
        if self._bar is not None:
            self._bar.update(self._task, total=wanted, completed=ended, description=words)
        elif not self._quiet and (time.monotonic() - self._said > EVERY_S):
            self._said = time.monotonic()
            print(
                f"{ended} of {wanted} ended, {words}{self._left(ended - before, wanted - ended)}", flush=True
            )

    def _left(self, done: int, left: int) -> str:
        """`done` in this run: what earlier ones did says nothing about its pace."""
        seconds = time.monotonic() - self._began
        if done < 5 or left <= 0:
            return ""
        wait = seconds / done * left
        about = f"about {wait / 60:.0f} min" if wait > 90 else f"{wait:.0f} s"
        return f", {done / seconds:.1f} a second, {about} left"
