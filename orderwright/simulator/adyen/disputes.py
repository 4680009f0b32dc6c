"""Disputes: what Adyen tells of a bank that wants money back, one event after the other, sent by tests."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from orderwright.simulator.adyen.payments import Payments
from orderwright.simulator.http import json_of
from orderwright.simulator.types import Json, Refused
from orderwright.simulator.world import World

DEFENSE_SECONDS = 14 * 24 * 3600
EVENTS = frozenset({
    "REQUEST_FOR_INFORMATION", "NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK", "CHARGEBACK_REVERSED",
    "SECOND_CHARGEBACK", "PREARBITRATION_WON", "PREARBITRATION_LOST", "ISSUER_RESPONSE_TIMEFRAME_EXPIRED",
    "DISPUTE_DEFENSE_PERIOD_ENDED",
})  # fmt: skip


class Disputes:
    """Below /_sim/adyen; at most one dispute a payment, of all that was captured when it began."""

    def __init__(self, world: World, payments: Payments) -> None:
        self._world, self._payments = world, payments

    def router(self) -> APIRouter:
        """One address."""
        router = APIRouter(prefix="/_sim/adyen")
        router.add_api_route("/{psp}/dispute", self.tell, methods=["POST"], response_model=None)
        return router

    async def tell(self, psp: str, request: Request) -> Response:
        """{"event": "CHARGEBACK"}: the bank goes that step, and Adyen tells it."""
        code = str((await json_of(request)).get("event"))
        if code not in EVENTS:
            return JSONResponse({"title": "no event of a dispute", "status": 422}, 422)
        try:
            with self._world.store.transaction():
                dispute = self._step(self._payments.load(psp), code)
        except Refused as refused:
            return JSONResponse(refused.answer.body, refused.answer.status)
        return JSONResponse(dispute)

    def _step(self, pay: Json, code: str) -> Json:
        dispute: Json = pay.get("dispute") or {
            "id": self._world.new_id("", 16).upper(), "amount": pay["captured"],
            "until": int(time.time()) + DEFENSE_SECONDS, "events": [],
        }  # fmt: skip
        dispute["events"] = [*dispute["events"], code]
        pay["dispute"] = dispute
        self._world.store.put("ad", {"id": f"dispute:{dispute['id']}", "payment": pay["id"]})
        self._payments.save(pay)
        until = datetime.fromtimestamp(dispute["until"], UTC).isoformat(timespec="seconds")
        self._payments.tell(
            code, pay, psp=dispute["id"], original=pay["id"], amount=dispute["amount"],
            remark="Fraudulent transaction",
            more={"defensePeriodEndsAt": until, "chargebackReasonCode": "10.4"},
        )  # fmt: skip
        return dispute
