"""Does the world outside say the same: providers' objects against our rows, in both directions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.reporting.books import Fault

Json = Mapping[str, Any]  # Any: the simulator's documents
Rows = Sequence[Json]

CHARGE = "one charge at the provider per payment, of the same amounts"
LABEL = "one un-voided label at the carrier per label of ours"
HANDOFF = "one hand-off at the warehouse, or order at the supplier, per part handed over"
MESSAGE = "one message per notification"
GONE = frozenset({"shipped", "delivered"})
RULES = (CHARGE, LABEL, HANDOFF, MESSAGE)
HOLDING = frozenset({"authorized", "partly_captured"})


@dataclass(frozen=True, slots=True)
class Ours:
    """What our rows say we did outside."""

    payments: Rows
    labels: Rows
    parts: Rows
    notifications: Rows


_OURS = {
    "payments": """
        SELECT o.number, p.reference, p.amount, lower(p.currency) AS currency,
               CASE WHEN p.deposited_at IS NULL THEN p.state ELSE 'captured' END AS state,
               CASE WHEN p.deposited_at IS NULL THEN p.captured ELSE p.amount END AS captured,
               p.refunded - coalesce((SELECT sum(r.amount)::bigint FROM refunds r WHERE r.payment_id = p.id
                                         AND r.destination <> 'original'
                                         AND r.state IN ('processing', 'succeeded')), 0)
                 + CASE WHEN p.deposited_at IS NOT NULL AND p.state IN ('voided', 'captured')
                                 THEN p.amount - p.captured ELSE 0 END AS refunded
          FROM payments p JOIN orders o ON o.id = p.order_id
         WHERE p.method = 'card' AND p.reference IS NOT NULL""",
    "labels": """
        SELECT o.number, s.reference, s.state, s.amount, lower(s.currency) AS currency, s.tracking_code,
               f.id::text AS part, f.state AS part_state
          FROM shipments s
          JOIN orders o ON o.id = s.order_id
          JOIN fulfillment_orders f ON f.id = s.fulfillment_id
         WHERE s.amount IS NOT NULL
        UNION ALL
        SELECT o.number, p.reference, p.state, p.amount, lower(p.currency), p.tracking_code,
               p.id::text, 'closed'
          FROM return_parcels p JOIN orders o ON o.id = p.order_id
         WHERE p.amount IS NOT NULL""",
    "parts": """
        SELECT o.number, f.id::text AS request_id, f.state AS part_state
          FROM effects e
          JOIN orders o ON o.id = e.order_id
          JOIN fulfillment_orders f ON e.step = 'hand-off/' || f.id
         WHERE e.state IN ('done', 'undone')""",
    "notifications": """
        SELECT o.number, n.stage, n.channel, n.reference
          FROM notifications n JOIN orders o ON o.id = n.order_id WHERE n.state = 'sent'""",
}


async def ours(session: AsyncSession) -> Ours:
    """Read our side."""
    found = {
        name: [dict(row._mapping) for row in await session.execute(text(sql))] for name, sql in _OURS.items()
    }
    return Ours(**found)


def compare(mine: Ours, world: Mapping[str, Rows], mails: Rows | None) -> list[Fault]:
    """`world` is the simulator's books; `mails` the catcher's, None where it was not asked."""
    return [
        *_payments(mine.payments, world["payments"]),
        *_labels(mine.labels, world["labels"]),
        *_handoffs(mine.parts, [*world["handoffs"], *world.get("purchases", ())]),
        *_messages(mine.notifications, world["messages"], mails),
    ]


def _payments(mine: Rows, theirs: Rows) -> Iterable[Fault]:
    known = {pay["id"]: pay for pay in theirs}
    for row in mine:
        pay = known.pop(row["reference"], None)
        if pay is None:
            yield Fault(CHARGE, row["number"], f"the provider has no {row['reference']}")
            continue
        here = (row["captured"], row["refunded"], row["currency"], row["state"] in HOLDING)
        there = (pay["captured"], pay["refunded"], pay["currency"], pay["capturable"] > 0)
        if here != there:
            yield Fault(
                CHARGE, row["number"], f"captured, refunded, currency, open: ours {here}, theirs {there}"
            )
    for pay in known.values():  # one without money in it, such as a declined one, is nobody's loss
        if pay["captured"] or pay["capturable"]:
            yield Fault(CHARGE, str(pay["order_id"]), f"{pay['id']} of {pay['amount']} is none of ours")
    keys = Counter(
        pay["effect_key"] for pay in theirs if pay["effect_key"] and (pay["captured"] or pay["capturable"])
    )
    yield from (Fault(CHARGE, key, f"charged {times} times") for key, times in keys.items() if times > 1)


def _labels(mine: Rows, theirs: Rows) -> Iterable[Fault]:
    known = {label["id"]: label for label in theirs if label["bought"]}
    standing: defaultdict[str, int] = defaultdict(int)
    for row in mine:
        if not str(row["reference"]).startswith("shp_"):
            continue  # of a carrier that is not outside
        label = known.pop(row["reference"], None)
        if label is None:
            yield Fault(LABEL, row["number"], f"the carrier has not sold {row['reference']}")
            continue
        standing[row["part"]] += not label["voided"]
        here = (row["state"] == "voided", row["amount"], row["currency"], row["tracking_code"], 1)
        there = (
            *(label[name] for name in ("voided", "rate_minor", "currency", "tracking_code", "purchases")),
        )
        if here != there:
            yield Fault(
                LABEL, row["number"], f"voided, price, currency, code, times: ours {here}, theirs {there}"
            )
    for row in mine:
        if row["part_state"] == "closed" and standing.get(row["part"], 1) != 1 and row["state"] != "voided":
            yield Fault(LABEL, row["number"], f"shipped with {standing[row['part']]} labels")
    for label in known.values():
        if not label["voided"]:
            yield Fault(LABEL, str(label["reference"]), f"{label['id']} was bought and is none of ours")


def _handoffs(mine: Rows, theirs: Rows) -> Iterable[Fault]:
    known = {request["request_id"]: request for request in theirs}
    for row in mine:
        request = known.pop(row["request_id"], None)
        if request is None:
            yield Fault(HANDOFF, row["number"], f"no partner has {row['request_id']}")
        elif request["count"] != 1:
            yield Fault(HANDOFF, row["number"], f"{row['request_id']} was taken {request['count']} times")
        elif request["status"] == "ready":
            continue  # what lies at a counter is handed out by us
        elif (request["status"] in GONE) != (row["part_state"] == "closed"):
            yield Fault(
                HANDOFF, row["number"], f"the part is {row['part_state']}, there it is {request['status']}"
            )
    yield from (
        Fault(
            HANDOFF,
            request["order_number"],
            f"{request['request_id']} is {request['status']} and none of ours",
        )
        for request in known.values()
        if request["status"] not in ("recalled", "rejected")
    )


def _messages(mine: Rows, texts: Rows, mails: Rows | None) -> Iterable[Fault]:
    """A mail is known by its Message-ID, so copies of one are one mail; every text message has a SID."""
    sent = {str(row["reference"]).strip("<>"): row for row in mine}
    there = {message["sid"] for message in texts}
    yield from (
        Fault(MESSAGE, message["sid"], f"the same text was sent {message['count']} times")
        for message in texts
        if message["count"] > 1
    )
    if mails is not None:
        there |= {str(mail["message_id"]).strip("<>") for mail in mails}
    for reference, row in sent.items():
        if reference not in there and (mails is not None or row["channel"] == "sms"):
            yield Fault(
                MESSAGE, row["number"], f"{row['stage']} by {row['channel']}: {reference} never arrived"
            )
    yield from (
        Fault(MESSAGE, reference, "was sent and is none of ours") for reference in sorted(there - set(sent))
    )
    twice = Counter(str(row["reference"]) for row in mine)
    yield from (Fault(MESSAGE, name, f"stands for {n} notifications") for name, n in twice.items() if n > 1)
