"""Disputes answered at Stripe, through its official SDK."""

import io
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

import stripe
from stripe.params import DisputeUpdateParams, DisputeUpdateParamsEvidence, FileCreateParams

from orderwright.adapters.blocking import CONNECT_SECONDS, in_pool
from orderwright.adapters.payments.stripe_failures import classified
from orderwright.domain.payments import EvidenceKind
from orderwright.ports.disputes import Answered, Evidence, EvidenceFile
from orderwright.ports.failures import Refused

T = TypeVar("T")
OWN = "https://api.stripe.com"
LOST = "lost"


class StripeDisputes:
    """One Stripe account; a reference is a dispute's id (`dp_…`, `du_…`)."""

    takes_text = True

    def __init__(self, api_key: str, api_base: str = OWN, *, pool: Executor, timeout: float = 10.0) -> None:
        """`timeout` is seconds for one answer. Files go to an address of their own at Stripe itself."""
        self.timeout, self._pool = timeout, pool
        base = api_base.rstrip("/")
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": base} if base == OWN else {"api": base, "files": base},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, timeout)),
        )

    async def defend(self, reference: str, evidence: Evidence, *, key: str) -> Answered:
        """Files first, each once, then all of it at once."""
        ids = {
            file: await self._upload(file, f"{key}/file/{n}") for n, file in enumerate(_one_each(evidence))
        }
        params: DisputeUpdateParams = {
            "evidence": _evidence(evidence, {file.kind: file_id for file, file_id in ids.items()}),
            "submit": True,
            "metadata": {"effect_key": key},
        }
        await self._call(lambda: self._client.v1.disputes.update(reference, params, {"idempotency_key": key}))
        return Answered(reference)

    async def find_defense(self, reference: str, *, key: str) -> Answered | None:
        """By the mark that it left on the dispute."""
        found = await self._call(lambda: self._client.v1.disputes.retrieve(reference))
        marks = found.metadata.to_dict() if found.metadata is not None else {}
        return Answered(reference) if marks.get("effect_key") == key else None

    async def accept(self, reference: str, *, key: str) -> Answered:
        """Closing it is losing it; one that is lost already is as it should be."""
        try:
            await self._call(
                lambda: self._client.v1.disputes.close(reference, options={"idempotency_key": key})
            )
        except Refused:
            found = await self._call(lambda: self._client.v1.disputes.retrieve(reference))
            if found.status != LOST:
                raise
        return Answered(reference)

    async def _upload(self, file: EvidenceFile, key: str) -> str:
        def send() -> stripe.File:
            body = io.BytesIO(file.content)
            body.name = file.name  # what the SDK names it in the form
            params: FileCreateParams = {"purpose": "dispute_evidence", "file": body}
            return self._client.v1.files.create(params, {"idempotency_key": key})

        return (await self._call(send)).id

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await in_pool(self._pool, call)
        except stripe.StripeError as error:
            raise classified(error) from None  # the SDK's own text can quote the request


def _one_each(evidence: Evidence) -> list[EvidenceFile]:
    """Stripe has one place for each kind. Raises Refused."""
    kinds = [file.kind for file in evidence.files]
    if len(set(kinds)) < len(kinds):
        raise Refused("one_file_of_each_kind", "stripe takes one file of each kind: put them into one PDF")
    return list(evidence.files)


def _evidence(evidence: Evidence, files: dict[EvidenceKind, str]) -> DisputeUpdateParamsEvidence:
    """What there is, each in Stripe's place for it."""
    said: DisputeUpdateParamsEvidence = {}
    if evidence.text:
        said["uncategorized_text"] = evidence.text
    if evidence.carrier:
        said["shipping_carrier"] = evidence.carrier
    if evidence.tracking:
        said["shipping_tracking_number"] = evidence.tracking
    if evidence.shipped_on:
        said["shipping_date"] = evidence.shipped_on
    for kind, file_id in files.items():
        match kind:
            case EvidenceKind.RECEIPT:
                said["receipt"] = file_id
            case EvidenceKind.DELIVERY:
                said["shipping_documentation"] = file_id
            case EvidenceKind.COMMUNICATION:
                said["customer_communication"] = file_id
            case EvidenceKind.OTHER:
                said["uncategorized_file"] = file_id
    return said
