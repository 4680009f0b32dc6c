"""An own carrier by a table of rates, with real labels: for those without an account anywhere."""
# ruff: noqa: ARG002 - the form is the port's; nobody is asked, so some of it is not needed

import hashlib
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from typing import Any

from orderwright.adapters.carriers.label import ParcelLabel, as_data
from orderwright.adapters.carriers.seal import Seal
from orderwright.adapters.carriers.tariff import STANDARD_TARIFF, Tariff, price, zone_of
from orderwright.adapters.carriers.zpl import zpl
from orderwright.adapters.documents.typesetting import Typesetter
from orderwright.domain.addresses import Address
from orderwright.domain.fulfillment.shipping import Offer, Parcel, arrival
from orderwright.ports.carriers import FiledClaim, Filing, Label, Rates
from orderwright.ports.failures import Refused
from orderwright.ports.inbound import ProviderEvent

Json = dict[str, Any]  # Any: JSON


class TableRateCarrier:
    """Keeps nothing and calls nobody. A reference is the parcel itself, sealed: addresses, weight, day.

    So any worker can buy on what another one rated, and the same key always gives the same label. Nothing is
    ever bought elsewhere: `find_label` says None and repeating is free.
    """

    timeout = 0.0
    claims_in = frozenset[str]()

    def __init__(
        self,
        secret: str,
        *,
        currency: str = "EUR",
        name: str = "Orderwright",
        tariff: Tariff = STANDARD_TARIFF,
        tracking_url: str = "",
        pdf: bool = True,
        pool: Executor | None = None,
    ) -> None:
        """`secret` seals the references; `tariff` is in minor units; `tracking_url` may hold `{code}`.

        Raises DocumentsMissing for `pdf` without the extra `documents`; ZPL is always there.
        """
        self._seal = Seal(secret)
        self._currency, self._name, self._tariff = currency, name, tariff
        self._tracking_url = tracking_url
        self._typesetter = Typesetter("parcel_label.typ", pool=pool) if pdf else None

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
        """An offer per service that takes the weight; Refused `no_service` where none does."""
        zone = zone_of(ship_from.country, ship_to.country)
        offers = []
        for service, columns in self._tariff.items():
            amount = price(columns[zone], parcel.grams) if zone in columns else None
            if amount is not None:
                offers.append(self._offer(service, amount, columns[zone].days, ships))
        if not offers:
            raise Refused("no_service", f"no service takes {parcel.grams} g into the zone {zone}")
        sealed = {
            "from": asdict(ship_from),
            "to": asdict(ship_to),
            "grams": parcel.grams,
            "ships": ships.isoformat(),
        }
        return Rates(f"tbl_{self._seal.close(sealed)}", offers)

    async def buy(self, reference: str, offer: Offer, *, key: str) -> Label:
        """The label, made anew from the reference and the key."""
        label = self._label(reference, offer, key)
        dated = datetime.combine(label.ships, time(), UTC)
        pdf = await self._typesetter.set(as_data(label), dated=dated) if self._typesetter else None
        return Label(
            reference=reference,
            tracking_code=label.tracking_code,
            carrier=label.carrier,
            service=label.service,
            amount=offer.amount,
            currency=offer.currency,
            tracking_url=self._tracking_url.replace("{code}", label.tracking_code) or None,
            zpl=zpl(label),
            pdf=pdf,
        )

    async def find_label(self, reference: str) -> Label | None:
        """None: there is nobody to ask."""
        return None

    async def void(self, reference: str) -> bool:
        """Nobody was paid."""
        return True

    async def track(self, tracking_code: str) -> Sequence[ProviderEvent]:
        """None: there is nobody to ask; our own people scan."""
        return ()

    async def claim(self, filing: Filing, *, key: str) -> FiledClaim:
        """Nobody takes it: claims are settled by hand."""
        raise Refused("no_claims", "claims are filed by hand")

    async def find_claim(self, tracking_code: str, *, key: str) -> FiledClaim | None:
        """None: there is nobody to ask."""
        return None

    async def claim_state(self, reference: str) -> FiledClaim:
        """Nobody has one."""
        raise Refused("no_claims", "claims are filed by hand")

    def _offer(self, service: str, amount: int, days: int, ships: date) -> Offer:
        return Offer(service, self._name, service, amount, self._currency, days, arrival(ships, days))

    def _label(self, reference: str, offer: Offer, key: str) -> ParcelLabel:
        try:
            parcel: Json = self._seal.open(reference.removeprefix("tbl_"))
        except ValueError:
            raise Refused("unknown_parcel", "not a reference of this carrier") from None
        return ParcelLabel(
            tracking_code=tracking_code(key),
            carrier=self._name,
            service=offer.service,
            ship_from=Address(**parcel["from"]),
            ship_to=Address(**parcel["to"]),
            grams=parcel["grams"],
            ships=date.fromisoformat(parcel["ships"]),
        )


def tracking_code(key: str) -> str:
    """`OW`, 15 digits from the key, a check digit. Two of a million codes are equal once in 2,000 times."""
    digits = f"{int.from_bytes(hashlib.sha256(key.encode()).digest()[:16]) % 10**15:015d}"
    return f"OW{digits}{check_digit(digits)}"


def check_digit(digits: str) -> int:
    """Weights 3 and 1 from the right. Source: GS1 General Specifications, 7.9."""
    total = sum(int(digit) * (3 if nth % 2 == 0 else 1) for nth, digit in enumerate(reversed(digits)))
    return -total % 10
