"""The import run: as fast as the system takes it, through its bad moments, and nothing twice."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from orderwright.cli.client import Api, Json, Problem, Unreachable
from orderwright.cli.importing import asking, placing, retail
from orderwright.cli.importing.asking import Stalled
from orderwright.cli.importing.placing import Pace, Placing, Window
from orderwright.cli.importing.retail import Reading, Reason, Row


class Shop(Api):
    """The API as the import sees it: remembers keys and external ids, ends orders after some looks."""

    def __init__(self, *, looks_to_end: int = 1) -> None:  # no connection is opened
        self.orders: dict[str, Json] = {}
        self.answers: dict[str, Json] = {}
        self.receipts: list[str] = []
        self.rates: list[tuple[str, list[int]]] = []
        self.classes: set[str | None] = set()
        self.refunds: list[tuple[str, list[Json], str]] = []
        self.most_under_way = 0
        self.trouble: list[Exception] = []
        self.refuse: dict[str, Problem] = {}
        self.ask_a_person: set[str] = set()
        self._looks_to_end = looks_to_end

    async def post(self, path: str, body: Json | None = None, *, once: str = "", **query: Any) -> Json:
        await asyncio.sleep(0)
        if self.trouble:
            raise self.trouble.pop()
        if once and once in self.answers:
            return self.answers[once]
        answer = self._done(path, body or {}, once)
        if once:
            self.answers[once] = answer
        return answer

    def _done(self, path: str, body: Json, once: str) -> Json:
        if path == "/v1/products/batch":
            self.classes |= {product.get("tax_class") for product in body["products"]}
        if path == "/v1/stock/receipts":
            self.receipts.append(once)
        if path.endswith("/refunds"):
            self.refunds.append((path.split("/")[3], body["lines"], once))
            return {"data": [{"amount": 306}]}
        if path != "/v1/orders":
            return {}
        invoice = body["external_id"]
        if invoice in self.refuse:
            raise self.refuse[invoice]
        if invoice in self.orders:
            raise Problem(409, "exists", "there is one")
        self.orders[invoice] = {
            "id": invoice, "external_id": invoice, "state": "submitted", "looks": 0,
            "needs_person": invoice in self.ask_a_person, "total": 255 + (invoice == "1002"),
            "status": {"fulfillment": "unfulfilled"},
        }  # fmt: skip
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        return self.orders[invoice]

    async def get(self, path: str, **query: Any) -> Json:
        order_id = path.rsplit("/", maxsplit=1)[-1]
        lines = [{"id": f"{order_id}-1", "position": 1}]
        return {"id": order_id, "number": order_id, "lines": lines, "refunds": [{"state": "succeeded"}]}

    async def put(self, path: str, body: Json, **other: Any) -> Json:
        self.rates.append((path, [rate["rate_ppm"] for rate in body["rates"]]))
        return {}

    @property
    def under_way(self) -> list[Json]:
        return [order for order in self.orders.values() if order["state"] == "submitted"]

    async def pages(
        self, path: str, filters: Any = None, *, limit: int | None = None
    ) -> AsyncIterator[Json]:  # Any: as the API has it
        if self.trouble:
            raise self.trouble.pop()
        for order in self.under_way if "filter[state]" in filters else list(self.orders.values()):
            yield dict(order)
            order["looks"] += "filter[state]" in filters
            if order["looks"] >= self._looks_to_end and not order["needs_person"]:
                order["state"] = "completed"


def reading(sales: int) -> Reading:
    """So many one-line invoices."""
    return retail.read(
        Row(number, f"{number}", "71053", "LANTERN", "1", "2010-12-01 08:26:00", "2.55", "", "France")
        for number in range(1001, 1001 + sales)
    )


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between two looks."""
    monkeypatch.setattr(placing, "LOOK_S", 0.001)
    monkeypatch.setattr(asking, "FIRST_PAUSE_S", 0.001)


def run(shop: Shop, sales: int, **pace: Any) -> Placing:  # Any: the fields of Pace
    return Placing(shop, reading(sales), Pace(**pace), lambda _: None)


async def test_every_sale_becomes_an_order_and_is_followed_to_its_end() -> None:
    shop = Shop()

    tally = await run(shop, 250).run()

    assert (tally.placed, tally.before, tally.refused) == (250, 0, [])
    assert tally.outcomes == {"completed": 250}
    assert shop.receipts == [f"online-retail/stock/{chunk}/0" for chunk in range(3)]


async def test_the_limit_counts_orders_and_stocks_whole_blocks() -> None:
    shop = Shop()

    tally = await run(shop, 250, limit=120).run()

    assert (tally.wanted, tally.placed, len(shop.orders)) == (120, 120, 120)
    assert shop.receipts == ["online-retail/stock/0/0", "online-retail/stock/1/0"]


