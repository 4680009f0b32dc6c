"""What is owed for goods that have left, by whom, and how long overdue?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.books.aging import Bucket, bucket, days_overdue
from orderwright.domain.payments import PaymentMethod


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One part that was captured on credit and is not settled. Amounts in minor units of `currency`.

    Of the method `manual` the customer owes it, on the invoice `document`; of `cash_on_delivery` the
    `carrier`, who collects it for the parcel `tracking_code`.
    """

    fulfillment_id: UUID
    order_id: UUID
    order_number: str
    customer_id: UUID
    channel: str
    method: PaymentMethod
    document: str | None
    carrier: str | None
    tracking_code: str | None
    currency: str
    amount: int
    settled: int
    due_on: date
    days_overdue: int

    @property
    def open(self) -> int:
        """What is still owed."""
        return self.amount - self.settled

    @property
    def bucket(self) -> Bucket:
        """Where it stands in the aging."""
        return bucket(self.days_overdue)


@dataclass(frozen=True, slots=True)
class Aged:
    """All that is owed in one currency by one kind of debtor, by how long it is overdue."""

    method: PaymentMethod
    currency: str
    buckets: dict[Bucket, int]

    @property
    def open(self) -> int:
        """In all."""
        return sum(self.buckets.values())


_OPEN = """
    SELECT s.fulfillment_id, o.id AS order_id, o.number, o.customer_id, o.channel, p.method,
           d.number AS document, h.carrier, h.tracking_code, p.currency, s.captured, s.settled,
           coalesce(s.due_on, s_day.day) AS due_on
      FROM payment_shares s
      JOIN payments p ON p.id = s.payment_id AND p.method IN ('manual', 'cash_on_delivery')
      JOIN orders o ON o.id = p.order_id
     CROSS JOIN (SELECT CAST(:today AS date) AS day) s_day
      LEFT JOIN billed_parts b ON b.fulfillment_id = s.fulfillment_id
      LEFT JOIN money_documents d ON d.id = b.document_id
      LEFT JOIN shipments h ON h.fulfillment_id = s.fulfillment_id AND h.state <> 'voided'
     WHERE s.settled < s.captured"""
_PAGE = text(f"""
    SELECT * FROM ({_OPEN}) i
     WHERE (CAST(:customer AS uuid) IS NULL OR customer_id = CAST(:customer AS uuid))
       AND (CAST(:method AS text) IS NULL OR method = CAST(:method AS text))
       AND (NOT :overdue OR due_on < :today)
       AND (CAST(:after_day AS date) IS NULL
            OR (due_on, fulfillment_id) > (CAST(:after_day AS date), CAST(:after_id AS uuid)))
     ORDER BY due_on, fulfillment_id LIMIT :wanted""")  # noqa: S608 - our own text
_AGED = text(f"""
    SELECT method, currency, due_on, sum(captured - settled)::bigint AS open FROM ({_OPEN}) i
     GROUP BY method, currency, due_on ORDER BY method, currency, due_on""")  # noqa: S608 - our own text


async def open_items(
    session: AsyncSession,
    today: date,
    *,
    overdue: bool = False,
    method: PaymentMethod | None = None,
    customer_id: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int | None = None,
) -> Sequence[OpenItem]:
    """What is open, what is due first at the front."""
    day, last = after if after is not None else (None, None)
    rows = await session.execute(
        _PAGE,
        {"today": today, "overdue": overdue, "method": method, "customer": customer_id, "after_day": day,
         "after_id": last, "wanted": limit},
    )  # fmt: skip
    return [
        OpenItem(
            row.fulfillment_id, row.order_id, row.number, row.customer_id, row.channel,
            PaymentMethod(row.method), row.document, row.carrier, row.tracking_code, row.currency,
            row.captured, row.settled, row.due_on, days_overdue(row.due_on, today),
        )
        for row in rows
    ]  # fmt: skip


async def aging(session: AsyncSession, today: date) -> Sequence[Aged]:
    """Everything that is open, summed."""
    sums: dict[tuple[str, str], dict[Bucket, int]] = {}
    for row in await session.execute(_AGED, {"today": today}):
        found = sums.setdefault((row.method, row.currency), dict.fromkeys(Bucket, 0))
        found[bucket(days_overdue(row.due_on, today))] += row.open
    return [Aged(PaymentMethod(method), currency, buckets) for (method, currency), buckets in sums.items()]
