"""Parcels that will miss their promise are found before it is missed; a case is opened, the customer told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.delivery.cases import CaseKind, Origin
from orderwright.domain.delivery.promise import Forecast, Journey, Past, foresee
from orderwright.domain.geography import transit_days
from orderwright.persistence import locks, outbox, timeline
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Shipment
from orderwright.services.delivery import hurrying, lanes, opening
from orderwright.services.delivery.lanes import Lane

BATCH = 500

_WATCHED = "('planned', 'labeled', 'handed_over', 'in_transit', 'exception', 'out_for_delivery')"
_DUE = text(f"""
    SELECT s.id, s.order_id, s.carrier, s.service, s.promised_on, s.expected_on, s.told_on, f.ships_on,
           f.shipped_at::date AS shipped, l.address ->> 'country' AS origin,
           o.ship_to ->> 'country' AS destination, o.service AS wanted,
           f.id AS fulfillment_id,
           s.state = 'labeled' AND f.state IN ('open', 'released') AND f.hurried IS NULL AS may_hurry,
           (SELECT max(arrives) FROM shipment_offers WHERE shipment_id = s.id AND chosen) AS carrier_says
      FROM shipments s JOIN fulfillment_orders f ON f.id = s.fulfillment_id
      JOIN orders o ON o.id = s.order_id JOIN locations l ON l.code = f.location
     WHERE s.state IN {_WATCHED} AND (s.watch_at IS NULL OR s.watch_at <= :at)
       AND f.state <> 'canceled' AND f.method = 'shipping' AND s.promised_on IS NOT NULL
       AND f.ships_on IS NOT NULL
     ORDER BY s.watch_at NULLS FIRST, s.id LIMIT :batch""")  # noqa: S608 - our own names


async def guard(db: Database, at: datetime, *, extra: int = 0) -> tuple[int, int]:
    """Look at every parcel whose time has come: how many that were, and how many would be late.

    One that has not left goes with a faster service where that costs up to `extra` minor units more.
    Of the database only in short transactions: one that reads, then one per parcel that is late.
    """
    looked = late = 0
    while found := await _pass(db, at, extra):
        looked, late = looked + found[0], late + found[1]
        if found[0] < BATCH:
            break
    return looked, late


async def _pass(db: Database, at: datetime, extra: int) -> tuple[int, int] | None:
    async with db.transaction() as session:
        rows = (await session.execute(_DUE, {"at": at, "batch": BATCH})).mappings().all()
        pasts = await lanes.pasts(session, {row["carrier"] for row in rows if row["carrier"]}, at)
        journeys = [(row, _journey(row, pasts)) for row in rows]
        forecasts = [(row, journey, foresee(journey, at)) for row, journey in journeys]
        await _on_time(session, [(row["id"], one) for row, _, one in forecasts if not one.late])
    late = [found for found in forecasts if found[2].late]
    for row, journey, forecast in late:
        async with db.transaction() as session:
            faster = row["may_hurry"] and extra and await hurrying.hurry(
                session, hurrying.Slow(row["order_id"], row["fulfillment_id"], row["id"]), journey,
                extra=extra, at=at, next_look=forecast.next_look,
            )  # fmt: skip
            if not faster:
                await _late(session, row["order_id"], row["id"], forecast)
    return (len(rows), len(late)) if rows else None


def _journey(row: RowMapping, pasts: Mapping[Lane, Past]) -> Journey:
    return Journey(
        promised=row["promised_on"],
        ships=row["ships_on"],
        transit=transit_days(row["origin"], row["destination"], row["wanted"]),
        shipped=row["shipped"],
        carrier_says=row["carrier_says"],
        past=pasts.get((row["carrier"], row["service"], row["origin"], row["destination"])),
        known=row["expected_on"],
        told=row["told_on"],
    )


async def _on_time(session: AsyncSession, found: Sequence[tuple[UUID, Forecast]]) -> None:
    values: list[dict[str, Any]] = [  # Any: a row's values
        {"id": shipment_id, "watch_at": one.next_look} for shipment_id, one in found
    ]
    if values:
        await session.execute(update(Shipment), values)


async def _late(session: AsyncSession, order_id: UUID, shipment_id: UUID, forecast: Forecast) -> None:
    """Warn once, and let the customer hear of the new day; the parcel may have arrived meanwhile."""
    await locks.lock(session, order_id)
    told: dict[str, date] = {"told_on": forecast.expected} if forecast.tell else {}
    shipment: Shipment | None = await session.scalar(
        update(Shipment)
        .where(Shipment.id == shipment_id, text(f"state IN {_WATCHED}"))
        .values(expected_on=forecast.expected, watch_at=forecast.next_look, **told)
        .returning(Shipment)
        .execution_options(populate_existing=True)
    )
    if shipment is None:
        return
    await opening.found(
        session, shipment, CaseKind.DELAYED, origin=Origin.GUARDIAN, by="guardian",
        question=f"Promised for {shipment.promised_on}, the parcel is expected on {forecast.expected}.",
    )  # fmt: skip
    if forecast.tell:
        await timeline.tell(
            session, order_id, "shipment.late", by="guardian", shipment=str(shipment_id),
            promised_on=str(shipment.promised_on), expected_on=forecast.expected.isoformat(),
        )  # fmt: skip
        await outbox.wake(session, order_id)
