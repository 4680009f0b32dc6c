"""`books margin`: what orders, lines, customers and products earn."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderwright.cli import record, show
from orderwright.cli.money.ledger import moment
from orderwright.cli.show import AsJson
from orderwright.domain.books.margin import Margin, MarginBy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

TITLES = ("", "Units", "Revenue", "Product cost", "Labels", "Fees", "Refunds", "Margin", "Not in it")


def margin(
    by: Annotated[MarginBy, typer.Option(help="What is summed up.")] = MarginBy.ORDER,
    since: Annotated[str | None, typer.Option("--from", help="Orders placed from then: 2026-11-01.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="… to before then.")] = None,
    in_base: Annotated[bool, typer.Option("--base", help="All in the base currency.")] = False,
    as_json: AsJson = False,
) -> None:
    """Revenue without tax, less what it cost, of what has shipped."""
    start, end = moment(since), moment(until)

    async def work(session: "AsyncSession") -> "Sequence[Margin]":
        from orderwright.reporting import exchange  # noqa: PLC0415 - keeps `--help` fast
        from orderwright.reporting import margin as report  # noqa: PLC0415
        from orderwright.runtime.settings import Settings  # noqa: PLC0415

        base = exchange.base_of(Settings().base_currency) if in_base else ""
        return await report.earned(session, by, since=start, until=end, base=base)

    found = record.in_transaction(work)
    if as_json:
        show.print_json({"by": by.value, "margins": [_json(one) for one in found]})
    else:
        show.table((by.value.title(), *TITLES[1:]), [_cells(one) for one in found])


def _json(one: Margin) -> dict[str, Any]:  # Any: JSON
    return {
        "key": one.key, "currency": one.currency, "units": one.units, "revenue": one.revenue,
        "product_cost": one.product_cost, "label_cost": one.label_cost, "fees": one.fees,
        "refunds": one.refunds, "margin": one.margin, "complete": one.complete,
        "unknown_units": one.unknown_units, "other_labels": dict(one.other_labels),
        "other_fees": dict(one.other_fees),
    }  # fmt: skip


def _cells(one: Margin) -> tuple[str, ...]:
    figures = (one.revenue, one.product_cost, one.label_cost, one.fees, one.refunds, one.margin)
    return one.key, str(one.units), *(show.amount(figure, one.currency) for figure in figures), _missing(one)


def _missing(one: Margin) -> str:
    """What is not in the figures, in words."""
    said = [f"cost of {one.unknown_units} units unknown"] if one.unknown_units else []
    said += [f"labels of {show.amount(amount, currency)}" for currency, amount in one.other_labels.items()]
    said += [f"fees of {show.amount(amount, currency)}" for currency, amount in one.other_fees.items()]
    return ", ".join(said)
