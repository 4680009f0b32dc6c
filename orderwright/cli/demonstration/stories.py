"""The stories: what happens to each order, and what must be true of it at the end."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from orderwright.cli.client import Json
from orderwright.cli.demonstration.shop import ADDRESS, Shop

CARD_ASKS = {"method": "card", "source": "pm_card_authenticationRequired"}
DECLINED = {"method": "card", "source": "pm_card_chargeDeclined"}
QUICK = "demo-quick"
"""A channel with a rule of its own: every order needs approval within a few seconds."""


@dataclass(frozen=True, slots=True)
class Story:
    """`play` acts until the order goes its way alone; `ends` are the facts that must hold (`facts.py`)."""

    name: str
    play: Callable[[Shop], Awaitable[None]]
    ends: Sequence[str]


async def _plain(shop: Shop) -> None:
    await shop.place(MUG=2)


async def _several(shop: Shop) -> None:
    await shop.place(MUG=3, LAMP=1)


async def _text_messages(shop: Shop) -> None:
    customer = {
        "name": "Ben Example",
        "email": "ben@example.com",
        "phone": "+447700900123",
        "sms_consent": True,
    }
    await shop.place(LAMP=1, customer=customer)


async def _abroad(shop: Shop) -> None:
    there = {
        "name": "Carl Beispiel",
        "line1": "Beispielweg 4",
        "city": "Berlin",
        "postal_code": "10115",
        "country": "DE",
    }
    await shop.place(MUG=1, ship_to=there)


async def _sales_tax(shop: Shop) -> None:
    there = {
        "name": "Dora Example", "line1": "5 Example Avenue", "city": "New York", "region": "NY",
        "postal_code": "10001", "country": "US",
    }  # fmt: skip
    await shop.place(LAMP=2, ship_to=there, service="express")


async def _on_terms(shop: Shop) -> None:
    company = {"name": "Eve Example", "company": "Example Ltd", "email": "buying@company.example"}
    await shop.place(LAMP=4, customer=company, payment={"method": "manual"}, po_number="PO-4711")


async def _free(shop: Shop) -> None:
    await shop.place(SAMPLE=1)


async def _approved(shop: Shop) -> None:
    await shop.place(PIANO=1)
    await shop.until_held("approval")
    await shop.do("approve", {"note": "called the customer"})


async def _mismatch(shop: Shop) -> None:
    await shop.place(HARP=1, bill_to=ADDRESS | {"country": "FR", "postal_code": "75001", "city": "Paris"})
    await shop.until_held("approval")
    await shop.do("approve", {"note": "a present"})


async def _rejected(shop: Shop) -> None:
    await shop.place(PIANO=1)
    await shop.until_held("approval")
    await shop.do("reject", {"note": "nobody knows them"})


async def _deadline(shop: Shop) -> None:
    await shop.place(MUG=1, channel=QUICK)


async def _declined(shop: Shop) -> None:
    await shop.place(MUG=1, payment=DECLINED)


async def _asked_and_paid(shop: Shop) -> None:
    await shop.place(MUG=1, payment=CARD_ASKS)
    await shop.world.answer_bank(await shop.action_page(), yes=True)


async def _asked_and_refused(shop: Shop) -> None:
    await shop.place(MUG=1, payment=CARD_ASKS)
    await shop.world.answer_bank(await shop.action_page(), yes=False)
    await shop.do("cancel", {"reason": "the bank will not"})


async def _canceled(shop: Shop) -> None:
    await shop.bend("warehouse", "hold_picking", {"sku": "VASE"})
    await shop.place(VASE=1)
    await shop.until_with_warehouse()
    await shop.do("cancel", {"reason": "ordered twice"})


async def _recall_refused(shop: Shop) -> None:
    await shop.bend("warehouse", "hold_picking", {"sku": "CLOCK"})
    await shop.bend("warehouse", "refuse_recall", {"sku": "CLOCK"})
    await shop.place(CLOCK=1)
    request = await shop.until_with_warehouse()
    await shop.do("cancel", {"reason": "changed my mind"})
    await shop.until_cancel("refused")
    await shop.world.advance(request, "shipped")


async def _split(shop: Shop) -> None:
    await shop.place(CHAIR=2, TABLE=1)


async def _carrier_silent(shop: Shop) -> None:
    await shop.place(PIANO=1)
    await shop.until_held("approval")
    await shop.bend(
        "easypost", "answer_lost", {"order_id": shop.order_id}, operation="shipments.buy", times=1
    )
    await shop.do("approve")


async def _bank_silent(shop: Shop) -> None:
    amount = str(4777 + 500)  # with the shipping: no other order of the demo comes to that
    await shop.bend("stripe", "answer_lost", {"amount": amount}, operation="payment_intents.create", times=1)
    await shop.place(GLOVES=1)


async def _receipt(shop: Shop) -> None:
    await shop.place(RUG=1)
    await shop.until_held("stock")
    shop.now = "a rug has come in"
    await shop.api.post("/v1/stock/receipts", {"sku": "RUG", "location": "LEEDS", "units": 1})


async def _no_stock_canceled(shop: Shop) -> None:
    await shop.place(KITE=1)
    await shop.until_held("stock")
    await shop.do("cancel", {"reason": "bought elsewhere"})


async def _address(shop: Shop) -> None:
    await shop.place(MUG=1, ship_to=ADDRESS | {"postal_code": "12345"})
    await shop.until_held("address")
    shop.now = "the address is corrected"
    order: Json = await shop.read()
    await shop.api.put(f"/v1/orders/{shop.order_id}/address", ADDRESS, version=order["version"])


async def _rejected_there(shop: Shop) -> None:
    await shop.bend("warehouse", "reject", {"sku": "GLOBE"}, times=1, value="cannot find it")
    await shop.place(GLOBE=1)


async def _no_carrier(shop: Shop) -> None:
    street = "13 Nowhere Lane"
    await shop.bend("easypost", "refuse", {"street1": street}, operation="shipments.create", times=1)
    await shop.place(MUG=1, ship_to=ADDRESS | {"line1": street})
    await shop.until_held("carrier")
    await shop.decide("carrier", "approve")


async def _told_twice(shop: Shop) -> None:
    await shop.bend("warehouse", "webhook_duplicate", {"sku": "BELL"}, value=5)
    await shop.place(BELL=1)


DELIVERED = ("completed", "delivered", "charged")
STORIES: Sequence[Story] = (
    Story("delivered", _plain, (*DELIVERED, "1 part")),
    Story("several things in one parcel", _several, (*DELIVERED, "1 part")),
    Story("told by mail and text message", _text_messages, DELIVERED),
    Story("sent abroad", _abroad, DELIVERED),
    Story("express, with sales tax", _sales_tax, DELIVERED),
    Story("a company pays on terms", _on_terms, DELIVERED),
    Story("nothing to pay", _free, ("completed", "delivered", "nothing to pay")),
    Story("approved by a person", _approved, (*DELIVERED, "approval: approved")),
    Story("billed elsewhere, approved", _mismatch, (*DELIVERED, "approval: approved")),
    Story("rejected by a person", _rejected, ("rejected", "approval: rejected", "nothing charged")),
    Story("rejected by its deadline", _deadline, ("rejected", "approval: deadline", "nothing charged")),
    Story("card declined", _declined, ("rejected", "nothing charged")),
    Story("the bank asks, the customer pays", _asked_and_paid, (*DELIVERED, "payment: resolved")),
    Story(
        "the bank says no, the customer cancels", _asked_and_refused,
        ("canceled", "payment: withdrawn", "nothing charged", "0 parts"),
    ),
    Story(
        "canceled, label and money given back", _canceled,
        ("canceled", "cancel accepted", "label voided", "authorization voided", "nothing charged"),
    ),
    Story("the warehouse refuses the recall", _recall_refused, (*DELIVERED, "cancel refused")),
    Story("split over two locations", _split, (*DELIVERED, "2 parts")),
    Story("the carrier's answer is lost", _carrier_silent, (*DELIVERED, "1 label", "world: answer lost")),
    Story("the bank's answer is lost", _bank_silent, (*DELIVERED, "world: answer lost")),
    Story("nothing in stock, then a receipt", _receipt, (*DELIVERED, "stock: resolved")),
    Story("nothing in stock, canceled", _no_stock_canceled, ("canceled", "nothing charged", "0 parts")),
    Story("the address is wrong, then corrected", _address, (*DELIVERED, "address: resolved")),
    Story("one warehouse rejects, another ships", _rejected_there, (*DELIVERED, "1 part", "world: reject")),
    Story("the carrier refuses, a person tries again", _no_carrier, (*DELIVERED, "world: refuse")),
    Story("every call-back arrives five times", _told_twice, (*DELIVERED, "world: webhook duplicate")),
)  # fmt: skip
