"""What is left after a scenario: counted from the ledgers of the world, not from what we believe."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orderwright.reporting import books, outside
from tests.faults.world import Json, Placed, World

EFFECTIVE = frozenset({"effective", "lost"})


@dataclass
class Verdict:
    """Of one scenario: `doubles`, `lost`, `stuck` and other `faults` in words; all must be empty."""

    scenario: str
    orders: int
    kills: int
    doubles: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    ends: str = ""

    @property
    def clean(self) -> bool:
        """Nothing doubled, lost, stuck or unproven."""
        return not (self.doubles or self.lost or self.stuck or self.faults)

    def words(self) -> str:
        """What is wrong, for the assertion's message."""
        lists = {"doubles": self.doubles, "lost": self.lost, "stuck": self.stuck, "faults": self.faults}
        return "\n".join(f"{name}: {one}" for name, found in lists.items() for one in found[:20])


async def judge(
    world: World, scenario: str, orders: Collection[Placed], *, kills: int, known: Collection[str]
) -> Verdict:
    """Look at every order of the scenario here and outside. `known`: faults of earlier scenarios."""
    verdict = Verdict(scenario, len(orders), kills)
    theirs, calls, mails = await world.outside()
    states = {
        row["id"]: (row["number"], row["state"])
        for row in await world.rows(
            "SELECT id, number, state FROM orders WHERE id = ANY(:ids)", ids=[order.id for order in orders]
        )
    }
    verdict.lost += [f"{order.number} is gone" for order in orders if order.id not in states]
    verdict.lost += [
        f"{order.number} is {states[order.id][1]}, not {order.must_be}"
        for order in orders
        if order.id in states and order.must_be not in (None, states[order.id][1])
    ]
    verdict.ends = ", ".join(
        f"{n} {state}" for state, n in Counter(state for _, state in states.values()).items()
    )
    verdict.doubles += _doubles(theirs, calls, mails)
    verdict.lost += await _unpaid(world, theirs, orders, states)
    verdict.faults += [fault for fault in await faults(world, theirs, mails) if fault not in known]
    return verdict


async def faults(world: World, theirs: Json, mails: list[Json]) -> list[str]:
    """What the product's own books check says, inside and against the world."""
    async with world.db.transaction() as session:
        inside = await books.check(session, minutes=0)
    async with world.db.transaction() as session:
        mine = await outside.ours(session)
    found = [*inside.faults, *outside.compare(mine, theirs, mails)]
    return [f"{fault.rule}: {fault.subject}: {fault.reason}" for fault in found]


def _doubles(theirs: Json, calls: list[Json], mails: list[Json]) -> Iterable[str]:
    """Effective calls are counted in the world's own ledger."""
    yield from _twice("charged", calls, "payment_intents.create", lambda call: call["key"])
    yield from _twice("captured", calls, "payment_intents.capture", lambda call: call["object_id"])
    yield from _twice("bought", calls, "shipments.buy", lambda call: call["object_id"])
    yield from _twice("handed off", calls, "requests.create", lambda call: call["reference"])
    yield from (
        f"an SMS came {message['count']} times" for message in theirs["messages"] if message["count"] > 1
    )
    told = Counter(
        (mail["subject"], str(mail["to"])) for mail in {m["message_id"]: m for m in mails}.values()
    )
    yield from (
        f"{subject!r} came {n} times" for (subject, _), n in told.items() if n > 1 and "part" not in subject
    )


def _twice(did: str, calls: list[Json], operation: str, of: Any) -> Iterable[str]:  # Any: a key
    done = Counter(
        of(call)
        for call in calls
        if call["operation"] == operation
        and call["outcome"] in EFFECTIVE
        and 200 <= (call["status"] or 0) < 300
    )
    yield from (f"{name} was {did} {n} times" for name, n in done.items() if n > 1)


async def _unpaid(
    world: World, theirs: Json, orders: Collection[Placed], states: Mapping[Any, tuple[str, str]]
) -> list[str]:
    """A completed order is paid to the last minor unit, any other not at all; nothing stays reserved.

    Where a warehouse gave one part back and shipped the other, what was shipped is due.
    """
    partly = {
        row["id"]: int(row["amount"])
        for row in await world.rows(
            """SELECT o.id, (SELECT coalesce(sum(amount), 0) FROM fulfillment_orders
                              WHERE order_id = o.id AND state = 'closed') AS amount
                 FROM orders o WHERE o.id = ANY(:ids) AND o.cancel = 'partly_canceled'""",
            ids=[order.id for order in orders],
        )
    }
    captured: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for pay in theirs["payments"]:
        captured[str(pay["order_id"])] += pay["captured"] - pay["refunded"]
        held[str(pay["order_id"])] += pay["capturable"]
    wrong = []
    for order in orders:
        if order.id not in states:
            continue
        number, state = states[order.id]
        due = partly.get(order.id, order.total) if state == "completed" else 0
        if captured[str(order.id)] != due:
            wrong.append(f"{number} is {state}: {captured[str(order.id)]} charged, {due} due")
        if held[str(order.id)]:
            wrong.append(f"{number} is {state}: {held[str(order.id)]} still reserved on the card")
    return wrong
