"""Whatever is captured, given back and edited in whichever order: every sum is right to the minor unit."""

import random
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind
from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.states import FulfillmentState
from orderwright.domain.payments import Account, LedgerState
from orderwright.persistence.money import ledger
from orderwright.persistence.tables import FulfillmentOrder
from orderwright.reporting import books
from orderwright.services.fulfillment import shorting
from orderwright.services.payments.giving_back import LineWanted
from tests.services.documents.books import documents, faults, take
from tests.services.test_giving_back import ask, settle
from tests.services.test_shares import CARD, gift_card, held
from tests.shop import Shop, all_try

PLACES = {"MUG": "LON", "CUP": "PAR", "JAR": "BER"}
INSIDE = Address("Ana Novak", "1 High Street", "London", "SW1A 1AA", "GB")
ON_TOP = Address("Ana Novak", "1 High Street", "New York", "10001", "US", region="NY")
INCOME = (Account.REVENUE, Account.SHIPPING_REVENUE, Account.FEE_REVENUE, Account.TAX, Account.REFUNDS)
STEPS = 12


async def on(shop: Shop, *accounts: Account) -> int:
    """What stands on accounts, posted."""
    return await shop.count(
        "SELECT sum(e.amount) FROM ledger_entries e JOIN ledger_transactions t ON t.id = e.transaction_id"
        " WHERE t.state = 'posted' AND e.account = ANY(:accounts)",
        accounts=list(accounts),
    )


