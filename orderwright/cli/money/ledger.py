"""`books trial`, `books prove` and `books reverse`: what is booked, whether an order's figures agree."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orderwright.cli import record, show
from orderwright.cli.show import AsJson, Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from orderwright.domain.books.proof import Proof
    from orderwright.persistence.tables import LedgerTransaction
    from orderwright.reporting.books import Balance

SHOWN = {
    "ordered": "ordered",
    "canceled": "units canceled",
    "dropped": "of a value of",
    "shipped": "shipped",
    "open": "to be shipped",
    "charged": "charged",
    "refunded": "refunded",
    "promised": "refunds promised",
    "owed": "owed",
    "receivable": "owed on terms",
    "on_account": "held on account",
}


def moment(text: str | None) -> datetime | None:
    """A moment as people type it (2026-11-01T00:00Z); without a zone it is UTC."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is not a moment, as 2026-11-01T00:00Z is") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def trial(
    at: Annotated[str | None, typer.Option(help="As it was then: 2026-11-01T00:00Z.")] = None,
    as_json: AsJson = False,
) -> None:
    """The balance of every account, now or at a past moment. Exit code 1 where they do not sum to zero."""
    from orderwright.reporting import books  # noqa: PLC0415 - keeps `--help` fast

    then = moment(at)

    async def work(session: "AsyncSession") -> "Sequence[Balance]":
        return await books.trial(session, then)

    found = record.in_transaction(work)
    off = books.off(found)
    if as_json:
        show.print_json({"at": then.isoformat() if then else None, "balances": [asdict(b) for b in found],
                         "off": off})  # fmt: skip
    else:
        rows = [(b.account, show.amount(b.amount, b.currency)) for b in found]
        show.table(("Account", "Balance"), rows, title=f"Trial balance {at or 'of now'}")
        words = ", ".join(show.amount(amount, currency) for currency, amount in off.items())
        print(f"off by {words}" if off else "zero in every currency")
    raise typer.Exit(Exit.REFUSED if off else Exit.OK)


def prove(
    order: Annotated[str, typer.Argument(help="The order's number.")],
    minutes: Annotated[int, typer.Option(min=0, help="What left less long ago may still be charged.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show that what was ordered, charged, refunded, shipped and owed agrees. Exit code 1 where not."""
    from orderwright.reporting import proofs  # noqa: PLC0415 - keeps `--help` fast

    async def work(session: "AsyncSession") -> "Proof":
        return await proofs.of_number(session, order.upper(), minutes=minutes)

    proof = record.in_transaction(work)
    if as_json:
        figures: dict[str, Any] = {
            **asdict(proof.figures),
            "owed": proof.figures.owed,
            "dropped": proof.figures.dropped,
        }  # Any: JSON
        show.print_json({"proven": proof.proven, "reasons": list(proof.reasons), "figures": figures})
    else:
        _print(proof)
    raise typer.Exit(Exit.OK if proof.proven else Exit.REFUSED)


def _print(proof: "Proof") -> None:
    figures = proof.figures
    for name, title in SHOWN.items():
        value = getattr(figures, name)
        print(f"{title:<17} {value if name == 'canceled' else show.amount(value, figures.currency)}")
    for reason in proof.reasons:
        print(f"not proven: {reason}")
    if proof.proven:
        print(f"{figures.number} is proven")


def reverse(
    source: Annotated[str, typer.Argument(help="What was booked, as `capture/…` or `fee/…`.")],
    why: Annotated[str, typer.Option(help="For whoever reads the books later.")],
    by: Annotated[str, typer.Option(help="Who you are.")],
    as_json: AsJson = False,
) -> None:
    """Correct a booking: the opposite is booked, once. What was booked stays as it is."""

    async def work(session: "AsyncSession") -> "LedgerTransaction":
        from orderwright.persistence.money import ledger  # noqa: PLC0415

        return await ledger.reverse(session, source, by=by, why=why)

    made = record.in_transaction(work)
    show.result(
        {"id": str(made.id), "source": made.source, "reverses": str(made.reverses_id)},
        f"{source} is reversed by {made.source}",
        as_json=as_json,
    )
