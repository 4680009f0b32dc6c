"""The stories of `demo money`: what happens to the money of an order, from its authorization to a dispute."""

from collections.abc import Sequence

from orderwright.cli.client import Json
from orderwright.cli.demonstration.goods import BOTH, Good
from orderwright.cli.demonstration.shop import Shop
from orderwright.cli.demonstration.stories import DELIVERED, Story

VALID_S = 60
GOODS = (
    Good("PIANO", "Toy piano, walnut", 120_000, BOTH, grams=9_000),
    Good("CHAIR", "Garden chair", 8900, {"LONDON": 9}, grams=4_000),
    Good("TABLE", "Garden table", 15_900, {"LEEDS": 9}, grams=12_000),
    Good("LAMP", "Reading lamp", 3900, BOTH),
    Good("MUG", "Mug, blue", 1250, BOTH),
)


async def _renewed(shop: Shop) -> None:
    """The bank keeps the money for 60 s, and the customer's order waits for longer."""
    await shop.bend("stripe", "authorization_seconds", {"amount": "120000"}, value=VALID_S, times=1)
    await shop.place(PIANO=1)
    await shop.until_held("approval")
    shop.now = f"the authorization ends after {VALID_S} s"
    await shop.until("a new authorization", _is_renewed)
    await shop.do("approve")


def _is_renewed(order: Json) -> bool:
    states = [payment["state"] for payment in order["payments"]]
    return "voided" in states and "authorized" in states


async def _given_back(shop: Shop) -> None:
    """Two shipments, captured as each leaves; then a chair, some shipping and an apology go back."""
    await shop.place(CHAIR=2, TABLE=1)
    await shop.settled()
    for body in (
        {"lines": [{"sku": "CHAIR", "quantity": 1}], "reason": "arrived broken"},
        {"lines": [{"sku": "TABLE", "amount": 1000}], "reason": "a scratch"},
        {"amount": 333, "reason": "late"},
    ):
        shop.now = f"refund: {body['reason']}"
        await shop.do("refunds", body)
    await shop.until(
        "its refunds", lambda order: all(one["state"] == "succeeded" for one in order["refunds"])
    )


async def _gift_card(shop: Shop) -> None:
    issued = await shop.api.post("/v1/gift-cards", {"amount": 5000, "currency": "GBP", "reason": "the demo"})
    card = {"method": "card", "source": "pm_card_visa"}
    await shop.place(LAMP=2, payment=None, payments=[{"method": "gift_card", "code": issued["code"]}, card])


async def _short_transfer(shop: Shop) -> None:
    await shop.place(LAMP=1, payment={"method": "transfer"})
    await shop.until_held("payment")
    total = int((await shop.read())["total"])
    shop.now = "a transfer comes, 1.00 short"
    await _transfer(shop, total - 100, 1)
    await shop.until(
        "its wait for the rest",
        lambda order: any(hold["reason"] == "transfer_short" for hold in order["holds"]),
    )  # fmt: skip
    shop.now = "the missing 1.00 comes"
    await _transfer(shop, 100, 2)


async def _transfer(shop: Shop, amount: int, nth: int) -> None:
    body = {
        "bank_id": f"{shop.run}-{nth}", "amount": amount, "currency": "GBP",
        "reference": f"Order {shop.number}",
    }  # fmt: skip
    await shop.api.post("/v1/transfers", body)


async def _disputed(shop: Shop) -> None:
    await shop.place(MUG=3, payment={"method": "card", "source": "pm_card_createDispute"})
    await shop.settled()
    order = await shop.until("a dispute", lambda order: bool(order["disputes"]))
    shop.now = "evidence is sent to the bank"
    await shop.world.evidence(order["disputes"][0]["reference"], "winning_evidence")
    await shop.until("the bank's answer", lambda order: order["disputes"][0]["state"] != "open")


STORIES: Sequence[Story] = (
    Story(
        f"authorized for {VALID_S} s, renewed in time", _renewed,
        (*DELIVERED, "authorization voided", "world: authorization seconds"),
    ),
    Story(
        "two shipments, three refunds", _given_back, ("completed", "partly charged", "2 parts", "3 refunds")
    ),
    Story("a gift card first, a card for the rest", _gift_card, (*DELIVERED, "paid with gift_card, card")),
    Story(
        "a transfer that is 1.00 short", _short_transfer,
        (*DELIVERED, "payment: retried", "payment: resolved"),
    ),
    Story("disputed by the customer's bank", _disputed, (*DELIVERED, "dispute won")),
)  # fmt: skip
