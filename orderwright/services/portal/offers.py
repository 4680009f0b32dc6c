"""What may a customer do with an order now?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.delivery.cases import CaseKind
from orderwright.domain.fulfillment.shipping import ARRIVED, ShipmentState
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.status import Action, allowed_actions
from orderwright.services.delivery import opening
from orderwright.services.orders.reading import OrderRecord, ParcelRecord
from orderwright.services.returns import offering
from orderwright.services.telling.story import one_line

KINDS = (CaseKind.DAMAGED, CaseKind.MISSING, CaseKind.WRONG, CaseKind.NEVER_ARRIVED)
"""In the order in which a customer is asked."""


class Offer(StrEnum):
    """A page of the customer's, by its name in the address."""

    RETURN = "return"
    CANCEL = "cancel"
    ADDRESS = "address"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class ClaimableItem:
    """Units of a parcel for which nothing was given yet."""

    line_id: UUID
    name: str
    units: int


@dataclass(frozen=True, slots=True)
class ClaimableParcel:
    """A parcel of which may be said that something is wrong, and what."""

    shipment_id: UUID
    number: int
    tracking_code: str
    kinds: Sequence[CaseKind]
    items: Sequence[ClaimableItem]


async def offers(session: AsyncSession, record: OrderRecord) -> frozenset[Offer]:
    """The services ask the rows again when it is done."""
    allowed = {one.action for one in allowed_actions(record.facts)}
    found = {Offer.CANCEL} if Action.CANCEL in allowed else set()
    if Action.EDIT_ADDRESS in allowed:
        found.add(Offer.ADDRESS)
    if any(line.reasons for line in await offering.offered(session, record.order.id, datetime.now(UTC))):
        found.add(Offer.RETURN)
    if await claimable(session, record, datetime.now(UTC).date()):
        found.add(Offer.PROBLEM)
    return frozenset(found)


async def claimable(session: AsyncSession, record: OrderRecord, today: date) -> list[ClaimableParcel]:
    """Parcels that have arrived, or that should have by now."""
    names = {line.id: one_line(line.name) for line in record.lines}
    found: list[ClaimableParcel] = []
    for part in record.parts:
        if part.row.state is not FulfillmentState.CLOSED:
            continue
        left = await opening.open_units(session, part.row.id)
        items = [ClaimableItem(line, names[line], units) for line, units in left.items() if units]
        for parcel in part.parcels:
            kinds = _kinds(parcel, today)
            if items and kinds:
                code = one_line(parcel.row.tracking_code)
                found.append(ClaimableParcel(parcel.row.id, len(found) + 1, code, kinds, items))
    return found


def _kinds(parcel: ParcelRecord, today: date) -> list[CaseKind]:
    """What is still to come cannot be broken; and before its day it is not late."""
    if parcel.row.state is ShipmentState.VOIDED:
        return []
    if parcel.row.state in ARRIVED:
        return list(KINDS)
    expected = parcel.row.expected_on or parcel.row.promised_on
    return [CaseKind.NEVER_ARRIVED] if expected is None or expected < today else []
