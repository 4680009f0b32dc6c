"""What the product needs from a carrier or a broker of carriers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from orderwright.domain.addresses import Address
from orderwright.domain.delivery.cases import ClaimState, ClaimType
from orderwright.domain.fulfillment.shipping import Offer, Parcel
from orderwright.domain.money import Money
from orderwright.ports.inbound import ProviderEvent


@dataclass(frozen=True, slots=True)
class Rates:
    """All offers for one parcel. `reference` names the parcel at the carrier; buying refers to it."""

    reference: str
    offers: Sequence[Offer]


@dataclass(frozen=True, slots=True)
class Label:
    """A bought label. `documents` maps a format (zpl, pdf, png) to its bytes or to where they are read."""

    reference: str
    tracking_code: str
    carrier: str
    service: str
    amount: int
    currency: str
    tracking_url: str | None = None
    label_url: str | None = None
    zpl: str | None = None
    pdf: bytes | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """A claim for a parcel. `evidence`: pictures and papers, as files."""

    tracking_code: str
    type: ClaimType
    amount: Money
    description: str
    contact_email: str
    evidence: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class FiledClaim:
    """A claim as it stands at the carrier: filed, accepted (for `amount` minor units) or rejected."""

    reference: str
    state: ClaimState
    amount: int | None = None
    words: str = ""


class Carrier(Protocol):
    """Rates, labels, void, tracking, claims. Raise Refused with the carrier's words, Unreachable, NotSent."""

    @property
    def claims_in(self) -> Collection[str]:
        """Currencies in which claims are taken; none: claims are filed by hand."""

    async def rate(
        self,
        parcel: Parcel,
        *,
        ship_from: Address,
        ship_to: Address,
        ships: date,
        key: str,
        is_return: bool = False,
    ) -> Rates:
        """Offers for the parcel. Costs nothing: doing it twice is harmless.

        `is_return`: a customer (`ship_from`) sends goods back to us (`ship_to`).
        """

    async def buy(self, reference: str, offer: Offer, *, key: str) -> Label:
        """Buy the label of `offer`. Bought already is success and returns that label."""

    async def find_label(self, reference: str) -> Label | None:
        """The label bought for the parcel `reference`, or None."""

    async def void(self, reference: str) -> bool:
        """Ask for the label's money back. True: voided (now or before); False: the carrier refuses."""

    async def track(self, tracking_code: str) -> Sequence[ProviderEvent]:
        """All that was seen of a parcel, as its webhooks would have told; none where nobody can be asked.

        Asked again, the same scan has the same event id.
        """

    async def claim(self, filing: Filing, *, key: str) -> FiledClaim:
        """File a claim. Not safe to repeat: ask `find_claim` first where the outcome is unknown."""

    async def find_claim(self, tracking_code: str, *, key: str) -> FiledClaim | None:
        """The claim filed with that key, or None."""

    async def claim_state(self, reference: str) -> FiledClaim:
        """How a claim stands."""
