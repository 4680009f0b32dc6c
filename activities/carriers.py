"""Steps that buy and void labels."""

from datetime import date, datetime
from uuid import UUID

from temporalio import activity

from activities.claims import CarrierClaims
from activities.failures import classified
from activities.orders import clock
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Choice, Parcel
from orderwright.messages.orders import PartRef, Position, SweepAt, Swept
from orderwright.persistence import locks, parcels, positions
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.tables import FulfillmentOrder, Location, Order, Shipment
from orderwright.ports.carriers import Carrier, Label, Rates
from orderwright.ports.failures import Refused
from orderwright.services.delivery import polling
from orderwright.services.fulfillment import shipping
from orderwright.services.sourcing import sites


class CarrierActivities:
    """Rate-shop and buy in one step of two effects; void is its compensation."""

    def __init__(self, db: Database, effects: Effects, carrier: Carrier, contact_email: str = "") -> None:
        """`contact_email`: whom the carrier asks about a claim."""
        self._db, self._effects, self._carrier = db, effects, carrier
        self._claims = CarrierClaims(db, effects, carrier, contact_email)

    @activity.defn(name="carriers.label")
    async def label(self, ref: PartRef) -> Position:
        """Buy the best label for the part's parcel, once. Where no carrier takes it: a hold, their words."""
        with classified():
            order, part, shipment, location = await self._parcel(ref.fulfillment_id)
            try:
                rates = await self._rates(order, part, shipment, location, clock(ref.at))
                promised = part.promised_on or clock(ref.at).date()
                choice = shipping.choose_offer(rates.offers, location.carriers, promised, part.hurried)
                if choice is not None:
                    await self._buy(part, shipment, rates, choice, clock(ref.at))
                else:
                    await self._nobody_offers(part, clock(ref.at))
            except (Refused, NotWanted):
                pass  # the rows say so
            return await self._position(ref.order_id)

    @activity.defn(name="carriers.void")
    async def void(self, ref: PartRef) -> Position:
        """Undo the part's label: one whose outcome is unknown is looked up first."""
        with classified():
            order, part, shipment, _ = await self._parcel(ref.fulfillment_id)
            reference = shipment.reference
            label = None
            if reference is not None:
                label = await self._effects.settled(
                    order.id,
                    f"label/{shipment.id}",
                    into=Label,
                    find=lambda _: self._carrier.find_label(reference),
                    record=lambda session, found: shipping.labeled(session, shipment, found, None),
                    stored=shipping.without_papers,
                )
            if label is None or reference is None:
                async with self._db.transaction() as session:
                    await locks.lock(session, order.id)
                    await shipping.label_voided(session, shipment.id, money_back=False)
            else:
                await self._effects.once(
                    Step(order.id, f"void-label/{shipment.id}"),
                    into=bool,
                    call=lambda _: self._carrier.void(reference),
                    record=lambda session, back: shipping.label_voided(session, shipment.id, money_back=back),
                    undoes=f"label/{shipment.id}",
                )
            return await self._position(part.order_id)

    @activity.defn(name="carriers.track")
    async def track(self, ref: SweepAt) -> Swept:
        """Ask about parcels of which nothing was heard for long; `woken`: scans that are new.

        File claims, and ask about those without an outcome; `flagged`: decided.
        """
        with classified():
            asked, heard = await polling.ask(self._db, self._carrier, clock(ref.at))
            return Swept(checked=asked, woken=heard, flagged=await self._claims.look(clock(ref.at)))

    async def _rates(
        self, order: Order, part: FulfillmentOrder, shipment: Shipment, location: Location, at: datetime
    ) -> Rates:
        parcel = Parcel(shipment.grams, shipment.length_mm, shipment.width_mm, shipment.height_mm)
        ships = await self._ships(part, location, at)
        promised = part.promised_on or ships
        return await self._effects.once(
            Step(order.id, f"rate/{shipment.id}", {"grams": parcel.grams, "ships": ships.isoformat()}),
            into=Rates,
            intend=lambda session: shipping.may_ship(session, part.id),
            call=lambda key: self._carrier.rate(
                parcel,
                ship_from=Address(**location.address),
                ship_to=Address(**order.ship_to),
                ships=ships,
                key=key,
            ),
            record=lambda session, rates: shipping.rated(
                session,
                shipment.id,
                rates,
                shipping.choose_offer(rates.offers, location.carriers, promised, part.hurried),
            ),
            refused=lambda session, no: shipping.refused_by_all(session, order.id, part.id, no, at),
        )

    async def _ships(self, part: FulfillmentOrder, location: Location, at: datetime) -> date:
        """The planned day, or where that is gone by the next on which the location works."""
        async with self._db.transaction() as session:
            works = await sites.calendar(session, location, at)
        return max(part.ships_on or date.min, works.leaves(at) or at.date())

    async def _buy(
        self, part: FulfillmentOrder, shipment: Shipment, rates: Rates, choice: Choice, at: datetime
    ) -> None:
        await self._effects.once(
            Step(part.order_id, f"label/{shipment.id}", {"rate": choice.offer.rate_id}),
            into=Label,
            intend=lambda session: shipping.may_ship(session, part.id),
            call=lambda key: self._carrier.buy(rates.reference, choice.offer, key=key),
            find=lambda _: self._carrier.find_label(rates.reference),
            record=lambda session, label: shipping.labeled(session, shipment, label, choice),
            refused=lambda session, no: shipping.refused_by_all(session, part.order_id, part.id, no, at),
            stored=shipping.without_papers,
        )

    async def _nobody_offers(self, part: FulfillmentOrder, at: datetime) -> None:
        async with self._db.transaction() as session:
            await locks.lock(session, part.order_id)
            await shipping.refused_by_all(session, part.order_id, part.id, Refused("no_offers"), at)

    async def _parcel(self, fulfillment_id: UUID) -> tuple[Order, FulfillmentOrder, Shipment, Location]:
        async with self._db.transaction() as session:
            return await parcels.newest(session, fulfillment_id)

    async def _position(self, order_id: UUID) -> Position:
        async with self._db.transaction() as session:
            return await positions.read(session, order_id)
