"""Which lines does a document have: the units of a part, its shipping, and what of it is given back?"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.documents.crediting import likeliest_rate, portion
from orderwright.domain.documents.papers import PaperLine, RateSum, TaxCategory
from orderwright.domain.payments import RefundKind
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, OrderLine, Refund, RefundLine

SHIPPING = "Shipping"
REFUND = "Refund"
WORDS = {RefundKind.SHIPPING: SHIPPING, RefundKind.FEE: "Fee", RefundKind.AD_HOC: REFUND}


def category(rate_ppm: int) -> TaxCategory:
    """Of a rate as it was charged."""
    return TaxCategory.STANDARD if rate_ppm else TaxCategory.ZERO


async def of_parts(session: AsyncSession, parts: Sequence[FulfillmentOrder]) -> list[PaperLine]:
    """Every unit of the parts with its exact share of price and tax, and their shipping."""
    found: list[PaperLine] = []
    for part in parts:
        rows = await session.execute(
            select(FulfillmentLine, OrderLine)
            .join(OrderLine, OrderLine.id == FulfillmentLine.line_id)
            .where(FulfillmentLine.fulfillment_id == part.id)
            .order_by(OrderLine.position)
        )
        lines = [_units(share, line) for share, line in rows]
        found += [*lines, *_shipping(part, lines)]
    return found


def _units(share: FulfillmentLine, line: OrderLine) -> PaperLine:
    return PaperLine(
        description=line.name, sku=line.sku, units=share.units, net=share.amount - share.tax, tax=share.tax,
        rate_ppm=line.tax_rate_ppm, category=category(line.tax_rate_ppm), unit_price=line.unit_price,
        inclusive=line.tax_inclusive,
    )  # fmt: skip


def _shipping(part: FulfillmentOrder, lines: Sequence[PaperLine]) -> list[PaperLine]:
    """What the part is worth beyond its units. Its tax is what of the part's tax is in no unit."""
    charged = part.amount - sum(line.total for line in lines)
    if not charged:
        return []
    tax = part.tax - sum(line.tax for line in lines)
    rate, kind = likeliest_rate(charged - tax, tax, lines)
    inclusive = bool(rate) and all(line.inclusive for line in lines if line.rate_ppm)
    return [PaperLine(SHIPPING, 1, charged - tax, tax, rate, kind, inclusive=inclusive)]


async def of_refund(session: AsyncSession, refund: Refund, left: Sequence[RateSum]) -> list[PaperLine]:
    """What the refund was asked for, else its amount by the rates of what is `left` of what was billed.

    Lines that say more than was given back say nothing: then the amount decides.
    """
    asked = await session.execute(
        select(RefundLine, OrderLine)
        .outerjoin(OrderLine, OrderLine.id == RefundLine.line_id)
        .where(RefundLine.refund_id == refund.id)
        .order_by(RefundLine.id)
    )
    lines = [_given_back(row, line, left) for row, line in asked]
    over = refund.amount - sum(line.total for line in lines)
    if over < 0:
        lines, over = [], refund.amount
    return lines + split(REFUND, over, left) if over else lines


def _given_back(row: RefundLine, line: OrderLine | None, left: Sequence[RateSum]) -> PaperLine:
    net = row.amount - row.tax
    if line is None:
        rate, kind = likeliest_rate(net, row.tax, left)
        return PaperLine(WORDS[row.kind], 1, net, row.tax, rate, kind)
    rate = line.tax_rate_ppm
    return PaperLine(
        description=line.name, sku=line.sku, units=max(row.units, 1), net=net, tax=row.tax, rate_ppm=rate,
        category=category(rate), inclusive=line.tax_inclusive,
    )  # fmt: skip


def split(words: str, amount: int, sums: Sequence[RateSum]) -> list[PaperLine]:
    """An amount for nothing in particular: a line for each rate in it."""
    return [
        PaperLine(words, 1, one.net, one.tax, one.rate_ppm, one.category) for one in portion(amount, sums)
    ]
