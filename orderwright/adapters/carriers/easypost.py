"""EasyPost through its official SDK: UPS, FedEx, USPS and more behind one account."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import date, datetime
from decimal import ROUND_UP, Decimal
from typing import Any, TypeVar

from easypost.easypost_client import EasyPostClient
from easypost.errors.api.not_found_error import NotFoundError
from easypost.errors.general.easypost_error import EasyPostError

from orderwright.adapters.blocking import in_pool
from orderwright.adapters.carriers import easypost_claims
from orderwright.adapters.carriers.easypost_events import seen
from orderwright.adapters.carriers.easypost_failures import classified
from orderwright.adapters.carriers.measures import inches, ounces
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Offer, Parcel, arrival
from orderwright.domain.money import Money, decimals
from orderwright.ports.carriers import FiledClaim, Filing, Label, Rates
from orderwright.ports.failures import Refused
from orderwright.ports.inbound import ProviderEvent

T = TypeVar("T")
Shipment = Any  # Any: the SDK has no types for what it returns
VOIDED = frozenset({"submitted", "refunded"})


class EasyPostCarrier:
    """One EasyPost account. A reference is a Shipment id (`shp_…`).

    EasyPost has no idempotency keys: a shipment is created with ours as its `reference`, costs nothing until
    it is bought, and can be bought once only.
    """

    claims_in = frozenset({easypost_claims.CURRENCY})

    def __init__(
        self,
        api_key: str,
        api_base: str = "https://api.easypost.com",
        *,
        pool: Executor,
        timeout: float = 15.0,
    ) -> None:
        """`timeout` is seconds for one answer; EasyPost itself asks several carriers for it."""
        self.timeout = timeout
        self._pool = pool
        self._client = EasyPostClient(
            api_key,
            api_base=f"{api_base.rstrip('/')}/v2",
            timeout=timeout,  # type: ignore[arg-type]  # it says int and hands it to requests, which takes both
        )

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
        """Offers of all carriers of the account; none at all is Refused `no_service` with their words.

        Of a return EasyPost wants the addresses of the way there, and switches them itself.
        """
        outbound = (ship_to, ship_from) if is_return else (ship_from, ship_to)
        shipment = await self._call(
            lambda: self._client.shipment.create(
                reference=key,
                from_address=_address(outbound[0]),
                to_address=_address(outbound[1]),
                is_return=is_return,
                parcel={
                    "length": inches(parcel.length_mm),
                    "width": inches(parcel.width_mm),
                    "height": inches(parcel.height_mm),
                    "weight": ounces(parcel.grams),
                },
                options={"label_format": "PDF"},
            )
        )
        offers = [_offer(rate, ships) for rate in shipment.rates or []]
        if not offers:
            raise Refused("no_service", _words(shipment))
        return Rates(shipment.id, offers)

    async def buy(self, reference: str, offer: Offer, *, key: str) -> Label:  # noqa: ARG002 - EasyPost takes none
        """Buy the rate. EasyPost refuses a second purchase: then the first label is the answer."""
        try:
            shipment = await self._call(
                lambda: self._client.shipment.buy(reference, rate={"id": offer.rate_id})
            )
        except Refused as refusal:
            label = await self.find_label(reference)
            if label is None:
                raise refusal from None
            return label
        return _label(shipment)

    async def find_label(self, reference: str) -> Label | None:
        """The shipment's postage, None where it has none or where there is no such shipment."""
        shipment = await self._retrieved(reference)
        return _label(shipment) if shipment is not None and _has_postage(shipment) else None

    async def void(self, reference: str) -> bool:
        """Ask for a refund. Asked before counts as voided; a label that was scanned is refused."""
        try:
            shipment = await self._call(lambda: self._client.shipment.refund(reference))
        except Refused:
            return _is_voided(await self._retrieved(reference))
        return _is_voided(shipment)

    async def track(self, tracking_code: str) -> Sequence[ProviderEvent]:
        """The scans of the newest tracker of that code: buying the label has made one."""
        found = await self._call(lambda: self._client.tracker.all(tracking_code=tracking_code, page_size=1))
        return [event for tracker in found["trackers"] for event in seen(tracker.to_dict())]

    async def claim(self, filing: Filing, *, key: str) -> FiledClaim:
        """File it with our key as its `reference`; what is paid goes to the account's wallet."""
        filed = await self._call(lambda: self._client.claim.create(**easypost_claims.filed(filing, key)))
        return easypost_claims.read(filed)

    async def find_claim(self, tracking_code: str, *, key: str) -> FiledClaim | None:
        """Among the newest claims of that parcel."""
        found = await self._call(lambda: self._client.claim.all(tracking_code=tracking_code, page_size=100))
        mine = [one for one in found["claims"] if getattr(one, "reference", None) == key]
        return easypost_claims.read(mine[0]) if mine else None

    async def claim_state(self, reference: str) -> FiledClaim:
        """As EasyPost has it now."""
        return easypost_claims.read(await self._call(lambda: self._client.claim.retrieve(reference)))

    async def _retrieved(self, reference: str) -> Shipment | None:
        def look() -> Shipment | None:
            try:
                return self._client.shipment.retrieve(reference)
            except NotFoundError:
                return None

        return await self._call(look)

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await in_pool(self._pool, call)
        except EasyPostError as error:
            raise classified(error) from None  # the SDK's own text quotes the answer, addresses included


def _address(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "company": address.company,
        "street1": address.line1,
        "street2": address.line2,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone,
    }


def _offer(rate: Any, ships: date) -> Offer:  # Any: the SDK's Rate
    """`delivery_date` counts from today, days from the day it leaves: the later one may be promised."""
    days = rate.delivery_days if rate.delivery_days is not None else getattr(rate, "est_delivery_days", None)
    stamp = getattr(rate, "delivery_date", None)
    promised = datetime.fromisoformat(stamp).date() if stamp else None
    counted = arrival(ships, days) if days is not None else None
    return Offer(
        rate_id=rate.id,
        carrier=rate.carrier,
        service=rate.service,
        amount=_minor(rate),
        currency=rate.currency,
        days=days,
        arrives=max((day for day in (promised, counted) if day is not None), default=None),
    )


def _minor(rate: Any) -> int:  # Any: the SDK's Rate
    """The price text in minor units; a fraction of one is rounded up."""
    unit = Decimal(1).scaleb(-decimals(rate.currency))
    return Money.of(Decimal(rate.rate).quantize(unit, ROUND_UP), rate.currency).amount


def _label(shipment: Shipment) -> Label:
    rate, postage = shipment.selected_rate, shipment.postage_label
    tracker = getattr(shipment, "tracker", None)
    return Label(
        reference=shipment.id,
        tracking_code=shipment.tracking_code,
        carrier=rate.carrier,
        service=rate.service,
        amount=_minor(rate),
        currency=rate.currency,
        tracking_url=getattr(tracker, "public_url", None),
        label_url=getattr(postage, "label_pdf_url", None) or postage.label_url,
    )


def _has_postage(shipment: Shipment) -> bool:
    return getattr(shipment, "postage_label", None) is not None


def _words(shipment: Shipment) -> str:
    """What the carriers said instead of a price."""
    said = {f"{message.carrier}: {message.message}" for message in shipment.messages or []}
    return "; ".join(sorted(said))[:500] or "no carrier offers anything"


def _is_voided(shipment: Shipment | None) -> bool:
    return shipment is not None and getattr(shipment, "refund_status", None) in VOIDED
