"""Steps of a return: those on the record, and its label."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.failures import classified
from activities.orders import clock
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Choice, Parcel, cheapest_in_time
from orderwright.messages.returns import (
    AskAboutReturn,
    ClaimReturn,
    ReturnClaimed,
    ReturnDeadline,
    ReturnPosition,
    ReturnRef,
)
from orderwright.persistence import locks, returns
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.tables import Location, Order, Return, ReturnParcel
from orderwright.ports.carriers import Carrier, Label, Rates
from orderwright.ports.failures import Refused
from orderwright.services.fulfillment import shipping
from orderwright.services.returns import coming, deciding, exchanging, refunding


class ReturnActivities:
    """Each is one transaction and answers with the position."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @activity.defn(name="returns.claim")
    async def claim(self, claim: ClaimReturn) -> ReturnClaimed:
        """Make this run the one of its return, unless another is.

        Called off before it was claimed, a return may still have an exchange to call off.
        """
        with classified():
            async with self._db.transaction() as session:
                await returns.locked(session, claim.return_id)
                won = await session.execute(
                    update(Return)
                    .where(
                        Return.id == claim.return_id,
                        or_(Return.run_id.is_(None), Return.run_id == claim.run_id),
                    )
                    .values(run_id=claim.run_id)
                    .returning(Return.id)
                )
                if won.first() is None:
                    return ReturnClaimed()
                return ReturnClaimed(position=await returns.position(session, claim.return_id))

    @activity.defn(name="returns.read")
    async def read(self, ref: ReturnRef) -> ReturnPosition:
        """Where it stands."""
        return await self._then_read(ref.return_id, _nothing)

    @activity.defn(name="returns.refund")
    async def refund(self, ref: ReturnRef) -> ReturnPosition:
        """Reckon what is given back, and ask for it; the order's run carries it out."""
        return await self._then_read(ref.return_id, lambda session: refunding.refund(session, ref.return_id))

    @activity.defn(name="returns.exchange")
    async def exchange(self, ref: ReturnRef) -> ReturnPosition:
        """Decide what the return pays of the goods that are given for its own."""
        return await self._then_read(ref.return_id, lambda session: exchanging.decide(session, ref.return_id))

    @activity.defn(name="returns.resolve")
    async def resolve(self, ref: ReturnRef) -> ReturnPosition:
        """End it where nothing is left to do."""
        return await self._then_read(ref.return_id, lambda session: refunding.resolve(session, ref.return_id))

    @activity.defn(name="returns.pass_deadline")
    async def pass_deadline(self, message: ReturnDeadline) -> ReturnPosition:
        """The deadline of its state was reached: the stated end."""
        return await self._then_read(
            message.return_id,
            lambda session: deciding.pass_deadline(session, message.return_id, message.deadline),
        )

    @activity.defn(name="returns.ask_person")
    async def ask_person(self, ask: AskAboutReturn) -> ReturnPosition:
        """The run cannot go on alone: a task, once per subject while it is open."""

        async def open_task(session: AsyncSession) -> None:
            row = await returns.locked(session, ask.return_id)
            await returns.ask(session, row, ask.subject, ask.question)

        return await self._then_read(ask.return_id, open_task)

    async def _then_read(
        self, return_id: UUID, change: Callable[[AsyncSession], Awaitable[None]]
    ) -> ReturnPosition:
        with classified():
            async with self._db.transaction() as session:
                await change(session)
                return await returns.position(session, return_id)


class ReturnLabelActivities:
    """Rate-shop and buy the label that goes to the customer; void is its compensation."""

    def __init__(self, db: Database, effects: Effects, carrier: Carrier) -> None:
        self._db, self._effects, self._carrier = db, effects, carrier

    @activity.defn(name="returns.label")
    async def label(self, ref: ReturnRef) -> ReturnPosition:
        """Buy the cheapest label from the customer to the return's location, once."""
        with classified():
            row, parcel, order, location = await self._read(ref.return_id)
            at = clock(ref.at)
            try:
                rates = await self._rates(parcel, order, location, at)
                choice = cheapest_in_time(rates.offers, row.deadline.date() if row.deadline else at.date())
                if choice is None:
                    raise Refused("no_offers")
                await self._buy(parcel, rates, choice)
            except Refused as no:
                async with self._db.transaction() as session:
                    await locks.lock(session, order.id)
                    await coming.refused(session, parcel, no)
            except NotWanted:
                pass  # it was called off
            return await self._position(ref.return_id)

    @activity.defn(name="returns.void_label")
    async def void(self, ref: ReturnRef) -> ReturnPosition:
        """Give the label back; one whose outcome is unknown is looked up first."""
        with classified():
            _, parcel, order, _ = await self._read(ref.return_id)
            reference, label = parcel.reference, None
            if reference is not None:
                label = await self._effects.settled(
                    order.id,
                    f"return-label/{parcel.id}",
                    into=Label,
                    find=lambda _: self._carrier.find_label(reference),
                    record=lambda session, found: coming.labeled(session, parcel, found),
                    stored=shipping.without_papers,
                )
            if label is None or reference is None:
                async with self._db.transaction() as session:
                    await locks.lock(session, order.id)
                    await coming.voided(session, parcel.id, money_back=False)
            else:
                await self._effects.once(
                    Step(order.id, f"void-return-label/{parcel.id}"),
                    into=bool,
                    call=lambda _: self._carrier.void(reference),
                    record=lambda session, back: coming.voided(session, parcel.id, money_back=back),
                    undoes=f"return-label/{parcel.id}",
                )
            return await self._position(ref.return_id)

    async def _rates(self, parcel: ReturnParcel, order: Order, location: Location, at: datetime) -> Rates:
        return await self._effects.once(
            Step(order.id, f"return-rate/{parcel.id}", {"grams": parcel.grams}),
            into=Rates,
            intend=lambda session: coming.may_label(session, parcel.return_id),
            call=lambda key: self._carrier.rate(
                Parcel(parcel.grams, parcel.length_mm, parcel.width_mm, parcel.height_mm),
                ship_from=Address(**order.ship_to),
                ship_to=Address(**location.address),
                ships=at.date(),
                key=key,
                is_return=True,
            ),
            record=lambda session, rates: coming.rated(session, parcel.id, rates),
        )

    async def _buy(self, parcel: ReturnParcel, rates: Rates, choice: Choice) -> None:
        await self._effects.once(
            Step(parcel.order_id, f"return-label/{parcel.id}", {"rate": choice.offer.rate_id}),
            into=Label,
            intend=lambda session: coming.may_label(session, parcel.return_id),
            call=lambda key: self._carrier.buy(rates.reference, choice.offer, key=key),
            find=lambda _: self._carrier.find_label(rates.reference),
            record=lambda session, label: coming.labeled(session, parcel, label),
            stored=shipping.without_papers,
        )

    async def _read(self, return_id: UUID) -> tuple[Return, ReturnParcel, Order, Location]:
        async with self._db.transaction() as session:
            found = await session.execute(
                select(Return, ReturnParcel, Order, Location)
                .join(ReturnParcel, ReturnParcel.return_id == Return.id)
                .join(Order, Order.id == Return.order_id)
                .join(Location, Location.code == Return.location)
                .where(Return.id == return_id)
            )
            row, parcel, order, location = found.one()
            return row, parcel, order, location

    async def _position(self, return_id: UUID) -> ReturnPosition:
        async with self._db.transaction() as session:
            return await returns.position(session, return_id)


async def _nothing(_: AsyncSession) -> None:
    return None
