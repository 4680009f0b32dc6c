"""Returns of the Online Retail file: planned, run once each, compared to the penny."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from orderwright.cli.client import Api, Json, Problem, Unreachable
from orderwright.cli.importing import asking, comparing, placing, retail, returning, returns
from orderwright.cli.importing.asking import Asking, Stalled
from orderwright.cli.importing.bodies import RULES
from orderwright.cli.importing.comparing import Compared, Difference
from orderwright.cli.importing.credits import Credit
from orderwright.cli.importing.placing import Pace
from orderwright.cli.importing.retail import Reading, Reason, Row
from orderwright.cli.importing.returning import Given, Returning
from orderwright.cli.importing.returns import Measure

NEXT = {"approve": "approved", "receive": "received", "inspect": "inspected"}


class Shop(Api):
    """The API as the returns see it: two lines an order, 255 pence a unit, refunds given after some looks."""

    def __init__(self, *, allowed: bool = False, looks: int = 1) -> None:  # no connection is opened
        self.returns: list[Json] = []
        self.did: list[str] = []
        self.trouble: list[Exception] = []
        self.refuse: set[str] = set()
        self.policies: list[Json] = [{"version": 0, "note": "", "rules": {"window_days": 30}}]
        self._first = "approved" if allowed else "requested"
        self._looks = looks

    async def post(self, path: str, body: Json | None = None, *, once: str = "", **query: Any) -> Json:
        if self.trouble:
            raise self.trouble.pop()
        if path == "/v1/return-policies":
            rules = {name: value for name, value in (body or {}).items() if name != "note"}
            self.policies.insert(
                0, {"version": len(self.policies), "note": (body or {})["note"], "rules": rules}
            )
            return self.policies[0]
        *_, name, what = path.split("/")
        if what == "returns":
            return self._asked(name, body or {})
        one = next(one for one in self.returns if one["number"] == name)
        self.did.append(f"{what} {name}")
        for line, said in zip(one["lines"], (body or {}).get("lines", ()), strict=False):
            line["received"] = said["quantity"]
        one["state"] = NEXT[what]
        return dict(one)

    def _asked(self, order_id: str, body: Json) -> Json:
        if order_id in self.refuse:
            raise Problem(409, "return_refused", "the rules refuse it")
        lines = [
            {**line, "units": line["quantity"], "received": 0, "missing": 0, "refund": 255 * line["quantity"]}
            for line in body["lines"]
        ]
        number = f"RET-{1 + len(self.returns)}"
        self.returns.append(
            {"id": number, "number": number, "order_id": order_id, "note": body["note"], "state": self._first,
             "lines": lines, "refunds": [f"refund of {number}"], "looks": 0}
        )  # fmt: skip
        return dict(self.returns[-1])

    async def get(self, path: str, **query: Any) -> Json:
        if path == "/v1/return-policies":
            return {"data": self.policies}
        *_, kind, name = path.split("/")
        if kind == "returns":
            return next(one for one in self.returns if one["number"] == name)
        if name == "documents":
            own = [one["number"] for one in self.returns if one["order_id"] == kind]
            memos = [{"kind": "credit_memo", "refund_id": f"refund of {number}"} for number in own]
            return {"data": [{"kind": "invoice", "refund_id": None}, *memos]}
        refunds = [
            {"id": f"refund of {one['number']}", "state": "succeeded",
             "amount": sum(line["refund"] for line in one["lines"]) + 100 * (name == "id-FR")}
            for one in self.returns if one["order_id"] == name
        ]  # fmt: skip
        lines = [{"id": f"{name}-{place}", "position": place} for place in (2, 1)]
        return {"id": name, "number": name, "lines": lines, "refunds": refunds}

    async def pages(
        self, path: str, filters: Any = None, *, limit: int | None = None
    ) -> AsyncIterator[Json]:  # Any: as the API has it
        wanted = (filters or {}).get("filter[state]")
        for one in list(self.returns):
            if wanted in (None, one["state"]):
                yield dict(one)
                one["looks"] += wanted is not None
                if one["state"] == "inspected" and one["looks"] >= self._looks:
                    one["state"] = "resolved"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between two looks."""
    for module in (placing, returning):
        monkeypatch.setattr(module, "LOOK_S", 0.001)
    monkeypatch.setattr(asking, "FIRST_PAUSE_S", 0.001)


