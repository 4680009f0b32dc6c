"""How fast is stock held, beside the bare SQL for it?"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import quantiles
from uuid import UUID, uuid4

from psycopg_pool import AsyncConnectionPool
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from orderwright.domain.stock import Demand
from orderwright.local.stack import Stack
from orderwright.persistence import stock
from orderwright.persistence.database import Database

BUYERS, ATTEMPTS, UNITS = 64, 10_000, 500
CONNECTIONS = 32
LEAST_SHARE = 0.7
Buy = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Figures:
    """Attempts a second by 64 buyers of one SKU, ours and bare SQL; winners' time."""

    attempts_s: float
    raw_s: float
    share: float
    winners_p99_ms: float
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
        order_id, line_id = await _shelves(db, "HOT-OURS", "HOT-RAW")
        ours, winners = await _race(_ours(db, order_id, line_id))
        raw, raw_winners = await _race(_raw(pool, order_id, line_id))
    finally:
        await pool.close()
        await db.close()
    return Figures(
        attempts_s=round(ours),
        raw_s=round(raw),
        share=round(ours / raw, 2),
        winners_p99_ms=round(1000 * quantiles(winners, n=100)[98], 1),
        sold=len(winners),
        raw_sold=len(raw_winners),
    )


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
        async with db.sessions() as session:
            held = await stock.reserve(session, order_id, demand, expires_at=None)
            await (session.commit() if held else session.rollback())
            return held

    return buy


def _raw(pool: AsyncConnectionPool, order_id: UUID, line_id: UUID) -> Buy:
    """The conditional statement and the rows that go with it, without SQLAlchemy and without our rules."""
    take = (
        "UPDATE stock_levels SET reserved = reserved + 1"
        " WHERE sku = 'HOT-RAW' AND location = 'LON' AND on_hand - reserved >= 1 RETURNING sku"
    )
    hold = (
        "INSERT INTO reservations (id, order_id, line_id, sku, location, units)"
        " VALUES (%s, %s, %s, 'HOT-RAW', 'LON', 1)"
    )
    note = (
        "INSERT INTO stock_moves (sku, location, kind, reserved, order_id)"
        " VALUES ('HOT-RAW', 'LON', 'reserve', 1, %s)"
    )

    async def buy() -> bool:
        async with pool.connection() as connection:
            if await (await connection.execute(take)).fetchone() is None:
                return False
            await connection.execute(hold, (uuid4(), order_id, line_id))
            await connection.execute(note, (order_id,))
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
    table.add_row("winners, p99", f"{found.winners_p99_ms:.0f} ms", "")
    Console(width=100).print(table)


def _met(found: Figures) -> str:
    return "reached" if found.share >= LEAST_SHARE else "MISSED"
