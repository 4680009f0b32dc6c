"""Give back money that came without an order, once, after a person's decision."""

from contextlib import suppress
from dataclasses import dataclass

from orderwright.domain.money import Money
from orderwright.persistence.database import Database
from orderwright.persistence.effects import Effects, NotWanted, Step
from orderwright.persistence.money import differences as money_differences
from orderwright.persistence.tables import PaymentDifference
from orderwright.ports.failures import Refused
from orderwright.ports.payments import PaymentGateway, Refunded
from orderwright.services.reconciliation import unmatched


@dataclass(frozen=True, slots=True)
class Returned:
    """How many were given back, and how many the provider refused."""

    given: int
    refused: int


async def give_back(db: Database, effects: Effects, gateway: PaymentGateway, *, provider: str) -> Returned:
    """Everything that is decided and not given back yet. Raises Unreachable, NotSent: try again."""
    async with db.transaction() as session:
        rows = await unmatched.to_refund(session, provider)
    given = refused = 0
    for row in rows:
        try:
            given += await _one(effects, gateway, row)
        except Refused:  # the rows say so, and a person is asked again
            refused += 1
    return Returned(given, refused)


async def _one(effects: Effects, gateway: PaymentGateway, row: PaymentDifference) -> bool:
    amount = Money(row.theirs or 0, row.currency)
    with suppress(NotWanted):
        await effects.once(
            Step(
                row.id,
                f"refund/{row.reference}",
                {"amount": str(amount)},
                lock=money_differences.lock,
            ),
            into=Refunded,
            intend=lambda session: unmatched.may_refund(session, row.id),
            call=lambda key: gateway.refund(row.reference, amount, key=key),
            find=lambda key: gateway.find_refund(row.reference, key=key),
            record=lambda session, answer: unmatched.refunded(session, row.id, answer),
            refused=lambda session, no: unmatched.refused(session, row.id, no),
        )
        return True
    return False
