"""One order, completed in every row that the books look at; tests spoil it and ask what is found."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, NullPool, create_engine, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence import tables as t
from orderwright.persistence.database import Database
from orderwright.reporting import books, outside
from orderwright.reporting.books import Books
from orderwright.reporting.outside import Ours
from tests.reporting import documents

NUMBER = "ORD-1"
SHIP_TO = {"name": "Ada", "line1": "1 Road", "city": "London", "postal_code": "SW1Y 4JH", "country": "GB"}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """A record with one proven order, in a transaction that ends with the test."""

    url: str
    session: AsyncSession

    async def spoil(self, *statements: str) -> None:
        """Change rows as no service of ours can: past every trigger."""
        await self.session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await self.session.execute(text(statement))

    async def check(self, minutes: int = 10) -> Books:
        """The books as they are now."""
        return await books.examine(self.session, minutes=minutes)

    async def ours(self) -> Ours:
        """Our side of the comparison with the world."""
        return await outside.ours(self.session)


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> str:
    """A database with one order of two units for 30.00, shipped, paid, told; its label cost 10.86 dollars."""
    engine = create_engine(module_database_url, poolclass=NullPool)
    with engine.begin() as connection:
        _fill(lambda table, **values: _add(connection, table, values))
    return module_database_url


@pytest.fixture
async def record(filled: str) -> AsyncIterator[Record]:
    """That order; whatever the test does to it is rolled back."""
    db = Database(filled, pool=1)
    async with db.sessions() as session:
        yield Record(filled, session)
        await session.rollback()
    await db.close()


def _add(connection: Connection, table: Any, values: dict[str, Any]) -> Any:  # Any: any table, any key
    keys = connection.execute(insert(table).values(**values)).inserted_primary_key
    assert keys is not None
    return keys[0]


def _fill(add: Callable[..., Any]) -> None:
    add(t.Product, sku="MUG", name="Mug", price=1250, currency="GBP")
    add(t.Location, code="LON", name="London", kind="http", address=SHIP_TO, latitude=51.5, longitude=0.0)
    customer = add(t.Customer, name="Ada")
    order = add(
        t.Order, number=NUMBER, channel="web", state="completed", customer_id=customer, ship_to=SHIP_TO,
        currency="GBP", subtotal=2500, shipping=500, tax=417, tax_added=0, total=3000, payment_method="card",
        settled_at=LONG_AGO, updated_at=LONG_AGO,
    )  # fmt: skip
    line = add(
        t.OrderLine, order_id=order, position=1, sku="MUG", name="Mug", unit_price=1250, amount=2500,
        tax_class="standard", tax_rate_ppm=200_000, tax_inclusive=True, tax=417, total=2500, ordered=2,
        delivered=2,
    )  # fmt: skip
    payment = add(
        t.Payment, order_id=order, method="card", state="captured", amount=3000, currency="GBP",
        captured=3000, reference="pi_1", authorized_at=LONG_AGO,
    )  # fmt: skip
    part = add(
        t.FulfillmentOrder, order_id=order, number=1, location="LON", state="closed",
        partner="accepted", amount=3000, shipping=500, tax=417, captured=3000,
    )  # fmt: skip
    add(t.PaymentShare, fulfillment_id=part, payment_id=payment, amount=3000, captured=3000)
    add(t.FulfillmentLine, fulfillment_id=part, line_id=line, sku="MUG", units=2, amount=2500, tax=417)
    shipment = add(
        t.Shipment, order_id=order, fulfillment_id=part, state="delivered", grams=700, length_mm=1,
        width_mm=1, height_mm=1, reference="shp_1", carrier="UPS", tracking_code="1Z", amount=1086,
        currency="USD",
    )  # fmt: skip
    _stock(add, order, line, part)
    _ledger(add, order, payment, part, shipment)
    documents.fill(add, order, payment, part)
    add(
        t.Effect,
        order_id=order,
        step=f"hand-off/{part}",
        n=1,
        request_hash="",
        state="done",
        intended_at=LONG_AGO,
    )
    add(t.Notification, order_id=order, stage="shipped", channel="mail", state="sent", reference="<1@shop>")


def _stock(add: Callable[..., Any], order: Any, line: Any, part: Any) -> None:
    add(t.StockLevel, sku="MUG", location="LON", on_hand=8, reserved=0)
    add(t.StockMove, sku="MUG", location="LON", kind="receipt", on_hand=10)
    add(t.StockMove, sku="MUG", location="LON", kind="reserve", reserved=2, order_id=order)
    add(t.StockMove, sku="MUG", location="LON", kind="ship", on_hand=-2, reserved=-2, order_id=order)
    add(
        t.Reservation, order_id=order, line_id=line, fulfillment_id=part, sku="MUG", location="LON", units=2,
        state="committed",
    )  # fmt: skip


def _ledger(add: Callable[..., Any], order: Any, payment: Any, part: Any, shipment: Any) -> None:
    bookings: list[tuple[str, str, str, dict[str, int]]] = [
        ("authorization", f"authorization/{payment}", "GBP", {"authorized": 3000, "authorizations": -3000}),
        (
            "capture", f"capture/{part}", "GBP",
            {"clearing": 3000, "tax_payable": -417, "shipping_revenue": -500, "revenue": -2083},
        ),
        ("label", f"label/{shipment}", "USD", {"label_cost": 1086, "carrier_payable": -1086}),
    ]  # fmt: skip
    for kind, source, currency, entries in bookings:
        booking = add(t.LedgerTransaction, order_id=order, kind=kind, source=source, state="posted")
        for account, amount in entries.items():
            add(t.LedgerEntry, transaction_id=booking, account=account, amount=amount, currency=currency)
