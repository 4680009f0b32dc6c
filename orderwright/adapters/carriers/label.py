"""What stands on the own carrier's label."""

from dataclasses import dataclass
from datetime import date

from orderwright.adapters.barcodes import code128_svg
from orderwright.adapters.documents.typesetting import Json
from orderwright.domain.addresses import Address, lines_of


@dataclass(frozen=True, slots=True)
class ParcelLabel:
    """One label's content. `grams` as weighed, `ships` the day it leaves."""

    tracking_code: str
    carrier: str
    service: str
    ship_from: Address
    ship_to: Address
    grams: int
    ships: date

    @property
    def weight(self) -> str:
        """In kilograms, to the gram."""
        return f"{self.grams // 1000}.{self.grams % 1000:03d} kg"


def as_data(label: ParcelLabel) -> Json:
    """The label for templates/parcel_label.typ."""
    return {
        "tracking_code": label.tracking_code,
        "barcode": code128_svg(label.tracking_code),
        "carrier": label.carrier,
        "service": label.service.upper(),
        "ship_from": lines_of(label.ship_from),
        "ship_to": lines_of(label.ship_to),
        "weight": label.weight,
        "ships": label.ships.isoformat(),
    }
