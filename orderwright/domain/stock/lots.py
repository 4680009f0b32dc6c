"""How are units of a product named: not at all, by their lot, or each by its serial number?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orderwright.domain.failures import Invalid
from orderwright.domain.stock.units import Tracking


@dataclass(frozen=True, slots=True)
class LotUnits:
    """Units of one lot, or the one with that serial number. `expires_on`: its last day in UTC."""

    lot: str
    units: int
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Units more, or (below zero) free ones fewer, at one place; of a tracked product those of one lot."""

    sku: str
    location: str
    units: int
    lot: str | None = None
    expires_on: date | None = None

    @property
    def place(self) -> tuple[str, str]:
        """A SKU and a location, as they are ranked."""
        return self.sku, self.location


def check(sku: str, tracking: Tracking, units: int, lot: str | None, expires_on: date | None = None) -> None:
    """Raises Invalid where these units are not named as the product is tracked."""
    if tracking is Tracking.NONE:
        if lot is not None or expires_on is not None:
            raise Invalid(f"{sku} is not tracked: neither a lot nor a date", sku=sku)
        return
    if not lot:
        raise Invalid(f"{sku} is tracked by {tracking}: which one?", sku=sku)
    if tracking is Tracking.SERIAL and abs(units) > 1:
        raise Invalid(f"a serial number of {sku} is one unit", sku=sku)


def check_parts(sku: str, tracking: Tracking, units: int, parts: Sequence[LotUnits]) -> None:
    """The same for a quantity: the lots of a tracked product, each once, sum up to it. Raises Invalid."""
    for part in parts:
        check(sku, tracking, part.units, part.lot, part.expires_on)
    if tracking is Tracking.NONE:
        return
    if len({part.lot for part in parts}) < len(parts):
        raise Invalid(f"a lot of {sku} is named twice", sku=sku)
    if sum(part.units for part in parts) != units:
        raise Invalid(f"{units} of {sku}, tracked by {tracking}: name its lots, that many in all", sku=sku)


def in_lots(sku: str, location: str, units: int, parts: Sequence[LotUnits]) -> Sequence[Change]:
    """A quantity that comes, or (below zero) leaves, as its changes: one, or one a lot."""
    if not parts:
        return [Change(sku, location, units)]
    sign = 1 if units > 0 else -1
    return [Change(sku, location, sign * part.units, part.lot, part.expires_on) for part in parts]
