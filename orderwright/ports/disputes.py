"""What the product needs from whoever speaks to a customer's bank in a dispute."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from orderwright.domain.payments import EvidenceKind


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A document for the bank: PDF, JPEG or PNG."""

    kind: EvidenceKind
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is put before the bank. `carrier`, `tracking`, `shipped_on`: of what was delivered, as text.

    `reason`: by which of the provider's defense reasons; empty: the first that the documents do for.
    """

    text: str = field(default="", repr=False)
    files: Sequence[EvidenceFile] = ()
    carrier: str = ""
    tracking: str = ""
    shipped_on: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The provider has it; what the bank makes of it is told by an event."""

    reference: str


class DisputeDesk(Protocol):
    """Answers disputes. The same key has one effect. Failures as of a PaymentGateway.

    `takes_text`: what is not so has to be given as documents.
    """

    takes_text: bool

    async def defend(self, reference: str, evidence: Evidence, *, key: str) -> Answered:
        """Submit evidence, once and for all. Refused: too late, decided already, or not enough of it."""

    async def find_defense(self, reference: str, *, key: str) -> Answered | None:
        """The evidence that was submitted with `key`."""

    async def accept(self, reference: str, *, key: str) -> Answered:
        """Let the bank have the money. Accepted already is success."""
