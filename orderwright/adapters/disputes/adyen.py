"""Disputes answered at Adyen, through its official SDK."""

import base64
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from hashlib import sha256
from itertools import zip_longest
from typing import Any

import Adyen
import requests
from Adyen.exceptions import AdyenError

from orderwright.adapters.blocking import CONNECT_SECONDS, in_pool
from orderwright.adapters.payments.adyen_failures import classified
from orderwright.ports.disputes import Answered, Evidence, EvidenceFile
from orderwright.ports.failures import Refused

Json = dict[str, Any]  # Any: Adyen's JSON
API = "v30"
MUST, ONE_OF = "Required", "OneOrMore"
TYPES = {"application/pdf": "application/pdf", "image/jpeg": "image/jpg"}
"""What Adyen takes of what we take, in its words."""


class AdyenDisputes:
    """One merchant account; a reference is the dispute's own `pspReference`.

    Adyen wants documents, and a reason from its list for the dispute. It has no way to look an answer up: the
    same again replaces the documents, and is refused where the dispute was answered.
    """

    takes_text = False

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://ca-test.adyen.com/ca/services/DisputeService",
        *,
        merchant_account: str,
        pool: Executor,
        timeout: float = 10.0,
    ) -> None:
        """`api_base` without its version; `timeout` in seconds."""
        self.timeout, self._pool, self._account = timeout, pool, merchant_account
        sdk: Any = Adyen.Adyen(  # Any: the SDK is not typed
            xapikey=api_key, platform="test", http_force="requests", http_timeout=(CONNECT_SECONDS, timeout)
        )
        self._disputes = sdk.disputes.disputes_api
        self._disputes.baseUrl = f"{api_base.rstrip('/')}/{API}"

    async def defend(self, reference: str, evidence: Evidence, *, key: str) -> Answered:
        """The reason that the documents do for, the documents, and then the defense."""
        listed = await self._call(self._disputes.retrieve_applicable_defense_reasons, reference, {}, None)
        reason, documents = _chosen(listed.get("defenseReasons") or (), evidence)
        await self._call(
            self._disputes.supply_defense_document, reference, {"defenseDocuments": documents}, f"{key}/files"
        )
        await self._call(self._disputes.defend_dispute, reference, {"defenseReasonCode": reason}, key)
        return Answered(reference)

    async def find_defense(self, reference: str, *, key: str) -> Answered | None:  # noqa: ARG002
        """None: the repeat with the same key is the look-up."""
        return None

    async def accept(self, reference: str, *, key: str) -> Answered:
        """The money stays with the customer."""
        await self._call(self._disputes.accept_dispute, reference, {}, key)
        return Answered(reference)

    async def _call(self, operation: Callable[..., Any], reference: str, more: Json, key: str | None) -> Json:
        """Any: the SDK's operations take and give plain JSON. A no may come with status 200."""
        wanted = {"merchantAccountCode": self._account, "disputePspReference": reference, **more}
        short = sha256(key.encode()).hexdigest() if key else None
        try:
            answer = await in_pool(self._pool, operation, wanted, idempotency_key=short)
        except (AdyenError, requests.RequestException) as error:
            raise classified(error) from None  # its text quotes the request
        message: Json = answer.message
        result = message.get("disputeServiceResult") or {}
        if not result.get("success", False):
            raise Refused("dispute_refused", str(result.get("errorMessage") or "adyen says no")[:200])
        return message


def _chosen(reasons: Sequence[Json], evidence: Evidence) -> tuple[str, list[Json]]:
    """The reason's code, and each document as one of its types. Raises Refused with what would do."""
    if any(file.media_type not in TYPES for file in evidence.files):
        raise Refused("media_type", "adyen takes PDF and JPEG")
    known = [str(one["defenseReasonCode"]) for one in reasons]
    for one in reasons:
        code = str(one["defenseReasonCode"])
        if evidence.reason not in ("", code):
            continue
        documents = _as_types(one.get("defenseDocumentTypes") or (), evidence.files)
        if documents is not None:
            return code, documents
    raise Refused("no_defense_reason", f"no reason that these documents do for: {', '.join(known) or 'none'}")


def _as_types(types: Sequence[Json], files: Sequence[EvidenceFile]) -> list[Json] | None:
    """What must be there first; None: more must be there than there is, or there is more than can be."""
    must = [one for one in types if one.get("requirementLevel") == MUST]
    one_of = [one for one in types if one.get("requirementLevel") == ONE_OF]
    rest = [one for one in types if one not in must and one not in one_of]
    places = [*must, *one_of, *rest]
    if not len(must) + bool(one_of) <= len(files) <= len(places) or not files:
        return None
    return [
        {
            "defenseDocumentTypeCode": place["defenseDocumentTypeCode"],
            "contentType": TYPES[file.media_type],
            "content": base64.b64encode(file.content).decode(),
        }
        for place, file in zip_longest(places[: len(files)], files)
    ]
