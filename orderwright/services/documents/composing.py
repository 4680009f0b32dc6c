"""Which lines does a document have: the units of a part, its shipping, and what of it is given back?"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.documents.crediting import likeliest_rate, portion
from orderwright.domain.documents.papers import PaperLine, RateSum, TaxCategory
from orderwright.domain.payments import RefundKind
from orderwright.domain.pricing.tax import TaxReason
from orderwright.persistence.tables import FulfillmentLine, FulfillmentOrder, OrderLine, Refund, RefundLine
from orderwright.services.documents.wording import DISCOUNTED

SHIPPING, FEES = "Shipping", "Fees"
REFUND = "Refund"
WORDS = {RefundKind.SHIPPING: SHIPPING, RefundKind.FEE: FEES, RefundKind.AD_HOC: REFUND}


REASONS = {
    TaxReason.EXEMPT: TaxCategory.EXEMPT, TaxReason.REVERSE_CHARGE: TaxCategory.REVERSE_CHARGE,
}  # fmt: skip


def category(line: OrderLine) -> TaxCategory:
    """Of a line as it was taxed."""
    taxed = TaxCategory.STANDARD if line.tax_rate_ppm else TaxCategory.ZERO
    return REASONS.get(line.tax_reason, taxed)


async def of_parts(session: AsyncSession, parts: Collection[FulfillmentOrder]) -> dict[UUID, list[PaperLine]]:
    """Of each part every unit with its exact share of price and tax, and its shipping; in one statement."""
    found: dict[UUID, list[PaperLine]] = {part.id: [] for part in parts}
    if not found:
        return found
    rows = await session.execute(
        select(FulfillmentLine, OrderLine)
        .join(OrderLine, OrderLine.id == FulfillmentLine.line_id)
        .where(FulfillmentLine.fulfillment_id.in_(found))
        .order_by(OrderLine.position)
    )
    for share, line in rows:
        found[share.fulfillment_id].append(_units(share, line))
    for part in parts:
        found[part.id] += _charges(part, tuple(found[part.id]))
    return found


def _charges(part: FulfillmentOrder, lines: Sequence[PaperLine]) -> list[PaperLine]:
    charges = [(SHIPPING, part.shipping, part.shipping_tax), (FEES, part.fees, part.fees_tax)]
    return [_charge(words, total, tax, lines) for words, total, tax in charges if total]


def _units(share: FulfillmentLine, line: OrderLine) -> PaperLine:
    """A discount is taken off the line; its list price would then not make the amount, and is left out."""
    return PaperLine(
        description=line.name + DISCOUNTED if share.discount else line.name, sku=line.sku,
        units=share.units, net=share.amount - share.tax, tax=share.tax, rate_ppm=line.tax_rate_ppm,
        category=category(line), unit_price=None if share.discount else line.unit_price,
        inclusive=line.tax_inclusive,
    )  # fmt: skip


def _charge(words: str, total: int, tax: int, lines: Sequence[PaperLine]) -> PaperLine:
    """Shipping or fees, at the rate that its tax shows."""
    rate, kind = likeliest_rate(total - tax, tax, lines)
    inclusive = bool(rate) and all(line.inclusive for line in lines if line.rate_ppm)
    return PaperLine(words, 1, total - tax, tax, rate, kind, inclusive=inclusive)


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
        category=category(line), inclusive=line.tax_inclusive,
    )  # fmt: skip


def split(words: str, amount: int, sums: Sequence[RateSum]) -> list[PaperLine]:
    """An amount for nothing in particular: a line for each rate in it."""
    return [
        PaperLine(words, 1, one.net, one.tax, one.rate_ppm, one.category) for one in portion(amount, sums)
    ]
