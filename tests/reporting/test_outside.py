"""The world outside against our rows: doubles, strangers and losses are found in both directions."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from orderwright.reporting import outside
from orderwright.reporting.outside import CHARGE, HANDOFF, LABEL, MESSAGE
from tests.reporting import returned
from tests.reporting.conftest import NUMBER, Record

World = dict[str, list[dict[str, Any]]]  # Any: the simulator's JSON
WORLD: World = {
    "payments": [
        {"id": "pi_1", "order_id": "o", "effect_key": "k1", "status": "succeeded", "amount": 3000,
         "capturable": 0, "captured": 3000, "refunded": 0, "currency": "gbp"},
    ],
    "labels": [
        {"id": "shp_1", "reference": "o:rate:1", "bought": True, "purchases": 1, "voided": False,
         "tracking_code": "1Z", "rate_minor": 1086, "currency": "usd"},
    ],
    "handoffs": [{"request_id": "", "order_number": NUMBER, "count": 1, "status": "shipped"}],
    "messages": [],
    "mails": [{"message_id": "<1@shop>", "copies": 1}],
}  # fmt: skip
MAIL, TEXT = {"message_id": "<2@shop>"}, {"sid": "SM1", "count": 1}

Change = Callable[[World], object]
SPOILED: list[tuple[str, str, Change]] = [
    ("a charge that is none of ours", CHARGE,
     lambda w: w["payments"].append({**w["payments"][0], "id": "pi_2", "effect_key": "k2"})),
    ("an effect that was charged twice", CHARGE,
     lambda w: w["payments"].append({**w["payments"][0], "id": "pi_2"})),
    ("a charge that the provider does not know", CHARGE, lambda w: w["payments"].clear()),
    ("another amount", CHARGE, lambda w: w["payments"][0].update(captured=2999)),
    ("money that is still held there", CHARGE, lambda w: w["payments"][0].update(capturable=1)),
    ("a refund that we do not know", CHARGE, lambda w: w["payments"][0].update(refunded=5)),
    ("a label that is none of ours", LABEL,
     lambda w: w["labels"].append({**w["labels"][0], "id": "shp_2"})),
    ("a label that was bought twice", LABEL, lambda w: w["labels"][0].update(purchases=2)),
    ("a label that is voided there only", LABEL, lambda w: w["labels"][0].update(voided=True)),
    ("a label that costs something else", LABEL, lambda w: w["labels"][0].update(rate_minor=1)),
    ("a label that the carrier never sold", LABEL, lambda w: w["labels"][0].update(bought=False)),
    ("a hand-off that was taken twice", HANDOFF, lambda w: w["handoffs"][0].update(count=2)),
    ("a hand-off that never arrived", HANDOFF, lambda w: w["handoffs"].clear()),
    ("a part that was not shipped there", HANDOFF, lambda w: w["handoffs"][0].update(status="accepted")),
    ("a hand-off that is none of ours", HANDOFF,
     lambda w: w["handoffs"].append({**w["handoffs"][0], "request_id": "other"})),
    ("a mail that never arrived", MESSAGE, lambda w: w["mails"].clear()),
    ("a mail that is none of ours", MESSAGE, lambda w: w["mails"].append(MAIL)),
    ("a text message that is none of ours", MESSAGE, lambda w: w["messages"].append(TEXT)),
    ("a text message that was sent twice", MESSAGE, lambda w: w["messages"].append({**TEXT, "count": 2})),
]  # fmt: skip


async def compared(record: Record, change: Change = lambda _: None) -> list[str]:
    """The rules that are broken once `change` has been made to a world that fits."""
    mine, world = await record.ours(), deepcopy(WORLD)
    world["handoffs"][0]["request_id"] = mine.parts[0]["request_id"]
    change(world)
    return [fault.rule for fault in outside.compare(mine, world, world["mails"])]


async def test_a_world_that_fits_has_no_faults(record: Record) -> None:
    assert await compared(record) == []


@pytest.mark.parametrize(
    ("rule", "change"), [case[1:] for case in SPOILED], ids=[case[0] for case in SPOILED]
)
async def test_a_difference_is_found(record: Record, rule: str, change: Change) -> None:
    assert rule in await compared(record, change)


async def test_a_declined_attempt_and_a_copy_of_one_mail_are_no_faults(record: Record) -> None:
    def harmless(world: World) -> None:
        world["payments"].append({**WORLD["payments"][0], "id": "pi_2", "effect_key": "k2", "captured": 0})
        world["mails"].append(world["mails"][0])

    assert await compared(record, harmless) == []


async def test_a_voided_label_and_a_recalled_request_are_not_missed(record: Record) -> None:
    def given_back(world: World) -> None:
        world["labels"].append({**WORLD["labels"][0], "id": "shp_2", "voided": True})
        world["handoffs"].append({**WORLD["handoffs"][0], "request_id": "other", "status": "recalled"})

    assert await compared(record, given_back) == []


async def test_mails_are_not_compared_where_the_catcher_was_not_asked(record: Record) -> None:
    mine = await record.ours()
    world = deepcopy(WORLD)
    world["handoffs"][0]["request_id"] = mine.parts[0]["request_id"]

    assert outside.compare(mine, world, None) == []


async def test_the_label_of_a_return_is_ours_too(record: Record) -> None:
    await record.spoil(*returned.LABELED)

    def sold(world: World) -> None:
        label = {"id": "shp_2", "rate_minor": 700, "tracking_code": "2Z"}
        world["labels"].append({**world["labels"][0], **label})

    assert await compared(record, sold) == []
    assert await compared(record) == [LABEL]


@pytest.mark.parametrize("status", ["shipped", "delivered"])
async def test_a_drop_shipment_is_found_at_the_supplier(record: Record, status: str) -> None:
    def at_supplier(world: World) -> None:
        world["purchases"] = [{**world["handoffs"].pop(), "status": status, "number": "PO-000001"}]

    assert await compared(record, at_supplier) == []


async def test_a_purchase_order_that_is_none_of_ours_is_found(record: Record) -> None:
    def more(world: World) -> None:
        world["purchases"] = [{**world["handoffs"][0], "request_id": "other", "number": "PO-000002"}]

    assert await compared(record, more) == [HANDOFF]


async def test_what_lies_at_a_counter_is_handed_out_by_us(record: Record) -> None:
    def ready(world: World) -> None:
        world["handoffs"][0].update(status="ready")

    assert await compared(record, ready) == []
