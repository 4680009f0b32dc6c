"""What the product needs from a carrier or a broker of carriers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Offer, Parcel
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


class Carrier(Protocol):
    """Rates, labels, void, tracking. Raise Refused with the carrier's words, Unreachable, NotSent."""

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
