"""`books differences`, `reconcile` and `settle`: what the payment provider says otherwise."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from orderwright.cli import record, show
from orderwright.cli.show import AsJson, Exit
from orderwright.domain.books.reconciliation import PaymentDifferenceState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from orderwright.container import Container
    from orderwright.persistence.tables import PaymentDifference
    from orderwright.services.reconciliation.reconciling import Reconciled
    from orderwright.services.reconciliation.settlement import Settled

T = TypeVar("T")
TITLES = ("Id", "Kind", "State", "Reference", "What differs", "Decision")
YOUNG = "What was touched less long ago is under way."


def differences(
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 200,
    as_json: AsJson = False,
) -> None:
    """Where our payments and the provider's differ. Exit code 1 where there is one open."""

    async def work(session: "AsyncSession") -> "Sequence[PaymentDifference]":
        from orderwright.persistence.money import differences as money_differences  # noqa: PLC0415 - keeps `--help` fast

        state = None if everything else PaymentDifferenceState.OPEN
        return await money_differences.listed(session, state=state, limit=limit)

    rows = record.in_transaction(work)
    if as_json:
        show.print_json({"differences": [_json(row) for row in rows]})
    else:
        show.table(TITLES, [_cells(row) for row in rows])
    raise typer.Exit(
        Exit.REFUSED if any(row.state is PaymentDifferenceState.OPEN for row in rows) else Exit.OK
    )


def _cells(row: "PaymentDifference") -> tuple[str, ...]:
    decided = f"{row.decision} by {row.decided_by}" if row.decision else ""
    return str(row.id), row.kind.value, row.state.value, row.reference, row.words, decided


def _json(row: "PaymentDifference") -> dict[str, Any]:  # Any: JSON
    return {
        "id": str(row.id), "kind": row.kind.value, "state": row.state.value, "provider": row.provider,
        "reference": row.reference, "order_id": str(row.order_id) if row.order_id else None,
        "words": row.words, "ours": row.ours, "theirs": row.theirs, "currency": row.currency,
        "found_at": row.found_at.isoformat(), "decision": row.decision and row.decision.value,
        "decided_by": row.decided_by,
    }  # fmt: skip


def reconcile(minutes: Annotated[int, typer.Option(min=0, help=YOUNG)] = 10, as_json: AsJson = False) -> None:
    """Give back what is decided to be, then compare with the provider now; the schedule does so hourly."""
    done, returned = contained(lambda container: _reconciled(container, minutes))
    answer = {**asdict(done), "given_back": returned}
    if as_json:
        show.print_json({n: v.isoformat() if isinstance(v, datetime) else v for n, v in answer.items()})
        return
    print(f"{done.payments} payments, {done.refunds} refunds since {show.when(done.since.isoformat())}: "
          f"{done.new} new differences, {done.gone} gone, {done.open} open; "
          f"{done.booked} fees and payouts booked, {returned} given back")  # fmt: skip


async def _reconciled(container: "Container", minutes: int) -> "tuple[Reconciled, int]":
    from datetime import timedelta  # noqa: PLC0415 - keeps `--help` fast

    from orderwright.domain.payments import PaymentMethod  # noqa: PLC0415
    from orderwright.services.reconciliation import reconciling, returning  # noqa: PLC0415

    statements, gateway = container.statements(), container.gateways()[PaymentMethod.CARD]
    if statements is None:
        show.fail(Exit.REFUSED, "the card gateway in force gives no lists to compare with")
    back = await returning.give_back(container.db, container.effects, gateway, provider=statements.provider)
    settle = timedelta(minutes=minutes)
    return await reconciling.reconcile(container.db, statements, settle=settle), back.given


def settle(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The provider's report as CSV.")],
    as_json: AsJson = False,
) -> None:
    """Match what the provider has settled, line by line. Exit code 1 where one line does not match.

    The card gateway's: Stripe's itemized payout reconciliation report, Adyen's settlement details report.
    """
    try:
        content = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        show.fail(Exit.REFUSED, f"{file} is no text")
    done = contained(lambda container: _settled(container, content))
    if as_json:
        show.print_json(asdict(done))
    else:
        if done.unmatched:
            rows = [(str(one.line or ""), one.reference, one.reason) for one in done.unmatched]
            show.table(("Line", "Reference", "Why it does not match"), rows)
        print(f"{done.lines} lines, {done.matched} matched, {done.booked} fees and payouts booked")
    raise typer.Exit(Exit.REFUSED if done.unmatched else Exit.OK)


async def _settled(container: "Container", content: str) -> "Settled":
    from orderwright.services.reconciliation import settlement  # noqa: PLC0415

    lines = container.settlements().read(content)
    async with container.db.transaction() as session:
        return await settlement.settle(session, lines)


def contained(work: "Callable[[Container], Awaitable[T]]") -> T:
    """Run work with the stack's settings, those of the shell first."""
    import asyncio  # noqa: PLC0415 - keeps `--help` fast

    from orderwright.container import Container  # noqa: PLC0415
    from orderwright.local import state  # noqa: PLC0415
    from orderwright.ports.failures import ProviderFailure  # noqa: PLC0415
    from orderwright.runtime.settings import Settings  # noqa: PLC0415

    known = state.load()
    for name, value in (known.env if known and known.running else {}).items():
        os.environ.setdefault(name, value)

    async def run() -> T:
        container = Container.build(Settings())
        try:
            return await work(container)
        finally:
            await container.close()

    try:
        with show.plain_failures():
            return asyncio.run(run())
    except ProviderFailure as gone:
        show.fail(Exit.UNREACHABLE, f"the provider does not answer as expected: {gone}")
