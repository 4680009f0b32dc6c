"""Made-up but steady prices: by service, weight and distance."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orderwright.simulator.types import Json


@dataclass(frozen=True)
class Service:
    """One service: cents at once, per started pound, per zone; days and how many zones add one."""

    carrier: str
    name: str
    base: int
    per_pound: int
    per_zone: int
    days: int
    zones_a_day: int = 0
    max_pounds: int = 150


DOMESTIC = (
    Service("USPS", "GroundAdvantage", 415, 62, 38, 2, 3, 70),
    Service("USPS", "Priority", 745, 95, 60, 1, 4, 70),
    Service("USPS", "Express", 2610, 210, 145, 1, 8, 70),
    Service("UPS", "Ground", 880, 48, 55, 1, 2),
    Service("UPS", "2ndDayAir", 1890, 120, 160, 2),
    Service("UPS", "NextDayAir", 3950, 190, 260, 1),
    Service("FedEx", "FEDEX_GROUND", 865, 50, 57, 1, 2),
    Service("FedEx", "FEDEX_2_DAY", 1840, 125, 150, 2),
    Service("FedEx", "PRIORITY_OVERNIGHT", 4120, 185, 250, 1),
)
ABROAD = (
    Service("USPS", "FirstClassPackageInternationalService", 1540, 640, 90, 9, 4, 4),
    Service("USPS", "PriorityMailInternational", 3480, 480, 160, 7, 5, 70),
    Service("UPS", "UPSStandard", 2890, 190, 120, 4, 4),
    Service("UPS", "UPSSaver", 6120, 390, 310, 2, 8),
    Service("FedEx", "INTERNATIONAL_ECONOMY", 4890, 330, 240, 4, 5),
    Service("FedEx", "INTERNATIONAL_PRIORITY", 6440, 410, 330, 2, 8),
)


def _place(address: Json) -> tuple[str, str]:
    return str(address.get("country") or "US").upper(), str(address.get("zip") or "").upper().replace(" ", "")


def zone(origin: Json, destination: Json) -> int:
    """1 (next door) to 8 (far): from the first digits of US zips, else from the two codes themselves."""
    (here_country, here), (there_country, there) = _place(origin), _place(destination)
    if here_country == there_country == "US" and here[:3].isdigit() and there[:3].isdigit():
        return 1 + min(7, abs(int(here[:3]) - int(there[:3])) // 110)
    seed = f"{here_country}{here[:2]}>{there_country}{there[:2]}".encode()
    near = 4 if here_country == there_country else 8
    return 1 + hashlib.sha256(seed).digest()[0] % near


def quote(shipment: Json) -> list[Json]:
    """Every rate of a shipment; ids and prices are the same each time it is asked."""
    origin, destination = shipment["from_address"], shipment["to_address"]
    ounces = float(shipment["parcel"]["weight"])
    pounds = max(1, -(-int(ounces * 1000) // 16000))
    is_domestic = _place(origin)[0] == _place(destination)[0]
    far = zone(origin, destination)
    created, rates = datetime.fromtimestamp(shipment["created"], UTC), []
    for number, service in enumerate(DOMESTIC if is_domestic else ABROAD):
        is_postal_elsewhere = service.carrier == "USPS" and _place(origin)[0] != "US"
        if pounds > service.max_pounds or is_postal_elsewhere:
            continue
        cents = service.base + service.per_pound * (pounds - 1) + service.per_zone * (far - 1)
        if ounces < 16:
            cents -= int((16 - ounces) * service.per_pound / 32)
        rates.append(_rate(shipment["id"], service, number, cents, far, created))
    return rates


def _rate(shipment_id: str, service: Service, number: int, cents: int, far: int, created: datetime) -> Json:
    days = service.days + (far // service.zones_a_day if service.zones_a_day else 0)
    at = created.isoformat(timespec="seconds")[:19] + "Z"
    return {
        "id": f"rate_{shipment_id.removeprefix('shp_')}{number:02d}",
        "object": "Rate",
        "created_at": at,
        "updated_at": at,
        "mode": "test",
        "service": service.name,
        "carrier": service.carrier,
        "rate": f"{cents // 100}.{cents % 100:02d}",
        "currency": "USD",
        "retail_rate": f"{cents * 13 // 1000}.{cents * 13 // 10 % 100:02d}",
        "retail_currency": "USD",
        "list_rate": f"{cents * 11 // 1000}.{cents * 11 // 10 % 100:02d}",
        "list_currency": "USD",
        "billing_type": "easypost",
        "delivery_days": days,
        "delivery_date": f"{created.date() + timedelta(days=days)}T12:00:00Z",
        "delivery_date_guaranteed": service.zones_a_day == 0,
        "est_delivery_days": days,
        "shipment_id": shipment_id,
        "carrier_account_id": f"ca_simulated{service.carrier.lower()}",
    }
