"""The same POST twice is one POST: answers are stored with what they answer, in one transaction."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import CursorResult, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import InProgress, KeyReused
from orderwright.persistence.tables import IdempotencyKey

KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Asked:
    """One POST: who asked with which key, where, and the hash of what."""

    principal: str
    key: str
    route: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the body as text, so that a repeat is the same to the byte."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


def body_hash(raw: bytes) -> str:
    """SHA-256 of the canonical form: key order and white space do not matter."""
    try:
        parsed = json.loads(raw, parse_float=str) if raw else {}
        canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        canonical = raw
    return hashlib.sha256(canonical).hexdigest()


async def begin(session: AsyncSession, asked: Asked) -> Answer | None:
    """Take the key for this transaction; the stored answer where there is one.

    Raises InProgress (the same key is being worked on), KeyReused (it stood for something else).
    """
    name = func.hashtextextended(f"{asked.principal}:{asked.key}", 0)
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(name))):
        raise InProgress("a request with this Idempotency-Key is being worked on")
    # A statement of its own: its snapshot must be younger than the lock.
    stored = await session.get(IdempotencyKey, (asked.principal, asked.key))
    if stored is None:
        return None
    if (stored.route, stored.body_hash) != (asked.route, asked.body_hash):
        raise KeyReused("this Idempotency-Key was used for another request")
    return Answer(stored.status, stored.answer["body"], stored.headers)


async def store(session: AsyncSession, asked: Asked, answer: Answer) -> None:
    """Keep the answer, in the transaction of what it answers."""
    await session.execute(
        insert(IdempotencyKey).values(
            principal=asked.principal, key=asked.key, route=asked.route, body_hash=asked.body_hash,
            status=answer.status, answer={"body": answer.body}, headers=dict(answer.headers),
        )
    )  # fmt: skip


async def forget(session: AsyncSession, *, older: timedelta = KEPT) -> int:
    """Drop what is older than a week. How many there were."""
    result = await session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.created_at < func.clock_timestamp() - older)
    )
    return result.rowcount if isinstance(result, CursorResult) else 0
