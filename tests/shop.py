"""A small shop on a real database: what tests of the record and of the use cases start from."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState, WarehouseKind
from orderwright.domain.money import Money
from orderwright.domain.orders import Scope
from orderwright.domain.payments import PaymentState
from orderwright.domain.stock.units import Position as Level
from orderwright.domain.stock.units import ReservationState
from orderwright.messages.orders import Position
from orderwright.persistence import locks, positions, stock
from orderwright.persistence.database import Database
from orderwright.persistence.tables import (
    Base,
    FulfillmentOrder,
    Location,
    Order,
    OrderEvent,
    OrderLine,
    Outbox,
    Payment,
    PaymentShare,
    Product,
    Reservation,
    Shipment,
    StockLevel,
    StockMove,
)
from orderwright.ports.payments import Authorization, Increase
from orderwright.reporting import proofs
from orderwright.services.customers import CustomerData
from orderwright.services.fulfillment import handing, partner, planning, tracking
from orderwright.services.orders import placing, verification
from orderwright.services.orders.placing import NewLine, NewOrder
from orderwright.services.payments import paying, raising
from orderwright.services.stock import reserving

T = TypeVar("T")
NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday
STAFF = Actor("ann", frozenset({Scope.OPERATIONS}))
STORE = Actor("store", frozenset({Scope.STOREFRONT}))
HOME = Address(name="Ana Novak", line1="1 High Street", city="London", postal_code="SW1A 1AA", country="GB")
PLACES = {"LON": ("GB", 51.5, -0.1), "PAR": ("FR", 48.9, 2.4), "BER": ("DE", 52.5, 13.4)}


@dataclass
class Shop:
    """Writes through the services and looks at the rows."""

    db: Database
    multicapture: bool = True
    raisable: bool = False
    raises: Callable[[], str] = lambda: "raised"
    """What the provider says where it is asked to raise: raised, refused, later, refused_later, silent."""

    async def empty(self) -> None:
        """As it was before the first test: rates and rules stay. Without triggers, and so in 10 ms."""
        keep = {"jurisdiction_rates", "risk_rules"}
        names = [table.name for table in Base.metadata.sorted_tables if table.name not in keep]
        wipe = "; ".join(f"DELETE FROM {name}" for name in names)  # noqa: S608 - our own names
        wipe += "; DELETE FROM jurisdiction_rates WHERE valid_from > '0001-01-01'"
        wipe += "; UPDATE jurisdiction_rates SET valid_to = NULL WHERE valid_to IS NOT NULL"
        async with self.db.engine.begin() as connection:
            await connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {wipe}")

    async def catalog(self, *skus: str, price: int = 1000, at: Sequence[str] = ("LON",)) -> None:
        """Products at `price` in EUR (taxed as the record says) and the places they lie at."""
        async with self.db.transaction() as session:
            known = set(await session.scalars(select(Location.code)))
            session.add_all(
                Product(sku=sku, name=sku.title(), price=price, currency="EUR", grams=300) for sku in skus
            )
            session.add_all(_location(code) for code in at if code not in known)
            await session.flush()

    async def receive(self, sku: str, units: int, at: str = "LON") -> None:
        """Units on the shelf, and nobody woken."""
        async with self.db.transaction() as session:
            await stock.receive(session, sku, at, units, actor="test")

    async def order(self, *lines: tuple[str, int], **other: Any) -> UUID:
        """Any: fields of NewOrder. An order placed by the storefront, its wake not delivered."""
        new = NewOrder(
            channel="web", lines=[NewLine(sku, units) for sku, units in lines],
            customer=CustomerData(name="Ana Novak", email="ana@customer.example"), ship_to=HOME,
            payment_source="pm_card_visa",
        )  # fmt: skip
        for name, value in other.items():
            object.__setattr__(new, name, value)
        async with self.db.transaction() as session:
            return (await placing.place(session, new, STORE)).order.id

    # --- the order's way

    async def verify(self, order_id: UUID, at: datetime = NOW) -> None:
        await self.do(lambda session: verification.verify(session, order_id, at))

    async def reserve(self, order_id: UUID, at: datetime = NOW) -> None:
        await self.do(
            lambda session: reserving.reserve(session, order_id, at, multicapture=self.multicapture)
        )

    async def authorize(self, order_id: UUID, at: datetime = NOW) -> None:
        """All money that is asked for is reserved, for a week."""
        async with self.db.transaction() as session:
            for payment in await self._payments(session, order_id):
                if payment.raises_id is not None:
                    await self._raise(session, payment, payment.raises_id)
                if payment.state is PaymentState.CREATED:
                    answer = Authorization(
                        f"pi_{payment.id}", Money(payment.amount, payment.currency), at + timedelta(days=7),
                        raisable=self.raisable,
                    )  # fmt: skip
                    await paying.authorized(session, payment.id, answer, at)

    async def _raise(self, session: AsyncSession, payment: Payment, raised_id: UUID) -> None:
        """As the activity does, with the next of `raises` as what the provider says."""
        if payment.state is not PaymentState.CREATED:
            return
        if not await raising.may_raise(session, payment.id):
            await raising.not_now(session, payment.id)
            return
        said = self.raises()
        if said == "refused":
            await raising.fell_back(session, payment.id, "not_raisable")
            return
        raised = await session.get_one(Payment, raised_id)
        to = Money(raised.amount + payment.amount, payment.currency)
        answer = Increase(raised.reference or "", to, settled=said == "raised")
        await raising.asked(session, payment.id, answer)
        if said == "later":
            await raising.done(session, payment.id)
        elif said == "refused_later":
            await raising.fell_back(session, payment.id, "not_allowed")

    async def plan(self, order_id: UUID, at: datetime = NOW) -> None:
        await self.do(lambda session: planning.plan(session, order_id, at))

    async def planned(self, *lines: tuple[str, int], **other: Any) -> UUID:
        """Any: fields of NewOrder. An order with its fulfillment orders, nothing handed over yet."""
        order_id = await self.order(*lines, **other)
        await self.verify(order_id)
        await self.reserve(order_id)
        await self.authorize(order_id)
        await self.plan(order_id)
        return order_id

    async def released(self, *lines: tuple[str, int], **other: Any) -> UUID:
        """Any: fields of NewOrder. The same with every part labeled and handed to its warehouse."""
        order_id = await self.planned(*lines, **other)
        for part in await self.parts(order_id):
            await self.hand_over(part.id)
        return order_id

    async def hand_over(self, part_id: UUID) -> bool:
        """Label the part's parcel and release it."""
        async with self.db.transaction() as session:
            await locks.order_of(session, part_id)
            await session.execute(
                update(Shipment)
                .where(Shipment.fulfillment_id == part_id, Shipment.state == ShipmentState.PLANNED)
                .values(state=ShipmentState.LABELED, tracking_code=f"TR-{part_id}")
            )
            return await handing.release(session, part_id)

    async def ship(self, part_id: UUID) -> None:
        """The warehouse says that the part has left."""
        await self.do(lambda session: partner.shipped(session, part_id, by="warehouse"))

    async def scan(self, part_id: UUID, status: ShipmentState, at: datetime = NOW) -> Shipment:
        """The carrier has seen the part's parcel."""
        parcel = await self.shipment(part_id)
        async with self.db.transaction() as session:
            return await tracking.scanned(session, parcel.id, status, at, by="carrier")

    # --- looking

    async def do(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """One transaction."""
        async with self.db.transaction() as session:
            return await work(session)

    async def get(self, order_id: UUID) -> Order:
        return await self.do(lambda session: session.get_one(Order, order_id))

    async def position(self, order_id: UUID) -> Position:
        return await self.do(lambda session: positions.read(session, order_id))

    async def parts(self, order_id: UUID) -> Sequence[FulfillmentOrder]:
        query = (
            select(FulfillmentOrder)
            .where(FulfillmentOrder.order_id == order_id)
            .order_by(FulfillmentOrder.number)
        )
        return await self.do(lambda session: _all(session, query))

    async def live_part(self, order_id: UUID) -> FulfillmentOrder:
        """The only part that is not canceled."""
        (part,) = [row for row in await self.parts(order_id) if row.state is not FulfillmentState.CANCELED]
        return part

    async def lines(self, order_id: UUID) -> Sequence[OrderLine]:
        query = select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.position)
        return await self.do(lambda session: _all(session, query))

    async def payments(self, order_id: UUID) -> Sequence[Payment]:
        return await self.do(lambda session: self._payments(session, order_id))

    async def shares(self, part_id: UUID) -> list[tuple[UUID, int]]:
        """What a part takes from which payment."""
        query = select(PaymentShare).where(PaymentShare.fulfillment_id == part_id)
        rows = await self.do(lambda session: _all(session, query))
        return [(row.payment_id, row.amount) for row in rows]

    async def payer(self, part_id: UUID) -> UUID:
        """The one payment of a part."""
        ((payment_id, _),) = await self.shares(part_id)
        return payment_id

    async def _payments(self, session: AsyncSession, order_id: UUID) -> Sequence[Payment]:
        return await _all(session, select(Payment).where(Payment.order_id == order_id).order_by(Payment.id))

    async def reservations(self, order_id: UUID) -> Sequence[Reservation]:
        query = select(Reservation).where(
            Reservation.order_id == order_id, Reservation.state == ReservationState.ACTIVE
        )
        return await self.do(lambda session: _all(session, query.order_by(Reservation.id)))

    async def shipment(self, part_id: UUID) -> Shipment:
        query = select(Shipment).where(
            Shipment.fulfillment_id == part_id, Shipment.state != ShipmentState.VOIDED
        )
        shipment: Shipment
        (shipment,) = await self.do(lambda session: _all(session, query))
        return shipment

    async def level(self, sku: str, at: str = "LON") -> Level:
        row = await self.do(lambda session: session.get_one(StockLevel, (sku, at)))
        return Level(row.on_hand, row.reserved)

    async def events(self, order_id: UUID) -> list[str]:
        """The kinds of the order's timeline, oldest first."""
        query = select(OrderEvent.kind).where(OrderEvent.order_id == order_id).order_by(OrderEvent.seq)
        return list(await self.do(lambda session: _all(session, query)))

    async def wakes(self, order_id: UUID) -> int:
        """Wakes on their way to the order's run."""
        query = select(func.count()).where(Outbox.order_id == order_id)
        return await self.do(lambda session: _one(session, query))

    async def read_all(self) -> None:
        """Every wake has been delivered and read."""
        await self.execute("DELETE FROM outbox")
        await self.execute("UPDATE orders SET woken = false")

    async def execute(self, sql: str, **values: Any) -> None:
        """Any: parameters."""
        await self.do(lambda session: session.execute(text(sql), values))

    async def count(self, sql: str, **values: Any) -> int:
        """Any: parameters. A number from plain SQL."""
        return int(await self.do(lambda session: _one(session, text(sql).bindparams(**values))) or 0)

    async def check_books(self) -> None:
        """What must hold after every story: stock against its moves, money against itself, every proof."""
        async with self.db.transaction() as session:
            moved = await session.execute(
                select(
                    StockMove.sku,
                    StockMove.location,
                    func.sum(StockMove.on_hand),
                    func.sum(StockMove.reserved),
                ).group_by(StockMove.sku, StockMove.location)
            )
            sums = {(sku, place): (on_hand, reserved) for sku, place, on_hand, reserved in moved}
            held = await session.execute(
                select(Reservation.sku, Reservation.location, func.sum(Reservation.units))
                .where(Reservation.state == ReservationState.ACTIVE)
                .group_by(Reservation.sku, Reservation.location)
            )
            active = {(sku, place): units for sku, place, units in held}
            for row in await session.scalars(select(StockLevel)):
                assert sums.get((row.sku, row.location), (0, 0)) == (row.on_hand, row.reserved)
                assert active.get((row.sku, row.location), 0) == row.reserved
            unbalanced = await session.execute(
                text("SELECT transaction_id FROM ledger_entries GROUP BY transaction_id, currency"
                     " HAVING sum(amount) <> 0")
            )  # fmt: skip
            assert unbalanced.all() == []
            unproven = [p async for p in proofs.unproven(session, minutes=10)]
            assert [(p.figures.number, list(p.reasons)) for p in unproven] == []


async def all_try(attempts: Sequence[Callable[[], Awaitable[T]]], *, at_once: int) -> list[T | Exception]:
    """Run them, so many at a time; what they raise is an outcome too."""
    slots = asyncio.Semaphore(at_once)

    async def one(attempt: Callable[[], Awaitable[T]]) -> T | Exception:
        async with slots:
            try:
                return await attempt()
            except Exception as failure:  # noqa: BLE001 - told as an outcome
                return failure

    return await asyncio.gather(*(one(attempt) for attempt in attempts))


def _location(code: str) -> Location:
    country, latitude, longitude = PLACES.get(code, ("GB", 51.0, 0.0))
    address = {"name": code, "line1": "Dock 1", "city": code, "postal_code": "1", "country": country}
    return Location(
        code=code, name=code, kind=WarehouseKind.HTTP, address=address, latitude=latitude, longitude=longitude
    )


async def _all(session: AsyncSession, query: Any) -> Sequence[Any]:  # Any: of one column or entity
    return (await session.scalars(query)).all()


async def _one(session: AsyncSession, query: Any) -> Any:  # Any: as above
    return await session.scalar(query)
