"""Credits become returns of their orders: asked for, approved, received, inspected, refunded; each once."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from orderwright.cli.client import Api, Json, Problem
from orderwright.cli.importing import bodies
from orderwright.cli.importing.asking import Asking, Stalled
from orderwright.cli.importing.credits import Credit
from orderwright.cli.importing.placing import LOOK_S, Pace, Window
from orderwright.cli.importing.retail import Listed, Reason
from orderwright.domain.returns.states import ReturnState

_STEPS: Mapping[str, tuple[str, Callable[[Json], Json]]] = {
    ReturnState.REQUESTED: ("approve", lambda _: {"note": "as the file says"}),
    ReturnState.APPROVED: ("receive", bodies.received),
    ReturnState.IN_TRANSIT: ("receive", bodies.received),
    ReturnState.RECEIVED: ("inspect", bodies.inspected),
}
"""What staff does next, by the return's state."""


@dataclass
class Given:
    """How far it has come. `returns`: those that are there, by their credit's name.

    `before`: opened by an earlier run; `under_way`: inspected, and not refunded yet; of those that `ended`
    nothing is left to do. `policy`: the version of the rules by which new ones are judged.
    """

    wanted: int = 0
    before: int = 0
    opened: int = 0
    under_way: int = 0
    ended: int = 0
    policy: int = 0
    returns: dict[str, Json] = field(default_factory=dict)
    refused: list[Listed] = field(default_factory=list)


class Returning:
    """One run over credits whose orders were delivered. Interrupted and run again, it returns nothing twice.

    A return is known by its note and its Idempotency-Key; it goes on from the state it is in.
    """

    def __init__(self, api: Api, pace: Pace, changed: Callable[[Given], None]) -> None:
        self._ask = Asking(api, pace.patience)
        self._pace, self._changed = pace, changed
        self._known: dict[str, Json] = {}
        self._refunding: set[str] = set()
        self._window = Window(pace.unfinished)
        self._room = asyncio.Event()
        self._moved = time.monotonic()
        self.tally = Given()

    async def run(self, found: Sequence[Credit], orders: Mapping[str, str]) -> Given:
        """Return them all; `orders` are ids by sale. Raises Problem, Unreachable, Stalled."""
        self.tally.wanted = len(found)
        await self._find_known()
        if any(bodies.return_note(credit) not in self._known for credit in found):
            await self._rules()
        pile = iter(found)
        self._count()
        try:
            async with asyncio.TaskGroup() as group:
                clerks = [group.create_task(self._clerk(pile, orders)) for _ in range(self._pace.at_once)]
                group.create_task(self._watch(clerks))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None
        await self._former_rules()
        await self._find_known()
        noted = {credit.name: self._known.get(bodies.return_note(credit)) for credit in found}
        self.tally.returns = {name: one for name, one in noted.items() if one is not None}
        return self.tally

    async def _rules(self) -> None:
        """Ours are in force: put there unless they are."""
        newest = (await self._ask.get("/v1/return-policies"))["data"][0]
        if newest["note"] != bodies.RULES:
            newest = await self._ask.post("/v1/return-policies", bodies.return_rules())
        self.tally.policy = newest["version"]

    async def _former_rules(self) -> None:
        """The shop's own are in force again; a run that was interrupted has left ours there."""
        newest, *older = (await self._ask.get("/v1/return-policies"))["data"]
        if newest["note"] == bodies.RULES:
            former = next(one for one in older if one["note"] != bodies.RULES)
            await self._ask.post("/v1/return-policies", {**former["rules"], "note": former["note"]})

    async def _find_known(self) -> None:
        self._known = {one["note"]: one for one in await self._ask.all("/v1/returns") if one["note"]}

    async def _clerk(self, pile: Iterator[Credit], orders: Mapping[str, str]) -> None:
        """One of those who work beside each other, a return after the other."""
        for credit in pile:
            await self._room.wait()
            try:
                one = await self._opened(credit, orders[credit.sale])
                while one["state"] in _STEPS:
                    one = await self._step(credit, one)
            except Problem as problem:
                if problem.status not in (409, 422):
                    raise
                self.tally.refused += [Listed(row, Reason.REFUSED, problem.words()) for row in credit.rows]
                self.tally.wanted -= 1
                continue
            if one["state"] == ReturnState.INSPECTED:
                self._refunding.add(one["id"])
            else:
                self.tally.ended += 1
            self._count()

    async def _opened(self, credit: Credit, order_id: str) -> Json:
        """The return, asked for now unless an earlier run has."""
        known = self._known.get(bodies.return_note(credit))
        if known is not None:
            self.tally.before += 1
            return known
        order = await self._ask.get(f"/v1/orders/{order_id}")
        body, once = bodies.sent_back(credit, order), f"online-retail/{credit.name}/return"
        one = await self._ask.post(f"/v1/orders/{order_id}/returns", body, once=once)
        self.tally.opened += 1
        return one

    async def _step(self, credit: Credit, one: Json) -> Json:
        """What staff does next. Whoever was faster: it goes on from there."""
        what, body = _STEPS[one["state"]]
        path, once = f"/v1/returns/{one['number']}", f"online-retail/{credit.name}/{what}"
        try:
            return await self._ask.post(f"{path}/{what}", body(one), once=once)
        except Problem as problem:
            now = await self._ask.get(path)
            if problem.status != 409 or now["state"] == one["state"]:
                raise
            return now

    async def _watch(self, clerks: Sequence[asyncio.Task[None]]) -> None:
        """Look after those whose refund is under way, until there are none and all clerks are done."""
        while self._refunding or not all(clerk.done() for clerk in clerks):
            await asyncio.sleep(LOOK_S)
            before = set(self._refunding)
            waiting = await self._ask.all("/v1/returns", {"filter[state]": ReturnState.INSPECTED.value})
            given = before - {one["id"] for one in waiting}
            self._refunding -= given
            self.tally.ended += len(given)
            self._window.learn(self._refunding)
            self._count()
            if given or not before:
                self._moved = time.monotonic()
            elif time.monotonic() - self._moved > self._pace.patience:
                raise Stalled(f"{len(before)} returns wait for their refund, and none has got it")

    def _count(self) -> None:
        self.tally.under_way = len(self._refunding)
        if self.tally.under_way < self._window.size:
            self._room.set()
        else:
            self._room.clear()
        self._changed(self.tally)
