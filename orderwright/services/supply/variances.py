"""What becomes of what was counted: applied, laid before a second person, or refused with the reason?"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Text, column, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Exists, Forbidden, InsufficientStock, Invalid, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.stock.lots import Change
from orderwright.domain.stock.supply import CountLineState, CountState, worth
from orderwright.domain.stock.units import MoveKind
from orderwright.persistence.stock import moves, waiting
from orderwright.persistence.stock.arrays import any_of, array
from orderwright.persistence.tables import Product, StockCount, StockCountLine
from orderwright.services.supply import counting
from orderwright.services.supply.counting import Full


def variance(line: StockCountLine) -> int:
    """Units more (or, below zero, fewer) than the books said when it was counted; 0 where it was not."""
    return 0 if line.counted is None or line.book is None else line.counted - line.book


async def submit(session: AsyncSession, count_id: UUID, actor: Actor, *, partly: bool = False) -> Full:
    """Counting is over: small variances are applied, others wait for a second person.

    `partly`: what nobody counted is passed over. Raises NotFound, Conflict (not open, not all counted).
    """
    row = await counting.moved_on(
        session, count_id, CountState.SUBMITTED, submitted_by=actor.name, submitted_at=func.clock_timestamp()
    )
    lines = await counting.lines(session, count_id)
    counted = [line for line in lines if line.counted is not None]
    missing = [line for line in lines if line.counted is None and line.state is CountLineState.OPEN]
    if not counted or (missing and not partly):
        raise Conflict("not everything is counted yet", skus=[line.sku for line in missing[:100]])
    await _decide(session, missing, CountLineState.SKIPPED, actor)
    same = [line for line in counted if variance(line) == 0]
    await _decide(session, same, CountLineState.APPLIED, actor)
    small = await _within_limit(session, row, [line for line in counted if variance(line)])
    await _apply(session, row, small, actor)
    return await _closed_if_decided(session, count_id)


async def approve(
    session: AsyncSession, count_id: UUID, actor: Actor, skus: Collection[str] | None = None
) -> Full:
    """Apply what waits (all, or these SKUs). Raises NotFound, Conflict, Forbidden (whoever counted it)."""
    actor.require(Scope.OPERATIONS)
    row, lines = await _waiting(session, count_id, skus)
    own = [line.sku for line in lines if line.counted_by == actor.name]
    if own:
        raise Forbidden("whoever counted does not approve: ask a second person", skus=own[:100])
    await _apply(session, row, lines, actor)
    return await _closed_if_decided(session, count_id)


async def reject(
    session: AsyncSession, count_id: UUID, actor: Actor, skus: Collection[str] | None = None
) -> Full:
    """Leave the books as they are. Raises NotFound, Conflict, Forbidden."""
    actor.require(Scope.OPERATIONS)
    _, lines = await _waiting(session, count_id, skus)
    await _decide(session, lines, CountLineState.REJECTED, actor)
    return await _closed_if_decided(session, count_id)


async def held(
    session: AsyncSession, row: StockCount, lines: Sequence[StockCountLine]
) -> dict[tuple[str, str], Sequence[tuple[str, int]]]:
    """Of each line (SKU and lot) that was refused, the orders that hold units of it now."""
    return {
        (line.sku, line.lot): await moves.holders(session, (line.sku, row.location), line.lot or None)
        for line in lines
        if line.state is CountLineState.REFUSED
    }


async def _within_limit(
    session: AsyncSession, row: StockCount, other: Sequence[StockCountLine]
) -> Sequence[StockCountLine]:
    """Note what each variance is worth; those that need no second person."""
    prices = await session.execute(
        select(Product.sku, Product.price).where(Product.sku == any_of([line.sku for line in other]))
    )
    price = {sku: each for sku, each in prices}
    small = []
    for line in other:
        value = worth(variance(line), price[line.sku])
        await _set(session, [line], CountLineState.WAITING, worth=value)
        if value <= row.approval_limit:
            small.append(line)
    return small


async def _apply(
    session: AsyncSession, row: StockCount, lines: Sequence[StockCountLine], actor: Actor
) -> None:
    """Stock is locked after those who wait for it are told: the ranking of locks."""
    await waiting.tell(session, {line.sku for line in lines if variance(line) > 0})
    await moves.lock(session, {(line.sku, row.location) for line in lines})
    for line in lines:
        refused = await _apply_line(session, row, line, actor)
        state = CountLineState.REFUSED if refused else CountLineState.APPLIED
        await _decide(session, [line], state, actor, refused)


async def _apply_line(session: AsyncSession, row: StockCount, line: StockCountLine, actor: Actor) -> str:
    """Why it cannot be applied; empty: it is. What moved by orders since the counting stays as it is."""
    place, lot, units = (line.sku, row.location), line.lot or None, variance(line)
    if await moves.corrected_since(session, place, lot, line.book_seq or 0):
        return "adjusted or counted again since it was counted: count it anew"
    why = moves.Why(MoveKind.COUNT, actor.name, f"count/{row.id}", reason=row.note)
    try:
        async with session.begin_nested():  # one line that cannot be leaves the others as they are
            await moves.change(session, Change(*place, units, lot, line.expires_on), why)
    except InsufficientStock:
        held = ", ".join(f"{number} ({n})" for number, n in await moves.holders(session, place, lot))
        return f"{-units} fewer would leave less than is reserved, by {held}"
    except (Exists, Invalid) as refused:
        return str(refused)
    return ""


async def _waiting(
    session: AsyncSession, count_id: UUID, skus: Collection[str] | None
) -> tuple[StockCount, Sequence[StockCountLine]]:
    """The lines that wait, behind the count's lock: of two who decide the second finds none."""
    row = await session.scalar(
        select(StockCount)
        .where(StockCount.id == count_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("no such count")
    if row.state is not CountState.SUBMITTED:
        raise counting.not_now(row)
    found = [line for line in await counting.lines(session, count_id) if line.state is CountLineState.WAITING]
    if skus is None:
        return row, found
    absent = set(skus) - {line.sku for line in found}
    if absent:
        raise Conflict("these do not wait", skus=sorted(absent))
    if not skus:
        raise Invalid("name SKUs, or none for all that wait")
    return row, [line for line in found if line.sku in set(skus)]


async def _decide(
    session: AsyncSession,
    lines: Sequence[StockCountLine],
    state: CountLineState,
    actor: Actor,
    why: str = "",
) -> None:
    await _set(session, lines, state, why=why, decided_by=actor.name, decided_at=func.clock_timestamp())


async def _set(
    session: AsyncSession, lines: Sequence[StockCountLine], state: CountLineState, **values: object
) -> None:
    """These lines of one count."""
    if lines:
        given = func.unnest(array([line.sku for line in lines]), array([line.lot for line in lines]))
        keys = given.table_valued(column("sku", Text), column("lot", Text), name="given").render_derived()
        await session.execute(
            update(StockCountLine)
            .where(
                StockCountLine.count_id == lines[0].count_id,
                StockCountLine.sku == keys.c.sku,
                StockCountLine.lot == keys.c.lot,
            )
            .values(state=state, **values)
        )


async def _closed_if_decided(session: AsyncSession, count_id: UUID) -> Full:
    undecided = select(StockCountLine.sku).where(
        StockCountLine.count_id == count_id, StockCountLine.state == CountLineState.WAITING
    )
    await session.execute(
        update(StockCount)
        .where(StockCount.id == count_id, StockCount.state == CountState.SUBMITTED, ~undecided.exists())
        .values(state=CountState.CLOSED, ended_at=func.clock_timestamp())
    )
    return await counting.count(session, count_id)
