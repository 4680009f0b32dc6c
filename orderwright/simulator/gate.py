"""The gate every provider call passes: switches, the work in one transaction, the ledger, the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from orderwright.simulator import ledger
from orderwright.simulator.store import dump
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Answer, Call, Outcome, Refused
from orderwright.simulator.world import World

Work = Callable[[], Answer]


class Form(Protocol):
    """How one provider says no and how it breaks."""

    def refusal(self, call: Call, message: str) -> Answer:
        """The answer of the switch `refuse`."""

    def server_error(self) -> Answer:
        """The answer of the switch `server_error`."""


class Guard(Protocol):
    """A provider's idempotency: asked before the work, told after it."""

    def before(self) -> Answer | None:
        """The kept or conflicting answer, or None: go ahead."""

    def after(self, answer: Answer) -> None:
        """Keep what was answered."""

    def leave(self) -> None:
        """Always called at the end where `before` gave None."""


async def serve(
    world: World, request: Request, call: Call, work: Work, form: Form, guard: Guard | None = None
) -> Response:
    """Take a call through. What it changes and its ledger entry are one transaction."""
    earlier = guard.before() if guard else None
    if earlier is not None:
        with world.store.transaction():
            ledger.record(world.store, call, earlier.outcome, earlier.status)
        return await _answer(world, request, call, earlier)
    try:
        if rule := world.switches.take(Mode.DELAY, call.provider, call.operation, call.fields):
            await asyncio.sleep(float(rule.value or 1.0))
        answer = _perform(world, call, work, form, guard)
    finally:
        if guard:
            guard.leave()
    return await _answer(world, request, call, answer)


def _perform(world: World, call: Call, work: Work, form: Form, guard: Guard | None) -> Answer:
    with world.store.transaction():
        if world.switches.take(Mode.SERVER_ERROR, call.provider, call.operation, call.fields):
            answer = replace(form.server_error(), outcome=Outcome.ERROR, is_kept=False)
        else:
            answer = _work(world, call, work, form)
            if guard:
                guard.after(answer)
        is_lost = answer.status < 500 and world.switches.take(
            Mode.ANSWER_LOST, call.provider, call.operation, call.fields
        )
        if is_lost:
            seconds = is_lost.value
            answer = replace(answer, headers={**answer.headers, "x-lost": str(seconds or 0)})
        outcome = Outcome.LOST if is_lost and answer.outcome is Outcome.EFFECTIVE else answer.outcome
        if call.is_read and outcome is Outcome.EFFECTIVE:
            outcome = Outcome.READ
        ledger.record(world.store, call, outcome, answer.status)
    return answer


def _work(world: World, call: Call, work: Work, form: Form) -> Answer:
    if rule := world.switches.take(Mode.REFUSE, call.provider, call.operation, call.fields):
        refusal = form.refusal(call, str(rule.value or "refused by a switch of the simulator"))
        return replace(refusal, outcome=Outcome.REFUSED)
    try:
        return work()
    except Refused as refused:
        return refused.answer


async def _answer(world: World, request: Request, call: Call, answer: Answer) -> Response:
    lost = answer.headers.pop("x-lost", None)
    if answer.outcome is Outcome.REPLAYED and lost is None:
        rule = world.switches.take(Mode.ANSWER_LOST, call.provider, call.operation, call.fields)
        lost = str(rule.value or 0) if rule else None
    if lost is not None:
        await hang_up(request, float(lost))
    body = "" if answer.status == 204 else dump(answer.body)
    return Response(body, answer.status, answer.headers, "application/json")


async def hang_up(request: Request, seconds: float = 0.0) -> None:
    """Close the connection without a word, after holding it for a while.

    ASGI has no such thing: uvicorn's transport is reached through the bound `receive`.
    """
    if seconds:
        await asyncio.sleep(seconds)
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is not None:
        transport.close()
        await asyncio.sleep(0.01)  # lets uvicorn see the end, so that it sends no 500 of its own
