"""The dates promised to backordered orders follow what is expected."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession


async def renew(session: AsyncSession, skus: Collection[str]) -> None:
    """What is expected of these SKUs has changed, in this transaction: promise anew to those who wait.

    Called before stock is locked, as it locks orders. No order is promised a date yet, so nothing follows.
    """
