"""What moved the account's balance, what Stripe keeps of it, and payouts that bundle it."""

from __future__ import annotations

import time
from decimal import ROUND_HALF_UP, Decimal

from orderwright.simulator.types import Json
from orderwright.simulator.world import World

FEE = {"ppm": 29_000, "fixed": 30}
"""2.9 % and 30 minor units a charge; another one is kept as the note `stripe.fee`."""
DECIMALS = {
    "jpy": 0,
    "krw": 0,
    "vnd": 0,
    "clp": 0,
    "isk": 0,
    "kwd": 3,
    "bhd": 3,
    "jod": 3,
    "omr": 3,
    "tnd": 3,
}
"""Two where nothing is said."""
DISPUTE_FEE = 1500


class Balance:
    """One balance transaction a movement; each belongs to at most one payout."""

    def __init__(self, world: World) -> None:
        self._world = world

    def charge(self, pay: Json, amount: int) -> None:
        """Money taken: the fee is taken off at once."""
        fee = self._world.store.note("stripe.fee") or FEE
        settled, currency, rate = self._settled(amount, pay["currency"])
        cost = (settled * fee["ppm"] + 500_000) // 1_000_000 + fee["fixed"]
        pay["txn"] = self._move(
            "charge", pay["charge"], pay["id"], settled, currency, fee=cost, exchange_rate=rate
        )

    def refund(self, back: Json) -> None:
        """Money given back; the fee of the charge is not."""
        settled, currency, rate = self._settled(back["amount"], back["currency"])
        back["txn"] = self._move("refund", back["id"], back["id"], -settled, currency, exchange_rate=rate)
        self._world.store.put("re", back)

    def dispute(self, dispute: Json, *, back: bool = False) -> None:
        """The bank takes the money and Stripe a fee; won, both come back."""
        fee = self._world.store.note("stripe.dispute_fee") or DISPUTE_FEE
        sign = 1 if back else -1
        settled, currency, rate = self._settled(dispute["amount"], dispute["currency"])
        txn = self._move(
            "adjustment", dispute["id"], dispute["id"], sign * settled, currency, exchange_rate=rate,
            fee=-sign * fee, category="dispute_reversal" if back else "dispute",
        )  # fmt: skip
        dispute["txns"] = [*dispute.get("txns", ()), txn]

    def of(self, ids: list[str]) -> list[Json]:
        """Those movements, as they are kept."""
        return [txn for one in ids if (txn := self._world.store.get(one))]

    def pay_out(self) -> list[Json]:
        """Send everything that has not been sent, one payout a currency."""
        waiting: dict[str, list[Json]] = {}
        for txn in self._world.store.of_order("txn", None):
            if not txn.get("payout") and txn["type"] != "payout":
                waiting.setdefault(txn["currency"], []).append(txn)
        return [self._send(currency, bundle) for currency, bundle in waiting.items()]

    def _send(self, currency: str, bundle: list[Json]) -> Json:
        payout_id = self._world.new_id("po_1")
        amount = sum(txn["amount"] - txn["fee"] for txn in bundle)
        for txn in bundle:
            self._world.store.put("txn", {**txn, "payout": payout_id})
        sent: Json = {
            "id": payout_id,
            "amount": amount,
            "currency": currency,
            "created": int(time.time()),
            "status": "paid",
            "txn": self._move("payout", payout_id, payout_id, -amount, currency),
        }
        self._world.store.put("po", sent)
        return sent

    def settle_in(self, currency: str, rates: dict[str, str]) -> Json:
        """The account keeps that currency; others are exchanged at these rates of major units."""
        kept: Json = self._world.store.note("stripe.settlement", {"currency": currency, "rates": rates})
        return kept

    def _settled(self, amount: int, currency: str) -> tuple[int, str, float | None]:
        """What reaches the balance: amount, currency, and the rate where it was exchanged."""
        kept = self._world.store.note("stripe.settlement")
        rate = kept["rates"].get(currency) if kept and kept["currency"] != currency else None
        if rate is None:
            return amount, currency, None
        into = str(kept["currency"])
        shift = DECIMALS.get(into, 2) - DECIMALS.get(currency, 2)
        exact = (Decimal(amount) * Decimal(rate)).scaleb(shift)
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP)), into, float(rate)

    def _move(
        self,
        kind: str,
        source: str,
        object_id: str,
        amount: int,
        currency: str,
        *,
        fee: int = 0,
        exchange_rate: float | None = None,
        category: str | None = None,
    ) -> str:
        txn: Json = {
            "id": self._world.new_id("txn_3"),
            "type": kind,
            "source": source,
            "object": object_id,
            "amount": amount,
            "fee": fee,
            "category": category or kind,
            "currency": currency,
            "exchange_rate": exchange_rate,
            "created": int(time.time()),
        }
        self._world.store.put("txn", txn, parent=object_id)
        return str(txn["id"])
