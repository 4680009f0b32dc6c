"""`import online-retail --returns`: the orders that credits need, their returns, and what came of them."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from orderwright.cli import show
from orderwright.cli.client import Api, run
from orderwright.cli.importing import comparing, returns
from orderwright.cli.importing.asking import Asking, Stalled
from orderwright.cli.importing.comparing import Compared
from orderwright.cli.importing.placing import Pace, Placing, Tally
from orderwright.cli.importing.progress import Progress
from orderwright.cli.importing.report import outcome, write_report
from orderwright.cli.importing.retail import CHARGES, CURRENCY, Listed, Reading, Reason
from orderwright.cli.importing.returning import Given, Returning
from orderwright.cli.importing.returns import Measure, Plan
from orderwright.cli.show import Exit
from orderwright.domain.money import Money
from orderwright.domain.returns.states import ReturnState


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that is told at the end; seconds for the orders, and for the returns."""

    plan: Plan
    rows: Sequence[Listed]
    placed: Tally
    given: Given
    compared: Compared
    ordering: float
    returning: float

    @property
    def whole(self) -> bool:
        """Whether every return of the plan was resolved."""
        return self.compared.states.get(ReturnState.RESOLVED, 0) == len(self.plan.found)


def sent_back(
    url: str, key: str, reading: Reading, pace: Pace, months: int, report: Path | None, *, as_json: bool
) -> Exit:
    """Do it, and tell of it. Interrupted and started again, it goes on and returns nothing twice."""
    try:
        done = run(lambda: _done(url, key, reading, pace, months, quiet=as_json))
    except Stalled as stalled:
        show.fail(Exit.REFUSED, f"{stalled}; run the same command again to go on")
    unmatched = [one for one in done.rows if one.reason is not Reason.GIVEN_BACK]
    if report is not None:
        write_report(report, unmatched)
    if as_json:
        show.print_json(_json(done, unmatched))
    else:
        _print(done)
    return Exit.OK if done.whole else Exit.REFUSED


async def _done(url: str, key: str, reading: Reading, pace: Pace, months: int, *, quiet: bool) -> Outcome:
    plan = returns.plan(reading, months, pace.limit)
    pace = replace(pace, limit=None, only=plan.invoices)
    async with Api(url, key, connections=pace.at_once + 4) as api:
        began = time.monotonic()
        with Progress(quiet=quiet) as progress:
            placing = Placing(api, reading, pace, progress.show)
            placed = await placing.run()
        ordered = time.monotonic()
        there = [credit for credit in plan.found if credit.sale in placing.completed]
        missing = [credit for credit in plan.found if credit.sale not in placing.completed]
        with Progress(quiet=quiet) as progress:
            returning = Returning(api, pace, lambda tally: _show(progress, tally))
            given = await returning.run(there, placing.completed)
        compared = await comparing.compare(
            Asking(api, pace.patience), there, given.returns, patience=pace.patience, at_once=pace.at_once
        )
    rows = returns.marked(plan.rows, missing, Reason.NOT_DELIVERED)
    rows = returns.told(rows, given.refused)
    return Outcome(
        plan, rows, placed, given, compared, ordering=ordered - began, returning=time.monotonic() - ordered
    )


def _show(progress: Progress, tally: Given) -> None:
    words = f"{tally.opened} returns opened, {tally.under_way} inspected and not refunded yet"
    progress.at(tally.ended, tally.wanted, tally.before, words)


def _print(done: Outcome) -> None:
    plan, every = done.plan, Measure.of(one.row for one in done.rows)
    show.table(
        ("Outcome", "Why", "Invoices", "Rows", "Units", "Value"),
        [
            (_outcome(reason), reason.value, f"{some.invoices:,}", f"{some.lines:,}", f"{some.units:,}",
             _money(some.value))
            for reason, some in returns.by_reason(done.rows)
        ],
        title=f"{every.invoices:,} credit invoices with {every.lines:,} rows from {plan.since} to before "
        f"{plan.until}: {every.units:,} units, {_money(every.value)}",
    )  # fmt: skip
    print()
    for name, some in (("all", every), ("goods alone", _goods(done.rows))):
        print(f"returned of {name}: {_share(_matched(done.rows), some)}")
    _print_pace(done)
    _print_money(done.compared)
    print("`orderwright books check` says whether the books balance")


