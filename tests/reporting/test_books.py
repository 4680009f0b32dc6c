"""The books: a proven order is clean, and every planted fault is found by its own rule."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from orderwright.persistence.database import Database
from orderwright.reporting import books
from orderwright.reporting.books import Balance
from orderwright.reporting.questions import QUESTIONS
from tests.reporting import documents, returned, valuations
from tests.reporting.conftest import NUMBER, Record

PLANTED = {
    "every booking sums to zero": [
        "UPDATE ledger_entries SET amount = amount + 1 WHERE account = 'clearing'"
    ],
    "an order's total is the sum of its lines, shipping, fees and tax, less discounts": [
        "UPDATE order_lines SET total = total - 1"
    ],
    "a line is worth its amount less its discount, and the tax that is not in it": [
        "UPDATE order_lines SET discount = 1"
    ],
    "shipping and fees are their charges, to the last minor unit": [
        "UPDATE orders SET fees = 1, total = total + 1"
    ],
    "an order's discount is what its promotions gave": ["UPDATE orders SET discount = 1, total = total - 1"],
    "a limited promotion counts the uses that stand": [
        "INSERT INTO promotions (id, name, kind, code, limit_total, used, created_by) "
        "VALUES (gen_random_uuid(), 'Ten off', 'percentage', 'TEN', 5, 1, 'ann')"
    ],
    "a kit is worth its components, to the last minor unit": [
        "INSERT INTO order_kits (id, order_id, position, sku, name, units, unit_price, amount, tax, total) "
        "SELECT gen_random_uuid(), order_id, 1, 'MUG', 'Set', 1, 2500, 2500, 417, 2500 FROM order_lines",
        "UPDATE order_lines SET kit_id = (SELECT id FROM order_kits), tax = tax - 1",
    ],
    "a part is worth its lines and its share of shipping and fees": [
        "UPDATE fulfillment_lines SET amount = amount - 1"
    ],
    "parts hold no more of shipping and fees than their order has": [
        "UPDATE fulfillment_orders SET shipping = shipping + 1"
    ],
    "parts hold no more units than were ordered": ["UPDATE fulfillment_lines SET units = 3"],
    "payments, ledger and fulfillment orders have captured the same": [
        "UPDATE payments SET captured = captured - 1"
    ],
    "no more is captured than was authorized": [
        "UPDATE ledger_entries SET amount = sign(amount) * 2999 WHERE account LIKE 'authoriz%'"
    ],
    "what is authorized is booked once, with all that has raised it": [
        "UPDATE payments SET state = 'authorized', amount = amount + 1"
    ],
    "the authorized money of the ledger is that of the payments": [
        "UPDATE ledger_transactions SET state = 'pending' WHERE kind = 'authorization'"
    ],
    "a completed order has charged what was shipped, to the last minor unit": [
        "UPDATE fulfillment_orders SET captured = 2999"
    ],
    "an ended order leaves no money reserved": ["UPDATE payments SET state = 'authorized'"],
    "every order that has ended is settled": ["UPDATE orders SET settled_at = NULL"],
    "every label is booked at its price, and given back only where it was voided": [
        "UPDATE shipments SET amount = amount + 1"
    ],
    "what has shipped had one label, or needed none": [
        "INSERT INTO shipments (id, order_id, fulfillment_id, state, grams, length_mm, width_mm, height_mm, "
        "amount, currency) SELECT gen_random_uuid(), order_id, fulfillment_id, 'labeled', 1, 1, 1, 1, 5, "
        "'USD' FROM shipments"
    ],
    "what a supplier has shipped was ordered from him, for the sum of its lines": [
        "UPDATE fulfillment_orders SET needs_label = false"
    ],
    "stock is the sum of its moves": ["UPDATE stock_levels SET on_hand = 9"],
    "reserved stock is the sum of the active reservations": ["UPDATE reservations SET state = 'active'"],
    "the lots of a tracked product are its stock, and others have none": [
        "UPDATE products SET tracking = 'lot'"
    ],
    "a lot is the sum of its moves": [
        "INSERT INTO stock_lots (sku, location, lot, on_hand) VALUES ('MUG', 'LON', 'L1', 3)"
    ],
    "a lot's reserved units are those of the active reservations": [
        "INSERT INTO stock_lots (sku, location, lot, on_hand, reserved) VALUES ('MUG', 'LON', 'L1', 3, 2)"
    ],
    "a channel's quota counts what it holds and what it has bought": [
        "INSERT INTO channel_quotas (channel, sku, at_most, taken) VALUES ('web', 'MUG', 9, 1)"
    ],
    "what left the shelves is what orders have shipped": ["UPDATE stock_moves SET order_id = NULL"],
    "an order's units add up, and none is left over at the end": [
        "UPDATE order_lines SET delivered = 1, shipped = 1"
    ],
    "no reservation outlives its order": ["UPDATE reservations SET state = 'active'"],
    "no call is left without an answer": ["UPDATE effects SET state = 'unknown'"],
    "no message waits to be sent": [
        "UPDATE notifications SET state = 'intended', created_at = '2026-01-01 00:00+00'"
    ],
    "no provider's event is left unread": [
        "INSERT INTO inbox (source, event_id, kind, reference, data, occurred_at, received_at, due_at) "
        "VALUES ('stripe', 'e1', 'payment.captured', 'pi_1', '{}', '2026-01-01', '2026-01-01', '2026-01-01')"
    ],
    "a refund is worth what it is for, and its tax is owed no longer": [
        "INSERT INTO refunds (id, order_id, payment_id, amount, currency, state, reason) "
        "SELECT gen_random_uuid(), order_id, id, 100, 'GBP', 'requested', '' FROM payments"
    ],
    "no line gives back more than was paid for it": [
        "INSERT INTO refunds (id, order_id, payment_id, amount, currency, state, reason) "
        "SELECT gen_random_uuid(), order_id, id, 2501, 'GBP', 'requested', '' FROM payments",
        "INSERT INTO refund_lines (id, refund_id, kind, line_id, units, amount) "
        "SELECT gen_random_uuid(), r.id, 'line', l.id, 0, 2501 FROM refunds r, order_lines l",
    ],
    "a part is paid by its shares, and they have captured what it has": [
        "UPDATE payment_shares SET captured = 2999"
    ],
    "a gift card or store credit is the sum of its moves": [
        "INSERT INTO balances (id, kind, currency, customer_id, balance) "
        "SELECT gen_random_uuid(), 'store_credit', 'GBP', id, 1 FROM customers"
    ],
    "gift cards and store credit are what the ledger owes": [
        "UPDATE ledger_entries SET account = 'gift_cards' WHERE account = 'clearing'"
    ],
    "what is held of gift cards and store credit is for payments that stand": [
        "INSERT INTO balances (id, kind, currency, customer_id, balance, held) "
        "SELECT gen_random_uuid(), 'store_credit', 'GBP', id, 1, 1 FROM customers",
        "INSERT INTO balance_entries (balance_id, kind, held, payment_id, actor) "
        "SELECT b.id, 'held', 1, p.id, 'x' FROM balances b, payments p",
    ],
    "a bank transfer is booked once, at its amount": [
        "INSERT INTO bank_transfers (id, bank_id, amount, currency, reference, state, received_at, order_id) "
        "SELECT gen_random_uuid(), 'b1', 5, 'GBP', '', 'unmatched', '2026-01-01', id FROM orders"
    ],
    "a line of a remittance is booked once, at its amount": [
        "INSERT INTO remittances (id, carrier, reference, amount, currency, received_at) "
        "VALUES (gen_random_uuid(), 'UPS', 'R-1', 5, 'GBP', '2026-01-01')",
        "INSERT INTO remittance_lines (id, remittance_id, position, named, amount, state) "
        "SELECT gen_random_uuid(), id, 0, '1Z', 5, 'unmatched' FROM remittances",
    ],
    "what customers and carriers owe is what is open of the parts they owe it for": [
        "UPDATE payments SET method = 'manual'"
    ],
    "a settled order leaves no deposit": [
        "UPDATE ledger_entries SET account = 'deposits' WHERE account = 'clearing'"
    ],
    "disputed money is that of the open disputes": [
        "UPDATE ledger_entries SET account = 'disputed' WHERE account = 'clearing'"
    ],
    **returned.PLANTED,
    **documents.PLANTED,
    **valuations.PLANTED,
}


async def test_a_proven_order_is_clean(record: Record) -> None:
    found = await record.check()

    assert list(found.faults) == []
    assert (found.proven, found.orders, found.bookings) == (True, 1, 3)
    assert Balance("clearing", "GBP", 3000) in found.trial
    assert found.off() == {}


async def test_the_books_of_nothing_are_clean(record: Record) -> None:
    await record.spoil(
        "TRUNCATE orders, stock_levels, stock_moves, ledger_transactions, document_numbers CASCADE"
    )

    found = await record.check()

    assert (found.proven, found.orders, list(found.trial)) == (True, 0, [])


def test_every_rule_has_a_planted_fault() -> None:
    assert [question.name for question in QUESTIONS] == list(PLANTED)


@pytest.mark.parametrize("rule", PLANTED)
async def test_a_planted_fault_is_found_by_its_rule(record: Record, rule: str) -> None:
    await record.spoil(*PLANTED[rule])

    found = await record.check()

    subjects = [fault.subject for fault in found.faults if fault.rule == rule]
    kept = (["store_credit in GBP"], ["gift_cards in GBP"], ["exchanged_goods in GBP"], ["UPS R-1"])
    goods = (["MUG at LON"], ["MUG lot L1 at LON"], ["web for MUG"])
    known = ([NUMBER], ["pi_1"], ["TEN"], [documents.INVOICE], ["INV-2026"], ["clearing in EUR"])
    assert subjects in (*known, *goods, *kept)


async def test_a_trial_balance_that_is_off_is_a_fault_of_its_currency(record: Record) -> None:
    await record.spoil("UPDATE ledger_entries SET amount = amount + 7 WHERE account = 'revenue'")

    found = await record.check()

    assert found.off() == {"GBP": 7}
    assert found.faults[0].subject == "GBP"


async def test_a_label_that_was_voided_without_money_back_stays_a_cost(record: Record) -> None:
    await record.spoil(
        "UPDATE shipments SET state = 'voided'",
        "INSERT INTO order_events (order_id, kind, actor, data) SELECT order_id, 'label.voided', 'system', "
        "jsonb_build_object('shipment', id, 'money_back', false) FROM shipments",
    )

    rules = {fault.rule for fault in (await record.check()).faults}

    assert "every label is booked at its price, and given back only where it was voided" not in rules


async def test_what_is_under_way_for_a_moment_is_no_fault(record: Record) -> None:
    await record.spoil("UPDATE effects SET state = 'intended', intended_at = clock_timestamp()")

    assert (await record.check(minutes=10)).proven
    assert not (await record.check(minutes=0)).proven


async def test_a_check_could_change_nothing(record: Record) -> None:
    db = Database(record.url, pool=1)
    async with db.sessions() as session:
        await books.check(session, minutes=10)

        with pytest.raises(InternalError, match="read-only transaction"):
            await session.execute(text("DELETE FROM notifications"))
    await db.close()
