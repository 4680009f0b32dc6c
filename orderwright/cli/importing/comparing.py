"""What was given back for the returns, against what the file says: to the penny, credit by credit."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from orderwright.cli.client import Json
from orderwright.cli.importing.asking import Asking
from orderwright.cli.importing.credits import Credit
from orderwright.cli.importing.placing import given
from orderwright.domain.returns.states import ReturnState


@dataclass(frozen=True, slots=True)
class Difference:
    """A credit whose goods were refunded with another amount than the file has; in pence."""

    credit: str
    sale: str
    number: str
    in_file: int
    refunded: int


@dataclass
class Compared:
    """Of resolved returns, in pence. `shipping` was given back beside the goods.

    `states`: of all returns; `refunds` and `memos` belong to them: the refunds that were given, and the
    credit memos about them.
    """

    in_file: int = 0
    goods: int = 0
    shipping: int = 0
    refunds: int = 0
    memos: int = 0
    with_shipping: int = 0
    states: dict[str, int] = field(default_factory=dict)
    differing: list[Difference] = field(default_factory=list)


async def compare(
    asking: Asking,
    found: Iterable[Credit],
    returns: Mapping[str, Json],
    *,
    patience: float,
    at_once: int,
) -> Compared:
    """Read the orders of all returns and set refunds against the file. Raises Stalled, Problem."""
    seen = Compared()
    orders = sorted({one["order_id"] for one in returns.values()})
    room = asyncio.Semaphore(at_once)

    async def read(order_id: str) -> tuple[Json, Json]:
        async with room:
            order = await given(asking, order_id, patience)
            return order, await asking.get(f"/v1/orders/{order_id}/documents")

    refunds: dict[str, Json] = {}
    memos: list[str] = []
    for order, papers in await asyncio.gather(*(read(order_id) for order_id in orders)):
        refunds |= {refund["id"]: refund for refund in order["refunds"]}
        memos += [paper["refund_id"] for paper in papers["data"] if paper["kind"] == "credit_memo"]
    for credit in found:
        one = returns.get(credit.name)
        if one is not None:
            _add(seen, credit, one, [refunds[refund] for refund in one["refunds"]], memos)
    return seen


def _add(seen: Compared, credit: Credit, one: Json, refunds: Sequence[Json], memos: Sequence[str]) -> None:
    seen.states[one["state"]] = seen.states.get(one["state"], 0) + 1
    if one["state"] != ReturnState.RESOLVED:
        return
    goods = sum(line["refund"] for line in one["lines"])
    shipping = sum(refund["amount"] for refund in refunds) - goods
    seen.in_file += credit.amount
    seen.goods += goods
    seen.shipping += shipping
    seen.with_shipping += shipping != 0
    seen.refunds += len(refunds)
    seen.memos += sum(memo in {refund["id"] for refund in refunds} for memo in memos)
    if goods != credit.amount:
        seen.differing.append(Difference(credit.invoice, credit.sale, one["number"], credit.amount, goods))
