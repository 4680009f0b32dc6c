"""How fast is stock held, beside the bare SQL for it?"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from orderwright.domain.stock.units import Demand
from orderwright.local.stack import Stack
from orderwright.persistence import stock
from orderwright.persistence.database import Database
from orderwright.persistence.stock import statements

BUYERS, ATTEMPTS, UNITS = 64, 10_000, 500
CONNECTIONS = 32
LEAST_SHARE = 0.7
Buy = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Figures:
    """Attempts a second by 64 buyers of one SKU, ours and bare SQL; winners' time.

    `share` compares whole attempts: a session, `stock.reserve`, a commit against the bare driver. The other
    two say where the rest goes: our statement over the bare driver, and bare SQL through our sessions.
    """

    attempts_s: float
    raw_s: float
    share: float
    statement_s: float
    statement_share: float
    session_s: float
    session_share: float
    winners_p99_ms: float
    raw_winners_p99_ms: float
    sold: int
    raw_sold: int


async def measure(stack: Stack) -> Figures:
    """Ours, then bare SQL on another SKU of the same tables. Needs an order in the record."""
    url = stack.env["ORDERWRIGHT_DATABASE_URL"]
    db = Database(url, pool=CONNECTIONS)
    pool = AsyncConnectionPool(
        url.replace("+psycopg", ""), min_size=CONNECTIONS, max_size=CONNECTIONS, open=False
    )
    await pool.open(wait=True)
    try:
        found = await _races(db, pool)
    finally:
        await pool.close()
        await db.close()
    return found


async def _races(db: Database, pool: AsyncConnectionPool) -> Figures:
    order_id, line_id = await _shelves(db, "HOT-OURS", "HOT-STATEMENT", "HOT-SESSION", "HOT-RAW")
    ours, winners = await _race(_ours(db, order_id, line_id))
    statement, _ = await _race(_statement(db, pool, order_id, line_id))
    session, _ = await _race(_session(db, order_id, line_id))
    raw, raw_winners = await _race(_raw(pool, order_id, line_id))
    return Figures(
        attempts_s=round(ours),
        raw_s=round(raw),
        share=round(ours / raw, 2),
        statement_s=round(statement),
        statement_share=round(statement / raw, 2),
        session_s=round(session),
        session_share=round(ours / session, 2),
        winners_p99_ms=_p99_ms(winners),
        raw_winners_p99_ms=_p99_ms(raw_winners),
        sold=len(winners),
        raw_sold=len(raw_winners),
    )


def _p99_ms(seconds: list[float]) -> float:
    return round(1000 * quantiles(seconds, n=100)[98], 1)


async def _race(buy: Buy) -> tuple[float, list[float]]:
    """Attempts a second, and what each that got a unit has waited, in seconds."""
    slots, winners = asyncio.Semaphore(BUYERS), list[float]()

    async def one() -> None:
        async with slots:
            began = time.perf_counter()
            if await buy():
                winners.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(ATTEMPTS)))
    return ATTEMPTS / (time.perf_counter() - began), winners


def _ours(db: Database, order_id: UUID, line_id: UUID) -> Buy:
    demand = [Demand("HOT-OURS", "LON", str(line_id), 1)]

    async def buy() -> bool:
        async with db.transaction() as session:
            return await stock.reserve(session, order_id, demand, expires_at=None, channel="web")

    return buy


def _statement(db: Database, pool: AsyncConnectionPool, order_id: UUID, line_id: UUID) -> Buy:
    """Our statement with its rules, without SQLAlchemy."""
    sql = str(statements.RESERVE.compile(dialect=db.engine.dialect))

    async def buy() -> bool:
        line = {
            "id": str(uuid4()),
            "line": str(line_id),
            "sku": "HOT-STATEMENT",
            "location": "LON",
            "units": 1,
        }
        given = {"demand": json.dumps([line]), "order_id": order_id, "expires_at": None, "channel": "web"}
        async with pool.connection() as connection:
            held = await (await connection.execute(sql, given)).fetchone()
            return held == (True,)

    return buy


def _bare(sku: str, order_id: UUID, line_id: UUID) -> tuple[str, str, str]:
    """The conditional statement and the rows that go with it, without our rules."""
    take = f"""UPDATE stock_levels SET reserved = reserved + 1
                WHERE sku = '{sku}' AND location = 'LON' AND on_hand - reserved >= 1 RETURNING sku"""  # noqa: S608 - our own text
    hold = f"""INSERT INTO reservations (id, order_id, line_id, sku, location, units)
               VALUES (%s, '{order_id}', '{line_id}', '{sku}', 'LON', 1)"""  # noqa: S608 - our own text
    note = f"""INSERT INTO stock_moves (sku, location, kind, reserved, order_id)
               VALUES ('{sku}', 'LON', 'reserve', 1, '{order_id}')"""  # noqa: S608 - our own text
    return take, hold, note


def _session(db: Database, order_id: UUID, line_id: UUID) -> Buy:
    take, hold, note = _bare("HOT-SESSION", order_id, line_id)
    taken, held, noted = text(take), text(hold.replace("%s", ":id")), text(note)

    async def buy() -> bool:
        async with db.transaction() as session:
            if await session.scalar(taken) is None:
                return False
            await session.execute(held, {"id": uuid4()})
            await session.execute(noted)
            return True

    return buy


def _raw(pool: AsyncConnectionPool, order_id: UUID, line_id: UUID) -> Buy:
    take, hold, note = _bare("HOT-RAW", order_id, line_id)

    async def buy() -> bool:
        async with pool.connection() as connection:
            if await (await connection.execute(take)).fetchone() is None:
                return False
            await connection.execute(hold, (uuid4(),))
            await connection.execute(note)
            return True

    return buy


async def _shelves(db: Database, *skus: str) -> tuple[UUID, UUID]:
    """500 units of each SKU; an order and its line to hold them for."""
    async with db.transaction() as session:
        for sku in skus:
            product = "INSERT INTO products (sku, name, price, currency) VALUES (:sku, :sku, 1200, 'GBP')"
            await session.execute(text(product), {"sku": sku})
            await stock.receive(session, sku, "LON", UNITS, actor="bench")
        found = await session.execute(text("SELECT order_id, id FROM order_lines LIMIT 1"))
        order_id, line_id = found.one()
        return order_id, line_id


def show(found: Figures) -> None:
    """For people."""
    table = Table(title=f"{BUYERS} buyers, {ATTEMPTS:,} attempts on {UNITS} units of one SKU")
    for column in ("Figure", "Reached", "Aim"):
        table.add_column(column, justify="left" if column == "Figure" else "right")
    table.add_row("sold", f"{found.sold}, bare SQL {found.raw_sold}", f"{UNITS}")
    table.add_row("attempts a second", f"{found.attempts_s:,.0f}", "")
    table.add_row("bare SQL a second", f"{found.raw_s:,.0f}", "")
    table.add_row("share of bare SQL", f"{found.share:.2f}", f">= {LEAST_SHARE} {_met(found)}")
    table.add_row("our statement over the bare driver", f"{found.statement_s:,.0f}", "")
    table.add_row("its share of bare SQL", f"{found.statement_share:.2f}", "")
    table.add_row("bare SQL through our sessions", f"{found.session_s:,.0f}", "")
    table.add_row("our share of that", f"{found.session_share:.2f}", "")
    waits = f"{found.winners_p99_ms:.0f} ms, bare SQL {found.raw_winners_p99_ms:.0f} ms"
    table.add_row("winners, p99", waits, "")
    Console(width=100).print(table)


def _met(found: Figures) -> str:
    return "reached" if found.share >= LEAST_SHARE else "MISSED"
