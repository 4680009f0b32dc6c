"""A return's customer is told of each of its stages, each channel once."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.returns.states import ReturnReason
from orderwright.domain.telling.kinds import Kind
from orderwright.persistence import returns
from orderwright.persistence.tables import Notification, Order, ReturnParcel
from orderwright.ports.carriers import Label
from orderwright.services.contact import consent
from orderwright.services.contact.consent import Wish
from orderwright.services.returns import coming, deciding, requesting
from orderwright.services.returns.coming import Came
from orderwright.services.returns.judging import Wanted, WantedLine
from tests.services.test_returns import FLOOR, ask, delivered, now, wanted
from tests.shop import STAFF, STORE, Shop


async def told(shop: Shop) -> list[tuple[str, str, str, str]]:
    """Of returns: stage, channel, state and why it was left out, in order."""
    rows = await shop.do(
        lambda s: s.scalars(
            select(Notification).where(Notification.stage.startswith("return_")).order_by(Notification.id)
        )
    )
    return [(row.stage, row.channel, row.state, row.why) for row in rows]


async def test_what_needs_no_label_is_told_when_it_is_approved_and_once_when_it_arrives(shop: Shop) -> None:
    order_id = await delivered(shop)

    back = await ask(shop, order_id, 3)
    await shop.do(lambda s: coming.receive(s, back.id, [Came("MUG", 1)], FLOOR, now()))
    await shop.do(lambda s: coming.receive(s, back.id, [Came("MUG", 2)], FLOOR, now()))

    assert await told(shop) == [
        ("return_approved", "mail", "waiting", ""), ("return_received", "mail", "waiting", ""),
    ]  # fmt: skip


async def test_what_needs_a_label_is_told_with_its_label(shop: Shop) -> None:
    order_id = await delivered(shop)
    wish = Wanted([WantedLine("MUG", 1, ReturnReason.DEFECTIVE)])
    back = await shop.do(lambda s: requesting.request(s, order_id, wish, STORE, now()))
    before = await told(shop)

    async def label(session: AsyncSession) -> None:
        await returns.locked(session, back.id)
        parcel = (await session.scalars(select(ReturnParcel))).one()
        bought = Label("R1", "EZ1", "USPS", "Ground", 450, "EUR", label_url="https://l.example/1.pdf")
        await coming.labeled(session, parcel, bought)

    await shop.do(label)

    assert before == []
    assert await told(shop) == [("return_approved", "mail", "waiting", "")]


async def test_what_a_person_declines_is_told(shop: Shop) -> None:
    order_id = await delivered(shop)
    back = await shop.do(
        lambda s: requesting.request(s, order_id, wanted(1, ReturnReason.OTHER), STORE, now())
    )

    await shop.do(lambda s: deciding.decline(s, back.id, STAFF, "worn"))

    assert await told(shop) == [("return_declined", "mail", "waiting", "")]


async def test_who_does_not_want_to_hear_of_returns_still_gets_the_answer(shop: Shop) -> None:
    order_id = await delivered(shop)

    async def refuse(session: AsyncSession) -> None:
        customer_id = (await session.get_one(Order, order_id)).customer_id
        await consent.say_kinds(session, customer_id, Wish.MAIL, {Kind.RETURNS: False}, "test", "test")

    await shop.do(refuse)
    back = await ask(shop, order_id)
    await shop.do(lambda s: coming.receive(s, back.id, [Came("MUG", 1)], FLOOR, now()))

    assert await told(shop) == [
        ("return_approved", "mail", "waiting", ""), ("return_received", "mail", "skipped", "unsubscribed"),
    ]  # fmt: skip