def credit(invoice: str, sale: str, *, amount: int = 510, **units: int) -> Credit:
    """Two units of the first line, unless others are said as `at_1=3`."""
    found = Counter({int(name.removeprefix("at_")): some for name, some in units.items()} or {0: 2})
    row = Row(9, invoice, "71053", "LANTERN", "-2", "2010-12-03 08:26:00", "2.55", "17850", "France")
    return Credit(invoice, sale, found, amount, [row])


def ids(*found: Credit) -> dict[str, str]:
    return {one.sale: f"id-{one.sale}" for one in found}


async def run(shop: Shop, *found: Credit, **pace: Any) -> Given:  # Any: the fields of Pace
    return await Returning(shop, Pace(**pace), lambda _: None).run(found, ids(*found))


async def test_each_credit_is_asked_for_approved_received_inspected_and_refunded() -> None:
    shop, found = Shop(), [credit("C1", "A"), credit("C2", "A", at_1=3)]

    given = await run(shop, *found, at_once=1)

    assert shop.did == [
        "approve RET-1", "receive RET-1", "inspect RET-1", "approve RET-2", "receive RET-2", "inspect RET-2",
    ]  # fmt: skip
    assert [[(line["line_id"], line["received"]) for line in one["lines"]] for one in shop.returns] == [
        [("id-A-1", 2)], [("id-A-2", 3)],
    ]  # fmt: skip
    assert (given.opened, given.before, given.ended, given.under_way) == (2, 0, 2, 0)
    assert {name: one["state"] for name, one in given.returns.items()} == {
        "C1/A": "resolved",
        "C2/A": "resolved",
    }


async def test_the_shops_own_rules_are_in_force_again_afterwards() -> None:
    shop = Shop()

    given = await run(shop, credit("C1", "A"))

    assert [(one["version"], one["note"]) for one in shop.policies] == [(2, ""), (1, RULES), (0, "")]
    assert (given.policy, shop.policies[0]["rules"]) == (1, {"window_days": 30})


async def test_what_the_rules_allow_by_themselves_nobody_approves() -> None:
    shop = Shop(allowed=True)

    await run(shop, credit("C1", "A"))

    assert shop.did == ["receive RET-1", "inspect RET-1"]


async def test_run_again_it_returns_nothing_twice_and_touches_no_rules() -> None:
    shop, found = Shop(), [credit("C1", "A"), credit("C2", "B")]
    await run(shop, *found)
    did, policies = list(shop.did), len(shop.policies)

    given = await run(shop, *found)

    assert (given.opened, given.before, len(shop.returns)) == (0, 2, 2)
    assert (shop.did, len(shop.policies)) == (did, policies)


@pytest.mark.parametrize(
    ("state", "left"),
    [("requested", ["approve", "receive", "inspect"]), ("in_transit", ["receive", "inspect"]),
     ("received", ["inspect"]), ("inspected", [])],
)  # fmt: skip
async def test_an_interrupted_return_goes_on_from_its_state(state: str, left: list[str]) -> None:
    shop = Shop(looks=10**9)
    with pytest.raises(Stalled):
        await run(shop, credit("C1", "A"), patience=0.01)
    shop.did.clear()
    shop._looks = 1
    shop.returns[0]["state"] = state

    given = await run(shop, credit("C1", "A"))

    assert [one.split()[0] for one in shop.did] == left
    assert (given.before, given.opened, given.returns["C1/A"]["state"]) == (1, 0, "resolved")
    assert shop.policies[0]["note"] == ""


async def test_a_refused_return_is_reported_by_its_rows_and_the_others_go_on() -> None:
    shop, found = Shop(), [credit("C1", "A"), credit("C2", "B")]
    shop.refuse = {"id-A"}

    given = await run(shop, *found)

    assert [(one.row.invoice, one.reason, one.said) for one in given.refused] == [
        ("C1", Reason.REFUSED, "the rules refuse it (return_refused)")
    ]
    assert list(given.returns) == ["C2/B"]


