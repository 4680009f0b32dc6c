"""How is an answer shown: tables for people, exact JSON for programs, refusals in words with an exit code."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any, NoReturn

import typer

from orderwright.domain.money import Money

AsJson = Annotated[bool, typer.Option("--json", help="For programs: the exact answer, and nothing else.")]


class Exit(IntEnum):
    """What a script reads."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_FOUND = 4
    NOT_ALLOWED = 5


def print_json(answer: Any) -> None:
    """Exactly what was answered (Any: JSON)."""
    print(json.dumps(answer, indent=1, ensure_ascii=False))


def result(answer: Any, text: str, *, as_json: bool) -> None:
    """One outcome: JSON (Any) or a sentence."""
    if as_json:
        print_json(answer)
    else:
        print(text, flush=True)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """Rows under titles. Off a terminal every cell is whole: plain columns, no color, no borders."""
    if not sys.stdout.isatty():
        _columns(titles, [list(map(str, row)) for row in rows], title)
        return
    from rich.console import Console  # noqa: PLC0415 - keeps `--help` fast
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    made = Table(*titles, title=title or None, title_justify="left", header_style="bold")
    for row in rows:
        made.add_row(*(escape(str(cell)) for cell in row))
    Console().print(made)


def page(
    found: Mapping[str, Any], titles: Sequence[str], rows: Iterable[Sequence[str]], *, as_json: bool
) -> None:
    """A page of a list as the API answered it (Any: JSON), and how to ask for the next one."""
    if as_json:
        print_json(found)
        return
    table(titles, rows)
    if found["next"]:
        print(f"more: --cursor {found['next']}")


def _columns(titles: Sequence[str], rows: list[list[str]], title: str) -> None:
    if title:
        print(title)
    widths = [max(len(line[i]) for line in [list(titles), *rows]) for i in range(len(titles))]
    for line in [list(titles), *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def when(text: str | None) -> str:
    """A moment in the API's form as people read it: local time, seconds."""
    if not text:
        return ""
    return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def amount(minor: int | None, currency: str) -> str:
    """Minor units as people read them."""
    return "" if minor is None else str(Money(minor, currency))


def fail(code: Exit, said: str) -> NoReturn:
    """Say why on the error stream and leave with the code."""
    print(said, file=sys.stderr, flush=True)
    raise typer.Exit(code)


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn what a rule or the database refuses into words and an exit code, for commands on the record."""
    from sqlalchemy.exc import OperationalError, ProgrammingError  # noqa: PLC0415 - keeps `--help` fast

    from orderwright.domain.failures import Failure, NotFound  # noqa: PLC0415

    try:
        yield
    except NotFound as failure:
        fail(Exit.NOT_FOUND, str(failure))
    except Failure as failure:
        fail(Exit.REFUSED, str(failure))
    except OperationalError as error:
        fail(
            Exit.UNREACHABLE,
            f"the database does not answer: {str(error.orig).strip()}\nstart it with `orderwright up`",
        )
    except ProgrammingError as error:
        fail(
            Exit.REFUSED,
            f"the database is not as expected; try `orderwright migrate`: {str(error.orig).splitlines()[0]}",
        )
