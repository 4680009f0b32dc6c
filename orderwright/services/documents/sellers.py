"""In whose name does a channel sell, and how is it billed?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import InvoicePer, Party
from orderwright.persistence.tables import Seller

EVERY = "*"
TERMS_DAYS = 30
"""To pay an invoice, where neither the customer nor the seller says otherwise."""
UNNAMED = Party(Address(name="", line1="", city="", postal_code="", country=""))
"""Before anybody has said who sells: the documents are numbered all the same, and name nobody."""


@dataclass(frozen=True, slots=True)
class SellerData:
    """What stands at the head of a channel's documents."""

    party: Party
    invoice_per: InvoicePer = InvoicePer.SHIPMENT
    terms_days: int = TERMS_DAYS


async def of(session: AsyncSession, channel: str) -> SellerData:
    """The channel's own, else everybody's, else one without a name."""
    rows = await session.scalars(select(Seller).where(Seller.channel.in_([channel, EVERY])))
    found = sorted(rows, key=lambda row: row.channel == EVERY)
    if not found:
        return SellerData(UNNAMED)
    row = found[0]
    party = Party(Address(**row.address), row.tax_id, row.email, row.note)
    return SellerData(party, row.invoice_per, row.terms_days)


async def put(session: AsyncSession, channel: str, seller: SellerData) -> Seller:
    """Documents that are issued from now on name this one; those issued before stay as they are."""
    party = seller.party
    values = {
        "address": asdict(party.address), "tax_id": party.tax_id, "email": party.email, "note": party.note,
        "invoice_per": seller.invoice_per, "terms_days": seller.terms_days,
    }  # fmt: skip
    statement = insert(Seller).values(channel=channel, **values)
    statement = statement.on_conflict_do_update(
        index_elements=["channel"], set_={**values, "updated_at": func.clock_timestamp()}
    )
    row = await session.scalar(statement.returning(Seller).execution_options(populate_existing=True))
    assert row is not None  # noqa: S101 - an upsert returns its row
    return row


async def every(session: AsyncSession) -> Sequence[Seller]:
    """All of them, by channel."""
    return (await session.scalars(select(Seller).order_by(Seller.channel))).all()
