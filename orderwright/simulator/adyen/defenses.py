"""Adyen's Disputes API: reasons, documents, a defense, or the money let go. A no comes with 200, too."""

from __future__ import annotations

import base64
from collections.abc import Callable

from orderwright.simulator.adyen.payments import Payments
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

REASONS = [
    {
        "defenseReasonCode": "GoodsOrServicesProvided",
        "defenseDocumentTypes": [
            {"defenseDocumentTypeCode": "ProofOfDelivery", "requirementLevel": "Required"},
            {"defenseDocumentTypeCode": "DefenseMaterial", "requirementLevel": "Required"},
        ],
    },
    {
        "defenseReasonCode": "TransactionRecognised",
        "defenseDocumentTypes": [
            {"defenseDocumentTypeCode": "DefenseMaterial", "requirementLevel": "Required"},
            {"defenseDocumentTypeCode": "TIDorInvoice", "requirementLevel": "Optional"},
        ],
    },
]


class Defenses:
    """By the dispute's own pspReference, under which the payment is kept as a tag."""

    def __init__(self, world: World, payments: Payments) -> None:
        self._world, self._payments = world, payments

    def operations(self) -> dict[str, Callable[[Json], Json]]:
        """What each address does with a body."""
        return {
            "retrieveApplicableDefenseReasons": self._reasons,
            "supplyDefenseDocument": self._supply,
            "defendDispute": self._defend,
            "acceptDispute": self._accept,
        }

    def _payment(self, wanted: Json) -> Json | None:
        found = self._world.store.get(f"dispute:{wanted.get('disputePspReference')}")
        return None if found is None else self._payments.load(found["payment"])

    def _reasons(self, wanted: Json) -> Json:
        if self._payment(wanted) is None:
            return _no("Dispute not found")
        return {**_yes(), "defenseReasons": REASONS}

    def _supply(self, wanted: Json) -> Json:
        pay = self._open(wanted)
        if pay is None:
            return _no("The dispute can not be defended")
        kept = pay["dispute"].setdefault("documents", {})
        for one in wanted.get("defenseDocuments") or ():
            content = base64.b64decode(one["content"])
            kept[one["defenseDocumentTypeCode"]] = {"type": one["contentType"], "size": len(content)}
        self._payments.save(pay)
        return _yes()

    def _defend(self, wanted: Json) -> Json:
        pay = self._open(wanted)
        code = wanted.get("defenseReasonCode")
        reason = next((one for one in REASONS if one["defenseReasonCode"] == code), None)
        if pay is None or reason is None:
            return _no("The dispute can not be defended")
        types: list[Json] = list(reason["defenseDocumentTypes"])  # type: ignore[arg-type]  # a table of ours
        must = {one["defenseDocumentTypeCode"] for one in types if one["requirementLevel"] == "Required"}
        if not must <= pay["dispute"].get("documents", {}).keys():
            return _no("Not all required defense documents were supplied")
        return self._end(pay, "defended", code)

    def _accept(self, wanted: Json) -> Json:
        pay = self._open(wanted)
        return _no("The dispute can not be accepted") if pay is None else self._end(pay, "accepted", None)

    def _open(self, wanted: Json) -> Json | None:
        pay = self._payment(wanted)
        return pay if pay is not None and not pay["dispute"].get("answer") else None

    def _end(self, pay: Json, answer: str, reason: str | None) -> Json:
        pay["dispute"] |= {"answer": answer, "defense_reason": reason}
        self._payments.save(pay)
        return _yes()


def _yes() -> Json:
    return {"disputeServiceResult": {"success": True}}


def _no(message: str) -> Json:
    return {"disputeServiceResult": {"success": False, "errorMessage": message}}