async def test_where_some_invoices_are_wanted_each_brings_its_own_stock_and_nothing_else() -> None:
    shop = Shop()

    tally = await run(shop, 250, only={"1002", "1201"}).run()
    again = await run(shop, 250, only={"1002", "1201"}, limit=1).run()

    assert (tally.wanted, tally.placed, sorted(shop.orders)) == (2, 2, ["1002", "1201"])
    assert (again.wanted, again.before, again.placed) == (1, 1, 0)
    assert shop.receipts == ["online-retail/stock/of/1002/0", "online-retail/stock/of/1201/0"]


async def test_no_more_orders_are_under_way_than_allowed() -> None:
    shop = Shop(looks_to_end=3)

    await run(shop, 60, unfinished=7, at_once=3).run()

    assert shop.most_under_way <= 7


async def test_started_again_it_goes_on_without_doubles() -> None:
    shop = Shop()
    await run(shop, 150, limit=70).run()
    received = list(shop.receipts)

    tally = await run(shop, 150).run()

    assert (tally.before, tally.placed, len(shop.orders)) == (70, 80, 150)
    assert shop.receipts == [*received, "online-retail/stock/1/0"]


async def test_an_order_that_somebody_placed_meanwhile_counts_as_there() -> None:
    shop = Shop()
    shop.refuse = {"1002": Problem(409, "exists", "there is one")}

    tally = await run(shop, 3).run()

    assert (tally.placed, tally.before) == (2, 1)


@pytest.mark.parametrize(
    "trouble",
    [Unreachable("gone"), Problem(503, "unavailable", ""), Problem(429, "slow_down", "", retry_after=0.001),
     Problem(409, "in_progress", "")],
)  # fmt: skip
async def test_a_bad_moment_delays_and_loses_nothing(trouble: Exception) -> None:
    shop = Shop()
    shop.trouble = [trouble] * 3

    tally = await run(shop, 5).run()

    assert (tally.placed, tally.outcomes["completed"]) == (5, 5)


async def test_a_refused_order_is_reported_row_by_row_and_the_others_go_on() -> None:
    shop = Shop()
    shop.refuse = {"1002": Problem(422, "unknown_product", "no such product")}

    tally = await run(shop, 3).run()

    (refused,) = tally.refused
    assert (refused.row.invoice, refused.reason, refused.said) == (
        "1002", Reason.REFUSED, "no such product (unknown_product)",
    )  # fmt: skip
    assert tally.placed == 2


async def test_a_key_without_the_right_ends_the_run() -> None:
    shop = Shop()
    shop.refuse = {"1001": Problem(403, "price_not_allowed", "this key may not agree on prices")}

    with pytest.raises(Problem, match="may not agree"):
        await run(shop, 3).run()


async def test_orders_that_wait_for_a_person_are_not_waited_for() -> None:
    shop = Shop()
    shop.ask_a_person = {"1002"}

    tally = await run(shop, 3).run()

    assert (tally.waiting, tally.outcomes) == (1, {"completed": 2, "submitted": 1})


async def test_a_system_that_stands_still_is_not_waited_for_for_ever() -> None:
    with pytest.raises(Stalled, match="none has moved"):
        await run(Shop(looks_to_end=10**9), 3, patience=0.05).run()


def test_the_window_grows_while_orders_end_soon_and_shrinks_while_they_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    window = Window(12)

    sizes = []
    for seconds, under_way in ((0, ["a"]), (1, ["a", "b"]), (1, ["a"]), (19, ["a"]), (1, ["a"]), (1, ["b"])):
        now += seconds
        window.learn(under_way)
        sizes.append(window.size)

    assert sizes == [10, 12, 12, 9, 6, 8]


def test_a_window_never_closes_and_never_opens_further_than_asked() -> None:
    window = Window(3)
    for _ in range(5):
        window.learn([])

    assert window.size == 3


async def test_credits_are_given_back_once_after_the_orders_have_ended() -> None:
    shop = Shop()
    row = Row(9, "C2001", "71053", "LANTERN", "-1", "2010-12-02 08:26:00", "2.55", "17850", "France")
    sale = Row(2, "1001", "71053", "LANTERN", "1", "2010-12-01 08:26:00", "2.55", "17850", "France")

    for _ in range(2):
        sold = retail.read([sale, row])
        tally = await Placing(shop, sold, Pace(credits=True), lambda _: None).run()

    assert shop.refunds == [("1001", [{"line_id": "1001-1", "quantity": 1}], "online-retail/C2001/1001")]
    assert (tally.credits, tally.credited, tally.given_back) == (1, 255, 306)
    assert [one.reason for one in sold.listed] == [Reason.GIVEN_BACK]


async def test_prices_that_hold_their_tax_give_the_files_own_totals() -> None:
    net, gross = Shop(), Shop()

    plain = await run(net, 3).run()
    tally = await run(gross, 3, gross=True).run()

    assert (net.rates, net.classes, plain.in_file) == ([], {None}, 0)
    assert (gross.rates, gross.classes) == ([("/v1/tax/rates", [175_000, 200_000])], {"retail-gross"})
    assert (tally.in_file, tally.ordered, tally.differing) == (765, 766, ["1002"])
