"""Which addresses are not written to: they bounced, complained, or said STOP."""

import hashlib

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.persistence.tables import AddressMark

BOUNCED, COMPLAINED, STOPPED = "bounced", "complained", "stopped"


def hashed(address: str) -> str:
    """SHA-256 of the address as it is compared: nobody reads a list of addresses here."""
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


async def mark(session: AsyncSession, channel: str, address: str, why: str, code: str = "") -> bool:
    """Write to it no more. False: it was marked before, and stays as it was."""
    marked = await session.execute(
        insert(AddressMark)
        .values(channel=channel, address_hash=hashed(address), mark=why, code=code)
        .on_conflict_do_nothing()
        .returning(AddressMark.mark)
    )
    return marked.first() is not None


async def lift(session: AsyncSession, channel: str, address: str) -> bool:
    """Write to it again. False: it was not marked."""
    lifted = await session.execute(
        delete(AddressMark)
        .where(AddressMark.channel == channel, AddressMark.address_hash == hashed(address))
        .returning(AddressMark.mark)
    )
    return lifted.first() is not None


async def found(session: AsyncSession, channel: str, address: str) -> str:
    """Why it is not written to; empty: it is."""
    match = (AddressMark.channel == channel, AddressMark.address_hash == hashed(address))
    return await session.scalar(select(AddressMark.mark).where(*match)) or ""
