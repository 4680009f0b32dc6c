"""Who may call us: keys are shown once, stored hashed, revoked for good."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid, NotFound
from orderwright.domain.orders import Scope
from orderwright.persistence.tables import ApiKey

PREFIX = "owk_"


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that is ours. `id` is the principal of its idempotency keys; the actor stands in the timeline."""

    id: UUID
    actor: Actor


def hashed(key: str) -> str:
    """What is stored: SHA-256, as 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


async def create(session: AsyncSession, name: str, scopes: Iterable[Scope]) -> str:
    """A new key in plain text: it is never seen again. Raises Invalid without a name or a scope."""
    rights = sorted({Scope(scope).value for scope in scopes})
    if not name.strip() or not rights:
        raise Invalid("a key needs a name and at least one scope")
    key = PREFIX + secrets.token_urlsafe(32)
    await session.execute(
        insert(ApiKey).values(id=uuid7(), name=name.strip(), hash=hashed(key), scopes=" ".join(rights))
    )
    return key


async def listed(session: AsyncSession) -> Sequence[ApiKey]:
    """Every key, revoked ones too, oldest first; the plain text is nowhere."""
    return (await session.scalars(select(ApiKey).order_by(ApiKey.id))).all()


async def revoke(session: AsyncSession, key_id: UUID) -> ApiKey:
    """End a key; again is success. Processes forget it within half a minute. Raises NotFound."""
    row: ApiKey | None = await session.scalar(
        update(ApiKey)
        .where(ApiKey.id == key_id)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, func.clock_timestamp()))
        .returning(ApiKey)
    )
    if row is None:
        raise NotFound("no such key")
    return row


async def find(session: AsyncSession, digest: str) -> Caller | None:
    """Whose key has that hash, unless it is revoked."""
    row = await session.scalar(select(ApiKey).where(ApiKey.hash == digest, ApiKey.revoked_at.is_(None)))
    if row is None:
        return None
    return Caller(row.id, Actor(row.name, frozenset(Scope(scope) for scope in row.scopes.split())))
