"""`books exchange` and `books value`: what the books are worth in the base currency."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orderwright.cli import show
from orderwright.cli.money.ledger import moment
from orderwright.cli.money.provider import contained
from orderwright.cli.show import AsJson, Exit

if TYPE_CHECKING:
    from datetime import datetime

    from orderwright.container import Container
    from orderwright.reporting.exchange import Exchange, Gain, Open
    from orderwright.services.exchange.valuing import Valued

POSITIONS = ("Open position", "Amount", "In the books", "At the rate", "Unrealized")


def exchange(
    at: Annotated[str | None, typer.Option(help="As it was then: 2026-11-01T00:00Z.")] = None,
    order: Annotated[str | None, typer.Option(help="The gain of one order, by its number.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Of gains, the largest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The trial balance in the base currency, realized gains and losses, and open positions."""
    then = moment(at)
    found = contained(lambda container: _report(container, then, order and order.upper(), limit))
    if as_json:
        positions = [{**asdict(one), "unrealized": one.unrealized} for one in found.positions]
        rates = [{"base": one.base, "quote": one.quote, "rate": one.words} for one in found.rates]
        show.print_json(
            {**asdict(found), "positions": positions, "unrealized": found.unrealized, "rates": rates}
        )
    else:
        _print(found, at)


async def _report(
    container: "Container", then: "datetime | None", order: str | None, limit: int
) -> "Exchange":
    from orderwright.reporting import exchange as report  # noqa: PLC0415 - keeps `--help` fast

    async with container.db.transaction() as session:
        base = container.settings.base_currency
        return await report.report(session, base, at=then, order=order, limit=limit)


def _print(found: "Exchange", at: str | None) -> None:
    base = found.base_currency
    show.table(
        ("Account", "Balance"),
        [(account, show.amount(amount, base)) for account, amount in found.trial],
        title=f"Trial balance in {base} {at or 'of now'}",
    )
    for rate in found.rates:
        print(f"placed at 1 {rate.base} = {rate.words} {rate.quote}")
    if found.positions:
        show.table(POSITIONS, [_position(one, base) for one in found.positions])
    if found.gains:
        show.table(("Order", "Realized"), [_gain(one, base) for one in found.gains])
    print(f"realized {show.amount(found.realized, base)}, unrealized {show.amount(found.unrealized, base)}")
    if found.waiting:
        print(f"{found.waiting} bookings are not valued yet: `orderwright books value` says why")


def _position(one: "Open", base: str) -> tuple[str, ...]:
    worth = "no rate" if one.worth is None else show.amount(one.worth, base)
    return (
        one.account, show.amount(one.amount, one.currency), show.amount(one.book, base), worth,
        "" if one.unrealized is None else show.amount(one.unrealized, base),
    )  # fmt: skip


def _gain(one: "Gain", base: str) -> tuple[str, str]:
    return one.order_number or "without an order", show.amount(one.gain, base)


def value(as_json: AsJson = False) -> None:
    """Value bookings in other currencies now; the schedule does so hourly. Exit code 1 where a rate lacks."""
    done = contained(_value)
    missing = f"; {done.waiting} wait for a rate of {', '.join(done.missing)}" if done.waiting else ""
    show.result(asdict(done), f"{done.valued} bookings valued{missing}", as_json=as_json)
    raise typer.Exit(Exit.REFUSED if done.waiting else Exit.OK)


async def _value(container: "Container") -> "Valued":
    from orderwright.reporting.exchange import base_of  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.services.exchange import valuing  # noqa: PLC0415

    return await valuing.value(container.db, base_of(container.settings.base_currency))
