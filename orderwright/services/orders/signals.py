"""What people type at the Temporal UI or CLI: read, written under the same rules, or made a person's task."""

import json
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.cards import holds_card_number
from orderwright.domain.failures import Failure
from orderwright.domain.orders import Decision, Scope, TaskKind
from orderwright.messages import names
from orderwright.messages.orders import Typed
from orderwright.persistence import holds, timeline
from orderwright.services.orders import cancellation, decisions

LOGIN_LENGTH = 80


async def obey(session: AsyncSession, typed: Typed, rights: Literal["operations", "admin", "none"]) -> None:
    """Write the decision. What the rules refuse is told in the timeline; what cannot be read is a task."""
    try:
        login = read_login(typed.said)
    except ValueError:
        await holds.ask_person(
            session, typed.order_id, TaskKind.UNREADABLE_SIGNAL,
            f"Somebody sent the signal {typed.signal} with an input that cannot be read.",
            subject=f"{typed.signal}/{typed.run_id}/{typed.nth}",
        )  # fmt: skip
        return
    scopes = frozenset() if rights == "none" else frozenset({Scope(rights)})
    actor = Actor(f"temporal:{login or 'unnamed'}", scopes)
    try:
        async with session.begin_nested():
            await _decide(session, typed, actor)
    except Failure as no:
        await timeline.tell(
            session, typed.order_id, "signal.refused", by=actor.name, why=no.code, signal=typed.signal
        )


async def _decide(session: AsyncSession, typed: Typed, actor: Actor) -> None:
    match typed.signal:
        case names.APPROVE:
            await decisions.decide_order(session, typed.order_id, Decision.APPROVE, actor)
        case names.REJECT:
            await decisions.decide_order(session, typed.order_id, Decision.REJECT, actor)
        case names.CANCEL:
            actor.require(Scope.OPERATIONS)
            await cancellation.request(session, typed.order_id, actor, "canceled_at_temporal")
        case _:
            raise ValueError(typed.signal)


def read_login(said: str) -> str:
    """The login in `[]`, `["ann"]` or `[{"by": "ann"}]`. Raises ValueError for anything else."""
    values: Any = json.loads(said)  # Any: whatever a person typed
    if not isinstance(values, list) or len(values) > 1:
        raise ValueError("one input at most")
    value = values[0] if values else None
    if isinstance(value, dict):
        if set(value) != {"by"}:
            raise ValueError("only `by` is read")
        value = value["by"]
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LOGIN_LENGTH or not value.isprintable():
        raise ValueError("a login is a short text")
    if holds_card_number(value):
        raise ValueError("a login is no card number")
    return value
