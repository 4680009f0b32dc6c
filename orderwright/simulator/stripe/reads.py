"""Stripe's lists and searches."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from itertools import islice

from orderwright.simulator.http import whole
from orderwright.simulator.stripe import render
from orderwright.simulator.stripe.errors import invalid
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

CLAUSE = re.compile(
    r"""\s*(?:metadata\[['"](?P<name>[^'"\]]+)['"]\]|(?P<field>\w+))\s*:\s*['"](?P<value>[^'"]*)['"]"""
)


def _limit(wanted: Json) -> int:
    return min(100, max(1, whole(wanted.get("limit"), 10)))


def _is_created_within(record: Json, bounds: object) -> bool:
    if isinstance(bounds, str):
        return bool(record["created"] == whole(bounds, -1))
    if not isinstance(bounds, dict):
        return True
    created = record["created"]
    checks = {
        "gt": lambda bound: created > bound,
        "gte": lambda bound: created >= bound,
        "lt": lambda bound: created < bound,
        "lte": lambda bound: created <= bound,
    }
    return all(checks[name](whole(bound, 0)) for name, bound in bounds.items() if name in checks)


def _since(bounds: object) -> float:
    """The index's share of `created`: a lower bound, with a margin for whole seconds."""
    if not isinstance(bounds, dict):
        return 0.0
    return max(0.0, max(whole(bounds.get("gte"), 0), whole(bounds.get("gt"), 0)) - 2.0)


def _cut(records: Iterable[Json], limit: int) -> tuple[list[Json], bool]:
    some = list(islice(records, limit + 1))
    return some[:limit], len(some) > limit


class Reads:
    """Newest first, as Stripe lists."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.store = world.store

    def payments(self, wanted: Json, expand: list[str]) -> Json:
        """GET /v1/payment_intents."""
        found = self._world.store.newest(
            "pi", before=wanted.get("starting_after"), since=_since(wanted.get("created"))
        )
        matching = (
            pay
            for pay in found
            if _is_created_within(pay, wanted.get("created"))
            and wanted.get("customer") in {None, pay.get("customer")}
        )
        records, has_more = _cut(matching, _limit(wanted))
        return render.page(
            [render.intent(pay, expand) for pay in records], "/v1/payment_intents", has_more=has_more
        )

    def search(self, wanted: Json, expand: list[str]) -> Json:
        """GET /v1/payment_intents/search: metadata and status clauses joined by AND."""
        clauses = [CLAUSE.fullmatch(part) for part in re.split(r"\s+AND\s+", str(wanted.get("query") or ""))]
        if not all(clauses):
            raise invalid("We were unable to parse your search query.", param="query", is_kept=False)
        terms = [clause for clause in clauses if clause]
        tags = [f"{term['name']}={term['value']}" for term in terms if term["name"]]
        lag = self._world.switches.take(Mode.SEARCH_LAG, "stripe", "payment_intents.search")
        until = time.time() - float(lag.value) if lag else time.time() + 60
        found = self._world.store.tagged("pi", tags[0]) if tags else self._world.store.newest("pi")
        matching = (pay for pay in found if pay["created"] <= until and _fits(pay, terms))
        records, has_more = _cut(matching, _limit(wanted))
        bodies = [render.intent(pay, expand) for pay in records]
        return render.page(bodies, "/v1/payment_intents/search", has_more=has_more, kind="search_result")

    def refunds(self, wanted: Json) -> Json:
        """GET /v1/refunds, of one intent or of all."""
        payment_id, after = wanted.get("payment_intent"), wanted.get("starting_after")
        if payment_id:
            found: Iterable[Json] = reversed(self._world.store.children(str(payment_id), "re"))
            if after:
                older = list(found)
                place = next((i for i, back in enumerate(older) if back["id"] == after), -1)
                found = older[place + 1 :]
        else:
            found = self._world.store.newest("re", before=after, since=_since(wanted.get("created")))
        matching = (
            back
            for back in found
            if _is_created_within(back, wanted.get("created"))
            and wanted.get("charge") in {None, back["charge"]}
        )
        records, has_more = _cut(matching, _limit(wanted))
        return render.page([render.refund(back) for back in records], "/v1/refunds", has_more=has_more)

    def transactions(self, wanted: Json, expand: list[str]) -> Json:
        """GET /v1/balance_transactions, of one payout or of all."""
        found = self._listed("txn", wanted)
        if payout := wanted.get("payout"):
            found = (txn for txn in found if payout in {txn.get("payout"), txn["source"]})
        if kind := wanted.get("type"):
            found = (txn for txn in found if txn["type"] == kind)
        records, has_more = _cut(found, _limit(wanted))
        bodies = [render.transaction(txn) for txn in records]
        if "source" in expand:
            bodies = [
                {**body, "source": _source(self, txn)} for body, txn in zip(bodies, records, strict=True)
            ]
        return render.page(bodies, "/v1/balance_transactions", has_more=has_more)

    def payouts(self, wanted: Json) -> Json:
        """GET /v1/payouts."""
        records, has_more = _cut(self._listed("po", wanted), _limit(wanted))
        return render.page([render.payout(sent) for sent in records], "/v1/payouts", has_more=has_more)

    def _listed(self, kind: str, wanted: Json) -> Iterator[Json]:
        bounds = wanted.get("created")
        found = self.store.newest(kind, before=wanted.get("starting_after"), since=_since(bounds))
        return (record for record in found if _is_created_within(record, bounds))

    def sessions(self, wanted: Json) -> Json:
        """GET /v1/checkout/sessions, of one intent or of all."""
        if wanted.get("payment_intent"):
            found: Iterable[Json] = self._world.store.tagged("cs", f"intent:{wanted['payment_intent']}")
        else:
            found = self._world.store.newest("cs", before=wanted.get("starting_after"))
        matching = (
            checkout
            for checkout in found
            if _is_created_within(checkout, wanted.get("created"))
            and wanted.get("status") in {None, checkout["status"]}
        )
        records, has_more = _cut(matching, _limit(wanted))
        bodies = [render.session(checkout) for checkout in records]
        return render.page(bodies, "/v1/checkout/sessions", has_more=has_more)


def _source(reads: Reads, txn: Json) -> Json | str:
    """The object that moved the balance, where it is to be shown in full."""
    found = reads.store.get(txn["object"])
    if found is None:
        return str(txn["source"])
    shown = {"charge": render.charge, "refund": render.refund, "payout": render.payout}
    return shown.get(txn["type"], render.dispute)(found)


def _fits(pay: Json, terms: Iterable[re.Match[str]]) -> bool:
    for term in terms:
        has = pay["metadata"].get(term["name"]) if term["name"] else pay.get(term["field"])
        if str(has) != term["value"]:
            return False
    return True