def _print_pace(done: Outcome) -> None:
    placed, given = done.placed, done.given
    ended = ", ".join(f"{count} {state}" for state, count in placed.outcomes.most_common()) or "none"
    print(
        f"{placed.placed} orders placed in {done.ordering:.0f} s ({_pace(placed.placed, done.ordering)}), "
        f"{placed.before} were there before: {ended}"
    )
    if placed.waiting:
        print(f"{placed.waiting} wait for a person: see `orderwright tasks list`")
    states = ", ".join(f"{count} {state}" for state, count in sorted(done.compared.states.items())) or "none"
    print(
        f"{given.opened} returns opened in {done.returning:.0f} s ({_pace(given.opened, done.returning)}), "
        f"{given.before} were there before: {states}"
    )
    if given.policy:
        print(
            f"judged by version {given.policy} of the rules for returns; the shop's own are in force again: "
            "see `orderwright returns policies`"
        )


def _print_money(seen: Compared) -> None:
    print(
        f"{seen.refunds} refunds with {seen.memos} credit memos: {_money(seen.in_file)} in the file, "
        f"{_money(seen.goods)} given back for the goods; differing: {len(seen.differing)}"
    )
    if seen.shipping:
        print(
            f"{_money(seen.shipping)} of shipping beside it, for {seen.with_shipping} returns "
            "(withdrawals of consumers in the EU)"
        )
    if seen.differing:
        rows = [
            (one.credit, one.sale, one.number, _money(one.in_file), _money(one.refunded),
             _money(one.refunded - one.in_file))
            for one in seen.differing
        ]  # fmt: skip
        show.table(("Credit", "Of", "Return", "In the file", "Given back", "More"), rows)


def _json(done: Outcome, unmatched: Sequence[Listed]) -> dict[str, object]:
    placed, given = done.placed, done.given
    return {
        "period": {"since": done.plan.since.isoformat(), "until": done.plan.until.isoformat()},
        "credits": asdict(Measure.of(one.row for one in done.rows)),
        "goods": asdict(_goods(done.rows)),
        "returned": asdict(_matched(done.rows)),
        "orders": {
            "wanted": placed.wanted, "placed": placed.placed, "before": placed.before,
            "outcomes": dict(placed.outcomes), "waiting_for_a_person": placed.waiting,
            "seconds": round(done.ordering, 1),
        },
        "returns": {
            "wanted": len(done.plan.found), "opened": given.opened, "before": given.before,
            "states": done.compared.states, "seconds": round(done.returning, 1),
        },
        "money": {
            "in_the_file": done.compared.in_file, "goods": done.compared.goods,
            "shipping": done.compared.shipping, "refunds": done.compared.refunds,
            "credit_memos": done.compared.memos,
            "differing": [asdict(one) for one in done.compared.differing],
        },
        "other_rows": [
            {"reason": reason.value, "outcome": _outcome(reason), **asdict(some)}
            for reason, some in returns.by_reason(unmatched)
        ],
        "unmatched": [
            {"line": one.row.number, **asdict(one.row), "reason": one.reason.value, "said": one.said}
            for one in unmatched
        ],
    }  # fmt: skip


def _matched(rows: Sequence[Listed]) -> Measure:
    return Measure.of(one.row for one in rows if one.reason is Reason.GIVEN_BACK)


def _goods(rows: Sequence[Listed]) -> Measure:
    return Measure.of(one.row for one in rows if one.reason not in CHARGES)


def _outcome(reason: Reason) -> str:
    return "returned" if reason is Reason.GIVEN_BACK else outcome(reason)


def _share(part: Measure, whole: Measure) -> str:
    return (
        f"{part.lines:,} of {whole.lines:,} rows ({_percent(part.lines, whole.lines)}), "
        f"{part.units:,} of {whole.units:,} units ({_percent(part.units, whole.units)}), "
        f"{_money(part.value)} of {_money(whole.value)} ({_percent(part.value, whole.value)})"
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"


def _pace(done: int, seconds: float) -> str:
    return f"{done / seconds:.2f} a second" if seconds else "at once"


def _money(pence: int) -> str:
    return str(Money(pence, CURRENCY))
