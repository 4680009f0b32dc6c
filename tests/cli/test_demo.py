"""The demo: its stories fit its goods, its facts say what was, and the whole of it ends as it must."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orderwright.cli.demonstration import after, money
from orderwright.cli.demonstration.facts import facts
from orderwright.cli.demonstration.goods import GOODS, LOCATIONS
from orderwright.cli.demonstration.running import Played
from orderwright.cli.demonstration.shop import ADDRESS
from orderwright.cli.demonstration.stories import STORIES
from orderwright.domain import addresses
from orderwright.domain.addresses import Address
from orderwright.domain.orders import ENDS
from orderwright.local.supervisor import shut_down

ORDER: dict[str, Any] = {  # Any: as the API answers
    "state": "canceled", "total": 3000, "status": {"fulfillment": "unfulfilled"},
    "payments": [{"state": "voided", "authorized_at": "2026-11-22T10:00:00Z", "captured": 0, "refunded": 0}],
    "fulfillment_orders": [{"state": "canceled"}],
    "shipments": [{"state": "voided", "tracking_code": "1Z"}],
    "cancel": {"state": "accepted"},
    "holds": [{"type": "approval", "outcome": "approved", "state": "released"}],
}  # fmt: skip


def test_facts_say_what_became_of_an_order() -> None:
    assert facts(ORDER, ["answer_lost"]) == [
        "canceled", "nothing charged", "unfulfilled", "authorization voided", "0 parts", "0 labels",
        "label voided", "cancel accepted", "approval: approved", "world: answer lost",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "captured", "refunded", "word"),
    [(3000, 3000, 0, "charged"), (3000, 1, 0, "partly charged"), (0, 0, 0, "nothing to pay"),
     (3000, 3000, 3000, "nothing charged")],
)  # fmt: skip
def test_facts_say_how_much_was_charged(total: int, captured: int, refunded: int, word: str) -> None:
    order = copy.deepcopy(ORDER)
    order["total"] = total
    order["payments"][0] |= {"captured": captured, "refunded": refunded}

    assert facts(order)[1] == word


def test_there_are_25_stories_with_a_name_and_a_stated_end_each() -> None:
    assert len(STORIES) == len({story.name for story in STORIES}) == 25
    assert all(story.ends[0] in ENDS for story in STORIES)


def test_a_story_that_ends_otherwise_is_not_good() -> None:
    played = Played(STORIES[0], None, found=["completed", "delivered"], done=True)  # type: ignore[arg-type]  # no shop needed

    assert played.missing == ["charged", "1 part"]
    assert not played.good


def test_the_stories_of_money_and_their_goods() -> None:
    places = {location["code"] for location in LOCATIONS}

    assert [story.name for story in money.STORIES] == [
        "authorized for 60 s, renewed in time", "two shipments, three refunds",
        "a gift card first, a card for the rest", "a transfer that is 1.00 short",
        "disputed by the customer's bank",
    ]  # fmt: skip
    assert all(set(good.stock) <= places for good in money.GOODS)


def test_the_stories_of_what_comes_after_and_their_goods() -> None:
    places = {location["code"] for location in LOCATIONS}

    assert [story.name for story in after.STORIES] == [
        "changed: two lamps more, paid", "two of three mugs canceled", "late, found before anybody asks",
        "lost, sent again at no cost", "one of two arrives broken", "two come back, one damaged",
        "an uneven exchange shipped first",
    ]  # fmt: skip
    assert all(set(good.stock) <= places for good in after.GOODS)


def test_the_goods_lie_where_there_are_locations_and_the_addresses_are_good() -> None:
    places = {location["code"] for location in LOCATIONS}

    assert all(set(good.stock) <= places for good in GOODS)
    assert addresses.problems(Address(**ADDRESS)) == []
    assert all(addresses.problems(Address(**location["address"])) == [] for location in LOCATIONS)


@pytest.fixture
def folder(scratch: Path) -> Iterator[Path]:
    """The demo's data dir; whatever still runs there in the end is stopped."""
    yield scratch / "demo"
    shut_down(scratch / "demo", lambda _line: None)


def test_the_demo_ends_as_it_must(folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "orderwright.cli.main",
        "demo",
        "--data-dir",
        str(folder),
        "--free-ports",
    ]

    ran = subprocess.run(  # noqa: S603 - the product's own command
        [*command, "--json"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400,
        check=False, env=dict(os.environ),
    )  # fmt: skip

    told = json.loads(ran.stdout or "{}")
    assert [one for one in told.get("orders", []) if not one["as_expected"]] == [], ran.stderr
    assert told.get("faults") == [], ran.stderr
    assert (ran.returncode, len(told["orders"])) == (0, 25)
