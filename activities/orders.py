"""Steps of an order that only touch the record; each is one transaction and answers with the position."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.failures import classified
from orderwright.messages.orders import (
    AskPerson,
    Claim,
    Claimed,
    CollectionDeadline,
    HoldDeadline,
    OrderRef,
    PaymentRef,
    Position,
    Typed,
    WaitDeadline,
)
from orderwright.persistence import holds, locks, positions
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Order
from orderwright.services.fulfillment import pickup, planning
from orderwright.services.orders import decisions, ending, signals, verification
from orderwright.services.payments import paying
from orderwright.services.stock import lacking, reserving, stocking


def clock(at: datetime | None) -> datetime:
    """The run's clock, or the machine's where none was given."""
    return at or datetime.now(UTC)


class OrderActivities:
    """`rights`: whose rights a signal typed at Temporal has. `multicapture`: what the gateway can."""

    def __init__(
        self, db: Database, *, rights: Literal["operations", "admin", "none"], multicapture: bool
    ) -> None:
        self._db, self._rights, self._multicapture = db, rights, multicapture

    @activity.defn(name="orders.claim")
    async def claim(self, claim: Claim) -> Claimed:
        """Make this run the one of its order, unless another is or nothing is left to do."""
        with classified():
            async with self._db.transaction() as session:
                won = await session.execute(
                    update(Order)
                    .where(
                        Order.id == claim.order_id,
                        Order.settled_at.is_(None),
                        or_(Order.run_id.is_(None), Order.run_id == claim.run_id),
                    )
                    .values(run_id=claim.run_id)
                    .returning(Order.id)
                )
                if won.first() is None:
                    return Claimed()
                return Claimed(position=await positions.read(session, claim.order_id))

    @activity.defn(name="orders.read")
    async def read(self, ref: OrderRef) -> Position:
        """Where the order stands."""
        return await self._then_read(ref, _nothing)

    @activity.defn(name="orders.verify")
    async def verify(self, ref: OrderRef) -> Position:
        """Check address and risk; trouble becomes holds."""
        return await self._then_read(
            ref, lambda session: verification.verify(session, ref.order_id, clock(ref.at))
        )

    @activity.defn(name="orders.reserve")
    async def reserve(self, ref: OrderRef) -> Position:
        """Choose locations and hold every unit, or wait for stock."""
        return await self._then_read(
            ref,
            lambda session: reserving.reserve(
                session, ref.order_id, clock(ref.at), multicapture=self._multicapture
            ),
        )

    @activity.defn(name="orders.plan")
    async def plan(self, ref: OrderRef) -> Position:
        """Accept the order and make its fulfillment orders."""
        return await self._then_read(ref, lambda session: planning.plan(session, ref.order_id, clock(ref.at)))

    @activity.defn(name="orders.settle")
    async def settle(self, ref: OrderRef) -> Position:
        """Complete the order where all units have ended, and let its run end where nothing is left."""
        return await self._then_read(ref, lambda session: ending.settle(session, ref.order_id))

    @activity.defn(name="orders.free_stock")
    async def free_stock(self, ref: OrderRef) -> Position:
        """Give back what is held for units that will not ship."""
        return await self._then_read(ref, lambda session: stocking.give_back(session, ref.order_id))

    @activity.defn(name="orders.renew_payment")
    async def renew_payment(self, ref: PaymentRef) -> Position:
        """Ask for a new authorization beside one that will run out."""

        async def renew(session: AsyncSession) -> None:
            await locks.lock(session, ref.order_id)
            await paying.renew(session, ref.payment_id)

        return await self._then_read(OrderRef(order_id=ref.order_id), renew)

    @activity.defn(name="orders.pass_deadline")
    async def pass_deadline(self, message: HoldDeadline) -> Position:
        """A hold's deadline was reached: its stated end."""
        return await self._then_read(
            OrderRef(order_id=message.order_id),
            lambda session: decisions.pass_deadline(session, message),
        )

    @activity.defn(name="orders.give_up_waiting")
    async def give_up_waiting(self, message: WaitDeadline) -> Position:
        """Units that were to follow have not come in time: they are canceled."""
        return await self._then_read(
            OrderRef(order_id=message.order_id),
            lambda session: lacking.give_up(session, message.order_id, message.deadline),
        )

    @activity.defn(name="orders.pass_collection_deadline")
    async def pass_collection_deadline(self, message: CollectionDeadline) -> Position:
        """Nobody has collected a part: its units go back."""
        return await self._then_read(
            OrderRef(order_id=message.order_id), lambda session: pickup.no_show(session, message)
        )

    @activity.defn(name="orders.obey")
    async def obey(self, typed: Typed) -> Position:
        """A decision typed at the Temporal UI or CLI."""
        return await self._then_read(
            OrderRef(order_id=typed.order_id), lambda session: signals.obey(session, typed, self._rights)
        )

    @activity.defn(name="orders.ask_person")
    async def ask_person(self, ask: AskPerson) -> Position:
        """The run cannot go on alone: a task, once per subject while it is open."""

        async def open_task(session: AsyncSession) -> None:
            await locks.lock(session, ask.order_id)
            await holds.ask_person(session, ask.order_id, ask.kind, ask.question, subject=ask.subject)

        return await self._then_read(OrderRef(order_id=ask.order_id), open_task)

    async def _then_read(self, ref: OrderRef, change: Callable[[AsyncSession], Awaitable[None]]) -> Position:
        with classified():
            async with self._db.transaction() as session:
                await change(session)
                return await positions.read(session, ref.order_id)


async def _nothing(_: AsyncSession) -> None:
    return None
