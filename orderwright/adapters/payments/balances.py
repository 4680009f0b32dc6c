"""Gift cards and store credit as a way to pay: the provider is our own record."""
# ruff: noqa: ARG002 - the form is the port's; what is taken and given back is booked with its outcome

from uuid import UUID

from orderwright.domain.money import Money
from orderwright.domain.payments import BalanceMove
from orderwright.persistence.database import Database
from orderwright.persistence.money import balances
from orderwright.ports.failures import Declined, Refused
from orderwright.ports.payments import Authorization, Capture, Context, Increase, Refunded, Voided


class BalanceGateway:
    """`source` is the balance's id. Money is reserved here, in a transaction of its own, once per key.

    To take it, to let it go and to give it back are moves in the transaction that records the outcome, with
    the ledger's: here they are only agreed to, and repeating is free.
    """

    timeout = 0.0

    def __init__(self, db: Database) -> None:
        self._db = db

    async def authorize(
        self, amount: Money, *, source: str, context: Context, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Reserve the amount, never more than is there. Raises Declined."""
        held = await self.find_authorization(key)
        if held is not None:
            return held
        async with self._db.transaction() as session:
            moved = await balances.move(
                session, UUID(source), BalanceMove.HELD, held=amount.amount, key=key,
                order_id=UUID(context.order_id), payment_id=UUID(context.payment_id),
            )  # fmt: skip
        if moved is None:
            raise Declined("insufficient_balance", "less than that is left, or it may not be used any more")
        return Authorization(f"balance:{context.payment_id}", amount)

    async def find_authorization(self, key: str) -> Authorization | None:
        """The reservation made with the key."""
        async with self._db.transaction() as session:
            entry = await balances.held_by(session, key)
            if entry is None:
                return None
            balance = await balances.read(session, entry.balance_id)
        return Authorization(f"balance:{entry.payment_id}", Money(entry.held, balance.currency))

    async def request_payment(
        self, amount: Money, *, context: Context, return_url: str, key: str, keep_for: str | None = None
    ) -> Authorization:
        """Refused: there is no page."""
        raise Refused("no_payment_page", "a balance has no page to pay on")

    async def increase(self, reference: str, to: Money, *, context: Context, key: str) -> Increase:
        """Refused: it says of none of its authorizations that it may be raised."""
        raise Refused("not_raisable", "a balance is not raised: more of it is reserved beside")

    async def find_increase(self, reference: str, to: Money, *, key: str) -> Increase | None:
        """None: there never is one."""
        return None

    async def capture(self, reference: str, amount: Money, *, final: bool, key: str) -> Capture:
        """Agreed to: it is reserved."""
        return Capture(reference, amount)

    async def find_capture(self, reference: str, amount: Money, *, key: str) -> Capture | None:
        """None: nothing happens here."""
        return None

    async def void(self, reference: str, *, key: str) -> Voided:
        """Agreed to."""
        return Voided(reference)

    async def refund(self, reference: str, amount: Money, *, key: str) -> Refunded:
        """Agreed to: it is there at once."""
        return Refunded(f"balance:{key}", amount)

    async def find_refund(self, reference: str, *, key: str) -> Refunded | None:
        """None: nothing happens here."""
        return None