async def test_whoever_was_faster_has_done_it_and_the_return_goes_on() -> None:
    shop = Shop()

    async def approved_by_somebody(
        path: str, body: Json | None = None, *, once: str = "", **query: Any
    ) -> Json:
        answer = await Shop.post(shop, path, body, once=once)
        if path.endswith("/approve"):
            raise Problem(409, "conflict", "the return is approved")
        return answer

    shop.post = approved_by_somebody  # type: ignore[method-assign]  # one answer differs

    given = await run(shop, credit("C1", "A"))

    assert given.returns["C1/A"]["state"] == "resolved"


async def test_bad_moments_delay_and_lose_nothing() -> None:
    shop = Shop()
    shop.trouble = [Unreachable("gone"), Problem(503, "unavailable", "")]

    given = await run(shop, credit("C1", "A"))

    assert given.returns["C1/A"]["state"] == "resolved"


async def test_refunds_are_compared_to_the_penny_and_shipping_is_told_beside_them() -> None:
    shop = Shop()
    found = [credit("C1", "A"), credit("C2", "A", amount=500), credit("C3", "FR")]
    given = await run(shop, *found, at_once=1)

    seen = await comparing.compare(Asking(shop, 1), found, given.returns, patience=1, at_once=2)

    assert seen == Compared(
        in_file=1520, goods=1530, shipping=100, refunds=3, memos=3, with_shipping=1,
        states={"resolved": 3}, differing=[Difference("C2", "A", "RET-2", 500, 510)],
    )  # fmt: skip


def row(number: int, invoice: str, units: int, day: str, **cells: str) -> Row:
    """A line of the file."""
    plain = Row(number, invoice, "71053", "LANTERN", str(units), f"{day} 08:26:00", "2.55", "17850", "France")
    return replace(plain, **cells)  # type: ignore[arg-type]  # cells are text


def some() -> Reading:
    """Two sales and what is credited of them in December and in March."""
    return retail.read([
        row(2, "536365", 6, "2010-12-01"),
        row(3, "536366", 4, "2010-12-02"),
        row(4, "C536379", -5, "2010-12-03"),
        row(5, "C536379", -1, "2010-12-03", code="D", price="27.5"),
        row(6, "C536380", -1, "2010-12-04", customer=""),
        row(7, "C540000", -1, "2011-02-28"),
        row(8, "C540001", -1, "2011-03-01"),
        row(9, "C540002", -1, "some day"),
    ])  # fmt: skip


def test_a_plan_has_the_credits_of_the_first_months_and_the_sales_they_need() -> None:
    plan = returns.plan(some(), 3, None)

    assert (plan.since, plan.until) == (date(2010, 12, 1), date(2011, 3, 1))
    assert [(one.name, one.units.total()) for one in plan.found] == [
        ("C536379/536366", 4), ("C536379/536365", 1), ("C540000/536365", 1),
    ]  # fmt: skip
    assert plan.invoices == {"536365", "536366"}
    assert [(one.row.number, one.reason) for one in plan.rows] == [
        (4, Reason.GIVEN_BACK), (5, Reason.DISCOUNT), (6, Reason.NO_CUSTOMER), (7, Reason.GIVEN_BACK),
        (9, Reason.UNREADABLE),
    ]  # fmt: skip


def test_the_limit_counts_the_sales_that_are_needed() -> None:
    plan = returns.plan(some(), 1, 1)

    assert (plan.until, [one.name for one in plan.found]) == (date(2011, 1, 1), ["C536379/536365"])
    assert plan.rows[0].reason is Reason.NOT_REACHED


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [(date(2010, 12, 1), 3, date(2011, 3, 1)), (date(2010, 11, 30), 3, date(2011, 2, 28)),
     (date(2011, 1, 31), 12, date(2012, 1, 31)), (date(2010, 12, 1), 1, date(2011, 1, 1))],
)  # fmt: skip
def test_months_later_is_the_same_day_or_the_months_last(day: date, months: int, later: date) -> None:
    assert returns.after(day, months) == later


def test_rows_are_measured_by_what_the_file_has_for_them() -> None:
    rows = [row(4, "C1", -5, "2010-12-03"), row(5, "C1", -1, "2010-12-03", price="27.5"),
            row(6, "C2", -1, "2010-12-03", price="dear")]  # fmt: skip

    assert Measure.of(rows) == Measure(invoices=2, lines=3, units=6, value=4025)
