"""What is owed for goods that have left, on terms or at the door: paid, short, over, overdue."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from orderwright.domain.books.aging import Bucket
from orderwright.domain.failures import Conflict, Exists, Invalid
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import DeliveryMethod
from orderwright.domain.money import Money
from orderwright.domain.orders import Decision, TaskState
from orderwright.domain.payments import PaymentMethod, TransferState
from orderwright.persistence.tables import BankTransfer, MoneyDocument, Refund, Task
from orderwright.ports.failures import Refused
from orderwright.ports.payments import Capture
from orderwright.reporting import books, receivables
from orderwright.reporting.receivables import OpenItem
from orderwright.services import customers
from orderwright.services.customers import CustomerData
from orderwright.services.documents import issuing
from orderwright.services.orders import decisions
from orderwright.services.payments import capturing, giving_back, receiving, refunding
from orderwright.services.payments.giving_back import LineWanted, Wanted
from orderwright.services.payments.receiving import Incoming
from orderwright.services.receivables import overdue, remitting
from orderwright.services.receivables.remitting import Collected, NewRemittance, Record
from tests.shop import NOW, STAFF, Shop

TERMS = {"payment_method": PaymentMethod.MANUAL, "payment_source": None}
CASH = {"payment_method": PaymentMethod.CASH_ON_DELIVERY, "payment_source": None}
TODAY = issuing.today()


@pytest.fixture(autouse=True)
async def goods(shop: Shop) -> None:
    await shop.catalog("MUG", "CUP")
    await shop.receive("MUG", 50)
    await shop.receive("CUP", 50)


async def shipped(shop: Shop, *lines: tuple[str, int], **other: Any) -> tuple[UUID, UUID]:
    """An order that has left and is captured, with its only part. Any: fields of NewOrder."""
    order_id = await shop.released(*(lines or (("MUG", 1),)), **other)
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    await captured(shop, part.id)
    return order_id, part.id


async def captured(shop: Shop, part_id: UUID) -> None:
    async with shop.db.transaction() as session:
        for due in await capturing.due(session, part_id):
            answer = Capture(f"cap-{due.payment.id}", Money(due.amount, due.payment.currency))
            await capturing.captured(session, due, answer)


async def opened(shop: Shop, *, days: int = 0, **filters: Any) -> list[OpenItem]:
    """Open items as they will be in so many days. Any: filters."""
    day = TODAY + timedelta(days=days)
    return list(await shop.do(lambda s: receivables.open_items(s, day, **filters)))


async def come(shop: Shop, bank_id: str, amount: int, reference: str) -> BankTransfer:
    new = Incoming(bank_id, amount, "EUR", reference, NOW)
    return await shop.do(lambda session: receiving.receive(session, new, STAFF))


async def remit(shop: Shop, reference: str, *lines: tuple[str, int]) -> Record:
    told = NewRemittance("UPS", reference, "EUR", [Collected(*line) for line in lines], NOW)
    return await shop.do(lambda session: remitting.record(session, told, STAFF))


async def balance(shop: Shop, account: str) -> int:
    return await shop.count(
        "SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t"
        " ON t.id = e.transaction_id WHERE t.state = 'posted' AND e.account = :account",
        account=account,
    )


async def tasks(shop: Shop, order_id: UUID, *, state: TaskState = TaskState.OPEN) -> list[Task]:
    query = select(Task).where(Task.order_id == order_id, Task.state == state).order_by(Task.id)
    return list((await shop.do(lambda session: session.scalars(query))).all())


async def number(shop: Shop, order_id: UUID) -> str:
    return (await shop.get(order_id)).number


async def invoices(shop: Shop, order_id: UUID) -> list[str]:
    query = select(MoneyDocument.number).where(
        MoneyDocument.order_id == order_id, MoneyDocument.kind == "invoice"
    )
    return list((await shop.do(lambda session: session.scalars(query.order_by(MoneyDocument.number)))).all())


async def clean(shop: Shop) -> None:
    """The books have no fault about money owed, its papers and its bookings."""
    async with shop.db.transaction() as session:
        found = await books.examine(session, minutes=10)
    asked = [f for f in found.faults if "label" not in f.rule]  # this shop buys none
    assert [(fault.rule, fault.reason) for fault in asked] == []
    await shop.check_books()


# --- on terms


async def test_an_invoice_on_terms_is_due_by_the_sellers_terms_and_says_so(shop: Shop) -> None:
    order_id, _ = await shipped(shop, **TERMS)

    (item,) = await opened(shop)
    paper = await shop.do(lambda s: s.scalar(select(MoneyDocument.content).where(
        MoneyDocument.order_id == order_id)))  # fmt: skip

    assert (item.due_on, item.bucket, item.document) == (
        TODAY + timedelta(days=30), Bucket.CURRENT, (await invoices(shop, order_id))[0],
    )  # fmt: skip
    assert paper is not None
    assert (paper["due_on"], paper["paid"]) == (str(TODAY + timedelta(days=30)), False)
    await clean(shop)


async def test_a_customer_with_terms_of_his_own_has_those_from_his_next_order_on(shop: Shop) -> None:
    ana = await shop.do(lambda s: customers.create(s, CustomerData("Ana", email="ana@b2b.example")))
    before, _ = await shipped(shop, customer=ana.id, **TERMS)
    await shop.do(lambda s: customers.put_terms(s, ana.id, 14, STAFF))

    after, _ = await shipped(shop, customer=ana.id, **TERMS)

    due = {item.order_id: item.due_on for item in await opened(shop, customer_id=ana.id)}
    assert due == {before: TODAY + timedelta(days=30), after: TODAY + timedelta(days=14)}


async def test_a_transfer_pays_the_invoice_it_names(shop: Shop) -> None:
    order_id, _ = await shipped(shop, **TERMS)
    (invoice,) = await invoices(shop, order_id)
    (item,) = await opened(shop)

    told = await come(shop, "t-1", item.open, f"re {invoice.lower()}, thanks")

    assert (told.state, told.used, told.order_id) == (TransferState.MATCHED, item.amount, order_id)
    assert await opened(shop) == []
    assert (await balance(shop, "receivable"), await balance(shop, "bank")) == (0, item.amount)
    await clean(shop)


async def test_of_two_invoices_the_named_one_is_paid_first_and_the_order_number_pays_the_oldest(
    shop: Shop,
) -> None:
    await shop.catalog(at=("LON", "PAR"))
    await shop.receive("CUP", 5, at="PAR")
    await shop.execute("UPDATE stock_levels SET safety = on_hand WHERE sku = 'CUP' AND location = 'LON'")
    order_id = await shop.released(("MUG", 1), ("CUP", 1), **TERMS)
    for part in await shop.parts(order_id):
        await shop.ship(part.id)
        await captured(shop, part.id)
    first, second = await opened(shop)

    await come(shop, "t-2", second.open, str(second.document))
    left = await opened(shop)
    await come(shop, "t-3", first.open, await number(shop, order_id))

    assert [item.document for item in left] == [first.document]
    assert await opened(shop) == []
    await clean(shop)


async def test_short_stays_open_and_a_cent_is_forgiven(shop: Shop) -> None:
    order_id, _ = await shipped(shop, **TERMS)
    (item,) = await opened(shop)

    short = await come(shop, "t-4", item.open - 500, await number(shop, order_id))
    (rest,) = await opened(shop)
    last = await come(shop, "t-5", 499, await number(shop, order_id))

    assert (short.state, rest.open, last.state) == (TransferState.SHORT, 500, TransferState.MATCHED)
    assert (await opened(shop), await balance(shop, "rounding"), await balance(shop, "receivable")) == (
        [],
        1,
        0,
    )
    await clean(shop)


async def test_too_much_is_sent_back_by_a_person_also_after_all_was_paid(shop: Shop) -> None:
    order_id, _ = await shipped(shop, **TERMS)
    (item,) = await opened(shop)

    over = await come(shop, "t-6", item.open + 70, await number(shop, order_id))
    again = await come(shop, "t-7", item.open, await number(shop, order_id))
    asked = await tasks(shop, order_id)
    async with shop.db.transaction() as session:
        for task in asked:
            await decisions.decide(session, task.id, Decision.APPROVE, STAFF)

    assert (over.state, over.used, again.state, again.used) == (
        TransferState.OVER, item.amount, TransferState.OVER, 0,
    )  # fmt: skip
    assert len(asked) == 2
    assert (await balance(shop, "unmatched"), await balance(shop, "bank")) == (0, item.amount)
    await clean(shop)


async def test_money_before_anything_is_owed_or_without_a_known_number_waits_for_a_person(shop: Shop) -> None:
    order_id = await shop.released(("MUG", 1), **TERMS)
    early = await come(shop, "t-8", 1200, await number(shop, order_id))
    unknown = await come(shop, "t-9", 55, "INV-1999-000001")
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    await captured(shop, part.id)
    (item,) = await opened(shop)

    placed = await shop.do(lambda s: receiving.assign(s, early.id, order_id, STAFF))
    with pytest.raises(Conflict):
        await shop.do(lambda s: receiving.assign(s, early.id, order_id, STAFF))

    assert (early.state, unknown.state) == (TransferState.UNMATCHED, TransferState.UNMATCHED)
    assert placed.used == min(1200, item.open)
    assert await balance(shop, "receivable") == item.open - placed.used
    await clean(shop)


async def test_a_refund_is_taken_off_what_is_owed_and_nobody_sends_money(shop: Shop) -> None:
    order_id, _ = await shipped(shop, ("MUG", 2), **TERMS)
    (item,) = await opened(shop)
    (asked,) = await shop.do(lambda s: giving_back.request(s, order_id, STAFF, Wanted("late", 700)))

    credited = await shop.do(lambda s: refunding.credited(s, asked.id))

    (left,) = await opened(shop)
    assert (credited, left.open, await balance(shop, "bank")) == (True, item.open - 700, 0)
    assert await tasks(shop, order_id) == []
    await clean(shop)


async def test_of_what_is_paid_already_a_person_sends_the_rest(shop: Shop) -> None:
    order_id, _ = await shipped(shop, ("MUG", 2), **TERMS)
    (item,) = await opened(shop)
    await come(shop, "t-10", item.open - 300, await number(shop, order_id))
    (asked,) = await shop.do(lambda s: giving_back.request(s, order_id, STAFF, Wanted("late", 1000)))

    credited = await shop.do(lambda s: refunding.credited(s, asked.id))
    await shop.do(lambda s: refunding.refused(s, asked.id, Refused("manual_required")))
    (task,) = await tasks(shop, order_id)
    await shop.do(lambda s: decisions.decide(s, task.id, Decision.APPROVE, STAFF))

    assert credited is False
    assert "7.00 EUR" in task.question
    assert (await opened(shop), await balance(shop, "receivable")) == ([], 0)
    assert await balance(shop, "bank") == item.amount - 1000
    await clean(shop)


async def test_what_is_overdue_is_asked_about_once_and_no_more_when_it_is_paid(shop: Shop) -> None:
    order_id, _ = await shipped(shop, **TERMS)
    await shop.execute("UPDATE payment_shares SET due_on = current_date - 1")

    asked = [await overdue.sweep(shop.db) for _ in range(2)]
    (task,) = await tasks(shop, order_id)
    (item,) = await opened(shop, overdue=True)
    await come(shop, "t-11", item.open, await number(shop, order_id))

    assert (asked, task.kind.value, item.days_overdue) == ([1, 0], "overdue", 1)
    assert await tasks(shop, order_id) == []
    assert [one.id for one in await tasks(shop, order_id, state=TaskState.WITHDRAWN)] == [task.id]
    await clean(shop)


async def test_on_its_day_it_is_not_overdue(shop: Shop) -> None:
    await shipped(shop, **TERMS)
    await shop.execute("UPDATE payment_shares SET due_on = current_date")

    assert await overdue.sweep(shop.db) == 0
    assert await opened(shop, overdue=True) == []


async def test_the_aging_sums_by_days_past_due(shop: Shop) -> None:
    await shipped(shop, ("MUG", 1), **TERMS)
    await shipped(shop, ("MUG", 2), **CASH)
    mine, theirs = sorted(await opened(shop), key=lambda item: item.method.value, reverse=True)

    late = await shop.do(lambda s: receivables.aging(s, TODAY + timedelta(days=61)))

    assert {(one.method.value, days.value): of for one in late for days, of in one.buckets.items() if of} == {
        ("manual", "31-60"): mine.open, ("cash_on_delivery", "31-60"): theirs.open,
    }  # fmt: skip


# --- cash on delivery


async def test_what_the_carrier_is_to_collect_is_owed_by_it_and_the_invoice_says_how(shop: Shop) -> None:
    order_id, part_id = await shipped(shop, **CASH)

    (item,) = await opened(shop)
    papers = (await shop.do(lambda s: s.scalars(
        select(MoneyDocument).where(MoneyDocument.order_id == order_id)))).all()  # fmt: skip

    assert (item.method.value, item.tracking_code) == ("cash_on_delivery", f"TR-{part_id}")
    assert [(p.kind.value, p.content["paid_by"], p.content["paid"]) for p in papers] == [
        ("invoice", "Cash on delivery", False)
    ]
    assert await balance(shop, "cod_receivable") == item.amount
    await clean(shop)


async def test_a_remittance_pays_each_parcel_exact_short_over_and_names_the_unknown(shop: Shop) -> None:
    exact, exact_part = await shipped(shop, ("MUG", 1), **CASH)
    short, short_part = await shipped(shop, ("MUG", 2), **CASH)
    over, _ = await shipped(shop, ("MUG", 3), **CASH)
    owed = {item.order_id: item.open for item in await opened(shop)}

    told = await remit(
        shop, "R-1", (f"TR-{exact_part}", owed[exact]), (f"TR-{short_part}", owed[short] - 200),
        (await number(shop, over), owed[over] + 30), ("1Z-NOBODY", 999),
    )  # fmt: skip

    assert [(line.state.value, line.used, line.missing) for line in told.lines] == [
        ("matched", owed[exact], 0), ("short", owed[short] - 200, 200), ("over", owed[over], 0),
        ("unmatched", 0, 0),
    ]  # fmt: skip
    assert [(item.order_id, item.open) for item in await opened(shop)] == [(short, 200)]
    assert (await balance(shop, "cod_receivable"), await balance(shop, "unmatched")) == (200, -1029)
    (task,) = await tasks(shop, over)
    await shop.do(lambda s: decisions.decide(s, task.id, Decision.APPROVE, STAFF))
    assert await balance(shop, "unmatched") == -999
    await clean(shop)


async def test_the_same_remittance_told_again_changes_nothing_and_another_by_its_reference_is_refused(
    shop: Shop,
) -> None:
    _, part_id = await shipped(shop, **CASH)
    (item,) = await opened(shop)

    first = await remit(shop, "R-2", (f"TR-{part_id}", item.open))
    again = await remit(shop, "R-2", (f"TR-{part_id}", item.open))
    with pytest.raises(Exists):
        await remit(shop, "R-2", (f"TR-{part_id}", 1))

    assert [line.id for line in first.lines] == [line.id for line in again.lines]
    assert await balance(shop, "bank") == item.amount
    await clean(shop)


async def test_a_line_that_nobody_knew_is_placed_or_sent_back_by_a_person_once(shop: Shop) -> None:
    order_id, _ = await shipped(shop, **CASH)
    (item,) = await opened(shop)
    told = await remit(shop, "R-3", ("A", item.open), ("B", 40))

    await shop.do(lambda s: remitting.assign(s, told.lines[0].id, order_id, STAFF))
    await shop.do(lambda s: remitting.sent_back(s, told.lines[1].id, STAFF))
    with pytest.raises(Conflict):
        await shop.do(lambda s: remitting.sent_back(s, told.lines[1].id, STAFF))

    after = await shop.do(lambda s: remitting.read(s, told.row.id))
    assert [line.state.value for line in after.lines] == ["matched", "returned"]
    assert (await opened(shop), await balance(shop, "unmatched")) == ([], 0)
    assert await balance(shop, "bank") == item.amount
    await clean(shop)


@pytest.mark.parametrize("seen", ["before", "after"])
async def test_a_parcel_that_comes_back_is_owed_no_more_and_its_invoice_is_credited(
    shop: Shop, seen: str
) -> None:
    order_id = await shop.released(("MUG", 2), **CASH)
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    if seen == "before":  # the scan was faster than the capture
        await shop.scan(part.id, ShipmentState.RETURNED)
    await captured(shop, part.id)
    if seen == "after":
        await shop.scan(part.id, ShipmentState.RETURNED)

    (refund,) = (await shop.do(lambda s: s.scalars(select(Refund).where(Refund.order_id == order_id)))).all()
    (payment,) = await shop.payments(order_id)
    assert (refund.state.value, refund.amount) == ("succeeded", payment.captured)
    assert await opened(shop) == []
    assert (await balance(shop, "cod_receivable"), await balance(shop, "bank")) == (0, 0)
    assert "payment.not_collected" in await shop.events(order_id)
    await clean(shop)


async def test_what_was_collected_is_given_back_by_a_person_and_the_carrier_still_owes_it(shop: Shop) -> None:
    order_id, part_id = await shipped(shop, ("MUG", 2), **CASH)
    await shop.scan(part_id, ShipmentState.DELIVERED)
    (item,) = await opened(shop)
    wanted = Wanted("broken", lines=[LineWanted("MUG", 1)])
    (asked,) = await shop.do(lambda s: giving_back.request(s, order_id, STAFF, wanted))

    credited = await shop.do(lambda s: refunding.credited(s, asked.id))
    await shop.do(lambda s: refunding.refused(s, asked.id, Refused("manual_required")))
    (task,) = await tasks(shop, order_id)
    await shop.do(lambda s: decisions.decide(s, task.id, Decision.APPROVE, STAFF))

    assert credited is False
    assert (
        task.question
        == f"Send {Money(asked.amount, 'EUR')} back to the customer by bank transfer, then approve."
    )
    assert (await balance(shop, "bank"), [i.open for i in await opened(shop)]) == (-asked.amount, [item.open])
    await clean(shop)


async def test_nobody_collects_cash_at_a_counter(shop: Shop) -> None:
    with pytest.raises(Invalid):
        await shop.order(("MUG", 1), method=DeliveryMethod.PICKUP, pickup_at="LON", ship_to=None, **CASH)
