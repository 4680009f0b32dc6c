"""What must never be, the database itself refuses: history changed, books out of balance, units lost."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, NotFound
from orderwright.domain.payments import Account, LedgerState
from orderwright.persistence import lines, migrate
from orderwright.persistence.lines import Units
from orderwright.persistence.money import ledger
from orderwright.persistence.money.ledger import Entry
from orderwright.persistence.tables import LedgerEntry, LedgerTransaction
from orderwright.reporting import books
from orderwright.reporting.books import Balance
from tests.shop import Shop, all_try

COLUMNS = [unit.value for unit in Units]


# --- append-only


@pytest.mark.parametrize(
    "table", ["order_events", "payment_events", "stock_moves", "ledger_entries", "shipment_scans"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET seq = seq", "DELETE FROM {}"])
async def test_history_is_neither_changed_nor_deleted(shop: Shop, table: str, change: str) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 2)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await shop.execute(
        "INSERT INTO shipment_scans (shipment_id, status, at) VALUES (:id, 'in_transit', now())",
        id=(await shop.shipment(part.id)).id,
    )
    before = await shop.count(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own text

    change = change.replace(
        "SET seq = seq", {"order_events": "SET why = 'x'"}.get(table, "SET seq = DEFAULT")
    )
    with pytest.raises(DBAPIError, match="append-only"):
        await shop.execute(change.format(table))

    assert before > 0
    assert await shop.count(f"SELECT count(*) FROM {table}") == before  # noqa: S608 - our own text


# --- the ledger


async def book(shop: Shop, entries: dict[Account, int], source: str, **other: LedgerState) -> bool:
    return await shop.do(
        lambda session: ledger.book(
            session, "test", entries, currency="EUR", source=source, order_id=None, **other
        )
    )


async def test_a_booking_is_made_once_by_its_source(shop: Shop) -> None:
    entries = {Account.CLEARING: 500, Account.REVENUE: -500}

    booked = [await book(shop, entries, "capture/1") for _ in range(2)]

    assert booked == [True, False]
    assert await shop.count("SELECT count(*) FROM ledger_entries") == 2


async def test_a_booking_of_nothing_is_none(shop: Shop) -> None:
    assert not await book(shop, {Account.CLEARING: 0, Account.REVENUE: 0}, "capture/0")
    assert await shop.count("SELECT count(*) FROM ledger_transactions") == 0


async def test_what_does_not_sum_to_zero_is_refused_at_commit(shop: Shop) -> None:
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        await book(shop, {Account.CLEARING: 500, Account.REVENUE: -499}, "capture/1")

    assert await shop.count("SELECT count(*) FROM ledger_transactions") == 0


async def test_two_currencies_do_not_balance_each_other(shop: Shop) -> None:
    async def mixed(session: AsyncSession) -> None:
        row = LedgerTransaction(kind="test", source="mixed", state=LedgerState.POSTED)
        session.add(row)
        await session.flush()
        session.add_all(
            LedgerEntry(transaction_id=row.id, account=Account.CLEARING, amount=amount, currency=currency)
            for amount, currency in ((500, "EUR"), (-500, "USD"))
        )

    with pytest.raises(IntegrityError, match="does not sum to zero"):
        await shop.do(mixed)


async def test_two_currencies_are_one_booking_where_each_sums_to_zero(shop: Shop) -> None:
    entries = [
        Entry(Account.CLEARING, -500, "EUR"), Entry(Account.EXCHANGE, 500, "EUR"),
        Entry(Account.CLEARING, 540, "USD"), Entry(Account.EXCHANGE, -540, "USD"),
    ]  # fmt: skip

    booked = await shop.do(lambda s: ledger.book_entries(s, "test", entries, source="x/1", order_id=None))

    assert booked
    assert await shop.count("SELECT count(*) FROM ledger_entries") == 4


async def test_a_correction_books_the_opposite_once_and_names_what_it_reverses(shop: Shop) -> None:
    await book(shop, {Account.CLEARING: 500, Account.REVENUE: -450, Account.TAX: -50}, "capture/1")

    made = await shop.do(lambda session: ledger.reverse(session, "capture/1", by="ann", why="booked twice"))
    with pytest.raises(Conflict, match="reversed already"):
        await shop.do(lambda session: ledger.reverse(session, "capture/1", by="bob", why="again"))

    assert (made.source, made.booked_by, made.why) == ("reversal/capture/1", "ann", "booked twice")
    assert await shop.count("SELECT count(*) FROM ledger_entries") == 6
    assert await shop.count("SELECT sum(amount) FROM ledger_entries WHERE account = 'revenue'") == 0
    named = await shop.count(
        "SELECT count(*) FROM ledger_transactions r JOIN ledger_transactions t ON t.id = r.reverses_id"
        " WHERE t.source = 'capture/1' AND r.posted_at >= t.posted_at"
    )
    assert named == 1


async def test_a_past_trial_balance_stays_whatever_is_booked_or_reversed_later(shop: Shop) -> None:
    async def now(session: AsyncSession) -> datetime:
        found: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        return found

    await book(shop, {Account.AUTHORIZED: 5, Account.AUTHORIZATIONS: -5}, "auth/1", state=LedgerState.PENDING)
    await book(shop, {Account.CLEARING: 500, Account.REVENUE: -500}, "capture/1")
    then = await shop.do(now)
    before = await shop.do(lambda session: books.trial(session, then))
    await shop.do(lambda session: ledger.end(session, ["auth/1"], LedgerState.POSTED))
    await shop.do(lambda session: ledger.reverse(session, "capture/1", by="ann", why="twice"))
    await book(shop, {Account.CLEARING: 700, Account.REVENUE: -700}, "capture/2")

    again = await shop.do(lambda session: books.trial(session, then))
    today = await shop.do(books.trial)

    assert again == before == [Balance("clearing", "EUR", 500), Balance("revenue", "EUR", -500)]
    assert {b.account: b.amount for b in today} == {
        "authorizations": -5, "authorized": 5, "clearing": 700, "revenue": -700
    }  # fmt: skip


async def test_of_twenty_corrections_at_once_one_is_made(shop: Shop) -> None:
    await book(shop, {Account.CLEARING: 500, Account.REVENUE: -500}, "capture/1")

    made = await all_try(
        [lambda: shop.do(lambda s: ledger.reverse(s, "capture/1", by="ann", why="twice"))] * 20, at_once=12
    )

    assert sum(isinstance(one, LedgerTransaction) for one in made) == 1
    assert {type(one) for one in made if not isinstance(one, LedgerTransaction)} == {Conflict}
    assert await shop.count("SELECT sum(amount) FROM ledger_entries WHERE account = 'revenue'") == 0


async def test_only_what_is_posted_is_reversed(shop: Shop) -> None:
    await book(shop, {Account.AUTHORIZED: 5, Account.AUTHORIZATIONS: -5}, "auth/1", state=LedgerState.PENDING)
    await book(shop, {Account.CLEARING: 5, Account.REVENUE: -5}, "capture/1")
    await shop.do(lambda session: ledger.reverse(session, "capture/1", by="ann", why="wrong"))

    for source, said in (("auth/1", "pending booking"), ("reversal/capture/1", "a reversal is not")):
        with pytest.raises(Conflict, match=said):
            await shop.do(lambda session, s=source: ledger.reverse(session, s, by="ann", why="no"))  # type: ignore[misc]  # bound now
    with pytest.raises(NotFound):
        await shop.do(lambda session: ledger.reverse(session, "capture/404", by="ann", why="no"))

    assert await shop.count("SELECT count(*) FROM ledger_transactions") == 3


async def test_when_a_booking_was_posted_is_kept(shop: Shop) -> None:
    await book(shop, {Account.AUTHORIZED: 5, Account.AUTHORIZATIONS: -5}, "auth/1", state=LedgerState.PENDING)
    pending = await shop.count("SELECT count(*) FROM ledger_transactions WHERE posted_at IS NULL")

    await shop.do(lambda session: ledger.end(session, ["auth/1"], LedgerState.POSTED))

    assert pending == 1
    assert await shop.count("SELECT count(*) FROM ledger_transactions WHERE posted_at > at") == 1


@pytest.mark.parametrize("end", [LedgerState.POSTED, LedgerState.VOIDED])
async def test_a_pending_booking_ends_once(shop: Shop, end: LedgerState) -> None:
    await book(shop, {Account.AUTHORIZED: 5, Account.AUTHORIZATIONS: -5}, "auth/1", state=LedgerState.PENDING)

    ended = [
        await shop.do(lambda session, s=state: ledger.end(session, ["auth/1"], s))  # type: ignore[misc]  # bound now
        for state in (end, LedgerState.VOIDED, LedgerState.POSTED)
    ]

    assert ended == [True, False, False]
    assert await shop.count("SELECT count(*) FROM ledger_transactions WHERE state = :s", s=end.value) == 1


@pytest.mark.parametrize("change", ["state = 'voided'", "state = 'pending'", "kind = 'other'", "why = 'x'"])
async def test_a_posted_booking_stands_for_ever(shop: Shop, change: str) -> None:
    await book(shop, {Account.CLEARING: 5, Account.REVENUE: -5}, "capture/1")

    with pytest.raises(DBAPIError, match="posted or voided once"):
        await shop.execute(f"UPDATE ledger_transactions SET {change}")  # noqa: S608 - our own text
    with pytest.raises(DBAPIError):
        await shop.execute("DELETE FROM ledger_transactions")


# --- units of a line


async def line(shop: Shop, units: int) -> tuple[UUID, UUID]:
    """An order of one line, nothing of it reserved."""
    await shop.catalog("MUG")
    order_id = await shop.order(("MUG", units))
    (row,) = await shop.lines(order_id)
    return order_id, row.id


def moving(line_id: UUID, units: int, source: Units, target: Units) -> Callable[[AsyncSession], object]:
    return lambda session: lines.move(session, line_id, units, source, target)


async def test_more_units_than_there_are_do_not_move(shop: Shop) -> None:
    order_id, line_id = await line(shop, 3)

    with pytest.raises(Conflict):
        await shop.do(moving(line_id, 4, Units.UNALLOCATED, Units.ALLOCATED))  # type: ignore[arg-type]  # awaitable
    with pytest.raises(Conflict):
        await shop.do(moving(line_id, 1, Units.SHIPPED, Units.DELIVERED))  # type: ignore[arg-type]  # awaitable

    (row,) = await shop.lines(order_id)
    assert (row.unallocated, row.allocated, row.shipped) == (3, 0, 0)


async def test_many_who_move_the_same_units_move_them_once(shop: Shop) -> None:
    order_id, line_id = await line(shop, 5)
    move = moving(line_id, 2, Units.UNALLOCATED, Units.CANCELED)

    outcomes = await all_try([lambda: shop.do(move)] * 10, at_once=10)  # type: ignore[arg-type]  # awaitable

    assert [type(outcome) for outcome in outcomes].count(Conflict) == 8
    (row,) = await shop.lines(order_id)
    assert (row.unallocated, row.canceled) == (1, 4)


async def test_a_part_moves_whole_or_not_at_all(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 9)
    await shop.receive("CUP", 9)
    order_id = await shop.planned(("MUG", 2), ("CUP", 1))
    (part,) = await shop.parts(order_id)
    cup = (await shop.lines(order_id))[1]
    await shop.do(moving(cup.id, 1, Units.ALLOCATED, Units.CANCELED))  # type: ignore[arg-type]  # awaitable

    with pytest.raises(Conflict):
        await shop.do(lambda session: lines.move_part(session, part.id, Units.ALLOCATED, Units.RELEASED))

    assert [row.released for row in await shop.lines(order_id)] == [0, 0]


@pytest.mark.parametrize("column", [*COLUMNS, "ordered"])
async def test_units_neither_vanish_nor_appear(shop: Shop, column: str) -> None:
    await line(shop, 3)

    with pytest.raises(IntegrityError, match=r"units_add_up|no_units_below_zero"):
        await shop.execute(f"UPDATE order_lines SET {column} = {column} + 1")  # noqa: S608 - our own text


async def test_no_line_has_units_below_zero(shop: Shop) -> None:
    await line(shop, 3)

    with pytest.raises(IntegrityError, match="no_units_below_zero"):
        await shop.execute("UPDATE order_lines SET unallocated = -1, canceled = 4")


# --- the rest


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("orders SET total = total + 1", "ck_orders_total"),
        ("orders SET settled_at = now()", "settled_at_an_end"),
        ("orders SET state = 'lost'", "orderstate"),
        ("payments SET captured = amount + 1", "ck_payments_amounts"),
        ("payments SET refunded = 1", "ck_payments_amounts"),
        ("fulfillment_orders SET amount = -1", "ck_fulfillment_orders_amount"),
        ("reservations SET units = 0", "ck_reservations_units"),
        ("products SET price = -1", "ck_products_price"),
    ],
)
async def test_rows_that_cannot_be_are_refused(shop: Shop, change: str, constraint: str) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 2)
    await shop.planned(("MUG", 1))

    with pytest.raises(IntegrityError, match=constraint):
        await shop.execute(f"UPDATE {change}")


async def test_two_payments_never_share_a_reference(shop: Shop) -> None:
    await shop.catalog("MUG")
    await shop.receive("MUG", 2)
    await shop.planned(("MUG", 1))
    await shop.planned(("MUG", 1))

    with pytest.raises(IntegrityError, match="uq_payments_reference"):
        await shop.execute("UPDATE payments SET reference = 'pi_1'")


async def test_a_migrated_database_waits_for_nothing(shop: Shop, module_database_url: str) -> None:
    assert not migrate.pending(module_database_url)


def test_a_password_with_a_percent_sign_survives_alembic() -> None:
    url = "postgresql://a:b%40c@h/d"

    assert migrate.config(url).get_main_option("sqlalchemy.url") == url
