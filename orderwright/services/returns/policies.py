"""The rules of returns: the newest version is in force, and every older one stays readable."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Invalid, Stale
from orderwright.domain.orders import Scope
from orderwright.domain.returns.rules import STANDARD_POLICY, ReturnPolicy
from orderwright.persistence.tables import Location, Product, ReturnPolicyRow

_POLICY = TypeAdapter(ReturnPolicy)


async def current(session: AsyncSession) -> ReturnPolicy:
    """The rules in force."""
    row = await session.scalar(select(ReturnPolicyRow).order_by(ReturnPolicyRow.version.desc()).limit(1))
    return STANDARD_POLICY if row is None else of(row)


async def of_version(session: AsyncSession, version: int) -> ReturnPolicy:
    """The rules by which a return was judged."""
    row = await session.get(ReturnPolicyRow, version)
    return STANDARD_POLICY if row is None else of(row)


async def listed(session: AsyncSession) -> Sequence[ReturnPolicyRow]:
    """Every version, the newest first."""
    return (await session.scalars(select(ReturnPolicyRow).order_by(ReturnPolicyRow.version.desc()))).all()


def of(row: ReturnPolicyRow) -> ReturnPolicy:
    """The rules of a row."""
    return replace(_POLICY.validate_python(row.rules), version=row.version)


async def put(
    session: AsyncSession, policy: ReturnPolicy, actor: Actor, *, note: str = ""
) -> ReturnPolicyRow:
    """A new version, in force from now on. Raises Invalid for what is unknown, Stale for the later of two."""
    actor.require(Scope.OPERATIONS)
    await _check(session, policy)
    newest = int(await session.scalar(select(func.max(ReturnPolicyRow.version))) or 0)
    rules = {name: value for name, value in asdict(policy).items() if name != "version"}
    row: ReturnPolicyRow | None = await session.scalar(
        insert(ReturnPolicyRow)
        .values(version=newest + 1, rules=rules, note=note, created_by=actor.name)
        .on_conflict_do_nothing()
        .returning(ReturnPolicyRow)
    )
    if row is None:
        raise Stale("somebody else has just changed the rules: look at them first")
    return row


async def _check(session: AsyncSession, policy: ReturnPolicy) -> None:
    wanted = {rule.sku for rule in policy.products}
    known = set(await session.scalars(select(Product.sku).where(Product.sku.in_(wanted))))
    if wanted - known:
        raise Invalid(f"no such product: {min(wanted - known)}", field="products")
    if policy.refurbish_at is not None and await session.get(Location, policy.refurbish_at) is None:
        raise Invalid("no such location", field="refurbish_at")
