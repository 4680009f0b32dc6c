"""Steps that hand work to a warehouse and ask for it back."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from temporalio import activity

from activities.failures import classified
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.states import WarehouseKind
from orderwright.messages.orders import PartRef, Position
from orderwright.persistence import locks, parcels, positions
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.tables import FulfillmentLine
from orderwright.ports.documents import Documents
from orderwright.ports.failures import Refused
from orderwright.ports.warehouses import Handed, HandOff, PickLine, Warehouse
from orderwright.services.fulfillment import handing, purchasing


class WarehouseActivities:
    """A location is served by one of the partners over HTTP, or by our own station, which needs no call."""

    def __init__(
        self,
        db: Database,
        effects: Effects,
        partners: Mapping[WarehouseKind, Warehouse],
        documents: Documents | None,
        public_url: str,
    ) -> None:
        self._db, self._effects, self._partners = db, effects, partners
        self._documents, self._public_url = documents, public_url

    @activity.defn(name="warehouse.hand_off")
    async def hand_off(self, ref: PartRef) -> Position:
        """Give the part to its warehouse, once, where no cancel is requested."""
        with classified():
            partner = await self._partner(ref.fulfillment_id)
            await self._packing_slip(ref.fulfillment_id)
            try:
                if partner is None:
                    async with self._db.transaction() as session:
                        await locks.lock(session, ref.order_id)
                        await handing.release(session, ref.fulfillment_id)
                else:
                    await self._effects.once(
                        Step(ref.order_id, f"hand-off/{ref.fulfillment_id}"),
                        into=Handed,
                        intend=lambda session: handing.order_from(session, ref.fulfillment_id),
                        call=lambda _: self._handed_off(partner, ref.fulfillment_id),
                        find=lambda _: partner.find(str(ref.fulfillment_id)),
                        record=lambda session, handed: handing.handed(session, ref.fulfillment_id, handed),
                        refused=lambda session, no: handing.refused(session, ref.fulfillment_id, no),
                    )
            except (Refused, NotWanted):
                pass  # the rows say so
            return await self._position(ref.order_id)

    @activity.defn(name="warehouse.recall")
    async def recall(self, ref: PartRef) -> Position:
        """Ask for the part back; the answer comes as an event. What never arrived there needs no asking."""
        with classified():
            partner = await self._partner(ref.fulfillment_id)
            handed = None
            if partner is not None:
                handed = await self._effects.settled(
                    ref.order_id,
                    f"hand-off/{ref.fulfillment_id}",
                    into=Handed,
                    find=lambda _: partner.find(str(ref.fulfillment_id)),
                    record=lambda session, found: handing.handed(session, ref.fulfillment_id, found),
                )
            if partner is None or handed is None:
                async with self._db.transaction() as session:
                    await handing.recalled_here(session, ref.fulfillment_id)
            else:
                await self._effects.once(
                    Step(ref.order_id, f"recall/{ref.fulfillment_id}"),
                    into=bool,
                    call=lambda _: self._recalled(partner, ref.fulfillment_id),
                    record=lambda session, _: handing.recall_sent(session, ref.fulfillment_id),
                )
            return await self._position(ref.order_id)

    async def _handed_off(self, partner: Warehouse, fulfillment_id: UUID) -> Handed:
        """What is asked is read only now: a purchase order gets its number with the intention."""
        return await partner.hand_off(await self._request(fulfillment_id))

    async def _recalled(self, partner: Warehouse, fulfillment_id: UUID) -> bool:
        await partner.recall(str(fulfillment_id), reason="order canceled")
        return True

    async def _partner(self, fulfillment_id: UUID) -> Warehouse | None:
        """Who is called; None: our own station."""
        async with self._db.transaction() as session:
            _, _, _, location = await parcels.newest(session, fulfillment_id)
        return self._partners.get(location.kind)

    async def _packing_slip(self, fulfillment_id: UUID) -> None:
        if self._documents is None:
            return
        async with self._db.transaction() as session:
            slip = await handing.slip(session, fulfillment_id)
        if slip is None:
            return
        content = await self._documents.packing_slip(slip)
        async with self._db.transaction() as session:
            await handing.keep_slip(session, fulfillment_id, content)

    async def _request(self, fulfillment_id: UUID) -> HandOff:
        async with self._db.transaction() as session:
            order, part, shipment, location = await parcels.newest(session, fulfillment_id)
            lines = await session.execute(
                select(FulfillmentLine.sku, FulfillmentLine.units)
                .where(FulfillmentLine.fulfillment_id == fulfillment_id)
                .order_by(FulfillmentLine.sku, FulfillmentLine.line_id)
            )
            label = f"{self._public_url}/v1/shipments/{shipment.id}/label.pdf"
            return HandOff(
                request_id=str(part.id),
                order_number=order.number,
                location=location.code,
                service=shipment.service or order.service,
                ship_to=Address(**order.ship_to),
                lines=[PickLine(sku, units) for sku, units in lines],
                tracking_code=shipment.tracking_code or "",
                carrier=shipment.carrier or "",
                label_url=shipment.label_url or (label if part.needs_label else ""),
                packing_slip_url=f"{self._public_url}/v1/fulfillment-orders/{part.id}/packing-slip",
                method=part.method,
                purchase=await purchasing.terms(session, part.id) if part.drop_shipped else None,
            )

    async def _position(self, order_id: UUID) -> Position:
        async with self._db.transaction() as session:
            return await positions.read(session, order_id)