class Story:
    """One order of up to three parts and three instruments, and what a person would write down of it."""

    def __init__(self, shop: Shop, chance: random.Random, currency: str) -> None:
        self.shop, self.chance, self.currency = shop, chance, currency
        self.order_id = UUID(int=0)
        self.captured = self.refunded = self.refused = self.edits = 0

    async def begin(self) -> None:
        chance, shop = self.chance, self.shop
        skus = list(PLACES)[: chance.randint(1, 3)]
        for sku in skus:
            await shop.catalog(sku, price=chance.randint(1, 2_999), at=(PLACES[sku],))
            await shop.receive(sku, 9, at=PLACES[sku])
        await shop.execute("UPDATE products SET currency = :currency", currency=self.currency)
        cards = [await gift_card(shop, chance.randint(1, 9_999), self.currency) for _ in range(2)]
        self.order_id = await shop.order(
            *((sku, chance.randint(1, 4)) for sku in skus), payments=[*cards[: chance.randint(0, 2)], CARD],
            ship_to=chance.choice([INSIDE, ON_TOP]),
        )  # fmt: skip
        await shop.verify(self.order_id)
        await shop.reserve(self.order_id)
        await held(shop, self.order_id)
        await shop.plan(self.order_id)
        assert len(await shop.parts(self.order_id)) == len(skus)
        for part in await shop.parts(self.order_id):
            await shop.hand_over(part.id)

    async def step(self) -> None:
        await self.chance.choice([self._ship, self._ship, self._edit, self._give, self._give_units])()

    async def _open(self) -> list[FulfillmentOrder]:
        return [p for p in await self.shop.parts(self.order_id) if p.state is FulfillmentState.RELEASED]

    async def _ship(self) -> None:
        """The whole part leaves, and its money is taken."""
        if parts := await self._open():
            part = self.chance.choice(parts)
            await self.shop.ship(part.id)
            assert await self.shop.do(lambda session: take(session, part)) == part.amount
            self.captured += part.amount

    async def _edit(self) -> None:
        """The warehouse finds fewer units than the part has: it gets smaller, and so does its amount."""
        if not (parts := await self._open()):
            return
        part = self.chance.choice(parts)
        (line,) = [row for row in await self.shop.lines(self.order_id) if PLACES[row.sku] == part.location]
        if line.released > 1:
            found = [{"sku": line.sku, "units": self.chance.randint(1, line.released - 1)}]
            await self.shop.do(lambda s: shorting.told_short(s, part.id, found, by="w", reason="short"))
            self.edits += 1

    async def _give(self) -> None:
        """An amount, sometimes more than there is."""
        left = self.captured - self.refunded
        await self._asked(self.chance.randint(1, max(left + left // 4, 1)), within=left)

    async def _asked(self, amount: int, *, within: int) -> None:
        try:
            asked = await ask(self.shop, self.order_id, amount=amount)
        except Conflict:
            assert amount > within
            self.refused += 1
            return
        assert sum(one.amount for one in asked) == amount <= within
        await settle(self.shop, self.order_id)
        self.refunded += amount

    async def _give_units(self) -> None:
        """A unit of a line, worth whatever is left of it for that unit."""
        line = self.chance.choice(await self.shop.lines(self.order_id))
        try:
            asked = await ask(self.shop, self.order_id, lines=[LineWanted(line.sku, 1)])
        except Conflict:
            self.refused += 1
            return
        await settle(self.shop, self.order_id)
        self.refunded += sum(one.amount for one in asked)

    async def agrees(self) -> None:
        """Rows, ledger and papers say what was written down."""
        shop = self.shop
        payments = await shop.payments(self.order_id)
        assert sum(one.captured for one in payments) == self.captured
        assert sum(one.refunded for one in payments) == self.refunded <= self.captured
        assert all(0 <= one.refunded <= one.captured <= one.amount for one in payments)
        assert -await on(shop, *INCOME) == self.captured - self.refunded
        papers = await documents(shop, self.order_id)
        billed = [paper for paper in papers if paper.kind is DocumentKind.INVOICE]
        credited = [paper for paper in papers if paper.kind is DocumentKind.CREDIT_MEMO]
        assert sum(paper.total for paper in billed) == self.captured
        assert sum(paper.total for paper in credited) == self.refunded
        assert {paper.currency for paper in papers} <= {self.currency}
        assert books.off(await shop.do(books.trial)) == {}


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KWD"])
@pytest.mark.parametrize("seed", range(6))
async def test_any_captures_refunds_and_edits_sum_to_the_minor_unit(
    shop: Shop, seed: int, currency: str
) -> None:
    """Learned from woocommerce-gateway-stripe#435 (refunds in yen a hundred times too large)."""
    story = Story(shop, random.Random(f"{seed}/{currency}"), currency)
    await story.begin()
    total = (await shop.get(story.order_id)).total

    for _ in range(STEPS):
        await story.step()
        await story.agrees()
    while await story._open():
        await story._ship()
    if story.captured > story.refunded:
        await ask(shop, story.order_id)
        await settle(shop, story.order_id)
        story.refunded = story.captured

    await story.agrees()
    assert story.captured == total or (story.edits and story.captured < total)
    assert await on(shop, Account.TAX) == 0  # all of the tax goes back with all of the money
    assert await faults(shop) == []


@pytest.mark.parametrize("seed", range(6))
async def test_refunds_of_any_amounts_at_once_never_exceed_what_was_captured(shop: Shop, seed: int) -> None:
    """Each that was refused would not fit into what is left, either. Learned from saleor#19645."""
    chance = random.Random(seed)
    await shop.catalog("MUG", price=10_000)
    await shop.receive("MUG", 1)
    order_id = await shop.released(("MUG", 1))
    (part,) = await shop.parts(order_id)
    await shop.ship(part.id)
    captured = await shop.do(lambda session: take(session, part))
    amounts = [chance.randint(1, captured // 3) for _ in range(20)]

    outcomes = await all_try([lambda a=a: ask(shop, order_id, amount=a) for a in amounts], at_once=20)  # type: ignore[misc]  # bound now
    await settle(shop, order_id)

    given = sum(a for a, outcome in zip(amounts, outcomes, strict=True) if isinstance(outcome, list))
    refused = [a for a, outcome in zip(amounts, outcomes, strict=True) if isinstance(outcome, Conflict)]
    (payment,) = await shop.payments(order_id)
    assert payment.refunded == given <= captured
    assert refused
    assert min(refused) > captured - given
    assert len(refused) + sum(isinstance(outcome, list) for outcome in outcomes) == 20
    assert await faults(shop) == []


@pytest.mark.parametrize("seed", range(4))
async def test_the_trial_balance_of_any_past_moment_is_that_of_a_naive_model(shop: Shop, seed: int) -> None:
    """Bookings, pending ones that are posted or voided later, and reversals, in three currencies."""
    chance = random.Random(seed)
    model: dict[tuple[str, str], int] = {}
    pending: dict[str, tuple[str, dict[Account, int]]] = {}
    posted: dict[str, tuple[str, dict[Account, int]]] = {}
    moments: list[tuple[datetime, dict[tuple[str, str], int]]] = []

    def count(currency: str, entries: dict[Account, int], sign: int = 1) -> None:
        for account, amount in entries.items():
            model[account, currency] = model.get((account, currency), 0) + sign * amount

    for n in range(60):
        kind, source = chance.choice(["book", "book", "open", "post", "void", "reverse"]), f"s/{n}"
        if kind in ("book", "open"):
            debit, credit, third = chance.sample(list(Account), 3)
            amount, part = chance.randint(1, 10**9), chance.randint(0, 10**6)
            entries = {debit: amount + part, credit: -amount, third: -part}
            currency = chance.choice(["JPY", "EUR", "KWD"])
            state = LedgerState.POSTED if kind == "book" else LedgerState.PENDING
            await shop.do(
                lambda s, c=currency, e=entries, of=source, st=state: ledger.book(  # type: ignore[misc]  # bound now
                    s, "test", e, currency=c, source=of, order_id=None, state=st
                )
            )
            (posted if kind == "book" else pending)[source] = (currency, entries)
            if kind == "book":
                count(currency, entries)
        elif kind in ("post", "void") and pending:
            source = chance.choice(list(pending))
            currency, entries = pending.pop(source)
            state = LedgerState.POSTED if kind == "post" else LedgerState.VOIDED
            assert await shop.do(lambda s, of=source, st=state: ledger.end(s, [of], st))  # type: ignore[misc]  # bound now
            if kind == "post":
                posted[source] = (currency, entries)
                count(currency, entries)
        elif kind == "reverse" and posted:
            source = chance.choice(list(posted))
            currency, entries = posted.pop(source)
            await shop.do(lambda s, of=source: ledger.reverse(s, of, by="ann", why="wrong"))  # type: ignore[misc]  # bound now
            count(currency, entries, -1)
        at = await shop.do(lambda session: session.scalar(text("SELECT clock_timestamp()")))
        moments.append((at, dict(model)))

    assert len(moments) == 60
    for at, then in moments:
        await _agree(shop, at, then)


async def _agree(shop: Shop, at: datetime, then: dict[tuple[str, str], int]) -> None:
    found = await shop.do(lambda session: books.trial(session, at))
    assert {(b.account, b.currency): b.amount for b in found if b.amount} == {
        key: amount for key, amount in then.items() if amount
    }
    assert books.off(found) == {}
