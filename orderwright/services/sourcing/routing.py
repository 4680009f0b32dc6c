"""The rules by which locations are chosen: written as versions, tried, put in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict, Exists, Invalid, NotFound
from orderwright.domain.orders import Scope
from orderwright.domain.sourcing import FEWEST_NEAREST, PARTS, ProfileState, Rules
from orderwright.persistence.tables import RoutingProfile

_ACTIVE = select(RoutingProfile).where(RoutingProfile.state == ProfileState.ACTIVE)
_WRITING = 0x5707  # the advisory lock behind which versions are numbered and put in force


@dataclass(frozen=True, slots=True)
class ProfileData:
    """Points as `Rules` has them: for each location used, each kilometer, and so on; the fewest win."""

    name: str
    parcel: int
    km: int
    cost: int
    note: str = ""
    postage: int = 0
    late: int = 0
    load: int = 0
    balance: int = 0
    margin: int = 0

    def points(self) -> dict[str, int]:
        """As the table's columns."""
        return {f"{name}_points": getattr(self, name) for name in PARTS}


async def active(session: AsyncSession) -> Rules:
    """The rules in force; without a profile of one's own the fewest locations, then the nearest."""
    row = await session.scalar(_ACTIVE)
    return FEWEST_NEAREST if row is None else rules_of(row)


def rules_of(row: RoutingProfile) -> Rules:
    """A profile as the domain has it."""
    return Rules(row.name, row.version, **{name: getattr(row, f"{name}_points") for name in PARTS})


async def draft(session: AsyncSession, data: ProfileData, actor: Actor) -> RoutingProfile:
    """A new version of these rules; earlier ones stay as they are. Raises Forbidden, Exists, Invalid."""
    actor.require(Scope.OPERATIONS)
    if not any(data.points().values()):
        raise Invalid("rules without points choose nothing")
    if data.name == FEWEST_NEAREST.name:
        raise Exists("that is the name of the rules that come with the product", name=data.name)
    await session.execute(select(func.pg_advisory_xact_lock(_WRITING)))
    newest = select(func.max(RoutingProfile.version)).where(RoutingProfile.name == data.name)
    made = await session.scalars(
        insert(RoutingProfile)
        .values(
            name=data.name, version=(await session.scalar(newest) or 0) + 1, note=data.note,
            created_by=actor.name, **data.points(),
        )
        .returning(RoutingProfile)
    )  # fmt: skip
    return made.one()


async def activate(session: AsyncSession, profile_id: UUID, actor: Actor) -> RoutingProfile:
    """Put a version in force, also a retired one; orders chosen for from now on follow it.

    Raises Forbidden, NotFound, Conflict (it is in force).
    """
    actor.require(Scope.OPERATIONS)
    await session.execute(select(func.pg_advisory_xact_lock(_WRITING)))
    if (await profile(session, profile_id)).state is ProfileState.ACTIVE:
        raise Conflict("these rules are in force already")
    await retire(session, actor)
    now_active = await session.scalars(
        update(RoutingProfile)
        .where(RoutingProfile.id == profile_id)
        .values(state=ProfileState.ACTIVE, activated_by=actor.name, activated_at=func.clock_timestamp())
        .returning(RoutingProfile)
        .execution_options(populate_existing=True)
    )
    return now_active.one()


async def retire(session: AsyncSession, actor: Actor) -> None:
    """Go back to the rules that come with the product. Raises Forbidden."""
    actor.require(Scope.OPERATIONS)
    await session.execute(
        update(RoutingProfile)
        .where(RoutingProfile.state == ProfileState.ACTIVE)
        .values(state=ProfileState.RETIRED)
    )


async def profile(session: AsyncSession, profile_id: UUID) -> RoutingProfile:
    """One version. Raises NotFound."""
    row = await session.get(RoutingProfile, profile_id)
    if row is None:
        raise NotFound("no such routing profile")
    return row


async def profiles(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[RoutingProfile]:
    """All versions, oldest first, from after `after`."""
    query = select(RoutingProfile).order_by(RoutingProfile.id).limit(limit)
    return (await session.scalars(query if after is None else query.where(RoutingProfile.id > after))).all()
